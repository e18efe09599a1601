"""Text to JSON-plain values: JSON, JSON lines or YAML, told from the text; mistakes with file, line and column.

YAML is read as version 1.2's core schema reads it (yaml.org/spec/1.2.2, 10.3), not as PyYAML does: only ``true`` and
``false`` are booleans (``on``, ``no`` stay text), dates stay text, keys are always text. One deviation: a number with
a leading zero stays text (post codes in examples).
"""

import json
import re
from typing import Any

from toolflow_graph.errors import UsageError
from toolflow_graph.regexes import lazy_regex

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = lazy_regex(r"[-+]?(0|[1-9]\d*)")
_FLOAT = lazy_regex(r"[-+]?(\.\d+|(0|[1-9]\d*)(\.\d*)?)([eE][-+]?\d+)?")
_HEX = lazy_regex(r"0x[0-9a-fA-F]+|0o[0-7]+")
_MOST_DEPTH = 200
_MOST_VALUES = 10_000_000


def parse_document(text: str, place: str) -> Any:
    """Parse one file.

    Args:
        text: its content.
        place: its name, for the messages.

    Returns:
        JSON-plain data. JSON lines give the list of their values.

    Raises:
        UsageError: the text is empty or broken (with line and column).
    """
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise UsageError(f"{place!r} is empty", expected="tool definitions as JSON, JSON lines or YAML")
    try:
        if text.lstrip()[0] not in "{[":
            return _parse_yaml(text, place)
        return _parse_json(text, place)
    except RecursionError:
        raise UsageError(f"{place!r} is nested too deeply to be read") from None


def _parse_json(text: str, place: str) -> Any:
    try:
        return _mend(json.loads(text, parse_constant=_refuse_constant, parse_float=_finite), text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            return _parse_lines(text, place)
        if not place.endswith((".json", ".jsonl")) and not _looks_like_json(text):
            return _parse_yaml(text, place)
        raise UsageError(
            f"{place!r} is broken JSON: line {error.lineno}, column {error.colno}: {error.msg}",
            expected="JSON, JSON lines or YAML",
        ) from None
    except ValueError as error:
        raise UsageError(f"{place!r} is broken JSON: {error}", expected="JSON, JSON lines or YAML") from None


def _looks_like_json(text: str) -> bool:
    """Flow-style YAML may begin like JSON; JSON's second token is a quoted key, a bracket or a scalar."""
    return re.match(r"\s*(\{\s*[\"}]|\[\s*[\[{\"\]\d-])", text) is not None


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is no JSON value")


def _finite(text: str) -> float | str:
    """1e999 is JSON, but no number that Python could write back: it stays text, as in YAML."""
    number = float(text)
    return number if number - number == 0 else text


def _parse_lines(text: str, place: str) -> list[Any]:
    values = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            values.append(_mend(json.loads(line, parse_constant=_refuse_constant, parse_float=_finite), line))
        except ValueError as error:
            column = f", column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
            reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            raise UsageError(
                f"{place!r} is broken JSON: line {number}{column}: {reason}", expected="one JSON value, or one a line"
            ) from None
    return values


def _parse_yaml(text: str, place: str) -> Any:
    import yaml

    base: Any = getattr(yaml, "CLoader", None) or yaml.SafeLoader

    class Composer(base):  # type: ignore[misc]  # the C loader where PyYAML was built with it
        def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
            # Tags are read off the nodes below; PyYAML's own resolution is YAML 1.1 and half of the parsing time.
            if kind is yaml.ScalarNode:
                return "?" if implicit[0] else "tag:yaml.org,2002:str"
            return "tag:yaml.org,2002:seq" if kind is yaml.SequenceNode else "tag:yaml.org,2002:map"

    try:
        loader = Composer(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
        return _Constructor(place).build(node, 0)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise UsageError(
            f"{place!r} is broken YAML: {where}{error.problem or error.context}", expected="JSON, JSON lines or YAML"
        ) from None
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"{place!r} is broken YAML: {reason}", expected="JSON, JSON lines or YAML") from None


class _Constructor:
    """Nodes to values; an alias gives the very value of its anchor, so that many aliases cost nothing."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._done: dict[int, Any] = {}
        self._sizes: dict[int, int] = {}
        self._open: set[int] = set()

    def build(self, node: Any, depth: int) -> Any:
        if node is None:
            return None
        if node.id == "scalar":
            return _scalar(node.value) if node.tag == "?" else _tagged_scalar(node.tag, node.value)
        key = id(node)
        if key in self._done:
            return self._done[key]
        if key in self._open or depth > _MOST_DEPTH:
            line = node.start_mark.line + 1
            raise UsageError(f"{self._place!r}: line {line}: a value that contains itself, or is nested too deeply")
        self._open.add(key)
        value = self._sequence(node, depth) if node.id == "sequence" else self._mapping(node, depth)
        self._open.discard(key)
        self._done[key] = value
        children = node.value if node.id == "sequence" else [child for _, child in node.value]
        self._sizes[key] = 1 + sum(self._sizes.get(id(child), 1) for child in children)
        if self._sizes[key] > _MOST_VALUES:
            line = node.start_mark.line + 1
            raise UsageError(f"{self._place!r}: line {line}: its aliases stand for more than {_MOST_VALUES:,} values")
        return value

    def _sequence(self, node: Any, depth: int) -> list[Any]:
        return [self.build(child, depth + 1) for child in node.value]

    def _mapping(self, node: Any, depth: int) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        value: dict[str, Any] = {}
        for key_node, child in node.value:
            if key_node.id != "scalar":
                raise UsageError(
                    f"{self._place!r}: line {key_node.start_mark.line + 1}: a key that is no text",
                    expected="a plain key",
                )
            if key_node.value == "<<" and key_node.tag == "?":
                parts = self.build(child, depth + 1)
                for part in parts if isinstance(parts, list) else [parts]:
                    if isinstance(part, dict):
                        merged = {**part, **merged}
                continue
            value[key_node.value] = self.build(child, depth + 1)
        return {**merged, **value} if merged else value


def _scalar(text: str) -> Any:
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text[0] in "+-.0123456789":
        if _INT.fullmatch(text) and len(text) < 300:
            return int(text)
        if _FLOAT.fullmatch(text):
            return _finite(text)
        if _HEX.fullmatch(text):
            return int(text, 0)
    return text


def _tagged_scalar(tag: str, text: str) -> Any:
    if tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null"):
        return _scalar(text)
    return text


def _mend(value: Any, text: str) -> Any:
    """Write U+FFFD for half a surrogate pair, which JSON can escape but no UTF-8 file or request can hold."""
    if "\\ud" not in text.lower():
        return value
    return json.loads(re.sub("[\ud800-\udfff]", "\ufffd", json.dumps(value, ensure_ascii=False)))
