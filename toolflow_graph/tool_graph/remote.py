"""The ``openai`` embedder: any server that speaks OpenAI's ``/embeddings``."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from toolflow_graph.errors import UsageError

DEFAULT_MODEL = "text-embedding-3-small"
_DEFAULT_URL = "https://api.openai.com/v1"
_BATCH = 256


class OpenAIEmbedder:
    """An embeddings endpoint, asked in batches of 256 texts; 429 and 5xx are retried, Retry-After honoured.

    ``OPENAI_API_KEY`` goes to ``OPENAI_BASE_URL`` (or OpenAI) only; a base URL named in ``spec`` gets no key.
    ``tau`` is the paper's and not calibrated for these models: theirs may need another.

    Args:
        spec: ``MODEL``, ``MODEL@BASE_URL`` or "".

    Raises:
        UsageError: if a key is needed and there is none.
    """

    tau = 0.82

    def __init__(self, spec: str = "") -> None:
        model, at, own_url = spec.partition("@http")
        self._model = model or DEFAULT_MODEL
        self._own_url = f"http{own_url}" if at else ""
        self._url = self._own_url or os.environ.get("OPENAI_BASE_URL") or _DEFAULT_URL
        self._key = "" if self._own_url else os.environ.get("OPENAI_API_KEY", "")
        if not self._key and not self._own_url:
            raise UsageError(
                f"the embedder {'openai:' + self._model!r} needs a key for {self._url!r}",
                expected="the environment variable OPENAI_API_KEY",
                hint="a server without keys is named as openai:MODEL@BASE_URL",
            )
        self.name = f"openai:{self._model}"
        self.cache_key: str | None = f"{self.name}@{self._url}"

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Shape (n, d), float32.

        Raises:
            UsageError: if the server cannot be reached or refuses.
        """
        import openai

        # The SDK would add the environment's organisation and project, which are no business of another server.
        foreign: Any = {"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()}
        client = openai.OpenAI(
            base_url=self._url,
            api_key=self._key or "none",
            max_retries=5,
            timeout=120,
            default_headers=foreign if self._own_url else None,
        )
        rows: list[list[float]] = []
        try:
            with client:
                for start in range(0, len(texts), _BATCH):
                    part = list(texts[start : start + _BATCH])
                    # The SDK's own default is base64, which several servers do not know.
                    reply = client.embeddings.create(model=self._model, input=part, encoding_format="float")
                    data = sorted(reply.data, key=lambda entry: entry.index)
                    if len(data) != len(part):
                        raise UsageError(f"{self._url!r} sent {len(data)} vectors for {len(part)} texts")
                    rows.extend(entry.embedding for entry in data)
        except openai.APIStatusError as error:
            raise UsageError(
                f"{self._url!r} refuses to embed with {self._model!r}: HTTP {error.status_code}",
                expected="an OpenAI-compatible server with this embedding model, and the right key",
            ) from None
        except openai.APIError as error:
            raise UsageError(
                f"cannot embed with {self._model!r} at {self._url!r}: {error.message}",
                expected="a server that answers OpenAI's /embeddings",
            ) from None
        return np.asarray(rows, np.float32).reshape(len(rows), -1)
