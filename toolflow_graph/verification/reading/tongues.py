"""Dates, times and small numbers in German, French and Spanish, put into English words. Pure.

Of Italian, Portuguese and Dutch the weekdays, the months and the days beside today are read.

Only words that no English sentence uses in another sense are in the tables ("hier" and "once" are not), so that every
text may be read this way, whatever its language. What is put into English is read by :mod:`moments` and
:mod:`wording`; the rest of the text stays as it is.
"""

import re
from collections.abc import Callable, Set
from functools import lru_cache

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.reading.wording import UNITS, listed, tokens_of

_WEEKDAYS = """
Monday montag lundi lunes lunedì lunedi segunda-feira maandag
Tuesday dienstag mardi martes martedì martedi terça-feira dinsdag
Wednesday mittwoch mercredi miércoles miercoles mercoledì mercoledi quarta-feira woensdag
Thursday donnerstag jeudi jueves giovedì giovedi quinta-feira donderdag
Friday freitag vendredi viernes venerdì venerdi sexta-feira vrijdag
Saturday samstag sonnabend samedi sábado sabado sabato zaterdag
Sunday sonntag dimanche domingo domenica zondag
"""
_OTHERS = """
January januar janvier enero gennaio janeiro januari
February februar février fevrier febrero febbraio fevereiro februari
March märz maerz marzo março maart
April avril abril aprile
May maggio maio
June juni juin junio giugno junho
July juli juillet julio luglio julho
August août agosto augustus
September septembre septiembre settembre setembro
October oktober octobre octubre ottobre outubro
November novembre noviembre novembro
December dezember décembre diciembre dicembre dezembro
two zwei deux dos
three drei trois tres
four vier quatre cuatro
five fünf fuenf cinq cinco
six sechs seis
seven sieben siete
eight acht huit ocho
nine neun neuf nueve
ten zehn dix diez
eleven elf onze
twelve zwölf zwoelf douze doce
fifteen fünfzehn quinze quince
twenty zwanzig vingt veinte
thirty dreißig trente treinta
minutes minuten minuto minutos
hour stunde heure hora
hours stunden heures horas
days tag tage tagen jour jours día días dia dias
nights nacht nächte nächten nuit nuits noche noches
week woche semaine semana
weeks wochen semaines semanas
month monat mes
months monate monaten mois meses
year jahr année año
years jahre jahren années años ans
"""


def _read(table: str) -> dict[str, str]:
    """Foreign word -> English word of a table with an English word first in each line."""
    lines = (line.split() for line in table.strip().splitlines())
    return {name: line[0] for line in lines for name in line[1:]}


_WORDS = _read(_WEEKDAYS) | _read(_OTHERS)
_NAMED = "|".join(_read(_WEEKDAYS))
_HOURS = [*UNITS][:13]


def _earlier(hour: str) -> str:
    number = int(hour) if hour.isdigit() else UNITS.get(_WORDS.get(hour.lower(), hour.lower()), 0)
    return _HOURS[(number - 2) % 12 + 1] if 1 <= number <= 12 else hour


def _hour(match: re.Match[str]) -> str:
    minute = match["minute"] or match.groupdict().get("after") or "00"
    # "14 Uhr am Bahnhof" is no time before noon.
    apart = "," if match.string.startswith(" am ", match.end()) else ""
    return f"{match['hour']}:{minute}{apart}"


def _half_day(match: re.Match[str]) -> str:
    part = match["part"].lower()
    late = any(word in part for word in ("abend", "nachmittag", "nacht", "soir", "après", "noche", "tarde"))
    minute = f":{match['minute']}" if match["minute"] else ""
    hour = _WORDS.get(match["hour"].lower(), match["hour"])
    hour = str(UNITS.get(hour, hour))
    return f"at {hour}{minute} {'pm' if late else 'am'}"


