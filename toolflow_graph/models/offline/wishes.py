"""What a user still has to say once the request itself is phrased: short tails of the sentence, and whole wishes."""

import random
import re
from dataclasses import dataclass

from toolflow_graph.models.offline.speech import Item, speak, take_points
from toolflow_graph.models.offline.verbs import base_of
from toolflow_graph.models.offline.words import is_plural, join_and, lower_first, pluralise, singularise, with_article
from toolflow_graph.regexes import lazy_regex

_MOST = ("highest", "longest", "most", "largest", "latest", "maximum", "greatest", "farthest")
_LEAST = ("lowest", "fewest", "least", "smallest", "shortest", "earliest", "minimum", "oldest")
_SUPERLATIVE = lazy_regex(rf"(?i)({'|'.join((*_MOST, *_LEAST))}) (?:possible |acceptable |wanted |accepted )*(.+)")
_VERBAL = r"(?:should|must|may|can|needs?|has|have|is|are|was|were|takes?|ends?|starts?|begins?|stays?)"
_MODAL = lazy_regex(
    r"((?:the|an?|my) [a-z-]+(?: [a-z-]+)? (?:should|must|may|can) (?!be\b)[a-z]+(?: for| with| from)?)$"
)
_PEOPLE = "guest|passenger|patient|student|tenant|candidate|buyer|traveller|person|visitor|new hire|main tenant"
_STATES = ("public", "private", "active", "inactive", "visible", "hidden", "inclusive", "exclusive", "complete", "open")
_FOR = ("book", "reserve", "register", "create", "invite", "apply", "onboard", "buy", "submit", "order")


@dataclass(slots=True)
class Told:
    """What a message has used up already: the plain "the x is y", the person that later details belong to."""

    plain: int = 0
    person: bool = False


def clauses(
    core: str, items: list[Item], style: int, rng: random.Random, used: Told | None = None
) -> tuple[list[str], list[str]]:
    """What is left to say: (tails that follow the core, wishes that each make a clause); all items are then used."""
    used = used or Told()
    tails: list[str] = [f"@point {point}" for point in take_points(items, style)]
    wishes: list[str] = []
    codes: list[Item] = []
    money = next(
        (item for item in items if item.field.kind == "currency" and not item.used and not item.held and not item.ref),
        None,
    )
    for item in items:
        if item.used or item.held:
            continue
        item.used = True
        text = speak(item, style)
        if item.field.kind == "money" and money is not None and money is not item and not money.used:
            money.used = True
            text = f"{text} {money.value}"
        elif item.field.unit and isinstance(item.value, int | float) and not isinstance(item.value, bool):
            text = _with_unit(text, item)
        if isinstance(item.value, bool):
            wishes.append(_switch(item))
        elif item.ref:
            tails.append(f"for {text}" if item.field.kind == "id" else f"using {text}")
        elif tail := _tail(item, text, core, tails, used, rng):
            tails.append(tail)
        elif wish := _wish(item, text):
            wishes.append(wish)
        elif item.field.kind in ("id", "uuid") and not item.field.listed:
            codes.append(item)
        else:
            wishes.append(_plain(item, text, used, rng))
    return tails, _codes(codes, style, used, rng) + wishes


def _codes(items: list[Item], style: int, used: Told, rng: random.Random) -> list[str]:
    """Several codes in one breath: "the user ID is 57934, the account ID 13316 and the item ID 36525"."""
    if len(items) < 2:
        return [_plain(item, speak(item, style), used, rng) for item in items]
    used.plain += 1
    first, *rest = [(item.label, speak(item, style)) for item in items]
    if len(items) == 2 and rng.random() < 0.5:
        return [f"please use {first[1]} as the {first[0]} and {rest[0][1]} as the {rest[0][0]}"]
    return [join_and([f"the {first[0]} is {first[1]}", *(f"the {label} {text}" for label, text in rest)])]


def _with_unit(text: str, item: Item) -> str:
    unit = item.field.unit
    if unit == "%":
        return f"{text}%"
    return f"{text} {unit[:-1] if item.value == 1 and unit.endswith('s') and len(unit) > 3 else unit}"


def _counted(item: Item) -> str:
    """What an integer counts: "Number of train seats to reserve" gives "train seats"; "" for other numbers."""
    if not isinstance(item.value, int) or isinstance(item.value, bool) or item.field.unit:
        return ""
    found = re.match(
        r"(?i)number of (?:the |single )?(.+?)(?: (?:to|for|needed|wanted|in|on|at|per|who|that|coming|side|of|sent|"
        r"taking)\b.*)?$",
        item.field.description.split(". ")[0].strip(" ."),
    )
    label = item.label.removeprefix("number of ")
    if label.startswith(("minimum ", "maximum ")):
        return ""
    noun = found[1] if found else label if is_plural(label) and len(label.split()) < 4 else ""
    if noun in ("units", "pieces", "times") or not noun or not is_plural(noun):
        return ""
    return lower_first(noun)


