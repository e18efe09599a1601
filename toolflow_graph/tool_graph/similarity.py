"""Which texts are near each other: exact pairs over a threshold, and the sparse rows they are kept in.

Only text-text pairs are ever stored. Tool-tool edges follow from them and from which tool holds which text; on real
APIs there are hundreds of times more of those.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from toolflow_graph.errors import UsageError

Vectors = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int32]

DECIMALS = 6
"""Similarities are rounded to this many decimals before anything is decided, so that every machine decides alike."""

_BLOCK = 2048
_SLACK = 1e-5
_MOST_PAIRS = 40_000_000


@dataclass(frozen=True, slots=True)
class SparseRows:
    """Compressed sparse rows: row i is ``columns[starts[i]:starts[i + 1]]``, ascending, with ``values`` beside it."""

    starts: npt.NDArray[np.int64]
    columns: Ids
    values: npt.NDArray[np.float64]

    @classmethod
    def build(cls, rows: Any, columns: Any, values: Any, count: int) -> "SparseRows":
        """From coordinates without repetitions; ``count`` is the number of rows."""
        rows, columns, values = (
            np.asarray(rows, np.int64),
            np.asarray(columns, np.int32),
            np.asarray(values, np.float64),
        )
        order = np.lexsort((columns, rows))
        starts = np.zeros(count + 1, np.int64)
        np.cumsum(np.bincount(rows, minlength=count), out=starts[1:])
        return cls(starts, columns[order], values[order])

    def row(self, index: int) -> Ids:
        """The columns of one row."""
        return self.columns[self.starts[index] : self.starts[index + 1]]

    def row_values(self, index: int) -> npt.NDArray[np.float64]:
        """The values of one row, in the order of its columns."""
        return self.values[self.starts[index] : self.starts[index + 1]]

    def union(self, rows: Sequence[int] | Ids, width: int) -> Ids:
        """The columns (below ``width``) that any of the rows has, ascending."""
        hit = np.zeros(width, np.bool_)
        for index in rows:
            hit[self.row(int(index))] = True
        return np.flatnonzero(hit).astype(np.int32)


def find_pairs(vectors: Vectors, tau: float) -> tuple[Ids, Ids, npt.NDArray[np.float64]]:
    """All i < j with cos > tau, strictly (paper, 3.1.1), after rounding to six decimals.

    Args:
        vectors: shape (n, d), rows of length one.
        tau: the threshold; a similarity equal to it is no pair.

    Returns:
        i, j and the rounded similarity of each pair, sorted by (i, j).

    Raises:
        UsageError: if more than 40 million pairs pass.
    """
    lefts: list[Ids] = [np.zeros(0, np.int32)]
    rights: list[Ids] = [np.zeros(0, np.int32)]
    values: list[npt.NDArray[np.float64]] = [np.zeros(0, np.float64)]
    found = 0
    for start in range(0, len(vectors), _BLOCK):
        block = vectors[start : start + _BLOCK]
        for other in range(start, len(vectors), _BLOCK):
            near = block @ vectors[other : other + _BLOCK].T
            left, right = np.nonzero(near > tau - _SLACK)
            left, right = left + start, right + other
            upper = left < right
            left, right = left[upper], right[upper]
            exact = _exact(vectors, left, right)
            keep = exact > tau
            lefts.append(left[keep].astype(np.int32))
            rights.append(right[keep].astype(np.int32))
            values.append(exact[keep])
            found += int(keep.sum())
            if found > _MOST_PAIRS:
                raise UsageError(
                    f"tau {tau!r} ties more than {_MOST_PAIRS:,} pairs of {len(vectors):,} texts",
                    expected="a threshold that only related fields pass",
                    hint="a higher --tau",
                )
    all_left, all_right, all_values = np.concatenate(lefts), np.concatenate(rights), np.concatenate(values)
    order = np.lexsort((all_right, all_left))
    return all_left[order], all_right[order], all_values[order]


def build_text_neighbours(vectors: Vectors, tau: float) -> SparseRows:
    """Per text the texts near it, both ways, and itself: equal texts have similarity 1 exactly."""
    left, right, value = find_pairs(vectors, tau)
    own = np.arange(len(vectors) if tau < 1 else 0, dtype=np.int32)
    return SparseRows.build(
        np.concatenate([left, right, own]),
        np.concatenate([right, left, own]),
        np.concatenate([value, value, np.ones(len(own))]),
        len(vectors),
    )


def _exact(vectors: Vectors, left: Any, right: Any) -> npt.NDArray[np.float64]:
    """The survivors' cosines in double precision: what a BLAS does in the last places must not decide an edge."""
    result = np.empty(len(left), np.float64)
    for start in range(0, len(left), 65_536):
        part = slice(start, start + 65_536)
        a, b = vectors[left[part]].astype(np.float64), vectors[right[part]].astype(np.float64)
        result[part] = np.einsum("ij,ij->i", a, b)
    return np.asarray(np.round(np.clip(result, -1.0, 1.0), DECIMALS), np.float64)
