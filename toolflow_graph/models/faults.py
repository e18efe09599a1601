"""What went wrong in a model call, in the words of ``errors``: whatever client library raised it.

Nothing here imports a client library: errors are told apart by what they carry (``status_code``, ``response``,
``body``) and by the names of their classes, so that any LangChain integration's errors are understood.
"""

import email.utils
import math
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any

from toolflow_graph.errors import ModelError, RefusedRequest, TransportFault
from toolflow_graph.regexes import lazy_regex

RETRIED_STATUSES = frozenset({408, 409, 425, 429})
"""4xx that say "not now" rather than "not so"; every 5xx but 501 is retried too."""

_UNREACHABLE = ("ConnectError", "ConnectTimeout", "ClientConnectorError", "ConnectionRefusedError", "gaierror")
_TRANSPORT = ("Connection", "ReadError", "WriteError", "ProtocolError", "NetworkError", "ClientError")
_LOOKS_LIKE_KEY = lazy_regex(r"\b(sk|pk|lsv2|key|gsk|hf|xai|AIza)[-_][\w*.-]{6,}|\bBearer\s+\S+", re.IGNORECASE)
_TOO_LARGE = lazy_regex(r"request too large", re.IGNORECASE)
_NO_CREDIT = lazy_regex(r"insufficient_quota|exceeded your current quota", re.IGNORECASE)
_MAX_QUOTED = 400


class Unreachable(TransportFault):
    """No connection was made: refused, no such host, no route."""


class TimedOut(TransportFault):
    """A connection was made, but no answer came in time."""


class UnreadableBody(Exception):
    """The server answered with a body that is no chat completion. ``status``: the error code inside it, if any."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class NoCompletion(TransportFault):
    """The server answered, but not with a chat completion: a web page, a body that is cut, another protocol."""


class Filtered(RefusedRequest):
    """The server's content filter stopped the reply: nobody's mistake, not even on a first call."""


def explain_error(error: Exception, *, endpoint: str, secrets: Sequence[str] = ()) -> ModelError:
    """Turn what a client library raised into a ``ModelError``.

    408, 409, 425, 429 (unless it says that the request is too large), 5xx (but 501), time-outs, broken connections and
    unreadable bodies become ``TransportFault``; every other status, and every error that is not about the way to the
    server, becomes ``RefusedRequest``. Raise the answer ``from None``: the original error may hold the key.

    Args:
        error: what was raised.
        endpoint: the base URL (or the reference) that was asked.
        secrets: texts that no message may contain.
    """
    if isinstance(error, ModelError):
        return error
    said = quote_server(error, secrets)
    if isinstance(error, UnreadableBody):
        if error.status is not None and not _retried(error.status):
            return RefusedRequest(said, status=error.status, endpoint=endpoint)
        fault = TransportFault if error.status is not None else NoCompletion
        return fault(said, status=error.status, endpoint=endpoint)
    status = _status_of(error)
    if status is not None:
        message = f"HTTP {status}: {said}"
        if _retried(status):
            if status == 429 and _TOO_LARGE.search(said):
                # Above what the account may send in a minute: no wait makes it smaller.
                return RefusedRequest(message, status=413, endpoint=endpoint)
            if status == 429 and _NO_CREDIT.search(f"{said} {getattr(error, 'code', '')}"):
                # The account is empty, which no wait fills.
                return RefusedRequest(message, status=402, endpoint=endpoint)
            wait = parse_retry_after(_headers_of(error))
            return TransportFault(message, status=status, endpoint=endpoint, retry_after=wait)
        return RefusedRequest(message, status=status, endpoint=endpoint)
    names = [name for link in _chain(error) for name in _class_names(link)]
    if _was_cut(names):
        return TransportFault(f"the connection was cut: {_root_cause(error, secrets)}", endpoint=endpoint)
    if any(name in _UNREACHABLE for name in names):
        return Unreachable(f"no connection: {_root_cause(error, secrets)}", endpoint=endpoint)
    if any("Timeout" in name for name in names):
        return TimedOut(f"{names[0]}: {_root_cause(error, secrets)}", endpoint=endpoint)
    if any(part in name for name in names for part in _TRANSPORT):
        return TransportFault(f"{names[0]}: {_root_cause(error, secrets)}", endpoint=endpoint)
    return RefusedRequest(f"{type(error).__name__}: {said}", endpoint=endpoint)


def _was_cut(names: Sequence[str]) -> bool:
    """Whether a connection that stood was cut, which the SDK's aiohttp transport calls a failure to connect in time."""
    return "ServerDisconnectedError" in names or ("ClientOSError" in names and "ClientConnectorError" not in names)


def quote_server(error: Exception, secrets: Sequence[str] = ()) -> str:
    """What the server said, on one line, cut, without any key."""
    body = getattr(error, "body", None)
    for key in ("error", "message", "detail"):
        if isinstance(body, Mapping) and body.get(key):
            body = body[key]
    return scrub(say(body or error), secrets)


def say(value: Any) -> str:
    """``str(value)``, which a value that is nested too deeply has none of."""
    try:
        return str(value)
    except RecursionError:
        return "(nested too deeply to be shown)"


def scrub(text: str, secrets: Sequence[str] = ()) -> str:
    """``text`` on one line, cut to a readable length, with the secrets and whatever looks like a key blotted out."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    text = " ".join(_LOOKS_LIKE_KEY.sub("***", text).split())
    return text if len(text) <= _MAX_QUOTED else f"{text[:_MAX_QUOTED]}..."


def parse_retry_after(headers: Mapping[str, str], *, now: float | None = None) -> float | None:
    """Seconds to wait, from ``retry-after-ms`` or ``Retry-After`` (seconds or an HTTP date, RFC 9110 10.2.3).

    Args:
        headers: the response's headers, with lower-case names.
        now: Unix time that a date is measured from; None: the response's own ``Date``, else the clock.
    """
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) / unit
        except (KeyError, ValueError):
            continue
        if math.isfinite(seconds):
            return max(0.0, seconds)
    until = _unix_time(headers.get("retry-after"))
    if until is None:
        return None
    if now is None:
        now = _unix_time(headers.get("date")) or time.time()
    return max(0.0, until - now)


def _unix_time(date: str | None) -> float | None:
    try:
        moment = email.utils.parsedate_to_datetime(date or "")
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _retried(status: int) -> bool:
    return status in RETRIED_STATUSES or (status >= 500 and status != 501)


def _status_of(error: Exception) -> int | None:
    for holder in (error, getattr(error, "response", None)):
        for name in ("status_code", "status"):
            status = getattr(holder, name, None)
            if isinstance(status, int) and not isinstance(status, bool) and status >= 300:
                return status
    return None


def _headers_of(error: Exception) -> dict[str, str]:
    headers: Any = getattr(getattr(error, "response", None), "headers", None) or {}
    return {str(name).lower(): str(value) for name, value in headers.items()}


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    for _ in range(10):
        if link is None:
            return
        yield link
        link = link.__cause__ or link.__context__


def _class_names(error: BaseException) -> list[str]:
    return [kind.__name__ for kind in type(error).__mro__]


def _root_cause(error: Exception, secrets: Sequence[str]) -> str:
    texts = [text for link in _chain(error) if (text := scrub(str(link), secrets))]
    return texts[-1] if texts else type(error).__name__
