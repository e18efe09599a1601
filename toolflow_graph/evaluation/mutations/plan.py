"""Defects against the plan: requests that were skipped, questions that were not asked, values nobody was to know."""

import datetime
import json
import re
from dataclasses import dataclass

from toolflow_graph.evaluation.mutations import places
from toolflow_graph.evaluation.mutations.draft import Call, Draft
from toolflow_graph.evaluation.mutations.places import argument_places
from toolflow_graph.evaluation.mutations.registry import kind
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Fact, Json, Request

_EVASIONS = (
    "I'm not sure, please just go ahead.",
    "Whatever you think is best.",
    "Hm, I'd rather not say. Can you do it anyway?",
    "You decide.",
)


def _needs_calls(request: Request) -> bool:
    return request.kind == "tool" and bool(request.tools)


def _opened(draft: Draft) -> list[int]:
    """The numbers of the requests that were opened, if all of the plan were."""
    requests = draft.plan.requests if draft.plan else ()
    return list(range(len(requests))) if len(draft.starts) == len(requests) else []


@kind("cut_short", "structural", "plan_incomplete", "The dialogue ends with an answer before the plan is done.")
def cut_short(draft: Draft) -> bool:
    numbers = [n for n in _opened(draft)[1:] if draft.plan and draft.plan.requests[n].kind != "open"]
    number = draft.pick(numbers)
    if number is None or draft.role(draft.starts[number] - 1) != "assistant":
        return False
    draft.cut(draft.starts[number])
    return True


@kind("request_skipped", "structural", "plan_incomplete missing_call", "A request in the middle was never said.")
def request_skipped(draft: Draft) -> bool:
    numbers = [n for n in _opened(draft)[:-1] if draft.plan and _needs_calls(draft.plan.requests[n])]
    number = draft.pick(numbers)
    if number is None:
        return False
    draft.drop(*range(draft.starts[number], draft.starts[number + 1]))
    return True


@kind("start_misplaced", "structural", "plan_incomplete", "A request is said to start where no user speaks.")
def start_misplaced(draft: Draft) -> bool:
    number = draft.pick(_opened(draft))
    if number is None:
        return False
    draft.starts[number] = draft.pick((draft.starts[number] + 1, len(draft.messages) + 3))
    return True


@kind("calls_dropped", "structural", "missing_call", "A request that needs tools is answered without any call.")
def calls_dropped(draft: Draft) -> bool:
    spans = {n: draft.transcript.request_span(n) for n in _opened(draft)}
    numbers = [
        n
        for n, span in spans.items()
        if draft.plan and _needs_calls(draft.plan.requests[n]) and any(call.index in span for call in draft.calls)
    ]
    number = draft.pick(numbers)
    if number is None:
        return False
    gone = [i for i in spans[number] if draft.role(i) == "tool" or draft.transcript.messages[i].tool_calls]
    draft.drop(*gone)
    return True


@kind("one_call_dropped", "structural", "plan_incomplete", "One of the tools that a request needs is never called.")
def one_call_dropped(draft: Draft) -> bool:
    found = []
    for call in draft.calls:
        number = draft.request_at(call.index)
        if draft.plan is None or number < 0 or call.name not in draft.plan.requests[number].tools:
            continue
        span = draft.transcript.request_span(number)
        mates = [c for c in draft.calls if c.index in span and c is not call]
        if mates and all(c.name != call.name for c in mates):
            found.append(call)
    call = draft.pick(found)
    if call is None:
        return False
    draft.drop_call(call)
    return True


@kind("write_too_early", "structural", "unasked_write", "Something is changed before anybody has asked for it.")
def write_too_early(draft: Draft) -> bool:
    found = []
    for call in draft.calls:
        tool, number = draft.tool(call), draft.request_at(call.index)
        if tool is None or tool.effect != "write" or not call.succeeded or draft.plan is None:
            continue
        for index in draft.texts("assistant"):
            earlier = draft.transcript.requests_so_far(index)
            asked = any(r.kind == "open" or call.name in r.tools for r in earlier)
            if 0 <= draft.request_at(index) < number and not asked:
                found.append((call, index))
    chosen = draft.pick(found)
    if chosen is None:
        return False
    call, index = chosen
    early = draft.copy_call(call)
    result = draft.result_entry(early["tool_calls"][0]["id"], draft.content(call.result_index))
    draft.insert(index, early, result)
    return True


