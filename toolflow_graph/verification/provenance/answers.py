"""What the assistant states, against what is known: distinctive values have to come from somewhere in the dialogue.

::

    mentions.py     the values that a text states
    knowledge.py    what is known when it is written
    reckoning.py    numbers that follow (sums.py calculates; portions.py: percentages, rates.py: pace and speed)
    days.py times.py    days and times that follow
"""

import re
from collections.abc import Callable
from functools import cached_property

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.derivations.days import Days
from toolflow_graph.verification.derivations.knowledge import Knowledge
from toolflow_graph.verification.derivations.reach import WITHIN_REACH
from toolflow_graph.verification.derivations.reckoning import Reckoner
from toolflow_graph.verification.derivations.times import CONDITION, Times
from toolflow_graph.verification.evidence import Evidence, Said
from toolflow_graph.verification.reading.languages import language_of, leaning_of
from toolflow_graph.verification.reading.mentions import UNITS, Mention
from toolflow_graph.verification.reading.units import is_constant
from toolflow_graph.verification.reading.wording import key_of, listed, squeeze

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
    r"ideal(?:ly)?|would|could|might|may(?! \d)|if|should|consider|let's|roughly|rarely|sometimes|known for|"
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
# Two asterisks only set in bold.
_MASKED = lazy_regex(
    r"(?:\*{3,}|[x•·#.…]{2,}|ending(?: in| with)?|ends? (?:in|with)|"
    r"last (?:four|4|three|3)(?: digits)?\W*(?:are|is|of)?)[\s:*(\-#\"']*\Z",
    _I,
)
# Where codes are put together: "PB27/PB29", "1280x720", "sandbox:/a59b.png", "Year2023".
_SEAMS = lazy_regex(r"[/:]|(?<=\d)[x×](?=\d)|(?<=[A-Za-z]{4})(?=\d)")
_LONGEST_NUMBER = 15
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
_IN_PIECES = lazy_regex(r"(\d+) ?([a-z]+) ?(\d+) ?([a-z]+)", _I)
# What one unit is in another one: "453.592g/lb", "1lb/454g".
_UNIT = r"(?:kg|g|oz|lbs?|ml|l|cups?|tbsp|tsp|cm|m|in|ft|km|mi|gal|pints?|quarts?)"
_RATIO = lazy_regex(rf"~?[\d.,]+ ?{_UNIT}/[\d.,]*{_UNIT}", _I)
# "24.86p/kWh": a number and what it is for.
_RATE = lazy_regex(r"(\d{1,9}(?:\.\d+)?)[^\W\d]{1,4}/[^\W\d]{1,6}")
# Words before (or after) a code that make it the name of one record.
_RECORD = lazy_regex(
    r"\b(?:id|no|number|code|ref|reference|confirmation|booking|reservation|order|ticket|case|invoice|tracking|account|"
    r"claim|policy|card|key|token|serial|transaction|payment|refund|receipt|locator|pnr|sku|item|batch|lot|request|"
    r"job|task|issue|incident|shipment|parcel|flight|contract|quote|member|customer|employee|patient|ending|plate|vin)s?\b"
    r"|#",
    _I,
)
# Types of planes, cards, roads, steels: letters, digits, perhaps a variant.
_DESIGNATION = lazy_regex(r"[A-Z]{1,3}\d{2,4}(?:-\d{1,4})?[A-Z]{0,3}")
_CODES = lazy_regex(r"[A-Za-z0-9]*(?:[A-Za-z][-_]?\d|\d[-_]?[A-Za-z])[\w-]*")
_AROUND, _LONGEST = 40, 20_000
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
        left = [mention for mention in left if not answer.explain(mention)]
    if answer.calculated >= _MANY_CALCULATED:
        # Whoever works so much out does so in ways that are not followed here; what is no figure is judged still.
        left = [mention for mention in left if mention.kind not in ("number", "money", "percent", "time")]
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
        return lambda said: _stands(text, said.folded)

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
            or (written is not None and _stands_squeezed(written, said.squeezed))
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
            return True
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

    # What follows from what stands there.

    def explain(self, mention: Mention, *, loosely: bool = True) -> str | None:
        """How the value follows from what is known: another form, a rounding, a unit, a calculation, a day counted.

        ``loosely``: see :meth:`Reckoner.explain`.
        """
        if mention.kind in ("number", "money", "percent"):
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
        known = self._explains_url(mention.text) if mention.kind == "url" else self._explains_code(mention.text)
        return "in another form" if known else None

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

    def _explains_url(self, url: str) -> bool:
        bare = re.sub(r"^(?:https?://)?(?:www\.)?|[/#?]+$", "", url.casefold())
        folded = [said.folded.replace("\\/", "/") for said in self.known]
        if any(bare in text for text in folded):
            return True
        host, _, path = bare.partition("/")
        slug = path.rpartition("/")[2]
        name = host.split(".")[-2] if host.count(".") else ""
        if slug and len(name) > 3 and self._stands_inside(slug) and self._names_site(name):
            return True
        parts = [part for part in re.split(r"[/?&=#]", path) if any(map(str.isdigit, part))]
        if any(host in text for text in folded) and all(any(part in text for text in folded) for part in parts):
            return True
        # Broken by a line's end, or with its signs escaped.
        pieces = [piece for part in re.split(r"[?&]", bare) if (piece := squeeze(part))]
        return len(pieces) > 1 and any(all(piece in said.squeezed for piece in pieces) for said in self.known)

    def _explains_code(self, code: str) -> bool:
        if "@" not in code:
            if (rate := _RATE.fullmatch(code)) and any(key_of(float(rate[1])) in said.figures for said in self.known):
                return True
            if code[-1:] == "s" and code[-2:-1].isupper():
                code = code[:-1]  # several of a kind
            if not code.isascii():
                # Other scripts set no spaces around a code.
                runs = re.findall(r"[A-Za-z0-9][\w-]{3,}", re.sub(r"[^\x00-\x7f]", " ", code))
                if runs and all(map(self._stands_inside, runs)):
                    return True
            bare = squeeze(code)
            if len(bare) >= 5 and any(_stands_squeezed(bare, said.squeezed) for said in (*self.known, self.offer)):
                return True
            # Two of them, a path to a file that is known, a width and a height, a word and a known number.
            parts = [part for part in _SEAMS.split(code) if any(map(str.isdigit, part))]
            if parts and parts != [code] and all(map(self._stands_alone, parts)):
                return True
            # The same number behind other letters ("order 58213" for ORD-58213).
            runs = re.findall(r"\d{4,}", code) if re.fullmatch(r"[A-Za-z]{0,8}(?:[-_#/. ]?\d+)+", code) else []
            if runs and all(any(run in said.runs for said in self.known) for run in runs):
                return True
        return code.casefold() in self.offer.folded or not self._names_a_record(code)

    def _names_a_record(self, code: str) -> bool:
        """Whether a code stands for one thing of the case, not for a kind of thing that everybody knows ("B777-300ER").

        That is what its shape tells, if known codes have the same, or the word before it.
        """
        if _DESIGNATION.fullmatch(code) is None:
            return True
        place = self.text.find(code)
        before = self.text[self.text.rfind("\n", 0, max(place, 0)) + 1 : max(place, 0)]
        if _RECORD.search(before[-_AROUND:]) or _RECORD.match(self.text, place + len(code)):
            return True
        shape = _shape_of(code)
        return any(_shape_of(known) == shape for said in self.known for known in _CODES.findall(said.text[:_LONGEST]))

    def _names_site(self, name: str) -> bool:
        """Whether a site is spoken of, by anybody or in the name of a tool."""
        tools = self.evidence.transcript.tools
        return self._stands_inside(name) or any(name in tool.name.casefold() for tool in tools)

    def _stands_inside(self, code: str) -> bool:
        return any(code.casefold() in said.folded for said in self.known)

    def _stands_alone(self, code: str) -> bool:
        number = key_of(float(code)) if code.isdecimal() and len(code) < _LONGEST_NUMBER else None
        if number is not None and any(number in said.figures for said in self.known):
            return True
        return len(code) > 2 and any(_stands(code.casefold(), said.folded) for said in self.known)

    @cached_property
    def offer(self) -> Said:
        """The definitions of the tools, which the assistant reads, too."""
        return self.evidence.offer


