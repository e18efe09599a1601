"""Rules about where values come from: arguments that wait for another call, and values from nowhere."""

import datetime
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice, pairwise

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Json
from toolflow_graph.verification.derivations.knowledge import objects_in
from toolflow_graph.verification.derivations.reach import Reach
from toolflow_graph.verification.evidence import Evidence, evidence_of, last_key, say, text_keys
from toolflow_graph.verification.provenance.answers import Answer, ungrounded_mentions
from toolflow_graph.verification.provenance.asked_days import misses_weekday
from toolflow_graph.verification.provenance.distinctive import prefix_of
from toolflow_graph.verification.provenance.grounding import GroundedLeaf, iter_leaves, last_name
from toolflow_graph.verification.provenance.told import is_told
from toolflow_graph.verification.provenance.workable import is_exact, may_be_chosen, may_be_worked_out
from toolflow_graph.verification.reading.mentions import Mention
from toolflow_graph.verification.reading.placeholders import is_placeholder
from toolflow_graph.verification.reading.wording import WORD, key_of, listed, says_nothing, stem
from toolflow_graph.verification.registry import Spot, rule
from toolflow_graph.verification.toolcards import split_name
from toolflow_graph.verification.transcript import CallSite, Transcript

_SHARES = frozenset(listed("pct percent percentage ltv ratio share rate"))
_CENTS = frozenset(listed("cents cent minor pence"))
_LARGE, _EXACT = 1000, 0.0051
_DAY = lazy_regex(r"(?P<day>\d{4}-\d\d-\d\d)(?:[T ](?P<clock>\d\d:\d\d)\S*)?")
_LONGEST_NUMBER = 9
"""Digits of a quantity at most; longer ones are identifiers."""
_IDENTIFIERS = frozenset(
    listed(
        "id ids no number code zip phone key pin isbn account order postal year month day lat lon "
        "lng latitude longitude"
    )
)
_REFERENCE = lazy_regex(
    r"\$\{|\{\{|\$\(|\bcall_\d+\b|<[^<>]*(?:result|output|response|previous|from)[^<>]*>|"
    r"\b(?:result|output|response|value|id) (?:of|from) (?:the )?(?:previous|first|other|above|call|tool|last|step)\b",
    re.IGNORECASE,
)


@rule(
    "dependent_siblings",
    "error",
    "A call of a turn needs the result of another call of the same message; it has to wait for that result.",
)
def dependent_siblings(transcript: Transcript) -> Iterator[Spot]:
    for leaf, place in dependent_leaves(transcript):
        what = f"which only {place} brings" if place else "which refers to a result that is not there yet"
        index = leaf.site.message_index
        yield index, f"{leaf.site.call.name}: {leaf.path} is {_show(leaf.value)}, {what}; call one after the other"


def dependent_leaves(transcript: Transcript) -> Iterator[tuple[GroundedLeaf, str]]:
    """Leaves that depend on a sibling call, with the sibling's name ("" if the value is a reference in words)."""
    evidence = evidence_of(transcript)
    for leaf in transcript.leaves:
        siblings = len(transcript.messages[leaf.site.message_index].tool_calls)
        if siblings < 2 or leaf.source.kind not in ("unknown", "composed", "derived") or leaf.value in ("", None):
            continue
        if isinstance(leaf.value, str) and _REFERENCE.search(leaf.value):
            yield leaf, ""
        elif leaf.distinctive and leaf.source.kind == "unknown" and not _is_own(transcript, leaf):
            for site in transcript.sites:
                same = site.message_index == leaf.site.message_index and site.position != leaf.site.position
                if same and _brings(evidence, site, leaf.value):
                    yield leaf, site.call.name
                    break


def _is_own(transcript: Transcript, leaf: GroundedLeaf) -> bool:
    """Whether what a sibling brings may be the assistant's own choice; a number that both have is no chance."""
    known = not transcript.strict and isinstance(leaf.value, str) and may_be_chosen(transcript, leaf)
    return known or is_open_choice(transcript, leaf)


