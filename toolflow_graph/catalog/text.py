"""Descriptions as plain text: API documents write HTML and Markdown, a tool definition is read by a model."""

import html
import re
import unicodedata

from toolflow_graph.regexes import lazy_regex

_CODE_BLOCK = lazy_regex(r"```.*?(```|\Z)|<pre\b.*?</pre>|<!--.*?-->", re.S | re.I)
_IMAGE = lazy_regex(r"!\[[^\]]*\]\([^)]*\)")
_LINK = lazy_regex(r"\[([^\]\[]+)\](?:\([^)]*\)|\[[^\]]*\])")
_BLOCK_END = lazy_regex(r"</(p|li|div|h\d|tr|ul|ol)>|<br\s*/?>", re.I)
_TAG = lazy_regex(r"</?[a-zA-Z][^<>]{0,300}>")
_TABLE_ROW = lazy_regex(r"^\s*\|.*\|\s*$", re.M)
_HEADING = lazy_regex(r"^\s*(#{1,6}\s+.*|[=-]{3,}|\*{3,})\s*$", re.M)
_BULLET = lazy_regex(r"^\s*(?:[-*+•]|\d+[.)])\s+", re.M)
_QUOTE = lazy_regex(r"^\s*>+\s?", re.M)
_EMPHASIS = lazy_regex(r"(?<![\w*])(\*\*\*|\*\*|\*|___|__)(?=\S)(.+?)(?<=\S)\1(?![\w*])", re.S)
_UNDERLINED = lazy_regex(r"(?<!\w)_(?=[^\s_])([^_]+?)(?<=\S)_(?!\w)")
_POINTER = lazy_regex(r"\s*\b((Learn|Read|Find out|See) more|See (the )?[Ff]ull [Dd]ocumentation)( [^.]{0,60})?\.?$")
_SPACES = lazy_regex(r"\s+")
_SENTENCE_END = lazy_regex(r"(?<=[.!?])\s+(?=[A-Z0-9\"'(])|(?<=[。！？])")
# Of a text whose characters stand for their kinds: see _kinds_of.
_WORD = lazy_regex(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|ª+")


def plain_text(text: object, most: int) -> str:
    """Strip HTML and Markdown and keep the first whole sentences, at most ``most`` characters."""
    if not isinstance(text, str) or not text.strip():
        return ""
    # Nothing past this can reach the result; some documents hold whole manuals in one description.
    text = text[: most * 20]
    if any(mark in text for mark in "<`[|#*_>&=-+•\n"):
        text = _strip_markup(text)
    text = _SPACES.sub(" ", text).strip()
    text = shorten(text, most)
    # What a link said, without its address, tells nothing.
    return _POINTER.sub("", text) or text


def _strip_markup(text: str) -> str:
    text = _CODE_BLOCK.sub(" ", text)
    text = _BLOCK_END.sub("\n", text)
    text = html.unescape(_TAG.sub("", text))
    text = _LINK.sub(r"\1", _IMAGE.sub("", text))
    without_headings = _TABLE_ROW.sub("", _HEADING.sub("", text))
    # A description may be nothing but a heading.
    text = without_headings if without_headings.strip() else text.replace("#", "")
    text = _UNDERLINED.sub(r"\1", _EMPHASIS.sub(r"\2", _QUOTE.sub("", text))).replace("`", "")
    paragraphs = []
    for line in re.split(r"\n\s*\n|\n(?=\s*(?:[-*+•]|\d+[.)])\s)", text):
        line = _SPACES.sub(" ", _BULLET.sub("", line)).strip()
        if line:
            paragraphs.append(line if line[-1] in ".!?:;,。" else line + ".")
    single = len(paragraphs) == 1 and not text.rstrip().endswith(".")
    return paragraphs[0].rstrip(".") if single else " ".join(paragraphs)


def shorten(text: str, most: int) -> str:
    """The first whole sentences within ``most`` characters; a first sentence that is longer ends in "..."."""
    if len(text) <= most:
        return text
    kept = ""
    for sentence in _SENTENCE_END.split(text):
        if len(kept) + len(sentence) + 1 > most:
            break
        kept = f"{kept} {sentence}".strip()
    if kept:
        return kept
    cut = text[: most - 3]
    return cut[: cut.rfind(" ")].rstrip(" ,;:") + "..." if " " in cut[most // 2 :] else cut + "..."


def split_words(text: str) -> list[str]:
    """The words of an identifier: ``getUserByID`` and ``get-user_by id`` both give get, user, by, id (case kept)."""
    if text.isascii():
        return _WORD.findall(text)
    text = unicodedata.normalize("NFC", text)
    return [text[match.start() : match.end()] for match in _WORD.finditer(_kinds_of(text))]


def _kinds_of(text: str) -> str:
    """``Größe 5`` as ``Aaaaa 1``: "A" upper case, "a" lower case, "ª" a letter without case, "1" a digit."""
    kinds: list[str] = []
    for char in text:
        if char.isalpha():
            kinds.append("A" if char.isupper() or char.istitle() else "a" if char.islower() else "ª")
        elif char.isalnum():
            kinds.append("1")
        else:
            # A mark belongs to its letter.
            kinds.append(kinds[-1] if kinds and unicodedata.category(char).startswith("M") else " ")
    return "".join(kinds)


def sentence_of(words: list[str]) -> str:
    """``["list", "Users"]`` as "List users."; abbreviations keep their capitals."""
    lowered = [word if word.isupper() and len(word) > 1 else word.lower() for word in words]
    text = " ".join(lowered)
    return text[:1].upper() + text[1:] + "." if text else ""
