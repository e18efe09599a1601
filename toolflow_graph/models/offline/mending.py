"""A made-up result put right by the dialogue's world: the same notion of a contradiction as the verifier's."""

from collections.abc import Iterator
from typing import Any

from toolflow_graph.models.briefs import ToolBrief
from toolflow_graph.types import Json, ToolCall
from toolflow_graph.verification.toolcards import changes
from toolflow_graph.verification.world.clashes import Clash, find_clashes
from toolflow_graph.verification.world.naming import Mention, identifier, kind_of, noun_of, read_result
from toolflow_graph.verification.world.things import Act, Thing, World, fold_history

_ROUNDS = 3


def world_of(brief: ToolBrief) -> World:
    """The world after all that the dialogue did before this call."""
    tools = {tool.name: tool for tool in (*brief.scene.tools, *brief.scene.distractors, brief.tool)}
    return fold_history(brief.history, tools)


def deleted_in(world: World, call: ToolCall) -> str | None:
    """The identifier of something deleted that a call asks for."""
    gone = {thing.id for thing in world.each() if thing.gone is not None}
    asked = (text for key, value in call.arguments.items() if kind_of(key) is not None and (text := identifier(value)))
    return next((text for text in asked if text in gone), None)


def mend(value: Json, brief: ToolBrief, world: World) -> Json:
    """``value``, a draft that may be changed in place, without what contradicts the world."""
    reads = not changes(brief.tool)
    _tell_rows_apart(value, noun_of(brief.call.name))
    for _ in range(_ROUNDS):
        # A new act each time: what it says is read once, and the value has changed.
        act = Act(len(brief.history), brief.call, value, reads, brief.tool)
        clashes = list(find_clashes(world, act))
        if not clashes:
            break
        for clash in clashes:
            if _is_chance(clash, act):
                assert clash.mention is not None
                rename(clash.mention, {thing.id for thing in world.each()})
            else:
                _put_right(clash, value)
    return value


_CALLED = ("name", "full_name", "title", "headline", "subject", "label")


def _is_chance(clash: Clash, act: Act) -> bool:
    """Whether a new row has an old identifier by mere chance: nobody asked for it, and it is called something else."""
    mention = clash.mention
    if mention is None or not mention.own or not mention.listed or clash.thing.made is not None:
        return False
    if mention.id in map(str, act.call.arguments.values()):
        return False
    known = {name: fact.value for (name, _), fact in clash.thing.seen.items()}
    known |= {name: fact.value for name, fact in clash.thing.fixed.items()}
    return not any(name in _CALLED and known.get(name) == value for name, _, value in mention.fields())


def rename(mention: Mention, taken: set[str]) -> str:
    """Give a row an identifier of its own, of the same form."""
    text = mention.id
    for turn in range(10):
        if text not in taken:
            break
        text = "".join(
            str((int(char) * 3 + place + turn + 1) % 10) if char in "0123456789" else char
            for place, char in enumerate(text)
        )
    mention.holder[mention.key] = text if isinstance(mention.holder[mention.key], str) else int(text)
    return text


def _tell_rows_apart(value: Json, noun: str) -> None:
    """No two rows of a list have the same identifier; examples in a schema are few."""
    mentions, lists = read_result(value, noun)
    own = {id(mention.holder): mention for mention in mentions if mention.own and mention.sure}
    for rows in lists:
        taken: set[str] = set()
        for row in rows.rows:
            mention = own.get(id(row))
            if mention is not None:
                taken.add(rename(mention, taken))


def _put_right(clash: Clash, value: Json) -> None:
    if clash.rows is not None:
        _add(clash.thing, clash.rows.rows, value)
    elif clash.mention is not None and clash.key is not None:
        holder = clash.mention.holder
        holder[clash.key] = _like(holder[clash.key], clash.expected)
        if clash.mention.own:
            # Names come with their identifiers: the same track has the same artist, by name and by number.
            links = {key: text for key, text in clash.thing.links.items() if kind_of(key) is not None}
            holder.update((key, text) for key, text in links.items() if isinstance(holder.get(key), str))
    elif clash.mention is not None:
        for rows in _lists(value):
            rows[:] = [row for row in rows if row is not clash.mention.holder]


def _like(old: Json, wanted: Json) -> Json:
    """``wanted`` in the form of ``old``: a whole number, a day without its time."""
    if isinstance(old, int) and not isinstance(old, bool) and isinstance(wanted, float) and wanted.is_integer():
        return int(wanted)
    if isinstance(old, str) and isinstance(wanted, str) and wanted[:10].count("-") == 2 and wanted[:4].isdigit():
        return wanted[: len(old)] + old[len(wanted) :]
    return wanted


def _add(thing: Thing, rows: list[Any], value: Json) -> None:
    """The made thing as a row like the others, in place of the last one."""
    if rows:
        own = next((m for m in read_result(rows[-1], thing.kind)[0] if m.holder is rows[-1] and m.own), None)
        if own is not None:
            show_as(thing, own)


def show_as(thing: Thing, row: Mention) -> None:
    """Turn a row into the thing that was made: its identifier, what it belongs to, and what is known of it."""
    row.holder[row.key] = thing.id
    assert thing.made is not None
    links = {**thing.made.call.arguments, **thing.links}
    for key, old in list(row.holder.items()):
        if key != row.key and kind_of(key) and type(links.get(key)) is type(old):
            row.holder[key] = links[key]
    for name, key, old in list(row.fields()):
        fact = thing.fixed.get(name)
        if fact is not None and type(fact.value) is type(old):
            row.holder[key] = _like(old, fact.value)


def _lists(value: Json) -> Iterator[list[Any]]:
    if isinstance(value, dict):
        for part in value.values():
            yield from _lists(part)
    elif isinstance(value, list):
        yield value
        for part in value:
            yield from _lists(part)