def _brings(evidence: Evidence, site: CallSite, value: Json) -> bool:
    """Whether a call's result holds a value that it was not asked with."""
    if site.result_index is None or not _holds(evidence, value, site.result_index):
        return False
    return all(asked != value for _, _, _, asked in iter_leaves(site.call.arguments))


def _holds(evidence: Evidence, value: Json, index: int) -> bool:
    keys = [("n", key_of(value))] if isinstance(value, int | float) else list(text_keys(str(value)))[:1]
    return any(evidence.after_call(key, index, index + 1) for key in keys)


@rule(
    "ungrounded_argument",
    "error",
    "A distinctive argument value (id, date, amount, address, name), or one inside a composed text, comes from nowhere "
    "in the dialogue so far. Not judged: the bounds of a search, and what the answer after the "
    "call shows to be worked out; in dialogues that were not made here nor any other day, time, number or place that "
    "may have been worked out or chosen (verify --strict).",
    needs=("tools",),
)
def ungrounded_argument(transcript: Transcript) -> Iterator[Spot]:
    dependent = {(leaf.site.call.id, leaf.path) for leaf, _ in dependent_leaves(transcript)}
    for leaf in transcript.leaves:
        for stray in leaf.strays:
            if not transcript.strict and not is_exact(stray):
                continue
            yield (
                leaf.site.message_index,
                f"{leaf.site.call.name}: {leaf.path} states {stray!r}, which nobody said and no result brought; "
                "write only what was said or found, or else ask for it",
            )
        unknown = leaf.source.kind == "unknown" or _is_of_another_day(transcript, leaf)
        if not unknown or (leaf.site.call.id, leaf.path) in dependent:
            continue
        if not leaf.distinctive and not _is_stray_symbol(transcript, leaf):
            continue
        if is_left_open(transcript, leaf):
            continue
        # A placeholder is a finding of its own, and so is a name the schema does not know.
        if not leaf.schema or is_placeholder(leaf.value, leaf.required):
            continue
        yield (
            leaf.site.message_index,
            f"{leaf.site.call.name}: {leaf.path} is {_show(leaf.value)}, which nobody said and no result brought; "
            "take the value from what was said or found, or else ask for it",
        )


def _is_of_another_day(transcript: Transcript, leaf: GroundedLeaf) -> bool:
    """Whether a day lies in the week that the user's last message names, but is another one than he asks for."""
    roles = evidence_of(transcript).roles[: leaf.site.message_index]
    last = len(roles) - 1 - roles[::-1].index("user") if "user" in roles else -1
    derived = leaf.source.kind == "derived" and leaf.source.message_index == last
    return derived and misses_weekday(transcript, leaf)


def is_left_open(transcript: Transcript, leaf: GroundedLeaf) -> bool:
    """Whether a value without a known source is not judged: a bound of a search, a day in words, what is told later."""
    if misses_weekday(transcript, leaf):
        return False
    if not transcript.strict and may_be_chosen(transcript, leaf):
        return True
    return is_open_choice(transcript, leaf) or _is_counted_day(transcript, leaf) or is_told(transcript, leaf)


# Words by which people mean a day without saying its date.
_RELATIVE = lazy_regex(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weeks?|weekends?|months?|days?|next|later|earlier|after|before|"
    r"following|previous|tomorrow|yesterday|tonight|the \d{1,2}(?:st|nd|rd|th)?|\d{1,2}(?:st|nd|rd|th))\b",
    re.IGNORECASE,
)
_LATELY, _NEARBY, _A_WEEK = 2, 35, 7


