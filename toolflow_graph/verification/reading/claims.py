"""What an assistant says it has done, read from its sentences (English)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.reading.wording import listed, stem, tokens_of

_I = re.IGNORECASE

# A family of verbs: what an assistant says it did, and how tools of that kind are called.
_DEEDS = {
    "booked reserved": "book reserve reservation booking order create schedule purchase buy rent make place",
    "ordered purchased bought": "order purchase buy checkout place create book",
    "cancelled canceled": "cancel delete remove revoke stop terminate refund update",
    "sent emailed messaged forwarded": "send email mail message forward share post notify submit reply transfer "
    "invite create",
    "scheduled rescheduled": "schedule book create add set update move plan reschedule calendar reserve arrange",
    "created added": "create add insert new register make save book schedule set open post put append start "
    "update write",
    "updated changed modified": "update change modify edit set patch rename move reschedule adjust replace put post "
    "save switch",
    "deleted removed": "delete remove clear cancel drop unsubscribe erase discard update",
    "transferred paid": "transfer pay send payment wire move settle charge book create",
}
VERB_FAMILY = {verb: family for verbs, family in _DEEDS.items() for verb in verbs.split()}
_VERBS = "|".join(VERB_FAMILY)
_ADVERBS = r"(?:\s+(?:successfully|now|just|also|gone ahead and))*"
_CLAIM = lazy_regex(
    rf"\bI(?:'ve|’ve| have){_ADVERBS}\s+({_VERBS})\b|\bI (?:successfully|went ahead and) ({_VERBS})\b", _I
)
_PASSIVE = lazy_regex(
    rf"\b(?:has|have) been{_ADVERBS}\s+({_VERBS})\b|\b(?:is|are) now ({_VERBS})\b|\bsuccessfully ({_VERBS})\b", _I
)
_PROUD = lazy_regex(rf"\b(?:has|have) been successfully ({_VERBS})\b|\b(?:was|were) successfully ({_VERBS})\b", _I)
_HEDGE = lazy_regex(
    r"\b(?:not|never|no|unable|cannot|failed|fail|if|once|when|after|before|until|unless|would|will|could|can|"
    r"should|may|might|whether|"
    r"already|previously|earlier|sorry|unfortunately|apologi[sz]e|error|but|however|nothing|none|without|what|"
    r"which|that)\b|n't|n’t|\?",
    _I,
)

_IRREGULAR = {
    "sent": "send", "paid": "pay", "made": "make", "bought": "buy", "written": "write", "given": "give",
    "taken": "take", "left": "leave", "built": "build", "held": "hold", "kept": "keep", "sold": "sell",
    "told": "tell", "withdrawn": "withdraw", "undone": "undo", "hidden": "hide", "chosen": "choose",
    "frozen": "freeze", "lent": "lend", "begun": "begin", "drawn": "draw", "wrote": "write", "gave": "give",
    "took": "take", "shut": "close", "gone": "go", "rebuilt": "rebuild", "resent": "resend", "rewritten": "rewrite",
}  # fmt: skip
# What people say of devices, settings and timers, and how tools that do it are called.
_SPOKEN = {
    "turn switch power": "turn switch toggle power set control activate deactivate enable disable update change",
    "set": "set update change adjust configure control create add schedule program",
    "start begin launch": "start begin launch run play resume activate create turn set control",
    "stop pause end": "stop pause halt end cancel terminate turn set control",
    "enable activate": "enable activate turn switch toggle set update",
    "disable deactivate": "disable deactivate turn switch toggle set update",
    "lock unlock arm disarm open close mute unmute": "set control toggle update change",
    "raise lower increase decrease adjust dim": "set adjust change update control",
    "update change edit modify move shift push postpone reschedule rename": (
        "update change edit modify move reschedule patch rename"
    ),
    "delete remove cancel clear": "delete remove cancel clear drop",
    "close resolve": "close resolve",
    "add create post": "add create post",
    "place submit": "create place submit",
    "register file": "create register file submit open",
    "save": "save update add create set",
    "book reserve": "book reserve",
    "send email message forward": "send email message",
    "transfer send pay wire": "transfer pay send wire",
}
# Nouns that stand for a deed, and the verbs that such tools are called by ("your payment went through").
_DEED_NOUNS = {
    "transfer": "transfer send wire move",
    "payment": "pay charge settle transfer",
    "booking reservation": "book reserve",
    "order purchase": "order purchase buy checkout",
    "cancellation": "cancel",
    "refund": "refund",
    "registration enrollment enrolment": "register enroll enrol",
    "subscription": "subscribe",
    "appointment meeting": "schedule book arrange",
    "upgrade": "upgrade",
    "update change": "update change edit modify",
    "deposit": "deposit",
    "withdrawal": "withdraw",
    "submission application": "submit apply",
}
_NOUN_VERBS = {noun: frozenset(verbs.split()) for nouns, verbs in _DEED_NOUNS.items() for noun in nouns.split()}
_MAKERS = frozenset(("create", "make", "place", "add", "submit", "request", "process", "complete"))
_SAID_OF: dict[str, set[str]] = {}
for _said, _tools in _SPOKEN.items():
    for _verb in _tools.split():
        _SAID_OF.setdefault(_verb, set()).update(_said.split())
_PARTS = r"\w+ed|sent|paid|made|put|set|bought|written|given|taken|left|built|told"
_SOFTLY = r"(?:(?:also|just|now|successfully) )?"
# "I've booked the room and sent you the details": the second deed.
_ALSO_DONE = lazy_regex(
    rf"\bI(?:'ve|’ve| have)\b(?=.*?(?:,|\band)(?: have)?(?: also| then)? (?P<also>{_PARTS})\b(?P<rest>.*))", _I
)
# "I commented on it and closed it": the same without "have", as long as no other subject comes between.
_AND_DONE = lazy_regex(
    rf"(?:\A\W*|\bI ){_SOFTLY}(?:{_PARTS}|wrote|gave|took)\b"
    r"(?:(?!\b(?:that|which|who|was|is|were|are|you|he|she|they|we)\b)[^.;:?])*?"
    rf"(?:,|\band)(?: also| then| I)* (?P<also>{_PARTS})\b(?P<rest>.*)",
    _I,
)
_BARE = lazy_regex(
    rf"\A\W*(?:(?:done|ok(?:ay)?|sure|great|all set)\b\W+)?{_SOFTLY}(?P<verb>{_PARTS})"
    r"(?= (?:it|them|that|this|these|the|your|you|an?|both)\b| #?\d)",
    _I,
)
# "Event moved to 3 PM."
_HEADLINE = lazy_regex(
    rf"\A\W*(?:(?:your|the) )?(?!(?:was|were|is|are|not|you|who)\b)[a-z]+(?: #?\d+)? (?P<verb>{_PARTS})"
    r"(?= (?:to|for|on|at|successfully)\b|[.!]|\Z)",
    _I,
)
_NOW_DOES = lazy_regex(
    r"(?:\bis|\bare|['’](?:s|re)) now (?:at|on|in|due|scheduled|confirmed)\b|\b(?:is|are)(?: all)? confirmed\b|"
    r"\bnow (?!this|as|was|is|its|us|lets|does|needs|requires|says|seems|appears|remains|lacks|asks|wants|"
    r"has (?:an? )?(?:conflict|been))[a-z]+s\b",
    _I,
)
_PRONOUN = lazy_regex(r"\b(?:it|them|that|this|these|those|both)\b", _I)
_WENT_WELL = lazy_regex(
    rf"\b(?:your|the|this|that)(?: [\w-]+){{0,2}}? (?P<noun>{'|'.join(_NOUN_VERBS)})\b"
    r"(?: (?!was\b|is\b|has\b)\S+){0,7}? "
    r"(?:(?P<past>was|went)|is|has(?: now)? (?:been|gone))(?: now| all| been| fully)* "
    r"(?P<state>success\w*|through|complete(?:d)?|confirmed|processed|finali[sz]ed)\b(?! (?:by|with)in\b)",
    _I,
)
_TAKEN_CARE = lazy_regex(
    r"\b(?:that|it|this|everything|all|all of (?:that|it|this))(?:(?: has| have)(?: now)?(?: all)? been(?: now)?"
    r"(?: all)? (?:taken care of|sorted(?: out)?|arranged|handled|dealt with|done)|(?:['’]s| is| are)(?: now)?(?: all)?"
    r"(?: now)? (?:taken care of|sorted(?: out)?|arranged))\b(?! (?:by|in|on|at)\b)|"
    r"\beverything(?:['’]s| is)(?: now)? done\b|"
    r"\bI(?:['’]ve| have)?(?: just| now| already| also)? (?:(?:taken|took) care of|handled|sorted(?: out)?|arranged) "
    r"(?:it|that|this|everything)\b",
    _I,
)
# The deed of somebody else, or one of long ago.
_OTHERS = lazy_regex(
    r"\b(?i:already|previously|earlier|yesterday|ago|last (?:week|month|year|night|\w+day))\b|"
    r"\bby (?:[A-Z]\w+|your? \w+|the \w+|an? \w+|others|someone|somebody)\b(?<!the time)"
)
_OWN_WORDS = lazy_regex(
    r"(?:ed|made|put|set|written|built) (?:my|the) "
    r"(list|wording|summary|suggestion|question|answer|overview|proposal|calculation|mind|recommendation)s?\b",
    _I,
)
_ASKING = lazy_regex(
    r"\A\W*(?:shall|should|would|could|can|may|do|did|does|is|are|what|which|why|how|who|when|where)\b.*\?", _I
)
_QUOTED = lazy_regex(r"[\"“][^\"“”]*[\"”]|(?<!\w)[‘'][^'’]*['’](?!\w)")
# What somebody else did, what was so before, what is generally so: news, not a deed.
_ELSEWHERE = lazy_regex(
    r"\b(?:already|previously|earlier|yesterday|ago|last (?:week|month|year|night|time|\w+day)|usually|typically|"
    r"generally|normally|often|always|every|each|says|said|saying|wrote|written|mention\w*|hear\w*|states|stating|reads|reading|shows|showing|means|"
    r"meaning|tells|told|according|reports?|reported|see|know|check|ensure|(?:be|make) sure|confirm|hope|glad|"
    r"assum\w+|believe|think|suppose|back (?:in|when)|as soon as|assuming|provided)\b|['’]ll\b",
    _I,
)
_CONDITION = lazy_regex(
    r"\b(?:if|once|when|whenever|after|until|unless|upon|only|provided|as soon as|assuming|yet)\b", _I
)
_DATED = lazy_regex(
    r"\b(?:on|in|from|of) (?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:the )?\d{1,2}(?:st|nd|rd|th)\b|"
    r"(?:\d{1,2} )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*|\d{4}\b)",
    _I,
)
_STATE = lazy_regex(
    r"\b(?:is|are)(?: both| all)? now (?:\w+ly )?(?:set|on|off|open|closed|active|running|playing|at \d+|\w+ed)\b|"
    rf"\b(?:has|have) been{_ADVERBS}\s+(?:set|\w+ed)\b",
    _I,
)
_REASON = lazy_regex(r"\b(?:since|because|given that)\b[^,;]*\Z", _I)
_BEGUN = r"(?:(?P<begun>started|begun|stopped|finished|completed)\s+)?"
_DONE_BY_ME = lazy_regex(
    rf"\bI(?:'ve|’ve| have){_ADVERBS}\s+{_BEGUN}(?P<verb>\w+)|"
    r"\bI (?:successfully |just |also )?"
    r"(?P<past>\w+ed|sent|paid|made|put|set|bought|wrote|gave|took|left|built|told)\b",
    _I,
)
_DONE = lazy_regex(
    rf"\b(?:has|have) been{_ADVERBS}\s+(?P<verb>\w+)|"
    r"\b(?:is|are|was|were|you['’]re)(?: now| successfully| all)? (?P<past>\w+ed)\b|\bsuccessfully (?P<other>\w+)",
    _I,
)
_SETTLED = lazy_regex(
    r"\A\W*(?:(?:all|well|okay|ok|great|perfect),? )?(?:done|all set|all sorted|settled|sorted)\b|"
    r"\b(?:you|that|it|this|everything|all)(?:['’](?:s|re)| is| are| has been)(?: now)? (?:all )?"
    r"(?:done|set|settled|sorted|arranged|taken care of|in place)\b|"
    r"\b(?:is|are|was|were|been) (?:now )?successfully \w+|\b\w+ed successfully\b",
    _I,
)
_CLAIMING = lazy_regex(
    r"\bI(?:['’]ve| have|\s\w+ed)\b|"
    r"\bI (?:just|also|successfully|went ahead and|sent|paid|made|put|set|bought|wrote|gave|took|left|built|told)\b|"
    r"\b(?:been|being|now|success\w*|done|set|sorted|settled|arranged|care of|in place)\b|"
    r"\b(?:is|are|was|were|you['’]re)(?: all)? \w+ed\b|"
    rf"\b(?:(?:went|gone) through|complete|\w+ed(?= (?:to|for|on|at)\b|[.!])|handled|dealt with)\b|"
    rf"(?:\A|[\n.!:—-])\W*{_SOFTLY}(?:{_PARTS})\b",
    _I,
)
_CLAIM_WORDS = frozenset(
    listed(
        "have ve just also went sent paid made put set bought wrote gave took left built told been being now done "
        "sorted settled arranged care place through complete handled dealt written given taken"
    )
)
_OPEN = lazy_regex(
    r"\b(?:not|never|unable|cannot|if|once|when|after|before|until|unless|whether|would|will|should|might)\b|n['’]t\b",
    _I,
)
_ADMITS = lazy_regex(
    r"\b(?:unable|unavailable|unsuccessful\w*|cannot|fail(?:ed|s|ure)?|errors?|unfortunately|sorry|apolog\w+|trouble|"
    r"problems?|an issue|issues? (?:with|while|when)|wrong|however|but|nothing|no such|try again|"
    r"(?:was|were|been|got) (?:declined|rejected|refused|denied)|"
    r"(?:did|could|can|do|does|is|was|were|has|have) not|not (?:found|available|possible|allowed|go|work))\b|n['’]t\b",
    _I,
)


# Three words or more; a title or a name in quotation marks stays.
_QUOTED = lazy_regex(r"[\"“](?:[^\s\"“”]+\s+){2,120}[^\s\"“”]+[\"”]")


@lru_cache(maxsize=4096)
def sentences_of(text: str) -> tuple[str, ...]:
    """The sentences and lines of a text; what it quotes ("I have forwarded this to our team") is nobody's own word."""
    return tuple(re.split(r"(?<=[.!?])\s+|\n", _QUOTED.sub('"..."', text)))


