"""One identifier is one thing: what a dialogue has shown stays as it was, another query brings other things."""

from typing import Any, Literal

from tests.offline_play import NOW, default_tools, play, sample_scene
from toolflow_graph.models.briefs import Scene, ToolBrief
from toolflow_graph.models.offline.keeping import keep_things
from toolflow_graph.models.offline.views import view_of
from toolflow_graph.types import Tool, ToolCall, ToolResult
from toolflow_graph.verification.toolcards import changes
from toolflow_graph.verification.world.naming import Key, read_result
from toolflow_graph.verification.world.naming import noun_of as tool_noun

_DIALOGUES = 30
_TOLERATED = 3
"""Fields that may differ in all of them together: what a thing has free, or costs, on other days."""


def _tool(name: str, *keys: str, effect: Literal["read", "write"] = "read") -> Tool:
    parameters = {"type": "object", "properties": {key: {"type": "string"} for key in keys}}
    returns = {"type": "object", "properties": {"hotels": {"type": "array", "items": {"type": "object"}}}}
    return Tool(name=name, description="Search hotels.", parameters=parameters, returns=returns, effect=effect)


_SEARCH = _tool("search_hotels", "city", "check_in_date", "sort_by")
_READ = _tool("get_hotel_details", "hotel_id")
_RENAME = _tool("update_hotel", "hotel_id", "hotel_name", effect="write")
_MAIL = _tool("read_mail_message", "message_id", "mark_read")
_REVIEW = _tool("submit_review", "booking_id", "score", effect="write")


def _keep(tool: Tool, arguments: dict[str, Any], value: Any, *history: tuple[Tool, dict[str, Any], Any]) -> Any:
    scene = Scene(1, NOW, {}, "", (_SEARCH, _READ, _RENAME, _MAIL, _REVIEW), ())
    past = tuple(
        (ToolCall(id=f"call_{n}", name=one.name, arguments=given), ToolResult(call_id=f"call_{n}", value=result))
        for n, (one, given, result) in enumerate(history)
    )
    brief = ToolBrief(scene, tool, ToolCall(id="call_9", name=tool.name, arguments=arguments), past)
    return keep_things(value, brief, view_of(tool))


def _hotel(**fields: Any) -> dict[str, Any]:
    return {"hotel_id": "HTL-35085", "hotel_name": "Pension Lindenhof", "address": "Calle Sierpes 57", **fields}


_IN_SEVILLE = (_SEARCH, {"city": "Seville"}, {"hotels": [_hotel(guest_score=7.1, nightly_rate=120.0)]})


def test_the_same_thing_keeps_its_attributes() -> None:
    drawn = _hotel(address="Calle Betis 1", guest_score=7.6, nightly_rate=99.0)
    read = _keep(_READ, {"hotel_id": "HTL-35085"}, drawn, _IN_SEVILLE)
    assert (read["address"], read["guest_score"]) == ("Calle Sierpes 57", 7.1)
    drawn = _hotel(address="Calle Betis 1", guest_score=7.6, nightly_rate=99.0)
    sorted_anew = _keep(_SEARCH, {"city": "Seville", "sort_by": "price"}, {"hotels": [drawn]}, _IN_SEVILLE)
    assert sorted_anew == _IN_SEVILLE[2]


def test_prices_may_differ_on_other_days_only() -> None:
    drawn = _hotel(guest_score=7.6, nightly_rate=99.0)
    later = _keep(_SEARCH, {"city": "Seville", "check_in_date": "2026-05-01"}, {"hotels": [drawn]}, _IN_SEVILLE)
    assert later["hotels"][0] == _hotel(guest_score=7.1, nightly_rate=99.0)


def test_another_city_has_other_things_and_the_same_ones_each_time() -> None:
    draw = {"hotels": [_hotel(address="Bogstadveien 64", guest_score=7.6)]}
    oslo = _keep(_SEARCH, {"city": "Oslo"}, draw, _IN_SEVILLE)
    row = dict(oslo["hotels"][0])
    assert row["hotel_id"] != "HTL-35085"
    assert row["hotel_id"].startswith("HTL-")
    assert row["address"] == "Bogstadveien 64"
    again = {"hotels": [_hotel(address="Markveien 2", guest_score=8.0)]}
    before = _IN_SEVILLE, (_SEARCH, {"city": "Oslo"}, {"hotels": [row]})
    assert _keep(_SEARCH, {"city": "Oslo", "sort_by": "price"}, again, *before)["hotels"] == [row]


