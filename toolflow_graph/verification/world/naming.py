"""What names a thing: kinds and identifiers in keys and values, nouns in tools' names, mentions in results. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Json
from toolflow_graph.verification.reading.wording import listed
from toolflow_graph.verification.toolcards import split_name

Key = tuple[str, str]
"""(kind, identifier): ("booking", "BKG-4711")."""

_WRAPPERS = frozenset(
    listed("item result data record row entry value list response hit match content object payload body detail")
)
_SUFFIXES = frozenset(listed("detail details info information summary list all data record by id status"))
_STOPS = frozenset(listed("by for of in from to with on at and near"))
_ID = lazy_regex(r"^(?:(?P<snake>.+)_(?:id|uuid|gid)|(?P<camel>.+[a-z0-9])(?:Id|ID)|id|uuid|gid)$")
_DIGIT = lazy_regex(r"\d")
_MOST = 400
_NAMED = ("name", "title", "full_name", "email", "date_of_birth", "iso_code")


@lru_cache(maxsize=16384)
def kind_of(key: str) -> str | None:
    """The kind of thing that a key identifies ("booking id" -> "booking"), "" for a bare id, None if it is no id."""
    match = _ID.match(key)
    return None if match is None else " ".join(split_name(match["snake"] or match["camel"] or ""))


def identifier(value: Json) -> str | None:
    """An identifier as text. Short numbers are none: they name a different thing in every list."""
    if isinstance(value, str):
        # Most values are words, which this tells sooner than a pattern.
        return value if 4 <= len(value) <= 80 and not value.isalpha() and _DIGIT.search(value) else None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    text = str(value)
    return text if 4 <= len(text) <= 80 else None


@lru_cache(maxsize=4096)
def singular(word: str) -> str:
    """The singular of an English noun, roughly."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if re.search(r"(?:ss|us|is|news)$", word):
        return word
    return re.sub(r"(?<=[sxz])es$|(?<=[cs]h)es$|s$", "", word) if len(word) > 3 else word


@lru_cache(maxsize=4096)
def noun_of(name: str) -> str:
    """What a tool is about: the last noun of its name, singular ("get_user_orders" -> "order"), "" if there is none."""
    words = list(split_name(name)[1:])
    for place, word in enumerate(words):
        if word in _STOPS and place:
            words = words[:place]
            break
    while len(words) > 1 and words[-1] in _SUFFIXES:
        words.pop()
    return singular(words[-1]) if words else ""


@lru_cache(maxsize=4096)
def words_of(name: str) -> frozenset[str]:
    """The words of a tool's name, singular."""
    return frozenset(singular(word) for word in split_name(name))


@lru_cache(maxsize=16384)
def field_of(key: str, kind: str) -> str:
    """What a key says of a thing of this kind: "restaurant_name" of a restaurant is its "name"."""
    words, own = split_name(key), split_name(kind)
    if words[:1] == ("new",) and len(words) > 1:
        words = words[1:]
    plain = words[len(own) :] if own and words[: len(own)] == own and len(words) > len(own) else words
    return "_".join(plain)


@dataclass(frozen=True, slots=True)
class Mention:
    """A thing where a result names it.

    ``own``: ``holder`` is the thing itself, not something that refers to it; ``sure``: its keys leave no doubt about
    that. (A row that starts with an identifier may still be about something else: a payment made with a card.)
    """

    kind: str
    id: str
    holder: dict[str, Any]
    key: str
    own: bool
    sure: bool
    listed: bool

    @property
    def thing(self) -> Key:
        """The thing that is named."""
        return self.kind, self.id

    def fields(self) -> Iterator[tuple[str, str, Json]]:
        """(field, its key in the holder, value) of what is said of the thing: of a reference its names only."""
        for key, value in self.holder.items():
            if isinstance(value, dict | list) or value is None or kind_of(key) is not None:
                continue
            name = field_of(key, self.kind)
            if self.own or (name in _NAMED and name != "_".join(split_name(key))):
                yield name, key, value


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of objects in a result, with the key it stands under ("" for the result itself)."""

    key: str
    rows: list[Any]


def read_result(value: Json, noun: str) -> tuple[list[Mention], list[Rows]]:
    """The things that a result names and the lists it holds, in order; ``noun`` is what its tool is about."""
    mentions: list[Mention] = []
    lists: list[Rows] = []
    _walk(value, "", noun, False, mentions, lists)
    return mentions, lists


_NESTED = (dict, list)


def _walk(value: Json, under: str, noun: str, listed: bool, mentions: list[Mention], lists: list[Rows]) -> None:
    if len(mentions) >= _MOST:
        return
    if isinstance(value, dict):
        _name(value, under, noun, listed, mentions)
        for key, part in value.items():
            if isinstance(part, _NESTED):
                _walk(part, key, noun, listed, mentions, lists)
    elif isinstance(value, list):
        nested = [part for part in value if isinstance(part, _NESTED)]
        if len(nested) == len(value) and all(isinstance(part, dict) for part in nested):
            lists.append(Rows(under, value))
        for part in nested:
            _walk(part, under, noun, True, mentions, lists)


def holder_noun(under: str, noun: str) -> str:
    """The noun of what stands under a key: the key's own, the tool's where the key only wraps."""
    words = split_name(under)
    last = singular(words[-1]) if words else ""
    return noun if not last or last in _WRAPPERS or not last.isalpha() else last


def _name(value: dict[str, Any], under: str, noun: str, listed: bool, mentions: list[Mention]) -> None:
    ids = [
        (key, kind, text)
        for key, part in value.items()
        if (kind := kind_of(key)) is not None and (text := identifier(part)) is not None
    ]
    if not ids:
        return
    here = holder_noun(under, noun)
    own = next((key for key, kind, _ in ids if kind == ""), None)
    own = own or next((key for key, kind, _ in ids if here and kind.split(" ")[-1] == here), None)
    sure = own is not None or not listed
    if own is None and next(iter(value)) == ids[0][0]:
        own = ids[0][0]
    for key, kind, text in ids:
        if kind or here:
            mentions.append(Mention(kind or here, text, value, key, key == own, sure and key == own, listed))
