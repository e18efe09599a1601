"""The arguments of a call: facts, links and what was said, put where the tool's schema wants them."""

import re
from typing import Any

from toolflow_graph.models.briefs import AssistantBrief
from toolflow_graph.models.offline.binding import ABSENT, get_path, id_names, leaves, name_of, set_path
from toolflow_graph.models.offline.fields import Field
from toolflow_graph.models.offline.planner import label_of
from toolflow_graph.models.offline.saying import told
from toolflow_graph.models.offline.shapes import fits
from toolflow_graph.models.offline.views import Leaf, View, plain_path
from toolflow_graph.models.offline.words import split_words
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.schemas import schema_types
from toolflow_graph.types import Fact, Request, Tool, ToolCall, ToolResult, Use
from toolflow_graph.validation import schema_errors

_ID = lazy_regex(r"\b[A-Z]{2,6}-[\w-]*\d[\w-]*\b")


def bind(
    tool: Tool, view: View, request: Request, brief: AssistantBrief, history: list[tuple[ToolCall, ToolResult]]
) -> tuple[dict[str, Any], list[tuple[Leaf, str]]]:
    """The arguments of a call, and the required leaves whose value is not known yet."""
    spoken = [m.content or "" for m in brief.messages[brief.request_start :] if m.role == "user"]
    text = "\n".join(spoken)
    patient = len(spoken) < 3
    arguments: dict[str, Any] = {}
    held = {fact.parameter for fact in request.withheld}
    loose: list[Fact] = []
    for fact in (*request.facts, *request.withheld):
        name, _, path = (fact.parameter or "").partition(":")
        if (
            fact in request.withheld
            and fact.parameter in held
            and patient
            and not told(fact.value, spoken[0] if spoken else "", "\n".join(spoken[1:]))
        ):
            continue
        if name == tool.name and path:
            set_path(arguments, path, fact.value)
        elif not fact.parameter or name not in request.tools:
            loose.append(fact)
    for use in request.uses:
        name, _, path = (use.parameter or "").partition(":")
        if name == tool.name and path:
            value = _used(use, path, view, history, tool)
            if value is not ABSENT:
                set_path(arguments, path, value)
    _match_loose(loose, view, arguments)
    lacking = [leaf for leaf in view.params if leaf.required and _at(arguments, leaf.path) is ABSENT]
    still: list[tuple[Leaf, str]] = []
    promised = {
        (fact.parameter or "").partition(":")[2]
        for fact in request.withheld
        if (fact.parameter or "").startswith(f"{tool.name}:")
    }
    for leaf in lacking:
        value = (
            ABSENT
            if plain_path(leaf.path) in {plain_path(p) for p in promised}
            else _fill(leaf, brief, history, text, not patient)
        )
        if value is ABSENT:
            still.append((leaf, label_of(leaf.path, view)))
        else:
            set_path(arguments, leaf.path, value)
    if not still:
        arguments = _mend(arguments, tool)
    return arguments, still


def _at(arguments: dict[str, Any], path: str) -> Any:
    return get_path(arguments, path)


def _mend(arguments: dict[str, Any], tool: Tool) -> dict[str, Any]:
    """Put in empty containers that the schema demands; leave out optional values it refuses."""
    for name in tool.parameters.get("required", ()):
        part = (tool.parameters.get("properties") or {}).get(name, {})
        if name not in arguments and isinstance(part, dict):
            blank: Any = [] if part.get("type") == "array" else {} if part.get("type") == "object" else None
            if "default" in part:
                arguments[name] = part["default"]
            elif blank is not None:
                arguments[name] = blank
    required = set(tool.parameters.get("required", ()))
    for name in list(arguments):
        if name in required or not schema_errors(arguments, tool.parameters, closed=True, limit=1):
            continue
        fewer = {key: part for key, part in arguments.items() if key != name}
        if len(schema_errors(fewer, tool.parameters, closed=True)) < len(
            schema_errors(arguments, tool.parameters, closed=True)
        ):
            arguments = fewer
    return arguments