@kind("write_unplanned", "structural", "unasked_write", "Something is changed that no request asks for at all.")
def write_unplanned(draft: Draft) -> bool:
    if draft.plan is None or any(request.kind == "open" for request in draft.plan.requests):
        return False
    asked = {name for request in draft.plan.requests for name in request.tools}
    writes = [
        c
        for c in draft.calls
        if (tool := draft.tool(c)) is not None and tool.effect == "write" and c.succeeded and c.name in asked
    ]
    call = draft.pick(writes)
    if call is None:
        return False
    for request in draft.edit_plan()["requests"]:
        request["tools"] = [name for name in request.get("tools", ()) if name != call.name]
        if not request["tools"]:
            request["kind"] = "chat"
    return True


@dataclass(frozen=True)
class _Clarification:
    """A question, the user's reply, and the first call after it that uses what was withheld."""

    question: int
    reply: int
    call: Call
    fact: Fact
    value: Json
    place: places.Place


def _clarifications(draft: Draft) -> list[_Clarification]:
    found = []
    for question in draft.texts("assistant"):
        number = draft.request_at(question)
        asked = "?" in draft.content(question) and draft.role(question + 1) == "user"
        if not asked or draft.plan is None or not 0 <= number < len(draft.plan.requests):
            continue
        if question + 1 in draft.starts or draft.role(question - 1) != "user":
            continue
        call = next((c for c in draft.calls if c.index == question + 2), None)
        for fact in draft.plan.requests[number].withheld if call is not None else ():
            assert call is not None
            for place in argument_places(draft, call):
                if f"{call.name}:{place.pattern}" == fact.parameter and place.value == fact.value:
                    found.append(_Clarification(question, question + 1, call, fact, fact.value, place))
    return found


def _known_otherwise(draft: Draft, part: _Clarification) -> bool:
    """Whether the value stands somewhere else before the call, or is what the tool takes anyway."""
    said = [said for index, said in enumerate(draft.dialogue.contents[: part.call.index]) if index != part.reply]
    profile = " ".join(draft.transcript.profile.values()).casefold()
    forms = _written_forms(part.value)
    return part.place.schema.get("default") == part.value or any(f in text for text in (*said, profile) for f in forms)


def _written_forms(value: Json) -> list[str]:
    """How a value may stand in a text, case-folded; of a moment only the day, because the clock is often said apart."""
    if not places.is_date(value):
        text = str(value).casefold()
        return list(dict.fromkeys((text, text.replace("_", " "))))
    day = datetime.date.fromisoformat(str(value)[:10])
    month = day.strftime("%B").casefold()
    return [day.isoformat(), f"{day.day} {month}", f"{month} {day.day}"]


def _is_telling(value: Json) -> bool:
    """Whether nobody could come upon the value by chance."""
    return places.is_code(value) or places.is_date(value) or places.is_email(value) or places.is_amount(value)


@kind("question_dropped", "structural", "role_order", "The assistant's question is missing, the user's reply is there.")
def question_dropped(draft: Draft) -> bool:
    part = draft.pick(_clarifications(draft))
    if part is None:
        return False
    draft.drop(part.question)
    return True


@kind("reply_dropped", "structural", "role_order", "The user never replies to a question.")
def reply_dropped(draft: Draft) -> bool:
    part = draft.pick(_clarifications(draft))
    if part is None:
        return False
    draft.drop(part.reply)
    return True


@kind(
    "clarification_never_asked",
    "structural",
    "guessed_value ungrounded_argument",
    "A value that the user withholds is used without a question.",
)
def clarification_never_asked(draft: Draft) -> bool:
    # Yes or no, and what has a single letter or two, is the assistant's own choice as often as not.
    parts = [p for p in _clarifications(draft) if not isinstance(p.value, bool) and not _known_otherwise(draft, p)]
    part = draft.pick(p for p in parts if not (isinstance(p.value, str) and len(p.value) <= 3))
    if part is None:
        return False
    draft.drop(part.question, part.reply)
    return True


@kind(
    "clarification_never_answered",
    "structural",
    "ungrounded_argument guessed_value",
    "The user evades the question, and the assistant uses a value nobody could guess.",
)
def clarification_never_answered(draft: Draft) -> bool:
    part = draft.pick(p for p in _clarifications(draft) if _is_telling(p.value) and not _known_otherwise(draft, p))
    if part is None:
        return False
    draft.messages[part.reply]["content"] = draft.pick(_EVASIONS)
    return True


@kind(
    "guess_after_evasion", "semantic", "guessed_value", "The user evades the question, and the assistant guesses well."
)
def guess_after_evasion(draft: Draft) -> bool:
    part = draft.pick(p for p in _clarifications(draft) if not _is_telling(p.value) and not _known_otherwise(draft, p))
    if part is None:
        return False
    draft.messages[part.reply]["content"] = draft.pick(_EVASIONS)
    return True