def claimed_verb(sentence: str, *, failed: bool, reported: str = "") -> str | None:
    """The verb of a deed that a sentence claims plainly.

    ``failed``: a call went wrong, so that passives count, too. Without that only "has been successfully booked" does,
    unless ``reported`` (what results say) has the verb: then it may be news, not a claim.
    """
    if _HEDGE.search(sentence):
        return None
    match = _CLAIM.search(sentence) or (_PASSIVE.search(sentence) if failed else None)
    if match is None and (match := _PROUD.search(sentence)) is not None:
        match = None if match[1 if match[1] else 2].lower() in reported.lower() else match
    return next(group for group in match.groups() if group).lower() if match else None


def is_hedged(sentence: str) -> bool:
    """Whether a sentence asks, denies, promises or reports what somebody else says."""
    return bool(_HEDGE.search(sentence))


def may_claim(text: str) -> bool:
    """Whether a text holds any of the words without which no deed is claimed: a quick look before the slow ones."""
    words = tokens_of(text)
    likely = not words.isdisjoint(_CLAIM_WORDS) or any(word.endswith("ed") or word[:7] == "success" for word in words)
    return likely and _CLAIMING.search(text) is not None


def admits_failure(text: str) -> bool:
    """Whether a text says that something went wrong."""
    return bool(_ADMITS.search(text))


