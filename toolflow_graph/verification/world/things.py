"""A dialogue's world: its things by kind and identifier, folded from calls and results alone. Pure.

What can be known is small on purpose. A thing is whatever has an identifier under a key that says so (``booking_id``,
``bookingId``, ``id``); an object names several things, and *is* one of them. Whatever a write may have touched is
forgotten, except for what the write itself says.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from toolflow_graph.types import Json, Tool, ToolCall, ToolResult
from toolflow_graph.verification.reading.wording import listed
from toolflow_graph.verification.toolcards import changes, is_read_name, split_name
from toolflow_graph.verification.world.naming import (
    Key,
    Mention,
    Rows,
    field_of,
    identifier,
    kind_of,
    noun_of,
    read_result,
    words_of,
)

MAKING = frozenset(
    listed(
        "create add make book schedule reserve register open post place order submit save request buy start publish "
        "upload insert enroll enrol onboard import generate issue"
    )
)
CHANGING = frozenset(listed("update change edit modify set rename reschedule adjust patch"))
DELETING = frozenset(listed("delete destroy erase purge remove"))
CANCELLING = frozenset(listed("cancel"))
_RETURNING = frozenset(listed("restore undelete recover reinstate reopen reactivate undo"))

NAMES = frozenset(listed("name title subject headline label email"))
ADDRESSES = frozenset(listed("address street_address postal_address full_address"))
_BOOKED = frozenset(listed("booking reservation appointment"))
_CONTEXT = frozenset(
    listed(
        "date dates day from to until start end check in out time night nights guest guests people person adults "
        "children party passenger passengers quantity count number currency country unit units class cabin member "
        "coupon code plan size location city store address postcode zip period month year hour hours duration "
        "language lang locale timezone zone tz weight room rooms version"
    )
)
PARTIAL = frozenset(
    listed(
        "available free popular top recommended nearby similar search find past archived deleted upcoming pending "
        "trending history recent suggested unread overdue public trash trashed active open completed next latest"
    )
)
"""Words of a list's name that say that it holds only some of what there is."""
_RECALLED = 8
_GENERIC = frozenset(listed("my all user new the of for to a list get add create"))


@dataclass(frozen=True)
class Act:
    """An answered call that succeeded: ``value`` is what it brought, ``index`` where that stands."""

    index: int
    call: ToolCall
    value: Json
    reads: bool
    tool: Tool | None = None

    @property
    def verb(self) -> str:
        """The verb that the tool's name starts with."""
        return next(iter(split_name(self.call.name)), "")

    @cached_property
    def parts(self) -> "tuple[list[Mention], list[Rows]]":
        """The things that the result names and the lists it holds."""
        return read_result(self.value, noun_of(self.call.name))

    @cached_property
    def context(self) -> frozenset[tuple[str, str]]:
        """The arguments on which prices and times may depend: days, quantities, currencies, places."""
        return frozenset(
            (key, repr(value))
            for key, value in self.call.arguments.items()
            if kind_of(key) is None and _CONTEXT.intersection(split_name(key))
        )


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of a thing: the value, the act that says so, and whether its arguments or its result does."""

    value: Json
    act: Act
    argued: bool = False


@dataclass(slots=True)
class Thing:
    """A thing with what is known of it.

    ``fixed``: what the write that made or changed it last says, by field. ``seen``: what reads brought since, by
    field and context. ``was``: what a write has replaced, by field. ``links``: the other things that it names, by key.
    ``made``, ``ended`` (cancelled) and ``gone`` (deleted): the act that did it.
    """

    kind: str
    id: str
    fixed: dict[str, Fact] = field(default_factory=dict)
    seen: dict[tuple[str, frozenset[tuple[str, str]]], Fact] = field(default_factory=dict)
    was: dict[str, Json] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    made: Act | None = None
    ended: Act | None = None
    gone: Act | None = None


def ids_in(arguments: Mapping[str, Any], noun: str) -> list[Key]:
    """The things that a call's own arguments name."""
    found = []
    for key, value in arguments.items():
        kind, text = kind_of(key), identifier(value)
        if kind is not None and text is not None:
            found.append((kind or noun, text))
    return found