def _shape_of(code: str) -> str:
    """What a code begins with, and which of its signs are digits: "BK-70031" -> "BK-9"; of one without hyphens, all."""
    head, hyphen, rest = code.partition("-")
    kind = "".join("9" if sign.isdigit() else "a" if sign.isalpha() else sign for sign in rest or head)
    return f"{head}{hyphen}{re.sub('9+', '9', kind)}" if hyphen else kind


def _day_finder(year: str | None, month: int, day: int) -> Callable[[Said], bool]:
    if year is not None:
        iso = f"{year}-{month:02d}-{day:02d}"
        return lambda said: iso in said.iso_days
    end = f"-{month:02d}-{day:02d}"
    return lambda said: any(iso.endswith(end) for iso in said.iso_days)


def _stands(text: str, folded: str) -> bool:
    """Whether a text holds another as a word of its own (no pattern: compiling one takes longer than looking)."""
    place = folded.find(text)
    while place >= 0:
        end = place + len(text)
        if not folded[place - 1 : place].isalnum() and not folded[end : end + 1].isalnum():
            return True
        place = folded.find(text, place + 1)
    return False


def _stands_squeezed(code: str, squeezed: str) -> bool:
    """Whether a text without spaces holds a code, not as a part of a longer number."""
    place = squeezed.find(code)
    while place >= 0:
        around = (squeezed[place - 1 : place] + code[0], code[-1] + squeezed[place + len(code) :][:1])
        if not any(len(pair) == 2 and pair.isdigit() for pair in around):
            return True
        place = squeezed.find(code, place + 1)
    return False


def _is_sharp(mention: Mention) -> bool:
    """Whether a number is too odd for a guess or an example: cents, or three digits that count."""
    if not mention.values:
        return False
    if mention.steps[0] < 1 and mention.kind == "money":
        return mention.values[0] != int(mention.values[0]) and mention.values[0] * 4 % 1 != 0
    digits = re.sub(r"\D", "", repr(mention.values[0]).rstrip("0").rstrip(".")).strip("0")
    return len(digits) >= 3
