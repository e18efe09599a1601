"""Tool sources in, validated tools out.

A source is a file, a folder, or a reference to Python objects; what a file holds is told from its content. Loading is
lazy: importing this package imports neither PyYAML nor jsonschema.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from toolflow_graph.types import Tool


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the sources hold, in their order, and what was changed or left out on the way, a sentence each."""

    tools: tuple[Tool, ...]
    notes: tuple[str, ...] = ()


def load_tools(sources: Sequence[str] = ()) -> tuple[Tool, ...]:
    """Load and validate the tools of all sources, in their order; no source means the default catalogue.

    Raises:
        UsageError: a source is missing, empty, broken (with file and line), of no known kind, or has a tool without a
            name, with an invalid schema, or twice.
    """
    return load_catalogue(sources).tools


def load_catalogue(sources: Sequence[str] = ()) -> Catalogue:
    """Like :func:`load_tools`, with the notes on what was shortened, renamed, left out or skipped."""
    from toolflow_graph.catalog.sources import read_sources

    return read_sources(sources)


def catalog_digest(tools: Iterable[Tool]) -> str:
    """The SHA-256 (hex) of the tools as compact JSON, in their order; where they were read (``source``) does not count.

    The order of a schema's keys counts: a model sees it.
    """
    plain = [tool.model_dump(mode="json", exclude={"source"}) for tool in tools]
    return hashlib.sha256(json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


__all__ = ["Catalogue", "catalog_digest", "load_catalogue", "load_tools"]
