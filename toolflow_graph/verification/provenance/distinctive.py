"""Which values cannot be there by chance: what provenance is asked for in earnest."""

import re
from collections.abc import Mapping
from typing import Any

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Json
from toolflow_graph.verification.reading.wording import listed
from toolflow_graph.verification.toolcards import split_name

# Fields whose text the assistant writes itself.
_FREE_TEXT = frozenset(
    listed(
        "query text body message note notes memo rationale justification explanation title "
        "description subject comment comments content summary reason "
        "instructions "
        "prompt question keyword keywords search term thought details q topic caption bio html markdown request "
        "agenda "
        "kommentar bemerkung betreff nachricht notiz hinweis grund beschreibung anmerkung titel frage suchbegriff "
        "commentaire objet remarque motif sujet titre mensaje comentario asunto nota notas motivo descripcion "
        "observaciones consulta pregunta oggetto messaggio commento mensagem assunto "
        "feedback remark remarks expression code script command cmd sql greeting signature purpose label headline"
    )
)
# Fields that a name, place or address belongs in: a capitalised value there is somebody or something in particular.
_NAME_FIELDS = frozenset(
    listed(
        "name city town person contact author artist team company location address destination origin place "
        "player recipient "
        "guest patient passenger customer employee venue airport street owner assignee attendee station hotel "
        "restaurant movie film song album book product brand host doctor teacher student driver user member holder "
        "sender sponsor manager supervisor client vendor supplier merchant"
    )
)
# Fields that nobody fills with a word of his own: whatever stands there was given.
_CONTACTS = frozenset(listed("email mail phone telephone mobile cursor"))
_PAGE_TOKENS = (("page", "token"), ("next", "token"), ("continuation", "token"))
# The keys of a point on the map.
COORDINATES = frozenset(listed("lat latitude lon lng longitude"))
# Nobody but the user can know these, whatever they look like.
_CREDENTIALS = frozenset(listed("password passphrase passcode username login"))
# Addresses that everybody knows: public name servers, one's own machine.
_PUBLIC = frozenset(("8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "127.0.0.1", "0.0.0.0"))
# How much of something to show: the assistant's own choice in every API.
_KNOBS = frozenset(listed("limit max results size per page top offset radius depth num count width height precision"))
_KNOB_HEADS = frozenset(listed("limit max page top k offset radius num size"))
CODE = lazy_regex(r"[\w\])]\.\w+\(|\w\[['\"]|\bSELECT\b.*\bFROM\b|^\s*(?:import|def|const|let|var) \w", re.DOTALL)
"""What only programs and queries look like: their text is the assistant's own."""
_SENTENCE = 5
_NUMBER = lazy_regex(r"[-+]?\d+(?:\.\d+)?")
_NAME_LIKE = lazy_regex(
    r"[A-Z][\w'’.-]*(?:\s+(?:(?:of|de|da|van|von|la|le|the|and|&)\s+)*[A-Z][\w'’.-]*)*,?(?:\s+[A-Z]\w+)*"
)


def is_distinctive(value: Json, schema: Mapping[str, Any], name: str = "") -> bool:
    """Whether a value cannot be there by chance or by the assistant's own taste: then it has to come from somewhere.

    Distinctive are

    * numbers from 10 on (whatever their sign) and numbers with decimals, as JSON numbers or as text, except under keys
      that say how much of something to show (``limit``, ``page_size``, ``radius``, ``width``);
    * texts of three or more characters with a digit in them (ids, codes, phone numbers, dates, times), with an ``@``,
      or whose schema has a format such as ``date``, ``email`` or ``uri``;
    * texts under keys for people's addresses (``email``, ``phone_number``) and for what a page of results hands out
      (``cursor``, ``page_token``);
    * capitalised names under keys for names, places and works (``guest_name``, ``city``, ``hotel``);
    * user names and passwords.

    Not distinctive are numbers from -9 to 9, booleans, nulls, options of an enum, codes of up to five capitals
    (``USD``, ``BER``), public name servers (``8.8.8.8``), words in small letters (``electronics``), names under other
    keys, and free text (``query``, ``subject``, ``body``); the values inside a free text are judged one by one (see
    ``composed.py``).

    Args:
        schema: the schema of the value's own place; ``{}`` if unknown.
        name: the key the value stands under.
    """
    if value is None or isinstance(value, bool) or "enum" in schema or "const" in schema:
        return False
    words = split_name(name)
    if isinstance(value, int | float):
        knob = bool(words) and (words[0] in _KNOB_HEADS or words[-1] in _KNOBS or words[:2] == ("per", "page"))
        return not knob and (abs(value) >= 10 or value % 1 != 0)
    if not isinstance(value, str):
        return False
    text = value.strip()
    if is_free_text(text, schema, name) or len(text) < 3 or text in _PUBLIC:
        return False
    if _CREDENTIALS.intersection(words) and " " not in text:
        return True
    if schema.get("format") in ("date", "date-time", "time", "email", "uri", "url", "uuid") or "@" in text[1:-1]:
        return True
    if any(char.isdigit() for char in text):
        return not (_NUMBER.fullmatch(text) and abs(float(text)) < 10)
    if _CONTACTS.intersection(words[-1:] if words[-1:] != ("number",) else words[-2:]) or words[-2:] in _PAGE_TOKENS:
        return True
    if not _NAME_LIKE.fullmatch(text) or (text.isupper() and len(text) <= 5):
        return False
    return bool(_NAME_FIELDS.intersection(words))


def is_free_text(text: str, schema: Mapping[str, Any], name: str) -> bool:
    """Whether a string is the assistant's own wording: a field for text, or a sentence where nothing else is asked."""
    if any(key in schema for key in ("format", "enum", "pattern", "const")):
        return False
    words = split_name(name)
    if CODE.search(text):
        return True
    if words[-1:] == ("code",) and len(text.split()) == 1:
        return False  # a booking code, not source code
    if words and (words[-1] in _FREE_TEXT or (words[0] in _FREE_TEXT and "id" not in words)):
        return True
    if _NAME_FIELDS.intersection(words):
        return False
    tokens = text.split()
    if any(c.isdigit() for c in text):
        # A sentence with a figure in it, under whatever key of whatever language.
        return len(tokens) > _SENTENCE and sum(token.strip(".,;:!?()").isalpha() for token in tokens) > _SENTENCE - 1
    return len(tokens) >= 3


_PREFIX = lazy_regex(r"([A-Za-z]{2,})[-_]?\d[\w-]*")


def prefix_of(value: Json) -> str | None:
    """The letters that an identifier starts with, in lower case: "bk" of ``BK-70031``; None for other values."""
    match = _PREFIX.fullmatch(value) if isinstance(value, str) else None
    return match[1].casefold() if match else None
