"""Values in words that stay exactly recoverable, and whether a text says a value."""

import datetime
import re
from typing import Any

from toolflow_graph.models.offline.words import join_and
from toolflow_graph.regexes import lazy_regex

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DATE = lazy_regex(r"(\d{4})-(\d\d)-(\d\d)")
_MOMENT = lazy_regex(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
_MONTH = lazy_regex(r"(\d{4})-(0[1-9]|1[0-2])")
_TIME = lazy_regex(r"(\d\d:\d\d)(:00)?")
_KEY = lazy_regex(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+")
_SHOUT = lazy_regex(r"[A-Z]{4,}(?:[_ -][A-Z0-9]+)*")


def say_date(text: str, style: int = 0) -> str:
    """An ISO date as "12 March 2026" (0), "March 12, 2026" (1) or as it is (2)."""
    found = _DATE.fullmatch(text)
    if not found or style == 2 or not 1 <= int(found[2]) <= 12:
        return text
    year, month, day = int(found[1]), _MONTHS[int(found[2]) - 1], int(found[3])
    return f"{day} {month} {year}" if style == 0 else f"{month} {day}, {year}"


def say_number(value: float, *, money: bool = False) -> str:
    """Digits; whole floats lose ".0"; money has two decimals unless it is whole."""
    if isinstance(value, int) or float(value).is_integer():
        return str(int(value))
    if money:
        return f"{value:.2f}" if round(value, 2) == value else repr(value)
    return repr(value)


def say_text(text: str, style: int = 0) -> str:
    """A string value in plain words: dates readable, ``pets_allowed`` as "pets allowed"."""
    if _DATE.fullmatch(text):
        return say_date(text, style)
    if found := _MOMENT.fullmatch(text):
        zone = {None: "", "Z": " UTC"}.get(found[3], f" ({found[3]})")
        return f"{say_date(found[1], style)} at {found[2]}{zone}"
    if (found := _MONTH.fullmatch(text)) and style != 2:
        return f"{_MONTHS[int(found[2]) - 1]} {found[1]}"
    if found := _TIME.fullmatch(text):
        return found[1]
    return text


def say_key(text: str) -> str:
    """An enum's value in plain words."""
    if _KEY.fullmatch(text):
        text = text.replace("_", " ")
        return text.lower() if text.isupper() or text.istitle() else text
    return text.lower() if _SHOUT.fullmatch(text) and len(text) > 4 else text


def say(value: Any, style: int = 0, *, key: bool = False, money: bool = False) -> str:
    """Any JSON value in words; ``key``: it is an enum's value."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return say_number(value, money=money)
    if isinstance(value, str):
        return say_key(value) if key else say_text(value, style)
    if isinstance(value, list):
        return join_and([say(part, style, key=key, money=money) for part in value]) or "none"
    if isinstance(value, dict):
        parts = [f"{str(name).replace('_', ' ')} {say(part, style, key=key)}" for name, part in value.items()]
        return join_and(parts) or "none"
    return "none"


def said(value: Any, text: str) -> bool:
    """Whether ``text`` says ``value`` in one of the forms that :func:`say` gives."""
    if isinstance(value, bool) or value is None:
        return True
    if isinstance(value, list):
        return all(said(part, text) for part in value)
    if isinstance(value, dict):
        return all(said(part, text) for part in value.values())
    if isinstance(value, int | float):
        forms = {say_number(value), say_number(value, money=True), f"{value:,}", str(value)}
        return any(re.search(rf"(?<![\d.]){re.escape(form)}(?!\d|\.\d)", text) for form in forms)
    plain = text.casefold()
    forms = {value, say_key(value), *(say_text(value, style) for style in (0, 1, 2)), value.replace("_", " ")}
    return any(re.search(rf"(?<!\w){re.escape(form.casefold().strip().rstrip('.'))}(?!\w)", plain) for form in forms)


def told(value: Any, opening: str, later: str) -> bool:
    """Whether a value that was held back has been said: later, or in the opening unless it may be there by chance."""
    if said(value, later) and later:
        return True
    plain = isinstance(value, str) and ((len(value) > 3 and any(map(str.isdigit, value))) or len(value.split()) > 2)
    return (plain or (isinstance(value, int | float) and abs(value) >= 1000)) and said(value, opening)


def parse_now(now: str) -> datetime.datetime:
    """The scene's present; a text that is no moment gives a fixed one."""
    try:
        return datetime.datetime.fromisoformat(now.replace("Z", "+00:00")).replace(tzinfo=None)
    except ValueError:
        return datetime.datetime(2026, 3, 2, 9, 0)
