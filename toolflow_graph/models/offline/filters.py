"""What a call filters by: bounds, limits and equal values, and rows that keep to them."""

import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from toolflow_graph.models.offline.binding import get_path, name_of
from toolflow_graph.models.offline.fields import Field
from toolflow_graph.models.offline.views import Leaf, View
from toolflow_graph.models.offline.words import singularise, split_words
from toolflow_graph.regexes import lazy_regex

MOST_ROWS = 15
_HIGH = frozenset(
    [
        "max",
        "maximum",
        "most",
        "highest",
        "upto",
        "under",
        "below",
        "ceiling",
        "cap",
        "budget",
        "lte",
        "lt",
        "upper",
        "longest",
        "cheaper",
    ]
)
_LOW = frozenset(["min", "minimum", "least", "lowest", "over", "above", "gte", "gt", "lower", "atleast"])
_HIGH_SAID = lazy_regex(r"\b(?:at most|no more than|not more than|maximum|highest|upper (?:limit|bound)|up to|cheaper than|"
                        r"below|under|not exceed|longest|largest|ceiling|most that)\b")  # fmt: skip
_LOW_SAID = lazy_regex(r"\b(?:at least|minimum|lowest|lower (?:limit|bound)|above|no less than|smallest|fewest)\b")
_BOUNDED = (
    "money",
    "rating",
    "duration",
    "distance",
    "count",
    "percent",
    "temperature",
    "number",
    "age",
    "year",
    "ratio",
)
_ALONE = ("money", "rating", "duration", "distance", "temperature", "percent", "age", "year")
"""Kinds of which a row's only one is meant, whatever it is called: "max_price" caps a "nightly_rate"."""
_LOOSE = frozenset(
    ["total", "number", "count", "of", "num", "the", "filter", "by", "only", "wanted", "preferred", "value"]
)
_LIMIT = lazy_regex(r"^(?:limit|max_?(?:results|items|count)|page_?size|per_?page|top(?:_?[nk])?|num_?results|n_?results|"
                    r"results?_?(?:limit|count)|rows|size|count|number_of_results|take|first)$", re.I)  # fmt: skip
_LIMIT_SAID = lazy_regex(
    r"\b(?:number|maximum|most|limit|how many)\b.{0,30}\b(?:results?|items?|records?|entries|rows)\b"
)
_EQUAL = ("enum", "tag", "status", "bool", "email", "company", "colour", "food", "country", "text", "region", "year",
          "username", "domain", "language_code", "version")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bound:
    """A number that rows may not pass, of one kind and with the words of what it bounds."""

    words: frozenset[str]
    kind: str
    low: float | None
    high: float | None


