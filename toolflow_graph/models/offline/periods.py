"""Rows of a result in time: inside the period that was asked for, over or still ahead as their dates say."""

import datetime
import re
from collections.abc import Mapping
from typing import Any

from toolflow_graph.models.offline.views import View
from toolflow_graph.regexes import lazy_regex

_MOMENT = lazy_regex(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?")
_OVER = ("completed", "checked_out", "finished", "past", "delivered", "done", "attended", "honoured")
_AHEAD = ("upcoming", "scheduled", "confirmed", "booked")


def plus(moment: str, minutes: int) -> str:
    """The moment some minutes later; a text that is none stays."""
    try:
        return (datetime.datetime.fromisoformat(moment) + datetime.timedelta(minutes=minutes)).isoformat()
    except (ValueError, OverflowError):
        return moment


def days_on(day: str, count: int) -> str:
    """The date some days later; a text that is none stays."""
    try:
        return (datetime.date.fromisoformat(day) + datetime.timedelta(days=count)).isoformat()
    except (ValueError, OverflowError):
        return day


def days_between(first: str, last: str) -> int | None:
    """The days from one date to another; None if one is none."""
    try:
        return (datetime.date.fromisoformat(last[:10]) - datetime.date.fromisoformat(first[:10])).days
    except ValueError:
        return None


def _minutes(start: str, end: str) -> int:
    try:
        gap = datetime.datetime.fromisoformat(end) - datetime.datetime.fromisoformat(start)
    except (ValueError, TypeError):
        return 60
    return int(gap.total_seconds() // 60)


def _edge(given: Mapping[str, Any], words: str) -> str:
    return next((part for name, part in given.items() if isinstance(part, str) and _MOMENT.fullmatch(part)
                 and re.search(words, name)), "")  # fmt: skip


def _status(row: dict[str, Any], view: View, now: str) -> None:
    """What lies behind is over, what lies ahead is not."""
    days = [text[:10] for name, text in row.items() if isinstance(text, str) and _MOMENT.fullmatch(text)
            and not re.search("created|ordered|placed|opened|updated|published|deployed|sent|due", name)]  # fmt: skip
    for leaf in view.returns:
        name, options = leaf.field.name, leaf.schema.get("enum", ())
        if not days or row.get(name) not in options or not re.search("status|state|stage|phase", name):
            continue
        over = [option for option in options if option in _OVER]
        ahead = [option for option in options if option in _AHEAD]
        if max(days) < now[:10] and over and row[name] not in ("cancelled", "no_show"):
            row[name] = over[0]
        elif min(days) > now[:10] and ahead and row[name] in (*_OVER, "checked_in", "in_progress", "seated"):
            row[name] = ahead[0]


def _apart(rows: list[Any], now: str) -> None:
    """Rows of an open period that all fell on one day are put on days of their own, none of them in the future."""
    plain = [row for row in rows if isinstance(row, dict)]
    for name in plain[0] if len(plain) > 1 else ():
        days = [row[name][:10] for row in plain if isinstance(row.get(name), str) and _MOMENT.fullmatch(row[name])]
        if len(days) == len(plain) and len(set(days)) == 1 and days[0] < now[:10]:
            for place, row in enumerate(plain):
                row[name] = min(days_on(days[0], 1 + 2 * place), now[:10]) + row[name][10:]


_LOOKS_BACK = lazy_regex(r"transaction|payment|log|expense|statement|histor|order|result|past|reading|activity")


def _between(moment: str, start: str, end: str, place: int, count: int) -> str:
    """The moment, inside a period of hours that was asked for."""
    if not len(start) == len(end) == len(moment) > 10 or start <= moment <= end or end <= start:
        return moment
    return plus(start, _minutes(start, end) * (place + 1) // (count + 1))


def fit_window(value: Any, given: Mapping[str, Any], view: View, now: str) -> None:
    """Rows lie in the period that was asked for: after its start, before its end, in the past if that was wanted."""
    start = _edge(given, r"since|(^|_)from$|^start_|earliest|_after$")
    end = _edge(given, r"until$|(^|_)to$|^end_|latest|_before$")
    clock = next((part for name, part in given.items() if isinstance(part, str) and re.fullmatch(r"\d\d:\d\d", part)
                  and re.search("after|around|earliest|not_before|first", name)), "")  # fmt: skip
    past = view.past or any(part in ("past", "previous", "completed", "finished") for part in given.values())
    ahead = any(part in ("upcoming", "future", "scheduled") for part in given.values())
    if view.writes or not isinstance(value, dict):
        return
    for rows in [part for part in value.values() if isinstance(part, list)]:
        if start and not end:
            _apart(rows, now)
        for place, row in enumerate(row for row in rows if isinstance(row, dict)):
            for name, text in row.items():
                if (
                    not isinstance(text, str)
                    or not _MOMENT.fullmatch(text)
                    or re.search(r"birth|expir|due|ends?_", name)
                ):
                    continue
                day = text[:10]
                if start and day < start[:10]:
                    day = min(days_on(start[:10], place), end[:10] if end else "9999")
                if end and day > end[:10]:
                    day = max(days_on(end[:10], -place), start[:10] if start else "")
                if past and not ahead and day >= now[:10] and not (start and start[:10] >= now[:10]):
                    day = days_on(now[:10], -2 - 9 * place)
                elif ahead and day <= now[:10]:
                    day = days_on(now[:10], 3 + 4 * place)
                if start and not end and not ahead and _LOOKS_BACK.search(view.name) and start[:10] <= now[:10] < day:
                    day = max(days_on(now[:10], -place), start[:10])
                row[name] = _between(day + text[10:], start, end, place, len(rows))
            _status(row, view, now)
            first = next((name for name in ("start_time", "departure_time") if isinstance(row.get(name), str)), "")
            if clock and first and row[first][11:16] < clock:
                begin = f"{row[first][:10]}T{clock}:00"
                other = row.get("end_time" if first == "start_time" else "arrival_time")
                long = _minutes(row[first], other) if isinstance(other, str) else 0
                row[first] = plus(begin, 15 + 40 * place)
                if isinstance(other, str):
                    row["end_time" if first == "start_time" else "arrival_time"] = plus(
                        row[first], long if long > 0 else 60
                    )
