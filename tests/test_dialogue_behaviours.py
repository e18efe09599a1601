"""Every behaviour comes about in dialogues of the offline model, through the nodes, and is seen by the verifier."""

import itertools
import json
from typing import Any

import pytest

from tests.fakes import RecordingModel, play_one
from toolflow_graph.behaviours import BEHAVIOURS
from toolflow_graph.dialogue.seeds import SeedSettings
from toolflow_graph.dialogue.services import build_seeds
from toolflow_graph.record import Record
from toolflow_graph.types import Behaviour
from toolflow_graph.verification import verify

TRIES = 24


async def find(behaviour: Behaviour, **settings: Any) -> tuple[Record, RecordingModel]:
    """The first accepted dialogue of a mix of this behaviour alone in which it comes about."""
    mix = tuple((name, float(name == behaviour)) for name in BEHAVIOURS)
    seeds = build_seeds((), "auto", None, SeedSettings(run_seed=5, mix=mix, turns=(2, 3), **settings))
    for index in range(TRIES):
        model = RecordingModel()
        record = await play_one(model, seeds.draw(index))
        if record.behaviours.get(behaviour) and record.verdict.accepted:
            return record, model
    raise AssertionError(f"{behaviour} did not come about in {TRIES} dialogues")


def roles(record: Record) -> list[str]:
    return [message["role"] for message in record.messages]


def cue(record: Record, kind: str) -> int:
    return next(cue.message_index for cue in record.cues if cue.kind == kind)


def called(record: Record, start: int = 0, stop: int | None = None) -> list[str]:
    messages = record.messages[start:stop]
    return [call["function"]["name"] for message in messages for call in message.get("tool_calls", ())]


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
async def test_it_comes_about(behaviour: Behaviour) -> None:
    record, _ = await find(behaviour)
    assert record.behaviours[behaviour] >= 1
    assert verify(record).accepted


async def test_correction_calls_again_with_the_new_value() -> None:
    record, _ = await find("correction")
    assert record.plan is not None
    said = cue(record, "revise")
    request = record.plan.requests[next(c.request for c in record.cues if c.kind == "revise")]
    assert request.revision is not None
    before = json.dumps([m.get("tool_calls") for m in record.messages[:said]])
    after = json.dumps([m.get("tool_calls") for m in record.messages[said:]])
    assert json.dumps(request.revision.value) in after
    assert before != after


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_missing_tool_is_not_offered_until_it_arrives(arrives: bool) -> None:
    mix = tuple((name, float(name in ("missing_function", "single"))) for name in BEHAVIOURS)
    seeds = build_seeds((), "auto", None, SeedSettings(run_seed=9, mix=mix, turns=(3, 3)))
    for index in range(60):
        seed = seeds.draw(index)
        if not any(slot.arrives is arrives for slot in seed.slots):
            continue
        model = RecordingModel()
        record = await play_one(model, seed)
        hidden = {name for request in record.plan.requests for name in request.hidden} if record.plan else set()
        if not record.verdict.accepted or not hidden:
            continue
        for asked in model.of("assistant"):
            offered = {tool.name for tool in asked.tools}
            arrived = arrives and any(
                c.kind == "arrived" and c.message_index < len(asked.messages) for c in record.cues
            )
            assert bool(hidden & offered) == arrived
        assert bool(set(called(record)) & hidden) == arrives
        return
    raise AssertionError("no such dialogue")


async def test_search_first_offers_only_the_search_and_then_what_it_found() -> None:
    record, model = await find("search_first")
    first, *_ = model.of("assistant")
    search = record.seed["search_tool"]
    assert [tool.name for tool in first.tools] == [search]
    assert called(record)[0] == search
    found = json.loads(next(m["content"] for m in record.messages if m["role"] == "tool"))["tools"]
    assert {tool["name"] for tool in found} | {search} == set(record.tool_changes[1].tools)


async def test_confirm_and_policy_stand_in_the_exported_system_message() -> None:
    record, _ = await find("confirm")
    assert "wait for a yes" in record.messages[0]["content"]
    record, _ = await find("policy")
    assert record.plan is not None
    assert all(sentence in record.messages[0]["content"] for sentence in record.plan.policy)
    plain, _ = await find("single")
    assert "wait for a yes" not in plain.messages[0]["content"]


async def test_injected_text_is_in_the_result_and_nowhere_else() -> None:
    record, _ = await find("injection")
    place = cue(record, "injection")
    text = next(c.text for c in record.cues if c.kind == "injection")
    assert text is not None
    assert json.dumps(text, ensure_ascii=False)[1:-1] in record.messages[place]["content"]
    assert "@relay.example" not in json.dumps([m for i, m in enumerate(record.messages) if i != place])


async def test_a_mishap_fails_the_call_and_the_tool_prompt_only_grows() -> None:
    record, model = await find("error_recovery")
    failed = json.loads(record.messages[cue(record, "mishap")]["content"])
    assert "error" in failed or [] in failed.values()
    prompts = [asked.messages for asked in model.of("tool")]
    for earlier, later in itertools.pairwise(prompts):
        assert list(later[: len(earlier)]) == list(earlier)


async def test_distractors_are_offered_and_not_needed() -> None:
    record, model = await find("single", distractors=(5, 5))
    assert len(record.seed["distractors"]) == 5
    assert set(record.seed["distractors"]) <= {tool.name for tool in model.of("assistant")[0].tools}
    assert record.plan is not None
    assert not {name for request in record.plan.requests for name in request.tools} & set(record.seed["distractors"])
