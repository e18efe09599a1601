"""What a user says for one tool: the tool's phrase with the values put in, and clauses for what found no place."""

import random
import re
from dataclasses import dataclass
from typing import Any

from toolflow_graph.models.offline.fields import Field
from toolflow_graph.models.offline.phrases import Phrase, two_verbs
from toolflow_graph.models.offline.saying import say, say_key
from toolflow_graph.models.offline.views import owner_of
from toolflow_graph.models.offline.words import lower_first, singularise
from toolflow_graph.models.offline.world import PLACES

_A = r"(?:an?|one|another|the given|a given|the|this|each|any)"
_ADJ = r"(?:(?!of\b|in\b|for\b|and\b|to\b)[a-z-]+ ){0,3}?"
_ALIAS = {
    "device": ("light", "thermostat", "lock", "vacuum", "camera", "speaker"),
    "contact": ("person",),
    "listing": ("property",),
    "estate listing": ("property",),
    "message": ("email", "mail"),
    "appointment slot": ("slot",),
    "position": ("position", "opening"),
    "menu": ("dish",),
}
_LANGUAGES = {"en": "English", "pt": "Portuguese", "de": "German", "es": "Spanish", "fr": "French", "it": "Italian",
              "ja": "Japanese", "nl": "Dutch", "sv": "Swedish", "pl": "Polish", "ko": "Korean", "da": "Danish",
              "no": "Norwegian", "cs": "Czech"}  # fmt: skip
_COUNTRIES = {place.country_code: place.country for place in PLACES}
_AIRPORTS = {place.airport: place.city for place in PLACES}
_FREE = ("sentence", "title", "query", "question", "prompt", "reason")
_PREP = r"(?:in|for|of|at|near|around|from|to|by|about|on|into|within|close to|closest to|between|through|over|during|across)"


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
            return f"{_COUNTRIES[value]} ({value})"
        if kind == "airport" and value in _AIRPORTS:
            return f"{_AIRPORTS[value]} ({value})"
        if kind in _FREE or (kind in ("text", "path", "company") and len(value.split()) > 3):
            return f'"{value}"'
    return say(value, style, key=kind == "enum", money=kind == "money")


def build_core(phrase: Phrase, items: list[Item], style: int, rng: random.Random) -> str:
    """The phrase with values in it; items that found a place are marked used."""
    verb, rest = phrase.verb, f" {phrase.short} "
    if verbs := two_verbs(phrase):
        for item in items:
            if not item.held and isinstance(item.value, str) and say_key(item.value) in verbs and item.field.kind == "enum":
                item.used, verb = True, say_key(item.value)
                rest = " " + re.sub(r"^.*?\bor \w+ ", "", phrase.short) + " "
                break
    rest = _periods(rest, items, style)
    rest = _pairs(rest, items, style)
    for item in items:
        if not item.used:
            rest = _place(rest, item, style)
    for item in items:
        if item.held:
            rest = _drop(rest, item)
    rest = re.sub(rf" by (?:[a-z' -]+, )*[a-z' -]+ or [a-z' -]+ $", " ", rest)
    rest = re.sub(r" by (keyword|name|title|id|ID|its ID|ids|subject|text) $", " ", rest)
    rest = re.sub(r" (?:on|for|at|of|in|by) (?:a |the )?(?:given|specific|specified|certain|particular)\b[a-z ]{0,20} $", " ", rest)
    rest = re.sub(r"\b(a|the) (?:given|specified|specific|particular|certain) ", r"\1 ", rest)
    rest = rest.replace(" for given nights ", " ").replace(" a given one ", " this one ")
    return lower_first(f"{verb} {rest}".replace("  ", " ").strip())


def _free(items: list[Item], *kinds: str) -> list[Item]:
    return [item for item in items if not item.used and not item.held and item.field.kind in kinds]


