"""Spans of time as ISO 8601 writes them, weeks, time codes, and what the assistant sets around a known moment."""

import datetime

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.evidence import Evidence
from toolflow_graph.verification.provenance.origins import Finder, Origin
from toolflow_graph.verification.toolcards import split_name

_DURATION = lazy_regex(
    r"-?P(?=\d|T\d)(?:(?P<weeks>\d{1,3})W)?(?:(?P<days>\d{1,4})D)?"
    r"(?:T(?:(?P<hours>\d{1,4})H)?(?:(?P<minutes>\d{1,4})M)?(?:(?P<seconds>\d{1,5})S)?)?"
)
_WEEK = lazy_regex(r"(?P<year>\d{4})-?W(?P<week>\d{2})")
_TIME_CODE = lazy_regex(r"(?P<hours>\d{2}):(?P<minutes>\d{2}):(?P<seconds>\d{2})(?:[.,:]0+)?")
_OWN_CALENDAR = frozenset(("event", "events", "calendar", "reminder", "reminders", "block"))
_WIDEST_BUFFER = datetime.timedelta(hours=4)


def iso_duration(text: str, finder: Finder) -> Origin | None:
    """A length that somebody said, or a result holds, in ISO 8601's form ("P7D" for "one week")."""
    length = length_of(text)
    if length is None:
        return None
    for index, said in (*finder.users, *finder.prose, (None, finder.evidence.context)):
        step = next((step for step in said.durations if step.minutes == length), None)
        if step is not None:
            return Origin("derived", index, how=f"{step.text!r}")
    return None


def length_of(text: str) -> float | None:
    """The minutes of a length in ISO 8601's form; None for any other text."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return (weeks * 7 + days) * 1440 + hours * 60 + minutes + seconds / 60


def iso_week(text: str, finder: Finder) -> Origin | None:
    """The week of a day that is known, or of the present one and those beside it."""
    match = _WEEK.fullmatch(text)
    if match is None:
        return None
    week = (int(match["year"]), int(match["week"]))
    for index, said in (*finder.users, *finder.results):
        day = next((iso for iso in said.dates if _week_of(datetime.date.fromisoformat(iso)) == week), None)
        if day is not None:
            return Origin("derived", index, how=f"the week of {said.dates[day] or day!r}")
    now = finder.evidence.now
    near = (now + datetime.timedelta(days=days) for days in (0, 7, -7)) if now is not None else ()
    return Origin("context", how="counted from the present week") if week in map(_week_of, near) else None


def _week_of(day: datetime.date) -> tuple[int, int]:
    return day.isocalendar()[:2]


def time_code(text: str, finder: Finder) -> Origin | None:
    """A place in a recording that is written shorter where it is known: "1:12" for 00:01:12."""
    match = _TIME_CODE.fullmatch(text)
    if match is None or match["hours"] != "00":
        return None
    shorter = {f"{int(match['minutes'])}:{match['seconds']}", f"{match['minutes']}:{match['seconds']}"}
    for index, said in (*finder.users, *finder.results):
        if any(stands_alone(short, said.text) for short in shorter):
            return Origin("derived", index, how="a time code with its hours")
    return None


def stands_alone(written: str, text: str) -> bool:
    """Whether digits and colons stand in a text as they are, and are no part of longer ones."""
    place = text.find(written)
    while place >= 0:
        around = text[place - 1 : place] + text[place + len(written) : place + len(written) + 1]
        if not any(sign.isdigit() or sign == ":" for sign in around):
            return True
        place = text.find(written, place + 1)
    return False


def beside_known(date: str, clock: str, tool: str, evidence: Evidence, before: int) -> Origin | None:
    """An end of what is put into somebody's own calendar around a moment that is known (the way there, a margin)."""
    if _OWN_CALENDAR.isdisjoint(split_name(tool)):
        return None
    try:
        moment = datetime.datetime.fromisoformat(f"{date}T{clock}")
    except ValueError:
        return None
    for minutes in range(5, int(_WIDEST_BUFFER.total_seconds()) // 60 + 1, 5):
        for way in (1, -1):
            other = moment + way * datetime.timedelta(minutes=minutes)
            found = evidence.in_results(("m", f"{other:%Y-%m-%dT%H:%M}"), before)
            if found:
                return Origin("derived", *found, f"{minutes} minutes {'before' if way > 0 else 'after'} a known moment")
    return None
