"""Distinctive values that a text states: amounts, quantities, dates, times, codes, addresses. Pure, English first.

What is no mention: list numbers ("1."), single digits without a unit, names with a digit or two ("MP3", "COVID-19"),
web sites without a path, and code blocks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.reading.hours import may_say_half
from toolflow_graph.verification.reading.moments import written_dates
from toolflow_graph.verification.reading.wording import ANY_DIGIT, at_digits, join_groups, listed, tokens_of

Kind = Literal["email", "url", "phone", "code", "date", "time", "money", "percent", "number"]


@dataclass(frozen=True, slots=True)
class Mention:
    """One value as it stands at text[start:end].

    Attributes:
        values: the numbers it may be read as ("1.234" is one and a bit, or a thousand), without their sign.
        steps: for each of them the worth of its last digit as written: 0.1 for "19.5", 1e5 for "1.2 million".
        unit: the word after a number, lower case ("" if none).
        days: (year or None, month, day) readings of a date; clocks: "HH:MM" readings of a time.
    """

    kind: Kind
    text: str
    start: int
    end: int
    values: tuple[float, ...] = ()
    steps: tuple[float, ...] = ()
    unit: str = ""
    days: tuple[tuple[str | None, int, int], ...] = ()
    clocks: tuple[str, ...] = ()


_FENCE = lazy_regex(r"```.*?(?:```|\Z)", re.DOTALL)
_LISTING = lazy_regex(
    r"^[ \t>|]*(?:[-*•#]+[ \t]*)*[\[(]?(?:\d{1,3}(?:\.\d{1,2})*|[A-Za-z])[.):\]](?=\s|\*)", re.MULTILINE
)
_URL = lazy_regex(r"(?:https?://|www\.)[^\s<>\"'`|\\^{}*]+", re.IGNORECASE)
_EMAIL = lazy_regex(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_CLOCK = lazy_regex(
    r"(?<![\w:.,/])(?P<h12>\d{1,2})(?::(?P<m12>[0-5]\d))?(?::[0-5]\d)?\s?(?P<half>[ap])\.?\s?m\b\.?|"
    r"(?<![\w:.,])(?P<h24>[01]?\d|2[0-4]):(?P<m24>[0-5]\d)(?::[0-5]\d(?:\.\d+)?)?(?:\+\d\d:\d\d)?(?!\d|:\d)|"
    # Minutes and seconds.
    r"(?<![\w:.,])(?P<mm>2[5-9]|[3-5]\d):(?P<ss>[0-5]\d)(?!\d|:\d)|"
    r"(?<![\w:.,])(?P<hh>[01]?\d|2[0-4])h(?P<mh>[0-5]\d)\b",
    re.IGNORECASE,
)
# "9-11 AM": the first number is an hour, too.
_HOUR_FROM = lazy_regex(
    r"(?<![\w:.,])\d{1,2}(?=\s?(?:[-–—]|to|and)\s?\d{1,2}(?::\d\d)?\s?[ap]\.?\s?m\b)", re.IGNORECASE
)
_ISO_T = lazy_regex(r"(?<=\d-\d\d)T(?=\d\d:\d\d)")
_PHONE = lazy_regex(
    r"(?<![\w./+-])(?<!\d )(?:\+\d[\d \u00a0().-]{6,18}\d|\(\d{2,4}\)[\s-]?\d[\d \u00a0.-]{4,12}\d|"
    r"(?:1[-. ])?\d{3}[-. ]\d{3}[-. ]\d{4}|0\d{2,4}[ /-]\d{3}[\d -]{2,8}\d)(?![\w-])"
)
# Two units together, the second one the finer: 2 hours 30 minutes, 12 min 34 s, 5 ft 11 in, 3 days and 4 hours.
_TWOFOLD = lazy_regex(
    r"(?<![\w.,:])(?P<first>\d{1,3})\s?-?(?P<coarse>d|days?|h|hrs?|hours?|m|mins?|minutes?|ft|foot|feet|'|years?)"
    r"(?:[\s,&]|and)*(?P<second>\d{1,2})\s?-?(?P<fine>h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?|in|inch|inches|\"|months?)"
    r"(?!\w)(?:(?<=[mns])(?:[\s,&]|and)*(?P<third>\d{1,2})\s?-?(?:s|secs?|seconds?)(?!\w))?",
    re.IGNORECASE,
)
_FOLDS = {
    "dh": (24, "hours"),
    "hm": (60, "minutes"),
    "ms": (60, "seconds"),
    "fi": (12, "inches"),
    "'\"": (12, "inches"),
    "ym": (12, "months"),
}
_CHUNK = lazy_regex(r"[\w.+#/:@°-]*\d[\w.+#/@°-]*")
_SOLID = lazy_regex(r"[\w.+#/:@°-]+")
_PUNCTUATION = ".,;:!?#/-+°"
# A number with its unit or multiple written onto it: 10km, 16GB, 21st, 90-minute, 1.5x.
# "125.10/MWh": a number and what it is for.
_PER_UNIT = lazy_regex(r"(?:[A-Z]{0,3}[$€£¥])?\d[\d.,]*/[A-Za-z%²³·]{1,8}")
_GLUED = lazy_regex(r"[-+]?\d+(?:[.,]\d+)*(?:-?[a-zA-Z]{1,3}|°[a-zA-Z]?|-[a-z]+(?:-[a-z]+)*|[a-z]{4,12})")
# "55-68k": two numbers, the first one in thousands, too.
_SCALED_RANGE = lazy_regex(r"\d+(?:[.,]\d+)?-\d+(?:[.,]\d+)?(?:k|m|bn|mn)", re.IGNORECASE)
_TO_SCALED = lazy_regex(r"\s?[-–]\s?[$€£]?\d+(?:[.,]\d+)?\s?(k|m|bn|mn|million|billion|thousand)\b", re.IGNORECASE)
# A booking code such as M05KNL; SAVE20 or IPHONE15 might be a name.
_BOOKING = lazy_regex(r"(?=[A-Z]*\d)(?![A-Z]{3,}\d{1,2}\Z)[A-Z0-9]{6,8}")
_LABEL = lazy_regex(r"\b(?:ID|code|number|reference|confirmation|locator|PNR)s?\b")
_LABEL_WORDS = frozenset(
    name + plural for name in listed("id code number reference confirmation locator pnr") for plural in ("", "s")
)
_LABELLED = lazy_regex(
    _LABEL.pattern + r"[\s:*\"'`(#]{1,6}(?:(?:is|are|was)[\s:*\"'`]{1,4})?(?P<code>[A-Z]{5,10})(?![\w])"
)
# Account and card numbers in groups of four.
_GROUPED = lazy_regex(r"(?<![\w-])(?:[A-Z]{2}\d{2}(?:\s[A-Z0-9]{2,4}){3,8}|\d{4}(?:[ -]\d{4}){2,4})(?![\w-])")
_VERSION = lazy_regex(r"[vV]\d+(?:\.\d+)*")
# Names of techniques and standards that everybody knows.
_KNOWN_NAME = lazy_regex(
    r"iso-?\d{4,5}|(?:l|kwh|g|mg|kcal)/100|(?:sha|rfc|utf|aes|md|din|en|ieee|http|tls|rtx|gtx|x|base|ipv|h\.?|usb|ddr|win|es|mp|gpt|covid|rs|hdmi|"
    r"cat|web)-?\d{1,4}(?:[._-]\w+)*",
    re.IGNORECASE,
)
_MOST_DIGITS = 24
_PARTS_OF_ONE = {"half": 0.5, "quarter": 0.25}
_AND_PART = lazy_regex(r"\s+and an? (?P<part>half|quarter)\b\s*(?P<unit>[A-Za-z]*)", re.IGNORECASE)
_LONGEST_BEFORE = 6
_LEAST_PHONE, _LEAST_GROUPED = 7, 10
_IDEOGRAPHS = lazy_regex(r"[\u3040-\u30ff\u3400-\u9fff]")
_DECORATION = lazy_regex(r"[*`\u00a0\u2009\u202f]")
_CURRENCIES = "USD|EUR|GBP|JPY|CHF|CAD|AUD|NZD|INR|CNY|SEK|NOK|DKK|PLN|CZK|HUF|MXN|BRL|SGD|HKD|KRW|TRY|AED|THB|ZAR|BTC"
_NUMBER = lazy_regex(
    r"(?<![\w.,])(?<![A-Za-z_][-_/#])"
    rf"(?:(?P<currency>(?:US|CA|AU|A|C|NZ|HK|S)?[$€£¥₹₩₽]|\b(?:{_CURRENCIES})\b)\s?)?[-−]?"
    r"(?P<digits>\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?(?!\d)|\d{1,3}(?:[,.'’]\d{3})+(?:[.,]\d+)?(?![\d]|[.,]\d)|\d+(?:[.,]\d+)?(?:e-?\d{1,2})?)(?![\d])"
    r"(?:[ -]?(?P<scale>k|thousand|million|mio|mn|bn|billion|trillion|[mb](?=\b))(?![A-Za-z]))?"
    r"(?:\s?(?P<percent>%|percent(?:age)?\b|per\s?cent\b))?"
    r"(?:[ ]?[-]?(?P<unit>[A-Za-z°€$£¥]+(?:/[a-z]+)?))?",
    re.IGNORECASE,
)
_BEFORE = lazy_regex(rf"(?:(?:US|CA|AU|A|C|NZ|HK|S)?[$€£¥₹₩₽]|\b(?:{_CURRENCIES})\b)\s?[-−]?\Z|[-−]\Z", re.IGNORECASE)
_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "mio": 1e6, "mn": 1e6, "b": 1e9, "bn": 1e9,
           "billion": 1e9, "trillion": 1e12}  # fmt: skip
_MARK = lazy_regex(r"[,.'’]")
_THOUSANDS = lazy_regex(r"\d{1,3}(?:[,.'’]\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}")
_MONEY_UNITS = frozenset(
    (*_CURRENCIES.lower().split("|"), "€", "$", "£", "¥", *listed("dollars dollar euros euro pounds cents bucks yen"))
)
# Units by which even a single digit says something that has to come from somewhere.
UNITS = frozenset(
    listed(
        "km m cm mm mi mile miles kilometers kilometres kilometer kilometre meters metres feet ft inch inches kg g mg "
        "lb lbs pounds kilograms grams gb mb kb tb mph kmh km/h m/s kph knots °c °f ° c f degrees celsius fahrenheit "
        "hpa kwh kw w mw l ml liters litres oz kcal calories hours hour hrs hr h minutes minute min mins seconds "
        "second sec ms"
    )
)


@lru_cache(maxsize=8192)
def mentions_in(text: str) -> tuple[Mention, ...]:
    """The distinctive values of a text, in no particular order."""
    if not ANY_DIGIT.search(text) and "@" not in text and "://" not in text:
        return tuple(_labelled(text)) if _LABEL.search(text) else ()
    found: list[Mention] = []
    # What is read is blanked out, so that the next pattern does not read it again; places stay.
    rest = _DECORATION.sub(" ", text)
    if "```" in text:
        rest = _blank(text, [match.span() for match in _FENCE.finditer(text)])
    if ":" in rest:
        rest = _ISO_T.sub(" ", rest)
    for read in (_urls, _emails, _dates, _times, _grouped, _phones, _twofold, _codes):
        if read is _codes and not rest.isascii():
            # No spaces set them apart from a code, or from a day.
            rest = _IDEOGRAPHS.sub(" ", rest)
        made = list(read(rest))
        if made:
            found += [mention for mention in made if mention.text]
            rest = _blank(rest, [(mention.start, mention.end) for mention in made])
    rest = _blank(rest, [match.span() for match in _LISTING.finditer(rest)])
    found.extend(_numbers(join_groups(rest), rest))
    return tuple(found)


def _blank(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _urls(text: str) -> Iterator[Mention]:
    if "://" in text or "www." in text.lower():
        for match in _URL.finditer(text):
            written = match.group().rstrip(".,;:!?)]'")
            # A site's start page is known to everybody; what lies behind it is not.
            path = re.sub(r"^(?:\w+://)?[^/?#]*", "", written).strip("/")
            yield Mention("url", written if path else "", match.start(), match.start() + len(written))


def _emails(text: str) -> Iterator[Mention]:
    if "@" in text:
        for match in _EMAIL.finditer(text):
            yield Mention("email", match.group().rstrip("."), *match.span())


def _dates(text: str) -> Iterator[Mention]:
    for date in written_dates(text):
        days = tuple((date.year, month, day) for month, day in date.pairs if 1 <= month <= 12 and 1 <= day <= 31)
        if days:
            # Without a year "4/5" may be a fraction or a score: it is read as nothing.
            yield Mention(
                "date", date.text.rstrip(".") if date.sure or date.year else "", date.start, date.end, days=days
            )


def _times(text: str) -> Iterator[Mention]:
    words = tokens_of(text)
    half = may_say_half(words)
    for match in at_digits(_CLOCK, text) if half or ":" in text or "h" in words else ():
        written = match.group().strip()
        written = written.rstrip(".") if written.count(".") == 1 else written
        yield Mention("time", written, *match.span(), clocks=tuple(_clocks(match)))
    for match in at_digits(_HOUR_FROM, text) if half else ():
        yield Mention("time", "", *match.span())


def _clocks(match: re.Match[str]) -> Iterator[str]:
    if match["half"]:
        hour = int(match["h12"])
        if hour > 12:  # "19:00 PM"
            yield f"{hour % 24:02d}:{match['m12'] or '00'}"
        else:
            yield f"{hour % 12 + (12 if match['half'].lower() == 'p' else 0):02d}:{match['m12'] or '00'}"
        return
    if match["mm"]:
        yield f"{match['mm']}:{match['ss']}"
        return
    hour, minute = int(match["h24"] or match["hh"]), match["m24"] or match["mh"]
    yield f"{hour % 24:02d}:{minute}"
    if 1 <= hour < 12:
        yield f"{hour + 12:02d}:{minute}"


def _twofold(text: str) -> Iterator[Mention]:
    """Two units together are one value, in the finer of them."""
    for match in at_digits(_TWOFOLD, text):
        fold = _FOLDS.get((match["coarse"][0] + match["fine"][0]).lower())
        if fold:
            value = float(int(match["first"]) * fold[0] + int(match["second"]))
            if match["third"] and fold[1] == "minutes":
                value, fold = value * 60 + int(match["third"]), (60, "seconds")
            yield Mention("number", match.group().strip(), *match.span(), values=(value,), steps=(1.0,), unit=fold[1])


def _grouped(text: str) -> Iterator[Mention]:
    for match in _GROUPED.finditer(text) if _count_digits(text) >= _LEAST_GROUPED else ():
        yield Mention("code", match.group(), *match.span())


def _phones(text: str) -> Iterator[Mention]:
    for match in at_digits(_PHONE, text, "+(", 1) if _count_digits(text) >= _LEAST_PHONE else ():
        if _count_digits(match.group()) >= _LEAST_PHONE:
            yield Mention("phone", match.group(), *match.span())


def _codes(text: str) -> Iterator[Mention]:
    """Codes, and names with digits, which are read as nothing at all."""
    for match in _chunks(text):
        core = match.group().strip(_PUNCTUATION)
        start = match.start() + match.group().index(core) if core else 0
        digits = sum(map(str.isdigit, core))
        letters = any(char.isalpha() or char == "_" for char in core)
        if not letters:
            # Digits in groups: a card, an ISBN, an address of a machine; a range is two numbers.
            if (
                digits >= 6
                and re.fullmatch(r"\d+(?:-\d+)+|\d+(?:\.\d+){2,}", core)
                and not (_is_range(core) or _THOUSANDS.fullmatch(core))
            ):
                yield Mention("code", core, start, start + len(core))
            elif digits < 6 and re.fullmatch(r"\d+(?:\.\d+){2,}", core) and not _THOUSANDS.fullmatch(core):
                # A version or a section: no number with decimals.
                yield Mention("code", "", start, start + len(core))
            continue
        if _GLUED.fullmatch(core) or _SCALED_RANGE.fullmatch(core) or _PER_UNIT.fullmatch(core):
            continue
        known = (digits < 3 and not _BOOKING.fullmatch(core)) or _VERSION.fullmatch(core) or _KNOWN_NAME.fullmatch(core)
        yield Mention("code", "" if known else core, start, start + len(core))
    yield from _labelled(text)


def _chunks(text: str) -> Iterator[re.Match[str]]:
    """``_CHUNK.finditer(text)``; only what holds a digit is looked at closely."""
    for run in _SOLID.finditer(text):
        if ANY_DIGIT.search(run.group()) and (match := _CHUNK.match(text, run.start())):
            yield match


def _labelled(text: str) -> Iterator[Mention]:
    for match in _LABELLED.finditer(text) if not tokens_of(text).isdisjoint(_LABEL_WORDS) else ():
        yield Mention("code", match["code"], *match.span("code"))


def _count_digits(text: str) -> int:
    return len(ANY_DIGIT.findall(text))


def _is_range(text: str) -> bool:
    first, _, second = text.partition("-")
    return (
        first.isdigit()
        and second.isdigit()
        and len(first) <= len(second) <= len(first) + 1
        and int(first) < int(second)
    )


def _amounts(text: str) -> Iterator[re.Match[str]]:
    """``_NUMBER.finditer(text)``, from the digits on: the engine would try all currencies at every letter."""
    end = 0
    for run in ANY_DIGIT.finditer(text):
        start = run.start()
        if start < end:
            continue
        before = _BEFORE.search(text, max(end, start - _LONGEST_BEFORE), start)
        match = (_NUMBER.match(text, before.start()) if before else None) or _NUMBER.match(text, start)
        if match is not None:
            end = match.end()
            yield match


def _numbers(text: str, shown: str) -> Iterator[Mention]:
    """The numbers of a text; ``shown`` is the same before its groups of digits were joined."""
    for match in _amounts(text):
        digits, unit = match["digits"].lower(), (match["unit"] or "").lower()
        scale = (match["scale"] or "").lower()
        kind: Kind = "number"
        if match["percent"]:
            kind = "percent"
        elif match["currency"] or unit in _MONEY_UNITS:
            kind = "money"
        if kind == "number" and len(digits) == 1 and not scale and unit not in UNITS:
            continue
        read = list(readings(digits)) if len(digits) <= _MOST_DIGITS else []
        if unit == "and" and (more := _AND_PART.match(text, match.end("digits"))):
            # "10 and a half hours"
            part = _PARTS_OF_ONE[more["part"].lower()]
            read, unit = [(value + part, part) for value, _ in read], more["unit"].lower()
        if scale:
            scaled = [(value * _SCALES[scale], step * _SCALES[scale]) for value, step in read]
            # "5 m" are metres, too.
            bare = scale in ("m", "b", "k") and not match["currency"]
            read, unit = (read + scaled, unit or scale) if bare else (scaled, unit)
        elif shared := _TO_SCALED.match(text, match.end("digits")):
            read += [(value * _SCALES[shared[1].lower()], step * _SCALES[shared[1].lower()]) for value, step in read]
        if any(value for value, _ in read):
            end = match.end("percent" if match["percent"] else "scale" if scale else "digits")
            yield Mention(
                kind,
                shown[match.start() : end].strip(),
                match.start("digits"),
                match.end("digits"),
                values=tuple(value for value, _ in read),
                steps=tuple(step for _, step in read),
                unit=unit,
            )


def readings(digits: str) -> Iterator[tuple[float, float]]:
    """The values that a number written with digits may have, the usual one first, each with its last digit's worth.

    ``1,234`` is a thousand; ``1.234`` one and a bit, or a thousand; ``1.234,50`` and ``19.5`` have decimals.
    """
    if "e" in digits:
        base, _, power = digits.partition("e")
        yield from ((value * 10.0 ** int(power), step * 10.0 ** int(power)) for value, step in readings(base))
        return
    plain = _MARK.sub("", digits)
    marks = _MARK.findall(digits)
    if _THOUSANDS.fullmatch(digits):
        if marks == ["."]:
            yield float(digits), 0.001
        yield float(plain), 1.0
    elif not marks:
        yield float(plain), 1.0
    else:
        whole, part = _MARK.split(digits[::-1], maxsplit=1)[::-1]
        yield float(f"{_MARK.sub('', whole[::-1])}.{part[::-1]}"), 10.0 ** -len(part)
