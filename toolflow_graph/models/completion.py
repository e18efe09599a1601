"""A chat completion's body, read. Pure.

A body that is no chat completion (broken, an error, without a choice that has a message) is a fault of the way to the
model: it is asked again unchanged. A message whose inside is odd is a reply that cannot be used: ``MALFORMED`` says
why, in words for the model, and ``content`` holds what it said as JSON text.
"""

import json
import re
from typing import Any

from langchain_core.messages import AIMessage, InvalidToolCall, ToolCall
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult

from toolflow_graph.errors import ParseError
from toolflow_graph.models.faults import UnreadableBody, say
from toolflow_graph.models.structured import kind_of, parse_arguments
from toolflow_graph.regexes import lazy_regex

REASONING = "reasoning_content"
"""Where an ``AIMessage``'s reasoning lies in ``additional_kwargs`` (LangChain's other integrations use it too)."""
REASONING_KEY = "reasoning_key"
"""Where ``additional_kwargs`` says under which key of the server's message the reasoning came."""
MALFORMED = "malformed"
"""Where ``additional_kwargs`` says why a message cannot be used."""

_KEYS = (REASONING, "reasoning")
_SPOKEN = ("content", "tool_calls", "function_call")
_KEPT = 20_000
_MOST_TOKENS = 2**53
_THINK = lazy_regex(r"<think>(.*?)(?:</think>|\Z)", re.DOTALL)


def parse_completion(text: str, *, model: str) -> ChatResult:
    """Read the text of a body; ``model`` is the name if the body has none.

    Raises:
        UnreadableBody: it is no chat completion.
    """
    try:
        body = json.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        # It is JSON, of a depth that a model writes and no server: what of it is the message cannot be told.
        return _result(_malformed(text[:_KEPT], "the reply is nested too deeply to be read"), None, model)
    except ValueError:
        raise UnreadableBody(f"the body is no JSON: {text[:200]!r}") from None
    if not isinstance(body, dict):
        raise UnreadableBody(f"the body is no chat completion: {text[:200]!r}")
    if error := body.get("error"):
        # Gateways report an upstream's failure inside a 200.
        code = error.get("code") if isinstance(error, dict) else None
        raise UnreadableBody(f"the server reports an error: {say(error)}", status=code if type(code) is int else None)
    choices = body.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict) or choice.get("message") is None:
        raise UnreadableBody(f"the body holds no choice with a message: {text[:200]!r}")
    reply = _read_message(choice["message"])
    reply.usage_metadata = _read_usage(body.get("usage"))
    reason, name = choice.get("finish_reason"), body.get("model")
    return _result(reply, reason if isinstance(reason, str) else None, name if isinstance(name, str) else model)


def split_thinking(content: str) -> tuple[str, str | None]:
    """Part ``<think>`` blocks from the answer: (answer, thinking or None).

    A block that is never closed reaches to the end; a ``</think>`` that was never opened (the chat template had opened
    it) ends a block that began with the content.
    """
    closing, opening = content.find("</think>"), content.find("<think>")
    if closing < 0 and opening < 0:
        return content, None
    if closing >= 0 and (opening < 0 or closing < opening):
        content = f"<think>{content}"
    thinking = "\n".join(part for match in _THINK.finditer(content) if (part := match[1].strip()))
    return _THINK.sub("", content).strip(), thinking or None


def _result(reply: AIMessage, finish_reason: str | None, model: str) -> ChatResult:
    generation = ChatGeneration(message=reply, generation_info={"finish_reason": finish_reason})
    return ChatResult(generations=[generation], llm_output={"model_name": model})


def _read_message(message: Any) -> AIMessage:
    if not isinstance(message, dict):
        return _malformed(_as_json(message), f"the message is {kind_of(message)}, not an object")
    try:
        text, raw = _read_text(message.get("content")), _read_raw_calls(message)
        calls, broken = _read_calls(raw)
    except ParseError as error:
        said = {key: message[key] for key in _SPOKEN if message.get(key) is not None}
        return _malformed(_as_json(said), str(error))
    kwargs: dict[str, Any] = {"tool_calls": raw} if raw else {}
    for key in _KEYS:
        if isinstance(message.get(key), str) and message[key].strip():
            kwargs |= {REASONING: message[key], REASONING_KEY: key}
            break
    content, thinking = split_thinking(text)
    if thinking is not None:
        kwargs.setdefault(REASONING, thinking)
    if not content and isinstance(message.get("refusal"), str):
        content = message["refusal"]
    return AIMessage(content=content, additional_kwargs=kwargs, tool_calls=calls, invalid_tool_calls=broken)


def _malformed(said: str, reason: str) -> AIMessage:
    return AIMessage(content=said, additional_kwargs={MALFORMED: reason})


def _as_json(value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "(nested too deeply)"
    return text if len(text) <= _KEPT else f"{text[:_KEPT]}... ({len(text)} characters)"


def _read_text(content: Any) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        raise ParseError(f'"content" is {kind_of(content)}; it must be text')
    return "".join(_read_part(part, number) for number, part in enumerate(content))


def _read_part(part: Any, number: int) -> str:
    text = part.get("text") if isinstance(part, dict) else part
    if isinstance(part, dict) and text is None:
        return ""  # an image, a thought: no text
    if not isinstance(text, str):
        raise ParseError(f'"content" has {kind_of(text)} as its part {number + 1}; it must be text')
    return text


def _read_raw_calls(message: dict[str, Any]) -> list[dict[str, Any]]:
    """The entries of ``tool_calls``, each with a ``function`` that has a name; the older ``function_call`` is one."""
    raw = message.get("tool_calls") or []
    old = message.get("function_call")
    if old is not None and not raw:
        raw = [{"function": old}]
    if not isinstance(raw, list):
        raise ParseError(f'"tool_calls" is {kind_of(raw)}; it must be a list of calls')
    for number, entry in enumerate(raw, start=1):
        function = entry.get("function") if isinstance(entry, dict) else None
        if not isinstance(function, dict):
            raise ParseError(f'tool call {number} has no "function" with a name and arguments')
        if not isinstance(function.get("name"), str) or not function["name"]:
            raise ParseError(f"tool call {number} does not name its function")
    return raw


def _read_calls(raw: list[dict[str, Any]]) -> tuple[list[ToolCall], list[InvalidToolCall]]:
    calls: list[ToolCall] = []
    broken: list[InvalidToolCall] = []
    for entry in raw:
        name, arguments = entry["function"]["name"], entry["function"].get("arguments")
        id_ = entry.get("id") if isinstance(entry.get("id"), str) else None
        try:
            calls.append(ToolCall(name=name, args=parse_arguments(arguments), id=id_, type="tool_call"))
        except ParseError as error:
            text = arguments if isinstance(arguments, str) else _as_json(arguments)
            broken.append(InvalidToolCall(name=name, args=text, id=id_, error=str(error), type="invalid_tool_call"))
    return calls, broken


def _read_usage(usage: Any) -> UsageMetadata | None:
    if not isinstance(usage, dict):
        return None
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else usage.get("prompt_cache_hit_tokens")
    sent, received = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    return UsageMetadata(
        input_tokens=sent,
        output_tokens=received,
        total_tokens=sent + received,
        input_token_details={"cache_read": _count(cached)},
    )


def _count(value: Any) -> int:
    """A number of tokens; whatever cannot be one is 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _MOST_TOKENS:
        return 0
    return int(value)
