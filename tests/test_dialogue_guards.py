"""The known ways a dialogue goes wrong, each played by a scripted model and met by the state machine."""

import json
from typing import Any

import pytest

from tests.fakes import RecordingModel, ScriptedModel, play_one
from toolflow_graph.dialogue.limits import ASSISTANT_STEPS, turn_limit
from toolflow_graph.errors import RefusedRequest, RunError, TruncatedReply, UsageError
from toolflow_graph.models.port import ModelRequest, RawCall, Reply
from toolflow_graph.record import Record
from toolflow_graph.types import Seed, Tool

STRING = {"type": "string"}


def build_tool(name: str, effect: Any, returns: dict[str, Any], **parameters: dict[str, Any]) -> Tool:
    schema = {"type": "object", "properties": parameters, "required": list(parameters)}
    result = {"type": "object", "properties": returns, "required": list(returns)}
    description = name.replace("_", " ").capitalize() + "."
    return Tool(name=name, description=description, effect=effect, parameters=schema, returns=result)


FIND = build_tool("find_room", "read", {"room_id": STRING, "price": {"type": "number"}}, city=STRING, day=STRING)
BOOK = build_tool("book_room", "write", {"booking_id": STRING}, room_id=STRING)
SEED = Seed(id="d-1", index=0, random_seed=5, tools=(FIND, BOOK), target_turns=1, now="2026-03-02T10:00", style="plain")

FACTS = [{"name": "city", "value": "Lisbon"}]
WITHHELD = [{"name": "day", "value": "2026-04-17"}]
ROOM = {"ok": True, "result": {"room_id": "RM-4821", "price": 88.5}}
BOOKED = {"ok": True, "result": {"booking_id": "BK-90211"}}
OPENING = "I need a room in Lisbon on 2026-04-17, please book one."
FOUND = RawCall("find_room", {"city": "Lisbon", "day": "2026-04-17"})
BOOKING = RawCall("book_room", {"room_id": "RM-4821"})
DONE = "Room RM-4821 is booked for 88.5 euros; your booking number is BK-90211."


def plan(facts: Any = (), withheld: Any = ()) -> Reply:
    request = {
        "kind": "tool",
        "intent": "book a room for one night",
        "tools": ["find_room", "book_room"],
        "facts": facts or [*FACTS, *WITHHELD],
        "withheld": withheld,
        "uses": [],
    }
    return text(json.dumps({"requests": [request]}))


def text(content: str | None) -> Reply:
    return Reply(content=content)


def says(message: str, done: bool = False) -> Reply:
    return text(json.dumps({"done": done, "message": message}))


def calls(*made: RawCall) -> Reply:
    return Reply(calls=made)


def brings(value: Any) -> Reply:
    return text(json.dumps(value))


GOOD: dict[str, list[Reply | Exception]] = {
    "planner": [plan()],
    "user": [says(OPENING), says("", done=True)],
    "assistant": [calls(FOUND), calls(BOOKING), text(DONE)],
    "tool": [brings(ROOM), brings(BOOKED)],
}


async def play(**replies: list[Reply | Exception]) -> Record:
    script: Any = {**{role: list(queue) for role, queue in GOOD.items()}, **replies}
    return await play_one(ScriptedModel(script), SEED)


def refused(record: Record, role: str) -> list[str]:
    return [entry.reason for entry in record.alternatives if entry.role == role]


async def test_the_good_dialogue_is_accepted() -> None:
    record = await play()
    assert record.verdict.accepted, record.verdict
    assert record.alternatives == ()
    assert [message["role"] for message in record.messages] == [
        *("system", "user", "assistant", "tool", "assistant", "tool", "assistant"),
    ]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("Please call find_room for Lisbon on 2026-04-17.", "find_room"),
        ("Set room_id for Lisbon on 2026-04-17.", "room_id"),
        ("User: a room in Lisbon on 2026-04-17", "User:"),
        ("How can I help you today? Lisbon, 2026-04-17.", "help"),
        ("A room in Lisbon on 2026-04-17. ###STOP###", "###STOP###"),
        ("<think>hm</think> A room in Lisbon on 2026-04-17.", "think"),
        ("A room in Lisbon on 2026-05-29.", "2026-05-29"),
        ("", "empty"),
    ],
)
async def test_user_message_that_no_person_would_write(message: str, reason: str) -> None:
    record = await play(user=[says(message), says(OPENING), says("", done=True)])
    assert record.verdict.accepted, record.verdict
    assert len(refused(record, "user")) == 1
    assert reason in refused(record, "user")[0]
    assert message == "" or message not in [entry["content"] for entry in record.messages]


