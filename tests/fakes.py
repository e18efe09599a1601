"""Fakes that implement our ports: a model that records what it is asked, and services around it."""

from collections.abc import Mapping
from typing import Any, cast

from toolflow_graph.context import Context, Draws
from toolflow_graph.dialogue.services import RunServices
from toolflow_graph.dialogue.session import play
from toolflow_graph.models.offline import OfflineModel
from toolflow_graph.models.port import Model, ModelRequest, Reply
from toolflow_graph.record import Record
from toolflow_graph.templates import Template, load_templates
from toolflow_graph.types import ROLES, Role, Seed


class RecordingModel:
    """Passes every request on and remembers it."""

    def __init__(self, inner: Model | None = None) -> None:
        self.name = "recording"
        self.requests: list[ModelRequest] = []
        self._inner = inner or OfflineModel()

    async def complete(self, request: ModelRequest, config: Any = None) -> Reply:
        self.requests.append(request)
        return await self._inner.complete(request, config)

    def of(self, role: Role) -> list[ModelRequest]:
        """The requests of one role, in order."""
        return [request for request in self.requests if request.role == role]


class ScriptedModel:
    """Answers each role from a list of replies, in order; then as the offline model would."""

    def __init__(self, replies: Mapping[Role, list[Reply | Exception]]) -> None:
        self.name = "scripted"
        self.replies = {role: list(queue) for role, queue in replies.items()}
        self._inner: Model = OfflineModel()

    async def complete(self, request: ModelRequest, config: Any = None) -> Reply:
        queue = self.replies.get(cast(Role, request.role), [])
        if not queue:
            return await self._inner.complete(request, config)
        reply = queue.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


class OneModel:
    """A pool of one."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def draw(self, random_seed: int) -> Model:
        return self._model


class OneSeed:
    """Every index starts from the same seed."""

    def __init__(self, seed: Seed) -> None:
        self._seed = seed

    def draw(self, index: int, shortfall: Mapping[str, int] | None = None) -> Seed:
        return self._seed


def build_context(
    model: Model, seeds: Any, templates: Mapping[str, Template] | None = None, **settings: Any
) -> Context:
    """A Context in which one model plays every role."""
    pools: dict[Role, Draws] = dict.fromkeys(ROLES, OneModel(model))
    return Context(**settings).attach(RunServices(pools, seeds), templates or load_templates())


async def play_one(model: Model, seed: Seed, nodes: Mapping[str, Any] | None = None, **settings: Any) -> Record:
    """Play one dialogue from ``seed``."""
    from toolflow_graph.dialogue.graph import build_graph, load_nodes

    graph = build_graph({**load_nodes(), **(nodes or {})})
    return await play(graph, build_context(model, OneSeed(seed), **settings), 0)