def is_number(value: Any) -> TypeGuard[float]:
    """A number that is no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def words_of(name: str) -> frozenset[str]:
    """The telling words of an identifier, singular."""
    return frozenset(singularise(word) for word in split_words(name)) - _LOOSE


def _given(view: View, arguments: Mapping[str, Any]) -> Iterable[tuple[Leaf, Any]]:
    for leaf in view.params:
        if "[]" not in leaf.path and isinstance(value := get_path(arguments, leaf.path), str | int | float | bool):
            yield leaf, value


def bounds_of(view: View, arguments: Mapping[str, Any]) -> list[Bound]:
    """The bounds that a call puts on what it finds; none for a call that changes something."""
    found = []
    for leaf, value in _given(view, arguments):
        words, said = set(split_words(leaf.field.name)), leaf.field.description.lower()
        if view.writes or not is_number(value) or leaf.field.kind not in _BOUNDED or _is_limit(leaf):
            continue
        high = bool(words & _HIGH) or (not words & _LOW and bool(_HIGH_SAID.search(said)))
        low = not high and (bool(words & _LOW) or bool(_LOW_SAID.search(said)))
        if high or low:
            about = words_of(leaf.field.name) - _HIGH - _LOW
            found.append(Bound(about, leaf.field.kind, value if low else None, value if high else None))
    return found


def price_cap(view: View, arguments: Mapping[str, Any]) -> float | None:
    """The most that something found may cost."""
    caps = [bound.high for bound in bounds_of(view, arguments) if bound.kind == "money" and bound.high is not None]
    return min(caps, default=None)


def ceiling_for(meaning: Field, given: list[tuple[str, Any]]) -> int | None:
    """The most that the call allows of what a field counts ("max_stops" for "stop_count")."""
    own = words_of(meaning.name)
    for path, value in given:
        words = split_words(name_of(path))
        if words and words[0] in ("max", "maximum") and isinstance(value, int) and own & words_of(name_of(path)):
            return max(value, 0)
    return None


def _is_limit(leaf: Leaf) -> bool:
    plain = _LIMIT.match(leaf.field.name) or _LIMIT_SAID.search(leaf.field.description.lower())
    return bool(plain) and leaf.field.kind in ("count", "number", "id")


def limit_of(view: View, arguments: Mapping[str, Any]) -> int | None:
    """How many rows the call wants at most."""
    wanted = [
        int(value) for leaf, value in _given(view, arguments) if is_number(value) and _is_limit(leaf) and value > 0
    ]
    return min(wanted, default=None)


def rows_wanted(holder: str, view: View, arguments: Mapping[str, Any]) -> int | None:
    """How many rows of ``holder`` the call asks for: "question_count" for "questions", "forecast_days" for days."""
    noun = {singularise(word) for word in split_words(holder)}
    days = bool(noun & {"forecast", "day", "daily"})
    for leaf, value in _given(view, arguments):
        words = split_words(leaf.field.name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= MOST_ROWS or leaf.field.listed:
            continue
        counted = (
            leaf.field.kind == "count" and bool(words_of(leaf.field.name) & noun) and not set(words) & (_HIGH | _LOW)
        )
        if counted or (days and leaf.field.unit == "days" and words[-1] == "days"):
            return value
    return None


def filtered_value(meaning: Field, part: Mapping[str, Any], view: View, given: list[tuple[str, Any]]) -> Any:
    """The value that every row must have because the call filters by it; None if it does not."""
    if meaning.kind not in _EQUAL or meaning.listed:
        return None
    own = words_of(meaning.name)
    for path, value in given:
        leaf = view.param(path)
        if leaf is None or leaf.field.kind != meaning.kind or isinstance(value, dict | list) or value == "":
            continue
        wanted = words_of(leaf.field.name)
        options = part.get("enum")
        if options is not None and value not in options:
            continue
        if wanted and (wanted == own or (wanted < own and (options is not None or meaning.kind == "tag"))):
            return value
    return None


def keep_to_filters(value: Any, view: View, arguments: Mapping[str, Any], rng: random.Random) -> Any:
    """The result with its rows inside the call's bounds, and no more of them than were asked for."""
    if view.writes or not isinstance(value, dict | list):
        return value
    most = limit_of(view, arguments)
    bounds = bounds_of(view, arguments)
    kinds = {leaf.path.rpartition("[].")[2]: leaf.field for leaf in view.returns if "[]." in leaf.path}
    for rows in _row_lists(value):
        if most is not None:
            del rows[most:]
        for row in rows:
            for bound in bounds:
                _bind(row, bound, kinds, rng)
    return value


def _row_lists(value: Any) -> list[list[Any]]:
    parts = [value] if isinstance(value, list) else list(value.values())
    inner = [part for sub in parts if isinstance(sub, dict) for part in sub.values()]
    return [part for part in (*parts, *inner) if isinstance(part, list) and part and isinstance(part[0], dict)]


def _bind(row: dict[str, Any], bound: Bound, kinds: Mapping[str, Field], rng: random.Random) -> None:
    numbers = {name: part for name, part in row.items() if is_number(part)}
    named = [name for name in numbers if words_of(name) & bound.words]
    alike = [name for name in numbers if name in kinds and kinds[name].kind == bound.kind]
    chosen = named or (alike if bound.kind in _ALONE and len(alike) == 1 else [])
    for name in chosen:
        if name in kinds and kinds[name].kind == "id":
            continue
        part = numbers[name]
        if bound.high is not None and part > bound.high:
            row[name] = _like(part, bound.high * rng.uniform(0.55, 0.97), most=bound.high)
        elif bound.low is not None and part < bound.low:
            row[name] = _like(part, _above(bound, rng), least=bound.low)


def _above(bound: Bound, rng: random.Random) -> float:
    low = bound.low or 0.0
    if bound.kind in ("rating", "ratio", "percent"):
        # Up to the next whole step at most, so that none leaves its scale.
        return low + (1 - low % 1) * rng.uniform(0, 0.9) if low % 1 else low + (0 if low in (5, 10, 1, 100) else 0.3)
    return low * rng.uniform(1.03, 1.3) + (rng.randint(0, 2) if bound.kind == "count" else 0)


def _like(part: float, wanted: float, *, least: float | None = None, most: float | None = None) -> float:
    """A number near ``wanted``, whole if ``part`` is, inside the bounds."""
    number: float = round(wanted) if isinstance(part, int) else round(wanted, 2 if part * 10 % 1 else 1)
    if most is not None and number > most:
        number = int(most) if isinstance(part, int) else most
    if least is not None and number < least:
        number = int(-(-least // 1)) if isinstance(part, int) else least
    return number
