"""Defects of messages: who speaks when, what is missing, what is there twice, what cannot be read."""

from toolflow_graph.evaluation.mutations.draft import Draft
from toolflow_graph.evaluation.mutations.registry import kind

_NUDGES = ("Are you still there?", "Any news on that?", "And one more thing.", "Hold on a second.")
_FILLERS = ("One moment, please.", "Let me look into that.", "Here is what I can say so far.", "Sure.")
_ORDERS = ("Be brief.", "Answer in two sentences at most.", "The user is a premium customer.")


def _long(text: str) -> bool:
    # Short ones ("Yes, please.") may well be said twice.
    return len(text) >= 40


@kind("user_twice", "structural", "role_order", "The user speaks twice in a row.")
def user_twice(draft: Draft) -> bool:
    index = draft.pick(draft.texts("user"))
    if index is None:
        return False
    draft.insert(index + 1, {"role": "user", "content": draft.pick(_NUDGES)})
    return True


@kind("assistant_twice", "structural", "role_order", "The assistant says two texts in a row.")
def assistant_twice(draft: Draft) -> bool:
    index = draft.pick(draft.texts("assistant"))
    if index is None:
        return False
    draft.insert(index, {"role": "assistant", "content": draft.pick(_FILLERS)})
    return True


@kind("assistant_first", "structural", "role_order opening_greeting", "The assistant speaks before the user does.")
def assistant_first(draft: Draft) -> bool:
    first = next(iter(draft.texts("user")), None)
    if first is None or any(draft.role(index) != "system" for index in range(first)):
        return False
    draft.insert(first, {"role": "assistant", "content": draft.pick(("Welcome!", *_FILLERS))})
    return True


@kind("system_late", "structural", "role_order", "A system message stands in the middle.")
def system_late(draft: Draft) -> bool:
    index = draft.pick(draft.texts("user", "assistant"))
    if index is None:
        return False
    draft.insert(index + 1, {"role": "system", "content": draft.pick(_ORDERS)})
    return True


@kind(
    "user_cuts_in", "structural", "role_order", "The user speaks between a call and its result, or before the answer."
)
def user_cuts_in(draft: Draft) -> bool:
    index = draft.pick(call.result_index for call in draft.calls if call.result_index is not None)
    if index is None:
        return False
    draft.insert(index + draft.rng.randint(0, 1), {"role": "user", "content": draft.pick(_NUDGES)})
    return True


@kind("messages_swapped", "structural", "role_order", "A user's message and the assistant's answer changed places.")
def messages_swapped(draft: Draft) -> bool:
    pairs = [i for i in draft.texts("user") if draft.role(i + 1) == "assistant"]
    index = draft.pick(pairs)
    if index is None:
        return False
    draft.messages[index], draft.messages[index + 1] = draft.messages[index + 1], draft.messages[index]
    return True


@kind("roles_exchanged", "structural", "role_order", "The user's texts and the assistant's are exchanged throughout.")
def roles_exchanged(draft: Draft) -> bool:
    texts = draft.texts("user", "assistant")
    for index in texts:
        draft.messages[index]["role"] = "user" if draft.role(index) == "assistant" else "assistant"
    return bool(texts)


@kind("result_as_user", "structural", "unanswered_call", "A result is written as a user's message.")
def result_as_user(draft: Draft) -> bool:
    index = draft.pick(call.result_index for call in draft.calls if call.result_index is not None)
    if index is None:
        return False
    draft.messages[index] = {"role": "user", "content": draft.messages[index]["content"]}
    return True


@kind("answer_dropped", "structural", "role_order", "An answer in the middle is missing.")
def answer_dropped(draft: Draft) -> bool:
    index = draft.pick(i for i in draft.texts("assistant") if i < len(draft.messages) - 1)
    if index is None:
        return False
    draft.drop(index)
    return True


@kind("final_answer_dropped", "structural", "unfinished_turn", "The last answer is missing.")
def final_answer_dropped(draft: Draft) -> bool:
    last = len(draft.messages) - 1
    if last not in draft.texts("assistant"):
        return False
    draft.cut(last)
    return True


@kind("ends_with_call", "structural", "unfinished_turn", "The dialogue is cut right after a call.")
def ends_with_call(draft: Draft) -> bool:
    call = draft.pick(draft.calls)
    if call is None:
        return False
    draft.cut(call.index + 1)
    return True


