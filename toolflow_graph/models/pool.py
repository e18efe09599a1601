"""Who plays which role: weighted pools of models, built from their specs."""

import asyncio
import inspect
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from toolflow_graph.errors import ToolflowError, UsageError
from toolflow_graph.models.faults import explain_error
from toolflow_graph.models.gates import Caps, Gate
from toolflow_graph.models.port import Model, ModelRequest, Outage, Reply
from toolflow_graph.models.retry import Endpoint, Retrying, RetryPolicy
from toolflow_graph.models.specs import EndpointOptions, MemberSpec, PoolSpec, parse_base_url
from toolflow_graph.models.structured import MemorySupport, Structured, SupportStore
from toolflow_graph.randomness import derive_rng
from toolflow_graph.references import load_reference

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

DEFAULT_BASE_URL = "https://api.openai.com/v1"
NO_KEY = "EMPTY"
"""What is sent to a server that needs no key (vLLM's word for it)."""


class Pool:
    """The models of a role; each dialogue draws one by its random seed (as the paper draws GPT-4 versions).

    Args:
        role: part of the draw, so that two roles with equal pools draw apart.
        members: models and weights above 0, in the order given; the order belongs to the draw.
        close: releases the connections of the models.
        outages: the servers of the run that answer nothing at present.
        throttled: what to say of those that are sent less than might be.
    """

    def __init__(
        self,
        role: str,
        members: Sequence[tuple[Model, float]],
        close: Callable[[], Awaitable[None]] | None = None,
        outages: Callable[[], list[Outage]] = list,
        throttled: Callable[[], list[str]] = list,
    ) -> None:
        if not members or not all(0 < weight < math.inf for _, weight in members):
            raise ValueError("a pool needs members with weights above 0")
        self.role = role
        self.members = tuple(members)
        self._close = close
        self.outages = outages
        self.throttled = throttled

    def draw(self, random_seed: int) -> Model:
        """The model that plays the role in the dialogue with this seed: always the same one."""
        left = derive_rng(random_seed, "model", self.role).random() * math.fsum(weight for _, weight in self.members)
        for model, weight in self.members:
            left -= weight
            if left < 0:
                return model
        return self.members[-1][0]

    async def aclose(self) -> None:
        """Close the connections that the models share with the other pools of their run; twice does no harm."""
        if self._close is not None:
            await self._close()


_Who = TypeVar("_Who", bound=str)


def build_pools(
    specs: Mapping[_Who, PoolSpec],
    temperatures: Mapping[Any, float] | None = None,
    endpoints: Mapping[str, EndpointOptions] | None = None,
    *,
    environ: Mapping[str, str],
    support: SupportStore | None = None,
    policy: RetryPolicy | None = None,
    read_timeout: float = 600.0,
) -> dict[_Who, Pool]:
    """Build the models of every role (or of whoever else ``specs`` names); nothing is called.

    The models carry ``name`` and ``temperature`` (None: the server's own) for the record. Equal members share one
    model, members on one server its connections and what is known of it. A pool belongs to one event loop.

    Args:
        specs: from ``parse_model_flags``.
        temperatures: from ``parse_temperature_flags``.
        endpoints: from ``parse_endpoints``.
        environ: where keys and ``OPENAI_BASE_URL`` are read.
        support: what is known of servers' json_schema support; None: ask again in every process.
        policy: how transport faults are waited out.
        read_timeout: seconds that one attempt may take.

    Raises:
        UsageError: a key that is missing, a reference that does not resolve or is no model.
    """
    builder = _Builder(endpoints or {}, environ, support or MemorySupport(), policy or RetryPolicy(), read_timeout)
    temperatures = temperatures or {}
    pools: dict[_Who, Pool] = {}
    for role, spec in specs.items():
        members = [(builder.build(member, temperatures.get(role)), member.weight) for member in spec.members]
        pools[role] = Pool(role, members, builder.close, builder.outages, builder.throttled)
    return pools


def outages_of(pools: Mapping[Any, Pool]) -> list[Outage]:
    """The model servers behind some pools that answer nothing at present, each once."""
    return list({each.label: each for pool in pools.values() for each in pool.outages()}.values())


def throttled_of(pools: Mapping[Any, Pool]) -> list[str]:
    """What to say of the servers behind some pools that are sent less than might be, each once."""
    return list(dict.fromkeys(text for pool in pools.values() for text in pool.throttled()))


class _Foreign:
    """A user's model: what it raises beside ``ModelError``s is explained like any client library's error."""

    def __init__(self, model: Model, reference: str) -> None:
        self.name = model.name
        self.temperature: float | None = getattr(model, "temperature", None)
        self._model = model
        self._reference = reference

    async def complete(self, request: ModelRequest, config: Any = None) -> Reply:
        try:
            return await self._model.complete(request, config)
        except ToolflowError:
            raise
        except Exception as error:
            raise explain_error(error, endpoint=self._reference) from error


