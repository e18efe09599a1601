"""The values of a result with their meaning: which name a thing, which tell most, and how each is said."""

import re
from dataclasses import dataclass, replace
from typing import Any

from toolflow_graph.models.offline.fields import Field, field_of
from toolflow_graph.models.offline.saying import say
from toolflow_graph.models.offline.views import View
from toolflow_graph.models.offline.words import humanise, singularise, split_words
from toolflow_graph.regexes import lazy_regex

_WEIGHT = {
    "money": 9, "rating": 8, "temperature": 9, "date": 8, "datetime": 8, "time": 7, "status": 8, "enum": 6,
    "percent": 6,
    "duration": 6, "distance": 6, "count": 5, "title": 7, "person": 7, "sentence": 5, "address": 5, "location": 5,
    "phone": 4,
    "email": 4, "id": 3, "condition": 8, "number": 5, "ratio": 4, "company": 6, "city": 5, "text": 2, "bool": 3,
    "query": 5,
    "airport": 6, "tag": 4, "food": 6, "url": 2, "reason": 5, "year": 4, "ticker": 5, "age": 4, "month": 4,
    "version": 5,
    "country": 4, "domain": 3,
}  # fmt: skip
_NAMING = lazy_regex(r"(^|_)(name|title|subject|headline|label|caption|summary|question|term|word)$", re.I)
_VAGUE = ("none", "left", "right", "centre", "centre left", "centre right", "high", "low", "medium", "other", "mixed",
          "any",
          "full", "normal", "heavy", "free", "all")  # fmt: skip
_SIDE = ("order", "sort", "sorts", "filters", "links", "actions", "errors", "warnings", "facets", "messages", "meta")
"""Lists that stand beside what was asked for."""
GENERIC = {
    "data",
    "items",
    "results",
    "list",
    "records",
    "entries",
    "rows",
    "values",
    "result",
    "content",
    "docs",
    "hits",
    "objects",
}


_CODE = lazy_regex(r"(?=\S*\d)[\w./-]{4,}")
_KEY = lazy_regex(r"[a-z]+(?:_[a-z]+)+")
_WRAPPERS = GENERIC | {"payload", "response", "object", "attributes", "resource", "item", "record"}


@dataclass(slots=True)
class Cell:
    """One value of a result with its meaning."""

    name: str
    field: Field
    value: Any


def rows_of(value: Any) -> tuple[list[Any] | None, str, dict[str, Any]]:
    """The result's list of objects, its name, and what stands beside it."""
    if isinstance(value, list):
        return (value, "results", {}) if all(isinstance(part, dict) for part in value) else (None, "", {})
    if isinstance(value, dict):
        for name, part in sorted(value.items(), key=lambda entry: entry[0].lower() in _SIDE):
            if isinstance(part, list) and (not part or all(isinstance(row, dict) for row in part)):
                scalars = [v for v in value.values() if not isinstance(v, dict | list)]
                if len(scalars) <= 6 or len(part) > 1:
                    return part, name, {key: other for key, other in value.items() if key != name}
        for name, part in value.items():
            if isinstance(part, dict):
                rows, where, rest = rows_of(part)
                if rows is not None and len(value) < 4:
                    return rows, where if where not in GENERIC else name, rest
    return None, "", {}


def cells_of(value: dict[str, Any], view: View, prefix: str) -> list[Cell]:
    known = {leaf.path: leaf.field for leaf in view.returns}
    cells = []
    for name, part in value.items():
        if part is None or part == [] or part == "" or isinstance(part, dict):
            if isinstance(part, dict) and len(value) < 8:
                cells += [_of(cell, name) for cell in cells_of(part, view, f"{prefix}{name}.")]
            continue
        if isinstance(part, list) and any(isinstance(sub, dict | list) for sub in part):
            continue
        kind = {bool: "boolean", int: "integer", float: "number"}.get(type(part), "string")
        plain = {"type": "array", "items": {"type": "string"}} if isinstance(part, list) else {"type": kind}
        cells.append(Cell(name, known.get(f"{prefix}{name}") or field_of(name, plain, ""), part))
    return cells


def _of(cell: Cell, holder: str) -> Cell:
    """A value inside another object says whose it is: the name of a section's project is the project's name."""
    noun, label = humanise(holder), cell.field.label
    if holder.lower() in _WRAPPERS or len(noun.split()) > 2 or len(label.split()) > 1:
        return cell
    return Cell(cell.name, replace(cell.field, label=f"{noun} {label}"), cell.value)


def headline(cells: list[Cell], one: str = "", *, strict: bool = False) -> Cell | None:
    """The cell that names a thing."""
    named = [
        cell for cell in cells if isinstance(cell.value, str) and _NAMING.search(cell.name) and len(cell.value) < 110
    ]
    if one and (own := [cell for cell in named if set(split_words(cell.name)[:-1]) & set(one.split(" "))]):
        return own[0]
    named = named or [
        cell for cell in cells if isinstance(cell.value, str) and cell.field.kind in ("person", "title", "company")
    ]
    if named:
        return named[0]
    if strict:
        return None
    dates = [cell for cell in cells if cell.field.kind in ("date", "time", "datetime")]
    if dates and dates[0] is cells[0]:
        return dates[0]
    ids = [cell for cell in cells if cell.field.kind in ("id", "uuid")]
    texts = [
        cell
        for cell in cells
        if isinstance(cell.value, str)
        and cell.field.kind in ("text", "sentence", "query", "city", "food")
        and not _CODE.fullmatch(cell.value)
    ]
    ids.sort(key=lambda cell: cell.name.lower() not in ("id", "gid", "uuid"))
    return (texts or ids or dates or [None])[0]  # type: ignore[list-item]


