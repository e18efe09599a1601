"""A search finds what it was asked for: the titles of its rows take up the subject of the call."""

import random
import re
from collections.abc import Mapping
from typing import Any

from toolflow_graph.models.offline.binding import leaves, name_of
from toolflow_graph.models.offline.views import View
from toolflow_graph.models.offline.words import singularise
from toolflow_graph.regexes import lazy_regex

_TITLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"article|news|story|headline", ("What {q} means for the coming year", "{Q}: five things to know",
                                      "New figures on {q} surprise experts", "Why {q} is back on the agenda")),
    (r"course", ("Introduction to {q}", "{Q} in practice", "Understanding {q}", "{Q}: a hands-on course")),
    (r"event", ("{Q}", "{Q} (follow-up)", "Preparation: {q}", "{Q}, second date")),
    (r"mail|message", ("{Q}", "Re: {q}", "Question about {q}", "{Q}, next steps")),
    (r"document|file|note", ("Notes on {q}", "{Q}, overview", "{Q}, final version", "Summary: {q}")),
    (r"product|item", ("{Q}", "{Q}, compact edition", "{Q} (set of two)", "Classic {q}")),
    (r"question", ("What is the main idea behind {q}?", "Which of these belongs to {q}?",
                   "Name one example of {q}.", "What is often misunderstood about {q}?",
                   "Who is closely connected with {q}?", "When did {q} first matter?", "Where would you meet {q}?",
                   "Which word sums up {q} best?", "What came before {q}?", "Why does {q} still matter?")),
    (r"team", ("{Q}", "North {Q}", "{Q} United", "{Q} Academy")),
    (r"track|song", ("{Q}", "{Q} (radio edit)", "{Q} (acoustic)", "{Q} (remix)")),
    (r"", ("{Q}", "All about {q}", "{Q}, part two", "A guide to {q}")),
)  # fmt: skip
_HEAD = lazy_regex(r"(^|_)(title|headline|subject|question_text|name|caption|label)$")
_QUERY = lazy_regex(r"(^|_)(topic|query|keywords?|search_text|search_term|q|subject|phrase)$")


def query_of(arguments: Mapping[str, Any]) -> str:
    """The subject that a call searches for, "" if it names none."""
    return next((part for path, part in leaves(dict(arguments)) if path and isinstance(part, str)
                 and _QUERY.search(name_of(path)) and 2 < len(part) < 48
                 and not re.search(r"[:\"(){}|@/]", part)), "")  # fmt: skip


def titles_for(query: str, noun: str, count: int) -> list[str]:
    """Titles for ``count`` things of this kind that a search for ``query`` finds."""
    forms = next(forms for words, forms in _TITLES if re.search(words, noun))
    return [_titled(forms[place % len(forms)], query) for place in range(count)]


def echo(value: Any, arguments: Mapping[str, Any], view: View, rng: random.Random) -> Any:
    """A search finds what it was asked for: the rows' titles name the subject."""
    query = query_of(arguments)
    wanted = next((part for path, part in leaves(dict(arguments)) if isinstance(part, str)
                   and name_of(path) in ("place_category", "amenity_type")), "")  # fmt: skip
    if wanted and isinstance(value, dict):
        _name_places(value, wanted)
    if not query or not isinstance(value, dict) or (view.writes and view.phrase.verb not in ("generate", "create")):
        return value
    known = {leaf.path: leaf.field for leaf in view.returns}
    for holder, rows in value.items():
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            continue
        for name in rows[0]:
            field = known.get(f"{holder}[].{name}")
            if field is None or not isinstance(rows[0][name], str):
                continue
            if field.kind == "person" and re.search("name of|person|wanted", _about(view, query, arguments)):
                _surname(rows[0], name, query)
                break
            if not _HEAD.search(name) or field.kind in ("person", "company", "id", "enum"):
                continue
            if re.search(r"outlet|instructor|artist|station|airport|city|calendar|folder|agent|employer", name):
                continue
            forms = next(forms for words, forms in _TITLES if re.search(words, f"{name} {singularise(holder)}"))
            first = rng.randrange(2) if len(forms) > 3 and forms[0] != "{Q}" else 0
            for place, row in enumerate(rows):
                if name in row:
                    row[name] = _titled(forms[(first + place) % len(forms)], query)
            break
        for row in rows:
            for name, part in row.items():
                if name in ("subjects", "skills", "topics") and isinstance(part, list) and query not in part and part:
                    part[0] = query
                if name in ("matched_text", "snippet", "excerpt") and isinstance(part, str):
                    row[name] = f"Agenda item: {query}"
    return value


def _name_places(value: dict[str, Any], kind: str) -> None:
    """Museums are called museums."""
    for rows in value.values():
        for place, row in enumerate(rows if isinstance(rows, list) else ()):
            for name in ("place_name", "amenity_name"):
                if isinstance(row, dict) and isinstance(row.get(name), str):
                    first = ("Riverside", "Old Town", "Station Square", "Garden Street", "Harbour", "Meadow Park")[
                        place % 6
                    ]
                    row[name] = f"{first} {kind.replace('_', ' ').title()}"


def _titled(form: str, query: str) -> str:
    return form.format(Q=query[:1].upper() + query[1:], q=query)


def _about(view: View, query: str, arguments: Mapping[str, Any]) -> str:
    return " ".join(leaf.field.description.lower() for leaf in view.params if arguments.get(leaf.path) == query)


def _surname(row: dict[str, Any], name: str, query: str) -> None:
    words = re.sub(r"^(Dr|Mr|Mrs|Ms)\.? ", "", query).split(" ")
    own = str(row[name]).split(" ")
    if not re.fullmatch(r"[A-Z][^\W\d_]+", words[0]) or len(own) < 2:
        return
    if len(words) > 1 and words[1] == "from":
        row[name] = f"{words[0]} {own[-1]}"
    else:
        row[name] = f"{own[0]} {words[-1]}" if len(words) == 1 else " ".join(words[:2])
