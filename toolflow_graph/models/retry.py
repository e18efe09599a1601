"""The one retry layer: transport faults wait and are tried again; the first call to a server names the user's mistakes.

What a failure means depends on what the server has shown so far:

============================  ==================================  =============================================
failure                       nothing of this kind worked yet     it worked before
============================  ==================================  =============================================
cannot be reached             UsageError                          retried
401, 402, 403, 404            UsageError                          retried for ``doubt`` seconds, then RunError
200, but no chat completion   retried, soon UsageError            retried
other refusals (400, 422...)  UsageError, quoting the server      RefusedRequest: this dialogue ends
429, 5xx, time-out            retried                             retried
============================  ==================================  =============================================

A request that alone keeps failing, while its server answers others, is refused in the end: it costs its own dialogue.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any

from toolflow_graph.errors import ModelError, RefusedRequest, RunError, TransportFault, TruncatedReply, UsageError
from toolflow_graph.models.faults import Filtered, NoCompletion, TimedOut, Unreachable
from toolflow_graph.models.gates import OVERLOADED, Gate
from toolflow_graph.models.port import Model, ModelRequest, Outage, Reply


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How to wait, in seconds.

    Before attempt n + 1 the wait is drawn from [0, min(longest, first * 2**n)] (full jitter: AWS architecture blog,
    "Exponential Backoff And Jitter"); what the server asks for (Retry-After) goes before, up to ``longest_asked``.
    ``longest_odd`` is the longest where nothing says that there is too much to do: a broken connection or body.
    ``patience`` is how long an endpoint may fail without a single success, ``doubt`` how long it may deny (401, 403,
    404) what it did before: a gateway does so while it restarts, and for a single request that its moderation dislikes.
    ``odd_bodies`` in a row from a server that never answered otherwise say that it speaks another protocol.
    """

    first: float = 0.5
    longest: float = 30.0
    longest_odd: float = 2.0
    longest_asked: float = 120.0
    patience: float = 900.0
    doubt: float = 60.0
    odd_bodies: int = 4


@dataclass(slots=True)
class Endpoint:
    """What is known of one server, shared by all models on it.

    Attributes:
        label: its base URL, or the reference of a model that was handed to us.
        key_env: the environment variable its key came from, for messages.
        answered: some call ever succeeded.
        proven: how often each (model, kind of request) succeeded.
        successes: calls that succeeded.
        failing_since: when the first call failed since which none has succeeded; None while it answers.
        last_failure: what that call, or a later one, failed with.
        gate: how many calls it is sent at once.
    """

    label: str
    key_env: str | None = None
    answered: bool = False
    proven: Counter[tuple[str, str]] = field(default_factory=Counter)
    successes: int = 0
    failing_since: float | None = None
    last_failure: str = ""
    gate: Gate = field(default_factory=Gate)

    def outage(self, now: float) -> Outage | None:
        """How long nothing has succeeded, if something has failed."""
        if self.failing_since is None:
            return None
        return Outage(self.label, now - self.failing_since, self.last_failure)

    def throttled(self) -> str | None:
        """What to say while fewer calls are let through than might be."""
        gate = self.gate
        return f"{self.label} takes {int(gate.limit)} calls at once for now" if gate.is_throttled else None


@dataclass(slots=True)
class _Trouble:
    """One request's faults: when the first came, and since when (at which count of successes) nothing else works."""

    first: float
    since: float
    successes: int
    attempts: int = 0
    odd_bodies: int = 0


