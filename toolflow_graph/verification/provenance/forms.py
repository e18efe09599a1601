"""Other forms of a text that is known: a phone number, a code for a name, several values in one string."""

import re
from dataclasses import replace
from functools import lru_cache

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.provenance.origins import Finder, Kind, Origin
from toolflow_graph.verification.reading.codes import names_of
from toolflow_graph.verification.reading.wording import listed, normalise, squeeze, stands_squeezed, stem

_DATE = lazy_regex(r"\d{4}-\d\d-\d\d")
# What stands around the values of a filter, a query or a JSON text.
_FILE = lazy_regex(r"(\d{1,9})\.[a-z]{2,4}")
# "25^0.43"; a dash alone joins the parts of a code.
_EXPRESSION = lazy_regex(r"[\d.,()\s]*\d\s*(?:[*/^+×÷%]|\*\*|\s-\s)[\d.,()\s*/^+×÷%-]*")
_NUMBERS = lazy_regex(r"\d+(?:\.\d+)?")
_USUAL = frozenset(("1", "2", "7", "10", "12", "24", "30", "60", "100", "365", "1000"))
_OUTPUT = lazy_regex(r"[\w-]+\.[a-z]\w{1,4}")
_SEAT = lazy_regex(r"(\d{1,2})[-/](\d{1,3})")
_KEY = lazy_regex(r"\b[A-Za-z_][\w.]*\s*(?:[=<>]=?|:(?!//))\s*|[<>]=?")
_BETWEEN = lazy_regex(r"[,;|&(){}\[\]]|\s(?:AND|OR|and|or)\s")
_PHONE = lazy_regex(r"\+?\(?\d[\d\s()./-]{5,22}\d")
_SPOKEN_SIGNS = lazy_regex(r" (?:dot|at|punkt|punto|point|arobase|arroba|underscore|hyphen|dash) ")
_READ = {word: str(digit) for digit, word in enumerate(listed("zero one two three four five six seven eight nine"))}
_READ_OUT = lazy_regex(r"(?: (?:[^\W_]|oh|double|triple|" + "|".join(_READ) + r"))+(?= )")
_STOP = frozenset(listed("a an and at by for from in of on or the to with my your me our this that is it"))


