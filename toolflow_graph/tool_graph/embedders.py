"""The embedder port, and how ``--embedder`` becomes one.

Every default is loaded by the same path as a user's own: a known name (with an argument after a colon), a reference, or
a vector file. The choice is never silent: it comes with a reason to print and to record.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from toolflow_graph.errors import UsageError
from toolflow_graph.references import is_reference, load_reference
from toolflow_graph.tool_graph.cache import (
    DiskCache,
    VectorCache,
    default_cache_dir,
    load_cache,
    load_shipped_cache,
)
from toolflow_graph.wording import COMMAND, count_of

Vectors = npt.NDArray[np.float32]

_ROOM = "toolflow_graph.tool_graph"
KNOWN = {
    "sbert": f"{_ROOM}.sbert:SbertEmbedder",
    "lexical": f"{_ROOM}.lexical:LexicalEmbedder",
    "openai": f"{_ROOM}.remote:OpenAIEmbedder",
}
_WITH_ARGUMENT = ("sbert", "openai")
_FORMS = (
    "auto, lexical, sbert[:MODEL_OR_FOLDER], openai[:MODEL[@BASE_URL]], FILE.npz, package.module:attr, file.py:attr"
)


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into vectors whose dot product says how related they are.

    ``name`` is what run and record say. ``tau`` is this embedder's threshold (the paper's 0.82 belongs to MiniLM).
    ``embed`` returns shape (n, d), one row a text; rows are scaled to length one by the caller if they are not yet. All
    texts of a tool graph come in one call, so a vector may depend on the others.

    Optional: ``cache_key``, a string that changes whenever the vectors would; only an embedder that has one, and whose
    vectors depend on their own text alone, is cached on disk.
    """

    @property
    def name(self) -> str: ...
    @property
    def tau(self) -> float: ...

    def embed(self, texts: Sequence[str]) -> npt.NDArray[Any]: ...


@dataclass(frozen=True, slots=True)
class ChosenEmbedder:
    """An embedder and why it is this one, fit to print ("auto: shipped ... vectors cover all 1,893 texts")."""

    embedder: Embedder
    reason: str