def _is_counted_day(transcript: Transcript, leaf: GroundedLeaf) -> bool:
    """Whether a day may be counted from a known one, in words of the user that tell us no date ("Friday the 17th").

    There are more such words than anybody lists; so a day that lies near a known one is no finding then.
    """
    match = _DAY.fullmatch(leaf.value) if isinstance(leaf.value, str) else None
    if match is None:
        return False
    evidence, index = evidence_of(transcript), leaf.site.message_index
    known = evidence.known_days(index)
    said = [text for _, text in islice(evidence.spoken("user", index), _LATELY)]
    for day in _read(match["day"]):
        if "week" in split_name(leaf.pattern) and any(0 <= (other - day).days < _A_WEEK for other in known):
            return True
        clear = any(text.dates for text in said) or not any(_RELATIVE.search(text.text) for text in said)
        timed = match["clock"] is None or any(match["clock"] in text.times for text in said)
        if not clear and timed and any(abs((day - other).days) <= _NEARBY for other in known):
            return True
    return False


def _read(iso: str) -> Iterator[datetime.date]:
    with suppress(ValueError):
        yield datetime.date.fromisoformat(iso)


# Keys of the bounds within which something is looked for.
_BOUNDS = frozenset(
    listed(
        "from to since until till start end begin before after min minimum max maximum low high lower upper least most "
        "gte lte gt lt above below earliest latest window lookback days hours weeks months ltv"
    )
)
_MOMENT = lazy_regex(r"\d{4}-\d\d|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?|\d\d:\d\d(?::\d\d)?")


def is_open_choice(transcript: Transcript, leaf: GroundedLeaf) -> bool:
    """Whether a value only bounds what a look-up brings, or is a number that one works with: nothing is done with it.

    How wide to look is the assistant's to choose, and what it works out beforehand is seldom said how. Where a user
    has said a number, or a day, that no call has, though, it is that one that belongs here.
    """
    if not transcript.looks_up(leaf.site.call.name):
        return False
    names = split_name(last_name(leaf.pattern))
    text = str(leaf.value)
    if isinstance(leaf.value, int | float):
        short = len(text.lstrip("-").partition(".")[0]) <= _LONGEST_NUMBER
        if not short or _IDENTIFIERS.intersection(names) or _is_brought(transcript, leaf, names):
            return False
        return not _unused_numbers(transcript, leaf) or _follows(transcript, leaf, names)
    # "fetch_slots_after_time" bounds by its ``time``.
    tool = split_name(leaf.site.call.name)
    ends = {*names[:1], *names[-1:], *(word for word, then in pairwise(tool) if then in names)}
    bound = bool(_BOUNDS & ends) and _MOMENT.fullmatch(text) is not None
    return bound and not _unused_days(transcript, leaf) and not _is_brought(transcript, leaf, names)


def _follows(transcript: Transcript, leaf: GroundedLeaf, names: tuple[str, ...]) -> bool:
    """Whether two numbers that users said come to a large one, or to a percentage."""
    users = evidence_of(transcript).spoken("user", leaf.site.message_index)
    reach = Reach(number for _, said in users for number in said.numbers)
    value = abs(float(leaf.value))
    if _SHARES.intersection(names):
        return reach.holds_share(value / 100, _EXACT / 100)
    whole = value / 100 if _CENTS.intersection(names) else value
    return whole >= _LARGE and reach.holds(whole, _EXACT)


def _unused_numbers(transcript: Transcript, leaf: GroundedLeaf) -> bool:
    given = {key_of(float(value)) for value in _given(transcript, leaf) if isinstance(value, int | float)}
    users = evidence_of(transcript).spoken("user", leaf.site.message_index)
    return any(not given.issuperset(said.numbers) for _, said in users)


def _is_brought(transcript: Transcript, leaf: GroundedLeaf, names: tuple[str, ...]) -> bool:
    """Whether a result before holds something of that name."""
    bodies = evidence_of(transcript).bodies.items()
    return any(
        split_name(key) == names
        for index, body in bodies
        if index < leaf.site.message_index
        for node in objects_in(body)
        for key in node
    )


