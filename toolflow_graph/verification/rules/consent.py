"""Rules about changes and the user's yes: what the system message asks for, and what the user has just refused.

Without a plan the system message is read (English); the user's yes and no are understood in a few languages more.
"""

import re
from collections.abc import Iterator

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.provenance.distinctive import prefix_of
from toolflow_graph.verification.reading.wording import listed, says_nothing, stem
from toolflow_graph.verification.registry import Spot, rule
from toolflow_graph.verification.rules.behaviours import Span, spans_of
from toolflow_graph.verification.rules.text import ends_by_stop_word
from toolflow_graph.verification.toolcards import CHANGING_VERBS, split_name
from toolflow_graph.verification.transcript import CallSite, Transcript

_I = re.IGNORECASE
_YES_WANTED = (
    r"(?:confirm\w*|consent|approv\w*|permission|agree\w*|(?:a|the user's|their|user's|an explicit) yes|\(yes\))"
)
_BEFORE = lazy_regex(
    rf"\b(?:before|prior to|without|until)\b.*\b{_YES_WANTED}|\b{_YES_WANTED}.*\b(?:before|prior to)\b", _I
)
# The demand is about all changes; "confirm before you cancel an order" says nothing of the others.
_ALL = lazy_regex(r"\b(?:any|every|all|each|anything|everything|actions?|changes|consequential|writes?)\b", _I)
_DO = lazy_regex(
    r"\b(?:actions?|chang\w+|updat\w+|modif\w+|book\w*|cancel\w*|delet\w+|order\w*|purchas\w+|payments?|writ\w+|"
    r"transactions?|execut\w+|call\w*|tools?)\b",
    _I,
)
_ASK_FIRST = lazy_regex(
    r"\b(?:ask|get|obtain|wait|request|seek|require)\b[^.]{0,40}\b(?:confirm|confirmation|approval|consent|permission|yes)"
    r"\b(?! (?:number|code|e-?mail))[^.]{0,20}\bbefore\b|\bbefore\b[^.]{0,60}\b(?:ask|get|obtain|wait|request|seek)\b"
    r"[^.]{0,40}\b(?:confirm|confirmation|approval|consent|permission|yes)\b(?! (?:number|code|e-?mail))",
    _I,
)
_EXPLICIT = lazy_regex(r"\b(?:explicit\w*|express\w*|clear\w*|yes)\b", _I)
_LONGEST_SENTENCE = 600
_TURNS = 2
_ASKED = lazy_regex(
    r"\b(?:confirm\w*|proceed|go ahead|shall I|should I|would you like (?:me )?to|do you (?:still )?want|"
    r"want me to|agree|is (?:this|that|it|everything) (?:correct|ok|okay|right|fine|good)|"
    r"(?:okay|ok|happy|comfortable) with|ready to|let me know if|your (?:okay|approval|go-ahead))\b",
    _I,
)
_YES = lazy_regex(
    r"\b(?:yes|yeah|yep|yup|yea|sure|ok|okay|correct|confirm(?:ed)?|agreed?|absolutely|definitely|certainly|of course|"
    r"please do|go ahead|proceed|do (?:it|that|so)|go for it|sounds? (?:good|great|fine|perfect)|that works|"
    r"works for me|look(?:s)? (?:good|right|perfect|correct|great)|perfect|great|fine|good|alright|all right|"
    r"right|exactly|let's|oui|s[ií]|ja|claro|bien s[uû]r)\b",
    _I,
)
_ORDERED = lazy_regex(
    r"\bplease\s+(?!let|tell|find|show|check|look|explain|provide|give)\w+|\bI(?:'ll| will) (?:use|take|go)\b", _I
)
_BARE_YES = lazy_regex(r"\byes\b", _I)
_PLAIN_YES = lazy_regex(
    r"\b(?:I confirm|confirmed|go (?:ahead|for it)|please proceed|proceed with|do it|please do so)\b", _I
)
_NO = lazy_regex(r"\A\W*(?:no|nope|not yet|don't|do not|wait|stop|hold on|never ?mind|actually,? no)\b", _I)
# "Nope, that's all, go for it": the no is about something else.
_ALL_THE_SAME = lazy_regex(r"(?<!n't )(?<!n’t )(?<!not )\b(?:go (?:ahead|for it)|proceed|do it)\b", _I)
_SHALL_I = lazy_regex(
    r"\b(?:confirm\w*|proceed|go ahead|shall i|should i (?:do|go|make|book|send|delete|cancel)|may i (?:go|do)|"
    r"(?:do|would) you (?:want|like) me to|ok(?:ay)? (?:to|for me|with you)|ok(?:ay)?\?)(?!\w)",
    _I,
)
_ENGLISH = lazy_regex(r"\b(?:the|you|and|to|your|is|would|this)\b", _I)
_REFUSAL = lazy_regex(
    r"\W*(?:no+|nope|nah|stop|wait|don['’]?t|do not|never ?mind|not (?:yet|now|today)|cancel that|hold on|"
    r"leave it|please don['’]?t|please do not|i(?:'d|’d| would) rather not|let me think)\b",
    _I,
)
_BUT = lazy_regex(
    r"\d|\b(?:instead|but|rather|change (?:it|the|that|to)|make it|use|only|just|other|yes|thanks?,? (?:all|that)|"
    r"problem|else|need|more|further|preference|question|correct|fine|proceed|wait to|worries|objection|hesita\w+|"
    r"please (?:book|do|go)|go (?:ahead|for it)|do it|(?:all|looks) good|that['’]?s (?:all|it|everything))\b",
    _I,
)
_AGREES = lazy_regex(
    r"\W*(?:yes|yeah|yep|yup|sure|ok(?:ay)?|please (?:do|go|proceed)|go ahead|correct|confirmed|I confirm|absolutely|"
    r"definitely)\b",
    _I,
)
_ENOUGH = lazy_regex(
    r"\b(?:that(?:'s|’s| is| was| will be|'ll be) (?:all|everything|it|enough)|nothing (?:else|more)|no more|"
    r"all (?:set|done|good|I need(?:ed)?)|(?:good)?bye|answers my)\b",
    _I,
)
_MORE_HELP = lazy_regex(
    r"\b(?:anything|something|any) (?:else|other|more|further)\b|\bfurther (?:help|assistance)\b", _I
)
_HAND_OVER = lazy_regex(
    r"\b(?:transfer|connect|forward|escalat|hand)\w*\b[^.!?]*\b(?:human|person|agent|representative|operator|"
    r"specialist|colleague|support|team)\b",
    _I,
)
_MOST_WORDS = 12
# Of a tool whose effect nobody gave, only plain verbs of change say that something is changed.
_DEED_STEMS = frozenset(map(stem, CHANGING_VERBS))
_TO_A_PERSON = frozenset(listed("human agent agents handoff escalate support representative operator"))


