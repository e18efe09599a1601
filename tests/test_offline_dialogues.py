"""Whole offline dialogues: valid, grounded, varied, in plain English."""

import datetime
import json
import re
from collections import Counter
from functools import lru_cache

import pytest

from tests.offline_play import CORPORA, Played, ask, default_tools, mcp_tools, play, sample_scene
from toolflow_graph.models.briefs import PlannerBrief
from toolflow_graph.models.offline.saying import said
from toolflow_graph.types import Fact, Plan, Request, Tool, Use
from toolflow_graph.validation import schema_errors


@lru_cache(maxsize=1)
def dialogues() -> tuple[Played, ...]:
    return tuple(play(sample_scene(default_tools(), seed), 2 + seed % 3) for seed in range(160))


def check_valid(played: Played, tools: dict[str, Tool]) -> None:
    for call, result in played.history():
        tool = tools[call.name]
        assert schema_errors(call.arguments, tool.parameters, closed=True) == [], call
        if tool.returns:
            assert schema_errors(result.value, tool.returns, closed=False) == [], call
        assert len(json.dumps(result.value)) < 4000


def test_every_call_and_result_is_valid_and_every_request_gets_settled() -> None:
    tools = {tool.name: tool for tool in default_tools()}
    for played in dialogues():
        check_valid(played, tools)
        assert all(played.settled), played.texts("user")


def test_every_default_tool_can_be_played_alone() -> None:
    for seed, tool in enumerate(default_tools()):
        played = play(sample_scene((tool,), seed), 1)
        check_valid(played, {tool.name: tool})
        assert [call.name for call in played.calls()] == [tool.name]


def test_the_same_brief_gives_the_same_reply() -> None:
    for seed in range(12):
        scene = sample_scene(default_tools(), seed)
        assert play(scene, 3).messages == play(scene, 3).messages
        assert ask("planner", PlannerBrief(scene, 3)) == ask("planner", PlannerBrief(scene, 3))


def test_plans_have_the_asked_length_and_no_identifiers_in_their_intents() -> None:
    names = {tool.name for tool in default_tools()}
    for seed, played in enumerate(dialogues()):
        requests = played.plan.requests
        assert len(requests) == 2 + seed % 3
        assert requests[0].kind == "tool"
        assert sum(request.kind == "chat" for request in requests) <= 1
        for request in requests:
            assert not re.search(r"\b[a-z]+_[a-z_]+\b", request.intent), request.intent
            assert not any(name in request.intent for name in names)
            for place, use in ((0, use) for use in request.uses):
                assert place <= use.request <= requests.index(request)


def test_users_speak_plain_english() -> None:
    names = {tool.name.lower() for tool in default_tools()}
    keys = {key for tool in default_tools() for key in tool.parameters.get("properties", {}) if "_" in key}
    for played in dialogues():
        for text in played.texts("user"):
            words = set(re.findall(r"\w+", text.lower()))
            assert not words & names
            assert not words & keys
            assert "{" not in text
            assert not re.search(r"^(user|assistant):|how can i help|is there anything else", text, re.I)
            assert not re.search(r"\.\.(?!\.)|,,|\?\.|  |\ba [aeiou][a-z]+ed\b", text), text
            assert text[0].isupper() or not text[0].isalpha()


def test_assistants_never_show_raw_json_or_keys() -> None:
    keys = {key for tool in default_tools() for key in (tool.returns or {}).get("properties", {}) if "_" in key}
    for played in dialogues():
        for text in played.texts("assistant"):
            assert not set(re.findall(r"\w+", text)) & keys, text
            assert not re.search(r"[{}]|\bNone\b|\bTrue\b|\bFalse\b|\bnull\b", text), text


def test_every_fact_is_said_and_withheld_ones_only_when_asked() -> None:
    for played in dialogues():
        for index, request in enumerate(played.plan.requests):
            spoken = [m.content or "" for m in played.messages if m.role == "user"]
            for fact in (*request.facts, *request.withheld):
                assert any(said(fact.value, text) for text in spoken), (fact, spoken)
            opening = played.messages[played.starts[index]].content or ""
            for fact in request.withheld:
                held = [other for other in request.facts if other.value == fact.value]
                if isinstance(fact.value, str) and re.search(r"\d{2}", fact.value) and not held:
                    assert not said(fact.value, opening)
                part = played.messages[played.starts[index] :]
                assert any(m.role == "assistant" and (m.content or "").endswith("?") for m in part)


def test_numbers_ids_and_dates_of_answers_come_from_the_dialogue() -> None:
    for played in dialogues():
        seen = ""
        for message in played.messages:
            if message.role == "assistant" and message.content:
                for found in re.findall(r"\b[A-Z]{2,5}-[\w-]*\d+\b", message.content):
                    assert found in seen, (found, message.content)
                for found in re.findall(r"(?<![\w.:+-])\d+\.\d+(?![\w.:])", message.content):
                    assert found in seen or found.rstrip("0").rstrip(".") in seen, (found, message.content)
            seen += (message.content or "") + json.dumps([call.arguments for call in message.tool_calls])


def test_all_behaviours_occur() -> None:
    first = dialogues()[:100]
    assert sum(any(request.withheld for request in played.plan.requests) for played in first) >= 10
    assert sum(any(len(message.tool_calls) > 1 for message in played.messages) for played in first) >= 10
    assert sum(any(request.uses for request in played.plan.requests) for played in first) >= 10
    assert sum(any(request.kind == "chat" for request in played.plan.requests) for played in first) >= 10
    nested = [
        played
        for played in first
        for index, request in enumerate(played.plan.requests)
        if any(use.request == index for use in request.uses)
    ]
    assert nested


