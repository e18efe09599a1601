"""What can be known at each point of a dialogue: every message's values in normal forms, indexed once."""

import json
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.reading import hours, moments, wording
from toolflow_graph.verification.reading.offsets import Duration, durations_in
from toolflow_graph.verification.reading.present import stated_now
from toolflow_graph.verification.reading.tables import rows_of
from toolflow_graph.verification.reading.tongues import in_english
from toolflow_graph.verification.reading.wording import key_of, normalise, squeeze
from toolflow_graph.verification.transcript import Transcript

_DATE_START = lazy_regex(r"\d{4}-\d\d-\d\d(?!\d)")
_CLOCK = lazy_regex(r"([01]\d|2[0-4]):[0-5]\d")

# Numbers in digits, but not those of dates, times and versions, nor inside of words; {"high":34} holds one.
_FIGURE = lazy_regex(
    r"(?:(?<=\d\.\d[-–])|(?<=\d[x×])|(?<![\w.])(?<!\w:)(?<!\w-))(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])|\d+(?:\.\d+)?(?:[eE][-+]?\d{1,2})?)"
    r"(?![-:]\d)(?=[A-Za-z°%]{0,12}(?!\w)|[x×]\d)"
)
_ID_LIKE = lazy_regex(r"[\d\s@-]")
_IN_NAME = lazy_regex(r"[A-Za-z]_?-?(\d{1,3})(?![\d.:-])|(?<![\d.:-])(\d{1,3})(?=_?[A-Za-z])")
_RUN = lazy_regex(r"\d{3,}")
_ISO_DAY = lazy_regex(r"(?<!\d)\d{4}-\d\d-\d\d(?!\d)")
_CLOCK_ANY = lazy_regex(r"(?<!\d)(?:[01]\d|2[0-4]):[0-5]\d")

Node = tuple[Any, Any]
"""A place in a JSON value: (parent's node or None, key or index)."""


class Said:
    """A text and, computed on first use, what it says: words, numbers, dates, times."""

    def __init__(self, text: str, now: moments.Date | None) -> None:
        self.text = text
        self.now = now

    @cached_property
    def words(self) -> str:
        return normalise(self.text)

    @cached_property
    def squeezed(self) -> str:
        return squeeze(self.text)

    @cached_property
    def folded(self) -> str:
        return self.text.casefold()

    @cached_property
    def exact_words(self) -> frozenset[str]:
        return frozenset(wording.WORD.findall(self.text))

    @cached_property
    def stems(self) -> frozenset[str]:
        return frozenset(wording.stem(word) for word in self.words.split())

    @cached_property
    def _readings(self) -> tuple[str, ...]:
        """The text, and the text with what other languages say about time and number in English."""
        return tuple(dict.fromkeys((self.text, in_english(self.text))))

    @cached_property
    def durations(self) -> tuple[Duration, ...]:
        return tuple(found for text in self._readings for found in durations_in(text))

    @cached_property
    def _quantities(self) -> tuple[tuple[float, str, str | None], ...]:
        texts = map(moments.without_moments, self._readings)
        return tuple(found for text in texts for found in wording.numbers_in(text))

    @cached_property
    def numbers(self) -> dict[float, str]:
        """Numbers that are said, with how they are written."""
        return {key_of(value): written for value, written, _ in reversed(self._quantities)}

    @cached_property
    def converted(self) -> dict[float, str]:
        """Numbers that follow by a change of unit, with how."""
        return {
            key_of(other): f"{written} in {name}"
            for value, written, unit in self._quantities
            if unit
            for other, name in wording.conversions(value, unit)
        }

    @cached_property
    def dates(self) -> dict[str, str | None]:
        found = [moments.dates_in(text, self.now) for text in self._readings]
        return found[0] if len(found) == 1 else {**found[1], **found[0]}

    @cached_property
    def stated(self) -> frozenset[str]:
        """ISO dates that the text writes down, in whatever form."""
        return frozenset(
            date.isoformat() for _, meanings in moments.stated_dates(self.text, self.now) for date in meanings
        )

    @cached_property
    def month_days(self) -> set[tuple[int, int]]:
        return moments.month_days_in(self.text)

    @cached_property
    def day_steps(self) -> set[int]:
        return moments.day_steps_in(self.text)

    @cached_property
    def times(self) -> dict[str, str | None]:
        found = [hours.times_in(text) for text in self._readings]
        return found[0] if len(found) == 1 else {**found[1], **found[0]}

    @cached_property
    def people(self) -> int | None:
        return wording.people_in(self.text)

    @cached_property
    def figures(self) -> frozenset[float]:
        """The numbers that are written in digits, without their sign, dates and times aside; JSON is read, too."""
        figures = (match.group() for match in wording.at_digits(_FIGURE, self.text))
        return frozenset(key_of(float(digits.replace(",", ""))) for digits in figures)

    @cached_property
    def runs(self) -> frozenset[str]:
        """Digits in a row, three or more, wherever they stand."""
        return frozenset(_RUN.findall(self.text))

    @cached_property
    def name_digits(self) -> frozenset[str]:
        """Digits that letters touch: 52 of ``high_52w``, 10 of PM10."""
        return frozenset(first or second for first, second in _IN_NAME.findall(self.text))

    @cached_property
    def iso_days(self) -> frozenset[str]:
        """Dates in ISO's form, wherever they stand."""
        return frozenset(match.group() for match in wording.at_digits(_ISO_DAY, self.text))

    @cached_property
    def clocks(self) -> frozenset[str]:
        """Times in the form HH:MM, wherever they stand."""
        return frozenset(match.group() for match in wording.at_digits(_CLOCK_ANY, self.text))

    def contains(self, value: str) -> bool:
        """Whether the text says ``value``, whatever the case, spacing and punctuation, as whole words."""
        words = normalise(value)
        if words == "  ":
            return value.strip() != "" and value.casefold() in self.folded
        if not value.isascii():
            return words in self.words or value.casefold() in self.folded
        if len(value) <= 3 and value.isalpha() and value.isupper():
            return value in self.exact_words
        return words in self.words