@rule(
    "unconfirmed_write",
    "error",
    "The system message asks for a yes before every change, and a change is made without one.",
)
def unconfirmed_write(transcript: Transcript) -> Iterator[Spot]:
    for site in _unplanned(transcript) if transcript.plan is None else _planned(transcript):
        yield site.message_index, f"{site.call.name} changes something; say what, and wait for the user's yes"


def _planned(transcript: Transcript) -> Iterator[CallSite]:
    if transcript.plan is not None and any(request.asks("confirm") for request in transcript.plan.requests):
        for span in spans_of(transcript):
            changes = [site for site in span.calls() if not transcript.is_read(site.call.name)]
            for site in changes:
                # A yes is for all changes of one turn; what was changed in an earlier one has used its own up.
                turn = max(i for i in range(site.message_index) if transcript.messages[i].role == "user")
                done = (s.message_index for s in changes if s.succeeded and s.message_index < turn)
                if not _was_put(span, max(done, default=-1), site.message_index):
                    yield site


def _was_put(span: Span, start: int, end: int) -> bool:
    """Whether the assistant asked between two messages whether to go ahead, and the user answered."""
    messages = span.transcript.messages
    return any(
        start < place < end - 1 and messages[place + 1].role == "user" and _asks(messages[place].content or "")
        for place in span.texts()
    )


