"""A plausible value for one leaf: the cast's, one of the schema's examples, a pool's, or one for its pattern."""

import datetime
import random
import re
import uuid
from collections.abc import Mapping
from typing import Any

from toolflow_graph.models.offline import pools
from toolflow_graph.models.offline.fields import Field
from toolflow_graph.models.offline.patterns import string_for
from toolflow_graph.models.offline.scales import span_of
from toolflow_graph.models.offline.views import View
from toolflow_graph.models.offline.world import COMPANIES, FIRST, LAST, PLACES, Cast, Place, mail_for
from toolflow_graph.schemas import schema_errors, schema_types

_QUOTED = re.compile(
    r"(?:e\.g\.?|for example|for instance|such as|examples?|like)[,:]*\s*[\"'“`]([^\"'”`\n]{1,60})[\"'”`]", re.I
)
_ID_RUN = re.compile(r"\d+")
_BORING = ("string", "example", "foo", "bar", "test", "value", "text", "name", "null", "none", "")
_COMMON_MONEY = ("EUR", "USD", "GBP", "CAD", "AUD", "SEK", "NOK", "DKK", "PLN")
_FROM_CAST = {"city", "date", "datetime", "email", "country_code", "currency", "timezone", "language_code", "country",
              "address", "airport", "month", "phone"}  # fmt: skip
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


def fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a leaf's value is valid under its own schema (references inside count as fitting)."""
    try:
        return not schema_errors(value, schema, closed=False, limit=1)
    except Exception:
        # A leaf that still holds a $ref cannot be judged without its root; the whole value is checked later.
        return True


def examples_of(schema: Mapping[str, Any]) -> list[Any]:
    """The values a schema or its description gives as examples."""
    found = schema.get("examples", ())
    values = list(found) if isinstance(found, list) else list(found.values()) if isinstance(found, dict) else []
    values += [schema[key] for key in ("example", "x-example") if key in schema]
    values = [value for value in values if not isinstance(value, str) or value.strip().lower() not in _BORING]
    if not values and "string" in schema_types(schema):
        values = [text for text in _QUOTED.findall(str(schema.get("description", ""))) if text.strip()]
    return values


def leaf_value(field: Field, schema: Mapping[str, Any], rng: random.Random, cast: Cast, *, result: bool) -> Any:
    """A value for a scalar leaf of this meaning; ``result``: it may vary from item to item."""
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return rng.choice([option for option in schema["enum"] if option is not None] or [None])
    types = schema_types(schema)
    kind = next((part for part in types if part != "null"), types[0] if types else "string")
    if kind == "boolean":
        return rng.random() < (0.75 if result else 0.9)
    if kind == "null":
        return None
    if kind in ("integer", "number"):
        return _number(field, schema, rng, cast, kind == "integer", result)
    return _string(field, schema, rng, cast, result)


def _string(field: Field, schema: Mapping[str, Any], rng: random.Random, cast: Cast, result: bool) -> Any:
    examples = [value for value in examples_of(schema) if isinstance(value, str)]
    candidates = []
    if field.kind == "id" and examples:
        candidates += [fresh_id(rng.choice(examples), rng), rng.choice(examples)]
    elif examples and field.kind not in _FROM_CAST:
        candidates.append(rng.choice(examples))
    if (own := kind_value(field, rng, cast, result)) is not None:
        candidates.append(own)
    candidates += examples
    for value in candidates:
        if fits(value, schema):
            return value
    return _forced(field, schema, rng, candidates[0] if candidates else "")


def _forced(field: Field, schema: Mapping[str, Any], rng: random.Random, seed: str) -> str:
    low, high = int(schema.get("minLength", 0)), schema.get("maxLength")
    if isinstance(schema.get("pattern"), str):
        found = string_for(schema["pattern"], rng, low)
        if found is not None:
            return found if high is None else found[: int(high)]
    text = seed or rng.choice(pools.TEXTS)
    while len(text) < low:
        text += " " + rng.choice(pools.SECTIONS)
    if high is not None and len(text) > int(high):
        text = text[: int(high)].rstrip() or text[: int(high)]
        text += "abcdefgh"[: max(0, low - len(text))]
    return text