@lru_cache(maxsize=4096)
def say(text: str, now: moments.Date | None) -> Said:
    """The reading of a text; the same text is read once."""
    return Said(text, now)


class Evidence:
    """All messages of a transcript as evidence.

    ``said[index]`` reads a message's text. ``results`` maps a value's key to the places in tool results that hold it,
    oldest first: (message index, node). Keys: ("s", folded text), ("n", number), ("d", date), ("t", time),
    ("m", date and time to the minute).
    """

    def __init__(self, transcript: Transcript) -> None:
        self.transcript = transcript
        system = next((m.content or "" for m in transcript.messages[:1] if m.role == "system"), "")
        told = transcript.now or moments.find_now(system)
        self.now_text = told or stated_now(transcript.messages)
        self.now = moments.parse_now(self.now_text)
        facts = [told or "", *transcript.profile.values()]
        # A record's profile stands in its system message, too; inline checks may have only the one or the other.
        self.context = say("\n".join([system, *facts]), self.now)
        self.roles = [message.role for message in transcript.messages]

    def said(self, index: int) -> Said:
        """A message's text, read."""
        return say(self.transcript.messages[index].content or "", self.now)

    def spoken(self, role: str, before: int) -> Iterator[tuple[int, Said]]:
        """The messages of a role before a message, the latest first."""
        for index in range(before - 1, -1, -1):
            if self.roles[index] == role and self.transcript.messages[index].content:
                yield index, self.said(index)

    @cached_property
    def bodies(self) -> dict[int, Any]:
        """The JSON value of each tool message; of a text the rows of its table, if it is one."""
        bodies = {}
        for index, message in enumerate(self.transcript.messages):
            if message.role == "tool":
                try:
                    body = json.loads(message.content or "null", parse_constant=str)
                except (ValueError, RecursionError):
                    body = message.content
                bodies[index] = (rows_of(body) or body) if isinstance(body, str) else body
        return bodies

    @cached_property
    def results(self) -> dict[tuple[str, Any], list[tuple[int, Node]]]:
        index: dict[tuple[str, Any], list[tuple[int, Node]]] = {}
        for message_index, body in self.bodies.items():
            _index(body, (None, None), message_index, index)
        return index

    def known_days(self, before: int) -> frozenset[moments.Date]:
        """The days that are known before a message: the present, and those that texts and results state."""
        isos = {key[1] for key, places in self.results.items() if key[0] == "d" and places[0][0] < before}
        for role in ("user", "assistant"):
            isos |= {iso for _, said in self.spoken(role, before) for iso in said.dates}
        isos |= set(self.context.dates)
        days = (moments.parse_now(iso) for iso in isos)
        return frozenset(day for day in (*days, self.now) if day is not None)

    def in_results(self, key: tuple[str, Any], before: int, name: str | None = None) -> tuple[int, str] | None:
        """The latest result before a message that holds a value (under ``name``): its message index and the path."""
        for index, node in reversed(self.results.get(key, ())):
            if index < before and (name is None or last_key(node) == name):
                return index, path_of(node)
        return None

    def places(self, key: tuple[str, Any], before: int) -> dict[int, Node]:
        """The results before a message that hold a value, by message index, each with its first place in it."""
        found: dict[int, Node] = {}
        for index, node in self.results.get(key, ()):
            if index < before:
                found.setdefault(index, node)
        return found

    def after_call(self, key: tuple[str, Any], start: int, end: int) -> tuple[int, str] | None:
        """The first result in messages [start, end) that holds a value."""
        for index, node in self.results.get(key, ()):
            if start <= index < end:
                return index, path_of(node)
        return None

    def prose(self, index: int) -> Said:
        """The sentences inside a result: its strings that hold more than one word."""
        return say("\n".join(text for text in strings_in(self.bodies.get(index)) if " " in text.strip()), self.now)

    def heard(self, index: int) -> tuple[tuple[str, Said], ...]:
        """All that is known when message ``index`` is written, the latest first, each with where it is from.

        That is a role, "call" for the arguments of calls (the message's own, too), or "context".
        """
        heard, until = self._heard
        return (*reversed(heard[: until[index]]), ("context", self.context))

    @cached_property
    def _heard(self) -> tuple[list[tuple[str, Said]], list[int]]:
        """Everything in order, and how much of it comes before each message's own text."""
        heard: list[tuple[str, Said]] = []
        until: list[int] = []
        for index, message in enumerate(self.transcript.messages):
            if message.tool_calls:
                calls = [call.arguments for call in message.tool_calls]
                heard.append(("call", say(json.dumps(calls, ensure_ascii=False), self.now)))
            until.append(len(heard))
            if message.content:
                heard.append((message.role, self.said(index)))
        return heard, until

    @cached_property
    def measures(self) -> dict[float, tuple[int, Node, str]]:
        """Numbers that follow from those of results whose key names a unit (``duration_minutes``), with how."""
        found: dict[float, tuple[int, Node, str]] = {}
        for kind, value in list(self.results):
            if kind == "n":
                for index, node in self.results[kind, value]:
                    for other, name in wording.conversions_of_key(value, last_key(node)):
                        found.setdefault(key_of(other), (index, node, f"{value:g} in {name}"))
        return found

    @cached_property
    def offer(self) -> Said:
        """The definitions of the tools as text."""
        tools = [
            {"name": t.name, "description": t.description, "parameters": t.parameters} for t in self.transcript.tools
        ]
        return say(json.dumps(tools, ensure_ascii=False), None)

    def holder(self, key: tuple[str, Any], before: int) -> tuple[int, Any] | None:
        """The object of the latest result before a message that holds a value (or has it as a key), and its message."""
        for index, node in reversed(self.results.get(key, ())):
            if index < before:
                steps: list[Any] = []
                while node[0] is not None:
                    steps.append(node[1])
                    node = node[0]
                found = holder = self.bodies[index]
                for step in reversed(steps):
                    found = found[step]
                    holder = found if isinstance(found, dict) else holder
                return index, holder
        return None


