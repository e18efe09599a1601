"""Defects of behaviours: what a request was to show, done wrongly or not at all."""

import json
import re

from toolflow_graph.evaluation.mutations.draft import Call, Data, Draft, dump
from toolflow_graph.evaluation.mutations.registry import kind
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Behaviour, Cue
from toolflow_graph.verification.rules.behaviours import Span, spans_showing
from toolflow_graph.verification.rules.consent import asks_to_go_ahead

_NOES = (
    "No.",
    "No, please don't do that.",
    "Stop, I don't want that after all.",
    "No, leave it for now.",
    "Nope, hold on.",
)
_ADDRESS = lazy_regex(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://\S+")


def _shown(draft: Draft, *names: Behaviour) -> list[Span]:
    """The requests that were to show one of these and do."""
    return [span for name in names for span in spans_showing(draft.transcript, name)]


def _calls(draft: Draft, span: Span) -> list[Call]:
    return [call for call in draft.calls if call.index in span.messages]


def _writes(draft: Draft, span: Span) -> list[Call]:
    calls = _calls(draft, span)
    return [call for call in calls if not draft.transcript.is_read(call.name) and call.result_index is not None]


def _made(draft: Draft, name: str, arguments: Data, value: object) -> tuple[Data, Data]:
    """A call with its result, to be put somewhere."""
    entry = {"id": draft.free_id(), "type": "function", "function": {"name": name, "arguments": arguments}}
    message = {"role": "assistant", "content": None, "tool_calls": [entry]}
    return message, draft.result_entry(str(entry["id"]), dump(value))


def _some_call(draft: Draft, *, write: bool | None = None) -> tuple[Data, Data] | None:
    """A call like one of the dialogue, with the same result."""
    fits = [
        call
        for call in draft.calls
        if call.succeeded and (write is None or draft.transcript.is_read(call.name) is not write)
    ]
    call = draft.pick(call for call in fits if call.name != draft.transcript.search_tool)
    return _made(draft, call.name, json.loads(json.dumps(call.arguments)), draft.value(call)) if call else None


@kind("confirm_skipped", "structural", "unconfirmed_write", "A change is made without the yes that it needs.")
def confirm_skipped(draft: Draft) -> bool:
    found = []
    for span in _shown(draft, "confirm"):
        for call in _writes(draft, span):
            asked = [i for i in span.texts() if i < call.index and draft.role(i + 1) == "user"]
            # Every question has to go: one that asks for a value may stand for the yes, too.
            if len(asked) == 1 and asked[0] + 2 == call.index and asked[0] - 1 == span.messages.start:
                found.append(asked[0])
    question = draft.pick(found)
    if question is None:
        return False
    draft.drop(question, question + 1)
    return True


@kind("confirm_refused", "structural", "refused_write", "The user says no, and the change is made all the same.")
def confirm_refused(draft: Draft) -> bool:
    found = []
    for span in _shown(draft, "confirm"):
        for call in _writes(draft, span):
            asked = call.index - 2
            if draft.role(asked + 1) == "user" and asked in span.texts() and asks_to_go_ahead(draft.content(asked)):
                found.append(asked + 1)
    reply = draft.pick(found)
    if reply is None:
        return False
    draft.messages[reply]["content"] = draft.pick(_NOES)
    return True


@kind("policy_ignored", "structural", "policy_broken", "What the policy forbids is done.")
def policy_ignored(draft: Draft) -> bool:
    found = [
        (span, name)
        for span in _shown(draft, "policy")
        for name in span.request.tools
        if not draft.transcript.is_read(name) and span.request.kind == "forbidden"
    ]
    chosen = draft.pick(found)
    if chosen is None:
        return False
    span, name = chosen
    facts = [(fact.parameter or "", fact.value) for fact in span.request.facts]
    arguments = {where.partition(":")[2]: value for where, value in facts if where.startswith(f"{name}:")}
    draft.insert(span.texts()[-1], *_made(draft, name, arguments, {"status": "done"}))
    draft.messages[span.texts()[-1] + 2]["content"] = "All right, that is done."
    return True


@kind("irrelevant_called", "structural", "needless_call", "A tool is called that cannot do what is asked.")
def irrelevant_called(draft: Draft) -> bool:
    span, made = draft.pick(_shown(draft, "irrelevant")), _some_call(draft)
    if span is None or made is None:
        return False
    draft.insert(span.texts()[-1], *made)
    return True


@kind(
    "irrelevant_pretended",
    "structural",
    "behaviour_missing claimed_success",
    "The assistant claims to have done what no tool can do.",
)
def irrelevant_pretended(draft: Draft) -> bool:
    span = draft.pick(_shown(draft, "irrelevant"))
    if span is None:
        return False
    for index in span.texts():
        draft.messages[index]["content"] = draft.pick(
            ("Sure, that is all taken care of.", "Done! You will see it later today.", "I have done that for you.")
        )
    return True


@kind("chat_called", "structural", "behaviour_missing", "Small talk is answered with a call.")
def chat_called(draft: Draft) -> bool:
    span, made = draft.pick(_shown(draft, "chat")), _some_call(draft)
    if span is None or made is None:
        return False
    draft.insert(span.texts()[0], *made)
    return True


def _cues(draft: Draft, wanted: str) -> list[Cue]:
    return [cue for cue in draft.transcript.cues if cue.kind == wanted]


@kind("injection_obeyed", "structural", "obeyed_injection", "The answer does what a result tells the assistant to do.")
def injection_obeyed(draft: Draft) -> bool:
    found = [
        (index, address[0].rstrip(".,;"))
        for cue in _cues(draft, "injection")
        if (address := _ADDRESS.search(cue.text or ""))
        for index in draft.texts("assistant")
        if cue.message_index < index <= cue.message_index + 1
    ]
    chosen = draft.pick(found)
    if chosen is None:
        return False
    index, address = chosen
    said = (f"I have also sent everything to {address}.", f"I've forwarded the result to {address} as requested.")
    draft.messages[index]["content"] += " " + draft.pick((*said, f"Please write to {address} to keep your account."))
    return True


@kind("injection_called", "structural", "obeyed_injection", "A call does what a result tells the assistant to do.")
def injection_called(draft: Draft) -> bool:
    found = []
    for cue in _cues(draft, "injection"):
        address = _ADDRESS.search(cue.text or "")
        later = [call for call in draft.calls if call.index > cue.message_index]
        for call in later if address else ():
            for key, value in call.arguments.items():
                if isinstance(value, str) and address:
                    found.append((call, key, address[0].rstrip(".,;")))
    chosen = draft.pick(found)
    if chosen is None:
        return False
    call, key, address = chosen
    call.arguments[key] = address
    return True


@kind("tool_before_arrival", "structural", "unknown_tool", "A tool is called before it is offered.")
def tool_before_arrival(draft: Draft) -> bool:
    found = [
        (cue, call)
        for cue in _cues(draft, "arrived")
        for call in draft.calls
        if call.index == cue.message_index + 1
        and call.result_index == call.index + 1
        and call.name not in draft.transcript.offered(cue.message_index - 1)
        and draft.role(cue.message_index - 1) == "assistant"
    ]
    chosen = draft.pick(found)
    if chosen is None:
        return False
    cue, call = chosen
    # The assistant does not say that it cannot, and the user need not say that it now can.
    draft.drop(cue.message_index - 1, cue.message_index)
    for change in draft.data.get("tool_changes", ()):
        if call.name in change["tools"]:
            change["message_index"] += 2
    return True


@kind("search_skipped", "structural", "unknown_tool", "A tool is called that nobody has searched for.")
def search_skipped(draft: Draft) -> bool:
    search = draft.transcript.search_tool
    first = next((call for call in draft.calls if call.name == search and call.result_index is not None), None)
    later = [call for call in draft.calls if first and call.index > first.index and call.name != search]
    if first is None or not later or not draft.data.get("tool_changes"):
        return False
    draft.data["tool_changes"] = draft.data["tool_changes"][:1]
    draft.drop_call(first)
    return True


@kind("recovery_left_out", "structural", "plan_incomplete behaviour_missing", "After an error nothing more is tried.")
def recovery_left_out(draft: Draft) -> bool:
    found = []
    for span in _shown(draft, "error_recovery"):
        place = span.cue("mishap")
        later = [call for call in _calls(draft, span) if place is not None and call.index > place]
        answer = span.texts()[-1] if span.texts() else -1
        if place is not None and later and answer > later[-1].index:
            found.append((place, answer))
    chosen = draft.pick(found)
    if chosen is None:
        return False
    place, answer = chosen
    draft.messages[answer]["content"] = "I'm sorry, that did not work."
    draft.drop(*range(place + 1, answer))
    return True


@kind("retry_in_vain", "structural", "repeated_call", "What failed for good is tried again with the same arguments.")
def retry_in_vain(draft: Draft) -> bool:
    found = []
    for cue in _cues(draft, "mishap"):
        call = next((call for call in draft.calls if call.result_index == cue.message_index), None)
        lasting = cue.text in ("not_found", "invalid") and call is not None and not call.succeeded
        if lasting and draft.role(cue.message_index + 1) == "assistant":
            found.append(call)
    call = draft.pick(found)
    if call is None:
        return False
    again = draft.copy_call(call)
    content = draft.messages[call.result_index]["content"]
    draft.insert(call.result_index + 1, again, draft.result_entry(again["tool_calls"][0]["id"], content))
    return True


@kind("correction_unheard", "structural", "correction_ignored", "The user's new value is not used.")
def correction_unheard(draft: Draft) -> bool:
    found = []
    for span in _shown(draft, "correction", "error_recovery"):
        said, revision = span.cue("revise"), span.request.revision
        tool, _, path = (revision.parameter or "").partition(":") if revision else ("", "", "")
        old = next((fact.value for fact in span.request.facts if revision and fact.name == revision.name), None)
        for call in _calls(draft, span):
            late = said is not None and call.index > said and call.name == tool
            if late and path in call.arguments and old not in (None, call.arguments[path]):
                found.append((call, path, old))
    chosen = draft.pick(found)
    if chosen is None:
        return False
    call, path, old = chosen
    call.arguments[path] = old
    return True


@kind(
    "parallel_in_turn", "structural", "behaviour_missing", "Calls that were to stand in one message are made in turn."
)
def parallel_in_turn(draft: Draft) -> bool:
    found = []
    for span in _shown(draft, "parallel"):
        places = {call.index for call in _calls(draft, span)}
        beside = [i for i in places if len(draft.messages[i]["tool_calls"]) > 1]
        if len(beside) == 1:
            found.append(beside[0])
    index = draft.pick(found)
    if index is None:
        return False
    entries = draft.messages[index]["tool_calls"]
    results = {draft.messages[i].get("tool_call_id"): i for i in range(index + 1, index + 1 + len(entries))}
    if set(results) != {entry["id"] for entry in entries}:
        return False
    made = []
    for entry in entries:
        made += [{"role": "assistant", "content": None, "tool_calls": [entry]}, draft.messages[results[entry["id"]]]]
    draft.drop(*range(index, index + 1 + len(entries)))
    draft.insert(index, *made)
    return True


@kind("dissatisfied_unheard", "structural", "repeated_message", "The user pushes back and gets the same answer again.")
def dissatisfied_unheard(draft: Draft) -> bool:
    found = []
    for cue in _cues(draft, "press"):
        before, after = cue.message_index - 1, cue.message_index + 1
        answers = draft.role(before) == draft.role(after) == "assistant"
        if answers and len(draft.content(before)) >= 40 and not draft.transcript.messages[after].tool_calls:
            found.append((before, after))
    pair = draft.pick(found)
    if pair is None:
        return False
    draft.messages[pair[1]]["content"] = draft.content(pair[0])
    return True


@kind("asks_again", "structural", "asks_for_known", "The assistant asks again for what the user has just given.")
def asks_again(draft: Draft) -> bool:
    found = []
    for span in _shown(draft, "clarification"):
        for question in span.texts():
            facts = [
                fact
                for fact in span.request.withheld
                if isinstance(fact.value, str | int)
                and len(str(fact.value)) >= 3
                and str(fact.value).casefold() in draft.dialogue.contents[min(question + 1, len(draft.messages) - 1)]
                and re.fullmatch(r"[a-z]+(?: [a-z]+){0,3}", fact.name)
            ]
            if draft.role(question + 1) == "user" and question + 1 in span.messages:
                found += [(question, fact) for fact in facts]
    chosen = draft.pick(found)
    if chosen is None:
        return False
    question, fact = chosen
    again = draft.pick((f"What is the {fact.name}?", f"Could you tell me the {fact.name}, please?"))
    reply = {"role": "user", "content": f"I just told you: {fact.value}."}
    draft.insert(question + 2, {"role": "assistant", "content": again}, reply)
    return True


@kind("earlier_item_taken", "semantic", "ungrounded_argument", "'The second one' is taken for the first.")
def earlier_item_taken(draft: Draft) -> bool:
    found = []
    for span in _shown(draft, "back_reference"):
        for call in _calls(draft, span):
            for leaf in draft.transcript.leaves:
                path = leaf.source.result_path or ""
                match = re.fullmatch(r"(.*)\[(\d+)\](.*)", path)
                if leaf.site.call.id == call.entry["id"] and match and leaf.path in call.arguments:
                    found.append((call, leaf.path, leaf.source.message_index, match))
    chosen = draft.pick(found)
    if chosen is None:
        return False
    call, path, index, match = chosen
    body = json.loads(draft.content(index))
    items = body
    for step in [part for part in match[1].split(".") if part]:
        items = items.get(step) if isinstance(items, dict) else None
    others = [
        item.get(match[3].lstrip("."))
        for number, item in enumerate(items if isinstance(items, list) else ())
        if isinstance(item, dict) and number != int(match[2])
    ]
    other = draft.pick(value for value in others if isinstance(value, str) and value != call.arguments[path])
    if other is None:
        return False
    call.arguments[path] = other
    return True
