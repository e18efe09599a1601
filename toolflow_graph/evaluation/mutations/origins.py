"""Arguments whose value stands nowhere in the dialogue, and those that are grounded but wrong."""

from collections.abc import Callable, Iterator
from typing import Any

from toolflow_graph.evaluation.mutations import places
from toolflow_graph.evaluation.mutations.draft import Call, Draft
from toolflow_graph.evaluation.mutations.places import Place, all_places, any_argument, argument_places, fits
from toolflow_graph.evaluation.mutations.registry import kind
from toolflow_graph.types import Json

_NAME_KEYS = ("name", "city", "destination", "recipient", "artist", "guest", "passenger", "venue")


def _plain(place: Place) -> bool:
    """Whether the value is the call's own: no member of an enum, no default."""
    schema = place.schema
    return (
        bool(place.types()) and "enum" not in schema and "const" not in schema and schema.get("default") != place.value
    )


def _invent(draft: Draft, wanted: Callable[[Place], bool], make: Callable[[Place, str], Json]) -> bool:
    found = any_argument(draft, lambda place: _plain(place) and wanted(place))
    if found is None:
        return False
    made = make(found[1], draft.dialogue.everything)
    if made is None or (isinstance(made, str) and not fits(made, found[1].schema)):
        return False
    return found[1].put(made)


@kind("id_from_nowhere", "structural", "ungrounded_argument", "An id that nobody said and no result brought.")
def id_from_nowhere(draft: Draft) -> bool:
    return _invent(
        draft, lambda p: places.is_code(p.value), lambda p, known: places.fresh_code(p.value, known, draft.rng)
    )


@kind("date_from_nowhere", "structural", "ungrounded_argument", "A date that nobody said and no result brought.")
def date_from_nowhere(draft: Draft) -> bool:
    return _invent(
        draft, lambda p: places.is_date(p.value), lambda p, known: places.fresh_date(p.value, known, draft.rng)
    )


@kind("number_from_nowhere", "structural", "ungrounded_argument", "An amount that nobody said and no result brought.")
def number_from_nowhere(draft: Draft) -> bool:
    def make(place: Place, known: str) -> Json:
        return places.fresh_number(place.value, place.schema, known, draft.rng)

    return _invent(draft, lambda p: places.is_amount(p.value), make)


@kind("address_from_nowhere", "structural", "ungrounded_argument", "A mail address that nobody said.")
def address_from_nowhere(draft: Draft) -> bool:
    return _invent(
        draft, lambda p: places.is_email(p.value), lambda p, known: places.fresh_email(p.value, known, draft.rng)
    )


def _is_name(place: Place) -> bool:
    words = place.name.lower().split("_")
    value = place.value
    # What is searched for is the assistant's own wording.
    named = (
        words[-1] != "query"
        and isinstance(value, str)
        and len(value.split()) in (1, 2, 3)
        and value.istitle()
        and value.isascii()
    )
    return named and any(word in words for word in _NAME_KEYS) and "pattern" not in place.schema


@kind("name_from_nowhere", "structural", "ungrounded_argument", "Somebody's name that nobody said.")
def name_from_nowhere(draft: Draft) -> bool:
    return _invent(draft, _is_name, lambda p, known: places.fresh_name(p.value, known, draft.rng))


@kind("value_from_elsewhere", "structural", "ungrounded_argument", "An id of another dialogue.")
def value_from_elsewhere(draft: Draft) -> bool:
    if draft.other is None:
        return False
    sites = draft.other.transcript.sites
    strange = [p.value for site in sites for p in all_places(site.call.arguments) if places.is_code(p.value)]
    value = draft.pick(text for text in strange if text.casefold() not in draft.dialogue.everything)
    return value is not None and _invent(draft, lambda p: places.is_code(p.value), lambda p, known: value)


@kind(
    "value_from_later", "structural", "ungrounded_argument dependent_siblings", "An id that only a later result brings."
)
def value_from_later(draft: Draft) -> bool:
    found = []
    for call in draft.calls:
        known = draft.dialogue.before(call.index)
        later = [
            value for other in draft.calls if (other.result_index or 0) > call.index for value in _codes(draft, other)
        ]
        for place in argument_places(draft, call):
            if _plain(place) and places.is_code(place.value):
                fitting = [v for v in later if v.casefold() not in known and v != place.value and fits(v, place.schema)]
                found += [(place, value) for value in fitting]
    chosen = draft.pick(found)
    return chosen is not None and chosen[0].put(chosen[1])


