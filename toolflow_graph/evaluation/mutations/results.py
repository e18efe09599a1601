"""Defects of results: against the return schema, without substance, in contradiction to the call."""

from collections.abc import Callable

from toolflow_graph.evaluation.mutations import places
from toolflow_graph.evaluation.mutations.draft import Call, Draft
from toolflow_graph.evaluation.mutations.places import Place, is_number, result_places
from toolflow_graph.evaluation.mutations.registry import kind
from toolflow_graph.types import Json
from toolflow_graph.verification.rules.calls import OTHER_ONE
from toolflow_graph.verification.toolcards import split_name

_HOLLOW = (
    "<id>", "{{value}}", "string", "TBD", "placeholder", "[Your Name]", "<value>", "lorem ipsum", "xxx", "${value}",
    "...", "undefined", "sample data",
)  # fmt: skip
_ERRORS: tuple[Json, ...] = (
    {"error": {"code": "unavailable", "message": "The service is not available."}},
    {"error": {"code": "internal_error", "message": "Something went wrong."}},
    {"error": "The service timed out."},
    {"success": False, "message": "The request could not be completed."},
    {"isError": True, "message": "Internal error."},
)


def _typed(draft: Draft) -> list[Call]:
    """Calls with a result and a return schema."""
    tools = draft.transcript.tools_by_name
    return [c for c in draft.calls if c.succeeded and c.name in tools and tools[c.name].returns is not None]


def _break(draft: Draft, wanted: Callable[[Place], bool], broken: Callable[[Place], Json]) -> bool:
    """Break one random part of one random result."""
    call = draft.pick(_typed(draft))
    if call is None:
        return False
    value = draft.value(call)
    place = draft.pick(p for p in result_places(draft, call, value) if wanted(p))
    if place is None:
        return False
    place.put(broken(place))
    draft.put_result(call, value)
    return True


@kind("result_field_dropped", "structural", "invalid_result", "A result lacks a field that its schema requires.")
def result_field_dropped(draft: Draft) -> bool:
    call = draft.pick(_typed(draft))
    if call is None:
        return False
    value = draft.value(call)
    place = draft.pick(p for p in result_places(draft, call, value) if p.required and _is_sure(p))
    if place is None:
        return False
    del place.holder[place.key]
    draft.put_result(call, value)
    return True


def _is_sure(place: Place) -> bool:
    """A key that is required of an object that is there, not of one that may be left out."""
    return isinstance(place.key, str) and "[]" not in place.pattern


@kind("result_type_wrong", "structural", "invalid_result", "A field of a result has the wrong JSON type.")
def result_type_wrong(draft: Draft) -> bool:
    def broken(place: Place) -> Json:
        made = {"string": {"text": "?"}, "array": "none", "object": "none", "boolean": "maybe"}
        return next((wrong for name, wrong in made.items() if name in place.types()), "plenty")

    return _break(draft, lambda p: len(p.types() - {"null", "integer"} or p.types()) == 1, broken)


@kind("result_number_as_text", "structural", "invalid_result", "A number in a result is written as a text.")
def result_number_as_text(draft: Draft) -> bool:
    def wanted(place: Place) -> bool:
        return is_number(place.value) and bool(place.types()) and "string" not in place.types()

    return _break(draft, wanted, lambda place: str(place.value))


@kind("result_enum_left", "structural", "invalid_result", "A field of a result is none of the values its enum lists.")
def result_enum_left(draft: Draft) -> bool:
    def wanted(place: Place) -> bool:
        return isinstance(place.schema.get("enum"), list) and isinstance(place.value, str) and bool(place.types())

    return _break(draft, wanted, lambda place: f"{place.value}_other")


@kind("result_format_broken", "structural", "invalid_result", "A date or address in a result is not in its format.")
def result_format_broken(draft: Draft) -> bool:
    made = {"date": "14/05/2026", "date-time": "14/05/2026 10:00", "time": "ten", "email": "nobody", "uri": "no link"}

    def wanted(place: Place) -> bool:
        return isinstance(place.value, str) and place.schema.get("format") in made and bool(place.types())

    return _break(draft, wanted, lambda place: made[place.schema["format"]])


