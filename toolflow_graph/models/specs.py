"""What ``--model``, ``--temperature`` and the ``[[endpoint]]`` tables of a config say: parsed, nothing loaded."""

import importlib.util
import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeVar, cast
from urllib.parse import urlsplit

from toolflow_graph.errors import UsageError
from toolflow_graph.references import is_reference
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import ROLES, Role

OFFLINE = "offline"
JUDGE = "judge"
"""A judge's role: not among ``ROLES``, as it plays no part in a dialogue."""
_MODEL_FORMS = (
    "offline, NAME, NAME@http(s)://base_url, package.module:attr, path/file.py:attr, or a weighted pool of them"
)
_AT_URL = lazy_regex(r"(?P<name>.*?)@(?P<url>https?://.*)", re.DOTALL)
# What people type when they forget the scheme: "@localhost", "@10.0.0.1:8000/v1", "@my.host/v1".
_URL_WITHOUT_SCHEME = lazy_regex(
    r".*@(\s*|https?:.*)|.+@(\w+://.*|localhost(:\d+)?(/.*)?|[\w.-]+:\d+(/.*)?|[\w-]+(\.[\w-]+)+/.*)"
)

_Parsed = TypeVar("_Parsed")


@dataclass(frozen=True, slots=True)
class MemberSpec:
    """One model of a pool: ``name`` is the model's name, or the reference; ``weight`` its share (any positive unit)."""

    kind: Literal["offline", "name", "reference"]
    name: str
    base_url: str | None = None
    weight: float = 1.0

    def __str__(self) -> str:
        return self.name if self.base_url is None else f"{self.name}@{self.base_url}"


@dataclass(frozen=True, slots=True)
class PoolSpec:
    """The models of a role. ``str()`` is canonical: equal pools have equal text, whatever way they were typed."""

    members: tuple[MemberSpec, ...]

    def __str__(self) -> str:
        if len(self.members) == 1:
            return str(self.members[0])
        return ",".join(f"{member}*{member.weight:g}" for member in self.members)


@dataclass(frozen=True, slots=True)
class EndpointOptions:
    """What a config says of one base URL.

    Attributes:
        api_key_env: the environment variable that holds its key.
        seed: send the ``seed`` field (off for servers that refuse what they do not know).
        json_schema: whether ``response_format={"type": "json_schema"}`` works there; None: ask the server once.
        reasoning: the message key under which reasoning is sent back ("auto": the one under which it came in the same
            dialogue, "reasoning_content" if that is not known; "off": never).
        requests_per_minute, tokens_per_minute, max_in_flight: what may not be exceeded; None: no cap.
    """

    api_key_env: str | None = None
    seed: bool = True
    json_schema: bool | None = None
    reasoning: str = field(default="auto")
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    max_in_flight: int | None = None


def parse_model_flags(flags: Sequence[str], needed: Collection[Role] = ROLES) -> dict[Role, PoolSpec]:
    """Read ``--model [ROLE=]SPEC`` flags: a pool for every role in ``needed``, and for any other that is given one.

    A spec without a role serves every role that has none of its own; no flags at all mean the offline model.

    Raises:
        UsageError: unknown role, a role (or the default) given twice, roles left without a model, a malformed spec.
    """
    if not flags:
        flags = (OFFLINE,)
    default, by_role = _by_role(flags, "--model", parse_pool)
    missing = [role for role in ROLES if role in needed and role not in by_role]
    if default is None and missing:
        raise UsageError(
            f"--model gives no model for {', '.join(missing)}",
            expected="a model for every role, or one without a role for all the others",
            hint=f"add --model NAME, or --model {missing[0]}=NAME (--model {OFFLINE} is the built-in one)",
        )
    given = {role: by_role.get(role, default) for role in ROLES}
    return {role: spec for role, spec in given.items() if spec is not None}


def parse_temperature_flags(flags: Sequence[str]) -> dict[Role, float]:
    """Read ``--temperature [ROLE=]T`` flags; a role that is not in the answer uses the server's own temperature.

    Raises:
        UsageError: unknown role, given twice, or no number in [0, 2].
    """
    default, by_role = _by_role(flags, "--temperature", _parse_temperature)
    everyone: dict[Role, float] = {} if default is None else dict.fromkeys(ROLES, default)
    return {**everyone, **by_role}


def parse_pool(text: str) -> PoolSpec:
    """Read one SPEC: a model, or a weighted pool such as ``gpt-4o*0.7,gpt-4.1*0.3`` (weights default to 1).

    Raises:
        UsageError: an empty member, a bad weight, a malformed base URL.
    """
    return PoolSpec(tuple(_parse_member(part.strip(), text) for part in text.split(",")))


