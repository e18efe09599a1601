"""Provenance: where the value of every argument comes from, computed from the dialogue alone (DESIGN: provenance)."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from toolflow_graph.record import Source
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.schemas import join_path
from toolflow_graph.types import Json
from toolflow_graph.verification.derivations.arithmetic import LARGEST
from toolflow_graph.verification.evidence import Evidence, evidence_of
from toolflow_graph.verification.provenance.callmoments import CallMoments
from toolflow_graph.verification.provenance.composed import Composed, reckoned
from toolflow_graph.verification.provenance.distinctive import COORDINATES
from toolflow_graph.verification.provenance.distinctive import is_distinctive as is_distinctive
from toolflow_graph.verification.provenance.distinctive import is_free_text as is_free_text
from toolflow_graph.verification.provenance.forms import Forms
from toolflow_graph.verification.provenance.origins import Finder, Kind, Origin
from toolflow_graph.verification.provenance.quantities import find_quantity
from toolflow_graph.verification.provenance.written import iso_duration, iso_week
from toolflow_graph.verification.reading.moments import dates_in
from toolflow_graph.verification.reading.units import is_constant
from toolflow_graph.verification.reading.wording import listed, stem
from toolflow_graph.verification.toolcards import split_name
from toolflow_graph.verification.transcript import CallSite, Transcript

_NUMBER = lazy_regex(r"[-+]?\d+(?:\.\d+)?")
# Digits that are no quantity: a phone number, a code with a leading zero.
_DIGITS = lazy_regex(r"\+\d{6,}|0\d{3,}|\d{7,}")
_YES_NO = lazy_regex(
    r"\W*(?:yes|yeah|yep|yup|sure|ok(?:ay)?|fine|please|of course|no|nope|nah|don't|do not)\b", re.IGNORECASE
)
_DEFAULT = lazy_regex(r"\bdefault(?:s to| is|ing to|:|\s*=)?\s*[\"'`]?(?P<value>[\w.+-]*\w)", re.IGNORECASE)
# What calls make and give a title to; people and places have names that are known.
_TITLED = frozenset(
    listed(
        "event meeting appointment reminder task playlist project list folder channel album note calendar session "
        "itinerary trip todo goal habit board"
    )
)
_LONGEST_STRUCTURE, _SHORT_CODE = 4000, 4
# Keys of files that a call writes.
_WRITTEN = frozenset(listed("name filename output outfile out save destination target dest"))
_PAGE = frozenset(("page", "offset", "skip", "start", "cursor"))


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


def _is_default(schema: Mapping[str, Any], value: Json) -> bool:
    """Whether a value is the parameter's default, which some specifications write as text ("522995" of an integer)."""
    if "default" not in schema:
        return False
    default = schema["default"]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return bool(default == value or (is_number and isinstance(default, str) and default.strip() == str(value)))


def _is_described_default(schema: Mapping[str, Any], value: Json) -> bool:
    """Whether the description of a parameter says that a value is the default ("default is 10")."""
    match = _DEFAULT.search(str(schema.get("description") or ""))
    written = (
        f"{value:g}"
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST
        else str(value)
    )
    return match is not None and match["value"].casefold() == written.casefold()


def _offers(schema: Mapping[str, Any], value: str) -> bool:
    """Whether the description of a parameter names a value, as a whole word."""
    described = str(schema.get("description") or "")
    return len(value) > 1 and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", described, re.IGNORECASE) is not None


def _lists(schema: Mapping[str, Any], value: str) -> bool:
    """Whether the description of a parameter is a list of options with a value among them, not an example of one."""
    options = [option.strip(" '\"`.") for option in _BETWEEN.split(str(schema.get("description") or ""))]
    return len(options) > _FEW_OPTIONS and value in options and not any(" " in option for option in options)


def iter_leaves(value: Json, path: str = "", pattern: str = "") -> Iterator[tuple[str, str, str, Json]]:
    """The leaves of an argument object: path, pattern, last key, value. Empty containers are leaves."""
    if isinstance(value, dict) and value:
        for key, child in value.items():
            yield from iter_leaves(child, join_path(path, key), join_path(pattern, key))
    elif isinstance(value, list) and value:
        for number, child in enumerate(value):
            yield from iter_leaves(child, f"{path}[{number}]", f"{pattern}[]")
    elif path:
        yield path, pattern, last_name(pattern), value