class World:
    """The things of a dialogue so far; :meth:`see` takes note of its acts in order."""

    def __init__(self) -> None:
        self.things: dict[Key, Thing] = {}
        self._told: dict[Key, Thing] = {}

    def see(self, act: Act) -> None:
        """Take note of an act, without judging it."""
        mentions, _ = act.parts
        if not act.reads:
            self._write(act, mentions)
        for mention in mentions:
            thing = self._thing(mention.thing)
            if mention.own:
                thing.links.update((key, text) for key, part in mention.holder.items() if (text := identifier(part)))
            for name, _, value in mention.fields():
                if act.reads or not mention.sure:
                    where = name, context_of(name, act)
                    before = thing.seen.setdefault(where, Fact(value, act))
                    if before.act is act and before.value != value:
                        # One result that says two things of it: nothing is known.
                        thing.seen[where] = Fact(None, act)
                else:
                    thing.fixed[name] = Fact(value, act)

    def each(self) -> list[Thing]:
        """The things, each once."""
        return list(self._told.values())

    def _thing(self, key: Key) -> Thing:
        # A "field" of a result is the "custom field" of an argument, if it has its identifier.
        if key not in self.things:
            self.things[key] = self._told.setdefault((key[0].split(" ")[-1], key[1]), Thing(*key))
        return self.things[key]

    def _write(self, act: Act, mentions: list[Mention]) -> None:
        self._remember(act)
        self._forget(act, mentions)
        made = made_by(act, mentions)
        if made is not None:
            thing = self._thing(made.thing)
            thing.made, thing.gone, thing.ended = act, None, None
            self._fix(thing, act)
            return
        target = target_of(act)
        if target is None:
            return
        thing = self._thing(target)
        if act.verb in DELETING:
            thing.gone = act
        elif act.verb in CANCELLING:
            thing.ended = act
        elif act.verb in CHANGING:
            self._fix(thing, act)

    def _remember(self, act: Act) -> None:
        """Note what a change is about to replace."""
        target = target_of(act) if act.verb in CHANGING else None
        thing = self.things.get(target) if target is not None else None
        if thing is None:
            return
        given = {field_of(key, thing.kind) for key in act.call.arguments}
        thing.was = {name: fact.value for (name, _), fact in thing.seen.items() if name in given}
        thing.was |= {name: fact.value for name, fact in thing.fixed.items() if name in given}

    def _fix(self, thing: Thing, act: Act) -> None:
        for key, value in act.call.arguments.items():
            if not isinstance(value, dict | list) and value is not None and kind_of(key) is None:
                thing.fixed[field_of(key, thing.kind)] = Fact(value, act, argued=True)

    def _forget(self, act: Act, mentions: list[Mention]) -> None:
        """Forget what the write may have changed: what it names, and what belongs to that; all, if it names nothing."""
        touched = {text for value in _scalars(act.call.arguments) if (text := identifier(value))}
        if not touched and made_by(act, mentions) is None:
            self.things.clear()
            self._told.clear()
            return
        touched |= {mention.id for mention in mentions}
        for thing in self.each():
            if thing.id in touched or not touched.isdisjoint(thing.links.values()):
                thing.fixed.clear()
                thing.seen.clear()
                if thing.id not in touched or act.verb not in CHANGING:
                    thing.was.clear()
                if thing.id in touched and act.verb in _RETURNING:
                    thing.gone = thing.ended = None
                if thing.id in touched:
                    thing.ended = None


def context_of(name: str, act: Act) -> frozenset[tuple[str, str]]:
    """On which of an act's arguments a field may depend; names and addresses depend on none."""
    return frozenset() if _is_its_own(name) else act.context


