"""From what an executor brought, or how it failed, to a tool result: what a service would answer, no more.

An error's message ends up in training data: it has no traceback, no folder of this machine and no address of an object
(which would differ from run to run).
"""

import re
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from toolflow_graph.backends.plain import NotPlain, to_plain
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.schemas import has_own_error
from toolflow_graph.types import Json, Tool, ToolCall, ToolResult
from toolflow_graph.wording import count_of, shorten_line

MOST_BYTES = 20_000
"""The largest result, as JSON in UTF-8: what the verifier takes (rule giant_result)."""

_MOST_MESSAGE = 500
_ADDRESS = lazy_regex(r" at 0x[0-9a-fA-F]+")
_PATH = lazy_regex(
    r"""(?<=['"])(?:~|[A-Za-z]:)?[/\\][^'"\n]*(?=['"])|(?<![\w:/.~\\])(?:~|[A-Za-z]:)?(?:[/\\][\w.@+-]*[\w@+-])+"""
)
_TRACEBACK = lazy_regex(r"Traceback \(most recent call last\)")

GENERIC = "The service could not complete the request."
UNREADABLE = "The service sent a response that cannot be read."
# What a builtin exception means when a function raises it on purpose; all others speak of a defect in the function.
_BUILTIN_CODES: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "timeout"),
    (PermissionError, "forbidden"),
    (FileNotFoundError, "not_found"),
    (FileExistsError, "already_exists"),
    (LookupError, "not_found"),
    (NotImplementedError, "not_supported"),
    (ConnectionError, "unavailable"),
    (ValueError, "invalid_request"),
    (RuntimeError, "internal_error"),
    (OSError, "internal_error"),
)
_DEFECTS = (UnicodeError, IndexError, RecursionError)


def build_answer(tool: Tool, call: ToolCall, value: Any) -> ToolResult:
    """The result that carries ``value``; an error result if it is too large.

    An object whose only key is ``error`` is an error, as everywhere (``ToolResult.from_message``).

    Raises:
        NotPlain: no JSON can stand for the value.
    """
    try:
        plain = to_plain(value)
        result = ToolResult(call_id=call.id, value=plain)
        size = len((result.to_message().content or "").encode())
    except Exception as error:  # a number of 5,000 digits, a property that raises
        raise NotPlain(str(error) if isinstance(error, NotPlain) else f"{type(error).__name__}: {error}") from error
    if size > MOST_BYTES:
        message = f"The result is too large ({size:,} bytes; at most {MOST_BYTES:,}). Narrow the request."
        return build_error(call, "result_too_large", message)
    return ToolResult.from_message(result.to_message(), own_error=has_own_error(tool.returns))


def build_error(call: ToolCall, code: str, message: str) -> ToolResult:
    """The error result {"code", "message"}."""
    return ToolResult(call_id=call.id, ok=False, error={"code": code, "message": message})


def explain_exception(error: BaseException, arguments: Mapping[str, Json], *, home: str) -> tuple[str, str]:
    """Code and message of the error that a service would give for ``error``.

    An exception class of the function's own is named: by its ``code`` if that is text, else by itself
    (``CityNotFound`` is ``city_not_found``). A builtin one has a code by what it means. Whatever speaks of a defect
    (TypeError, another library's exceptions) becomes an internal error that says nothing of the code.

    Args:
        home: the top-level package (or module) of the function.
    """
    code = _code_of(error, home)
    if code is None:
        return "internal_error", GENERIC
    if isinstance(error, OSError) and error.strerror:
        text = error.strerror
    elif isinstance(error, KeyError) and len(error.args) == 1:
        # ``str(KeyError("x"))`` is the quoted key.
        text = str(error.args[0])
        text = text if " " in text else f"There is no {text}."
    else:
        text = str(error)
    return code, clean_message(text, arguments)


def count_of_seconds(seconds: float) -> str:
    """``60 seconds``, ``1 second``, ``0.5 seconds``."""
    return count_of(int(seconds), "second") if seconds == int(seconds) else f"{seconds:g} seconds"


def clean_message(text: str, arguments: Mapping[str, Json]) -> str:
    """One line of at most 500 characters; paths that the call did not name shrink to their last part."""
    lines = [line for line in text.splitlines() if line.strip()]
    if lines and any(_TRACEBACK.search(line) for line in lines):
        lines = lines[-1:]
    known = list(_texts(arguments))

    def shorten(match: re.Match[str]) -> str:
        path = match[0]
        # "/hour" or "and/or" is no path; one that the call names is the caller's own.
        named = any(path in text for text in known)
        return path if named or len(re.findall(r"[/\\]", path)) < 2 else re.split(r"[/\\]", path.rstrip("/\\"))[-1]

    line = _PATH.sub(shorten, _ADDRESS.sub("", " ".join(lines)))
    return shorten_line(line, _MOST_MESSAGE) or GENERIC


def describe_exception(error: BaseException) -> str:
    """What to tell the user of a defect: kind, text, and the file's name and line where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({PurePath(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return shorten_line(f"{type(error).__name__}: {error}", 300) + place


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, Mapping)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)


def _code_of(error: BaseException, home: str) -> str | None:
    """None: a defect, of which a caller learns nothing."""
    kind = type(error)
    if _is_own(kind, home):
        own = getattr(error, "code", None)
        if isinstance(own, str) and re.fullmatch(r"[\w.-]{1,64}", own):
            return own
        words = re.sub(r"(Error|Exception)$", "", kind.__name__)
        snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", words).strip("_").lower()
        return snake or "internal_error"
    if kind.__module__ != "builtins" or isinstance(error, _DEFECTS):
        return None
    if kind is Exception:
        return "internal_error"
    return next((code for base, code in _BUILTIN_CODES if isinstance(error, base)), None)


def _is_own(kind: type[BaseException], home: str) -> bool:
    """Whether the class was written with the function: not Python's, and not some installed library's."""
    root = kind.__module__.partition(".")[0]
    if root == home or root in sys.stdlib_module_names:
        return root not in sys.stdlib_module_names
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return not {"site-packages", "dist-packages"} & set(PurePath(file or "").parts)


class Troubles:
    """What went wrong in backends, for whoever watches the run: each kind once, with how often."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._first: dict[tuple[str, str], str] = {}

    def note(self, tool: str, code: str, reason: str) -> None:
        """A call of ``tool`` ended in an error result with ``code``; ``reason`` is for the user, not for the data."""
        self._counts[tool, code] += 1
        self._first.setdefault((tool, code), reason)

    def render(self) -> list[str]:
        """A line a tool and code, in order: ``get_weather: 12 calls failed (timeout), first: ...``."""
        return [
            f"{tool}: {count_of(count, 'call')} failed ({code}), first: {self._first[tool, code]}"
            for (tool, code), count in sorted(self._counts.items())
        ]
