"""The cast of a dialogue: who asks, the places, the days. One draw a dialogue, shared by fields of the same meaning."""

import datetime
import random
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from toolflow_graph.models.offline.saying import parse_now
from toolflow_graph.randomness import derive_rng


@dataclass(frozen=True, slots=True)
class Place:
    """A city with what goes with it."""

    city: str
    country: str
    country_code: str
    latitude: float
    longitude: float
    timezone: str
    currency: str
    language: str
    airport: str
    dial: str
    streets: tuple[str, ...]
    postcode: str
    region: str


def _p(row: str) -> Place:
    parts = [part.strip() for part in row.split("|")]
    city, country, code, lat, lon, zone, money, lang, airport, dial, streets, postcode, region = parts
    return Place(city, country, code, float(lat), float(lon), zone, money, lang, airport, dial,
                 tuple(street.strip() for street in streets.split(";")), postcode, region)  # fmt: skip


PLACES = tuple(
    _p(row)
    for row in """
Lisbon|Portugal|PT|38.7223|-9.1393|Europe/Lisbon|EUR|pt|LIS|+351 21|Rua Augusta; Avenida da Liberdade; Rua do Carmo|1100-053|Lisboa
Porto|Portugal|PT|41.1496|-8.6109|Europe/Lisbon|EUR|pt|OPO|+351 22|Rua das Flores; Rua de Cedofeita; Avenida da Boavista|4050-262|Norte
Madrid|Spain|ES|40.4168|-3.7038|Europe/Madrid|EUR|es|MAD|+34 91|Calle de Alcalá; Gran Vía; Calle de Serrano|28014|Madrid
Seville|Spain|ES|37.3891|-5.9845|Europe/Madrid|EUR|es|SVQ|+34 95|Calle Sierpes; Calle Betis; Avenida de la Constitución|41004|Andalusia
Lyon|France|FR|45.7640|4.8357|Europe/Paris|EUR|fr|LYS|+33 4|Rue Mercière; Rue de la République; Quai Saint-Antoine|69002|Auvergne-Rhône-Alpes
Nantes|France|FR|47.2184|-1.5536|Europe/Paris|EUR|fr|NTE|+33 2|Rue Crébillon; Quai de la Fosse; Rue de Strasbourg|44000|Pays de la Loire
Berlin|Germany|DE|52.5200|13.4050|Europe/Berlin|EUR|de|BER|+49 30|Torstrasse; Kantstrasse; Bergmannstrasse|10115|Berlin
Hamburg|Germany|DE|53.5511|9.9937|Europe/Berlin|EUR|de|HAM|+49 40|Lange Reihe; Jungfernstieg; Eppendorfer Weg|20099|Hamburg
Vienna|Austria|AT|48.2082|16.3738|Europe/Vienna|EUR|de|VIE|+43 1|Mariahilfer Strasse; Landstrasse; Praterstrasse|1060|Vienna
Rome|Italy|IT|41.9028|12.4964|Europe/Rome|EUR|it|FCO|+39 06|Via del Corso; Via Nazionale; Via Cavour|00184|Lazio
Bologna|Italy|IT|44.4949|11.3426|Europe/Rome|EUR|it|BLQ|+39 051|Via Rizzoli; Via Zamboni; Via Santo Stefano|40126|Emilia-Romagna
Amsterdam|Netherlands|NL|52.3676|4.9041|Europe/Amsterdam|EUR|nl|AMS|+31 20|Prinsengracht; Overtoom; Haarlemmerdijk|1013 AA|North Holland
Copenhagen|Denmark|DK|55.6761|12.5683|Europe/Copenhagen|DKK|da|CPH|+45 33|Vesterbrogade; Nørrebrogade; Istedgade|1620|Capital Region
Stockholm|Sweden|SE|59.3293|18.0686|Europe/Stockholm|SEK|sv|ARN|+46 8|Götgatan; Sveavägen; Hornsgatan|118 46|Stockholm County
Oslo|Norway|NO|59.9139|10.7522|Europe/Oslo|NOK|no|OSL|+47 22|Karl Johans gate; Markveien; Bogstadveien|0159|Oslo
Warsaw|Poland|PL|52.2297|21.0122|Europe/Warsaw|PLN|pl|WAW|+48 22|Nowy Świat; Marszałkowska; Mokotowska|00-042|Masovia
Prague|Czechia|CZ|50.0755|14.4378|Europe/Prague|CZK|cs|PRG|+420 2|Vinohradská; Národní; Korunní|120 00|Prague
Dublin|Ireland|IE|53.3498|-6.2603|Europe/Dublin|EUR|en|DUB|+353 1|Camden Street; Parnell Street; Baggot Street|D02 X285|Leinster
Edinburgh|United Kingdom|GB|55.9533|-3.1883|Europe/London|GBP|en|EDI|+44 131|Shandwick Place; Leith Walk; Broughton Street|EH2 4RN|Scotland
Manchester|United Kingdom|GB|53.4808|-2.2426|Europe/London|GBP|en|MAN|+44 161|Deansgate; Oldham Street; Portland Street|M1 1JN|England
Boston|United States|US|42.3601|-71.0589|America/New_York|USD|en|BOS|+1 617|Newbury Street; Boylston Street; Tremont Street|02116|Massachusetts
Chicago|United States|US|41.8781|-87.6298|America/Chicago|USD|en|ORD|+1 312|Halsted Street; Clark Street; Wabash Avenue|60614|Illinois
Denver|United States|US|39.7392|-104.9903|America/Denver|USD|en|DEN|+1 303|Larimer Street; Colfax Avenue; Pearl Street|80205|Colorado
Seattle|United States|US|47.6062|-122.3321|America/Los_Angeles|USD|en|SEA|+1 206|Pike Street; Madison Street; Westlake Avenue|98101|Washington
Toronto|Canada|CA|43.6532|-79.3832|America/Toronto|CAD|en|YYZ|+1 416|Queen Street West; Bloor Street; Dundas Street|M5V 2A8|Ontario
Montreal|Canada|CA|45.5019|-73.5674|America/Toronto|CAD|fr|YUL|+1 514|Rue Saint-Denis; Rue Sherbrooke; Boulevard Saint-Laurent|H2X 3K8|Quebec
Bogota|Colombia|CO|4.7110|-74.0721|America/Bogota|COP|es|BOG|+57 1|Carrera Séptima; Calle 85; Avenida Chile|110221|Bogota
Osaka|Japan|JP|34.6937|135.5023|Asia/Tokyo|JPY|ja|KIX|+81 6|Midosuji; Sakaisuji; Nagahori-dori|542-0081|Kansai
Kyoto|Japan|JP|35.0116|135.7681|Asia/Tokyo|JPY|ja|KIX|+81 75|Kawaramachi-dori; Shijo-dori; Karasuma-dori|600-8001|Kansai
Busan|South Korea|KR|35.1796|129.0756|Asia/Seoul|KRW|ko|PUS|+82 51|Haeundae-ro; Gwangan-ro; Jungang-daero|48094|Busan
Melbourne|Australia|AU|-37.8136|144.9631|Australia/Melbourne|AUD|en|MEL|+61 3|Lygon Street; Brunswick Street; Collins Street|3000|Victoria
Cape Town|South Africa|ZA|-33.9249|18.4241|Africa/Johannesburg|ZAR|en|CPT|+27 21|Long Street; Kloof Street; Bree Street|8001|Western Cape
""".strip().splitlines()
)
_FIRST = """
Amara Jonas Beatriz Callum Inês Tomasz Hana Declan Sofia Marcus Aiko Lena Oluwaseun Priya Mateo Freya Nadia
Elias Chiara Rohan Maya Viktor Leila Samuel Greta Kenji Zainab Hugo Clara Idris Noor Felix Paula Anders Mei
Gabriel Ruth Stefan Carmen Owen
"""
FIRST = _FIRST.split()
_LAST = """
Okafor Lindqvist Salgado Reid Carvalho Wilk Yoshida Murphy Lindgren Bell Yamada Hartmann Adeyemi Nair Rojas
Holm Haddad Novak Ricci Mehta Fournier Petrov Karimi Brandt Keller Tanaka Bello Moreau Jensen Osman Aziz Weber
Ortega Nilsson Chen Costa Fischer Dimitrov Vega Hughes
"""
LAST = _LAST.split()
MAIL_HOSTS = (
    "maplepost.net",
    "lindenmail.org",
    "harborinbox.com",
    "northquay.net",
    "fernmail.org",
    "brightcourier.net",
)
COMPANIES = ("Northgate Energy", "Brightside Print", "Thames Fibre", "Alder & Finch", "Bluebridge Logistics", "Solveig Design",
             "Castellan Foods", "Riverstone Partners", "Halden Robotics", "Marlow Textiles", "Quillon Software", "Orsted Glass",
             "Palmera Hotels", "Kestrel Air", "Vantage Rail", "Juniper Health")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cast:
    """What the fields of one dialogue share."""

    place: Place
    origin: Place
    people: tuple[str, ...]
    mails: tuple[str, ...]
    now: datetime.datetime
    day: datetime.date
    past_day: datetime.date
    hour: int
    nights: int
    date_style: int


