"""The tool role: a valid result that agrees with the call and with what the dialogue already holds."""

import copy
import dataclasses
import datetime
import json
import re
from collections.abc import Mapping
from typing import Any

from toolflow_graph.models.briefs import ToolBrief
from toolflow_graph.models.offline import pools
from toolflow_graph.models.offline.agreeing import agree, spread_days
from toolflow_graph.models.offline.binding import leaves, name_of, names_match
from toolflow_graph.models.offline.echoing import echo, query_of, titles_for
from toolflow_graph.models.offline.failing import fail, without_items
from toolflow_graph.models.offline.fields import Field, field_of
from toolflow_graph.models.offline.generate import MISSING, make_valid
from toolflow_graph.models.offline.phrases import head_noun
from toolflow_graph.models.offline.relating import relate
from toolflow_graph.models.offline.saying import parse_now
from toolflow_graph.models.offline.scales import amount_span
from toolflow_graph.models.offline.values import estate_price, kind_value, new_id
from toolflow_graph.models.offline.views import View, noun_of, plain_path, view_of
from toolflow_graph.models.offline.words import is_plural, singularise, split_words
from toolflow_graph.models.offline.world import PLACES, Cast, build_cast
from toolflow_graph.randomness import derive_rng
from toolflow_graph.schemas import schema_errors

_SHARED = {"city", "country", "country_code", "currency", "language_code", "timezone", "enum", "date", "ticker"}
_TELLING = (
    "id",
    "title",
    "person",
    "money",
    "date",
    "datetime",
    "status",
    "enum",
    "email",
    "count",
    "temperature",
    "rating",
)
_GOOD = ("confirmed", "ticketed", "booked", "created", "active", "completed", "complete", "success", "succeeded", "ok",
         "accepted", "approved",
         "scheduled", "sent", "done", "saved", "submitted", "open", "on_time", "available", "running", "healthy",
         "valid", "paid",
         "delivered", "in_stock", "registered", "enrolled", "applied", "online", "live", "published", "ready",
         "placed", "queued",
         "processing", "pending", "received", "normal", "upcoming", "enabled", "requested", "deployed", "updated",
         "connected")  # fmt: skip
_BAD = re.compile(r"fail|error|reject|cancel|declin|block|expire|invalid|unknown|refus|no_show|not_|closed|"
                  r"denied|lost|suspend|"
                  r"insufficient|unavailable|offline|archiv|delet|paus|dropped|overdue|jam|void|aborted|"
                  r"withdrawn|unreachable|missed")  # fmt: skip
_HANDED_IN = ("submitted", "received", "pending", "under_review", "awaiting_approval", "queued", "open", "in_review")
_ENDING = {"cancel": ("cancel", "refund", "released"), "delete": ("delet", "remov"), "remove": ("remov", "delet"),
           "freeze": ("frozen", "block"), "stop": ("stop", "paus", "ended"), "reject": ("reject",),
           "withdraw": ("withdraw",),
           "archive": ("archiv",), "pause": ("paus",), "close": ("closed",), "roll": ("rolled", "rollback"),
           "turn": ("on", "active")}  # fmt: skip


_FAILURE = re.compile(r"(?:error|exception|fault)s?(?:[_ ]?(?:code|message|msg|type|text|description|detail)s?)?", re.I)


def simulate(brief: ToolBrief) -> dict[str, Any]:
    """The result of ``brief.call`` as the tool role's reply."""
    view, call = view_of(brief.tool), brief.call
    if brief.mishap is not None and brief.mishap.kind != "empty":
        return {"ok": False, "error": fail(view, call, brief.mishap)}
    if not view.writes and brief.mishap is None:
        for earlier, result in brief.history:
            if earlier.name == call.name and earlier.arguments == call.arguments and result.ok:
                return {"ok": True, "result": result.value}
    schema = brief.tool.returns
    if not schema:
        value = _free_result(brief, view)
        return {"ok": True, "result": without_items(value) if brief.mishap else value}
    value = _generate(brief, view, schema)
    return {"ok": True, "result": without_items(value) if brief.mishap else value}


