"""Short codes that stand for names people say: currencies, countries, languages, airports, places.

Small tables of common ones: they let a value such as ``USD`` count as derived from "dollars". A code that is missing
here is never held against a dialogue, because short codes are not distinctive.
"""

from collections.abc import Iterator
from functools import lru_cache

from toolflow_graph.verification.reading.wording import normalise

# A code and the names it may stand for. Kept as text, so that a page shows them all.
_CURRENCIES = """
USD dollar/dollars/us dollar/bucks/united states/usa/american
EUR euro/euros/germany/france/spain/italy/netherlands/portugal/ireland/austria
GBP pound/pounds/sterling/uk/united kingdom/british/quid | JPY yen/japan/japanese | CHF franc/francs/swiss
CAD canadian/canada | AUD australian/australia | CNY yuan/renminbi/rmb/china | INR rupee/rupees/india
MXN mexican/mexico/peso/pesos | BRL real/reais/brazil | SEK krona/kronor/sweden | NOK krone/kroner/norway
DKK krone/kroner/denmark | PLN zloty/poland | CZK koruna/czech | HUF forint/hungary | TRY lira/turkey
KRW won/korea | SGD singapore | HKD hong kong | NZD new zealand | ZAR rand/south africa | THB baht/thailand
AED dirham/dirhams/dubai/emirates | ILS shekel/israel
"""
_COUNTRIES = """
US usa/united states/america/american/new york/chicago/denver/boston/seattle/austin/miami
GB uk/united kingdom/britain/british/england/scotland/wales/london
DE germany/german/berlin/munich/hamburg | FR france/french/paris/lyon | ES spain/spanish/madrid/barcelona
IT italy/italian/rome/milan | PT portugal/portuguese/lisbon/porto | NL netherlands/dutch/holland/amsterdam
BE belgium/belgian/brussels | AT austria/austrian/vienna | CH switzerland/swiss/zurich/geneva
SE sweden/swedish/stockholm | NO norway/norwegian/oslo | DK denmark/danish/copenhagen | FI finland/finnish/helsinki
IE ireland/irish/dublin | PL poland/polish/warsaw/krakow | CZ czech/czechia/prague | HU hungary/hungarian/budapest
GR greece/greek/athens | TR turkey/turkish/istanbul | RU russia/russian/moscow | UA ukraine/ukrainian/kyiv
JP japan/japanese/tokyo/osaka/kyoto | CN china/chinese/beijing/shanghai | KR korea/korean/seoul
IN india/indian/delhi/mumbai/bangalore | SG singapore | TH thailand/thai/bangkok | VN vietnam/vietnamese/hanoi
ID indonesia/indonesian/jakarta/bali | MY malaysia/malaysian | PH philippines/manila
AU australia/australian/sydney/melbourne | NZ new zealand/auckland | CA canada/canadian/toronto/vancouver/montreal
MX mexico/mexican | BR brazil/brazilian/rio | AR argentina/buenos aires | CL chile/santiago | CO colombia/bogota
PE peru/lima | ZA south africa/cape town | EG egypt/cairo | MA morocco/marrakesh | KE kenya/nairobi
NG nigeria/lagos | AE emirates/dubai | IL israel/tel aviv | SA saudi
"""
_LANGUAGES = """
en english | de german/deutsch | fr french | es spanish | it italian | pt portuguese | nl dutch | sv swedish
no norwegian | da danish | fi finnish | pl polish | cs czech | hu hungarian | el greek | tr turkish | ru russian
uk ukrainian | ja japanese | zh chinese/mandarin | ko korean | hi hindi | th thai | vi vietnamese | id indonesian
ar arabic | he hebrew | ro romanian
"""
_AIRPORTS = """
JFK new york/nyc | LGA new york/nyc | EWR new york/newark | NYC new york | LAX los angeles/la | SFO san francisco
SEA seattle | BOS boston | ORD chicago | MDW chicago | CHI chicago | DEN denver | MIA miami | ATL atlanta
DFW dallas | IAH houston | PHX phoenix | PHL philadelphia | MSP minneapolis | DTW detroit | LAS las vegas/vegas
MCO orlando | CLT charlotte | DCA washington/dc | IAD washington/dc | AUS austin | PDX portland | SAN san diego
LHR london | LGW london | STN london | LON london | CDG paris | ORY paris | PAR paris | BER berlin | MUC munich
FRA frankfurt | HAM hamburg | DUS dusseldorf | AMS amsterdam | BRU brussels | MAD madrid | BCN barcelona
LIS lisbon | OPO porto | FCO rome | ROM rome | MXP milan | LIN milan | VIE vienna | ZRH zurich | GVA geneva
CPH copenhagen | ARN stockholm | OSL oslo | HEL helsinki | DUB dublin | WAW warsaw | KRK krakow | PRG prague
BUD budapest | ATH athens | IST istanbul | DXB dubai | DOH doha | CAI cairo | NRT tokyo | HND tokyo | TYO tokyo
KIX osaka | ICN seoul | PEK beijing | PVG shanghai | HKG hong kong | SIN singapore | BKK bangkok | DEL delhi
BOM mumbai | SYD sydney | MEL melbourne | AKL auckland | YYZ toronto | YVR vancouver | YUL montreal
MEX mexico city | GRU sao paulo | EZE buenos aires | BOG bogota | SCL santiago | JNB johannesburg | CPT cape town
NBO nairobi
"""
_PLACES = """
new york city=nyc/new york | new york=nyc/ny | los angeles=la | san francisco=sf/bay area | washington=dc/d c
washington dc=dc/d c | united states=us/usa/america | united kingdom=uk/britain | united arab emirates=uae
las vegas=vegas | philadelphia=philly
"""


@lru_cache(maxsize=1)
def _table() -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for block, mark in ((_CURRENCIES, " "), (_COUNTRIES, " "), (_LANGUAGES, " "), (_AIRPORTS, " "), (_PLACES, "=")):
        for entry in block.strip().replace("\n", "|").split("|"):
            code, _, names = entry.strip().partition(mark)
            table.setdefault(code, []).extend(names.split("/"))
    return {code: tuple(normalise(name) for name in names) for code, names in table.items()}


def names_of(code: str) -> Iterator[str]:
    """Normalised names a code may stand for; alternative names of a place for the place itself."""
    table = _table()
    yield from table.get(code, ())
    if not code.isupper():
        yield from table.get(code.casefold(), ())
