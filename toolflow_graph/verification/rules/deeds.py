"""Whether an assistant claims deeds that the calls do not bear out: claims, held against calls."""

import re
from collections.abc import Sequence

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.evidence import evidence_of
from toolflow_graph.verification.reading.claims import (
    VERB_FAMILY,
    admits_failure,
    bare_deed,
    claimed_verb,
    claims_deed,
    deed_under_way,
    does_deed,
    has_pronoun,
    headline_deed,
    is_about_own_words,
    is_hedged,
    now_does,
    object_of_deed,
    one_word_deed,
    said_of,
    says_settled,
    says_state,
    says_taken_care,
    second_deed,
    sentences_of,
    shares_noun,
    went_well,
)
from toolflow_graph.verification.reading.wording import listed, stem, tokens_of
from toolflow_graph.verification.toolcards import split_name
from toolflow_graph.verification.transcript import CallSite, Transcript

Claim = tuple[str, str | None]
"""A sentence, and the call that failed (None: there was none)."""


def plain_claim(
    transcript: Transcript, text: str, before: Sequence[CallSite], here: Sequence[CallSite], reported: str
) -> Claim | None:
    """A claim in one of the everyday verbs, which stand for tools of many names."""
    for sentence in sentences_of(text):
        verb = claimed_verb(sentence, failed=bool(here), reported=reported)
        if verb is None or (not here and is_about_own_words(sentence, ())):
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
    transcript: Transcript, text: str, before: Sequence[CallSite], here: Sequence[CallSite], turn: range
) -> Claim | None:
    """A claim in a tool's own verb ("I've followed the artist" of ``follow_artist``), or that all is done.

    After a failed call any such word counts. Where nothing was called, the sentence has to name what the tool is about,
    too; that something "is now" so may be news where a result was heard. A sentence that says that something went
    wrong, or stands beside one, claims nothing.
    """
    idle = [] if here else _idle(transcript, before)
    heard = any(transcript.messages[index].role == "tool" for index in turn)
    owed = not here and not heard and _asks_for_undone(transcript, before, turn)
    sentences = sentences_of(text)
    for place, sentence in enumerate(sentences):
        name = next((s.call.name for s in here if _claims_failed(transcript, sentence, s, turn)), None)
        claimed = (
            name is not None
            or any(_claims_idle(sentence, tool, heard) for tool in idle)
            or (owed and says_taken_care(sentence))
            or (not here and _claims_unheard(transcript, sentence, before, turn, idle))
        )
        if claimed and _stands(sentences, place):
            return sentence, name
    return None


def claim_of_failed_half(
    transcript: Transcript, text: str, before: Sequence[CallSite], here: Sequence[CallSite], turn: range
) -> Claim | None:
    """In a turn that did change something: a claim of what another call of it failed to do.

    A verb that also names a call that succeeded says nothing: it may be said of that one.
    """
    done = {site.call.name for site in before if site.succeeded}
    doing = {word for name in done for word in (*_verbs_of(transcript, name), *said_of(_words(name)[0]))}
    sentences = sentences_of(text)
    for site in here:
        if site.succeeded or site.call.name in done:
            continue
        own = {_words(site.call.name)[0], *said_of(_words(site.call.name)[0])}
        verbs, names = own - doing, _names_of(transcript, site)
        others = {word for other in here if other.succeeded for word in _names_of(transcript, other)}
        for place, sentence in enumerate(sentences):
            # Said of the very thing that the failed call was about.
            named = shares_noun(sentence, names) and not shares_noun(sentence, [*others])
            if named and claims_deed(sentence, own, passive=True) and _stands(sentences, place):
                return sentence, site.call.name
            if not verbs or not _stands(sentences, place):
                continue
            rest = object_of_deed(sentence, verbs)
            if rest is not None and _is_about(rest, site):
                return sentence, site.call.name
            if _says_went_well(sentence, site, turn, transcript) or (
                _is_about(sentence, site)
                and claims_deed(sentence, verbs, passive=True)
                and "already" not in str(site.result).lower()
                and not _read_since(transcript, site, turn)
            ):
                return sentence, site.call.name
    return None


def _stands(sentences: Sequence[str], place: int) -> bool:
    """Whether neither a sentence nor one beside it says that something went wrong."""
    return not admits_failure(" ".join(sentences[max(0, place - 1) : place + 2]))


def _words(name: str) -> Sequence[str]:
    return split_name(name) or (name,)


def _is_about(text: str, site: CallSite) -> bool:
    """Whether a text points to what a call is about: the nouns of the tool's name, what it was given, or "it"."""
    given = [str(value) for value in site.call.arguments.values() if isinstance(value, str | int)]
    words = [word for value in given if len(value) < 60 for word in split_name(value)]
    numbers = {word for word in words if word.isdigit()} & set(re.findall(r"\d+", text))
    return bool(numbers) or has_pronoun(text) or shares_noun(text, [*_words(site.call.name)[1:], *words])


