"""Tools and embedders for the tool graph's tests."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolflow_graph.types import Tool

CORPORA = Path(__file__).parents[2] / "shared" / "corpora"


class HandEmbedder:
    """The embedder port over vectors written by hand; a text that has none gets an axis of its own."""

    def __init__(
        self, vectors: Mapping[str, Sequence[float]] | None = None, tau: float = 0.82, width: int = 64
    ) -> None:
        self.name, self.tau = "hand", tau
        self._vectors, self._width = vectors or {}, width

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        rows = np.zeros((len(texts), self._width), np.float32)
        own = 8
        for row, text in zip(rows, texts, strict=True):
            if text in self._vectors:
                row[: len(self._vectors[text])] = self._vectors[text]
            else:
                row[own] = 1.0
                own += 1
        return rows


def schema(**fields: Any) -> dict[str, Any]:
    """An object schema; a value is the description of a string, or a schema."""
    properties = {
        name: field if isinstance(field, dict) else {"type": "string", "description": field}
        for name, field in fields.items()
    }
    return {"type": "object", "properties": properties}


def tool(name: str, parameters: Mapping[str, Any], returns: Mapping[str, Any] | None = None, domain: str = "") -> Tool:
    """A tool from descriptions by field name."""
    return Tool(
        name=name,
        description=f"Do {name.replace('_', ' ')}.",
        parameters=schema(**parameters),
        returns=schema(**returns) if returns is not None else None,
        domain=domain or None,
    )


def load_labelled(name: str) -> tuple[tuple[Tool, ...], set[frozenset[str]]]:
    """A labelled corpus: its tools under valid, distinct names, and which pairs are related."""
    tools: list[Tool] = []
    ids: dict[str, str] = {}
    for line in (CORPORA / "labelled" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        own = f"t{len(tools)}"
        ids.setdefault(entry.get("id") or entry["name"], own)
        tools.append(
            Tool(
                name=own,
                description=entry["description"] or "",
                parameters=entry["parameters"],
                returns=entry.get("returns"),
                domain=entry.get("category"),
            )
        )
    related = set()
    for line in (CORPORA / "labelled" / f"{name}.edges.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if entry["source"] in ids and entry["target"] in ids:
            related.add(frozenset((ids[entry["source"]], ids[entry["target"]])))
    return tuple(tools), related
