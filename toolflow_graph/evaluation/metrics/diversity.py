"""H and distinct-n: how varied the words of a data set are (the paper, section 4 and A.1)."""

import numpy as np

from toolflow_graph.evaluation.metrics.ngrams import pack_ngrams
from toolflow_graph.evaluation.metrics.words import Words
from toolflow_graph.randomness import derive_seed


def measure_entropy(words: Words) -> float | None:
    """H: Shannon entropy of the word frequencies in bits, ``-sum p log2 p`` (Shannon 1948); None without a word."""
    if not len(words.ids):
        return None
    counts = np.bincount(words.ids)
    shares = counts[counts > 0] / len(words.ids)
    return abs(float(-(shares * np.log2(shares)).sum()))


def count_ngrams(words: Words, size: int) -> tuple[int, int]:
    """Distinct n-grams and all n-grams over the data set; none crosses the border of a text."""
    keys = pack_ngrams(words, size)
    if not len(keys):
        return 0, 0
    keys.sort()
    return 1 + int(np.count_nonzero(keys[1:] != keys[:-1])), len(keys)


def measure_distinct(words: Words, size: int = 3) -> float | None:
    """Distinct-n: distinct n-grams / all n-grams (Li et al. 2016); the paper's D-3. None without an n-gram."""
    distinct, whole = count_ngrams(words, size)
    return distinct / whole if whole else None


def cut_words(words: Words, count: int, *, seed: int = 0) -> Words:
    """A part of exactly ``count`` words (all of them, if there are no more): whole dialogues in an order drawn from the
    seed, the last text cut.

    Both measures depend on the size of what is measured (more words hold more kinds of words, but fewer new 3-grams),
    so data sets are only comparable at equal sizes.
    """
    if count >= len(words.ids):
        return words
    dialogues = np.unique(words.owners)
    order = np.random.default_rng(derive_seed(seed, "cut_words")).permutation(dialogues)
    rank = np.empty(int(dialogues[-1]) + 1, np.int64)
    rank[order] = np.arange(len(order))
    texts = np.argsort(rank[words.owners], kind="stable")
    ends = np.cumsum(words.lengths[texts])
    kept = texts[: int(np.searchsorted(ends, count, side="left")) + 1]
    lengths = words.lengths[kept]
    lengths[-1] -= ends[len(kept) - 1] - count
    parts = [
        words.ids[words.starts[text] : words.starts[text] + length] for text, length in zip(kept, lengths, strict=True)
    ]
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Words(np.concatenate(parts), starts, rank[words.owners[kept]].astype(np.int32), words.kinds)