def _generate(brief: ToolBrief, view: View, schema: Mapping[str, Any]) -> Any:
    scene, call = brief.scene, brief.call
    rng = derive_rng(
        scene.random_seed, "offline", "tool", call.name, call.arguments, len(brief.history) if view.writes else 0
    )
    cast = _there(build_cast(scene.random_seed, scene.now), call.arguments)
    given = [(path, value) for path, value in leaves(call.arguments) if path]
    known = _known(brief)
    top = next((value for path, value in given if re.search(r"max|ceiling|highest|budget|upto|_cap$", name_of(path))
                and isinstance(value, int | float) and not isinstance(value, bool)), None)  # fmt: skip
    asked_day = next((value for path, value in given if re.fullmatch(r"\d{4}-\d\d-\d\d", str(value))
                      and split_words(name_of(path))[-1] in ("date", "day", "on")
                      and not re.search("birth|since|until|before|after", name_of(path))), "")  # fmt: skip
    size = len(view.returns)
    about = f"{view.name} {view.phrase.text}".replace("_", " ").lower()

    def leaf(meaning: Field, part: Mapping[str, Any], path: str) -> Any:
        # Text under such a name would make the result read as a failure.
        if _FAILURE.fullmatch(meaning.name) and part.get("type") == "string" and "enum" not in part:
            return ""
        listed = "[" in path
        own_item = (
            meaning.kind in ("id", "uuid")
            and listed
            and meaning.entity
            and _item_noun(path).endswith(meaning.entity.split(" ")[-1])
        )
        for where, value in given:
            if names_match(name_of(where), meaning.name) and not own_item:
                first = "[0]" in path and meaning.kind in (
                    "person",
                    "title",
                    "last_name",
                    "first_name",
                    "company",
                    "email",
                )
                if not listed or meaning.kind in _SHARED or meaning.kind == "id" or first:
                    return value
        if meaning.listed and re.search(
            r"reject|fail|error|conflict|invalid|unavailable|skipped|missing|unknown|warning|unmatched", path.lower()
        ):
            return []
        if meaning.kind in ("address", "city", "location") and not listed:
            for where, value in given:
                if (
                    split_words(meaning.name)[-1:] == split_words(name_of(where))[-1:]
                    and isinstance(value, str)
                    and "origin" not in where
                ):
                    return value
        if (
            not listed
            and (found := known.get(split_words(meaning.name), MISSING)) is not MISSING
            and meaning.kind != "status"
            and not (view.writes and meaning.kind in ("id", "uuid", "enum", "datetime", "date", "money"))
        ):
            return found
        if meaning.kind == "time" and not listed:
            own = {word for word in split_words(meaning.name) if word not in ("time", "local", "at")}
            for where, value in given:
                if (
                    isinstance(value, str)
                    and re.fullmatch(r"\d\d:\d\d", value)
                    and own & set(split_words(name_of(where)))
                ):
                    return value
        if meaning.kind == "location" and not re.search("calendar|event|meeting|tutor|interview|session", view.name):
            return kind_value(meaning, rng, cast, True)
        if meaning.kind == "datetime" and not meaning.past and not listed:
            planned = [
                value for _, value in given if isinstance(value, str) and re.fullmatch(r"[-\d]{10}T[:\d]{5,8}", value)
            ]
            if len(planned) == 1 and re.search(
                "confirmed|planned|scheduled|agreed|next moment", meaning.description.lower()
            ):
                return planned[0]
            clock = [value for _, value in given if isinstance(value, str) and re.fullmatch(r"\d\d:\d\d", value)]
            if len(clock) == 1 and not planned:
                return f"{asked_day or cast.day.isoformat()}T{clock[0]}:00"
        if meaning.kind == "datetime" and not meaning.past and asked_day:
            return f"{asked_day}T{rng.randint(9, 19):02d}:{rng.choice((0, 15, 30, 45)):02d}:00"
        if meaning.kind == "count" and listed and (most := _ceiling(meaning, given)) is not None:
            return rng.randint(0, most)
        if meaning.name == "alert_area":
            return f"{cast.place.region} region"
        if meaning.name == "amount" and (span := amount_span(about)) and not (top and listed):
            return round(int(rng.uniform(*span)) + rng.choice((0, 0.5, 0.9, 0.25)), 2)
        if meaning.kind == "money" and top and listed:
            return round(top * rng.uniform(0.45, 0.98), 2) if top > 5 else MISSING
        if (price := estate_price(view, meaning, rng)) is not None:
            return price // 2500 * 10 if any(part == "rent" for _, part in given) else price
        if meaning.kind == "enum" and (options := part.get("enum")):
            return _status(options, meaning, view, rng, listed, [v for _, v in given])
        if meaning.kind == "bool" and not listed:
            return not re.search(
                r"error|fail|cancel|deleted|expired|blocked|delay|has_more|truncat|full|sold|breach|empty|overdue|late\b|duplicate|fee",
                meaning.name,
            )
        if meaning.kind == "datetime" and meaning.past and not listed and not view.past:
            return scene_now(scene.now)
        return MISSING

    def include(meaning: Field, part: Mapping[str, Any], path: str) -> bool:
        if path.count(".") > 2 or _FAILURE.fullmatch(meaning.name):
            return False
        if size <= 26:
            return True
        if "." not in path and "[" not in path:
            chance = 0.9 if meaning.listed else min(1.0, 20 / size) * (1.5 if meaning.kind in _TELLING else 0.7)
        else:
            chance = min(1.0, 14 / size) if meaning.kind in _TELLING else 0.0
        return derive_rng(meaning.name, plain_path(path)).random() < chance

    value = make_valid(
        schema, rng, cast, leaf=leaf, include=include, result=True, closed=False, owner=noun_of(view.phrase)
    )
    dated = any(isinstance(part, str) and re.match(r"\d{4}-\d\d-\d\d", part) for _, part in given)
    better = copy.deepcopy(value) if dated else spread_days(copy.deepcopy(value), scene.now, rng.randint(1, 3))
    better = relate(agree(echo(better, call.arguments, view, rng)), view, call.arguments, known, scene.now, rng)
    for attempt in (agree(copy.deepcopy(better)), better):
        if not schema_errors(attempt, schema, closed=False, limit=1):
            value = attempt
            break
    if len(json.dumps(value)) > 3900:
        smaller = make_valid(schema, rng, cast, leaf=leaf, result=True, closed=False, owner=noun_of(view.phrase))
        value = min((value, smaller), key=lambda one: len(json.dumps(one)))
    return value


