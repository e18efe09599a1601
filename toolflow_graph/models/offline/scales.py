"""How big numbers plausibly are: by the words of their field and, for money, by what the tool is about."""

import re
from functools import lru_cache

_TABLE: tuple[tuple[str, str, tuple[float, float]], ...] = (
    ("id", r"\bphone|telephone|msisdn", (34_600_100_000, 34_699_900_000)),
    # (kinds, words in name and description, span); the first row that fits wins.
    ("duration", r"\b(walk|stroll)", (3, 18)),
    ("duration", r"\bdelay", (5, 45)),
    ("duration", r"added|extra driving", (3, 18)),
    ("duration", r"\b(wait|minutes left|until the food|relock|before the door)", (5, 30)),
    ("duration", r"until the target", (10, 45)),
    ("duration", r"burn", (20, 60)),
    ("duration", r"quiz", (15, 40)),
    ("duration", r"length of the track|track in seconds|duration.seconds", (152, 288)),
    ("duration", r"reading time", (35, 90)),
    ("duration", r"blend|transition", (2, 12)),
    ("duration", r"two data points|resolution", (30, 60)),
    ("duration", r"before .*event|reminder|minutes.before", (10, 60)),
    ("duration", r"cleaning", (35, 85)),
    ("duration", r"music heard|artist was heard|listened|minutes.played", (140, 2600)),
    ("duration", r"play by the player|on.field", (640, 2700)),
    ("duration", r"playing time|playlist.minutes", (62, 340)),
    ("duration", r"lookback|override", (60, 240)),
    ("duration", r"session|tutoring", (45, 90)),
    ("duration", r"visible|sharing", (30, 120)),
    ("duration", r"daylight|sunrise and sunset", (8.2, 15.6)),
    ("duration", r"sunshine", (1, 10)),
    ("duration", r"study time of the unit", (2, 9)),
    ("duration", r"expected study time|total.hours", (18, 70)),
    ("duration", r"visa|stay allowed", (30, 90)),
    ("duration", r"months of passport", (3, 6)),
    ("duration", r"days off granted|granted for the year|entitled", (24, 30)),
    ("duration", r"used.days|already taken", (3, 12)),
    ("duration", r"oldest incident", (3, 40)),
    ("count number duration", r"bytes|file size", (48_000, 4_600_000)),
    ("count number distance", r"megabyte|_mb\b", (180, 6400)),
    ("count number", r"listeners|followers|follower", (18_000, 940_000)),
    ("count number", r"users who follow|supporters", (4_200, 96_000)),
    ("count number", r"word_count|number of words|length of the summary in words|word.target", (120, 900)),
    ("count number", r"spectators|venue holds|stadium", (9_000, 62_000)),
    ("count number", r"traded today|day.volume", (420_000, 6_800_000)),
    ("count number", r"folder.size|emails kept", (120, 2400)),
    ("count number", r"number of times the track was played|play_count", (14, 160)),
    ("count number", r"loyalty points|bonus points", (50, 400)),
    ("count number", r"articles on the trending|article.volume", (120, 1800)),
    ("count number", r"free parking spaces|free.spaces", (8, 140)),
    ("count number", r"league points", (18, 62)),
    ("count number", r"league matches played|matches.played|appearances", (14, 30)),
    ("count number", r"points? the player scored|points.scored", (2, 18)),
    ("rating count number", r"points or goals|home_score|away_score", (0, 4)),
    ("count number", r"goals or points scored minus|goal.difference", (-14, 26)),
    ("count number", r"match minute", (6, 88)),
    ("count number", r"most points|max.points", (20, 100)),
    ("count number", r"points the quiz", (1, 5)),
    ("count number", r"points.awarded", (14, 20)),
    ("count number rating", r"air quality index", (12, 68)),
    ("count number year money", r"year the building", (1931, 2016)),
    ("count number", r"bedrooms", (1, 4)),
    ("count number", r"number of nights", (2, 6)),
    ("count number", r"ultraviolet index", (3, 8)),
    ("count number", r"sun protection factor|spf", (30, 50)),
    ("count number", r"fine dust|pm2\.5", (4, 22)),
    ("count number", r"ozone", (32, 88)),
    ("count number", r"street noise|decibel", (46, 68)),
    ("count number", r"wave height", (0.4, 2.6)),
    ("count number", r"rainfall", (0, 6)),
    ("count number", r"wind|gust", (6, 42)),
    ("count number", r"square metres|living area|m²", (38, 160)),
    ("count number percent rating", r"saturation", (95, 99)),
    ("count number", r"heart.rate|beats per minute.*heart", (58, 92)),
    ("count number", r"systolic", (108, 136)),
    ("count number", r"diastolic", (66, 86)),
    ("temperature", r"deviation|departure from", (-3.4, 3.8)),
    ("temperature", r"body", (36.4, 38.4)),
    ("temperature", r"room|thermostat|target", (18, 22)),
    ("temperature", r"water temperature", (12, 21)),
    ("percent", r"commission", (2, 6)),
    ("percent", r"failed|failure|error", (1, 9)),
    ("percent", r"text overlap|similarity", (2, 18)),
    ("percent", r"canary", (5, 25)),
    ("percent", r"loan as share", (55, 85)),
    ("ratio money", r"offer divided|offer.ratio", (0.88, 1.04)),
    ("number", r"offer divided|offer.ratio", (0.88, 1.04)),
    ("ratio number rating", r"from 0 to 1\b|0 to 1\b", (0.58, 0.96)),
    ("distance", r"radius.*(km|kilometres)", (2, 10)),
    ("distance", r"radius.*metres|radius_m\b", (400, 1200)),
    ("distance", r"courier", (0.4, 4)),
    ("distance", r"airport", (7, 64)),
    ("distance", r"pharmacy|shop|store|clinic", (0.3, 4.5)),
    ("distance", r"in metres", (80, 900)),
    ("distance", r"driving route|route.distance", (6, 48)),
    ("distance", r"length of the way", (1, 9)),
    ("money", r"toll", (2, 19)),
    ("money", r"rental price", (38, 240)),
    ("money", r"monthly.income|income per month", (2400, 5200)),
    ("money", r"security deposit", (900, 2600)),
    ("money", r"price per square metre|price_per_m2", (2400, 6800)),
    ("money", r"portfolio|net.worth|sum of all balances", (8_200, 64_000)),
    ("money", r"annual gross salary|salary", (36_000, 82_000)),
    ("money", r"tax.withheld|income tax", (620, 1400)),
    ("money", r"net.pay", (2100, 3400)),
    ("money", r"gross", (3400, 5200)),
    ("money", r"own funds|down.payment", (40_000, 120_000)),
    ("money", r"listing.fee", (29, 120)),
    ("money", r"incoming payments|money.in", (1900, 4200)),
    ("money", r"outgoing payments|money.out|spent", (480, 1900)),
    ("money", r"parking", (4, 28)),
    ("money", r"delivery|shipping", (2, 9)),
    ("money", r"fare of the transit|fare.price", (2, 7)),
    ("money", r"price per share|traded price", (38, 310)),
    ("money", r"tip\b", (2, 6)),
    ("money", r"hourly", (22, 60)),
    ("money", r"deposit per guest|seat.deposit", (5, 20)),
    ("money", r"extra.fee|late|penalty|cancellation fee|airline.fee", (15, 60)),
    ("money", r"discount", (4, 30)),
    ("money", r"price change against|price.difference", (12, 90)),
)  # fmt: skip
_GENERAL: tuple[tuple[str, tuple[float, float]], ...] = (
    # For numbers of any API: words of the field's own name, the narrower ones first.
    (r"ratio", (0.12, 0.94)), (r"\bwidth\b", (320, 1920)), (r"\bheight\b", (240, 1080)), (r"bit ?rate", (96, 320)),
    (r"revenue|profit|ebitda|income|expenses?|assets|liabilities|equity|cash ?flow|debt|cost of", (12_000, 980_000)),
    (r"\bshares?\b|\bfloat\b|shs", (1_200_000, 48_000_000)), (r"market ?cap", (240_000_000, 9_800_000_000)),
    (r"\bvolume\b", (42_000, 6_800_000)), (r"population", (12_000, 2_400_000)),
    (r"views?|plays?|listeners?|streams|followers?|subscribers?", (1_200, 480_000)),
    (r"likes?|downloads?|retweets|reposts|upvotes", (14, 4_800)), (r"\btempo\b|\bbpm\b", (72, 148)),
    (r"\b(?:rank|position|place)\b", (1, 40)), (r"\b(?:file ?size|bytes|content ?length)\b", (48_000, 4_600_000)),
    (r"\bcalories|\bkcal\b|energy", (90, 680)), (r"\b(?:protein|fat|carb\w*|fiber|fibre|sugars?)\b", (1, 42)),
    (r"\b(?:open|close|high|low|last|bid|ask)\b", (24, 310)), (r"\beps\b|epsdiluted", (0.4, 9.6)),
)  # fmt: skip
_AMOUNTS: tuple[tuple[str, tuple[float, float]], ...] = (
    (r"late checkout", (15, 45)), (r"prescription|pharmacy|refill", (6, 38)),
    (r"doctor|medical|appointment", (35, 110)),
    (r"food delivery|room service", (16, 58)), (r"table|restaurant", (10, 40)), (r"tutor", (24, 70)),
    (r"concert", (28, 95)), (r"match ticket", (24, 130)), (r"course|enrol", (29, 190)), (r"train", (24, 140)),
    (r"flight", (85, 460)), (r"hotel|stay", (180, 720)), (r"energy", (28, 96)), (r"replica", (0.4, 3.2)),
    (r"payslip", (2100, 3400)), (r"shop|order|cart", (24, 190)), (r"spending|budget", (120, 600)),
    (r"transaction", (8, 140)), (r"transfer", (40, 600)), (r"convert", (100, 900)),
    (r"trade|stock", (240, 4200)), (r"expense", (18, 240)), (r"bill", (24, 160)),
)  # fmt: skip


@lru_cache(maxsize=8192)
def span_of(kind: str, text: str) -> tuple[float, float] | None:
    """The usual range of a number of this kind whose name and description (lower case) are ``text``."""
    for kinds, words, span in _TABLE:
        if (kind in kinds or (kinds == "duration" and kind in ("count", "number"))) and re.search(words, text):
            return span
    return None


@lru_cache(maxsize=4096)
def usual_span(name: str) -> tuple[float, float] | None:
    """The usual range of a number of this name (its words, lower case), whatever API it comes from."""
    return next((span for words, span in _GENERAL if re.search(words, name)), None)


@lru_cache(maxsize=2048)
def amount_span(about: str) -> tuple[float, float] | None:
    """The usual range of a plain "amount", by what the tool does."""
    for words, span in _AMOUNTS:
        if re.search(words, about):
            return span
    return None
