"""Handle flows: which field of a tool's result names the very thing that a parameter of another tool asks for.

A *handle* is a value by which a service knows a thing: an id, a key, a slug, a number. Real APIs seldom repeat a name
(``id`` comes back, ``customer`` or ``customer_id`` is taken), so each handle is read as a noun and a mark: ``customer``
and ``id``. The noun stands in the field's own name, in what holds it (``customers[].id``), in a type that the result
states (``object: "customer"``), or in the tool's name (``GetCustomers``). A field can fill a parameter when noun and
mark agree, and nothing around them says that two different things share a word (an issuing card, a customer's card).

Precision comes first: an order's id taken for a customer's is worse than a missing link. Pure; knows only definitions.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from typing import Any

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.schemas import SchemaField, iter_fields, schema_types
from toolflow_graph.tool_graph.nouns import (
    Words,
    before_id,
    noun_groups,
    noun_in_text,
    object_words,
    scope_words,
    singular_words,
)
from toolflow_graph.types import Edge, Flow, Tool
from toolflow_graph.verification.reading.wording import listed
from toolflow_graph.verification.toolcards import changes, split_name
from toolflow_graph.verification.world.naming import singular
from toolflow_graph.verification.world.things import DELETING, MAKING

IDS = frozenset(listed("id gid uid uuid guid sid"))
_OTHER_MARKS = frozenset(listed("key slug number code ref name"))
_BARE_MARKS = IDS | frozenset(listed("key slug"))
"""Marks that may stand alone as a parameter: a bare "name" or "code" is as often new as it is looked up."""
_NO_THINGS = frozenset(
    listed(
        "item object resource record entity element thing entry data value result parent child first last next "
        "previous request response trace correlation client external upstream session_token idempotency legacy "
        "sequence type target source_type other related reference"
    )
)
"""Nouns that say nothing of what is meant, and handles of the transport rather than of a thing."""
_NO_HANDLES = frozenset(
    listed(
        "country currency language zip postal post phone page status error line version api secret public private "
        "access sort locale house street full first last middle maiden display legal nick screen mobile telephone "
        "fax area dial response tax vat routing"
    )
)
"""What a key, code, number or name may belong to without being a handle of a thing."""
_ROLES = frozenset(
    listed("from to source destination target parent new old original default primary main current the a my")
)
_WRAPPERS = frozenset(
    listed(
        "data datum item result response record entry list value object resource row content hit edge node "
        "attribute payload embedded body page match output element collection wrapper"
    )
)
_PLAIN = frozenset(
    listed(
        "name title description email mail url uri link date time type status state text body message query search "
        "filter content comment note amount price currency country city language locale timezone address phone format "
        "sort limit offset page cursor token password secret color colour position count size width height version "
        "value model engine voice label subject reason mode kind path username user_name email_address"
    )
)
"""Parameters named by these words hold what they say, not a handle of such a thing."""
WIDE = frozenset(listed("booking reservation document confirmation appointment location place venue"))
"""Nouns that say little: a train's booking is no hotel's."""
_SCENES = frozenset(listed("user account organization organisation workspace"))
"""Whose things a list holds says nothing of which things they are: a user's playlists are playlists."""
_EITHER = frozenset(listed("order index category domain field fields section range"))
"""Words that may be either, and are handles only where the description says so."""
_SAYS_ID = lazy_regex(r"\b(?:ids?|gid|uuid|identifiers?|slug|unique|sid)\b", re.IGNORECASE)
_FORMATS = ("date", "date-time", "time", "email", "uri", "url", "binary", "byte", "password", "float", "double")
_TYPE_FIELDS = ("object", "resource_type", "type", "kind", "_type", "__typename")
_MOST_DEPTH = 2
_SURE = 0.9


