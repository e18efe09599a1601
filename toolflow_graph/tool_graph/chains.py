"""Which tools of a tool graph can be chained by a handle, or follow up on one another, found when somebody asks."""

import random
from functools import cached_property
from typing import TYPE_CHECKING

from toolflow_graph.tool_graph.followups import find_made, follows, is_about_it
from toolflow_graph.tool_graph.handles import Card, join_cards, load_card

if TYPE_CHECKING:
    from toolflow_graph.tool_graph.build import ToolGraph

_MOST = 4096
"""Tools of one source that are looked at; of larger ones only the neighbours of the same domain are."""
_TRIES = 40
"""Tools that are looked at for one that makes a thing: of some services one in ten does."""


class Chains:
    """Pairs of tools of which one returns what the other asks for. Tools of different sources are never paired."""

    def __init__(self, graph: "ToolGraph") -> None:
        self._graph = graph
        self._cards: dict[str, Card] = {}
        self._pairs: dict[str, tuple[tuple[str, str], ...]] = {}
        self._followers: dict[str, tuple[str, ...]] = {}

    def pairs(self, name: str) -> tuple[tuple[str, str], ...]:
        """The pairs (giver, taker) that hold this tool, sorted."""
        found = self._pairs.get(name)
        if found is None:
            others = [other for other in self._near(name) if other != name]
            both = [(name, other) for other in others] + [(other, name) for other in others]
            found = tuple(sorted(pair for pair in both if join_cards(self._card(pair[0]), self._card(pair[1]))))
            self._pairs[name] = found
        return found

    def followers(self, name: str) -> tuple[str, ...]:
        """The tools that read, list, change or end what this one makes; () if it makes nothing."""
        found = self._followers.get(name)
        if found is None:
            tool = self._graph.tool(name)
            makes = find_made(self._card(name)) is not None
            others = (self._graph.tool(other) for other in (self._near(name) if makes else ()) if other != name)
            found = tuple(sorted(one.name for one in others if follows(tool, one) and is_about_it(tool, one)))
            self._followers[name] = found
        return found

    def draw_story(self, rng: random.Random, most: int) -> tuple[str, ...]:
        """A tool that makes a thing, and one or two (``most`` tools in all) that come back to it; () if none is met."""
        for _ in range(_TRIES if most > 1 else 0):
            name = rng.choice(self._graph.names)
            if followers := self.followers(name):
                wanted = min(rng.choice((1, 2)), len(followers), most - 1)
                return (name, *rng.sample(followers, wanted))
        return ()

    def _near(self, name: str) -> tuple[str, ...]:
        tool = self._graph.tool(name)
        home = self._homes[tool.source]
        if len(home) <= _MOST:
            return home
        kin = (self._graph.tool(other) for other in self._graph.neighbours(name))
        return tuple(other.name for other in kin if (other.source, other.domain) == (tool.source, tool.domain))[:_MOST]

    def _card(self, name: str) -> Card:
        found = self._cards.get(name)
        if found is None:
            found = self._cards[name] = load_card(self._graph.tool(name))
        return found

    @cached_property
    def _homes(self) -> dict[str | None, tuple[str, ...]]:
        homes: dict[str | None, list[str]] = {}
        for name in self._graph.names:
            homes.setdefault(self._graph.tool(name).source, []).append(name)
        return {source: tuple(names) for source, names in homes.items()}
