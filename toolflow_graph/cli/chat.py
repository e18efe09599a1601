"""A record as a chat for the terminal. Everything a model wrote is shown as text, never read as markup."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from toolflow_graph.evaluation.judgement import Judgement, read_judgement
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.wording import count_of

_COLOURS = {"system": "dim", "user": "cyan", "assistant": "green", "tool": "yellow"}
_CONTROL = lazy_regex("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_SYSTEM = 240
_ROOMY = 50
_STAGED = {
    "revise": "the user gives another value",
    "press": "the user pushes back",
    "arrived": "a missing tool is offered from here on",
    "mishap": "a call fails on purpose",
    "injection": "the result carries instructions",
}


def render_dialogue(record: dict[str, Any], *, full: bool = False) -> Group:
    """Head, plan, messages, verdict. ``record`` is one of ours, or any ``{"messages", "tools"}`` of OpenAI's shape.

    Args:
        record: JSON-plain; call arguments may be objects or JSON strings.
        full: show calls, results and refused replies whole instead of folded to a line each.
    """
    chat = _Chat(record, full=full)
    return Group(
        *_head(record, chat.judgement),
        *_plan(record),
        Rule(style="dim"),
        chat.table(),
        Rule(style="dim"),
        *chat.verdict(),
    )


class _Line:
    """A line that is cut to the width it gets, with how much is left out; ``mark`` stays."""

    def __init__(self, mark: Text, body: str) -> None:
        self.mark = mark
        self.body = _clean(" ".join(body.split()))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = options.max_width - self.mark.cell_len
        text = self.body
        if cell_len(text) > room:
            # On a narrow terminal the text itself says more than how much of it is left out.
            rest = "... ({} more characters)" if room >= _ROOMY else "..."
            cut = Text(text)
            cut.truncate(max(1, room - len(rest.format(len(text)))))
            text = cut.plain + rest.format(len(text) - len(cut.plain))
        yield Text(no_wrap=True, overflow="ellipsis").append_text(self.mark).append(text)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(min(20, options.max_width), min(options.max_width, self.mark.cell_len + cell_len(self.body)))


class _Chat:
    """The messages with everything that is said about them where it belongs."""

    def __init__(self, record: dict[str, Any], *, full: bool) -> None:
        self.record = record
        self.full = full
        self.messages = [
            each if isinstance(each, dict) else {"role": "?", "content": each} for each in _listed(record, "messages")
        ]
        self.judgement = read_judgement(record.get("judgement"))
        verdict = record.get("verdict")
        self.told: Mapping[str, Any] = verdict if isinstance(verdict, dict) else {}
        self.findings = [finding for finding in _listed(self.told, "findings") if isinstance(finding, dict)]

    def table(self) -> Table:
        """A row a message: its number, its role, what it says."""
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", no_wrap=True, style="dim")
        table.add_column(justify="right", no_wrap=True)
        table.add_column(overflow="fold", ratio=1)
        for number, message in enumerate(self.messages):
            role = str(message.get("role", "?"))
            if role == "user" and number:
                table.add_row("", "", "")
            for line in self._before(number):
                table.add_row("", "", line)
            lines = [*self._lines(message)] or [_text("(empty)", "dim")]
            style = f"bold {_COLOURS.get(role, 'magenta')}"
            table.add_row(str(number), Text(_clean(role), style=style), Group(*lines, *self._after(number, message)))
        for line in self._before(len(self.messages)):
            table.add_row("", "", line)
        return table

    def _before(self, number: int) -> Iterator[Any]:
        starts = _listed(self.record, "request_starts")
        if number in starts:
            requests = _listed(self.record.get("plan") or {}, "requests")
            place = starts.index(number)
            intent = requests[place].get("intent", "") if place < len(requests) else ""
            yield _text(f"request {place + 1}: {intent}", "dim italic")
        for change in _listed(self.record, "tool_changes"):
            if change.get("message_index") == number:
                yield _text(f"offered from here on: {', '.join(map(str, change.get('tools') or ()))}", "dim italic")
        for cue in _listed(self.record, "cues"):
            if cue.get("message_index") == number:
                more = f": {cue['text']}" if cue.get("text") else ""
                yield _text(f"staged: {_STAGED.get(str(cue.get('kind')), cue.get('kind'))}{more}", "dim italic")
        for refused in _listed(self.record, "alternatives"):
            if refused.get("message_index") == number:
                yield from self._refused(refused)

    def _refused(self, refused: Mapping[str, Any]) -> Iterator[Any]:
        yield _text(f"refused reply of the {refused.get('role')}: {refused.get('reason')}", "dim")
        if self.full:
            yield Padding(_text(json.dumps(refused.get("reply"), ensure_ascii=False, indent=2), "dim"), (0, 0, 0, 2))

    def _lines(self, message: Mapping[str, Any]) -> Iterator[Any]:
        if message.get("reasoning"):
            yield self._folded(_text("thinks ", "dim italic"), str(message["reasoning"]))
        content = message.get("content")
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        if message.get("role") == "tool":
            yield self._result(text)
        elif content and message.get("role") == "system" and not self.full:
            yield _text(_fold(text, _SYSTEM), "dim")
        elif content:
            yield _text(text)
        for call in _listed(message, "tool_calls"):
            function = call.get("function") or {}
            mark = _text("-> ", "dim").append_text(_text(str(function.get("name")), "bold"))
            yield self._folded(mark, f"({_arguments(function.get('arguments'))})")

    def _result(self, text: str) -> Any:
        failed = False
        try:
            value = json.loads(text)
            failed = isinstance(value, dict) and set(value) == {"error"}
            text = json.dumps(value, ensure_ascii=False, indent=2) if self.full else text
        except ValueError:
            pass
        return self._folded(_text("<- error " if failed else "<- ", "bold red" if failed else "dim"), text)

    def _folded(self, mark: Text, body: str) -> Any:
        return mark.append_text(_text(body)) if self.full else _Line(mark, body)

    def _after(self, number: int, message: Mapping[str, Any]) -> Iterator[Text]:
        for finding in self.findings:
            if finding.get("message_index") == number:
                yield _finding(finding)
        for mark in self.judgement.turns if self.judgement else ():
            if mark.message_index == number:
                said = _text("judge: good" if mark.good else "judge: bad", "green" if mark.good else "red")
                yield said.append_text(_text(f"  {mark.reason}", "dim"))
        if message.get("train") is False:
            yield _text("not trained on", "yellow")

    def verdict(self) -> Iterator[Text]:
        """Accepted or not, the fault, and what is found of the dialogue as a whole."""
        if self.told:
            accepted = self.told.get("accepted")
            said = _text("accepted" if accepted else "rejected", "bold green" if accepted else "bold red")
            kinds = Counter(str(finding.get("severity", "error")) for finding in self.findings)
            counts = [count_of(kinds[kind], kind) for kind in ("error", "warning") if kinds[kind]]
            yield said.append_text(_text(f": {', '.join(counts)}" if counts else "", "dim"))
        fault = self.record.get("fault")
        if fault:
            yield _text(f"  fault {fault.get('code')} in {fault.get('node')}: {fault.get('reason')}", "red")
        for finding in self.findings:
            index = finding.get("message_index")
            if not (isinstance(index, int) and 0 <= index < len(self.messages)):
                yield Text("  ").append_text(_finding(finding))


def _head(record: Mapping[str, Any], judgement: Judgement | None) -> Iterator[Any]:
    verdict = record.get("verdict")
    title = _text(str(record.get("id", "dialogue")), "bold")
    if isinstance(verdict, dict):
        accepted = verdict.get("accepted")
        title.append("  accepted" if accepted else "  rejected", style="bold green" if accepted else "bold red")
    yield title
    names = [str(tool.get("function", tool).get("name", "?")) for tool in _listed(record, "tools")]
    if names:
        yield _text("tools: ", "dim").append_text(_text(", ".join(names)))
    models = record.get("models") or {}
    if models:
        listed = ", ".join(f"{role} {model.get('name')}" for role, model in models.items())
        yield _text("models: ", "dim").append_text(_text(listed))
    if record.get("behaviours"):
        yield _text("holds: ", "dim").append_text(_text(", ".join(record["behaviours"])))
    if judgement and judgement.scores:
        scores = ", ".join(f"{name} {score:g}" for name, score in judgement.scores.items())
        agreed = "" if judgement.agreement is None else f"  (the judges agree to {judgement.agreement:.0%})"
        yield _text("judge: ", "dim").append_text(_text(scores, "bold")).append_text(_text(agreed, "dim"))


def _plan(record: Mapping[str, Any]) -> Iterator[Any]:
    requests = _listed(record.get("plan") or {}, "requests")
    if requests:
        yield _text("plan:", "dim")
    for number, request in enumerate(requests, start=1):
        line = _text(f"{number}. {request.get('intent', '')}")
        if request.get("tools"):
            line.append_text(_text(f"  ({', '.join(request['tools'])})", "dim"))
        withheld = [str(fact.get("name")) for fact in request.get("withheld") or ()]
        if withheld:
            line.append_text(_text(f"  said only when asked: {', '.join(withheld)}", "dim"))
        yield Padding(line, (0, 0, 0, 2))


def _finding(finding: Mapping[str, Any]) -> Text:
    error = finding.get("severity", "error") == "error"
    line = _text("error " if error else "warning ", "red" if error else "yellow")
    return line.append_text(_text(str(finding.get("code")), "bold")).append_text(_text(f": {finding.get('reason')}"))


def _arguments(arguments: Any) -> str:
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            return str(arguments)
    if not isinstance(arguments, dict):
        return json.dumps(arguments, ensure_ascii=False)
    return ", ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in arguments.items())


def _listed(data: Any, key: str) -> list[Any]:
    """A list of a record that anybody may have written; empty where there is none."""
    found = data.get(key) if isinstance(data, Mapping) else None
    return list(found) if isinstance(found, list | tuple) else []


def _fold(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}... ({len(text) - most} more characters)"


def _clean(text: str) -> str:
    # Model text may hold terminal escapes, and halves of letters that no encoding has: dots are shown for them.
    return _CONTROL.sub("\u00b7", text)


def _text(text: str, style: str = "") -> Text:
    # A style of the part, not of the text: what is appended keeps its own.
    return Text().append(_clean(text), style=style)
