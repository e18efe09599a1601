"""A plausible value for one leaf: the cast's, one of the schema's examples, a pool's, or one for its pattern."""

import datetime
import random
import re
import uuid
from collections.abc import Mapping
from typing import Any

from toolflow_graph.models.offline import pools
from toolflow_graph.models.offline.fields import Field
from toolflow_graph.models.offline.figures import number_for
from toolflow_graph.models.offline.hints import examples_of, holds_place
from toolflow_graph.models.offline.lexicon import words_for
from toolflow_graph.models.offline.patterns import string_for
from toolflow_graph.models.offline.shapes import fits
from toolflow_graph.models.offline.words import split_words
from toolflow_graph.models.offline.world import COMPANIES, FIRST, LAST, PLACES, Cast, Place, mail_for, place_for
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.schemas import schema_types

_ID_RUN = lazy_regex(r"\d+")
_COMMON_MONEY = ("EUR", "USD", "GBP", "CAD", "AUD", "SEK", "NOK", "DKK", "PLN")
_FROM_CAST = {"city", "date", "datetime", "email", "country_code", "currency", "timezone", "language_code", "country",
              "address", "airport", "month", "phone", "postcode", "region"}  # fmt: skip
_TELLING_APART = ("person", "title", "first_name", "last_name", "company", "query")
_WORDED = ("text", "title", "query", "tag", "path", "company", "condition")
"""Kinds whose values the lexicon may know better than the pools."""


_SAYS_NOTHING = ("other", "others", "unknown", "unspecified", "misc", "n/a")


def leaf_value(
    field: Field, schema: Mapping[str, Any], rng: random.Random, cast: Cast, *, result: bool, spread: bool = False
) -> Any:
    """A value for a scalar leaf of this meaning.

    ``result``: it may vary from item to item. ``spread``: a number may be any that is allowed, plausible or not.
    """
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        options = [option for option in schema["enum"] if option is not None] or [None]
        # Who gives a reason gives one, and not "other".
        telling = [option for option in options if str(option).lower() not in _SAYS_NOTHING]
        return rng.choice(options if result else telling or options)
    types = schema_types(schema)
    kind = next((part for part in types if part != "null"), types[0] if types else "string")
    if kind == "boolean":
        return rng.random() < (0.75 if result else 0.9)
    if kind == "null":
        return None
    if kind in ("integer", "number"):
        return number_for(field, schema, rng, cast, kind == "integer", result, spread)
    return _string(field, schema, rng, cast, result)


def _string(field: Field, schema: Mapping[str, Any], rng: random.Random, cast: Cast, result: bool) -> Any:
    examples = [value for value in examples_of(schema) if isinstance(value, str)]
    if field.kind == "id":
        # "The idMember or username" names what may be given, not an example of it.
        examples = [value for value in examples if value not in (field.name, "username", "me")]
    candidates = []
    told = words_for(split_words(field.name), field.owner) if field.kind in _WORDED else ()
    if re.search(r"last_?(?:4|four)$", field.name, re.I):
        candidates.append(f"{rng.randint(1001, 9899)}")
    if field.kind == "text" and _is_amount(field):
        candidates.append(f"{rng.randint(12, 380)}.{rng.choice(('00', '50', '90', '25'))}")
    if field.kind == "id" and examples:
        candidates += [fresh_id(rng.choice(examples), rng), rng.choice(examples)]
    elif examples and field.kind not in _FROM_CAST and field.kind != "uuid" and not (
        # One example for all rows would make them look alike.
        (result or field.kind == "title") and len(examples) == 1 and field.kind in _TELLING_APART and rng.random() < 0.5
    ):  # fmt: skip
        candidates.append(rng.choice(examples))
    if told:
        candidates.append(rng.choice(told))
    if (own := kind_value(field, rng, cast, result)) is not None:
        candidates.append(_shaped(own, examples) if field.kind == "datetime" else own)
    candidates += examples
    for value in candidates:
        if fits(value, schema) and not holds_place(value):
            return value
    return _forced(field, schema, rng, candidates[0] if candidates else "")


def _is_amount(field: Field) -> bool:
    """Whether a text holds an amount of money, as many APIs write it."""
    words = set(split_words(field.name)) | (
        set(split_words(field.owner)) if field.name in ("value", "amount") else set()
    )
    return bool(words & {"price", "amount", "balance", "fee", "cost", "total", "fare", "salary", "budget"})


def _shaped(moment: str, examples: list[str]) -> str:
    """A moment with the end that the schema's example has: ``Z``, ``.000Z`` or an offset."""
    form = re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?", examples[0]) if examples else None
    if form is None or "T" not in moment or len(moment) != 19:
        return moment
    return moment + re.sub(r"\d", "0", form[1] or "") + (form[2] or "")


def _forced(field: Field, schema: Mapping[str, Any], rng: random.Random, seed: str) -> str:
    low, high = int(schema.get("minLength", 0)), schema.get("maxLength")
    if isinstance(schema.get("pattern"), str):
        found = string_for(schema["pattern"], rng, low, None if high is None else int(high))
        if found is not None:
            return found
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
    letters = (
        "ITM" if letters in ("ASS", "TIT", "SEX", "FUK", "CUM", "FAG", "FCK", "KKK", "NZX", "SSX", "FAT") else letters
    )
    return f"{letters}-{rng.randint(10_200, 98_900)}"


def name_for(noun: str, rng: random.Random) -> str:
    """What a thing of this kind may be called."""
    known = [text for text in words_for((noun,)) if re.fullmatch(r"[A-Za-z][a-z]+[A-Za-z' .&-]*", text)]
    return rng.choice(known or list(pools.TITLES))


def kind_value(field: Field, rng: random.Random, cast: Cast, result: bool) -> str | None:
    """What the cast or a pool holds for the field's kind; None for kinds without words."""
    place = place_for(cast, f"{field.name} {field.description}".lower())
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
    if kind == "path" and re.search(r"director|folder|\brepo|\broot\b", f"{field.name} {field.description.lower()}"):
        return rng.choice(pools.FOLDERS)
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
    if kind == "tag" and split_words(field.name)[-1:] in (("type",), ("kind",)):
        return rng.choice(pools.TEXTS)
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
    if result and kind == "time" and (found := re.search(r"\b(?:open|clos)", text)):
        hour = rng.randint(7, 10) if found[0].startswith("open") else rng.randint(18, 21)
    minute = rng.choice((0, 0, 30)) if not result else rng.choice((0, 10, 15, 25, 30, 40, 45, 50))
    if kind == "time":
        return f"{hour:02d}:{minute:02d}" + (":00" if "ss" in text.split("hh:mm")[-1][:4] else "")
    if field.edge == "end":
        day = (cast.past_day if field.past else cast.day) + datetime.timedelta(days=0)
    return f"{day.isoformat()}T{hour:02d}:{minute:02d}:00"


def other_place(cast: Cast, rng: random.Random) -> Place:
    """A place outside the cast."""
    return rng.choice([place for place in PLACES if place not in (cast.place, cast.origin)])
