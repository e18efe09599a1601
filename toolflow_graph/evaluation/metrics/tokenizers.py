"""What tokens are counted with: words and marks by default, or a language model's own tokenizer."""

import importlib
from dataclasses import dataclass
from typing import Any, Protocol

from toolflow_graph.errors import UsageError
from toolflow_graph.evaluation.metrics.words import SIGNS, mend_text
from toolflow_graph.regexes import lazy_regex

_TOKEN = lazy_regex(rf"[^\W{SIGNS}]+|[{SIGNS}]|[^\w\s]")


class Tokenizer(Protocol):
    """Counts the tokens of a text; ``name`` is what figures say."""

    @property
    def name(self) -> str: ...

    def count(self, text: str) -> int: ...


@dataclass(frozen=True, slots=True)
class WordsAndMarks:
    """A run of letters, digits and underscores is one token, each other sign that is no blank is one.

    It needs no model. Those of language models split rare words and join marks, and give other numbers.
    """

    name: str = "words and marks"

    def count(self, text: str) -> int:
        return len(_TOKEN.findall(text))


WORDS_AND_MARKS = WordsAndMarks()


class ModelTokenizer:
    """A tokenizer of transformers, by its name on the model hub or from a local folder; no special tokens are counted.

    Raises:
        UsageError: if transformers or the tokenizer is missing.
    """

    def __init__(self, model: str) -> None:
        self.name = model
        try:
            transformers: Any = importlib.import_module("transformers")
        except ImportError as error:
            raise UsageError(
                f"the tokenizer {model!r} needs transformers: {error}", hint="pip install transformers"
            ) from None
        try:
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(model)
        except Exception as error:  # the hub and transformers each have their own
            raise UsageError(
                f"cannot load the tokenizer {model!r}: {(str(error) or repr(error)).splitlines()[0][:300]}",
                expected="a tokenizer on the hub or a folder with one",
                hint="leave --tokenizer out to count words and marks",
            ) from error

    def count(self, text: str) -> int:
        return len(self._tokenizer(mend_text(text), add_special_tokens=False, verbose=False)["input_ids"])
