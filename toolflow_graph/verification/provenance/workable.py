"""What an assistant may have worked out, chosen or known by itself, and what only a user or a result can have told it.

In dialogues that are made here every value has to come from somewhere: the planner writes facts that lead to it, and a
reply that does not show where a figure is from is asked for again. Elsewhere people conclude in more ways than anybody
follows: a time from a route, a day from "the week after", a bound of a search, a place's full name. Such a value is no
invention because its way is not seen. So in others' dialogues only what nobody can work out is judged: identifiers,
codes, addresses, credentials and people's names, figures of many digits, and days, times and numbers where nothing of
the kind is known.
"""

import re
from contextlib import suppress

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.evidence import Evidence, Said, evidence_of
from toolflow_graph.verification.provenance.answers import Answer
from toolflow_graph.verification.provenance.callmoments import DATE, DATE_TIME, TIME
from toolflow_graph.verification.provenance.grounding import GroundedLeaf, last_name
from toolflow_graph.verification.reading.mentions import Mention
from toolflow_graph.verification.reading.moments import parse_now
from toolflow_graph.verification.reading.wording import counting_digits, listed, normalise, stem
from toolflow_graph.verification.toolcards import split_name
from toolflow_graph.verification.transcript import Transcript

# What such keys hold was given out by somebody, or is somebody's own.
_GIVEN = frozenset(
    listed(
        "id ids zip postal postcode phone telephone mobile pin isbn account card iban token passport license plate "
        "birth dob birthday birthdate ssn vin cvv username login password passphrase passcode"
    )
)
# Cells and parts of what is read: how much of it is the assistant's to choose.
_RANGE = lazy_regex(r"(?:'?[\w ]+'?!)?\$?[A-Z]{1,3}\$?\d{1,5}(?::\$?[A-Z]{1,3}\$?\d{1,5})?|\d{1,6}[-:]\d{1,6}")
_ID_SHAPE = lazy_regex(r"[A-Za-z]{1,6}[-_]?\d{3,}[\w-]*|\d{4,}\w*|[0-9a-f]{8,}[0-9a-f-]*")
_RANGE_KEYS = frozenset(listed("range ranges cell cells lines rows columns span slice"))
# Files that a call makes are named by the assistant.
_MADE = frozenset(listed("output out dest destination target new save export write create make touch generate"))
_FILES = frozenset(listed("path file filename filepath folder directory branch"))
_CODE = lazy_regex(r"(?=\S*\d)(?=\S*[A-Za-z])[\w#/@.+-]{4,}|\d{5,}")
_DAYTIME = lazy_regex(
    r"\b(?:morning|noon|midday|lunch(?:time)?|afternoon|evening|tonight|night|midnight|breakfast|dinner|brunch|"
    r"work(?:day|ing hours)?|opening|sun(?:rise|set)|o'clock|now|asap|later|early|hours?|minutes?|half past|quarter)\b",
    re.IGNORECASE,
)
_NAME = lazy_regex(r"(?<=[a-z,] )[A-Z][a-z]{2,}")
_NEARLY = lazy_regex(r"(?:\b(?:approx\w*|about|around|roughly|nearly|almost|some)|[~≈])\W{0,4}\Z", re.IGNORECASE)
_MONTH = lazy_regex(r"(?<!\d)\d{4}-(?:0[1-9]|1[0-2])(?!\d)")
_MONTHS = 13
_LOOSE = lazy_regex(r"\d{1,2}/\d{1,2}/\d{1,2}")
_BEFORE, _NEAR = 20, 0.0051
_FAR = 400
"""Days within which a day may be counted from a known one: a year, and some weeks."""
_YEARS, _HOURS = range(1900, 2101), range(25)
_EXACT_DIGITS, _SHARP_DIGITS, _FEW_KNOWN, _LARGE = 4, 3, 2, 10_000
_PLACES = frozenset(
    listed("city town location address origin destination place venue airport station street region country area")
)
_NAMES = (("name",), ("object",), ("title",))
_IN_NAMES = frozenset(
    listed(
        "new old town city airport station street road avenue square saint san los las the north south east west upper "
        "lower great hotel park center centre county state"
    )
)
_KNOWN_WORD = 3


