"""Decontamination: which tools and user messages of a data set stand in benchmark files (the paper, section 7)."""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolflow_graph.catalog.dialect import correct_schema
from toolflow_graph.dataset.reading import read_values
from toolflow_graph.errors import UsageError
from toolflow_graph.evaluation.metrics.overlap import (
    CONTAMINATED,
    NGRAM,
    SIMILAR,
    contaminated_shares,
    find_nearest,
)
from toolflow_graph.evaluation.metrics.words import Vocabulary, build_words, mend_text, new_vocabulary
from toolflow_graph.evaluation.samples import Sample, Tell, no_tell
from toolflow_graph.tool_graph.embedders import Embedder, embed_texts

_PARAMETERS = ("parameters", "inputSchema", "input_schema", "arguments")
_DEEPEST = 60


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One file: its tools (distinct texts by name) and its other texts."""

    name: str
    tools: dict[str, str]
    texts: tuple[str, ...]


@dataclass
class Material:
    """What of a data set may leak: tool texts with the name they have, user messages with where they stand."""

    tools: dict[str, str] = field(default_factory=dict)
    messages: list[tuple[str, int, str]] = field(default_factory=list)

    def add(self, sample: Sample) -> None:
        """Collect from one more dialogue."""
        for tool in sample.transcript.tools:
            self.tools.setdefault(
                render_tool({"name": tool.name, "description": tool.description, "parameters": tool.parameters}),
                tool.name,
            )
        for index, message in enumerate(sample.transcript.messages):
            if message.role == "user" and message.content:
                self.messages.append((sample.name, index, message.content))


def render_tool(function: Mapping[str, Any]) -> str:
    """A tool as the paper compares it, by its JSON: name, description and parameters, keys in order, dialects (BFCL's
    ``dict`` and ``float``) put right, so that the same tool gives the same text wherever it was read."""
    parameters: Any = next((function[key] for key in _PARAMETERS if function.get(key) is not None), {})
    # What is no schema in any dialect that is known counts with its words as they are.
    with contextlib.suppress(TypeError, ValueError, AttributeError, RecursionError):
        parameters = correct_schema(parameters)[0]
    plain = {"name": function.get("name"), "description": function.get("description"), "parameters": parameters}
    return mend_text(json.dumps(plain, ensure_ascii=False, sort_keys=True, default=str))


def load_benchmarks(paths: Iterable[Path]) -> list[Benchmark]:
    """The benchmark files that are named; of a folder, every JSON and JSON lines file in it, by its path there.

    Raises:
        UsageError: if one cannot be read, or there is none.
    """
    found = []
    for path in paths:
        files = sorted(each for each in path.rglob("*.json*") if each.is_file()) if path.is_dir() else [path]
        if not files:
            raise UsageError(f"no JSON file in {str(path)!r}", expected="a benchmark's JSON or JSON lines, or a folder")
        names = [each.relative_to(path).as_posix() if path.is_dir() else path.name for each in files]
        found += [load_benchmark(each, name) for each, name in zip(files, names, strict=True)]
    return found


def load_benchmark(path: Path, name: str = "") -> Benchmark:
    """Read a benchmark file (called ``name`` in what is found): JSON or JSON lines of anything, BFCL's format too.

    A tool is an object with a name and parameters (or a description), wherever it stands. The texts are the user
    messages if there are any, else every text that belongs to no tool.

    Raises:
        UsageError: if the file cannot be read, or holds neither.
    """
    tools: dict[str, str] = {}
    said: dict[str, None] = {}
    others: dict[str, None] = {}
    for _, value in read_values(path):
        for kind, found in _walk(value, 0):
            if kind == "tool":
                tools.setdefault(render_tool(found), str(found["name"]))
            else:
                (said if kind == "user" else others)[found] = None
    texts = tuple(said or others)
    if not tools and not texts:
        raise UsageError(f"{str(path)!r} holds no tool and no text", expected="a benchmark's JSON or JSON lines")
    return Benchmark(name or path.name, tools, texts)


def _walk(value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """The tools ("tool"), user messages ("user") and other texts ("text") in a JSON value."""
    if depth > _DEEPEST:
        return
    if isinstance(value, str):
        # Some data sets keep tools and messages as JSON inside JSON.
        inner = _load_inner(value)
        if inner is None:
            yield "text", value
        else:
            yield from _walk(inner, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item, depth + 1)
    elif isinstance(value, dict):
        if _is_tool(value):
            yield "tool", value
            return
        speaker = value.get("role", value.get("from"))
        content = value.get("content", value.get("value"))
        if speaker in ("user", "human") and isinstance(content, str):
            yield "user", content
            return
        for item in value.values():
            yield from _walk(item, depth + 1)


def _is_tool(value: Mapping[str, Any]) -> bool:
    if not isinstance(value.get("name"), str):
        return False
    # A call has a name and arguments, too, but says nothing about itself.
    described = isinstance(value.get("description"), str)
    return described or any(isinstance(value.get(key), dict) for key in _PARAMETERS[:3])


def _load_inner(text: str) -> Any:
    if text[:1] not in "[{" or text[-1:] not in "]}":
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list | dict) else None


def find_leaks(
    material: Material,
    benchmarks: Iterable[Benchmark],
    *,
    embedder: Embedder | None = None,
    cache_dir: Path | None = None,
    tell: Tell = no_tell,
) -> dict[str, Any]:
    """Both rules of the paper on tools, and the n-gram rule on user messages.

    Without an embedder only the n-gram rule applies. Each leak names the file (and for the similarity rule the tool)
    in which it was found.
    """
    benchmarks = list(benchmarks)
    vocabulary = new_vocabulary()
    own_tools = list(material.tools)
    by_words = _share_most(own_tools, [(each.name, list(each.tools)) for each in benchmarks], vocabulary)
    texts = [text for *_, text in material.messages]
    by_message = _share_most(texts, [(each.name, list(each.texts)) for each in benchmarks], vocabulary)
    near = _nearest(own_tools, benchmarks, embedder, cache_dir, tell)
    tools = []
    for place, text in enumerate(own_tools):
        share, file = by_words[place]
        cosine, with_file, with_tool = near[place] if near else (None, None, None)
        rules = [
            name for name, hit in (("ngram", share > CONTAMINATED), ("similarity", (cosine or 0) > SIMILAR)) if hit
        ]
        if rules:
            leak: dict[str, Any] = {"tool": material.tools[text], "rules": rules, "contaminated": round(share, 4)}
            leak["file"] = file if "ngram" in rules else with_file
            if cosine is not None:
                leak |= {"cosine": round(cosine, 4), "nearest": with_tool, "nearest_file": with_file}
            tools.append(leak)
    messages = [
        {"dialogue": name, "message_index": index, "contaminated": round(share, 4), "file": file}
        for (name, index, _), (share, file) in zip(material.messages, by_message, strict=True)
        if share > CONTAMINATED
    ]
    return {
        "benchmarks": [{"file": each.name, "tools": len(each.tools), "texts": len(each.texts)} for each in benchmarks],
        "ngram": NGRAM,
        "embedder": embedder.name if embedder else None,
        "tools": len(own_tools),
        "leaking_tools": tools,
        "user_messages": len(texts),
        "leaking_messages": messages,
        "leaking_dialogues": len({leak["dialogue"] for leak in messages}),
    }


def _share_most(
    own: list[str], others: list[tuple[str, list[str]]], vocabulary: Vocabulary
) -> list[tuple[float, str | None]]:
    """For each text, the largest share that one file contaminates, and that file."""
    words = build_words(own, vocabulary)
    best: list[tuple[float, str | None]] = [(0.0, None)] * len(own)
    for name, texts in others:
        shares = contaminated_shares(words, build_words(texts, vocabulary))
        best = [(float(share), name) if share > most[0] else most for share, most in zip(shares, best, strict=True)]
    return best


def _nearest(
    own: list[str], benchmarks: list[Benchmark], embedder: Embedder | None, cache_dir: Path | None, tell: Tell
) -> list[tuple[float, str, str]]:
    theirs = [(each.name, name, text) for each in benchmarks for text, name in each.tools.items()]
    if embedder is None or not own or not theirs:
        return []
    # One call: a lexical embedder's vectors depend on all texts together.
    texts = [*own, *(text for *_, text in theirs)]
    vectors, _ = embed_texts(
        embedder, texts, cache_dir=cache_dir, progress=lambda done, of: tell("embedding tools", done, of)
    )
    nearest = find_nearest(vectors[: len(own)], vectors[len(own) :])
    return [(float(cosine), *theirs[place][:2]) for place, cosine in zip(nearest.places, nearest.cosines, strict=True)]
