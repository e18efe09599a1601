"""What a tool does, as a verb phrase: from its description's first sentence, or from its name's words."""

import re
from dataclasses import dataclass
from functools import lru_cache

from toolflow_graph.models.offline.verbs import base_of, gerund, participle
from toolflow_graph.models.offline.words import (
    humanise,
    is_plural,
    join_and,
    lower_first,
    pluralise,
    singularise,
    split_words,
    with_article,
)

_LEAD = re.compile(
    r"^(?:(?:please )?(?:this|the|an?|use this|use the|using this) (?:\w+ ){0,2}?(?:endpoint|tool|method|api|"
    r"function|operation|"
    r"request|call|route|resource|service|command)(?: (?:can|will|is used|is|may|lets you|allows you|"
    r"allows users|helps you|"
    r"which|that|to|for|you))*|(?:it )?(?:allows|enables|lets) (?:you|users|the user|one)(?: to)?|"
    r"you can(?: use this to)?|"
    r"used? (?:this )?to|helps? (?:you |users )?(?:to )?|api (?:to|for)|tool (?:to|for|that)|endpoint (?:to|for|that)|"
    r"simply|quickly|easily|beta:?|deprecated:?|\[[^\]]*\])[:,]?\s+",
    re.I,
)
_TAIL = re.compile(
    r"(?:,| -| –|;|:) (?:with|including|measured|so|up|such|newest|oldest|best|sorted|for|based|using|where|"
    r"which|that|as|by|in|"
    r"plus|optionally|either|no|also|upcoming|like|e\.g|i\.e|if|when|then|given|supports?|this|it|returning|returns?|e\.g\.|"
    r"including|from|only|otherwise|without|unless|note|please)\b.*$",
    re.I,
)
_MINE = (
    r"(?:traveller|traveler|user|customer|guest|listener|reader|owner|caller|account holder|"
    r"authenticated user|current user)"
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """ "search" + "for flights between two airports on a given date"; ``short`` is the rest without trailing detail."""

    verb: str
    rest: str
    short: str

    @property
    def text(self) -> str:
        """The whole phrase."""
        return f"{self.verb} {self.rest}".replace(" ,", ",").strip()

    @property
    def thing(self) -> str:
        """What the verb acts on, up to its first preposition: "a free table"."""
        return core_object(self.rest)


@lru_cache(maxsize=4096)
def phrase_of(name: str, description: str) -> Phrase:
    """The verb phrase of a tool."""
    return _from_description(name, description) or _from_name(name)


def _clean(text: str) -> str:
    text = re.sub(r"<[^>]+>|https?://\S+|\[([^\]]*)\]\([^)]*\)", lambda found: found[1] or " ", text)
    text = re.sub(r"[`*#]|^\s*[-•]\s*", "", text.strip())
    text = re.split(r"(?<=[a-z0-9)\]])[.!?](?:\s|$)|\n\s*\n|\n\s*[-*•\d]|: \n|\.\n", text.strip(), maxsplit=1)[0]
    text = re.sub(r"\s*\([^)]*\)?", "", text)
    text = re.sub(
        r"\b([A-Za-z]+(?:_[A-Za-z0-9]+)+|[a-z]+(?:[A-Z]+[a-z0-9]*)+)\b", lambda found: humanise(found[0]), text
    )
    return re.sub(r"\s+", " ", text).strip(" .:-–,;")


def _from_description(name: str, description: str) -> Phrase | None:
    # "getFares is used to get fares" and "getFares: gets fares" say no more than the rest.
    purpose = r"(?:is|are|can be|may be) used (?:to|for)\b|(?:allows|lets) (?:you|users) to\b|[:–-]"
    own = rf"\b{re.escape(name)}\b\s*(?:{purpose})?"
    text = _clean(re.sub(own, " ", description, flags=re.IGNORECASE) if len(name) > 3 else description)
    for _ in range(2):
        text = _LEAD.sub("", text, count=1).strip()
    letters = sum(char.isascii() and char.isalpha() for char in text)
    if letters < 0.6 * len(text.replace(" ", "")) or len(text.split()) < 2 or not text:
        return None
    text = re.split(r" [-–] (?=[A-Z])|: (?=[A-Z])", text)[0]
    words = [word for word in text.split(" ")[1:] if len(word) > 3]
    if len(words) > 1 and sum(word[:1].isupper() and word[1:].islower() for word in words) >= 0.6 * len(words):
        text = re.sub(r"\b[A-Z](?=[a-z])", lambda found: found[0].lower(), text)
    if len(text) > 160:
        text = re.split(r"[,;:]| - | – ", text[:200])[0]
        if len(text) > 160:
            text = text[:110].rsplit(" ", 1)[0]
        text = re.sub(r" (?:and|or|the|a|an|of|to|for|in|with|by)$", "", text)
    first, _, rest = text.partition(" ")
    verb = base_of(first.strip(",:"))
    noun_use = rest.startswith(("of ", "is ", "for the ", "data", "information")) and first.lower() not in (
        "search",
        "look",
    )
    if (
        verb is None
        or (noun_use and first.lower() not in (verb, verb + "s"))
        or re.match(r"\w+ing\b.* (?:means|is|are|will|does) ", text)
    ):
        if re.match(r"\w+ing\b.* (?:means|is|are|will|does) ", text):
            return None
        if (
            not re.match(r"[A-Za-z]", first)
            or len(text) > 110
            or re.match(
                r"(?i)(you|we|after|before|when|if|once|for|in|with|on|at|by|to|is|use|it|will|do|must|note|here|gets?|has|should|and|or)\b|"
                r"\w+s (?:whose|whether|if|the|that|how|an?|all)\b",
                text,
            )
        ):
            return None
        noun = lower_first(text)
        if not re.match(r"(the|a|an|all|any|your|my|this)\b", noun):
            noun = noun if is_plural(noun.split(" of ")[0].split(" for ")[0]) else f"the {noun}"
        return _phrase("get", noun)
    # "Gets or sets x", "Creates and sends x": later verbs take the base form too.
    rest = re.sub(
        r"\b(and|or|,) (\w+(?:s|es))(?= (?:a|an|the|it|its|their|all|one|them|if)\b)",
        lambda found: f"{found[1]} {base_of(found[2]) or found[2]}",
        rest,
    )
    return _phrase(verb, f", {rest}" if first.endswith(",") else rest)


def _from_name(name: str) -> Phrase:
    words = [word for word in split_words(name) if word not in ("api", "v1", "v2", "v3", "mcp", "tool")] or ["use"]
    verb = base_of(words[0])
    if verb and len(words) > 1:
        rest = words[1:]
    elif verb:
        return _phrase(verb, "")
    else:
        at = next(
            (place for place, word in enumerate(words[1:], 1) if base_of(word) == word and word not in ("set", "list")),
            None,
        )
        after = words[at + 1 :] if at else []
        verb, rest = (words[at], after or words[:at]) if at else ("get", words)
    noun = humanise("_".join(rest))
    lead = re.split(r" (?:by|for|in|of|to|from|with|on|at) ", noun)[0]
    if verb in ("list", "search", "find", "browse"):
        return _phrase(verb, ("for " if verb == "search" else "") + (noun if " by " in noun else pluralise(noun)))
    if is_plural(lead) or verb not in ("create", "add", "new", "make", "draw", "send"):
        return _phrase(verb, noun if re.match(r"(all|my|by|for|in|to|up|out) ", noun + " ") else f"the {noun}")
    return _phrase(verb, with_article(noun))


def _phrase(verb: str, rest: str) -> Phrase:
    rest = lower_first(rest.strip())
    rest = re.sub(rf"\b(the|all|all the) ((?:[\w-]+ ){{0,3}}?[\w-]+) of the {_MINE}\b", r"my \2", rest)
    rest = re.sub(rf"\b(?:the|a|an) {_MINE}'s\b", "my", rest)
    rest = re.sub(rf"\b(by|for|of) the {_MINE}\b(?! )", "", rest)
    rest = re.sub(
        r"\bthe (mailbox|address book|shopping cart|home hub|reading list|personal favourites)\b", r"my \1", rest
    )
    rest = re.sub(r"\bthe personal\b", "my", rest).replace("my personal ", "my ")
    return Phrase(verb, re.sub(r"\s+", " ", rest).strip(), _TAIL.sub("", rest).rstrip(" ,;:"))


@lru_cache(maxsize=2048)
def core_object(rest: str) -> str:
    """The noun phrase a verb phrase starts with: "a free table at a restaurant" gives "a free table"."""
    rest = re.sub(r"^(?:for|up|on|off|out) ", "", rest)
    text = re.split(
        r",? (?:in|at|for|from|to|with|by|on|that|who|which|and|or|over|so|between|about|into|whose|without|"
        r"where|under|near|"
        r"around|as|after|before|until|using|through|against|during|based|available|via|given|across|per|one|right|day|hour|when|while)\b|,",
        rest,
        maxsplit=1,
    )[0]
    return text.strip()


@lru_cache(maxsize=2048)
def head_noun(phrase: str) -> str:
    """The head of a noun phrase: "the list of players" gives "players"; "a free table" "table"."""
    text = re.sub(r"^(?:all|the|a|an|my|your|any|some|new|one)\b ?", "", phrase)
    text = re.sub(r"^(?:all|the|a|an|my|your|new) ", "", text)
    if found := re.match(r"(?:list|number|set|table) of (?:the |all )?(.+)", text):
        text = found[1]
    return re.split(r" of | in ", text)[0].strip()


def two_verbs(phrase: Phrase) -> tuple[str, ...]:
    """The verbs of "lock or unlock a door", "accept, reject or counter an offer"; () for a single one."""
    found = re.match(r"((?:, )?(?:\w+,? )?or \w+) (?:a|an|the|all|my|one|this)\b", phrase.rest)
    if not found:
        return ()
    words = [word for word in re.findall(r"\w+", found[1]) if word != "or"]
    return (phrase.verb, *words) if len(words) < 4 and all(base_of(word) == word for word in words) else ()


_MADE = (
    "create",
    "add",
    "make",
    "book",
    "schedule",
    "reserve",
    "register",
    "open",
    "post",
    "place",
    "generate",
    "onboard",
)
_NEW = (
    *_MADE,
    "send",
    "order",
    "request",
    "submit",
    "buy",
    "save",
    "issue",
    "set",
    "trigger",
    "record",
    "write",
    "draw",
    "build",
    "insert",
    "upload",
    "publish",
    "start",
    "plan",
    "invite",
    "capture",
    "subscribe",
    "apply",
    "draft",
    "propose",
)


def after_verbs(phrase: Phrase) -> str:
    """What "lock or unlock a door" does it to: "a door"."""
    return re.sub(r"^.*?\bor \w+ ", "", phrase.short, count=1)


def done_phrase(phrase: Phrase, entities: frozenset[str] = frozenset()) -> str:
    """ "booked a room": what has been done, or "" if the phrase has two verbs or none to say it with."""
    if two_verbs(phrase) or not phrase.rest:
        return ""
    particle = re.match(r"(up|on|off|out|in|down|for) ", phrase.rest)
    thing = core_object(phrase.rest).replace("my ", "your ")
    words = thing.split(" ")
    if words[0] in ("a", "an", "one") and (
        phrase.verb not in _NEW or (singularise(words[-1]) in entities and phrase.verb not in _MADE)
    ):
        thing = "the " + " ".join(words[1:])
    thing = re.sub(r" of an? ", " of the ", thing)
    if not thing or len(words) > 7 or words[-1] in ("person", "people", "someone", "the", "a", "an"):
        return ""
    if phrase.verb in ("watch", "monitor"):
        return f"started {gerund(phrase.verb)} {thing}"
    return " ".join(part for part in (participle(phrase.verb), particle[1] if particle else "", thing) if part)


def doing_phrase(phrase: Phrase) -> str:
    """ "booking a room"."""
    if verbs := two_verbs(phrase):
        thing = re.sub(r"^one ", "the ", core_object(after_verbs(phrase)))
        return f"{join_and([gerund(verb) for verb in verbs], 'or')} {thing}"
    if re.match(r"(?:up )?(whether|which|how|what|where|when|if)\b", phrase.rest):
        return f"{gerund(phrase.verb)} {phrase.short}"
    particle = re.match(r"(up|on|off|out|for) ", phrase.rest)
    thing = re.sub("^one ", "the ", core_object(phrase.rest).replace("my ", "your "))
    return " ".join(part for part in (gerund(phrase.verb), particle[1] if particle else "", thing) if part)


def to_do_phrase(phrase: Phrase) -> str:
    """ "book a room"."""
    if verbs := two_verbs(phrase):
        thing = re.sub(r"^one ", "the ", core_object(after_verbs(phrase)))
        return f"{join_and(list(verbs), 'or')} {thing}"
    if re.match(r"(?:up )?(whether|which|how|what|where|when|if)\b", phrase.rest):
        return f"{phrase.verb} {phrase.short}"
    particle = re.match(r"(up|on|off|out|for) ", phrase.rest)
    thing = re.sub("^one ", "the ", core_object(phrase.rest).replace("my ", "your "))
    return " ".join(part for part in (phrase.verb, particle[1] if particle else "", thing) if part)
