"""Durations, moments counted from now, and time zones. Pure, but for the system's table of time zones."""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.reading.wording import UNITS, listed, tokens_of

_TENS = {"ten": 10, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "forty-five": 45, "fifty": 50, "ninety": 90}
_VALUES = {**UNITS, **_TENS, "a": 1, "an": 1, "one": 1, "couple of": 2, "a couple of": 2}
_N = r"\d+(?:[.,]\d+)?|" + "|".join(sorted((name for name in _VALUES), key=len, reverse=True))
_AND_PART = r" and (?:a half|a quarter|three[- ]quarters)"
_U = r"min(?:ute)?s?|h(?:(?:ou)?rs?)?|hours?|days?|weeks?"
_DURATION = lazy_regex(
    r"\b(?:(?P<fixed>(?:a )?half an hour|half-hour|(?:a )?quarter of an hour|three[- ]quarters of an hour)|"
    r"(?P<hours>(?<![\d:])\d)h(?P<past>[0-5]\d)(?:m(?:in)?)?\b|"
    rf"(?P<count>{_N})(?P<half>{_AND_PART})?[\s-]?(?P<unit>{_U})\b"
    rf"(?:(?P<more>{_AND_PART})|[\s,]*(?:and )?(?P<rest>{_N})[\s-]?(?:m|min(?:ute)?s?)\b)?)",
    re.IGNORECASE,
)
_LENGTHS = frozenset(listed("min mins minute minutes h hr hrs hour hours day days week weeks m"))
_FIXED = {"half": 30, "quarter": 15, "three": 45}
_PART_OF = {"half": 0.5, "a quarter": 0.25, "quarters": 0.75}
_PER_UNIT = {"m": 1, "h": 60, "d": 1440, "w": 10080}
_AHEAD = lazy_regex(
    r"\b(?:in|within|after|for|during|later by)(?: the next| another| about| around| roughly| exactly)*\s*\Z|"
    r"\bnext\s*\Z",
    re.I,
)
_AFTERWARDS = lazy_regex(r"\s*(?:from now|later|ahead|hence|'? time\b)", re.I)
_BACK = lazy_regex(r"\s*(?:ago|earlier|before|back)\b", re.I)
_PAST = lazy_regex(r"\b(?:last|past|previous|earlier by)\s*\Z", re.I)


@dataclass(frozen=True, slots=True)
class Duration:
    """A duration that a text states. ``sign``: 1 counted on from now, -1 back from now, 0 neither is said."""

    text: str
    minutes: float
    sign: int


def durations_in(text: str) -> Iterator[Duration]:
    """Every duration of a text: "90 minutes", "half an hour", "an hour and a half", "2h 30min", "in three days"."""
    for match in _DURATION.finditer(text) if not tokens_of(text).isdisjoint(_LENGTHS) else ():
        before, after = text[max(match.start() - 30, 0) : match.start()], text[match.end() : match.end() + 14]
        ahead = bool(_AHEAD.search(before) or _AFTERWARDS.match(after))
        back = bool(_BACK.match(after) or _PAST.search(before))
        yield Duration(match.group(), _minutes(match), -1 if back else 1 if ahead else 0)


def _minutes(match: re.Match[str]) -> float:
    if match["fixed"]:
        first = match["fixed"].lower().removeprefix("a ").split()[0].split("-")[0]
        return _FIXED[first]
    if match["hours"]:
        return int(match["hours"]) * 60 + int(match["past"])
    per = _PER_UNIT[match["unit"][0].lower()]
    part = (match["half"] or match["more"] or "").lower()
    value = _value(match["count"]) + next((share for name, share in _PART_OF.items() if part.endswith(name)), 0)
    return value * per + (_value(match["rest"]) if match["rest"] else 0)


def _value(written: str) -> float:
    return _VALUES[written.lower()] if written.lower() in _VALUES else float(written.replace(",", "."))


# Time zones.

_ABBREVIATED = {
    "UTC": 0, "GMT": 0, "BST": 60, "WET": 0, "CET": 60, "CEST": 120, "EET": 120, "EEST": 180, "IST": 330, "JST": 540,
    "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420,
    "AEST": 600, "AEDT": 660,
}  # fmt: skip
_SPOKEN = {"Eastern": "America/New_York", "Central": "America/Chicago", "Mountain": "America/Denver",
           "Pacific": "America/Los_Angeles"}  # fmt: skip
_ZONE = lazy_regex(
    r"\b(?P<area>[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?)\b|"
    r"\b(?:UTC|GMT)\s?(?P<shift>[+-]\d{1,2}(?::?[0-5]\d)?)\b|"
    rf"\b(?P<short>{'|'.join(_ABBREVIATED)})\b|\b(?P<spoken>{'|'.join(_SPOKEN)})(?= [Tt]ime\b)"
)


def zones_in(text: str) -> tuple[str, ...]:
    """The time zones that a text names, as written, each once."""
    return tuple(dict.fromkeys(match.group() for match in _ZONE.finditer(text)))


def offset_of(zone: str, moment: datetime.datetime) -> int | None:
    """Minutes that a zone is ahead of UTC at a moment; None if this system does not know the zone."""
    match = _ZONE.fullmatch(zone) or _ZONE.fullmatch(f"{zone} time", 0, len(zone))
    if zone in _ABBREVIATED:
        return _ABBREVIATED[zone]
    if match and match["shift"]:
        return parse_shift(match["shift"])
    try:
        shift = moment.replace(tzinfo=ZoneInfo(_SPOKEN.get(zone, zone))).utcoffset()
    except (KeyError, ValueError, OSError, OverflowError):
        return None
    return None if shift is None else int(shift.total_seconds() // 60)


def parse_shift(text: str) -> int:
    """Minutes of an offset from UTC as ISO 8601 writes it: ``Z``, ``+01:00``, ``-0530``, ``+2``."""
    if text in ("Z", "z", ""):
        return 0
    digits = text[1:].replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    return (-1 if text[0] == "-" else 1) * (int(hours) * 60 + int(minutes))