def demand_of(system: str) -> str | None:
    """The sentence of a system message that wants the user's yes before any change, if there is one."""
    sentences = re.split(r"(?<=[.!?])\s+|\n", system)
    return next((text for text in sentences if len(text) < _LONGEST_SENTENCE and _demands(text)), None)


def _demands(sentence: str) -> bool:
    return bool(_BEFORE.search(sentence) and _ALL.search(sentence) and _DO.search(sentence))


def _deeds_asked_for(system: str) -> frozenset[str]:
    """Stems of the deeds before which a system message wants a yes, one by one ("before a transfer, ask ...")."""
    sentences = re.split(r"(?<=[.!?])\s+|\n", system)
    found = (text for text in sentences if len(text) < _LONGEST_SENTENCE and _ASK_FIRST.search(text))
    return frozenset(stem(word.lower()) for text in found for word in re.findall(r"[A-Za-z]+", text)) & _DEED_STEMS


def _unplanned(transcript: Transcript) -> Iterator[CallSite]:
    """The first change of each turn that no yes came before.

    A yes is the user's agreement after the assistant asked for it, or plain words ("Yes, go ahead") at any time. It
    holds for its turn and the next one, as the assistant may have to ask how to pay; then, or once something was
    changed, it is used up. Where the system message does not ask for an explicit one, the user's order or choice
    ("I'll take the second one") is a yes as well.
    """
    first = transcript.messages[0] if transcript.messages else None
    demand = demand_of(first.content or "") if first is not None and first.role == "system" else None
    deeds = _deeds_asked_for(first.content or "") if demand is None and first is not None else frozenset()
    if demand is None and (not deeds or first is None or first.role != "system"):
        return
    strict, left = demand is None or _EXPLICIT.search(demand) is not None, 0
    # What failed and is tried again was agreed to (or not) the first time.
    tried: set[str] = set()
    for turn in transcript.turns:
        said = _answer(transcript, turn.start, strict)
        left = _TURNS if said else 0 if said is False else left - 1
        changes = [site for site in transcript.sites if site.message_index in turn and _changes(transcript, site)]
        if demand is None:
            changes = [site for site in changes if deeds.intersection(map(stem, split_name(site.call.name)))]
        new = next((site for site in changes if site.call.name not in tried), None)
        if new is not None and left <= 0 and new.message_index >= transcript.focus and not _is_refused(transcript, new):
            yield new
        tried |= {site.call.name for site in changes}
        if any(site.succeeded for site in changes):
            left, tried = 0, set()


def _answer(transcript: Transcript, index: int, strict: bool) -> bool | None:
    """Whether the user agrees (True) or declines (False) in a message; None if it does neither."""
    said = transcript.messages[index].content or ""
    if _NO.search(said) and not _ALL_THE_SAME.search(said):
        return False
    before = transcript.messages[index - 1] if index else None
    text = before.content or "" if before is not None and before.role == "assistant" else ""
    ordered = not strict and "?" not in said and _ORDERED.search(said)
    agreed = _YES.search(said) if _asks(text) else "?" in text and _BARE_YES.search(said)
    return True if ordered or _PLAIN_YES.search(said) or agreed else None


def _asks(text: str) -> bool:
    """Whether a text asks for a yes; of other languages than English any question may do so."""
    return bool(_ASKED.search(text)) or ("?" in text and not _ENGLISH.search(text))


def _changes(transcript: Transcript, site: CallSite) -> bool:
    name = site.call.name
    tool = transcript.tools_by_name.get(name)
    if tool is not None and tool.effect is not None:
        return tool.effect == "write"
    words = split_name(name)
    return bool(words) and words[0] in CHANGING_VERBS and not _TO_A_PERSON.intersection(words)