def _names_of(transcript: Transcript, site: CallSite) -> list[str]:
    """The words in the names of the objects that a call gives the ids of: "Lawn" of zone Z1."""
    evidence = evidence_of(transcript)
    found: list[str] = []
    for value in site.call.arguments.values():
        holder = evidence.holder(("s", value.casefold()), site.message_index) if isinstance(value, str) else None
        node = holder[1] if holder is not None else None
        names = [node.get(key) for key in ("name", "title", "label")] if isinstance(node, dict) else []
        found += [word for name in names if isinstance(name, str) for word in split_name(name)]
    return found


def _read_since(transcript: Transcript, site: CallSite, turn: range) -> bool:
    """Whether something was looked up after a call in its turn: how things are is news then."""
    return any(
        other.succeeded and other.message_index in turn and other.message_index > site.message_index
        for other in transcript.sites
        if transcript.is_read(other.call.name)
    )


def _says_went_well(sentence: str, site: CallSite, turn: range, transcript: Transcript) -> bool:
    """Whether a sentence says that things are as a failed call was to make them."""
    if _read_since(transcript, site, turn):
        return False
    words = _words(site.call.name)
    verbs = said_of(words[0])
    if one_word_deed(sentence, verbs) or (headline_deed(sentence, verbs) and _is_about(sentence, site)):
        return True
    well = went_well(sentence)
    if well is not None and does_deed(well[0], _words(site.call.name)):
        return True
    subject = now_does(sentence)
    return subject is not None and _is_about(subject, site)


def _claims_unheard(
    transcript: Transcript, sentence: str, before: Sequence[CallSite], turn: range, idle: Sequence[str]
) -> bool:
    """Whether a sentence says that a deed went well that no call did and that nobody reported."""
    well = went_well(sentence)
    if well is None or not any(does_deed(well[0], _words(name)) for name in idle):
        return False
    if any(site.succeeded and does_deed(well[0], _words(site.call.name)) for site in before):
        return False
    told = (
        message
        for message in transcript.messages[: turn.stop]
        if message.role in ("system", "user") and "?" not in (message.content or "")
    )
    reported = any(transcript.messages[index].role == "tool" for index in turn) or any(
        message.role == "tool" and shares_noun(message.content or "", well)
        for message in transcript.messages[: turn.stop]
    )
    return not reported and not any(shares_noun(message.content or "", well[1:]) for message in told)


def _asks_for_undone(transcript: Transcript, before: Sequence[CallSite], turn: range) -> bool:
    """Whether the user asks for a deed that no call did, or nothing was ever called; not if he says it is settled."""
    idle = _idle(transcript, before)
    asked = transcript.messages[turn.start].content or ""
    if shares_noun(asked, ("taken", "handled", "sorted", "arranged", "dealt")):
        return False
    if not any(message.role == "tool" for message in transcript.messages[: turn.stop]):
        return bool(idle)
    return any(shares_noun(asked, said_of(_words(name)[0])) and shares_noun(asked, _words(name)[1:]) for name in idle)


def _idle(transcript: Transcript, before: Sequence[CallSite]) -> list[str]:
    """The tools that change something and have not done so yet."""
    done = {site.call.name for site in before if site.succeeded}
    return [name for name in transcript.tools_by_name if name not in done and _is_doer(transcript, name)]


def _claims_failed(transcript: Transcript, sentence: str, site: CallSite, turn: range) -> bool:
    name = site.call.name
    if (
        says_settled(sentence)
        or says_taken_care(sentence)
        or claims_deed(sentence, _verbs_of(transcript, name), passive=True)
    ):
        return True
    words = _words(name)
    said = claims_deed(sentence, said_of(words[0]), passive=True) or says_state(sentence, words)
    said = said or deed_under_way(sentence, words[:1])
    if said and (shares_noun(sentence, words[1:]) or "your " in sentence.lower()):
        return True
    rest = object_of_deed(sentence, {*_verbs_of(transcript, name), *said_of(words[0])})
    if rest is not None and _is_about(rest, site):
        return True
    return _says_went_well(sentence, site, turn, transcript)


def _claims_idle(sentence: str, name: str, heard: bool) -> bool:
    words = _words(name)
    under_way = not heard and deed_under_way(sentence, words[:1])
    said = (
        under_way
        or claims_deed(sentence, said_of(words[0]), passive=False)
        or (not heard and (says_state(sentence, words) or bare_deed(sentence, said_of(words[0]))))
    )
    return said and shares_noun(sentence, words[1:]) and not is_about_own_words(sentence, words)