async def test_user_who_ends_too_early_is_asked_again() -> None:
    ends = [says(OPENING), says("", done=True), says("And please book that one."), says("", done=True)]
    record = await play(
        user=list(ends), assistant=[calls(FOUND), text("RM-4821 costs 88.5 euros."), calls(BOOKING), text(DONE)]
    )
    assert record.verdict.accepted, record.verdict
    assert "not yet" in refused(record, "user")[0]


async def test_user_who_insists_on_ending_is_a_fault() -> None:
    record = await play(user=[says("", done=True)] * 3)
    assert not record.verdict.accepted
    assert record.fault is not None
    assert (record.fault.code, record.fault.node) == ("unusable_reply", "user_turn")


async def test_thanks_are_no_new_business() -> None:
    record = await play(user=[says(OPENING), says("Thanks a lot, have a great day!")])
    assert record.verdict.accepted, record.verdict
    assert record.messages[-1]["content"] == DONE
    assert record.ended == "plan_done"


async def test_guessed_value_goes_back_until_it_is_asked_for() -> None:
    record = await play(
        planner=[plan(FACTS, WITHHELD)],
        user=[says("I need a room in Lisbon, please book one."), says("On 2026-04-17."), says("", done=True)],
        assistant=[
            calls(RawCall("find_room", {"city": "Lisbon", "day": "2026-04-17"})),
            text("For which day?"),
            calls(FOUND),
            calls(BOOKING),
            text(DONE),
        ],
    )
    assert record.verdict.accepted, record.verdict
    assert "2026-04-17" in refused(record, "assistant")[0]
    assert record.messages[2]["content"] == "For which day?"


@pytest.mark.parametrize(
    ("attempt", "reason"),
    [
        (RawCall("find_room", '{"city": "Lis'), "JSON"),
        (RawCall("find_room", {"city": "Lisbon"}), "day"),
        (RawCall("find_room", {"city": "Lisbon", "day": 17}), "string"),
        (RawCall("find_room", {"city": "Lisbon", "day": "2026-04-17", "beds": 2}), "beds"),
        (RawCall("find_rooms", {"city": "Lisbon"}), "find_rooms"),
        (RawCall("find_room", {"city": "<city>", "day": "2026-04-17"}), "<city>"),
        (RawCall("find_room", {"city": "Lisbon", "day": "2026-09-30"}), "2026-09-30"),
    ],
)
async def test_call_that_cannot_be_made_goes_back_with_the_reason(attempt: RawCall, reason: str) -> None:
    record = await play(assistant=[calls(attempt), calls(FOUND), calls(BOOKING), text(DONE)])
    assert record.verdict.accepted, record.verdict
    assert reason in refused(record, "assistant")[0]
    assert record.alternatives[0].reply["tool_calls"][0]["name"] == attempt.name


async def test_siblings_must_not_depend_on_each_other() -> None:
    record = await play(assistant=[calls(FOUND, BOOKING), calls(FOUND), calls(BOOKING), text(DONE)])
    assert record.verdict.accepted, record.verdict
    assert "RM-4821" in refused(record, "assistant")[0]


async def test_claimed_success_without_a_result_goes_back() -> None:
    record = await play(assistant=[text("I've booked the room for you."), calls(FOUND), calls(BOOKING), text(DONE)])
    assert record.verdict.accepted, record.verdict
    assert len(refused(record, "assistant")) == 1


@pytest.mark.parametrize("bad", [{"room_id": 7, "price": 1}, {"room_id": "<room_id>", "price": 88.5}, {"price": 1}])
async def test_result_that_does_not_fit_is_repaired_once(bad: Any) -> None:
    record = await play(tool=[brings({"ok": True, "result": bad}), brings(ROOM), brings(BOOKED)])
    assert record.verdict.accepted, record.verdict
    assert len(refused(record, "tool")) == 1