def test_openings_differ() -> None:
    openings = Counter(re.split(r"(?<=[.?!])\s", played.texts("user")[0])[0] for played in dialogues())
    assert openings.most_common(1)[0][1] <= 0.03 * len(dialogues())


def test_values_taken_from_results_are_the_results() -> None:
    flows = 0
    for played in dialogues():
        results: list[str] = []
        calls = {call.id: call for call in played.calls()}
        for message in played.messages:
            if message.role == "tool" and message.tool_call_id:
                results.append(message.content or "")
            for call in message.tool_calls:
                for request in played.plan.requests:
                    for use in request.uses:
                        tool, _, path = (use.parameter or "").partition(":")
                        if tool == call.name and "." not in path and path in calls[call.id].arguments:
                            value = call.arguments[path]
                            flows += isinstance(value, str) and any(value in text for text in results)
    assert flows > 30


def test_tools_without_descriptions_or_returns_work() -> None:
    tools = {tool.name: tool for tool in mcp_tools()}
    for seed in range(60):
        scene = sample_scene(mcp_tools(), seed)
        played = play(scene, 3)
        check_valid(played, {**tools, **{tool.name: tool for tool in scene.tools}})
        assert all(played.settled)


@pytest.mark.parametrize("name", ["weatherbit.swagger2.yaml", "spotify.swagger2.yaml"])
def test_imported_apis_work(name: str) -> None:
    file = CORPORA / "openapi" / name
    if not file.exists():
        pytest.skip("corpora/openapi is not here")
    from toolflow_graph.catalog import load_tools

    tools = load_tools([str(file)])
    for seed in range(12):
        scene = sample_scene(tools, seed)
        played = play(scene, 3)
        check_valid(played, {tool.name: tool for tool in tools})
        assert all(played.settled)


def test_a_plan_of_another_planner_without_parameters_is_followed() -> None:
    tools = tuple(tool for tool in default_tools() if tool.name in ("search_hotels", "get_hotel_details"))
    scene = sample_scene(tools, 3, style="")
    scene = type(scene)(scene.random_seed, scene.now, {}, "", tools, ())
    plan = Plan(
        requests=(
            Request(
                kind="tool",
                intent="find a place to stay",
                tools=("search_hotels",),
                facts=(Fact(name="city", value="Porto"), Fact(name="check-in date", value="2026-03-14")),
                withheld=(Fact(name="check-out date", value="2026-03-17"),),
            ),
            Request(
                kind="tool",
                intent="see more about the first hotel",
                tools=("get_hotel_details",),
                uses=(Use(request=0, what="the first hotel"),),
            ),
        )
    )
    played = play(scene, plan=plan)
    first, second = played.calls()
    assert first.arguments["city"] == "Porto"
    assert first.arguments["check_in_date"] == "2026-03-14"
    assert first.arguments["check_out_date"] == "2026-03-17"
    assert second.arguments["hotel_id"] == played.history()[0][1].value["hotels"][0]["hotel_id"]


def test_open_requests_are_understood() -> None:
    for seed in range(30):
        scene = sample_scene(default_tools(), seed)
        plan = Plan(requests=tuple(Request(kind="open", intent="whatever the user likes") for _ in range(2)))
        played = play(scene, plan=plan)
        check_valid(played, {tool.name: tool for tool in scene.tools})
        assert all(played.settled), played.texts("user")


@pytest.mark.parametrize(("code", "calls"), [("rate_limited", 2), ("not_found", 1)])
def test_errors_are_retried_once_if_that_helps_and_never_called_success(code: str, calls: int) -> None:
    tool = next(tool for tool in default_tools() if tool.name == "book_hotel_room")
    scene = sample_scene((tool,), 4)
    error = {"code": code, "message": "The room is gone."}
    request = next(r for r in play(scene, 1).plan.requests)
    played = play(scene, plan=Plan(requests=(request,)), errors={tool.name: error})
    assert len(played.calls()) == calls
    if code == "not_found":
        assert "the room is gone" in " ".join(played.texts("assistant"))
        assert "I've booked" not in " ".join(played.texts("assistant"))


def test_two_things_at_once_stay_the_exception() -> None:
    wishes = [r for played in dialogues() for r in played.plan.requests if r.kind == "tool"]
    assert 0.05 <= sum(len(request.tools) > 1 for request in wishes) / len(wishes) <= 0.3


def test_searches_find_what_was_asked_and_lists_are_counted() -> None:
    searched = 0
    for played in dialogues():
        for call, result in played.history():
            if call.name == "search_news_articles":
                titles = [row["headline"].lower() for row in result.value["articles"]]
                assert all(call.arguments["topic"].lower() in title for title in titles)
                assert result.value.get("articles_found", len(titles)) == len(titles)
                searched += 1
    assert searched


def test_a_session_ends_when_its_minutes_are_over() -> None:
    tool = next(tool for tool in default_tools() if tool.name == "find_free_slots")
    for seed in range(6):
        (call, result), *_ = play(sample_scene((tool,), seed), 1).history()
        for slot in result.value["free_slots"]:
            start, end = (datetime.datetime.fromisoformat(slot[name]) for name in ("start_time", "end_time"))
            assert end - start == datetime.timedelta(minutes=call.arguments["meeting_minutes"])


def test_a_date_in_prose_is_never_raw() -> None:
    for played in dialogues():
        for text in (*played.texts("user"), *played.texts("assistant")):
            assert not re.search(r"\b\d{4}-\d\d-\d\d\b", text), text
