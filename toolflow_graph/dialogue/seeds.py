"""Where dialogues start: index -> seed (sampled tools, their edges, target turns, a present, a user)."""

import datetime
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from toolflow_graph.behaviours import DEFAULT_MIX, Mix, count_held, draw_behaviours, lay_out
from toolflow_graph.dialogue.searching import build_search_tool
from toolflow_graph.errors import UsageError
from toolflow_graph.randomness import derive_rng, derive_seed
from toolflow_graph.schemas import find_free_text, iter_fields
from toolflow_graph.templates import STYLES
from toolflow_graph.tool_graph.build import ToolGraph
from toolflow_graph.tool_graph.chains import Chains
from toolflow_graph.tool_graph.handles import find_flows
from toolflow_graph.tool_graph.sampling import sample_tools
from toolflow_graph.types import Behaviour, Seed, Slot, Tool
from toolflow_graph.verification.toolcards import changes

MOST_OFFERED = 64
"""Tools offered in one dialogue, at most."""

_TRIES = 12

_STORIES = 0.35
"""Share of the dialogues whose walk starts with a tool that makes a thing and one that comes back to that thing.

Along edges alone the two meet in one dialogue of six, and what is created is hardly ever seen again.
"""

_CHAINED: frozenset[Behaviour] = frozenset(("chained", "back_reference"))

_EARLIEST = datetime.datetime(2025, 1, 6, 7, 0)


def parse_range(text: str, *, least: int = 1) -> tuple[int, int]:
    """``"3"`` -> (3, 3); ``"3-5"`` -> (3, 5).

    Raises:
        UsageError: if the text is no such range, an empty one, or goes below ``least``.
    """
    low, _, high = text.partition("-")
    if not low.isdecimal() or not (high or low).isdecimal() or not least <= int(low) <= int(high or low):
        raise UsageError(f"{text!r} is no range", expected=f"N or A-B with {least} <= A <= B, such as 3-5")
    return int(low), int(high or low)


@dataclass(frozen=True, slots=True)
class SeedSettings:
    """What, beside the tool graph, determines the seeds of a run.

    ``tools_per_dialogue`` and ``turns`` are (least, most); ``sampling`` is Algorithm 1 of the paper or its ablation;
    ``now`` None draws a present per dialogue. ``mix``: behaviour -> share of dialogues (None: the default);
    ``languages``: (language, weight) to draw from; ``distractors`` (least, most) tools that no request needs.
    """

    run_seed: int = 0
    tools_per_dialogue: tuple[int, int] = (3, 5)
    turns: tuple[int, int] = (2, 4)
    sampling: Literal["graph", "random"] = "graph"
    now: str | None = None
    mix: tuple[tuple[Behaviour, float], ...] | None = None
    languages: tuple[tuple[str, float], ...] = (("English", 1.0),)
    distractors: tuple[int, int] = (0, 3)