@dataclass(frozen=True, slots=True)
class Handle:
    """A field that holds a handle: of what (``noun``, its kind's word last), by which ``mark``, of which JSON types.

    ``bare``: its name is the mark alone, so that the noun comes from around it. ``listed``: it stands in a list.
    ``lone``: nothing beside it is marked as an id. ``by_tool``: the noun is the tool's own.
    """

    path: str
    noun: Words
    mark: str
    types: frozenset[str]
    required: bool
    bare: bool = False
    listed: bool = False
    lone: bool = False
    by_tool: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """What a tool takes and gives, and the words that say which things it is about.

    ``echoed``: paths in its result that hold a handle which the call itself names; ``own``: the unlisted ones of them
    that stand at the top.
    """

    name: str
    about: Words
    groups: tuple[Words, ...]
    words: frozenset[str]
    takes: tuple[Handle, ...]
    gives: tuple[Handle, ...]
    echoed: frozenset[str]
    own: tuple[Handle, ...]


def find_flows(tools: Sequence[Tool], edges: Sequence[Edge] = ()) -> tuple[Flow, ...]:
    """All handle flows among these tools, pair by pair, in their order.

    ``edges``: the tool graph's among them. Services do not share their handles: tools of different sources are joined
    only where an edge says that the two fields are described nearly alike.
    """
    alike = {_ends(edge) for edge in edges if edge.kind == "P-R" and edge.similarity >= _SURE}
    cards = [(tool.source, load_card(tool)) for tool in tools]
    return tuple(
        flow
        for (home, giver), (other, taker) in permutations(cards, 2)
        for flow in join_cards(giver, taker)
        if home == other or _ends(flow) in alike
    )


def join_cards(giver: Card, taker: Card) -> tuple[Flow, ...]:
    """Which required parameters of one tool a result of another fills: for each the nearest field."""
    flows = []
    for wanted in taker.takes:
        fitting = [given for given in giver.gives if wanted.required and _fills(given, giver, wanted, taker)]
        # "attachment_id" is not meant where the same tool asks for the id of a note's attachment, too.
        fitting = [given for given in fitting if not _meant_for_another(given, wanted, taker)]
        if fitting:
            best = min(
                fitting, key=lambda given: (given.noun != wanted.noun, given.path.count("[]"), len(_steps(given.path)))
            )
            thing = " ".join(best.noun if len(best.noun) > len(wanted.noun) else wanted.noun)
            flows.append(
                Flow(
                    source=giver.name, target=taker.name, source_field=best.path, target_field=wanted.path, thing=thing
                )
            )
    return tuple(flows)


def find_echoes(card: Card) -> dict[str, str]:
    """Where a result holds the handle of what the call is about: its path -> the parameter that names it.

    "PostDisputesDispute" takes a dispute and gives its ``id``: it changes that very dispute.
    """
    found = {}
    for given in card.own:
        wanted = [one for one in card.takes if one.required and _same(given, one) and one.noun[-1:] == card.about[-1:]]
        if wanted:
            found[given.path] = wanted[-1].path
    return found


def drop_misleading(edges: Sequence[Edge], tools: Sequence[Tool], flows: Sequence[Flow]) -> tuple[Edge, ...]:
    """The edges without those from a handle to a handle of something else: every service calls its ids "id"."""
    sure = {_ends(flow) for flow in flows}
    takes = {(tool.name, handle.path) for tool in tools for handle in load_card(tool).takes if handle.bare}
    return tuple(
        edge
        for edge in edges
        if edge.kind == "P-P" or _ends(edge) in sure or (edge.target, edge.target_field) not in takes
    )


def _ends(link: Edge | Flow) -> tuple[str, str, str, str]:
    return link.source, link.source_field, link.target, link.target_field


def load_card(tool: Tool) -> Card:
    """The card of a tool; equal definitions share one."""
    return _card(json.dumps([tool.name, tool.parameters, tool.returns], sort_keys=True), changes(tool))


@lru_cache(maxsize=4096)
def _card(text: str, writes: bool) -> Card:
    name, parameters, returns = json.loads(text)
    takes = tuple(_read_parameters(name, parameters, writes))
    gives = () if set(split_name(name)[:2]) & DELETING else tuple(_read_results(name, returns or {}))
    # Whoever calls a tool with a handle knows it already, also where it is not told to be one (a name, when writing).
    own = {field.name for field in iter_fields(parameters) if field.required}
    echoed = frozenset(
        given.path
        for given in gives
        if any(_same(given, wanted) and (wanted.required or not given.listed) for wanted in takes)
        or (not given.listed and _steps(given.path)[-1] in own)
    )
    return Card(
        name,
        object_words(name),
        noun_groups(name),
        frozenset(singular_words(name)),
        takes,
        tuple(given for given in gives if given.path not in echoed),
        echoed,
        tuple(given for given in gives if given.path in echoed and not given.listed and is_top(given.path)),
    )


