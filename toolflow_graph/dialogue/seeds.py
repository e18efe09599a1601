"""Where dialogues start: index -> seed (sampled tools, their edges, target turns, a present, a user)."""

import datetime
from dataclasses import dataclass
from typing import Literal

from toolflow_graph.errors import UsageError
from toolflow_graph.randomness import derive_rng, derive_seed
from toolflow_graph.schemas import iter_fields
from toolflow_graph.tool_graph.build import ToolGraph
from toolflow_graph.tool_graph.sampling import sample_tools
from toolflow_graph.types import Seed, Tool

STYLES = ("plain", "terse", "chatty", "formal", "casual")
"""How the user writes; drawn per dialogue."""

_EARLIEST = datetime.datetime(2025, 1, 6, 7, 0)


def parse_range(text: str) -> tuple[int, int]:
    """``"3"`` -> (3, 3); ``"3-5"`` -> (3, 5).

    Raises:
        UsageError: if the text is no such range, or an empty one.
    """
    low, _, high = text.partition("-")
    if not low.isdecimal() or not (high or low).isdecimal() or not 1 <= int(low) <= int(high or low):
        raise UsageError(f"{text!r} is no range", expected="N or A-B with 1 <= A <= B, such as 3-5")
    return int(low), int(high or low)


@dataclass(frozen=True, slots=True)
class SeedSettings:
    """What, beside the tool graph, determines the seeds of a run.

    ``tools_per_dialogue`` and ``turns`` are (least, most); ``sampling`` is Algorithm 1 of the paper or its ablation;
    ``now`` None draws a present per dialogue.
    """

    run_seed: int = 0
    tools_per_dialogue: tuple[int, int] = (3, 5)
    turns: tuple[int, int] = (2, 4)
    sampling: Literal["graph", "random"] = "graph"
    now: str | None = None


class SeedSource:
    """Draws the seed of every dialogue index: a pure function of the settings and the tool graph."""

    def __init__(self, graph: ToolGraph, settings: SeedSettings) -> None:
        self.graph = graph
        self.settings = settings
        self._tools = {tool.name: tool for tool in graph.tools}

    def draw(self, index: int) -> Seed:
        """The seed of dialogue ``index``."""
        settings = self.settings
        random_seed = derive_seed(settings.run_seed, index)
        rng = derive_rng(random_seed, "seed")
        names = sample_tools(self.graph, rng.randint(*settings.tools_per_dialogue), rng, method=settings.sampling)
        tools = tuple(self._tools[name] for name in names)
        seed = Seed(
            id="",
            index=index,
            random_seed=random_seed,
            tools=tools,
            edges=tuple(self.graph.edges_among(names)),
            target_turns=rng.randint(*settings.turns),
            now=settings.now or draw_now(random_seed),
            profile=draw_profile(random_seed, tools),
            style=rng.choice(STYLES),
        )
        # Named after all it holds, so that dialogues over other tools never share an id when data sets are merged.
        return seed.model_copy(update={"id": f"d-{derive_seed(seed.to_json()):016x}"})


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
