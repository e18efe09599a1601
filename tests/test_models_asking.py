"""One step of a role: what goes back to the model, what is counted, and under which key reasoning is sent back."""

from typing import Any

import pytest

from tests.fakes import OneModel, OneSeed, build_context
from tests.model_clients import PROMPT, WEATHER, one_attempt
from tests.openai_server import OpenAIServer, completion, text
from toolflow_graph.context import Context
from toolflow_graph.dialogue.asking import REPAIRS, Answer, StepFailed, ask
from toolflow_graph.dialogue.services import RunServices
from toolflow_graph.errors import UsageError
from toolflow_graph.models.memory import Asked, Memory
from toolflow_graph.models.offline import OfflineModel
from toolflow_graph.models.port import Model, Reply
from toolflow_graph.state import DialogueState
from toolflow_graph.templates import load_templates
from toolflow_graph.types import Message, Role, Seed, Usage

SEED = Seed(id="d-1", index=0, random_seed=5, tools=(WEATHER,), target_turns=1, now="2026-03-02T10:00", style="plain")
COST = {"calls": 1, "input": 11, "output": 7, "cached": 5}
ODD = text(None, tool_calls=[{"id": "1", "name": "get_weather", "arguments": "{}"}])


def parse(reply: Reply) -> str:
    assert reply.malformed is None, "a malformed reply is not parsed"
    return reply.content or ""


async def step(
    model: Model,
    messages: tuple[Message, ...] = PROMPT,
    role: Role = "assistant",
    memory: Memory | None = None,
    **state: Any,
) -> tuple[Answer[str] | StepFailed, Context]:
    context = build_context(model, OneSeed(SEED))
    if memory is not None:
        context.services.memory = memory  # type: ignore[misc]
    begun: DialogueState = {"seed": SEED.to_json(), **state}  # type: ignore[typeddict-item]
    try:
        return await ask(context, begun, role, node="n", messages=messages, brief=None, parse=parse), context
    except StepFailed as failed:
        return failed, context


async def test_an_odd_reply_goes_back_with_the_reason_and_is_kept_and_counted() -> None:
    answers = [lambda body: ODD, lambda body: text("Hello")]
    async with OpenAIServer(answers) as server, one_attempt(server) as model:
        answer, context = await step(model)
    assert isinstance(answer, Answer)
    assert answer.value == "Hello"
    (kept,) = answer.bookkeeping["alternatives"]
    assert kept["reason"] == 'tool call 1 has no "function" with a name and arguments'
    assert kept["reply"] == {"content": '{"tool_calls": [{"id": "1", "name": "get_weather", "arguments": "{}"}]}'}
    note = server.requests[1]["messages"][-1]["content"]
    assert kept["reason"] in note
    assert kept["reply"]["content"] in note
    assert answer.bookkeeping["usage"] == [{"role": "assistant", **COST}] * 2
    assert sum(context.services.spending.values(), Usage()) == Usage(  # type: ignore[attr-defined]
        calls=2, input=22, output=14, cached=10
    )


async def test_a_model_that_stays_odd_fails_its_step_only() -> None:
    async with OpenAIServer(lambda body: ODD) as server, one_attempt(server) as model:
        failed, context = await step(model)
    assert isinstance(failed, StepFailed)
    assert failed.fault.code == "unusable_reply"
    assert 'tool call 1 has no "function"' in failed.fault.reason
    assert len(server.requests) == len(failed.bookkeeping["alternatives"]) == REPAIRS + 1
    assert sum(used.calls for used in context.services.spending.values()) == REPAIRS + 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(("reason", "code"), [("length", "truncated_reply"), ("content_filter", "refused_request")])
async def test_what_a_cut_or_filtered_reply_cost_is_counted(reason: str, code: str) -> None:
    async with (
        OpenAIServer([lambda body: ODD, lambda body: completion(text("Hel"), finish_reason=reason)]) as server,
        one_attempt(server) as model,
    ):
        failed, context = await step(model)
    assert isinstance(failed, StepFailed)
    assert failed.fault.code == code
    assert failed.bookkeeping["usage"] == [{"role": "assistant", **COST}] * 2
    assert sum(context.services.spending.values(), Usage()) == Usage(  # type: ignore[attr-defined]
        calls=2, input=22, output=14, cached=10
    )


