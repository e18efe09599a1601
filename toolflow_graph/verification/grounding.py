"""Provenance: where the value of every argument comes from, computed from the dialogue alone (DESIGN: provenance)."""

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from toolflow_graph.record import Source
from toolflow_graph.schemas import join_path
from toolflow_graph.types import Json
from toolflow_graph.verification.answers import ungrounded_mentions
from toolflow_graph.verification.arithmetic import LARGEST
from toolflow_graph.verification.distinctive import is_distinctive as is_distinctive
from toolflow_graph.verification.distinctive import is_free_text as is_free_text
from toolflow_graph.verification.evidence import Evidence, evidence_of, text_keys
from toolflow_graph.verification.moments import dates_in
from toolflow_graph.verification.origins import Finder, Origin
from toolflow_graph.verification.placeholders import is_placeholder
from toolflow_graph.verification.registry import Spot, rule
from toolflow_graph.verification.toolcards import split_name
from toolflow_graph.verification.transcript import CallSite, Transcript
from toolflow_graph.verification.wording import key_of, stem

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")
_DATE_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:?\d\d)?")
_TIME = re.compile(r"([01]\d|2[0-4]):([0-5]\d)(?::\d\d)?(?:[Zz]|[+-]\d\d:?\d\d)?")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class GroundedLeaf:
    """One leaf of a call's arguments. ``pattern`` is ``path`` without list positions (``items[].sku``)."""

    site: CallSite
    path: str
    pattern: str
    value: Json
    schema: Mapping[str, Any]
    required: bool
    source: Source
    distinctive: bool


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
        self.site = site
        self.card = transcript.card(site.call.name)
        self.values = list(iter_leaves(site.call.arguments))

    def leaves(self) -> Iterator[GroundedLeaf]:
        for path, pattern, name, value in self.values:
            schema, required = self.card.argument_schema(pattern) if self.card else ({}, False)
            distinctive = is_distinctive(value, schema, name)
            origin = self._origin(value, schema, pattern, distinctive)
            source = Source(
                call=self.site.call.id,
                path=path,
                kind=origin.kind,
                message_index=origin.message_index,
                result_path=origin.result_path,
                how=origin.how,
            )
            yield GroundedLeaf(self.site, path, pattern, value, schema, required, source, distinctive)

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
            return Origin("default")
        if isinstance(value, int | float):
            origin = self.finder.number(value, None if distinctive else name) or self._count(value)
            if origin is None and distinctive and not default and abs(value) < LARGEST:
                origin = self.finder.calculated(value, name, self.site.call.arguments, pattern)
        else:
            origin = self._string(str(value).strip(), schema, name)
        if origin is not None:
            return origin
        return Origin("default") if default else Origin("unknown")

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
            derived = self.finder.text_variant(value) if len(value) <= 5 and not default else None
            if derived:
                return derived
        return Origin("default") if default else Origin("enum")

    def _count(self, value: float) -> Origin | None:
        lists = [leaf for leaf in self.site.call.arguments.values() if isinstance(leaf, list)]
        if any(len(entries) == value for entries in lists):
            return Origin("derived", how="the number of items in this call")
        if value == 1:
            for index, said in self.finder.users:
                if re.search(r"\b(?:an?|just me|myself|my)\b", said.folded):
                    return Origin("derived", index, how="'a' for one")
        return None

    def _numbers(self) -> list[float]:
        return [v for *_, v in self.values if isinstance(v, int | float) and not isinstance(v, bool)]

    def _string(self, text: str, schema: Mapping[str, Any], name: str) -> Origin | None:
        if _NUMBER.fullmatch(text):
            return self.finder.text(text) or self.finder.number(float(text)) or self._composed(text, schema, name)
        moment = self._moment(text)
        if moment is not None:
            return moment
        if _DATE.fullmatch(text) or _DATE_TIME.fullmatch(text) or _TIME.fullmatch(text):
            return self.finder.text(text)
        origin = self.finder.text(text) or self.finder.text_variant(text) or self.finder.joined(text)
        if origin is None and len(text) <= 24 and any(char.isdigit() for char in text):
            # Dates in an API's own format, such as 14/05/2026.
            full = [iso for iso, how in dates_in(text, self.evidence.now).items()]
            origin = next((found for iso in full if (found := self.finder.date(iso))), None)
        return origin or self._composed(text, schema, name)

    def _composed(self, text: str, schema: Mapping[str, Any], name: str) -> Origin | None:
        words = self.finder.words(text)
        if is_free_text(text, schema, name):
            return words if words is not None and words.kind == "user" else Origin("composed")
        digits = any(char.isdigit() for char in text)
        if "@" in text or (digits and " " not in text):
            return None
        return words or (None if digits else self.finder.beginning(text))

    def _moment(self, text: str) -> Origin | None:
        if _DATE.fullmatch(text):
            return self._date(text)
        if _MONTH.fullmatch(text):
            return self.finder.text(text) or self.finder.month(text)
        match = _TIME.fullmatch(text)
        if match:
            return self.finder.time(text[:5]) or self._end_time(None, text[:5])
        match = _DATE_TIME.fullmatch(text)
        if not match:
            return None
        date, clock = match[1], match[2]
        whole = self.finder.text(text)
        if whole:
            return whole
        found = self.evidence.in_results(("m", f"{date}T{clock}"), self.finder.before)
        if found:
            return Origin("result", *found)
        day = self._date(date)
        if day is None:
            return self._end_time(date, clock)
        time = self.finder.time(clock)
        if time is None and clock in ("00:00", "23:59", "24:00"):
            return Origin("derived", day.message_index, day.result_path, "the whole day")
        if time is None:
            return self._end_time(date, clock)
        index = max((origin.message_index for origin in (day, time) if origin.message_index is not None), default=None)
        return Origin("derived", index, how=f"date ({_name(day)}) and time ({_name(time)})")

    def _date(self, text: str) -> Origin | None:
        try:
            datetime.date.fromisoformat(text)
        except ValueError:
            return None
        siblings = {v[:10] for *_, v in self.values if isinstance(v, str) and _DATE.match(v) and v[:10] != text}
        return self.finder.date(text, siblings)

    def _end_time(self, date: str | None, clock: str) -> Origin | None:
        """An end that is a start in the same call plus a duration that was said (or the usual hour)."""
        lengths: set[int] | None = None
        for *_, value in self.values:
            if not isinstance(value, str):
                continue
            match = _DATE_TIME.fullmatch(value) if date else _TIME.fullmatch(value)
            if not match:
                continue
            start = match[2] if date else value[:5]
            gap = _minutes(clock) - _minutes(start)
            if date and match[1] != date:
                gap += _days_between(match[1], date) * 1440
            known = self.finder.time(start) is not None and (not date or self._date(match[1]) is not None)
            if gap == 0 or not known:
                continue
            lengths = (
                lengths if lengths is not None else set(self.finder.minutes_said()) | set(map(int, self._numbers()))
            )
            if gap in lengths:
                return Origin("derived", how=f"{start} plus {gap} minutes")
        return None


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:5])