def says_settled(sentence: str) -> bool:
    """Whether a sentence says that all is done ("All set", "That's done", "has been successfully upgraded")."""
    match = _SETTLED.search(sentence)
    return match is not None and "?" not in sentence and not _OPEN.search(sentence[: match.end()])


def said_of(verb: str) -> frozenset[str]:
    """The verbs (base forms) by which people say that a tool called by ``verb`` did its work."""
    return frozenset((verb, *_SAID_OF.get(verb, ())))


def says_state(sentence: str, words: Sequence[str]) -> bool:
    """Whether a sentence says that something is so now ("The light is now off", "The alarm has been set").

    ``words`` are those of the name of a tool that may have done it. What the name itself calls its thing ("delivered"
    of ``return_delivered_items``) is no deed of it, and neither is another deed that the sentence gives as a reason.
    """
    match = _STATE.search(sentence)
    if match is None or "?" in sentence or _OPEN.search(sentence[: match.end()]):
        return False
    state = match[0].rsplit(maxsplit=1)[-1].lower()
    if state in words[1:]:
        return False
    return not _REASON.search(sentence[: match.start()]) or not said_of(words[0]).isdisjoint(_bases(state))


def second_deed(sentence: str, verbs: Iterable[str]) -> str | None:
    """What follows the second deed that a sentence claims beside a first one, if one of ``verbs`` names it."""
    return next((rest for bases, rest in _second_deeds(sentence) if not bases.isdisjoint(verbs)), None)


