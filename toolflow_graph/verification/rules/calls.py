"""Rules about single calls and results: known tool, valid arguments, valid and plausible results."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Json, ToolCall, ToolResult
from toolflow_graph.verification.evidence import strings_in
from toolflow_graph.verification.provenance.grounding import GroundedLeaf, iter_leaves
from toolflow_graph.verification.reading.placeholders import is_placeholder, says_absent
from toolflow_graph.verification.reading.wording import listed, squeeze
from toolflow_graph.verification.registry import Spot, rule
from toolflow_graph.verification.toolcards import is_read_name, split_name
from toolflow_graph.verification.transcript import CallSite, Transcript

MOST_RESULT_BYTES = 20_000
_CHANGING = ("random", "roll", "shuffle", "generate", "time", "clock", "now")


@rule("unknown_tool", "error", "A call names a tool that is not offered at that point.")
def unknown_tool(transcript: Transcript) -> Iterator[Spot]:
    for site in transcript.watched_sites():
        offered = transcript.offered(site.message_index)
        if site.call.name not in offered and offered:
            shown = ", ".join(sorted(offered)[:20])
            yield site.message_index, f"no tool is called {site.call.name!r}; offered: {shown}"


@rule(
    "invalid_arguments",
    "error",
    "The arguments of a call do not fit the tool's JSON Schema (required, types, enums, formats, unknown names).",
)
def invalid_arguments(transcript: Transcript) -> Iterator[Spot]:
    unread = {
        (part.message_index, part.position): part.reason for part in transcript.unread if part.what == "arguments"
    }
    for site in transcript.watched_sites():
        broken = unread.get((site.message_index, site.position))
        if broken:
            yield site.message_index, f"{site.call.name}: {broken}"
            continue
        card = transcript.card(site.call.name)
        if card is None:
            continue
        problems = card.argument_problems(site.call.arguments)
        if problems is None:
            yield site.message_index, f"{site.call.name}: its parameters are no valid JSON Schema"
        for problem in problems or ():
            yield site.message_index, f"{site.call.name}: {problem}"


@rule("invalid_result", "error", "A result does not fit the tool's return schema.", needs=("returns",))
def invalid_result(transcript: Transcript) -> Iterator[Spot]:
    for index, site in _results(transcript):
        card = transcript.card(site.call.name)
        if card is None or not site.succeeded:
            continue
        assert site.result is not None
        problems = card.result_problems(site.result.value)
        if problems is None:
            yield index, f"{site.call.name}: its returns are no valid JSON Schema"
        for problem in problems or ():
            yield index, f"result of {site.call.name}: {problem}"


def _results(transcript: Transcript) -> Iterator[tuple[int, CallSite]]:
    """The answers from ``focus`` on, with their calls."""
    for index, site in sorted(transcript.site_of_result.items()):
        if index >= transcript.focus:
            yield index, site


@rule(
    "placeholder_argument", "error", "An argument only holds a place: <id>, {{name}}, your_api_key, TBD, [Your Name]."
)
def placeholder_argument(transcript: Transcript) -> Iterator[Spot]:
    for leaf in transcript.leaves:
        if "enum" in leaf.schema or "const" in leaf.schema or leaf.source.kind == "default":
            continue
        if leaf.source.kind in ("user", "result") and _stands(transcript, leaf):
            continue
        required = leaf.required or leaf.pattern.endswith(("id", "Id", "ID"))
        if is_placeholder(leaf.value, required):
            reason = (
                f"{leaf.site.call.name}: {leaf.path} is the placeholder {leaf.value!r}; use a real value or ask for it"
            )
            yield leaf.site.message_index, reason


def _stands(transcript: Transcript, leaf: GroundedLeaf) -> bool:
    """Whether the value stands in its source letter by letter: that somebody said "id" makes no "<id>" of it."""
    index = leaf.source.message_index
    said = transcript.messages[index].content or "" if index is not None else ""
    return str(leaf.value).casefold() in said.casefold()


# "String" under these is a type that data tell of themselves, "Your name" the label of a field in a form.
_TYPE_KEY = lazy_regex(r"type|kind|format|class|schema", re.IGNORECASE)
_LABEL_KEY = lazy_regex(r"label|placeholder|hint|description|title", re.IGNORECASE)
_TYPES = frozenset(("string", "undefined", "null"))
_WORDS = lazy_regex(r"[\w' -]+ [\w' -]+")


def _is_told_of_itself(key: str, leaf: Json) -> bool:
    """Whether what looks like a placeholder is a type's name, or the label of a field."""
    text = str(leaf).strip()
    is_type = bool(_TYPE_KEY.search(key)) and text.casefold() in _TYPES
    return is_type or (bool(_LABEL_KEY.search(key)) and _WORDS.fullmatch(text) is not None)


