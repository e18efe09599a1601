"""Percentages: shares of a whole, changes, averages. The plainest come first, as every round may fit by chance."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, combinations, islice

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.derivations.arithmetic import amounts_of
from toolflow_graph.verification.derivations.knowledge import Knowledge
from toolflow_graph.verification.derivations.lengths import texts_in
from toolflow_graph.verification.derivations.sums import Target, average_of, of_limits, share_of_all, share_with, two_of
from toolflow_graph.verification.evidence import say
from toolflow_graph.verification.reading.mentions import mentions_in
from toolflow_graph.verification.reading.wording import UNITS

_CHANGED = lazy_regex(
    r"\b(?:below|above|lower|higher|more|less|fewer|than|increas\w*|decreas\w*|drop\w*|fell|rise|rose|gr[eo]w\w*|"
    r"up|down|off|cheaper|discount\w*|sav\w+)\b",
    re.IGNORECASE,
)
_N = r"(\d[\d.,]*|" + "|".join(list(UNITS)[1:13]) + r")"
_OUT_OF = lazy_regex(rf"\b{_N} (?:\w+ )?(?:out )?of (?:the |these |all |your |our )?{_N}", re.IGNORECASE)
_AVERAGE = lazy_regex(r"\b(?:average\w*|mean|median)\b", re.IGNORECASE)
# Numbers that are no part of anything.
_NO_PART = lazy_regex(
    r"rating|score|rank|(?:^|_)id$|year|(?:^|_)age|lat|lon|lng|zip|code|number|percent|pct|rate", re.IGNORECASE
)
_MOST_NAMED, _MOST_OWN, _MOST_POOL, _FEW_RESULTS, _LONGEST = 6, 8, 40, 4, 4000


class Portions:
    """Explains the percentages of one message.

    Args:
        limits: numbers of results that are a limit, a goal or a possible total.
        sums: what the lists of prices in results come to.
        pools: the numbers of each object of the results that holds a few.
        lists: the numbers under one path of a result.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        limits: Sequence[float],
        sums: Sequence[float],
        pools: Sequence[list[float]],
        lists: Sequence[list[float]],
    ) -> None:
        self.facts = knowledge
        self.limits = limits
        self.sums = sums
        self.pools = pools
        self.lists = lists

    def explain(self, target: Target, sentence: str, named: Sequence[list[float]]) -> str | None:
        """How a percentage follows; ``named``: numbers of the objects that are named nearby, path by path."""
        mentions = mentions_in(sentence)
        anchors = [value for m in mentions for value in m.values[:1]]
        known = [value for value in anchors if self.facts.near(value, 1e-6)]
        counts = [value for m in mentions if m.kind != "percent" for value in m.values[:1]]
        worked = [value for value in counts if value in self.facts.stated and value not in known]
        stated = self.facts.stated[-_MOST_NAMED:]
        parts = [number for numbers in named for number in numbers[:_MOST_NAMED]][:_MOST_NAMED]
        return (
            self._told(target, sentence)
            or self._leading(target)
            or next((how for pool in self.pools if (how := share_with(target, anchors, pool))), None)
            or next((how for parts, whole in self._wholes if (how := _part_of(target, parts, whole))), None)
            or (self._average(target) if _AVERAGE.search(sentence) else None)
            or next((how for pool in self.pools if (how := two_of(target, pool[:_MOST_POOL]))), None)
            or next((how for total in self._totals if (how := two_of(target, total))), None)
            or next((how for pool in self._around(known) if (how := share_with(target, known, pool))), None)
            or of_limits(target, parts, self.limits)
            or next((how for pool in self._short if (how := of_limits(target, pool, self.limits))), None)
            or of_limits(target, stated, self.limits)
            or next((how for pool in self.pools[:4] if (how := share_with(target, worked, [*worked, *pool]))), None)
            or share_with(target, stated, [*stated, *self.sums[:4]])
            or next((how for limit in self.limits if (how := share_with(target, [limit], [limit, *stated]))), None)
            or (None if _CHANGED.search(sentence) else self._share_of_all(target))
        )

    def _told(self, target: Target, sentence: str) -> str | None:
        """The share that the sentence puts in words: "four of the five passed, 80 %"."""
        for match in _OUT_OF.finditer(sentence):
            part, whole = (list(say(text, None).numbers) for text in match.groups())
            if part and whole and whole[0] and target.fits(100 * part[0] / whole[0]):
                return f"{part[0]:g} of {whole[0]:g} as a share"
        return None

    def _leading(self, target: Target) -> str | None:
        """The largest shares that a text of a result lists, together: 54.8 and 25.2 of a portfolio as "80 %"."""
        for _, body in self.facts.bodies[:_FEW_RESULTS]:
            for text in islice(texts_in(body), _MOST_POOL):
                mentions = mentions_in(text[:_LONGEST]) if text.count("%") > 1 else ()
                shares = sorted((m.values[0] for m in mentions if m.kind == "percent"), reverse=True)
                sums = islice(accumulate(share for share in shares if share < 100), _MOST_OWN // 2)
                if any(target.fits(total) for total in islice(sums, 1, None)):
                    return "the largest shares together"
        return None

    def _average(self, target: Target) -> str | None:
        percentages = (numbers for numbers in self.lists if all(0 <= number <= 100 for number in numbers))
        return next((how for numbers in islice(percentages, 8) if (how := average_of(target, numbers))), None)

    def _share_of_all(self, target: Target) -> str | None:
        pools: Iterable[list[float]] = (*self.pools, *self.lists)
        return next((how for pool in pools if (how := share_of_all(target, pool[:_MOST_POOL]))), None)

    @cached_property
    def _short(self) -> list[list[float]]:
        return [numbers for numbers in self.lists if len(numbers) <= _MOST_OWN][:4]

    @cached_property
    def _totals(self) -> list[list[float]]:
        """What the columns of each list come to, if they are few."""
        return [[*total.values()] for total in self.facts.totals if len(total) <= _MOST_NAMED]

    @cached_property
    def _wholes(self) -> list[tuple[list[float], float]]:
        """The objects of results in which one number is the sum of others: their parts, and the whole."""
        owns: Iterable[Mapping[str, float]] = (*self.facts.totals, *self.facts.scalars[:20])
        counts = ([number for key, number in own.items() if not _NO_PART.search(key)] for own in owns)
        return [found for numbers in counts if (found := _parts_in(numbers)) is not None]

    def _around(self, anchors: Sequence[float]) -> Iterator[list[float]]:
        """Known numbers, each with what stands directly in an object around it: a day's steps, and the week's goal."""
        for node, own in islice(zip(self.facts.objects, self.facts.scalars, strict=False), 20):
            inside = {n for numbers in amounts_of(node).values() for n in numbers} if anchors and own else set()
            held = [anchor for anchor in anchors if anchor in inside]
            if held:
                yield [*held, *own.values()]


def _parts_in(numbers: Sequence[float]) -> tuple[list[float], float] | None:
    """The parts and the whole among a few numbers: 46, 27 and 11 of 84."""
    if not 3 <= len(numbers) <= _MOST_OWN:
        return None
    for whole in sorted(numbers, reverse=True):
        rest = [number for number in numbers if 0 < number < whole]
        for size in range(len(rest), 1, -1):
            for chosen in combinations(rest, size):
                if abs(sum(chosen) - whole) < 1e-6 * whole:
                    return list(chosen), whole
    return None


def _part_of(target: Target, parts: Sequence[float], whole: float) -> str | None:
    """One part of a whole, or two, or one without another, as a share."""
    pairs = [a + b for a, b in combinations(parts, 2)]
    if not target.allows(len(parts) * len(parts), (whole,)):
        return None
    shares = [(number, whole) for number in (*parts, *pairs)]
    shares += [(number, whole - other) for number in parts for other in parts if other != number]
    return next((f"{a:g} of {b:g} as a share" for a, b in shares if b and target.fits(100 * a / b)), None)
