"""Entries -> what the page holds: compressed islands of JSON lines, which it opens one by one when they are looked at.

An island is base64 of zlib: nothing that a model wrote can end a script element or begin a comment.
"""

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from toolflow_graph.evaluation.report.facts import Facts
from toolflow_graph.evaluation.report.reading import Entry
from toolflow_graph.record import Source
from toolflow_graph.types import Json
from toolflow_graph.verification import RULES

_DIALOGUES, _TOOLS = 32, 64
"""Lines of an island: what is opened at once when one of them is asked for."""


def pack(value: Json) -> str:
    """A JSON value as an island's text."""
    return _squeeze([_to_line(value)])


class Lines:
    """JSON lines in islands of ``size`` lines each."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.count = 0
        self._open: list[str] = []
        self._islands: list[str] = []

    def add(self, value: Json) -> int:
        """Append a value; returns its number."""
        self._open.append(_to_line(value))
        if len(self._open) == self.size:
            self._close()
        self.count += 1
        return self.count - 1

    def islands(self) -> list[str]:
        """All of them, each as its text."""
        self._close()
        return self._islands

    def _close(self) -> None:
        if self._open:
            self._islands.append(_squeeze(self._open))
            self._open = []


def _squeeze(lines: Iterable[str]) -> str:
    return base64.b64encode(zlib.compress("\n".join(lines).encode("utf-8"), 6)).decode("ascii")


def _to_line(value: Json) -> str:
    # ASCII, so that a lone surrogate passes; and null for a number that JSON does not know.
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    except ValueError:
        return _to_line(json.loads(json.dumps(value), parse_constant=lambda name: None))


class Packer:
    """Takes entries one by one; tools are kept once, however many dialogues offer them."""

    def __init__(self) -> None:
        self.dialogues = Lines(_DIALOGUES)
        self.tools = Lines(_TOOLS)
        self._numbers: dict[str, int] = {}

    def add(self, entry: Entry) -> None:
        """Append a dialogue."""
        self.dialogues.add(build_body(entry, [self._number(tool) for tool in entry.record.tools]))

    def _number(self, tool: dict[str, Any]) -> int:
        function = tool.get("function", tool)
        key = json.dumps(function, sort_keys=True)
        if key not in self._numbers:
            self._numbers[key] = self.tools.add(function)
        return self._numbers[key]


def build_body(entry: Entry, tools: list[int]) -> dict[str, Any]:
    """One dialogue as the page shows it; what is absent is left out."""
    record = entry.record
    body: dict[str, Any] = {
        "id": record.id,
        "accepted": record.verdict.accepted,
        "written": entry.written,
        "ended": record.ended,
        "fault": record.fault.to_json() if record.fault else None,
        "findings": [finding.to_json() for finding in record.verdict.findings],
        "messages": _messages(entry),
        "tools": tools,
        "plan": record.plan.to_json() if record.plan else None,
        "starts": list(record.request_starts),
        "alternatives": [alternative.to_json() for alternative in record.alternatives],
        "cues": [cue.to_json() for cue in record.cues],
        "changes": [change.to_json() for change in record.tool_changes],
        "behaviours": record.behaviours,
        "models": {role: model.name for role, model in record.models.items()},
        "usage": {role: used.to_json() for role, used in record.usage.items()},
        "seed": {key: record.seed[key] for key in ("now", "style", "language") if record.seed.get(key)},
        "judgement": asdict(entry.judgement) if entry.judgement else None,
    }
    return {key: value for key, value in body.items() if value not in (None, [], {})}


def _messages(entry: Entry) -> list[dict[str, Any]]:
    sites = {(site.message_index, site.position): site for site in entry.transcript.sites}
    answered = set(entry.transcript.site_of_result)
    shown = []
    for index, message in enumerate(entry.transcript.messages):
        plain: dict[str, Any] = {"role": message.role, "content": message.content, "reasoning": message.reasoning}
        calls = []
        for position, call in enumerate(message.tool_calls):
            site = sites[(index, position)]
            calls.append(
                {
                    "name": call.name,
                    # As text: a number that JavaScript would round stays what it is.
                    "args": [[key, json.dumps(value, ensure_ascii=False)] for key, value in call.arguments.items()],
                    "sources": [_source(source) for source in entry.sources.get((index, position), ())],
                    "result": site.result_index,
                    "failed": site.result is not None and not site.result.ok,
                }
            )
        plain["calls"] = calls
        # A result is shown at its call.
        plain["shown"] = "call" if index in answered else None
        plain["untrained"] = index in entry.untrained or None
        shown.append({key: value for key, value in plain.items() if value not in (None, [])})
    return shown


def _source(source: Source) -> list[Json]:
    later = [[place.message_index, place.result_path] for place in source.also or ()]
    return [source.path, source.kind, source.message_index, source.result_path, source.how, later]


FILTERS = ("behaviour", "tool", "code", "role", "source")
"""What dialogues can be picked by, each a list of names in the index."""


def build_index(facts: Iterable[Facts]) -> dict[str, Any]:
    """The list of dialogues: a short row each, names as numbers into ``names``; opened when the page opens."""
    names: dict[str, dict[str, int]] = {filter: {} for filter in FILTERS}

    def number(filter: str, given: Iterable[str]) -> list[int]:
        known = names[filter]
        return [known.setdefault(name, len(known)) for name in given]

    rows = []
    for each in facts:
        lists = (each.behaviours, sorted(set(each.called)), each.codes, each.blame, sorted(each.provenance))
        rows.append(
            [
                each.id,
                int(each.accepted),
                each.turns,
                len(each.called),
                each.messages,
                each.lowest,
                sum(severity == "error" for severity in each.codes.values()),
                each.excerpt,
                *(number(filter, given) for filter, given in zip(FILTERS, lists, strict=True)),
            ]
        )
    return {"names": {filter: list(known) for filter, known in names.items()}, "rows": rows}


def build_hints(codes: Iterable[str]) -> Mapping[str, list[str]]:
    """Of the rules that found something: what each looks for, and what to do."""
    return {code: [RULES[code].explanation, RULES[code].hint] for code in sorted(set(codes)) if code in RULES}