@rule("placeholder_result", "error", "A result holds placeholders, or is a schema instead of data.")
def placeholder_result(transcript: Transcript) -> Iterator[Spot]:
    for index, site in _results(transcript):
        if not site.succeeded:
            continue
        assert site.result is not None
        value = site.result.value
        if _is_schema(value):
            yield index, f"the result of {site.call.name} is a JSON Schema, not data"
            continue
        if not any(is_placeholder(text, False) for text in strings_in(value)):
            continue
        tool = transcript.tools_by_name.get(site.call.name)
        echoed = set(strings_in(site.call.arguments))
        for path, _, key, leaf in iter_leaves(value if isinstance(value, dict | list) else {"result": value}):
            if not is_placeholder(leaf, False) or leaf in echoed or _is_told_of_itself(key, leaf):
                continue
            # Without a schema nobody knows whether a real service may answer "N/A".
            open_ended = tool is None or tool.returns is None
            if not (tool and _allowed(tool.returns, leaf)) and not (open_ended and says_absent(leaf)):
                yield index, f"the result of {site.call.name} has the placeholder {leaf!r} at {path}"
                break


def _is_schema(value: Json) -> bool:
    if not isinstance(value, dict) or value.get("type") != "object":
        return False
    properties = value.get("properties")
    return isinstance(properties, dict) and any(isinstance(sub, dict) and "type" in sub for sub in properties.values())


def _allowed(schema: Any, leaf: Json) -> bool:
    """Whether the return schema itself names this very word, in an enum, a default or an example."""
    if isinstance(schema, Mapping):
        named = [schema.get("const"), schema.get("default")]
        for key in ("enum", "examples"):
            named.extend(schema[key] if isinstance(schema.get(key), list) else ())
        return leaf in named or any(_allowed(child, leaf) for child in schema.values())
    return isinstance(schema, list) and any(_allowed(child, leaf) for child in schema)


_JSON_START = lazy_regex(r"\s*(?:\{\s*\"|\[\s*[\[{\"])")


@rule("broken_result", "error", "A result starts as JSON and breaks off before its end.")
def broken_result(transcript: Transcript) -> Iterator[Spot]:
    for index, message in transcript.watched("tool"):
        content = (message.content or "").rstrip()
        if not _JSON_START.match(content) or content.endswith(("}", "]")):
            continue
        try:
            json.loads(content)
        except ValueError:
            yield index, f"the result is cut off after {content[-30:]!r}; give it to its end"


@rule("giant_result", "error", f"A result is larger than {MOST_RESULT_BYTES // 1000} kB.")
def giant_result(transcript: Transcript) -> Iterator[Spot]:
    for index, message in transcript.watched("tool"):
        content = message.content or ""
        size = len(content.encode()) if len(content) > MOST_RESULT_BYTES // 4 else 0
        if size > MOST_RESULT_BYTES:
            yield index, f"the result has {size:,} bytes; at most {MOST_RESULT_BYTES:,} fit a dialogue"


def _same_call(call: ToolCall) -> str:
    return f"{call.name}{sorted(call.arguments.items())}"


class ReadLedger:
    """What each read brought first, as long as nothing has been written since."""

    def __init__(self) -> None:
        self._known: dict[str, ToolResult] = {}

    def known(self, call: ToolCall) -> ToolResult | None:
        """The result that this read has to bring again, if there is one."""
        return self._known.get(_same_call(call))

    def see(self, call: ToolCall, result: ToolResult, reads: bool) -> None:
        """Take note of an answered call."""
        if not reads:
            # One that failed may tell that somebody else has written: the slot was taken in the meantime.
            self._known.clear()
        elif not result.ok:
            return
        elif not any(word in split_name(call.name) for word in _CHANGING):
            self._known.setdefault(_same_call(call), result)


# What is still going on is another time done, without anybody's doing.
_UNDER_WAY = lazy_regex(
    r"\b(?:in[ _-]?progress|pending|queued|running|processing|building|waiting|starting|not (?:yet|done)|scheduled|"
    r"preparing|in[ _-]?transit|on (?:its|the) way|out for delivery)\b",
    re.IGNORECASE,
)


@rule(
    "contradicting_results",
    "error",
    "The same read, with nothing written in between and nothing under way, brings another result.",
)
def contradicting_results(transcript: Transcript) -> Iterator[Spot]:
    ledger = ReadLedger()
    for index, site in sorted(transcript.site_of_result.items()):
        assert site.result is not None
        known = ledger.known(site.call)
        told = known is not None and site.result.ok and differs(known.value, site.result.value)
        told = told and _UNDER_WAY.search(str(known.value) if known else "") is None
        if told and index >= transcript.focus:
            yield index, f"the same call of {site.call.name} brought another result before; nothing has changed since"
        ledger.see(site.call, site.result, transcript.is_read(site.call.name))


def differs(first: Json, second: Json) -> bool:
    """Whether two results disagree on what both of them tell; one may tell more than the other."""
    if isinstance(first, dict) and isinstance(second, dict):
        shared = first.keys() & second.keys()
        return any(differs(first[key], second[key]) for key in shared) or (not shared and first != second)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) != len(second) or any(map(differs, first, second))
    return bool(first != second)


# Tools that bring another thing than the one they are given.
OTHER_ONE = frozenset(
    listed(
        "copy clone duplicate fork renew replace exchange swap rebook convert merge split next previous parent child "
        "forward reply copy clone duplicate split resend renew reissue convert "
        "similar related alternative replacement successor predecessor root latest random"
    )
)


