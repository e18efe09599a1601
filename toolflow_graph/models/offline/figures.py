"""Numbers: of a plausible size for what they count or measure, and inside the bounds of their schema."""

import datetime
import random
import re
from collections.abc import Mapping
from typing import Any

from toolflow_graph.models.offline.fields import Field
from toolflow_graph.models.offline.hints import examples_of
from toolflow_graph.models.offline.scales import span_of, usual_span
from toolflow_graph.models.offline.shapes import fits
from toolflow_graph.models.offline.views import View
from toolflow_graph.models.offline.words import split_words
from toolflow_graph.models.offline.world import Cast, place_for

_PRICES = (
    ("dish", (7, 32)), ("meal", (9, 38)), ("menu", (7, 32)), ("ticket", (14, 120)), ("parking", (4, 28)),
    ("deliver", (2, 9)), ("salary", (36_000, 82_000)), ("balance", (420, 8600)), ("tip", (2, 8)),
    ("budget", (200, 1600)), ("night", (68, 240)), ("fare", (60, 420)), ("fee", (3, 25)), ("net", (1900, 4300)),
    ("ceiling", (80, 300)), ("rent", (700, 2100)), ("total", (60, 640)), ("share", (20, 310)), ("gross", (2800, 5600)),
)  # fmt: skip
_SPANS: dict[str, tuple[float, float]] = {
    "age": (22, 66), "month_number": (1, 12), "day_number": (1, 28), "hour_number": (8, 19), "percent": (12, 88),
    "ratio": (0.12, 0.94), "temperature": (6, 27), "distance": (1, 24), "number": (2, 60), "id": (10_400, 98_700),
}  # fmt: skip


def _span(field: Field, schema: Mapping[str, Any], cast: Cast, result: bool) -> tuple[float, float]:
    kind, text = field.kind, f"{field.name} {field.description}".lower()
    if (found := span_of(kind, text)) is not None:
        return found
    told = result or re.search(r"width|height", field.name.lower())
    if told and kind in ("count", "number", "ratio", "money") and not field.description:
        plain = usual_span(" ".join(split_words(field.name)))
        if plain is not None:
            return plain
    if kind == "money":
        for word, span in _PRICES:
            if re.search(rf"\b{word}", text):
                return span
        return (15, 260)
    if kind == "rating":
        top = schema.get("maximum", 5)
        top = float(top) if isinstance(top, int | float) else 5.0
        if (said := re.search(r"(?:from |, )(?:0|1) to (\d+)", text)) and "maximum" not in schema:
            top = float(said[1])
        return (0.68 * top, 0.97 * top)
    if kind == "duration":
        return {"seconds": (5, 240), "hours": (1, 9), "days": (2, 10), "ms": (40, 900), "nights": (2, 6),
                "months": (3, 24),
                "weeks": (1, 6), "years": (10, 30) if "term" in text else (1, 9)}.get(field.unit, (20,
                150))  # fmt: skip
    if "capacity" in text and re.search(r"venue|stadium|seat|spectator", text):
        return (1200, 48_000)
    if re.search(r"living area|floor area|size of the (?:property|flat|home)", text):
        return (38, 180)
    if kind == "count":
        return (
            ((1, 240) if re.search(r"\b(views?|words?|followers?|listeners?|page)\b|_views?\b|word_", text) else (1, 9))
            if result
            else (2, 4)
        )
    if kind == "year":
        return (cast.now.year - (0 if not field.past else 3), cast.now.year)
    if kind == "unix":
        base = int(cast.now.replace(tzinfo=datetime.UTC).timestamp())
        return (base - 4_000_000, base - 90_000) if field.past else (base + 90_000, base + 2_400_000)
    if kind == "percent" and re.search(r"change|growth|movement", text):
        return (-4.5, 6.5)
    if "interest" in text and kind in ("percent", "ratio", "number"):
        return (2, 6)
    if kind == "percent" and "uptime" in text:
        return (97.2, 99.9)
    if "heart" in text:
        return (56, 96)
    if "exchange" in text:
        return (0.62, 1.84)
    return _SPANS.get(kind, (2, 60))


def number_for(
    field: Field, schema: Mapping[str, Any], rng: random.Random, cast: Cast, whole: bool, result: bool, spread: bool
) -> Any:
    """A number for a leaf of this meaning; ``whole``: an integer; ``result``, ``spread``: see ``values.leaf_value``."""
    if field.kind in ("latitude", "longitude") and not whole:
        place = place_for(cast, f"{field.name} {field.description}".lower())
        base = place.latitude if field.kind == "latitude" else place.longitude
        side = re.match(r"(?i)(min|south|west|sw|bottom|left)|(max|north|east|ne|top|right)", field.name)
        base = round(base + (-0.045 if side[1] else 0.045), 4) if side else base
        point = round(base + (rng.uniform(-0.03, 0.03) if result else 0), 4)
        if fits(point, schema):
            return point
    examples = [
        v for v in examples_of(schema) if isinstance(v, int | float) and not isinstance(v, bool) and fits(v, schema)
    ]
    if examples and rng.random() < 0.6 and not spread:
        picked = rng.choice(examples)
        whole = whole or (field.kind in ("id", "count", "year") and float(picked).is_integer())
        return int(picked) if whole and fits(int(picked), schema) else picked
    least, most = _bounds(schema, whole)
    low, high = _span(field, schema, cast, result)
    low, high = max(low, least), min(high, most)
    if low > high or spread:
        low, high = (least, min(most, least + 50)) if least > -1e15 else (most - 50, most)
        low, high = (low, high) if abs(low) < 1e15 and abs(high) < 1e15 else (0, 1000)
    for _ in range(6):
        value = _drawn(field, schema, rng, whole, result, low, high)
        if fits(value, schema):
            return value
    return _searched(schema, rng, whole, low, high, value)


