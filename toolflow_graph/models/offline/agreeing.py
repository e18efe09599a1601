"""Make the parts of a made-up result agree: counts, sums, order in time."""

import datetime
import re
from typing import Any

from toolflow_graph.models.offline.periods import days_between
from toolflow_graph.models.offline.words import singularise, split_words


def spread_days(value: Any, now: str, gap: int) -> Any:
    """Rows of a list happen on different days: later ones ahead of now, earlier ones behind it."""
    for part in value.values() if isinstance(value, dict) else ():
        if isinstance(part, list):
            for place, row in enumerate(part):
                if isinstance(row, dict):
                    for name, text in row.items():
                        if isinstance(text, str) and re.match(r"\d{4}-\d\d-\d\d($|T)", text):
                            row[name] = _shift(text, place * gap * (1 if text > now else -1))
    return value


def _shift(text: str, days: int) -> str:
    try:
        return (datetime.date.fromisoformat(text[:10]) + datetime.timedelta(days=days)).isoformat() + text[10:]
    except ValueError:
        return text


def agree(value: Any) -> Any:
    """Make the parts of a result agree: counts, sums, order in time."""
    if isinstance(value, list):
        value = [agree(part) for part in value]
        return _sorted(value)
    if not isinstance(value, dict):
        return value
    value = {name: agree(part) for name, part in value.items()}
    _order(value)
    lists = [(name, part) for name, part in value.items() if isinstance(part, list)]
    if len(lists) == 1:
        name, items = lists[0]
        for key, part in value.items():
            if isinstance(part, int) and not isinstance(part, bool) and _counts(key, name):
                value[key] = len(items)
            if (
                isinstance(part, int | float)
                and not isinstance(part, bool)
                and {"total", "subtotal"} & set(split_words(key))
            ):
                total = _sum(items, key)
                if total is not None:
                    value[key] = total
        for key in [key for key in value if key.startswith("total_")]:
            value[key] = _summed(items, key, value[key])
    _product(value)
    return value


def _summed(items: list[Any], key: str, found: Any) -> Any:
    """The sum of the rows' own figures ("total_unread" of each "folder_unread"), nights counted from their days."""
    words = set(split_words(key)) - {"total"}
    rows = [item for item in items if isinstance(item, dict)]
    if words == {"nights"} and rows and all("check_in_date" in row and "check_out_date" in row for row in rows):
        gaps = [days_between(row["check_in_date"], row["check_out_date"]) or 0 for row in rows]
        return sum(gaps)
    names = [
        name
        for name, part in (rows[0] if rows else {}).items()
        if isinstance(part, int) and words <= set(split_words(name))
    ]
    if len(names) != 1 or len(words) != 1 or isinstance(found, bool) or not isinstance(found, int):
        return found
    return sum(row.get(names[0], 0) for row in rows)


def _counts(key: str, name: str) -> bool:
    words = split_words(key)
    stem = singularise(split_words(name)[-1]) if split_words(name) else ""
    about = any(singularise(word) == stem for word in words)
    return bool(set(words) & {"count", "found", "total", "number", "num", "matches", "results", "size",
                "returned"}) and (
        about or set(words) <= {"count", "total", "found", "number", "results", "matches", "size", "returned", "of",
        "result", "hits"}
        or (words[-1] in ("count", "found", "total") and len(words) == 2 and words[0] not in ("total", "grand",
        "cart", "order"))
    )  # fmt: skip


def _sum(items: list[Any], key: str) -> Any:
    if not items or not all(isinstance(item, dict) for item in items):
        return None
    if set(split_words(key)) & {"minutes", "nights", "count", "results", "pages", "days", "hours", "balance", "value"}:
        return None
    for name in items[0]:
        words = set(split_words(name))
        if words & {"total", "amount", "price", "cost"} and all(
            isinstance(item.get(name), int | float) for item in items
        ):
            counts = next((other for other in items[0] if "quantity" in split_words(other)), None)
            fair = counts if not words & {"total"} else None
            return round(sum(item[name] * (item.get(fair, 1) if fair else 1) for item in items), 2)
    return None


def _product(value: dict[str, Any]) -> None:
    units = [name for name in value if "quantity" in split_words(name)]
    prices = [name for name in value if {"unit", "price"} <= set(split_words(name))]
    totals = [name for name in value if {"total"} <= set(split_words(name)) and isinstance(value[name], int | float)]
    if units and prices and totals and isinstance(value[units[0]], int | float):
        value[totals[0]] = round(value[units[0]] * value[prices[0]], 2)


_STARTS = ("start", "from", "begin", "check_in", "depart", "opens", "sunrise", "pickup", "ordered", "valid_from")
_ENDS = ("end", "until", "to", "check_out", "arriv", "closes", "sunset", "return", "deliver", "valid_until")


_LONG = ("sunrise", "opens", "check_in", "pickup", "ordered", "valid_from")
"""Starts after which the end may be far off on the same day."""


def _order(value: dict[str, Any]) -> None:
    for first, second in zip(_STARTS, _ENDS, strict=True):
        starts = [name for name in value if name.lower().startswith(first) or f"_{first}" in name.lower()]
        ends = [name for name in value if name.lower().startswith(second) or f"_{second}" in name.lower()]
        for one in starts[:1]:
            for other in ends[:1]:
                start, end = value[one], value[other]
                if (
                    one != other
                    and isinstance(start, str)
                    and isinstance(end, str)
                    and len(end) == len(start)
                    and (
                        end <= start
                        or (first not in _LONG and _hours(end) - _hours(start) > 6 and end[:10] == start[:10])
                    )
                ):
                    value[other] = _later(start) or end


def _hours(text: str) -> int:
    return int(text[11:13]) if re.match(r"\d{4}-\d\d-\d\dT\d\d", text) else 0


def _later(start: str) -> str | None:
    try:
        if len(start) == 10:
            return (datetime.date.fromisoformat(start) + datetime.timedelta(days=3)).isoformat()
        return (datetime.datetime.fromisoformat(start) + datetime.timedelta(minutes=110)).isoformat()
    except ValueError:
        return None


def _sorted(items: list[Any]) -> list[Any]:
    if len(items) < 2 or not all(isinstance(item, dict) for item in items):
        return items
    for name in items[0]:
        texts = [item.get(name) for item in items]
        if all(isinstance(text, str) and re.match(r"\d{4}-\d\d-\d\d|\d\d(:\d\d)?$", text) for text in texts):
            return sorted(items, key=lambda item: str(item[name]))
    return items
