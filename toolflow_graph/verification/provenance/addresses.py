"""Codes and web addresses in another form than they are known in, and names of things that everybody knows."""

import re

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.derivations.knowledge import Knowledge
from toolflow_graph.verification.evidence import Said
from toolflow_graph.verification.reading.wording import key_of, squeeze

# Where codes are put together: "PB27/PB29", "1280x720", "sandbox:/a59b.png", "Year2023".
_SEAMS = lazy_regex(r"[/:]|(?<=\d)[x×](?=\d)|(?<=[A-Za-z]{4})(?=\d)")
_LONGEST_NUMBER, _NO_CHANCE = 15, 8
# "24.86p/kWh": a number and what it is for.
_RATE = lazy_regex(r"(\d{1,9}(?:\.\d+)?)[^\W\d]{1,4}/[^\W\d]{1,6}")
# Words before (or after) a code that make it the name of one record.
_RECORD = lazy_regex(
    r"\b(?:id|no|number|code|ref|reference|confirmation|booking|reservation|order|ticket|case|invoice|tracking|account|"
    r"claim|policy|card|key|token|serial|transaction|payment|refund|receipt|locator|pnr|sku|item|batch|lot|request|"
    r"job|task|issue|incident|shipment|parcel|flight|contract|quote|member|customer|employee|patient|ending|plate|vin)s?\b"
    r"|#",
    re.IGNORECASE,
)
# Types of planes, cards, roads, steels: letters, digits, perhaps a variant.
_DESIGNATION = lazy_regex(r"[A-Z]{1,3}\d{2,4}(?:-\d{1,4})?[A-Z]{0,3}")
_CODES = lazy_regex(r"[A-Za-z0-9]*(?:[A-Za-z][-_]?\d|\d[-_]?[A-Za-z])[\w-]*")
_AROUND, _LONGEST = 40, 20_000


class Addresses:
    """Explains the codes and web addresses of one message.

    Args:
        knowledge: what is known when it is written.
        offer: the definitions of the tools.
    """

    def __init__(self, knowledge: Knowledge, offer: Said) -> None:
        self._facts = knowledge
        self._text = knowledge.text
        self._known = knowledge.known
        self._offer = offer

    def explains_url(self, url: str) -> bool:
        """Whether an address, or what it is made of, is known."""
        bare = re.sub(r"^(?:https?://)?(?:www\.)?|[/#?]+$", "", url.casefold())
        folded = [said.folded.replace("\\/", "/") for said in self._known]
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
        return len(pieces) > 1 and any(all(piece in said.squeezed for piece in pieces) for said in self._known)

    def explains_code(self, code: str) -> bool:
        """Whether a code is known in another form, or is the name of a kind of thing."""
        if "@" not in code:
            if (rate := _RATE.fullmatch(code)) and any(key_of(float(rate[1])) in said.figures for said in self._known):
                return True
            if code[-1:] == "s" and code[-2:-1].isupper():
                code = code[:-1]  # several of a kind
            if not code.isascii():
                # Other scripts set no spaces around a code.
                runs = re.findall(r"[A-Za-z0-9][\w-]{3,}", re.sub(r"[^\x00-\x7f]", " ", code))
                if runs and all(map(self._stands_inside, runs)):
                    return True
            bare = squeeze(code)
            if len(bare) >= 5 and any(stands_squeezed(bare, said.squeezed) for said in (*self._known, self._offer)):
                return True
            # Two of them, a path to a file that is known, a width and a height, a word and a known number.
            parts = [part for part in _SEAMS.split(code) if any(map(str.isdigit, part))]
            if parts and parts != [code] and all(map(self._stands_alone, parts)):
                return True
            # The same number behind other letters ("order 58213" for ORD-58213).
            runs = re.findall(r"\d{4,}", code) if re.fullmatch(r"[A-Za-z]{0,8}(?:[-_#/. ]?\d+)+", code) else []
            if runs and all(any(run in said.runs for said in self._known) for run in runs):
                return True
        return code.casefold() in self._offer.folded or not self._names_a_record(code)

    def _names_a_record(self, code: str) -> bool:
        """Whether a code stands for one thing of the case, not for a kind of thing that everybody knows ("B777-300ER").

        That is what its shape tells, if known codes have the same, or the word before it.
        """
        if _DESIGNATION.fullmatch(code) is None:
            return True
        place = self._text.find(code)
        before = self._text[self._text.rfind("\n", 0, max(place, 0)) + 1 : max(place, 0)]
        if _RECORD.search(before[-_AROUND:]) or _RECORD.match(self._text, place + len(code)):
            return True
        shape = _shape_of(code)
        return any(_shape_of(known) == shape for said in self._known for known in _CODES.findall(said.text[:_LONGEST]))

    def _names_site(self, name: str) -> bool:
        """Whether a site is spoken of, by anybody or in the name of a tool."""
        tools = self._facts.evidence.transcript.tools
        return self._stands_inside(name) or any(name in tool.name.casefold() for tool in tools)

    def _stands_inside(self, code: str) -> bool:
        return any(code.casefold() in said.folded for said in self._known)

    def _stands_alone(self, code: str) -> bool:
        number = key_of(float(code)) if code.isdecimal() and len(code) < _LONGEST_NUMBER else None
        if number is not None and any(number in said.figures for said in self._known):
            return True
        # So many digits are no chance, whatever version stands behind them: "2408.15247v1".
        if sum(map(str.isdigit, code)) >= _NO_CHANCE and self._stands_inside(code):
            return True
        return len(code) > 2 and any(stands(code.casefold(), said.folded) for said in self._known)


def _shape_of(code: str) -> str:
    """What a code begins with, and which of its signs are digits: "BK-70031" -> "BK-9"; of one without hyphens, all."""
    head, hyphen, rest = code.partition("-")
    kind = "".join("9" if sign.isdigit() else "a" if sign.isalpha() else sign for sign in rest or head)
    return f"{head}{hyphen}{re.sub('9+', '9', kind)}" if hyphen else kind


def stands(text: str, folded: str) -> bool:
    """Whether a text holds another as a word of its own (no pattern: compiling one takes longer than looking)."""
    place = folded.find(text)
    while place >= 0:
        end = place + len(text)
        if not folded[place - 1 : place].isalnum() and not folded[end : end + 1].isalnum():
            return True
        place = folded.find(text, place + 1)
    return False


def stands_squeezed(code: str, squeezed: str) -> bool:
    """Whether a text without spaces holds a code, not as a part of a longer number."""
    place = squeezed.find(code)
    while place >= 0:
        around = (squeezed[place - 1 : place] + code[0], code[-1] + squeezed[place + len(code) :][:1])
        if not any(len(pair) == 2 and pair.isdigit() for pair in around):
            return True
        place = squeezed.find(code, place + 1)
    return False