def _unused_days(transcript: Transcript, leaf: GroundedLeaf) -> bool:
    # The other end of the same stretch says nothing of this one.
    given = {value[:10] for value in _given(transcript, leaf, own=False) if isinstance(value, str)}
    for _, said in evidence_of(transcript).spoken("user", leaf.site.message_index):
        # Words such as "on Tuesday" mean one of several days.
        meant: dict[str, set[str]] = {}
        for iso, how in said.dates.items():
            meant.setdefault(how or iso, set()).add(iso)
        if any(given.isdisjoint(days) for days in meant.values()):
            return True
    return False


def _given(transcript: Transcript, leaf: GroundedLeaf, *, own: bool = True) -> Iterator[Json]:
    """The values of all calls up to a leaf's own message, without that leaf; ``own``: those of its own call, too."""
    for other in transcript.leaves:
        apart = other is not leaf and (own or other.site is not leaf.site)
        if apart and other.site.message_index <= leaf.site.message_index:
            yield other.value


@rule(
    "wrong_kind",
    "error",
    "An identifier of another kind: it only ever stood under another key (thread_id, for a message_id), and the ones "
    "that belong here begin otherwise.",
    needs=("tools",),
)
def wrong_kind(transcript: Transcript) -> Iterator[Spot]:
    evidence = evidence_of(transcript)
    for leaf in transcript.leaves:
        prefix = prefix_of(leaf.value)
        kind = split_name(last_name(leaf.pattern))
        if prefix is None or leaf.source.kind != "result" or len(kind) < 2 or kind[-1] not in ("id", "ids"):
            continue
        index, value = leaf.site.message_index, str(leaf.value)
        stands = [last_key(node) for i, node in evidence.results.get(("s", value.casefold()), ()) if i < index]
        named = [split_name(key or "") for key in stands]
        if not named or not all(len(words) > 1 and words[-1] == "id" for words in named):
            continue
        if _ANY_KIND.intersection(kind) or any(set(kind[:-1]) & set(words[:-1]) for words in named):
            continue
        if _is_spoken(transcript, value, index):
            continue
        known = {known for value in _known_of(transcript, leaf) if (known := prefix_of(value)) is not None}
        if known and prefix not in known:
            reason = f"{leaf.path} is {_show(value)}, which is a {stands[-1]}; take one of the right kind"
            yield index, f"{leaf.site.call.name}: {reason}"


# What such a key names may be of several kinds.
_ANY_KIND = frozenset(
    listed(
        "entity object resource parent source target item reference ref related linked subject owner recipient "
        "external record node element origin destination root context content asset"
    )
)


def _is_spoken(transcript: Transcript, value: str, index: int) -> bool:
    return any(value in (m.content or "") for m in transcript.messages[:index] if m.role in ("user", "system"))


def _known_of(transcript: Transcript, leaf: GroundedLeaf) -> Iterator[Json]:
    """The values that are known to be of a leaf's kind: the schema's examples, and what stands under the same key."""
    examples = leaf.schema.get("examples")
    yield from examples if isinstance(examples, list) else ()
    key = re.split(r"[.\[]", leaf.pattern.replace("[]", ""))[-1]
    for site in transcript.sites:
        if site.message_index < leaf.site.message_index and site.succeeded and site.result is not None:
            values = (*iter_leaves(site.call.arguments), *iter_leaves({"": site.result.value}))
            yield from (value for _, _, name, value in values if name == key)


_SYMBOL_KEYS = frozenset(("symbol", "symbols", "ticker", "tickers"))
_SYMBOL = lazy_regex(r"[A-Z]{3,5}")


def _is_stray_symbol(transcript: Transcript, leaf: GroundedLeaf) -> bool:
    """Whether a stock's symbol stands in a parameter that could be left out, and nothing in the dialogue may mean it.

    A symbol is another name of a company (GOOGL of Google), as a rule with the same first letter.
    """
    if leaf.required or not isinstance(leaf.value, str) or not _SYMBOL.fullmatch(leaf.value):
        return False
    if not _SYMBOL_KEYS.intersection(split_name(leaf.pattern)) or leaf.value in json.dumps(leaf.schema):
        return False
    spoken = [m.content or "" for m in transcript.messages[: leaf.site.message_index]]
    words = {word for text in spoken for word in WORD.findall(text.casefold()) if len(word) > 3}
    return not any(word.startswith(leaf.value[0].lower()) for word in words - _COMMON)


