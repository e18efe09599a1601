"""Words: how text is cut, and a corpus as one array of numbers.

A *word* is a run of letters, digits and underscores, lower-cased, with apostrophes inside ("don't"); in Chinese and
Japanese, which write no spaces, each sign.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolflow_graph.regexes import lazy_regex

SIGNS = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Chinese and Japanese signs, as a part of a character class."""
_WORD = lazy_regex(rf"[^\W{SIGNS}]+(?:['’][^\W{SIGNS}]+)*|[{SIGNS}]")

Vocabulary = defaultdict[str, int]


def split_words(text: str) -> list[str]:
    """The words of a text, in order, lower-cased; a typographic apostrophe counts as a plain one."""
    return _WORD.findall(text.lower().replace("’", "'"))


def mend_text(text: str) -> str:
    """Half a surrogate pair, which JSON can escape but no tokenizer and no terminal takes, becomes a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def new_vocabulary() -> Vocabulary:
    """Numbers words 0, 1, 2, ... as they come."""
    found: Vocabulary = defaultdict()
    found.default_factory = found.__len__
    return found


@dataclass(frozen=True, slots=True)
class Words:
    """The words of many texts.

    Attributes:
        ids: shape (words,), int32: each word's number in the vocabulary, text after text.
        starts: shape (texts + 1,), int64: text i is ``ids[starts[i]:starts[i + 1]]``.
        owners: shape (texts,), int32, ascending: the dialogue that each text belongs to.
        kinds: size of the vocabulary: every id is below it.
    """

    ids: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    owners: npt.NDArray[np.int32]
    kinds: int

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Words of each text."""
        return np.diff(self.starts)

    def by_owner(self, count: int) -> "Words":
        """One text a dialogue, of ``count`` dialogues: its texts put together in their order."""
        ends = np.searchsorted(self.owners, np.arange(count + 1))
        return Words(self.ids, self.starts[ends], np.arange(count, dtype=np.int32), self.kinds)


class WordsBuilder:
    """Collects texts into :class:`Words`; builders that share a vocabulary give the same word the same number."""

    def __init__(self, vocabulary: Vocabulary | None = None) -> None:
        self.vocabulary = new_vocabulary() if vocabulary is None else vocabulary
        self._ids = array("i")
        self._starts = array("q", [0])
        self._owners = array("i")

    def add(self, text: str, owner: int) -> None:
        """Add a text of dialogue ``owner``; owners come in ascending order."""
        self._ids.extend(map(self.vocabulary.__getitem__, split_words(text)))
        self._starts.append(len(self._ids))
        self._owners.append(owner)

    def build(self) -> Words:
        """What was collected so far."""
        return Words(
            np.array(self._ids, np.int32),
            np.array(self._starts, np.int64),
            np.array(self._owners, np.int32),
            len(self.vocabulary),
        )


def build_words(texts: Iterable[str], vocabulary: Vocabulary | None = None) -> Words:
    """The words of texts, each with its own place as owner."""
    builder = WordsBuilder(vocabulary)
    for owner, text in enumerate(texts):
        builder.add(text, owner)
    return builder.build()
