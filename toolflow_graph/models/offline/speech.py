"""What a user says for one tool: the tool's phrase with the values put in, and clauses for what found no place."""

import random
import re
from dataclasses import dataclass
from typing import Any

from toolflow_graph.models.offline.fields import Field
from toolflow_graph.models.offline.phrases import Phrase, after_verbs, two_verbs
from toolflow_graph.models.offline.saying import say, say_key
from toolflow_graph.models.offline.views import owner_of
from toolflow_graph.models.offline.words import is_plural, join_and, lower_first, split_words
from toolflow_graph.models.offline.world import PLACES

_A = r"(?:an?|one|another|the given|a given|the|this|each|any|my)"
_ADJ = r"(?:(?!(?:of|in|for|and|to|an?|the|or|with|that|on|at|by|from)\b)[a-z-]+ ){0,3}?"
_ALIAS = {
    "device": ("light", "thermostat", "lock", "vacuum", "camera", "speaker"),
    "contact": ("person",),
    "listing": ("property",),
    "estate listing": ("property",),
    "message": ("email", "mail"),
    "appointment slot": ("slot",),
    "position": ("position", "opening"),
    "booking": ("reservation", "appointment", "stay", "session", "booking"),
    "account": ("student", "account"),
    "enrolment": ("enrolment", "course"),
    "card": ("card",),
    "scene": ("scene",),
}
_LANGUAGES = {"en": "English", "pt": "Portuguese", "de": "German", "es": "Spanish", "fr": "French", "it": "Italian",
              "ja": "Japanese", "nl": "Dutch", "sv": "Swedish", "pl": "Polish", "ko": "Korean", "da": "Danish",
              "no": "Norwegian", "cs": "Czech"}  # fmt: skip
_COUNTRIES = {place.country_code: place.country for place in PLACES}
_AIRPORTS = {place.airport: place.city for place in PLACES}
_FREE = ("sentence", "title", "query", "question", "prompt", "reason")
_AFTER = (
    "and|or|in|on|at|for|from|to|with|by|of|that|which|who|over|using|without|so|was|is|as|before|after|into|under|between|"
    "around|near|via|per|ahead|until|once|up|off|out|given|its|when|where|if|be|has|have|can|will|not|now|through|while|being|"
    "about|within|across|against|during|next|until|only|matching|including|plus|a|an|the|one|it"
)
"""What may follow a noun that stands for a thing: "a vector store file" is no vector store."""
_PREP = (
    r"(?:in|for|of|at|near|around|from|to|by|about|on|into|within|close to|closest to|between|through|over|"
    r"during|across)"
)


@dataclass(slots=True)
class Item:
    """Something to say: a value, or a reference to an earlier result (``ref``), or nothing yet (``held``)."""

    path: str
    label: str
    field: Field
    value: Any = None
    ref: str = ""
    held: bool = False
    used: bool = False

    @property
    def name(self) -> str:
        """The leaf's own key."""
        return self.field.name

    @property
    def owner(self) -> str:
        """The noun of the object that holds the leaf."""
        return owner_of(self.path)


def speak(item: Item, style: int) -> str:
    """The item's value or reference in words."""
    if item.ref:
        return item.ref
    value, kind = item.value, item.field.kind
    if isinstance(value, str):
        if kind == "language_code" and value in _LANGUAGES:
            return f"{_LANGUAGES[value]} ({value})"
        if kind == "country_code" and value in _COUNTRIES:
            the = "the " if value in ("NL", "GB", "US") else ""
            return f"{the}{_COUNTRIES[value]} ({value})"
        if kind == "airport" and value in _AIRPORTS:
            return f"{_AIRPORTS[value]} ({value})"
        if kind in _FREE or (kind in ("text", "path", "company") and len(value.split()) > 3):
            return f'"{value}"'
    if isinstance(value, list) and kind in _FREE and any(isinstance(part, str) and " " in part for part in value):
        return join_and([f'"{part}"' for part in value])
    return say(value, style, key=kind == "enum", money=kind == "money")


