"""What a run fixes for all its dialogues: the typed runtime Context of the state machine.

Studio shows one prompt field a node (the two ``langgraph_*`` keys) and the settings below; all have defaults, so that
an empty input runs offline on the default catalogue.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from toolflow_graph.backends import Backends
from toolflow_graph.errors import UsageError
from toolflow_graph.models.memory import Memory
from toolflow_graph.models.port import Model
from toolflow_graph.templates import Template, default_prompts
from toolflow_graph.types import ROLES, Role, Seed, Usage


def _prompt(name: str, node: str, says: str) -> Any:
    extra: dict[str, Any] = {"langgraph_nodes": [node], "langgraph_type": "prompt"}
    return Field(default=default_prompts()[name], description=says, json_schema_extra=extra)


def _model(role: str) -> Any:
    return Field(
        default="offline",
        description=f"Who plays the {role} role: offline, NAME, NAME@base_url, a weighted pool, or a reference.",
    )


class Draws(Protocol):
    """A weighted pool of models: a dialogue keeps the one its random seed draws."""

    def draw(self, random_seed: int) -> Model: ...


class Services(Protocol):
    """What cannot be typed into a form: models and the source of seeds."""

    @property
    def pools(self) -> Mapping[Role, Draws]: ...

    @property
    def backends(self) -> Backends:
        """Real executors of tools, by name; none of them in most runs."""
        ...

    @property
    def memory(self) -> Memory:
        """What was answered before, for dialogues that are played again."""
        ...

    def draw_seed(self, index: int, owed: Mapping[str, int] | None = None) -> Seed: ...

    def spend(self, usage: Usage, *, model: str) -> None:
        """Told of every reply that is paid for as it comes, for whoever watches the run."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What the assistant is told when a dialogue is played again: why its messages from an index on were bad."""

    message_index: int
    reasons: str


class Context(BaseModel):
    """Prompts, models and sampling settings of a run.

    A batch run attaches its own services; otherwise (Studio) the engine builds them on first use from the fields.
    """

    model_config = ConfigDict(extra="forbid")

    planner_prompt: str = _prompt("planner", "plan", "How requests are planned.")
    user_prompt: str = _prompt("user", "user_turn", "How the simulated user behaves.")
    assistant_prompt: str = _prompt(
        "assistant", "assistant_call", "Constant guidance for the assistant; never exported."
    )
    tool_prompt: str = _prompt("tool", "tool_simulation", "How tool results are simulated.")
    system_prompt: str = _prompt("system", "assistant_call", "The exported system message.")

    planner_model: str = _model("planner")
    user_model: str = _model("user")
    assistant_model: str = _model("assistant")
    tool_model: str = _model("tool")
    temperature: float | None = Field(default=None, ge=0, le=2, description="Sampling temperature of every role.")

    tools: list[str] = Field(default_factory=list, description="Tool sources; empty: the default catalogue.")
    embedder: str = Field(default="auto", description="Embedder of the tool graph.")
    tau: float | None = Field(default=None, ge=0, le=1, description="Edge threshold; empty: the embedder's own.")
    sampling: Literal["graph", "random"] = Field(default="graph", description="How tools are drawn (paper, 3.1.2).")
    plan: Literal["llm", "none"] = Field(default="llm", description="none: the paper's no-plan ablation.")
    tools_per_dialogue: str = Field(default="3-5", pattern=r"^\d+(-\d+)?$", description="N or A-B.")
    turns: str = Field(default="2-4", pattern=r"^\d+(-\d+)?$", description="Target number of requests, N or A-B.")
    distractors: str = Field(default="0-3", pattern=r"^\d+(-\d+)?$", description="Tools beside them, N or A-B.")
    mix: list[str] = Field(default_factory=list, description="Behaviours: NAME=SHARE of dialogues; empty: the default.")
    language: str = Field(default="English", description="What the user writes.")
    seed: int = Field(default=0, description="The run's random seed.")
    now: str | None = Field(default=None, description="The dialogues' present, ISO 8601; empty: drawn from the seed.")

    license: str | None = Field(default=None, description="The teacher model's licence, written into the record.")

    _services: Services | None = PrivateAttr(default=None)
    _templates: dict[str, Template] | None = PrivateAttr(default=None)
    _advice: Advice | None = PrivateAttr(default=None)

    def attach(self, services: Services, templates: Mapping[str, Template]) -> "Context":
        """Use ready-made services and templates instead of building them from the fields."""
        self._services = services
        self._templates = dict(templates)
        return self

    def with_services(self, services: Services, advice: Advice | None = None) -> "Context":
        """The same context with other services, for a single dialogue; ``advice`` is what its assistant is told."""
        other = self.model_copy()
        other._services, other._advice = services, advice
        return other

    @property
    def advice(self) -> Advice | None:
        """What the assistant is told of an earlier version of this very dialogue; None in nearly all of them."""
        return self._advice

    @property
    def is_attached(self) -> bool:
        """Whether services and templates are there."""
        return self._services is not None and self._templates is not None

    @property
    def services(self) -> Services:
        """The run's services (once attached)."""
        assert self._services is not None, "attach() comes first"
        return self._services

    @property
    def templates(self) -> Mapping[str, Template]:
        """The run's prompts by name (once attached)."""
        assert self._templates is not None, "attach() comes first"
        return self._templates

    def model(self, role: Role, random_seed: int) -> Model:
        """The model that plays ``role`` in the dialogue with this random seed.

        Raises:
            UsageError: the run has none (``--plan none`` needs no planner, unless a node asks one).
        """
        pools = self.services.pools
        if role not in pools:
            raise UsageError(f"no model plays the role {role!r}", known=list(pools), hint=f"add --model {role}=NAME")
        return pools[role].draw(random_seed)

    def models(self, random_seed: int) -> dict[str, Model]:
        """The models of all roles that have one, for the dialogue with this random seed."""
        return {role: self.model(role, random_seed) for role in ROLES if role in self.services.pools}
