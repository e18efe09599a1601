"""Times of day as people write them: by the clock, in words ("half past six"), and parts of the day."""

import re
from collections.abc import Set

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.reading.wording import ANY_DIGIT, UNITS, at_digits, tokens_of

_ISO_HEAD = lazy_regex(r"(?<!\d)\d{4}-\d\d?-\d\d?(?:T(?=\d)|(?!\d))")
CLOCK = lazy_regex(r"(?<![\d:])(\d{1,2})(?::([0-5]\d))?(?::[0-5]\d)?\s*([ap])\.?\s?m\b\.?", re.IGNORECASE)
CLOCK24 = lazy_regex(
    r"(?<![\d:])([01]?\d|2[0-4])[:h]([0-5]\d)(?::[0-5]\d(?:\.\d+)?)?(?!\d)(?!\s*[ap]\.?m)", re.IGNORECASE
)
_BARE = lazy_regex(
    r"\b(?:at|from|(?<!quarter )to|until|till|by|around|about|between|before|after|and|or|@|starting|"
    r"(?<!half )(?<!quarter )past)\s+(\d{1,2}|"
    + "|".join(list(UNITS)[1:13])
    + r")\b(?![:.,]?\d|\s*(?:%|[ap]\.?\s?m\b|people|guests|adults|nights|days|minutes))",
    re.IGNORECASE,
)
_LISTED = lazy_regex(
    r"(?<![\d.,:/-])\d{1,2}(?:, ?\d{1,2})+,? (?:and|or) \d{1,2}\b(?![:.,]?\d|\s*(?:%|people|guests|adults|nights|days))"
)
_HOUR = r"(\d{1,2}|" + "|".join(list(UNITS)[1:13]) + r")"
_SPAN = lazy_regex(
    rf"\b{_HOUR}(?::([0-5]\d))?\s*(?:-|–|to|until|till?|'til|and)\s*{_HOUR}(?::([0-5]\d))?\s*(?:([ap])\.?m)?\b"
    r"(?!\s*(?:%|people|guests|adults|nights|days|weeks|months|years|hours|minutes|times|business))",
    re.IGNORECASE,
)
_SAID_CLOCK = lazy_regex(r"\d\s*(?:o['’]clock\s+)?(?:in the|at|this|tomorrow|every)?\s*\Z")
_OCLOCK = lazy_regex(rf"\b{_HOUR} o['’]clock\b", re.IGNORECASE)
_PAST_MINUTES = {"five": 5, "ten": 10, "twenty": 20, "twenty-five": 25}
_MINUTES_PAST = lazy_regex(rf"\b(twenty-five|twenty|ten|five)(?: minutes)? (to|past) {_HOUR}\b", re.I)
_PAST_WORDS = frozenset(name.split("-")[0] for name in _PAST_MINUTES)
_HALF = lazy_regex(
    r"\b(half past|half|quarter past|quarter to)\s+(\d{1,2}|" + "|".join(list(UNITS)[1:13]) + r")\b", re.IGNORECASE
)
_TO_NOON = lazy_regex(r"(?<=\d )(?:to|till?|until|-|–)\s*(?:noon|midday)\b", re.IGNORECASE)
_PARTS = {
    "noon": (12, 12), "midday": (12, 12), "midnight": (0, 0), "lunch": (12, 13), "breakfast": (7, 10),
    "dinner": (18, 20),
    "morning": (6, 12), "afternoon": (12, 17), "evening": (17, 22), "tonight": (17, 23), "night": (18, 23),
    "brunch": (10, 12),
    "supper": (18, 20), "end of day": (17, 18), "end of the day": (17, 18), "close of business": (17, 18),
}  # fmt: skip


_HOUR_WORDS = frozenset(list(UNITS)[1:13])
_PART_WORDS = frozenset(name.split()[-1] + plural for name in _PARTS for plural in ("", "s", "es"))


