"""Other forms of a known number: rounded, in words, in another unit, counted."""

import re

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.derivations.days import Days
from toolflow_graph.verification.derivations.knowledge import Knowledge
from toolflow_graph.verification.derivations.lengths import IN_MINUTES
from toolflow_graph.verification.derivations.rates import SPEEDS
from toolflow_graph.verification.derivations.times import Times
from toolflow_graph.verification.reading.mentions import UNITS as MEASURES
from toolflow_graph.verification.reading.mentions import Mention, mentions_in
from toolflow_graph.verification.reading.units import FACTORS, NAMES
from toolflow_graph.verification.reading.wording import key_of

_LONG = {"hour": 60.0, "day": 1440.0, "week": 10080.0}
_LONGEST_TEXT = 4000
_DEGREES = frozenset(("c", "f", "k", "celsius", "fahrenheit", "kelvin", "degrees"))
_BOUND = lazy_regex(r"over|than|up to|under|at |some|[<>]|just|almost|nearly", re.IGNORECASE)
# "346 to 347": what is meant lies between.
_BOUNDS = lazy_regex(r"\s?(?:to|and|or|[-–])\s?\d")
_WEEKDAY = lazy_regex(r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+(?:the\s+)?\Z", re.I)
_AGED = lazy_regex(r"\b(?:aged?|at|was|were|turned|only|just)\s\Z", re.IGNORECASE)
# "1.24M" may be cut off, too.
_CUT = lazy_regex(r"\D*\d+\.\d+\s?(?:[kmbt]|mn|bn|million|billion)\b.*", re.IGNORECASE)
_SCALED = lazy_regex(r"\D*?([\d.,]+)\s?([kmbt])[a-z]*")
_FEW_RESULTS = 4


class OtherForms:
    """The forms in which one message may write what is known."""

    def __init__(self, knowledge: Knowledge, days: Days, times: Times) -> None:
        self.facts = knowledge
        self.days = days
        self.times = times

    def rounded(self, value: float, step: float, loose: str, mention: Mention) -> str | None:
        """Whether a number with more digits is known that this one rounds (or cuts off)."""
        bounds = _BOUNDS.match(self.facts.text, mention.end) is not None
        cut = bounds or _CUT.fullmatch(mention.text) is not None
        tolerance = step * (0.999 if step < 1 or cut else 0.51)
        if loose:
            # "Over 1,000" may be 1,950; "about 1,300" is no 1,200, but perhaps 1,234 + 35.
            share = 0.999 if _BOUND.search(loose) else 0.6
            tolerance = max(tolerance, share * loosened(value, step))
        near = self.facts.near(value, tolerance) or any(abs(value - n) <= tolerance for n in self.facts.stated if n % 1)
        return "rounded" if near else None

    def worded(self, value: float, mention: Mention) -> str | None:
        """Whether a number is said in words, shortened ("3.2B"), or a part of a known name."""
        key = key_of(value)
        if any(key in said.numbers or key in said.converted for said in self.facts.texts):
            return "in other words"
        scaled = _SCALED.fullmatch(mention.text.casefold())
        if scaled:  # "$3.2B" for 3.2 billion
            short = re.compile(rf"(?<![\d.,]){re.escape(scaled[1])}\s?{scaled[2]}")
            return "in other words" if any(short.search(said.folded) for said in self.facts.known) else None
        digits = str(int(value)) if value == int(value) and value < 1000 else ""
        return "part of a name" if any(digits in said.name_digits for said in self.facts.known) else None

    def converted(self, value: float, step: float, mention: Mention) -> str | None:
        """Whether a number is a known one in another unit; ``step`` is the worth of its last digit."""
        unit, near = NAMES.get(mention.unit, mention.unit), self.facts.near
        if unit in _LONG and self._lasts(value * _LONG[unit], step * _LONG[unit]):
            return "another unit"
        if mention.kind == "money" and mention.unit != "pounds":
            fits = near(value * 100, max(0.5, 51 * step))
        elif mention.kind == "percent":
            fits = near(value / 100, step / 200)
        elif "°" in unit or unit in _DEGREES:
            # Figures are known without their sign.
            others = [(sign * value * 9 / 5 + 32, step) for sign in (1, -1)]
            # "About 20 degrees" is no wide guess.
            step = min(step, mention.steps[0])
            others += [((sign * value - 32) * 5 / 9, step / 2) for sign in (1, -1)]
            fits = any(near(abs(other), slack) for other, slack in (*others, (value + 273.15, step / 2)))
        else:
            fits = any(near(value * factor, factor * step / 2) for factor in FACTORS.get(unit, ()))
            if not fits and unit in SPEEDS and self.times.rates.is_speed(value, step, unit):
                return "a distance in a time"
        return "another unit" if fits else None

    def _lasts(self, minutes: float, step: float) -> bool:
        """Whether a text of a result tells a length of time that long: "3 days 14 hours" for "about 3.5 days"."""
        texts = (self.facts.evidence.prose(index).text for index, _ in self.facts.bodies[:_FEW_RESULTS])
        told = (
            mention for text in texts for mention in mentions_in(text[:_LONGEST_TEXT]) if mention.unit in IN_MINUTES
        )
        return any(abs(mention.values[0] * IN_MINUTES[mention.unit] - minutes) <= step for mention in told)

    def counted(self, value: float, mention: Mention) -> str | None:
        """Whether a number counts what is known: entries of a list, days between two days, an age."""
        if mention.kind != "number":
            return None
        unit = NAMES.get(mention.unit, mention.unit)
        if unit in ("hour", "minute"):
            minutes = value * (60 if unit == "hour" else 1)
            return "the time between two times" if minutes in self.times.spans else None
        if unit == "second" and any(value == number for own in self.facts.scalars for number in own.values()):
            return "in other words"
        if value != int(value):
            return None
        number, longest = int(value), max(self.facts.lengths, default=0)
        found = False
        if mention.unit in ("st", "nd", "rd", "th"):
            # A day of the month, or a place in a list.
            end = f"-{number:02d}"
            found = number <= longest or any(iso.endswith(end) for said in self.facts.known for iso in said.iso_days)
            found = found or any(abs(number - day) <= 1 for m in self.facts.mentions for _, _, day in m.days)
        elif unit in ("day", "week", "month", "year"):
            found = self.days.between_days(number, unit) or (unit == "year" and self.days.is_age(number))
        elif mention.unit not in MEASURES:
            before = self.facts.text[max(mention.start - 12, 0) : mention.start]
            if number <= 31 and _WEEKDAY.search(before):
                end = f"-{number:02d}"
                return "a day" if any(iso.endswith(end) for said in self.facts.known for iso in said.iso_days) else None
            found = (
                number in self.facts.lengths
                or number in self.facts.group_sizes
                or 10 <= number <= longest
                or self.days.is_age(number)
                or (_AGED.search(self.facts.text, 0, mention.start) is not None and self.days.is_age_at(number))
            )
            if 1900 <= number <= 2100:
                found = found or any(iso.startswith(str(number)) for said in self.facts.known for iso in said.iso_days)
        return "counted" if found else None


def loosened(value: float, step: float) -> float:
    """The worth of the last digit that is not a filling zero: what "about 1,300" leaves open."""
    if step >= 1 and value == int(value):
        number, step = int(value), 1.0
        while number and number % 10 == 0:
            number, step = number // 10, step * 10
    return step
