"""The parameters of an operation, wherever they are sent, as one object schema without credentials and boilerplate.

Left out, and counted: what authorises a call (the client's business, not the dialogue's), headers of the transport,
and parameters that the whole API repeats or that have a single possible value: in a tool graph they would tie
everything to everything.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from toolflow_graph.catalog.credentials import find_everywhere, is_credential, letters_of
from toolflow_graph.catalog.notes import Notes
from toolflow_graph.catalog.openapi_refs import Cut, References
from toolflow_graph.regexes import lazy_regex

# What Swagger 2.0 says in the parameter itself.
_INLINE = (
    *("type", "format", "items", "enum", "default", "pattern", "x-nullable", "example", "x-example", "uniqueItems"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"),
    *("minItems", "maxItems"),
)
_TRANSPORT_HEADERS = lazy_regex(
    r"accept(-.*)?|content-(type|length|md5|encoding|disposition|range)|user-agent|cache-control|pragma|host|origin"
    r"|referer|connection|digest|range|if-(match|none-match|modified-since|unmodified-since|range)|prefer|expect|te|via"
    r"|x-forwarded-.*|x-requested-with|traceparent|tracestate|x-b3-.*|.*(request|correlation|trace|idempotency)-?(id|key)"
    r"|x-http-method-override|date|etag",
    re.I,
)
_PLACEHOLDER = lazy_regex(r"\{([^{}/]+)\}")
# A document this small says nothing about what is repeated everywhere.
_FEW_OPERATIONS = 10
_HEADER_SHARE, _QUERY_SHARE = 0.5, 0.8


class ParameterReader:
    """Reads the parameters of a document's operations.

    Args:
        operations: each with its path and the parameters of that; what nearly all of them repeat is boilerplate.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        references: References,
        notes: Notes,
        operations: Sequence[tuple[str, Mapping[str, Any], list[Any]]],
    ) -> None:
        self._references = references
        self._notes = notes
        schemes = _security_schemes(document)
        self._secured = frozenset(scheme["name"].lower() for scheme in schemes if isinstance(scheme.get("name"), str))
        # A document that declares its security has named what authorises a call.
        self._everywhere = frozenset() if schemes else self._find_everywhere(operations)
        self._boilerplate = self._find_boilerplate(operations)

    def read(self, path: str, operation: Mapping[str, Any], shared: list[Any]) -> dict[str, Any]:
        """The object schema (``$ref``s still in it) of everything a call of the operation sends."""
        properties: dict[str, Any] = {}
        required: list[str] = []
        body: Mapping[str, Any] | None = None
        for parameter in self._collect(operation, shared):
            place, name = str(parameter.get("in") or "query"), str(parameter.get("name"))
            if place == "body":
                body = {"content": {"application/json": parameter}, **parameter}
                continue
            schema = self._schema_of(parameter)
            needed = parameter.get("required") is True or place == "path"
            if self._is_left_out(name, place, parameter, schema, needed=needed):
                continue
            key = name if name not in properties else f"{place}_{name}"
            properties[key] = schema
            if needed:
                required.append(key)
        # Documents forget to declare what their path holds.
        for name in _PLACEHOLDER.findall(path):
            declared = any(str(each.get("name")) == name for each in self._collect(operation, shared))
            if not declared and name not in properties:
                properties[name] = {"type": "string"}
                required.append(name)
        body = body or self._references.resolve(operation.get("requestBody"))
        if body is not None:
            self._add_body(body, properties, required)
        return {"type": "object", "properties": properties, "required": required}

    def _collect(self, operation: Mapping[str, Any], shared: list[Any]) -> list[Mapping[str, Any]]:
        """The operation's parameters over those of its path, each once."""
        own = operation.get("parameters")
        found: dict[tuple[str, str], Mapping[str, Any]] = {}
        for raw in [*shared, *(own if isinstance(own, list) else [])]:
            parameter = self._references.resolve(raw)
            if parameter is not None and parameter.get("name") not in (None, ""):
                found[str(parameter.get("in")), str(parameter["name"])] = parameter
        return list(found.values())

    def _schema_of(self, parameter: Mapping[str, Any]) -> dict[str, Any]:
        schema = parameter.get("schema")
        if not isinstance(schema, Mapping):
            content = parameter.get("content")
            media = next(iter(content.values()), None) if isinstance(content, Mapping) else None
            schema = media.get("schema") if isinstance(media, Mapping) else None
        if not isinstance(schema, Mapping):
            schema = {key: parameter[key] for key in _INLINE if key in parameter}
        raw: dict[str, Any] = {"type": "string"} if not set(schema) - {"description", "example", "default"} else {}
        raw.update(schema)
        for word in ("description", "example", "examples", "deprecated"):
            if parameter.get(word):
                raw[word] = parameter[word]
        if raw.get("description") == parameter.get("name"):
            del raw["description"]
        if "x-example" in raw:
            raw.setdefault("example", raw["x-example"])
        if raw.get("type") == "file" and not raw.get("description"):
            raw["description"] = "Content of the file."
        # Means something only inside a body.
        raw["readOnly"] = False
        return raw

    def _is_left_out(
        self, name: str, place: str, parameter: Mapping[str, Any], schema: dict[str, Any], *, needed: bool
    ) -> bool:
        what = f"{place} {name}"
        if place != "path" and self._is_credential(name, place, schema):
            self._notes.count("credentials", what)
            return True
        if (place == "header" and _TRANSPORT_HEADERS.fullmatch(name)) or (
            place != "path" and name.lower() in self._boilerplate[place == "header"]
        ):
            self._notes.count("boilerplate", what)
            return True
        if needed or place == "header":
            opened, _ = self._references.open_schema(schema, ())
            values = opened.get("enum") if not isinstance(opened, Cut) else None
            versioned = place == "header" and "version" in name.lower() and "default" in schema
            if versioned or (isinstance(values, list) and len(values) == 1):
                self._notes.count("constant", what)
                return True
        return False

    def _is_credential(self, name: str, place: str, schema: Mapping[str, Any]) -> bool:
        if name.lower() in self._secured:
            return True
        opened, _ = self._references.open_schema(schema, ())
        opened = opened.target if isinstance(opened, Cut) else opened
        kind = opened.get("type")
        if place == "body" and (kind in ("object", "array", "boolean") or "properties" in opened):
            return False
        given = opened.get("examples")
        named = [part.get("value") if isinstance(part, Mapping) else part for part in _values_of(given)]
        values = [opened.get("example"), opened.get("default"), *_values_of(opened.get("enum"))[:1], *named]
        said = opened.get("description")
        everywhere = letters_of(name) in self._everywhere
        return is_credential(name, place, said if isinstance(said, str) else "", values, everywhere=everywhere)

    def _find_everywhere(self, operations: Sequence[tuple[str, Mapping[str, Any], list[Any]]]) -> frozenset[str]:
        found = []
        for path, operation, shared in operations:
            parameters: dict[str, Any] = {}
            for parameter in self._collect(operation, shared):
                if parameter.get("in") == "body":
                    parameters |= self._fields_of({"content": {"application/json": parameter}})
                elif parameter.get("in") != "path":
                    parameters[str(parameter["name"])] = self._schema_of(parameter)
            parameters |= self._fields_of(self._references.resolve(operation.get("requestBody")) or {})
            told = [
                (name, str(schema.get("description") or "") if isinstance(schema, Mapping) else "")
                for name, schema in parameters.items()
            ]
            found.append((path, told))
        return find_everywhere(found)

    def _fields_of(self, body: Mapping[str, Any]) -> dict[str, Any]:
        opened, _ = self._references.open_schema(pick_media(body.get("content"))[1], ())
        fields = opened.get("properties") if not isinstance(opened, Cut) else None
        return {str(name): schema for name, schema in fields.items()} if isinstance(fields, Mapping) else {}

    def _find_boilerplate(
        self, operations: Sequence[tuple[str, Mapping[str, Any], list[Any]]]
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Lower-case names that nearly every operation takes and no path holds: (others, headers)."""
        if len(operations) < _FEW_OPERATIONS:
            return frozenset(), frozenset()
        counts: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        needed: set[str] = set()
        for _, operation, shared in operations:
            for parameter in self._collect(operation, shared):
                place, name = parameter.get("in"), str(parameter["name"]).lower()
                if place in ("path", "body"):
                    needed.add(name)
                    continue
                counts[place == "header"][name] += 1
                if parameter.get("required") is True and place != "header":
                    needed.add(name)
        most = len(operations)
        others = {name for name, count in counts[0].items() if count > _QUERY_SHARE * most and name not in needed}
        headers = {name for name, count in counts[1].items() if count > _HEADER_SHARE * most}
        return frozenset(others), frozenset(headers)

    def _add_body(self, body: Mapping[str, Any], properties: dict[str, Any], required: list[str]) -> None:
        media_type, raw = pick_media(body.get("content"))
        if media_type is None:
            return
        if raw is None:
            text = "Text" if media_type.startswith("text/") else f"Content of the body ({media_type})"
            raw = {"type": "string", "description": body.get("description") or f"{text}."}
        opened = self._open_body(raw)
        fields = opened.get("properties")
        fields = fields if isinstance(fields, Mapping) else {}
        given = opened.get("required")
        needed = [name for name in given if isinstance(name, str)] if isinstance(given, list) else []
        if fields and not (set(map(str, fields)) & set(properties)):
            for name, schema in fields.items():
                if isinstance(schema, Mapping) and self._is_credential(str(name), "body", schema):
                    self._notes.count("credentials", f"body {name}")
                    continue
                properties[str(name)] = schema
            # An operation whose body has required fields is pointless without it, whatever "required" says of the body.
            required += [name for name in needed if name in fields]
            return
        if not opened or (opened.get("type") == "object" and not fields and "additionalProperties" not in opened):
            opened = {**opened, "type": "object"}
        key = "body" if "body" not in properties else "request_body"
        description = opened.get("description") or body.get("description")
        properties[key] = {**opened, "description": description, "readOnly": False}
        if body.get("required") is True or needed:
            required.append(key)

    def _open_body(self, raw: Any) -> dict[str, Any]:
        """The body's schema with the first of its alternatives: a tool definition cannot have any at its top."""
        opened, trail = self._references.open_schema(raw, ())
        for _ in range(5):
            if isinstance(opened, Cut):
                return {}
            key = next((key for key in ("anyOf", "oneOf") if isinstance(opened.get(key), list)), None)
            if key is None:
                return dict(opened)
            rest = {name: value for name, value in opened.items() if name != key}
            parts = [self._references.open_schema(part, trail)[0] for part in opened[key]]
            objects = [
                index for index, part in enumerate(parts) if not isinstance(part, Cut) and part.get("properties")
            ]
            if not objects:
                return dict(rest) if rest.get("properties") else dict(opened)
            self._notes.count("branches", "a request body")
            opened, trail = self._references.open_schema({**rest, "allOf": [opened[key][objects[0]]]}, trail)
        return {} if isinstance(opened, Cut) else dict(opened)


def _security_schemes(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    components = document.get("components")
    newer = components.get("securitySchemes") if isinstance(components, Mapping) else None
    groups = (newer, document.get("securityDefinitions"))
    return [scheme for group in groups for scheme in _values_of(group) if isinstance(scheme, Mapping)]


def _values_of(group: Any) -> list[Any]:
    """The values of an object or a list; [] of anything else."""
    return list(group.values()) if isinstance(group, Mapping) else group if isinstance(group, list) else []


def pick_media(content: Any) -> tuple[str | None, Any]:
    """The media type to speak (JSON first, then forms, then what has a schema) and its schema, if it has one."""
    if not isinstance(content, Mapping) or not content:
        return None, None

    def rank(entry: tuple[int, tuple[Any, Any]]) -> tuple[int, int]:
        index, (media_type, media) = entry
        plain = str(media_type).lower().split(";")[0].strip()
        has_schema = isinstance(media, Mapping) and isinstance(media.get("schema"), Mapping)
        order = 0 if plain == "application/json" else 1 if plain.endswith("json") else 2 if "form" in plain else 3
        return (order if has_schema else 5, index)

    _, (media_type, media) = min(enumerate(content.items()), key=rank)
    schema = media.get("schema") if isinstance(media, Mapping) else None
    return str(media_type).lower().split(";")[0].strip(), schema if isinstance(schema, Mapping) else None
