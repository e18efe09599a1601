"""What the dialogue already holds about a thing: attributes by its id or name, and what was made or ended in it."""

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

from toolflow_graph.models.briefs import ToolBrief
from toolflow_graph.models.offline.binding import leaves
from toolflow_graph.models.offline.echoing import query_of
from toolflow_graph.models.offline.mending import show_as
from toolflow_graph.models.offline.views import View
from toolflow_graph.models.offline.words import split_words
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.world.naming import Mention, field_of, noun_of, read_result
from toolflow_graph.verification.world.things import Thing, World, are_akin

_NAMING = lazy_regex(r"(?:^|_)(?:name|title|headline|ticker|symbol)$", re.I)


def known_of(brief: ToolBrief) -> dict[tuple[str, ...], Any]:
    """What earlier results say of the things that the call names by id or by name, by the words of a field's name."""
    marks = {mark for _, value in leaves(brief.call.arguments) if (mark := _mark(value)) is not None}
    found: dict[tuple[str, ...], Any] = {}
    for call, result in brief.history:
        if result.ok and marks:
            for holder in _holders(result.value):
                if _take(holder, marks, found) and holder is result.value:
                    # What was made has what it was made with.
                    _take({**call.arguments, "": next(iter(marks & _plain_values(holder)))}, marks, found)
    return found


def _plain_values(holder: Mapping[str, Any]) -> set[Any]:
    return {part for part in holder.values() if isinstance(part, str | int)}


def _mark(value: Any) -> Any:
    """A value that identifies something: a code, a long number, or a name of its own."""
    if isinstance(value, str) and len(value) > 3 and "@" not in value and not re.fullmatch(r"[\d:T-]+", value):
        return value
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 1000 else None


def _holders(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from _holders(part)
    elif isinstance(value, list):
        for part in value:
            yield from _holders(part)


def _take(holder: Mapping[str, Any], marks: set[Any], found: dict[tuple[str, ...], Any]) -> bool:
    """Add the attributes of a holder that has one of the marks; whether it has."""
    own = [name for name, part in holder.items() if isinstance(part, str | int) and part in marks and (
           not isinstance(part, str) or re.search(r"\d", part) or _NAMING.search(name))]  # fmt: skip
    if own:
        for name, part in holder.items():
            if not isinstance(part, dict | list) and not (isinstance(part, str | int) and part in marks):
                found.setdefault(split_words(name), part)
    return bool(own)


def with_same_ids(value: Any, brief: ToolBrief) -> Any:
    """Whoever is named again keeps the id that an earlier result gave them: "player_id" beside "player_name"."""
    known: dict[tuple[str, str], str] = {}
    for _, result in brief.history:
        for holder in _holders(result.value) if result.ok else ():
            for key, name, number in _named_ids(holder):
                known.setdefault((key, name), number)
    asked = {part for _, part in leaves(brief.call.arguments) if isinstance(part, str)}
    for holder in _holders(value):
        for key, name, number in _named_ids(holder):
            if number not in asked and (key, name) in known:
                holder[key] = known[key, name]
    return value


def _named_ids(holder: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(key of the id, name, id) for each thing that a holder names with its id."""
    found = []
    for key, number in holder.items():
        name = holder.get(f"{key[:-3]}_name", holder.get(f"{key[:-3]}_title")) if key.endswith("_id") else None
        if isinstance(name, str) and isinstance(number, str):
            found.append((key, name, number))
    return found


def with_made_things(value: Any, view: View, brief: ToolBrief, world: World) -> Any:
    """A list shows what this dialogue made before, and not what it ended: the new booking stands among the bookings."""
    if view.writes or not isinstance(value, dict):
        return value
    query = query_of(brief.call.arguments).lower()
    made = [thing for thing in world.each() if thing.made is not None and _is_there(thing)]
    made = [thing for thing in made if not query or any(query in str(f.value).lower() for f in thing.fixed.values())]
    made = [thing for thing in made if not _is_left_out(thing, brief.call.arguments)]
    over = {thing.id for thing in world.each() if not _is_there(thing)}
    noun = noun_of(brief.call.name)
    for part in read_result(value, noun)[1]:
        rows = part.rows
        own = _own_rows(value, noun, rows)
        kind, there = own[-1].kind if own else None, {mention.id for mention in own}
        new = [one for one in made if one.kind == kind and one.id not in there and are_akin(one, brief.call.name)]
        rows += [copy.deepcopy(rows[-1]) for _ in range(len(new) - len(own))]
        free = _own_rows(value, noun, rows)
        for thing in new:
            kept = dict(free[-1].holder)
            show_as(thing, free[-1])
            if is_allowed(free[-1].holder, brief.call.arguments):
                free.pop()
            else:
                free[-1].holder.update(kept)
        gone = {id(mention.holder) for mention in own if mention.id in over}
        rows[:] = [row for row in rows if id(row) not in gone] or rows
    return value


def _own_rows(value: Any, noun: str, rows: list[Any]) -> list[Mention]:
    """The rows of a list that are things of their own."""
    own = {id(mention.holder): mention for mention in read_result(value, noun)[0] if mention.own}
    return [own[id(row)] for row in rows if id(row) in own]


def _is_left_out(thing: Thing, arguments: Mapping[str, Any]) -> bool:
    """Whether a call asks for things that were made with something else: another project's, another kind."""
    assert thing.made is not None
    given = {**{name: fact.value for name, fact in thing.fixed.items()}, **thing.made.call.arguments}
    told = ((given.get(key), given.get(field_of(key, thing.kind)), part) for key, part in arguments.items())
    return any(part not in known and any(one is not None for one in known) for *known, part in told)


def _is_there(thing: Thing) -> bool:
    return thing.gone is None and thing.ended is None


def is_allowed(row: Mapping[str, Any], arguments: Mapping[str, Any]) -> bool:
    """Whether a row passes what the call filters by, as far as names tell; days outside a window do not."""
    if any(name in row and row[name] != part for name, part in arguments.items() if not isinstance(part, dict | list)):
        return False
    days = [part[:10] for part in row.values() if isinstance(part, str) and re.match(r"\d{4}-\d\d-\d\d", part)]
    start = _day_in(arguments, r"from|start|since|after|earliest") or ""
    end = _day_in(arguments, r"until|end|before|latest|(?:^|_)to$") or "9"
    return not {"past", "completed"} & set(map(str, arguments.values())) and all(start <= day <= end for day in days)


def _day_in(arguments: Mapping[str, Any], words: str) -> str | None:
    return next((part[:10] for name, part in arguments.items() if isinstance(part, str) and re.search(words, name)
                 and re.match(r"\d{4}-\d\d-\d\d", part)), None)  # fmt: skip
