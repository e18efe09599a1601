"""EnR's judge: an NLI cross-encoder of transformers (it comes with the ``sbert`` extra), asked in batches, and kept.

Which of a model's outputs means entailment is read from its own configuration (``id2label``): models differ in it.
"""

import hashlib
import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from toolflow_graph.errors import UsageError
from toolflow_graph.evaluation.metrics.coherence import TurnPair
from toolflow_graph.tool_graph.cache import slug_of
from toolflow_graph.tool_graph.sbert import fingerprint_folder

Progress = Callable[[int, int], None]
_INSTALL = 'pip install "toolflow-graph[sbert]" (sentence-transformers brings transformers and torch)'
_LONGEST = 512
_BATCH = 32


class Entailment(Protocol):
    """Says of pairs whether the premise entails the hypothesis. ``cache_key`` changes whenever the answers would."""

    @property
    def name(self) -> str: ...
    @property
    def cache_key(self) -> str: ...

    def judge(self, pairs: Sequence[TurnPair]) -> list[bool]: ...


class CrossEncoder:
    """A sequence classifier of transformers. Nothing is imported or loaded before the first :meth:`judge`.

    Args:
        model: a name on the model hub, or a local folder.

    Raises:
        UsageError: if it looks like a folder and is none.
    """

    def __init__(self, model: str) -> None:
        folder = Path(model).expanduser()
        if not folder.is_dir() and model.startswith(("/", ".", "~")):
            raise UsageError(
                f"no folder {model!r}", expected="--nli NAME or a folder with an NLI model of transformers"
            )
        self._place = str(folder) if folder.is_dir() else model
        self.name = folder.resolve().name if folder.is_dir() else model
        self.cache_key = f"{self.name}:{fingerprint_folder(folder)}" if folder.is_dir() else model
        self._loaded: tuple[Any, Any, int] | None = None

    def load(self) -> tuple[Any, Any, int]:
        """The tokenizer, the model, and the output that means entailment.

        Raises:
            UsageError: if transformers or the model is missing, or its outputs are not those of an NLI model.
        """
        if self._loaded is None:
            try:
                transformers: Any = importlib.import_module("transformers")
                importlib.import_module("torch")
            except ImportError as error:
                raise UsageError(f"the NLI model {self.name!r} needs transformers: {error}", hint=_INSTALL) from None
            try:
                tokenizer = transformers.AutoTokenizer.from_pretrained(self._place)
                model = transformers.AutoModelForSequenceClassification.from_pretrained(self._place).eval()
            except Exception as error:  # the hub, transformers and torch each have their own
                raise UsageError(
                    f"cannot load the NLI model {self._place!r}: {(str(error) or repr(error)).splitlines()[0][:300]}",
                    expected="a sequence classification model on the hub or a folder with one",
                    hint="--nli FOLDER, with the files of an NLI cross-encoder that was downloaded before",
                ) from error
            self._loaded = tokenizer, model, find_entailment(model.config.id2label, self.name)
        return self._loaded

    def judge(self, pairs: Sequence[TurnPair]) -> list[bool]:
        """Whether each premise entails its hypothesis: whether that output is the largest."""
        tokenizer, model, entails = self.load()
        torch: Any = importlib.import_module("torch")
        most = min(_LONGEST, tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", _LONGEST))
        answers: list[bool] = []
        for start in range(0, len(pairs), _BATCH):
            part = pairs[start : start + _BATCH]
            batch = tokenizer(
                [pair.premise for pair in part],
                [pair.hypothesis for pair in part],
                # The longer of the two is cut first: a request is short, what was answered before it may be long.
                truncation="longest_first",
                max_length=most,
                padding=True,
                return_tensors="pt",
            )
            with torch.inference_mode():
                answers += (model(**batch).logits.argmax(dim=-1) == entails).tolist()
        return answers


def find_entailment(labels: dict[int, str], name: str) -> int:
    """The output whose label says entailment.

    Raises:
        UsageError: if none does, or several do.
    """
    found = [number for number, label in labels.items() if str(label).strip().lower().startswith("entail")]
    if len(found) != 1:
        raise UsageError(
            f"the outputs of {name!r} are called {', '.join(map(repr, labels.values()))}: which one is entailment?",
            expected='an NLI model whose config.json has an id2label with one "entailment"',
        )
    return int(found[0])


class JudgedPairs:
    """Answers on disk, one line each (hash and answer), so that an interrupted or repeated evaluation goes on.

    Trouble with the disk never stops an evaluation: it only costs the model's time again.
    """

    def __init__(self, folder: Path, model: Entailment) -> None:
        self._model = model
        self.path = folder / "nli" / f"{slug_of(model.cache_key)}.txt"
        self._known: dict[str, bool] = {}
        try:
            for line in self.path.read_text(encoding="ascii").splitlines():
                key, _, answer = line.partition(" ")
                if len(key) == 32 and answer in ("0", "1"):
                    self._known[key] = answer == "1"
        except (OSError, UnicodeDecodeError):
            pass

    def judge(self, pairs: Sequence[TurnPair], progress: Progress | None = None) -> list[bool]:
        """As the model says, which is only asked about pairs that are not known."""
        keys = [_key(pair) for pair in pairs]
        missing = {key: pair for key, pair in zip(keys, pairs, strict=True) if key not in self._known}
        # Pairs of one length make batches without padding.
        asked = sorted(missing, key=lambda key: len(missing[key].premise))
        for start in range(0, len(asked), _BATCH):
            part = asked[start : start + _BATCH]
            answers = dict(zip(part, self._model.judge([missing[key] for key in part]), strict=True))
            self._known.update(answers)
            self._keep(answers)
            if progress:
                progress(start + len(part), len(asked))
        return [self._known[key] for key in keys]

    def _keep(self, answers: dict[str, bool]) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="ascii") as file:
                file.write("".join(f"{key} {answer:d}\n" for key, answer in answers.items()))
        except OSError:
            pass


def _key(pair: TurnPair) -> str:
    text = f"{len(pair.premise)}\n{pair.premise}\n{pair.hypothesis}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