def test_a_write_shows_and_leaves_the_rest_as_it_was() -> None:
    wrote = (_RENAME, {"hotel_id": "HTL-35085", "hotel_name": "Hotel Betis"}, {"hotel_id": "HTL-35085"})
    drawn = _hotel(hotel_name="Gran Betis", guest_score=7.6)
    read = _keep(_READ, {"hotel_id": "HTL-35085"}, dict(drawn), _IN_SEVILLE, wrote)
    assert read == _hotel(hotel_name="Hotel Betis", guest_score=7.1)
    other = {**drawn, "hotel_id": "HTL-90909"}
    assert _keep(_READ, {"hotel_id": "HTL-90909"}, dict(other), _IN_SEVILLE, wrote) == other


def test_what_was_made_is_read_as_it_was_made() -> None:
    data = {"gid": "19956", "name": "Open water", "owner": {"gid": "56956", "name": "Greg Sanchez"}}
    made = (_tool("createGoal", "name", effect="write"), {"name": "Open water"}, {"data": data})
    drawn = {"gid": "19956", "name": "Low", "owner": {"gid": "37793", "name": "Ruth Holm"}}
    assert _keep(_tool("getGoal", "goal_gid"), {"goal_gid": "19956"}, {"data": drawn}, made) == {"data": data}
    drawn = {"gid": "19956", "name": "Low", "owner": {"gid": "37793", "name": "Ruth Holm"}}
    changed = _keep(
        _tool("updateGoal", "goal_gid", "name", effect="write"),
        {"goal_gid": "19956", "name": "Low"},
        {"data": drawn},
        made,
    )
    assert changed == {"data": {**data, "name": "Low"}}


def test_what_is_written_about_again_belongs_to_the_same_owner() -> None:
    asked = {"booking_id": "BKG-98872", "score": "7"}
    earlier = (_REVIEW, asked, {"review_id": "RVW-1001", "hotel_id": "HTL-14209"})
    again = _keep(_REVIEW, asked, {"review_id": "RVW-2002", "hotel_id": "HTL-83866"}, earlier)
    assert again == {"review_id": "RVW-2002", "hotel_id": "HTL-14209"}
    other = {"booking_id": "BKG-20011", "score": "7"}
    drawn = {"review_id": "RVW-2002", "hotel_id": "HTL-83866"}
    assert _keep(_REVIEW, other, dict(drawn), earlier) == drawn


def test_parts_belong_to_their_holder() -> None:
    parts = [{"attachment_id": f"ATT-{n}", "bytes": n} for n in (7053, 9441)]
    mail = (_MAIL, {"message_id": "MSG-534166"}, {"message_id": "MSG-534166", "attachments": parts})
    other = {"message_id": "MSG-849638", "attachments": [{"attachment_id": "ATT-9441", "bytes": 5}]}
    shown = _keep(_MAIL, {"message_id": "MSG-849638"}, other, mail)["attachments"][0]
    assert shown["attachment_id"] != "ATT-9441"
    assert shown["bytes"] == 5
    drawn = {"message_id": "MSG-534166", "attachments": [{"attachment_id": "ATT-9441", "bytes": 1}]}
    assert _keep(_MAIL, {"message_id": "MSG-534166", "mark_read": "no"}, drawn, mail) == mail[2]


def test_whole_dialogues_show_no_thing_in_two_ways() -> None:
    again, different = 0, []
    for seed in range(_DIALOGUES):
        scene = sample_scene(default_tools(), seed)
        reads = {tool.name for tool in scene.tools if not changes(tool)}
        shown: dict[Key, dict[str, Any]] = {}
        for call, result in play(scene, turns=4).history():
            if call.name not in reads:
                shown.clear()
                continue
            mentions, _ = read_result(result.value, tool_noun(call.name))
            for mention in (one for one in mentions if one.own):
                plain = {key: part for key, part in mention.holder.items() if not isinstance(part, dict | list)}
                before = shown.setdefault(mention.thing, plain)
                again += before is not plain
                different += [(seed, mention.id, key) for key in plain if before.get(key, plain[key]) != plain[key]]
    assert again >= 5, "too few things are shown twice to tell"
    assert len(different) <= _TOLERATED, different
