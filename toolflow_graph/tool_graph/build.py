"""The tool graph (paper, 3.1.1): tools are neighbours when a parameter of one resembles a field of the other.

Edges between tools are found on visit, never stored: see :mod:`toolflow_graph.tool_graph.similarity`.
"""

import difflib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from toolflow_graph.errors import UsageError
from toolflow_graph.tool_graph.embedders import ChosenEmbedder, Embedder, check_embedder, embed_texts, load_embedder
from toolflow_graph.tool_graph.fields import Side, ToolField, iter_tool_fields, texts_of
from toolflow_graph.tool_graph.similarity import Ids, SparseRows, Vectors, build_text_neighbours
from toolflow_graph.types import Edge, Tool

if TYPE_CHECKING:
    import networkx

    from toolflow_graph.tool_graph.stats import GraphStats

Placed = tuple[str, int]
"""A field as the tool graph keeps it: its path and the number of its text."""

Rank = tuple[float, int, int]
"""How good a field is, least is best: minus its similarity, how many tools have its text, its place in the schema."""

_CACHED_TOOLS = 16_384
_EXPANDED_TOOLS = 64
_DESCRIPTION_DIMENSIONS = 256
# Below this, hashed 256-dimensional vectors of descriptions are near each other by chance.
_DESCRIPTION_FLOOR = 0.15