@rule(
    "refused_write",
    "error",
    "The assistant asks whether to go ahead, the user says no, and the change is made all the same.",
)
def refused_write(transcript: Transcript) -> Iterator[Spot]:
    for site in transcript.watched_sites():
        if _changes(transcript, site) and _is_refused(transcript, site):
            yield site.message_index, f"{site.call.name} changes something that the user has just said no to"


@rule("unheeded_yes", "error", "The user says yes to what the assistant asks leave to do and hangs up: it is not done.")
def unheeded_yes(transcript: Transcript) -> Iterator[Spot]:
    # A dialogue that just ends with the user is unfinished_turn's business.
    if len(transcript.messages) < 2 or transcript.broke_off:
        return
    asking, last = transcript.messages[-2:]
    said, asked = last.content or "", asking.content or ""
    if (last.role, asking.role) == ("user", "assistant") and ends_by_stop_word(said) and _agrees(said, asked):
        yield len(transcript.messages) - 1, "the user says yes, and the dialogue ends before it is done"


def _names_deed(text: str, site: CallSite) -> bool:
    """Whether a text behind its "no" asks for what the call does ("no, cancel it")."""
    verb = split_name(site.call.name)[:1]
    return bool(verb) and re.search(rf"(?<!n't )(?<!not )\b{re.escape(verb[0])}\b", text, _I) is not None


def _is_refused(transcript: Transcript, site: CallSite) -> bool:
    """Whether the user's last message before a call says no to what the assistant has just offered to do."""
    user = next((i for i in range(site.message_index, -1, -1) if transcript.messages[i].role == "user"), 0)
    before = transcript.messages[user - 1] if user > 0 else None
    offered = before is not None and before.role == "assistant" and asks_to_go_ahead(before.content or "")
    said = transcript.messages[user].content or ""
    return offered and refuses(said) and not _names_deed(said, site)


@rule(
    "not_as_agreed",
    "error",
    "The user says yes to a change of one thing, and the call that follows is about another of its kind.",
    needs=("tools",),
)
def not_as_agreed(transcript: Transcript) -> Iterator[Spot]:
    for leaf in transcript.leaves:
        site, prefix = leaf.site, prefix_of(leaf.value)
        reply = site.message_index - 1
        if prefix is None or reply < 1 or transcript.messages[reply].role != "user" or not _changes(transcript, site):
            continue
        question = transcript.messages[reply - 1].content or ""
        if not asks_to_go_ahead(question) or not says_nothing(transcript.messages[reply].content or ""):
            continue
        named = [code for code in _CODE.findall(question) if prefix_of(code) == prefix]
        if named and str(leaf.value).casefold() not in question.casefold():
            reason = f"{leaf.path} is {leaf.value!r}, and the user said yes to {named[0]!r}; do what was agreed"
            yield site.message_index, f"{site.call.name}: {reason}"


_CODE = lazy_regex(r"[A-Za-z]{2,}[-_]?\d[\w-]*")


def asks_to_go_ahead(text: str) -> bool:
    """Whether a text asks whether something shall be done."""
    return bool(_SHALL_I.search(text))


def refuses(text: str) -> bool:
    """Whether a text is a plain no: nothing in it could be another wish."""
    no = _REFUSAL.match(text)
    return no is not None and not _BUT.search(text, no.end()) and len(text.split()) <= _MOST_WORDS


def _agrees(said: str, asked: str) -> bool:
    """Whether a text is a yes to what another asks leave to do; "yes, that's all" wants nothing done."""
    if not _AGREES.match(said) or _ENOUGH.search(said):
        return False
    before = ""
    for text in re.split(r"(?<=[.!?])\s+|\n", asked):
        offers = asks_to_go_ahead(text) and ("?" in text or "please" in text.lower())
        # Handing over to a person changes nothing (see _changes).
        if offers and not _MORE_HELP.search(text) and not _HAND_OVER.search(f"{before} {text}"):
            return True
        before = text
    return False