class Keeping:
    """A memory that gives back to every question what was kept last."""

    def __init__(self) -> None:
        self.kept: str | None = None

    def recall(self, asked: Asked) -> str | None:
        return self.kept

    async def keep(self, asked: Asked, answer: str) -> None:
        self.kept = answer


async def test_a_kept_reply_is_counted_in_its_dialogue_and_never_paid_for_again() -> None:
    memory = Keeping()
    async with OpenAIServer(lambda body: text("Hello")) as server, one_attempt(server) as model:
        first, paid = await step(model, memory=memory)
        second, again = await step(model, memory=memory)
    assert len(server.requests) == 1
    assert isinstance(first, Answer)
    assert isinstance(second, Answer)
    assert first.value == second.value == "Hello"
    assert first.bookkeeping["usage"] == second.bookkeeping["usage"] == [{"role": "assistant", **COST}]
    assert sum(paid.services.spending.values(), Usage()) == Usage(**COST)  # type: ignore[attr-defined]
    assert again.services.spending == {}  # type: ignore[attr-defined]


@pytest.mark.parametrize(("reason", "code"), [("length", "truncated_reply"), ("content_filter", "refused_request")])
async def test_a_kept_end_fails_the_step_again_without_a_call(reason: str, code: str) -> None:
    memory = Keeping()
    async with (
        OpenAIServer(lambda body: completion(text("Hel"), finish_reason=reason)) as server,
        one_attempt(server) as model,
    ):
        first, _ = await step(model, memory=memory)
        second, again = await step(model, memory=memory)
    assert len(server.requests) == 1
    assert isinstance(first, StepFailed)
    assert isinstance(second, StepFailed)
    assert first.fault == second.fault
    assert first.fault.code == code
    assert first.bookkeeping["usage"] == second.bookkeeping["usage"] == [{"role": "assistant", **COST}]
    assert again.services.spending == {}  # type: ignore[attr-defined]


async def test_the_key_of_reasoning_is_the_dialogues_own() -> None:
    """Two dialogues on one model, their servers' answers interleaved: neither sees the other's key."""
    keys = iter(["reasoning", "reasoning_content", "thoughts", "thoughts"])
    thought = (*PROMPT, Message(role="assistant", content="Hi", reasoning="They greet."), PROMPT[1])
    async with (
        OpenAIServer(lambda body: text("Hi", **{next(keys): "They greet."})) as server,
        one_attempt(server) as model,
    ):
        first, _ = await step(model)
        second, _ = await step(model)
        assert isinstance(first, Answer)
        assert isinstance(second, Answer)
        assert first.bookkeeping["reasoning_keys"] == {"assistant": "reasoning"}
        await step(model, thought, **{key: first.bookkeeping[key] for key in ("usage", "reasoning_keys")})
        await step(model, thought, **{key: second.bookkeeping[key] for key in ("usage", "reasoning_keys")})
        keys = iter(["reasoning"])
        await step(model, thought)
    sent = [body["messages"][2] for body in server.requests[2:]]
    said = {"role": "assistant", "content": "Hi"}
    assert sent == [
        {**said, "reasoning": "They greet."},
        {**said, "reasoning_content": "They greet."},
        {**said, "reasoning_content": "They greet."},
    ]


async def test_each_role_has_a_key_of_its_own() -> None:
    async with (
        OpenAIServer(lambda body: text("Hi", reasoning="They greet.")) as server,
        one_attempt(server) as model,
    ):
        answer, _ = await step(model, role="user", reasoning_keys={"assistant": "reasoning_content"})
        again, _ = await step(model, role="user", reasoning_keys={"user": "reasoning"})
    assert isinstance(answer, Answer)
    assert answer.bookkeeping["reasoning_keys"] == {"assistant": "reasoning_content", "user": "reasoning"}
    assert isinstance(again, Answer)
    assert "reasoning_keys" not in again.bookkeeping


async def test_a_role_without_a_model_is_a_mistake_only_when_it_is_asked() -> None:
    seeds: Any = OneSeed(SEED)
    context = Context().attach(RunServices({"user": OneModel(OfflineModel())}, seeds), load_templates())
    assert set(context.models(SEED.random_seed)) == {"user"}
    with pytest.raises(UsageError, match="--model planner=NAME"):
        await ask(context, {"seed": SEED.to_json()}, "planner", node="plan", messages=PROMPT, brief=None, parse=parse)