@kind("result_out_of_range", "structural", "invalid_result", "A number in a result is out of its range.")
def result_out_of_range(draft: Draft) -> bool:
    def wanted(place: Place) -> bool:
        bounded = is_number(place.schema.get("minimum")) or is_number(place.schema.get("maximum"))
        return is_number(place.value) and bool(place.types()) and bounded

    def broken(place: Place) -> Json:
        return place.schema["maximum"] + 1 if is_number(place.schema.get("maximum")) else place.schema["minimum"] - 1

    return _break(draft, wanted, broken)


@kind("result_empty", "structural", "invalid_result", "A result is an empty object, a null or an 'OK'.")
def result_empty(draft: Draft) -> bool:
    tools = draft.transcript.tools_by_name
    call = draft.pick(
        c
        for c in _typed(draft)
        if (returns := tools[c.name].returns) and returns.get("type") == "object" and returns.get("required")
    )
    if call is None:
        return False
    draft.messages[call.result_index]["content"] = draft.pick(("{}", "null", "OK", '"done"', "[]", ""))
    return True


@kind("result_cut", "structural", "invalid_result", "A result's JSON breaks off.")
def result_cut(draft: Draft) -> bool:
    call = draft.pick(c for c in _typed(draft) if isinstance(draft.value(c), dict) and draft.value(c))
    if call is None:
        return False
    content = draft.content(call.result_index)
    draft.messages[call.result_index]["content"] = content[: draft.rng.randint(2, len(content) - 1)]
    return True


@kind("result_wrapped", "structural", "invalid_result", "A result is fenced, explained or wrapped in another object.")
def result_wrapped(draft: Draft) -> bool:
    tools = draft.transcript.tools_by_name
    call = draft.pick(
        c
        for c in _typed(draft)
        if (returns := tools[c.name].returns) and returns.get("type") == "object" and returns.get("required")
    )
    if call is None:
        return False
    content = draft.content(call.result_index)
    made = (f"```json\n{content}\n```", f"Here is the result: {content}", f'{{"result": {content}}}', f"[{content}]")
    draft.messages[call.result_index]["content"] = draft.pick(made)
    return True


@kind("results_crossed", "structural", "invalid_result", "Two calls have each other's results, which do not fit them.")
def results_crossed(draft: Draft) -> bool:
    typed = _typed(draft)
    pairs = [(a, b) for a in typed for b in typed if a.index <= b.index and _needs_other(draft, a, b)]
    pair = draft.pick(pairs)
    if pair is None:
        return False
    first, second = (draft.messages[call.result_index] for call in pair)
    first["content"], second["content"] = second["content"], first["content"]
    return True


def _needs_other(draft: Draft, first: Call, second: Call) -> bool:
    """Whether the first call's schema requires a field that the second one's result lacks."""
    tool = draft.tool(first)
    value = draft.value(second)
    required = tool.returns.get("required", ()) if tool is not None and tool.returns is not None else ()
    return isinstance(value, dict) and any(key not in value for key in required)


@kind("result_placeholder", "structural", "placeholder_result invalid_result", "A result holds a placeholder.")
def result_placeholder(draft: Draft) -> bool:
    def wanted(place: Place) -> bool:
        return isinstance(place.value, str) and "string" in place.types() and "enum" not in place.schema

    text = draft.rng.choice(_HOLLOW)
    if text.casefold() in draft.dialogue.everything:
        return False
    return _break(draft, wanted, lambda place: text)


@kind("result_is_schema", "structural", "placeholder_result invalid_result", "A result is the schema instead of data.")
def result_is_schema(draft: Draft) -> bool:
    call = draft.pick(_typed(draft))
    tool = draft.tool(call) if call is not None else None
    if call is None or tool is None or not (tool.returns or {}).get("properties"):
        return False
    draft.put_result(call, tool.returns)
    return True


