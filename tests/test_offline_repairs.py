"""What the offline model does when its reply was refused, and when requests are asked again."""

import json
from typing import Any

import pytest

from tests.fakes import RecordingModel, ScriptedModel, play_one
from tests.offline_play import NOW, default_tools, play, sample_scene
from toolflow_graph.models.briefs import PlannerBrief, UserBrief
from toolflow_graph.models.offline import OfflineModel
from toolflow_graph.models.offline.model import salt_of
from toolflow_graph.models.port import ModelRequest, Reply
from toolflow_graph.types import Request, Seed, Tool

CLOCK = Tool(name="get_quote", description="Get the quote of the day.", parameters={"type": "object"}, effect="read")


def seed_of(number: int, tools: tuple[Tool, ...] | None = None, turns: int = 4) -> Seed:
    chosen = tools or sample_scene(default_tools(), number).tools
    return Seed(id=f"s{number}", index=number, random_seed=number, tools=chosen, target_turns=turns, now=NOW)


@pytest.mark.parametrize("number", range(8))
async def test_in_an_undisturbed_dialogue_no_reply_depends_on_the_sampling_seed(number: int) -> None:
    """Also holds the formula by which salt_of expects the seeds that dialogue/asking.py gives."""
    model = RecordingModel()
    record = await play_one(model, seed_of(number))
    assert record.verdict.accepted, record.verdict.findings
    assert len({request.seed for request in model.requests}) == len(model.requests) > 4
    asked_twice = {(call["name"], json.dumps(call["arguments"])) for call in _calls(record.messages)}
    if len(asked_twice) == len(_calls(record.messages)):  # a repeated read is answered without asking the tool role
        assert [salt_of(request) for request in model.requests] == [0] * len(model.requests)


def _calls(messages: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    return [call["function"] for message in messages for call in message.get("tool_calls") or ()]


@pytest.mark.parametrize("role", ["planner", "user", "assistant"])
async def test_after_a_refused_reply_the_sampling_seed_varies_the_next(role: str) -> None:
    refused = Reply(content="no JSON" if role != "assistant" else "")
    model = RecordingModel(ScriptedModel({role: [refused]}))  # type: ignore[dict-item]
    record = await play_one(model, seed_of(3))
    assert record.verdict.accepted, record.verdict.findings
    salts = [salt_of(request) for request in model.requests if request.role == role]
    assert salts[0] == 0
    assert salts[1] != 0


def test_a_repair_does_not_repeat_what_was_refused_and_the_same_request_gets_the_same_reply() -> None:
    scene = sample_scene(default_tools(), 5)
    brief = PlannerBrief(scene, 3)
    replies = [OfflineModel().reply(ModelRequest("planner", (), brief, seed=seed)) for seed in (0, 11, 12, 11)]
    plans = [reply.content for reply in replies]
    assert len(set(plans)) == 3
    assert plans[1] == plans[3]


def test_a_user_says_an_opening_anew_when_asked_again() -> None:
    scene = sample_scene(default_tools(), 5)
    request = play(scene, 2).plan.requests[0]
    brief = UserBrief(scene, request, 0, 0, False, (), (), False)
    said = {OfflineModel().reply(ModelRequest("user", (), brief, seed=seed)).content for seed in range(6)}
    assert len(said) > 2


@pytest.mark.parametrize("number", range(12))
def test_a_user_of_one_tool_without_parameters_never_repeats_itself(number: int) -> None:
    played = play(sample_scene((CLOCK,), number), 4)
    texts = [text.casefold() for text in played.texts("user")]
    assert len(set(texts)) == len(texts) == 4
    assert sum(request.kind == "tool" for request in played.plan.requests) <= 3


@pytest.mark.parametrize("number", range(6))
async def test_four_requests_over_one_tool_make_an_accepted_dialogue(number: int) -> None:
    record = await play_one(OfflineModel(), seed_of(number, (CLOCK,)))
    assert record.verdict.accepted, record.verdict.findings
    assert not record.alternatives


def test_asking_again_varies_another_value_each_time() -> None:
    properties = {"ticker": {"type": "string", "description": "Stock ticker."}}
    tool = Tool(
        name="get_stock_price",
        description="Get the price of a stock.",
        parameters={"type": "object", "properties": properties, "required": ["ticker"]},
        effect="read",
    )
    for number in range(8):
        asked = [call.arguments["ticker"] for call in play(sample_scene((tool,), number), 3).calls()]
        assert len(set(asked)) == len(asked) >= 2


def _card_tool(verb: str, noun: str) -> Tool:
    properties = {"userId": {"type": "integer"}, "itemId": {"type": "integer"}, "selector": {"type": "string"}}
    return Tool(
        name=f"{verb}_{noun}",
        description=f"{verb.capitalize()} a {noun} with the specific ID.",
        parameters={"type": "object", "properties": properties, "required": list(properties)},
        effect="write",
    )


def test_facts_of_one_request_have_names_of_their_own_or_the_same_value() -> None:
    tools = (_card_tool("block", "card"), _card_tool("close", "account"), _card_tool("delete", "statement"))
    pairs = 0
    for number in range(40):
        for request in play(sample_scene(tools, number), 2).plan.requests:
            values: dict[str, set[str]] = {}
            for fact in (*request.facts, *request.withheld):
                values.setdefault(fact.name.casefold(), set()).add(json.dumps(fact.value))
            assert all(len(found) == 1 for found in values.values()), request
            pairs += len(request.tools) > 1
    assert pairs > 3


def test_an_item_id_is_the_id_of_what_the_tool_is_about_and_a_user_keeps_its_number() -> None:
    tools = (_card_tool("block", "card"), _card_tool("close", "account"))
    for number in range(10):
        requests = play(sample_scene(tools, number), 2).plan.requests
        facts = [fact for request in requests for fact in (*request.facts, *request.withheld)]
        assert {"card ID", "account ID"} <= {fact.name for fact in facts}
        assert len({fact.value for fact in facts if fact.name == "user ID"}) == 1


def test_a_request_without_a_plan_to_follow_is_still_answered() -> None:
    scene = sample_scene((CLOCK,), 1)
    brief = UserBrief(scene, Request(kind="chat", intent="talk"), 0, 0, False, (), (), True)
    assert OfflineModel().reply(ModelRequest("user", (), brief)).content