def _periods(rest: str, items: list[Item], style: int) -> str:
    for kind in ("date", "datetime", "month"):
        start = next((item for item in _free(items, kind) if item.field.edge == "start"), None)
        end = next((item for item in _free(items, kind) if item.field.edge == "end"), None)
        if start and end:
            span = f"from {speak(start, style)} to {speak(end, style)}"
            place = r" (?:for given nights|(?:for|over|in|during|within) an? (?:[a-z]+ )?(?:period|stretch of time|time range|date range)"
            place += r"(?: of [a-z]+)?|between two (?:dates|days|moments)|on given dates) "
            done = re.sub(place, f" {span} ", rest, count=1)
            # No place named in the phrase: a period may still follow any request.
            rest = done if done != rest else f"{rest}{span} "
            start.used = end.used = True
    return rest


def _pairs(rest: str, items: list[Item], style: int) -> str:
    found = re.search(r" between two [a-z -]+?(?= on | at | with | in | for |,| $)", rest) or re.search(
        r" from (?:one|an?|the) [a-z ]+? to (?:another|an?|the)(?: [a-z]+)??(?= on | with | in | for |,| $)", rest
    )
    if found:
        for kind in ("airport", "city", "address", "location", "id", "country", "date"):
            two = _free(items, kind)[:2]
            if len(two) == 2:
                two[0].used = two[1].used = True
                first, second = (speak(item, style) for item in two)
                if kind == "id":
                    first, second = (x if i.ref else f"{i.field.entity.split(' ')[-1]} {x}" for i, x in zip(two, (first, second), strict=True))
                return rest.replace(found[0], f" from {first} to {second}", 1)
        four = _free(items, "latitude", "longitude")
        if len(four) == 4:
            for item in four:
                item.used = True
            a, b, c, d = (speak(item, style) for item in four)
            if four[0].ref and four[2].ref:
                return rest.replace(found[0], f" from {a} to {c}", 1)
            return rest.replace(found[0], f" from {a}, {b} to {c}, {d}", 1)
    return rest


def _place(rest: str, item: Item, style: int) -> str:
    if item.held or item.used:
        return rest
    kind, said = item.field.kind, ""
    if kind in ("latitude", "longitude"):
        return rest
    said = speak(item, style)
    if kind == "id" and not item.field.listed:
        return _place_id(rest, item, said)
    nouns = {
        "city": r"(?:city|town|location|place|area|region)", "date": r"(?:date|day|calendar day)", "month": r"month",
        "country": r"country", "country_code": r"country", "airport": r"airport", "ticker": r"(?:stock|share|ticker|symbol)",
        "address": r"(?:postal address|address)", "query": r"(?:subject|topic|keyword|search term|query|term|text)",
        "location": r"(?:location|place|venue)", "domain": r"domain(?: name)?", "url": r"(?:web ?page|page|website|site|url|link)",
        "year": r"year", "currency": r"currency", "person": r"person", "company": r"company",
    }.get(kind)  # fmt: skip
    if not nouns:
        return rest
    deter = r"(?:an?|one|any|the given|a given|the specified|a specific|a specified|the|given|some)"
    pattern = rf" ({_PREP}) {deter} (?:(?:past|given|specific|certain|single|chosen|particular|calendar|future) )?{nouns} "
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
        found = re.search(rf"(?<= )({_A}) ({_ADJ})({re.escape(noun)})(?=[ ,'])", rest)
        if not found:
            continue
        own = re.sub(r"\b(confirmed|scheduled|given|specific|specified|single|saved|existing|pending|stored|registered|booked|"
                     r"deployed|finished|running|new|calendar|completed|placed)\b ?", "", found[2])  # fmt: skip
        text = said if item.ref else f"{own}{found[3]} {said}"
        item.used = True
        return rest[: found.start()] + text + rest[found.end() :]
    if " a given one " in rest or rest.rstrip().endswith("a given one"):
        item.used = True
        return rest.replace("a given one", said if item.ref else f"{head} {said}", 1)
    return rest


def _drop(rest: str, item: Item) -> str:
    nouns = {"city": "city|town", "date": "date|day|calendar day", "country": "country", "country_code": "country",
             "month": "month", "query": "subject|topic|keyword", "year": "year", "airport": "airport"}.get(item.field.kind)  # fmt: skip
    if not nouns:
        return rest
    return re.sub(rf" {_PREP} (?:an?|one|the given|a given|a past|given) (?:past |given )?(?:{nouns}) ", " ", rest, count=1)


