"""Results of tools that do not say what they return: a small record or a short list, told by the tool's own words."""

import datetime
import random
import re
from typing import Any

from toolflow_graph.models.briefs import ToolBrief
from toolflow_graph.models.offline import pools
from toolflow_graph.models.offline.draws import draw_for
from toolflow_graph.models.offline.echoing import query_of, titles_for
from toolflow_graph.models.offline.fields import field_of
from toolflow_graph.models.offline.filters import MOST_ROWS, limit_of
from toolflow_graph.models.offline.hints import holds_place
from toolflow_graph.models.offline.lexicon import words_for
from toolflow_graph.models.offline.phrases import head_noun
from toolflow_graph.models.offline.results import scene_now
from toolflow_graph.models.offline.saying import parse_now
from toolflow_graph.models.offline.values import kind_value, name_for, new_id
from toolflow_graph.models.offline.views import View
from toolflow_graph.models.offline.words import is_plural, singularise, split_words
from toolflow_graph.models.offline.world import build_cast
from toolflow_graph.regexes import lazy_regex

_LISTING = ("list", "search", "find", "browse", "query", "discover", "recommend")
_FIGURE = lazy_regex(r"\b(?:price|rate|cost|value|amount|number|count|score|sum|balance|distance|percentage|volume|statistics?|"
                     r"stats|capitali[sz]ation|fundamentals?|ohlcv|metrics?|index|ratio|return|yield|supply|figures?)\b", re.I)  # fmt: skip
_TOLD = ("version", "city", "country", "address", "url", "company", "domain", "timezone", "currency", "condition", "email",
         "phone", "person")  # fmt: skip
_MARKET = lazy_regex(r"\b(?:stocks?|tickers?|crypto|coins?|earnings|share price|quotes?|bonds?|futures)\b")
_TEXT = lazy_regex(r"\b(?:lyrics|jokes?|quotes?|facts?|trivia|definitions?|meaning|translation|html|text|content|transcript|"
                   r"passage|paragraph)\b")  # fmt: skip


def loose_result(brief: ToolBrief, view: View, salt: int = 0) -> dict[str, Any]:
    """A small sensible object for a tool that does not say what it returns."""
    rng = draw_for(brief.scene, "tool", brief.call.name, brief.call.arguments, salt=salt)
    plain = {name: value for name, value in brief.call.arguments.items() if _worth_echoing(name, value)}
    echo = dict(list(plain.items())[:3])
    noun = head_noun(view.phrase.thing)
    last = singularise(noun.split(" ")[-1]) if noun else "item"
    if view.writes:
        made = {} if any(field_of(key, {}).kind == "id" for key in plain) else {"id": new_id(last, rng)}
        return {**echo, **made, "status": "completed"}
    if view.phrase.verb in ("convert", "translate", "transform", "encode", "decode", "geocode", "reverse"):
        return {**echo, "result": _converted(brief, view, rng)}
    if re.search(r"\bcontents?\b", noun):
        return {**echo, "content": rng.choice(words_for(("content",)))}
    if (
        (is_plural(noun) and not re.search(r"\b(?:details|settings|preferences)$", noun))
        or view.phrase.verb in _LISTING
        or re.search(r"\b(?:listing|tree|director(?:y|ies))\b", noun)
    ):
        rows = _rows(brief, view, last, rng)
        if _lists_files(view):
            return {**echo, "files": rows, "count": len(rows)}
        return {**echo, "results": rows, "count": len(rows)}
    if re.match(r"(if|whether)\b", view.phrase.rest):
        return {**echo, "answer": "yes"}
    if re.search(r"\b(time|date|day)\b", noun):
        return {**echo, "current_time": scene_now(brief.scene.now)}
    name = "_".join(split_words(noun)[-3:])
    if name and (value := _told(name, brief, rng)) is not None:
        return {**echo, name: value}
    if _FIGURE.search(noun):
        return {**echo, "value": round(rng.uniform(3, 480), 2), "date": _last_day(brief) or _day(brief, rng)}
    if _MARKET.search(f"{view.name} {view.phrase.text}".replace("_", " ").lower()):
        price = round(rng.uniform(24, 310), 2)
        return {**echo, "price": price, "currency": "USD", "date": _last_day(brief) or _day(brief, rng)}
    return {**echo, **_record(brief, view, last, rng)}


