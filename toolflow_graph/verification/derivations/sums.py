"""Small calculations, each told by how probable it is that one of them fits by accident. Pure."""

import math
import re
from collections.abc import Iterable, Sequence
from copy import copy
from itertools import accumulate, combinations, product
from typing import NamedTuple

from toolflow_graph.regexes import lazy_regex

# The share of wrong values that calculations may let pass by accident, without and with words that tell of one.
ROOM, ROOM_IF_TOLD = 0.1, 0.4
# So few candidates are tried for any number.
_FEW = 12
_MOST_IN_SUBSETS = 9
_MOST_IN_TRIPLES = 7
_MOST_IN_BASKET = 6


class Target:
    """A number to be explained: it fits what comes within ``slack`` of it.

    Args:
        step: the worth of its last digit as written.
        told: the sentence tells of a calculation.
        compared: the sentence tells of an average or of how far things lie apart.
        quotients: two numbers may be multiplied or divided, too (nobody divides a weight by a price to count days).
        exact: sums and products come out as written; nothing is rounded.
    """

    def __init__(
        self,
        value: float,
        step: float,
        *,
        told: bool,
        compared: bool = True,
        quotients: bool = True,
        percent: bool = False,
        exact: bool = False,
    ) -> None:
        self.value = value
        self.quotients = quotients
        self.compared = compared
        self.step = step
        self.slack = 0.0051 if exact else step * 0.51
        self.percent = percent
        self._room = ROOM_IF_TOLD if told or percent else ROOM
        if step >= 1 and value < 100 and not percent:
            # Two digits say little: many calculations come to them, and few of them are worth an objection.
            self._room *= 1.5 if told else 2.5
        self._fresh = True

    def alone(self) -> "Target":
        """The same number with all its room: for a round that takes none from the others."""
        other = copy(self)
        other._room, other._fresh = ROOM_IF_TOLD, True
        return other

    def fits(self, other: float) -> bool:
        return abs(self.value - other) <= self.slack

    def rounds(self, other: float) -> bool:
        """Like fits; quotients are rounded to the last digit, too."""
        return abs(self.value - other) <= max(self.slack, self.step * 0.51)

    def allows(self, candidates: int, operands: Sequence[float]) -> bool:
        """Whether one more round of so many candidates is unlikely to fit by accident; if so, it counts as done."""
        # What comes of numbers is about as large as they are; percentages end at a hundred.
        spread = 100.0 if self.percent else 2 * max(abs(self.value), _middle(operands), self.step)
        left = self._room - candidates * self.step / spread
        if left < 0 and not (self._fresh and candidates <= _FEW):
            return False
        self._room, self._fresh = left, False
        return True


