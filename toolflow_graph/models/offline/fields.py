"""What a field means: its kind, its words, what it identifies, its unit. Read from name, description and schema."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from toolflow_graph.models.offline.words import UNITS, humanise, singularise, split_words
from toolflow_graph.schemas import schema_types

_MONEY = {"price", "amount", "cost", "fee", "fare", "rate", "total", "subtotal", "balance", "salary", "budget", "tip",
          "deposit", "payment", "charge", "refund", "revenue", "tax", "rent", "bill", "bid", "ask", "premium", "income",
          "discount", "shipping", "net", "gross", "pay"}  # fmt: skip
_NOT_MONEY = {"exchange", "heart", "interest", "percent", "pct", "frame", "sample", "bit", "count", "growth", "conversion",
              "score", "pages", "results", "items", "reviews", "minutes", "hours", "days", "km", "error"}  # fmt: skip
_PERSON = re.compile(
    r"\b(person|guest|patient|passenger|recipient|traveller|traveler|customer|employee|candidate|contact|user|author|"
    r"doctor|teacher|student|driver|owner|player|artist|sender|organi[sz]er|manager|tenant|buyer|seller|payee|agent|"
    r"staff|holder|applicant|reviewer|member|people|attendee|nurse|physician|host|caretaker|assignee|instructor|tutor|"
    r"landlord|courier)\b"
)
_TEXTUAL = {
    "query": "query", "q": "query", "keyword": "query", "keywords": "query", "topic": "query", "search": "query",
    "term": "query", "terms": "query", "question": "question", "prompt": "prompt", "title": "title", "subject": "title",
    "headline": "title", "heading": "title", "caption": "title", "summary": "sentence", "description": "sentence",
    "overview": "sentence", "note": "sentence", "notes": "sentence", "comment": "sentence", "comments": "sentence",
    "message": "sentence", "body": "sentence", "text": "sentence", "content": "sentence", "reason": "reason",
    "details": "sentence", "detail": "sentence", "bio": "sentence", "excerpt": "sentence", "snippet": "sentence",
    "thought": "sentence", "explanation": "sentence", "instructions": "sentence", "feedback": "sentence", "review": "sentence",
    "abstract": "sentence", "answer": "sentence", "markdown": "sentence", "transcript": "sentence", "observation": "sentence",
}  # fmt: skip
_THINGS = {"customer", "person", "account", "plan", "charge", "invoice", "subscription", "payment", "card", "source", "product",
           "coupon", "order", "user", "project", "team", "workspace", "board", "task", "section", "channel", "group", "member",
           "folder", "item", "event", "refund", "transfer", "payout", "dispute", "session", "intent", "reader", "sku", "ticket",
           "issue", "playlist", "album", "artist", "track", "device", "page", "block", "database", "organization", "document"}
_TECHNICAL = {"limit", "offset", "page", "per", "cursor", "token", "key", "apikey", "fields", "expand", "format", "callback",
              "version", "debug", "pretty", "sort", "order", "locale", "size", "fetch", "depth", "auth", "signature",
              "headers", "header", "timeout", "encoding", "include", "exclude", "skip", "starting", "ending", "opt",
              "jsonp", "metadata", "extra", "options", "nonce", "hash", "etag", "if", "x", "schema"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """A leaf's meaning.

    Attributes:
        kind: what values it holds (city, date, id, money, count, query, ...), see ``_kind``.
        label: its name in plain words ("check-in date").
        entity: what it identifies or belongs to ("hotel"), "" if nothing.
        unit: "km", "%", ... or "".
        edge: "start", "end" or "" for one side of a period.
        past: its dates lie before now.
        technical: a knob that people do not talk about.
    """

    name: str
    description: str
    kind: str
    label: str
    entity: str
    unit: str
    edge: str
    past: bool
    technical: bool
    listed: bool


def field_of(name: str, schema: Mapping[str, Any], owner: str = "") -> Field:
    """The meaning of a field; ``owner`` is what holds it (the list's or the tool's noun)."""
    items = schema.get("items")
    listed = "array" in schema_types(schema) or isinstance(items, Mapping)
    inner = items if listed and isinstance(items, Mapping) else schema
    said = str(schema.get("description") or inner.get("description") or schema.get("title") or "")
    types = schema_types(inner)
    kind_word = "enum" if "enum" in inner or "const" in inner else (types[0] if types else "")
    if kind_word == "null" and len(types) > 1:
        kind_word = types[1]
    formats = str(inner.get("format") or _nested_format(inner))
    pattern = str(inner.get("pattern") or "")
    return _field(name, said[:400], kind_word, formats, pattern, owner, listed, _max(inner))


def _nested_format(schema: Mapping[str, Any]) -> str:
    for key in ("anyOf", "oneOf", "allOf"):
        for part in schema.get(key, ()):
            if isinstance(part, Mapping) and part.get("format"):
                return str(part["format"])
    return ""


def _max(schema: Mapping[str, Any]) -> float:
    top = schema.get("maximum", schema.get("exclusiveMaximum", 0))
    return float(top) if isinstance(top, int | float) and not isinstance(top, bool) else 0.0


@lru_cache(maxsize=16384)
def _field(
    name: str, description: str, kind_word: str, formats: str, pattern: str, owner: str, listed: bool, top: float
) -> Field:
    words = split_words(name) or ("value",)
    low = description.lower()
    unit, label = _unit(words, description, name, kind_word)
    kind = _kind(words, low, kind_word, formats, pattern, owner, unit, top)
    entity = _entity(words, description, kind, owner)
    if kind == "id" and entity and words[-1] in ("id", "ids", "uuid", "guid"):
        label = f"{singularise(entity) if not listed else entity} {'IDs' if listed else 'ID'}"
    if kind == "email" and label.endswith((" email", " emails")):
        label += " addresses" if label.endswith("s") else " address"
        label = label.replace("emails addresses", "email addresses")
    if kind == "id" and words == (label,) and label in _THINGS:
        label += " IDs" if listed else " ID"
    if kind == "id" and label == "ID" and owner:
        label = f"{owner} ID"
    return Field(
        name=name,
        description=description,
        kind=kind,
        label=label,
        entity=entity,
        unit=unit,
        edge=_edge(words),
        past=bool(
            re.search(r"\b(past|previous|history|historical|recorded|booked|birth|collected|ordered|created|earlier)\b", low)
            or _has_happened(words)
            or set(words) & {"birth", "created", "updated", "published", "ordered", "collected", "booked", "past", "dob",
                             "modified", "registered", "joined", "placed", "issued", "paid", "measured", "observed"}
        ),
        technical=bool(set(words) & _TECHNICAL) and kind in ("count", "enum", "bool", "text", "query", "number", "id")
        and not (kind == "id" and words[-1] in ("id", "ids")),
        listed=listed,
    )  # fmt: skip


def _unit(words: tuple[str, ...], description: str, name: str, kind_word: str) -> tuple[str, str]:
    low = description.lower()
    label = _better_label(humanise(name), description)
    if kind_word not in ("number", "integer"):
        return "", label
    last = words[-1]
    if len(words) > 1 and last in UNITS and words[-2] not in ("number", "of"):
        short = humanise("_".join(words[:-1]))
        # "stay_days" is a number of days; "duration_minutes" a duration in minutes.
        if last in ("days", "nights", "weeks", "months", "years"):
            return UNITS[last], label
        if UNITS[last] in ("minutes", "hours", "seconds"):
            return UNITS[last], short if short.endswith(
                ("duration", "time", "length", "delay")
            ) else f"{short} duration"
        return UNITS[last], f"{short} {humanise(last)}" if short in (
            "total",
            "average",
            "maximum",
            "minimum",
        ) else short
    found = re.search(r"\b(?:in|,) (?:degrees )?(kilomet(?:re|er)s per hour|\w+)\.?$|in (?:degrees )?(\w+)\b[.,]", low)
    word = (found[1] or found[2] or "") if found else ""
    if word.startswith(("kilometres per", "kilometers per")):
        return "km/h", label
    if re.search(r"\bpercent(age)?\b|\bper cent\b", low):
        return "%", label
    if "celsius" in low:
        return "°C", label
    return (UNITS.get(word, ""), label) if len(word) > 1 else ("", label)


_PREPOSED = (
    "at",
    "on",
    "until",
    "since",
    "from",
    "to",
    "by",
    "before",
    "after",
    "of",
    "in",
    "for",
    "with",
    "into",
    "as",
    "per",
    "ends",
)


def _better_label(label: str, description: str) -> str:
    """The description's own words where the name's do not make a noun ("deployed since", "number of moveds")."""
    first = re.split(r"[,;.(:]| format | in [A-Z]", description.strip())[0].strip()
    if label.split(" ")[-1] in _PREPOSED or label.startswith("number of "):
        short = re.sub(r"^(?:The|A|An) ", "", first)
        short = re.sub(r" to (?:list|return|include|show|search)$", "", short)
        if 1 < len(short.split()) <= 8 and not short.lower().startswith(("whether", "only", "if ")):
            counted = label.startswith("number of ")
            if not counted or short.lower().startswith("number of "):
                return short[:1].lower() + short[1:] if short[1:2].islower() else short
    return label


def _edge(words: tuple[str, ...]) -> str:
    if set(words) & {"end", "until", "to", "till", "return", "before", "latest", "finish", "dropoff", "ends", "last",
                     "expires", "expiry", "arrival"} or words[:2] == ("check", "out") or words[:2] == ("not", "after"):  # fmt: skip
        return "" if words[:2] == ("not", "before") else "end"
    if set(words) & {
        "start",
        "from",
        "begin",
        "since",
        "after",
        "earliest",
        "pickup",
        "starts",
        "first",
        "departure",
    } or (words[:2] in (("check", "in"), ("not", "before"))):
        return "start"
    return ""


def _entity(words: tuple[str, ...], description: str, kind: str, owner: str) -> str:
    if kind != "id":
        return ""
    if found := re.match(
        r"(?:(?:the |a |unique |internal )*)?(?:[a-z]+ )?(?:identifiers?|ids?|key|number|reference|code)s? (?:of|for) (?:the |an? |one |"
        r"stored |existing |saved |confirmed |scheduled )*([a-z][a-z -]{2,40}?)(?:s?)(?: (?:in|on|that|to|of|for|from|at|with|"
        r"which|whose|offered|as|between|used|already|still|by|printed|ordered|at|among|shown)\b.*)?[.,]?$",
        description.split(". ")[0],
        re.I,
    ):
        text = found[1].lower()
        if len(text.split()) <= 3 and not text.startswith(("this", "object")):
            return singularise(text)
    rest = [word for word in words if word not in ("id", "ids", "uuid", "guid", "code", "key", "number", "no", "num")]
    return singularise(" ".join(rest)) if rest else owner


def _kind(
    words: tuple[str, ...], low: str, kind_word: str, formats: str, pattern: str, owner: str, unit: str, top: float
) -> str:
    last, some = words[-1], set(words)
    if kind_word in ("enum", "boolean"):
        return "bool" if kind_word == "boolean" else "enum"
    by_format = {"date": "date", "date-time": "datetime", "time": "time", "email": "email", "uri": "url", "url": "url",
                 "uuid": "uuid", "ipv4": "ip", "ipv6": "ipv6", "hostname": "domain"}  # fmt: skip
    if formats in by_format and kind_word in ("string", ""):
        return by_format[formats]
    if kind_word in ("number", "integer"):
        return _number_kind(words, low, kind_word, unit, top)
    if kind_word not in ("string", ""):
        return kind_word
    if some & {"latitude", "lat"}:
        return "latitude"
    if some & {"longitude", "lng", "lon"}:
        return "longitude"
    if re.search(r"yyyy-mm-dd[t ]?hh|iso.?8601|rfc.?3339", low) and "date" not in low.split("iso")[0][-12:]:
        return "datetime"
    if "yyyy-mm-dd" in low or (last in ("date", "day", "birthday", "dob") and "week" not in some):
        return "date"
    if "yyyy-mm" in low or last == "month":
        return "month"
    if "hh:mm" in low or (last == "time" and not pattern):
        return "time"
    if last in ("at", "timestamp", "datetime") and len(words) > 1 or words in (("timestamp",), ("datetime",)):
        return "datetime"
    if last in ("email", "mail") or "email address" in low:
        return "email"
    if some & {"phone", "telephone", "mobile", "msisdn"} or "phone number" in low:
        return "phone"
    if last in ("url", "uri", "link", "website", "href", "homepage", "permalink") or "web address" in low:
        return "url"
    if some & {"currency", "currencies"} or "iso 4217" in low:
        return "currency"
    if "iata" in low or last in ("airport", "iata"):
        return "airport"
    if "3166" in low or some >= {"country", "code"}:
        return "country_code"
    if "639" in low or some >= {"language", "code"} or last in ("lang", "locale"):
        return "language_code"
    if last in ("timezone", "tz") or "time zone" in low or some >= {"time", "zone"}:
        return "timezone"
    if last in ("id", "ids", "uuid", "guid", "identifier") or re.match(
        r"(the |a |unique )*(identifiers?|ids?) (of|for)", low
    ):
        return "id"
    if words[-1] in _THINGS and len(words) == 1 and (not low or "id" in re.findall(r"[a-z]+", low) or "identifier" in low):
        return "id"
    if last in ("number", "code", "reference", "sku", "isbn", "no", "ref", "iban", "vin", "barcode"):
        return "id"
    if last in ("zip", "zipcode", "postcode", "postal") or some >= {"postal", "code"}:
        return "postcode"
    if last in ("ticker", "symbol", "tickers", "symbols"):
        return "ticker"
    if last in ("address", "addresses") and not some & {"ip", "wallet", "contract"}:
        return "address"
    if last in ("street", "road"):
        return "street"
    if last in ("city", "cities", "town", "citys") or re.match(r"names? of the (city|cities|town)", low):
        return "city"
    if last in ("country", "countries", "nationality"):
        return "country"
    if last in ("province", "region", "county") or last == "state" and len(words) == 1 and re.search(r"province|address|^$", low):
        return "region"
    if last in ("location", "venue", "place", "destination", "origin", "pickup", "dropoff", "station"):
        return "location"
    if last in ("path", "file", "filename", "filepath", "folder", "directory", "dir") or some >= {"file", "name"}:
        return "path"
    if last in ("company", "employer", "organisation", "organization", "brand", "vendor", "merchant", "publisher", "airline",
                "operator", "supplier", "carrier", "manufacturer"):  # fmt: skip
        return "company"
    if last in ("domain", "hostname", "host", "website"):
        return "domain"
    if last in ("color", "colour"):
        return "colour"
    if last == "ip":
        return "ip"
    if last == "version":
        return "version"
    if last in ("username", "login", "handle"):
        return "username"
    if some >= {"first", "name"} or last in ("firstname", "forename"):
        return "first_name"
    if some >= {"last", "name"} or last in ("lastname", "surname"):
        return "last_name"
    if last in ("name", "names", "fullname", "author", "authors", "owner", "artist", "assignee"):
        return "person" if _is_person(words, low, owner) else "title"
    if last in ("status", "state", "stage", "phase"):
        return "status"
    if last in _TEXTUAL:
        return _TEXTUAL[last]
    if last in ("condition", "conditions", "weather"):
        return "condition"
    if last in ("category", "type", "kind", "genre", "tag", "tags", "labels", "label", "group", "genres", "topics"):
        return "tag"
    if last in ("ingredient", "ingredients", "dish", "food"):
        return "food"
    return "text"


def _is_person(words: tuple[str, ...], low: str, owner: str) -> bool:
    if words[-1] in ("author", "authors", "owner", "artist", "assignee"):
        return True
    place = " ".join((*words[:-1], low if len(words) == 1 else "", owner if len(words) == 1 and not low else ""))
    return bool(_PERSON.search(place) or re.search(r"full name of|name of the (person|guest)|^full ", low))


def _number_kind(words: tuple[str, ...], low: str, kind_word: str, unit: str, top: float) -> str:
    last, some = words[-1], set(words)
    if some & {"latitude", "lat"}:
        return "latitude"
    if some & {"longitude", "lng", "lon", "long"}:
        return "longitude"
    if last in ("id", "ids"):
        return "id"
    if "unix" in low or last in ("timestamp", "epoch"):
        return "unix"
    if last == "year" and not some & {"last", "per", "this", "previous"} or "four-digit year" in low:
        return "year"
    if last in ("month", "day", "hour", "age", "humidity"):
        return {"month": "month_number", "day": "day_number", "hour": "hour_number", "humidity": "percent"}.get(
            last, last
        )
    if some & {"age"}:
        return "age"
    if some & {"temperature", "temp", "celsius"} or unit == "°C":
        return "temperature"
    if unit == "%" or some & {"percent", "percentage", "pct", "probability"}:
        return "percent" if top != 1 else "ratio"
    if some & {"rating", "stars", "star", "score", "grade"}:
        return "rating"
    if kind_word == "integer" and (
        some & {"count", "quantity", "number", "limit", "total"} or low.startswith("number of")
    ):
        return "count"
    if (
        some & _MONEY
        and not some & _NOT_MONEY
        and not unit
        or re.search(r"\b(price|amount of money|in the \w+ currency)\b", low)
    ):
        return "money"
    if some & {"distance", "radius"} or unit in ("km", "metres", "miles"):
        return "distance"
    if unit in ("minutes", "seconds", "hours", "days", "nights", "ms", "months", "weeks", "years") or some & {
        "duration"
    }:
        return "duration"
    return "count" if kind_word == "integer" else "number"


def _has_happened(words: tuple[str, ...]) -> bool:
    if len(words) < 2 or words[-1] not in ("at", "on", "time", "date"):
        return False
    return (words[-2].endswith("ed") or words[-2] in ("sent", "taken", "seen", "read", "begun", "run", "made")) and words[-2] not in (
        "scheduled", "expected", "planned", "estimated", "speed", "needed", "feed", "wanted", "proposed", "preferred") and (
        "next" not in words)  # fmt: skip


def tool_key(parts: Any) -> str:
    """A cache key for JSON."""
    return json.dumps(parts, sort_keys=True)
