"""OpenAPI 3.0 / 3.1 and Swagger 2.0 documents: an operation is a tool.

Source: OpenAPI 3.0.4, 3.1.1 and Swagger 2.0 specifications. The forms are told apart operation by operation (``in:
body`` or ``requestBody``, ``schema`` or ``content``), so that mixed documents load too. Webhooks and callbacks are no
tools. Decisions:

* The name is the operationId's own words, made valid; without one, method and path (``get_users_by_id``).
* GET and HEAD read; other methods write, but a POST that searches, lists or looks something up reads.
* The domain is the API's title with the operation's first tag.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from toolflow_graph.catalog.entries import Origin
from toolflow_graph.catalog.naming import make_valid, name_of_path, path_words, tell_apart
from toolflow_graph.catalog.notes import Notes
from toolflow_graph.catalog.openapi_expand import Expander
from toolflow_graph.catalog.openapi_parameters import ParameterReader
from toolflow_graph.catalog.openapi_refs import References
from toolflow_graph.catalog.openapi_returns import find_returns
from toolflow_graph.catalog.text import plain_text, sentence_of, shorten, split_words
from toolflow_graph.errors import UsageError
from toolflow_graph.types import Tool

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_DESCRIPTION_MOST = 400
_READING_ENDS = frozenset(("search", "query", "lookup", "find", "list", "count", "preview", "estimate", "calculate"))
_READING = _READING_ENDS | frozenset(
    ("get", "fetch", "retrieve", "read", "check", "validate", "compute", "convert", "translate", "compare", "detect")
)
_VERBS = {"get": "Get", "head": "Check", "post": "Create", "put": "Update", "patch": "Update", "delete": "Delete"}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as the document has it; ``shared`` are the parameters of its path."""

    method: str
    path: str
    raw: Mapping[str, Any]
    shared: list[Any]

    @property
    def place(self) -> str:
        return f"{self.method.upper()} {self.path}"


def read_openapi(document: Mapping[str, Any], origin: Origin, notes: Notes) -> list[Tool]:
    """Turn the operations of a document into tools, in its order; one that cannot be read is skipped and noted.

    Raises:
        UsageError: the document is of an unknown version or has no operation that can be read.
    """
    version = str(document.get("openapi") or document.get("swagger") or "3")
    if not version.startswith(("2", "3")):
        raise UsageError(f"{origin.place!r}: version {version!r}", expected="OpenAPI 3.0, 3.1 or Swagger 2.0")
    references = References(document, notes)
    operations = list(_iterate(document, references, notes))
    reader = ParameterReader(document, references, notes, [(each.path, each.raw, each.shared) for each in operations])
    names = _name_operations(operations, notes)
    info = document.get("info")
    title = plain_text(info.get("title"), 60) if isinstance(info, Mapping) else ""
    tools = []
    for operation, name in zip(operations, names, strict=True):
        try:
            tools.append(_build(operation, name, title or origin.stem, origin.stem, references, reader, notes))
        except (TypeError, ValueError, AttributeError, KeyError, RecursionError) as error:
            # Malformed in a way that nothing above foresees: one operation must not take the others with it.
            notes.count("skipped", f"{operation.place}: {type(error).__name__}: {error}")
    if not tools:
        skipped = notes.render(origin.stem)
        raise UsageError(
            f"{origin.place!r} has no operations" + (f" that can be read: {skipped[0]}" if skipped else ""),
            expected="an API document with at least one operation under paths",
        )
    return tools


def _iterate(document: Mapping[str, Any], references: References, notes: Notes) -> Iterator[Operation]:
    paths = document.get("paths")
    for path, raw_item in paths.items() if isinstance(paths, Mapping) else ():
        if str(path).startswith("x-"):
            continue
        item = references.resolve(raw_item)
        if item is None:
            notes.count("skipped", f"{path}: no path item")
            continue
        shared = item.get("parameters")
        for method, raw in item.items():
            if method not in _METHODS:
                continue
            if not isinstance(raw, Mapping):
                notes.count("skipped", f"{method.upper()} {path}: no operation object")
                continue
            yield Operation(method, str(path), raw, shared if isinstance(shared, list) else [])


