"""Numbers of a call that follow from known ones by a small calculation.

The operands are close relatives on purpose: what stands beside the ids that the call names, what one message says, what
is stated as a total. Any two of all known numbers would explain nearly every value.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, floor
from typing import Any

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.reading.mentions import readings
from toolflow_graph.verification.reading.wording import UNITS
from toolflow_graph.verification.toolcards import split_name

MONEY = lazy_regex(
    r"price|amount|cost|total|fare|fee|rate|balance|tax|charge|paid|payment|due|budget|refund|deposit|premium|payout|nightly|"
    r"salary|wage|revenue|turnover|income|earning|profit|expense|(?<![a-z])(?:sums?|net|gross|pay|paycheck|worth)(?![a-z])",
    re.IGNORECASE,
)
FOR_KEY = lazy_regex(r"serv|portion|people|person|yield|guest|passenger|pack|batch", re.IGNORECASE)
"""Keys of how many an object is meant for."""
# Words by which people ask for a calculation.
_CUE = lazy_regex(
    r"\b(?:total|sum|together|altogether|combined|plus|minus|more|less|each|both|times|per|every|left|remain\w*|rest|"
    r"split|shared?|half|double|twice|percent|difference|additional|extra|increase|decrease|raise|lower|reduce|add|"
    r"deduct|discount|tip)\b|%",
    re.IGNORECASE,
)
# "(232 - 32) * 5"; a dash alone joins dates and ranges.
_FORMULA = lazy_regex(r"\d\s*[*+^×÷]\s*\(?\d|\d\s+[-/]\s+\(?\d|\)\s*[-+*/^]")
_PAID = lazy_regex(
    r"\b(?:pay|charge|bill|invoice|refund|whole|all|everything|average|above|below|up to)\b", re.IGNORECASE
)
_TOTAL = lazy_regex(r"\b(?:total|balance|sum|cost|comes? to)\b[^.\n\d]{0,50}(\d[\d,]*(?:\.\d+)?)", re.IGNORECASE)
_FACTORS = 60
_COUNTS = 12
_FEW = 6
LARGEST = 1e15
"""Numbers from here on are ids, not amounts: nothing is calculated with them."""

_LENGTH = lazy_regex(r"(\d{1,3}):([0-5]\d):([0-5]\d)")
# An amount that a result holds as text: "$39.90", "39,90 EUR", "1.250,00", "12 %". A bare "10115" is a code.
_AMOUNT = lazy_regex(
    r"[-−]?(?:(?:US|CA|A|C)?[$€£¥₹]\s?(?P<marked>\d[\d.,'’]*)|(?P<named>\d[\d.,'’]*)\s?(?:[$€£¥₹%]|[A-Z]{3})|"
    r"(?P<plain>\d[\d.,'’]*[.,]\d\d?))"
)

Amounts = Mapping[str, Sequence[float]]
"""Numbers of one object by their path in it; the entries of a list share one (``flights[].price``)."""


@dataclass(frozen=True)
class Operands:
    """What a calculation may rest on.

    Attributes:
        said: the numbers of each user message, with its text.
        totals: numbers that somebody stated as a total, a balance or a cost.
        chosen: for each id that the call names, the numbers of the object that brought it.
        few: the numbers of small results, latest first, with the result's message index.
        counts: lengths of the call's lists.
        parts: the call's other numbers at the same place of a list (shares of one payment); siblings: all others.
    """

    said: Sequence[tuple[str, Sequence[float]]] = ()
    totals: Sequence[float] = ()
    chosen: Sequence[tuple[int, Amounts]] = ()
    few: Sequence[tuple[int, Amounts]] = ()
    counts: Sequence[int] = ()
    parts: Sequence[float] = ()
    siblings: Sequence[float] = field(default=())


def find_calculation(value: float, name: str, operands: Operands) -> tuple[str, int | None] | None:
    """How ``value``, an argument called ``name``, follows, and the result it rests on (None: no single one)."""
    money = bool(MONEY.search(name))
    rest = sum(operands.parts)
    chosen = list(_chosen_totals(operands))
    for index, total, how in chosen:
        if _close(value, total):
            return how, index
        if rest and _close(value, total - rest):
            return f"what the call's other parts leave of {how}", index
    spoken = sorted({number for _, numbers in operands.said for number in numbers})
    if rest:
        for whole in (*operands.totals, *spoken):
            if _close(value, whole - rest):
                return f"what the call's other parts leave of {whole:g}", None
    for how in (*_of_one_message(value, operands, money), *_of_call(value, operands, money)):
        return how, None
    if money:
        for index, how in _of_price_and_words(value, chosen, operands):
            return how, index
        plain = [entry for entry in chosen if ", times " not in entry[2]]
        for index, first, how in plain:
            for _, second, other in plain:
                if first > second and _close(value, first - second):
                    return f"{how} less {other}", index
    changed = _of_change(value, name, operands) or _of_rate(value, operands) or _rest_of_said(value, operands)
    if changed:
        return changed
    # A call that names its objects is about those.
    return None if operands.chosen else _of_small_results(value, operands.few)


def is_about_sums(text: str) -> bool:
    """Whether a text speaks of a calculation, or of paying for something as a whole."""
    return _CUE.search(text) is not None or _PAID.search(text) is not None


def totals_in(text: str) -> Iterator[float]:
    """Numbers that a text states as a total, a balance or a cost."""
    for match in _TOTAL.finditer(text):
        yield float(match[1].replace(",", ""))


def amounts_of(value: Any, most: int = 80) -> dict[str, list[float]]:
    """The numbers of a JSON value by path; {} if there are more than ``most``."""
    found: dict[str, list[float]] = {}
    queue: list[tuple[str, Any]] = [("", value)]
    count = 0
    while queue:
        path, node = queue.pop()
        if isinstance(node, Mapping):
            queue.extend((f"{path}.{key}".lstrip("."), child) for key, child in node.items())
        elif isinstance(node, list):
            queue.extend((f"{path}[]", child) for child in node)
        elif (number := amount_of(node)) is not None:
            if abs(number) < LARGEST:
                found.setdefault(path, []).append(number)
            count += 1
        if count > most or len(queue) > 40 * most:
            return {}
    return found


def own_amounts(node: Mapping[str, Any]) -> dict[str, float]:
    """The numbers that stand directly in an object, by key."""
    read = ((key, amount_of(value)) for key, value in node.items())
    return {key: number for key, number in read if number is not None and abs(number) < LARGEST}


def amount_of(value: Any) -> float | None:
    """The number that a JSON scalar is, or that a text writes as one ("39,90 EUR", "0:52:30" in seconds), or None."""
    if isinstance(value, int | float):
        # An int may be too large to be a float; those are ids.
        return None if isinstance(value, bool) else float(value) if abs(value) < LARGEST else LARGEST
    if not isinstance(value, str) or not 2 <= len(value) <= 24:
        return None
    if length := _LENGTH.fullmatch(value):
        hours, minutes, seconds = map(float, length.groups())
        return hours * 3600 + minutes * 60 + seconds
    match = _AMOUNT.fullmatch(value.strip())
    digits = match and (match["marked"] or match["named"] or match["plain"])
    read = next(readings(digits.rstrip(".,'’")), None) if digits else None
    return read[0] if read else None


_MOST_COLUMNS = 6
# Nobody multiplies by these.
_NO_FACTOR = lazy_regex(r"\bid\b|_id|year|lat|lon|lng|zip|code|rating|score|age", re.IGNORECASE)


def products_of(amounts: Amounts) -> list[list[float]]:
    """How many times what, entry by entry, for each two columns of a list of which one counts (quantities, boxes)."""
    columns = [(path, list(numbers)) for path, numbers in amounts.items() if "[]" in path and len(numbers) > 1]
    columns = [(path, numbers) for path, numbers in columns if not _NO_FACTOR.search(path)][:_MOST_COLUMNS]
    counts = [(path, numbers) for path, numbers in columns if all(n == int(n) and n >= 0 for n in numbers)]
    return [
        [count * number for count, number in zip(many, numbers, strict=True)]
        for path, many in counts
        for other, numbers in columns
        if other != path and len(numbers) == len(many) and _parent(path) == _parent(other)
    ]


def _parent(path: str) -> str:
    return path.rpartition(".")[0]


def list_lengths(value: Any) -> list[int]:
    """The lengths of all lists in a JSON value."""
    if isinstance(value, Mapping):
        return [length for child in value.values() for length in list_lengths(child)]
    if isinstance(value, list):
        return [len(value), *(length for child in value for length in list_lengths(child))]
    return []


def _close(value: float, other: float) -> bool:
    # Money is rounded to cents; a value with more decimals has to fit as written.
    return abs(value - other) < (0.0051 if round(value, 2) == value else 1e-6)


def _chosen_totals(operands: Operands) -> Iterator[tuple[int, float, str]]:
    """What the objects that the call names cost together, path by path, once and for each entry of its lists."""
    sums: dict[str, list[tuple[int, float]]] = {}
    for index, amounts in operands.chosen:
        for path, numbers in amounts.items():
            if MONEY.search(path):
                sums.setdefault(path, []).append((index, sum(numbers)))
    for path, entries in sums.items():
        total, index = sum(number for _, number in entries), entries[-1][0]
        how = f"{total:g}, the {path} of what the call names" + (f", {len(entries)} added" if len(entries) > 1 else "")
        yield index, total, how
        for count in {count for count in operands.counts if count > 1}:
            yield index, total * count, f"{how}, times {count}"


def _of_price_and_words(
    value: float, chosen: Sequence[tuple[int, float, str]], operands: Operands
) -> Iterator[tuple[int, str]]:
    """A price of what the call names, so many times or changed by the percentage that somebody said."""
    words = [(text, number) for text, numbers in operands.said[:2] for number in numbers]
    for index, price, how in chosen:
        for text, number in words:
            if 2 <= number <= _COUNTS and number == int(number) and _close(value, price * number):
                yield index, f"{how}, times {number:g}"
            if 0 < number < 1 and ("%" in text or "percent" in text):
                for factor in (number, 1 - number, 1 + number):
                    if _close(value, price * factor):
                        yield index, f"{how}, {number * 100:g} percent of it, more or less"


# Goods at hand and goods to move are the same thing, whatever the two keys.
_STOCK = lazy_regex(r"stock|quantit|qty|units?(?![a-z])|on_?hand|inventory|available|level", re.IGNORECASE)
_UP_TO = lazy_regex(
    r"\b(?:top|topped|fill|bring|brings?|get|raise|stock|restock|replenish|refill|order|buy)\b[^.?!]*?"
    r"\b(?:(?:up |back |get )to|to reach|(?<!order )(?<!buy )to)\s+(?:an? (?:round|even|full|total of) )?[$€£]?"
    r"(?P<goal>\d[\d,]*(?:\.\d+)?)\b(?!%)",
    re.IGNORECASE,
)
_SEVERAL_AT = lazy_regex(
    r"\b(?P<count>\d{1,2}|two|three|four|five|six|seven|eight|nine|ten)\s+[a-z]+(?:\s+[a-z]+)?"
    r"(?:\s+(?:at|for|à|@)\s+[$€£]?(?P<price>\d+(?:\.\d+)?)\b(?!:|\s*[ap]m\b|\s*o['’]clock)|"
    r",?\s+[$€£]?(?P<each>\d+(?:\.\d+)?)[\s€]+(?:\w+ )?(?:each|apiece)\b)",
    re.IGNORECASE,
)
_STEP = lazy_regex(
    r"\b(?:up|down|by|more|less|increase|decrease|raise|lower|reduce|add|another|extra|warmer|cooler|higher|fewer)\b",
    re.I,
)
_FACTOR = lazy_regex(
    r"\b(?:(half|halve)|(double|twice)|(triple)|(?:a|one) (third)|(?:a|one) (quarter)) ?(?:of)?\b", re.I
)
_FACTORS_OF = (0.5, 2.0, 3.0, 1 / 3, 0.25)


def _of_change(value: float, name: str, operands: Operands) -> tuple[str, int | None] | None:
    """A number of a small result, changed as the user's last words say: "3 degrees less", "half of it", "10% more".

    The result's number has to stand under a key that shares a word with ``name``, or both have to be money.
    """
    for text, numbers in operands.said[:1]:
        factors = [_FACTORS_OF[place] for match in _FACTOR.finditer(text) for place in range(5) if match[place + 1]]
        if "%" in text or "percent" in text:
            factors += [factor for n in numbers if 0 < n < 1 for factor in (n, 1 - n, 1 + n)]
        steps = [step for n in numbers if n >= 1 for step in (n, -n)] if _STEP.search(text) else []
        goals = [float(match["goal"].replace(",", "")) for match in _UP_TO.finditer(text)]
        steps += list(_extras(text)) if MONEY.search(name) else []
        for index, amounts in (*operands.chosen, *operands.few):
            for path, known in amounts.items() if len(amounts) <= 12 else ():
                if not _is_same_thing(path, name):
                    continue
                for number in known if len(known) <= _FEW else ():
                    if any(_close(value, number * factor) for factor in factors):
                        return f"a part or multiple of {number:g} ({path})", index
                    if any(_close(value, number + step) for step in steps):
                        return f"{number:g} ({path}), changed by what was said", index
                    if any(goal > number and _close(value, goal - number) for goal in goals):
                        return f"what {number:g} ({path}) lacks of what was said", index
    return None


_RATE = lazy_regex(r"rate|factor|price|per_|unit_cost", re.IGNORECASE)


def _of_rate(value: float, operands: Operands) -> tuple[str, int] | None:
    """A number that the user said last, at the rate or price that a small result gives."""
    for _, numbers in operands.said[:1]:
        for index, amounts in operands.few[:2]:
            rates = [(path, found[0]) for path, found in amounts.items() if _RATE.search(path) and len(found) == 1]
            for path, rate in rates if len(rates) <= 2 else ():
                for number in numbers:
                    if number >= 2 and rate not in (0, 1) and _close(value, round(number * rate, 2)):
                        return f"{number:g} at {rate:g} ({path})", index
    return None


def _is_same_thing(path: str, name: str) -> bool:
    last = path.rpartition(".")[2].removesuffix("[]")
    if not last:  # a result that is nothing but this number
        return True
    alike = any(kind.search(last) and kind.search(name) for kind in (MONEY, _STOCK))
    return alike or bool(set(split_name(last)) & set(split_name(name)))


def _extras(text: str) -> Iterator[float]:
    """What a text wants on top of something, so many at a price: 120 for "3 dinners at 40"."""
    for match in _SEVERAL_AT.finditer(text):
        count = match["count"].lower()
        yield (UNITS[count] if count in UNITS else int(count)) * float(match["price"] or match["each"])


def _of_one_message(value: float, operands: Operands, money: bool) -> Iterator[str]:
    """Two numbers of one user message, if it speaks of a calculation or the value is an amount of money."""
    for text, numbers in operands.said:
        numbers = [number for number in numbers if number not in (0, 1)]
        if len(numbers) > 12 or not (_CUE.search(text) or _FORMULA.search(text) or (money and len(numbers) <= 3)):
            continue
        for place, first in enumerate(numbers):
            for second in numbers[place + 1 :]:
                if min(abs(first), abs(second)) >= 1 and max(abs(first), abs(second)) >= 10:
                    if _close(value, first + second) or _close(value, abs(first - second)):
                        yield f"{first:g} and {second:g}, added or subtracted"
                    elif _close(value, first * second) and min(first, second) <= _FACTORS:
                        yield f"{first:g} times {second:g}"
                    elif _close(value * second, first) or _close(value * first, second):
                        yield f"{first:g} and {second:g}, one divided by the other"
                for share, whole in ((first, second), (second, first)):
                    if 0 < share < 1 and (_close(value, whole * share) or _close(value, whole * (1 - share))):
                        yield f"{share * 100:g} percent of {whole:g}"


def _of_call(value: float, operands: Operands, money: bool) -> Iterator[str]:
    """Price times quantity, both in the call or the one of them said."""
    if not money:
        return
    others = sorted({number for _, numbers in operands.said for number in numbers} | set(operands.siblings))
    counts = {n for n in (*operands.siblings, *operands.counts) if 2 <= n <= _FACTORS and n == int(n)}
    for number in others:
        for count in counts:
            if abs(number) >= 10 and number != count and _close(value, number * count):
                yield f"{number:g} times {count:g}"


_REST = lazy_regex(
    r"\b(?:the rest|remain\w*|difference|top(?:ping)? (?:it |them )?up|less|minus|counting|already|short|"
    r"in (?:total|all)|altogether|missing)\b",
    re.IGNORECASE,
)


def _rest_of_said(value: float, operands: Operands) -> tuple[str, int | None] | None:
    """What a small result leaves of a number that the user wants in all ("20 mm in total, counting the rain")."""
    wanted = [number for text, numbers in operands.said if _REST.search(text) for number in numbers if number > value]
    for index, amounts in operands.few if wanted else ():
        for path, numbers in amounts.items():
            for part in dict.fromkeys((sum(numbers), *numbers[:_FEW])):
                whole = next((whole for whole in wanted if part and _close(value, whole - part)), None)
                if whole is not None:
                    return f"what {path} leaves of {whole:g}", index
    return None


def _of_small_results(value: float, few: Sequence[tuple[int, Amounts]]) -> tuple[str, int | None] | None:
    """The sum under one path of a small result, or two of its amounts of money added or subtracted."""
    for index, amounts in few:
        for path, numbers in amounts.items():
            if len(numbers) > 1 and "[]" in path and _close(value, sum(numbers)):
                return f"the sum of {path}", index
        money = [(path, number) for path, numbers in amounts.items() if MONEY.search(path) for number in numbers]
        for place, (path, first) in enumerate(money if len(money) <= _FEW else ()):
            for other, second in money[place + 1 :]:
                if _close(value, first + second) or _close(value, abs(first - second)):
                    return f"{path} {first:g} and {other} {second:g}, added or subtracted", index
    return None


_SCALE = lazy_regex(
    r"(?<![\d.])(?P<low>-?\d+)\s*(?:-|–|to|\.\.+|and|through)\s*(?P<high>\d+)(?![\d.]*\d)", re.IGNORECASE
)
_SHARES: tuple[tuple[re.Pattern[str], float], ...] = tuple(
    (re.compile(rf"\b(?:{words})\b", re.IGNORECASE), share)
    for words, share in (
        (r"(?<!and a )half(?:way|-way)?(?! (?:past|an?|hour|\d))", 0.5),
        (r"(?:a|one)[ -]third", 1 / 3),
        (r"two[ -]thirds", 2 / 3),
        (r"(?:a|one)[ -]quarter(?! (?:past|to|of an hour))", 0.25),
        (r"three[ -]quarters?(?! of an hour)", 0.75),
        (r"all the way (?:up|open|on)|full(?:y| blast| power| volume| brightness)?|max(?:imum)?(?! (?:of )?\d)", 1.0),
        (r"all the way (?:down|closed|shut)|minimum(?! (?:of )?\d)", 0.0),
    )
)


def scale_of(schema: Mapping[str, Any]) -> tuple[float, float] | None:
    """The lowest and highest value of an argument, by its schema's bounds or its description ("0 to 100")."""
    low, high = _bound(schema.get("minimum")), _bound(schema.get("maximum"))
    if low is None or high is None:
        match = _SCALE.search(str(schema.get("description") or ""))
        if match is None:
            return None
        low, high = float(match["low"]), float(match["high"])
    return (low, high) if low < high else None


def _bound(value: Any) -> float | None:
    number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST
    return float(value) if number else None


def share_in(text: str, value: float, low: float, high: float) -> str | None:
    """The words of a text by which ``value`` is a share of a scale: "a third" for 33 of 0 to 100."""
    for pattern, share in _SHARES:
        match = pattern.search(text)
        exact = low + share * (high - low)
        if match and (abs(value - exact) < 0.0051 or value in (floor(exact), ceil(exact))):
            return match.group()
    return None