@lru_cache(maxsize=4096)
def _is_its_own(name: str) -> bool:
    return name.rpartition("_")[2] in NAMES or name in ADDRESSES


def fold(acts: Iterable[Act]) -> World:
    """The world after these acts."""
    world = World()
    for act in acts:
        world.see(act)
    return world


def act_of(index: int, call: ToolCall, result: ToolResult, tools: Mapping[str, Tool]) -> Act:
    """A call with its result as an act; a tool that is not among ``tools`` is judged by its name."""
    tool = tools.get(call.name)
    return Act(index, call, result.value, is_read_name(call.name) if tool is None else not changes(tool), tool)


def fold_history(history: Iterable[tuple[ToolCall, ToolResult]], tools: Mapping[str, Tool]) -> World:
    """The world after earlier calls with their results."""
    return fold(act_of(place, call, result, tools) for place, (call, result) in enumerate(history) if result.ok)


def recall(world: World, call: ToolCall, reads: bool) -> dict[str, dict[str, Json]]:
    """What was written of the things that a call names or lists: "kind identifier" -> field -> value."""
    asked = {text for value in _scalars(call.arguments) if (text := identifier(value))}
    everything = reads and not asked
    found: dict[str, dict[str, Json]] = {}
    for thing in world.each():
        if thing.id not in asked and not (everything and are_akin(thing, call.name)):
            continue
        known = {name: fact.value for name, fact in thing.fixed.items()}
        if thing.gone is not None or thing.ended is not None:
            known["state"] = "deleted" if thing.gone is not None else "cancelled"
        if known and len(found) < _RECALLED:
            found[f"{thing.kind} {thing.id}"] = known
    return found


def target_of(act: Act) -> Key | None:
    """The one thing that a write changes or ends, if its arguments leave no doubt."""
    noun = noun_of(act.call.name)
    ids = ids_in(act.call.arguments, noun)
    if act.verb in DELETING:
        fitting = [key for key in ids if key[0].split(" ")[-1] == noun]
        return fitting[0] if len(ids) == len(fitting) == 1 else None
    words = words_of(act.call.name)
    fitting = [key for key in ids if words.issuperset(key[0].split(" ")) or (key[0] in _BOOKED and words & _BOOKED)]
    if len(fitting) == 1:
        return fitting[0]
    return ids[0] if act.verb in CHANGING and len(ids) == 1 else None


def made_by(act: Act, mentions: list[Mention]) -> Mention | None:
    """The new thing that a write brings, if it leaves no doubt which that is."""
    if act.reads or act.verb not in MAKING:
        return None
    given = {str(value) for value in _scalars(act.call.arguments)}
    new = [mention for mention in mentions if not mention.listed and mention.id not in given]
    own = next((mention for mention in new if mention.own), None)
    if own is None:
        return None
    beside = [mention for mention in new if mention.holder is own.holder]
    last = own.kind.split(" ")[-1]
    sure = last == noun_of(act.call.name) or last.startswith(act.verb[:5]) or len(beside) == 1
    return own if sure else None


def are_akin(thing: Thing, name: str) -> bool:
    """Whether a tool of this name is about such things as the one that was made.

    "book_table" and "list_table_reservations" are; "list_bookings" is about all that is booked. A fraud record is no
    usage record: where both names say which kind they mean, they mean the same.
    """
    if thing.made is None:
        return False
    kind = frozenset(thing.kind.split(" "))
    words, made = words_of(name) - _GENERIC, words_of(thing.made.call.name) - _GENERIC
    which, own = words - kind - PARTIAL, made - kind - PARTIAL - {thing.made.verb}
    return words <= kind or bool(words & made and (which & own or not which or not own))


def _scalars(value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        for part in value.values():
            yield from _scalars(part)
    elif isinstance(value, list):
        for part in value:
            yield from _scalars(part)
    else:
        yield value
