"""Texts that the assistant composes for a call (a mail, a note): where the values in them come from."""

import dataclasses
import re
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property

from toolflow_graph.record import Place
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Message
from toolflow_graph.verification.derivations.arithmetic import MONEY, is_about_sums
from toolflow_graph.verification.evidence import Evidence
from toolflow_graph.verification.provenance.answers import Answer
from toolflow_graph.verification.provenance.distinctive import CODE, COORDINATES
from toolflow_graph.verification.provenance.origins import Finder, Origin
from toolflow_graph.verification.reading.mentions import Mention
from toolflow_graph.verification.reading.moments import Date
from toolflow_graph.verification.reading.units import FACTORS, NAMES
from toolflow_graph.verification.reading.wording import key_of, listed
from toolflow_graph.verification.toolcards import split_name
from toolflow_graph.verification.transcript import Transcript

# Texts in a language of their own, whose numbers are the assistant's.
_CODE = frozenset(
    listed("code script sql expression html query regex formula thought thoughts prompt command cmd shell bash")
)
# What a user asks for that has values of the assistant's own making.
_MAKING = lazy_regex(
    r"\b(?:itinerary|recipe|story|poem|essay|article|blog|script|ideas?|brainstorm|examples?|samples?|template|fictional|"
    r"made[- ]up|invent|agenda|plan)\b",
    re.IGNORECASE,
)
_STRICT = ("email", "url", "phone", "code", "date", "money")
_NAME = lazy_regex(r"(?<=[\w,;:] )[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*")
# Words that letters and subjects begin with a capital.
_NO_NAMES = frozenset(
    listed(
        "your my our the a an you we i it this that please thanks thank hi hello dear best kind "
        "i'm i've i'll i'd i’m i’ve i’ll i’d"
    )
)
_CALCULATED = frozenset(
    listed(
        "total sum average avg mean median rest remaining balance difference change pace distance share subtotal net "
        "monthly weekly daily yearly annual"
    )
)
"""Words in the name of an argument that tell that its value may be worked out."""
_NEVER = frozenset(listed("rating score rate stars rank"))
_DEGREES = frozenset(("c", "f", "celsius", "fahrenheit"))
_LONGEST = 4000


class Composed:
    """One composed text of a call in message ``index``."""

    def __init__(self, transcript: Transcript, finder: Finder, index: int, name: str, text: str) -> None:
        self.transcript = transcript
        self.finder = finder
        self.index = index
        self.name = name
        self.text = text[:_LONGEST]

    @cached_property
    def answer(self) -> Answer:
        """The text as if it were said instead of the call: what an answer may state, a mail may state, too."""
        said = Message(role="assistant", content=self.text)
        messages = (*self.transcript.messages[: self.index], said)
        return Answer(Evidence(dataclasses.replace(self.transcript, messages=messages, focus=self.index)), self.index)

    @cached_property
    def _mentions(self) -> tuple[Mention, ...]:
        if any(map(str.isdigit, self.text)) or "@" in self.text or "://" in self.text:
            return self.answer.mentions
        return ()

    @cached_property
    def origin(self) -> Origin:
        """The origin "composed", with the places that the values and names in the text are from."""
        places: dict[Place, None] = {}
        carried: dict[str, None] = {}
        for text, found in self._carried():
            for place in found:
                places[place] = None
            carried[text] = None
        if not places:
            return Origin("composed")
        also = tuple(sorted(places, key=lambda place: (place.message_index, place.result_path or "")))
        shown = [*carried][:8]
        how = "carries " + ", ".join(shown) + (" ..." if len(carried) > len(shown) else "")
        return Origin("composed", how=how, also=also)

    def _carried(self) -> Iterator[tuple[str, list[Place]]]:
        """Values and names of the text, each with the place where it became known."""
        for mention in self._mentions:
            found = self._places(mention)
            if found:
                yield mention.text, found
        for match in _NAME.finditer(self.text):
            if match.group().casefold() in _NO_NAMES:
                continue
            origin = self.finder.text(match.group())
            place = _place(self.finder.first(match.group(), self.name, origin)) if origin else None
            if place:
                yield match.group(), [place]

    def _places(self, mention: Mention) -> list[Place]:
        for value in _values(mention):
            origin = self.finder.first(value, self.name, Origin("unknown"))
            if origin.kind == "unknown" and isinstance(value, str):
                origin = self.finder.text(value) or origin
            place = _place(origin)
            if place:
                return [place]
        return []

    @cached_property
    def strays(self) -> tuple[str, ...]:
        """Distinctive values of the text that come from nowhere."""
        if _CODE.intersection(split_name(self.name)) or CODE.search(self.text):
            return ()
        return tuple(dict.fromkeys(mention.text for mention in self._mentions if self._is_stray(mention)))

    def _is_stray(self, mention: Mention) -> bool:
        answer = self.answer
        if self._places(mention) or answer.knows(mention) or answer.explain(mention):
            return False
        if mention.kind == "date" and any(self._knows_day(*day) for day in mention.days):
            return False
        if mention.kind in _STRICT and not self._is_making:
            return mention.kind != "money" or mention.values[0] >= 10
        return not answer.excuses(mention)

    @cached_property
    def _is_making(self) -> bool:
        return any(_MAKING.search(said.text) for _, said in self.finder.users)

    def _knows_day(self, year: str | None, month: int, day: int) -> bool:
        now = self.finder.evidence.now
        years = (int(year),) if year else (now.year, now.year + 1, now.year - 1) if now else ()
        return any(self.finder.date(iso) for number in years if (iso := _iso(number, month, day)))