class ToolGraph:
    """Tools and how they are tied. Independent of the order in which the tools were given.

    Attributes:
        tools: as given; ``fields`` are theirs, in the same order.
        names: the tools' names, sorted.
        texts: the distinct field texts, sorted.
        embedder: name of the embedder; ``tau``: the threshold, which a similarity must exceed.
        reason: why this embedder, fit to print; ``notes``: what else to tell the user.
    """

    def __init__(
        self,
        tools: Sequence[Tool],
        fields: Sequence[Sequence[ToolField]],
        texts: Sequence[str],
        vectors: Vectors,
        *,
        embedder: str,
        tau: float,
        reason: str = "",
        notes: tuple[str, ...] = (),
    ) -> None:
        self.tools = tuple(tools)
        self.texts = tuple(texts)
        self.embedder, self.tau, self.reason, self.notes = embedder, tau, reason, notes
        ordered = sorted(zip(self.tools, fields, strict=True), key=lambda pair: pair[0].name)
        self.names = tuple(tool.name for tool, _ in ordered)
        self._by_name = {tool.name: tool for tool, _ in ordered}
        self._ids = {name: index for index, name in enumerate(self.names)}
        if len(self._ids) != len(self.tools):
            twice = sorted({name for name in self.names if self.names.count(name) > 1})
            raise UsageError(f"tools defined twice: {', '.join(map(repr, twice[:10]))}", expected="one tool a name")
        text_ids = {text: index for index, text in enumerate(self.texts)}
        self._fields: dict[Side, list[list[Placed]]] = {"parameter": [], "return": []}
        for index, (_, own) in enumerate(ordered):
            for placed in self._fields.values():
                placed.append([])
            for field in own:
                self._fields[field.side][index].append((field.path, text_ids[field.text]))
        self._near = build_text_neighbours(vectors, tau)
        self._parameter_holders = _holders(self._fields["parameter"], len(self.texts))
        self._return_holders = _holders(self._fields["return"], len(self.texts))
        self._spreads = np.diff(self._parameter_holders.starts) + np.diff(self._return_holders.starts)
        self._neighbour_ids: dict[int, Ids] = {}
        self._expanded: dict[tuple[int, Side], dict[int, Rank]] = {}
        self._description_vectors: Vectors | None = None

    def __len__(self) -> int:
        return len(self.tools)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def position(self, name: str) -> int:
        """Where ``name`` stands in ``names``; a UsageError with the nearest names if there is no such tool."""
        index = self._ids.get(name)
        if index is None:
            near = difflib.get_close_matches(name, self.names, n=5, cutoff=0.5)
            raise UsageError(f"no tool {name!r} in the tool graph", known=near or self.names)
        return index

    def tool(self, name: str) -> Tool:
        """The tool of this name; a UsageError with the nearest names if there is none."""
        return self._by_name[self.names[self.position(name)]]

    def field_count(self) -> int:
        """How many fields the tools have together."""
        return sum(len(fields) for side in self._fields.values() for fields in side)

    def neighbours(self, name: str) -> tuple[str, ...]:
        """The names of the tools that share an edge with ``name``, sorted.

        Raises:
            UsageError: if there is no such tool.
        """
        return tuple(self.names[index] for index in self.neighbour_ids(self.position(name)))

    def neighbour_ids(self, index: int) -> Ids:
        """Like :meth:`neighbours`, in positions in ``names``; ascending. Not to be written to."""
        found = self._neighbour_ids.get(index)
        if found is None:
            parameter_pairs, return_pairs = self.kind_neighbour_ids(index)
            found = np.union1d(parameter_pairs, return_pairs).astype(np.int32)
            if len(self._neighbour_ids) >= _CACHED_TOOLS:
                self._neighbour_ids.clear()
            self._neighbour_ids[index] = found
        return found

    def kind_neighbour_ids(self, index: int) -> tuple[Ids, Ids]:
        """The neighbours by P-P, and those by P-R in either direction, in positions in ``names``."""
        near_parameters = self._near.union([text for _, text in self._fields["parameter"][index]], len(self.texts))
        near_returns = self._near.union([text for _, text in self._fields["return"][index]], len(self.texts))
        count = len(self.names)
        same_scene = self._parameter_holders.union(near_parameters, count)
        feeds = self._parameter_holders.union(near_returns, count)
        fed_by = self._return_holders.union(near_parameters, count)
        flow = np.union1d(feeds, fed_by).astype(np.int32)
        return same_scene[same_scene != index], flow[flow != index]

    def edges_between(self, first: str, second: str) -> tuple[Edge, ...]:
        """Why two tools are neighbours: per kind and direction the best pair of fields; () if they are not.

        Best is most similar; among equals the pair of the rarer texts, which says more than one that every tool has;
        then the one that stands earlier in the schemas.
        """
        left, right = sorted((self.position(first), self.position(second)))
        if left == right:
            return ()
        found = (
            self._tie(left, "parameter", right, "parameter"),
            self._tie(left, "return", right, "parameter"),
            self._tie(left, "parameter", right, "return"),
        )
        return tuple(edge for edge in found if edge is not None)

    def edges_among(self, names: Iterable[str]) -> tuple[Edge, ...]:
        """All edges among these tools: pair by pair, in the order of ``names``."""
        chosen = list(dict.fromkeys(names))
        pairs = ((a, b) for place, a in enumerate(chosen) for b in chosen[place + 1 :])
        return tuple(edge for a, b in pairs for edge in self.edges_between(a, b))

    def nearest_description(self, name: str, among: Sequence[str]) -> str | None:
        """The tool of ``among`` whose name and description are lexically nearest; None if none is near at all."""
        if not among:
            return None
        if self._description_vectors is None:
            from toolflow_graph.tool_graph.lexical import LexicalEmbedder

            texts = [f"{tool}: {self._by_name[tool].description}" for tool in self.names]
            self._description_vectors = LexicalEmbedder(_DESCRIPTION_DIMENSIONS).embed(texts)
        ids = [self.position(other) for other in among]
        near = (self._description_vectors[ids] @ self._description_vectors[self.position(name)]).round(5)
        best = int(np.argmax(near))
        return among[best] if near[best] > _DESCRIPTION_FLOOR else None

    def text_reach(self, text: int) -> Ids:
        """Positions of the tools with a field whose text is, or is near, the text of this number."""
        near, count = self._near.row(text), len(self.names)
        return np.union1d(self._parameter_holders.union(near, count), self._return_holders.union(near, count)).astype(
            np.int32
        )

    def stats(self) -> "GraphStats":
        """Figures of the whole tool graph; visits every tool."""
        from toolflow_graph.tool_graph.stats import compute_stats

        return compute_stats(self)

    def to_networkx(self, max_edges: int = 2_000_000) -> "networkx.Graph[str]":
        """The tool graph as a networkx graph: see :func:`toolflow_graph.tool_graph.export.to_networkx`."""
        from toolflow_graph.tool_graph.export import to_networkx

        return to_networkx(self, max_edges)

    def _near_fields(self, index: int, side: Side) -> dict[int, Rank]:
        """Per text that is near a field of the tool: how good the best such field is, and its place in the schema."""
        found = self._expanded.get((index, side))
        if found is None:
            found = {}
            for place, (_, text) in enumerate(self._fields[side][index]):
                spread = int(self._spreads[text])
                columns, values = self._near.row(text).tolist(), self._near.row_values(text).tolist()
                for other, value in zip(columns, values, strict=True):
                    rank = (-value, spread, place)
                    found[other] = min(rank, found.get(other, rank))
            if len(self._expanded) >= _EXPANDED_TOOLS:
                self._expanded.clear()
            self._expanded[index, side] = found
        return found

    def _tie(self, left: int, left_side: Side, right: int, right_side: Side) -> Edge | None:
        near, right_fields = self._near_fields(left, left_side), self._fields[right_side][right]
        ranks = (
            (near[text][0], near[text][1] + int(self._spreads[text]), near[text][2], place)
            for place, (_, text) in enumerate(right_fields)
            if text in near
        )
        best = min(ranks, default=None)
        if best is None:
            return None
        ends = [
            (self.names[left], self._fields[left_side][left][best[2]][0]),
            (self.names[right], right_fields[best[3]][0]),
        ]
        if right_side == "return":
            ends.reverse()
        return Edge(
            kind="P-P" if left_side == right_side else "P-R",
            source=ends[0][0],
            target=ends[1][0],
            source_field=ends[0][1],
            target_field=ends[1][1],
            similarity=-best[0],
        )