async def test_result_that_never_fits_becomes_an_error_result() -> None:
    bad = brings({"ok": True, "result": {"room_id": 7}})
    record = await play(
        tool=[bad, bad],
        assistant=[calls(FOUND), text("The search failed, so nothing was booked. Shall I try again?")],
        user=[says(OPENING), says("No, leave it for now."), says("No, really.")],
    )
    result = next(message["content"] for message in record.messages if message["role"] == "tool")
    assert json.loads(result)["error"]["code"] == "internal_error"
    assert not record.verdict.accepted  # the request was never fulfilled


async def test_same_read_brings_the_same_result_without_a_call() -> None:
    record = await play(
        user=[says(OPENING), says("Is RM-4821 still the one in Lisbon on 2026-04-17?"), says("", done=True)],
        assistant=[
            calls(FOUND),
            text("RM-4821 is free for 88.5 euros, shall I book it?"),
            calls(FOUND),
            calls(BOOKING),
            text(DONE),
        ],
    )
    results = [message["content"] for message in record.messages if message["role"] == "tool"]
    assert results[0] == results[1]
    assert record.usage["tool"].calls == 2


@pytest.mark.parametrize(
    ("error", "code"),
    [(TruncatedReply("cut off"), "truncated_reply"), (RefusedRequest("too long", status=400), "refused_request")],
)
async def test_model_errors_are_faults_of_the_dialogue(error: Exception, code: str) -> None:
    record = await play(assistant=[error])
    assert not record.verdict.accepted
    assert record.fault is not None
    assert (record.fault.code, record.fault.node) == (code, "assistant_call")
    assert [message["role"] for message in record.messages] == ["system", "user"]


@pytest.mark.parametrize("error", [RunError("the endpoint is down"), UsageError("no key")])
async def test_what_ends_a_run_is_not_swallowed(error: Exception) -> None:
    with pytest.raises(type(error)):
        await play(assistant=[error])


class Restless:
    """An assistant that looks up something new for ever; a user who never has enough."""

    name = "restless"

    def __init__(self, role: str) -> None:
        self.role = role
        self.made = 0
        self.inner = ScriptedModel({"planner": [plan()]})

    async def complete(self, request: ModelRequest, config: Any = None) -> Reply:
        self.made += 1
        if request.role == "assistant" and self.role == "assistant":
            city = f"Lisbon {'x' * self.made}"
            return calls(RawCall("find_room", {"city": city, "day": "2026-04-17"}))
        if request.role == "user":
            return says(OPENING if self.made < 3 else f"I am not satisfied yet{' at all' * self.made}.")
        if request.role == "assistant":
            return text(f"I am sorry to hear that{' indeed' * self.made}.")
        return await self.inner.complete(request, config)


@pytest.mark.parametrize(("role", "ended"), [("assistant", "fault"), ("user", "no_progress")])
async def test_nothing_goes_on_for_ever(role: str, ended: str) -> None:
    model = Restless(role)
    record = await play_one(model, SEED)
    assert not record.verdict.accepted
    assert record.ended == ended
    spoken = [message for message in record.messages if message["role"] == "user"]
    assert len(spoken) <= turn_limit(SEED.target_turns)
    if role == "assistant":
        assert sum(message["role"] == "assistant" for message in record.messages) <= ASSISTANT_STEPS


async def test_user_reads_the_answer_to_small_talk_before_going_on() -> None:
    """A chat request is settled by one answer; what was answered must still reach the user's own conversation."""
    chat: dict[str, Any] = {
        "kind": "chat",
        "intent": "say how the week was",
        "tools": [],
        "facts": [],
        "withheld": [],
        "uses": [],
    }
    stay: dict[str, Any] = {"kind": "tool", "intent": "book a room for one night", "tools": ["find_room", "book_room"]}
    stay |= {"facts": [*FACTS, *WITHHELD], "withheld": [], "uses": []}
    model = RecordingModel(
        ScriptedModel(
            {
                "planner": [text(json.dumps({"requests": [chat, stay]}))],
                "user": [says("What a week."), says(OPENING), says("", done=True)],
                "assistant": [text("I hope it calms down soon."), calls(FOUND), calls(BOOKING), text(DONE)],
                "tool": [brings(ROOM), brings(BOOKED)],
            }
        )
    )
    record = await play_one(model, SEED.model_copy(update={"target_turns": 2}))
    assert record.verdict.accepted, record.verdict
    told = model.of("user")[1].messages[-1].content or ""
    assert "I hope it calms down soon." in told
    assert "book a room" in told
