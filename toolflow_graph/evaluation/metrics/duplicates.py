"""Dialogues that are there twice, word for word or nearly.

Exact: the same words in the same order (case and punctuation do not count). Near: Jaccard similarity of the sets of
5-word shingles of at least 0.8 (Broder 1997, "On the resemblance and containment of documents"). Candidates come from
MinHash signatures of 128 permutations in 32 bands of 4 (a pair at 0.8 is a candidate with a chance above 0.9999999);
each candidate is verified on the sets themselves, so nothing that is reported rests on an estimate.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolflow_graph.evaluation.metrics.ngrams import hash_ngrams, inside_texts
from toolflow_graph.evaluation.metrics.words import Words
from toolflow_graph.randomness import derive_seed
from toolflow_graph.tool_graph.lexical import mix_bits

SHINGLE, THRESHOLD = 5, 0.8
PERMUTATIONS, ROWS = 128, 4
_MARGIN = 0.16
"""How far an estimate may lie below the threshold and still be verified: over four standard deviations."""
_U64 = np.uint64

Shingles = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Dialogues (places, ascending) that are linked by being alike; ``similarity``: the least Jaccard of the links
    that were verified to join them."""

    members: tuple[int, ...]
    similarity: float


@dataclass(frozen=True, slots=True)
class Duplicates:
    """``exact``: groups of dialogues with the same words. ``near``: clusters of the rest, one of each exact group."""

    exact: tuple[tuple[int, ...], ...]
    near: tuple[Cluster, ...]

    @property
    def exact_extra(self) -> int:
        """Dialogues that could go because another one has the same words."""
        return sum(len(group) - 1 for group in self.exact)

    @property
    def near_extra(self) -> int:
        """Dialogues that could go beside those because another one is nearly the same."""
        return sum(len(cluster.members) - 1 for cluster in self.near)


def find_duplicates(dialogues: Words, *, threshold: float = THRESHOLD) -> Duplicates:
    """Duplicates among texts, one a dialogue (``Words.by_owner``); dialogues without a word are left out."""
    groups = _group_exact(dialogues)
    firsts = [group[0] for group in groups]
    sets = [shingle(dialogues, place) for place in firsts]
    near = [
        Cluster(tuple(firsts[member] for member in cluster.members), cluster.similarity)
        for cluster in _cluster(sets, threshold)
    ]
    return Duplicates(tuple(tuple(group) for group in groups if len(group) > 1), tuple(near))


def shingle(dialogues: Words, place: int, size: int = SHINGLE) -> Shingles:
    """The set of a text's shingles as sorted hashes; a text shorter than a shingle is one shingle."""
    start, end = int(dialogues.starts[place]), int(dialogues.starts[place + 1])
    ids = dialogues.ids[start:end]
    own = Words(ids, np.array([0, len(ids)]), np.zeros(1, np.int32), dialogues.kinds)
    hashes = hash_ngrams(own, min(size, max(len(ids), 1)))
    return np.unique(hashes[inside_texts(own, min(size, max(len(ids), 1)))])


def measure_jaccard(left: Shingles, right: Shingles) -> float:
    """Shared shingles / all shingles of two sets."""
    shared = len(np.intersect1d(left, right, assume_unique=True))
    whole = len(left) + len(right) - shared
    return shared / whole if whole else 0.0


def build_signatures(sets: Iterable[Shingles], permutations: int = PERMUTATIONS) -> npt.NDArray[np.uint32]:
    """MinHash signatures, shape (sets, permutations): the share of equal places estimates the Jaccard similarity.

    Each permutation is a random odd multiplier and an offset in 64-bit arithmetic of which the upper half counts
    (multiply-shift hashing, Dietzfelbinger et al. 1997); every set has to hold something.
    """
    sets = list(sets)
    lengths = np.array([len(each) for each in sets], np.int64)
    if not len(sets):
        return np.zeros((0, permutations), np.uint32)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    hashes = np.concatenate(sets)
    rng = np.random.default_rng(derive_seed("minhash"))
    odd = rng.integers(0, 2**63, permutations, dtype=_U64) * _U64(2) + _U64(1)
    offsets = rng.integers(0, 2**63, permutations, dtype=_U64)
    found = np.empty((len(sets), permutations), np.uint32)
    for column in range(permutations):
        permuted = (mix_bits(hashes ^ offsets[column]) * odd[column]) >> _U64(32)
        found[:, column] = np.minimum.reduceat(permuted, starts)
    return found


def _group_exact(dialogues: Words) -> list[list[int]]:
    groups: dict[bytes, list[int]] = defaultdict(list)
    for place in range(len(dialogues.starts) - 1):
        words = dialogues.ids[dialogues.starts[place] : dialogues.starts[place + 1]]
        if len(words):
            groups[hashlib.sha256(words.tobytes()).digest()].append(place)
    return list(groups.values())


def _cluster(sets: list[Shingles], threshold: float) -> list[Cluster]:
    """Connected components over the pairs that reach the threshold, of two and more."""
    joined = _Joined(len(sets))
    signatures = build_signatures(sets)
    for bucket in _buckets(signatures):
        for place in range(1, len(bucket)):
            own, before = bucket[place], bucket[:place]
            alike = (signatures[before] == signatures[own]).mean(axis=1) >= threshold - _MARGIN
            for other in before[alike]:
                if joined.root(int(own)) != joined.root(int(other)):
                    similarity = measure_jaccard(sets[own], sets[other])
                    if similarity >= threshold:
                        joined.join(int(own), int(other), similarity)
    return joined.clusters()


def _buckets(signatures: npt.NDArray[np.uint32]) -> Iterator[npt.NDArray[np.int64]]:
    """Places whose signatures agree in all rows of a band."""
    for band in range(0, signatures.shape[1] - ROWS + 1, ROWS):
        keys = np.zeros(len(signatures), _U64)
        for column in range(band, band + ROWS):
            keys = mix_bits(keys * _U64(0x100000001B3) + signatures[:, column])
        order = np.argsort(keys, kind="stable")
        borders = np.flatnonzero(np.diff(keys[order])) + 1
        for bucket in np.split(order, borders):
            if len(bucket) > 1:
                yield bucket


class _Joined:
    """Disjoint sets of places, with the least similarity that joined each."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))
        self._least = [1.0] * count

    def root(self, place: int) -> int:
        while self._above[place] != place:
            self._above[place] = self._above[self._above[place]]
            place = self._above[place]
        return place

    def join(self, left: int, right: int, similarity: float) -> None:
        first, second = sorted((self.root(left), self.root(right)))
        self._above[second] = first
        self._least[first] = min(self._least[first], self._least[second], similarity)

    def clusters(self) -> list[Cluster]:
        members: dict[int, list[int]] = defaultdict(list)
        for place in range(len(self._above)):
            members[self.root(place)].append(place)
        return [Cluster(tuple(each), self._least[root]) for root, each in members.items() if len(each) > 1]
