"""Faults and what follows from them: waiting, giving up, or naming a mistake."""

import random
from collections.abc import Sequence
from typing import Any

import pytest

from toolflow_graph.errors import ModelError, RefusedRequest, RunError, TransportFault, TruncatedReply, UsageError
from toolflow_graph.models.faults import (
    Filtered,
    NoCompletion,
    Unreachable,
    UnreadableBody,
    explain_error,
    parse_retry_after,
    scrub,
)
from toolflow_graph.models.port import Model, ModelRequest, Outage, Reply
from toolflow_graph.models.retry import Endpoint, Retrying, RetryPolicy
from toolflow_graph.types import Message, Tool

REQUEST = ModelRequest(role="user", messages=(Message(role="user", content="Hi"),), brief=None)
TOOLS = ModelRequest(role="assistant", messages=REQUEST.messages, brief=None, tools=(Tool(name="get_weather"),))
OK = Reply(content="ok")


class Clock:
    """Time that passes only while something sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


class Playing:
    """A model that plays a list of replies and errors, the last one for ever."""

    name = "m"

    def __init__(self, script: Sequence[Reply | ModelError]) -> None:
        self.script = list(script)
        self.asked: list[ModelRequest] = []

    async def complete(self, request: ModelRequest, config: Any = None) -> Reply:
        self.asked.append(request)
        step = self.script[0] if len(self.script) == 1 else self.script.pop(0)
        if isinstance(step, Reply):
            return step
        raise step


def retrying(
    script: Sequence[Reply | ModelError], clock: Clock, endpoint: Endpoint | None = None, **options: Any
) -> tuple[Playing, Retrying]:
    model = Playing(script)
    endpoint = endpoint or Endpoint("http://h/v1")
    options = {"rng": random.Random(0), "sleep": clock.sleep, "clock": clock, **options}
    return model, Retrying(model, endpoint, **options)


def test_it_is_a_model() -> None:
    _, subject = retrying([OK], Clock(), temperature=0.5)
    assert isinstance(subject, Model)
    assert (subject.name, subject.temperature) == ("m", 0.5)


@pytest.mark.parametrize("status", [429, 500, 503, None])
async def test_faults_are_waited_out_even_on_a_first_call(status: int | None) -> None:
    clock = Clock()
    model, subject = retrying([TransportFault("x", status=status)] * 6 + [OK], clock)
    assert await subject.complete(REQUEST) is OK
    assert len(model.asked) == 7
    assert all(wait <= min(30.0, 0.5 * 2**attempt) for attempt, wait in enumerate(clock.waits))
    assert len(set(clock.waits)) == 6


async def test_what_the_server_asks_for_is_honoured_up_to_a_limit() -> None:
    clock = Clock()
    _, subject = retrying([TransportFault("x", status=429, retry_after=7), OK], clock)
    await subject.complete(REQUEST)
    assert 7 <= clock.waits[0] <= 8
    _, subject = retrying([TransportFault("x", status=429, retry_after=9999), OK], clock)
    await subject.complete(REQUEST)
    assert 120 <= clock.waits[1] <= 121


async def test_a_server_that_speaks_another_protocol_is_a_mistake() -> None:
    page = NoCompletion("the body is no JSON: '<html>'")
    model, subject = retrying([page], Clock())
    with pytest.raises(UsageError, match="not with a chat completion") as caught:
        await subject.complete(REQUEST)
    assert len(model.asked) == 4
    assert "curl http://h/v1/models" in str(caught.value)


async def test_a_server_that_worked_may_send_odd_bodies_for_a_while() -> None:
    page = NoCompletion("the body is no JSON: '<html>'")
    model, subject = retrying([OK, *[page] * 9, OK], Clock())
    await subject.complete(REQUEST)
    assert await subject.complete(REQUEST) is OK
    # Odd bodies among other faults are a storm, not another protocol.
    storm = [step for _ in range(4) for step in (page, page, page, TransportFault("x", status=500))]
    model, subject = retrying([*storm, OK], Clock())
    assert await subject.complete(REQUEST) is OK
    assert len(model.asked) == 17


async def test_an_outage_is_known_until_something_succeeds() -> None:
    clock, endpoint = Clock(), Endpoint("http://h/v1")
    assert endpoint.outage(clock()) is None
    seen: list[Outage | None] = []

    async def sleep(seconds: float) -> None:
        await clock.sleep(10)
        seen.append(endpoint.outage(clock()))

    _, subject = retrying([TransportFault("down", status=503)] * 3 + [OK], clock, endpoint, sleep=sleep)
    await subject.complete(REQUEST)
    assert seen == [Outage("http://h/v1", seconds, "down") for seconds in (10, 20, 30)]
    assert endpoint.outage(clock()) is None


async def test_it_gives_up_after_patience_and_says_how_to_go_on() -> None:
    clock = Clock()
    _, subject = retrying([OK, TransportFault("HTTP 503: busy", status=503)], clock)
    await subject.complete(REQUEST)
    with pytest.raises(RunError, match="go on with the same command") as caught:
        await subject.complete(REQUEST)
    assert "http://h/v1" in str(caught.value)
    assert 900 <= clock.now < 900 + 31


async def test_another_models_success_on_the_same_server_resets_patience() -> None:
    clock, endpoint = Clock(), Endpoint("http://h/v1")
    policy = RetryPolicy(patience=10, first=3, longest=3)
    _, other = retrying([OK], clock, endpoint)

    async def sleep_while_others_work(seconds: float) -> None:
        await clock.sleep(seconds)
        await other.complete(REQUEST)

    faults: list[Reply | ModelError] = [Unreachable("down")] * 30
    endpoint.answered = True
    _, subject = retrying([*faults, OK], clock, endpoint, policy=policy, sleep=sleep_while_others_work)
    assert await subject.complete(REQUEST) is OK
    assert clock.now > 10


async def test_a_request_that_alone_keeps_failing_is_refused() -> None:
    clock, endpoint = Clock(), Endpoint("http://h/v1")
    _, other = retrying([OK], clock, endpoint)

    async def sleep_while_others_work(seconds: float) -> None:
        await clock.sleep(seconds)
        await other.complete(REQUEST)

    fault = TransportFault("HTTP 500: grammar", status=500)
    _, subject = retrying([fault], clock, endpoint, sleep=sleep_while_others_work)
    with pytest.raises(RefusedRequest, match="alone kept failing"):
        await subject.complete(REQUEST)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Unreachable("no connection: refused"), ["cannot reach", "curl http://h/v1/models"]),
        (RefusedRequest("HTTP 401: bad key", status=401), ["bad key", "api_key_env"]),
        (RefusedRequest("HTTP 403: no", status=403), ["HTTP 403"]),
        (RefusedRequest("HTTP 404: no model 'm'", status=404), ["no model 'm'", "/v1"]),
        (RefusedRequest("HTTP 400: tools are not supported", status=400), ["tools are not supported"]),
        (RefusedRequest("HTTP 422: extra field seed", status=422), ["seed = false"]),
        (RefusedRequest("HTTP 400: reasoning_content is unknown", status=400), ['reasoning = "off"']),
        (RefusedRequest("HTTP 307: elsewhere", status=307), ["HTTP 307"]),
    ],
)
async def test_a_first_call_names_the_mistake(error: ModelError, words: list[str]) -> None:
    clock = Clock()
    _, subject = retrying([error], clock)
    with pytest.raises(UsageError) as caught:
        await subject.complete(REQUEST)
    assert clock.waits == []
    for word in ["'m'", "http://h/v1", *words]:
        assert word in str(caught.value)


async def test_the_variable_of_a_refused_key_is_named() -> None:
    _, subject = retrying([RefusedRequest("no", status=401)], Clock(), Endpoint("http://h/v1", "MY_KEY"))
    with pytest.raises(UsageError, match="MY_KEY"):
        await subject.complete(REQUEST)


async def test_after_a_success_refusals_are_the_dialogues_or_end_the_run() -> None:
    clock = Clock()
    for status in (400, 413, 422):
        _, subject = retrying([OK, RefusedRequest("too long", status=status)], clock)
        await subject.complete(REQUEST)
        with pytest.raises(RefusedRequest):
            await subject.complete(REQUEST)
    for status in (401, 403, 404):
        _, subject = retrying([OK, RefusedRequest("gone", status=status)], clock)
        await subject.complete(REQUEST)
        started = clock.now
        with pytest.raises(RunError, match="same command"):
            await subject.complete(REQUEST)
        assert 60 <= clock.now - started < 60 + 31


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_passing_denial_of_what_worked_is_waited_out(status: int) -> None:
    clock = Clock()
    _, subject = retrying([OK, *[RefusedRequest("restarting", status=status)] * 5, OK], clock)
    await subject.complete(REQUEST)
    assert await subject.complete(REQUEST) is OK
    assert len(clock.waits) == 5


@pytest.mark.parametrize(
    ("other_request", "expected"), [(REQUEST, RefusedRequest), (TOOLS, RunError)], ids=["same kind", "another kind"]
)
async def test_a_request_that_alone_is_denied_costs_its_dialogue_only(
    other_request: ModelRequest, expected: type[Exception]
) -> None:
    clock, endpoint = Clock(), Endpoint("http://h/v1")
    _, other = retrying([OK], clock, endpoint)
    await other.complete(REQUEST)

    async def sleep_while_others_work(seconds: float) -> None:
        await clock.sleep(seconds)
        await other.complete(other_request)

    _, subject = retrying([RefusedRequest("flagged", status=403)], clock, endpoint, sleep=sleep_while_others_work)
    with pytest.raises(expected, match="flagged"):
        await subject.complete(REQUEST)
    assert clock.now >= 60


async def test_after_a_success_a_lost_server_is_waited_for() -> None:
    clock = Clock()
    _, subject = retrying([OK, Unreachable("down"), Unreachable("down"), OK], clock)
    await subject.complete(REQUEST)
    assert await subject.complete(REQUEST) is OK
    assert len(clock.waits) == 2


async def test_a_first_call_with_tools_is_a_first_call() -> None:
    _, subject = retrying([OK, RefusedRequest("m does not support tools", status=400)], Clock())
    await subject.complete(REQUEST)
    with pytest.raises(UsageError, match="does not support tools"):
        await subject.complete(TOOLS)


async def test_lenient_statuses_and_filters_are_never_mistakes() -> None:
    _, subject = retrying([RefusedRequest("no", status=400)], Clock())
    with pytest.raises(RefusedRequest):
        await subject.complete(REQUEST, lenient=(400,))
    _, subject = retrying([Filtered("content filter")], Clock())
    with pytest.raises(RefusedRequest):
        await subject.complete(REQUEST)


async def test_truncation_is_passed_on_and_proves_the_server() -> None:
    endpoint = Endpoint("http://h/v1")
    _, subject = retrying([TruncatedReply("cut")], Clock(), endpoint)
    with pytest.raises(TruncatedReply):
        await subject.complete(REQUEST)
    assert endpoint.answered


async def test_the_pools_temperature_goes_into_requests_that_name_none() -> None:
    model, subject = retrying([OK], Clock(), temperature=0.5)
    await subject.complete(REQUEST)
    assert model.asked[0].temperature == 0.5


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "-4"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT", "date": "Wed, 21 Oct 2015 07:27:30 GMT"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert parse_retry_after(headers) == seconds


class _Response:
    def __init__(self, status: int, **headers: str) -> None:
        self.status_code = status
        self.headers = {name.replace("_", "-").title(): value for name, value in headers.items()}


class SdkError(Exception):
    """How client libraries' status errors look."""

    def __init__(self, message: str, response: _Response, body: Any = None) -> None:
        super().__init__(message)
        self.response = response
        self.body = body


