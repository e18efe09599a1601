"""Where each node leads. Pure functions of the state; the engine applies them, so that a swapped node never has to."""

from typing import Any, Literal

from toolflow_graph.state import DialogueState


def _is_over(state: DialogueState) -> bool:
    return bool(state.get("fault") or state.get("ended"))


def _last(state: DialogueState) -> dict[str, Any]:
    messages = state.get("messages", [])
    return messages[-1] if messages else {}


def after_plan(state: DialogueState) -> Literal["user_turn", "verifier"]:
    """A plan with requests is spoken; without one there is nothing to say."""
    has_requests = bool(state.get("plan", {}).get("requests"))
    return "user_turn" if has_requests and not _is_over(state) else "verifier"


def after_user_turn(state: DialogueState) -> Literal["assistant_call", "verifier"]:
    """A new user message goes to the assistant; silence ends the dialogue."""
    spoke = _last(state).get("role") == "user"
    return "assistant_call" if spoke and not _is_over(state) else "verifier"


def after_assistant_call(state: DialogueState) -> Literal["tool_simulation", "user_turn", "verifier"]:
    """Calls are executed; text goes to the user."""
    if _is_over(state) or _last(state).get("role") != "assistant":
        return "verifier"
    return "tool_simulation" if _last(state).get("tool_calls") else "user_turn"


def after_tool_simulation(state: DialogueState) -> Literal["assistant_call", "verifier"]:
    """Results go back to the assistant."""
    return "verifier" if _is_over(state) else "assistant_call"