class Retrying:
    """A model whose transport faults are waited out.

    The waits are not seeded: they change no bytes of the data.

    Args:
        model: answers one attempt; raises ``ModelError``s only.
        endpoint: shared by all models of one server.
        policy: how long to wait.
        temperature: used by requests that name none.
        sleep, clock, rng: for tests.
    """

    def __init__(
        self,
        model: Model,
        endpoint: Endpoint,
        policy: RetryPolicy | None = None,
        *,
        temperature: float | None = None,
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        self.name = model.name
        own: float | None = getattr(model, "temperature", None)
        self.temperature = own if temperature is None else temperature
        self._model = model
        self._endpoint = endpoint
        self._policy = policy or RetryPolicy()
        self._sleep = sleep
        self._clock = clock
        self._rng = rng or random.Random()

    async def complete(
        self,
        request: ModelRequest,
        config: Any = None,
        *,
        lenient: Collection[int] = (),
        most_500s: int | None = None,
    ) -> Reply:
        """Send one request until it is answered.

        Args:
            request: what is asked.
            config: LangGraph's, passed on.
            lenient: statuses that come back as ``RefusedRequest`` even on a first call.
            most_500s: after so many answers of status 500, too: some servers crash on what they do not know.

        Raises:
            RefusedRequest, TruncatedReply: as the model raised them; also ``RefusedRequest`` for a request that alone
                keeps failing while its server answers others (it would block its dialogue for ever).
            UsageError: a first call showed a mistake.
            RunError: the endpoint failed for ``patience`` seconds, or withdrew the key or the model.
        """
        if request.temperature is None and self.temperature is not None:
            request = replace(request, temperature=self.temperature)
        trouble: _Trouble | None = None
        denial: _Trouble | None = None
        while True:
            try:
                reply = await self._attempt(request, config)
            except TransportFault as fault:
                trouble = self._note_fault(trouble, fault)
                if most_500s is not None and fault.status == 500 and trouble.attempts + 1 >= most_500s:
                    raise RefusedRequest(str(fault), status=500, endpoint=fault.endpoint) from None
                wait = self._next_wait(fault, request, trouble)
            except RefusedRequest as refusal:
                judged = self._judge(refusal, request, lenient)
                if not isinstance(judged, RunError):
                    raise judged from None
                worked, now = self._endpoint.proven[(self.name, _kind(request))], self._clock()
                denial = denial or _Trouble(first=now, since=now, successes=worked)
                if now - denial.first >= min(self._policy.doubt, self._policy.patience):
                    raise (refusal if worked > denial.successes else judged) from None
                wait = self._backoff(denial.attempts, self._policy.longest)
                denial.attempts += 1
            except TruncatedReply:
                self._note_success(request)
                raise
            else:
                self._note_success(request)
                return reply
            await self._sleep(wait)

    async def _attempt(self, request: ModelRequest, config: Any) -> Reply:
        gate = self._endpoint.gate
        async with gate.open() as leave:
            try:
                reply = await self._model.complete(request, config)
            except TransportFault as fault:
                if fault.status in OVERLOADED or isinstance(fault, TimedOut):
                    pause = fault.retry_after
                    gate.narrow(leave, pause=None if pause is None else min(pause, self._policy.longest_asked))
                raise
            gate.ease(reply.usage.input + reply.usage.output)
            return reply

    def _note_success(self, request: ModelRequest) -> None:
        self._endpoint.answered = True
        self._endpoint.successes += 1
        self._endpoint.failing_since = None
        self._endpoint.proven[(self.name, _kind(request))] += 1

    def _note_fault(self, trouble: _Trouble | None, fault: TransportFault) -> _Trouble:
        now, successes = self._clock(), self._endpoint.successes
        if self._endpoint.failing_since is None:
            self._endpoint.failing_since = now
        self._endpoint.last_failure = str(fault)
        if trouble is None:
            trouble = _Trouble(first=now, since=now, successes=successes)
        else:
            trouble.attempts += 1
        if trouble.successes != successes:
            trouble.since, trouble.successes = now, successes
        trouble.odd_bodies = trouble.odd_bodies + 1 if isinstance(fault, NoCompletion) else 0
        return trouble

    def _next_wait(self, fault: TransportFault, request: ModelRequest, trouble: _Trouble) -> float:
        endpoint, policy, now = self._endpoint, self._policy, self._clock()
        if isinstance(fault, Unreachable) and not endpoint.answered:
            raise UsageError(
                f"model {self.name!r}: cannot reach {endpoint.label!r} ({fault})",
                expected="a running server that speaks the OpenAI chat protocol",
                hint=f"start the server, or check the URL: curl {endpoint.label}/models"
                if "://" in endpoint.label
                else "",
            ) from None
        if trouble.odd_bodies >= policy.odd_bodies and not endpoint.answered:
            raise UsageError(
                f"model {self.name!r}: {endpoint.label!r} answers, but not with a chat completion ({fault})",
                expected="a server that speaks the OpenAI chat protocol, and a base URL that is complete "
                "(many end with /v1)",
                hint=f"curl {endpoint.label}/models" if "://" in endpoint.label else "",
            ) from None
        if now - trouble.since >= policy.patience:
            raise RunError(
                f"{endpoint.label} has answered no call for {now - trouble.since:.0f} s; the last failure: {fault}\n"
                "  Nothing is lost: go on with the same command when it works again."
            ) from None
        request_to_blame = fault.status != 429 and not isinstance(fault, Unreachable)
        if request_to_blame and now - trouble.first >= policy.patience:
            raise RefusedRequest(
                f"this {request.role} request alone kept failing for {now - trouble.first:.0f} s: {fault}",
                status=fault.status,
                endpoint=fault.endpoint,
            ) from None
        busy = fault.status in OVERLOADED or isinstance(fault, TimedOut | Unreachable)
        backoff = self._backoff(trouble.attempts, policy.longest if busy else policy.longest_odd)
        if fault.retry_after is None:
            return backoff
        # A little more than asked, spread out, so that all who were turned away do not come back at once.
        return min(fault.retry_after, policy.longest_asked) + min(backoff, 1.0)

    def _backoff(self, attempts: int, longest: float) -> float:
        return self._rng.uniform(0, min(longest, self._policy.first * 2 ** min(attempts, 30)))

    def _judge(self, refusal: RefusedRequest, request: ModelRequest, lenient: Collection[int]) -> Exception:
        status, known = refusal.status, (self.name, _kind(request)) in self._endpoint.proven
        if status in lenient or isinstance(refusal, Filtered):
            return refusal
        if known and status in (401, 402, 403, 404):
            return RunError(
                f"{self._endpoint.label} no longer serves {self.name!r}: {refusal}\n"
                "  Nothing is lost: go on with the same command when it works again."
            )
        if known or (status is None and self._endpoint.answered):
            return refusal
        return self._usage_error(refusal)

    def _usage_error(self, refusal: ModelError) -> UsageError:
        label, key_env = self._endpoint.label, self._endpoint.key_env
        problem = f"model {self.name!r} at {label!r}: the first call failed: {refusal}"
        if "://" not in label:
            return UsageError(problem, expected="a model object that answers as it is")
        table = f'config: [[endpoint]] with base_url = "{label}" and '
        if refusal.status in (401, 403):
            if key_env is None:
                hint = f'{table}api_key_env = "MY_KEY" (the name of the variable that holds the key)'
                return UsageError(problem, expected="a server that needs no key (none was sent)", hint=hint)
            return UsageError(problem, expected=f"a key in {key_env} that this server accepts")
        if refusal.status == 402:
            return UsageError(problem, expected="an account with credit")
        if refusal.status == 404:
            return UsageError(
                problem,
                expected="a model that the server has, and a base URL that is complete (many end with /v1)",
                hint=f"curl {label}/models",
            )
        if "seed" in str(refusal):
            return UsageError(problem, hint=f"{table}seed = false")
        if "reasoning" in str(refusal):
            return UsageError(problem, hint=f'{table}reasoning = "off"')
        return UsageError(problem, expected="a server that accepts chat requests with tools and a seed")


def _kind(request: ModelRequest) -> str:
    if request.tools:
        return "tools"
    return "text" if request.response_schema is None else "json"
