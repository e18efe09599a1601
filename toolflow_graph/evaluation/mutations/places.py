"""Single values in arguments and results, the schema of their place, and values that stand nowhere in a dialogue."""

import datetime
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from toolflow_graph.evaluation.mutations.draft import Call, Draft
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.schemas import join_path
from toolflow_graph.types import Json
from toolflow_graph.verification.toolcards import load_card

ISO_DATE = lazy_regex(r"\d{4}-\d\d-\d\d")
ISO_MOMENT = lazy_regex(r"(\d{4}-\d\d-\d\d)([T ]\d\d:\d\d\S*)")
EMAIL = lazy_regex(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_CODE = lazy_regex(r"[A-Za-z0-9][\w-]*")
_NAMES = (
    "Quillon Abernethy", "Thessaly Wrenfield", "Ottoline Farquhar", "Zebedee Marchbanks", "Isolde Penhaligon",
    "Caspian Thornquist", "Philippa Oakenshaw", "Barnaby Silverdale",
)  # fmt: skip

# Keywords under which a value cannot be judged at its own place.
_COMPOSED = ("anyOf", "oneOf", "allOf", "not", "if", "$ref", "$dynamicRef", "nullable")


@dataclass(frozen=True, slots=True)
class Place:
    """One value inside a JSON value: ``holder[key]``. ``path`` with list positions, ``pattern`` without."""

    holder: Any
    key: str | int
    path: str
    pattern: str
    schema: Mapping[str, Any]
    required: bool

    @property
    def value(self) -> Json:
        return self.holder[self.key]

    @property
    def name(self) -> str:
        """The last named key of the path."""
        return re.sub(r"(\[\])+$", "", self.pattern).rpartition(".")[2]

    def put(self, value: Json) -> bool:
        """Replace the value; always True, so that a kind can end with it."""
        self.holder[self.key] = value
        return True

    def types(self) -> frozenset[str]:
        """The JSON types the schema allows; empty if it does not say so plainly."""
        if any(key in self.schema for key in _COMPOSED):
            return frozenset()
        given = self.schema.get("type")
        names = {given} if isinstance(given, str) else set(given) if isinstance(given, list) else set()
        return frozenset(names | {"integer"} if "number" in names else names)


SchemaAt = Callable[[str], tuple[Mapping[str, Any], bool]]


def _walk(value: Json, schema_at: SchemaAt, path: str = "", pattern: str = "") -> Iterator[Place]:
    if isinstance(value, dict):
        items: list[tuple[str | int, str, str]] = [(k, join_path(path, k), join_path(pattern, k)) for k in value]
    elif isinstance(value, list):
        items = [(k, f"{path}[{k}]", f"{pattern}[]") for k in range(len(value))]
    else:
        return
    for key, below, shape in items:
        schema, required = schema_at(shape)
        yield Place(value, key, below, shape, schema, required)
        yield from _walk(value[key], schema_at, below, shape)


def argument_places(draft: Draft, call: Call) -> list[Place]:
    """Every argument of a call of any depth, containers too, whose schema is known."""
    tool = draft.tool(call)
    if tool is None:
        return []
    return [place for place in _walk(call.arguments, load_card(tool).argument_schema) if place.schema]


def result_places(draft: Draft, call: Call, value: Json) -> list[Place]:
    """Every part of a result value whose schema is known."""
    tool = draft.tool(call)
    if tool is None or tool.returns is None:
        return []
    # A card reads any schema; that of the result is read as if it were the parameters'.
    card = load_card(tool.model_copy(update={"parameters": tool.returns}))
    return [place for place in _walk(value, card.argument_schema) if place.schema]


def all_places(value: Json) -> list[Place]:
    """Every part of a JSON value, whatever its schema."""
    return list(_walk(value, lambda _: ({}, False)))


def any_argument(draft: Draft, wanted: Callable[[Place], bool]) -> tuple[Call, Place] | None:
    """A random argument of any call for which ``wanted`` holds."""
    found = [(call, place) for call in draft.calls for place in argument_places(draft, call) if wanted(place)]
    return draft.rng.choice(found) if found else None


def is_scalar(value: Json) -> bool:
    return isinstance(value, str | int | float | bool)


def is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_code(value: Json) -> bool:
    """Whether a value is an identifier nobody could guess: one word with at least three digits, no date, no number."""
    if not isinstance(value, str) or not _CODE.fullmatch(value) or ISO_DATE.match(value):
        return False
    return sum(char.isdigit() for char in value) >= 3 and any(char.isalpha() for char in value)


def is_date(value: Json) -> bool:
    return isinstance(value, str) and (ISO_DATE.fullmatch(value) or ISO_MOMENT.fullmatch(value)) is not None


def is_email(value: Json) -> bool:
    return isinstance(value, str) and EMAIL.fullmatch(value) is not None


def is_amount(value: Json) -> bool:
    """Whether a number is too particular to be there by chance."""
    return is_number(value) and (abs(value) >= 1000 or (value != int(value) and abs(value) >= 10))


def fresh_code(value: str, known: str, rng: random.Random) -> str | None:
    """A code of the same shape that does not stand in ``known`` (case-folded text)."""
    for _ in range(20):
        made = "".join(rng.choice("0123456789") if char.isdigit() else char for char in value)
        digits = "".join(char for char in made if char.isdigit())
        if made.casefold() not in known and digits not in known:
            return made
    return None


def fresh_date(value: str, known: str, rng: random.Random) -> str | None:
    """The same moment some months away: no first or last of a month, on a day and in a month nobody speaks of."""
    start = datetime.date.fromisoformat(value[:10])
    for _ in range(20):
        made = start + datetime.timedelta(days=rng.choice((-1, 1)) * rng.randint(100, 340))
        month = made.strftime("%B").casefold()
        said = month in known or f"{made:-%m-}" in known
        if 3 <= made.day <= 26 and not said and made.isoformat() not in known:
            return made.isoformat() + value[10:]
    return None


def fresh_email(value: str, known: str, rng: random.Random) -> str | None:
    made = f"{rng.choice(('orla', 'tobias', 'wanda', 'lucian'))}.{rng.choice(('quist', 'brandvold', 'ysamber'))}"
    made = f"{made}@{rng.choice(('pinecrestpost', 'mailgrove', 'tarnbox'))}.net"
    return made if made not in known else None


def fresh_name(value: str, known: str, rng: random.Random) -> str | None:
    names = [name for name in _NAMES if not any(part.casefold() in known for part in name.split())]
    return rng.choice(names) if names else None


def fresh_number(value: float, schema: Mapping[str, Any], known: str, rng: random.Random) -> float | None:
    """A number of the same kind within the schema's bounds, whose digits do not stand in ``known``."""
    decimals = 0 if isinstance(value, int) or value == int(value) else min(6, len(repr(value).partition(".")[2]))
    low, high = schema.get("minimum", -1e12), schema.get("maximum", 1e12)
    for _ in range(20):
        made = round(value * rng.uniform(1.07, 2.9) if rng.random() < 0.6 else value * rng.uniform(0.3, 0.93), decimals)
        if "multipleOf" in schema:
            return None
        made = int(made) if isinstance(value, int) else made
        digits = f"{abs(made):g}" if decimals == 0 else repr(abs(made))
        if low < made < high and is_amount(made) == is_amount(value) and digits not in known:
            return made
    return None


def fits(text: str, schema: Mapping[str, Any]) -> bool:
    """Whether a changed string still fits the keywords that strings have."""
    pattern = schema.get("pattern")
    if pattern is not None:
        try:
            if not re.search(pattern, text):
                return False
        except re.error:
            return False
    return bool(schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", len(text)))


def replace_text(value: Json, old: str, new: str) -> Json:
    """The JSON value with every string that is ``old`` replaced."""
    if isinstance(value, dict):
        return {key: replace_text(part, old, new) for key, part in value.items()}
    if isinstance(value, list):
        return [replace_text(part, old, new) for part in value]
    return new if value == old else value