_H = r"(?P<hour>\d{1,2}|" + "|".join(name for name, value in _WORDS.items() if value in UNITS) + ")"
_PARTS = (
    r"(?P<part>abends|nachmittags|nachts|morgens|früh|vormittags|du soir|du matin|de l['’]après-midi|de la noche|"
    r"de la tarde|de la mañana)"
)
_PHRASES: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    # Clock times first: their words mean something else alone.
    (rf"\b(?:a las? |um )?{_H} (?:y media|heures et demie)\b", lambda match: f"half past {match['hour']}"),
    (rf"\b(?:a las? )?{_H} y cuarto\b", lambda match: f"quarter past {match['hour']}"),
    (rf"\b(?:um )?halb {_H}\b", lambda match: f"half past {_earlier(match['hour'])}"),
    (rf"\b(?:um )?viertel nach {_H}\b", lambda match: f"quarter past {match['hour']}"),
    (rf"\b(?:um )?(?:viertel vor|dreiviertel) {_H}\b", lambda match: f"quarter to {match['hour']}"),
    (rf"\b(?:um |à |a las? )?{_H}(?:\s?(?:uhr|heures?|h)\b)?(?:\s?:?(?P<minute>[0-5]\d))?\s*{_PARTS}", _half_day),
    (r"\b(?P<hour>\d{1,2})(?:[:.](?P<minute>[0-5]\d))? ?uhr(?: (?P<after>[0-5]\d))?\b", _hour),
    (r"\b(?P<hour>\d{1,2}) ?(?:h|heures)(?: ?(?P<minute>[0-5]\d))?\b(?! (?:de|d'))", _hour),
    (rf"\b(?:a las?|um) {_H}\b", lambda match: f"at {match['hour']}"),
    (r"\b(\w+tag|mittwoch)s?(?:abend|nacht)\b", r"\1 evening"),
    (r"\b(\w+tag|mittwoch)s?nachmittag\b", r"\1 afternoon"),
    (r"\b(\w+tag|mittwoch)s?(?:vormittag|morgen)\b", r"\1 morning"),
    # Days relative to today.
    (r"\b(?:dopodomani|overmorgen|depois de amanhã)\b", "day after tomorrow"),
    (r"\bpasado mañana\b|\bübermorgen\b|\baprès-demain\b|\bapres-demain\b", "day after tomorrow"),
    (r"\b(?:por|de|en) la mañana\b|\bam (?:vormittag|morgen)\b|\ble matin\b", "in the morning"),
    (r"\b(morgen|demain|mañana) (?:früh|vormittag|matin)\b", "tomorrow morning"),
    (r"\b(morgen|demain) (?:abend|soir)\b", "tomorrow evening"),
    (r"\b(?:morgen|demain) (?:nachmittag|après-midi)\b", "tomorrow afternoon"),
    (r"\bheute (?:abend|nacht)\b|\bce soir\b|\besta noche\b", "tonight"),
    (r"\bam nachmittag\b|\bl['’]après-midi\b|\b(?:por|de|en) la tarde\b", "in the afternoon"),
    (r"\bam abend\b|\babends\b|\ble soir\b|\b(?:por|de|en) la noche\b", "in the evening"),
    (r"\bmorgen\b|\bdemain\b|\bmañana\b|\bdomani\b|\bamanhã\b", "tomorrow"),
    (r"\bheute\b|\baujourd['’]hui\b|\bhoy\b|\boggi\b|\bhoje\b|\bvandaag\b", "today"),
    (r"\bgestern\b|\bayer\b|\bieri\b|\bontem\b|\bgisteren\b", "yesterday"),
    (r"\bmittags\b|\bà midi\b|\bal mediodía\b", "at noon"),
    (r"\bmitternacht\b|\bminuit\b|\bmedianoche\b", "midnight"),
    (r"\b(?:am|dieses) wochenende\b|\b(?:este|el) fin de semana\b|\bce week-end\b", "this weekend"),
    (r"\bwochenende\b|\bfin de semana\b", "weekend"),
    (r"\b(?:diese[rsn]?|cette|ce|esta|este)\s+(?=(?:woche|semaine|semana|monat|mois|mes|jahr|année|año)\b)", "this "),
    (r"\bthis mois\b", "this month"),
    # Steps from now.
    (r"\bin (?:einer halben|einer 1/2) stunde\b|\bdans une demi-heure\b|\ben media hora\b", "in half an hour"),
    (r"\b(?:einer?|einem|une?|una) (?=(?:stunde|woche|monat|jahr|tag|heure|semaine|mois|semana|hora|mes)\b)", "a "),
    (r"\b(?:dans|dentro de|en) (?=(?:\d|a |deux|trois|quatre|cinq|six|dos|tres|cuatro|cinco|seis))", "in "),
    (r"\bil y a (\S+ \S+)|\bhace (\S+ \S+)", lambda match: f"{match[1] or match[2]} ago"),
    (r"\bvor (?=(?:a |\d|zwei|drei|vier|fünf|sechs|sieben))(\S+ \S+)", lambda match: f"{match[1]} ago"),
    (
        rf"\b({_NAMED}|semaine|semana|mois|mes|settimana|mese) (?:prochaine?|que viene|pr[óo]xim[oa]|prossim[oa])\b",
        r"next \1",
    ),
    (
        r"\b(?:nächste[nrs]?|naechste[nrs]?|kommende[nrs]?|próxim[oa]|proxim[oa]|prossim[oa]|volgende)\b",
        "next",
    ),
    (r"\b(?:letzte[nrs]?|vergangene[nrs]?)\b", "last"),
    (rf"\b({_NAMED}|semaine|semana|mois|mes) (?:derni[eè]re?|pasad[oa])\b", r"last \1"),
    # Days of a month.
    (r"\b(\d{1,2})\.\s*(?=(?:jan|feb|mär|maer|apr|mai|jun|jul|aug|sep|okt|nov|dez))", r"\1 "),
    (r"\b1er (?=\w)", "1 "),
    (r"\b(\d{1,2}) (?:de )?(?:mai|mayo)\b", r"\1 May"),
    (r"\b(\d{1,2}) mars\b", r"\1 March"),
    (r"\b(?:im|en|de) (?:mai|mayo)\b", "in May"),
    (r"\ben mars\b", "in March"),
    (r"(?<=\d) de (?=[a-záéíóú]{4,10}\b)", " of "),
    (r"\b(?<=[a-z]{3}) de(?:l)? (?=\d{4}\b)", " "),
)  # fmt: skip
_FIRSTS = listed(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third twenty-fourth "
    "twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first"
)
_ORDINAL = {name: number for number, name in enumerate(_FIRSTS, 1)}
_NTH = "(?P<nth>" + "|".join(name.replace("-", "[- ]") for name in reversed(_FIRSTS)) + r")\b"
# "may" and "march" are verbs as well, which no one writes with a capital.
_MONTH = r"(?:(?-i:May|March)|january|february|april|june|july|august|september|october|november|december)\b"
_NTH_OF = lazy_regex(rf"\b(?:the )?{_NTH}(?: day)?(?: of)? (?={_MONTH})", re.IGNORECASE)
_ON_NTH = lazy_regex(rf"\bon the {_NTH}(?=[.,;!?]|\s*\Z| (?:at|in the|around|from)\b)", re.IGNORECASE)
_TENS = dict(zip(listed("ten twenty thirty forty fifty sixty seventy eighty ninety"), range(10, 100, 10), strict=True))
_TWO = f"(?P<tens>{'|'.join(_TENS)})(?:[- ](?P<ones>{'|'.join([*UNITS][1:10])}))?|(?P<teen>{'|'.join([*UNITS][11:20])})"
_YEAR = lazy_regex(rf"(?P<before>\b{_MONTH}|\d),? (?P<century>nineteen|twenty)[- ](?:{_TWO})\b", re.IGNORECASE)
_SHORT_YEAR = lazy_regex(
    rf"\b(?P<before>{_MONTH}(?: \d{{1,2}}(?:st|nd|rd|th)?)?),? ['’](?P<year>\d\d)\b", re.IGNORECASE
)
_OF_NTH = lazy_regex(rf"\b(?P<month>{_MONTH}),? (?:the )?{_NTH}", re.IGNORECASE)
_FORTNIGHT = lazy_regex(r"\b(?:a )?fortnight\b", re.IGNORECASE)
_COMPILED = tuple((lazy_regex(pattern, re.IGNORECASE), put) for pattern, put in _PHRASES)
_WORD = lazy_regex(r"\b(?:" + "|".join(sorted(_WORDS, key=len, reverse=True)) + r")\b", re.IGNORECASE)
_TOKEN = lazy_regex(r"[^\W\d_]+")
_WORD_STARTS = frozenset(_TOKEN.findall(word.lower())[0] for word in _WORDS)
_NTH_STARTS = frozenset(name.split("-")[0] for name in _FIRSTS)
# A text without any of these is not looked at further.
_SIGN_WORDS = frozenset(
    listed(
        "uhr halb morgen heute gestern demain aujourd hoy ayer mai mayo mars las soir noche minuit midi hace kommende "
        "dans dentro heures wochenende personas woche wochen semaine semana monat mois "
        "oggi domani dopodomani ieri hoje amanhã ontem prossimo prossima vandaag gisteren overmorgen volgende"
    )
)
_SIGN_PARTS = ("tagabend", "tagnachm", "tagmorgen", "a la ", "il y a", "ä", "ü", "ñ")
_HOUR_SIGN = lazy_regex(r"\b\d{1,2} ?h\b")


