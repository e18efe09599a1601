"""Strings for a regular expression: enough of the syntax for the patterns that schemas carry.

A pattern is rendered at random and the result tried on the pattern itself, as the validator will. Look-arounds say
nothing about how to render: what they ask for is rendered in place or laid over a string that fits the rest.
"""

import random
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from toolflow_graph.validation import find_pattern

_CLASSES = {
    codes.CATEGORY_DIGIT: "0123456789",
    codes.CATEGORY_WORD: "abcdefghijkmnpqrstuvwxyz23456789",
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_NOT_DIGIT: "abcdefghkmnprstuvw",
    codes.CATEGORY_NOT_SPACE: "abcdefghkmnprstuvw",
    codes.CATEGORY_NOT_WORD: "-",
}
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_. !#$%&*+=?@/:;,"
_IS: dict[Any, Callable[[str], bool]] = {
    codes.CATEGORY_DIGIT: str.isdigit,
    codes.CATEGORY_WORD: lambda char: char.isalnum() or char == "_",
    codes.CATEGORY_SPACE: str.isspace,
    codes.CATEGORY_NOT_DIGIT: lambda char: not char.isdigit(),
    codes.CATEGORY_NOT_SPACE: lambda char: not char.isspace(),
    codes.CATEGORY_NOT_WORD: lambda char: not (char.isalnum() or char == "_"),
}
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, getattr(codes, "POSSESSIVE_REPEAT", None))
_ATOMIC = getattr(codes, "ATOMIC_GROUP", None)
_TRIES = 160
_PROPERTIES = {"L": "a-zA-Z", "LU": "A-Z", "LL": "a-z", "N": "0-9", "ND": "0-9", "P": "!-", "S": "+", "Z": " ",
               "ZS": " ", "LETTER": "a-zA-Z", "ALPHA": "a-zA-Z", "ALPHABETIC": "a-zA-Z", "ALNUM": "a-zA-Z0-9"}  # fmt: skip


@lru_cache(maxsize=2048)
def _parse(pattern: str) -> Any:
    """The pattern's parts, or None if it cannot be read. JavaScript's own spellings are put into Python's first."""
    plain = re.sub(r"\(\?<([A-Za-z_]\w*)>", r"(?P<\1>", pattern).replace("[^]", r"[\s\S]")
    plain = re.sub(r"\(\?[aimsux]+\)", "", re.sub(r"\\k<(\w+)>", r"(?P=\1)", plain))
    plain = _without_properties(plain)
    try:
        return parser.parse(plain)
    except (re.error, OverflowError, RecursionError):
        return None


def _without_properties(pattern: str) -> str:
    """``\\p{L}`` as plain ranges: a few characters of the kind are enough to draw from."""
    out, inside, place = [], False, 0
    while place < len(pattern):
        found = re.compile(r"\\([pP])(?:\{\^?(?:\w+=)?(\w+)\}|([A-Z]))").match(pattern, place)
        if found:
            chars = _PROPERTIES.get((found[2] or found[3]).upper(), "a-z") if found[1] == "p" else "-"
            out.append(chars if inside else f"[{chars}]")
            place = found.end()
            continue
        char = pattern[place]
        if char == "\\":
            out.append(pattern[place : place + 2])
            place += 2
            continue
        inside = char != "]" if inside else char == "["
        out.append(char)
        place += 1
    return "".join(out)


def string_for(pattern: str, rng: random.Random, at_least: int = 0, at_most: int | None = None) -> str | None:
    """A string that ``pattern`` finds something in, of a length between the bounds; None if none was found.

    Where it cannot be told whether the pattern fits (it backtracks for ever), the string is taken: the validator
    cannot tell either.
    """
    tree = _parse(pattern)
    if tree is None:
        return None
    for text in _candidates(tree, rng, at_least, at_most):
        fits = at_least <= len(text) <= (at_most if at_most is not None else len(text))
        if fits and find_pattern(pattern, text) is not False:
            return text
    return None