def _name_operations(operations: list[Operation], notes: Notes) -> list[str]:
    """Valid names, one each. Among operations of the same id, the first in the document keeps it."""
    given = [str(each.raw.get("operationId") or "").strip() for each in operations]
    valid = [
        make_valid(name, otherwise=name_of_path(each.method, each.path))
        if name
        else name_of_path(each.method, each.path)
        for name, each in zip(given, operations, strict=True)
    ]
    # A name that is valid as it stands is nobody else's.
    owners: dict[str, int] = {}
    for index, (said, name) in enumerate(zip(given, valid, strict=True)):
        if said == name:
            owners.setdefault(name, index)
    taken = set(owners)
    reserved = set(valid)
    names = []
    for index, (operation, said, name) in enumerate(zip(operations, given, valid, strict=True)):
        if said and name != said:
            notes.count("renamed", f"{said} -> {name}")
        if owners.get(name) != index and name in taken:
            kept = split_words(name)
            cut_off = [word for word in split_words(said) if word not in kept]
            path = path_words(operation.path)
            name = tell_apart(name, reserved, cut_off or path, [*path, operation.method])
            notes.count("told_apart", f"{operation.place} -> {name}")
        if not said:
            notes.count("named", f"{operation.place} -> {name}")
        taken.add(name)
        reserved.add(name)
        names.append(name)
    return names


def _build(
    operation: Operation,
    name: str,
    title: str,
    stem: str,
    references: References,
    reader: ParameterReader,
    notes: Notes,
) -> Tool:
    raw = operation.raw
    parameters = Expander(references, "in", notes, name).expand(reader.read(operation.path, raw, operation.shared))
    found = find_returns(raw, operation.method, references)
    returns = Expander(references, "out", notes, name).expand(found) if found is not None else None
    tags = raw.get("tags")
    tag = plain_text(tags[0], 60) if isinstance(tags, list) and tags else ""
    return Tool(
        name=name,
        description=describe(raw, operation.method, operation.path),
        parameters={**parameters, "type": "object", "properties": parameters.get("properties", {})},
        returns=returns or None,
        effect=guess_effect(operation.method, operation.path, str(raw.get("operationId") or "")),
        domain=f"{title} / {tag}" if tag and tag.lower() != title.lower() else title,
        source=stem,
    )


def describe(raw: Mapping[str, Any], method: str, path: str) -> str:
    """Summary and description as plain text; else words made of the operationId, else of method and path."""
    summary = plain_text(raw.get("summary"), _DESCRIPTION_MOST)
    body = plain_text(raw.get("description"), _DESCRIPTION_MOST)
    said = str(raw.get("operationId") or "")
    # Generators write the method's name where a sentence belongs.
    summary, body = ("" if text.strip("(). ") == said else text for text in (summary, body))
    if body and summary.rstrip(".!").lower() in body.lower():
        summary = ""
    if summary and body and summary[-1] not in ".!?:":
        summary += "."
    text = shorten(f"{summary} {body}".strip(), _DESCRIPTION_MOST)
    if text:
        return text
    words = split_words(said)
    if len(words) >= 2:
        return sentence_of(words)
    return sentence_of([_VERBS.get(method, method), *path_words(path)])


def guess_effect(method: str, path: str, operation_id: str) -> Literal["read", "write"]:
    """Whether a call changes something, as far as method, path and operationId tell."""
    if method in ("get", "head", "options", "query"):
        return "read"
    if method != "post":
        return "write"
    words = [word.lower() for word in split_words(operation_id)]
    if words and words[0] == "post":
        words = words[1:]
    if words and words[0] in _READING:
        return "read"
    segments = [segment for segment in path.split("/") if segment and not segment.startswith("{")]
    ending = split_words(segments[-1])[-1:] if segments else []
    # ``POST /tickets/search`` reads whatever it is called; ``createSearch`` on it does not.
    if ending and ending[0].lower() in _READING_ENDS and (not words or words[-1] in _READING or words[0] == ending[0]):
        return "read"
    return "write"
