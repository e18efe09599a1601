"""JSON out of models: tolerant parsing, and whether a server constrains its replies to a JSON Schema.

A request with a ``response_schema`` goes out with ``response_format={"type": "json_schema", ...}`` where the server
honours it; else the schema is written under the last message, in this call only. Which of the two is asked of the
server once, with a tiny request, and kept in a ``SupportStore``.
"""

import asyncio
import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from toolflow_graph.errors import ParseError, RefusedRequest, TruncatedReply
from toolflow_graph.models.port import ModelRequest, Reply
from toolflow_graph.models.retry import Retrying
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Message

# A string that is never closed reaches to the end: looked for again from each of its quotes it would cost hours.
_STRING_OR_TRAILING_COMMA = lazy_regex(r'("(?:[^"\\]|\\.)*+(?:"|\\?\Z))|,(?=\s*[}\]])', re.DOTALL)
_OPENS_OBJECT = lazy_regex(r'\{\s*["}]')
_KINDS = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    type(None): "null",
}

MAX_DEPTH = 64
"""Most levels of objects and arrays in what a model writes: deeper values can be neither validated nor stored."""

PROBE_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"hand": {"type": "string", "enum": ["left", "right"]}, "share": {"type": "integer"}},
    "required": ["hand", "share"],
    "additionalProperties": False,
}
"""What the probe asks for; the probe's words do not mention JSON, so only a server that honours the schema conforms."""

_PROBE = (
    Message(role="system", content="You answer in one short sentence."),
    Message(role="user", content="With which hand do most people write, and how many in a hundred?"),
)


class SupportStore(Protocol):
    """What is known of servers, kept between runs. ``get`` answers None for what was never asked."""

    def get(self, key: str) -> bool | None: ...

    def set(self, key: str, value: bool) -> None: ...


class MemorySupport:
    """A ``SupportStore`` that forgets with the process."""

    def __init__(self) -> None:
        self._known: dict[str, bool] = {}

    def get(self, key: str) -> bool | None:
        return self._known.get(key)

    def set(self, key: str, value: bool) -> None:
        self._known[key] = value


def parse_json_object(text: str | None) -> dict[str, Any]:
    """Read the JSON object in a model's reply.

    Code fences, words before and after, raw line breaks in strings, trailing commas and an object wrapped in a JSON
    string are forgiven; of several objects the first counts.

    Raises:
        ParseError: no object, or a broken one; the reason is written for the model that is asked again.
    """
    text = (text or "").strip()
    if not text:
        raise ParseError("the reply is empty; reply with one JSON object")
    whole = _try_decode(text)
    if isinstance(whole, str) and whole.strip().startswith("{"):
        whole = _try_decode(whole.strip())
    if isinstance(whole, dict):
        return _checked(whole, text)
    if whole is not None and not isinstance(whole, str):
        raise ParseError(f"the reply is {kind_of(whole)}; reply with one JSON object")
    for opening in _OPENS_OBJECT.finditer(text):
        # An object that is broken is not skipped for one inside it: that would be another object than was meant.
        return _checked(_decode_from(text[opening.start() :]), text)
    raise ParseError("the reply holds no JSON object; reply with one JSON object and nothing else")


def parse_arguments(raw: str | dict[str, Any] | None) -> dict[str, Any]:
    """Read a tool call's arguments: an object, its JSON text, or its JSON text as a JSON string; nothing is ``{}``.

    Raises:
        ParseError: broken JSON, JSON that is no object, or an object that no JSON text can hold.
    """
    value: Any = raw
    for _ in range(2):
        if not isinstance(value, str):
            break
        if not value.strip():
            value = None
            break
        try:
            value = _load(value)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"the arguments are no valid JSON: {_reason(error)}") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ParseError(f"the arguments must be a JSON object, not {kind_of(value)}")
    return _checked(value, raw if isinstance(raw, str) else None)


def kind_of(value: Any) -> str:
    """A JSON value's kind, in words."""
    return _KINDS.get(type(value), "a value")


def prompt_for_json(schema: Mapping[str, Any]) -> str:
    """What is written under the last message when the server cannot constrain its reply to ``schema``."""
    text = json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
    return f"Reply with one JSON object only, no other text. It must be valid against this JSON Schema:\n{text}"