class Forms:
    """Looks up texts that do not stand anywhere letter by letter."""

    def __init__(self, finder: Finder) -> None:
        self.finder = finder

    def text_variant(self, value: str) -> Origin | None:
        """A string that stands somewhere in other letters: a phone number, a web address, a code or known name."""
        bare = re.sub(r"^(?:https?://)?(?:www\.)?|/+$", "", value)
        if bare != value and len(bare) > 3 and (origin := self.finder.text(bare)):
            return Origin("derived", origin.message_index, origin.result_path, f"{bare!r} as a web address")
        squeezed = squeeze(value)
        digits = re.sub(r"\D", "", value)
        if len(squeezed) >= 5:
            for place, said in (*self.finder.users, *self.finder.results, *self.finder.assistants):
                if squeezed in said.squeezed and stands_squeezed(value, said.text):
                    return Origin("derived", place, how="other spacing or punctuation")
        if len(digits) >= 7 and not re.search(r"[A-Za-z]", value):
            for index, said in self.finder.everything:
                if _same_phone(digits, said.text):
                    return Origin("derived", index, how="the same digits in another format")
        if (origin := self.read_out(squeezed)) is not None:
            return origin
        if "@" in value:
            spelled = normalise(value.replace("_", " "))
            for index, said in self.finder.users:
                if spelled in _SPOKEN_SIGNS.sub(" ", said.words):
                    return Origin("derived", index, how="spelled out")
        return self._code(value)

    def read_out(self, signs: str) -> Origin | None:
        """A code, a name or digits that a user reads out sign by sign."""
        for index, said in self.finder.users if len(signs) > 2 else ():
            if any(run.startswith(signs) or run.endswith(signs) for run in _read_out(said.words)):
                return Origin("derived", index, how="read out, sign by sign")
        return None

    def joined(self, value: str) -> Origin | None:
        """Several values in one string, every one of which stands somewhere.

        That is a list ("a,b;c"), as many query parameters want it, a filter ("city:Rome total>=200") or JSON text.
        """
        if seat := _SEAT.fullmatch(value):
            row, place = (self.finder.number(float(number)) for number in seat.groups())
            return place and row and Origin("derived", place.message_index, place.result_path, "a row and a place")
        if file := _FILE.fullmatch(value):
            number = self.finder.number(float(file[1]))
            return number and Origin("derived", number.message_index, number.result_path, f"named after {file[1]}")
        if _EXPRESSION.fullmatch(value) and (numbers := _NUMBERS.findall(value)):
            found = [self.finder.number(float(number)) for number in numbers]
            first = next((origin for origin in found if origin is not None), None)
            known = all(origin or number in _USUAL for origin, number in zip(found, numbers, strict=True))
            return replace(first, kind="derived", how="an expression of known numbers") if first and known else None
        bare = _KEY.sub("|", value.replace('"', " "))
        parts = [part.strip() for part in _BETWEEN.split(bare) if part.strip()]
        if not parts or (len(parts) < 2 and bare == value) or not any(len(part) > 1 for part in parts):
            return None
        origins = [self._part(part) for part in parts if len(part) > 1]
        first = origins[0]
        if first is None or not all(origins):
            return None
        return Origin("derived", first.message_index, first.result_path, f"{len(parts)} values in one string")

    def file_name(self, value: str) -> Origin | None:
        """A file that the assistant names after what it is about: most of its words are known, and all its numbers."""
        words = re.findall(r"[a-z]{3,}|\d+", value.rpartition(".")[0].casefold()) if _OUTPUT.fullmatch(value) else []
        numbers = [word for word in words if word.isdigit()]
        known = sum(any(stem(word) in said.stems for _, said in self.finder.everything) for word in words)
        told = all(self.finder.number(float(number)) or len(number) == 1 for number in numbers)
        plain = len(words) - len(numbers)
        return Origin("derived", how="a file named after known words") if plain and told and 2 * known > plain else None

    def _part(self, part: str) -> Origin | None:
        if _DATE.fullmatch(part):
            return self.finder.date(part)
        found = self.finder.text(part) or self.text_variant(part)
        return found or (self.finder.number(float(part)) if re.fullmatch(r"-?\d+(?:\.\d+)?", part) else None)

    def _code(self, value: str) -> Origin | None:
        names = tuple(names_of(value))
        symbol = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}.get(value)
        zone = normalise(value.rpartition("/")[2]) if re.fullmatch(r"[A-Z]\w+/[\w/+-]+", value) else None
        short = value.isalpha() and 2 <= len(value) <= 5 and value.isupper()
        for index, said in self.finder.everything:
            name = next((name for name in names if name in said.words), None)
            if name is None and symbol and symbol in said.text:
                name = symbol
            if name is None and zone and zone in said.words:
                name = zone
            if name is None and short and not names:
                name = _abbreviated(value, said.text)
            if name:
                return Origin("derived", index, how=f"{name.strip()!r} as a code or other name")
        return None

    def words(self, value: str, *, exact: bool = False) -> Origin | None:
        """A text whose content words all stand in one message, in whatever order and, unless ``exact``, form."""
        plain = content_words(value)
        wanted = {stem(word) for word in plain}
        for index, said in self.finder.everything if wanted else ():
            if wanted <= said.stems and (not exact or plain <= {*said.words.split()}):
                kind: Kind = "user" if index is not None and self.finder.evidence.roles[index] == "user" else "derived"
                return Origin(kind, index, how="its words, in another form")
        return None

    def half_known(self, value: str) -> bool:
        """Whether at least half of the content words of a text stand somewhere."""
        plain = [word for word in normalise(value).split() if word not in _STOP and not word.isdigit()]
        known = sum(any(stem(word) in said.stems for _, said in self.finder.everything) for word in plain)
        return known > 0 and 2 * known >= len(plain)

    def scattered(self, value: str) -> Origin | None:
        """A text whose content words users say in several messages, or the context does."""
        wanted = {stem(word) for word in normalise(value).split() if word not in _STOP}
        said = {word for _, spoken in self.finder.users for word in spoken.stems}
        known = said | self.finder.evidence.context.stems
        return Origin("composed") if len(wanted) >= 2 and wanted & said and wanted <= known else None

    def own_words(self, value: str) -> Origin | None:
        """A text of several words that a user says in another form."""
        origin = self.words(value) if len(content_words(value)) > 1 else None
        return origin if origin is not None and origin.kind == "user" else None

    def beginning(self, value: str) -> Origin | None:
        """A place of which somebody said all but the region: "Paris" for ``Paris, France``."""
        first, comma, _ = value.partition(",")
        head = normalise(first)
        if not comma or len(head) < 6:
            return None
        for index, said in self.finder.everything:
            # Where another region follows, another place is meant.
            if head in said.words and not re.search(re.escape(first.casefold()) + r",\s+\w", said.folded):
                return Origin("derived", index, how=f"{first!r}, completed")
        return None


def content_words(text: str) -> frozenset[str]:
    """The words of a text that are no articles, prepositions and the like."""
    return frozenset(word for word in normalise(text).split() if word not in _STOP)


@lru_cache(maxsize=1024)
def _read_out(words: str) -> tuple[str, ...]:
    """The names and numbers that normalised words read out: "28" of "two eight", "mei" of "m e i"."""
    runs = []
    for match in _READ_OUT.finditer(words):
        signs: list[str] = []
        times = 1
        for word in match.group().split():
            if word in ("double", "triple"):
                times = 2 if word == "double" else 3
                continue
            signs += [_READ.get(word, "0" if word == "oh" else word)] * times
            times = 1
        if len(signs) > 2:
            runs.append("".join(signs))
    return tuple(runs)


def _same_phone(digits: str, text: str) -> bool:
    """Whether a text has a phone number with the same last digits, all but what a country or trunk code adds."""
    for match in _PHONE.finditer(text):
        other = re.sub(r"\D", "", match.group())
        short, long = sorted((digits.lstrip("0"), other.lstrip("0")), key=len)
        if len(short) >= 7 and long.endswith(short[-9:]):
            return True
    return False


def _abbreviated(code: str, text: str) -> str | None:
    """A capitalised word or name whose letters give the code, in order and from its first letter on."""
    for match in re.finditer(r"\b[A-Z][\w'-]+(?:\s+[A-Z][\w'-]+){0,3}", text):
        name = match.group()
        initials = "".join(part[0] for part in name.split())
        if initials.upper() == code:
            return name
        letters = iter(name.upper())
        if name[0].upper() == code[0] and len(name) > len(code) and all(letter in letters for letter in code):
            return name
    return None