def build_core(phrase: Phrase, items: list[Item], style: int, rng: random.Random) -> str:
    """The phrase with values in it; items that found a place are marked used."""
    verb, rest = phrase.verb, f" {phrase.short} "
    if verbs := two_verbs(phrase):
        for item in items:
            if (
                not item.held
                and isinstance(item.value, str)
                and say_key(item.value) in verbs
                and item.field.kind == "enum"
            ):
                item.used, verb = True, say_key(item.value)
                rest = f" {after_verbs(phrase)} "
                break
    rest = re.sub(r" by (?:[a-z' -]+, )*[a-z' -]+ (?:or|and) [a-z' -]+ $", " ", rest)
    rest = re.sub(
        r" by (?:(?:its|their|his|her|the|a) )?(?:(?:full )?name|keywords?|title|id|ID|ids|subject|text|username)(?= )",
        "",
        rest,
    )
    rest = rest.replace(" with yes ", " ")
    if any(item.field.kind in ("id", "uuid") and not item.field.listed for item in items):
        rest = re.sub(r" (?:with|by|using|for) (?:the |an? |its |their )?(?:given |specific |specified |unique )?(?:ID|id|identifier)s?(?= |,)",
                      "", rest)  # fmt: skip
    rest = _periods(rest, items, style)
    rest = _pairs(rest, items, style)
    for item in items:
        if not item.used:
            rest = _place(rest, item, style)
    for item in items:
        if item.held:
            rest = _drop(rest, item)
            if not any(one.ref and rest.endswith(f" {one.ref} ") for one in items):
                rest = re.sub(r" (?:who|that|which) [a-z]+ $", " ", rest)
    rest = _in_state(rest, items)
    rest = _labelled(rest, items, style)
    rest = _people(rest, items, style)
    rest = _named(rest, items, style, verb)
    if any(item.field.kind == "title" and not item.held for item in items):
        rest = re.sub(r" with an? (?:title|name|label)(?: and an? \w+)?(?= )", "", rest)
    if any(not item.held and not item.ref for item in items):
        for _ in range(2):
            rest = re.sub(
                r" (?:to|for|with|at|over|on|in|of|by|from|ahead of) (?:one or more [a-z]+|a (?:limited|later|"
                r"set|longer) time|a (?:certain )?period|"
                r"an? number of [a-z]+|another (?:time or place|[a-z]+)|other people|more people|a (?:title|"
                r"label|category|guest|party|"
                r"person|day|group of [a-z]+|message|name|reason|branch of a repository|branch|an environment|"
                r"keyword|given date)"
                r"(?: and an? \w+)?|an environment|a stretch of time|within a stretch of time|its [a-z]+ and [a-z]+) $",
                " ",
                rest,
            )
    rest = re.sub(
        r" (?:on|for|at|of|in|by) (?:a |the )?(?:given|specific|specified|certain|particular)\b[a-z ]{0,20} $",
        " ",
        rest,
    )
    rest = re.sub(r"\b(a|the) (?:given|specified|specific|particular|certain) ", r"\1 ", rest)
    rest = rest.replace(" for given nights ", " ").replace(" a given one ", " this one ")
    return lower_first(re.sub(r" +", " ", f"{verb} {rest}").replace(" ,", ",").strip())


_STATES = frozenset(["past", "upcoming", "active", "open", "closed", "pending", "completed", "cancelled", "unread", "archived", "available", "overdue", "scheduled", "current", "recent", "planned", "finished", "inactive"])  # fmt: skip


def _in_state(rest: str, items: list[Item]) -> str:
    """An option that is an adjective goes before its noun: "my table reservations" become "my past table reservations"."""
    for item in items:
        if item.held or item.used or item.field.kind != "enum" or str(item.value) not in _STATES:
            continue
        found = re.match(
            r"( (?:for )?(?:my |the |all )?)([a-z][a-z ]*?)(?= (?:in|on|at|of|for|from|with|by|that|who)\b|,| $)", rest
        )
        if found and is_plural(found[2]):
            item.used = True
            tail = re.sub(
                r",? (?:upcoming|past|recent|current)(?: (?:and|or) (?:upcoming|past|recent|current))?(?= |,)",
                "",
                rest[found.end() :],
            )
            noun = re.sub(r"\b(?:upcoming|past|recent|current) (?:(?:and|or) )?", "", found[2])
            rest = f"{found[1]}{item.value} {noun}{tail}"
    return rest


_SPELT = ("text", "path", "ticker", "url", "tag", "query", "version", "username", "domain", "title", "id", "uuid", "food",
          "colour", "company")  # fmt: skip


def _labelled(rest: str, items: list[Item], style: int) -> str:
    """A parameter that the phrase speaks of gets its value there: "matching a pattern" becomes "matching the pattern *.md"."""
    for item in items:
        if item.held or item.used or item.ref or item.field.kind not in _SPELT or not isinstance(item.value, str):
            continue
        label = re.escape(item.label)
        said = speak(item, style)
        found = re.search(
            rf" (?:an?|the|any|some|your) (?:(?:given|specific|specified|certain|particular|single) )?{label}(?= |,)",
            rest,
        )
        if found and len(said) < 40 and found.start() > 0:
            item.used = True
            rest = f"{rest[: found.start()]} the {item.label} {said}{rest[found.end() :]}"
    return rest