class Structured:
    """A model that gets the schema of its reply in the way its server understands.

    A schema that the server refuses although it knows ``json_schema`` is prompted for instead. The raw text
    comes back in ``Reply.content``: parse it with ``parse_json_object``. Probes are not counted in any usage.

    Args:
        model: the model behind its retries.
        key: what the answer is kept under (base URL and model); None: never ask, always prompt.
        support: what is known of servers.
        locks: shared by all models of a run, so that concurrent first requests to one server ask it once.
    """

    def __init__(
        self, model: Retrying, *, key: str | None, support: SupportStore, locks: dict[str, asyncio.Lock] | None = None
    ) -> None:
        self.name = model.name
        self.temperature = model.temperature
        self._model = model
        self._key = key
        self._support = support
        self._locks = {} if locks is None else locks
        self._refused: set[str] = set()

    async def complete(self, request: ModelRequest, config: Any = None) -> Reply:
        """Send one request; raises what ``Retrying.complete`` raises."""
        if request.response_schema is None:
            return await self._model.complete(request, config)
        schema = json.dumps(request.response_schema, sort_keys=True)
        if schema not in self._refused and await self._supported(config):
            try:
                return await self._model.complete(request, config, lenient=(400, 422))
            except RefusedRequest as refusal:
                if refusal.status is None:
                    raise
            reply = await self._model.complete(_prompted(request), config)
            self._refused.add(schema)
            return reply
        return await self._model.complete(_prompted(request), config)

    async def _supported(self, config: Any) -> bool:
        if self._key is None:
            return False
        known = self._support.get(self._key)
        if known is not None:
            return known
        async with self._locks.setdefault(self._key, asyncio.Lock()):
            known = self._support.get(self._key)
            if known is None:
                known = await self._probe(config)
                self._support.set(self._key, known)
        return known

    async def _probe(self, config: Any) -> bool:
        request = ModelRequest(role="probe", messages=_PROBE, brief=None, response_schema=PROBE_SCHEMA)
        try:
            reply = await self._model.complete(request, config, lenient=(400, 422, 501), most_500s=3)
        except (RefusedRequest, TruncatedReply):
            # If it was not the schema that was refused, the request that follows without one shows the mistake.
            return False
        return _conforms(reply.content)


def _prompted(request: ModelRequest) -> ModelRequest:
    assert request.response_schema is not None
    *earlier, last = request.messages
    suffix = prompt_for_json(request.response_schema)
    content = f"{last.content}\n\n{suffix}" if last.content else suffix
    messages = (*earlier, last.model_copy(update={"content": content}))
    return replace(request, messages=messages, response_schema=None)


def _conforms(content: str | None) -> bool:
    try:
        value = _load(content or "")
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and value.get("hand") in ("left", "right") and type(value.get("share")) is int


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _no_overflow(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"the number {text[:20]} is too large")
    return value


_DECODER = json.JSONDecoder(strict=False, parse_constant=_no_constant, parse_float=_no_overflow)


def _load(text: str) -> Any:
    return _DECODER.decode(text)


def _try_decode(text: str) -> Any:
    try:
        return _load(text)
    except (ValueError, RecursionError):
        return None


def _decode_from(text: str) -> dict[str, Any]:
    """The object at the start of ``text``; what follows it does not matter."""
    try:
        return _as_object(_DECODER.raw_decode(text)[0])
    except (ValueError, RecursionError) as error:
        without_commas = _STRING_OR_TRAILING_COMMA.sub(lambda match: match[1] or "", text)
        try:
            return _as_object(_DECODER.raw_decode(without_commas)[0])
        except (ValueError, RecursionError):
            raise ParseError(f"the reply's JSON object is broken: {_reason(error)}") from None


def _as_object(value: Any) -> dict[str, Any]:
    assert isinstance(value, dict), "text that starts with '{' decodes to an object"
    return value


def _checked(value: dict[str, Any], text: str | None) -> dict[str, Any]:
    """``value`` if it can be worked on and stored; ``text`` is what it was read from, None for a ready-made object."""
    if _is_deep(value):
        raise ParseError(f"the JSON is nested too deeply; at most {MAX_DEPTH} levels are allowed")
    # Half a surrogate pair is valid JSON that no file can hold.
    if text is None or "\\ud" in text.lower():
        try:
            json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
        except UnicodeEncodeError:
            raise ParseError("a string holds half a surrogate pair (\\udXXX); write the character itself") from None
        except (ValueError, TypeError) as error:
            raise ParseError(f"the value is not JSON: {error}") from None
    return value


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno} column {error.colno}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)