def _read_parameters(name: str, schema: Mapping[str, Any], writes: bool) -> Iterator[Handle]:
    about = object_words(name)
    making = bool(MAKING.intersection((*split_name(name)[:1], *split_name(name)[-1:])))
    for field in iter_fields(schema):
        if "[]" in field.path or not _is_plain(field):
            continue
        words = split_name(field.name)
        found = _marked(words)
        if found is None and not _is_named_thing(field, words):
            continue
        noun, mark = found or (singular_words(field.name), "id")
        if mark == "name" and writes:
            continue  # a new name, as often as not
        if making and mark not in IDS and (not noun or noun[-1:] == about[-1:]):
            continue  # whoever registers a card gives its number
        bare = not noun or set(noun) <= _NO_THINGS
        by_tool = False
        if bare:
            if mark not in _BARE_MARKS:
                continue
            told = noun_in_text(field.schema.get("description")) or _holder(field.path)
            noun = told or before_id(name) or about
            by_tool = not told
        if noun:
            yield Handle(field.path, noun, mark, _types(field), field.required, bare=bare, by_tool=by_tool)


def _read_results(name: str, schema: Mapping[str, Any]) -> Iterator[Handle]:
    fields = list(iter_fields(schema))
    stated = {_inside(field.path): noun for field in fields if (noun := _stated_type(field))}
    identified = {_inside(field.path) for field in fields if field.name.lower() in IDS}
    for field in fields:
        if field.path.count("[]") > 1 or field.path.count(".") > _MOST_DEPTH or not _is_plain(field):
            continue
        words = split_name(field.name)
        found = _marked(words)
        if found is None:
            if not (_is_named_thing(field, words) and _SAYS_ID.search(str(field.schema.get("description") or ""))):
                continue
            found = singular_words(field.name), "id"
        noun, mark = found
        bare = not noun
        by_tool = False
        if bare:
            inside = _inside(field.path)
            noun = stated.get(inside) or _holder(field.path)
            by_tool = not noun and is_top(field.path)
            noun = object_words(name) if by_tool else noun
        if noun and not set(noun) <= _NO_THINGS:
            lone = _inside(field.path) not in identified
            yield Handle(field.path, noun, mark, _types(field), field.required, bare, "[]" in field.path, lone, by_tool)


def _marked(words: Words) -> tuple[Words, str] | None:
    """Noun and mark of a name: ``customer_id``, ``idBoard``, ``feed_key``, a bare ``id``; None if it has no mark."""
    if not words:
        return None
    mark = words[-1]
    if mark in IDS or mark in _OTHER_MARKS:
        noun = words[:-1]
    elif words[0] == "id" and len(words) > 1:
        noun, mark = words[1:], "id"
    else:
        return None
    while len(noun) > 1 and noun[0] in _ROLES:
        noun = noun[1:]
    if mark not in IDS and (not noun or noun[-1] in _NO_HANDLES):
        return ((), mark) if not noun and mark in _BARE_MARKS else None
    return tuple(singular(word) for word in noun), mark


def _is_named_thing(field: SchemaField, words: Words) -> bool:
    """Whether a field without a mark is named after the thing it points at: ``customer`` of Stripe's paths."""
    if not words or set(words) & _PLAIN or field.schema.get("format") or field.schema.get("pattern"):
        return False
    said = str(field.schema.get("description") or "")
    return bool(_SAYS_ID.search(said)) or not (said or set(words) & _EITHER)


def _is_plain(field: SchemaField) -> bool:
    types = set(schema_types(field.schema)) - {"null"}
    fixed = {"enum", "const"} & set(field.schema) or field.schema.get("format") in _FORMATS
    return not fixed and types <= {"string", "integer", "number"}


def _types(field: SchemaField) -> frozenset[str]:
    return frozenset("number" if kind == "integer" else kind for kind in schema_types(field.schema) if kind != "null")


