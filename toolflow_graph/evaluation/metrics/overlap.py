"""What of a data set stands in a benchmark, too: the paper's overlap analysis (section 7).

*n-gram*: a token is contaminated if it is inside an n-gram longer than 10 tokens that both sets hold; a tool leaks if
over 10 % of its tokens are contaminated. *Similarity*: a tool leaks if its cosine with any tool of the benchmark is
over 0.9. Tokens are words here (``words.py``): marks of JSON, which all tools share, are none.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolflow_graph.evaluation.metrics.ngrams import hash_ngrams, inside_texts
from toolflow_graph.evaluation.metrics.words import Words

NGRAM = 11
"""An n-gram longer than 10 tokens holds one of exactly 11, and each of its tokens lies in one."""
CONTAMINATED = 0.10
SIMILAR = 0.9


def contaminated_shares(own: Words, benchmark: Words, size: int = NGRAM) -> npt.NDArray[np.float64]:
    """The share of each text's tokens that lie in an n-gram of the benchmark, shape (texts,).

    Both come from builders that share a vocabulary. Of a text without a token, 0.
    """
    marked = mark_contaminated(own, benchmark, size)
    texts = len(own.starts) - 1
    owner = np.repeat(np.arange(texts), own.lengths)
    hit = np.bincount(owner[marked], minlength=texts)
    return np.asarray(hit / np.maximum(own.lengths, 1), np.float64)


def mark_contaminated(own: Words, benchmark: Words, size: int = NGRAM) -> npt.NDArray[np.bool_]:
    """Which of the words lie in an n-gram that the benchmark holds, shape (words,)."""
    theirs = np.unique(hash_ngrams(benchmark, size)[inside_texts(benchmark, size)])
    ours = hash_ngrams(own, size)
    marked = np.zeros(len(own.ids), np.bool_)
    if not len(theirs) or not len(ours):
        return marked
    places = np.searchsorted(theirs, ours)
    places[places == len(theirs)] = 0
    starts = np.flatnonzero((theirs[places] == ours) & inside_texts(own, size))
    borders = np.zeros(len(own.ids) + 1, np.int64)
    np.add.at(borders, starts, 1)
    np.add.at(borders, starts + size, -1)
    marked[:] = np.cumsum(borders[:-1]) > 0
    return marked


@dataclass(frozen=True, slots=True)
class Nearest:
    """For each own row: the nearest row of the benchmark and the cosine with it."""

    places: npt.NDArray[np.int64]
    cosines: npt.NDArray[np.float64]


def find_nearest(own: npt.NDArray[np.float32], benchmark: npt.NDArray[np.float32], block: int = 1024) -> Nearest:
    """The nearest neighbours among rows of length one, shapes (n, d) and (m, d) with m above 0."""
    places = np.zeros(len(own), np.int64)
    cosines = np.zeros(len(own), np.float64)
    for start in range(0, len(own), block):
        part = own[start : start + block] @ benchmark.T
        best = part.argmax(axis=1)
        places[start : start + block] = best
        # In double precision: what a BLAS does in the last places must not decide what leaks.
        exact = np.einsum("ij,ij->i", own[start : start + block], benchmark[best], dtype=np.float64)
        cosines[start : start + block] = np.round(exact, 6)
    return Nearest(places, cosines)
