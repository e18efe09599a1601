"""Where a single value comes from: said, returned, in the context, or derived from such."""

import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from toolflow_graph.types import Json
from toolflow_graph.verification.arithmetic import (
    Amounts,
    Operands,
    amounts_of,
    find_calculation,
    list_lengths,
    totals_in,
)
from toolflow_graph.verification.codes import names_of
from toolflow_graph.verification.evidence import Evidence, Said, strings_in
from toolflow_graph.verification.moments import Date
from toolflow_graph.verification.wording import key_of, listed, normalise, squeeze, stem

Kind = Literal["user", "assistant", "result", "default", "enum", "context", "derived", "composed", "unknown"]

_DATE_START = re.compile(r"\d{4}-\d\d-\d\d")
_STOP = frozenset(listed("a an and at by for from in of on or the to with my your me our this that is it"))


@dataclass(frozen=True, slots=True)
class Origin:
    """The kind and place of a value's source; see :class:`toolflow_graph.record.Source`."""

    kind: Kind
    message_index: int | None = None
    result_path: str | None = None
    how: str | None = None


class Finder:
    """Looks values up in what is known before message ``before``."""

    def __init__(self, evidence: Evidence, before: int) -> None:
        self.evidence = evidence
        self.before = before

    @cached_property
    def users(self) -> tuple[tuple[int, Said], ...]:
        return tuple(self.evidence.spoken("user", self.before))

    @cached_property
    def assistants(self) -> tuple[tuple[int, Said], ...]:
        return tuple(self.evidence.spoken("assistant", self.before))

    @cached_property
    def prose(self) -> tuple[tuple[int, Said], ...]:
        bodies = self.evidence.bodies
        return tuple((index, self.evidence.prose(index)) for index in reversed(bodies) if index < self.before)

    @cached_property
    def everything(self) -> tuple[tuple[int | None, Said], ...]:
        """All texts before: the users' first, then results, the assistant's, the context."""
        return (*self.users, *self.results, *self.assistants, (None, self.evidence.context))

    @cached_property
    def results(self) -> tuple[tuple[int, Said], ...]:
        """The tool messages' whole text, the latest first."""
        return tuple(self.evidence.spoken("tool", self.before))

    def text(self, value: str) -> Origin | None:
        """A string that stands somewhere as it is (whatever its case and punctuation)."""
        for index, said in self.users:
            if said.contains(value):
                return Origin("user", index)
        found = self.evidence.in_results(("s", value.strip().casefold()), self.before)
        if found:
            return Origin("result", *found)
        if self.evidence.context.contains(value):
            return Origin("context")
        for index, said in self.assistants:
            if said.contains(value):
                return Origin("assistant", index)
        for index, said in self.prose:
            if said.contains(value):
                return Origin("result", index, how="part of a text")
        return None

    def text_variant(self, value: str) -> Origin | None:
        """A string that stands somewhere in other letters: a phone number, a web address, a code or known name."""
        bare = re.sub(r"^(?:https?://)?(?:www\.)?|/+$", "", value)
        if bare != value and len(bare) > 3 and (origin := self.text(bare)):
            return Origin("derived", origin.message_index, origin.result_path, f"{bare!r} as a web address")
        squeezed = squeeze(value)
        digits = re.sub(r"\D", "", value)
        if len(squeezed) >= 5:
            for place, said in (*self.users, *self.results, *self.assistants):
                if squeezed in said.squeezed:
                    return Origin("derived", place, how="other spacing or punctuation")
        if len(digits) >= 7 and not re.search(r"[A-Za-z]", value):
            for index, said in self.everything:
                if digits[-7:] in re.sub(r"\D", "", said.text):
                    return Origin("derived", index, how="the same digits in another format")
        return self._code(value)

    def joined(self, value: str) -> Origin | None:
        """A list in one string ("a,b;c", as many query parameters want it) whose every part stands somewhere."""
        parts = [part.strip() for part in re.split(r"[,;|]", value)]
        if len(parts) < 2 or not all(len(part) > 1 for part in parts):
            return None
        origins = [self.text(part) or self.text_variant(part) for part in parts]
        first = origins[0]
        if first is None or not all(origins):
            return None
        return Origin("derived", first.message_index, first.result_path, f"{len(parts)} values in one list")

    def _code(self, value: str) -> Origin | None:
        names = tuple(names_of(value))
        symbol = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}.get(value)
        zone = normalise(value.rpartition("/")[2]) if re.fullmatch(r"[A-Z]\w+/[\w/+-]+", value) else None
        short = value.isalpha() and 2 <= len(value) <= 5 and value.isupper()
        for index, said in self.everything:
            name = next((name for name in names if name in said.words), None)
            if name is None and symbol and symbol in said.text:
                name = symbol
            if name is None and zone and zone in said.words:
                name = zone
            if name is None and short and not names:
                name = _abbreviated(value, said.text)
            if name:
                return Origin("derived", index, how=f"{name.strip()!r} as a code or other name")
        return None

    def words(self, value: str) -> Origin | None:
        """A text whose content words all stand in one message, in whatever form and order."""
        wanted = {stem(word) for word in normalise(value).split() if word not in _STOP}
        for index, said in self.everything if wanted else ():
            if wanted <= said.stems:
                kind: Kind = "user" if index is not None and self.evidence.roles[index] == "user" else "derived"
                return Origin(kind, index, how="its words, in another form")
        return None

    def beginning(self, value: str) -> Origin | None:
        """A place of which somebody said all but the region: "Paris" for ``Paris, France``."""
        first, comma, _ = value.partition(",")
        head = normalise(first)
        if not comma or len(head) < 6:
            return None
        for index, said in self.everything:
            # Where another region follows, another place is meant.
            if head in said.words and not re.search(re.escape(first.casefold()) + r",\s+\w", said.folded):
                return Origin("derived", index, how=f"{first!r}, completed")
        return None

    def number(self, value: float, name: str | None = None) -> Origin | None:
        """A number that is said or returned, or follows by a change of unit or sign.

        ``name`` is given for numbers that could stand anywhere: results then count first under that key.
        """
        key = key_of(value)
        for index, said in self.users:
            if key in said.numbers:
                return Origin("user", index)
        found = self.evidence.in_results(("n", key), self.before, name)
        if found:
            return Origin("result", *found)
        if key in self.evidence.context.numbers and name is None:
            return Origin("context")
        for index, said in self.assistants:
            if key in said.numbers:
                return Origin("assistant", index)
        found = self.evidence.in_results(("n", key), self.before) if name else None
        if found:
            return Origin("result", *found)
        for index, said in self.prose:
            if key in said.numbers:
                return Origin("result", index, how="part of a text")
        for index, said in (*self.users, *self.assistants, *self.prose):
            if key in said.converted:
                return Origin("derived", index, how=f"{said.converted[key]}")
            if -key in said.numbers and key < 0:
                return Origin("derived", index, how=f"minus {said.numbers[-key]}")
        found = self.evidence.in_results(("n", -key), self.before) if value < 0 else None
        return Origin("derived", found[0], found[1], "the sign changed") if found else None

    def calculated(self, value: float, name: str, arguments: Json, pattern: str) -> Origin | None:
        """A number that follows from known ones and from the call's other values (see find_calculation)."""
        numbers = amounts_of(arguments)
        parts = list(numbers.get(pattern, ()))
        if value in parts:
            parts.remove(value)
        told = (*(said.text for _, said in self.assistants[:2]), *(said.text for _, said in self.prose[:3]))
        found = find_calculation(
            value,
            name,
            Operands(
                said=[(said.text, list(said.numbers)) for _, said in self.users],
                totals=[number for text in told for number in totals_in(text)],
                chosen=self._chosen(arguments),
                few=self._few,
                counts=list_lengths(arguments),
                parts=parts,
                siblings=[number for path, found in numbers.items() if path != pattern for number in found],
            ),
        )
        return Origin("derived", found[1], how=found[0]) if found else None

    def _chosen(self, arguments: Json) -> list[tuple[int, Amounts]]:
        """The numbers beside each id of a call, in the latest result that brought it."""
        chosen: dict[int, tuple[int, Amounts]] = {}
        for text in set(strings_in(arguments)):
            if len(text) >= 4 and any(char.isdigit() for char in text) and not _DATE_START.match(text):
                found = self.evidence.holder(("s", text.casefold()), self.before)
                if found:
                    chosen[id(found[1])] = (found[0], amounts_of(found[1]))
        return list(chosen.values())

    @cached_property
    def _few(self) -> list[tuple[int, Amounts]]:
        """The numbers of the last results, as far as they are few."""
        indices = [index for index in self.evidence.bodies if index < self.before][-3:]
        return [(index, amounts_of(self.evidence.bodies[index], 12)) for index in reversed(indices)]

    def date(self, iso: str, siblings: Iterable[str] = ()) -> Origin | None:
        """An ISO date that is said, returned or counted from one that is."""
        for index, said in self.users:
            if iso in said.dates:
                how = said.dates[iso]
                return Origin("derived", index, how=f"{how!r}") if how else Origin("user", index)
        found = self.evidence.in_results(("d", iso), self.before)
        if found:
            return Origin("result", *found)
        if iso in self.evidence.context.dates and self.evidence.context.dates[iso] is None:
            return Origin("context")
        for index, said in (*self.assistants, *self.prose):
            if iso in said.dates:
                how = said.dates[iso]
                kind: Kind = "assistant" if self.evidence.roles[index] == "assistant" else "result"
                return Origin("derived", index, how=f"{how!r}") if how else Origin(kind, index)
        if self.evidence.now is None:
            pair = (int(iso[5:7]), int(iso[8:10]))
            for index, said in (*self.users, *self.assistants):
                if pair in said.month_days:
                    return Origin("derived", index, how="month and day; the year from nowhere known")
        return self._counted_date(iso, siblings)

    def month(self, text: str) -> Origin | None:
        """A month ("2026-03") of a date or month that is said, returned or in the context."""
        for index, said in (*self.users, *self.results, *self.assistants, (None, self.evidence.context)):
            if any(iso.startswith(text) for iso in said.dates):
                return Origin("derived", index, how="the month of a date")
        return None

    def _counted_date(self, iso: str, siblings: Iterable[str]) -> Origin | None:
        day = Date.fromisoformat(iso)
        for index, said in (*self.users, *self.assistants[:1]):
            for step in sorted(said.day_steps - {0}):
                try:
                    start = (day - datetime.timedelta(days=step)).isoformat()
                except OverflowError:
                    continue
                if start in siblings or self._knows_date(start):
                    return Origin("derived", index, how=f"{start} {step:+d} days")
        return None

    def _knows_date(self, iso: str) -> bool:
        if self.evidence.in_results(("d", iso), self.before) or iso in self.evidence.context.dates:
            return True
        return any(iso in said.dates for _, said in (*self.users, *self.assistants))

    def time(self, clock: str) -> Origin | None:
        """A time of day ("HH:MM") that is said or returned."""
        for index, said in self.users:
            if clock in said.times:
                how = said.times[clock]
                return Origin("derived", index, how=f"{how!r}") if how else Origin("user", index)
        found = self.evidence.in_results(("t", clock), self.before)
        if found:
            return Origin("result", *found)
        for index, said in (*self.assistants, *self.prose):
            if clock in said.times:
                how = said.times[clock]
                kind: Kind = "assistant" if self.evidence.roles[index] == "assistant" else "result"
                return Origin("derived", index, how=f"{how!r}") if how else Origin(kind, index)
        if (self.evidence.now_text or "")[11:16] == clock or clock in self.evidence.context.times:
            return Origin("context")
        return None

    def minutes_said(self) -> Iterator[int]:
        """Durations in minutes that were said, and the two that people take for granted."""
        for _, said in (*self.users, *self.assistants):
            for number, how in said.converted.items():
                if how.endswith("in minutes"):
                    yield int(number)
            yield from (int(number) for number in said.numbers if 0 < number <= 600 and number == int(number))
        yield from (60, 30)


def _abbreviated(code: str, text: str) -> str | None:
    """A capitalised word or name whose letters give the code, in order and from its first letter on."""
    for match in re.finditer(r"\b[A-Z][\w'-]+(?:\s+[A-Z][\w'-]+){0,3}", text):
        name = match.group()
        initials = "".join(part[0] for part in name.split())
        if initials.upper() == code:
            return name
        letters = iter(name.upper())
        if name[0].upper() == code[0] and len(name) > len(code) and all(letter in letters for letter in code):
            return name
    return None
