"""A run's dialogues, ready to be played: graph, context and fingerprint from a configuration."""

import hashlib
import inspect
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.errors import GraphDrained
from langgraph.runtime import RunControl

from toolflow_graph import __version__
from toolflow_graph.backends import build_backends
from toolflow_graph.behaviours import Outcome, find_shortfall, parse_mix, render_mix
from toolflow_graph.catalog import catalog_digest
from toolflow_graph.config import RunConfig
from toolflow_graph.context import Advice, Context
from toolflow_graph.dialogue.graph import NODES, Graph, Node, build_graph, load_nodes, recursion_limit
from toolflow_graph.dialogue.judged import Judging, judge_fingerprint
from toolflow_graph.dialogue.seeds import SeedSettings
from toolflow_graph.dialogue.services import RunServices, build_seeds, prepare
from toolflow_graph.errors import Drained, UsageError
from toolflow_graph.judging.acceptance import parse_thresholds
from toolflow_graph.judging.panel import Panel, parse_judge_flags
from toolflow_graph.models.memory import Memory
from toolflow_graph.models.pool import build_pools, outages_of, throttled_of
from toolflow_graph.models.port import Outage
from toolflow_graph.models.specs import JUDGE, OFFLINE, parse_endpoints, parse_model_flags, parse_temperature_flags
from toolflow_graph.record import Record
from toolflow_graph.templates import PLAYED_PROMPTS, Template, load_templates
from toolflow_graph.types import ROLES, Role, Seed, Usage
from toolflow_graph.wording import count_of

if TYPE_CHECKING:
    from toolflow_graph.models.pool import Pool
    from toolflow_graph.models.specs import PoolSpec
    from toolflow_graph.models.structured import SupportStore


class Session:
    """Plays dialogues by index.

    ``fingerprint`` holds what must not change when a run goes on; ``notes`` the choices made for the user.
    """

    def __init__(
        self,
        graph: Graph,
        context: Context,
        pools: "Mapping[str, Pool]",
        services: RunServices,
        *,
        fingerprint: dict[str, str],
        notes: list[str],
        offline: bool,
        judging: Judging | None = None,
    ) -> None:
        self._judging = judging
        self._graph = graph
        self._context = context
        self._pools = pools
        self._services = services
        self._controls: set[RunControl] = set()
        self.fingerprint = fingerprint
        self.notes = notes
        self.offline = offline

    @property
    def spending(self) -> Mapping[str, Usage]:
        """Model -> calls and tokens so far, dialogues in flight included."""
        return self._services.spending

    @property
    def models(self) -> Mapping[str, str]:
        """The names of all models that play a role: "role" (or "role 2", ... in a pool) -> name."""
        return {
            f"{role} {place}" if place else role: model.name
            for role, pool in self._pools.items()
            for place, (model, _) in enumerate(pool.members)
        }

    @property
    def mix(self) -> Mapping[Any, float]:
        """The wanted mix: behaviour -> share of dialogues."""
        return self._services.seeds.mix

    def owed(self, outcomes: Sequence[Outcome]) -> dict[str, int]:
        """Behaviours that the accepted dialogues among ``outcomes`` hold too rarely for the mix: name -> how many."""
        return find_shortfall(self._services.seeds.mix, outcomes)

    async def play(self, index: int, owed: Mapping[str, int] | None = None) -> Record:
        """Play dialogue ``index`` from its seed to its verdict; a dialogue that fails is a rejected record.

        If the run has judges, they judge what the rules accept.

        Raises:
            UsageError, RunError: what ends a run.
            Drained: it was stopped between two steps.
        """
        control = RunControl()
        self._controls.add(control)
        try:
            if self._judging is None:
                return await play(self._graph, self._context, index, owed, control)

            async def play_take(services: RunServices, advice: Advice | None) -> Record:
                context = self._context.with_services(services, advice)
                return await play(self._graph, context, index, owed, control)

            return await self._judging.play(index, self._services, play_take, control)
        finally:
            self._controls.discard(control)

    async def steps(self, index: int, owed: Mapping[str, int] | None = None) -> AsyncIterator[tuple[str, Any]]:
        """What :meth:`play` does, step by step: first ("", the input), then each node with the state's changes.

        Raises:
            UsageError, RunError: what ends a run; the steps before it have been told.
        """
        seed, start, limit = await _begin(self._context, index, owed)
        yield "", start
        try:
            async for update in self._graph.astream(start, limit, context=self._context, stream_mode="updates"):
                for node, changes in update.items():
                    yield node, changes
        finally:
            self._services.backends.end_dialogue(seed.id)

    def drain(self) -> None:
        """Stop the dialogues in flight after the step that they are in: what it pays for is kept."""
        for control in self._controls:
            control.request_drain("the run is being stopped")

    @property
    def outages(self) -> Sequence[Outage]:
        """The model servers that answer nothing at present."""
        return outages_of(self._pools)

    @property
    def throttled(self) -> Sequence[str]:
        """What to say of servers that are sent less than might be."""
        return throttled_of(self._pools)

    async def aclose(self) -> None:
        """Close the models' connections."""
        try:
            for pool in dict.fromkeys(self._pools.values()):
                await pool.aclose()
        finally:
            await self._services.backends.aclose()

    @property
    def troubles(self) -> Sequence[str]:
        """What went wrong inside the user's own executors of tools, for the user's eyes."""
        return self._services.backends.troubles()


