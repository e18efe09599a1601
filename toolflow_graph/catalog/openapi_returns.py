"""The result of an operation: the schema of its successful response.

Decisions, where a document says less than a tool result needs:

* No body by design (202, 204, 205, or a DELETE or HEAD without a schema): ``{"success": true}``, so that a dialogue has
  something to read and an answer something to stand on.
* A schema that is just missing (200 without one): what the response's example shows; without one None, any JSON may
  come back.
* Bytes (images, archives, audio): the web address of the file, because no chat model reads bytes out of a message.
"""

from collections.abc import Mapping
from typing import Any

from toolflow_graph.catalog.openapi_parameters import pick_media
from toolflow_graph.catalog.openapi_refs import Cut, References

_PREFERRED = ("200", "201", "202", "203", "206", "2xx")
_TEXT_TYPES = ("text/", "application/xml", "application/yaml", "application/x-yaml", "application/javascript")
_DONE: dict[str, Any] = {
    "type": "object",
    "properties": {"success": {"type": "boolean", "description": "Whether the request was carried out."}},
    "required": ["success"],
}
_FILE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "file_url": {
            "type": "string",
            "format": "uri",
            "description": "Web address at which the returned file can be downloaded.",
        }
    },
    "required": ["file_url"],
}


def find_returns(operation: Mapping[str, Any], method: str, references: References) -> Mapping[str, Any] | None:
    """The schema (``$ref``s still in it) of what a successful call brings; None where the document does not say."""
    status, response = _pick_response(operation.get("responses"), references)
    if response is None:
        return _DONE if method in ("delete", "head") else None
    schema = response.get("schema")
    media_type: str | None = None
    if not isinstance(schema, Mapping):
        media_type, schema = pick_media(response.get("content"))
    example = _find_example(response, media_type)
    if isinstance(schema, Mapping) and schema:
        if _is_binary(schema, media_type, references):
            return _FILE
        bare = set(schema) <= {"type", "description", "title"} and schema.get("type", "object") == "object"
        return infer_schema(example) if bare and isinstance(example, dict) and example else schema
    if isinstance(example, (dict, list)) and example:
        return infer_schema(example)
    if media_type is not None and "json" not in media_type:
        return {"type": "string"} if media_type.startswith(_TEXT_TYPES) else _FILE
    if media_type is None and (status in ("202", "204", "205") or method in ("delete", "head")):
        return _DONE
    return None


def _pick_response(responses: Any, references: References) -> tuple[str, Mapping[str, Any] | None]:
    if not isinstance(responses, Mapping):
        return "", None
    found = {str(status).lower(): response for status, response in responses.items()}
    successes = [status for status in _PREFERRED if status in found]
    successes += [status for status in found if status[:1] == "2" and status not in successes]
    resolved = [(status, references.resolve(found[status])) for status in successes]
    # A 201 with a schema tells more than a 200 without one.
    for status, response in resolved:
        if response is not None and (isinstance(response.get("schema"), Mapping) or response.get("content")):
            return status, response
    for status, response in resolved:
        if response is not None:
            return status, response
    # "default" is the error beside a success, and the only response where there is none.
    redirects = any(status[:1] == "3" for status in found)
    return "default", None if successes or redirects else references.resolve(found.get("default"))


def _find_example(response: Mapping[str, Any], media_type: str | None) -> Any:
    """The response's first example: a Swagger 2.0 one by media type, or one beside the schema."""
    given = response.get("examples")
    if isinstance(given, Mapping) and given:
        return given.get("application/json", next(iter(given.values())))
    content = response.get("content")
    for kind, media in content.items() if isinstance(content, Mapping) else ():
        if isinstance(media, Mapping) and str(kind).lower().split(";")[0].strip() == media_type:
            named = media.get("examples")
            first = next(iter(named.values()), None) if isinstance(named, Mapping) else None
            return media.get("example", first.get("value") if isinstance(first, Mapping) else None)
    return None


def infer_schema(value: Any, depth: int = 0) -> dict[str, Any]:
    """A schema that ``value`` and its like fit: what a document shows where it does not define."""
    if isinstance(value, Mapping):
        if depth > 5:
            return {"type": "object"}
        properties = {str(name): infer_schema(part, depth + 1) for name, part in value.items() if part is not None}
        return {"type": "object", "properties": properties}
    if isinstance(value, list):
        return {"type": "array", "items": infer_schema(value[0], depth + 1)} if value else {"type": "array"}
    names = {bool: "boolean", int: "integer", float: "number", str: "string"}
    kind = names.get(type(value))
    return {"type": kind, "example": value} if kind else {}


def _is_binary(schema: Mapping[str, Any], media_type: str | None, references: References) -> bool:
    opened, _ = references.open_schema(schema, ())
    if isinstance(opened, Cut):
        return False
    if opened.get("type") == "file" or opened.get("format") == "binary":
        return True
    if media_type is None or "json" in media_type or media_type.startswith(_TEXT_TYPES) or "*" in media_type:
        return False
    return opened.get("type") == "string" and media_type.startswith(("image/", "audio/", "video/", "application/"))
