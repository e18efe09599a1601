"""Tool names that every chat API takes: ``^[a-zA-Z0-9_-]{1,64}$``, one tool each."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from toolflow_graph.catalog.text import split_words
from toolflow_graph.catalog.transliteration import has_ascii_form, to_ascii
from toolflow_graph.regexes import lazy_regex

MOST = 64
VALID = lazy_regex(r"[a-zA-Z0-9_-]{1,64}")

_NOT_ALLOWED = lazy_regex(r"[^a-zA-Z0-9_-]+")
_SAYS_NOTHING = lazy_regex(r"v?\d+([._]\d+)*|api|rest|\{(ext|format|(api)?[-_]?version([-_]?number)?)\}", re.I)
_HINT = lazy_regex(r"[a-zA-Z0-9_-]{1,20}")
_PARAMETER = lazy_regex(r"\{([^{}]*)\}")


def make_valid(name: str, *, otherwise: str = "") -> str:
    """The name in ASCII, with everything else outside the pattern as "_", at most 64 characters.

    ``otherwise`` if nothing of it can be read in ASCII; without one, a name of another script becomes a code of its
    own, and what has no letter at all the empty text.
    """
    if VALID.fullmatch(name):
        return name
    if otherwise and not has_ascii_form(name):
        return otherwise
    return cut_name(_NOT_ALLOWED.sub("_", to_ascii(name.strip()[: 4 * MOST])).strip("_"))


def cut_name(name: str, most: int = MOST) -> str:
    """Cut at the end of a word where there is one in the last third."""
    if len(name) <= most:
        return name
    best = 0
    for match in re.finditer(r"(?<=[a-z0-9])(?=[A-Z])|[_-]", name):
        if most * 2 // 3 < match.start() <= most:
            best = match.start()
    return name[: best or most].rstrip("_-")


def path_words(path: str) -> list[str]:
    """``/v1/users/{id}/posts.json`` as users, by, id, posts: versions and endings say nothing."""
    path = re.sub(r"\.(json|xml|ya?ml|php|aspx?|do)$", "", path)
    # A query in the path names its parameters twice; "info.0" is a version.
    path = re.sub(r"\.\d+(?=/|$)", "", re.sub(r"[?&;]\w+=(?=\{)", "", path))
    segments = [segment for segment in path.split("/") if segment]
    kept = [segment for segment in segments if not _SAYS_NOTHING.fullmatch(segment)] or segments
    words: list[str] = []
    for segment in kept:
        rest = _PARAMETER.sub(" ", segment)
        said = [word.lower() for word in split_words(rest)]
        words += said
        for parameter in _PARAMETER.findall(segment):
            if _SAYS_NOTHING.fullmatch("{" + parameter + "}"):
                continue
            words += ["by", *(word.lower() for word in split_words(parameter))]
    return words


def name_of_path(method: str, path: str) -> str:
    """``GET /users/{id}`` as ``get_users_by_id``."""
    return make_valid("_".join([method.lower(), *path_words(path)]), otherwise=method.lower())


def tell_apart(name: str, taken: Iterable[str], *hints: Sequence[str]) -> str:
    """``name`` if it is free; else with those words of a hint that it lacks; else with the first free number."""
    used = taken if isinstance(taken, (set, dict)) else set(taken)
    if name not in used:
        return name
    own = {"by", *(word.lower() for word in split_words(name))}
    for hint in hints:
        extra = [word for word in dict.fromkeys(hint) if word.lower() not in own and _HINT.fullmatch(word)]
        del extra[: -MOST // 4]
        while extra and len("_".join(extra)) > MOST // 2:
            extra.pop(0)
        ending = "_" + "_".join(extra)
        longer = cut_name(name, MOST - len(ending)) + ending
        if extra and longer not in used:
            return longer
    return _number(name, used)


def _number(name: str, used: set[str] | dict[str, Any]) -> str:
    """``name_2``, or the next number that is free: found by halving, for thousands may share a name."""

    def numbered(number: int) -> str:
        suffix = f"_{number}"
        return name[: MOST - len(suffix)] + suffix

    taken, free = 1, 2
    while numbered(free) in used:
        taken, free = free, free * 2
    while free - taken > 1:
        middle = (taken + free) // 2
        taken, free = (middle, free) if numbered(middle) in used else (taken, middle)
    return numbered(free)