class CachedEmbedder:
    """Vectors from a file and from nowhere else."""

    cache_key: str | None = None

    def __init__(self, cache: VectorCache, origin: str) -> None:
        self._cache, self._origin = cache, origin
        self.name, self.tau = cache.embedder, cache.tau

    def count_missing(self, texts: Sequence[str]) -> int:
        """How many of the texts the file has no vector for."""
        return int((~self._cache.lookup(texts)[0]).sum())

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Shape (n, d), float32, rows of length one.

        Raises:
            UsageError: if a text is missing.
        """
        found, vectors = self._cache.lookup(texts)
        if not found.all():
            example = texts[int(np.argmin(found))]
            raise UsageError(
                f"{self._origin} lack {int((~found).sum()):,} of {len(texts):,} texts, the first is {example[:80]!r}",
                expected="a vector for every field text of the tools: embedders are never mixed",
                hint=f"{COMMAND} tool-graph embed --tools SOURCE -o FILE.npz",
            )
        return vectors


def load_embedder(spec: str = "auto", texts: Sequence[str] = (), *, shipped: Path | None = None) -> ChosenEmbedder:
    """The embedder that ``spec`` names.

    ``auto`` takes the shipped vectors if they cover every one of ``texts``, else Sentence-BERT if it is installed and
    its default model on this machine, else ``lexical``. It never downloads anything.

    Args:
        spec: ``auto``, a name in ``KNOWN`` with an optional ``:argument``, a vector file (``.npz``), or a reference
            to an embedder, its class, or a function that makes one.
        texts: what will be embedded; only ``auto`` looks at it.
        shipped: a vector file instead of the one that comes with the package.

    Raises:
        UsageError: if the spec names nothing, or what it names is no embedder.
    """
    if spec == "auto":
        return _choose(texts, shipped)
    head, colon, argument = spec.partition(":")
    if spec.endswith(".npz"):
        return ChosenEmbedder(CachedEmbedder(load_cache(Path(spec).expanduser()), f"the vectors in {spec!r}"), spec)
    if head in KNOWN and (not colon or (head in _WITH_ARGUMENT and argument)):
        made = load_reference(head, what="embedder", known=KNOWN)
        return ChosenEmbedder(check_embedder(made(argument) if colon else made(), spec), spec)
    if head in KNOWN or not is_reference(spec):
        raise UsageError(f"{spec!r} names no embedder", expected=_FORMS, known=["auto", *sorted(KNOWN)])
    found = load_reference(spec, what="embedder", known=KNOWN)
    if callable(found) and (isinstance(found, type) or not hasattr(found, "embed")):
        try:
            found = found()
        except UsageError:
            raise
        except Exception as error:
            raise UsageError(f"{spec!r} fails to make an embedder: {type(error).__name__}: {error}") from error
    return ChosenEmbedder(check_embedder(found, spec), spec)


def check_embedder(thing: Any, given: str) -> Embedder:
    """``thing`` if it implements the port; a UsageError that says what is missing if not."""
    lacking = [name for name in ("name", "tau", "embed") if not hasattr(thing, name)]
    if lacking:
        raise UsageError(
            f"{given!r} is no embedder: it has no {', '.join(lacking)}",
            expected="name: str, tau: float, embed(texts) -> array of shape (len(texts), d)",
        )
    if not isinstance(thing.tau, int | float):
        raise UsageError(f"{given!r}: its tau is {thing.tau!r}", expected="a number")
    result: Embedder = thing
    return result


def _choose(texts: Sequence[str], shipped: Path | None) -> ChosenEmbedder:
    from toolflow_graph.tool_graph.lexical import LexicalEmbedder
    from toolflow_graph.tool_graph.sbert import SbertEmbedder

    try:
        cache = load_cache(shipped) if shipped else load_shipped_cache()
    except UsageError as error:
        cache, why = None, error.problem
    else:
        why = "no shipped vectors"
    if cache is not None:
        cached = CachedEmbedder(cache, "the shipped vectors")
        lacking = cached.count_missing(texts)
        if not lacking:
            covered = f"cover all {count_of(len(texts), 'text')}" if texts else "(the tools have no field to compare)"
            return ChosenEmbedder(cached, f"auto: shipped {cache.embedder} vectors {covered}")
        why = f"the shipped vectors lack {lacking:,} of {count_of(len(texts), 'text')}"
    if not SbertEmbedder.is_installed():
        return ChosenEmbedder(LexicalEmbedder(), f"auto: lexical; {why}, and sentence-transformers is not installed")
    sbert = SbertEmbedder(local_only=True)
    try:
        sbert.load()
    except UsageError as error:
        return ChosenEmbedder(LexicalEmbedder(), f"auto: lexical; {why}, and {error.problem}")
    return ChosenEmbedder(sbert, f"auto: {sbert.name}; {why}")


def embed_texts(
    embedder: Embedder,
    texts: Sequence[str],
    *,
    cache_dir: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Vectors, tuple[str, ...]]:
    """The vectors of ``texts``, through the disk cache where the embedder allows it.

    Args:
        cache_dir: where that cache lies; None is :func:`~toolflow_graph.tool_graph.cache.default_cache_dir`.
        progress: told (done, of) for texts that have to be computed.

    Returns:
        Vectors of shape (n, d), float32, rows of length one; and notes about the cache, fit to print.

    Raises:
        UsageError: if the embedder fails, or returns another shape or numbers that are not finite.
    """
    if not texts:
        return np.zeros((0, 1), np.float32), ()

    def compute(part: Sequence[str]) -> Vectors:
        return _checked(embedder, part)

    cache_key = getattr(embedder, "cache_key", None)
    if not cache_key:
        return compute(texts), ()
    disk = DiskCache(cache_dir or default_cache_dir(), cache_key, embedder.tau)
    vectors = disk.embed(texts, compute, progress)
    return vectors, tuple(disk.notes)


def _checked(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    try:
        raw = np.asarray(embedder.embed(texts), np.float32)
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(f"the embedder {embedder.name!r} fails: {type(error).__name__}: {error}") from error
    if raw.ndim != 2 or len(raw) != len(texts) or not np.isfinite(raw).all():
        raise UsageError(
            f"the embedder {embedder.name!r} gave an array of shape {raw.shape} for {len(texts)} texts",
            expected=f"shape ({len(texts)}, d), finite numbers",
        )
    norms = np.sqrt(np.einsum("ij,ij->i", raw, raw, dtype=np.float64))[:, None].astype(np.float32)
    norms[norms == 0] = 1.0
    return np.asarray(raw / norms, np.float32)
