"""ToolBench's own layout: a file an API collection, ``api_list`` with required and optional parameters.

Source: github.com/OpenBMB/ToolBench (data/toolenv/tools). Returns come from ``template_response``, where there is one.
"""

from collections.abc import Mapping
from typing import Any

from toolflow_graph.catalog.credentials import is_credential
from toolflow_graph.catalog.entries import Origin
from toolflow_graph.catalog.naming import make_valid, tell_apart
from toolflow_graph.catalog.notes import Notes
from toolflow_graph.catalog.text import plain_text, sentence_of, split_words
from toolflow_graph.catalog.type_words import ALIASES, FORMATS, TYPES
from toolflow_graph.errors import UsageError
from toolflow_graph.types import Tool


def read_toolbench(document: Mapping[str, Any], origin: Origin, notes: Notes) -> list[Tool]:
    """Turn one ToolBench file into tools, in its order; endpoints of the same name are told apart.

    Raises:
        UsageError: the file has no endpoint, or an endpoint is no object.
    """
    endpoints = document.get("api_list")
    if not isinstance(endpoints, list) or not endpoints:
        raise UsageError(f"{origin.place!r}: api_list is empty", expected="at least one endpoint")
    collection = str(document.get("title") or document.get("tool_name") or origin.stem)
    tools: dict[str, Tool] = {}
    for index, endpoint in enumerate(endpoints):
        if not isinstance(endpoint, Mapping):
            raise UsageError(
                f"{origin.place!r}, endpoint {index + 1}: no object", expected="an object with name and method"
            )
        given = str(endpoint.get("name") or "").strip()
        valid = _name(given, index)
        name = tell_apart(valid, tools, [origin.stem])
        if name != valid:
            notes.count("told_apart", f"{given} -> {name}")
        tools[name] = Tool(
            name=name,
            description=_describe(endpoint, given, collection),
            parameters=_parameters(endpoint, notes),
            returns=_schema_of_template(endpoint.get("template_response"), 0) or None,
            effect="read" if str(endpoint.get("method") or "GET").upper() in ("GET", "HEAD") else "write",
            domain=collection,
            source=origin.stem,
        )
    return list(tools.values())


def _name(given: str, index: int) -> str:
    return make_valid("_".join(word.lower() for word in split_words(given)), otherwise=f"endpoint_{index + 1}")


def _describe(endpoint: Mapping[str, Any], given: str, collection: str) -> str:
    said = plain_text(endpoint.get("description"), 400)
    return said or f"{sentence_of(split_words(given)) or 'Endpoint.'} {plain_text(collection, 80)}.".replace("..", ".")


def _parameters(endpoint: Mapping[str, Any], notes: Notes) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    for key in ("required_parameters", "optional_parameters"):
        given = endpoint.get(key)
        for parameter in given if isinstance(given, list) else ():
            name = str(parameter.get("name") or "").strip() if isinstance(parameter, Mapping) else ""
            if not name or name in properties:
                continue
            said = parameter.get("description")
            if is_credential(name, "query", said if isinstance(said, str) else "", (parameter.get("default"),)):
                notes.count("credentials", name)
                continue
            properties[name] = _parameter(parameter)
            if key == "required_parameters":
                required.append(name)
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    return schema


def _parameter(parameter: Mapping[str, Any]) -> dict[str, Any]:
    word = str(parameter.get("type") or "string").lower()
    kind = word if word in TYPES else ALIASES.get(word) or "string"
    schema: dict[str, Any] = {"type": kind}
    if word in FORMATS:
        schema["format"] = FORMATS[word]
    description = plain_text(parameter.get("description"), 300)
    if description:
        schema["description"] = description
    # ToolBench's "default" is the value its own test call used: an example rather than what the API assumes.
    value = _as_kind(parameter.get("default"), kind)
    if value is not None:
        schema["examples"] = [value]
    return schema


def _as_kind(value: Any, kind: str) -> Any:
    """The value as a scalar of this type, None if it is none."""
    if value is None or value == "" or isinstance(value, (dict, list)):
        return None
    if kind == "string":
        return str(value)[:200]
    if kind == "boolean":
        return {"true": True, "false": False}.get(str(value).lower())
    if kind in ("integer", "number"):
        try:
            number = float(value)
        except (TypeError, ValueError):
            return None
        if number - number != 0 or (kind == "integer" and number != int(number)):
            return None
        return int(number) if kind == "integer" else number
    return None


def _schema_of_template(template: Any, depth: int) -> dict[str, Any]:
    """``{"price": "float"}`` as a schema; a template of another form, or nothing, gives {}."""
    if isinstance(template, Mapping):
        # What ToolBench wrote when the call failed says nothing about the result.
        if depth == 0 and set(template) <= {"message", "messages", "error", "info"}:
            return {}
        if depth >= 4:
            return {"type": "object"}
        children = {
            str(key): _schema_of_template(value, depth + 1) for key, value in template.items() if str(key)[:1] != "_"
        }
        return {"type": "object", "properties": children} if children else {}
    if isinstance(template, list):
        items = _schema_of_template(template[0], depth + 1) if template else {}
        return {"type": "array", "items": items} if items else {"type": "array"}
    if isinstance(template, str):
        word = template.lower()
        # How ToolBench shortened what it saw.
        if word == "empty list":
            return {"type": "array"}
        word = word.removeprefix("list of ").split(" ")[0]
        kind = word if word in TYPES else ALIASES.get(word, "")
        return {"type": kind} if kind else {}
    return {}