def evidence_of(transcript: Transcript) -> Evidence:
    """The transcript's evidence, built on first use and kept with it."""
    kept = transcript.__dict__.get("_evidence")
    if kept is None:
        kept = transcript.__dict__["_evidence"] = Evidence(transcript)
    assert isinstance(kept, Evidence)
    return kept


def _index(value: Any, node: Node, message_index: int, index: dict[tuple[str, Any], list[tuple[int, Node]]]) -> None:
    """Enter the leaves of a JSON value, and its keys that are ids, under their keys."""
    if isinstance(value, str):
        for key in text_keys(value):
            index.setdefault(key, []).append((message_index, node))
    elif isinstance(value, dict):
        for name, child in value.items():
            # Objects keyed by ids ({"card_12": {...}}) say the id in the key.
            if _is_id_like(name):
                index.setdefault(("s", name.casefold()), []).append((message_index, (node, name)))
                if _DATE_START.match(name):
                    index.setdefault(("d", name[:10]), []).append((message_index, (node, name)))
            _index(child, (node, name), message_index, index)
    elif isinstance(value, list):
        for number, child in enumerate(value):
            _index(child, (node, number), message_index, index)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        index.setdefault(("n", key_of(value)), []).append((message_index, node))


@lru_cache(maxsize=16384)
def _is_id_like(name: str) -> bool:
    return _ID_LIKE.search(name) is not None


def text_keys(text: str) -> Iterator[tuple[str, Any]]:
    """The keys under which a string is indexed."""
    text = text.strip()
    yield "s", text.casefold()
    if not text or not text[0].isdigit():
        return
    if _DATE_START.match(text):
        yield "d", text[:10]
        if len(text) >= 16 and _CLOCK.match(text, 11):
            yield "t", text[11:16]
            yield "m", text[:10] + "T" + text[11:16]
    elif _CLOCK.match(text):
        yield "t", text[:5]
    elif len(text) < 20:
        try:
            yield "n", key_of(float(text))
        except ValueError:
            return


def strings_in(value: Any) -> Iterator[str]:
    """The strings of a JSON value, keys aside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for child in value.values():
            yield from strings_in(child)
    elif isinstance(value, list):
        for child in value:
            yield from strings_in(child)


def last_key(node: Node) -> str:
    while node is not None and isinstance(node[1], int):
        node = node[0]
    return "" if node[1] is None else str(node[1])


def path_of(node: Node) -> str:
    """The path of a place: ``items[0].id``; the whole value is ``$``."""
    parts: list[Any] = []
    while node[0] is not None:
        parts.append(node[1])
        node = node[0]
    text = ""
    for part in reversed(parts):
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "$"