async def _begin(context: Context, index: int, owed: Mapping[str, int] | None) -> tuple[Seed, Any, Any]:
    """The seed of a dialogue, and what the graph is started with: input and limit."""
    await prepare(context)
    seed = context.services.draw_seed(index, owed)
    return seed, {"index": index, "seed": seed.to_json()}, {"recursion_limit": recursion_limit(seed)}


async def play(
    graph: Graph,
    context: Context,
    index: int,
    owed: Mapping[str, int] | None = None,
    control: RunControl | None = None,
) -> Record:
    """Run the state machine once, from the seed of ``index``, without a checkpointer.

    Raises:
        Drained: ``control`` asked for it, and the step that was running is over.
    """
    seed, start, limit = await _begin(context, index, owed)
    try:
        result = await graph.ainvoke(start, limit, context=context, control=control)
    except GraphDrained as drained:
        raise Drained(str(drained)) from None
    finally:
        context.services.backends.end_dialogue(seed.id)
    return Record.model_validate(result["record"])


def build_session(config: RunConfig, *, support: "SupportStore | None" = None, memory: Memory | None = None) -> Session:
    """Load everything that a configuration names, so that each mistake is told before the first call.

    Args:
        support: what is known of servers' json_schema support.
        memory: keeps replies, and gives back those of an earlier process.

    Raises:
        UsageError: for every mistake in tools, embedder, prompts, nodes and models.
    """
    nodes = load_nodes(config.nodes)
    templates = load_templates(config.prompts, config.prompt)
    specs = parse_model_flags(config.model, [role for role in ROLES if config.plan != "none" or role != "planner"])
    temperatures = parse_temperature_flags(config.temperature)
    judges = parse_judge_flags(config.judge)
    least = parse_thresholds(config.judge_min)
    everyone = {**{str(role): spec for role, spec in specs.items()}, **judges}
    degrees = {str(role): degree for role, degree in temperatures.items()}
    if config.judge_temperature is not None:
        degrees |= dict.fromkeys(judges, config.judge_temperature)
    built = build_pools(everyone, degrees, parse_endpoints(config.endpoints), environ=os.environ, support=support)
    pools: dict[Role, Pool] = {role: built[role] for role in specs}
    settings = SeedSettings(
        run_seed=config.seed,
        tools_per_dialogue=config.tools_per_dialogue,
        turns=config.turns,
        sampling=config.sampling,
        now=config.now,
        # Without a planner nobody lays a dialogue out.
        mix=tuple(parse_mix(config.mix).items()) if config.plan == "llm" else (),
        languages=config.languages,
        distractors=config.distractors,
    )
    seeds = build_seeds(config.tools, config.embedder, config.tau, settings)
    tool_graph = seeds.graph
    texts: dict[str, Any] = {f"{name}_prompt": templates[name].text for name in PLAYED_PROMPTS}
    context = Context(**texts, plan=config.plan, license=config.license)
    backends = build_backends(config.backend, tool_graph.tools, timeout=config.backend_timeout, environ=os.environ)
    services = RunServices(pools, seeds, backends, memory)
    context.attach(services, templates)
    fingerprint = {
        "tools": f"{count_of(len(tool_graph.tools), 'tool')}, {catalog_digest(tool_graph.tools)[:12]}",
        "embedder": tool_graph.embedder,
        "tau": f"{tool_graph.tau:g}",
        **{key: str(getattr(config, key)) for key in ("sampling", "plan", "seed")},
        "tools_per_dialogue": "-".join(map(str, config.tools_per_dialogue)),
        "distractors": "-".join(map(str, config.distractors)),
        "turns": "-".join(map(str, config.turns)),
        "mix": render_mix(parse_mix(config.mix)),
        "language": config.language,
        "now": config.now or "drawn from the seed",
        "license": config.license or "",
        **_fingerprint_models(specs, temperatures),
        **_fingerprint_prompts({name: templates[name] for name in PLAYED_PROMPTS}),
        **_fingerprint_nodes(nodes),
        **backends.fingerprint(),
        **judge_fingerprint(config, templates[JUDGE]),
        "version": __version__,
    }
    offline = all(member.kind == OFFLINE for spec in specs.values() for member in spec.members)
    notes = [tool_graph.reason, *tool_graph.notes, *backends.notes]
    foreign = [name for name, _ in config.languages if name.casefold() != "english"]
    if foreign and any(member.kind == OFFLINE for member in specs["user"].members):
        notes.append(f"the offline model writes English only: nothing of it is in {' or '.join(foreign)}")
    judging = None
    if judges:
        panel = Panel({role: built[role].members[0][0] for role in judges}, templates[JUDGE])
        judging = Judging(panel, least, retakes=config.judge_retakes)
        if panel.offline:
            notes.append("the offline model judges by form only: its scores are for trying, and say nothing of quality")
    elif least:
        raise UsageError(
            f"--judge-min {config.judge_min[0]!r} without a judge", expected="a model that judges", hint="--judge NAME"
        )
    return Session(
        build_graph(nodes),
        context,
        built,
        services,
        fingerprint=fingerprint,
        notes=notes,
        offline=offline,
        judging=judging,
    )