def _money(cell: Cell, cells: list[Cell], rest: list[Cell]) -> str:
    code = next((c.value for c in (*cells, *rest) if c.field.kind == "currency" and isinstance(c.value, str)), "")
    return f"{say(cell.value, money=True)} {code}".strip()


def value_text(cell: Cell, cells: list[Cell], rest: list[Cell], style: int) -> str:
    if cell.field.kind == "money":
        return _money(cell, cells, rest)
    key = isinstance(cell.value, str) and bool(_KEY.fullmatch(cell.value))
    text = say(cell.value, style, key=key or cell.field.kind in ("enum", "status"))
    if isinstance(cell.value, int | float) and not isinstance(cell.value, bool) and cell.field.unit:
        unit = cell.field.unit
        if cell.value == 1 and unit.endswith("s") and len(unit) > 3:
            unit = unit[:-1]
        return f"{text}{unit}" if unit == "%" else f"{text} {unit}"
    return text


def telling(cells: list[Cell], given: set[str], most: int, skip: Cell | None) -> list[Cell]:
    fresh = [cell for cell in cells if cell is not skip and cell.field.kind in _WEIGHT and str(cell.value) not in given
             and not (isinstance(cell.value, str) and len(cell.value) > 160) and not (cell.field.kind == "bool"
             and (cell.value is False or not cell.field.description.lower().startswith("whether")))
             and not (isinstance(cell.value, list) and len(cell.value) > 6) and not _raw(cell)]  # fmt: skip
    ranked = sorted(fresh, key=lambda cell: -_WEIGHT[cell.field.kind])[:most]
    return [cell for cell in cells if cell in ranked]


def _raw(cell: Cell) -> bool:
    if isinstance(cell.value, bool) and not cell.field.description.lower().startswith("whether"):
        return True
    if cell.name.lower() in (
        "object",
        "resource_type",
        "count",
        "livemode",
        "kind",
        "etag",
        "offset",
        "limit",
        "page",
        "has_more",
        "status_code",
        "href",
        "success",
        "ok",
        "succeeded",
        "acknowledged",
        "took",
        "next",
        "previous",
    ) or re.search(r"offset$|cursor$|marker$|_page$|page_number$", cell.name.lower()):
        return True
    if cell.field.kind == "url" and str(cell.value).startswith("/"):
        return True
    if isinstance(cell.value, str) and re.fullmatch(r"(?:2[5-9]|[3-9]\d|\d{3}):\d\d", cell.value):
        return True  # a match clock, which reads like a time of day and is none
    if re.search(r"(?:^| )\d", cell.field.label):
        return True  # "number of 13F shares" would state a figure that is none
    return cell.field.kind in ("latitude", "longitude", "uuid", "unix") or (
        cell.field.kind == "id" and isinstance(cell.value, int) and cell.value > 10**8
    )


def label_text(cell: Cell, noun: str = "") -> str:
    label = cell.field.label
    words = label.split(" ")
    if noun and len(words) > 1 and words[0] == noun.split(" ")[-1] and cell.field.kind != "id":
        label = " ".join(words[1:])
    return re.sub(r"^(is|has) ", "", label)


def detail_text(cell: Cell, cells: list[Cell], rest: list[Cell], style: int, noun: str) -> str:
    text, label = value_text(cell, cells, rest, style), label_text(cell, noun)
    kind = cell.field.kind
    if kind == "bool":
        return label
    if kind == "distance" and label in ("distance", "airport distance", "place distance", "entrance distance"):
        return f"{text} away"
    if kind in ("company", "title", "person"):
        label = label.removesuffix(" name")
    if kind == "enum" and len(label.split()) < 3 and text not in _VAGUE and isinstance(cell.value, str):
        return text
    if kind == "sentence" and " " in text:
        return f'"{text.rstrip(".")}"'
    if cell.field.unit == "bytes":
        return text
    if kind == "money" and cell.name.endswith("_from"):
        return f"from {text}"
    if kind == "duration" and label in ("duration", "time", "length", "duration time"):
        return text
    if kind == "money" and label in ("amount", "price"):
        return text
    if kind == "money" and (found := re.match(r"(unit|dish|ticket|rental|sale) price$", label)):
        return text if found[1] in ("unit", "dish") else f"{found[1]} price {text}"
    if cell.field.kind in ("enum", "status") and label.split(" ")[-1] in (
        "status",
        "state",
        "type",
        "kind",
        "category",
        "level",
    ):
        return text
    if cell.field.kind in ("address", "location", "condition", "city", "phone"):
        return text
    if label.startswith("number of "):
        many = re.split(
            r" (?:attached|kept|taken|in|on|of|for|that|who|which|at|to)\b", label.removeprefix("number of ")
        )[0]
        return f"{text} {singularise(many) if cell.value == 1 else many}"
    if cell.field.kind in ("datetime", "date", "time"):
        own = humanise(cell.name)
        own = own.removeprefix(noun.split(" ")[-1] + " ") if noun else own
        return f"{re.sub(r' (at|time|on|date)$', '', own)} {text}" if cell.name not in ("date", "time") else text
    return f"{label} {text}"


def span_bits(details: list[Cell], style: int) -> list[str]:
    """A start and an end on one day as "12 March 2026 from 10:00 to 11:30"; both are taken out of ``details``."""
    sides = {
        cell.name: cell for cell in details if cell.name in ("start_time", "end_time") and isinstance(cell.value, str)
    }
    if len(sides) < 2:
        return []
    first, last = sides["start_time"].value, sides["end_time"].value
    if first[:10] != last[:10] or len(first) < 16 or len(last) < 16:
        return []
    details[:] = [cell for cell in details if cell not in sides.values()]
    return [f"{say(first[:10], style)} from {first[11:16]} to {last[11:16]}"]