def _middle(numbers: Sequence[float]) -> float:
    return abs(sorted(numbers, key=abs)[len(numbers) // 2]) if numbers else 0.0


def _pool(numbers: Iterable[float]) -> list[float]:
    """Each number once, without its sign; not those that nothing is sensibly divided by or added to."""
    return list(dict.fromkeys(abs(number) for number in numbers if 1e-9 < abs(number) < 1e15))


def whole_of(target: Target, numbers: Sequence[float]) -> str | None:
    """What a whole list comes to: its sum, average, median or range."""
    count = len(numbers)
    if count < 2 or target.percent or not target.allows(4, numbers):
        return None
    if target.fits(abs(sum(numbers))):
        return "the sum of a list"
    if not target.compared:
        return None
    ordered = sorted(numbers)
    middle = count // 2
    wholes = (abs(sum(numbers)) / count, abs(ordered[middle] + ordered[~middle]) / 2, ordered[-1] - ordered[0])
    return "the average, median or range of a list" if any(map(target.rounds, wholes)) else None


def average_of(target: Target, numbers: Sequence[float]) -> str | None:
    """The average or median of a list; unlike :func:`whole_of` also of percentages."""
    if len(numbers) < 2 or not target.allows(2, numbers):
        return None
    ordered, middle = sorted(numbers), len(numbers) // 2
    wholes = (sum(numbers) / len(numbers), (ordered[middle] + ordered[~middle]) / 2)
    return "the average or median of a list" if any(map(target.rounds, wholes)) else None


def some_of(target: Target, numbers: Sequence[float]) -> str | None:
    """The sum of neighbours in a list, as the items above a total are, or of any of a few."""
    count = len(numbers)
    if count < 3 or target.percent:
        return None
    if target.allows(count * count // 2, numbers):
        for start in range(count - 1):
            if any(map(target.fits, accumulate(numbers[start:]))):
                return "the sum of neighbours"
    if count <= _MOST_IN_SUBSETS and target.allows(2**count, numbers):
        for size in range(2, count):
            if any(target.fits(sum(chosen)) for chosen in combinations(numbers, size)):
                return "the sum of some"
    return None


def two_of(target: Target, numbers: Iterable[float]) -> str | None:
    """Two numbers added, subtracted, multiplied, divided, or the one as a share of the other; or one inverted."""
    pool = _pool(numbers)
    pairs = len(pool) * (len(pool) - 1) // 2
    if not target.allows(3 * pairs if target.percent else 4 * pairs + len(pool), pool):
        return None
    if target.percent:
        return _share(target, pool)
    for place, first in enumerate(pool):
        if target.rounds(1 / first):
            return f"1 divided by {first:g}"
        for second in pool[place + 1 :]:
            low, high = (first, second) if first <= second else (second, first)
            if target.fits(high - low) or target.fits(high + low):
                return f"{high:g} and {low:g}, added or subtracted"
            if target.quotients and (
                target.rounds(high * low)
                or target.rounds(high / low)
                or target.fits(math.ceil(high / low))
                or (target.value < 1 and target.rounds(low / high))
            ):
                return f"{high:g} and {low:g}, multiplied or divided"
    return None


def _share(target: Target, pool: Sequence[float]) -> str | None:
    for low, high in combinations(sorted(pool), 2):
        if any(target.fits(100 * share) for share in (low / high, (high - low) / high, (high - low) / low)):
            return f"{low:g} of {high:g} as a share"
    return None


def share_with(target: Target, anchors: Sequence[float], numbers: Sequence[float]) -> str | None:
    """One number that the sentence names as a share of another of the same object, or the change between them."""
    for anchor in anchors:
        if anchor in numbers and target.allows(3 * len(numbers), numbers):
            for number in numbers:
                if number not in (0, anchor) and (how := _share(target, (abs(number), abs(anchor)))):
                    return how
    return None


def of_limits(target: Target, numbers: Sequence[float], limits: Sequence[float]) -> str | None:
    """A number as a share of a limit, a goal or a possible total, or what is left to it as one."""
    pairs = [(number, limit) for limit in limits for number in numbers if limit and number != limit]
    if not pairs or not target.allows(2 * len(pairs), numbers):
        return None
    for number, limit in pairs:
        if target.fits(100 * abs(number) / limit) or target.fits(100 * abs(limit - number) / limit):
            return f"{number:g} of {limit:g} as a share"
    return None


def share_of_all(target: Target, numbers: Sequence[float]) -> str | None:
    """One number of a list, or two together, as a share of the whole."""
    total, count = sum(numbers), len(numbers)
    if not 3 <= count <= _MOST_IN_SUBSETS or total <= 0 or not target.allows(count * (count + 1) // 2, numbers):
        return None
    parts = (sum(chosen) for size in (1, 2) for chosen in combinations(numbers, size))
    return "a share of the whole" if any(target.fits(100 * part / total) for part in parts) else None


def three_of(target: Target, numbers: Iterable[float]) -> str | None:
    """Three of a few numbers: a times b by c, a times b and c, a and b times c, all three added up."""
    pool = _pool(numbers)
    count = len(pool)
    if target.percent or not 3 <= count <= _MOST_IN_TRIPLES:
        return None
    if not target.allows(4 * count * (count - 1) * (count - 2) // 2, pool):
        return None
    for first, second in combinations(pool, 2):
        for third in pool:
            if third in (first, second):
                continue
            product = first * second
            if target.rounds(product / third) or target.fits(product + third) or target.fits(abs(product - third)):
                return f"{first:g} times {second:g}, and {third:g}"
            if target.rounds((first + second) * third) or target.rounds(abs(first - second) * third):
                return f"{first:g} and {second:g}, times {third:g}"
            if target.fits(first + second + third) or target.fits(abs(first + second - third)):
                return f"{first:g}, {second:g} and {third:g}"
    return None


def times_of(target: Target, numbers: Sequence[float], counts: Sequence[float]) -> str | None:
    """A number so many times, or divided into so many parts."""
    if target.percent or not target.allows(2 * len(numbers) * len(counts), numbers):
        return None
    for count in counts:
        if any(target.fits(n * count) or target.rounds(n / count) for n in numbers if n != count):
            return f"{count:g} times a known number, or a part of it"
    return None


def gap_of(target: Target, numbers: Sequence[float], limits: Sequence[float]) -> str | None:
    """How far a number is from a limit, a goal or a total."""
    if target.percent or not target.allows(len(numbers) * len(limits), numbers):
        return None
    pairs = ((number, limit) for number in numbers for limit in limits)
    return next((f"from {a:g} to {b:g}" for a, b in pairs if target.fits(abs(a - b))), None)


def scaled(target: Target, numbers: Sequence[float], counts: Sequence[float], bases: Sequence[float]) -> str | None:
    """A number that is meant for so many (``bases``), for another count: what six need of a recipe that serves four."""
    if target.percent or not target.allows(len(numbers) * len(counts) * len(bases), numbers):
        return None
    for base in bases:
        for count in counts:
            if count != base and any(target.rounds(number * count / base) for number in numbers if number != base):
                return f"for {count:g} instead of {base:g}"
    return None


def of_shares(target: Target, numbers: Sequence[float], shares: Sequence[float]) -> str | None:
    """A share of a number, or the number with the share taken off or put on."""
    if target.percent or not target.allows(3 * len(numbers) * len(shares), numbers):
        return None
    for share in shares:
        wholes = (n for n in numbers if n != 100 * share)
        if any(target.rounds(n * part) for n in wholes for part in (share, 1 - share, 1 + share)):
            return f"{100 * share:g} percent of a known number"
    return None


def in_basket(value: float, slack: float, prices: Sequence[float], counts: Sequence[float]) -> bool:
    """Whether up to three different prices, each so many times, come to a value: two adults, a child and a car."""
    pool = _pool(prices)[:_MOST_IN_BASKET]
    parts = [[0.0, *(price * count for count in counts)] for price in pool]
    return any(
        abs(sum(chosen) - value) <= slack
        for three in combinations(parts, min(3, len(parts)))
        for chosen in product(*three)
        if sum(map(bool, chosen)) > 1 or sum(chosen) not in pool
    )


_TERM = lazy_regex(r"\s*(?:(\d+(?:\.\d+)?)|(\*\*|[-+*/^!()]))")
_EQUATION = lazy_regex(r"([$€£\d(][\w\s.,+*/^!()×÷·−$€£-]*)=\s*[$€£]?\s*\Z")
_OPERAND = lazy_regex(r"(?<![\d.,])[$€£]?\d|\(")
_IN_BRACKETS = lazy_regex(r"[^\S\n]?[€$£%]?[^\S\n]?[(=:]\s*([$€£\d][\w\s.,+*/^!×÷·−$€£-]*[\d€])\s*(?:[a-z]+)?\)?")
_TIMES_SIGN = lazy_regex(r"(?<=[\d\s])x(?=[\s\d$€£])|[×·]")


class Equation(NamedTuple):
    """An arithmetic expression in a text: what it comes to, and the numbers in it."""

    value: float
    operands: tuple[float, ...]


def equation_before(text: str) -> Equation | None:
    """The arithmetic expression that a text ends with, before an equals sign: ``2 x $1.29 =`` is 2.58."""
    match = _EQUATION.search(text[-120:])
    # Numbers of the sentence before it are no part of it: "at 4. The fares are $70 + $40 =".
    starts = _OPERAND.finditer(match[1]) if match else ()
    return next((found for start in starts if match and (found := _equation(match[1][start.start() :]))), None)


def equation_after(text: str, place: int) -> Equation | None:
    """The expression that explains the number before it: "28 EUR (2 guests x 7 nights x 2 EUR)"."""
    match = _IN_BRACKETS.match(text, place)
    return _equation(match[1]) if match and re.search(r"[-+*/x×÷·−]", match[1]) else None


def _equation(expression: str) -> Equation | None:
    written = _TIMES_SIGN.sub("*", re.sub(r"[$€£]|(?<=\d),(?=\d{3})", "", expression))
    # "2 guests * 7 nights": what is counted does not matter.
    written = re.sub(r"[^\W\d_]+", " ", written.replace("÷", "/").replace("−", "-"))
    try:
        parser = _Parser(written)
        return Equation(parser.value(), tuple(float(term) for term in parser.terms if term[0].isdigit()))
    except (ValueError, ArithmeticError):
        return None


class _Parser:
    """Plain arithmetic on a handful of numbers; anything else is a ValueError."""

    def __init__(self, text: str) -> None:
        self.terms: list[str] = []
        place = 0
        text = text.strip()
        while place < len(text):
            match = _TERM.match(text, place)
            if match is None or len(self.terms) > 40:
                raise ValueError(text)
            self.terms.append(match[1] or match[2])
            place = match.end()
        self.place = 0

    def value(self) -> float:
        value = self._sum()
        if self.place != len(self.terms):
            raise ValueError("rest")
        return value

    def _next(self) -> str:
        return self.terms[self.place] if self.place < len(self.terms) else ""

    def _take(self) -> str:
        self.place += 1
        return self.terms[self.place - 1]

    def _sum(self) -> float:
        value = self._product()
        while self._next() in ("+", "-"):
            value += self._product() if self._take() == "+" else -self._product()
        return value

    def _product(self) -> float:
        value = self._power()
        while self._next() in ("*", "/"):
            value = value * self._power() if self._take() == "*" else value / self._power()
        return value

    def _power(self) -> float:
        value = self._unit()
        if self._next() in ("^", "**"):
            self._take()
            power = self._power()
            if abs(power) > 64 or abs(value) > 1e6:
                raise ValueError("large")
            value = math.pow(value, power)
        return value

    def _unit(self) -> float:
        term = self._next()
        if term == "-":
            self._take()
            return -self._unit()
        if term == "(":
            self._take()
            value = self._sum()
            if self._next() != ")":
                raise ValueError("bracket")
            self._take()
        else:
            value = float(term)
            self._take()
        if self._next() == "!":
            self._take()
            if value != int(value) or not 0 <= value <= 20:
                raise ValueError("large")
            value = float(math.factorial(int(value)))
        return value