def clauses(items: list[Item], style: int, rng: random.Random) -> tuple[list[str], list[str], list[str]]:
    """What is left to say: (tails that follow the core, "the x is y" clauses, whole sentences)."""
    tails: list[str] = []
    facts: list[str] = []
    sentences: list[str] = []
    pair = _free(items, "latitude", "longitude")
    if len(pair) == 2 and {item.field.kind for item in pair} == {"latitude", "longitude"}:
        pair[0].used = pair[1].used = True
        first, second = sorted(pair, key=lambda item: item.field.kind)
        if first.ref:
            tails.append(f"@point {first.ref}")
        else:
            tails.append(f"@point {speak(first, style)}, {speak(second, style)}")
    money = next((item for item in items if item.field.kind == "currency" and not item.used and not item.held and not item.ref), None)
    for item in items:
        if item.used or item.held:
            continue
        item.used = True
        said, label, kind = speak(item, style), item.label, item.field.kind
        if isinstance(item.value, bool):
            sentences.append(_switch(item))
        elif item.ref:
            tails.append(f"for {said}" if kind == "id" else f"using {said}")
        elif kind == "money" and money is not None and money is not item and not money.used:
            money.used = True
            facts.append(f"the {label} is {said} {money.value}")
        elif kind == "city" and not tails and rng.random() < 0.8:
            tails.append(f"in {said}")
        elif kind == "query":
            tails.append(f"about {said}" if rng.random() < 0.5 else f"matching {said}")
        elif kind == "title" and not any(" called " in tail for tail in tails) and not item.owner and rng.random() < 0.6:
            tails.append(f"called {said}")
        elif label.startswith("number of ") and isinstance(item.value, int):
            noun = label.removeprefix("number of ")
            tails.append(f"for {said} {singularise(noun) if item.value == 1 else noun}")
        elif kind == "id" and item.field.entity and not item.field.listed:
            facts.append(f"the {label} is {said}")
        elif item.field.unit and isinstance(item.value, int | float):
            gap = "" if item.field.unit in ("%",) else " "
            facts.append(f"the {label} is {said}{gap}{item.field.unit}")
        elif isinstance(item.value, list):
            many = len(item.value) != 1
            noun = label if many else singularise(label)
            facts.append(f"the {noun} {'are' if many and noun.endswith('s') else 'is'} {said}")
        else:
            facts.append(f"the {label} is {said}")
    return tails, facts, sentences


def _switch(item: Item) -> str:
    """A boolean as a wish, from its description: "Whether guests are told" gives "guests should be told"."""
    text = item.field.description.split(". ")[0].strip(" .")
    on = bool(item.value)
    if found := re.match(r"(?i)(?:only|just) (.+)", text):
        return f"I only want {lower_first(found[1])}" if on else f"not only {lower_first(found[1])}, please"
    if found := re.match(r"(?i)(?:whether|if true,?|set to true|flag|indicates whether)(?: or not)? to (.+)", text):
        wish = lower_first(re.sub(r"\b(also|too|as well)\b ?", "", found[1]).strip())
        return f"please {wish}" if on else f"there is no need to {wish}"
    if found := re.match(r"(?i)whether (.+?) (is|are|must be|has|have|can|may|should)\b(?: be)? ?(.*)", text):
        subject, verb, rest = lower_first(found[1]), found[2].lower(), found[3]
        word = {"has": "have", "have": "have", "can": "be able to", "may": "be allowed to", "should": ""}.get(verb, "be")
        return re.sub(r"\s+", " ", f"{subject} {'should' if on else 'should not'} {word} {rest}").strip()
    if re.match(r"(?i)(include|show|return|enable|allow|use|send|make|skip|add|exclude|overwrite|force)\b", text) and len(text) < 60:
        return f"please {lower_first(text)}" if on else f"there is no need to {lower_first(text)}"
    verb = "yes" if on else "no"
    return f"{item.label}: {verb}"