def build_tool_graph(
    tools: Sequence[Tool],
    embedder_spec: str | Embedder = "auto",
    tau: float | None = None,
    *,
    cache_dir: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ToolGraph:
    """Embed the tools' fields and tie the tools.

    Args:
        tools: each name once.
        embedder_spec: what ``--embedder`` takes, or an embedder.
        tau: the threshold, in [0, 1]; None is the embedder's own.
        cache_dir: where computed vectors are kept; None is the user's cache folder.
        progress: told (done, of) while texts are embedded.

    Raises:
        UsageError: a bad tau, an embedder that cannot be loaded or fails, a tool defined twice.
    """
    if tau is not None and not 0 <= tau <= 1:
        raise UsageError(f"tau {tau!r} is out of range", expected="a cosine from 0 to 1 (the paper's is 0.82)")
    fields = [tuple(iter_tool_fields(tool)) for tool in tools]
    texts = texts_of(fields)
    if isinstance(embedder_spec, str):
        chosen = load_embedder(embedder_spec, texts)
    else:
        chosen = ChosenEmbedder(check_embedder(embedder_spec, repr(embedder_spec)), embedder_spec.name)
    vectors, notes = embed_texts(chosen.embedder, texts, cache_dir=cache_dir, progress=progress)
    return ToolGraph(
        tools,
        fields,
        texts,
        vectors,
        embedder=chosen.embedder.name,
        tau=float(chosen.embedder.tau if tau is None else tau),
        reason=chosen.reason,
        notes=notes,
    )


def _holders(fields: Sequence[Sequence[Placed]], texts: int) -> SparseRows:
    pairs = sorted({(text, tool) for tool, placed in enumerate(fields) for _, text in placed})
    rows, columns = [text for text, _ in pairs], [tool for _, tool in pairs]
    return SparseRows.build(rows, columns, np.ones(len(pairs)), texts)
