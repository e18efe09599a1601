"""What the rules need to know of a tool definition, computed once per definition and process."""

import marshal
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import regex

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.schemas import merged_properties, merged_required, resolve
from toolflow_graph.types import Tool
from toolflow_graph.validation import SchemaChecker
from toolflow_graph.verification.reading.wording import listed

_HUMP = lazy_regex(r"[a-z0-9][A-Z]")
_PART = regex.compile(r"\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{M}]+|[\p{Lo}\p{Lm}\p{M}]+|\d+")
# Hyphenated English that tools are called by, too: "check-in" in a user's mouth is no identifier.
_PARTICLES = {"in", "out", "up", "off", "on", "by", "down", "over", "mail", "to", "through", "back", "time"}


@lru_cache(maxsize=65536)
def split_name(name: str) -> tuple[str, ...]:
    """The lower-case words of an identifier: ``getUser_by-id`` -> get, user, by, id."""
    return tuple(part.lower() for part in _PART.findall(name))


def is_identifier(name: str) -> bool:
    """Whether a name cannot be plain English: it has an underscore, a hyphen or a camelCase hump."""
    if "_" in name.strip("_") or _HUMP.search(name):
        return True
    parts = name.split("-")
    return len(parts) > 2 or (len(parts) == 2 and all(parts) and parts[1].lower() not in _PARTICLES)


_READ_VERBS = listed(
    "get list search find check lookup look view show read fetch query describe calculate compute count compare "
    "convert estimate track browse retrieve validate think explain translate summarize detect analyze"
)


CHANGING_VERBS = frozenset(
    listed(
        "book reserve cancel update modify change delete remove create add send pay order purchase buy refund exchange "
        "return place submit set upgrade downgrade reschedule schedule register enroll unsubscribe subscribe disable "
        "enable lock unlock close issue grant revoke move edit rename replace transfer post write publish freeze "
        "unfreeze activate deactivate start stop play pause reply respond forward record import trigger approve reject "
        "accept decline share follow unfollow join leave rent hire assign archive restore merge deploy restart switch "
        "turn adjust apply renew extend call hold redeem withdraw deposit upload save run file answer decide"
    )
)
"""Verbs that tools which change something begin with."""
# Tools are also called by what they bring, or what they work out.
_LOOKED_UP = frozenset(
    listed(
        "passes forecast forecasts weather price prices rates history status info details lookup stats statistics "
        "report balance availability results news series endpoint quote quotes calculator calculation repayment "
        "simulation conversion estimate ranking rank top latest trends"
    )
)


def looks_up(name: str) -> bool:
    """Whether a tool's name tells that it looks something up or works something out, wherever in it the word stands."""
    words = split_name(name)
    if not words or words[0] in CHANGING_VERBS:
        return False
    return is_read_name(name) or not _LOOKED_UP.isdisjoint(words) or not frozenset(_READ_VERBS).isdisjoint(words)


def is_read_name(name: str) -> bool:
    """Whether a tool of unknown effect only reads, judged by the verb its name starts with."""
    words = split_name(name)
    return bool(words) and words[0] in _READ_VERBS


def changes(tool: Tool) -> bool:
    """Whether a call of the tool changes something, as far as its definition or its name tells."""
    return not is_read_name(tool.name) if tool.effect is None else tool.effect == "write"


@dataclass(frozen=True)
class ToolCard:
    """A tool's parameters as the rules use them.

    ``spoken_keys``: parameter keys of any depth that only an identifier can be. ``reads``: a call changes nothing.
    """

    parameters: Mapping[str, Any]
    returns: Mapping[str, Any] | None
    spoken_keys: frozenset[str]
    reads: bool
    verbs: frozenset[str]
    _fields: dict[str, tuple[Mapping[str, Any], bool]] = field(default_factory=dict)

    def argument_schema(self, pattern: str) -> tuple[Mapping[str, Any], bool]:
        """The schema at a path such as ``guests[].email`` ({} if unknown), and whether it is required there."""
        found = self._fields.get(pattern)
        if found is None:
            found = self._fields[pattern] = _schema_at(self.parameters, pattern)
        return found

    def argument_problems(self, arguments: Any) -> list[str] | None:
        """Why the arguments of a call do not fit; None if the schema itself cannot be applied."""
        try:
            return self._argument_checker.errors(arguments)
        except Exception:  # jsonschema raises many kinds
            return None

    def result_problems(self, value: Any) -> list[str] | None:
        """Why a result does not fit (everything fits without a return schema); None if the schema cannot be applied."""
        try:
            return self._result_checker.errors(value) if self._result_checker else []
        except Exception:
            return None

    @cached_property
    def _argument_checker(self) -> SchemaChecker:
        return SchemaChecker(self.parameters, closed=True)

    @cached_property
    def _result_checker(self) -> SchemaChecker | None:
        return None if self.returns is None else SchemaChecker(self.returns, closed=False)


def load_card(tool: Tool) -> ToolCard:
    """The card of a tool; equal definitions share one."""
    # As a key only: json.dumps takes ten times as long. Version 2 writes equal values alike.
    schemas = marshal.dumps((tool.parameters, tool.returns), 2)
    return _card(tool.name, tool.effect, tool.description, schemas)


@lru_cache(maxsize=16384)
def _card(name: str, effect: str | None, description: str, schemas: bytes) -> ToolCard:
    parameters, returns = marshal.loads(schemas)
    keys = frozenset(key for key in _property_names(parameters, parameters, 6) if is_identifier(key))
    reads = is_read_name(name) if effect is None else effect == "read"
    first = re.findall(r"[a-z]+", description.split(".")[0].lower())[:1]
    return ToolCard(parameters, returns, keys, reads, frozenset(split_name(name)) | frozenset(first))


def _property_names(schema: Any, root: Mapping[str, Any], depth: int) -> Iterator[str]:
    if not isinstance(schema, Mapping) or depth < 0:
        return
    schema = resolve(schema, root)
    for key, sub in merged_properties(schema, root).items():
        yield str(key)
        yield from _property_names(sub, root, depth - 1)
    yield from _property_names(schema.get("items"), root, depth - 1)


def _schema_at(root: Mapping[str, Any], pattern: str) -> tuple[Mapping[str, Any], bool]:
    node: Mapping[str, Any] = root
    required = True
    for step in re.findall(r"\[\]|[^.\[\]]+", pattern):
        node = _unwrap(node, root)
        if step == "[]":
            items = node.get("items")
            node = items if isinstance(items, Mapping) else {}
        else:
            required = required and step in merged_required(node, root)
            sub = merged_properties(node, root).get(step)
            node = sub if isinstance(sub, Mapping) else {}
    return _unwrap(node, root), required


def _unwrap(node: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow ``$ref``; of a choice that only adds null, take the other branch."""
    node = resolve(node, root)
    for key in ("anyOf", "oneOf"):
        branches = [part for part in node.get(key, ()) if isinstance(part, Mapping) and part.get("type") != "null"]
        if len(branches) == 1:
            return {**{name: value for name, value in node.items() if name != key}, **resolve(branches[0], root)}
    return node
