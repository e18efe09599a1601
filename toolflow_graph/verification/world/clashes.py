"""Where a new result contradicts the world so far: few and certain. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Json
from toolflow_graph.verification.reading.wording import listed, squeeze
from toolflow_graph.verification.toolcards import split_name
from toolflow_graph.verification.world.naming import Mention, Rows, field_of, holder_noun, kind_of, noun_of, words_of
from toolflow_graph.verification.world.things import (
    ADDRESSES,
    CHANGING,
    MAKING,
    NAMES,
    PARTIAL,
    Act,
    Fact,
    Thing,
    World,
    are_akin,
    context_of,
    made_by,
    target_of,
)

Code = Literal["inconsistent_world", "lost_change", "deleted_thing", "missing_thing"]

_PRICES = frozenset(listed("price cost fee fare rent amount"))
_DATES = frozenset(listed("date time day at on datetime birth"))
_STANDING = frozenset(
    listed(
        "hotel restaurant store shop clinic hospital venue property branch museum pharmacy cinema theatre gym school"
    )
)
# Values that change by themselves.
_MOVING = frozenset(
    listed(
        "updated modified last next current expected estimated actual eta checked seen accessed generated retrieved "
        "synced refreshed remaining left available free today now recent latest live valid average avg lowest highest "
        "min max low high bid ask spot market total balance"
    )
)
_ADDING = frozenset(listed("add order buy place"))
_COUNTS = frozenset(listed("quantity count number amount total balance stock seats points"))
_WINDOW = frozenset(listed("from to start end after before since until"))
_GONE = lazy_regex(r"delet|remov|trash|archiv|cancel|inactive|closed|purged|destroyed|gone|not.?found", re.I)
_ACTIVE = frozenset(listed("active confirmed booked scheduled upcoming reserved open ticketed"))
_STATES = frozenset(listed("status state"))
_LISTING = frozenset(listed("list get show view fetch"))
_PARTIAL_SAID = lazy_regex(
    r"\b(?:upcoming|recent|last|latest|active|unread|open|pending|popular|available|nearby|next|top|shared|public)\b",
    re.I,
)
_LIMITS = frozenset(listed("limit max size page per top count take first results"))
_HARMLESS = frozenset(listed("sort order include format language currency expand fields unit units verbose"))
_STAYS = frozenset(listed("subscription membership plan renewal trial"))


@dataclass(frozen=True, slots=True)
class Clash:
    """A contradiction: what ``mention`` says under ``key`` (all of it, if that is None) against ``thing``.

    ``expected`` is what would agree; of a "missing_thing", ``rows`` is the list that the thing is missing from.
    """

    code: Code
    thing: Thing
    reason: str
    mention: Mention | None = None
    key: str | None = None
    expected: Json = None
    rows: Rows | None = None


def find_clashes(world: World, act: Act) -> Iterator[Clash]:
    """What the result of ``act`` contradicts of the world before it."""
    mentions, lists = act.parts
    yield from _echoes(act, mentions)
    made = made_by(act, mentions)
    for mention in mentions:
        thing = world.things.get(mention.thing)
        if thing is None or mention is made:
            continue
        if thing.gone is not None:
            if (clash := _ghost(thing, mention, act)) is not None:
                yield clash
        elif act.reads:
            yield from _values(thing, mention, act)
    if act.reads:
        yield from _missing(world, act, mentions, lists)


def _what(thing: Thing) -> str:
    return f"{thing.kind} {thing.id!r}"


def _shown(value: Json) -> str:
    return repr(value[:60] if isinstance(value, str) else value)


def _echoes(act: Act, mentions: list[Mention]) -> Iterator[Clash]:
    """The result of a write against its own arguments: names and days that it was given."""
    if act.reads or act.verb not in MAKING | CHANGING:
        return
    made, target = made_by(act, mentions), target_of(act)
    for mention in mentions:
        if not mention.own or mention.listed or (mention is not made and mention.thing != target):
            continue
        given = {field_of(key, mention.kind): value for key, value in act.call.arguments.items()}
        for name, key, value in mention.fields():
            asked = given.get(name)
            if asked is None or isinstance(asked, dict | list) or not (is_name(name) or is_date(name)):
                continue
            if differ(name, asked, value):
                reason = f"was to have the {name} {_shown(asked)} and has {_shown(value)}; what is written takes hold"
                thing = Thing(*mention.thing)
                yield Clash("lost_change", thing, f"{_what(thing)} {reason}", mention, key, asked)


def _ghost(thing: Thing, mention: Mention, act: Act) -> Clash | None:
    if not mention.own or words_of(act.call.name) & {"deleted", "trash", "archived", "history", "restore", "recover"}:
        return None
    said = " ".join(f"{key} {value}" for key, value in mention.holder.items() if value and not isinstance(value, dict))
    if _GONE.search(said) or act.call.name == (thing.gone and thing.gone.call.name):
        return None
    reason = f"{_what(thing)} was deleted before, and is there again; it is not found any more"
    return Clash("deleted_thing", thing, reason, mention)


def _values(thing: Thing, mention: Mention, act: Act) -> Iterator[Clash]:
    for name, key, value in mention.fields():
        if not mention.sure and (is_price(name) or not isinstance(value, str)):
            continue
        if thing.ended is not None and mention.own and _STATES.intersection(name.split("_")):
            if _still_on(thing, value):
                reason = f"{_what(thing)} was cancelled before, and its {name} is {_shown(value)} now"
                yield Clash("lost_change", thing, reason, mention, key, "cancelled")
            continue
        fixed = thing.fixed.get(name)
        if fixed is not None:
            back = _is_back(thing, name, fixed, value)
            if back or (_binds(name, fixed, act) and differ(name, fixed.value, value, fixed)):
                how = "given" if fixed.argued else "written with"
                reason = f"{_what(thing)} was {how} the {name} {_shown(fixed.value)} before and is read with "
                reason += f"{_shown(value)}; it stays as it was written"
                yield Clash("lost_change", thing, reason, mention, key, fixed.value)
            continue
        seen = thing.seen.get((name, context_of(name, act)))
        stable = is_name(name) or (mention.sure and (is_date(name) or is_price(name) or _is_its_place(name, thing)))
        if seen is not None and stable and differ(name, seen.value, value):
            reason = f"the {name} of {_what(thing)} was {_shown(seen.value)} before and is {_shown(value)} now, "
            reason += "although nothing was written; the same thing stays as it is"
            yield Clash("inconsistent_world", thing, reason, mention, key, seen.value)


def _is_back(thing: Thing, name: str, fixed: Fact, value: Json) -> bool:
    """Whether a field has again just the text that a change replaced by another one."""
    old = thing.was.get(name)
    if not all(isinstance(text, str) for text in (old, value, fixed.value)) or _MOVING.intersection(name.split("_")):
        return False
    before, now, wanted = (squeeze(str(text)) for text in (old, value, fixed.value))
    return bool(wanted) and before == now and now not in wanted and wanted not in now


def _still_on(thing: Thing, value: Json) -> bool:
    return isinstance(value, str) and value.casefold() in _ACTIVE and not _STAYS.intersection(thing.kind.split(" "))


def _binds(name: str, fixed: Fact, act: Act) -> bool:
    """Whether what was written of a field must be read again, and just so."""
    words = set(name.split("_"))
    if is_name(name):
        return not any({"lang", "language", "locale"} & set(split_name(key)) for key in act.call.arguments)
    # Amounts of what was added grow; prices and times may depend on what is asked.
    if words & _COUNTS and fixed.act.verb in _ADDING:
        return False
    window = all(_WINDOW.intersection(split_name(key)) for key, _ in act.context)
    if act.context and not (is_date(name) and window):
        return False
    if is_date(name) or is_price(name):
        return True
    # A state moves on after something was made; what was set stays set.
    return fixed.argued and not words & _MOVING and (not words & _STATES or fixed.act.verb in CHANGING)


def is_name(name: str) -> bool:
    """Whether a field tells what a thing is called."""
    return name.rpartition("_")[2] in NAMES or name in ("date_of_birth", "iso_code")


def is_date(name: str) -> bool:
    """Whether a field holds a day or a moment that does not move by itself."""
    words = name.split("_")
    return words[-1] in _DATES and not _MOVING.intersection(words)


def is_price(name: str) -> bool:
    """Whether a field holds a price that does not move by itself."""
    words = name.split("_")
    return words[-1] in _PRICES and not _MOVING.intersection(words)


_DAY = lazy_regex(r"\d{4}-\d\d-\d\d")
_OFFSET = lazy_regex(r"(?:Z|[+-]\d\d:?\d\d)$")


def differ(name: str, one: Json, other: Json, fixed: Fact | None = None) -> bool:
    """Whether two values of a field cannot both be right; False wherever they may be two ways to write the same."""
    if isinstance(one, bool) or isinstance(other, bool):
        return isinstance(one, bool) and isinstance(other, bool) and one is not other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) > 0.011
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    if _DAY.match(one) and _DAY.match(other):
        return _other_moment(one, other)
    if is_name(name):
        left, right = squeeze(one), squeeze(other)
        return bool(left and right) and left not in right and right not in left
    if name in ADDRESSES and fixed is None:
        return _other_address(one, other)
    options = _options(fixed)
    return one in options and other in options and one != other


def _is_its_place(name: str, thing: Thing) -> bool:
    """Whether a field holds the address of what does not move; parcels and people do."""
    return name in ADDRESSES and thing.kind.rpartition(" ")[2] in _STANDING


def _other_address(one: str, other: str) -> bool:
    """Whether two postal addresses share neither a number nor a long word; streets are abbreviated in many ways."""
    left, right = (set(re.findall(r"[^\W_]+", text.casefold())) for text in (one, other))
    told = all(any(map(str.isdigit, words)) and any(len(word) > 3 for word in words) for words in (left, right))
    return told and "@" not in one + other and not any(word.isdigit() or len(word) > 3 for word in left & right)


def _other_moment(one: str, other: str) -> bool:
    if one[:10] != other[:10] and (len(one) == 10 or len(other) == 10):
        return not (_OFFSET.search(one[10:]) or _OFFSET.search(other[10:]))
    zones = [found[0] if (found := _OFFSET.search(text[10:])) else "" for text in (one, other)]
    shared = min(len(one), len(other), 16)
    return zones[0] == zones[1] and one[:shared].replace(" ", "T") != other[:shared].replace(" ", "T")


def _options(fixed: Fact | None) -> tuple[Json, ...]:
    """The options of the argument that fixed a value."""
    if fixed is None or fixed.act.tool is None:
        return ()
    for key, value in fixed.act.call.arguments.items():
        schema = fixed.act.tool.parameters.get("properties", {}).get(key)
        if value == fixed.value and isinstance(schema, Mapping) and isinstance(schema.get("enum"), list):
            return tuple(schema["enum"])
    return ()


def _missing(world: World, act: Act, mentions: list[Mention], lists: list[Rows]) -> Iterator[Clash]:
    """What was made and should stand in a full list of its kind."""
    plain = split_name(act.call.name)
    if act.verb not in _LISTING or PARTIAL.intersection(plain) or not act.call.name.rstrip("_").endswith(("s", "S")):
        return
    for rows in lists:
        of = {mention.kind for mention in mentions if mention.own and any(mention.holder is row for row in rows.rows)}
        there = {mention.id for mention in mentions if any(mention.holder is row for row in rows.rows)}
        noun = holder_noun(rows.key, noun_of(act.call.name))
        for thing in world.each():
            if thing.made is None or thing.gone or thing.ended or thing.id in there:
                continue
            akin = of == {thing.kind} if of else not rows.rows and thing.kind.split(" ")[-1] == noun
            if akin and are_akin(thing, act.call.name) and _is_whole(act, rows, thing):
                reason = f"{_what(thing)} was made before and is missing from the list; a full list holds it"
                yield Clash("missing_thing", thing, reason, rows=rows)


def _is_whole(act: Act, rows: Rows, thing: Thing) -> bool:
    """Whether nothing says that the list holds only a part of what there is, the thing not among it."""
    made, count = thing.made, len(rows.rows)
    assert made is not None
    if act.tool is None or _PARTIAL_SAID.search(act.tool.description):
        return False
    properties = act.tool.parameters.get("properties", {})
    asked = {key: sub["default"] for key, sub in properties.items() if isinstance(sub, Mapping) and "default" in sub}
    for key, value in {**asked, **act.call.arguments}.items():
        words = set(split_name(key))
        if value is None or words & _HARMLESS:
            continue
        if words & _LIMITS and isinstance(value, int) and not isinstance(value, bool):
            if "page" in words and "size" not in words and value <= 1:
                continue
            if value <= count:
                return False
            continue
        known = made.call.arguments.get(key)
        if known is None and kind_of(key) is None and (fact := thing.fixed.get(field_of(key, thing.kind))) is not None:
            known = fact.value
        if known != value:
            return False
    return not _says_more(act.value, count)


def _says_more(value: Json, count: int) -> bool:
    if not isinstance(value, dict):
        return False
    for key, part in value.items():
        words = set(split_name(key))
        # One page is the whole.
        if words & {"more", "next", "truncated", "cursor", "pages"} and part and (part is True or part != 1):
            return True
        if words & {"total", "count", "found", "matches"} and isinstance(part, int) and part > count:
            return True
    return False
