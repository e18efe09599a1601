"""Common sense for a made-up result: what is left of what was granted, when a reminder goes off, how far a way is."""

import datetime
import math
import random
import re
from collections.abc import Iterator, Mapping
from typing import Any

from toolflow_graph.models.offline.filters import is_number
from toolflow_graph.models.offline.periods import days_on, plus
from toolflow_graph.models.offline.views import View
from toolflow_graph.models.offline.words import split_words
from toolflow_graph.regexes import lazy_regex

Known = Mapping[tuple[str, ...], Any]
_MOMENT = lazy_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?")
_DAY = lazy_regex(r"\d{4}-\d\d-\d\d")
_EARTH_KM = 6371.0
_DETOUR = 1.25
"""How much longer a way by road is than the straight line."""
_LABS: Mapping[str, tuple[str, float, float]] = {
    "LDL cholesterol": ("mg/dL", 60, 130),
    "Hemoglobin": ("g/dL", 12, 17.5),
    "TSH": ("mIU/L", 0.4, 4.5),
    "Fasting glucose": ("mg/dL", 70, 100),
}
"""Laboratory tests with their unit and usual range."""


def make_sense(
    value: Any, view: View, given: Mapping[str, Any], known: Known, now: str, rng: random.Random
) -> None:  # fmt: skip
    """Tie the figures and moments of a result to each other, to the call's, and to the present; in place."""
    for holder in _holders(value):
        _left(holder)
        _laboratory(holder, rng)
        _on_the_way(holder, given)
        _stops(holder, view)
    if not isinstance(value, dict):
        return
    if view.writes:
        _planned(value, view, given, known, now, rng)
        _once(value, view, given)
        _within_budget(value, given, now)
    else:
        _next_days(value, given)
    _sun(value, given)
    for name, rows in value.items():
        if isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows):
            _day_after_day(name, rows, view, given, now)
            _of_that_kind(rows, given)
            _of_that_team(rows, known)
            if not view.writes:
                _looked_up(rows, given)


