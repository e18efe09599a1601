"""A rule about the calendar: days that fall on another weekday than the assistant says."""

from collections.abc import Iterator

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.evidence import Evidence, evidence_of
from toolflow_graph.verification.reading.moments import WEEKDAY_NUMBER, WrittenDate, written_dates
from toolflow_graph.verification.reading.periods import Date, make_date
from toolflow_graph.verification.reading.wording import tokens_of
from toolflow_graph.verification.registry import Spot, rule
from toolflow_graph.verification.transcript import Transcript

# In small letters they are mostly other words ("sat").
_NAME = r"(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs?)?|Fri|Sat(?:ur)?|Sun)(?:day)?"
_BEFORE = lazy_regex(rf"\b(?P<name>{_NAME})\.?,?\s+(?:the\s+)?[*_]{{0,2}}\Z")
# After a date it stands in brackets, or alone in the next cell of a table.
_AFTER = lazy_regex(rf"[*_]{{0,2}}\s*(?:\(\s*(?P<name>{_NAME})\.?\s*[),]|\|\s*(?P<cell>{_NAME})\.?\s*\|)")
_LONGEST = 24
_HALF_A_YEAR = 183


@rule(
    "wrong_weekday",
    "error",
    "The assistant names a weekday beside a date that falls on another one. Not judged: weekdays in other languages "
    "than English, dates of a year that is not known, and what a user or a result said first.",
)
def wrong_weekday(transcript: Transcript) -> Iterator[Spot]:
    evidence = evidence_of(transcript)
    for index, message in transcript.watched("assistant"):
        for weekday, written in _named_days(message.content or ""):
            days = _days_of(written, evidence, index)
            right = any(day.weekday() == weekday for day in days)
            if days and not right and not _was_said(weekday, written, evidence, index):
                day = min(days)
                yield index, f"{written.text.strip()!r} ({day}) is a {day:%A}; name the weekday of that date, or none"


def _named_days(text: str) -> Iterator[tuple[int, WrittenDate]]:
    """The weekdays (0 for Monday) that stand beside a date, with that date."""
    if WEEKDAY_NUMBER.keys().isdisjoint(tokens_of(text)):
        return
    seen: set[int] = set()
    for written in written_dates(text):
        before = _BEFORE.search(text, max(0, written.start - _LONGEST), written.start)
        after = None if before else _AFTER.match(text, written.end, written.end + _LONGEST)
        name = before["name"] if before else after and (after["name"] or after["cell"])
        # "Mon 2-4 March": the first of the two days is meant, which comes first here, too.
        if name and written.sure and written.start not in seen:
            seen.add(written.start)
            yield WEEKDAY_NUMBER[name.lower()], written


def _days_of(written: WrittenDate, evidence: Evidence, index: int) -> list[Date]:
    """What a date may mean: of the year that it says, of those in which the day is known, or of the nearest one."""
    if written.year:
        years = {int(written.year)}
    else:
        years = _years_in_results(written, evidence, index)
        # What is said mostly leaves the year open.
        years = years or {day.year for day in evidence.known_days(index) if (day.month, day.day) in written.pairs}
        now = evidence.now
        if not years and now is not None:
            years = {year for year in (now.year - 1, now.year, now.year + 1) if _is_near(written, year, now)}
    made = (make_date(year, *pair) for year in sorted(years) for pair in written.pairs)
    return [day for day in made if day is not None]


def _years_in_results(written: WrittenDate, evidence: Evidence, index: int) -> set[int]:
    """The years of the dates in results that a written day and month may mean."""
    isos = {iso for _, said in evidence.spoken("tool", index) for iso in said.iso_days}
    return {int(iso[:4]) for iso in isos if (int(iso[5:7]), int(iso[8:10])) in written.pairs}


def _is_near(written: WrittenDate, year: int, now: Date) -> bool:
    days = (make_date(year, *pair) for pair in written.pairs)
    return any(day is not None and abs((day - now).days) <= _HALF_A_YEAR for day in days)


def _was_said(weekday: int, written: WrittenDate, evidence: Evidence, index: int) -> bool:
    """Whether a user, the instructions or a result named that weekday for that day before."""
    said = (*evidence.spoken("user", index), *evidence.spoken("tool", index))
    texts = (evidence.context.text, *(each.text for _, each in said))
    for text in texts:
        if any(day == weekday and set(other.pairs) & set(written.pairs) for day, other in _named_days(text)):
            return True
    # In results they stand under keys of their own.
    names = {name for name, number in WEEKDAY_NUMBER.items() if number == weekday}
    results = (each for _, each in evidence.spoken("tool", index) if names & tokens_of(each.text))
    return any(written.pairs[0] in _month_days(each.iso_days) for each in results)


def _month_days(isos: frozenset[str]) -> set[tuple[int, int]]:
    return {(int(iso[5:7]), int(iso[8:10])) for iso in isos}
