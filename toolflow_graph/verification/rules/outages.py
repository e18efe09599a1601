"""Whether an assistant blames tools or systems that nothing says are down.

An agent that does not find its way often excuses itself by a technical issue, without having called anything.
"""

import re

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.reading.claims import sentences_of
from toolflow_graph.verification.transcript import Transcript

_I = re.IGNORECASE
_FAILS = r"(?:issues?|difficult(?:y|ies)|problems?|errors?|trouble|outages?|glitch(?:es)?)"
_OWN = r"(?:(?:my|our|the) (?:\w+ ){0,2}(?:systems?|tools?|functions?|database|back-?end|servers?))"
_BLAME = lazy_regex(
    # "I'm experiencing a technical issue", "we are having trouble with our system"
    r"\b(?:I(?:['’]m| am)|we(?:['’]re| are))(?: \w+)? (?:experiencing|encountering|having|facing|running into) "
    rf"(?:[\w-]+ ){{0,3}}(?:technical {_FAILS}|{_FAILS}(?: \w+)? (?:with|in|accessing) {_OWN})\b|"
    # "I apologize for the technical issue"; that of somebody else is news
    rf"\b(?:sorry|apolog\w+) (?:\w+ )?for (?:the|this|these|a) technical {_FAILS}\b(?! (?:that )?you\b)|"
    rf"\b(?:there(?:['’]s| is| are| seems to be)|due to) (?:an? |some )?technical {_FAILS}\b|"
    # "the tools aren't responding"
    rf"\b{_OWN}\b(?: [^\s.;!?]+){{0,6}}? (?:(?:is|are)(?:n['’]t| not)(?: currently)? (?:responding|working)|"
    r"(?:is|are)(?: currently| temporarily)? (?:down|offline|unresponsive))\b|"
    # in what is handed on to others
    rf"\A\W*technical {_FAILS}: |\bexperienc\w+ technical {_FAILS} (?:with|in|accessing) {_OWN}\b|"
    r"\btools are (?:currently )?(?:unavailable|inaccessible)\b",
    _I,
)
_WORDS = ("technical", "system", "tool", "function", "database", "backend", "back-end", "server")
# What came back is not what was asked for: that did happen.
_ODD_RESULT = lazy_regex(r"\breturn(?:s|ed|ing)\b.*\binstead\b|\bwrong (?:result|data|answer|item)s?\b", _I)
_MAYBE = lazy_regex(r"\b(?:if|when|whenever|should|in case|unless|might|may|could|would)\b", _I)
# What a user or a result says when something does not work.
_TOLD = lazy_regex(
    r"\b(?:technical|errors?|incidents?|outages?|glitch\w*|bugs?|crash\w*|down|offline|unavailable|maintenance|"
    r"degraded|time[sd]? ?out|fail\w*|not (?:working|responding|loading)|"
    rf"(?:system|server|connection|network) {_FAILS}|"
    r"(?:does|wo|is|ca|do|did|are)n['’]t (?:work|load|open|respond|connect)\w*)\b",
    _I,
)
# The system message often says what to do in case of errors; here it has to say that there is one.
_DOWN = lazy_regex(r"\b(?:is|are) (?:currently |temporarily )?(?:down|offline|unavailable|not working)\b", _I)


def blame_in(text: str) -> str | None:
    """The sentence of a text that blames tools or systems."""
    folded = text.lower()
    if not any(word in folded for word in _WORDS):
        return None
    for sentence in sentences_of(text):
        match = _BLAME.search(sentence)
        if match is None or "?" in sentence or _ODD_RESULT.search(sentence):
            continue
        if not _MAYBE.search(sentence[: match.start()]):
            return sentence
    return None


def is_told(transcript: Transcript, index: int) -> bool:
    """Whether a call before a message failed, or the user, a result or the system message tells of trouble."""
    if any(site.message_index < index and not site.succeeded for site in transcript.sites):
        return True
    signs = {"user": _TOLD, "tool": _TOLD, "system": _DOWN}
    heard = ((signs.get(message.role), message.content or "") for message in transcript.messages[:index])
    return any(sign is not None and sign.search(text) for sign, text in heard)
