"""Words: identifiers into plain English, plurals, articles, lists, and the polish that every sentence gets."""

import re
from functools import lru_cache

import regex

from toolflow_graph.regexes import lazy_regex

_PIECE = regex.compile(r"\p{Lu}+s?(?=\p{Lu}\p{Ll}|[^\p{L}\p{M}]|$)|\p{Lu}?[\p{Ll}\p{M}]+|\d+|[\p{Lo}\p{Lm}\p{M}]+")
_UPPER = {
    "id": "ID", "ids": "IDs", "iban": "IBAN", "url": "URL", "urls": "URLs", "uri": "URI", "ip": "IP", "api": "API",
    "isbn": "ISBN", "vat": "VAT", "sku": "SKU", "gps": "GPS", "uv": "UV", "pdf": "PDF", "csv": "CSV", "html": "HTML",
    "css": "CSS", "sql": "SQL", "dns": "DNS", "ssl": "SSL", "sms": "SMS", "tv": "TV", "bic": "BIC", "usd": "USD",
    "eur": "EUR", "iso": "ISO", "cv": "CV", "hr": "HR", "npm": "npm", "json": "JSON", "xml": "XML", "bpm": "BPM",
    "uuid": "UUID", "gid": "ID", "uid": "ID", "iata": "IATA", "faq": "FAQ", "http": "HTTP", "cpu": "CPU", "ssh": "SSH", "vin": "VIN",
    "pr": "PR", "spf": "SPF", "db": "dB",
}  # fmt: skip
_LONG = {
    "max": "maximum", "min": "minimum", "num": "number of", "qty": "quantity", "desc": "description", "msg": "message",
    "addr": "address", "lat": "latitude", "lon": "longitude", "lng": "longitude", "tz": "time zone",
    "dob": "birth date",
    "info": "information", "pct": "percent", "q": "search text", "dest": "destination", "src": "source",
    "lang": "language",
    "avg": "average", "temp": "temperature", "repo": "repository", "org": "organisation", "cmd": "command",
    "config": "configuration", "param": "parameter", "params": "parameters", "spec": "specification",
    "ref": "reference",
    "timezone": "time zone", "filename": "file name", "username": "user name", "zipcode": "postal code",
    "firstname": "first name", "lastname": "last name", "fullname": "full name", "postcode": "postal code",
    "lead": "lead", "prefs": "preferences", "pref": "preference", "pos": "position",
    "zip": "postal code", "tel": "telephone", "dt": "date", "img": "picture", "pwd": "password",
}  # fmt: skip
UNITS = {
    "km": "km", "kilometres": "km", "kilometers": "km", "metres": "metres", "meters": "metres", "miles": "miles",
    "kg": "kg", "grams": "g", "cm": "cm", "mm": "mm", "minutes": "minutes", "mins": "minutes", "hours": "hours",
    "seconds": "seconds", "days": "days", "weeks": "weeks", "months": "months", "percent": "%", "pct": "%",
    "celsius": "°C", "kwh": "kWh", "kelvin": "K", "mb": "MB", "gb": "GB", "kmh": "km/h", "kph": "km/h", "mph": "mph",
    "kcal": "kcal", "hpa": "hPa", "watts": "W", "ms": "ms", "nights": "nights", "years": "years", "usd": "USD",
    "eur": "EUR", "gbp": "GBP", "bytes": "bytes", "sqm": "m²", "litres": "litres", "c": "°C", "k": "K", "m": "metres",
    "db": "dB", "bpm": "bpm", "g": "g", "sec": "seconds", "secs": "seconds", "hrs": "hours",
}  # fmt: skip
_SMOOTH = {
    "feels like": "perceived temperature",
    "is open": "open",
    "email": "email address",
    "emails": "email addresses",
}
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
_PLURALS = {
    "person": "people", "child": "children", "man": "men", "woman": "women", "foot": "feet", "tooth": "teeth",
    "mouse": "mice", "series": "series", "news": "news", "information": "information", "data": "data",
    "stock": "stocks",
    "weather": "weather", "status": "statuses", "media": "media", "equipment": "equipment",
    "advice": "advice", "music": "music", "feedback": "feedback", "staff": "staff", "index": "indexes",
    "analysis": "analyses", "basis": "bases", "criteria": "criteria", "species": "species", "traffic": "traffic",
}  # fmt: skip
_SINGULARS = {many: one for one, many in _PLURALS.items()} | {"statuses": "status", "addresses": "address"}
_NOT_PLURAL = ("ss", "us", "is", "news", "ics")


_JOINED = lazy_regex(
    r"(?!playlists?$)(from|to|start|end|begin|birth|base|user|owner|image|photo|avatar|thumb|thumbnail|video|audio|web|play|share|track|"
    r"artist|album|movie|item|product|order|customer|account|group|page|post|parent|team|player|match|event|source|"
    r"target|min|max|total|current|create|created|update|updated|modified|publish|published|release|arrival|departure|"
    r"country|city|state|currency|place|station|cover|profile|banner|icon|logo|news|article|channel|list|category|"
    r"client|company|device|game|season|league|book|author|image|doc|document|record|task|project|report|ticket)"
    r"(date|dates|time|url|urls|uri|id|ids|code|codes|count|type|number|address|list|price)"
)


@lru_cache(maxsize=8192)
def split_words(identifier: str) -> tuple[str, ...]:
    """``checkInDate``, ``check_in_date`` as ("check", "in", "date"); ``fromdate`` as ("from", "date")."""
    words: list[str] = []
    for piece in _PIECE.findall(identifier):
        joined = _JOINED.fullmatch(piece.lower())
        words += joined.groups() if joined else (piece.lower(),)
    return tuple(words)