def _used(use: Use, path: str, view: View, history: list[tuple[ToolCall, ToolResult]], tool: Tool) -> Any:
    leaf = view.param(path)
    schema = leaf.schema if leaf else {}
    results = [(call, result) for call, result in reversed(history) if result.ok]
    for call, result in results:
        if use.path and (use.tool is None or call.name == use.tool):
            value = get_path(result.value, use.path)
            if value is ABSENT:
                value = get_path(result.value, re.sub(r"\[\d+\]", "[0]", use.path))
            if value is not ABSENT and not isinstance(value, dict) and fits(value, schema):
                return value
    for wanted in (name_of(use.path) if use.path else "", name_of(path)):
        for call, result in results:
            if wanted and (use.tool is None or call.name == use.tool):
                found = _search(result.value, wanted, schema)
                if found is not ABSENT:
                    return found
    return ABSENT


def _search(value: Any, wanted: str, schema: Any) -> Any:
    names = id_names(wanted)
    for path, part in leaves(value):
        if id_names(path) & names and not isinstance(part, dict | list) and part is not None and fits(part, schema):
            return part
    return ABSENT


def _match_loose(loose: list[Fact], view: View, arguments: dict[str, Any]) -> None:
    """Facts of other planners carry no parameter: give each to the leaf whose words are nearest."""
    for fact in loose:
        words = {word for word in split_words(fact.name) if len(word) > 1}
        best, score = None, 0.0
        for leaf in view.params:
            if get_path(arguments, leaf.path) is not ABSENT:
                continue
            names = set(split_words(leaf.field.name))
            about = set(split_words(leaf.field.description))
            found = 2 * len(words & names) / max(len(words | names), 1) + 0.5 * len(words & about) / max(len(words), 1)
            if found > score and _coerce(fact.value, leaf) is not ABSENT:
                best, score = leaf, found
        if best is not None and score >= 0.34:
            set_path(arguments, best.path, _coerce(fact.value, best))


def _coerce(value: Any, leaf: Leaf) -> Any:
    if fits(value, leaf.schema):
        return value
    if isinstance(value, str):
        plain = value.strip()
        for option in leaf.schema.get("enum", ()):
            if str(option).lower().replace("_", " ") == plain.lower().replace("_", " "):
                return option
        if re.fullmatch(r"-?\d+(\.\d+)?", plain):
            number: Any = float(plain) if "." in plain else int(plain)
            return number if fits(number, leaf.schema) else ABSENT
    elif isinstance(value, int | float) and not isinstance(value, bool) and fits(str(value), leaf.schema):
        return str(value)
    if fits([value], leaf.schema):
        return [value]
    return ABSENT


def _fill(leaf: Leaf, brief: AssistantBrief, history: list[tuple[ToolCall, ToolResult]], text: str, guess: bool) -> Any:
    """A required value nobody gave by name: the schema, the profile, an earlier result, or the user's words."""
    schema = leaf.schema
    if "const" in schema:
        return schema["const"]
    if len(schema.get("enum", ())) == 1:
        return schema["enum"][0]
    if "default" in schema and fits(schema["default"], schema):
        return schema["default"]
    blanks: tuple[Any, ...] = ({}, [])
    for blank in blanks:
        if leaf.field.kind in ("object", "array", "text") and schema_types(schema) and fits(blank, schema):
            return blank
    for name, value in sorted(brief.scene.profile.items()):
        if split_words(name) == split_words(leaf.field.name) and fits(value, schema):
            return value
    for option in schema.get("enum", ()):
        if (
            isinstance(option, str)
            and len(option) > 2
            and re.search(rf"\b{re.escape(option.replace('_', ' '))}\b", text, re.I)
        ):
            return option
    if (found := _from_text(leaf.field, schema, text)) is not ABSENT:
        return found
    if leaf.field.kind in ("id", "uuid", "latitude", "longitude"):
        for _, result in reversed(history):
            if result.ok and (found := _search(result.value, leaf.path, schema)) is not ABSENT:
                return found
    if guess and (quoted := re.search(r"[\"“]([^\"”]+)[\"”]", text)) and fits(quoted[1], schema):
        return quoted[1]
    return ABSENT


def _from_text(field: Field, schema: Any, text: str) -> Any:
    pattern = {"date": r"\d{4}-\d\d-\d\d", "email": r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", "url": r"https?://[^\s\"',]+[^\s\"',.]",
               "time": r"\b\d\d:\d\d\b"}.get(field.kind)  # fmt: skip
    found = re.findall(pattern, text) if pattern else _ID.findall(text) if field.kind == "id" else []
    hits = list(dict.fromkeys(found))
    return hits[0] if len(hits) == 1 and fits(hits[0], schema) else ABSENT