def _days_between(first: str, second: str) -> int:
    try:
        return (datetime.date.fromisoformat(second) - datetime.date.fromisoformat(first)).days
    except ValueError:
        return 10**6


def _name(origin: Origin) -> str:
    return f"{origin.kind}{'' if origin.message_index is None else f' {origin.message_index}'}"


_REFERENCE = re.compile(
    r"\$\{|\{\{|\$\(|\bcall_\d+\b|<[^<>]*(?:result|output|response|previous|from)[^<>]*>|"
    r"\b(?:result|output|response|value|id) (?:of|from) (?:the )?(?:previous|first|other|above|call|tool|last|step)\b",
    re.IGNORECASE,
)


@rule(
    "dependent_siblings",
    "error",
    "A call of a turn needs the result of another call of the same message; it has to wait for that result.",
)
def dependent_siblings(transcript: Transcript) -> Iterator[Spot]:
    for leaf, place in dependent_leaves(transcript):
        what = f"which only {place} brings" if place else "which refers to a result that is not there yet"
        index = leaf.site.message_index
        yield index, f"{leaf.site.call.name}: {leaf.path} is {_show(leaf.value)}, {what}; call one after the other"


def dependent_leaves(transcript: Transcript) -> Iterator[tuple[GroundedLeaf, str]]:
    """Leaves that depend on a sibling call, with the sibling's name ("" if the value is a reference in words)."""
    evidence = evidence_of(transcript)
    for leaf in transcript.leaves:
        siblings = len(transcript.messages[leaf.site.message_index].tool_calls)
        if siblings < 2 or leaf.source.kind not in ("unknown", "composed", "derived") or leaf.value in ("", None):
            continue
        if isinstance(leaf.value, str) and _REFERENCE.search(leaf.value):
            yield leaf, ""
        elif leaf.distinctive and leaf.source.kind == "unknown":
            for site in transcript.sites:
                same = site.message_index == leaf.site.message_index and site.position != leaf.site.position
                if same and site.result_index is not None and _holds(evidence, leaf.value, site.result_index):
                    yield leaf, site.call.name
                    break


def _holds(evidence: Evidence, value: Json, index: int) -> bool:
    keys = [("n", key_of(value))] if isinstance(value, int | float) else list(text_keys(str(value)))[:1]
    return any(evidence.after_call(key, index, index + 1) for key in keys)


@rule(
    "ungrounded_argument",
    "error",
    "A distinctive argument value (id, date, amount, address, name) comes from nowhere in the dialogue so far.",
    needs=("tools",),
)
def ungrounded_argument(transcript: Transcript) -> Iterator[Spot]:
    dependent = {(leaf.site.call.id, leaf.path) for leaf, _ in dependent_leaves(transcript)}
    for leaf in transcript.leaves:
        if not leaf.distinctive or leaf.source.kind != "unknown" or (leaf.site.call.id, leaf.path) in dependent:
            continue
        # A placeholder is a finding of its own, and so is a name the schema does not know.
        if not leaf.schema or is_placeholder(leaf.value, leaf.required):
            continue
        yield (
            leaf.site.message_index,
            f"{leaf.site.call.name}: {leaf.path} is {_show(leaf.value)}, which nobody said and no result brought; "
            "take the value from what was said or found, or else ask for it",
        )


@rule(
    "ungrounded_answer",
    "error",
    "The assistant states a distinctive value (amount, quantity, date, time, code, e-mail or web address, phone "
    "number) that nobody said, no result brought and that does not follow from what is known. Not judged: names, "
    "number words, single digits without a unit, code blocks, examples, questions and advice with round figures, "
    "general knowledge in turns without calls, and figures in other languages than English.",
)
def ungrounded_answer(transcript: Transcript) -> Iterator[Spot]:
    evidence = evidence_of(transcript)
    for index, message in transcript.watched("assistant"):
        for mention in ungrounded_mentions(evidence, index) if message.content else ():
            yield (
                index,
                f"states {mention.text!r}, which nobody said, no result brought and nothing known gives; say only what "
                "is known, or look it up first",
            )


def _show(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
