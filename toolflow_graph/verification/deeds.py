"""Whether an assistant claims deeds that the calls do not bear out: claims, held against calls."""

from collections.abc import Sequence

from toolflow_graph.verification.claims import (
    VERB_FAMILY,
    admits_failure,
    claimed_verb,
    claims_deed,
    said_of,
    says_settled,
    says_state,
    second_deed,
    sentences_of,
    shares_noun,
)
from toolflow_graph.verification.toolcards import split_name
from toolflow_graph.verification.transcript import CallSite, Transcript
from toolflow_graph.verification.wording import stem

Claim = tuple[str, str | None]
"""A sentence, and the call that failed (None: there was none)."""


def plain_claim(
    transcript: Transcript, text: str, before: Sequence[CallSite], here: Sequence[CallSite], reported: str
) -> Claim | None:
    """A claim in one of the everyday verbs, which stand for tools of many names."""
    for sentence in sentences_of(text):
        verb = claimed_verb(sentence, failed=bool(here), reported=reported)
        if verb is None:
            continue
        family = set(VERB_FAMILY[verb].split())
        if any(site.succeeded and family & _verbs_of(transcript, site.call.name) for site in before):
            continue
        failed = [site.call.name for site in here if family & _verbs_of(transcript, site.call.name)]
        if failed:
            return sentence, failed[-1]
        if any(
            _is_doer(transcript, name) and family & _verbs_of(transcript, name) for name in transcript.tools_by_name
        ):
            return sentence, None
    return None


def claim_by_name(
    transcript: Transcript, text: str, before: Sequence[CallSite], here: Sequence[CallSite], *, heard: bool
) -> Claim | None:
    """A claim in a tool's own verb ("I've followed the artist" of ``follow_artist``), or that all is done.

    After a failed call any such word counts. Where nothing was called, the sentence has to name what the tool is about,
    too; that something "is now" so may be news where a result was heard. A sentence that says that something went
    wrong, or stands beside one, claims nothing.
    """
    idle = [] if here else _idle(transcript, before)
    sentences = sentences_of(text)
    for place, sentence in enumerate(sentences):
        name = next((s.call.name for s in here if _claims_failed(transcript, sentence, s.call.name)), None)
        claimed = name is not None or any(_claims_idle(sentence, tool, heard) for tool in idle)
        if claimed and not admits_failure(" ".join(sentences[max(0, place - 1) : place + 2])):
            return sentence, name
    return None


def _idle(transcript: Transcript, before: Sequence[CallSite]) -> list[str]:
    """The tools that change something and have not done so yet."""
    done = {site.call.name for site in before if site.succeeded}
    return [name for name in transcript.tools_by_name if name not in done and _is_doer(transcript, name)]


def _claims_failed(transcript: Transcript, sentence: str, name: str) -> bool:
    if says_settled(sentence) or claims_deed(sentence, _verbs_of(transcript, name), passive=True):
        return True
    words = split_name(name) or (name,)
    said = claims_deed(sentence, said_of(words[0]), passive=True) or says_state(sentence)
    return said and shares_noun(sentence, words[1:])


def _claims_idle(sentence: str, name: str, heard: bool) -> bool:
    words = split_name(name) or (name,)
    said = claims_deed(sentence, said_of(words[0]), passive=False) or (not heard and says_state(sentence))
    return said and shares_noun(sentence, words[1:])


def claim_beside(transcript: Transcript, text: str, before: Sequence[CallSite], turn: range) -> str | None:
    """In a turn that did change something: a sentence that claims another deed, of a tool that was not called.

    What results report ("confirmation_sent") is news. The tool's own verb and noun have to be said, and no tool that
    was called may be of the kind.
    """
    done = [site.call.name for site in before if site.succeeded]
    heard = {
        stem(word)
        for index in turn
        if transcript.messages[index].role == "tool"
        for word in split_name(transcript.messages[index].content or "")
    }
    doing = {word for name in done for word in _verbs_of(transcript, name)}
    for name in _idle(transcript, before):
        verb, *nouns = split_name(name) or (name,)
        if verb in doing or any(stem(word) in heard for word in (verb, *nouns)):
            continue
        for sentence in sentences_of(text):
            rest = second_deed(sentence, {verb})
            claimed = claims_deed(sentence, {verb}, passive=False) and shares_noun(sentence, nouns)
            if (claimed or (rest is not None and shares_noun(rest, nouns))) and not admits_failure(sentence):
                return sentence
    return None


def _verbs_of(transcript: Transcript, name: str) -> frozenset[str]:
    card = transcript.card(name)
    return card.verbs if card else frozenset()


def _is_doer(transcript: Transcript, name: str) -> bool:
    return not transcript.is_read(name)