def _steps(path: str) -> list[str]:
    return path.replace("[]", "").split(".")


def _inside(path: str) -> str:
    return path.rpartition(".")[0]


def _is_wrapper(step: str) -> bool:
    words = singular_words(step)
    return not words or set(words) <= _WRAPPERS | IDS


def is_top(path: str) -> bool:
    """Whether only wrappers hold the field, so that it belongs to what the tool returns."""
    return all(_is_wrapper(step) for step in _steps(path)[:-1])


def _holder(path: str) -> Words:
    """The noun of the nearest object that holds the field; () if that is the result itself, or a mere role (owner)."""
    steps = _steps(path)[:-1]
    named = next((step for step in reversed(steps) if not _is_wrapper(step)), "")
    words = singular_words(named)
    while len(words) > 1 and words[0] in _ROLES:
        words = words[1:]
    return () if "by" in words or set(words) <= _NO_THINGS else words


def _stated_type(field: SchemaField) -> Words:
    """What an object says it is, where its schema allows one type only (``"object": {"enum": ["card"]}``)."""
    if field.name not in _TYPE_FIELDS:
        return ()
    values = field.schema.get("enum") or ([field.schema["const"]] if "const" in field.schema else [])
    only = values[0] if len(values) == 1 else None
    return singular_words(only) if isinstance(only, str) and only not in ("list", "object") else ()


def _same(given: Handle, wanted: Handle) -> bool:
    """Whether mark, type and the last word of the nouns agree."""
    marks = given.mark == wanted.mark or (wanted.mark == "id" and given.mark in IDS)
    marks = marks or (wanted.bare and wanted.mark == "id" and given.lone and given.bare and given.mark in _BARE_MARKS)
    types = not given.types or not wanted.types or bool(given.types & wanted.types)
    return marks and types and given.noun[-1] == wanted.noun[-1]


def _fills(given: Handle, giver: Card, wanted: Handle, taker: Card) -> bool:
    """Whether the two mean the same thing: what one side says more than the other must stand around the other."""
    if not _same(given, wanted):
        return False
    a, b = given.noun, wanted.noun
    shared = min(len(a), len(b))
    if a[-shared:] != b[-shared:]:
        return False
    if a[-1] in WIDE and _apart(scope_words(giver.name) - {a[-1]}, scope_words(taker.name) - {a[-1]}):
        return False
    if given.by_tool and wanted.by_tool and not scope_words(giver.name) <= taker.words:
        return False
    around_giver = giver.words | {word for step in _steps(given.path) for word in singular_words(step)}
    around_giver |= {word for handle in (*giver.takes, *giver.gives) for word in handle.noun}
    around_taker = taker.words | {word for handle in taker.takes for word in handle.noun}
    # What a list says of its rows ("saved shows") does not change what they are.
    kind = frozenset[str]() if given.bare and not given.by_tool else _qualifiers(a, giver.groups)
    more_a = {*a[:-shared], *kind} - _SCENES
    more_b = {*b[:-shared], *_qualifiers(b, taker.groups)}
    return more_a <= around_taker and more_b <= around_giver


def _apart(left: frozenset[str], right: frozenset[str]) -> bool:
    return bool(left) and bool(right) and not left & right


def _meant_for_another(given: Handle, wanted: Handle, taker: Card) -> bool:
    """Whether the taker asks for this very thing in another parameter, or is there to make it."""
    if given.noun == wanted.noun:
        return False
    others = [other.noun for other in taker.takes if other is not wanted]
    longer = [noun for noun in others if len(noun) > len(wanted.noun)]
    making = bool(MAKING.intersection(split_name(taker.name)[:1])) and given.noun == taker.about
    return making or given.noun in others or any(given.noun[-len(noun) :] == noun for noun in longer)


def _qualifiers(noun: Words, groups: tuple[Words, ...]) -> frozenset[str]:
    """What a tool's name puts before a noun: "GetIssuingCardsCard" speaks of issuing cards, where "card" is taken."""
    before = (
        group[:place]
        for group in groups
        for place in range(len(group) - len(noun) + 1)
        if group[place : place + len(noun)] == noun
    )
    return frozenset(next(before, ()))