@kind("result_giant", "structural", "giant_result", "A result is a hundred kilobytes long.")
def result_giant(draft: Draft) -> bool:
    call = draft.pick(c for c in draft.calls if c.succeeded)
    value = draft.value(call) if call is not None else None
    if not isinstance(value, dict):
        return False
    value["raw_log"] = "0123456789abcdef\n" * 6000
    draft.put_result(call, value)
    return True


@kind("result_simulated", "structural", "control_words", "A result says that it is only simulated.")
def result_simulated(draft: Draft) -> bool:
    call = draft.pick(c for c in draft.calls if c.succeeded)
    value = draft.value(call) if call is not None else None
    if not isinstance(value, dict):
        return False
    notes = (
        "This is a simulated response.",
        "Note: simulated data for demonstration purposes only.",
        "As an AI language model, I cannot access real data.",
        "This is mock data generated for testing.",
        "<think>The tool should return something plausible.</think>",
    )
    text_places = [p for p in places.all_places(value) if isinstance(p.value, str) and " " in p.value]
    place = draft.pick(text_places)
    if place is not None and draft.rng.random() < 0.5:
        place.put(f"{place.value} {draft.pick(notes)}")
    else:
        value["note"] = draft.pick(notes)
    draft.put_result(call, value)
    return True


@kind("echo_wrong", "structural", "contradicting_echo", "A result is about another id than the call asked for.")
def echo_wrong(draft: Draft) -> bool:
    # A copy, a renewal or a successor has an id of its own.
    found = []
    for call in draft.calls:
        value = draft.value(call) if call.succeeded and not OTHER_ONE.intersection(split_name(call.name)) else None
        for key, asked in call.arguments.items():
            if isinstance(value, dict) and value.get(key) == asked and places.is_code(asked):
                made = places.fresh_code(asked, draft.dialogue.everything, draft.rng)
                if made is not None:
                    found.append((call, {**value, key: made}))
    chosen = draft.pick(found)
    if chosen is None:
        return False
    draft.put_result(*chosen)
    return True


@kind(
    "call_fails_unnoticed", "structural", "plan_incomplete", "A call fails, and the dialogue goes on as if it had not."
)
def call_fails_unnoticed(draft: Draft) -> bool:
    call = draft.pick(c for c in draft.calls if c.succeeded and _is_only(draft, c))
    if call is None:
        return False
    draft.put_result(call, draft.pick(_ERRORS))
    return True


def _is_only(draft: Draft, call: Call) -> bool:
    """Whether a request needs this call's tool and nothing else in its span calls it with success."""
    number = draft.request_at(call.index)
    if draft.plan is None or number < 0 or call.name not in draft.plan.requests[number].tools:
        return False
    span = draft.transcript.request_span(number)
    return (
        sum(
            site.call.name == call.name and site.succeeded
            for site in draft.transcript.sites
            if site.message_index in span
        )
        == 1
    )


@kind("results_exchanged", "semantic", "ungrounded_answer", "Two calls of one tool have each other's results.")
def results_exchanged(draft: Draft) -> bool:
    done = [c for c in draft.calls if c.succeeded]
    pairs = [
        (a, b)
        for a in done
        for b in done
        if a.name == b.name and a.entry is not b.entry and draft.value(a) != draft.value(b)
    ]
    pair = draft.pick(pairs)
    if pair is None:
        return False
    first, second = (draft.messages[call.result_index] for call in pair)
    first["content"], second["content"] = second["content"], first["content"]
    return True


@kind("count_wrong", "semantic", "invalid_result", "A result says another number of items than it lists.")
def count_wrong(draft: Draft) -> bool:
    found = []
    for call in draft.calls:
        value = draft.value(call) if call.succeeded else None
        if not isinstance(value, dict):
            continue
        lengths = [len(part) for part in value.values() if isinstance(part, list)]
        counts = [key for key, part in value.items() if is_number(part) and part in lengths and part > 0]
        found += [(call, {**value, key: value[key] + draft.rng.randint(1, 4)}) for key in counts]
    chosen = draft.pick(found)
    if chosen is None:
        return False
    draft.put_result(*chosen)
    return True
