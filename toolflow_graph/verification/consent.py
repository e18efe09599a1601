"""Rules about changes and the user's yes: what the system message asks for, and what the user has just refused."""

import re
from collections.abc import Iterator

from toolflow_graph.verification.behaviours import spans_of
from toolflow_graph.verification.registry import Spot, rule
from toolflow_graph.verification.toolcards import split_name
from toolflow_graph.verification.transcript import CallSite, Transcript
from toolflow_graph.verification.wording import listed

_I = re.IGNORECASE
_YES = r"(?:confirm\w*|permission|approval|consent|go-ahead|['\"“]?\byes\b)"
_CHANGE = (
    r"(?:chang|updat|writ|book|order|send|cancel|delet|modif|creat|action|edit|purchas|pay|transfer|remov|submit|"
    r"execut)"
)
_ASKS_FOR_YES = re.compile(
    rf"\b(?:before|prior to)\b[^.\n]{{0,40}}\b{_CHANGE}\w*[^\n]{{0,260}}?"
    rf"\b(?:ask|obtain|get|wait|require|seek|have|receive)\w*\b[^.\n]{{0,50}}{_YES}|"
    rf"\b(?:ask|obtain|get|wait|require|seek)\b[^.\n]{{0,50}}{_YES}[^.\n]{{0,40}}\bbefore\b[^.\n]{{0,40}}\b{_CHANGE}",
    _I,
)
"""A system message that wants a yes before changes in general."""

_PUTS_IT = re.compile(
    r"\b(?:confirm\w*|proceed\w*|yes|go ahead|shall i|should i|(?:would|do) you (?:like|want) (?:me )?to|"
    r"correct|right|agree|approve|okay|ok|ready)\b",
    _I,
)
_SHALL_I = re.compile(
    r"\b(?:confirm\w*|proceed|go ahead|shall i|should i (?:do|go|make|book|send|delete|cancel)|may i (?:go|do)|"
    r"(?:do|would) you (?:want|like) me to|ok(?:ay)? (?:to|for me|with you)|ok(?:ay)?\?)(?!\w)",
    _I,
)
_ENGLISH = re.compile(r"\b(?:the|you|and|to|your|is|would|this)\b", _I)
_NO = re.compile(
    r"\W*(?:no+|nope|nah|stop|wait|don['’]?t|do not|never ?mind|not yet|cancel that|hold on|leave it)\b", _I
)
_BUT = re.compile(
    r"\d|\b(?:instead|but|rather|change (?:it|the|that|to)|make it|use|only|just|other|yes|thanks?,? (?:all|that)|"
    r"problem|else|need|more|further|preference|question|correct|fine|proceed|wait to|worries|objection|hesita\w+|"
    r"please (?:book|do|go))\b",
    _I,
)
_MOST_WORDS = 12
_RECENT = 3
# Of a tool whose effect nobody gave, only plain verbs of change say that something is changed.
_CHANGING = frozenset(
    listed(
        "book reserve cancel update modify change delete remove create add send pay order purchase buy refund exchange "
        "return place submit set upgrade downgrade reschedule schedule register enroll unsubscribe subscribe disable "
        "enable lock unlock close issue grant revoke move edit rename replace transfer post write publish freeze "
        "unfreeze activate deactivate start stop play pause reply respond forward record import trigger approve reject "
        "accept decline share follow unfollow join leave rent hire assign archive restore merge deploy restart switch "
        "turn adjust apply renew extend call hold redeem withdraw deposit upload save run file answer decide"
    )
)
_TO_A_PERSON = frozenset(listed("human agent agents handoff escalate support representative operator"))


def _changes(transcript: Transcript, name: str) -> bool:
    tool = transcript.tools_by_name.get(name)
    if tool is not None and tool.effect is not None:
        return tool.effect == "write"
    words = split_name(name)
    return bool(words) and words[0] in _CHANGING and not _TO_A_PERSON.intersection(words)


def _exchange_before(transcript: Transcript, site: CallSite) -> tuple[str, str] | None:
    """What the assistant said before the user's last message before a call, and that message; None at the start."""
    user = next((i for i in range(site.message_index, -1, -1) if transcript.messages[i].role == "user"), 0)
    before = transcript.messages[user - 1] if user > 0 else None
    if before is None or before.role != "assistant":
        return None
    return before.content or "", transcript.messages[user].content or ""


@rule(
    "unconfirmed_write",
    "error",
    "The system message asks for a yes before every change, and a change is made without one.",
)
def unconfirmed_write(transcript: Transcript) -> Iterator[Spot]:
    for site in _unconfirmed(transcript):
        yield site.message_index, f"{site.call.name} changes something; say what, and wait for the user's yes"


def _unconfirmed(transcript: Transcript) -> Iterator[CallSite]:
    if transcript.plan is not None:
        if any(request.asks("confirm") for request in transcript.plan.requests):
            for span in spans_of(transcript):
                for site in span.calls():
                    if not transcript.is_read(site.call.name) and not span.asked_before(site.message_index):
                        yield site
        return
    first = transcript.messages[0] if transcript.messages else None
    if first is None or first.role != "system" or not _ASKS_FOR_YES.search(first.content or ""):
        return
    for site in transcript.watched_sites():
        if _changes(transcript, site.call.name) and not any(map(_asked, _said_before(transcript, site))):
            yield site


def _said_before(transcript: Transcript, site: CallSite) -> Iterator[str]:
    """What the assistant said before the user's last messages before a call.

    More than one, because the user may add a detail or two after its yes. What was said before an earlier turn's change
    counts for that one; within a turn one yes may be for several changes.
    """
    messages = transcript.messages
    users = [index for index in range(site.message_index) if messages[index].role == "user"]
    start = users[-1] if users else 0
    done = [s.message_index for s in transcript.sites if s.succeeded and _changes(transcript, s.call.name)]
    last = max((index for index in done if index < start), default=-1)
    for user in users[-_RECENT:]:
        if user - 1 > last and messages[user - 1].role == "assistant":
            yield messages[user - 1].content or ""


def _asked(text: str) -> bool:
    """Whether a text asks for a yes; of other languages than English any question may do so."""
    return bool(_PUTS_IT.search(text)) or ("?" in text and not _ENGLISH.search(text))


@rule(
    "refused_write",
    "error",
    "The assistant asks whether to go ahead, the user says no, and the change is made all the same.",
)
def refused_write(transcript: Transcript) -> Iterator[Spot]:
    for site in transcript.watched_sites():
        said = _exchange_before(transcript, site) if _changes(transcript, site.call.name) else None
        if said is not None and asks_to_go_ahead(said[0]) and refuses(said[1]):
            yield site.message_index, f"{site.call.name} changes something that the user has just said no to"


def asks_to_go_ahead(text: str) -> bool:
    """Whether a text asks whether something shall be done."""
    return bool(_SHALL_I.search(text))


def refuses(text: str) -> bool:
    """Whether a text is a plain no: nothing in it could be another wish."""
    return bool(_NO.match(text)) and not _BUT.search(text) and len(text.split()) <= _MOST_WORDS
