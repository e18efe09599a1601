"""Which kind of values a field holds: a city, a date, an id, money, a count, free text, ..."""

import re

from toolflow_graph.regexes import lazy_regex

_MONEY = {"price", "amount", "cost", "fee", "fare", "rate", "total", "subtotal", "balance", "salary", "budget", "tip",
          "deposit", "payment", "charge", "refund", "revenue", "tax", "rent", "bill", "bid", "ask", "premium", "income",
          "discount", "shipping", "net", "gross", "pay"}  # fmt: skip
_NOT_MONEY = {"exchange", "heart", "interest", "percent", "pct", "frame", "sample", "bit", "count", "growth",
              "conversion",
              "score", "pages", "results", "items", "reviews", "minutes", "hours", "days", "km", "error"}  # fmt: skip
_PERSON = lazy_regex(
    r"\b(person|guest|patient|passenger|recipient|traveller|traveler|customer|employee|candidate|contact|user|author|"
    r"doctor|teacher|student|driver|owner|player|artist|sender|organi[sz]er|manager|tenant|buyer|seller|payee|agent|"
    r"staff|holder|applicant|reviewer|member|people|attendee|nurse|physician|host|caretaker|assignee|instructor|tutor|"
    r"landlord|courier)\b"
)
_NAMED_PERSON = lazy_regex(
    rf"{_PERSON.pattern}(?:['’]s|s['’])? (?:full |first |last |own )?names?\b|"
    rf"\bnames? of (?:the |an? |this |each |one )?(?:[a-z-]+ ){{0,2}}?{_PERSON.pattern}|^(?:the )?{_PERSON.pattern}"
)
_TEXTUAL = {
    "query": "query", "q": "query", "keyword": "query", "keywords": "query", "topic": "query", "search": "query",
    "term": "query", "terms": "query", "question": "question", "prompt": "prompt", "title": "title", "subject": "title",
    "headline": "title", "heading": "title", "caption": "title", "summary": "sentence", "description": "sentence",
    "overview": "sentence", "note": "sentence", "notes": "sentence", "comment": "sentence", "comments": "sentence",
    "message": "sentence", "body": "sentence", "text": "sentence", "content": "sentence", "reason": "reason",
    "details": "sentence", "detail": "sentence", "bio": "sentence", "excerpt": "sentence", "snippet": "sentence",
    "thought": "sentence", "explanation": "sentence", "instructions": "sentence", "feedback": "sentence",
    "review": "sentence",
    "abstract": "sentence", "answer": "sentence", "markdown": "sentence", "transcript": "sentence",
    "observation": "sentence",
}  # fmt: skip
THINGS = {
    "customer",
    "person",
    "account",
    "plan",
    "charge",
    "invoice",
    "subscription",
    "payment",
    "card",
    "source",
    "product",
    "coupon",
    "order",
    "user",
    "project",
    "team",
    "workspace",
    "board",
    "task",
    "section",
    "channel",
    "group",
    "member",
    "folder",
    "item",
    "event",
    "refund",
    "transfer",
    "payout",
    "dispute",
    "session",
    "intent",
    "reader",
    "sku",
    "ticket",
    "issue",
    "playlist",
    "album",
    "artist",
    "track",
    "device",
    "page",
    "block",
    "database",
    "organization",
    "document",
}


_COMPANIES = {"company", "employer", "organisation", "organization", "brand", "vendor", "merchant", "publisher",
              "airline", "operator", "supplier", "carrier", "manufacturer"}  # fmt: skip