@lru_cache(maxsize=4096)
def last_name(pattern: str) -> str:
    """The last key of a pattern: ``guests[].emails[]`` -> emails."""
    plain = re.sub(r"(\[\])+$", "", pattern)
    if plain.endswith('"]'):  # a quoted name, such as ["page[size]"]
        return plain.rpartition('["')[2][:-2]
    return plain.rpartition(".")[2]


_BETWEEN = lazy_regex(r"\s*(?:,|\||/|;|\bor\b)\s*")
_FEW_OPTIONS = 2
_CLOCK = lazy_regex(r"(?P<hour>0?[1-9]|1[0-2])(?::(?P<minute>[0-5]\d)(?::00)?)?\s?(?P<half>[ap])\.?m\.?", re.IGNORECASE)
_POINT = lazy_regex(r"-?\d{1,3}\.\d{3,}")
_PAIR_OF_DEGREES = lazy_regex(r"-?\d{1,2}(?:\.\d+)?,\s?-?\d{1,3}(?:\.\d+)?")
# How far a search looks is the assistant's to choose, as long as it is a usual stretch.
_SPANS = frozenset(listed("hours days weeks months minutes window lookback horizon"))
_STRETCHES = frozenset((12, 14, 24, 28, 30, 31, 36, 48, 60, 72, 90, 96, 120, 168, 180, 365))


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
        self.reads = transcript.looks_up(site.call.name)
        self.moments = CallMoments(evidence, finder, [value for *_, value in self.values], self.reads, site.call.name)

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
        name = last_name(pattern)
        default = _is_default(schema, value)
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
        if _is_described_default(schema, value):
            return Origin("default", how="the parameter's description names it")
        return Origin("default") if default else Origin("unknown")

    def _quantity(
        self, value: float, schema: Mapping[str, Any], pattern: str, distinctive: bool, default: bool
    ) -> Origin | None:
        name = last_name(pattern)
        origin = self.finder.number(value, None if distinctive else name)
        origin = origin or self._first_page(value, name) or self._count(value, name)
        if origin is not None or default or abs(value) >= LARGEST:
            return origin
        named = f"{name} {schema.get('description') or ''}"
        origin = self.moments.part(value, name) or self.moments.length(value, named) or self.finder.scaled(value, named)
        origin = origin or self.finder.part_of_pair(value)
        if origin is None and distinctive:
            origin = self.finder.calculated(value, name, self.site.call.arguments, pattern)
            origin = origin or self.moments.epoch(value) or self.finder.share(value, schema)
            how = (
                reckoned(self.transcript, self.finder, self.site.message_index, name, value) if origin is None else None
            )
            origin = Origin("derived", how=how) if how else origin
            origin = origin or find_quantity(value, pattern, named, self.values, self.finder, self.reads)
            if origin is None and schema.get("type") == "integer":
                origin = self.finder.without_decimals(value, name)
            origin = origin or self.moments.year(value, name)
            if origin is None and is_constant(value):
                origin = Origin("derived", how="what everybody knows of units and nature")
            if origin is None and self.reads and COORDINATES.intersection(split_name(name)):
                origin = self._known_place()
            if origin is None and self.reads and value in _STRETCHES and _SPANS.intersection(split_name(name)[-1:]):
                origin = Origin("default", how="how far a search looks")
        return origin

    def _known_place(self) -> Origin | None:
        """Where a place lies that was named, as the assistant knows it; not where anybody gave coordinates."""
        texts = (*self.finder.users, *self.finder.results, (None, self.evidence.context))
        if any(_POINT.search(said.text) for _, said in texts):
            return None
        return Origin("composed", how="where a place lies")

    def _switch(self, value: bool, name: str, default: bool) -> Origin:
        if default:
            return Origin("default")
        wanted = {stem(word) for word in split_name(name)} - {"is", "includ", "has", "only", "allow", "enabl"}
        for index, said in self.finder.users:
            # "The attendees" is no word about notify_attendees.
            if wanted and len(wanted & said.stems) >= min(len(wanted), 2):
                return Origin("user", index, how="asked for in words")
        for index, said in self.finder.users if wanted else ():
            asked = self.evidence.said(index - 1) if index and self.evidence.roles[index - 1] == "assistant" else None
            if asked and "?" in asked.text and wanted & asked.stems and _YES_NO.match(said.text):
                return Origin("user", index, how="the answer to a question")
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

    @staticmethod
    def _first_page(value: float, name: str) -> Origin | None:
        """Where a list begins, if nobody says so."""
        return Origin("default", how="the first page") if value in (0, 1) and _PAGE & {*split_name(name)} else None

    def _count(self, value: float, name: str) -> Origin | None:
        lists = [leaf for leaf in self.site.call.arguments.values() if isinstance(leaf, list)]
        people = next(((index, said) for index, said in self.finder.users if value == said.people), None)
        if any(len(entries) == value for entries in lists):
            return Origin("derived", how="the number of items in this call")
        if people:
            return Origin("derived", people[0], how="the people that are named")
        if value == 1 and _PAGE.isdisjoint(split_name(name)):
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
            # The user's words come first: "just one ticket" before the assistant's "1 ticket".
            value = float(text)
            number = self.finder.said_number(value) or self.finder.text(text) or self.finder.number(value)
            number = number or self.moments.part(value, name) or self._first_page(value, name)
            number = number or (self.forms.text_variant(text) if len(text) > _SHORT_CODE else self.forms.read_out(text))
            return number or self._composed(text, schema, name, distinctive)
        moment = self.moments.origin(text)
        if moment is not None:
            return moment
        if self.moments.is_moment(text):
            return self.finder.text(text)
        origin = self.finder.text(text) or self.moments.calendar_word(text)
        origin = origin or iso_duration(text, self.finder) or iso_week(text, self.finder)
        if origin is None and text.casefold() in ("true", "false"):
            return self._switch(text.casefold() == "true", name, False)
        if origin is None and (_lists(schema, text) if distinctive else _offers(schema, text)):
            kind: Kind = "default" if _is_described_default(schema, text) else "enum"
            return Origin(kind, how="the parameter's description names it")
        origin = origin or self.forms.text_variant(text) or self.forms.joined(text) or self._structure(text)
        if origin is None and not self.reads and not _WRITTEN.isdisjoint(split_name(name)):
            origin = self.forms.file_name(text)
        if origin is None and self.reads and _PAIR_OF_DEGREES.fullmatch(text):
            origin = self._known_place()
        if origin is not None and origin.kind == "context":
            # "No longer needed" is a reason that the system message lists, and the user's who no longer needs it.
            origin = self.forms.own_words(text) or origin
        if origin is None and len(text) <= 24 and any(char.isdigit() for char in text):
            # Dates in an API's own format, such as 14/05/2026; a code that begins with SAT is no Saturday.
            read = dates_in(text, self.evidence.now).items()
            full = [iso for iso, how in read if how is None or any(map(str.isdigit, how))]
            origin = next((found for iso in full if (found := self.finder.date(iso))), None)
        if origin is None and (clock := _CLOCK.fullmatch(text)):
            # "2:00 PM" for "at 2 pm".
            hour = int(clock["hour"]) % 12 + (12 if clock["half"].lower() == "p" else 0)
            origin = self.finder.time(f"{hour:02d}:{clock['minute'] or '00'}")
        return origin or self._composed(text, schema, name, distinctive)

    def _structure(self, text: str) -> Origin | None:
        """A list or an object that is written as text: known if each of its distinctive values is."""
        if text[:1] not in ("[", "{") or len(text) > _LONGEST_STRUCTURE:
            return None
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
        found = [(name, leaf) for *_, name, leaf in iter_leaves(value, "$", "$")]
        read = [(name, float(v) if isinstance(v, str) and _NUMBER.fullmatch(v) else v) for name, v in found]
        origins = [self._origin(leaf, {}, name, True) for name, leaf in read if is_distinctive(leaf, {}, name)]
        if not origins or any(origin.kind == "unknown" for origin in origins):
            return None
        first = origins[0]
        return Origin("derived", first.message_index, first.result_path, f"{len(origins)} values in one string")

    def _is_title(self, schema: Mapping[str, Any], name: str) -> bool:
        """Whether an argument is the title of what a call makes, such as an event: nobody need have said it."""
        if split_name(name) != ("name",):
            return False
        described = {word.casefold() for word in re.findall(r"[A-Za-z]+", str(schema.get("description") or ""))}
        return not _TITLED.isdisjoint({*split_name(self.site.call.name), *described})

    def _composed(self, text: str, schema: Mapping[str, Any], name: str, distinctive: bool) -> Origin | None:
        if is_free_text(text, schema, name):
            words = self.forms.words(text)
            return words if words is not None and words.kind == "user" else Origin("composed")
        digits = any(char.isdigit() for char in text)
        if "@" in text or (digits and " " not in text):
            return None
        # A name is not another name that only begins alike.
        words = self.forms.words(text, exact=distinctive)
        if words is None and self._is_title(schema, name) and self.forms.half_known(text):
            return Origin("composed", how="a title of words that are known")
        if words is not None or digits:
            return words
        return self.forms.beginning(text) or (None if distinctive else self.forms.scattered(text))
