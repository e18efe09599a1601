"""The ``lexical`` embedder: character n-gram TF-IDF with hashed features, in NumPy alone.

No model and no download: 3- to 5-grams of the normalised text, weighted by ``(1 + log tf) * idf`` over the texts at
hand, folded with signs into a fixed number of dimensions (feature hashing, Weinberger et al. 2009).
"""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from toolflow_graph.regexes import lazy_regex

Vectors = npt.NDArray[np.float32]

_SIZES = (3, 4, 5)
_BUCKET_BITS = 22
_CHUNK = 4096
_CAMEL = lazy_regex(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_WORD = lazy_regex(r"[\W_]+")
_U64 = np.uint64


class LexicalEmbedder:
    """Texts that share rare character n-grams are near each other.

    A vector depends on the whole list (the idf does), so a tool graph's texts are embedded in one call, never cached.
    ``tau`` is calibrated: over three labelled tool sets and the default catalogue it ties as many pairs of distinct
    texts as all-MiniLM-L6-v2 does at the paper's 0.82 (geometric mean of the ratios 0.97); half of them are the same.
    """

    name = "lexical"
    cache_key: str | None = None

    def __init__(self, dimensions: int = 512, tau: float = 0.70) -> None:
        self.dimensions = dimensions
        self.tau = tau

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Shape (n, dimensions), float32, rows of length one; the same list gives the same vectors."""
        idf = self._idf(texts)
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for start, count, rows, buckets, weights in _weighted_grams(texts):
            columns, signs = _fold(buckets, self.dimensions)
            cells = rows * self.dimensions + columns
            values = weights * idf[buckets] * signs
            block = np.bincount(cells, weights=values, minlength=count * self.dimensions)
            block = block.reshape(count, self.dimensions)
            norms = np.linalg.norm(block, axis=1, keepdims=True)
            # Signs may cancel out in theory; a row of zeros would then be near nothing, not even itself.
            block[norms[:, 0] == 0, 0] = 1.0
            norms[norms == 0] = 1.0
            vectors[start : start + count] = block / norms
        return vectors

    def _idf(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        seen = np.zeros(1 << _BUCKET_BITS, dtype=np.int64)
        for _, _, _, buckets, _ in _weighted_grams(texts):
            seen += np.bincount(buckets, minlength=seen.size)
        return np.asarray(np.log((1.0 + len(texts)) / (1.0 + seen)) + 1.0, np.float64)


def normalise_text(text: str) -> str:
    """Lower-case words with single blanks around; ``departureAirport`` and ``departure_airport`` become the same."""
    spaced = _CAMEL.sub(" ", unicodedata.normalize("NFKC", text))
    return f" {_NO_WORD.sub(' ', spaced).strip().lower() or text.strip()} "


def _weighted_grams(texts: Sequence[str]) -> Iterator[tuple[int, int, Any, Any, Any]]:
    """Per chunk: its start and size, then per distinct n-gram of a text its row in the chunk, bucket and 1 + log tf."""
    for start in range(0, len(texts), _CHUNK):
        part = [normalise_text(text) for text in texts[start : start + _CHUNK]]
        codes = np.frombuffer("".join(part).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(_U64)
        owner = np.repeat(np.arange(len(part), dtype=np.int64), [len(text) for text in part])
        keys = []
        for size in _SIZES:
            if codes.size < size:
                continue
            last = codes.size - size + 1
            rolled = np.full(last, size, dtype=_U64)
            for offset in range(size):
                rolled = rolled * _U64(0x100000001B3) + codes[offset : offset + last]
            inside = owner[:last] == owner[size - 1 :]
            buckets = (mix_bits(rolled[inside]) >> _U64(64 - _BUCKET_BITS)).astype(np.int64)
            keys.append((owner[:last][inside] << _BUCKET_BITS) | buckets)
        distinct, counts = np.unique(np.concatenate(keys or [np.zeros(0, np.int64)]), return_counts=True)
        yield start, len(part), distinct >> _BUCKET_BITS, distinct & ((1 << _BUCKET_BITS) - 1), 1.0 + np.log(counts)


def mix_bits(values: Any) -> Any:
    """splitmix64's finaliser (public domain, Vigna): spreads neighbouring codes over all bits."""
    values = (values ^ (values >> _U64(30))) * _U64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> _U64(27))) * _U64(0x94D049BB133111EB)
    return values ^ (values >> _U64(31))


def _fold(buckets: Any, dimensions: int) -> tuple[Any, Any]:
    mixed = mix_bits(buckets.astype(_U64) + _U64(0x9E3779B97F4A7C15))
    columns = (mixed % _U64(dimensions)).astype(np.int64)
    return columns, np.where(mixed >> _U64(63), 1.0, -1.0)
