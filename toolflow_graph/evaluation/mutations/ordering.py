"""Defects of calls as a whole: which tool, in which order, how often, with which answer."""

from toolflow_graph.evaluation.mutations.draft import Call, Draft, dump
from toolflow_graph.evaluation.mutations.places import argument_places, is_code, is_email
from toolflow_graph.evaluation.mutations.registry import kind


def _answered(draft: Draft) -> list[Call]:
    return [call for call in draft.calls if call.result_index is not None]


def _reads(draft: Draft, call: Call) -> bool:
    return draft.transcript.is_read(call.name)


@kind("result_dropped", "structural", "unanswered_call", "The result of a call is missing.")
def result_dropped(draft: Draft) -> bool:
    call = draft.pick(_answered(draft))
    if call is None:
        return False
    draft.drop(call.result_index)
    return True


@kind("result_doubled", "structural", "doubly_answered_call", "A call is answered twice.")
def result_doubled(draft: Draft) -> bool:
    call = draft.pick(_answered(draft))
    if call is None:
        return False
    last = call.result_index
    while draft.role(last + 1) == "tool" and draft.rng.random() < 0.5:
        last += 1
    draft.insert(last + 1, {**draft.messages[call.result_index]})
    return True


@kind("result_orphaned", "structural", "orphan_result", "A result answers a call that nobody made.")
def result_orphaned(draft: Draft) -> bool:
    call = draft.pick(_answered(draft))
    if call is None:
        return False
    entry = {**draft.messages[call.result_index], "tool_call_id": f"{draft.free_id()}x"}
    draft.insert(call.result_index + 1, entry)
    return True


@kind("result_id_wrong", "structural", "orphan_result", "A result carries an id that no call has.")
def result_id_wrong(draft: Draft) -> bool:
    call = draft.pick(_answered(draft))
    if call is None:
        return False
    entry = draft.messages[call.result_index]
    entry["tool_call_id"] = draft.pick((draft.free_id(), f"{entry['tool_call_id']}x", "call_0"))
    return True


@kind("result_of_earlier_id", "structural", "doubly_answered_call", "A result carries the id of an earlier call.")
def result_of_earlier_id(draft: Draft) -> bool:
    calls = _answered(draft)
    pairs = [(a, b) for a in calls for b in calls if a.result_index < b.index]  # type: ignore[operator]
    pair = draft.pick(pairs)
    if pair is None:
        return False
    draft.messages[pair[1].result_index]["tool_call_id"] = pair[0].entry["id"]
    return True


@kind("result_before_call", "structural", "orphan_result", "A result stands before its call.")
def result_before_call(draft: Draft) -> bool:
    call = draft.pick(_answered(draft))
    if call is None:
        return False
    draft.messages.insert(call.index, draft.messages.pop(call.result_index))
    return True


@kind("result_late", "structural", "role_order", "A result comes only after the assistant's answer.")
def result_late(draft: Draft) -> bool:
    call = draft.pick(
        call
        for call in _answered(draft)
        if draft.role(call.result_index + 1) == "assistant" and draft.role(call.result_index + 2) == "user"  # type: ignore[operator]
    )
    if call is None:
        return False
    draft.messages.insert(call.result_index + 1, draft.messages.pop(call.result_index))
    return True


@kind("id_reused", "structural", "duplicate_call_id", "Two calls share an id.")
def id_reused(draft: Draft) -> bool:
    if len(draft.calls) < 2:
        return False
    first, second = sorted(draft.rng.sample(range(len(draft.calls)), 2))
    kept, changed = draft.calls[first], draft.calls[second]
    changed.entry["id"] = kept.entry["id"]
    if changed.result_index is not None:
        draft.messages[changed.result_index]["tool_call_id"] = kept.entry["id"]
    return True


