"""In which language a text is, where that is beyond doubt. Pure."""

import re
from collections import Counter
from functools import lru_cache

import regex

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.reading.wording import listed, tokens_of

_SCRIPTS = {
    "Chinese or Japanese": regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]"),
    "Korean": regex.compile(r"\p{Hangul}"),
    "Cyrillic": regex.compile(r"\p{Cyrillic}"),
    "Greek": regex.compile(r"\p{Greek}"),
    "Arabic": regex.compile(r"\p{Arabic}"),
    "Hebrew": regex.compile(r"\p{Hebrew}"),
    "Devanagari": regex.compile(r"\p{Devanagari}"),
    "Thai": regex.compile(r"\p{Thai}"),
}
# Words that hold sentences together, and that are rare in the others.
_SMALL_WORDS = {
    "English": "the and you your for with is are of to have this that it i be can will was were what how please would "
    "there here in on at my me from not has",
    "German": "der die das und ist nicht sie ich ein eine einen mit für auf den dem zu von es wird haben ihr ihre "
    "werden noch auch kann bei im wie alles",
    "French": "le la les des est et vous pour une dans que pas je nous sur votre avec qui ce n'est du en un au vos "
    "j'ai rien tout",
    "Spanish": "el la los las de que y en por para con una es su se no lo más está un del al todo nada le ha he aquí",
    "Italian": "il di che è per con non una sono le del della gli questo un la ho tutto nel alla lo si i in e ciao "
    "oggi domani quanto grazie anche alle dalle cosa allora",
    "Portuguese": "o de que e não para com uma você os as do da em está um seu sua no na tudo por mais foi",
    "Dutch": "de het een en is van niet dat voor met je ik zijn op te uw u er aan naar bij hebt wordt alles in",
}
_LANGUAGES: dict[str, list[str]] = {}
for _language, _words in _SMALL_WORDS.items():
    for _word in listed(_words):
        _LANGUAGES.setdefault(_word, []).append(_language)
_WORD = lazy_regex(r"(?<![^\W_])[^\W\d_A-Z][^\W\d_]*(?:'[^\W\d_]+)?")
_LEAST_WORDS, _LEAST_SHARE, _FAR_SHARE = 6, 0.25, 0.12
_LEAST_LETTERS, _LEAST_SIGNS, _MOST_LETTERS = 8, 4, 4000
_NAMES = frozenset(
    listed(
        "language languages english german french spanish italian portuguese dutch chinese mandarin cantonese japanese "
        "korean russian ukrainian greek arabic hebrew hindi thai turkish polish latin bilingual multilingual deutsch "
        "englisch français anglais español inglés italiano inglese português inglês nederlands engels translate "
        "translated translates translation translations translator translating"
    )
)
_OWN_NAMES = {
    "English": frozenset(("english", "englisch", "anglais", "inglés", "inglese", "inglês", "engels")),
    "German": frozenset(("german", "deutsch")),
    "French": frozenset(("french", "français")),
    "Spanish": frozenset(("spanish", "español")),
    "Italian": frozenset(("italian", "italiano")),
    "Portuguese": frozenset(("portuguese", "português")),
    "Dutch": frozenset(("dutch", "nederlands")),
}
_NAMED = lazy_regex(r"[英中法德日韩]文|[英日韓]語|英语")


@lru_cache(maxsize=8192)
def language_of(text: str) -> str | None:
    """The language of a text (the script, where several languages share it); None if that is open to doubt.

    Capitalised words do not count: names and titles keep their language ("Der Spiegel").
    """
    text = text[:_MOST_LETTERS]
    if not text.isascii():
        letters = sum(map(str.isalpha, text))
        for name, pattern in _SCRIPTS.items() if letters >= _LEAST_SIGNS else ():
            if len(pattern.findall(text)) > 0.6 * letters:
                return name
    if len(text) < _LEAST_LETTERS:
        return None
    words = _WORD.findall(text.replace("’", "'"))
    if not text.isascii():
        words = [word for word in words if word[0].islower()]
    if len(words) < _LEAST_WORDS:
        return None
    hits = Counter(language for word in words for language in _LANGUAGES.get(word, ()))
    (first, most), (_, next_most) = [*hits.most_common(2), ("", 0), ("", 0)][:2]
    return None if most < _LEAST_SHARE * len(words) or most - next_most < _FAR_SHARE * len(words) else first


def lacks_script(text: str, language: str) -> bool:
    """Whether a language has a script of its own and a text not one sign of it."""
    pattern = _SCRIPTS.get(language)
    return pattern is not None and pattern.search(text) is None


def leaning_of(text: str) -> str | None:
    """The language that most small words of a text are from, however few they are; None if none stands out."""
    words = [word.lower() for word in re.findall(r"[^\W\d_]+", text[:_MOST_LETTERS].replace("’", "'"))]
    hits = Counter(language for word in words for language in _LANGUAGES.get(word, ()))
    (first, most), (_, next_most) = [*hits.most_common(2), ("", 0), ("", 0)][:2]
    return first if most > 1 and most > next_most else None


def names_language(text: str, *, but: str = "") -> bool:
    """Whether a text speaks of languages or translation; not if it only names the language ``but``."""
    own = _OWN_NAMES.get(but, frozenset())
    return not tokens_of(text).isdisjoint(_NAMES - own) or (not text.isascii() and _NAMED.search(text) is not None)