def _searched(schema: Mapping[str, Any], rng: random.Random, whole: bool, low: float, high: float, last: Any) -> Any:
    """A number for a schema that refuses what is drawn: steps of ``multipleOf``, the bounds, single values."""
    step = schema.get("multipleOf")
    unit = step if isinstance(step, int | float) and step > 0 else 1 if whole else (high - low) / 64 or 1
    first = -(-low // unit)
    tried = [(first + place) * unit for place in range(64)]
    rng.shuffle(tried)
    for value in (*tried, low, high, (low + high) / 2, *(int(part) for part in tried), 0, 1):
        plain = int(value) if whole or float(value).is_integer() else round(value, 10)
        if fits(plain, schema):
            return plain
    return last


def _drawn(
    field: Field, schema: Mapping[str, Any], rng: random.Random, whole: bool, result: bool, low: float, high: float
) -> Any:
    step = schema.get("multipleOf")
    if isinstance(step, int | float) and step > 0:
        first, final = int(-(-low // step)), int(high // step)
        value: float = rng.randint(first, max(first, final)) * step
        return int(value) if whole or float(value).is_integer() else round(value, 6)
    if whole or field.kind in ("id", "count", "year", "unix"):
        return _rounded(rng.randint(int(-(-low // 1)), max(int(-(-low // 1)), int(high // 1))), low, high, field)
    digits = {"money": 2, "ratio": 2, "latitude": 4, "longitude": 4}.get(
        field.kind, 4 if "exchange" in field.name else 1
    )
    if "exchange" in field.description.lower() and field.kind != "money":
        digits = 4
    value = rng.uniform(low, high)
    if field.kind == "money" and value >= 5000:
        return round(value / 100) * 100 if low <= round(value / 100) * 100 <= high else round(value)
    if field.kind == "money":
        value = int(value) + rng.choice((0, 0.5, 0.9, 0.0, 0.25)) if high - low > 2 else round(value, 2)
        if not result:
            value = float(round(value / 10) * 10 if value >= 40 else round(value))
    if not result and field.kind in ("duration", "number", "temperature", "distance", "percent") and high - low > 3:
        value = round(value)
    value = round(min(max(round(value, digits), low), high), max(digits, 2))
    return int(value) if float(value).is_integer() and not result else value


def _rounded(value: int, low: float, high: float, field: Field) -> int:
    if field.kind == "id" or 1800 < low <= high < 2100:
        return value
    for base in (1000, 100, 50, 10, 5):
        if value >= base * 4:
            near = round(value / base) * base
            return near if low <= near <= high else value
    return value


def _bounds(schema: Mapping[str, Any], whole: bool) -> tuple[float, float]:
    least, most = schema.get("minimum", -1e16), schema.get("maximum", 1e16)
    nudge = 1 if whole else 0.01
    ends = [schema.get(key) for key in ("exclusiveMinimum", "exclusiveMaximum", "minimum", "maximum")]
    known = [end for end in ends if isinstance(end, int | float) and not isinstance(end, bool)]
    if not whole and len(known) > 1 and max(known) > min(known):
        nudge = min(nudge, (max(known) - min(known)) / 8)
    low, high = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if isinstance(low, int | float) and not isinstance(low, bool):
        least = max(least, low + nudge)
    if isinstance(high, int | float) and not isinstance(high, bool):
        most = min(most, high - nudge)
    if low is True:
        least += nudge
    if high is True:
        most -= nudge
    return float(least), float(most)


def estate_price(view: View, field: Field, rng: random.Random) -> int | None:
    """Houses cost more than dinners."""
    about = f"{view.phrase.text} {view.name}".replace("_", " ")
    if field.kind == "money" and "mortgage" in about and "monthly" in field.label:
        return rng.randint(78, 240) * 10
    if field.kind != "money" or re.search(
        r"fee|rent|monthly|deposit|income|tenan|lease|charge|interest|ratio|divided|percent|square",
        f"{field.label} {field.description}",
    ):
        return None
    if (
        re.search(r"\b(purchase offer|market value|propert(?:y|ies)|mortgage|house)\b", about)
        and "tenancy" not in about
    ):
        return rng.randint(160, 640) * 1000
    return None
