"""Workers as actors of a Ray cluster: more machines. Needs the extra ``toolflow-graph[ray]``.

An actor runs one event loop with a bounded number of dialogues, as a worker process does, and speaks the same
messages: the driver hands them over with one call and takes what comes back with another one that waits for it.
Nothing is retried by Ray itself; an actor that dies (or whose node does) is a lost worker like any other.
"""

import asyncio
import json
import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any

from toolflow_graph.config import RunConfig
from toolflow_graph.errors import UsageError
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.run.executors.crew import Crew, Lost
from toolflow_graph.run.executors.messages import Message
from toolflow_graph.run.executors.worker import Worker
from toolflow_graph.run.runner import Player
from toolflow_graph.run.store import RunStore

_LONGEST_POLL = 5.0
_KNOCK = 5.0
_PLACE = lazy_regex(r"(?:ray://)?(?P<host>[^/:]+|\[[^\]]+\]):(?P<port>\d{1,5})")
_PASSED_ON = ("OPENAI_", "LANGSMITH_", "LANGCHAIN_", "OTEL_")


def play_on_ray(config: RunConfig, player: Player, store: RunStore) -> Player:
    """``--executor ray``: the dialogues of a run, in actors of a Ray cluster.

    ``--ray-address`` names the cluster (``auto``: the one of this machine, ``ray://host:port`` through a client
    server); without it one is started on this machine for the time of the run. ``--processes`` says how many actors
    there are, one for each CPU of the cluster if it does not.

    Raises:
        UsageError: Ray is not installed, the cluster does not answer, or a variable of ``--ray-env`` is not set.
    """
    environ = _environ_for(config, os.environ)
    ray, ours = _connect(config.ray_address)
    size = config.processes or max(1, int(ray.cluster_resources().get("CPU", 1)))
    crew = _RayCrew if ours else Crew
    return crew(config, player, store, lambda: _hire(ray), size, environ)


def _connect(address: str | None) -> tuple[Any, bool]:
    """Ray, and whether it was this call that joined a cluster."""
    # Read when Ray is imported: its usage reports stay off.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        import ray
    except ImportError:
        raise UsageError(
            "--executor ray: Ray is not installed",
            expected="the extra of this package that brings it",
            hint='pip install "toolflow-graph[ray]"',
        ) from None
    if ray.is_initialized():
        return ray, False
    try:
        _knock(address)
        ray.init(address=address, include_dashboard=None if address else False, log_to_driver=True)
    except (OSError, ValueError, RuntimeError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UsageError(
            f"--ray-address {address!r}: no Ray cluster answers there ({first})",
            expected="auto, HOST:PORT or ray://HOST:PORT of a running cluster",
            hint="ray start --head",
        ) from None
    return ray, True


def _knock(address: str | None) -> None:
    """Whether somebody listens at an address: Ray itself waits for minutes before it says that nobody does.

    Raises:
        OSError: nobody does.
    """
    place = _PLACE.fullmatch(address or "")
    if place is not None:
        with socket.create_connection((place["host"].strip("[]"), int(place["port"])), timeout=_KNOCK):
            pass


def _environ_for(config: RunConfig, environ: Mapping[str, str]) -> dict[str, str]:
    """What a model call needs of this process's environment: an actor inherits that of its node.

    It travels in a message to the actor, never in what Ray stores of a job.
    """
    missing = [name for name in config.ray_env if name not in environ]
    if missing:
        raise UsageError(f"--ray-env {missing[0]!r}: this variable is not set", hint=f"export {missing[0]}=...")
    keys = {*config.ray_env, *(endpoint.api_key_env for endpoint in config.endpoint)}
    return {name: value for name, value in environ.items() if name in keys or name.startswith(_PASSED_ON)}


class _Actor:
    """A worker inside an actor."""

    def __init__(self) -> None:
        self._out: list[Message] = []
        self._some = asyncio.Event()
        self._worker: Worker | None = None

    async def hand(self, messages: bytes) -> None:
        if self._worker is None:
            self._worker = Worker(self._send)
        self._worker.take(json.loads(messages))

    async def take(self) -> bytes:
        try:
            await asyncio.wait_for(self._some.wait(), _LONGEST_POLL)
        except TimeoutError:
            return b"[]"
        # What else is said in this tick goes along. To wait longer for more would save calls through Ray, but every
        # dialogue waits until its reply is kept: 10 ms cost a tenth of the throughput, 40 ms a quarter.
        await asyncio.sleep(0)
        out, self._out = self._out, []
        self._some.clear()
        return _pack(out)

    def _send(self, messages: Sequence[Message]) -> None:
        self._out += messages
        self._some.set()


def _pack(messages: Sequence[Message]) -> bytes:
    # One string of bytes: Ray need not look into every message.
    return json.dumps(messages, separators=(",", ":")).encode()


async def _hire(ray: Any) -> "_ActorChannel":
    # One CPU each, spread over the nodes; Ray itself neither restarts nor retries.
    options = {"num_cpus": 1, "scheduling_strategy": "SPREAD", "max_restarts": 0, "max_task_retries": 0}
    return _ActorChannel(ray, ray.remote(_Actor).options(**options).remote())


class _ActorChannel:
    def __init__(self, ray: Any, actor: Any) -> None:
        self.label = f"Ray actor {actor._actor_id.hex()[:12]}"
        self._ray = ray
        self._actor = actor
        self._outbox: list[Message] = []

    def send(self, messages: Sequence[Message]) -> None:
        if not self._outbox:
            asyncio.get_running_loop().call_soon(self._flush)
        self._outbox += messages

    def _flush(self) -> None:
        messages, self._outbox = self._outbox, []
        # What became of it shows in what is received.
        self._actor.hand.options(num_returns=0).remote(_pack(messages))

    async def receive(self) -> Sequence[Message]:
        try:
            found: list[Message] = json.loads(await self._actor.take.remote())
        except self._ray.exceptions.RayError as error:
            first = str(error).strip().splitlines()[0]
            raise Lost(f"{self.label}: {first}") from None
        return found

    async def close(self) -> None:
        self._ray.kill(self._actor)


class _RayCrew(Crew):
    """A crew that leaves the cluster as it goes."""

    async def aclose(self) -> None:
        import ray

        try:
            await super().aclose()
        finally:
            ray.shutdown()
