"""Models and seeds of a run, built from a Context's fields (Studio) or from a run's configuration."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from toolflow_graph.backends import Backends, build_backends
from toolflow_graph.behaviours import parse_mix
from toolflow_graph.config import parse_languages
from toolflow_graph.context import Context, Draws
from toolflow_graph.models.memory import Memory, NoMemory
from toolflow_graph.templates import PLAYED_PROMPTS, build_templates
from toolflow_graph.types import ROLES, Role, Seed, Usage

if TYPE_CHECKING:
    from toolflow_graph.dialogue.seeds import SeedSettings, SeedSource
    from toolflow_graph.models.pool import Pool


class RunServices:
    """Ready-made services: model pools by role, a source of seeds, and real executors of tools (none unless named)."""

    def __init__(
        self,
        pools: Mapping[Role, Draws],
        seeds: "SeedSource",
        backends: Backends | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.pools = pools
        self.seeds = seeds
        self.backends = build_backends((), ()) if backends is None else backends
        self.memory: Memory = memory or NoMemory()
        self.spending: dict[str, Usage] = {}

    def remembering(self, memory: Memory) -> "RunServices":
        """The same services with another memory; what is spent is counted together."""
        other = RunServices(self.pools, self.seeds, self.backends, memory)
        other.spending = self.spending
        return other

    def draw_seed(self, index: int, owed: Mapping[str, int] | None = None) -> Seed:
        """The seed of dialogue ``index``; ``owed``: behaviours that earlier dialogues still owe."""
        return self.seeds.draw(index, owed)

    def spend(self, usage: Usage, *, model: str) -> None:
        """Add to what has been spent on a model so far."""
        self.spending[model] = self.spending.get(model, Usage()) + usage


def build_seeds(tools: Sequence[str], embedder: str, tau: float | None, settings: "SeedSettings") -> "SeedSource":
    """Load the tools, build their tool graph and return the source of seeds.

    Raises:
        UsageError: if a source or the embedder is wrong.
    """
    from toolflow_graph.catalog import load_tools
    from toolflow_graph.dialogue.seeds import SeedSource
    from toolflow_graph.tool_graph import build_tool_graph

    return SeedSource(build_tool_graph(load_tools(tools), embedder, tau), settings)


async def prepare(context: Context) -> None:
    """Attach what a Context lacks, built from its fields, off the event loop (Studio refuses blocking calls in it).

    Raises:
        UsageError: if a prompt, a tool source or a model specification is wrong.
    """
    if not context.is_attached:
        templates = build_templates({name: getattr(context, f"{name}_prompt") for name in PLAYED_PROMPTS})
        context.attach(await asyncio.to_thread(services_for, context), templates)


def services_for(context: Context) -> RunServices:
    """The services that a Context's fields describe; the same fields share them within a process."""
    from toolflow_graph.dialogue.seeds import SeedSettings, parse_range

    settings = SeedSettings(
        run_seed=context.seed,
        tools_per_dialogue=parse_range(context.tools_per_dialogue),
        turns=parse_range(context.turns),
        sampling=context.sampling,
        now=context.now,
        mix=tuple(parse_mix(context.mix).items()) if context.plan == "llm" else (),
        languages=parse_languages(context.language),
        distractors=parse_range(context.distractors, least=0),
    )
    seeds = _shared_seeds(tuple(context.tools), context.embedder, context.tau, settings)
    flags = tuple(f"{role}={getattr(context, f'{role}_model')}" for role in ROLES)
    return RunServices(_shared_pools(flags, context.temperature), seeds)


_shared_seeds = lru_cache(maxsize=8)(build_seeds)


@lru_cache(maxsize=8)
def _shared_pools(flags: tuple[str, ...], temperature: float | None) -> "dict[Role, Pool]":
    from toolflow_graph.models.pool import build_pools
    from toolflow_graph.models.specs import parse_model_flags, parse_temperature_flags

    temperatures = parse_temperature_flags([] if temperature is None else [str(temperature)])
    return build_pools(parse_model_flags(flags), temperatures, environ=os.environ)