_COMMON = frozenset(
    listed(
        "about also been before check could does from give have here help just know like look make many more much "
        "need news please price prices share shares should show stock stocks tell than thank thanks that them then "
        "there these they thing think this time today trading want week were what when where which will with would "
        "year your assistant tool tools user things done given helpful sunday monday tuesday wednesday thursday friday "
        "saturday market markets"
    )
)


@rule(
    "assumed_value",
    "error",
    "The assistant asks for a value, the user's reply gives none, and the call that follows has one that nobody said.",
    needs=("tools",),
)
def assumed_value(transcript: Transcript) -> Iterator[Spot]:
    evidence = evidence_of(transcript)
    for leaf in transcript.leaves:
        index = leaf.site.message_index
        reply = next((i for i in range(index - 1, 0, -1) if evidence.roles[i] == "user"), 0)
        if reply < 2 or evidence.roles[reply - 1] != "assistant" or not _is_made_up(leaf):
            continue
        question = transcript.messages[reply - 1].content or ""
        asked = {word for part in _QUESTION.findall(question) for word in say(part, None).stems}
        wanted = {stem(word) for word in split_name(re.split(r"[.\[]", leaf.path)[-1]) if word not in ("id", "ids")}
        if not wanted or not wanted <= asked or not says_nothing(transcript.messages[reply].content or ""):
            continue
        words = {stem(word) for word in split_name(str(leaf.value)) if len(word) > 2}
        known = [said.stems for i in range(index) if evidence.roles[i] != "tool" for said in (evidence.said(i),)]
        if not any(words & stems for stems in known):
            yield (
                index,
                f"{leaf.site.call.name}: {leaf.path} is {_show(leaf.value)}, which the user was asked for and did not "
                "say; ask again",
            )


_QUESTION = lazy_regex(r"[^.!?\n]*\?|[^.!?\n]*\b(?:need|provide|tell me|let me know)\b[^.!?\n]*", re.IGNORECASE)


def _is_made_up(leaf: GroundedLeaf) -> bool:
    """Whether a value is the assistant's own; what cannot be chance is the business of ungrounded_argument."""
    if isinstance(leaf.value, bool) or leaf.value in (None, "", [], {}) or not leaf.schema:
        return False
    kind = leaf.source.kind
    return kind in ("enum", "composed") or (kind == "unknown" and not leaf.distinctive)


@rule(
    "ungrounded_answer",
    "error",
    "The assistant states a distinctive value (amount, quantity, date, time, code, e-mail or web address, phone "
    "number) that nobody said, no result brought and that does not follow from what is known. Not judged: names, "
    "number words, single digits without a unit, code blocks, examples, questions and advice with round figures, "
    "general knowledge in turns without calls, figures in other languages than English, and figures and times of a "
    "message that works three and more of them out; in dialogues that were not made here nor days, times and numbers "
    "of up to three digits that may have been worked out (verify --strict).",
)
def ungrounded_answer(transcript: Transcript) -> Iterator[Spot]:
    evidence = evidence_of(transcript)
    for index, message in transcript.watched("assistant"):
        for mention in _strays(transcript, evidence, index) if message.content else ():
            yield (
                index,
                f"states {mention.text!r}, which nobody said, no result brought and nothing known gives; say only what "
                "is known, look it up first, or show how it is calculated",
            )


def _strays(transcript: Transcript, evidence: Evidence, index: int) -> list[Mention]:
    found = ungrounded_mentions(evidence, index)
    if not found or transcript.strict:
        return found
    answer = Answer(evidence, index)
    return [mention for mention in found if not may_be_worked_out(answer, mention)]


def _show(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
