"""Words and numbers of a text in normal forms, so that what was said can be compared with what was used."""

import re
from collections.abc import Iterator, Set
from functools import lru_cache

from toolflow_graph.regexes import lazy_regex

WORD = lazy_regex(r"[^\W_]+")
_LETTERS = lazy_regex(r"[^\W\d_]+")
ANY_DIGIT = lazy_regex(r"\d")
_SUFFIXES = ("ations", "ation", "ings", "ing", "ies", "ied", "ed", "es", "s", "ly", "al", "e", "y")


def listed(text: str) -> tuple[str, ...]:
    """The words of a text, as a list that reads well in the source."""
    return tuple(text.split())


_EMPTY = frozenset(
    listed(
        "yes yeah yep yup sure ok okay fine right please go ahead proceed continue do just it that this so and then "
        "now i you me we my your he the a to for of is s be been can could will would should thought think knew know "
        "known already let hmm um uh oh well see said told have had what not don t sorry thanks thank alright great "
        "all need later soon again more"
    )
)


def says_nothing(text: str) -> bool:
    """Whether a reply is made of small words only: a mere yes, "I thought you knew that already"; no value in it."""
    words = WORD.findall(text.casefold())
    return bool(words) and all(word in _EMPTY for word in words)


UNITS = dict(
    zip(
        listed(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
            "seventeen eighteen nineteen"
        ),
        range(20),
        strict=True,
    )
)
_TENS = dict(zip(listed("twenty thirty forty fifty sixty seventy eighty ninety"), range(20, 100, 10), strict=True))
_MORE = {
    "couple": 2,
    "pair": 2,
    "both": 2,
    "dozen": 12,
    "fortnight": 14,
    "decade": 10,
    "single": 1,
    "once": 1,
    "twice": 2,
    "half": 0.5,
    "quarter": 0.25,
}
_NUMBER_WORD = lazy_regex(
    r"\b(?:an?\s+)?(?:(?:"
    + "|".join((*UNITS, *_TENS, "hundred", "thousand", "million"))
    + r")(?:[\s-]+(?:and\s+)?)?)+\b|"
    r"\b(?:" + "|".join(_MORE) + r")\b",
    re.IGNORECASE,
)
_NUMBER_WORDS = frozenset((*UNITS, *_TENS, *_MORE, "hundred", "thousand", "million"))
_NUMBER_STARTS = _NUMBER_WORDS | {"a", "an"}
_ONE_OF = lazy_regex(r"\b(?:an?|per)[\s-]+(hour|minute|day|night|week|month|year|dozen|mile|kilo)\b", re.IGNORECASE)
_NUMBER = lazy_regex(
    r"(?<![\w.,])(?<![A-Za-z][-_/.#])(?P<sign>(?<![^\s(=:+*/])[-−])?[$€£¥]?\s?"
    r"(?P<whole>\d{1,3}(?:[,.\u202f']\d{3})+|\d+)(?P<part>[.,]\d+)?(?!\d|:\d)"
    r"(?:\s?(?P<scale>k|thousand|million|hundred|bn|billion|m)(?![A-Za-z])|\s?(?P<percent>%|percent\b))?"
    r"(?:[\s-]{0,2}(?P<unit>[A-Za-z°€$£]+))?",
    re.IGNORECASE,
)
# "48 000 CHF", "33 654,60": digits in groups, with spaces that cannot be anything else.
_SPACED = lazy_regex(
    r"(?<![\w.,])(?<!\d )\d{1,3}(?:[ \u00a0\u202f]\d{3})+"
    r"(?=,\d{1,2}(?!\d)|\s?(?:[€$£₽₹]|(?:CHF|EUR|USD|GBP|PLN|CZK|SEK|NOK|DKK|HUF|kr|zł|Kč|Ft)\b))"
)
_SPACE = lazy_regex(r"[ \u00a0\u202f]")
_ISO_DATE = lazy_regex(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?")
_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "hundred": 1e2, "bn": 1e9, "billion": 1e9}