def fresh_id(example: str, rng: random.Random) -> str:
    """An id of the same form: the digits drawn anew, the rest kept."""
    if not _ID_RUN.search(example):
        return example

    def draw(found: re.Match[str]) -> str:
        run = found[0]
        return str(rng.randint(10 ** (len(run) - 1) + 1, 10 ** len(run) - 1)) if len(run) > 2 else run

    return _ID_RUN.sub(draw, example)


def new_id(entity: str, rng: random.Random) -> str:
    """An id for an entity no example is known of: "hotel" gives "HTL-48213"."""
    word = re.sub(r"[^a-z]", "", (entity or "item").split(" ")[-1].lower()) or "item"
    letters = (word[0] + re.sub("[aeiouy]", "", word[1:]) + "xq")[:3].upper()
    return f"{letters}-{rng.randint(10_200, 98_900)}"


def _place(field: Field, cast: Cast) -> Place:
    text = f"{field.name} {field.description}".lower()
    away = re.search(r"origin|depart|leaves|from_|pick.?up|nationality|passport|source|home|base", text)
    return cast.origin if away and not re.search(r"target|into|arriv|destination", text) else cast.place


def kind_value(field: Field, rng: random.Random, cast: Cast, result: bool) -> str | None:
    """What the cast or a pool holds for the field's kind; None for kinds without words."""
    place = _place(field, cast)
    kind = field.kind
    if kind in ("date", "datetime", "time", "month"):
        return _moment(field, kind, rng, cast, result)
    person = cast.people[1 + rng.randrange(len(cast.people) - 1)]
    simple: dict[str, str] = {
        "city": place.city, "country": place.country, "country_code": place.country_code, "timezone": place.timezone,
        "currency": place.currency if place.currency in _COMMON_MONEY else "USD",
        "language_code": place.language, "airport": place.airport, "postcode": place.postcode, "region": place.region,
        "person": person, "first_name": person.split(" ")[0], "last_name": person.split(" ")[-1],
        "latitude": str(place.latitude), "longitude": str(place.longitude),
    }  # fmt: skip
    if kind == "currency" and re.search(r"target|into|quote|to_", f"{field.name} {field.description}"):
        return "USD" if simple["currency"] != "USD" else "EUR"
    if kind in simple:
        return simple[kind]
    if kind in ("address", "street", "location"):
        street = rng.choice(place.streets)
        number = rng.randint(3, 190)
        if kind == "street":
            return f"{street} {number}"
        if kind == "location" and rng.random() < 0.5:
            return f"{rng.choice(pools.VENUES)}, {place.city}"
        first = f"{number} {street}" if place.language == "en" else f"{street} {number}"
        return f"{first}, {place.postcode} {place.city}"
    if kind == "email":
        return mail_for(f"{rng.choice(FIRST)} {rng.choice(LAST)}", rng) if result else rng.choice(cast.mails[1:])
    if kind == "phone":
        return f"{place.dial} 555 {rng.randint(1000, 9899)}"
    if kind == "id":
        return new_id(field.entity, rng)
    if kind == "uuid":
        return str(uuid.UUID(int=rng.getrandbits(128), version=4))
    if kind in ("url", "domain"):
        host = rng.choice(pools.DOMAINS)
        return host if kind == "domain" else f"https://www.{host}/{rng.choice(pools.SECTIONS)}/{rng.randint(100, 999)}"
    if kind == "ip":
        return f"203.0.113.{rng.randint(2, 250)}"
    if kind == "ipv6":
        return f"2001:db8::{rng.randint(2, 9999):x}"
    if kind == "version":
        return f"{rng.randint(1, 4)}.{rng.randint(0, 12)}.{rng.randint(0, 9)}"
    if kind == "username":
        return person.split(" ")[0].lower() + str(rng.randint(10, 99))
    pool = {
        "title": pools.TITLES, "query": pools.QUERIES, "question": pools.QUESTIONS, "prompt": pools.PROMPTS,
        "sentence": pools.SENTENCES, "reason": pools.REASONS, "company": COMPANIES, "status": pools.STATUSES_READ,
        "condition": pools.CONDITIONS, "tag": pools.TAGS, "food": pools.FOODS, "colour": pools.COLOURS,
        "ticker": pools.TICKERS, "path": pools.PATHS, "text": pools.TEXTS,
    }.get(kind)  # fmt: skip
    return rng.choice(pool) if pool else None


