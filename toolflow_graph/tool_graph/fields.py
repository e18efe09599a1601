"""A tool's fields: its parameters and return values, flattened, with the text that stands for each (paper, 3.1.1)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from toolflow_graph.schemas import iter_fields
from toolflow_graph.types import Tool

Side = Literal["parameter", "return"]


@dataclass(frozen=True, slots=True)
class ToolField:
    """One leaf of a tool's ``parameters`` or ``returns``.

    ``path`` tells where it is (``guests[].email``); ``text`` is what is embedded, from the leaf alone.
    """

    side: Side
    path: str
    text: str


def render_field_text(name: str, description: str | None) -> str:
    """The embedded text: ``"{name}: {description}"`` (paper, 3.1.1), or the name where there is no description.

    Runs of white space count as one blank, so that the line breaks of a YAML block do not tell equal texts apart.
    """
    said = " ".join(description.split()) if isinstance(description, str) else ""
    return f"{name}: {said}" if said else name


def iter_tool_fields(tool: Tool) -> Iterator[ToolField]:
    """A tool's fields in the order of its schemas, parameters first.

    A return value that has no name (a bare string, a list of numbers) is no field: there is nothing to compare it by.
    """
    sides: tuple[tuple[Side, dict[str, object] | None], ...] = (
        ("parameter", tool.parameters),
        ("return", tool.returns),
    )
    for side, schema in sides:
        for leaf in iter_fields(schema or {}):
            if leaf.name:
                yield ToolField(side, leaf.path, render_field_text(leaf.name, leaf.schema.get("description")))


def collect_texts(tools: Iterable[Tool]) -> tuple[str, ...]:
    """Every distinct field text of the tools, sorted: what an embedder is asked for."""
    return texts_of(map(iter_tool_fields, tools))


def texts_of(fields: Iterable[Iterable[ToolField]]) -> tuple[str, ...]:
    """The distinct texts of the fields of several tools, sorted."""
    return tuple(sorted({field.text for own in fields for field in own}))