class _Builder:
    def __init__(
        self,
        endpoints: Mapping[str, EndpointOptions],
        environ: Mapping[str, str],
        support: SupportStore,
        policy: RetryPolicy,
        read_timeout: float,
    ) -> None:
        self._options = endpoints
        self._environ = environ
        self._support = support
        self._policy = policy
        self._read_timeout = read_timeout
        self._models: dict[tuple[str, float | None], Model] = {}
        self._endpoints: dict[str, Endpoint] = {}
        self._clients: dict[str, Any] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def build(self, member: MemberSpec, temperature: float | None) -> Model:
        key = (str(member), temperature)
        if key not in self._models:
            self._models[key] = self._new(member, temperature)
        return self._models[key]

    def outages(self) -> list[Outage]:
        now = time.monotonic()
        return [outage for endpoint in self._endpoints.values() if (outage := endpoint.outage(now))]

    def throttled(self) -> list[str]:
        return [text for endpoint in self._endpoints.values() if (text := endpoint.throttled()) is not None]

    async def close(self) -> None:
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.aclose()

    def _new(self, member: MemberSpec, temperature: float | None) -> Model:
        if member.kind == "offline":
            from toolflow_graph.models.offline import OfflineModel

            return OfflineModel()
        if member.kind == "reference":
            return self._load(member.name, temperature)
        return self._connect(member.name, member.base_url, temperature)

    def _connect(self, name: str, given_url: str | None, temperature: float | None) -> Model:
        from toolflow_graph.models.chat_openai import build_chat_openai, build_http_client
        from toolflow_graph.models.langchain import LangChainModel

        own_url = self._environ.get("OPENAI_BASE_URL", "").strip()
        if own_url:
            own_url = parse_base_url(own_url, f"OPENAI_BASE_URL={own_url}")
        url = given_url or own_url or DEFAULT_BASE_URL
        options = self._options.get(url, EndpointOptions())
        key_env, api_key = self._find_key(url, own_url, options, name)
        if url not in self._clients:
            self._clients[url] = build_http_client(api_key, read_timeout=self._read_timeout)
        caps = Caps(options.requests_per_minute, options.tokens_per_minute, options.max_in_flight)
        endpoint = self._endpoints.setdefault(url, Endpoint(url, key_env, gate=Gate(caps)))
        chat = build_chat_openai(
            name,
            url,
            api_key,
            reasoning_back=options.reasoning,
            read_timeout=self._read_timeout,
            http_client=self._clients[url],
        )
        secrets = () if key_env is None else (api_key,)
        model = LangChainModel(chat, name=name, endpoint=url, secrets=secrets, send_seed=options.seed)
        support_key = f"json_schema {name}@{url}"
        if options.json_schema is not None:
            support: SupportStore = MemorySupport()
            support.set(support_key, options.json_schema)
        else:
            support = self._support
        retrying = Retrying(model, endpoint, self._policy, temperature=temperature)
        return Structured(retrying, key=support_key, support=support, locks=self._locks)

    def _find_key(self, url: str, own_url: str, options: EndpointOptions, name: str) -> tuple[str | None, str]:
        """The variable the key came from and the key. OPENAI_API_KEY goes to OPENAI_BASE_URL, or else the default."""
        variable = options.api_key_env
        if variable is None:
            if url != (own_url or DEFAULT_BASE_URL):
                return None, NO_KEY
            variable = "OPENAI_API_KEY"
        key = self._environ.get(variable, "").strip()
        if not key:
            if options.api_key_env is None and url == own_url:
                return None, NO_KEY
            raise UsageError(
                f"model {name!r} at {url!r}: {variable} is not set",
                expected="the key in this environment variable",
                hint=f"export {variable}=..., or --model {name}@http://127.0.0.1:8000/v1, or --model offline",
            )
        if not (key.isascii() and key.isprintable()):
            raise UsageError(f"{variable} holds characters that no HTTP header can carry", expected="the bare key")
        return variable, key

    def _load(self, reference: str, temperature: float | None) -> Model:
        from langchain_core.language_models import BaseChatModel

        found = load_reference(reference, what="model")
        if inspect.isclass(found) or (inspect.isroutine(found) and not isinstance(found, BaseChatModel)):
            try:
                found = found()
            except Exception as error:
                raise UsageError(
                    f"--model {reference!r}: calling it failed: {type(error).__name__}: {error}",
                    expected="a class or function that builds a model without arguments",
                ) from error
        endpoint = self._endpoints.setdefault(reference, Endpoint(reference))
        if isinstance(found, BaseChatModel):
            return self._wrap(found, reference, endpoint, temperature)
        if isinstance(found, Model) and callable(found.complete):
            return Retrying(_Foreign(found, reference), endpoint, self._policy, temperature=temperature)
        raise UsageError(
            f"--model {reference!r} is {type(found).__name__}",
            expected="a LangChain chat model, an object with a name and complete(request, config), "
            "or a function that builds one",
        )

    def _wrap(self, chat: "BaseChatModel", reference: str, endpoint: Endpoint, temperature: float | None) -> Model:
        from toolflow_graph.models.langchain import LangChainModel

        own_names = (getattr(chat, attribute, None) for attribute in ("model_name", "model"))
        name = next((own for own in own_names if isinstance(own, str) and own), reference)
        model = LangChainModel(chat, name=name, endpoint=reference)
        retrying = Retrying(model, endpoint, self._policy, temperature=temperature)
        return Structured(retrying, key=None, support=self._support)
