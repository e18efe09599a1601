"""What a tool does, as a verb phrase: from its description's first sentence, or from its name's words."""

import re
from dataclasses import dataclass
from functools import lru_cache

from toolflow_graph.models.offline.resting import rest_phrase
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
from toolflow_graph.regexes import lazy_regex

_LEAD = lazy_regex(
    r"^(?:(?:please )?(?:this|the|an?|use this|use the|using this) (?:\w+ ){0,2}?(?:endpoint|tool|method|api|"
    r"function|operation|"
    r"request|call|route|resource|service|command)(?: (?:can|will|is used|is|may|lets you|allows you|"
    r"allows users|helps you|"
    r"which|that|to|for|you))*|(?:it )?(?:allows|enables|lets) (?:(?:an? |the )?users?|you|one|developers|clients)(?: to)?|"
    r"you can(?: use this to)?|"
    r"used? (?:this )?to|helps? (?:you |users )?(?:to )?|api (?:to|for)|tool (?:to|for|that)|endpoint (?:to|for|that)|"
    r"(?:provides?|gives?|offers?)(?: you| users| developers)? (?:the |an? )?(?:flexibility|ability|option|possibility|way) "
    r"(?:to|for)|let(?:'|’)?s? (?:you|us|users)|"
    r"beta:?|deprecated:?|"
    r"\[[^\]]*\])[:,]?\s+",
    re.I,
)
_TAIL = lazy_regex(
    r"(?:,| -| –|;|:) (?:with|including|measured|so|once|whether|up|such|newest|oldest|best|sorted|for|based|using|where|"
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
    path = rest_phrase(name)
    if path and set(re.findall(r"[a-z0-9]+", description.lower())) <= set(split_words(name)):
        return _phrase(*path)  # a description that only repeats the name
    return _from_description(name, description) or (_phrase(*path) if path else _from_name(name))


def _clean(text: str) -> str:
    text = re.sub(r"<[^>]+>|https?://\S+|\[([^\]]*)\]\([^)]*\)", lambda found: found[1] or " ", text)
    text = re.sub(r"[`*#]|^\s*[-•]\s*|(?i:(?<=^un)-(?=[a-z]))", "", text.strip())
    text = re.split(r"(?<=[a-z0-9)\]])[.!?](?:\s|$)|\n\s*\n|\n\s*[-*•\d]|: \n|\.\n", text.strip(), maxsplit=1)[0]
    text = re.sub(r"\s*\([^)]*\)?", "", text)
    text = re.sub(r"\b[A-Z]{3,}(?: [A-Z]{3,})+\b", lambda found: found[0].lower(), text)
    text = re.sub(
        r"\b([A-Za-z]+(?:_[A-Za-z0-9]+)+|[a-z]+(?:[A-Z]+[a-z0-9]*)+)\b", lambda found: humanise(found[0]), text
    )
    return re.sub(r"\s+", " ", text).strip(" .:-–,;")


def _from_description(name: str, description: str) -> Phrase | None:
    # "getFares is used to get fares" and "getFares: gets fares" say no more than the rest.
    purpose = r"(?:is|are|can be|may be) used (?:to|for)\b|(?:allows|lets) (?:you|users) to\b|[:–-]"
    # "search" alone is a word of the sentence: "Search the archive" loses nothing.
    own = rf"\b{re.escape(name)}\b\s*(?:{purpose}){'?' if re.search('[_-]|[a-z][A-Z]', name) else ''}"
    text = _clean(re.sub(own, " ", description, flags=re.IGNORECASE) if len(name) > 3 else description)
    for _ in range(2):
        text = _LEAD.sub("", text, count=1).strip()
    given = re.match(r"(?i)(?:given|for|with|using|based on|when|if|once|after) [^,]{2,80}, ([a-z]+) ", text)
    if given and base_of(given[1]):
        text = text[given.start(1) :]
    text = re.sub(r" (?:after|once|when|before) you(?:['’]ve| have)? .*$", "", text)
    adverb, _, after = text.partition(" ")
    if adverb.lower().endswith("ly") and base_of(adverb) is None and base_of(after.partition(" ")[0]):
        text = after
    text = re.sub(
        r" (?:using|with|by|for) (?:the|its|an?|their) (?:given |specified |unique )?(?:ID|id|identifier)s?\b[^,]*$",
        "",
        text,
    )
    text = re.sub(r"(?i)^allows? (?:for )?(?:the )?retrieval of", "get", text)
    text = (
        re.sub(r"(?i)^(?:batch|bulk|force|mass|full-text|hard|soft) (?=[a-z]+ )", "", text)
        if base_of(text.split(" ")[1:2][0] if " " in text else "")
        else text
    )
    text = re.sub(r"(?<!\bis)(?<!\bare) (?:from|of|to|for|in|with|by|at|on|and|or|the|an?)$", "", text)
    text = re.sub(r" by setting the values? of .*$| specified in the request .*$", "", text)
    text = re.sub(r"(?<=[a-z]) by id [a-z]+(?: by id [a-z]+)*$", "", text)
    letters = sum(char.isascii() and char.isalpha() for char in text)
    if letters < 0.6 * len(text.replace(" ", "")) or len(text.split()) < 2 or not text:
        return None
    text = re.split(r" [-–] (?=[A-Z])|: (?=[A-Z])", text)[0]
    text = re.sub(r"^([A-Za-z]+)/[A-Za-z]+ ", r"\1 ", text)
    words = [word for word in text.split(" ")[1:] if len(word) > 3]
    if len(words) > 1 and sum(word[:1].isupper() and word[1:].islower() for word in words) >= 0.6 * len(words):
        text = re.sub(r"\b[A-Z](?=[a-z])", lambda found: found[0].lower(), text)
    if len(text) > 160:
        text = re.split(r"[,;:]| - | – ", text[:200])[0]
        if len(text) > 160:
            text = text[:110].rsplit(" ", 1)[0]
        text = re.sub(r" (?:and|or|the|a|an|of|to|for|in|with|by)$", "", text)
    first, _, rest = text.partition(" ")
    verb = base_of(first.strip(",:")) or _unknown_verb(first, rest)
    if verb is None and re.match(
        r"(?:An?|The|This|Your) (?:[\w-]+ ){1,3}?(?:can|is|are|will|has|have|may|must|should|was)\b", text
    ):
        return None
    if verb in _VAGUE_VERBS:
        # "Manage the notes" says less than the name that reads or deletes them.
        verb = next((base for word in split_words(name)[:1] if (base := base_of(word))), verb)
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


_SORTS = frozenset(
    "public private new existing old single multiple active inactive open closed local remote direct".split()
)
_HTTP = ("get", "post", "put", "patch", "delete")
_DEEDS = {"post": "create", "put": "update", "patch": "update"}
_ACTS = ("cancel", "confirm", "capture", "submit", "verify", "approve", "decline", "close", "send", "pay", "redact", "expire",
         "start", "stop", "pause", "resume", "archive", "restore", "publish", "accept", "reject", "finalize", "search")  # fmt: skip


def _without_echo(words: list[str]) -> str:
    """Words without a plural that its singular repeats: "sessions session" is one session."""
    kept = [
        word
        for place, word in enumerate(words)
        if singularise(word) not in words[place + 1 : place + 2] or word == singularise(word)
    ]
    return humanise("_".join(kept))


_VAGUE_VERBS = ("manage", "handle", "process", "perform", "execute")
_NO_VERBS = frozenset("after before when if once for in with on at by to is it will do must note here has should and or you we "
                      "this that these all any your my our each every its their the a an from of as not no".split())  # fmt: skip


def _unknown_verb(first: str, rest: str) -> str | None:
    """A verb that is not in the list, told by what follows it: "Hover an element", "Seeks to a position"."""
    word = first.strip(",:").lower()
    after = re.match(r"(?:an?|the|all|your|user’s|user's|multiple|to (?:an?|the|[a-z]+ in)) [a-z]", rest.lower())
    if (
        not after
        or not re.fullmatch(r"[a-z]{3,14}", word)
        or word in _NO_VERBS
        or word.endswith(("ing", "ed", "tion", "ly"))
    ):
        return None
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _from_name(name: str) -> Phrase:
    words = [word for word in split_words(name) if word not in ("api", "v1", "v2", "v3", "mcp", "tool")] or ["use"]
    by = words.index("by") if "by" in words[2:] else len(words)
    # "updateBoardsNameByIdBoard" only repeats its parameter.
    words = words[:by] if "id" in words[by:] else words
    if words[0] in _HTTP and "id" in words[1:]:
        words = [_DEEDS.get(words[0], words[0]), *(word for word in words[1:] if word != "id")]
    if words[0] == "post" and len(words) > 1 and is_plural(words[-1]):
        words = ["create", *words[1:-1], singularise(words[-1])]
    verb = base_of(words[0])
    if words[0] in _HTTP and len(words) > 3 and base_of(words[-1]) == words[-1] and words[-1] in _ACTS:
        # "PostSessionsSessionCancel": the last word says what is done.
        return _phrase(words[-1], f"the {_without_echo(words[1:-1])}")
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
    rest = re.sub(rf"\b(?:(?:the|a|an) )?{_MINE}['’]s\b", "my", rest)
    rest = re.sub(rf"\b(by|for|of) the {_MINE}\b(?! )", "", rest)
    rest = _with_determiner(verb, rest)
    rest = re.sub(
        r"\bthe (mailbox|address book|shopping cart|home hub|reading list|personal favourites)\b", r"my \1", rest
    )
    rest = re.sub(r"\bthe personal\b", "my", rest).replace("my personal ", "my ")
    return Phrase(verb, re.sub(r"\s+", " ", rest).strip(), _TAIL.sub("", rest).rstrip(" ,;:"))


_MASS = frozenset("data information access metadata content feedback history music news weather traffic text html audio code "
                  "json pdf help support usage stock advice equipment status time research".split())  # fmt: skip


def _with_determiner(verb: str, rest: str) -> str:
    """ "create group" as "create a group", "update comment" as "update the comment": people do not drop articles."""
    words = rest.split(" ")
    plain = 0 < len(words) < 4 and all(re.fullmatch(r"[a-z]{3,}", word) for word in words)
    if (
        not plain
        or is_plural(rest)
        or words[-1] in _MASS
        or words[0] in _NO_VERBS
        or words[-1].endswith(("ing", "ly", "ed"))
    ):
        return rest
    return with_article(rest) if verb in _MADE else f"the {rest}"


@lru_cache(maxsize=2048)
def core_object(rest: str) -> str:
    """The noun phrase a verb phrase starts with: "a free table at a restaurant" gives "a free table"."""
    rest = re.sub(r"^(?:for|up|on|off|out) ", "", rest)
    rest = re.sub(
        r"^(?:an? |the )?(?:list|collection|array) (?:of|with|containing) (?:all )?(?:the )?(?:(?:currently )?(?:available|supported|possible|existing) )?(?=[a-z])",
        "the ",
        rest,
    )
    rest = re.sub(r"^the (?=(?:my|your|their|the|an?) )", "", rest)
    found = re.match(r"(an?|the) (\w+) (?:and|or) (\w+) (\w+)\b", rest)
    if found and found[2] in _SORTS and found[3] in _SORTS:
        # "a public or private channel" is a channel.
        return f"{found[1]} {found[4]}"
    if found := re.match(r"((?:\w+ )?\w+(?:, \w+)+,? (?:and|or) \w+ \w+s)\b", rest):
        # "official storm, heat, flood and snow warnings" are all warnings.
        return found[1]
    text = re.split(
        r",? (?:in|at|for|from|to|with|by|on|that|who|which|and|or|over|so|between|about|into|whose|without|"
        r"(?:an?|the) \w+ (?:is|are|was|has|belongs)|where|under|near|focused|associated|related|belonging|matching|containing|including|"
        r"around|as|after|before|until|using|through|against|during|based|available|via|given|across|per|one|right|day|hour|when|while)\b|,",
        rest,
        maxsplit=1,
    )[0]
    return text.strip()


@lru_cache(maxsize=2048)
def head_noun(phrase: str) -> str:
    """The head of a noun phrase: "the list of players" gives "players"; "a free table" "table"."""
    text = re.sub(r"^(?:all|the|a|an|my|your|any|some|new|one)\b ?", "", phrase)
    text = re.sub(r"^(?:all|the|a|an|my|your|new|multiple|several|various|many) ", "", text)
    if found := re.match(
        r"(?:list|number|set|table|collection|array) (?:of|with|containing) (?:all )?(?:the )?(.+)", text
    ):
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
    thing = re.sub(r" of an? ", " of the ", re.sub(r" (?:attached|connected|linked)$", "", thing))
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
