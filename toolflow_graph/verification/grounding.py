"""Provenance: where the value of every argument comes from, computed from the dialogue alone (DESIGN: provenance)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from toolflow_graph.record import Source
from toolflow_graph.schemas import join_path
from toolflow_graph.types import Json
from toolflow_graph.verification.arithmetic import LARGEST
from toolflow_graph.verification.callmoments import CallMoments
from toolflow_graph.verification.composed import Composed
from toolflow_graph.verification.distinctive import is_distinctive as is_distinctive
from toolflow_graph.verification.distinctive import is_free_text as is_free_text
from toolflow_graph.verification.evidence import Evidence, evidence_of
from toolflow_graph.verification.forms import Forms
from toolflow_graph.verification.moments import dates_in
from toolflow_graph.verification.origins import Finder, Origin
from toolflow_graph.verification.toolcards import split_name
from toolflow_graph.verification.transcript import CallSite, Transcript
from toolflow_graph.verification.wording import stem

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
# Digits that are no quantity: a phone number, a code with a leading zero.
_DIGITS = re.compile(r"\+\d{6,}|0\d{3,}|\d{7,}")


@dataclass(frozen=True, slots=True)
class GroundedLeaf:
    """One leaf of a call's arguments. ``pattern`` is ``path`` without list positions (``items[].sku``).

    ``strays``: of a composed text, the values in it that come from nowhere.
    """

    site: CallSite
    path: str
    pattern: str
    value: Json
    schema: Mapping[str, Any]
    required: bool
    source: Source
    distinctive: bool
    strays: tuple[str, ...] = ()


def compute_provenance(transcript: Transcript) -> tuple[Source, ...]:
    """The source of every leaf of every call's arguments, in the order of the dialogue."""
    return tuple(leaf.source for leaf in transcript.leaves)


def ground_leaves(transcript: Transcript) -> tuple[GroundedLeaf, ...]:
    """Every leaf of the watched calls, grounded."""
    evidence = evidence_of(transcript)
    finders: dict[int, Finder] = {}
    found: list[GroundedLeaf] = []
    for site in transcript.watched_sites():
        finder = finders.setdefault(site.message_index, Finder(evidence, site.message_index))
        grounder = _Grounder(transcript, evidence, finder, site)
        found.extend(grounder.leaves())
    return tuple(found)


def iter_leaves(value: Json, path: str = "", pattern: str = "") -> Iterator[tuple[str, str, str, Json]]:
    """The leaves of an argument object: path, pattern, last key, value. Empty containers are leaves."""
    if isinstance(value, dict) and value:
        for key, child in value.items():
            yield from iter_leaves(child, join_path(path, key), join_path(pattern, key))
    elif isinstance(value, list) and value:
        for number, child in enumerate(value):
            yield from iter_leaves(child, f"{path}[{number}]", f"{pattern}[]")
    elif path:
        yield path, pattern, _name_in(pattern), value


@lru_cache(maxsize=4096)
def _name_in(pattern: str) -> str:
    """The last key of a pattern: ``guests[].emails[]`` -> emails."""
    plain = re.sub(r"(\[\])+$", "", pattern)
    if plain.endswith('"]'):  # a quoted name, such as ["page[size]"]
        return plain.rpartition('["')[2][:-2]
    return plain.rpartition(".")[2]


