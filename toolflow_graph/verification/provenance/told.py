"""Arguments that the assistant worked out or chose itself: judged by what it tells the user of them.

Who transfers what an account lacks of a round sum, or leaves so early that he arrives in time, puts a figure into a
call that stands nowhere. Whether it follows is as hard to see as in an answer, and the answer shows it: there the same
value stands in its words. So it is read there, as if the call and what came of it had not been.
"""

import dataclasses
from collections.abc import Iterator

from toolflow_graph.types import Message
from toolflow_graph.verification.derivations.lengths import IN_MINUTES
from toolflow_graph.verification.evidence import Evidence
from toolflow_graph.verification.provenance.answers import Answer, ungrounded_mentions
from toolflow_graph.verification.provenance.callmoments import DATE, DATE_TIME, TIME
from toolflow_graph.verification.provenance.composed import as_said
from toolflow_graph.verification.provenance.grounding import GroundedLeaf, last_name
from toolflow_graph.verification.provenance.origins import Finder
from toolflow_graph.verification.provenance.written import length_of
from toolflow_graph.verification.reading.mentions import Mention
from toolflow_graph.verification.reading.wording import counting_digits, key_of, listed
from toolflow_graph.verification.toolcards import split_name
from toolflow_graph.verification.transcript import Transcript

# Numbers under such keys name something; nobody works them out.
_NAMES = frozenset(
    listed(
        "id ids no number code zip phone key pin isbn account card order postal lat lon lng latitude longitude token "
        "reference passport license plate"
    )
)
# What is set to a value of the assistant's own taste if the user asks for no other.
_SETTINGS = frozenset(
    listed(
        "target temp temperature brightness volume level speed ttl timeout interval margin buffer padding lead retries "
        "intensity power opacity humidity setpoint bpm tempo"
    )
)
_MINUTES = {**IN_MINUTES, "s": 1 / 60, "sec": 1 / 60, "second": 1 / 60, "seconds": 1 / 60, "day": 1440, "days": 1440}
_SHORT = 2


def is_told(transcript: Transcript, leaf: GroundedLeaf) -> bool:
    """Whether the text of a call's turn states a number, day, time or length of the call and what is known gives it.

    A setting (a temperature, a time to live) of one or two digits that count need not follow from anything; it only has
    to be told. While the turn has no answer yet, a number is read as if it were told as worked out.
    """
    last = split_name(last_name(leaf.pattern))[-1:]
    if isinstance(leaf.value, bool) or not isinstance(leaf.value, int | float | str) or _NAMES.intersection(last):
        return False
    if any(_follows(transcript, leaf, text) for text in _texts(transcript, leaf.site.message_index)):
        return True
    under_way = transcript.messages[-1].role == "tool" or bool(transcript.messages[-1].tool_calls)
    if not under_way or not isinstance(leaf.value, int | float) or _is_setting(leaf):
        return False
    return _follows(transcript, leaf, f"It works out to {as_said(last_name(leaf.pattern), leaf.value)}.")


def _texts(transcript: Transcript, index: int) -> Iterator[str]:
    """What the assistant says from message ``index`` to the end of the turn."""
    for message in transcript.messages[index:]:
        if message.role == "user":
            return
        if message.role == "assistant" and message.content:
            yield message.content


def _follows(transcript: Transcript, leaf: GroundedLeaf, text: str) -> bool:
    index = leaf.site.message_index
    answer = _read(transcript, index, text)
    moment = DATE_TIME.fullmatch(leaf.value) if isinstance(leaf.value, str) else None
    if moment is not None:
        finder = Finder(answer.evidence, index)
        day = finder.date(moment["date"]) is not None or _states(answer, moment["date"], leaf)
        return day and _states(answer, moment["clock"], leaf)
    return _states(answer, leaf.value, leaf)


def _read(transcript: Transcript, index: int, text: str) -> Answer:
    """The text as if it were said in place of the message with the call."""
    kept: dict[tuple[int, str], Answer] = transcript.__dict__.setdefault("_told", {})
    answer = kept.get((index, text))
    if answer is None:
        messages = (*transcript.messages[:index], Message(role="assistant", content=text))
        evidence = Evidence(dataclasses.replace(transcript, messages=messages, focus=index))
        answer = kept[index, text] = Answer(evidence, index)
    return answer


def _states(answer: Answer, value: object, leaf: GroundedLeaf) -> bool:
    stated = [mention for mention in answer.mentions if _means(mention, value)]
    if not stated:
        return False
    if _is_setting(leaf):
        return True
    strays = {(m.kind, m.text, m.unit) for m in ungrounded_mentions(answer.evidence, answer.index)}
    # What needs no source in an answer (a guess, an example) needs one in a call.
    return any(
        (m.kind, m.text, m.unit) not in strays and (not answer.excuses(m) or answer.explain(m) is not None)
        for m in stated
    )


def _means(mention: Mention, value: object) -> bool:
    """Whether a value of a text is that of a call, in another form."""
    if isinstance(value, int | float):
        # "5 minutes" for 300 seconds.
        return _length(mention) == value or any(key_of(number) == key_of(abs(value)) for number in mention.values)
    text = str(value)
    if DATE.fullmatch(text):
        year, month, day = text[:4], int(text[5:7]), int(text[8:])
        return any((m, d) == (month, day) and y in (None, year) for y, m, d in mention.days)
    if TIME.fullmatch(text):
        short = {text[3:], text[3:].removeprefix("0")} if text.startswith("00:") and len(text) == 8 else ()
        return text[:5] in mention.clocks or mention.text in short or _length(mention) == _seconds(text)
    if mention.text.casefold() == text.casefold():
        return mention.kind in ("time", "number", "percent", "money")
    minutes_long = length_of(text)
    return minutes_long is not None and _length(mention) == round(minutes_long * 60)


def _length(mention: Mention) -> int | None:
    """The seconds that a length of time in a text has."""
    if mention.unit in _MINUTES and mention.values:
        return round(mention.values[0] * _MINUTES[mention.unit] * 60)
    return None


def _seconds(clock: str) -> int:
    parts = [int(part) for part in clock[:8].split(":")]
    return sum(part * 60**power for part, power in zip(parts, (2, 1, 0), strict=False))


def _is_setting(leaf: GroundedLeaf) -> bool:
    if not isinstance(leaf.value, int | float) or _SETTINGS.isdisjoint(split_name(leaf.path)):
        return False
    return len(counting_digits(leaf.value)) <= _SHORT