def _tail(item: Item, text: str, core: str, tails: list[str], used: Told, rng: random.Random) -> str:
    """The item as a few words that follow the request, or ""."""
    kind, label, low = item.field.kind, item.label, item.field.description.lower()
    words, own = label.split(" "), [tail for tail in tails if not tail.startswith("@")]
    if kind == "city" and not any(tail.startswith("in ") for tail in own):
        return f"in {text}"
    if low.startswith("stars given"):
        return ""
    if isinstance(item.value, int | float) and re.search(
        rf"^(?:set|change|adjust) (?:the )?{re.escape(label)}\b", core
    ):
        return f"to {text}"
    if kind == "enum" and text in ("metric", "imperial"):
        return f"in {text} units"
    if kind in ("query", "prompt") and not own:
        return f"about {text}" if rng.random() < 0.5 and not core.startswith("find") else f"matching {text}"
    if (
        kind == "title"
        and core.startswith(("create ", "open ", "add ", "make ", "set "))
        and not own
        and not item.owner
    ):
        return f"called {text}"
    if kind == "language_code":
        return f"in {text}"
    if kind == "country_code" and not own:
        return f"for {text}"
    if kind == "timezone":
        return f"in the {text} time zone"
    if kind == "currency" and not own:
        return f"in {text}"
    if kind == "person" and re.search(_PEOPLE, low) and core.split(" ")[0] in _FOR and not used.person:
        used.person = True
        return f"for {text}"
    if item.name == "birth_date" or "date of birth" in low:
        return f"born on {text}" if used.person and own and own[-1].startswith("for ") else ""
    if kind in ("date", "datetime"):
        return _when(item, text, core, own)
    if noun := _counted(item):
        noun = singularise(noun) if item.value == 1 else noun
        return f"{'with' if 'book' in core or 'bag' in noun else 'for'} {text} {noun}"
    if kind == "duration" and re.match(r"(length|duration|how long)\b", low) and "most" not in low:
        return f"for {text}"
    if kind == "distance" and item.field.unit and ("radius" in low or "within" in low):
        return f"within {text}"
    if kind == "enum" and words[-1] == "class" and len(words) == 2:
        return f"in {text} class" if words[0] == "cabin" else f"in the {text} {words[0]}"
    if kind == "enum" and label == "environment":
        return f"in {text}"
    if kind == "enum" and words[-1] == "mode" and words[0] == "travel":
        return f"by {text}" if text in ("car", "bus", "train", "transit") else f"{text}"
    if item.name in ("period", "time_window", "stats_period") or (kind == "enum" and text.startswith("last ")):
        return f"for the {text}" if text.startswith("last ") else ""
    return ""


def _when(item: Item, text: str, core: str, own: list[str]) -> str:
    name, low = item.name, item.field.description.lower()
    on = f"on {text}"
    if re.search(r"not_(before|after)", name):
        return f"not {'before' if 'before' in name else 'after'} {text}"
    if re.search(r"birth|_at$|expir", name) or any(re.match(r"(on|from|since|until|before) ", tail) for tail in own):
        return ""
    if re.search(r"since|received_after|earliest_review", name) or re.match(
        r"earliest (\w+ )*(publication|start)", low
    ):
        return f"since {text}" if item.field.past or "since" in name else f"from {text} on"
    if re.search(r"(^|_)(until|to|before)(_|$)", name) or low.startswith("latest "):
        return f"until {text}" if "before" not in name else f"before {text}"
    if re.search(r"(^|_)(from|after)(_|$)", name):
        return f"from {text} on"
    if name in ("start_time", "start_date", "trip_start", "date", "day", "event_date", "rate_date"):
        return f"starting on {text}" if name == "trip_start" else on
    return ""