def loose_text(brief: ToolBrief, view: View, salt: int = 0) -> str:
    """The same in a sentence, for a tool that answers with text of any kind."""
    plain = loose_result(brief, view, salt)
    rows = plain.get("results")
    if isinstance(rows, list):
        return f"Found {len(rows)}: " + "; ".join(str(row["title"]) for row in rows)
    parts = [
        f"{' '.join(split_words(name))} {value}" for name, value in plain.items() if name not in brief.call.arguments
    ]
    text = ", ".join(parts) or "done"
    return f"{text[:1].upper()}{text[1:]}."


def _worth_echoing(name: str, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int | float) or len(str(value)) >= 60:
        return False
    bound = re.match(r"(?i)max|min|limit|num", name)
    return not bound and not field_of(name, {}).technical and not holds_place(value)


def _lists_files(view: View) -> bool:
    return bool(re.search(r"director|folder|\bfiles?\b", f"{view.name} {view.phrase.thing}".replace("_", " ").lower()))


def _rows(brief: ToolBrief, view: View, noun: str, rng: random.Random) -> list[dict[str, Any]]:
    most = min(limit_of(view, brief.call.arguments) or rng.randint(2, 3), MOST_ROWS)
    count = min(most, rng.randint(2, 3))
    if query := query_of(brief.call.arguments):
        titles = titles_for(query, noun, count)
    else:
        known = pools.PATHS if _lists_files(view) else words_for((noun,))
        titles = rng.sample(known, min(count, len(known))) if known else rng.sample(pools.TITLES, count)
    titles = [_matching(title, brief) for title in titles]
    return [{"id": new_id(noun, rng), "title": title, "updated_on": _day(brief, rng)} for title in titles]


def _matching(title: str, brief: ToolBrief) -> str:
    """A file's name as the call's pattern wants it: ``*.log``, ``report-*``."""
    for value in brief.call.arguments.values():
        if isinstance(value, str) and (ending := re.fullmatch(r"\*(\.\w+)", value)):
            return re.sub(r"\.\w+$", ending[1], title)
        if isinstance(value, str) and (start := re.fullmatch(r"([\w-]+)\*", value)):
            folder, _, name = title.rpartition("/")
            return f"{folder}/{start[1]}{name}" if folder else f"{start[1]}{name}"
    return title


def _told(name: str, brief: ToolBrief, rng: random.Random) -> str | None:
    """The very thing that was asked for, where its name says what it is."""
    meaning = field_of(name, {"type": "string"})
    if meaning.kind in _TOLD:
        return kind_value(meaning, rng, build_cast(brief.scene.random_seed, brief.scene.now), True)
    words = split_words(name)
    return rng.choice(words_for(words)) if _TEXT.search(" ".join(words)) and words_for(words) else None


def _converted(brief: ToolBrief, view: View, rng: random.Random) -> str:
    """What something is turned into: "convert coordinates to an address" gives an address."""
    target = re.search(r"\b(?:to|into) (?:an? |the )?([a-z ]+?)(?: and| for| in| with| or|,|$)", view.phrase.rest)
    name = "_".join(split_words(target[1])[-2:]) if target else "text"
    meaning = field_of(name, {"type": "string"})
    cast = build_cast(brief.scene.random_seed, brief.scene.now)
    told = kind_value(meaning, rng, cast, True) if meaning.kind in _TOLD else None
    return told or rng.choice(words_for(split_words(name)) or words_for(("translation",)))


def _record(brief: ToolBrief, view: View, noun: str, rng: random.Random) -> dict[str, Any]:
    """A thing with a state; a name and a code of its own only where the call does not name it already."""
    kinds = {leaf.field.kind for leaf in view.params if leaf.field.name in brief.call.arguments}
    named = bool(kinds & {"id", "uuid", "ticker", "path", "url", "title", "person", "query", "domain", "text"})
    known = words_for((noun,))
    if query := query_of(brief.call.arguments):
        return {"name": query, "status": "available", "updated_on": _day(brief, rng)}
    head = {} if named and not known else {"name": name_for(noun, rng)} if named else {
        "id": new_id(noun, rng), "name": name_for(noun, rng)}  # fmt: skip
    return {**head, "status": rng.choice(("active", "available", "up to date")), "updated_on": _day(brief, rng)}


def _last_day(brief: ToolBrief) -> str:
    """The end of the period that was asked for, if it is over."""
    days = [
        value
        for value in brief.call.arguments.values()
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)
    ]
    return max((day for day in days if day <= brief.scene.now[:10]), default="")


def _day(brief: ToolBrief, rng: random.Random) -> str:
    return (parse_now(brief.scene.now).date() - datetime.timedelta(days=rng.randint(1, 40))).isoformat()
