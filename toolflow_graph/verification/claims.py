"""What an assistant says it has done, read from its sentences (English)."""

import re
from collections.abc import Iterable, Iterator

from toolflow_graph.verification.wording import stem

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
    "updated changed modified": "update change modify edit set patch rename move reschedule adjust replace put "
    "save switch",
    "deleted removed": "delete remove clear cancel drop unsubscribe erase discard update",
    "transferred paid": "transfer pay send payment wire move settle charge book create",
}
VERB_FAMILY = {verb: family for verbs, family in _DEEDS.items() for verb in verbs.split()}
_VERBS = "|".join(VERB_FAMILY)
_ADVERBS = r"(?:\s+(?:successfully|now|just|also|gone ahead and))*"
_CLAIM = re.compile(rf"\bI(?:'ve|’ve| have){_ADVERBS}\s+({_VERBS})\b|\bI successfully ({_VERBS})\b", _I)
_PASSIVE = re.compile(
    rf"\b(?:has|have) been{_ADVERBS}\s+({_VERBS})\b|\b(?:is|are) now ({_VERBS})\b|\bsuccessfully ({_VERBS})\b", _I
)
_PROUD = re.compile(rf"\b(?:has|have) been successfully ({_VERBS})\b|\b(?:was|were) successfully ({_VERBS})\b", _I)
_HEDGE = re.compile(
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
}
_SAID_OF: dict[str, set[str]] = {}
for _said, _tools in _SPOKEN.items():
    for _verb in _tools.split():
        _SAID_OF.setdefault(_verb, set()).update(_said.split())
_PARTS = r"\w+ed|sent|paid|made|put|set|bought|written|given|taken|left|built|told"
# "I've booked the room and sent you the details": the second deed.
_ALSO_DONE = re.compile(
    rf"\bI(?:'ve|’ve| have)\b(?=.*?(?:,|\band)(?: have)?(?: also| then)? (?P<also>{_PARTS})\b(?P<rest>.*))", _I
)
_STATE = re.compile(
    r"\b(?:is|are)(?: both| all)? now (?:\w+ly )?(?:set|on|off|open|closed|active|running|playing|at \d+|\w+ed)\b|"
    rf"\b(?:has|have) been{_ADVERBS}\s+(?:set|\w+ed)\b",
    _I,
)
_BEGUN = r"(?:(?P<begun>started|begun|stopped|finished|completed)\s+)?"
_DONE_BY_ME = re.compile(
    rf"\bI(?:'ve|’ve| have){_ADVERBS}\s+{_BEGUN}(?P<verb>\w+)|"
    r"\bI (?:successfully |just |also )?"
    r"(?P<past>\w+ed|sent|paid|made|put|set|bought|wrote|gave|took|left|built|told)\b",
    _I,
)
_DONE = re.compile(
    rf"\b(?:has|have) been{_ADVERBS}\s+(?P<verb>\w+)|"
    r"\b(?:is|are|was|were)(?: now| successfully| all)? (?P<past>\w+ed)\b|\bsuccessfully (?P<other>\w+)",
    _I,
)
_SETTLED = re.compile(
    r"\A\W*(?:(?:all|well|okay|ok|great|perfect),? )?(?:done|all set|all sorted|settled|sorted)\b|"
    r"\b(?:you|that|it|this|everything|all)(?:['’](?:s|re)| is| are| has been)(?: now)? (?:all )?"
    r"(?:done|set|settled|sorted|arranged|taken care of|in place)\b|"
    r"\b(?:is|are|was|were|been) (?:now )?successfully \w+|\b\w+ed successfully\b",
    _I,
)
_CLAIMING = re.compile(
    r"\bI(?:['’]ve| have|\s\w+ed)\b|"
    r"\bI (?:just|also|successfully|sent|paid|made|put|set|bought|wrote|gave|took|left|built|told)\b|"
    r"\b(?:been|now|success\w*|done|set|sorted|settled|arranged|care of|in place)\b|"
    r"\b(?:is|are|was|were)(?: all)? \w+ed\b",
    _I,
)
_OPEN = re.compile(
    r"\b(?:not|never|unable|cannot|if|once|when|after|before|until|unless|whether|would|will|should|might)\b|n['’]t\b",
    _I,
)
_ADMITS = re.compile(
    r"\b(?:unable|unavailable|unsuccessful\w*|cannot|fail(?:ed|s|ure)?|errors?|unfortunately|sorry|apolog\w+|trouble|"
    r"problems?|an issue|issues? (?:with|while|when)|wrong|however|but|nothing|no such|try again|"
    r"(?:was|were|been|got) (?:declined|rejected|refused|denied)|"
    r"(?:did|could|can|do|does|is|was|were|has|have) not|not (?:found|available|possible|allowed|go|work))\b|n['’]t\b",
    _I,
)


def sentences_of(text: str) -> list[str]:
    """The sentences and lines of a text."""
    return re.split(r"(?<=[.!?])\s+|\n", text)


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


def may_claim(text: str) -> bool:
    """Whether a text holds any of the words without which no deed is claimed: a quick look before the slow ones."""
    return bool(_CLAIMING.search(text))


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


def says_state(sentence: str) -> bool:
    """Whether a sentence says that something is so now ("The light is now off", "The alarm has been set")."""
    match = _STATE.search(sentence)
    return match is not None and "?" not in sentence and not _OPEN.search(sentence[: match.end()])


def second_deed(sentence: str, verbs: Iterable[str]) -> str | None:
    """What follows the second deed that a sentence claims beside a first one, if one of ``verbs`` names it."""
    wanted = set(verbs)
    match = _ALSO_DONE.search(sentence)
    if match is None or "?" in sentence or not wanted & set(_bases(match["also"].lower())):
        return None
    return None if _OPEN.search(sentence[: match.start("also")]) else match["rest"]


def claims_deed(sentence: str, verbs: Iterable[str], *, passive: bool) -> bool:
    """Whether a sentence says that something was done that one of ``verbs`` (base forms) names."""
    wanted = set(verbs)
    for pattern in (_DONE_BY_ME, _DONE) if passive and "?" not in sentence else (_DONE_BY_ME,):
        for match in pattern.finditer(sentence):
            said = {base for group in match.groups() if group for base in _bases(group.lower())}
            if said & wanted and not _OPEN.search(sentence[: match.end()]):
                return True
    return False


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