def test_statuses_are_told_apart() -> None:
    for status in (408, 409, 429, 500, 502, 503, 529):
        fault = explain_error(SdkError("x", _Response(status, retry_after="2")), endpoint="e")
        assert isinstance(fault, TransportFault)
        assert (fault.status, fault.retry_after) == (status, 2.0)
    for status in (301, 400, 401, 403, 404, 413, 422, 501):
        fault = explain_error(SdkError("x", _Response(status)), endpoint="e")
        assert isinstance(fault, RefusedRequest)
        assert fault.status == status


def test_a_request_too_large_for_any_minute_is_not_waited_for() -> None:
    body = {"error": {"message": "Request too large for m on tokens per min (TPM): Limit 30000, Requested 45000."}}
    fault = explain_error(SdkError("x", _Response(429, retry_after="2"), body), endpoint="e")
    assert isinstance(fault, RefusedRequest)
    assert "Limit 30000" in str(fault)


def test_an_empty_account_is_not_waited_for() -> None:
    error = Exception("You exceeded your current quota, please check your plan and billing details.")
    error.status_code = 429  # type: ignore[attr-defined]
    fault = explain_error(error, endpoint="http://h/v1")
    assert isinstance(fault, RefusedRequest)
    assert fault.status == 402


def test_the_servers_own_words_are_quoted() -> None:
    for body in ({"message": "why"}, {"error": {"message": "why"}}, {"detail": "why"}, {"error": "why"}, "why"):
        assert str(explain_error(SdkError("x", _Response(400), body), endpoint="e")) == "HTTP 400: why"


def test_connection_errors_of_any_library() -> None:
    assert isinstance(explain_error(ConnectionRefusedError("no"), endpoint="e"), Unreachable)
    for error in (TimeoutError(), ConnectionResetError("x"), UnreadableBody("x"), UnreadableBody("x", status=429)):
        fault = explain_error(error, endpoint="e")
        assert isinstance(fault, TransportFault)
        assert not isinstance(fault, Unreachable)
    assert isinstance(explain_error(UnreadableBody("x", status=402), endpoint="e"), RefusedRequest)
    assert isinstance(explain_error(ValueError("a bug"), endpoint="e"), RefusedRequest)


def test_no_key_survives() -> None:
    for text in ("key hunter2 is bad", "Bearer abc.def", "Incorrect API key: sk-proj-abcdef123456", "sk-ab***yz12"):
        scrubbed = scrub(text, ["hunter2"])
        assert "***" in scrubbed
        assert not any(part in scrubbed for part in ("hunter2", "abc.def", "abcdef", "yz12"))
    assert len(scrub("word " * 1000)) < 450
