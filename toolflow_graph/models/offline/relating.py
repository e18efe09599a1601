"""Make a result agree with its call: ends, totals, people told, periods asked for."""

import random
import re
from collections.abc import Iterator, Mapping
from typing import Any

from toolflow_graph.models.offline.binding import leaves, name_of
from toolflow_graph.models.offline.filters import is_number, words_of
from toolflow_graph.models.offline.hints import examples_of
from toolflow_graph.models.offline.periods import days_between, days_on, fit_window, plus
from toolflow_graph.models.offline.sense import make_sense
from toolflow_graph.models.offline.views import View
from toolflow_graph.models.offline.words import split_words
from toolflow_graph.models.offline.world import mail_for
from toolflow_graph.regexes import lazy_regex

_RATES = {"walking": 12.0, "cycling": 4.0, "car": 1.7, "transit": 3.2}
_TOLD = lazy_regex(r"invit|notif|recipient|viewer|cancellations_sent|guests_told|attendee")
_PART = lazy_regex(r"accepted|unhealthy|completed|open_|remote|paywalled|abnormal|active|unread|_open")


def relate(
    value: Any, view: View, arguments: Mapping[str, Any], known: Mapping[tuple[str, ...], Any], now: str,
    rng: random.Random,
) -> Any:  # fmt: skip
    """The result with its numbers and moments tied to the call's; ``known`` is what earlier results say of its ids."""
    given = {name_of(path): part for path, part in leaves(dict(arguments)) if path}
    for holder in _dicts(value):
        _nights(holder, given)
        _over(holder)
        _described(holder, view)
        _reported(holder, view)
        _ends(holder, given, view, rng)
        _routes(holder, given, view)
        _ranges(holder)
        _mails(holder, given, rng)
        _parts(holder)
    if isinstance(value, dict):
        _counted(value, arguments, view)
        _daylight(value, rng)
        _estate(value, given)
        _series(value, given)
        _people(value, given)
        _price(value, view, given, known)
        _mortgage(value, given)
        _pay(value)
        _exchange(value, given, rng)
        rate, amount = value.get("exchange_rate"), given.get("amount")
        if "reimbursable_amount" in value and is_number(amount):
            value["reimbursable_amount"] = amount
        rows = [row for part in value.values() if isinstance(part, list) for row in part if isinstance(row, dict)]
        prices = sorted(row["amount"] for row in rows if is_number(row.get("amount")))
        if prices and is_number(value.get("median_price")):
            value["median_price"] = prices[len(prices) // 2]
        accounts = [row["available_balance"] for row in rows if is_number(row.get("available_balance"))]
        if "net_worth" in value and accounts:
            value["net_worth"] = round(sum(accounts), 2)
        if is_number(rate) and is_number(amount) and "converted_amount" in value:
            value["converted_amount"] = round(rate * amount, 2)
    make_sense(value, view, {**arguments, **given}, known, now, rng)
    fit_window(value, given, view, now)
    _ranked(value)
    _weather(value, view)
    return value


def _ranked(value: Any) -> None:
    """Rows of a table stand in the order of their ranks, what they are ranked by falls from row to row."""
    for rows in value.values() if isinstance(value, dict) else ():
        if not isinstance(rows, list) or len(rows) < 2 or not all(isinstance(row, dict) for row in rows):
            continue
        rank = next((name for name in rows[0] if name in ("rank", "position", "table_position", "ranking")), None)
        if rank is None:
            continue
        for place, row in enumerate(rows):
            row[rank] = place + 1
        for name in ("points", "minutes_played", "article_volume", "play_count"):
            if all(is_number(row.get(name)) for row in rows):
                for row, part in zip(rows, sorted((row[name] for row in rows), reverse=True), strict=True):
                    row[name] = part


def _weather(value: Any, view: View) -> None:
    """Neighbouring hours and days are about as warm, and snow needs frost."""
    for rows in value.values() if isinstance(value, dict) else ():
        if not isinstance(rows, list) or len(rows) < 2 or not all(isinstance(row, dict) for row in rows):
            continue
        warm = [name for name, part in rows[0].items() if "temperature" in name and isinstance(part, float)]
        for row in rows[1:]:
            for name in warm:
                if is_number(row.get(name)):
                    row[name] = round(rows[0][name] + (row[name] - rows[0][name]) * 0.2, 1)
        for row in rows if warm else ():
            low, high = (next((name for name in warm if name.startswith(side)), "") for side in ("low_", "high_"))
            if low and high and row[low] > row[high]:
                row[low], row[high] = row[high], row[low]
            for name, part in row.items():
                if part == "snow" and max(row[one] for one in warm) > 3:
                    row[name] = "overcast"


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from _dicts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _dicts(part)


def _reported(holder: dict[str, Any], view: View) -> None:
    """The text of an article is about its headline."""
    headline = holder.get("headline", holder.get("title"))
    for name in ("body_text", "article_text"):
        part = holder.get(name)
        if isinstance(headline, str) and isinstance(part, str):
            words = set(re.findall(r"[a-z]{5,}", headline.lower()))
            if not words & set(re.findall(r"[a-z]{5,}", part.lower())):
                holder[name] = f"{headline}. Officials said that more details would follow in the coming days."


def _described(holder: dict[str, Any], view: View) -> None:
    """A description is that of the thing: of the schema's examples the one that speaks of what the title names."""
    for name, part in holder.items():
        prefix = name.removesuffix("description")
        title = next(
            (holder[key] for key in (f"{prefix}title", f"{prefix}name") if isinstance(holder.get(key), str)), None
        )
        if prefix == name or title is None or not isinstance(part, str):
            continue
        leaf = next((leaf for leaf in view.returns if leaf.field.name == name), None)
        told = [text for text in examples_of(leaf.schema) if isinstance(text, str)] if leaf else []
        words = set(re.findall(r"[a-z]{4,}", title.lower()))
        best = max(told, key=lambda text: len(words & set(re.findall(r"[a-z]{4,}", text.lower()))), default="")
        if len(told) > 1 and words & set(re.findall(r"[a-z]{4,}", best.lower())):
            holder[name] = best
        elif len(told) > 1 and re.search("product|item", name):
            holder[name] = f"{title}, tried and tested, with a two-year guarantee."


_IN_DOLLARS = {"USD": 1.0, "EUR": 1.08, "GBP": 1.27, "CHF": 1.12, "CAD": 0.73, "AUD": 0.66, "SEK": 0.095, "NOK": 0.093,
               "DKK": 0.145, "PLN": 0.25, "CZK": 0.043, "JPY": 0.0067, "KRW": 0.00073, "COP": 0.00025, "ZAR": 0.054,
               "INR": 0.012, "CNY": 0.14, "BRL": 0.18, "MXN": 0.055}  # fmt: skip


def _exchange(value: dict[str, Any], given: Mapping[str, Any], rng: random.Random) -> None:
    """A rate between two well-known currencies is about what it is."""
    codes = [part for part in given.values() if isinstance(part, str) and part in _IN_DOLLARS]
    codes += [part for part in value.values() if isinstance(part, str) and part in _IN_DOLLARS and part not in codes]
    rates = value.get("rates")
    if isinstance(rates, dict) and codes:
        for code in [code for code in rates if code in _IN_DOLLARS and is_number(rates[code])]:
            rates[code] = round(_IN_DOLLARS[codes[0]] / _IN_DOLLARS[code] * rng.uniform(0.98, 1.02), 4)
            if code == codes[0]:
                del rates[code]
    if is_number(value.get("exchange_rate")) and len(codes) > 1:
        value["exchange_rate"] = round(_IN_DOLLARS[codes[0]] / _IN_DOLLARS[codes[1]] * rng.uniform(0.97, 1.03), 4)


def _over(holder: dict[str, Any]) -> None:
    """Nothing is left of what has been delivered."""
    if {"delivered", "completed", "arrived", "finished"} & {part for part in holder.values() if isinstance(part, str)}:
        for name, part in holder.items():
            if is_number(part) and re.search(r"(?:^|_)(?:left|remaining)$|courier_distance", name):
                holder[name] = type(part)(0)


def _nights(holder: dict[str, Any], given: Mapping[str, Any]) -> None:
    """As many nights as lie between the days of a stay."""
    first, last = (given.get(name, holder.get(name)) for name in ("check_in_date", "check_out_date"))
    nights = days_between(first, last) if isinstance(first, str) and isinstance(last, str) else None
    for name, part in holder.items():
        if nights and is_number(part) and re.fullmatch(r"(?:number_of_)?nights?(?:_count)?", name):
            holder[name] = nights


def _counted(value: dict[str, Any], arguments: Mapping[str, Any], view: View) -> None:
    """A count of what was given is as high as what was given: "devices_included" for three device settings."""
    lists = {words_of(name): len(part) for name, part in arguments.items() if isinstance(part, list)}
    for name, part in value.items() if view.writes else ():
        if isinstance(part, int) and not isinstance(part, bool):
            for words, count in lists.items():
                if words & words_of(name) and re.search(r"count|included|added|number|total|sent", name):
                    value[name] = count


def _ends(holder: dict[str, Any], given: Mapping[str, Any], view: View, rng: random.Random) -> None:
    """An end lies the given length after its start; events without one take an hour or so."""
    start, end = holder.get("start_time"), holder.get("end_time")
    if not isinstance(start, str) or not isinstance(end, str) or len(start) < 16 or given.get("end_time") == end:
        return
    minutes = next((part for name, part in given.items() if is_number(part) and name.endswith("minutes")
                    and re.search("duration|session|meeting|length|slot|interview", name)), None)  # fmt: skip
    if minutes is None and re.search(r"calendar|event|session|slot|interview|appointment|lesson|meeting", view.name):
        minutes = rng.choice((30, 45, 60, 60, 90))
    if minutes is not None:
        holder["end_time"] = plus(start, int(minutes))


def _routes(holder: dict[str, Any], given: Mapping[str, Any], view: View) -> None:
    """Time on the way follows from its length and the means."""
    way = next(
        (part for name, part in holder.items() if is_number(part) and re.search(r"(distance|length)_km$", name)), None
    )
    metres = next((part for name, part in holder.items() if is_number(part) and re.search(r"distance_m$", name)), None)
    mode = given.get("travel_mode", "walking" if "walk" in view.name else "car")
    rate = _RATES.get(str(mode), 1.7)
    for name, part in holder.items():
        if not is_number(part) or not name.endswith("minutes"):
            continue
        if way is not None and re.search(r"drive|travel|walk|ride|trip", name):
            holder[name] = type(part)(max(2, round(way * (12 if "walk" in name else rate) + (4 if rate < 4 else 0))))
        elif metres is not None and "walk" in name:
            holder[name] = type(part)(max(1, round(metres / 80)))
    if is_number(holder.get("slowest_minutes")):
        usual = next(
            (part for name, part in holder.items() if is_number(part) and re.search("drive|travel", name)), None
        )
        if usual is not None:
            holder["slowest_minutes"] = type(holder["slowest_minutes"])(round(usual * 1.4))
    for name, part in holder.items():
        if re.search(r"radius_m$", name) and is_number(given.get("walking_radius_m")) and is_number(part):
            holder[name] = given["walking_radius_m"]
    limit = given.get("radius_km", given.get("search_radius_km"))
    reach = given.get("walking_radius_m")
    for name, part in holder.items():
        for most, ending in ((limit, "distance_km"), (reach, "distance_m")):
            if is_number(most) and most and name.endswith(ending) and is_number(part) and part > most:
                near = most * (0.35 + 0.6 * (part * 7 % 10) / 10)
                holder[name] = round(near, 1) if ending == "distance_km" else round(near)


def _ranges(holder: dict[str, Any]) -> None:
    """Low ends lie below high ends."""
    for low, high in (("low", "high"), ("lower", "upper"), ("lowest", "highest"), ("recorded_low", "recorded_high")):
        lows = [name for name in holder if name.startswith(f"{low}_") or name == low]
        highs = [name for name in holder if name.startswith(f"{high}_") or name == high]
        for one, other in zip(lows[:1], highs[:1], strict=False):
            a, b = holder[one], holder[other]
            if is_number(a) and is_number(b) and a > b:
                holder[one], holder[other] = b, a
    now, least = holder.get("current_price", holder.get("last_price")), holder.get("lowest_price_seen")
    if is_number(now) and is_number(least):
        holder["lowest_price_seen"] = round(now * 0.86, 2)
    if {"latest_value", "average_value", "peak_value"} <= set(holder):
        order = sorted((holder["latest_value"], holder["average_value"], holder["peak_value"]))
        holder["average_value"], holder["latest_value"], holder["peak_value"] = order


def _mails(holder: dict[str, Any], given: Mapping[str, Any], rng: random.Random) -> None:
    """A person's address is made of the person's name."""
    mails = [name for name, part in holder.items() if name in ("email", "work_email", "email_address")
             and isinstance(part, str) and part not in given.values()]  # fmt: skip
    names = {name: part for name, part in holder.items() if name.endswith("_name") and isinstance(part, str)
             and len(part.split()) == 2 and re.sub("[ '-]", "", part).isalpha()}  # fmt: skip
    own = re.search("employee|contact|engineer|patient|tenant|student|full", next(iter(names), ""))
    if len(mails) == 1 and names and (len(names) == 1 or own or "full_name" in given):
        holder[mails[0]] = mail_for(str(given.get("full_name", next(iter(names.values())))), rng)


def _parts(holder: dict[str, Any]) -> None:
    """A count of some of the rows is no more than the rows."""
    lists = [part for part in holder.values() if isinstance(part, list) and part and isinstance(part[0], dict | str)]
    if len(lists) == 1:
        for name, part in holder.items():
            if isinstance(part, int) and not isinstance(part, bool) and name.endswith("_count") and _PART.search(name):
                holder[name] = min(part, len(lists[0]))


def _people(value: dict[str, Any], given: Mapping[str, Any]) -> None:
    """As many are told as were named."""
    people = next((part for name, part in given.items() if isinstance(part, list)
                   and re.search(r"attendee|guest|recipient|viewer|email|share_with", name)), None)  # fmt: skip
    for name, part in value.items():
        if isinstance(part, int) and not isinstance(part, bool) and _TOLD.search(name):
            if given.get("notify_guests") is False and "notified" in name:
                value[name] = 0
                continue
            if people is not None:
                value[name] = len(people)
            elif re.search("invitations_sent", name) and "email" not in given:
                value[name] = 0
        if isinstance(part, list) and name.startswith(("conflicting", "already")) and people is not None:
            value[name] = []


def _quantity(given: Mapping[str, Any]) -> int:
    for name, part in given.items():
        words = split_words(name)
        if isinstance(part, int) and not isinstance(part, bool) and 0 < part < 1000 and (
            set(words) & {"quantity", "seats", "tickets"} or words in (("seat", "count"), ("share", "count"))
        ):  # fmt: skip
            return part
    return 1


def _price(value: dict[str, Any], view: View, given: Mapping[str, Any], known: Mapping[tuple[str, ...], Any]) -> None:
    """What is bought costs its price times the quantity."""
    if not view.writes or view.phrase.verb in ("cancel", "return", "change", "refund", "move", "grade"):
        return
    price = next((part for words, part in known.items() if is_number(part) and part > 0
                  and set(words) & {"price", "fare", "amount"}), None)  # fmt: skip
    for name, part in value.items():
        if (
            price is not None
            and name in ("amount", "total_price", "order_total")
            and is_number(part)
            and name not in given
        ):
            passengers = given.get("passengers")
            count = len(passengers) if isinstance(passengers, list) else _quantity(given)
            value[name] = round(price * count, 2)


def _mortgage(value: dict[str, Any], given: Mapping[str, Any]) -> None:
    price, years, rate = given.get("amount"), given.get("term_years"), given.get("interest_rate_percent")
    if "monthly_payment" not in value or not (is_number(price) and is_number(years) and is_number(rate)):
        return
    own = given.get("down_payment")
    loan = float(price) - (float(own) if is_number(own) and own < price else 0)
    month, count = float(rate) / 1200, int(years) * 12
    due = loan / count if not month else loan * month / (1 - (1 + month) ** -count)
    value["monthly_payment"] = round(due, 2)
    if "total_interest" in value:
        value["total_interest"] = round(due * count - loan, 2)
    if "loan_to_value_percent" in value:
        value["loan_to_value_percent"] = round(100 * loan / float(price), 1)


def _daylight(value: dict[str, Any], rng: random.Random) -> None:
    """The sun rises in the morning and sets after as many hours as the day is said to have."""
    rise, down, hours = (value.get(name) for name in ("sunrise_time", "sunset_time", "daylight_hours"))
    if isinstance(rise, str) and isinstance(down, str) and len(rise) > 15 and len(down) > 15:
        long = float(hours) if is_number(hours) else 12.0
        morning = round((12.6 - long / 2) * 60) + rng.randint(-8, 8)
        value["sunrise_time"] = f"{rise[:10]}T{morning // 60:02d}:{morning % 60:02d}:00"
        value["sunset_time"] = plus(value["sunrise_time"], round(long * 60))
    high = value.get("high_tide_time")
    if isinstance(high, str) and isinstance(value.get("low_tide_time"), str) and len(high) > 15:
        value["low_tide_time"] = plus(high, 372)
    if isinstance(value.get("peak_uv_time"), str):
        value["peak_uv_time"] = re.sub(
            r"\d\d:\d\d", f"13:{rng.randrange(0, 50, 10):02d}", value["peak_uv_time"], count=1
        )


_STEPS = {"day": 1, "week": 7, "two_weeks": 14, "month": 30, "year": 365}


def _estate(value: dict[str, Any], given: Mapping[str, Any]) -> None:
    """An estimate lies between its ends, a price per square metre follows from the area."""
    middle, area = value.get("amount"), given.get("living_area_m2")
    if is_number(middle) and {"lower_estimate", "upper_estimate"} <= set(value):
        value["lower_estimate"], value["upper_estimate"] = round(middle * 0.93), round(middle * 1.06)
        if is_number(area) and area and "price_per_m2" in value:
            value["price_per_m2"] = round(middle / area)


def _series(value: dict[str, Any], given: Mapping[str, Any]) -> None:
    """As many events as were asked for, the last one as many steps after the first."""
    count, start, step = given.get("repeat_count"), given.get("start_time"), _STEPS.get(str(given.get("repeat_every")))
    if isinstance(count, int) and "events_created" in value:
        value["events_created"] = count
    made = value.get("events_created")
    if isinstance(made, int) and isinstance(start, str) and step and isinstance(value.get("last_occurrence"), str):
        last = days_on(start[:10], step * (made - 1)) + start[10:]
        value["last_occurrence"] = last[: len(value["last_occurrence"])]


def _pay(value: dict[str, Any]) -> None:
    gross, tax, net = (value.get(name) for name in ("gross_pay", "tax_withheld", "amount"))
    if is_number(gross) and is_number(tax) and is_number(net) and gross > tax:
        value["amount"] = round(gross - tax, 2)