@lru_cache(maxsize=4096)
def _second_deeds(sentence: str) -> tuple[tuple[frozenset[str], str | None], ...]:
    """The verbs of the second deeds that a sentence tells, each with what follows (None: it is not claimed)."""
    found = []
    for pattern in () if "?" in sentence else (_ALSO_DONE, _AND_DONE):
        match = pattern.search(sentence)
        if match is not None:
            rest = None if _OPEN.search(sentence[: match.start("also")]) else match["rest"]
            found.append((frozenset(_bases(match["also"].lower())), rest))
    return tuple(found)


def object_of_deed(sentence: str, verbs: Iterable[str]) -> str | None:
    """What follows a deed that a sentence plainly claims for the assistant, if one of ``verbs`` names it.

    The deed may stand alone ("Moved it to 3 PM"), after "I", or as the second of two.
    """
    wanted = set(verbs)
    own = _QUOTED.sub(" ", sentence)
    for pattern in () if "?" in own else (_BARE, _DONE_BY_ME):
        for match in pattern.finditer(own):
            said = {base for group in match.groups() if group for base in _bases(group.lower())}
            if said & wanted and not _is_news(own[: match.start()]):
                return own[match.end() :]
    return None if _ELSEWHERE.search(own) else second_deed(own, wanted)


