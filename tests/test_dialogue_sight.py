"""Who sees what: the rendered prompts of whole dialogues, against the plan, the tools and the record."""

import itertools
import json
from dataclasses import dataclass

import pytest

from tests.fakes import OneSeed, RecordingModel, build_context, play_one
from toolflow_graph.dialogue.seeds import SeedSettings
from toolflow_graph.dialogue.services import build_seeds
from toolflow_graph.models.port import ModelRequest
from toolflow_graph.record import Record
from toolflow_graph.references import load_reference
from toolflow_graph.templates import load_templates
from toolflow_graph.types import Fact, Message, Plan, Request, Seed


@dataclass
class Played:
    seed: Seed
    record: Record
    model: RecordingModel

    @property
    def plan(self) -> Plan:
        assert self.record.plan is not None
        return self.record.plan


@pytest.fixture(params=range(6))
async def played(request: pytest.FixtureRequest) -> Played:
    seeds = build_seeds((), "auto", None, SeedSettings(run_seed=11, turns=(3, 4)))
    seed, model = seeds.draw(request.param), RecordingModel()
    return Played(seed, await play_one(model, seed), model)


def text_of(request: ModelRequest) -> str:
    """All that is sent, apart from the brief."""
    return "\n".join(json.dumps(message.to_record(), ensure_ascii=False) for message in request.messages)


def test_user_sees_only_the_requests_opened_so_far(played: Played) -> None:
    requests = played.plan.requests
    for asked in played.model.of("user"):
        index = asked.brief.request_index  # type: ignore[union-attr]
        text = text_of(asked)
        assert json.dumps(requests[index].intent)[1:-1] in text or requests[index].kind == "open"
        seen = {request.intent for request in requests[: index + 1]}
        for later in requests[index + 1 :]:
            assert any(later.intent in earlier for earlier in seen) or json.dumps(later.intent)[1:-1] not in text


def test_user_sees_no_tools(played: Played) -> None:
    for asked in played.model.of("user"):
        assert not asked.tools
        text = text_of(asked)
        assert [tool.name for tool in played.seed.offered if tool.name in text] == []


def test_user_learns_a_withheld_fact_only_after_the_assistant_replied(played: Played) -> None:
    for asked in played.model.of("user"):
        brief = asked.brief
        if brief.visit == 0:  # type: ignore[union-attr]
            directive = asked.messages[-1].content or ""
            said = {str(fact.value) for fact in brief.request.facts}  # type: ignore[union-attr]
            for fact in brief.request.withheld:  # type: ignore[union-attr]
                assert f"{fact.name}: " not in directive
                assert str(fact.value) in said or str(fact.value) not in directive


def test_assistant_sees_what_is_exported_and_constant_guidance(played: Played) -> None:
    guidance = load_templates()["assistant"].render()
    exported = list(played.record.messages)
    for asked in played.model.of("assistant"):
        system, *rest = asked.messages
        assert system.content == f"{exported[0]['content']}\n\n{guidance}"
        assert [message.to_record() for message in rest] == exported[1 : len(rest) + 1]
        assert {tool.name for tool in asked.tools} <= {tool.name for tool in played.seed.offered}
        if not played.record.tool_changes:
            assert asked.tools == played.seed.offered


def test_tool_role_sees_calls_and_results_never_the_talk(played: Played) -> None:
    if played.seed.search_tool:
        pytest.skip("what is searched for says what is wanted, and is a call like any other")
    talk = [
        message["content"]
        for message in played.record.messages
        if message["role"] in ("user", "assistant") and message["content"]
    ]
    described = "\n".join(tool.description for tool in played.seed.tools)
    talk = [line for line in talk if line not in described]
    for asked in played.model.of("tool"):
        assert not asked.tools
        text = text_of(asked)
        assert [line for line in talk if json.dumps(line, ensure_ascii=False)[1:-1] in text] == []
        for request in played.plan.requests:
            assert json.dumps(request.intent)[1:-1] not in text
        earlier = [call for call, _ in asked.brief.history]  # type: ignore[union-attr]
        assert len(asked.messages) == 2 + 2 * len(earlier)


def test_exported_system_message_holds_no_instructions_of_ours(played: Played) -> None:
    system = played.record.messages[0]["content"]
    guidance = load_templates()["assistant"].render()
    assert guidance.splitlines()[2] not in system
    assert played.seed.now.replace("T", " ") in system
    for value in played.seed.profile.values():
        assert value in system


def test_planner_sees_every_sampled_tool_and_nothing_of_others(played: Played) -> None:
    (asked, *_) = played.model.of("planner")
    text = text_of(asked)
    assert all(tool.name in text for tool in played.seed.tools)


def test_prompts_only_grow(played: Played) -> None:
    for role in ("user", "assistant", "tool"):
        prompts = [asked.messages for asked in played.model.of(role)]
        for earlier, later in itertools.pairwise(prompts):
            assert list(later[: len(earlier)]) == list(earlier)


def test_briefs_are_not_sent(played: Played) -> None:
    """Nothing that only a brief knows is in any message: the plan's hints for the offline model, say."""
    for asked in played.model.requests:
        text = text_of(asked)
        assert "random_seed" not in text
        assert str(played.seed.random_seed) not in text


def render_user(
    request: Request, visit: int, messages: tuple[Message, ...], cue: str | None = None, *, revised: bool = False
) -> str:
    """What the user is told, by the node's own function, loaded as the engine loads it."""
    seeds = build_seeds((), "lexical", None, SeedSettings())
    context = build_context(RecordingModel(), OneSeed(seeds.draw(0)))
    render = load_reference("toolflow_graph.nodes.user_turn:render", what="function")
    return str(render(request, 0, visit, messages, context, cue=cue, revised=revised))


def test_a_withheld_fact_is_named_at_first_and_told_when_asked_or_pressed() -> None:
    request = Request(
        kind="tool",
        intent="have a rule set up",
        facts=(Fact(name="what happens", value="flag"),),
        withheld=(Fact(name="address of the sender", value="desk@house.example"),),
    )
    before = (Message(role="system", content="x"),)
    asked = (*before, Message(role="user", content="A rule, please."), Message(role="assistant", content="Whose?"))
    opening = render_user(request, 0, before)
    assert "address of the sender" in opening
    assert "desk@house.example" not in opening
    assert "- address of the sender: desk@house.example" in render_user(request, 1, asked)
    pressed = render_user(request, 1, asked, cue="press")
    assert "- address of the sender: desk@house.example" in pressed


def test_a_value_that_was_taken_back_is_not_told_again() -> None:
    request = Request(
        kind="tool",
        intent="know the day of the meeting",
        facts=(Fact(name="meeting", value="EVT-58213"), Fact(name="day", value="Monday")),
        revision=Fact(name="meeting", value="EVT-58340"),
    )
    messages = (Message(role="system", content="x"), Message(role="user", content="y"), Message(role="assistant"))
    assert "EVT-58213" in render_user(request, 1, messages)
    later = render_user(request, 2, messages, revised=True)
    assert "EVT-58213" not in later
    assert "- meeting: EVT-58340\n- day: Monday" in later
