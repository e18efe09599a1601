"""Sources to one catalogue: what a source is, what a file holds, and whose name wins.

A file's kind is told from its content: our JSON, a list of tools (ours, OpenAI's, MCP's), an MCP answer, an API
document, a ToolBench file. A folder stands for its files in sorted order.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from toolflow_graph.catalog import Catalogue
from toolflow_graph.catalog.entries import Origin, read_entries
from toolflow_graph.catalog.naming import make_valid, tell_apart
from toolflow_graph.catalog.notes import Notes
from toolflow_graph.catalog.parsing import parse_document
from toolflow_graph.errors import UsageError
from toolflow_graph.types import Tool

ENDINGS = (".json", ".jsonl", ".yaml", ".yml")
DEFAULT = "toolflow_graph.tools_catalog"

_PLACES = "a file, a folder, package.module:attr or path/file.py:attr"
_EXPECTED = (
    "our JSON, a list of tools (ours or OpenAI's), an MCP tools/list answer, OpenAPI 3.x or Swagger 2.0 "
    "(JSON, JSON lines or YAML)"
)


def read_sources(sources: Sequence[str]) -> Catalogue:
    """All sources' tools in their order, clashing names told apart by their source's name.

    Raises:
        UsageError: see :func:`toolflow_graph.catalog.load_tools`.
    """
    notes: list[str] = []
    groups: list[tuple[Origin, list[Tool]]] = []
    mistakes: list[UsageError] = []
    for origin, load in _list_origins(sources, mistakes):
        found = Notes()
        try:
            groups.append((origin, _read(load(), origin, found)))
        except UsageError as error:
            # Every broken source is told at once, and each is read once: a source may be a generator.
            mistakes.append(error)
        notes += found.render(origin.stem)
    if mistakes:
        raise mistakes[0] if len(mistakes) == 1 else UsageError("\n".join(map(str, mistakes)))
    tools, prefixed = _settle_clashes(groups)
    return Catalogue(tuple(tools), (*notes, *prefixed))


def _list_origins(sources: Sequence[str], mistakes: list[UsageError]) -> list[tuple[Origin, Callable[[], Any]]]:
    """Every file or reference, once, with what loads it; stems are distinct. ``mistakes`` gets what is no source."""
    loaders: dict[str, tuple[Origin, Callable[[], Any]]] = {}
    if not sources:
        for name, text in _default_texts():
            loaders[name] = (Origin(name, _stem(name)), partial(parse_document, text, name))
        return list(loaders.values())
    for source in sources:
        try:
            for key, found in _origins_of(source):
                loaders.setdefault(key, found)
        except UsageError as error:
            mistakes.append(error)
        except (OSError, RuntimeError) as error:
            # A name too long, a folder that nobody may read, the home of a user who does not exist.
            shown = source if len(source) <= 200 else source[:197] + "..."
            reason = getattr(error, "strerror", None) or str(error)
            mistakes.append(UsageError(f"no tool source {shown!r}: {reason}", expected=_PLACES))
    taken: set[str] = set()
    distinct = []
    for origin, load in loaders.values():
        stem = tell_apart(origin.stem, taken, [make_valid(Path(origin.place).parent.name) or "other"])
        taken.add(stem)
        distinct.append((replace(origin, stem=stem), load))
    return distinct


def _origins_of(source: str) -> Iterator[tuple[str, tuple[Origin, Callable[[], Any]]]]:
    """What one source stands for, each with a key that tells it from the others."""
    path = Path(source).expanduser()
    if path.suffix == ".py":
        raise UsageError(
            f"{source!r} is Python code", expected="path/file.py:attr, the name in it that holds or makes the tools"
        )
    if path.is_dir():
        for file in _files_of(path, source):
            yield _key(file), _file_origin(file)
    elif path.is_file():
        yield _key(path), _file_origin(path)
    else:
        yield source, _reference_origin(source)


def _default_texts() -> Iterable[tuple[str, str]]:
    from importlib.resources import files

    try:
        entries = sorted(files(DEFAULT).iterdir(), key=lambda entry: entry.name)
    except (ModuleNotFoundError, OSError):
        entries = []
    texts = [(entry.name, entry.read_text(encoding="utf-8")) for entry in entries if entry.name.endswith(".json")]
    if not texts:
        raise UsageError("the default catalogue is missing", hint="reinstall the package, or give --tools SOURCE")
    return texts


def _key(path: Path) -> str:
    return str(path.resolve())


def _stem(name: str) -> str:
    """``stripe.swagger2.yaml`` is ``stripe``; what a tool name cannot hold is "_"."""
    return make_valid(name.lstrip(".").split(".")[0]) or "tools"


def _files_of(folder: Path, source: str) -> list[Path]:
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in ENDINGS and file.is_file())
    if not files:
        raise UsageError(f"the folder {source!r} holds no tool files", expected=f"files ending in {', '.join(ENDINGS)}")
    return files


def _file_origin(path: Path) -> tuple[Origin, Callable[[], Any]]:
    def load() -> Any:
        try:
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            raise UsageError(f"{str(path)!r} is no UTF-8 text (byte {error.start})", expected=_EXPECTED) from None
        except OSError as error:
            raise UsageError(f"{str(path)!r} cannot be read: {error.strerror}") from None
        return parse_document(text, str(path))

    return Origin(str(path), _stem(path.name)), load


def _reference_origin(source: str) -> tuple[Origin, Callable[[], Any]]:
    from toolflow_graph.catalog.code_source import load_from_code
    from toolflow_graph.references import is_reference

    if not is_reference(source):
        raise UsageError(
            f"no tool source {source!r}",
            expected=_PLACES,
            hint="check the path; leave --tools away for the default catalogue",
        )
    place = source.rpartition(":")[0]
    stem = Path(place).stem if place.endswith(".py") else place.rpartition(".")[2]
    return Origin(source, make_valid(stem) or "tools"), partial(load_from_code, source)


def _read(document: Any, origin: Origin, notes: Notes) -> list[Tool]:
    """The tools of one parsed document."""
    if isinstance(document, list):
        return _read_list(document, origin, notes)
    if not isinstance(document, Mapping):
        raise UsageError(f"{origin.place!r} holds {type(document).__name__}, no tools", expected=_EXPECTED)
    if "openapi" in document or "swagger" in document or isinstance(document.get("paths"), Mapping):
        from toolflow_graph.catalog.openapi import read_openapi

        return read_openapi(document, origin, notes)
    if "api_list" in document:
        from toolflow_graph.catalog.toolbench import read_toolbench

        return read_toolbench(document, origin, notes)
    answer = document.get("result")
    if isinstance(answer, (Mapping, list)) and "name" not in document:
        return _read(answer, origin, notes)
    for key in ("tools", "functions"):
        if isinstance(document.get(key), list):
            domain = document.get("domain")
            return _read_list(document[key], replace(origin, domain=str(domain) if domain else None), notes)
    if "mcpServers" in document:
        raise UsageError(
            f"{origin.place!r} configures MCP servers, it holds no tools",
            expected="what a server answers to tools/list, saved as JSON",
        )
    if "name" in document or "function" in document:
        return _read_list([document], origin, notes)
    keys = ", ".join(repr(str(key)) for key in list(document)[:8]) or "none"
    raise UsageError(f"{origin.place!r} is of no known kind (its keys: {keys})", expected=_EXPECTED)


def _read_list(entries: list[Any], origin: Origin, notes: Notes) -> list[Tool]:
    if not entries:
        raise UsageError(f"{origin.place!r} holds no tools", expected="at least one tool")
    return read_entries(entries, origin, notes)


def _settle_clashes(groups: list[tuple[Origin, list[Tool]]]) -> tuple[list[Tool], list[str]]:
    """Prefix every name that two sources share; free names stay, and win over made ones."""
    owners: dict[str, set[str]] = {}
    for origin, tools in groups:
        for tool in tools:
            owners.setdefault(tool.name, set()).add(origin.stem)
    taken = {name for name, stems in owners.items() if len(stems) == 1}
    settled: list[Tool] = []
    lines: list[str] = []
    for origin, tools in groups:
        notes = Notes()
        for tool in tools:
            if len(owners[tool.name]) > 1:
                name = tell_apart(make_valid(f"{origin.stem}_{tool.name}"), taken)
                taken.add(name)
                notes.count("prefixed", f"{tool.name} -> {name}")
                tool = tool.model_copy(update={"name": name})
            settled.append(tool)
        lines += notes.render(origin.stem)
    return settled, lines