def _codes(draft: Draft, call: Call) -> Iterator[str]:
    return (place.value for place in all_places(draft.value(call)) if places.is_code(place.value))


@kind("small_number_from_nowhere", "semantic", "ungrounded_argument", "A number below 1,000 that nobody said.")
def small_number_from_nowhere(draft: Draft) -> bool:
    def make(place: Place, known: str) -> Json:
        low, high = place.schema.get("minimum", 1), place.schema.get("maximum", 999)
        for _ in range(20):
            made = draft.rng.randint(int(low), max(int(low), int(min(high, 999))))
            if str(made) not in known and made != place.value:
                return made
        return None

    def wanted(place: Place) -> bool:
        value = place.value
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1000

    return _invent(draft, wanted, make)


# From here on everything is grounded: only the meaning is wrong.


@kind("wrong_item", "semantic", "ungrounded_argument", "The same field of another item of a result.")
def wrong_item(draft: Draft) -> bool:
    return _other_result(draft, same_key=True)


@kind("wrong_field", "semantic", "ungrounded_argument", "A value of another field of a result.")
def wrong_field(draft: Draft) -> bool:
    return _other_result(draft, same_key=False)


def _other_result(draft: Draft, *, same_key: bool) -> bool:
    found = []
    for call in draft.calls:
        results = [c for c in draft.calls if c.succeeded and (c.result_index or 0) < call.index]
        brought = [place for c in results for place in all_places(draft.value(c)) if places.is_scalar(place.value)]
        for place in argument_places(draft, call):
            if not _plain(place) or not isinstance(place.value, str):
                continue
            mates = [
                other for other in brought if isinstance(other.value, str) and (other.name == place.name) is same_key
            ]
            if any(other.value == place.value for other in brought):
                wrong = [o.value for o in mates if o.value != place.value and fits(o.value, place.schema)]
                found += [(place, value) for value in wrong if (places.is_code(value) == places.is_code(place.value))]
    chosen = draft.pick(found)
    return chosen is not None and chosen[0].put(chosen[1])


@kind("arguments_exchanged", "semantic", "ungrounded_argument", "Two arguments of a call have each other's values.")
def arguments_exchanged(draft: Draft) -> bool:
    found = []
    for call in draft.calls:
        plain = [p for p in argument_places(draft, call) if _plain(p) and isinstance(p.value, str)]
        for number, first in enumerate(plain):
            for second in plain[:number]:
                both = first.schema.get("format") == second.schema.get("format") and first.value != second.value
                if both and fits(first.value, second.schema) and fits(second.value, first.schema):
                    found.append((first, second))
    pair = draft.pick(found)
    if pair is None:
        return False
    first, second = pair
    kept = first.value
    first.put(second.value)
    return bool(second.put(kept))


@kind("enum_other", "semantic", "ungrounded_argument", "Another member of the enum than the one that was wanted.")
def enum_other(draft: Draft) -> bool:
    def others(place: Place) -> list[Any]:
        members = place.schema.get("enum")
        return [m for m in members if m != place.value] if isinstance(members, list) and place.types() else []

    found = any_argument(draft, lambda place: bool(others(place)))
    return found is not None and found[1].put(draft.pick(others(found[1])))


@kind("switch_flipped", "semantic", "ungrounded_argument", "A true is false, or a false true.")
def switch_flipped(draft: Draft) -> bool:
    found = any_argument(draft, lambda place: isinstance(place.value, bool))
    return found is not None and found[1].put(not found[1].value)


@kind("wanted_dropped", "semantic", "plan_incomplete", "An optional argument that the user asked for is missing.")
def wanted_dropped(draft: Draft) -> bool:
    wanted = {
        fact.parameter
        for request in (draft.plan.requests if draft.plan else ())
        for fact in (*request.facts, *request.withheld)
        if fact.parameter
    }
    found = [
        place
        for call in draft.calls
        for place in argument_places(draft, call)
        if f"{call.name}:{place.pattern}" in wanted
        and not place.required
        and place.schema.get("default") != place.value
    ]
    place = draft.pick(found)
    if place is None:
        return False
    del place.holder[place.key]
    return True
