"""A tool as the offline model sees it: its phrase, its leaves with their meaning, and what it gives back. Cached."""

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from toolflow_graph.models.offline.fields import Field, field_of
from toolflow_graph.models.offline.phrases import Phrase, head_noun, phrase_of
from toolflow_graph.models.offline.verbs import FETCHING, READING
from toolflow_graph.models.offline.words import humanise, singularise
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.schemas import SchemaField, iter_fields
from toolflow_graph.tool_graph.handles import load_card
from toolflow_graph.types import Tool


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf of the parameters or of the result, with its meaning."""

    path: str
    field: Field
    schema: Mapping[str, Any]
    required: bool


@dataclass(frozen=True, slots=True)
class View:
    """All that is worked out once for a tool."""

    name: str
    phrase: Phrase
    params: tuple[Leaf, ...]
    returns: tuple[Leaf, ...]
    writes: bool
    past: bool

    def param(self, path: str) -> Leaf | None:
        """The parameter leaf for a concrete path (``guests[0].email``)."""
        plain = plain_path(path)
        return next((leaf for leaf in self.params if leaf.path == plain), None)


_WORDS = ("text", "title", "tag", "query", "food", "person", "money", "location", "object")
BODIES = frozenset(("data", "body", "payload", "attributes", "input"))
"""Objects that only wrap what is written."""
_IDENTIFIER = lazy_regex(r"[_-]|[a-z][A-Z]")
_LOOSE = frozenset(
    {"specified", "new", "existing", "given", "specific", "single", "particular", "certain", "current", "object"}
)


def plain_path(path: str) -> str:
    """``guests[0].email`` as ``guests[].email``."""
    return re.sub(r"\[\d+\]", "[]", path)


def owner_of(path: str) -> str:
    """The noun of what holds the leaf at ``path``: ``flights[].flight_id`` gives "flight"."""
    parts = re.split(r"\.", re.sub(r"\[\d*\]", "", path))
    return singularise(humanise(parts[-2])) if len(parts) > 1 and parts[-2].lower() not in BODIES else ""


@lru_cache(maxsize=4096)
def _view(text: str) -> View:
    name, description, parameters, returns, effect = json.loads(text)
    phrase = phrase_of(name, description)
    tool = Tool(name=name, description=description, parameters=parameters, returns=returns, effect=effect)
    handles = {one.path: " ".join(one.noun) for one in load_card(tool).takes if one.required and one.mark == "id"}
    if effect == "write" and phrase.verb in FETCHING:
        phrase = _deed_of(name, description) or phrase
    noun = noun_of(phrase)
    return View(
        name=name,
        phrase=phrase,
        params=tuple(_handle(_leaf(found, noun), handles) for found in iter_fields(parameters)),
        returns=tuple(_leaf(found, noun) for found in iter_fields(returns or {}))[:400],
        writes=effect == "write" if effect else phrase.verb not in READING,
        past=bool(re.search(r"\bpast\b|\bhistor|\bprevious\b|\brecorded\b", description.lower()))
        and not re.search(r"\bupcoming\b|\bfuture\b", description.lower()),
    )


def _deed_of(name: str, description: str) -> Phrase | None:
    """What a tool does that changes something though its description starts with what it is about."""
    rest = description.partition(". ")[2]
    said = [phrase_of(name, rest)] if rest else []
    return next((phrase for phrase in (*said, phrase_of(name, "")) if phrase.verb not in FETCHING), None)


def _leaf(found: SchemaField, noun: str) -> Leaf:
    owner = owner_of(found.path) if "." in found.path else noun
    return Leaf(found.path, field_of(found.name, found.schema, owner), found.schema, found.required)


def _handle(leaf: Leaf, handles: Mapping[str, str]) -> Leaf:
    """A parameter that asks for a thing by its identifier though its name does not say so ("customer")."""
    if leaf.path not in handles or "enum" in leaf.schema or leaf.field.listed:
        return leaf
    noun, field = handles[leaf.path], leaf.field
    if field.kind == "id" and field.name.lower() in ("id", "gid") and field.entity != noun:
        # The order whose "details" are asked for is an order.
        field = dataclasses.replace(field, entity=noun, label=f"{noun} ID")
    elif field.kind in _WORDS:
        label = field.label if field.label.endswith(" ID") else f"{field.label} ID"
        field = dataclasses.replace(field, kind="id", entity=noun, label=label)
    return dataclasses.replace(leaf, field=field)


def noun_of(phrase: Phrase) -> str:
    """What the tool is about, in a word or two: what a bare ``id`` identifies."""
    words = [word for word in head_noun(phrase.thing).lower().split(" ") if word not in _LOOSE][-2:]
    if set(words) & {"was", "is", "are", "being", "were", "been"}:
        return ""
    text = " ".join(words)
    return singularise(text) if text.replace(" ", "").isalpha() and len(words[-1]) > 2 else ""


def view_of(tool: Tool) -> View:
    """The view of a tool; equal tools share one."""
    return _view(json.dumps([tool.name, tool.description, tool.parameters, tool.returns, tool.effect]))


def without_identifiers(text: str, tools: tuple[Tool, ...]) -> str:
    """``text`` with the tools' names and keys as plain words: descriptions mention them ("the ChannelId of ...")."""
    pattern = _identifiers(tuple(tool.name for tool in tools), tuple(_keys(tool) for tool in tools))
    return pattern.sub(lambda found: humanise(found[0]), text) if pattern else text


def _keys(tool: Tool) -> tuple[str, ...]:
    return tuple(dict.fromkeys(leaf.field.name for leaf in view_of(tool).params))


@lru_cache(maxsize=512)
def _identifiers(names: tuple[str, ...], keys: tuple[tuple[str, ...], ...]) -> re.Pattern[str] | None:
    known = {name for name in (*names, *(key for each in keys for key in each)) if _IDENTIFIER.search(name)}
    options = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))
    return re.compile(rf"(?<![\w/.@-])(?:{options})(?![\w@-])") if options else None
