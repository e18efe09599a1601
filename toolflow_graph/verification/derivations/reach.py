"""Whether known numbers come to a value at all, by any two of them and what everybody calculates with.

Among many numbers nearly everything is within reach; so this proves nothing, it only says where nothing can be proved:
a figure that was worked out is no invention because we cannot tell how.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

WITHIN_REACH = "within reach"
"""How an explanation begins that only says so much."""

_CONSTANTS = (7.0, 12.0, 24.0, 30.0, 52.0, 60.0, 100.0, 365.0, 1000.0)
_SMALLEST, _LARGEST, _EXACT = 1e-9, 1e12, 0.0051
_MOST, _FEW, _MANY = 160, 16, 20


class Reach:
    """Numbers to calculate with.

    Args:
        numbers: what is known; the first ones count if there are too many.
        few: those that may come on top as a third: what people said, what the answer itself states.
    """

    def __init__(self, numbers: Iterable[float], few: Iterable[float] = ()) -> None:
        self._numbers = sorted(_usable(numbers)[:_MOST])
        self._few = _usable(few)[:_FEW]

    def holds(self, value: float, slack: float, *, counted: bool = False) -> bool:
        """Whether two of the numbers come that close to a value; with a third one where there are many numbers.

        ``counted``: the value is a small whole number, which nothing is divided for and sums have to meet.
        """
        if not _SMALLEST < value < _LARGEST:
            return False
        goals = [(value, slack)]
        if len(self._numbers) >= _MANY:
            goals += [(abs(value + sign * few), slack) for few in self._few for sign in (1, -1)]
            for factor in (*_CONSTANTS, *self._few):
                goals += [(value * factor, slack * factor), (value / factor, slack / factor)]
        return any(self._by_two(*goal, counted) for goal in goals if goal[0] > _SMALLEST)

    def holds_share(self, share: float, slack: float) -> bool:
        """Whether one of the numbers is such a share of another, or so much more or less than it."""
        wanted = [(share, slack), (abs(1 - share), slack), (1 + share, slack)]
        return any(
            _near(self._numbers, first * part, first * near) for first in self._numbers for part, near in wanted if part
        )

    def _by_two(self, value: float, slack: float, counted: bool) -> bool:
        near = min(slack, _EXACT) if counted else slack
        for first in self._numbers:
            if (
                _near(self._numbers, abs(value - first), near)
                or _near(self._numbers, value + first, near)
                or _near(self._numbers, value / first, slack / first)
                or _near(_CONSTANTS, value / first, _EXACT / first)
                or (not counted and _near(self._numbers, first / value, slack * first / (value * value)))
                or (not counted and _near(_CONSTANTS, first / value, slack * first / (value * value)))
            ):
                return True
        return False


def _usable(numbers: Iterable[float]) -> list[float]:
    """Each number once, without its sign; nothing comes of multiplying by one."""
    return [*dict.fromkeys(abs(n) for n in numbers if _SMALLEST < abs(n) < _LARGEST and abs(n) != 1)]


def _near(ordered: Sequence[float], value: float, slack: float) -> bool:
    place = bisect_left(ordered, value - slack)
    return place < len(ordered) and ordered[place] <= value + slack