def _holders(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(part, dict | list):
            yield from _holders(part)


def _named(holder: Mapping[str, Any], *words: str) -> str | None:
    """The name of the one number that has one of these words."""
    found = [name for name, part in holder.items() if is_number(part) and set(split_words(name)) & set(words)]
    return found[0] if len(found) == 1 else None


def _left(holder: dict[str, Any]) -> None:
    """What is left is what was granted less what was used."""
    whole, used = _named(holder, "entitled", "granted", "allotted"), _named(holder, "used", "taken", "spent")
    left = _named(holder, "left", "remaining")
    if whole is None or left is None or left == whole:
        return
    if used is not None and used not in (whole, left):
        holder[used] = min(holder[used], holder[whole])
        holder[left] = type(holder[left])(round(holder[whole] - holder[used], 1))
    elif holder[left] > holder[whole]:
        holder[left] = type(holder[left])(round(holder[whole] * 0.6, 1))


def _laboratory(row: dict[str, Any], rng: random.Random) -> None:
    """A laboratory value has its test's unit and size, and a flag only outside the usual range."""
    known = _LABS.get(str(row.get("test_name")))
    if known is None or not is_number(row.get("measured_value")):
        return
    unit, low, high = known
    spread = high - low
    sizes = {"low": (low - spread * 0.2, low), "high": (high, high + spread * 0.4)}
    least, most = sizes.get(str(row.get("flag")), (low + spread * 0.1, high - spread * 0.1))
    row["measured_value"] = round(max(rng.uniform(least, most), 0.1), 1)
    if isinstance(row.get("unit"), str):
        row["unit"] = unit


def _points(given: Mapping[str, Any]) -> list[tuple[float, float]]:
    """The places that a call names by latitude and longitude, in order."""
    found = []
    for part in given.values():
        if isinstance(part, Mapping) and is_number(part.get("latitude")) and is_number(part.get("longitude")):
            found.append((part["latitude"], part["longitude"]))
    return found


def _on_the_way(holder: dict[str, Any], given: Mapping[str, Any]) -> None:
    """A way is about as long as its ends are apart, and takes its time."""
    points = _points(given)
    name = next((name for name, part in holder.items() if is_number(part) and name.endswith("distance_km")), None)
    if len(points) != 2 or name is None:
        return
    (lat, lon), (other_lat, other_lon) = points
    high, wide = math.radians(other_lat - lat), math.radians(other_lon - lon)
    part = math.sin(high / 2) ** 2 + math.cos(math.radians(lat)) * math.cos(math.radians(other_lat)) * (
        math.sin(wide / 2) ** 2
    )
    before = holder[name]
    holder[name] = round(2 * _EARTH_KM * math.asin(math.sqrt(part)) * _DETOUR, 1)
    for other, length in holder.items():
        if is_number(length) and other.endswith("minutes") and before:
            holder[other] = type(length)(max(2, round(length * holder[name] / before)))


def _stops(row: dict[str, Any], view: View) -> None:
    """A flight stops once or twice at most, and each stop takes time."""
    stops = row.get("stop_count")
    start, end = row.get("departure_time"), row.get("arrival_time")
    if not isinstance(stops, int) or "flight" not in view.name:
        return
    row["stop_count"] = stops = stops if stops < 3 else stops % 2
    if isinstance(start, str) and isinstance(end, str) and _MOMENT.fullmatch(start):
        row["arrival_time"] = plus(start, 125 + 5 * (sum(map(ord, start)) % 9) + 95 * stops)


def _planned(
    value: dict[str, Any], view: View, given: Mapping[str, Any], known: Known, now: str, rng: random.Random
) -> None:
    """Moments that follow from the call: a reminder, the end of a share, a meal on its way, a payment on its day."""
    start = known.get(("start", "time"))
    for name, part in value.items():
        if isinstance(part, bool) and re.search(r"recurring|repeat", name):
            value[name] = any(re.search(r"repeat|recur|weekday|days", key) and each for key, each in given.items())
        if not isinstance(part, str) or name in given:
            continue
        if _MOMENT.fullmatch(part):
            before = given.get("minutes_before")
            if "reminder" in name and is_number(before) and isinstance(start, str) and _MOMENT.fullmatch(start):
                value[name] = plus(start, -int(before))
            length = next((each for key, each in given.items() if is_number(each) and key.endswith("_minutes")), None)
            if name.endswith("_until") and length is not None and "start_time" not in given:
                value[name] = plus(now[:19] if len(now) > 10 else f"{now}T09:00:00", int(length))
            if name.endswith("arrival") and re.search("food|dish|meal", view.name):
                first = given.get("deliver_not_before")
                soon = first if isinstance(first, str) and _MOMENT.fullmatch(first) else now
                value[name] = plus(soon, 5 * rng.randint(1 if first else 6, 4 if first else 11))
        elif _DAY.fullmatch(part) and re.search(r"next_(?:payment|run|charge)", name):
            value[name] = next((each for key, each in given.items() if isinstance(each, str)
                                and _DAY.fullmatch(each) and re.search("due|start|first", key)), part)  # fmt: skip


_ONCE = lazy_regex(r"^(?:moved|removed|updated|changed|cancelled)_count$|^(?:reminders_set|events_removed)$")


def _once(value: dict[str, Any], view: View, given: Mapping[str, Any]) -> None:
    """One thing was named, and one was changed."""
    many = any(isinstance(part, list) or (part and re.search(r"whole|scope|all|thread|every|repeat", name))
               for name, part in given.items())  # fmt: skip
    for name, part in value.items():
        if isinstance(part, int) and not isinstance(part, bool) and _ONCE.search(name) and not many:
            value[name] = 1


def _within_budget(value: dict[str, Any], given: Mapping[str, Any], now: str) -> None:
    """What was spent lies within a budget that was set, and the rest is spread over the days that are left."""
    amount, spent = given.get("amount"), value.get("spent_so_far")
    if not is_number(amount) or not is_number(spent):
        return
    while value["spent_so_far"] > amount * 0.8 and amount > 0:
        value["spent_so_far"] = round(value["spent_so_far"] * 0.37, 2)
    if is_number(value.get("daily_allowance")):
        today = datetime.date.fromisoformat(now[:10])
        left = (today.replace(day=28) + datetime.timedelta(days=4)).replace(day=1) - today
        value["daily_allowance"] = round((amount - value["spent_so_far"]) / max(left.days, 1), 2)


def _next_days(value: dict[str, Any], given: Mapping[str, Any]) -> None:
    """The next day of something is no earlier than the day that was asked for."""
    asked = given.get("date")
    for name, part in value.items():
        if name.startswith("next_") and isinstance(part, str) and isinstance(asked, str) and _DAY.fullmatch(part):
            value[name] = max(part, asked)


def _sun(value: dict[str, Any], given: Mapping[str, Any]) -> None:
    """A day is as long as latitude and season make it (within a few minutes), and lies around noon."""
    rise, down, latitude = value.get("sunrise_time"), value.get("sunset_time"), given.get("latitude")
    if not isinstance(rise, str) or not isinstance(down, str) or not is_number(latitude) or len(rise) < 16:
        return
    season = datetime.date.fromisoformat(rise[:10]).timetuple().tm_yday
    tilt = math.radians(-23.44) * math.cos(math.tau * (season + 10) / 365)
    turn = max(-1.0, min(1.0, -math.tan(math.radians(latitude)) * math.tan(tilt)))
    hours = max(0.5, min(23.5, math.degrees(math.acos(turn)) / 7.5))
    noon = 12.3 * 60
    for name, moment in (("sunrise_time", noon - hours * 30), ("sunset_time", noon + hours * 30)):
        clock = int(max(0, min(1439, moment)))
        value[name] = f"{rise[:10]}T{clock // 60:02d}:{clock % 60:02d}:00"
    if is_number(value.get("daylight_hours")):
        value["daylight_hours"] = round(hours, 1)


def _day_after_day(name: str, rows: list[dict[str, Any]], view: View, given: Mapping[str, Any], now: str) -> None:
    """A forecast has a row for each day, the first of them today or the day that was asked for."""
    if "forecast" not in f"{name} {view.name}" or not all(
        isinstance(row.get("date"), str) and _DAY.fullmatch(row["date"]) for row in rows
    ):
        return
    first = next((part for key, part in given.items() if isinstance(part, str) and _DAY.fullmatch(part)), now[:10])
    for place, row in enumerate(rows):
        row["date"] = days_on(first, place)


_PLACES = ("Front door", "Hallway", "Kitchen", "Garden", "Nursery", "Garage")


def _of_that_kind(rows: list[dict[str, Any]], given: Mapping[str, Any]) -> None:
    """Devices of one kind are called so."""
    kind = given.get("device_type")
    for place, row in enumerate(rows):
        told = row.get("device_name")
        if isinstance(kind, str) and isinstance(told, str) and kind.replace("_", " ") not in told.lower():
            row["device_name"] = f"{_PLACES[place % len(_PLACES)]} {kind.replace('_', ' ')}"


def _of_that_team(rows: list[dict[str, Any]], known: Known) -> None:
    """The matches of a team are matches of that team."""
    team = known.get(("team", "name"))
    for place, row in enumerate(rows):
        sides = row.get("home_team"), row.get("away_team")
        if isinstance(team, str) and all(isinstance(side, str) for side in sides) and team not in sides:
            row["home_team" if place % 2 == 0 else "away_team"] = team


def _looked_up(rows: list[dict[str, Any]], given: Mapping[str, Any]) -> None:
    """Who is looked up by a number or an address has it; of a surname alone the rows tell the whole name."""
    for name in ("phone_number", "phone", "email", "email_address"):
        if isinstance(given.get(name), str) and name in rows[0]:
            rows[0][name] = given[name]
            del rows[1:]
    for name, part in rows[0].items():
        if name.endswith("_name") and isinstance(part, str) and part == given.get(name) and " " not in part:
            first = next((row[name].split()[0] for row in rows[1:] if isinstance(row.get(name), str)), "Nadia")
            if re.search("patient|student|employee|tenant|candidate|contact|tutor", name):
                rows[0][name] = f"{first} {part}"
