"""What the assistant states, against what is known: distinctive values have to come from somewhere in the dialogue.

::

    mentions.py     the values that a text states
    knowledge.py    what is known when it is written
    reckoning.py    numbers that follow (sums.py calculates; portions.py: percentages, rates.py: pace and speed)
    days.py times.py    days and times that follow
    addresses.py    codes and web addresses in another form
"""

import re
from collections.abc import Callable
from functools import cached_property

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.derivations.arithmetic import amount_of, amounts_of
from toolflow_graph.verification.derivations.days import Days
from toolflow_graph.verification.derivations.knowledge import Knowledge
from toolflow_graph.verification.derivations.reach import WITHIN_REACH
from toolflow_graph.verification.derivations.reckoning import Reckoner
from toolflow_graph.verification.derivations.times import CONDITION, Times
from toolflow_graph.verification.evidence import Evidence, Said, say
from toolflow_graph.verification.provenance.addresses import Addresses, stands, stands_squeezed
from toolflow_graph.verification.reading.languages import language_of, leaning_of
from toolflow_graph.verification.reading.mentions import UNITS, Mention
from toolflow_graph.verification.reading.units import NAMES, is_constant
from toolflow_graph.verification.reading.wording import key_of, listed, stem
from toolflow_graph.verification.toolcards import split_name

_I = re.IGNORECASE
# Sentences that show how something looks, or could be: what stands in them is no statement.
_EXAMPLE = lazy_regex(
    r"(?<![.@\w-])(?:for (?:example|instance)|e\.?g\.|such as|example|sample|format(?:ted)?|in the form|placeholder|"
    r"looks? like|like this|something like|say,|let's say|imagine|suppose|hypothetical\w*)(?!\w)",
    _I,
)
_HEDGE = lazy_regex(
    r"\b(?:usually|typically|generally|in general|normally|often|commonly|on average|as a rule|rule of thumb|"
    r"(?:I|we)(?:'d| would)? (?:recommend|suggest|advise|propose)|recommend(?:ation)?s?|suggest(?:ion)?s?|tips?|"
    r"ideal(?:ly)?|would|I['’]d|could|might|may(?! \d)|if|should|consider|let's|roughly|rarely|sometimes|known for|"
    r"please (?:provide|enter|choose|share|tell|give|specify|confirm)|let me know|available 24|24/7)\b",
    _I,
)
# With results at hand, "should" and "if" make no guess of what is concluded from them; advice and offers stay such.
_ADVICE = lazy_regex(
    r"\b(?:usually|typically|generally|in general|normally|often|commonly|as a rule|rule of thumb|"
    r"(?:I|we)(?:'d| would)? (?:recommend|suggest|advise|propose)|recommend(?:ation)?s?|suggest(?:ion)?s?|tips?|"
    r"ideal(?:ly)?|could|might|may(?! \d)|consider|let's|rarely|sometimes|known for|"
    r"I can (?:also|then)|I(?:'d|'ll| would| will) be|(?:want|like) me to|happy to|you(?:'d| would) (?:like|prefer)|"
    r"feel free|please (?:provide|enter|choose|share|tell|give|specify|confirm)|let me know|available 24|24/7)\b",
    _I,
)
# Sentences that tell how things are in general.
_GENERAL = lazy_regex(
    r"\b(?:considered|normal range|healthy range|reference range|guidelines?|hours? (?:ahead|behind)|by definition|"
    r"usually|typically|generally|in general|rule of thumb)\b",
    _I,
)
# Requests for something of the assistant's own making, and for general knowledge.
_OWN = lazy_regex(
    r"\b(?:write|draft|compose|itinerary|recipe|story|poem|essay|script|brainstorm|ideas?|tips|advice|teach|translate|"
    r"plan (?:a|an|my|our|the)|(?:make|create|give) (?:me )?an? |explain|why|how (?:do|does|to|can|should)|suggest\w*|"
    r"recommend\w*|in general|fun facts?|trivia|difference between|tell me (?:more )?about|best time|"
    r"what(?:'s| is) \d+)\b",
    _I,
)
_BEFORE_PASSAGE = lazy_regex(r"(?<![.!?]\s)\b[A-Z][a-z]+\s\Z")
_LOOSELY = lazy_regex(
    r"\b(?:many|most|some|popular|around|about|roughly|from (?:about|around)|approximately|up to|depending|vary|varies)"
    r"\b",
    _I,
)
_MOST_UNKNOWN = 60
_MANY_CALCULATED = 3
_FIGURES = frozenset(("number", "money", "percent", "time"))
_LEAST_SLIPPED, _LEAST_IN_ROW, _FEW_OBJECTS = 5, 3, 20
_LENGTHS = frozenset(("minute", "hour", "day", "week", "month", "year"))
# "expected score = 1/(1+10^((Rb-Ra)/400))"
_FORMULA = lazy_regex(r"[a-z)%] ?= ?[^=\n;]{0,80}?[\w)%] ?(?:[*/^×·÷]|\bx\b|[-+]) ?[(\w][^=\n;]{0,60}", _I)
# Two asterisks only set in bold.
_MASKED = lazy_regex(
    r"(?:\*{3,}|[x•·#.…]{2,}|ending(?: in| with)?|ends? (?:in|with)|"
    r"last (?:four|4|three|3)(?: digits)?\W*(?:are|is|of)?)[\s:*(\-#\"']*\Z",
    _I,
)
_GROUPS = lazy_regex(r"(?<![\d.,])\d{1,6}(?:[ \u00a0-]\d{1,6})+(?![\d.,]\d)")
# What everybody knows: how units relate, whole shares, emergency lines.
_CONSTANTS = {
    (365, "days"), (366, "days"), (24, "hours"), (60, "minutes"), (60, "seconds"), (52, "weeks"), (12, "months"),
    (12, "hours"), (24, "hour"), (52, "week"), (100, "%"), (100, "percent"), (100, "centimeters"), (100, "cents"),
    (1000, "meters"),
    (1000, "metres"), (100, "cm"), (1000, "grams"), (1024, "mb"), (1000, "mb"),
    (127, ""), (255, ""), (256, ""), (512, ""), (1023, ""), (1024, ""), (2048, ""), (4096, ""), (65535, ""),
    (911, ""), (112, ""), (999, ""), (988, ""),
}  # fmt: skip
_WORDS = lazy_regex(r"[A-Za-z]{2,}")
_IN_PIECES = lazy_regex(r"(\d+) ?([a-z]+) ?(\d+) ?([a-z]+)", _I)
# What one unit is in another one: "453.592g/lb", "1lb/454g".
_UNIT = r"(?:kg|g|oz|lbs?|ml|l|cups?|tbsp|tsp|cm|m|in|ft|km|mi|gal|pints?|quarts?)"
_RATIO = lazy_regex(rf"~?[\d.,]+ ?{_UNIT}/[\d.,]*{_UNIT}", _I)
_NAMED = lazy_regex(r"(?:\A|\s)(?P<word>[A-Z][a-z]+)\s\Z")
# Capitalised words before a number that make it a statement all the same.
_DATA_NOUNS = frozenset(
    listed(
        "flight gate room order invoice ticket booking reservation seat suite account case confirmation total price "
        "cost amount balance fee tax score rating count quantity temperature humidity wind high low id number code "
        "reference zip about only approximately around from until by at for in on the is are"
    )
)