class SeedSource:
    """Draws the seed of every dialogue index: a pure function of the settings, the tool graph and the shortfall."""

    def __init__(self, graph: ToolGraph, settings: SeedSettings) -> None:
        self.graph = graph
        self.settings = settings
        self._tools = {tool.name: tool for tool in graph.tools}
        self._chains = Chains(graph)
        self.mix: Mix = DEFAULT_MIX if settings.mix is None else dict(settings.mix)

    def draw(self, index: int, shortfall: Mapping[str, int] | None = None) -> Seed:
        """The seed of dialogue ``index``; ``shortfall``: behaviours that earlier blocks of indices still owe."""
        settings = self.settings
        random_seed = derive_seed(settings.run_seed, index)
        rng = derive_rng(random_seed, "seed")
        wanted = draw_behaviours(self.mix, settings.run_seed, index, shortfall)
        tools = self._draw_tools(rng, wanted, self._draw_story(derive_rng(random_seed, "story")))
        names = [tool.name for tool in tools]
        slots = self._draw_slots(rng.randint(*settings.turns), wanted, tools, derive_rng(random_seed, "slots"))
        seed = Seed(
            id="",
            index=index,
            random_seed=random_seed,
            tools=tools,
            edges=tuple(self.graph.edges_among(names)),
            target_turns=len(slots),
            now=settings.now or draw_now(random_seed),
            profile=draw_profile(random_seed, tools),
            style=rng.choice(STYLES),
            language=_draw_language(settings.languages, rng),
            distractors=self._draw_distractors(names, rng),
            slots=slots,
        )
        if "search_first" in wanted:
            search = build_search_tool(tool.name for tool in seed.offered)
            seed = seed.model_copy(update={"distractors": (*seed.distractors, search), "search_tool": search.name})
        # Named after all it holds, so that dialogues over other tools never share an id when data sets are merged.
        return seed.model_copy(update={"id": f"d-{derive_seed(seed.to_json()):016x}"})

    def _draw_story(self, rng: random.Random) -> tuple[str, ...]:
        """Tools that tell of one thing, for the share of dialogues that is about one; () for the others."""
        most = self.settings.tools_per_dialogue[1]
        if self.settings.sampling != "graph" or rng.random() >= _STORIES:
            return ()
        return self._chains.draw_story(rng, min(most, 3))

    def _draw_tools(
        self, rng: random.Random, wanted: tuple[Behaviour, ...], story: tuple[str, ...] = ()
    ) -> tuple[Tool, ...]:
        """The sample of the first of a few walks on which every wanted behaviour is possible (else the best one).

        A walk starts with the tools of ``story``. Where no walk met two tools of which one needs what the other
        returns, further ones start with such a pair.
        """
        settings = self.settings
        best: tuple[int, tuple[Tool, ...]] | None = None
        start = story
        for turn in range(2 * _TRIES):
            number = rng.randint(*settings.tools_per_dialogue)
            if turn >= _TRIES:
                assert best is not None
                if settings.sampling != "graph" or not self._lacks_chain(best[1], wanted):
                    break
                start = (*story, *self._draw_chain(best[1], rng))
            number = max(number, min(len(start), settings.tools_per_dialogue[1]))
            names = sample_tools(self.graph, number, rng, method=settings.sampling, start=start)
            tools = tuple(self._tools[name] for name in names)
            lacking = len(set(wanted) - find_possible(tools, self.graph))
            if best is None or lacking < best[0]:
                best = lacking, tools
            if not lacking:
                break
        assert best is not None
        return best[1]

    def _lacks_chain(self, tools: tuple[Tool, ...], wanted: Iterable[Behaviour]) -> bool:
        if self.settings.tools_per_dialogue[1] < 2:
            return False
        return bool(_CHAINED & set(wanted) - find_possible(tools, self.graph))

    def _draw_chain(self, tools: Sequence[Tool], rng: random.Random) -> tuple[str, ...]:
        """A pair of tools joined by a handle, near a sample that has none; () if none was met."""
        names = [tool.name for tool in tools]
        names = rng.sample(names, len(names)) + [rng.choice(self.graph.names) for _ in range(_TRIES)]
        for name in names:
            if pairs := self._chains.pairs(name):
                return rng.choice(pairs)
        return ()

    def _draw_slots(
        self, turns: int, wanted: tuple[Behaviour, ...], tools: Sequence[Tool], rng: random.Random
    ) -> tuple[Slot, ...]:
        """The layout over the drawn number of requests, or over more of them (within the range) if they hold more."""
        possible = find_possible(tools, self.graph)
        best = lay_out(wanted, turns, self.mix, possible, rng)
        for more in range(turns + 1, self.settings.turns[1] + 1):
            other = lay_out(wanted, more, self.mix, possible, rng)
            if count_held(other, wanted) > count_held(best, wanted):
                best = other
        return best

    def _draw_distractors(self, names: Sequence[str], rng: random.Random) -> tuple[Tool, ...]:
        """Neighbours in the tool graph that were not sampled, else any others: what a retriever would bring along."""
        wanted = min(rng.randint(*self.settings.distractors), MOST_OFFERED - len(names))
        near = [name for own in names for name in self.graph.neighbours(own) if name not in names]
        near = list(dict.fromkeys(near))
        if len(near) < wanted:
            near += [name for name in self.graph.names if name not in names and name not in near]
        return tuple(self._tools[name] for name in rng.sample(near, min(wanted, len(near))))