# Chinese and Japanese set no spaces between words.
_FAR_EAST = tuple(
    (re.compile(words), f" {english} ")
    for words, english in (
        ("后天|後天|明後日", "day after tomorrow"),
        ("明天|明日", "tomorrow"),
        ("今天|今日|本日", "today"),
        ("昨天|昨日", "yesterday"),
    )
)


@lru_cache(maxsize=4096)
def in_english(text: str) -> str:
    """The text with what German, French and Spanish words say about time and number in English; mostly itself.

    Of Chinese and Japanese the nearest days are read.

    Days of a month that are written out ("the fourth of July") become digits, in English, too.
    """
    tokens = tokens_of(text)
    text = _in_digits(text, tokens)
    if "日" in text or "天" in text:
        for words, english in _FAR_EAST:
            text = words.sub(english, text)
    if not _may_be_foreign(text.lower(), tokens):
        return text
    for pattern, put in _COMPILED:
        text = pattern.sub(put, text)
    return _WORD.sub(lambda match: _WORDS[match.group().lower()], text)


def _may_be_foreign(folded: str, tokens: Set[str]) -> bool:
    if not tokens.isdisjoint(_WORD_STARTS) or not tokens.isdisjoint(_SIGN_WORDS):
        return True
    return any(part in folded for part in _SIGN_PARTS) or ("h" in tokens and _HOUR_SIGN.search(folded) is not None)


