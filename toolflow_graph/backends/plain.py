"""Whatever a Python function returns, as plain JSON: the same value gives the same bytes in every process."""

import dataclasses
import datetime
import decimal
import enum
import json
import math
import uuid
from collections import deque
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Json

_DEEPEST = 50
_LONE_SURROGATE = lazy_regex("[\ud800-\udfff]")


class NotPlain(Exception):
    """A value that no JSON can stand for; ``str(error)`` says what and where."""


def to_plain(value: Any) -> Json:
    """A fresh JSON value that shares nothing with ``value``.

    Dates and times become ISO 8601 text, a timedelta its seconds, a Decimal a number, an enum its value, a UUID and a
    path text; dataclasses, pydantic models, named tuples and mappings objects; tuples, deques and NumPy arrays lists,
    and sets sorted lists (a set's own order differs from process to process). Half a surrogate pair, which no file can
    hold, becomes U+FFFD.

    Raises:
        NotPlain: NaN, infinity, bytes, an object of another type, two keys that become one, more than 50 levels.
    """
    return _plain(value, "", 0)


def _plain(value: Any, path: str, depth: int) -> Json:
    if depth > _DEEPEST:
        raise NotPlain(f"more than {_DEEPEST} levels (or a value that holds itself)")
    if value is None or value is True or value is False:
        return value
    if isinstance(value, enum.Enum):
        return _plain(value.value, path, depth + 1)
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", str.__str__(value))
    if isinstance(value, (int, float, decimal.Decimal)):
        return _plain_number(value, path)
    if (text := _as_text(value)) is not None:
        return _plain(text, path, depth)
    if isinstance(value, datetime.timedelta):
        return _plain_number(value.total_seconds(), path)
    if isinstance(value, BaseModel):
        return _plain(value.model_dump(by_alias=True), path, depth + 1)
    if (entries := _as_object(value)) is not None:
        return _plain_object(entries, path, depth)
    if isinstance(value, (list, tuple, deque)):
        return [_plain(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]
    if isinstance(value, (set, frozenset)):
        items = [_plain(item, f"{path}[]", depth + 1) for item in value]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return _plain(value.tolist(), path, depth + 1)
    raise NotPlain(f"a value of type {type(value).__name__}{_at(path)}")


def _plain_number(value: int | float | decimal.Decimal, path: str) -> int | float:
    if isinstance(value, int):
        return int(value)
    finite = value.is_finite() if isinstance(value, decimal.Decimal) else math.isfinite(value)
    if not finite:
        raise NotPlain(f"the number {value}{_at(path)}")
    if isinstance(value, decimal.Decimal) and int(value.as_tuple().exponent) >= 0 and value.adjusted() < 300:
        return int(value)
    number = float(value)
    if not math.isfinite(number):
        raise NotPlain(f"a number too large{_at(path)}")
    return number


def _as_text(value: Any) -> str | None:
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return str(value) if isinstance(value, (uuid.UUID, PurePath)) else None


def _as_object(value: Any) -> Mapping[Any, Any] | None:
    if isinstance(value, Mapping):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        entries: Mapping[Any, Any] = value._asdict()
        return entries
    return None


def _plain_object(entries: Mapping[Any, Any], path: str, depth: int) -> dict[str, Json]:
    plain: dict[str, Json] = {}
    for key, item in entries.items():
        name = _plain_key(key, path)
        if name in plain:
            raise NotPlain(f"two keys {name!r}{_at(path)}")
        plain[name] = _plain(item, f"{path}.{name}" if path else name, depth + 1)
    return plain


def _plain_key(key: Any, path: str) -> str:
    plain = key if isinstance(key, (tuple, Mapping)) else _plain(key, path, 0)
    if isinstance(plain, str):
        return plain
    # As ``json.dumps`` writes such keys.
    if plain is None or isinstance(plain, (bool, int, float)):
        return json.dumps(plain)
    raise NotPlain(f"a key of type {type(key).__name__}{_at(path)}")


def _at(path: str) -> str:
    return f" at {path}" if path else ""