def parse_endpoints(table: Mapping[str, Mapping[str, Any]]) -> dict[str, EndpointOptions]:
    """Read what a config's ``[[endpoint]]`` tables say, keyed by base URL.

    Raises:
        UsageError: a malformed URL, an unknown key, a value of the wrong type.
    """
    known = {entry.name for entry in fields(EndpointOptions)}
    kinds: dict[str, type] = {"api_key_env": str, "seed": bool, "json_schema": bool, "reasoning": str}
    kinds |= dict.fromkeys(("requests_per_minute", "tokens_per_minute", "max_in_flight"), int)
    options = {}
    for url, entries in table.items():
        if not isinstance(entries, Mapping):
            raise UsageError(f"endpoint {url!r} is {entries!r}", expected="a table", known=sorted(known))
        for key, value in entries.items():
            if key not in known:
                raise UsageError(f"endpoint {url!r} has an unknown key {key!r}", known=sorted(known))
            if not isinstance(value, kinds[key]) or (kinds[key] is int and not _is_count(value)):
                expected = {bool: "true or false", int: "a whole number from 1 on"}.get(kinds[key], "a string")
                raise UsageError(f"endpoint {url!r}: {key} is {value!r}", expected=expected)
        options[parse_base_url(url, url)] = EndpointOptions(**entries)
    return options


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def parse_base_url(url: str, given: str) -> str:
    """Check a base URL and strip its trailing slashes.

    Raises:
        UsageError: no host, a user name or password in it, a query, or the path of one operation. ``given`` is quoted,
            unless it may hold a password.
    """
    expected = "a base URL such as http://127.0.0.1:8000/v1"
    if "@" in url.partition("://")[2].partition("/")[0]:
        raise UsageError(
            "a base URL has a user name or password in it",
            expected="keys come from environment variables only",
            hint='name the variable in the config: [[endpoint]] with base_url and api_key_env = "MY_KEY"',
        )
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"{given!r}: the base URL is malformed ({error})", expected=expected) from None
    if parts.scheme not in ("http", "https") or not host or re.search(r"\s", url):
        raise UsageError(f"{given!r}: the base URL is malformed", expected=expected)
    if parts.query or parts.fragment:
        # Not quoted from there on: some servers take a key in the query.
        shown = re.split(r"[?#]", given)[0]
        raise UsageError(f"{shown + '?...'!r}: a base URL has no '?' or '#'", expected=expected)
    base = url.rstrip("/")
    for operation in ("/chat/completions", "/completions", "/models"):
        if base.endswith(operation):
            raise UsageError(f"{given!r}: {operation} is added to the base URL", hint=base.removesuffix(operation))
    return base


def _by_role(
    flags: Sequence[str], flag: str, parse: Callable[[str], _Parsed]
) -> tuple[_Parsed | None, dict[Role, _Parsed]]:
    default: list[_Parsed] = []
    by_role: dict[Role, _Parsed] = {}
    for text in flags:
        role, value = _split_role(text, flag)
        if role is None:
            if default:
                raise UsageError(
                    f"{flag} {text!r}: a second one without a role", expected=f"{flag} ROLE=... beside it", known=ROLES
                )
            default.append(parse(value))
        elif role in by_role:
            raise UsageError(f"{flag} {text!r}: {role} is given twice", expected=f"one {flag} for each role")
        else:
            by_role[role] = parse(value)
    return (default[0] if default else None), by_role


def _split_role(text: str, flag: str) -> tuple[Role | None, str]:
    prefix, equals, rest = text.partition("=")
    if not equals or not prefix.strip().isidentifier():
        return None, text.strip()
    if prefix.strip() == JUDGE and flag == "--model":
        raise UsageError(
            f"{flag} {text!r}: judges have a flag of their own",
            expected=f"--judge {rest.strip()}; several of them make a committee",
        )
    if prefix.strip() not in ROLES:
        raise UsageError(f"{flag} {text!r}: no role {prefix.strip()!r}", known=ROLES)
    return cast(Role, prefix.strip()), rest.strip()


def _parse_temperature(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 2:
        raise UsageError(f"--temperature {text!r}", expected="a number from 0 to 2")
    return value


def _parse_member(text: str, given: str) -> MemberSpec:
    place, star, share = text.rpartition("*")
    name, weight = (place.strip(), _parse_weight(share, given)) if star else (text, 1.0)
    if not name:
        raise UsageError(f"--model {given!r} has an empty member", expected=_MODEL_FORMS)
    if name == OFFLINE:
        return MemberSpec("offline", OFFLINE, weight=weight)
    if at := _AT_URL.fullmatch(name):
        if not at["name"].strip():
            raise UsageError(f"--model {given!r}: no model name before the '@'", expected="NAME@http(s)://base_url")
        return MemberSpec("name", at["name"].strip(), parse_base_url(at["url"], given), weight)
    if _URL_WITHOUT_SCHEME.fullmatch(name) or "://" in name:
        raise UsageError(f"--model {given!r}: the base URL is malformed", expected="NAME@http(s)://base_url")
    if _names_an_object(name):
        return MemberSpec("reference", name, weight=weight)
    if re.search(r"\s", name):
        raise UsageError(f"--model {given!r}: a model name has no spaces", expected=_MODEL_FORMS)
    return MemberSpec("name", name, weight=weight)


def _parse_weight(text: str, given: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not 0 < weight < math.inf:
        raise UsageError(
            f"--model {given!r}: {text.strip()!r} is no weight", expected="a number above 0, as in gpt-4o*0.7"
        )
    return weight


def _names_an_object(text: str) -> bool:
    """Tell ``pkg.mod:attr`` from tags such as ``llama3:latest``, which have the same form but name no module."""
    if not is_reference(text):
        return False
    place = text.rpartition(":")[0]
    if place.endswith(".py"):
        return True
    try:
        return importlib.util.find_spec(place) is not None
    except ModuleNotFoundError as error:
        # "pkg.mod" with no such pkg is a name; a pkg that fails to import is a reference, reported when it is loaded.
        return error.name is None or not f"{place}.".startswith(f"{error.name}.")
    except Exception:
        return True