def _there(cast: Cast, arguments: dict[str, Any]) -> Cast:
    """The cast, moved to the city that the call names."""
    texts = {value for _, value in leaves(arguments) if isinstance(value, str)}
    place = next((place for place in PLACES if place.city in texts and place != cast.origin), None)
    return dataclasses.replace(cast, place=place) if place else cast


def _ceiling(meaning: Field, given: list[tuple[str, Any]]) -> int | None:
    """The most that the call allows of what a field counts ("max_stops" for "stop_count")."""
    own = {singularise(word) for word in split_words(meaning.name)} - {"count", "number", "total"}
    for path, value in given:
        words = split_words(name_of(path))
        if words[0] in ("max", "maximum") and isinstance(value, int) and own & {singularise(word) for word in words}:
            return max(value, 0)
    return None


def scene_now(now: str) -> str:
    """The present as a moment without offset."""
    return parse_now(now).replace(microsecond=0).isoformat()


def _item_noun(path: str) -> str:
    return singularise(" ".join(split_words(path.split("[")[0].split(".")[-1])))


def _known(brief: ToolBrief) -> dict[tuple[str, ...], Any]:
    """What earlier results say of the entities that the call names by id."""
    ids = {value for path, value in leaves(brief.call.arguments)
           if isinstance(value, str) and re.search(r"\d", value) and len(value) > 3 and "@" not in value}  # fmt: skip
    found: dict[tuple[str, ...], Any] = {}
    for _, result in brief.history:
        if result.ok and ids:
            _collect(result.value, ids, found)
    return found