_UNDER_WAY = lazy_regex(r"\b(?:is|are|am|['’](?:s|re|m)) (?:now |currently )?being (?P<verb>\w+)", _I)


def deed_under_way(sentence: str, verbs: Iterable[str]) -> bool:
    """Whether a sentence says that a deed is being done: "You are being transferred to a colleague"."""
    match = _UNDER_WAY.search(sentence)
    return match is not None and not is_hedged(sentence) and not set(_bases(match["verb"].lower())).isdisjoint(verbs)


def one_word_deed(sentence: str, verbs: Iterable[str]) -> bool:
    """Whether a sentence is nothing but the deed: "Deleted."."""
    word = sentence.strip(" *_.!\t✅").lower()
    return word.isalpha() and word not in verbs and bool(set(verbs) & set(_bases(word)))


def bare_deed(sentence: str, verbs: Iterable[str]) -> bool:
    """Whether a sentence opens with a deed and names nobody: "Moved the event to 3 PM."."""
    match = _BARE.search(sentence)
    return match is not None and "?" not in sentence and bool(set(verbs) & set(_bases(match["verb"].lower())))


def headline_deed(sentence: str, verbs: Iterable[str]) -> bool:
    """Whether a sentence is a short notice of a deed: "Event moved to 3 PM."."""
    match = _HEADLINE.search(sentence)
    if match is None or "?" in sentence or _OTHERS.search(sentence):
        return False
    return bool(set(verbs) & set(_bases(match["verb"].lower())))