def _moment(field: Field, kind: str, rng: random.Random, cast: Cast, result: bool) -> str:
    text = f"{field.name} {field.description}".lower()
    day = cast.past_day if field.past else cast.day
    if re.search(r"birth|\bdob\b", text):
        day = datetime.date(cast.now.year - rng.randint(24, 67), rng.randint(1, 12), rng.randint(1, 28))
    elif field.edge == "end":
        day += datetime.timedelta(days=cast.nights)
    elif re.search(r"\bdue\b|deadline|expir", text):
        day += datetime.timedelta(days=7)
    elif result and not field.edge and not field.past:
        day += datetime.timedelta(days=rng.choice((0, 0, 0, 1, 2)))
    if kind == "month":
        return f"{cast.past_day:%Y-%m}"
    if kind == "date":
        return day.isoformat()
    hour = cast.hour + (2 if field.edge == "end" else 0)
    minute = rng.choice((0, 0, 30)) if not result else rng.choice((0, 10, 15, 25, 30, 40, 45, 50))
    if kind == "time":
        return f"{hour:02d}:{minute:02d}" + (":00" if "ss" in text.split("hh:mm")[-1][:4] else "")
    if field.edge == "end":
        day = (cast.past_day if field.past else cast.day) + datetime.timedelta(days=0)
    return f"{day.isoformat()}T{hour:02d}:{minute:02d}:00"


def _span(field: Field, schema: Mapping[str, Any], cast: Cast, result: bool) -> tuple[float, float]:
    kind, text = field.kind, f"{field.name} {field.description}".lower()
    if (found := span_of(kind, text)) is not None:
        return found
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
        base = int(cast.now.timestamp())
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


def _number(field: Field, schema: Mapping[str, Any], rng: random.Random, cast: Cast, whole: bool, result: bool) -> Any:
    if field.kind in ("latitude", "longitude") and not whole:
        place = _place(field, cast)
        base = place.latitude if field.kind == "latitude" else place.longitude
        point = round(base + (rng.uniform(-0.03, 0.03) if result else 0), 4)
        if fits(point, schema):
            return point
    examples = [
        v for v in examples_of(schema) if isinstance(v, int | float) and not isinstance(v, bool) and fits(v, schema)
    ]
    if examples and rng.random() < 0.6:
        return rng.choice(examples)
    low, high = _span(field, schema, cast, result)
    least, most = _bounds(schema, whole)
    low, high = max(low, least), min(high, most)
    if low > high:
        low, high = (least, min(most, least + 50)) if least > -1e15 else (most - 50, most)
    step = schema.get("multipleOf")
    if isinstance(step, int | float) and step > 0:
        first, final = int(-(-low // step)), int(high // step)
        value: float = rng.randint(first, max(first, final)) * step
        return int(value) if whole or float(value).is_integer() else round(value, 6)
    if whole:
        return _rounded(rng.randint(int(-(-low // 1)), max(int(-(-low // 1)), int(high // 1))), low, high, field)
    digits = {"money": 2, "ratio": 2, "latitude": 4, "longitude": 4}.get(
        field.kind, 4 if "exchange" in field.name else 1
    )
    if "exchange" in field.description.lower() and field.kind != "money":
        digits = 4
    value = rng.uniform(low, high)
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


def other_place(cast: Cast, rng: random.Random) -> Place:
    """A place outside the cast."""
    return rng.choice([place for place in PLACES if place not in (cast.place, cast.origin)])