# Factor per unit: what a number with this unit is in another one. Only changes that arguments really need.
_CONVERSIONS: dict[str, tuple[tuple[float, str], ...]] = {
    "hour": ((60, "minutes"), (3600, "seconds"), (3.6e6, "milliseconds"), (1 / 24, "days")),
    "minute": ((60, "seconds"), (1 / 60, "hours"), (6e4, "milliseconds")),
    "second": ((1000, "milliseconds"), (1 / 60, "minutes")),
    "day": ((24, "hours"), (1440, "minutes"), (1 / 7, "weeks"), (86400, "seconds")),
    "week": ((7, "days"), (168, "hours")),
    "month": ((30, "days"), (1 / 12, "years"), (4, "weeks")),
    "year": ((12, "months"), (365, "days"), (52, "weeks")),
    "decade": ((10, "years"),),
    "kilometer": ((1000, "metres"), (0.621371, "miles")),
    "mile": ((1.609344, "kilometres"), (1609.344, "metres"), (1.6, "kilometres"), (1609, "metres")),
    "meter": ((0.001, "kilometres"), (100, "centimetres"), (3.28084, "feet")),
    "centimeter": ((0.01, "metres"), (10, "millimetres"), (0.393701, "inches")),
    "millimeter": ((0.1, "centimetres"), (0.001, "metres")),
    "milliliter": ((0.001, "litres"),),
    "foot": ((0.3048, "metres"), (12, "inches")),
    "kilogram": ((1000, "grams"), (2.20462, "pounds")),
    "pound": ((0.453592, "kilograms"), (100, "pence")),
    "gram": ((0.001, "kilograms"),),
    "dollar": ((100, "cents"),),
    "euro": ((100, "cents"),),
    "liter": ((1000, "millilitres"),),
    "gigabyte": ((1024, "megabytes"), (1000, "megabytes")),
    "terabyte": ((1024, "gigabytes"), (1000, "gigabytes")),
    "megabyte": ((1024, "kilobytes"),),
    "stone": ((6.35029, "kilograms"), (14, "pounds")),
    "ounce": ((28.3495, "grams"),),
    "inch": ((2.54, "centimetres"),),
    "yard": ((0.9144, "metres"),),
    "fahrenheit": (),
    "celsius": (),
}
_UNIT_NAMES = {
    "h": "hour", "hr": "hour", "hrs": "hour", "hours": "hour", "min": "minute", "mins": "minute", "minutes": "minute",
    "sec": "second", "secs": "second", "s": "second", "seconds": "second", "days": "day", "night": "day",
    "nights": "day", "weeks": "week", "wk": "week", "months": "month", "years": "year",
    "decades": "decade", "km": "kilometer",
    "kilometers": "kilometer", "kilometres": "kilometer", "kilometre": "kilometer", "kms": "kilometer",
    "miles": "mile", "mi": "mile", "m": "meter", "meters": "meter", "metres": "meter", "metre": "meter", "ft": "foot",
    "cm": "centimeter", "centimeters": "centimeter", "centimetres": "centimeter", "centimetre": "centimeter",
    "mm": "millimeter", "millimeters": "millimeter", "millimetres": "millimeter",
    "ml": "milliliter", "milliliters": "milliliter", "millilitres": "milliliter",
    "feet": "foot", "kg": "kilogram", "kgs": "kilogram", "kilos": "kilogram", "kilograms": "kilogram",
    "kilo": "kilogram",
    "lb": "pound", "lbs": "pound", "pounds": "pound", "g": "gram", "grams": "gram", "dollars": "dollar",
    "usd": "dollar",
    "bucks": "dollar", "euros": "euro", "eur": "euro", "l": "liter", "liters": "liter", "litres": "liter",
    "gb": "gigabyte",
    "ounces": "ounce", "oz": "ounce", "inches": "inch", "yards": "yard",
    "°f": "fahrenheit", "f": "fahrenheit", "°c": "celsius", "c": "celsius",
    "tb": "terabyte", "mb": "megabyte", "hour-long": "hour",
}  # fmt: skip


@lru_cache(maxsize=16384)
def normalise(text: str) -> str:
    """Case-folded words, single spaces between and around them: what containment is tested on."""
    return " " + " ".join(WORD.findall(text.casefold())) + " "


def squeeze(text: str) -> str:
    """Only letters and digits, case-folded: codes, whatever their hyphens and spaces."""
    return "".join(WORD.findall(text.casefold()))


_DIGITS = lazy_regex(r"\d+")