def _in_digits(text: str, tokens: Set[str]) -> str:
    if "'" in text or "’" in text:
        text = _SHORT_YEAR.sub(lambda match: f"{match['before']} {full_year(match['year'])}", text)
    if "fortnight" in tokens:
        text = _FORTNIGHT.sub("2 weeks", text)
    if not tokens & _NTH_STARTS:
        return text
    text = _ON_NTH.sub(lambda match: f"on the {_number_of(match)}th", text)
    text = _NTH_OF.sub(lambda match: f"{_number_of(match)} ", text)
    text = _OF_NTH.sub(lambda match: f"{match['month']} {_number_of(match)}", text)
    return _YEAR.sub(_year, text)


def _year(match: re.Match[str]) -> str:
    tens, ones, teen = ((match[name] or "").lower() for name in ("tens", "ones", "teen"))
    rest = UNITS[teen] if teen else _TENS[tens] + UNITS.get(ones, 0)
    return f"{match['before']} {19 if match['century'].lower() == 'nineteen' else 20}{rest}"


_LAST_CENTURY = 40
"""Years of two digits from here on are of the last century."""


def full_year(digits: str) -> str:
    """A year of two digits in four: 88 is 1988, 26 is 2026."""
    return f"{19 if int(digits) >= _LAST_CENTURY else 20}{digits}"


def _number_of(match: re.Match[str]) -> int:
    return _ORDINAL[match["nth"].lower().replace(" ", "-")]