@kind("tool_made_up", "structural", "unknown_tool", "A call names a tool that does not exist.")
def tool_made_up(draft: Draft) -> bool:
    call = draft.pick(draft.calls)
    if call is None:
        return False
    head, _, tail = call.name.partition("_")
    name = draft.pick((f"fetch_{tail or head}", f"{call.name}_v2", f"{call.name}s", call.name.upper(), "do_it", ""))
    if name in draft.transcript.tools_by_name:
        return False
    call.function["name"] = name
    return True


@kind("tool_not_offered", "structural", "unknown_tool", "The called tool is not among those that are offered.")
def tool_not_offered(draft: Draft) -> bool:
    call = draft.pick(draft.calls)
    if call is None or len(draft.transcript.tools_by_name) < 2:
        return False
    tools = [entry for entry in draft.data["tools"] if entry.get("function", entry).get("name") != call.name]
    if len(tools) == len(draft.data["tools"]):
        return False
    draft.data["tools"] = tools
    return True


@kind("tool_offered_later", "structural", "unknown_tool", "A call comes before its tool is offered.")
def tool_offered_later(draft: Draft) -> bool:
    call = draft.pick(draft.calls)
    others = sorted(set(draft.transcript.tools_by_name) - {call.name}) if call else []
    if call is None or not others or draft.transcript.tool_changes or "schema_version" not in draft.data:
        return False
    everything = sorted(draft.transcript.tools_by_name)
    draft.data["tool_changes"] = [
        {"message_index": 0, "tools": others},
        {"message_index": call.index + 1, "tools": everything},
    ]
    return True


@kind(
    "tool_from_elsewhere", "structural", "unknown_tool", "A call of another dialogue, whose tool is not offered here."
)
def tool_from_elsewhere(draft: Draft) -> bool:
    call = draft.pick(draft.calls)
    sites = draft.other.transcript.sites if draft.other else ()
    site = draft.pick(site for site in sites if site.call.name not in draft.transcript.tools_by_name)
    if call is None or site is None:
        return False
    call.function.update(name=site.call.name, arguments=site.call.arguments)
    return True


@kind("no_tools_offered", "structural", "no_tools", "No tool is offered at all.")
def no_tools_offered(draft: Draft) -> bool:
    draft.data["tools"] = []
    return bool(draft.transcript.tools)


@kind("tool_broken", "structural", "malformed_tool", "A tool definition has no name, a name with spaces, or no schema.")
def tool_broken(draft: Draft) -> bool:
    if not draft.transcript.tools:
        return False
    tools = draft.edit_tools()
    function = draft.pick(tools).setdefault("function", {})
    draft.pick(
        (
            lambda: function.pop("name", None),
            lambda: function.update(name="look it up"),
            lambda: function.update(parameters=["city", "date"]),
        )
    )()
    return True


@kind("call_repeated", "structural", "repeated_call", "A call that succeeded is made again at once.")
def call_repeated(draft: Draft) -> bool:
    call = draft.pick(
        call
        for call in draft.calls
        if call.succeeded and draft.role(call.result_index + 1) == "assistant"  # type: ignore[operator]
    )
    if call is None:
        return False
    again = draft.copy_call(call)
    result = draft.result_entry(again["tool_calls"][0]["id"], draft.messages[call.result_index]["content"])
    draft.insert(call.result_index + 1, again, result)
    return True


@kind("call_beside_itself", "structural", "repeated_call", "A message makes the same call twice.")
def call_beside_itself(draft: Draft) -> bool:
    call = draft.pick(_answered(draft))
    if call is None:
        return False
    again = draft.copy_call(call)["tool_calls"][0]
    draft.messages[call.index]["tool_calls"].append(again)
    draft.insert(call.result_index + 1, draft.result_entry(again["id"], draft.messages[call.result_index]["content"]))
    return True


@kind("call_flood", "structural", "too_many_calls", "A message makes dozens of calls.")
def call_flood(draft: Draft) -> bool:
    call = draft.pick(_answered(draft))
    if call is None:
        return False
    first = draft.copy_call(call)["tool_calls"][0]
    made = [{**first, "id": f"{first['id']}_{n}"} for n in range(draft.rng.randint(20, 60))]
    draft.messages[call.index]["tool_calls"] += made
    content = draft.messages[call.result_index]["content"]
    draft.insert(call.result_index + 1, *(draft.result_entry(entry["id"], content) for entry in made))
    return True


