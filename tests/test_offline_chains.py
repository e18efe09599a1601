"""The offline model over tools as real APIs describe them: chains by handles, deeds as deeds, the forbidden apart."""

import random
from typing import Any

import pytest

from tests.offline_play import NOW, default_tools, plan_for, play
from toolflow_graph.models.briefs import Scene
from toolflow_graph.models.offline.binding import get_path
from toolflow_graph.models.offline.views import view_of
from toolflow_graph.types import Slot, Tool

TEXT: dict[str, Any] = {"type": "string"}


def build_object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


# Optional, among many, and named otherwise than where it goes: nothing would bring or take it by itself.
CUSTOMER = build_object(object={"enum": ["customer"]}, **{f"note_{n}": TEXT for n in range(40)}, id=TEXT)
GET_CUSTOMERS = Tool(
    name="GetCustomers",
    description="Returns a list of your customers.",
    parameters=build_object(),
    returns=build_object(data={"type": "array", "items": CUSTOMER}),
    effect="read",
)
POST_REFUND = Tool(
    name="PostRefunds",
    description="Create a refund.",
    parameters={**build_object(customer=TEXT, amount={"type": "integer"}), "required": ["customer", "amount"]},
    returns=build_object(id=TEXT, object={"enum": ["refund"]}),
    effect="write",
)


@pytest.mark.parametrize("seed", range(12))
def test_a_handle_of_another_name_is_taken_from_the_result(seed: int) -> None:
    scene = Scene(
        seed, NOW, {}, "", (GET_CUSTOMERS, POST_REFUND), (), slots=(Slot(behaviours=("chained",)), Slot()),
    )  # fmt: skip
    played = play(scene, 2)
    (request, *_) = played.plan.requests
    assert request.tools == ("GetCustomers", "PostRefunds")
    use = next(use for use in request.uses if use.parameter == "PostRefunds:customer")
    listed, refund = played.history()[0], next(one for one in played.history() if one[0].name == "PostRefunds")
    assert refund[0].arguments["customer"] == get_path(listed[1].value, use.path or "")


def test_what_the_policy_forbids_serves_no_other_request() -> None:
    rng = random.Random(5)
    writing = [tool for tool in default_tools() if tool.effect == "write"]
    forbidden = 0
    for seed in range(60):
        tools = (*rng.sample(default_tools(), 2), rng.choice(writing))
        if len({tool.name for tool in tools}) < 3:
            continue
        slots = (Slot(), Slot(behaviours=("policy",)), Slot(behaviours=("nested",)))
        requests = plan_for(Scene(seed, NOW, {}, "", tools, (), slots=slots), 3).requests
        banned = {name for request in requests if request.kind == "forbidden" for name in request.tools}
        assert not any(banned & set(request.tools) for request in requests if request.kind != "forbidden")
        forbidden += len(banned)
    assert forbidden >= 50


@pytest.mark.parametrize(
    ("name", "description", "phrase"),
    [
        ("delete_assignments_id", "Unassign storage policy. Delete a storage policy assignment.", "unassign the"),
        ("destroyActivities", "All activities for current user. Delete all your activities.", "delete all your"),
        ("Create_OauthClient_for_User", "Used for managing OAuth Clients.", "create an oauth client"),
        ("pins_remove", "Un-pins an item from a channel.", "unpin an item"),
    ],
)
def test_a_change_is_asked_for_as_a_deed(name: str, description: str, phrase: str) -> None:
    tool = Tool(name=name, description=description, effect="write")
    assert view_of(tool).phrase.text.startswith(phrase)
    assert not view_of(tool.model_copy(update={"effect": "read"})).writes