def may_say_half(words: Set[str]) -> bool:
    """Whether a text of these words may say "a.m." or "pm" of a time."""
    return not words.isdisjoint(("am", "pm", "m"))


VAGUE_TIMES = frozenset(word for word, (start, end) in _PARTS.items() if start != end)
"""Words for a part of the day: any time in it may be meant."""


def times_in(text: str) -> dict[str, str | None]:
    """Times of day ("HH:MM") that a text names: None if it says them by the clock, else the words behind them."""
    found: dict[str, str | None] = {}

    def put(hour: int, minute: int, how: str | None) -> None:
        if 0 <= hour <= 24 and (how is None or f"{hour % 24:02d}:{minute:02d}" not in found):
            found[f"{hour % 24:02d}:{minute:02d}"] = how

    text = _ISO_HEAD.sub(" ", text)  # the "03-07" of a date is no span of hours
    text = _TO_NOON.sub("to 12", text)
    lower = text.lower()
    words = tokens_of(text)
    figures = ANY_DIGIT.search(text) is not None
    if figures:
        for match in at_digits(CLOCK24, text):
            put(int(match[1]), int(match[2]), None)
            if 1 <= int(match[1]) <= 11:
                put(int(match[1]) + 12, int(match[2]), match.group())
        for match in at_digits(CLOCK, text):
            put(int(match[1]) % 12 + (12 if match[3].lower() == "p" else 0), int(match[2] or 0), None)
    hours = figures or not words.isdisjoint(_HOUR_WORDS)
    if hours:
        for match in _SPAN.finditer(text):
            for name, minute in ((match[1], match[2]), (match[3], match[4])):
                hour = int(name) if name.isdigit() else UNITS[name.lower()]
                if hour <= 12:
                    put(hour % 12, int(minute or 0), match.group())
                    put(hour % 12 + 12, int(minute or 0), match.group())
    for match in _BARE.finditer(text) if hours else ():
        hour = int(match[1]) if match[1].isdigit() else UNITS[match[1].lower()]
        put(hour, 0, match.group())
        if hour <= 12:
            put(hour % 12 + 12, 0, match.group())
    for match in _LISTED.finditer(text) if figures and "," in text else ():
        for name in re.findall(r"\d+", match.group()):
            put(int(name), 0, match.group())
            if int(name) <= 12:
                put(int(name) % 12 + 12, 0, match.group())
    for match in _OCLOCK.finditer(text) if "clock" in words else ():
        hour = int(match[1]) if match[1].isdigit() else UNITS[match[1].lower()]
        put(hour, 0, match.group())
        put(hour % 12 + 12, 0, match.group())
    for match in _MINUTES_PAST.finditer(text) if not words.isdisjoint(_PAST_WORDS) else ():
        hour, minute = int(match[3]) if match[3].isdigit() else UNITS[match[3].lower()], _PAST_MINUTES[match[1].lower()]
        hour, minute = (hour - 1, 60 - minute) if match[2].lower() == "to" else (hour, minute)
        put(hour % 12, minute, match.group())
        put(hour % 12 + 12, minute, match.group())
    for match in _HALF.finditer(text) if not words.isdisjoint(("half", "quarter")) else ():
        hour = int(match[2]) if match[2].isdigit() else UNITS[match[2].lower()]
        minute = {"half past": 30, "half": 30, "quarter past": 15, "quarter to": 45}[match[1].lower()]
        hour -= match[1].lower() == "quarter to"
        put(hour % 12, minute, match.group())
        put(hour % 12 + 12, minute, match.group())
    for word, (start, end) in _PARTS.items() if not words.isdisjoint(_PART_WORDS) else ():
        # "5:30 in the morning" is no time of the morning's choosing.
        if word in lower and not (start != end and _SAID_CLOCK.search(lower[: lower.find(word)])):
            for hour in range(start, end + 1):
                put(hour, 0, word)
                if start != end:
                    put(hour, 30, word)
    return found