def ungrounded_mentions(evidence: Evidence, index: int) -> list[Mention]:
    """The values that message ``index`` states and nothing before it explains, excuses aside."""
    answer = Answer(evidence, index)
    unknown = {(m.kind, m.text, m.unit): m for m in reversed(answer.mentions) if not answer.knows(m)}
    left = sorted(unknown.values(), key=lambda mention: mention.start)[:_MOST_UNKNOWN]
    excused = {mention for mention in left if answer.excuses(mention)}
    if excused:
        # What may be said without a source may be calculated with, too.
        answer.facts.stated.extend(mention.values[0] for mention in excused if mention.values)
    left = [mention for mention in left if mention not in excused]
    count = 0
    while left and len(left) != count:
        # What follows from what is known may explain what stands before it: a sum, then its share.
        count = len(left)
        left = [mention for mention in left if not answer.follows(mention)]
    if left and (answer.calculated >= _MANY_CALCULATED or answer.follows_formula):
        # Whoever works so much out does so in ways that are not followed here; what is no figure is judged still, and
        # so is a figure that a slip of the pen makes of a known one.
        left = [mention for mention in left if mention.kind not in _FIGURES or answer.is_slip(mention)]
    return left


class Answer:
    """One message of the assistant against all that is known before it."""

    def __init__(self, evidence: Evidence, index: int) -> None:
        self.evidence = evidence
        self.index = index
        self.facts = Knowledge(evidence, index)
        self.text = self.facts.text
        self.mentions = self.facts.mentions

    @property
    def known(self) -> tuple[Said, ...]:
        return self.facts.known

    def source(self, mention: Mention) -> str:
        """Where a value is from: a role, "call", "context", "derived", "excused" (it needs no source) or "unknown".

        "open" is what the words tell to be worked out and known numbers can come to: it cannot be judged.
        """
        holds = self._finder(mention)
        stands = next((kind for kind, said in self.facts.heard if holds(said)), None)
        if stands is not None:
            return stands
        if self.excuses(mention):
            return "excused"
        how = self.explain(mention)
        return "unknown" if how is None else "open" if how.startswith(WITHIN_REACH) else "derived"

    @property
    def calculated(self) -> int:
        """How many of the figures and times that :meth:`explain` was asked for follow by a calculation."""
        return len(self._reckoner.calculated) + len(self._times.calculated)

    @cached_property
    def follows_formula(self) -> bool:
        """Whether the context or a user gives a formula in names ("score = 1/(1+10^d)"), which is not followed here."""
        texts = (self.facts.evidence.context, *self.facts.users)
        found = (match.group() for said in texts for match in _FORMULA.finditer(said.text))
        return any(len(_WORDS.findall(formula)) > 1 for formula in found)

    def follows(self, mention: Mention) -> bool:
        """Whether a value can be explained, and not only by what a slip of the pen comes to, too."""
        return self.explain(mention, loosely=not self.is_slip(mention)) is not None

    def is_against(self, mention: Mention) -> bool:
        """Whether a figure contradicts the latest results, or looks like a slip in copying them."""
        return self.is_slip(mention) or self._contradicts(mention)

    def is_slip(self, mention: Mention) -> bool:
        """Whether a figure is one of the latest results with two neighbouring digits exchanged."""
        digits = re.sub(r"\D", "", mention.text)
        # A row of a table hardly holds a figure that only looks like one of the result's.
        least = _LEAST_IN_ROW if "|" in self._sentence(mention) else _LEAST_SLIPPED
        if mention.kind == "time" or len(digits) < least:
            return False
        pairs = (place for place in range(len(digits) - 1) if digits[place] != digits[place + 1])
        meant = {digits[:n] + digits[n + 1] + digits[n] + digits[n + 2 :] for n in pairs}
        fresh = (number for body in self.facts.fresh for values in amounts_of(body, 400).values() for number in values)
        places = len(mention.text.rpartition(".")[2]) if "." in mention.text else 0
        return any(f"{abs(number):.{places}f}".replace(".", "") in meant for number in fresh)

    # What stands there as it is.

    def knows(self, mention: Mention) -> bool:
        """Whether the value stands somewhere before, in a usual way of writing it."""
        return any(map(self._finder(mention), self.known))

    def _finder(self, mention: Mention) -> Callable[[Said], bool]:
        """The test whether a text holds a value."""
        if mention.kind in ("number", "money", "percent"):
            return self._number_finder(mention)
        if mention.kind == "date":
            days = [_day_finder(*day) for day in mention.days]
            return lambda said: any(holds(said) for holds in days)
        if mention.kind == "time":
            return lambda said: any(clock in said.clocks for clock in mention.clocks)
        text = mention.text.casefold()
        return lambda said: stands(text, said.folded)

    def _number_finder(self, mention: Mention) -> Callable[[Said], bool]:
        keys = [key_of(value) for value in mention.values]
        if mention.kind == "percent":
            keys += [key_of(value / 100) for value in mention.values]
        digits = self.text[mention.start : mention.end]
        run = digits if len(digits) >= 3 and digits.isdigit() else None
        # "13h 20m" is one value that stands there in two pieces: "13h20m", "13 h 20 min".
        pieces = _IN_PIECES.fullmatch(mention.text)
        written = pieces and (f"{pieces[1]}{pieces[2][0]}{pieces[3]}{pieces[4][0]}").casefold()
        return lambda said: (
            any(key in said.figures for key in keys)
            or (run is not None and run in said.runs)
            or (written is not None and stands_squeezed(written, said.squeezed))
        )

    # What need not stand there.

    def excuses(self, mention: Mention) -> bool:
        """Whether the value is no statement about the case: an example, an offer, advice, general knowledge."""
        sentence = self._sentence(mention)
        if _EXAMPLE.search(sentence.replace(mention.text, " ")):
            return True
        if mention.kind == "code" and _RATIO.fullmatch(mention.text):
            return True
        if mention.kind in ("email", "url", "phone", "code"):
            return False
        sharp = _is_sharp(mention)
        if sentence.rstrip(" *_\"')").endswith("?") and not sharp:
            return True
        if mention.kind in ("number", "percent") and (_GENERAL.search(sentence) or self._is_common(mention)):
            return not self._contradicts(mention)
        if not self.facts.fresh and self._is_knowledge(mention, sentence, sharp):
            return True
        hedge = _HEDGE if not self.facts.fresh else _ADVICE
        if not sharp and hedge.search(self._up_to_clause(mention, sentence)):
            return True
        if not sharp and self.facts.fresh and self._is_condition(mention, sentence):
            return True
        # Other languages write numbers and dates in their own ways; cents are read in all of them.
        return not self._is_english and (mention.kind != "money" or mention.steps[0] >= 1)

    def _is_condition(self, mention: Mention, sentence: str) -> bool:
        """Whether the value stands in what is supposed ("if you arrive after 10 pm, ..."), not in what follows."""
        return any(mention.text in clause for clause in CONDITION.findall(sentence))

    def _sentence(self, mention: Mention) -> str:
        start = max(self.text.rfind("\n", 0, mention.start) + 1, 0)
        end = self.text.find("\n", mention.end)
        line = self.text[start : end if end >= 0 else len(self.text)]
        place = mention.start - start
        for part in re.finditer(r".+?(?:[.!?](?=\s+[A-Z\"'(*])|\Z)", line, re.DOTALL):
            if part.end() >= place + 1:
                return part.group()
        return line

    @staticmethod
    def _up_to_clause(mention: Mention, sentence: str) -> str:
        """The sentence to the end of the clause that states a full date: what follows says nothing of it."""
        place = sentence.find(mention.text)
        if mention.kind != "date" or place < 0 or not all(year for year, _, _ in mention.days):
            return sentence
        return sentence[:place] + re.split(r"[,;]\s+(?!\d)", sentence[place:])[0]

    @cached_property
    def _is_english(self) -> bool:
        found = language_of(self.text) or leaning_of(self.text) or language_of(self._asked) or leaning_of(self._asked)
        return found in (None, "English")

    @property
    def _asked(self) -> str:
        return self.facts.users[0].text if self.facts.users else ""

    def _is_knowledge(self, mention: Mention, sentence: str, sharp: bool) -> bool:
        """In a turn without calls: whether it may be the assistant's own knowledge or making."""
        if _OWN.search(self._asked):
            return True
        if mention.kind in ("number", "percent"):
            return not (sharp and self._is_about_the_case) or 1000 <= mention.values[0] <= 2100
        if mention.kind == "date":
            # History; what follows a colon is a detail of the case (a date of birth).
            line = self.text[self.text.rfind("\n", 0, mention.start) + 1 : mention.start]
            now = self.evidence.now
            far = now is None or any(year is not None and abs(int(year) - now.year) > 2 for year, _, _ in mention.days)
            return far and ":" not in line
        return mention.kind == "money" and not sharp and _LOOSELY.search(sentence) is not None

    @cached_property
    def _is_about_the_case(self) -> bool:
        """Whether the message speaks of what results brought: it names one of their objects or repeats a value."""
        return bool(self.facts.bodies) and (bool(self.facts.named) or any(map(self.knows, self.mentions)))

    def _is_common(self, mention: Mention) -> bool:
        unit = mention.unit or ("%" if mention.kind == "percent" else "")
        if any((value, unit) in _CONSTANTS for value in mention.values) or any(map(is_constant, mention.values)):
            return True
        after = self.text[mention.end : mention.end + 12]
        before = self.text[max(mention.start - 24, 0) : mention.start]
        if re.match(r"/(?:7|365)\b", after) or before.endswith("/") or re.search(r"\bout of\s\Z", before):
            return True
        if unit in ("digit", "digits", "character", "characters", "step", "letter", "way", "point"):
            return True
        named = None if self.facts.fresh else _NAMED.search(before)
        return named is not None and named["word"].lower() not in _DATA_NOUNS and unit not in UNITS

    def _contradicts(self, mention: Mention) -> bool:
        """Whether the latest results give another length for what a sentence names: "12-month warranty"."""
        unit, sentence = NAMES.get(mention.unit, mention.unit), self._sentence(mention)
        said = {stem(word) for word in split_name(sentence)}
        given: set[float] = set()
        for node in self.facts.objects[:_FEW_OBJECTS] if unit in _LENGTHS else ():
            for key, value in node.items():
                words = [stem(word) for word in split_name(key)]
                number = amount_of(value) if len(words) > 1 and stem(unit) in words and said.issuperset(words) else None
                given |= set() if number is None else {key_of(number)}
        return bool(given) and given.isdisjoint(say(sentence, None).figures)

    # What follows from what stands there.

    def explain(self, mention: Mention, *, loosely: bool = True) -> str | None:
        """How the value follows from what is known: another form, a rounding, a unit, a calculation, a day counted.

        ``loosely``: see :meth:`Reckoner.explain`.
        """
        if mention.kind in ("number", "money", "percent"):
            if self._contradicts(mention):
                return None
            written = self.text[mention.start : mention.end]
            if _MASKED.search(self.text[max(mention.start - 40, 0) : mention.start]):
                return "the end of a known number" if self._ends_known(written) else None
            if self._is_grouped(mention):
                return "the same digits"
            offered = any(key_of(value) in self.offer.figures for value in mention.values)
            if offered:
                return "in a tool's definition"
            return self._reckoner.explain(mention, self._sentence(mention), loosely=loosely)
        if mention.kind == "date":
            return self._days.explain_day(mention)
        if mention.kind == "time":
            return self._times.explain_time(mention) or self._explains_reference(mention)
        if mention.kind == "phone":
            digits = re.sub(r"\D", "", mention.text)[-7:]
            return "the same digits" if any(digits in re.sub(r"\D", "", said.text) for said in self.known) else None
        url, found = mention.kind == "url", self._addresses
        known = found.explains_url(mention.text) if url else found.explains_code(mention.text)
        return "in another form" if known else None

    @cached_property
    def _addresses(self) -> Addresses:
        return Addresses(self.facts, self.offer)

    @cached_property
    def _days(self) -> Days:
        return Days(self.facts)

    @cached_property
    def _times(self) -> Times:
        return Times(self.facts)

    @cached_property
    def _reckoner(self) -> Reckoner:
        return Reckoner(self.facts, self._days, self._times, english=self._is_english)

    def _is_grouped(self, mention: Mention) -> bool:
        """Whether a number is one group of the digits of a longer known one: "884 213" of 884213."""
        start = max(mention.start - 24, 0)
        for match in _GROUPS.finditer(self.text, start, mention.end + 24):
            if match.start() <= mention.start and mention.end <= match.end():
                digits = re.sub(r"\D", "", match.group())
                return len(digits) >= 5 and any(digits in said.runs for said in self.known)
        return False

    def _ends_known(self, digits: str) -> bool:
        return any(run.endswith(digits) for said in self.known for run in said.runs)

    def _explains_reference(self, mention: Mention) -> str | None:
        """Whether "Genesis 1:14" is a passage whose two numbers the user gave, not a time."""
        pair = mention.text.split(":")
        if len(pair) != 2 or not all(map(str.isdigit, pair)) or not _BEFORE_PASSAGE.search(self.text, 0, mention.start):
            return None
        numbers = [key_of(float(number)) for number in pair]
        told = any(all(number in said.numbers for number in numbers) for said in self.facts.users)
        return "a passage that is known" if told else None

    @cached_property
    def offer(self) -> Said:
        """The definitions of the tools, which the assistant reads, too."""
        return self.evidence.offer


def _day_finder(year: str | None, month: int, day: int) -> Callable[[Said], bool]:
    if year is not None:
        iso = f"{year}-{month:02d}-{day:02d}"
        return lambda said: iso in said.iso_days
    end = f"-{month:02d}-{day:02d}"
    return lambda said: any(iso.endswith(end) for iso in said.iso_days)


def _is_sharp(mention: Mention) -> bool:
    """Whether a number is too odd for a guess or an example: cents, or three digits that count."""
    if not mention.values:
        return False
    if mention.steps[0] < 1 and mention.kind == "money":
        return mention.values[0] != int(mention.values[0]) and mention.values[0] * 4 % 1 != 0
    digits = re.sub(r"\D", "", repr(mention.values[0]).rstrip("0").rstrip(".")).strip("0")
    return len(digits) >= 3
