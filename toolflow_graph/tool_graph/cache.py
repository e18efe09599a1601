"""Vectors kept: the file that ships with the catalogue, and the user's own cache on disk.

A cache file is an ``.npz``: the embedder's name, its tau, the first eight bytes of each text's SHA-256, and the vectors
in half precision. Half precision is part of the meaning: a vector that is computed afresh is rounded the same way, so
that it makes no difference to any edge whether it came from a cache.
"""

import hashlib
import io
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolflow_graph.errors import UsageError
from toolflow_graph.wording import COMMAND

Vectors = npt.NDArray[np.float32]

_VERSION = 1
_REMAKE = f"{COMMAND} tool-graph embed -o FILE.npz writes it anew"


@dataclass(frozen=True, slots=True)
class VectorCache:
    """Vectors by text hash. ``keys`` ascend; ``vectors`` has shape (len(keys), d), float16."""

    embedder: str
    tau: float
    keys: npt.NDArray[np.uint64]
    vectors: npt.NDArray[np.float16]

    def lookup(self, texts: Sequence[str]) -> tuple[npt.NDArray[np.bool_], Vectors]:
        """Which texts are here, and the vectors of those, shape (found, d), float32, rows of length one."""
        wanted = hash_texts(texts)
        places = np.searchsorted(self.keys, wanted)
        places[places == len(self.keys)] = 0
        found = self.keys[places] == wanted if len(self.keys) else np.zeros(len(texts), np.bool_)
        return found, quantise(self.vectors[places[found]])

    def merged(self, texts: Sequence[str], vectors: Any) -> "VectorCache":
        """With these vectors added; a text that is here already gets the new one."""
        keys = np.concatenate([hash_texts(texts), self.keys])
        rows = np.concatenate([np.asarray(vectors, np.float16), self.vectors]) if len(self.keys) else vectors
        distinct, first = np.unique(keys, return_index=True)
        return VectorCache(self.embedder, self.tau, distinct, np.asarray(rows, np.float16)[first])


def hash_texts(texts: Sequence[str]) -> npt.NDArray[np.uint64]:
    """The key of each text: the first eight bytes of its SHA-256."""
    digests = b"".join(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8] for text in texts)
    return np.frombuffer(digests, dtype=">u8").astype(np.uint64)


def quantise(vectors: Any) -> Vectors:
    """Round to half precision and back to rows of length one in float32."""
    rounded = np.asarray(vectors, np.float16).astype(np.float64)
    norms = np.sqrt(np.einsum("ij,ij->i", rounded, rounded))[:, None]
    norms[norms == 0] = 1.0
    return np.asarray(rounded / norms, np.float32)


def build_cache(embedder: str, tau: float, texts: Sequence[str] = (), vectors: Any = None) -> VectorCache:
    """A cache of these texts; without texts, an empty one."""
    empty = VectorCache(embedder, tau, np.zeros(0, np.uint64), np.zeros((0, 0), np.float16))
    return empty.merged(texts, vectors) if len(texts) else empty


def load_cache(path: Path | str) -> VectorCache:
    """Read a cache file.

    Raises:
        UsageError: if the file is missing, broken, or of another version.
    """
    try:
        return _parse_cache(Path(path).read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read the vector cache {str(path)!r}: {error.strerror}", hint=_REMAKE) from None
    except Exception as error:  # whatever zipfile, zlib or NumPy say of a damaged file
        said = str(error) or type(error).__name__
        raise UsageError(
            f"the vector cache {str(path)!r} is broken: {said}",
            expected="an .npz that tool-graph embed wrote",
            hint=_REMAKE,
        ) from None


def load_shipped_cache() -> VectorCache | None:
    """The default catalogue's Sentence-BERT vectors; None where the package came without them.

    Raises:
        UsageError: if the file is broken.
    """
    resource = files("toolflow_graph.tools_catalog") / "vectors.npz"
    if not resource.is_file():
        return None
    try:
        return _parse_cache(resource.read_bytes())
    except Exception as error:
        raise UsageError(f"the shipped vectors are broken: {error}", hint="reinstall the package") from None


def write_cache(path: Path, cache: VectorCache) -> None:
    """Write atomically; the same content gives the same bytes.

    Raises:
        OSError: if the place cannot be written.
    """
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        version=np.int64(_VERSION),
        embedder=np.str_(cache.embedder),
        tau=np.float64(cache.tau),
        keys=cache.keys,
        vectors=cache.vectors,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(buffer.getvalue())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _parse_cache(data: bytes) -> VectorCache:
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        version = int(file["version"])
        if version != _VERSION:
            raise ValueError(f"version {version} instead of {_VERSION}")
        cache = VectorCache(str(file["embedder"]), float(file["tau"]), file["keys"], file["vectors"])
    keys, vectors = cache.keys, cache.vectors
    if keys.dtype != np.uint64 or vectors.dtype != np.float16 or vectors.ndim != 2 or keys.shape != vectors.shape[:1]:
        raise ValueError(f"keys {keys.dtype}{keys.shape} do not fit vectors {vectors.dtype}{vectors.shape}")
    if np.any(keys[1:] <= keys[:-1]) or not np.isfinite(vectors).all():
        raise ValueError("keys out of order or vectors not finite")
    return cache


def default_cache_dir() -> Path:
    """``$XDG_CACHE_HOME/toolflow-graph``, or ``~/.cache/toolflow-graph``."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "toolflow-graph"


def slug_of(cache_key: str) -> str:
    """A file name (without its ending) for a cache key: readable, and told apart by a hash."""
    slug = re.sub(r"[^A-Za-z0-9.-]+", "-", cache_key)[:60]
    return f"{slug}-{hashlib.sha256(cache_key.encode()).hexdigest()[:8]}"


class DiskCache:
    """One file per embedder in ``folder``. Trouble with it never stops a run; ``notes`` say what was the matter."""

    def __init__(self, folder: Path, cache_key: str, tau: float) -> None:
        self.path = folder / "vectors" / f"{slug_of(cache_key)}.npz"
        self.notes: list[str] = []
        self._cache = build_cache(cache_key, tau)
        if self.path.is_file():
            try:
                stored = load_cache(self.path)
            except UsageError as error:
                self.notes.append(f"{error.problem}; computed anew")
            else:
                self._cache = stored if stored.embedder == cache_key else self._cache

    def embed(
        self,
        texts: Sequence[str],
        compute: Callable[[Sequence[str]], Any],
        progress: Callable[[int, int], None] | None = None,
        batch: int = 2048,
    ) -> Vectors:
        """The vectors of ``texts``, computing those that are missing; each computed batch is kept at once.

        ``progress`` is told how many of the missing texts are done, and of how many.
        """
        found, _ = self._cache.lookup(texts)
        missing = [text for text, known in zip(texts, found, strict=True) if not known]
        for start in range(0, len(missing), batch):
            part = missing[start : start + batch]
            self._cache = self._cache.merged(part, compute(part))
            self._save()
            if progress:
                progress(start + len(part), len(missing))
        return self._cache.lookup(texts)[1]

    def _save(self) -> None:
        try:
            write_cache(self.path, self._cache)
        except OSError as error:
            note = f"the vectors were not kept in {str(self.path)!r}: {error.strerror or error}"
            if note not in self.notes:
                self.notes.append(note)