def reckoned(transcript: Transcript, finder: Finder, index: int, name: str, value: float) -> str | None:
    """How a number follows from what is known, read as if the assistant said it under the argument's name."""
    words = split_name(name)
    unit = _unit_of(words)
    asked = finder.users[0][1].text if finder.users else ""
    # Without a word of calculating a value that fits is as likely an accident.
    told = bool(unit) or not _CALCULATED.isdisjoint(words) or is_about_sums(asked)
    if not _NEVER.isdisjoint(words) or not (told or COORDINATES.intersection(words)) or _states(asked, words):
        return None
    text = as_said(name, value)
    answer = Composed(transcript, finder, index, name, text).answer
    close = (m for m in answer.mentions if m.values and abs(m.values[0] - abs(value)) <= m.steps[0] / 2)
    mention = next(close, None)
    how = answer.explain(mention, loosely=False) if mention is not None else None
    if COORDINATES.intersection(words):
        return how if how == "rounded" and value % 1 else None
    return None if how == "in a tool's definition" else how


def as_said(name: str, value: float) -> str:
    """A number as the assistant might say it, with the words of its argument's name: "repair cost $410.50"."""
    words = split_name(name)
    unit = _unit_of(words)
    money = MONEY.search(name) is not None and not unit
    written = f"{value:.2f}" if money and value != int(value) else f"{value:.10g}"
    return f"{' '.join(words)} {'$' if money else ''}{written} {unit}"


def _unit_of(words: Sequence[str]) -> str:
    return next((word for word in reversed(words) if NAMES.get(word, word) in FACTORS or word in _DEGREES), "")


def _states(text: str, words: Collection[str]) -> bool:
    """Whether a text itself gives the number of an argument ("the amount should be 40"): then nothing is worked out."""
    names = "|".join(re.escape(word.removesuffix("s")) for word in words if len(word) > 2)
    pattern = rf"\b(?:{names})s?\b(?: \w+){{0,3}} [$€£]?\d|\d(?: [A-Z]{{3}})?(?: \w+){{0,3}} (?:{names})s?\b"
    return bool(names) and re.search(pattern, text, re.IGNORECASE) is not None


def _values(mention: Mention) -> Iterator[str | float]:
    """The values a mention may be, as arguments would have them."""
    if mention.values:
        yield from (key_of(value) for value in mention.values)
    elif mention.days:
        yield from (f"{year}-{month:02d}-{day:02d}" for year, month, day in mention.days if year)
    else:
        yield mention.text


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return Date(year, month, day).isoformat()
    except ValueError:
        return None


def _place(origin: Origin) -> Place | None:
    if origin.message_index is None:
        return None
    return Place(message_index=origin.message_index, result_path=origin.result_path)
