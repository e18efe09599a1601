"""What the assistant may conclude from known numbers: roundings, units, counts, sums, shares.

Only asked for numbers that stand nowhere as they are, so it may take its time.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.derivations.arithmetic import FOR_KEY, MONEY, amounts_of
from toolflow_graph.verification.derivations.days import Days
from toolflow_graph.verification.derivations.knowledge import Knowledge
from toolflow_graph.verification.derivations.otherforms import OtherForms, loosened
from toolflow_graph.verification.derivations.portions import Portions
from toolflow_graph.verification.derivations.rows import object_row, sum_of_rows
from toolflow_graph.verification.derivations.sums import (
    Target,
    average_of,
    equation_after,
    equation_before,
    gap_of,
    of_shares,
    scaled,
    some_of,
    three_of,
    times_of,
    two_of,
    whole_of,
)
from toolflow_graph.verification.derivations.times import Times
from toolflow_graph.verification.derivations.undecided import Undecided
from toolflow_graph.verification.evidence import say
from toolflow_graph.verification.reading.mentions import Mention, mentions_in
from toolflow_graph.verification.reading.telling import is_worked_out, tells_of_calculation, tells_of_comparison
from toolflow_graph.verification.reading.units import FACTORS, NAMES

_TIMES = frozenset(("hour", "minute", "second", "day", "week", "month", "year"))
_ABOUT = lazy_regex(
    r"(?:\b(?:about|around|approx\w*\.?|roughly|nearly|almost|over|more than|some|up to|under|less than|just|close to|"
    r"at least|at most|well)|~|≈|>|<)\s*(?:(?:US)?[$€£¥]|[A-Z]{3})?\s*\Z",
    re.IGNORECASE,
)
_NO_MONEY = lazy_regex(
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
_A_DAY = lazy_regex(r"\b(?:an?|per|each|every) day\b|/\s?day\b|\bdaily\b", re.IGNORECASE)
_HALF_A_DAY = 720
_CENTS = frozenset(("cent", "cents", "ct", "pence"))
_HOURLY = lazy_regex(r"\b(?:an?|per|each|every) hour\b|/\s?h(?:our)?\b|\bhourly\b", re.IGNORECASE)
_PER_HUNDRED = lazy_regex(r"\s?(?:[a-z]{1,6}\s?/\s?100|[a-z]+ per (?:100|hundred))\b", re.IGNORECASE)
# Keys of limits, and of shares that stand there as percentages.
_LIMIT_KEY = lazy_regex(r"limit|budget|goal|target|total|max|capacit|allow|quota|balance|\bcap\b", re.IGNORECASE)
_SHARE_KEY = lazy_regex(r"percent|pct|rate|discount|tax|vat|\btip|interest|commission|fee", re.IGNORECASE)
_LARGE, _LEAST_LARGE, _CENT = 60, 1000, 0.0051
_OF_UNKNOWN = "an equation of unknown numbers"
# How far from a number the names of the objects stand that it may add up, and how many of them.
_NEARBY, _FAR, _MOST_NAMED = 240, 700, 6
_MOST_POOL, _FEW_COLUMNS, _FEW_RESULTS = 40, 3, 4


class Reckoner:
    """Explains the numbers of one message."""

    def __init__(self, knowledge: Knowledge, days: Days, times: Times, *, english: bool = True) -> None:
        self.facts = knowledge
        self.days = days
        self.times = times
        self._english = english
        self._forms = OtherForms(knowledge, days, times)
        # The figures of the message that were found to be worked out.
        self.calculated: set[float] = set()

    def explain(self, mention: Mention, sentence: str, *, loosely: bool = True) -> str | None:
        """How a number is another form of a known one, or follows from known ones by a small calculation.

        ``loosely``: where words tell that it was worked out, it is enough that it can be come to.
        """
        about = _ABOUT.search(self.facts.text[max(mention.start - 24, 0) : mention.start])
        loose = about.group() if about else ""
        row = object_row(self.facts.text, mention.start, mention.end, self.facts.named)
        for value, step in zip(mention.values, mention.steps, strict=True):
            how = (
                self._forms.rounded(value, step, loose, mention)
                or self._forms.worded(value, mention)
                or self._forms.converted(value, loosened(value, step) if loose else step, mention)
                or self._forms.counted(value, mention)
            )
            if not how:
                how = (
                    self._times_in_row(value, step, *row)
                    if row
                    else self._calculated(value, step, loose, mention, sentence)
                ) or self._of_thing(value, step)
                if not how and loosely and self._is_told(mention, row is not None):
                    coarse = loosened(value, step) if loose else step
                    how = self._undecided.explain(value, coarse, mention, sentence, self._peers(mention))
                if how:
                    self.calculated.add(value)
            if how:
                # What is right only if something unknown is right explains nothing else, least of all that unknown.
                if how != _OF_UNKNOWN:
                    self.facts.stated.append(value)
                return how
        return None

    def _is_told(self, mention: Mention, in_row: bool) -> bool:
        """Whether the words say that a number was worked out, which those of other languages are not read for."""
        told = not self._english or is_worked_out(self.facts.text, mention.start, mention.end)
        return told or (bool(self.calculated) and not in_row)

    @cached_property
    def _undecided(self) -> Undecided:
        return Undecided(self.facts, self._small_money, self._shares, self._hours_in)

    def _of_thing(self, value: float, step: float) -> str | None:
        """How many of a thing one result has, at what another one asks for it."""
        products, _ = self.facts.matched
        target = Target(value, step, told=True, exact=True)
        return "a known number of it at a known price" if any(target.fits(n) for ns in products for n in ns) else None

    def _times_in_row(self, value: float, step: float, text: str, numbers: list[float]) -> str | None:
        """A number of the row's own object, as often as the row says ("2 seats, 90 EUR"), or once a night."""
        told = (*say(text, None).numbers, *map(float, sorted(self.days.nights)), *sorted(self._hours_in(text)))
        counts = [n for n in told if 2 <= n <= _LARGE and n == int(n)]
        return times_of(Target(value, step, told=True, exact=True), numbers[:_MOST_POOL], counts)

    # Calculating.

    def _calculated(self, value: float, step: float, loose: str, mention: Mention, sentence: str) -> str | None:
        facts = self.facts
        # The value itself tells nothing, and is none of its operands.
        sentence = sentence.replace(mention.text, " ", 1)
        told, compared = tells_of_calculation(sentence), tells_of_comparison(sentence)
        percent, money = mention.kind == "percent", mention.kind == "money"
        exact = step >= 1 and not percent and not loose
        scale = 100.0 if _PER_HUNDRED.match(facts.text, mention.end) or mention.unit in _CENTS else 1.0
        quotients = told or bool(loose) or NAMES.get(mention.unit) not in _TIMES
        equations = (equation_before(facts.text[: mention.start]), equation_after(facts.text, mention.end))
        for equation in filter(None, equations):
            if abs(equation.value - value) <= max(step / 2, 0.0051):
                return "an equation" if all(map(self._is_operand, equation.operands)) else _OF_UNKNOWN

        def aim() -> Target:
            return Target(
                value / scale, step / scale, told=told, compared=compared, quotients=quotients, percent=percent,
                exact=exact and scale == 1,
            )  # fmt: skip

        stated = list(dict.fromkeys(reversed(facts.stated)))[:12][::-1]
        few = list(dict.fromkeys((*stated, *(n for said in facts.users[:2] for n in said.numbers))))
        named = [numbers for path, numbers in self._named(mention, told) if not (money and _NO_MONEY.search(path))]
        return (
            (self._of_lists(aim(), self._peers(mention)) if told or compared else None)
            or self._of_named(aim(), named, sentence)
            or self._of_said(aim(), stated, few, sentence, self._peers(mention))
            or self._of_results(aim(), few, money, sentence, named)
            or self._of_texts(aim(), sentence)
            or self._in_other_units(value, step, mention, told)
            or (None if percent else sum_of_rows(aim(), facts.text, mention.start, sentence))
        )

    def _is_operand(self, number: float) -> bool:
        """Whether a number of an equation is known: small counts need no source."""
        known = self.facts.near(number, 1e-6) or number in self.facts.stated
        return known or (number <= _LARGE and number == int(number)) or number / 100 in self._shares

    def _of_lists(self, target: Target, peers: list[float]) -> str | None:
        """What the columns of the fresh results come to: so few that none of them takes room from the others."""
        fresh = {id(body) for body in self.facts.fresh}
        bodies = [body for _, body in self.facts.bodies if id(body) in fresh][:_FEW_RESULTS]
        lists = [numbers for body in bodies for numbers in amounts_of(body, 400).values() if len(numbers) > 1]
        products, changes = self.facts.matched
        lists += [peers, *(numbers for group in self.facts.groups for numbers in group.values()), *products, *changes]
        for numbers in lists[:_MOST_POOL]:
            if how := whole_of(target.alone(), numbers):
                return how
        if how := some_of(target.alone(), peers):
            return how
        signed = ([sign * number for number in numbers] for numbers in changes[:_FEW_RESULTS] for sign in (1, -1))
        return next((how for numbers in signed if (how := some_of(target.alone(), numbers))), None)

    # Each of these goes from the plainest on: every further round makes it likelier that one fits by accident.

    def _of_named(self, target: Target, named: list[list[float]], sentence: str) -> str | None:
        counts = self._counts_in(sentence)
        return (
            _first(whole_of, target, named)
            or _first(whole_of, target, (numbers for group in self.facts.groups for numbers in group.values()))
            or _first(two_of, target, (group for group in named if len(group) <= _MOST_NAMED))
            or next((how for group in named if (how := times_of(target, [*group, sum(group)], counts))), None)
            or _first(some_of, target, named)
        )

    def _of_said(
        self, target: Target, stated: list[float], few: list[float], sentence: str, peers: list[float]
    ) -> str | None:
        return (
            (average_of(target, peers) if target.compared else None)
            or times_of(target, few, self._counts_in(sentence))
            or _first(two_of, target, (stated, few))
            or whole_of(target, stated)
            or some_of(target, stated)
            or of_shares(target, few, self._shares)
            or gap_of(target, stated, self._limits)
            or times_of(target, few, [float(n) for n in self.facts.lengths if 2 <= n <= _LARGE])
            or _first(three_of, target, (stated, few))
            or two_of(target, few + self._constants + [n * c for c in self._constants for n in few[:8]])
        )

    def _of_texts(self, target: Target, sentence: str) -> str | None:
        """A large number that is one of its own sentence and one that was said before, added or subtracted."""
        if target.percent or target.value < _LEAST_LARGE:
            return None
        said = {number for text in self.facts.texts[:_FEW_RESULTS] for number in text.numbers if number >= _LARGE}
        here = [number for number in say(sentence, None).figures if number >= _LARGE]
        fits = any(abs(abs(a + way * b) - target.value) < _CENT for a in here for b in said for way in (1, -1))
        return "a number of its sentence and one that was said, added or subtracted" if fits else None

    def _of_results(
        self, target: Target, few: list[float], money: bool, sentence: str, named: list[list[float]]
    ) -> str | None:
        lists = [numbers for path, numbers in self.facts.lists if not (money and _NO_MONEY.search(path))]
        small = (self._small_money if money else self._small)[:20]
        operands = sorted({abs(n) for pool in small for n in pool if abs(n) >= 1})
        said = [[*numbers, *few[:8]] for numbers in small[:4]]
        if target.percent:
            return self._portions.explain(target, sentence, named)
        return (
            _first(whole_of, target, lists)
            or _first(two_of, target, ([*total.values()] for total in self.facts.totals if len(total) <= _FEW_COLUMNS))
            or _first(whole_of, target, small)
            or _first(whole_of, target, self.facts.products)
            or of_shares(target, self._sums, self._shares)
            or scaled(target, operands[:_MOST_POOL], self._counts_in(sentence), self._bases)
            or times_of(target, operands[:_MOST_POOL], self._constants)
            or times_of(target, operands[:_MOST_POOL], self._counts_in(sentence))
            or _first(two_of, target, small)
            or _first(two_of, target, said)
            or of_shares(target, operands[:_MOST_POOL], self._shares)
            or _first(three_of, target, (*small, *said))
            or _first(three_of, target, ([*numbers, *self._counts_in(sentence)[:2]] for numbers in small[:4]))
            or _first(some_of, target, lists)
            or _first(some_of, target, small)
            or _first(two_of, target, self._wide_pools(few, money))
        )

    def _in_other_units(self, value: float, step: float, mention: Mention, told: bool) -> str | None:
        for factor in FACTORS.get(NAMES.get(mention.unit, mention.unit), ()):
            target = Target(value * factor, step * factor, told=told)
            for _, group in self.facts.lists[:20]:
                if how := whole_of(target, group):
                    return f"{how}, in another unit"
            # A dose so many times, in grams.
            how = _first(two_of, target, ([*self.facts.stated[-4:], *own.values()] for own in self.facts.scalars[:4]))
            # What takes each of so many so long.
            how = how or times_of(
                target, self.facts.stated[-4:], [float(n) for n in self.facts.lengths if 2 <= n <= _LARGE]
            )
            if how:
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

    def _peers(self, mention: Mention) -> list[float]:
        """What the message states before a number in the same unit, as far as it is known or follows."""
        unit = None if mention.kind == "percent" else mention.unit
        alike = (m for m in self.facts.mentions if m.kind == mention.kind and unit in (None, m.unit) and m.values)
        before = [m.values[0] for m in sorted(alike, key=lambda m: m.start) if m.start < mention.start]
        return [value for value in before if value in self.facts.stated][-_MOST_NAMED:]

    def _wide_pools(self, few: list[float], money: bool) -> Iterator[list[float]]:
        """All numbers of the fresh results, alone and with what was said."""
        paths = (entry for body in self.facts.fresh for entry in amounts_of(body, _MOST_POOL).items())
        fresh = {n for path, numbers in paths if not (money and _NO_MONEY.search(path)) for n in numbers}
        if fresh:
            yield sorted(fresh)
            yield [*few[:8], *sorted(fresh)]

    @cached_property
    def _small(self) -> list[list[float]]:
        """The numbers of each object of the results that holds a few, those of its own children included.

        A result that is a short text counts as such an object.
        """
        texts = [numbers for path, numbers in self.facts.lists if not path and len(numbers) <= _MOST_NAMED]
        return [*([n for ns in numbers.values() for n in ns] for numbers in self.facts.small if numbers), *texts]

    @cached_property
    def _small_money(self) -> list[list[float]]:
        """The same without what is no amount and no quantity."""
        small = self.facts.small
        kept = ({path: values for path, values in numbers.items() if not _NO_MONEY.search(path)} for numbers in small)
        return [[n for values in numbers.values() for n in values] for numbers in kept if numbers]

    @cached_property
    def _portions(self) -> Portions:
        lists = [numbers for _, numbers in self.facts.lists]
        return Portions(self.facts, self._limits, self._sums, self._small[:20], lists)

    @cached_property
    def _sums(self) -> list[float]:
        """What the lists of prices in results come to."""
        lists = (numbers for path, numbers in self.facts.lists if MONEY.search(path))
        return [sum(numbers) for numbers in (*self.facts.products, *islice(lists, _MOST_NAMED))]

    @cached_property
    def _limits(self) -> list[float]:
        return [n for own in self.facts.scalars[:20] for key, n in own.items() if _LIMIT_KEY.search(key)]

    @cached_property
    def _bases(self) -> list[float]:
        """For how many an object of the results is meant: servings, people."""
        return [n for own in self.facts.scalars for key, n in own.items() if FOR_KEY.search(key) and 1 <= n <= _LARGE]

    @cached_property
    def _constants(self) -> list[float]:
        """What a calculation about months, weeks and the like takes for granted, if the message speaks of such."""
        found = [c for pattern, numbers in _CONSTANTS if pattern.search(self.facts.text) for c in numbers]
        if _A_DAY.search(self.facts.text):
            weeks = [m.values[0] for m in self.facts.mentions if m.unit in ("week", "weeks") and m.values]
            spelled = [n for n, how in say(self.facts.text, None).numbers.items() if f"{how} week" in self.facts.text]
            found += [*map(float, sorted(self.days.month_lengths)), *(7.0 * n for n in (*weeks, *spelled))]
        return found

    def _counts_in(self, sentence: str) -> list[float]:
        """Small numbers that things may be multiplied by: what the sentence and users say, and its nights or hours."""
        texts = (say(sentence, None), *self.facts.users[:2])
        found = {n for said in texts for n in said.numbers} | {float(days) for days in self.days.nights}
        found |= self._hours_in(sentence)
        return sorted({n for n in (*found, *self._constants) if 2 <= n <= _LARGE and n == int(n)})

    def _hours_in(self, text: str) -> set[float]:
        """The hours between two known times, where a text says what an hour costs."""
        spans = self.times.spans if _HOURLY.search(text) else ()
        return {span / 60 for span in spans if 60 <= span <= _HALF_A_DAY}

    @cached_property
    def _shares(self) -> list[float]:
        """Percentages that this message or a user says, or that results hold as fractions."""
        texts = (self.facts.text, *(said.text for said in self.facts.users))
        values = {v for text in texts for m in mentions_in(text) if m.kind == "percent" for v in m.values}
        fractions = {n for pool in self._small for n in pool if 0 < n < 1}
        named = (n for own in self.facts.scalars for key, n in own.items() if _SHARE_KEY.search(key) and n <= 100)
        fractions |= {n / 100 for n in named if n >= 1}
        return sorted({value / 100 for value in values if 0 < value <= 100} | fractions)[:8]


def _first(
    round_of: Callable[[Target, Sequence[float]], str | None], target: Target, pools: Iterable[Sequence[float]]
) -> str | None:
    return next((how for pool in pools if (how := round_of(target, pool[:_MOST_POOL]))), None)
