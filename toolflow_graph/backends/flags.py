"""What ``--backend NAME=REF`` says: parsed, nothing loaded, no server asked.

Keys never stand in a reference: ``$NAME`` stands for an environment variable in a command or a URL, and only the name
is kept, shown and compared.
"""

import fnmatch
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from toolflow_graph.errors import UsageError
from toolflow_graph.references import is_reference
from toolflow_graph.regexes import lazy_regex

FORMS = (
    "package.module:attr, path/file.py:attr (a function or a class), mcp:COMMAND ARGS... (stdio), "
    "mcp+http://... or mcp+https://... (streamable HTTP)"
)
_EXPECTED = f"NAME=REF: a tool's name or a pattern such as 'files_*', and {FORMS}"
_NAME = lazy_regex(r"[A-Za-z0-9_\-*?\[\]!]+")
_VARIABLE = lazy_regex(r"\$(?:\{(\w+)\}|([A-Za-z_]\w*))")
_ASSIGNMENT = lazy_regex(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
# "--api-key", "GITHUB_TOKEN", "?access_token": names whose value is a key.
_SECRET_NAME = lazy_regex(r"(?:.*[-_])?(?:api[-_]?key|key|token|secret|password|passwd|credentials?)", re.I)
_SECRET_TEXT = lazy_regex(r"\b(?:bearer|basic)\s+[^\s$]", re.I)


@dataclass(frozen=True, slots=True)
class BackendFlag:
    """One ``--backend``: whose calls it answers, and with what.

    Attributes:
        name: a tool's name, or a shell-style pattern of names.
        kind: what ``target`` is: a reference, a stdio server's command line, an HTTP server's URL.
        target: as typed (without ``mcp:`` or ``mcp+``), environment variables not replaced.
    """

    name: str
    kind: Literal["reference", "stdio", "http"]
    target: str

    @property
    def is_pattern(self) -> bool:
        """Whether ``name`` may stand for several tools."""
        return any(sign in self.name for sign in "*?[")

    @property
    def reference(self) -> str:
        """The REF, as typed."""
        return {"reference": "", "stdio": "mcp:", "http": "mcp+"}[self.kind] + self.target

    def matches(self, tool_name: str) -> bool:
        """Whether the calls of this tool are meant."""
        return fnmatch.fnmatchcase(tool_name, self.name) if self.is_pattern else tool_name == self.name

    def __str__(self) -> str:
        return f"{self.name}={self.reference}"


def parse_backend_flags(items: Sequence[str]) -> tuple[BackendFlag, ...]:
    """Read ``--backend NAME=REF`` flags, in their order.

    Raises:
        UsageError: no NAME or REF, a REF of no known form, a NAME twice, a malformed command or URL, a key in plain
            text (which is not repeated in the message).
    """
    flags: dict[str, BackendFlag] = {}
    for item in items:
        flag = _parse_flag(item)
        if flag.name in flags:
            raise UsageError(f"--backend {flag.name}=... stands there twice", expected="one --backend for each NAME")
        flags[flag.name] = flag
    return tuple(flags.values())


def parse_command(text: str, environ: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """A stdio server's command line: leading ``NAME=VALUE`` for its environment, then the command and its arguments.

    ``$NAME`` and ``${NAME}`` are taken from ``environ``.

    Raises:
        UsageError: a variable that is not set.
    """
    words = [expand(word, environ) for word in shlex.split(text)]
    variables = {}
    while words and (match := _ASSIGNMENT.fullmatch(words[0])):
        variables[match[1]] = match[2]
        words.pop(0)
    return variables, words


def parse_url(text: str, environ: Mapping[str, str]) -> tuple[str, str | None]:
    """An HTTP server's URL and the bearer token for it (``https://$TOKEN@host/mcp``), variables replaced.

    Raises:
        UsageError: a variable that is not set.
    """
    parts = urlsplit(text)
    user, at, host = parts.netloc.rpartition("@")
    token = expand(user, environ) if at else None
    return expand(parts._replace(netloc=host).geturl(), environ), token


def expand(text: str, environ: Mapping[str, str]) -> str:
    """Replace ``$NAME`` and ``${NAME}``.

    Raises:
        UsageError: a variable that is not set, or empty.
    """

    def value_of(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if not environ.get(name):
            raise UsageError(
                f"--backend names the environment variable ${name}, which is not set", hint=f"export {name}=..."
            )
        return environ[name]

    return _VARIABLE.sub(value_of, text)


def secrets_in(text: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The values that ``$NAME``s in ``text`` stand for, each with its ``$NAME``: to be hidden in what is shown."""
    names = {match[1] or match[2] for match in _VARIABLE.finditer(text)}
    # A short value ("1", "prod") is no key, and hiding it would garble every message.
    return {environ[name]: f"${name}" for name in sorted(names) if len(environ.get(name, "")) >= 6}


def _parse_flag(item: str) -> BackendFlag:
    name, equals, target = (part.strip() for part in item.partition("="))
    if not equals or not name or not target:
        raise UsageError(f"--backend {_shown(item)!r} is incomplete", expected=_EXPECTED)
    if not _NAME.fullmatch(name):
        raise UsageError(f"--backend: {_shown(name)!r} is no tool's name and no pattern", expected=_EXPECTED)
    if target.startswith("mcp:"):
        return BackendFlag(name, "stdio", _check_command(name, target[4:].strip()))
    if target.startswith("mcp+"):
        return BackendFlag(name, "http", _check_url(name, target[4:]))
    if re.match(r"https?://", target):
        raise UsageError(f"--backend {name}=...: a bare URL", expected=FORMS, hint="write mcp+ before the URL")
    if not is_reference(target):
        raise UsageError(f"--backend {name}={_shown(target)!r} names no backend", expected=FORMS)
    return BackendFlag(name, "reference", target)


def _shown(text: str) -> str:
    """What cannot be read may hold a key anywhere: only its beginning is repeated."""
    return text if len(text) <= 40 and not re.search(r"\s", text) else text[:12] + "..."


def _check_command(name: str, command: str) -> str:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"--backend {name}=mcp:...: the command cannot be read: {error}") from None
    first = next((index for index, word in enumerate(words) if not _ASSIGNMENT.fullmatch(word)), len(words))
    if first == len(words):
        raise UsageError(f"--backend {name}=mcp:... has no command", expected="mcp:COMMAND ARGS...")
    for index, word in enumerate(words):
        key, equals, value = word.partition("=")
        if not equals and index + 1 < len(words) and word.startswith("-"):
            value = words[index + 1]
        if _SECRET_NAME.fullmatch(key.lstrip("-")) and (equals or word.startswith("-")):
            _check_secret(name, key, value)
        if _SECRET_TEXT.search(word):
            raise _plain_secret(name, "an Authorization header")
    return command


def _check_url(name: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or re.search(r"\s", url):
        raise UsageError(f"--backend {name}=mcp+...: the URL is malformed", expected="mcp+http://host:port/path")
    user, at, _ = parts.netloc.rpartition("@")
    if at and not _VARIABLE.fullmatch(user):
        raise _plain_secret(name, "the URL's user part", "$TOKEN@host for a bearer token")
    for key, value in parse_qsl(parts.query, keep_blank_values=True):
        if _SECRET_NAME.fullmatch(key):
            _check_secret(name, key, value)
    return url


def _check_secret(name: str, key: str, value: str) -> None:
    if value and not value.isdigit() and not value.startswith("-") and not _VARIABLE.search(value):
        raise _plain_secret(name, key)


def _plain_secret(name: str, place: str, instead: str = "$NAME for the value, in single quotes") -> UsageError:
    return UsageError(
        f"--backend {name}=...: {place} holds a key in plain text",
        expected="keys come from environment variables only",
        hint=f"export it, and write {instead}",
    )
