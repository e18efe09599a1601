"""Times of day and lengths of time that results hold. Pure."""

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.reading.mentions import mentions_in

_HHMM = lazy_regex(r"(?<!\d)(?:[01]\d|2[0-4]):[0-5]\d")
OFFSET = lazy_regex(r"T(\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?([+-])(\d\d):?(\d\d)\b")
_LENGTH_KEY = lazy_regex(
    r"minute|hour|(?:^|_)mins?\b|interval|duration|length|delay|wait|travel|transit|layover|runtime|eta\b",
    re.IGNORECASE,
)
IN_MINUTES = {"minutes": 1, "minute": 1, "min": 1, "mins": 1, "m": 1, "hours": 60, "hour": 60, "hrs": 60, "h": 60}
A_DAY = 1440
_MOMENT = lazy_regex(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?")
_MOST_STRETCHES = 200


def texts_in(body: object) -> Iterator[str]:
    """Every text inside a JSON value."""
    if isinstance(body, str):
        yield body
    elif isinstance(body, dict | list):
        for child in body.values() if isinstance(body, dict) else body:
            yield from texts_in(child)


def stretches_in(body: object) -> frozenset[float]:
    """The minutes between two moments, or the days between two dates, that stand in the same object of a JSON value."""
    found: set[float] = set()
    queue = [body]
    while queue and len(found) <= _MOST_STRETCHES:
        node = queue.pop()
        children = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
        queue.extend(child for child in children if isinstance(child, dict | list))
        texts = [child for child in children if isinstance(child, str) and _MOMENT.fullmatch(child)][:6]
        if isinstance(node, dict) and len(texts) > 1:
            moments = [moment for text in texts if (moment := _moment(text)) is not None]
            found |= {(b - a).total_seconds() / 60 for a in moments for b in moments if a < b}
    return frozenset(found)


def _moment(text: str) -> datetime.datetime | None:
    try:
        # Zones are left out: both ends of a stretch are mostly written in the same one.
        return datetime.datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None


def moments_of(text: str) -> Iterator[datetime.datetime]:
    """The moment that a text is, if it is written with its distance from UTC."""
    if 20 <= len(text) <= 35 and OFFSET.search(text):
        try:
            yield datetime.datetime.fromisoformat(text)
        except ValueError:
            return


def own_lengths(own: Mapping[str, float]) -> list[int]:
    """The lengths in minutes that an object holds itself."""
    found = ((key.lower(), number) for key, number in own.items() if 0 < number < A_DAY and _LENGTH_KEY.search(key))
    return [int(number * 60) if "hour" in key else int(number) for key, number in found if "offset" not in key]


def times_and_lengths(node: object) -> tuple[list[int], list[int]]:
    """The times of day in a JSON value and its lengths, both in minutes."""
    clocks: list[str] = []
    lengths: list[int] = []
    queue: list[tuple[str, object]] = [("", node)]
    while queue and len(clocks) <= 12:
        key, value = queue.pop()
        if isinstance(value, dict):
            queue.extend(value.items())
        elif isinstance(value, list):
            queue.extend((key, child) for child in value)
        elif isinstance(value, str) and len(value) < 40:
            clocks += _HHMM.findall(value)
            lengths += _lengths_in(value)
        elif isinstance(value, int | float) and 0 < value < A_DAY and _LENGTH_KEY.search(key):
            lengths += [int(value), int(value * 60)] if "hour" in key.lower() else [int(value)]
    return minutes_of(clocks), lengths


def _lengths_in(text: str) -> list[int]:
    """Lengths in minutes that a short text says: "1h15m", "45 min"."""
    found = [(value, mention.unit) for mention in mentions_in(text) for value in mention.values[:1]]
    return [int(value * IN_MINUTES[unit]) for value, unit in found if unit in IN_MINUTES and value < A_DAY]


def minutes_of(clocks: Iterable[str]) -> list[int]:
    """Times of day written "HH:MM" as minutes, sorted."""
    return sorted({int(clock[:2]) * 60 + int(clock[3:5]) for clock in clocks})