def kind_of(
    words: tuple[str, ...], low: str, kind_word: str, formats: str, pattern: str, owner: str, unit: str, top: float
) -> str:
    """The kind of values a field holds, from its name's words, its description (lower case), JSON type and format."""
    last, some = words[-1], set(words)
    if kind_word in ("enum", "boolean"):
        return "bool" if kind_word == "boolean" else "enum"
    by_format = {"date": "date", "date-time": "datetime", "time": "time", "email": "email", "uri": "url", "url": "url",
                 "uuid": "uuid", "ipv4": "ip", "ipv6": "ipv6", "hostname": "domain"}  # fmt: skip
    if formats in by_format and kind_word in ("string", ""):
        return by_format[formats]
    if kind_word in ("number", "integer"):
        return _number_kind(words, low, kind_word, unit, top, formats)
    if kind_word not in ("string", ""):
        return kind_word
    if some & {"latitude", "lat"}:
        return "latitude"
    if some & {"longitude", "lng", "lon"}:
        return "longitude"
    if re.search(r"yyyy-mm-dd[t ]?hh|iso.?8601|rfc.?3339", low) and "date" not in low.split("iso")[0][-12:]:
        return "datetime"
    if "yyyy-mm-dd" in low or (last in ("date", "day", "birthday", "dob") and "week" not in some):
        return "date"
    if "yyyy-mm" in low or last == "month":
        return "month"
    if "hh:mm" in low or (last == "time" and not pattern):
        return "time"
    if (last in ("at", "timestamp", "datetime") and len(words) > 1) or words in (("timestamp",), ("datetime",)):
        return "datetime"
    if words in (("created",), ("updated",), ("modified",)) or re.match(r"(?:the )?(?:timestamp|date and time)\b", low):
        return "datetime"
    if last in ("email", "mail") or "email address" in low:
        return "email"
    if last in ("recipients", "invitees", "attendees", "cc", "bcc") and not re.search(
        r"\b(?:ids?|names?|numbers?)\b", low
    ):
        return "email"
    if some & {"phone", "telephone", "mobile", "msisdn"} or "phone number" in low:
        return "phone"
    if last in ("url", "uri", "link", "website", "href", "homepage", "permalink") or "web address" in low:
        return "url"
    if some & {"currency", "currencies"} or "iso 4217" in low:
        return "currency"
    if "iata" in low or last in ("airport", "iata"):
        return "airport"
    if "3166" in low or some >= {"country", "code"}:
        return "country_code"
    if "639" in low or some >= {"language", "code"} or last in ("lang", "locale"):
        return "language_code"
    if last in ("timezone", "tz") or "time zone" in low or some >= {"time", "zone"}:
        return "timezone"
    if last in ("id", "ids", "uuid", "guid", "identifier", "gid", "uid", "oid") or re.match(
        r"(the |a |unique )*(identifiers?|ids?) (of|for)", low
    ):
        return "id"
    if words[0] in ("id", "ids") and len(words) > 1:
        return "id"
    if (
        formats != "words"
        and last in THINGS
        and len(words) == 1
        and not re.search(r"\b(?:names?|titles?|types?|kinds?|text|email|url)\b", low)
    ):
        return "id"
    if some >= {"postal", "code"} or some >= {"zip", "code"} or some >= {"post", "code"}:
        return "postcode"
    if last in ("number", "code", "reference", "sku", "isbn", "no", "ref", "iban", "vin", "barcode"):
        return "id"
    if last in ("zip", "zipcode", "postcode", "postal") or some >= {"postal", "code"}:
        return "postcode"
    if last in ("ticker", "symbol", "tickers", "symbols"):
        return "ticker"
    if last in ("address", "addresses") and not some & {"ip", "wallet", "contract"}:
        return "address"
    if last in ("street", "road"):
        return "street"
    if last in ("city", "cities", "town", "citys") or re.match(r"names? of the (city|cities|town)", low):
        return "city"
    if last in ("country", "countries", "nationality"):
        return "country"
    if last in ("province", "region", "county") or (
        last == "state" and len(words) == 1 and re.search(r"province|address|^$", low)
    ):
        return "region"
    if last in ("location", "venue", "place", "destination", "origin", "pickup", "dropoff"):
        return "location"
    if last in ("path", "file", "filename", "filepath", "folder", "directory", "dir") or some >= {"file", "name"}:
        return "path"
    if last in _COMPANIES:
        return "company"
    if last in ("domain", "hostname", "host", "website"):
        return "domain"
    if last in ("color", "colour"):
        return "colour"
    if last == "ip":
        return "ip"
    if last == "version":
        return "version"
    if last in ("username", "login", "handle"):
        return "username"
    if some >= {"first", "name"} or last in ("firstname", "forename"):
        return "first_name"
    if (some & {"last", "maiden", "family"} and "name" in some) or last in ("lastname", "surname"):
        return "last_name"
    if last == "name" and some & {"given", "middle", "nick", "nickname"}:
        return "first_name"
    if last in ("name", "names", "fullname", "author", "authors", "owner", "artist", "assignee"):
        return "person" if _is_person(words, low, owner) else "title"
    if last in ("status", "state", "stage", "phase"):
        return "status"
    if last in _TEXTUAL:
        return _TEXTUAL[last]
    if last in ("condition", "conditions", "weather"):
        return "condition"
    if last in ("category", "type", "kind", "genre", "tag", "tags", "labels", "label", "group", "genres", "topics"):
        return "tag"
    if last in ("ingredient", "ingredients", "dish", "food"):
        return "food"
    return "text"