@lru_cache(maxsize=8192)
def _digit_places(text: str) -> tuple[int, ...]:
    """Where the runs of digits in a text begin."""
    return tuple(run.start() for run in _DIGITS.finditer(text))


def at_digits(pattern: re.Pattern[str], text: str, lead: str = "", most: int = 0) -> Iterator[re.Match[str]]:
    """``pattern.finditer(text)``, ten times as fast, for a pattern whose matches begin at the first digit of a run.

    Args:
        lead: characters that may stand before that digit in a match, at most ``most`` of them.
    """
    end = 0
    for start in _digit_places(text):
        if start < end:
            continue
        place = start
        while place > end and start - place < most and text[place - 1] in lead:
            place -= 1
        match = pattern.match(text, place)
        while match is None and place < start:
            place += 1
            match = pattern.match(text, place)
        if match is not None:
            end = match.end()
            yield match


def blank_digits(pattern: re.Pattern[str], text: str) -> str:
    """``pattern.sub(" ", text)`` for a pattern as :func:`at_digits` takes it."""
    parts: list[str] = []
    end = 0
    for match in at_digits(pattern, text):
        parts += (text[end : match.start()], " ")
        end = match.end()
    return "".join((*parts, text[end:])) if parts else text


@lru_cache(maxsize=8192)
def _word_places(text: str) -> dict[str, list[int]]:
    """The words of a text in lower case, digits aside, each with the places where it begins."""
    found: dict[str, list[int]] = {}
    for match in _LETTERS.finditer(text):
        found.setdefault(match.group().lower(), []).append(match.start())
    return found


@lru_cache(maxsize=8192)
def tokens_of(text: str) -> frozenset[str]:
    """The words of a text in lower case, digits aside.

    Most patterns cannot match without one of a few words; to look for those among a text's own takes a tenth of the
    time that the pattern would take to find nothing.
    """
    return frozenset(_LETTERS.findall(text.lower()))


def at_words(pattern: re.Pattern[str], text: str, words: Set[str]) -> Iterator[re.Match[str]]:
    """``pattern.finditer(text)``, several times as fast, for a pattern whose matches begin with one of these words."""
    wanted = words & tokens_of(text)
    places = _word_places(text) if wanted else {}
    end = 0
    for start in sorted(start for word in wanted for start in places.get(word, ())):
        if start >= end and (match := pattern.match(text, start)):
            end = match.end()
            yield match


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """A crude English stem, good enough to see that "booking" and "booked" are of a kind."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)]
            break
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] else word


def key_of(number: float) -> float:
    """Numbers are compared at six decimals; one too large to be a float is infinite."""
    try:
        return round(float(number), 6)
    except OverflowError:
        return float("inf")


def counting_digits(number: float) -> str:
    """The digits of a number that count: 715 of 71,500, 45 of 0.0045."""
    return f"{abs(number):.10g}".replace(".", "").strip("0")


def join_groups(text: str) -> str:
    """The text with ``'`` between the groups of a number that are set apart by spaces; every place stays."""
    return _SPACED.sub(lambda match: _SPACE.sub("'", match.group()), text)


def numbers_in(text: str) -> Iterator[tuple[float, str, str | None]]:
    """Numbers of a text: value, as written, and the unit's name if one follows.

    Reads ``1,200``, ``1.200,50``, ``1.2k``, ``3 million``, number words and "a dozen"; skips ISO dates and codes.
    """
    figures = ANY_DIGIT.search(text) is not None
    if figures:
        text = join_groups(_ISO_DATE.sub(" ", text))
    for match in at_digits(_NUMBER, text, "-−$€£¥ \u00a0\u202f\t\n", 3) if figures else ():
        whole, part = match["whole"], match["part"] or ""
        written = match.group().strip()
        unit = _unit(match["unit"])
        for value in _readings(whole, part):
            value *= _SCALES.get((match["scale"] or "").lower(), 1.0)
            if match["sign"]:
                value = -value
            yield value, written, unit
            if match["percent"]:
                yield value / 100, written, None
        # "5m" may be five metres or minutes: the bare number counts, too.
        if match["scale"] and match["scale"].lower() in ("m", "k"):
            metres = "meter" if match["scale"].lower() == "m" else None
            yield from ((value, written, metres) for value in _readings(whole, part))
    words = tokens_of(text)
    for match in at_words(_NUMBER_WORD, text, _NUMBER_STARTS) if not words.isdisjoint(_NUMBER_WORDS) else ():
        number = re.findall(r"[a-z]+", match.group().lower())
        after = re.match(r"[\s-]*(?:an?\s+|of\s+an?\s+|of\s+)?([A-Za-z]+)", text[match.end() :])
        yield _from_words(number), match.group().strip(), _unit(after[1] if after else None)
    for match in _ONE_OF.finditer(text) if not words.isdisjoint(("a", "an", "per")) else ():
        yield 1.0, match.group(), _unit(match[1])


