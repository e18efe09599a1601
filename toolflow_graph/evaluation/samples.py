"""Dialogues to assess: read from a run folder or anybody's file, all of them or a drawn part."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolflow_graph.dataset.jsonl import read_source
from toolflow_graph.dataset.reading import read_values
from toolflow_graph.errors import UsageError
from toolflow_graph.randomness import derive_rng
from toolflow_graph.verification import Transcript, parse_dialogue

Tell = Callable[[str, int, int], None]
"""Told what is done, how far, and of how many (0: not known)."""


def no_tell(what: str, done: int, of: int) -> None:
    """Tells nobody."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One dialogue: the line it stands on, its JSON as it was read, and its transcript."""

    line: int
    data: Mapping[str, Any]
    transcript: Transcript

    @property
    def name(self) -> str:
        """Its id, or where it stands."""
        return self.transcript.id or f"line {self.line}"


@dataclass(frozen=True, slots=True)
class Drawn:
    """Dialogues as they stand in the file, with their lines, in its order; read anew each time they are gone through.

    ``sampled_from``: of how many they were drawn; None if they are all.
    """

    values: Iterable[tuple[int, Any]]
    sampled_from: int | None = None

    def samples(self, tell: Tell = no_tell) -> Iterator[Sample]:
        """The dialogues, parsed one by one."""
        of = len(self.values) if isinstance(self.values, Sized) else 0
        for number, (line, value) in enumerate(self.values, 1):
            yield Sample(line, value if isinstance(value, Mapping) else {}, parse_dialogue(value))
            tell("dialogues", number, of)


def load_samples(source: Path, *, sample: int | None = None, seed: int = 0, tell: Tell = no_tell) -> Drawn:
    """The accepted dialogues of a run folder, or all of a file; with ``sample``, so many of them, drawn by the seed.

    Raises:
        UsageError: there is no such run or file, or it holds no dialogue.
    """
    values = _Read(source)
    # The first one is read at once: what cannot be read at all is found before anything else is done.
    if next(iter(values), None) is None:
        raise UsageError(
            f"the run {str(source)!r} holds no accepted dialogue", expected="a run folder or a JSONL file of dialogues"
        )
    if sample is None:
        return Drawn(values)
    kept, read = _reservoir(_told(values, tell), sample, seed)
    return Drawn(tuple(sorted(kept, key=lambda entry: entry[0])), read if read > len(kept) else None)


@dataclass(frozen=True, slots=True)
class _Read:
    """What stands in a run folder or a file; nothing of it is held."""

    source: Path

    def __iter__(self) -> Iterator[tuple[int, Any]]:
        # A name without an ending may be the folder of a run: the message about a missing run says how to make one.
        if self.source.is_dir() or not (self.source.exists() or self.source.suffix):
            return enumerate(read_source(self.source), 1)
        return read_values(self.source)


def _told(values: Iterable[tuple[int, Any]], tell: Tell) -> Iterator[tuple[int, Any]]:
    for number, entry in enumerate(values, 1):
        tell("reading", number, 0)
        yield entry


def _reservoir(values: Iterable[tuple[int, Any]], size: int, seed: int) -> tuple[list[tuple[int, Any]], int]:
    """Each with the same chance, without holding what is not drawn (Vitter 1985, algorithm R)."""
    rng = derive_rng(seed, "sample")
    kept: list[tuple[int, Any]] = []
    read = 0
    for read, entry in enumerate(values, 1):
        if len(kept) < size:
            kept.append(entry)
        elif (place := rng.randrange(read)) < size:
            kept[place] = entry
    return kept, read
