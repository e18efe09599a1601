"""API documents for the tests: built from their paths and loaded from a file, or drawn, half of them nonsense."""

from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from toolflow_graph.catalog import Catalogue, load_catalogue
from toolflow_graph.types import Tool

OK = {"200": {"description": "OK"}}
TEXT = {"type": "string"}


def load_document(folder: Path, paths: dict[str, Any], **rest: Any) -> Catalogue:
    """Load a document with these paths, written into ``folder``; ``rest`` are its other keys."""
    path = folder / "shop.openapi.yaml"
    document = {"openapi": "3.0.3", "info": {"title": "Shop API"}, **rest, "paths": paths}
    path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return load_catalogue([str(path)])


def only(catalogue: Catalogue) -> Tool:
    """The single tool of a catalogue."""
    (tool,) = catalogue.tools
    return tool


def body_of(schema: Any, media_type: str = "application/json", **rest: Any) -> dict[str, Any]:
    """A request body, or a response, with this schema."""
    return {"content": {media_type: {"schema": schema}}, **rest}


def returning(schema: Any) -> dict[str, Any]:
    """An operation whose successful response has this schema."""
    return {"responses": {"200": {"description": "OK", **body_of(schema)}}}


def query(name: str, **rest: Any) -> dict[str, Any]:
    """A text parameter of the query."""
    return {"name": name, "in": "query", "schema": TEXT, **rest}


words = st.sampled_from(
    ["id", "name", "limit", "page size", "über", "$top", "created[gte]", "api_key", "data", "x" * 80]
)
junk = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.text(max_size=5), st.just([]), st.just({}))
scalars = st.one_of(st.integers(-5, 5), st.text("ab1.", max_size=4), st.booleans(), st.none(), st.floats(-1, 1))
types = st.one_of(
    st.sampled_from(["string", "integer", "number", "boolean", "object", "array", "file", "float", "any", "nonsense"]),
    st.lists(st.sampled_from(["string", "null", "object", "array", "integer"]), max_size=3),
    junk,
)
refs = st.sampled_from(
    ["#/components/schemas/A", "#/components/schemas/B", "#/components/schemas/C", "#/nowhere", "other.yaml#/X", "#"]
)


def mostly(right: st.SearchStrategy[Any], wrong: st.SearchStrategy[Any] = junk) -> st.SearchStrategy[Any]:
    """Nonsense now and then; a document that is all nonsense tests nothing."""
    # one_of would draw both equally often, however often one is named.
    return st.integers(0, 7).flatmap(lambda draw: wrong if draw == 7 else right)


scalar_keywords: dict[str, st.SearchStrategy[Any]] = {
    "description": mostly(st.text(max_size=20)),
    "enum": mostly(st.lists(scalars, max_size=4)),
    "const": scalars,
    "default": scalars,
    "example": scalars,
    "examples": mostly(st.lists(scalars, max_size=2)),
    "format": mostly(st.sampled_from(["date", "date-time", "uuid", "int64", "email", "binary"])),
    "minimum": scalars,
    "maximum": scalars,
    "exclusiveMinimum": scalars,
    "exclusiveMaximum": scalars,
    "multipleOf": scalars,
    "minLength": scalars,
    "maxLength": scalars,
    "minItems": scalars,
    "maxItems": scalars,
    "uniqueItems": junk,
    "pattern": mostly(st.sampled_from(["^a+$", "(?<x>a", "\\p{L}", "/^a$/"])),
    "nullable": junk,
    "readOnly": junk,
    "writeOnly": junk,
    "required": mostly(st.lists(words, max_size=3)),
}
scalar_schema = st.fixed_dictionaries({"type": types}, optional=scalar_keywords)


def schemas(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects, arrays, compositions, and a mixture of everything."""
    properties = mostly(st.dictionaries(words, children, min_size=1, max_size=4))
    required = mostly(st.lists(words, max_size=3))
    branches = mostly(st.lists(children, min_size=1, max_size=4))
    an_object = st.fixed_dictionaries(
        {"type": mostly(st.just("object"), types), "properties": properties, "required": required},
        optional={"additionalProperties": mostly(children), "nullable": junk, "description": junk, "oneOf": branches},
    )
    an_array = st.fixed_dictionaries({"type": st.just("array"), "items": mostly(children)}, optional=scalar_keywords)
    composed = st.one_of(
        *(st.fixed_dictionaries({key: branches}, optional=scalar_keywords) for key in ("allOf", "anyOf", "oneOf"))
    )
    mixture = st.fixed_dictionaries(
        {"not": children, "discriminator": junk, "allOf": branches, "anyOf": branches, "properties": properties},
        optional=scalar_keywords,
    )
    return st.one_of(an_object, an_object, an_array, composed, mixture)


leaves = st.one_of(refs.map(lambda ref: {"$ref": ref}), scalar_schema, scalar_schema, junk)
any_schema = st.recursive(leaves, schemas, max_leaves=10)
named_examples = st.fixed_dictionaries({"one": st.fixed_dictionaries({"value": scalars})})
parameter = mostly(
    st.fixed_dictionaries(
        {
            "name": mostly(words),
            "in": st.sampled_from(["path", "query", "query", "header", "cookie", "body", "formData"]),
            "schema": any_schema,
            "required": junk,
        },
        optional={"description": junk, "examples": mostly(named_examples), "deprecated": junk},
    ),
    st.one_of(leaves, st.fixed_dictionaries({"name": words, "in": st.just("query")}, optional=scalar_keywords)),
)
media = st.fixed_dictionaries({}, optional={"schema": any_schema, "example": st.one_of(scalars, st.just({"a": [1]}))})
kinds = [
    "application/json",
    "application/json",
    "application/hal+json",
    "multipart/form-data",
    "text/plain",
    "image/png",
]
content = mostly(st.dictionaries(st.sampled_from(kinds), mostly(media), min_size=1, max_size=2))
response = mostly(
    st.one_of(
        st.fixed_dictionaries({"description": junk, "content": content}),
        st.fixed_dictionaries({"schema": any_schema}, optional={"examples": junk}),
    ),
    leaves,
)
operation = st.fixed_dictionaries(
    {
        "parameters": mostly(st.lists(parameter, max_size=3)),
        "responses": mostly(
            st.dictionaries(st.sampled_from(["200", "201", "204", "2XX", "default", "404"]), response, max_size=3)
        ),
    },
    optional={
        "operationId": mostly(st.sampled_from(["getIt", "get it", "a.b/c", "x" * 90, "日本"])),
        "summary": junk,
        "description": junk,
        "tags": mostly(st.lists(junk, max_size=2)),
        "requestBody": mostly(st.fixed_dictionaries({"content": content}, optional={"required": junk}), leaves),
    },
)
path_item = mostly(
    st.dictionaries(st.sampled_from(["get", "post", "delete", "head"]), mostly(operation), min_size=1, max_size=2),
    leaves,
)
documents = st.fixed_dictionaries(
    {
        "openapi": st.sampled_from(["3.0.3", "3.1.0"]),
        "paths": st.dictionaries(
            st.sampled_from(["/a", "/a/{id}", "/v1/a/{id}/search", "/{x}.{ext}", ""]), path_item, min_size=1, max_size=2
        ),
        "components": st.fixed_dictionaries(
            {
                "schemas": st.fixed_dictionaries(dict.fromkeys("ABC", any_schema)),
                "securitySchemes": mostly(st.just({"k": {"type": "apiKey", "in": "query", "name": "api_key"}})),
            }
        ),
    }
)