def _is_person(words: tuple[str, ...], low: str, owner: str) -> bool:
    if words[-1] in ("author", "authors", "owner", "artist", "assignee"):
        return True
    if words[-1] == "name" and set(words) & {
        "display",
        "nick",
        "nickname",
        "screen",
        "holder",
        "real",
        "legal",
        "full",
    }:
        return True
    place = " ".join((*words[:-1], owner if len(words) == 1 and not low else ""))
    return bool(
        _PERSON.search(place)
        or (len(words) == 1 and _NAMED_PERSON.search(low))
        or re.search(r"full name of|name of the (person|guest)|^full ", low)
    )


def _number_kind(words: tuple[str, ...], low: str, kind_word: str, unit: str, top: float, formats: str) -> str:
    last, some = words[-1], set(words)
    if some & {"latitude", "lat"}:
        return "latitude"
    if some & {"longitude", "lng", "lon", "long"}:
        return "longitude"
    if some & {"id", "ids", "phone", "telephone", "msisdn"}:
        return "id"
    sided = (
        last == "time" and len(words) > 1 and words[0] in ("start", "end", "begin", "created", "updated", "from", "to")
    )
    stamped = (
        (sided and not unit)
        or some >= {"date", "ms"}
        or last in ("timestamp", "epoch", "created", "updated", "expires")
        or (last in ("at", "deadline") and len(words) > 1)
    )
    if "unix" in low or "epoch" in low or formats in ("unix-time", "timestamp") or stamped:
        return "unix"
    if (last == "year" and not some & {"last", "per", "this", "previous"}) or "four-digit year" in low:
        return "year"
    if last in ("month", "day", "hour", "age", "humidity"):
        return {"month": "month_number", "day": "day_number", "hour": "hour_number", "humidity": "percent"}.get(
            last, last
        )
    if some & {"age"}:
        return "age"
    if some & {"temperature", "temp", "celsius"} or unit == "°C":
        return "temperature"
    if unit == "%" or some & {"percent", "percentage", "pct", "probability"}:
        return "percent" if top != 1 else "ratio"
    if some & {"rating", "stars", "star", "score", "grade"}:
        return "rating"
    if kind_word == "integer" and (some & {"count", "quantity", "number", "total"} or low.startswith("number of")):
        return "count"
    if some & {"limit", "offset", "page", "skip"} or words in (("per", "page"), ("size",)):
        return "count"
    if (some & _MONEY and not some & _NOT_MONEY and not unit) or re.search(
        r"\b(price|amount of money|in the \w+ currency)\b", low
    ):
        return "money"
    if some & {"distance", "radius"} or unit in ("km", "metres", "miles"):
        return "distance"
    if unit in ("minutes", "seconds", "hours", "days", "nights", "ms", "months", "weeks", "years") or some & {
        "duration"
    }:
        return "duration"
    return "count" if kind_word == "integer" else "number"