def mail_for(name: str, rng: random.Random) -> str:
    """An address for a person."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().split()
    if not plain:
        plain = ["office"]
    first, last = plain[0], plain[-1]
    return f"{rng.choice((f'{first}.{last}', f'{first[0]}.{last}', f'{first}{last[:1]}'))}@{rng.choice(MAIL_HOSTS)}"


@lru_cache(maxsize=512)
def build_cast(random_seed: int, now: str) -> Cast:
    """The cast of the dialogue with this seed."""
    rng = derive_rng(random_seed, "offline", "cast")
    moment = parse_now(now)
    place = rng.choice(PLACES)
    # A train or a short flight must be able to get there.
    near = [
        p for p in PLACES if p.timezone.split("/")[0] == place.timezone.split("/")[0] and p.airport != place.airport
    ]
    origin = rng.choice(near or [p for p in PLACES if p.airport != place.airport])
    firsts, lasts = rng.sample(FIRST, 8), rng.sample(LAST, 8)
    people = tuple(f"{first} {last}" for first, last in zip(firsts, lasts, strict=True))
    return Cast(
        place=place,
        origin=origin,
        people=people,
        mails=tuple(mail_for(name, rng) for name in people),
        now=moment,
        day=moment.date() + datetime.timedelta(days=rng.randint(2, 26)),
        past_day=moment.date() - datetime.timedelta(days=rng.randint(20, 60)),
        hour=rng.randint(8, 18),
        nights=rng.randint(2, 5),
        date_style=rng.choice((0, 0, 0, 1)),
    )


def place_for(cast: Cast, text: str) -> Place:
    """The place that a field with these words (lower case) means: where somebody comes from, or where they go."""
    away = re.search(r"origin|depart|leaves|from_|pick.?up|nationality|passport|source|home|base", text)
    return cast.origin if away and not re.search(r"target|into|arriv|destination", text) else cast.place