def find_possible(tools: Sequence[Tool], graph: ToolGraph) -> frozenset[Behaviour]:
    """The behaviours that some request over these tools can show."""
    possible: set[Behaviour] = {"single", "chat", "irrelevant", "dissatisfied", "search_first"}
    given = [tool for tool in tools if any(True for _ in iter_fields(tool.parameters))]
    if given:
        possible |= {"clarification", "correction", "error_recovery"}
    if len(tools) > 1:
        possible |= {"nested", "parallel", "missing_function"}
        if find_flows(tools, graph.edges_among([tool.name for tool in tools])):
            possible |= {"chained", "back_reference"}
    if any(changes(tool) for tool in tools):
        possible.add("confirm")
        if len(tools) > 1:
            possible.add("policy")  # what is forbidden serves no other request
    if any(find_free_text(tool.returns) for tool in tools):
        possible.add("injection")
    return frozenset(possible)


def _draw_language(languages: Sequence[tuple[str, float]], rng: random.Random) -> str:
    if len(languages) == 1:
        return languages[0][0]
    return rng.choices([name for name, _ in languages], [weight for _, weight in languages])[0]


def draw_now(random_seed: int) -> str:
    """A present between 2025 and 2027, in waking hours, to the minute."""
    rng = derive_rng(random_seed, "now")
    moment = _EARLIEST + datetime.timedelta(days=rng.randrange(3 * 360), minutes=5 * rng.randrange(14 * 12))
    return moment.isoformat(timespec="minutes")


_FIRST_NAMES = (
    "Amina", "Ben", "Carla", "Daniel", "Elif", "Femi", "Grace", "Hugo", "Ines", "Jonas", "Keiko", "Liam", "Mei", "Noah",
    "Olga", "Priya", "Rafael", "Sofia", "Tomas", "Yara", "Zoe", "Anders", "Leila", "Marcus",
)  # fmt: skip
_LAST_NAMES = (
    "Adeyemi", "Berg", "Costa", "Dubois", "Evans", "Fischer", "Garcia", "Haddad", "Ito", "Jensen", "Kowalska",
    "Lindqvist", "Moreau", "Novak", "Okafor", "Patel", "Quinn", "Rossi", "Silva", "Tanaka", "Usman", "Varga", "Weber",
)  # fmt: skip
_CITIES = (
    "Lisbon", "Toronto", "Berlin", "Osaka", "Nairobi", "Porto", "Denver", "Dublin", "Melbourne", "Krakow", "Lyon",
)  # fmt: skip

_ABOUT_THE_USER = {
    "name": (
        "name",
        "full_name",
        "user_name",
        "customer_name",
        "guest_name",
        "passenger_name",
        "patient_name",
        "sender_name",
    ),
    "email": (
        "email",
        "user_email",
        "from_email",
        "sender",
        "sender_email",
        "reply_to",
        "contact_email",
        "guest_email",
    ),
    "phone": ("phone", "phone_number", "contact_phone", "mobile", "guest_phone"),
    "home city": ("home_city", "city", "current_city", "origin_city"),
}


def draw_profile(random_seed: int, tools: tuple[Tool, ...]) -> dict[str, str]:
    """What the system message tells about the user: only what some sampled tool's parameters may draw on."""
    names = {field.name.lower() for tool in tools for field in iter_fields(tool.parameters)}
    wanted = [key for key, parameters in _ABOUT_THE_USER.items() if names.intersection(parameters)]
    if not wanted or wanted == ["home city"]:
        return {}
    rng = derive_rng(random_seed, "profile")
    first, last, city = rng.choice(_FIRST_NAMES), rng.choice(_LAST_NAMES), rng.choice(_CITIES)
    # Telephone numbers from a range reserved for fiction (ATIS/NANP 555-01xx), addresses under a reserved domain.
    profile = {
        "name": f"{first} {last}",
        "email": f"{first}.{last}@mail.example".lower(),
        "phone": f"+1 {rng.choice((212, 303, 415, 617, 808))} 555 01{rng.randrange(100):02d}",
        "home city": city,
    }
    return {key: profile[key] for key in profile if key == "name" or key in wanted}