def may_be_chosen(transcript: Transcript, leaf: GroundedLeaf) -> bool:
    """Whether an argument without a known source may be the assistant's own conclusion, choice or knowledge."""
    evidence, index = evidence_of(transcript), leaf.site.message_index
    words = split_name(last_name(leaf.pattern))
    value = leaf.value
    if isinstance(value, bool) or value is None:
        return True
    if isinstance(value, int | float):
        return not _GIVEN.intersection(words) and abs(value) < _LARGE and _may_be_calculated(evidence, index, value)
    return isinstance(value, str) and _may_be_written(
        evidence, index, value.strip(), words, split_name(leaf.site.call.name), transcript.looks_up(leaf.site.call.name)
    )


def _may_be_written(
    evidence: Evidence, index: int, text: str, words: tuple[str, ...], tool: tuple[str, ...], reads: bool
) -> bool:
    if any(form.fullmatch(text) for form in (DATE_TIME, DATE, TIME, _MONTH)):
        return not _GIVEN.intersection(words) and _may_be_moment(evidence, index, text)
    if "@" in text or "://" in text:
        return _is_put_together(evidence, index, text)
    if _GIVEN.intersection(words):
        return False
    if _RANGE_KEYS.intersection(words) and _RANGE.fullmatch(text):
        return True
    if _FILES.intersection(words) and _MADE.intersection((*words, *tool)):
        return True
    if "/" in text and " " not in text and _is_known_in_pieces(evidence, index, text):
        return True
    number = _number(text)
    if number is not None:
        return _may_be_calculated(evidence, index, number)
    if reads:
        # What to look for may be guessed: a city of the country, a file where it mostly lies, who wrote a book.
        named = _names_something(evidence, index) or _is_partly_said(evidence, index, text)
        return _ID_SHAPE.fullmatch(text) is None and (named or not _FILES.isdisjoint(words))
    if any(char.isdigit() for char in text):
        # "M42" is a name that everybody knows.
        named = words[-1:] in _NAMES and len(text) < _EXACT_DIGITS
        return named or (" " in text and _CODE.search(text) is None)
    return bool(_PLACES.intersection(words)) and _is_partly_said(evidence, index, text)


def _may_be_moment(evidence: Evidence, index: int, text: str) -> bool:
    """Whether something is known that a day, a month or a time of day may be counted from."""
    if TIME.fullmatch(text):
        return _tells_time(evidence, index)
    if _MONTH.fullmatch(text):
        known = (match.group() for said in _known(evidence, index) for match in _MONTH.finditer(said.text))
        months = {12 * int(month[:4]) + int(month[5:]) for month in known}
        near = any(abs(12 * int(text[:4]) + int(text[5:]) - month) <= _MONTHS for month in months)
        return near or _may_be_counted(evidence, index, f"{text}-15")
    moment = DATE_TIME.fullmatch(text)
    day, clock = (moment["date"], moment["clock"]) if moment else (text, None)
    return (clock is None or _tells_time(evidence, index)) and _may_be_counted(evidence, index, day)


def _is_put_together(evidence: Evidence, index: int, address: str) -> bool:
    """Whether both pieces of an address are known: "helpdesk and support @example.com", a folder and what is in it."""
    if "@" in address:
        person, _, domain = address.casefold().rpartition("@")
        users = (said.folded for _, said in evidence.spoken("user", index))
        # A name and a domain that are known apart are a guess.
        return any(f" @{domain}" in text and person in text for text in users)
    folder, _, name = address.casefold().rstrip("/").rpartition("/")
    pieces = (folder.partition("://")[2], name)
    known = [said.folded for said in _known(evidence, index)]
    return all(len(piece) >= _KNOWN_WORD and any(piece in text for text in known) for piece in pieces)


def _is_known_in_pieces(evidence: Evidence, index: int, path: str) -> bool:
    """Whether each step of a path is known: where a file is moved to."""
    steps = [step for step in path.casefold().split("/") if len(step) >= _KNOWN_WORD]
    known = [said.folded for said in _known(evidence, index)]
    return len(steps) > 1 and all(any(step in text for text in known) for step in steps)


def _number(text: str) -> float | None:
    with suppress(ValueError):
        return float(text) if len(text) < _EXACT_DIGITS + 2 and not text.startswith("0") else None
    return None


