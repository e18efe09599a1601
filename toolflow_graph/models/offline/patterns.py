"""Strings for a regular expression: enough of the syntax for the patterns that schemas carry."""

import random
import re
from functools import lru_cache
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_CLASSES = {
    codes.CATEGORY_DIGIT: "0123456789",
    codes.CATEGORY_WORD: "abcdefghijkmnpqrstuvwxyz23456789",
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_NOT_DIGIT: "abcdefghkmnprstuvw",
    codes.CATEGORY_NOT_SPACE: "abcdefghkmnprstuvw",
    codes.CATEGORY_NOT_WORD: "-",
}
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_. "


@lru_cache(maxsize=2048)
def _parse(pattern: str) -> Any:
    try:
        return parser.parse(pattern)
    except (re.error, OverflowError, RecursionError):
        return None


def string_for(pattern: str, rng: random.Random, at_least: int = 0) -> str | None:
    """A string that ``pattern`` finds something in, at least ``at_least`` long if the pattern lets it; None if none."""
    tree = _parse(pattern)
    if tree is None:
        return None
    for stretch in (0, 0, 1, 3, 8, 20, 60):
        text = "".join(_render(tree, rng, stretch))
        if len(text) >= at_least and re.search(pattern, text):
            return text
    return None


def _render(tree: Any, rng: random.Random, stretch: int) -> list[str]:
    out: list[str] = []
    for code, value in tree:
        if code is codes.LITERAL:
            out.append(chr(value))
        elif code is codes.NOT_LITERAL:
            out.append(rng.choice([char for char in _LETTERS[:40] if ord(char) != value]))
        elif code is codes.ANY:
            out.append(rng.choice(_LETTERS[:26]))
        elif code is codes.IN:
            out.append(_one_of(value, rng))
        elif code in (codes.MAX_REPEAT, codes.MIN_REPEAT, getattr(codes, "POSSESSIVE_REPEAT", None)):
            low, high, inner = value
            high = min(int(high), max(low, 1) + 4 + stretch)
            for _ in range(rng.randint(max(low, min(stretch, high)), high)):
                out += _render(inner, rng, stretch)
        elif code is codes.BRANCH:
            out += _render(rng.choice(value[1]), rng, stretch)
        elif code is codes.SUBPATTERN:
            out += _render(value[3], rng, stretch)
        elif code is getattr(codes, "ATOMIC_GROUP", None):
            out += _render(value, rng, stretch)
    return out


def _one_of(parts: Any, rng: random.Random) -> str:
    chars: list[str] = []
    negated = False
    for code, value in parts:
        if code is codes.NEGATE:
            negated = True
        elif code is codes.LITERAL:
            chars.append(chr(value))
        elif code is codes.RANGE:
            chars += [chr(place) for place in range(value[0], min(value[1], value[0] + 200) + 1)]
        elif code is codes.CATEGORY:
            chars += _CLASSES.get(value, "a")
    if negated:
        left = [char for char in _LETTERS if char not in chars]
        return rng.choice(left[:26] or ["~"])
    plain = [char for char in chars if char.isalnum()]
    return rng.choice(plain or chars or ["a"])
