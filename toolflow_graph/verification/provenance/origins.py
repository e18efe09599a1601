"""Where a single value comes from: said, returned, in the context, or derived from such."""

import datetime
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from toolflow_graph.record import Place
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Json
from toolflow_graph.verification.derivations.arithmetic import (
    Amounts,
    Operands,
    amounts_of,
    find_calculation,
    list_lengths,
    scale_of,
    share_in,
    totals_in,
)
from toolflow_graph.verification.derivations.lengths import stretches_in
from toolflow_graph.verification.evidence import Evidence, Said, last_key, path_of, strings_in
from toolflow_graph.verification.reading.moments import Date
from toolflow_graph.verification.reading.periods import names_a_day
from toolflow_graph.verification.reading.wording import key_of
from toolflow_graph.verification.toolcards import split_name

Kind = Literal["user", "assistant", "result", "default", "enum", "context", "derived", "composed", "unknown"]

_DATE_START = lazy_regex(r"\d{4}-\d\d-\d\d")
_MINOR = lazy_regex(r"cents?(?![a-z])|minor|pence|smallest (?:currency )?unit", re.IGNORECASE)
_PAIR = lazy_regex(r"(?<![\d:.])(\d{1,3}):(\d{1,3})(?![\d:.]*\d)")
_FRACTION = lazy_regex(r"rate|fraction|percent|pct|ratio|share|discount|tax|tip|interest", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Origin:
    """The kind and place of a value's source; see :class:`toolflow_graph.record.Source`."""

    kind: Kind
    message_index: int | None = None
    result_path: str | None = None
    how: str | None = None
    also: tuple[Place, ...] = ()


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

    def first(self, value: Json, name: str, origin: Origin) -> Origin:
        """The origin of a distinctive value, moved to where it became known, with the other places that hold it.

        That is the first of the users' messages and the results. A number may stand in a result by accident, so results
        count beside a user only if their key has a word in common with the argument's name.
        """
        found = sorted(self._places(value, name), key=lambda place: place.message_index or 0)
        if not found:
            return origin
        start, *rest = found
        also = [Place(message_index=each.message_index or 0, result_path=each.result_path) for each in rest]
        return replace(start, also=tuple(also))

    def _places(self, value: Json, name: str) -> list[Origin]:
        """The users' messages and results that hold a value as it is; of a date also the words that mean it."""
        if isinstance(value, str):
            said, key = self._test_of(value.strip())
        else:
            said, key = (lambda text: key_of(value) in text.numbers), ("n", key_of(value))
        places: list[Origin] = []
        for index, text in self.users:
            if said(text):
                how = text.dates.get(key[1]) if key[0] == "d" else None
                places.append(Origin("derived" if how else "user", index, how=f"{how!r}" if how else None))
        words = set(split_name(name))
        for index, node in self.evidence.places(key, self.before).items():
            if not (places and key[0] == "n") or words & set(split_name(last_key(node))):
                places.append(Origin("result", index, path_of(node)))
        return places

    def _test_of(self, value: str) -> tuple[Callable[[Said], bool], tuple[str, Any]]:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return (lambda said: value in said.dates), ("d", value)
        return (lambda said: said.contains(value)), ("s", value.casefold())

    def said_number(self, value: float) -> Origin | None:
        """A number that a user said, the latest first."""
        return next((Origin("user", index) for index, said in self.users if key_of(value) in said.numbers), None)

    def scaled(self, value: float, named: str) -> Origin | None:
        """A number in a smaller or larger unit than it is known in: cents, a percentage as a fraction, minutes.

        Args:
            named: the argument's name and description, which tell the unit.
        """
        steps: list[tuple[float, str]] = []
        if _MINOR.search(named):
            steps.append((value / 100, "in hundredths"))
        if abs(value) < 1 and _FRACTION.search(named):
            steps.append((value * 100, "as a fraction"))
        for other, how in steps:
            origin = self.number(other)
            if origin:
                return Origin("derived", origin.message_index, origin.result_path, f"{other:g} {how}")
        found = self.evidence.measures.get(key_of(value)) if value else None
        if found and found[0] < self.before:
            return Origin("derived", found[0], path_of(found[1]), found[2])
        return None

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
        repeated = next((index for index, said in self.assistants if said.contains(value)), None)
        # The assistant may only repeat what a result says in a sentence.
        for index, said in self.prose:
            if (repeated is None or index < repeated) and said.contains(value):
                return Origin("result", index, how="part of a text")
        return None if repeated is None else Origin("assistant", repeated)

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
            for step in said.durations:
                if key in (step.minutes, step.minutes * 60, key_of(step.minutes / 60)):
                    return Origin("derived", index, how=f"{step.text!r}")
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
        whole = value / 100 if _MINOR.search(name) else value
        found = find_calculation(
            whole,
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

    def part_of_pair(self, value: float) -> Origin | None:
        """One of two numbers that a user joins by a colon: a chapter and its verse, an hour and its minute."""
        for index, said in self.users if value % 1 == 0 else ():
            for match in _PAIR.finditer(said.text):
                if value in (int(match[1]), int(match[2])):
                    return Origin("derived", index, how=f"a part of {match.group()!r}")
        return None

    def share(self, value: float, schema: Mapping[str, Any]) -> Origin | None:
        """A number that is a share of the argument's scale, as the user's last words say it ("to a third")."""
        bounds = scale_of(schema)
        if bounds is None:
            return None
        low, high = bounds
        for index, said in self.users[:1]:
            words = share_in(said.text, value, low, high)
            if words:
                return Origin("derived", index, how=f"{words!r} of {low:g} to {high:g}")
        return None

    def without_decimals(self, value: float, name: str) -> Origin | None:
        """A whole number that a result holds under the same name with decimals, cut or rounded."""
        for index, amounts in self._few:
            for path, numbers in amounts.items():
                whole = {end for number in numbers if number % 1 for end in (math.trunc(number), round(number))}
                if value in whole and split_name(path.rpartition(".")[2]) == split_name(name):
                    return Origin("derived", index, path, "without decimals")
        return None

    def _chosen(self, arguments: Json) -> list[tuple[int, Amounts]]:
        """The numbers beside each id of a call, in the latest result that brought it."""
        chosen: dict[int, tuple[int, Amounts]] = {}
        for key in _names_in(arguments):
            found = self.evidence.holder(key, self.before)
            if found and isinstance(found[1], dict):
                chosen[id(found[1])] = (found[0], amounts_of(found[1]))
        return list(chosen.values())

    @cached_property
    def _few(self) -> list[tuple[int, Amounts]]:
        """The numbers of the last results, as far as they are few."""
        indices = [index for index in self.evidence.bodies if index < self.before][-3:]
        return [(index, amounts_of(self.evidence.bodies[index], 12)) for index in reversed(indices)]

    @cached_property
    def stretches(self) -> list[tuple[int, frozenset[float]]]:
        """The minutes between two moments of one object, for each of the last results."""
        indices = [index for index in self.evidence.bodies if index < self.before][-3:]
        return [(index, stretches_in(self.evidence.bodies[index])) for index in reversed(indices)]

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
                    year = "of the context" if self.evidence.context.contains(iso[:4]) else "from nowhere known"
                    return Origin("derived", index, how=f"month and day; the year {year}")
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
        if self.evidence.in_results(("d", iso), self.before):
            return True
        context = self.evidence.context.dates
        if iso in context and names_a_day(context[iso]):
            return True
        return any(iso in said.dates and names_a_day(said.dates[iso]) for _, said in (*self.users, *self.assistants))

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


def _names_in(arguments: Json) -> list[tuple[str, Any]]:
    """The keys of what may name an object: codes with digits, names, numbers under a key for ids; each once."""
    found: list[tuple[str, Any]] = []
    for text in strings_in(arguments):
        coded = any(char.isdigit() for char in text) and not _DATE_START.match(text)
        if len(text) >= 4 and (coded or (text[0].isupper() and len(text) <= 60)):
            found.append(("s", text.casefold()))
    for name, value in arguments.items() if isinstance(arguments, dict) else ():
        if isinstance(value, int) and not isinstance(value, bool) and split_name(name)[-1:] in (("id",), ("number",)):
            found.append(("n", key_of(value)))
    return list(dict.fromkeys(found))