def _dependent_pairs(draft: Draft) -> list[tuple[Call, Call]]:
    """Calls of one turn in neighbouring messages, the second of which needs a value that only the first one brings."""
    found = []
    for later in draft.calls:
        before = next((c for c in draft.calls if c.result_index == later.index - 1), None)
        if before is None or later.result_index is None or len(draft.messages[later.index]["tool_calls"]) > 1:
            continue
        if len(draft.messages[before.index]["tool_calls"]) > 1:
            continue
        known = draft.dialogue.before(before.index)
        brought = draft.content(later.index - 1).casefold()
        for place in argument_places(draft, later):
            # Dates and amounts may have been said in another form; these are written in one way only.
            telling = is_code(place.value) or is_email(place.value)
            text = str(place.value).casefold()
            if telling and text in brought and text not in known and "enum" not in place.schema:
                found.append((before, later))
                break
    return found


@kind("dependent_beside", "structural", "dependent_siblings", "A call stands beside the call whose result it needs.")
def dependent_beside(draft: Draft) -> bool:
    pair = draft.pick(_dependent_pairs(draft))
    if pair is None:
        return False
    before, later = pair
    draft.messages[before.index]["tool_calls"].append(later.entry)
    draft.drop(later.index)
    return True


@kind("dependent_before", "structural", "ungrounded_argument", "A call comes before the call whose result it needs.")
def dependent_before(draft: Draft) -> bool:
    pair = draft.pick(_dependent_pairs(draft))
    if pair is None:
        return False
    before, later = pair
    moved = [draft.messages[later.index], draft.messages[later.result_index]]
    draft.drop(later.index, later.result_index)
    draft.insert(before.index, *moved)
    return True


@kind(
    "dependent_by_reference",
    "structural",
    "dependent_siblings placeholder_argument",
    "A call stands beside the call whose result it needs and speaks of that result instead of a value.",
)
def dependent_by_reference(draft: Draft) -> bool:
    pair = draft.pick(_dependent_pairs(draft))
    if pair is None:
        return False
    before, later = pair
    known = draft.dialogue.before(before.index)
    place = draft.pick(
        p
        for p in argument_places(draft, later)
        if isinstance(p.value, str) and p.value.casefold() not in known and "enum" not in p.schema
    )
    if place is None:
        return False
    references = (f"${{{before.entry['id']}.{place.name}}}", f"<result of {before.name}>", "{{previous.output}}")
    place.put(draft.pick((*references, f"value from the first call ({before.name})")))
    draft.messages[before.index]["tool_calls"].append(later.entry)
    draft.drop(later.index)
    return True


@kind("read_contradicts", "structural", "contradicting_results", "The same read brings another result a turn later.")
def read_contradicts(draft: Draft) -> bool:
    found = []
    for call in draft.calls:
        value = draft.value(call) if call.succeeded and _reads(draft, call) else None
        if not isinstance(value, dict) or not value:
            continue
        for turn in draft.transcript.turns:
            last = turn[-1]
            written = any(call.index <= c.index < last and not _reads(draft, c) for c in draft.calls)
            if turn.start > call.index and not written and draft.role(last) == "assistant":
                found.append((call, value, last))
    chosen = draft.pick(found)
    if chosen is None:
        return False
    call, value, last = chosen
    changing = ("random", "roll", "shuffle", "generate", "time", "clock", "now")
    if any(word in call.name.lower().split("_") for word in changing):
        return False
    key = draft.pick(sorted(value))
    value[key] = "Elsewhere" if isinstance(value[key], str) and value[key] != "Elsewhere" else None
    again = draft.copy_call(call)
    draft.insert(last, again, draft.result_entry(again["tool_calls"][0]["id"], dump(value)))
    return True