def _may_be_calculated(evidence: Evidence, index: int, value: float) -> bool:
    """Whether numbers are known that a number may come of, and it is not too odd for that."""
    known = {number for said in _known(evidence, index) for number in (*said.figures, *said.numbers)}
    if len(known) < _FEW_KNOWN:
        return False
    # Nobody makes up 14.2649.
    if value % 1 and len(counting_digits(value)) > _EXACT_DIGITS:
        return True
    if value % 1 and not any(number % 1 for number in known):
        return False
    return value in _YEARS or len(counting_digits(value)) < _EXACT_DIGITS


def _known(evidence: Evidence, index: int) -> list[Said]:
    """All that is known at a message; the calls, its own among them, prove nothing."""
    return [said for kind, said in evidence.heard(index) if kind != "call"]


def _may_be_counted(evidence: Evidence, index: int, iso: str) -> bool:
    """Whether a day lies near a known one."""
    day = parse_now(iso)
    return day is not None and any(abs((day - known).days) <= _FAR for known in evidence.known_days(index))


def _tells_time(evidence: Evidence, index: int) -> bool:
    """Whether anything is known that a time of day may be counted from."""
    known = _known(evidence, index)
    if any(said.clocks or said.times or _DAYTIME.search(said.text) for said in known):
        return True
    # "Was geht da ab 8?"
    users = (said for _, said in evidence.spoken("user", index))
    return any(number in _HOURS for said in users for number in said.numbers)


def _is_partly_said(evidence: Evidence, index: int, name: str) -> bool:
    """Whether one of the words of a place's name was said or found: "Porto, Portugal" of Porto."""
    words = {stem(word) for word in normalise(name).split() if len(word) >= _KNOWN_WORD and word not in _IN_NAMES}
    return any(not words.isdisjoint(said.stems) for said in _known(evidence, index))


def _names_something(evidence: Evidence, index: int) -> bool:
    """Whether the user's last message names somebody or something: a country, of which a city is looked up."""
    _, said = next(evidence.spoken("user", index), (0, None))
    return said is not None and _NAME.search(said.text) is not None


def is_exact(stray: str) -> bool:
    """Whether a value inside a composed text is one that nobody works out: a code, an address, many digits."""
    return "@" in stray or "://" in stray or _CODE.search(stray) is not None


def _is_in_proportion(evidence: Evidence, index: int, value: float) -> bool:
    """Whether a figure is what so much of something has, of which a result says what 100 (or 1,000) have."""
    asked = {number for _, said in evidence.spoken("user", index) for number in said.numbers}
    found = {number for _, said in evidence.spoken("tool", index) for number in said.figures}
    return any(abs(a * b / hundred - value) <= _NEAR for a in asked for b in found for hundred in (100, 1000))


def may_be_worked_out(answer: Answer, mention: Mention) -> bool:
    """Whether a stated value without a known source may be the assistant's own conclusion.

    What contradicts a result, or looks like a slip in copying one, is none.
    """
    evidence, index = answer.evidence, answer.index
    if mention.kind == "time":
        return _tells_time(evidence, index)
    if mention.kind == "date":
        # "2/5/13" may be anything.
        if _LOOSE.fullmatch(mention.text):
            return True
        return any(_is_near(day, evidence, index) for day in mention.days)
    if mention.kind in ("number", "percent") and not answer.is_against(mention):
        value = mention.values[0]
        if _NEARLY.search(answer.text, max(mention.start - _BEFORE, 0), mention.start):
            return value < _LARGE
        sharp = value % 1 != 0 and len(counting_digits(value)) >= _SHARP_DIGITS
        if sharp:
            return _is_in_proportion(evidence, index, value)
        return _may_be_calculated(evidence, index, value)
    if mention.kind == "code":
        return _CODE.search(mention.text) is None
    return False


def _is_near(written: tuple[str | None, int, int], evidence: Evidence, index: int) -> bool:
    year, month, day = written
    known = evidence.known_days(index)
    if year is None:
        return bool(known)
    made = parse_now(f"{year}-{month:02d}-{day:02d}")
    return made is not None and any(abs((made - other).days) <= _FAR for other in known)