@lru_cache(maxsize=8192)
def humanise(identifier: str) -> str:
    """An identifier in plain words: ``max_nightly_rate`` is "maximum nightly rate"."""
    words = list(split_words(identifier))
    if len(words) > 1 and words[0] in ("is", "has", "was"):
        words = words[1:]
    if 1 < len(words) < 4 and words[0] == "id" and words[-1] != "id":
        words = [*words[1:], "id"]
    if len(words) > 1 and words[-1] in ("count", "num") and words[0] not in ("total", "view", "word", "max", "min"):
        words = ["number", "of", *words[:-2], pluralise(words[-2])]
    text = " ".join(_UPPER.get(word, _LONG.get(word, word)) for word in words)
    text = re.sub(r"\b(check|drop|pick|sign|log|opt|stand|lay) (in|out|off|up|by|over)\b", r"\1-\2", text)
    text = re.sub(r"\bpick-up|\bpickup\b", "pick-up", text)
    return _SMOOTH.get(text, text) or "value"


@lru_cache(maxsize=4096)
def pluralise(noun: str) -> str:
    """The plural of a noun or noun phrase; a plural stays."""
    head, space, last = noun.rpartition(" ")
    lower = last.lower()
    if lower in _PLURALS:
        many = _PLURALS[lower]
    elif is_plural(last):
        many = last
    elif re.search(r"(s|x|z|ch|sh)$", lower):
        many = last + "es"
    elif re.search(r"[^aeiou]y$", lower):
        many = last[:-1] + "ies"
    else:
        many = last + "s"
    return head + space + many


@lru_cache(maxsize=4096)
def singularise(noun: str) -> str:
    """The singular of a noun or noun phrase."""
    head, space, last = noun.rpartition(" ")
    lower = last.lower()
    if lower in _SINGULARS:
        one = _SINGULARS[lower]
    elif not is_plural(last):
        one = last
    elif lower.endswith("ies") and len(last) > 4 and lower not in ("movies", "cookies", "calories"):
        one = last[:-3] + "y"
    elif re.search(r"(sses|xes|ches|shes|zzes)$", lower):
        one = last[:-2]
    else:
        one = last[:-1]
    return head + space + one


def is_plural(noun: str) -> bool:
    """Whether the noun's last word looks plural."""
    last = noun.rpartition(" ")[2].lower()
    if re.fullmatch(r"[A-Z]{2,}s", noun.rpartition(" ")[2]):
        return True  # IDs, URLs
    if last in ("alias", "canvas", "atlas", "lens", "gas", "bias", "chaos", "cosmos"):
        return False
    return last in ("people", "children", "men", "women", "feet") or (
        len(last) > 3 and last.endswith("s") and not last.endswith(_NOT_PLURAL)
    )


def article(noun: str) -> str:
    """ "a" or "an", by sound."""
    first = noun.split(" ")[0] if noun else ""
    if re.match(r"(?i)(hour|honest|heir)", first):
        return "an"
    if re.match(r"(?i)(uni|us[aeu]|eu|one|url|util|uv|ure)", first) and not re.match(r"(?i)unin|unim|unav|unus", first):
        return "a"
    if first.isupper() and len(first) > 1:
        return "an" if first[0] in "AEFHILMNORSX" else "a"
    return "an" if first[:1].lower() in "aeiou" and first[:1] else "a"


def with_article(noun: str) -> str:
    """ "a hotel", "an order"; a plural stays bare."""
    return noun if is_plural(noun) else f"{article(noun)} {noun}"


def join_and(parts: list[str], word: str = "and") -> str:
    """ "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def count_word(count: int) -> str:
    """Small counts in words, others in digits."""
    return _NUMBERS[count] if 0 <= count < len(_NUMBERS) else str(count)


def ordinal(index: int) -> str:
    """The 0-based place in words: "first", "second"."""
    return _ORDINALS[index] if index < len(_ORDINALS) else f"{index + 1}th"


def capitalise(text: str) -> str:
    """First letter upper, the rest as it is."""
    return text[:1].upper() + text[1:]


def lower_first(text: str) -> str:
    """First letter lower, unless the first word is a name, an acronym or "I"."""
    first = re.split(r"[\s,']", text, maxsplit=1)[0]
    if first == "I" or (len(first) > 1 and first[1:] != first[1:].lower()):
        return text
    return text[:1].lower() + text[1:]


def polish(text: str) -> str:
    """One space between words, one mark at the end of a sentence, capitals at the starts."""
    text = re.sub(r"[ \t]+", " ", text).strip()
    text = re.sub(r" +([,.;:?!])(?=\s|$)", r"\1", text)
    text = re.sub(r",\s*([.?!;:])(?=\s|$)", r"\1", text)
    text = re.sub(r"([?!])\.(?=\s|$)", r"\1", text)
    text = re.sub(r"(?<!\.)\.\.(?=\s|$)", ".", text)
    text = re.sub(r"([.?!])([\"”])\.(?=\s|$)", r"\1\2", text)
    text = re.sub(r",,+", ",", text)
    text = re.sub(r"\ba (?=[aeiou][a-z]{2})(?!uni|us[aeu]|eur|one\b|util|ubi)", "an ", text)
    return capitalise(text)


def end_sentence(text: str, mark: str = ".") -> str:
    """Close a sentence unless it is closed."""
    text = text.rstrip()
    return text if text.endswith((".", "?", "!", ".”", '."', '?"', '!"')) else text.rstrip(",;:") + mark