@kind("asks_what_was_said", "structural", "asks_for_known", "The assistant asks for what the user has just said.")
def asks_what_was_said(draft: Draft) -> bool:
    found = []
    for number in _opened(draft):
        start = draft.starts[number]
        assert draft.plan is not None
        for fact in draft.plan.requests[number].facts:
            value = str(fact.value)
            said = (
                len(value) >= 4
                and isinstance(fact.value, str | int)
                and value.casefold() in draft.dialogue.contents[start]
            )
            if said and re.fullmatch(r"[a-z]+(?: [a-z]+){0,3}", fact.name) and value.casefold() not in fact.name:
                found.append((start, fact.name, value))
    chosen = draft.pick(found)
    if chosen is None:
        return False
    start, name, value = chosen
    questions = (
        f"What is the {name}?",
        f"Could you tell me the {name}, please?",
        f"May I have the {name}?",
        f"Sure! Which {name} should I use?",
        f"Can you please provide the {name}?",
        f"Happy to help. What's the {name}?",
        f"Before I go on, please tell me: what is the {name}?",
        f"Could you share the exact {name} with me?",
        f"What {name} would you like?",
        f"I just need the {name}. Could you give it to me?",
    )
    draft.insert(
        start + 1,
        {"role": "assistant", "content": draft.pick(questions)},
        {"role": "user", "content": f"As I said, {value}."},
    )
    return True


_CODE = lazy_regex(r"\b[A-Z]{2,5}-\d{4,}\b")


@kind("user_invents_id", "structural", "invented_fact", "The user states an id that it cannot know.")
def user_invents_id(draft: Draft) -> bool:
    found = []
    for index, number in _spoken_requests(draft):
        for match in _CODE.finditer(draft.content(index)):
            if match.group().casefold() not in draft.dialogue.before(index):
                found.append((index, number, match.group()))
    chosen = draft.pick(found)
    made = places.fresh_code(chosen[2], draft.dialogue.everything, draft.rng) if chosen else None
    if made is None:
        return False
    # Everywhere, so that the calls follow the user: only the plan knows better.
    text = json.dumps(draft.messages).replace(chosen[2], made)
    draft.messages[:] = json.loads(text)
    return True


def _spoken_requests(draft: Draft) -> list[tuple[int, int]]:
    """The user's messages with the number of their request, where it leaves the user no freedom."""
    if draft.plan is None:
        return []
    requests = draft.plan.requests
    return [
        (i, n)
        for i in draft.texts("user")
        if 0 <= (n := draft.request_at(i)) < len(requests)
        and requests[n].kind == "tool"
        and all(request.kind != "open" for request in requests[: n + 1])
    ]


@kind("user_adds_id", "structural", "invented_fact", "The user mentions an id that it cannot know, by the way.")
def user_adds_id(draft: Draft) -> bool:
    chosen = draft.pick(_spoken_requests(draft))
    if chosen is None:
        return False
    code = places.fresh_code(
        draft.pick(("REF-70418", "BK-30519", "ORD-882104", "CUS-5519")), draft.dialogue.everything, draft.rng
    )
    return code is not None and _append(
        draft, chosen[0], draft.pick((f"My reference is {code}.", f"It's about {code}.", f"The old one was {code}."))
    )


@kind("user_adds_amount", "structural", "invented_fact", "The user mentions an amount that its plan does not give.")
def user_adds_amount(draft: Draft) -> bool:
    chosen = draft.pick(_spoken_requests(draft))
    amount = draft.rng.randint(3001, 98999)
    if chosen is None or str(amount) in draft.dialogue.everything:
        return False
    return _append(
        draft,
        chosen[0],
        draft.pick((f"I can pay ${amount:,}.", f"My budget is {amount} euros.", f"That comes to ${amount}.50.")),
    )


@kind("user_adds_date", "structural", "invented_fact", "The user mentions a date that its plan does not give.")
def user_adds_date(draft: Draft) -> bool:
    chosen = draft.pick(_spoken_requests(draft))
    if chosen is None or draft.transcript.now is None:
        return False
    made = places.fresh_date(draft.transcript.now[:10], draft.dialogue.everything, draft.rng)
    return made is not None and _append(
        draft, chosen[0], draft.pick((f"It has to be before {made}.", f"The last one was on {made}."))
    )


def _append(draft: Draft, index: int, sentence: str) -> bool:
    draft.messages[index]["content"] = f"{draft.content(index)} {sentence}"
    return True