class _Grounder:
    """Grounds the leaves of one call."""

    def __init__(self, transcript: Transcript, evidence: Evidence, finder: Finder, site: CallSite) -> None:
        self.evidence = evidence
        self.finder = finder
        self.forms = Forms(finder)
        self.site = site
        self.transcript = transcript
        self.card = transcript.card(site.call.name)
        self.values = list(iter_leaves(site.call.arguments))
        self.moments = CallMoments(evidence, finder, [value for *_, value in self.values])

    def leaves(self) -> Iterator[GroundedLeaf]:
        for path, pattern, name, value in self.values:
            schema, required = self.card.argument_schema(pattern) if self.card else ({}, False)
            distinctive = is_distinctive(value, schema, name)
            origin = self._origin(value, schema, pattern, distinctive)
            strays: tuple[str, ...] = ()
            if distinctive and origin.kind in ("user", "result", "derived", "context", "assistant"):
                origin = self.finder.first(value, name, origin)
            elif origin.kind == "composed" and isinstance(value, str) and value.strip():
                composed = Composed(self.transcript, self.finder, self.site.message_index, name, value)
                origin, strays = composed.origin, composed.strays
            source = Source(
                call=self.site.call.id,
                path=path,
                kind=origin.kind,
                message_index=origin.message_index,
                result_path=origin.result_path,
                how=origin.how,
                also=origin.also or None,
            )
            yield GroundedLeaf(self.site, path, pattern, value, schema, required, source, distinctive, strays)

    def _origin(self, value: Json, schema: Mapping[str, Any], pattern: str, distinctive: bool) -> Origin:
        name = _name_in(pattern)
        default = "default" in schema and schema["default"] == value
        if value is None or value == "" or value == [] or value == {}:
            return Origin("default" if default else "composed", how=None if default else "left empty")
        if isinstance(value, bool):
            return self._switch(value, name, default)
        if "enum" in schema or "const" in schema:
            return self._choice(value, default)
        if default and not distinctive:
            said = self.finder.said_number(value) if isinstance(value, int | float) else None
            return said or Origin("default")
        if isinstance(value, int | float):
            origin = self._quantity(value, schema, pattern, distinctive, default)
        else:
            origin = self._string(str(value).strip(), schema, name, distinctive)
        if origin is not None:
            return origin
        return Origin("default") if default else Origin("unknown")

    def _quantity(
        self, value: float, schema: Mapping[str, Any], pattern: str, distinctive: bool, default: bool
    ) -> Origin | None:
        name = _name_in(pattern)
        origin = self.finder.number(value, None if distinctive else name) or self._count(value)
        if origin is not None or default or abs(value) >= LARGEST:
            return origin
        named = f"{name} {schema.get('description') or ''}"
        origin = self.moments.part(value, name) or self.moments.length(value, named) or self.finder.scaled(value, named)
        if origin is None and distinctive:
            origin = self.finder.calculated(value, name, self.site.call.arguments, pattern)
            origin = origin or self.moments.epoch(value) or self.finder.share(value, schema)
        return origin

    def _switch(self, value: bool, name: str, default: bool) -> Origin:
        if default:
            return Origin("default")
        wanted = {stem(word) for word in split_name(name)} - {"is", "includ", "has", "only", "allow", "enabl"}
        for index, said in self.finder.users:
            if wanted and wanted & said.stems:
                return Origin("user", index, how="asked for in words")
        return Origin("enum", how="yes or no")

    def _choice(self, value: Json, default: bool) -> Origin:
        if isinstance(value, str):
            wanted = {stem(word) for word in split_name(value)} or {value.casefold()}
            for index, said in self.finder.users:
                if wanted <= said.stems or said.contains(value):
                    return Origin("user", index)
            found = self.evidence.in_results(("s", value.casefold()), self.finder.before)
            if found and not default:
                return Origin("result", *found)
            if len(value) > 3 and self.finder.evidence.context.contains(value) and not default:
                return Origin("context")
            derived = self.forms.text_variant(value) if len(value) <= 5 and not default else None
            if derived:
                return derived
        return Origin("default") if default else Origin("enum")

    def _count(self, value: float) -> Origin | None:
        lists = [leaf for leaf in self.site.call.arguments.values() if isinstance(leaf, list)]
        people = next(((index, said) for index, said in self.finder.users if value == said.people), None)
        if any(len(entries) == value for entries in lists):
            return Origin("derived", how="the number of items in this call")
        if people:
            return Origin("derived", people[0], how="the people that are named")
        if value == 1:
            for index, said in self.finder.users:
                if re.search(r"\b(?:an?|just me|myself|my)\b", said.folded):
                    return Origin("derived", index, how="'a' for one")
        return None

    def _string(self, text: str, schema: Mapping[str, Any], name: str, distinctive: bool) -> Origin | None:
        if _DIGITS.fullmatch(text):
            found = self.finder.text(text) or self.forms.text_variant(text)
            if found:
                return found
        if _NUMBER.fullmatch(text):
            number = self.finder.text(text) or self.finder.number(float(text)) or self.moments.part(float(text), name)
            return number or self.forms.read_out(text) or self._composed(text, schema, name, distinctive)
        moment = self.moments.origin(text)
        if moment is not None:
            return moment
        if self.moments.is_moment(text):
            return self.finder.text(text)
        origin = self.finder.text(text) or self.forms.text_variant(text) or self.forms.joined(text)
        if origin is not None and origin.kind == "context":
            # "No longer needed" is a reason that the system message lists, and the user's who no longer needs it.
            origin = self.forms.own_words(text) or origin
        if origin is None and len(text) <= 24 and any(char.isdigit() for char in text):
            # Dates in an API's own format, such as 14/05/2026.
            full = list(dates_in(text, self.evidence.now))
            origin = next((found for iso in full if (found := self.finder.date(iso))), None)
        return origin or self._composed(text, schema, name, distinctive)

    def _composed(self, text: str, schema: Mapping[str, Any], name: str, distinctive: bool) -> Origin | None:
        if is_free_text(text, schema, name):
            words = self.forms.words(text)
            return words if words is not None and words.kind == "user" else Origin("composed")
        digits = any(char.isdigit() for char in text)
        if "@" in text or (digits and " " not in text):
            return None
        # A name is not another name that only begins alike.
        words = self.forms.words(text, exact=distinctive)
        return words or (None if digits else self.forms.beginning(text))