def _wish(item: Item, text: str) -> str:
    """The item as a clause in the words of its description, or ""."""
    said = re.split(r",? (?:in|at) (?:minutes|kilomet\w+|metres|percent|years)\b|, format|, ISO|, HH:MM|, 0 |, \d",
                    item.field.description.split(". ")[0].strip(" ."))[0].strip(" ,")  # fmt: skip
    said = re.sub(r",? in (?:the )?(?:euros|dollars|[a-z]+ currency)$", "", said)
    low, name, label = said[:1].lower() + said[1:], item.name, item.label
    many = isinstance(item.value, list) and len(item.value) > 1
    if name.startswith("repeat_every"):
        return f"it should repeat every {text}"
    if found := re.match(r"number of times ((?:the|an?) .+)$", low):
        return f"{found[1]} {text} {'time' if item.value == 1 else 'times'}"
    if name in ("quantity", "share_count") and isinstance(item.value, int):
        return f"I want {text} of them" if item.value > 1 else "I only want 1 of them"
    if item.field.kind == "email" and isinstance(item.value, list):
        if found := re.match(r"email addresses of (?:the )?people (?:who|that) (?:may|can) (.+)$", low):
            return (
                f"please share it with {text}" if "share" in name or "follow" in found[1] else f"{text} may {found[1]}"
            )
        if re.search(r"\bin copy$", low):
            return f"please put {text} in copy"
        if "attend" in name:
            return f"please invite {text}"
    if found := re.match(r"(minimum|maximum) (.+)", label):
        bound = "at least" if found[1] == "minimum" else "at most"
        if is_plural(found[2]) and isinstance(item.value, int | float):
            return f"I need {bound} {text} {found[2]}" if bound == "at least" else f"{bound} {text} {found[2]} will do"
        return f"the {found[2]} should be {bound} {text}"
    if found := _SUPERLATIVE.match(said):
        bound = "at most" if found[1].lower() in _MOST else "at least"
        what = re.sub(
            r" (?:to (?:list|return|include|show|search|suggest|charge)\b.*|on offer|accepted|for the .+)$",
            "",
            found[2],
        )
        what = what.split(",")[0]
        noun, _, tail = what.partition(" the ")
        if item.field.kind in ("date", "datetime", "time"):
            return f"the {lower_first(what)} should be {'no later' if bound == 'at most' else 'no earlier'} than {text}"
        if is_plural(noun) and len(noun.split()) < 4:
            noun = singularise(noun) if item.value == 1 else noun
            if tail and (clause := re.match(r"([a-z ]+ (?:must|should) [a-z]+)$", tail)):
                return f"the {clause[1]} {bound} {text} {noun}"
            return f"{bound} {text} {noun} will do" if bound == "at most" else f"I need {bound} {text} {noun}"
        if len(what.split()) < 9:
            return f"the {lower_first(what)} should be {bound} {text}"
    if found := re.match(r"moment ((?:the|an?|my) .+ (?:should|must) .+)$", low):
        return f"{found[1]} on {text}"
    if found := re.match(
        r"(?:local |planned )?(?:time|moment|day|date)(?: of day)? (?:when|on which|at which) (.+)$", low
    ):
        return f"{found[1]} {'at' if item.field.kind == 'time' else 'on'} {text}"
    if found := re.match(r"how (?:long|often) ((?:the|an?) .+)$", low):
        return f"{found[1]} {text}" if "often" in low else f"{found[1]} for {text}"
    if found := re.match(r"stars given to (.+)$", low):
        return f"I'd give {found[1]} {text} {'star' if item.value == 1 else 'stars'}"
    if found := _MODAL.search(low):
        return f"{found[1]} {text}"
    if label == "payment method":
        return f"I'll pay by {text}"
    if name.endswith("preference") and item.field.kind == "enum" and len(label.split()) == 2 and text != "none":
        return f"I'd prefer {with_article(text + ' ' + label.split(' ')[0])}"
    if item.field.kind == "enum" and label.split(" ")[-1] == "reason":
        return f'please put down "{text}" as the reason'
    if item.field.kind == "enum" and re.search(r"\b(type|category|kind)$", label) and isinstance(item.value, str):
        noun = " ".join(label.split(" ")[:-1])
        if text in ("any", "all", "other", "either", "mixed", "none"):
            return f"{text} {noun} type is fine" if text == "any" and noun else ""
        if noun in ("cuisine",):
            return f"I'm in the mood for {text.capitalize()} {noun}"
        return ""
    worded = item.field.kind in ("sentence", "reason") or re.search(
        r"(note|comment|message|text|instructions|wish)s?$", name
    )
    if worded and isinstance(item.value, str):
        return _note(label, text, name)
    if item.field.kind == "person" and label.endswith(" name"):
        return f"the {label.removesuffix(' name')} is {text}"
    if isinstance(item.value, list) and item.field.kind not in ("id", "email"):
        noun = pluralise(label) if many else singularise(label)
        return f"the {noun} {'are' if many else 'is'} {text}" if re.search(r"[a-z]$", noun) else ""
    return ""