def _readings(whole: str, part: str) -> Iterator[float]:
    plain = re.sub(r"[,.\u202f']", "", whole)
    fraction = part[1:]
    yield float(f"{plain}.{fraction}" if fraction else plain)
    # "1.234" is a thousand to some and one and a bit to others.
    if "." in whole and not part and whole.count(".") == 1:
        yield float(whole)


def _from_words(words: list[str]) -> float:
    total, current = 0.0, 0.0
    for word in words:
        if word in UNITS:
            current += UNITS[word]
        elif word in _TENS:
            current += _TENS[word]
        elif word in _MORE:
            return float(_MORE[word])
        elif word == "hundred":
            current = (current or 1) * 100
        elif word in ("thousand", "million"):
            total, current = total + (current or 1) * _SCALES[word], 0.0
    return total + current


def _unit(word: str | None) -> str | None:
    word = (word or "").lower()
    name = _UNIT_NAMES.get(word, word)
    return name if name in _CONVERSIONS else None


def conversions(value: float, unit: str) -> Iterator[tuple[float, str]]:
    """What a quantity is in other units: value and the name of the unit."""
    for factor, name in _CONVERSIONS[unit]:
        # A factor that is no whole number gives a result that people round.
        exact = factor == int(factor) or 1 / factor == int(1 / factor)
        yield from ((number, name) for number in ((value * factor,) if exact else _roundings(value * factor)))
    if unit == "fahrenheit":
        yield from ((number, "degrees Celsius") for number in _roundings((value - 32) / 1.8))
    elif unit == "celsius":
        yield from ((number, "degrees Fahrenheit") for number in _roundings(value * 1.8 + 32))


def _roundings(value: float) -> tuple[float, ...]:
    return value, round(value, 2), round(value, 1), float(round(value))


def stands_squeezed(code: str, text: str) -> bool:
    """Whether a text has a code or name as words of its own (or in the plural), whatever stands between its letters."""
    pattern = r"[\W_]*".join(map(re.escape, squeeze(code)))
    return re.search(rf"(?<![^\W_]){pattern}(?:e?s)?(?![^\W_])", text, re.IGNORECASE) is not None


_PERSON = lazy_regex(
    r"\b(?:(?P<count>two|three|four|five|six|\d)\s+(?:\w+\s+)?(?:kids?|children|sons|daughters|friends|colleagues|sisters|brothers|"
    r"parents|guests|others)|(?P<pair>parents)|(?:my|a|our|the|his|her)\s+(?:\w+\s+)?(?:wife|husband|partner|girlfriend|boyfriend|mother|"
    r"mom|mum|father|dad|son|daughter|sister|brother|friend|colleague|boss|kid|child|baby|grandmother|grandfather)|"
    r"(?P<me>myself|me|I))\b",
    re.IGNORECASE,
)


def people_in(text: str) -> int | None:
    """How many people a text lists beside the speaker, the speaker included; None if it lists no others."""
    others = 0
    for match in _PERSON.finditer(text):
        if match["count"]:
            others += UNITS.get(match["count"], 0) or int(match["count"] if match["count"].isdigit() else 0)
        elif match["pair"]:
            others += 2
        elif not match["me"]:
            others += 1
    return others + 1 if others else None


def conversions_of_key(value: float, key: str) -> Iterator[tuple[float, str]]:
    """Like :func:`conversions`, of a number under a key whose last word is a unit."""
    unit = _unit(re.split(r"[_\W]|(?<=[a-z])(?=[A-Z])", key)[-1])
    if unit is not None and len(key) > 2:
        yield from conversions(value, unit)