def _people(rest: str, items: list[Item], style: int) -> str:
    """ "send an email to one or more people" names them."""
    for item in items:
        if item.held or item.used or item.field.kind != "email":
            continue
        found = re.search(
            r" (to|with|for) (?:one or more people|other people|more people|several people|a person|someone) ", rest
        )
        if found:
            item.used = True
            return rest.replace(found[0], f" {found[1]} {speak(item, style)} ", 1)
        if re.search(r" (more people|all given people|a person) ", rest):
            item.used = True
            said = speak(item, style)
            rest = re.sub(r" (more people|all given people|a person) ", f" {said} ", rest, count=1)
            alone = isinstance(item.value, list) and len(item.value) == 1
            return rest.replace(f" {said} are ", f" {said} is ") if alone else rest
    return rest


def _named(rest: str, items: list[Item], style: int, verb: str) -> str:
    """A name that stands for a thing: "a deployed service" and its name become "the billing-worker service"."""
    if verb in ("create", "add", "register", "make", "set", "save"):
        return rest
    for item in items:
        found = re.match(r"(?i)names? of (?:the |an? )?(?:[a-z]+ ){0,2}?([a-z]+)[.,]?$", item.field.description.strip())
        words = item.field.label.split(" ")
        noun = found[1] if found else words[-2] if len(words) > 1 and words[-1] == "name" else ""
        if item.held or item.used or item.ref or not noun or not isinstance(item.value, str):
            continue
        hit = re.search(
            rf" (?:an?|the|one) (?:(?:deployed|given|specific|running|single|particular) )?((?:[a-z]+ )?){noun} ", rest
        )
        if hit:
            said = speak(item, style).strip('"') if " " not in str(item.value) else speak(item, style)
            item.used = True
            return rest.replace(hit[0], f" the {hit[1]}{noun} {said} ", 1)
    return rest


def _free(items: list[Item], *kinds: str) -> list[Item]:
    return [item for item in items if not item.used and not item.held and item.field.kind in kinds]


def _periods(rest: str, items: list[Item], style: int) -> str:
    for kind in ("date", "datetime", "month"):
        start = next((item for item in _free(items, kind) if item.field.edge == "start"), None)
        end = next((item for item in _free(items, kind) if item.field.edge == "end"), None)
        if start and end:
            span = f"from {speak(start, style)} to {speak(end, style)}"
            place = (
                r" (?:for given nights|(?:for|over|in|during|within) an? (?:[a-z]+ )?(?:period|"
                r"stretch of time|time range|date range)"
            )
            place += r"(?: of [a-z]+)?|between two (?:dates|days|moments)|on given dates) "
            done = re.sub(place, f" {span} ", rest, count=1)
            # No place named in the phrase: a period may still follow any request.
            rest = done if done != rest else f"{rest}{span} "
            start.used = end.used = True
    return rest


def _pairs(rest: str, items: list[Item], style: int) -> str:
    found = re.search(r" between two [a-z -]+?(?= on | at | with | in | for |,| $)", rest) or re.search(
        r" from (?:one|an?|the) (?:(?!for )[a-z]+ ){1,5}?(?:into|to) (?:another|an?|the)(?: [a-z]+)??"
        r"(?= on | with | in | for |,| $)",
        rest,
    )
    if found:
        for kind in ("airport", "city", "address", "location", "id", "country", "date", "currency"):
            two = _free(items, kind)[:2]
            if len(two) == 2 and (kind != "id" or two[0].field.entity == two[1].field.entity):
                two[0].used = two[1].used = True
                first, second = (speak(item, style) for item in two)
                if kind == "id":
                    first, second = (
                        x if i.ref else f"{i.field.entity.split(' ')[-1]} {x}"
                        for i, x in zip(two, (first, second), strict=True)
                    )
                return rest.replace(found[0], f" from {first} to {second}", 1)
        points = take_points(items, style) if len(_free(items, "latitude", "longitude")) == 4 else []
        if len(points) == 2:
            return rest.replace(found[0], f" from {points[0]} to {points[1]}", 1)
    return rest