def _note(label: str, text: str, name: str) -> str:
    last = label.split(" ")[-1]
    text = text if text.startswith('"') else f'"{text}"'
    if last in ("note", "comment", "message"):
        return f"please add the {label} {text}"
    if last in ("text", "wording"):
        return f"the {label} should be {text}"
    if last == "reason":
        return f"the reason is {text}"
    if last in ("instructions", "comments"):
        return f"the {label} are {text}"
    return f"please put down {text} as the {label}"


def _plain(item: Item, text: str, used: Told, rng: random.Random) -> str:
    """The plain statement; after the first one in a message the others take another shape."""
    used.plain += 1
    label, kind = item.label, item.field.kind
    many = is_plural(label) and kind not in ("id", "email", "money")
    if isinstance(item.value, list):
        many = len(item.value) > 1
        if not label.endswith((" with", " to")):
            label = pluralise(label) if many else singularise(label)
        if label.endswith((" with", " to")):
            return f"please {label} {text}" if base_of(label.split(" ")[0]) else f"{text} for {label}"
    wanted = kind in ("enum", "count", "number", "duration", "percent", "temperature", "time", "rating", "money",
                      "distance")  # fmt: skip
    if many and kind == "count":
        return f"I'd like {text} {label.removeprefix('number of ')}"
    be = "are" if many else "is"
    if used.plain == 1:
        return f"the {label} should be {text}" if wanted else f"the {label} {be} {text}"
    options = [f"please use {text} as the {label}", f"I'd go with {text} as the {label}"]
    if wanted:
        options = [
            f"I'd like {text} as the {label}",
            f"please make the {label} {text}",
            f"the {label} should be {text}",
        ]
    if kind in ("id", "email", "person", "phone", "address"):
        options = [f"please use {text} as the {label}", f"you can put down {text} as the {label}"]
    return options[(used.plain + rng.randrange(2)) % len(options)]


def _switch(item: Item) -> str:
    """A boolean as a wish, from its description: "Whether guests are told" gives "guests should be told"."""
    text = re.sub(r"\s*\([^)]*\)?", "", item.field.description.split(". ")[0]).strip(" .")
    on = bool(item.value)
    text = re.sub(
        r"(?i)^(only|just) (?:returns?|shows?|includes?|lists?|searches|searching|gets?|fetch(?:es)?) ", r"\1 ", text
    )
    if found := re.match(r"(?i)(?:only|just) (.+)", text):
        return f"I only want {lower_first(found[1])}" if on else f"not only {lower_first(found[1])}, please"
    if found := re.match(r"(?i)(?:whether|if true,?|set to true|flag|indicates whether)(?: or not)? to (.+)", text):
        wish = lower_first(re.sub(r"\b(also|too|as well)\b ?", "", found[1]).strip())
        return f"please {wish}" if on else f"there is no need to {wish}"
    if found := re.match(r"(?i)whether (.+?) (is|are|must be|has|have|can|may|should)\b(?: be)? ?(.*)", text):
        subject, verb, rest = lower_first(found[1]), found[2].lower(), found[3]
        if re.match(r"(needed|required|wanted|preferred|allowed|accepted|fine|ok)\b", rest):
            return f"{subject} {verb} {'' if on else 'not '}{rest}".strip()
        word = {"has": "have", "have": "have", "can": "be able to", "may": "be allowed to", "should": ""}.get(
            verb, "be"
        )
        return re.sub(r"\s+", " ", f"{subject} {'should' if on else 'should not'} {word} {rest}").strip()
    if found := re.match(r"(?i)whether (.+)", text):
        words = found[1].split(" ")
        for place in range(1, len(words)):
            base = base_of(words[place])
            if base and words[place].endswith("s") and words[place] != base:
                subject, rest = lower_first(" ".join(words[:place])), " ".join(words[place + 1 :])
                return f"{subject} should {'' if on else 'not '}{base} {rest}".strip()
    if (
        re.match(r"(?i)(include|show|return|enable|allow|use|send|make|skip|add|exclude|overwrite|force)\b", text)
        and len(text) < 60
    ):
        return f"please {lower_first(text)}" if on else f"there is no need to {lower_first(text)}"
    if item.label in _STATES or re.fullmatch(r"[a-z]+ed", item.label):
        return f"it should {'' if on else 'not '}be {item.label}"
    if base_of(item.label.split(" ")[0]) == item.label.split(" ")[0] and len(item.label.split(" ")) > 1:
        verb, _, rest = item.label.partition(" ")
        return f"please {verb} the {rest}" if on else f"there is no need to {verb} the {rest}"
    if found := re.match(r"needs (.+)", item.label):
        return f"I {'need' if on else 'do not need'} {with_article(found[1])}"
    return (
        f"please {'turn on' if on else 'leave out'} {item.label}"
        if len(item.label) < 40
        else f"{item.label}: {'yes' if on else 'no'}"
    )
