"""What the assistant may conclude from known numbers: roundings, units, counts, sums, shares.

Only asked for numbers that stand nowhere as they are, so it may take its time.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

from toolflow_graph.verification.arithmetic import amounts_of
from toolflow_graph.verification.evidence import say
from toolflow_graph.verification.knowledge import Knowledge
from toolflow_graph.verification.mentions import UNITS as MEASURES
from toolflow_graph.verification.mentions import Mention, mentions_in
from toolflow_graph.verification.sums import (
    Target,
    equation_before,
    of_shares,
    share_of_all,
    share_with,
    some_of,
    three_of,
    times_of,
    two_of,
    whole_of,
)
from toolflow_graph.verification.timing import Timing
from toolflow_graph.verification.wording import key_of

# By what a number with a unit is multiplied to become one in another unit that data use.
_FACTORS: dict[str, tuple[float, ...]] = {
    "hour": (60, 3600, 3.6e6, 1 / 24), "minute": (1 / 60, 60, 6e4), "second": (1000, 1 / 60),
    "day": (24, 1440, 86400, 1 / 7), "week": (7,), "month": (1 / 12, 30), "year": (12, 365),
    "km": (1000, 0.621371, 3280.84), "mi": (1.609344, 1609.344, 5280), "m": (0.001, 3.28084, 100), "ft": (0.3048, 12),
    "cm": (0.01, 0.393701, 10), "in": (2.54, 25.4, 0.0254, 1 / 12), "mm": (0.001, 0.1),
    "kg": (2.20462, 1000), "lb": (0.453592,), "g": (0.001,), "l": (1000, 0.264172),
    "gb": (1024, 1000, 1024**2, 1e6, 1024**3, 1e9), "mb": (1024, 1000, 1024**2, 1e6), "kb": (1024, 1000),
    "tb": (1024, 1000, 1024**4, 1e12), "mph": (1.609344, 0.44704), "km/h": (0.621371, 0.277778, 0.539957),
    "kph": (0.621371, 0.277778, 0.539957), "m/s": (3.6, 2.23694), "sq": (1 / 43560, 0.092903, 10.7639),
    "m²": (10.7639, 1 / 1e4, 1 / 4046.86), "acre": (43560, 4046.86, 0.404686), "ha": (10000, 2.47105),
}  # fmt: skip
_UNITS = {
    "hours": "hour", "hour": "hour", "hr": "hour", "hrs": "hour", "h": "hour", "minutes": "minute", "minute": "minute",
    "min": "minute", "mins": "minute", "seconds": "second", "second": "second", "sec": "second", "s": "second",
    "days": "day", "day": "day", "nights": "day", "night": "day", "weeks": "week", "week": "week", "months": "month",
    "month": "month", "years": "year", "year": "year", "kilometers": "km", "kilometres": "km", "kilometer": "km",
    "kilometre": "km", "miles": "mi", "mile": "mi", "meters": "m", "metres": "m", "meter": "m", "metre": "m",
    "feet": "ft", "foot": "ft", "lbs": "lb", "pounds": "lb", "grams": "g", "kilograms": "kg", "kmh": "km/h",
    "inches": "in", "inch": "in", "sqft": "sq", "ft²": "sq", "acres": "acre", "hectares": "ha",
    "liters": "l", "litres": "l",
}  # fmt: skip
_DEGREES = frozenset(("c", "f", "k", "celsius", "fahrenheit", "kelvin", "degrees"))
_ABOUT = re.compile(
    r"(?:\b(?:about|around|approx\w*\.?|roughly|nearly|almost|over|more than|some|up to|under|less than|just|close to|"
    r"at least|at most|well)|~|≈|>|<)\s*(?:(?:US)?[$€£¥]|[A-Z]{3})?\s*\Z",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+(?:the\s+)?\Z", re.I)
# Words that tell that a number was worked out.
_TOLD = re.compile(
    r"\b(?:total\w*|add(?:s|ed)? up|tips?|sub-?total|sum\w*|altogether|together|combined|overall|in all|average|mean|"
    r"median|differ\w*|additional\w*|extra|remain\w*|rest|left(?:over)?|balance|refund\w*|charge\w*|pay\w*|paid|due|"
    r"owe\w*|per|each|every|both|times|double|half|twice|sav\w+|discount\w*|cheaper|more|less|fewer|higher|lower|longer|"
    r"shorter|faster|increas\w*|decreas\w*|rise|rose|drop\w*|fell|gain\w*|loss|chang\w*|gr[eo]w\w*|growth|plus|minus|"
    r"rang\w*|spread|share|ratio|margin|off|to go|servings?|over|under|above|below|exceed\w*|short|apart|between|"
    r"account for|equal\w*|comes? to|apiece|split|on top|whole|entire|estimat\w*|"
    r"for (?:the )?(?:\d{1,2}|all|both|two|three|four|five|six|seven|eight|nine|ten))\b|"
    r"[=+×÷%]|\d\s?[x*]\s?\d",
    re.IGNORECASE,
)
_NO_MONEY = re.compile(
    r"seat|available|lat\b|latitude|lon\b|lng|longitude|\bid\b|_id|number|zip|year|rating|score|star|age\b|temp|humid|"
    r"distance|duration|minute",
    re.IGNORECASE,
)
_CONSTANTS = (
    (re.compile(r"month|year|annual", re.IGNORECASE), (12.0,)),
    (re.compile(r"\bweek|\bdai?l?y", re.IGNORECASE), (7.0, 52.0)),
    (re.compile(r"\bhour|\bminute", re.IGNORECASE), (60.0, 24.0)),
    (re.compile(r"per million", re.IGNORECASE), (1e6,)),
)
_SCALED = re.compile(r"\D*?([\d.,]+)\s?([kmbt])[a-z]*")
_LARGE = 60
# How far from a number the names of the objects stand that it may add up, and how many of them.
_NEARBY, _FAR, _MOST_NAMED = 240, 700, 6
_MOST_POOL = 40


class Reckoner:
    """Explains the numbers of one message."""

    def __init__(self, knowledge: Knowledge, timing: Timing) -> None:
        self.facts = knowledge
        self.timing = timing

    def explain(self, mention: Mention, sentence: str) -> str | None:
        """How a number is another form of a known one, or follows from known ones by a small calculation."""
        loose = _ABOUT.search(self.facts.text[max(mention.start - 24, 0) : mention.start]) is not None
        for value, step in zip(mention.values, mention.steps, strict=True):
            how = (
                self._rounded(value, step, loose)
                or self._worded(value, mention)
                or self._converted(value, _loosened(value, step) if loose else step, mention)
                or self._counted(value, mention)
                or self._calculated(value, step, mention, sentence)
            )
            if how:
                self.facts.stated.append(value)
                return how
        return None

    # Other forms.

    def _rounded(self, value: float, step: float, loose: bool) -> str | None:
        """Whether a number with more digits is known that this one rounds (or cuts off)."""
        tolerance = 0.999 * _loosened(value, step) if loose else step * (0.999 if step < 1 else 0.51)
        return "rounded" if self.facts.near(value, tolerance) else None

    def _worded(self, value: float, mention: Mention) -> str | None:
        key = key_of(value)
        if any(key in said.numbers or key in said.converted for said in self.facts.texts):
            return "in other words"
        scaled = _SCALED.fullmatch(mention.text.casefold())
        if scaled:  # "$3.2B" for 3.2 billion
            short = re.compile(rf"(?<![\d.,]){re.escape(scaled[1])}\s?{scaled[2]}")
            return "in other words" if any(short.search(said.folded) for said in self.facts.known) else None
        digits = str(int(value)) if value == int(value) and value < 1000 else ""
        return "part of a name" if any(digits in said.name_digits for said in self.facts.known) else None

    def _converted(self, value: float, step: float, mention: Mention) -> str | None:
        unit, near = _UNITS.get(mention.unit, mention.unit), self.facts.near
        if mention.kind == "money":
            fits = near(value * 100, 0.5)
        elif mention.kind == "percent":
            fits = near(value / 100, step / 200)
        elif "°" in unit or unit in _DEGREES:
            fits = (
                near(value * 9 / 5 + 32, step) or near((value - 32) * 5 / 9, step / 2) or near(value + 273.15, step / 2)
            )
        else:
            fits = any(near(value * factor, factor * step / 2) for factor in _FACTORS.get(unit, ()))
        return "another unit" if fits else None

    # Counting.

    def _counted(self, value: float, mention: Mention) -> str | None:
        if mention.kind != "number":
            return None
        unit = _UNITS.get(mention.unit, mention.unit)
        if unit in ("hour", "minute"):
            minutes = value * (60 if unit == "hour" else 1)
            return "the time between two times" if minutes in self.timing.stretches else None
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
            found = self.timing.between_days(number, unit)
        elif mention.unit not in MEASURES:
            before = self.facts.text[max(mention.start - 12, 0) : mention.start]
            if number <= 31 and _WEEKDAY.search(before):
                end = f"-{number:02d}"
                return "a day" if any(iso.endswith(end) for said in self.facts.known for iso in said.iso_days) else None
            found = number in self.facts.lengths or 10 <= number <= longest or self.timing.is_age(number)
            if 1900 <= number <= 2100:
                found = found or any(iso.startswith(str(number)) for said in self.facts.known for iso in said.iso_days)
        return "counted" if found else None

    # Calculating.

    def _calculated(self, value: float, step: float, mention: Mention, sentence: str) -> str | None:
        facts, told = self.facts, _TOLD.search(sentence) is not None
        percent, money = mention.kind == "percent", mention.kind == "money"
        exact = step >= 1 and not percent
        result = equation_before(facts.text[: mention.start])
        if result is not None and abs(result - value) <= max(step / 2, 0.0051):
            return "an equation"

        def aim() -> Target:
            return Target(value, step, told=told, percent=percent, exact=exact)

        stated = list(dict.fromkeys(reversed(facts.stated)))[:12][::-1]
        few = list(dict.fromkeys((*stated, *(n for said in facts.users[:2] for n in said.numbers))))
        # The value itself is none of its operands.
        sentence = sentence.replace(mention.text, " ", 1)
        named = [numbers for path, numbers in self._named(mention, told) if not (money and _NO_MONEY.search(path))]
        return (
            self._of_named(aim(), named, sentence)
            or self._of_said(aim(), stated, few, sentence)
            or self._of_results(aim(), few, money, sentence)
            or self._in_other_units(value, step, mention, told)
        )

    # Each of these goes from the plainest on: every further round makes it likelier that one fits by accident.

    def _of_named(self, target: Target, named: list[list[float]], sentence: str) -> str | None:
        counts = self._counts_in(sentence)
        return (
            _first(whole_of, target, named)
            or _first(two_of, target, (group for group in named if len(group) <= _MOST_NAMED))
            or next((how for group in named if (how := times_of(target, [*group, sum(group)], counts))), None)
            or _first(some_of, target, named)
        )

    def _of_said(self, target: Target, stated: list[float], few: list[float], sentence: str) -> str | None:
        return (
            times_of(target, few, self._counts_in(sentence))
            or _first(two_of, target, (stated, few))
            or whole_of(target, stated)
            or some_of(target, stated)
            or of_shares(target, few, self._shares)
            or times_of(target, few, [float(n) for n in self.facts.lengths if 2 <= n <= _LARGE])
            or _first(three_of, target, (stated, few))
            or two_of(target, few + self._constants + [n * c for c in self._constants for n in few[:8]])
        )

    def _of_results(self, target: Target, few: list[float], money: bool, sentence: str) -> str | None:
        lists = [numbers for path, numbers in self.facts.lists if not (money and _NO_MONEY.search(path))]
        small = (self._small_money if money else self._small)[:20]
        operands = sorted({abs(n) for pool in small for n in pool if abs(n) >= 1})
        said = [[*numbers, *few[:8]] for numbers in small[:4]]
        if target.percent:
            anchors = [value for m in mentions_in(sentence) for value in m.values[:1]]
            anchored = next((how for pool in self._small if (how := share_with(target, anchors, pool))), None)
            return anchored or _first(two_of, target, small) or _first(share_of_all, target, (*small, *lists))
        return (
            _first(whole_of, target, lists)
            or _first(whole_of, target, small)
            or times_of(target, operands[:_MOST_POOL], self._constants)
            or times_of(target, operands[:_MOST_POOL], self._counts_in(sentence))
            or _first(two_of, target, small)
            or _first(two_of, target, said)
            or of_shares(target, operands[:_MOST_POOL], self._shares)
            or _first(three_of, target, (*small, *said))
            or _first(some_of, target, lists)
            or _first(two_of, target, self._wide_pools(few))
        )

    def _in_other_units(self, value: float, step: float, mention: Mention, told: bool) -> str | None:
        for factor in _FACTORS.get(_UNITS.get(mention.unit, mention.unit), ()):
            target = Target(value * factor, step * factor, told=told)
            for _, group in self.facts.lists[:20]:
                if how := whole_of(target, group):
                    return f"{how}, in another unit"
        return None

    def _named(self, mention: Mention, told: bool) -> list[tuple[str, list[float]]]:
        """The numbers of the objects that are named shortly before a number or soon after it, path by path."""
        start, end = mention.start - (_FAR if told else _NEARBY), mention.end + (_NEARBY if told else 0)
        found = [(place, numbers) for place, numbers in self.facts.named if start < place < end]
        before = [entry for entry in found if entry[0] < mention.start][-_MOST_NAMED:]
        after = [entry for entry in found if entry[0] >= mention.start][:_MOST_NAMED]
        paths: dict[str, list[float]] = {}
        for _, numbers in (*before, *after):
            for path, values in numbers.items():
                paths.setdefault(path, []).extend(values[:8])
        return list(paths.items())

    def _wide_pools(self, few: list[float]) -> Iterator[list[float]]:
        """All numbers of the fresh results, alone and with what was said."""
        fresh = {n for body in self.facts.fresh for numbers in amounts_of(body, _MOST_POOL).values() for n in numbers}
        if fresh:
            yield sorted(fresh)
            yield [*few[:8], *sorted(fresh)]

    @cached_property
    def _small(self) -> list[list[float]]:
        """The numbers of each object of the results that holds a few, those of its own children included."""
        found = (amounts_of(node, _MOST_NAMED) for node in self.facts.objects[:80])
        return [[n for values in numbers.values() for n in values] for numbers in found if numbers]

    @cached_property
    def _small_money(self) -> list[list[float]]:
        """The same without what is no amount and no quantity."""
        found = (amounts_of(node, _MOST_NAMED) for node in self.facts.objects[:80])
        kept = ({path: values for path, values in numbers.items() if not _NO_MONEY.search(path)} for numbers in found)
        return [[n for values in numbers.values() for n in values] for numbers in kept if numbers]

    @cached_property
    def _constants(self) -> list[float]:
        """What a calculation about months, weeks and the like takes for granted, if the message speaks of such."""
        return [c for pattern, numbers in _CONSTANTS if pattern.search(self.facts.text) for c in numbers]

    def _counts_in(self, sentence: str) -> list[float]:
        """Small numbers that things may be multiplied by: what the sentence and users say, and the nights of a stay."""
        texts = (say(sentence, None), *self.facts.users[:2])
        found = {n for said in texts for n in said.numbers} | {float(days) for days in self.timing.nights}
        return sorted({n for n in (*found, *self._constants) if 2 <= n <= _LARGE and n == int(n)})

    @cached_property
    def _shares(self) -> list[float]:
        """Percentages that this message or a user says, or that results hold as fractions."""
        texts = (self.facts.text, *(said.text for said in self.facts.users))
        values = {v for text in texts for m in mentions_in(text) if m.kind == "percent" for v in m.values}
        fractions = {n for pool in self._small for n in pool if 0 < n < 1}
        return sorted({value / 100 for value in values if 0 < value <= 100} | fractions)[:8]


def _first(
    round_of: Callable[[Target, Sequence[float]], str | None], target: Target, pools: Iterable[Sequence[float]]
) -> str | None:
    return next((how for pool in pools if (how := round_of(target, pool[:_MOST_POOL]))), None)


def _loosened(value: float, step: float) -> float:
    """The worth of the last digit that is not a filling zero: what "about 1,300" leaves open."""
    if step >= 1 and value == int(value):
        number, step = int(value), 1.0
        while number and number % 10 == 0:
            number, step = number // 10, step * 10
    return step