def take_points(items: list[Item], style: int) -> list[str]:
    """Pairs of coordinates in words, the one where something starts first; their items are used."""
    groups: dict[str, list[Item]] = {}
    for item in _free(items, "latitude", "longitude"):
        groups.setdefault(item.path.rpartition(".")[0] if "." in item.path else "", []).append(item)
    points = []
    for path, pair in groups.items():
        if len(pair) != 2 or {item.field.kind for item in pair} != {"latitude", "longitude"}:
            continue
        pair[0].used = pair[1].used = True
        first, second = sorted(pair, key=lambda item: item.field.kind)
        text = first.ref or f"{speak(first, style)}, {speak(second, style)}"
        points.append((not re.search(r"origin|from|start|pick", path), text))
    return [text for _, text in sorted(points, key=lambda point: point[0])]


def _place(rest: str, item: Item, style: int) -> str:
    if item.held or item.used:
        return rest
    kind, said = item.field.kind, ""
    if kind in ("latitude", "longitude"):
        return rest
    said = speak(item, style)
    if kind == "money" and " an amount of money " in rest:
        item.used = True
        return rest.replace(" an amount of money ", f" {said} " if " from " in rest else f" an amount of {said} ", 1)
    if kind == "id" and not item.field.listed:
        return _place_id(rest, item, said)
    nouns = {
        "city": r"(?:city|town|location|place|area|region)", "date": r"(?:date|day|calendar day)", "month": r"month",
        "country": r"country", "country_code": r"country", "airport": r"airport",
        "ticker": r"(?:stock|share|ticker|symbol)",
        "address": r"(?:postal address|address)", "query": r"(?:subject|topic|keyword|search term|query|term|text)",
        "location": r"(?:location|place|venue)", "domain": r"domain(?: name)?",
        "url": r"(?:web ?page|page|website|site|url|link)",
        "year": r"year", "currency": r"currency", "person": r"person", "company": r"company",
    }.get(kind)  # fmt: skip
    if not nouns:
        return rest
    deter = r"(?:an?|one|any|the given|a given|the specified|a specific|a specified|the|given|some)"
    pattern = (
        rf" ({_PREP}) {deter} (?:(?:past|given|specific|certain|single|chosen|particular|calendar|future) )?{nouns} "
    )
    found = re.search(pattern, rest.replace(",", " ,"))
    if not found or (kind == "person" and item.field.listed):
        return rest
    prep = found[1]
    if kind in ("date", "month", "year") and prep == "of":
        prep = "on" if kind == "date" else "for"
    item.used = True
    return rest.replace(",", " ,").replace(found[0], f" {prep} {said} ", 1).replace(" ,", ",")


def _place_id(rest: str, item: Item, said: str) -> str:
    head = item.field.entity.split(" ")[-1] if item.field.entity else ""
    nouns = [head, *_ALIAS.get(head, ()), *_ALIAS.get(item.field.entity, ())]
    for noun in filter(None, nouns):
        found = re.search(rf"(?<= )({_A}) ({_ADJ})({re.escape(noun)})(?= (?:{_AFTER})\b|,|'| $)", rest, re.I)
        if not found:
            continue
        if rest[: found.start()].endswith(" from ") and split_words(item.name)[:1] in (
            ("to",),
            ("destination",),
            ("target",),
        ):
            continue
        own = re.sub(r"\b(confirmed|scheduled|given|specific|specified|single|saved|existing|pending|stored|"
                     r"registered|booked|free|delivered|submitted|"
                     r"deployed|finished|running|new|calendar|completed|placed)\b ?", "", found[2])  # fmt: skip
        text = said if item.ref else f"{own}{lower_first(found[3])} {said}"
        if item.ref and rest[found.end()] == "'":
            text = f"that {found[3]}"
        item.used = True
        tail = rest[found.end() :]
        if item.ref:
            # Who says "that booking" does not add what a booking is for.
            tail = re.sub(r"^ (?:at|of|in|with|from|for) an? [a-z]+(?: [a-z]+)? $", " ", tail)
        return rest[: found.start()] + text + tail
    if " a given one " in rest or rest.rstrip().endswith("a given one"):
        item.used = True
        return rest.replace("a given one", said if item.ref else f"{head} {said}", 1)
    return rest


def _drop(rest: str, item: Item) -> str:
    nouns = {"city": "city|town", "date": "date|day|calendar day", "country": "country", "country_code": "country",
             "month": "month", "query": "subject|topic|keyword", "year": "year",
             "airport": "airport"}.get(item.field.kind)  # fmt: skip
    if not nouns:
        return rest
    return re.sub(
        rf" {_PREP} (?:an?|one|the given|a given|a past|given) (?:past |given )?(?:{nouns}) ", " ", rest, count=1
    )