@rule(
    "contradicting_echo",
    "error",
    "A result is about another thing than the call asked for: it has another id under the argument's own name.",
)
def contradicting_echo(transcript: Transcript) -> Iterator[Spot]:
    for index, site in _results(transcript):
        value = site.result.value if site.succeeded and site.result is not None else None
        if not isinstance(value, dict) or OTHER_ONE.intersection(split_name(site.call.name)):
            continue
        for key, asked in site.call.arguments.items():
            brought = value.get(key)
            if not _is_id(key, asked) or not _is_id(key, brought):
                continue
            # What is done with a thing has an id of its own, if the key does not say whose.
            if key == "id" and not is_read_name(site.call.name):
                continue
            if squeeze(str(asked)) != squeeze(str(brought)):
                yield index, f"{site.call.name} was asked for {key} {asked!r}, and the result is about {brought!r}"


def _is_id(key: str, value: Json) -> bool:
    """Whether a value names one thing in particular: a code with digits under a key that ends in "id", or so."""
    words = split_name(key)
    named = bool(words) and words[-1] in ("id", "uuid", "code", "number", "key", "ref", "reference", "sku", "isbn")
    return named and isinstance(value, str) and 4 <= len(value) <= 64 and any(char.isdigit() for char in value)


@rule(
    "exchanged_results",
    "error",
    "Two calls of one message got each other's results: each result repeats what only the other call asked for.",
)
def exchanged_results(transcript: Transcript) -> Iterator[Spot]:
    beside: dict[tuple[int, str], list[CallSite]] = {}
    for _, site in _results(transcript):
        if site.succeeded:
            beside.setdefault((site.message_index, site.call.name), []).append(site)
    for sites in beside.values():
        for place, site in enumerate(sites):
            for other in sites[place + 1 :]:
                if _echoes(site, other) and _echoes(other, site):
                    yield site.result_index, f"the results of the two calls of {site.call.name} changed places"


def _echoes(site: CallSite, other: CallSite) -> bool:
    """Whether a call's result repeats an argument of ``other``, under its own name, where the call has another one."""
    value = site.result.value if site.result is not None else None
    if not isinstance(value, dict):
        return False
    for key, asked in other.call.arguments.items():
        own, brought = site.call.arguments.get(key), value.get(key)
        plain = isinstance(asked, str | int | float) and not isinstance(asked, bool) and own is not None
        if plain and squeeze(str(brought)) == squeeze(str(asked)) != squeeze(str(own)):
            return True
    return False


_LASTING = lazy_regex(
    r"not.?found|invalid|bad.?request|validation|missing|unprocessable|forbidden|denied|\b4(?:00|04|22)\b"
)


@rule(
    "repeated_call",
    "error",
    "A call repeats an identical one of the same turn that succeeded, that stands beside it, or that failed in a way "
    "that trying again cannot mend (or twice already).",
)
def repeated_call(transcript: Transcript) -> Iterator[Spot]:
    sites = iter(transcript.sites)
    site = next(sites, None)
    for turn in transcript.turns:
        done: dict[str, int] = {}
        beside: dict[str, int] = {}
        failed: Counter[str] = Counter()
        while site is not None and site.message_index < turn.stop:
            if site.message_index >= turn.start:
                key = _same_call(site.call)
                # What stands in one message is asked for at once: nothing was changed in between.
                before = site.message_index if beside.get(key) == site.message_index else done.get(key)
                if _BY_CHANCE.intersection(split_name(site.call.name)):
                    before = None
                beside[key] = site.message_index
                if before is not None and site.message_index >= transcript.focus:
                    where = "twice in one message" if before == site.message_index else f"again after message {before}"
                    yield site.message_index, f"{site.call.name} is called {where} with the same arguments"
                elif failed[key] > 1 and not site.succeeded and site.message_index >= transcript.focus:
                    reason = "has failed with the same arguments before; trying it again does not help"
                    yield site.message_index, f"{site.call.name} {reason}"
                if site.succeeded and not transcript.is_read(site.call.name):
                    # After a change the same read may well be worth repeating; the change itself is not.
                    done, failed = {key: site.message_index}, Counter()
                elif site.succeeded or site.result is None:
                    done[key] = site.message_index
                else:
                    # One more try may help against an outage; nothing finds what is not there.
                    assert site.result is not None
                    failed[key] += 2 if _LASTING.search(json.dumps(site.result.error).casefold()) else 1
            site = next(sites, None)


# Each call of such a tool brings something else.
_BY_CHANCE = frozenset(listed("random generate generator roll draw dice die flip shuffle toss"))
MOST_CALLS = 16
"""Calls of one message: more is no parallel use but a loop."""


@rule("too_many_calls", "error", f"A message makes more than {MOST_CALLS} calls.")
def too_many_calls(transcript: Transcript) -> Iterator[Spot]:
    for index, message in transcript.watched("assistant"):
        if len(message.tool_calls) > MOST_CALLS:
            yield index, f"{len(message.tool_calls)} calls in one message; at most {MOST_CALLS} can be right"