def studio_context(config: RunConfig) -> dict[str, Any]:
    """The settings of a run as fields of :class:`Context`, for a server that builds everything from them.

    What has no field there is left to the server: other nodes, executors of tools, temperatures that differ by role.

    Raises:
        UsageError: for a prompt or a model that cannot be read.
    """
    templates = load_templates(config.prompts, config.prompt)
    specs = parse_model_flags(config.model, list(ROLES))
    temperatures = set(parse_temperature_flags(config.temperature).values())
    fields: dict[str, Any] = {f"{name}_prompt": templates[name].text for name in PLAYED_PROMPTS}
    fields |= {f"{role}_model": str(spec) for role, spec in specs.items()}
    fields |= {key: getattr(config, key) for key in ("embedder", "tau", "sampling", "plan", "seed", "now", "license")}
    fields |= {key: "-".join(map(str, getattr(config, key))) for key in ("tools_per_dialogue", "turns", "distractors")}
    # The server runs in another folder.
    fields["tools"] = [str(Path(source).absolute()) if Path(source).exists() else source for source in config.tools]
    fields |= {"mix": list(config.mix), "language": config.language}
    if len(temperatures) == 1:
        fields["temperature"] = temperatures.pop()
    return Context(**fields).model_dump(mode="json", exclude_defaults=True)


def _fingerprint_models(specs: "Mapping[Role, PoolSpec]", temperatures: "Mapping[Role, float]") -> dict[str, str]:
    return {
        f"model {role}": str(spec) + (f", temperature {temperatures[role]:g}" if role in temperatures else "")
        for role, spec in specs.items()
    }


def _fingerprint_prompts(templates: Mapping[str, Template]) -> dict[str, str]:
    return {f"prompt {name}": template.hash for name, template in templates.items()}


def _fingerprint_nodes(nodes: Mapping[str, Node]) -> dict[str, str]:
    hashes = {}
    for name in NODES:
        file = inspect.getsourcefile(inspect.unwrap(nodes[name]))
        source = Path(file).read_bytes() if file else repr(nodes[name]).encode()
        hashes[f"node {name}"] = hashlib.sha256(source).hexdigest()[:16]
    return hashes