def _collect(value: Any, ids: set[str], found: dict[tuple[str, ...], Any]) -> None:
    if isinstance(value, dict):
        own = [part for name, part in value.items() if isinstance(part, str) and part in ids]
        if own:
            for name, part in value.items():
                if not isinstance(part, dict | list) and part not in ids:
                    found.setdefault(split_words(name), part)
        for part in value.values():
            _collect(part, ids, found)
    elif isinstance(value, list):
        for part in value:
            _collect(part, ids, found)


def _status(options: list[Any], meaning: Field, view: View, rng: Any, listed: bool, given: list[Any]) -> Any:
    texts = [option for option in options if isinstance(option, str)]
    if not texts or not re.search(
        r"status|state|result|outcome|stage|phase|health|decision|answer", meaning.name.lower()
    ):
        return MISSING
    verb = view.phrase.verb
    ends = _ENDING.get(verb, ())
    if view.writes and not listed:
        for value in given:
            stem = value.lower().rstrip("e") if isinstance(value, str) and 2 < len(value) < 20 else ""
            for option in texts:
                if stem and option.lower().startswith(stem):
                    return option
    for option in texts:
        if any(word in option.lower() for word in ends):
            return option
    good = [option for option in texts if option.lower() in _GOOD]
    fine = [option for option in texts if not _BAD.search(option.lower())] or texts
    if view.writes and verb in ("submit", "apply", "propose", "request", "report"):
        first = [option for option in texts if option.lower() in _HANDED_IN]
        if first:
            return min(first, key=lambda option: _HANDED_IN.index(option.lower()))
    if view.writes or not listed:
        return (
            min(good, key=lambda option: _GOOD.index(option.lower()))
            if good and view.writes
            else fine[0]
            if view.writes
            else rng.choice(good or fine)
        )
    return rng.choice(fine)


def _free_result(brief: ToolBrief, view: View) -> dict[str, Any]:
    """A small sensible object for a tool that does not say what it returns."""
    rng = derive_rng(brief.scene.random_seed, "offline", "tool", brief.call.name, brief.call.arguments)
    echo = {name: value for name, value in brief.call.arguments.items()
            if isinstance(value, str | int | float) and not isinstance(value,
            bool) and len(str(value)) < 60}  # fmt: skip
    echo = dict(list(echo.items())[:3])
    noun = head_noun(view.phrase.thing)
    last = singularise(noun.split(" ")[-1]) if noun else "item"
    if view.writes:
        return {**echo, "id": new_id(last, rng), "status": "completed"}
    if is_plural(noun) or view.phrase.verb in ("list", "search", "find", "browse", "query"):
        titles = rng.sample(pools.TITLES, rng.randint(2, 3))
        if query := query_of(brief.call.arguments):
            titles = titles_for(query, last, len(titles))
        rows = [{"id": new_id(last, rng), "title": title, "updated_on": _day(brief, rng)} for title in titles]
        return {**echo, "results": rows, "count": len(rows)}
    if re.match(r"(if|whether)\b", view.phrase.rest):
        return {**echo, "answer": "yes"}
    if re.search(r"\b(time|date|day)\b", noun):
        return {**echo, "current_time": scene_now(brief.scene.now)}
    name = "_".join(split_words(noun)[-3:])
    meaning = field_of(name or "result", {"type": "string"})
    if name and meaning.kind in (
        "version",
        "city",
        "country",
        "address",
        "url",
        "company",
        "domain",
        "timezone",
        "currency",
        "condition",
    ):
        return {**echo, name: kind_value(meaning, rng, build_cast(brief.scene.random_seed, brief.scene.now), True)}
    if re.search(r"price|rate|cost|value|amount|number|count|score|sum|result|balance", noun):
        return {**echo, "value": round(rng.uniform(3, 480), 2)}
    return {**echo, "summary": rng.choice(pools.SENTENCES), "updated_on": _day(brief, rng)}


def _day(brief: ToolBrief, rng: Any) -> str:
    return (parse_now(brief.scene.now).date() - datetime.timedelta(days=rng.randint(1, 40))).isoformat()
