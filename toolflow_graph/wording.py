"""Words that several rooms print or read: what the user types, how many there are of something, how long it takes."""

from toolflow_graph.regexes import lazy_regex

COMMAND = "python -m toolflow_graph"
"""The command as hints write it: it works in a clone as well as after an installation."""


def count_of(number: int, noun: str, plural: str = "") -> str:
    """``1 dialogue``, ``1,200 dialogues``, ``0 dialogues``; ``plural`` where it is not the noun with an "s"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def shorten_line(text: str, most: int) -> str:
    """Text on one line of at most ``most`` characters, with nothing in it that a terminal would obey."""
    line = "".join(sign if sign.isprintable() else "\u00b7" for sign in " ".join(text.split()))
    return line if len(line) <= most else line[: most - 3] + "..."


_TIME = lazy_regex(r"(?:(?P<days>\d+)d)?(?:(?P<hours>\d+)h)?(?:(?P<minutes>\d+)m)?(?:(?P<seconds>\d+)s?)?")
_COUNT = lazy_regex(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>[kKmMgG]?)")
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}


def parse_time(text: str) -> float:
    """Seconds of "90", "90s", "45m", "2h30m" or "1d".

    Raises:
        ValueError: it is no length of time.
    """
    match = _TIME.fullmatch(text.strip().lower())
    parts = {unit: int(number) for unit, number in match.groupdict().items() if number} if match else {}
    if not parts:
        raise ValueError(text)
    sizes = {"days": 86_400, "hours": 3600, "minutes": 60, "seconds": 1}
    return float(sum(sizes[unit] * number for unit, number in parts.items()))


def parse_count(text: str) -> int:
    """A number such as "5000000", "500k" or "5M".

    Raises:
        ValueError: it is none.
    """
    match = _COUNT.fullmatch(text.strip().replace("_", "").replace(",", ""))
    if match is None:
        raise ValueError(text)
    return round(float(match["number"]) * _UNITS[match["unit"].lower()])


def render_time(seconds: float) -> str:
    """Seconds as "2h30m" or "45s"."""
    left, parts = round(seconds), []
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        if left >= size:
            parts.append(f"{left // size}{unit}")
            left %= size
    return "".join(parts) or "0s"
