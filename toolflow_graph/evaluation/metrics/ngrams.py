"""Runs of n words inside texts: exact keys for counting, 64-bit hashes for looking up."""

import numpy as np
import numpy.typing as npt

from toolflow_graph.evaluation.metrics.words import Words
from toolflow_graph.tool_graph.lexical import mix_bits

_U64 = np.uint64
_BITS = 63


def inside_texts(words: Words, size: int) -> npt.NDArray[np.bool_]:
    """For each place at which a run of ``size`` words could start: whether it stays inside one text."""
    last = max(len(words.ids) - size + 1, 0)
    owner = np.repeat(np.arange(len(words.starts) - 1, dtype=np.int32), words.lengths)
    return np.asarray(owner[:last] == owner[size - 1 :][:last])


def pack_ngrams(words: Words, size: int) -> npt.NDArray[np.int64]:
    """One key an n-gram (in the order of the texts); two keys are equal if and only if the n-grams are.

    Numbers of words are packed into one int64 while they fit (three words of a vocabulary below two million); where
    they do not, the keys so far are numbered afresh, so that the result stays exact.
    """
    last = max(len(words.ids) - size + 1, 0)
    keys = words.ids[:last].astype(np.int64)
    width = max(int(words.kinds - 1).bit_length(), 1)
    used = width
    for offset in range(1, size):
        if used + width > _BITS:
            keys = np.unique(keys, return_inverse=True)[1].astype(np.int64)
            used = max(len(keys).bit_length(), 1)
        keys = (keys << width) | words.ids[offset : offset + last]
        used += width
    return np.asarray(keys[inside_texts(words, size)])


def hash_ngrams(words: Words, size: int) -> npt.NDArray[np.uint64]:
    """A hash for each place, shape (words - size + 1,); those that cross texts are to be masked with inside_texts.

    Two different n-grams share one with a chance of 2**-64: for a hundred thousand times a hundred million, one in two
    million.
    """
    last = max(len(words.ids) - size + 1, 0)
    mixed = mix_bits(words.ids.astype(_U64) + _U64(0x9E3779B97F4A7C15))
    rolled = np.full(last, size, dtype=_U64)
    for offset in range(size):
        rolled = rolled * _U64(0x100000001B3) + mixed[offset : offset + last]
    return np.asarray(mix_bits(rolled))