@kind("ends_with_user", "structural", "unfinished_turn", "The dialogue is cut right after a user's message.")
def ends_with_user(draft: Draft) -> bool:
    index = draft.pick(draft.texts("user"))
    if index is None:
        return False
    draft.cut(index + 1)
    return True


@kind("empty_user", "structural", "empty_message", "A user's message is empty.")
def empty_user(draft: Draft) -> bool:
    return _blank(draft, "user")


@kind("empty_assistant", "structural", "empty_message", "An answer is empty.")
def empty_assistant(draft: Draft) -> bool:
    return _blank(draft, "assistant")


def _blank(draft: Draft, role: str) -> bool:
    index = draft.pick(draft.texts(role))
    if index is None:
        return False
    draft.messages[index]["content"] = draft.pick((None, "", "  \n"))
    return True


@kind("unknown_role", "structural", "malformed_message", "A message has a role that does not exist.")
def unknown_role(draft: Draft) -> bool:
    index = draft.pick(draft.texts("user", "assistant"))
    if index is None:
        return False
    draft.messages[index]["role"] = draft.pick(("narrator", "bot", "", None, "human", "ASSISTANT"))
    return True


@kind("content_no_text", "structural", "malformed_message", "A message's content is a number, a switch or an odd part.")
def content_no_text(draft: Draft) -> bool:
    index = draft.pick(draft.texts("user", "assistant"))
    if index is None:
        return False
    draft.messages[index]["content"] = draft.pick((7, True, 0.5, [{"type": "hologram"}]))
    return True


@kind("message_no_object", "structural", "malformed_message", "A message is a bare text or null.")
def message_no_object(draft: Draft) -> bool:
    index = draft.pick(draft.texts("user", "assistant"))
    if index is None:
        return False
    draft.messages[index] = draft.pick((draft.content(index), None, [draft.content(index)]))
    return True


@kind("user_calls", "structural", "malformed_message", "A user's message makes a call.")
def user_calls(draft: Draft) -> bool:
    call, index = draft.pick(draft.calls), draft.pick(draft.texts("user"))
    if call is None or index is None:
        return False
    draft.messages[index]["tool_calls"] = draft.copy_call(call)["tool_calls"]
    return True


@kind("turn_repeated", "structural", "repeated_message repeated_call", "A whole turn is there twice.")
def turn_repeated(draft: Draft) -> bool:
    turns = [
        turn
        for turn in draft.transcript.turns
        if any(_long(draft.content(i)) for i in turn if draft.role(i) in ("user", "assistant"))
        and draft.role(turn[-1]) == "assistant"
    ]
    turn = draft.pick(turns)
    if turn is None:
        return False
    again = []
    for index in turn:
        entry = {**draft.messages[index]}
        if "tool_call_id" in entry:
            entry["tool_call_id"] = f"{entry['tool_call_id']}_again"
        if entry.get("tool_calls"):
            entry["tool_calls"] = [{**made, "id": f"{made['id']}_again"} for made in entry["tool_calls"]]
        again.append(entry)
    draft.insert(turn[-1] + 1, *again)
    return True


@kind("user_repeats", "structural", "repeated_message", "The user says an earlier message of its own once more.")
def user_repeats(draft: Draft) -> bool:
    return _repeat(draft, "user")


@kind("assistant_repeats", "structural", "repeated_message", "The assistant gives an earlier answer once more.")
def assistant_repeats(draft: Draft) -> bool:
    return _repeat(draft, "assistant")


def _repeat(draft: Draft, role: str) -> bool:
    texts = draft.texts(role)
    pairs = [
        (earlier, later)
        for place, later in enumerate(texts)
        for earlier in texts[:place]
        if _long(draft.content(earlier)) and draft.content(earlier) != draft.content(later)
    ]
    pair = draft.pick(pairs)
    if pair is None:
        return False
    draft.messages[pair[1]]["content"] = draft.content(pair[0])
    return True


@kind(
    "given_up", "structural", "fault turn_limit no_progress", "The record itself says that the dialogue was given up."
)
def given_up(draft: Draft) -> bool:
    if draft.data.get("ended") != "plan_done":
        return False
    draft.data["ended"] = draft.pick(("fault", "turn_limit", "no_progress"))
    return True