def _candidates(tree: Any, rng: random.Random, at_least: int, at_most: int | None) -> Iterator[str]:
    """Strings to try, the plainest first."""
    ahead = [part for negative, part in _looks(tree) if not negative]
    stretches = (0, 0, 1, 3, 8, 20, 60) if not at_least or at_least < 60 else (0, 20, 60, at_least)
    near = (at_least, max(at_least - 2, 0), max(at_least - 4, 0)) if at_least else ()
    if at_most is not None:
        stretches = (0, 0, -1, -1, *near, *stretches)
    for turn in range(_TRIES):
        stretch = stretches[turn % len(stretches)]
        writer = _Writer(rng, stretch, asserted=bool(ahead) and turn % 3 == 1)
        text = "".join(writer.render(tree))
        if ahead and turn % 3 == 2:
            text = _overlay(text, ahead, rng)
        yield text


def _looks(tree: Any) -> Iterator[tuple[bool, Any]]:
    """The look-arounds in a pattern: (whether it is a negative one, what it looks for)."""
    for code, value in tree:
        if code in (codes.ASSERT, codes.ASSERT_NOT):
            yield code is codes.ASSERT_NOT, value[1]
        elif code in _REPEATS:
            yield from _looks(value[2])
        elif code is codes.BRANCH:
            for branch in value[1]:
                yield from _looks(branch)
        elif code is codes.SUBPATTERN:
            yield from _looks(value[3])
        elif code is _ATOMIC:
            yield from _looks(value)


def _overlay(text: str, ahead: list[Any], rng: random.Random) -> str:
    """Lay what the look-aheads ask for over single characters: ``(?=.*[A-Z])`` wants a capital somewhere."""
    chars = list(text)
    free = list(range(len(chars)))
    rng.shuffle(free)
    for tree in ahead:
        wanted = "".join(_Writer(rng, 0).render([part for part in tree if not _is_filler(part)]))
        for char in wanted:
            if free:
                chars[free.pop()] = char
    return "".join(chars)


def _is_filler(part: Any) -> bool:
    """``.*`` and its like, which only lead to what is wanted; an anchor is nothing to lay down either."""
    code, value = part
    return code is codes.AT or (code in _REPEATS and value[0] == 0)


class _Writer:
    """Renders a parsed pattern at random; ``asserted`` writes out what positive look-arounds ask for, in place."""

    def __init__(self, rng: random.Random, stretch: int, *, asserted: bool = False) -> None:
        self.rng, self.stretch, self.asserted = rng, stretch, asserted
        self.groups: dict[int, str] = {}

    def render(self, tree: Any) -> list[str]:
        """The parts of a string, in order."""
        out: list[str] = []
        for code, value in tree:
            out += self._part(code, value)
        return out

    def _part(self, code: Any, value: Any) -> list[str]:
        rng = self.rng
        if code is codes.LITERAL:
            return [chr(value)]
        if code is codes.NOT_LITERAL:
            return [rng.choice([char for char in _LETTERS[:40] if ord(char) != value])]
        if code is codes.ANY:
            return [rng.choice(_LETTERS[:26])]
        if code is codes.IN:
            return [_one_of(value, rng)]
        if code in _REPEATS:
            return self._repeat(*value)
        if code is codes.BRANCH:
            return self.render(rng.choice(value[1]))
        if code is codes.SUBPATTERN:
            text = "".join(self.render(value[3]))
            if value[0] is not None:
                self.groups[value[0]] = text
            return [text]
        if code is codes.GROUPREF:
            return [self.groups.get(value, "")]
        if code is codes.GROUPREF_EXISTS:
            branch = value[1] if value[0] in self.groups else value[2]
            return self.render(branch) if branch is not None else []
        if code is _ATOMIC:
            return self.render(value)
        if code is codes.ASSERT and self.asserted:
            return self.render(value[1])
        return []

    def _repeat(self, low: Any, high: Any, inner: Any) -> list[str]:
        least, most = int(low), int(min(int(high), max(low, 1) + 4 + self.stretch))
        out: list[str] = []
        for _ in range(self.rng.randint(max(least, min(self.stretch, most)), most) if self.stretch >= 0 else least):
            out += self.render(inner)
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
            chars += [char for char in _LETTERS if _IS[value](char)] if negated else _CLASSES.get(value, "a")
    if negated:
        left = [char for char in _LETTERS if char not in chars]
        return rng.choice(left[:26] or ["~"])
    plain = [char for char in chars if char.isalnum() and char.isascii()]
    return rng.choice(plain or chars or ["a"])
