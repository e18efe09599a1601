"""What a field means: its kind, its words, what it identifies, its unit. Read from name, description and schema."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from toolflow_graph.models.offline.kinds import THINGS, kind_of
from toolflow_graph.models.offline.words import UNITS, humanise, singularise, split_words
from toolflow_graph.schemas import schema_types

_TECHNICAL = {"limit", "offset", "page", "per", "cursor", "token", "key", "apikey", "fields", "expand", "format",
              "callback",
              "version", "debug", "pretty", "sort", "order", "locale", "size", "fetch", "depth", "auth", "signature",
              "headers", "header", "timeout", "encoding", "include", "exclude", "skip", "starting", "ending", "opt",
              "jsonp", "metadata", "extra", "options", "nonce", "hash", "etag", "if", "x", "schema"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """A leaf's meaning.

    Attributes:
        kind: what values it holds (city, date, id, money, count, query, ...), see ``kinds.kind_of``.
        label: its name in plain words ("check-in date").
        entity: what it identifies or belongs to ("hotel"), "" if nothing.
        unit: "km", "%", ... or "".
        edge: "start", "end" or "" for one side of a period.
        past: its dates lie before now.
        technical: a knob that people do not talk about.
        listed: it holds a list of such values.
        owner: the noun of what holds it ("movie" for a movie's "name"), "" if nothing.
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
    owner: str = ""


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
    formats = str(inner.get("format") or _nested_format(inner) or _format_of_example(inner))
    pattern = str(inner.get("pattern") or "")
    return _field(name, said[:400], kind_word, formats, pattern, owner, listed, _max(inner))


def _nested_format(schema: Mapping[str, Any]) -> str:
    for key in ("anyOf", "oneOf", "allOf"):
        for part in schema.get(key, ()):
            if isinstance(part, Mapping) and part.get("format"):
                return str(part["format"])
    return ""


_FORMS = (("date", r"\d{4}-\d\d-\d\d"), ("date-time", r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*"), ("time", r"\d\d:\d\d(?::\d\d)?"),
          ("email", r"[\w.+-]+@[\w.-]+\.\w+"), ("uri", r"https?://\S+"),
          ("uuid", r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"), ("words", r"[A-Z][a-z]+(?: [A-Z]?[a-z]+)+"))  # fmt: skip


def _format_of_example(schema: Mapping[str, Any]) -> str:
    """The format that the schema's own example has: old examples are not copied, their form is."""
    examples = schema.get("examples")
    said = examples[0] if isinstance(examples, list) and examples else schema.get("example")
    if not isinstance(said, str) or "enum" in schema:
        return ""
    return next((name for name, form in _FORMS if re.fullmatch(form, said.strip())), "")


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
    kind = kind_of(words, low, kind_word, formats, pattern, owner, unit, top)
    entity = _entity(words, description, kind, owner)
    entity = "" if entity.lower() in ("id", "data", "result", "response", "payload", "entry") else entity
    if kind == "id" and entity and words[-1] in ("id", "ids", "uuid", "guid", "gid", "uid"):
        label = f"{singularise(entity) if not listed else entity} {'IDs' if listed else 'ID'}"
    label = _sided(label, words, kind)
    if kind == "email" and label.endswith((" email", " emails")):
        label += " addresses" if label.endswith("s") else " address"
        label = label.replace("emails addresses", "email addresses")
    if kind == "id" and words == (label,) and label in THINGS:
        label += " IDs" if listed else " ID"
    if (
        kind == "id"
        and label == "ID"
        and owner.lower() not in ("", "id", "data", "result", "response", "payload", "entry")
    ):
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
            re.search(r"\b(past|previous|history|historical|recorded|booked|birth|collected|ordered|created|"
                      r"earlier)\b", low)
            or _has_happened(words)
            or set(words) & {"birth", "created", "updated", "published", "ordered", "collected", "booked", "past",
            "dob",
                             "modified", "registered", "joined", "placed", "issued", "paid", "measured", "observed"}
        ),
        technical=bool(set(words) & _TECHNICAL or (len(name) == 1 and name not in "qxyc")) and kind in ("count", "enum", "bool", "text", "query", "number", "id")
        and not (kind == "id" and words[-1] in ("id", "ids")),
        listed=listed,
        owner=owner,
    )  # fmt: skip


_SIDES = {"id": ("origin", "destination"), "location": ("origin", "destination"), "address": ("origin", "destination"),
          "city": ("departure", "destination"), "airport": ("departure", "destination"), "currency": ("source", "target"),
          "date": ("start", "end"), "datetime": ("start", "end"), "time": ("start", "end"), "latitude": ("origin", "destination"),
          "longitude": ("origin", "destination"), "language_code": ("source", "target")}  # fmt: skip


def _sided(label: str, words: tuple[str, ...], kind: str) -> str:
    """ "to place ID" as "destination place ID": what people call the two sides."""
    sides = _SIDES.get(kind)
    if sides is None or len(words) < 2 or words[0] not in ("from", "to") or not label.startswith(f"{words[0]} "):
        return label
    return f"{sides[words[0] == 'to']} {label.partition(' ')[2]}"


def _unit(words: tuple[str, ...], description: str, name: str, kind_word: str) -> tuple[str, str]:
    low = description.lower()
    label = _better_label(humanise(name), description)
    if kind_word not in ("number", "integer"):
        return "", label
    last = words[-1]
    if "per" in words and words[-2:] == ("m", "2"):
        return "", f"{humanise('_'.join(words[:-2]))} square metre"
    if words[-2:] in (("m", "2"), ("square", "metres"), ("square", "meters")):
        return "m²", humanise("_".join(words[:-2])) if len(words) > 2 else "area"
    if len(words) > 1 and last in UNITS and words[-2] not in ("number", "of"):
        short = humanise("_".join(words[:-1]))
        # "stay_days" is a number of days; "duration_minutes" a duration in minutes.
        if last in ("days", "nights", "weeks", "months", "years"):
            return UNITS[last], label if len(words) < 2 or short.startswith(("number", "total")) else f"{short} length"
        if UNITS[last] in ("minutes", "hours", "seconds"):
            if short in ("walk", "drive", "stroll", "wait", "delay", "walking", "driving"):
                return UNITS[last], {"stroll": "walk", "walking": "walk", "driving": "drive"}.get(short, short)
            timed = short.endswith(("duration", "time", "length", "delay")) or short.startswith("time ")
            return UNITS[last], short if timed else f"{short} time"
        return UNITS[last], f"{short} {'energy' if last == 'kwh' else humanise(last)}" if short in (
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


_ENDS = frozenset(
    [
        "end",
        "until",
        "to",
        "till",
        "return",
        "before",
        "latest",
        "finish",
        "dropoff",
        "ends",
        "last",
        "expires",
        "expiry",
        "arrival",
    ]
)


def _edge(words: tuple[str, ...]) -> str:
    if set(words) & _ENDS or words[:2] in (("check", "out"), ("not", "after")):
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
        r"(?:(?:the |a |unique |internal )*)?(?:[a-z]+ )?(?:identifiers?|ids?|key|number|reference|"
        r"code)s? (?:of|for) (?:the |an? |one |"
        r"stored |existing |saved |confirmed |scheduled )*([a-z][a-z -]{2,40}?)(?: (?:in|on|that|to|of|"
        r"for|from|at|with|"
        r"which|whose|offered|as|between|used|already|still|by|printed|ordered|at|among|shown)\b.*)?[.,]?$",
        description.split(". ")[0],
        re.I,
    ):
        text = re.sub(
            r" (?:being|to|you|we|associated|involved|attached|requested|specified|was|is)\b.*$", "", found[1].lower()
        )
        if len(text.split()) <= 3 and not text.startswith(("this", "object")):
            return singularise(text)
    rest = [word for word in words if word not in ("id", "ids", "uuid", "guid", "gid", "uid", "code", "key", "number", "no",
            "num")]  # fmt: skip
    if rest in (["item"], ["object"], ["resource"], ["entity"]) and owner:
        # "itemId" names nothing; what holds it does.
        return owner
    return singularise(" ".join(rest)) if rest else owner


def _has_happened(words: tuple[str, ...]) -> bool:
    if len(words) > 1 and words[-1] == "sent" and words[0] in ("last", "latest"):
        return True
    if len(words) < 2 or words[-1] not in ("at", "on", "time", "date", "since", "after", "by"):
        return False
    return (words[-2].endswith("ed") or words[-2] in ("sent", "taken", "seen", "read", "begun", "run",
            "made")) and words[-2] not in (
        "scheduled", "expected", "planned", "estimated", "speed", "needed", "feed", "wanted", "proposed",
        "preferred") and (
        "next" not in words)  # fmt: skip
