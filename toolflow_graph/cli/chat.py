"""A record as a chat for the terminal. Everything a model wrote is shown as text, never read as markup."""

import json
from collections.abc import Iterator
from typing import Any

from rich.console import Group
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from toolflow_graph.regexes import lazy_regex

_COLOURS = {"system": "dim", "user": "cyan", "assistant": "green", "tool": "yellow"}
_CONTROL = lazy_regex(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_VALUE = 60
_RESULT = 240


def render_dialogue(record: dict[str, Any], *, full: bool = False) -> Group:
    """Head, plan, messages, verdict. ``record`` is one of ours, or any ``{"messages", "tools"}`` of OpenAI's shape.

    Args:
        record: JSON-plain; call arguments may be objects or JSON strings.
        full: show values and results whole instead of folded to a line.
    """
    parts: list[Any] = [*_head(record), *_plan(record), Rule(style="dim")]
    chat = Table.grid(padding=(0, 2))
    chat.add_column(justify="right", no_wrap=True)
    chat.add_column(overflow="fold")
    for number, message in enumerate(record.get("messages") or ()):
        role = str(message.get("role", "?"))
        colour = _COLOURS.get(role, "magenta")
        lines = list(_lines(message, full=full))
        chat.add_row(Text(role, style=f"bold {colour}"), Text("\n").join(lines) if lines else _text("(empty)", "dim"))
        if number + 1 < len(record["messages"]) and record["messages"][number + 1].get("role") == "user":
            chat.add_row("", "")
    return Group(*parts, chat, Rule(style="dim"), *_verdict(record))


def _head(record: dict[str, Any]) -> Iterator[Any]:
    verdict = record.get("verdict")
    title = _text(str(record.get("id", "dialogue")), "bold")
    if verdict is not None:
        accepted = verdict.get("accepted")
        title.append("  accepted" if accepted else "  rejected", style="bold green" if accepted else "bold red")
    yield title
    names = [str(tool.get("function", tool).get("name", "?")) for tool in record.get("tools") or ()]
    if names:
        yield _text("tools: ", "dim").append_text(_text(", ".join(names)))
    models = record.get("models") or {}
    if models:
        listed = ", ".join(f"{role} {model.get('name')}" for role, model in models.items())
        yield _text("models: ", "dim").append_text(_text(listed))


def _plan(record: dict[str, Any]) -> Iterator[Any]:
    requests = (record.get("plan") or {}).get("requests") or ()
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


def _lines(message: dict[str, Any], *, full: bool) -> Iterator[Text]:
    if message.get("reasoning"):
        yield _text(_fold(str(message["reasoning"]), _RESULT, full=full), "dim italic")
    content = message.get("content")
    if message.get("role") == "tool":
        yield _result(content, full=full)
    elif content:
        yield _text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False))
    for call in message.get("tool_calls") or ():
        function = call.get("function") or {}
        line = _text("-> ", "dim").append_text(_text(str(function.get("name")), "bold"))
        yield line.append_text(_text(f"({_arguments(function.get('arguments'), full=full)})"))


def _arguments(arguments: Any, *, full: bool) -> str:
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            return str(arguments)
    if not isinstance(arguments, dict):
        return json.dumps(arguments, ensure_ascii=False)
    values = (
        f"{key}={_fold(json.dumps(value, ensure_ascii=False), _VALUE, full=full)}" for key, value in arguments.items()
    )
    return ", ".join(values)


def _result(content: Any, *, full: bool) -> Text:
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    failed = False
    try:
        value = json.loads(text)
        failed = isinstance(value, dict) and set(value) == {"error"}
        if full:
            text = json.dumps(value, ensure_ascii=False, indent=2)
    except ValueError:
        pass
    mark = _text("<- error " if failed else "<- ", "bold red" if failed else "dim")
    return mark.append_text(_text(_fold(text, _RESULT, full=full)))


def _verdict(record: dict[str, Any]) -> Iterator[Any]:
    verdict = record.get("verdict") or {}
    if verdict:
        accepted = verdict.get("accepted")
        yield _text("accepted" if accepted else "rejected", "bold green" if accepted else "bold red")
    fault = record.get("fault")
    if fault:
        yield _text(f"  fault {fault.get('code')} in {fault.get('node')}: {fault.get('reason')}", "red")
    for finding in verdict.get("findings") or ():
        error = finding.get("severity", "error") == "error"
        index = finding.get("message_index")
        where = "" if index is None else f" at message {index}"
        line = _text("  error " if error else "  warning ", "red" if error else "yellow")
        line.append_text(_text(str(finding.get("code")), "bold"))
        yield line.append_text(_text(f"{where}: {finding.get('reason')}"))


def _fold(text: str, most: int, *, full: bool) -> str:
    if full or len(text) <= most:
        return text
    return f"{text[:most]}... ({len(text) - most} more characters)"


def _text(text: str, style: str = "") -> Text:
    # Model text may hold terminal escapes; they are shown as dots, not obeyed.
    return Text(_CONTROL.sub("\u00b7", text), style=style)
