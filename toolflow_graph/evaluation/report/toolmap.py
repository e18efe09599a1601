"""The tools of the data and how they hang together: a circle, laid out without any force or chance. Pure.

Tools that belong together stand side by side (communities of the graph of their links), so that most links are short;
links bend towards the middle, the more the further they go. The same figures give the same picture.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolflow_graph.evaluation.report.figures import Figures
from toolflow_graph.evaluation.report.svg import escape, frame, number
from toolflow_graph.wording import count_of

_MOST_TOOLS = 240
_MOST_LINKS = 900
_RADIUS = 300.0
_COLOURS = 8
_LEGIBLE = 7.0
"""Units between two tools below which not every name fits."""
_NAMED = 70
"""Names that are shown where not every one fits."""
_LONGEST = 30

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ToolMap:
    """Where everything stands.

    Attributes:
        tools: in the order of the circle.
        groups: per tool, the number of its community (0: the largest).
        calls: per tool.
        walked, flows: links as places in ``tools``, with their counts.
        left_out: called tools that are not drawn.
    """

    tools: tuple[str, ...]
    groups: tuple[int, ...]
    calls: tuple[int, ...]
    walked: tuple[tuple[int, int, int], ...]
    flows: tuple[tuple[int, int, int], ...]
    left_out: int


def build_tool_map(figures: Figures) -> ToolMap:
    """Lay out the tools that are called, the most called if they are too many."""
    ranked = sorted(figures.tools, key=lambda name: (-figures.tools[name], name))
    kept = ranked[:_MOST_TOOLS]
    weights: Counter[Pair] = Counter()
    inside = set(kept)
    for pairs, weight in ((figures.walked, 1), (figures.flows, 4)):
        for (first, second), count in pairs.items():
            if first != second and first in inside and second in inside:
                weights[(min(first, second), max(first, second))] += weight * count
    communities = find_communities(kept, weights)
    tools = tuple(name for community in communities for name in community)
    place = {name: index for index, name in enumerate(tools)}
    groups = tuple(number for number, community in enumerate(communities) for _ in community)
    return ToolMap(
        tools=tools,
        groups=groups,
        calls=tuple(figures.tools[name] for name in tools),
        walked=_links(figures.walked, place),
        flows=_links(figures.flows, place),
        left_out=len(ranked) - len(kept),
    )


def find_communities(names: Sequence[str], weights: Mapping[Pair, int]) -> list[list[str]]:
    """Names in groups that are linked more among themselves; lone ones together at the end, each group in a chain."""
    from networkx import Graph
    from networkx.algorithms.community import greedy_modularity_communities

    ordered = sorted(names)
    ids = {name: index for index, name in enumerate(ordered)}
    # Numbers as nodes: sets of them have one order in every process, sets of texts do not.
    graph: Graph[int] = Graph()
    for (first, second), weight in sorted(weights.items()):
        graph.add_edge(ids[first], ids[second], weight=weight)
    found = greedy_modularity_communities(graph, weight="weight") if graph.number_of_edges() else []
    groups = sorted((sorted(community) for community in found), key=lambda group: (-len(group), group))
    linked = {index for group in groups for index in group}
    lone = [name for index, name in enumerate(ordered) if index not in linked]
    chains = [_chain([ordered[index] for index in group], weights) for group in groups]
    return [*chains, lone] if lone else chains


def _chain(names: list[str], weights: Mapping[Pair, int]) -> list[str]:
    """Each next to the one left that it is linked with the most."""

    def weight(first: str, second: str) -> int:
        return weights.get((min(first, second), max(first, second)), 0)

    left = sorted(names)
    start = max(left, key=lambda name: (sum(weight(name, other) for other in left), name))
    chain = [start]
    left.remove(start)
    while left:
        following = max(left, key=lambda name: (weight(chain[-1], name), sum(weight(name, other) for other in chain)))
        chain.append(following)
        left.remove(following)
    return chain


def _links(pairs: Mapping[Pair, int], place: Mapping[str, int]) -> tuple[tuple[int, int, int], ...]:
    inside = [
        (place[first], place[second], count)
        for (first, second), count in pairs.items()
        if first in place and second in place and first != second
    ]
    return tuple(sorted(inside, key=lambda link: (-link[2], link))[:_MOST_LINKS])


def render_tool_map(tool_map: ToolMap) -> str:
    """The circle as SVG: links first, then tools with their names."""
    count = len(tool_map.tools)
    if not count:
        return ""
    angles = [2 * math.pi * (index + 0.5) / count - math.pi / 2 for index in range(count)]
    parts = ['<g class="links">']
    for links, style in ((tool_map.walked, "walked"), (tool_map.flows, "flow")):
        highest = max((number for _, _, number in links), default=1)
        parts += [_link(link, angles, style, highest) for link in reversed(links)]
    parts.append("</g>")
    spacing = 2 * math.pi * _RADIUS / count
    size = min(13.0, max(8.5, spacing * 0.95))
    ranked = sorted(range(count), key=lambda index: (-tool_map.calls[index], index))
    named = set(ranked if spacing >= _LEGIBLE else ranked[:_NAMED])
    busiest = max(tool_map.calls)
    parts.append(f'<g font-size="{number(size)}">')
    parts += [_node(tool_map, index, angles[index], busiest, named=index in named) for index in range(count)]
    parts.append("</g>")
    longest = min(_LONGEST, max(len(name) for name in tool_map.tools))
    half = _RADIUS + 20 + 0.62 * size * longest
    box = f"{number(-half)} {number(-half)} {number(2 * half)} {number(2 * half)}"
    return frame("The tools that are called, and how they are linked", "".join(parts), 0, 0, live=True, box=box)


def _node(tool_map: ToolMap, index: int, angle: float, busiest: int, *, named: bool) -> str:
    name, calls = tool_map.tools[index], tool_map.calls[index]
    x, y = _RADIUS * math.cos(angle), _RADIUS * math.sin(angle)
    radius = 2.2 + 5.0 * math.sqrt(calls / busiest)
    turned = math.degrees(angle)
    outside = _RADIUS + 11
    flipped = math.cos(angle) < 0
    turn = f"rotate({number(turned)}) translate({number(outside)} 0)" + (" rotate(180)" if flipped else "")
    shown = name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
    classes = f"node pick g{tool_map.groups[index] % _COLOURS}" + ("" if named else " minor")
    return (
        f'<g class="{classes}" tabindex="0" role="button" data-node="{index}" data-filter="tool" '
        f'data-value="{escape(name)}" aria-label="{escape(name)}: {count_of(calls, "call")}">'
        f"<title>{escape(name)}: {count_of(calls, 'call')}</title>"
        f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"/>'
        f'<text transform="{turn}" text-anchor="{"end" if flipped else "start"}" '
        f'dy="0.35em">{escape(shown)}</text></g>'
    )


def _link(link: tuple[int, int, int], angles: Sequence[float], style: str, highest: int) -> str:
    first, second, count = link
    one, two = angles[first], angles[second]
    apart = abs(math.remainder(one - two, 2 * math.pi))
    # Neighbours bend a little, opposite ones go through the middle.
    inner = _RADIUS * (1 - 0.25 - 0.65 * apart / math.pi)
    edge = _RADIUS - 8
    points = [(edge, one), (inner, one), (inner, two), (edge, two)]
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = [(r * math.cos(a), r * math.sin(a)) for r, a in points]
    path = f"M{number(ax)} {number(ay)}C{number(bx)} {number(by)} {number(cx)} {number(cy)} {number(dx)} {number(dy)}"
    wide = (0.8 if style == "walked" else 1.2) + 2.4 * math.sqrt(count / highest) * (style == "flow")
    return f'<path class="{style}" d="{path}" stroke-width="{number(wide)}" data-ends="{first} {second}"/>'