def claim_beside(transcript: Transcript, text: str, before: Sequence[CallSite], turn: range) -> str | None:
    """In a turn that did change something: a sentence that claims another deed, of a tool that was not called.

    What results report ("confirmation_sent") is news. The tool's own verb and noun have to be said, and no tool that
    was called may be of the kind.
    """
    done = [site.call.name for site in before if site.succeeded]
    doing = {word for name in done for word in _verbs_of(transcript, name)}
    sentences = sentences_of(text)
    for name in _idle(transcript, before):
        verb, *nouns = split_name(name) or (name,)
        if verb in doing:
            continue
        for sentence in sentences:
            rest = second_deed(sentence, (verb,))
            claimed = claims_deed(sentence, (verb,), passive=False) and shares_noun(sentence, nouns)
            if (
                (claimed or (rest is not None and shares_noun(rest, nouns)))
                and not admits_failure(sentence)
                and not _is_reported(transcript, turn, (verb, *nouns))
            ):
                return sentence
    return None


def _is_reported(transcript: Transcript, turn: range, words: Sequence[str]) -> bool:
    """Whether a result of the turn has one of the words, in whatever form."""
    results = (transcript.messages[index] for index in turn if transcript.messages[index].role == "tool")
    heard = {stem(word) for message in results for word in split_name(message.content or "")}
    return any(stem(word) in heard for word in words)


def _verbs_of(transcript: Transcript, name: str) -> frozenset[str]:
    card = transcript.card(name)
    return card.verbs if card else frozenset()


def _is_doer(transcript: Transcript, name: str) -> bool:
    return not transcript.is_read(name)


# What no sentence does by being written, unlike "I've updated the list".
_OUTER = "booked|reserved|ordered|purchased|bought|cancell?ed|sent|emailed|messaged|forwarded|transferred|paid"
_OUTER_DEED = lazy_regex(
    rf"\bI(?:['’]ve| have)?(?: also| just| now| successfully| gone ahead and| went ahead and)* "
    rf"(?P<verb>{_OUTER})\b(?! you\b)(?P<object>.*)",
    re.IGNORECASE,
)
_OTHER_DEED = lazy_regex(
    r"\bI(?:['’]ve| have)?(?: also| just| gone ahead and| went ahead and)+ (?P<verb>deleted|removed|reset)\b"
    r"(?P<object>.*)|"
    r"\b(?:your|the) (?P<what>[a-z -]+?) (?:has|have)(?: also| now)? been "
    rf"(?P<done>{_OUTER}|reset|refunded|issued|shipped)\b(?P<rest>.*)",
    re.IGNORECASE,
)
_OUTER_WORDS = frozenset(listed(_OUTER.replace("l?", "l").replace("|", " ")))
_OUTER_WORDS |= {"canceled", "deleted", "removed", "reset", "refunded", "issued", "shipped"}
# Tools that can do anything.
_ANYTHING = frozenset(
    listed(
        "execute run click submit request call invoke perform process confirm complete finalize post put use do type "
        "press navigate fill code python sql shell bash command checkout action browser"
    )
)
_DRAFTED = lazy_regex(r"\b(?:draft|subject:|dear|template|example)\b|[\"“]", re.IGNORECASE)
_FILLING = frozenset(
    listed(
        "the a an you your for to of with and also well as too it them that this these those now just on in at from by "
        "old new all both one some any my me our us successfully already"
    )
)


def claim_from_nowhere(transcript: Transcript, text: str, before: Sequence[CallSite], index: int) -> str | None:
    """A sentence that claims a deed in the world which no call did: none of its kind, or to what nobody ever named."""
    if tokens_of(text).isdisjoint(_OUTER_WORDS):
        return None
    done = [site for site in before if site.succeeded]
    if _DRAFTED.search(text) or any(_ANYTHING.intersection(_words(site.call.name)) for site in done):
        return None
    for sentence in sentences_of(text):
        outer = _OUTER_DEED.search(sentence)
        match = outer or _OTHER_DEED.search(sentence)
        if match is None or is_hedged(sentence):
            continue
        parts = match.groupdict()
        verb = str(parts["verb"] or parts["done"]).lower()
        about = " ".join(str(parts.get(name) or "") for name in ("object", "what", "rest")).lower()
        objects = [word for word in re.findall(r"[a-z]{3,}", about) if word not in _FILLING]
        told = " ".join(m.content or "" for m in transcript.messages[:index])
        named = " ".join((told, *(" ".join(_words(name)) for name in transcript.tools_by_name)))
        if objects and not shares_noun(named, objects) and not shares_noun(told, (verb,)):
            return sentence
        family = VERB_FAMILY[verb].split() if outer else []
        near = any(_verbs_of(transcript, site.call.name).intersection(family) for site in done)
        if outer and not near and not shares_noun(told, (verb, *family)):
            return sentence
    return None