def is_about_own_words(sentence: str, nouns: Iterable[str]) -> bool:
    """Whether what was done is a matter of the answer itself ("I've updated the list above"), not of a tool."""
    match = _OWN_WORDS.search(sentence)
    return match is not None and match[1].lower() not in set(nouns)


def now_does(sentence: str) -> str | None:
    """What a sentence says behaves anew: "Your event" of "Your event now starts at 3 PM"."""
    own = _QUOTED.sub(" ", sentence)
    match = _NOW_DOES.search(own)
    if match is None or "?" in own or _is_news(own[: match.start()]) or _CONDITION.search(own):
        return None
    return own[: match.start()]


def went_well(sentence: str) -> tuple[str, str] | None:
    """The deed that a sentence says went well, and the word for it: "transfer", "successful"."""
    own = _QUOTED.sub(" ", sentence)
    match = _WENT_WELL.search(own)
    if match is None or "?" in own or _is_news(own[: match.start()]):
        return None
    rest = own[match.start() :]
    if _CONDITION.search(rest) or _ELSEWHERE.search(rest) or (match["past"] and _DATED.search(rest)):
        return None
    return match["noun"].lower(), match["state"].lower()


def does_deed(noun: str, words: Iterable[str]) -> bool:
    """Whether a tool called by these words does what the noun stands for: ``pay_bill`` or ``create_payment``."""
    verb, *rest = words
    return verb in _NOUN_VERBS[noun] or verb == noun or (verb in _MAKERS and noun in rest)


def says_taken_care(sentence: str) -> bool:
    """Whether a sentence says that what was asked for has been taken care of."""
    own = _QUOTED.sub(" ", sentence)
    match = _TAKEN_CARE.search(own)
    if match is None or "?" in own or _CONDITION.search(own) or _ELSEWHERE.search(own):
        return False
    return not _OPEN.search(own[: match.end()])


def has_pronoun(text: str) -> bool:
    """Whether a text points to something spoken of before ("it", "them")."""
    return bool(_PRONOUN.search(text))


def _is_news(lead: str) -> bool:
    """Whether what leads up to a claim turns it into a report, a condition or an offer."""
    return bool(_OPEN.search(lead) or _ELSEWHERE.search(lead) or re.search(r"\bthat (?=I\b|$)", lead))


def claims_deed(sentence: str, verbs: Iterable[str], *, passive: bool) -> bool:
    """Whether a sentence says that something was done that one of ``verbs`` (base forms) names."""
    return not _claimed_deeds(sentence, passive).isdisjoint(verbs)


@lru_cache(maxsize=4096)
def _claimed_deeds(sentence: str, passive: bool) -> frozenset[str]:
    """The verbs (base forms) of the deeds that a sentence claims."""
    if _ASKING.search(sentence):
        return frozenset()
    found: set[str] = set()
    for pattern in (_DONE_BY_ME, _DONE) if passive and "?" not in sentence else (_DONE_BY_ME,):
        if pattern is _DONE and _OTHERS.search(sentence):
            continue
        for match in pattern.finditer(sentence):
            if not _OPEN.search(sentence[: match.end()]):
                found.update(base for group in match.groups() if group for base in _bases(group.lower()))
    return frozenset(found)


def _bases(word: str) -> Iterator[str]:
    """What a participle or gerund may be a form of: "applied" of "apply", "planned" of "plan", "moving" of "move"."""
    yield word
    yield _IRREGULAR.get(word, word)
    for ending in ("ed", "ing"):
        if word.endswith(ending):
            stump = word.removesuffix(ending)
            yield from (stump, f"{stump}e", stump[:-1] if stump[-2:-1] == stump[-1:] else stump)
            if stump.endswith("i"):
                yield f"{stump[:-1]}y"


def shares_noun(sentence: str, words: Iterable[str]) -> bool:
    """Whether a sentence holds one of the words, in whatever form."""
    said = {stem(word) for word in re.findall(r"[a-z]+", sentence.lower())}
    return any(stem(word) in said for word in words if len(word) > 2)
