"""Text to ASCII letters, for tool names: ``größe`` is ``grosse``, ``погода`` is ``pogoda``.

Accents go (Unicode's compatibility decomposition, UAX 15); letters that are no letter with an accent stand in a table.
A word of another script keeps its ASCII letters and gets the rest as Punycode (RFC 3492): nothing to read, but the same
name every time, and another one for every word.
"""

import unicodedata

_LATIN = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ŋ": "ng",
    "ŧ": "t", "ə": "e", "ƒ": "f", "ĸ": "k", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ɛ": "e", "ɔ": "o",
}  # fmt: skip
_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "й": "y",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
    "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
    "і": "i", "ї": "yi", "є": "ye", "ґ": "g", "ў": "u", "ј": "j", "љ": "lj", "њ": "nj", "ћ": "c", "ђ": "dj", "џ": "dz",
}  # fmt: skip
_GREEK = {
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k", "λ": "l",
    "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f",
    "χ": "ch", "ψ": "ps", "ω": "o",
}  # fmt: skip
_TABLE = {**_LATIN, **_CYRILLIC, **_GREEK}


def to_ascii(text: str) -> str:
    """``text`` in ASCII; what is neither letter nor digit stays if it is ASCII and is "_" if it is not."""
    if text.isascii():
        return text
    words = [""]
    for char in unicodedata.normalize("NFC", text):
        if char.isalnum():
            words[-1] += _spell(char)
        elif not unicodedata.category(char).startswith("M"):
            words += [char if char.isascii() else "_", ""]
        elif not words[-1].isascii():
            # A vowel sign of an Indic script; a mark on a letter that is ASCII by now is an accent.
            words[-1] += char
    return "".join(word if word.isascii() else word.encode("punycode").decode("ascii") for word in words)


def has_ascii_form(text: str) -> bool:
    """Whether any of its letters and digits is one in ASCII, too."""
    spelt = (_spell(char) for char in unicodedata.normalize("NFC", text) if char.isalnum())
    return any(part.isascii() and part.strip("_") for part in spelt)


def _spell(char: str) -> str:
    """The ASCII spelling of a letter or digit; the character itself where it has none."""
    if char.isascii():
        return char
    if char.lower() in _TABLE:
        spelt = _TABLE[char.lower()]
        return spelt.capitalize() if char.isupper() else spelt
    parts = [part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part)]
    if parts == [char]:
        return char
    spelt = "".join(_spell(part) if part.isalnum() else "_" for part in parts)
    return spelt if spelt.isascii() else char
