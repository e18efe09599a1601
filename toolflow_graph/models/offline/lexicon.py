"""Plausible words for fields whose name says what they hold: songs, films, selectors, branches, medicines, ..."""

import re
from functools import lru_cache

from toolflow_graph.models.offline import pools
from toolflow_graph.models.offline.world import COMPANIES, FIRST, LAST, PLACES

_SONGS = (
    "Paper Lanterns",
    "Slow Tide",
    "Northbound",
    "Glass Garden",
    "Second Sunrise",
    "Copper Rain",
    "Half Past Blue",
)
_ARTISTS = ("Marlow Quartet", "The Tin Harbours", "Ines Calder", "Ochre Street", "Violet Arcade", "Tomas Wren")
_FILMS = ("The Quiet Harbour", "Winter Orchard", "A Map of Rain", "The Last Ferry", "Salt and Stone", "City of Swifts")
_SHOWS = ("Harbour Lights", "Case Fourteen", "The Allotment", "Northern Line", "Kitchen Table")
_BOOKS = ("The Salt Path Home", "A Year of Rivers", "The Cartographer's Niece", "Small Hours", "The Orchard Keeper")
_GAMES = ("Lantern Quest", "Skyline Rally", "Tidefall", "Hollow Peaks", "Circuit Garden")
_TEAMS = ("Riverside United", "North Bay Mariners", "Eastgate Rovers", "Hillcrest Athletic", "Union Harbour")
_LEAGUES = ("Premier Division", "Northern League", "Harbour Cup", "National Series")
_MEDICINES = ("ibuprofen", "amoxicillin", "metformin", "cetirizine", "atorvastatin")
_ILLNESSES = ("hay fever", "migraine", "type 2 diabetes", "asthma", "high blood pressure")
_GENES = ("BRCA1", "TP53", "EGFR", "CFTR")
_DISHES = ("mushroom risotto", "lentil soup", "lemon chicken", "vegetable curry", "spinach ravioli")
_FOODSTUFFS = ("tomatoes", "chickpeas", "spinach", "brown rice", "garlic")
_DRINKS = ("cold brew", "ginger lemonade", "espresso tonic", "mint tea")
_EXERCISES = ("push-ups", "squats", "plank", "lunges", "rowing")
_MUSCLES = ("biceps", "quadriceps", "hamstrings", "glutes", "triceps")
_ANIMALS = ("border collie", "red fox", "barn owl", "harbour seal", "tabby cat")
_PLANTS = ("lavender", "silver birch", "wild garlic", "olive tree")
_BRANDS = ("Alderline", "Northpeak", "Brightside", "Kestrel", "Solveig")
_PRODUCTS = ("trail running shoes", "wool blanket", "desk lamp", "water bottle", "noise-cancelling headphones")
_CARS = ("Renault Clio", "Toyota Yaris", "Volvo V60", "Skoda Octavia", "Ford Focus")
_MAKERS = ("Renault", "Toyota", "Volvo", "Skoda", "Ford")
_PHONES = ("Pixel 8", "Galaxy S23", "iPhone 14", "Xperia 5")
_COINS = ("bitcoin", "ethereum", "solana", "cardano", "litecoin")
_STOCKS = ("NASDAQ", "NYSE", "Xetra", "Euronext")
_INDUSTRIES = ("renewable energy", "logistics", "health care", "retail", "software")
_JOBS = ("data analyst", "nurse", "civil engineer", "product designer", "electrician")
_SKILLS = ("project planning", "Python", "negotiation", "technical writing", "first aid")
_LANGUAGES = ("English", "Spanish", "French", "German", "Portuguese", "Italian")
_PROGRAMMING = ("Python", "TypeScript", "Go", "Rust", "Java")
_WORDS = ("serendipity", "resilient", "harbour", "lantern", "meticulous")
_RELIGIOUS = ("Genesis", "Psalms", "Proverbs", "Matthew")
_PLANETS = ("Mars", "Jupiter", "Saturn", "Venus")
_SIGNS = ("Taurus", "Leo", "Libra", "Aquarius", "Gemini")
_EMOTIONS = ("calm", "joyful", "curious", "hopeful")
_GENDERS = ("female", "male")
_HOLIDAYS = ("Labour Day", "Easter Monday", "Christmas Day", "New Year's Day")
_SPORTS = ("football", "tennis", "basketball", "swimming", "cycling")
_GENRES = ("drama", "jazz", "mystery", "documentary", "folk")
_CUISINES = ("Italian", "Thai", "Mexican", "Lebanese", "Japanese")
_SELECTORS = ("#search-box", "button.submit", "#email-field", "#main-content", "a.next-page", ".product-card")
_SCRIPTS = ("document.title", "window.scrollTo(0, 400)", "document.querySelectorAll('a').length")
_SQL = ("SELECT name, city FROM customers LIMIT 10", "SELECT COUNT(*) FROM orders WHERE status = 'open'")
_CODE = ("print('hello, world')", "print(sum(range(1, 11)))")
_SUMS = ("12 * (7 + 5)", "(48 - 6) / 3", "2.5 * 18 + 4")
_GLOBS = ("*.md", "*.csv", "report-*", "*.log")
_BRANCHES = ("main", "develop", "feature/checkout-page", "fix/login-redirect", "release/2.4")
_COMMITS = ("9f3c1ae", "4b7d20c", "c81e5f2", "17aa9d4")
_REPOSITORIES = ("northquay/billing-api", "lindenpress/site", "fieldnotes/mobile-app")
_PACKAGES = ("requests", "lodash", "express", "pandas", "react")
_DEPENDENCIES = ("org.apache.commons:commons-lang3", "com.google.guava:guava", "org.slf4j:slf4j-api")
_COMPONENTS = ("button", "card", "dialog", "table", "accordion")
_ICONS = ("calendar", "bell", "user-circle", "map-pin", "shopping-cart")
_FORMATS = ("json", "csv", "pdf", "png", "mp3")
_MIMES = ("application/json", "image/png", "text/csv", "application/pdf")
_QUALITIES = ("720p", "1080p", "480p", "360p")
_RESOLUTIONS = ("1920x1080", "1280x720", "640x480")
_DEVICES = ("iPhone 13", "Pixel 5", "iPad Pro 11", "Galaxy S9+")
_BROWSERS = ("Firefox", "Chrome", "Safari", "Edge")
_MODELS = ("base model", "small model", "large model")
_MODES = ("standard", "detailed", "compact")
_SIZES = ("small", "medium", "large")
_LEVELS = ("beginner", "intermediate", "advanced")
_DIRECTIONS = ("north", "south", "east", "west")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = ("January", "March", "May", "September", "November")
_SEASONS = ("spring", "summer", "autumn", "winter")
_PERIODS = ("last week", "last month", "this year")
_INTERVALS = ("daily", "weekly", "monthly")
_UNITS = ("kilograms", "kilometres", "litres", "degrees Celsius")
_LYRICS = ("The harbour lights are low tonight, and I am on my way.", "Hold the lantern, count the stairs.")
_JOKES = ("Why did the bicycle fall over? It was two-tired.", "I told my plants a joke, and now they are rooted.")
_QUOTES = ("Small steps, taken daily, go a long way.", "What is written down is half done.")
_FACTS = ("Honey keeps for years without spoiling.", "Octopuses have three hearts.")
_DEFINITIONS = ("a place on the coast where ships may shelter", "finding something good without looking for it")
_TRANSLATIONS = (
    "Good morning to all of you.",
    "The nearest station is round the corner.",
    "The meeting starts at nine.",
)
_TEXTS = (
    "The delivery arrived early and everything was packed well.",
    "We met at the station and walked along the river.",
)
_HTML = ("<h1>Spring programme</h1><p>Doors open at seven.</p>", "<p>The new timetable starts on Monday.</p>")
_REVIEWS = ("Friendly staff and quick delivery.", "Good value, but the manual could be clearer.")
_HASHTAGS = ("#citywalk", "#weekendbaking", "#trailrunning")
_KEYWORDS = ("solar panels", "hiking boots", "sourdough baking", "electric bikes", "city gardens")
_CLAUSES = ("The tenant pays the rent by the third working day of each month.",)
_AGENTS = ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",)
_CHANNELS = ("general", "product-news", "support", "design-review")
_REACTIONS = ("thumbsup", "tada", "eyes")
_TAXA = ("Vulpes vulpes", "Quercus robur", "Tyto alba")
_ELEMENTS = ("oxygen", "copper", "carbon", "helium")
_HTTP = ("GET", "POST")
_ENDPOINTS = ("/orders", "/customers", "/reports/daily")
_HASHES = ("5f2b8c1d9e7a4b60", "a9c4d17e03b58f26")
_TOPICS = ("climate", "local elections", "space travel", "public transport")
_SOURCES = ("Harbour Times", "The Meridian Post", "Northern Wire")
_AVATARS = ("https://www.northquay.net/images/avatar-3.png",)
_SCHOOLS = ("Riverside College", "Northgate School", "Harbour University")
_HOSPITALS = ("St. Anne's Hospital", "Riverside Clinic", "Northgate Medical Centre")
_HOTELS = ("Hotel Miramar", "The Old Mill Inn", "Harbour View Hotel", "Garden Court")
_RESTAURANTS = ("The Copper Ladle", "Casa Verde", "Saffron House", "The Corner Table")
_MUSEUMS = ("Harbour Museum", "City Gallery", "Museum of Glass")
_STATIONS = ("Central Station", "Riverside", "North Gate", "Market Square")
_BEACHES = ("Long Sands", "Shell Bay", "Pier Beach")
_AIRLINES = ("Kestrel Air", "Northern Airways", "Blue Coast Airlines")
_BANKS = ("Harbour Bank", "Northgate Savings", "Linden Credit Union")

_DEPARTMENTS = ("Sales", "Operations", "Research", "Customer Care")
_CATEGORIES = ("Garden", "Kitchen", "Outdoor", "Books", "Electronics")
_HEADLINES = ("City opens new riverside park", "What the new rail timetable means", "Small firms plan to hire again",
              "Library hours to be extended")  # fmt: skip
_PARKING = ("Central Garage", "Harbour Car Park", "Station Parking", "Mill Lane Car Park")
_PLACES = ("Old Town Square", "Riverside Park", "Harbour Museum", "Botanical Garden", "Market Hall")
_STUDIES = ("Sleep quality in shift workers", "Walking and blood pressure", "Early treatment of migraine")
_PEOPLE = tuple(f"{first} {last}" for first, last in zip(FIRST[::3], LAST[::3], strict=False))
_CITIES = tuple(place.city for place in PLACES)
_COUNTRIES = tuple(dict.fromkeys(place.country for place in PLACES))
_EVENTS = ("Harbour Night Run", "Spring Book Fair", "Open Studio Day", "Riverside Concert")
_COURSES = ("Introduction to statistics", "Spanish for beginners", "Web design basics")
_PODCASTS = ("Slow Mornings", "The Daily Ledger", "Two Cups of Tea", "Northbound")
_PLAYLISTS = ("Sunday Kitchen", "Focus Hours", "Road North", "Rainy Evenings")
_CHANGES = ("Fix the date in the footer", "Add a search field", "Update the dependencies", "Shorten the welcome text")

# (words in a field's name, its values); the first row that fits wins, so the narrower ones come first.
_TABLE: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"css selector|xpath|(?:iframe |element |source |target )?selector|locator", _SELECTORS),
    (r"java ?script|js|evaluate|script", _SCRIPTS), (r"sql", _SQL), (r"code|source code|program", _CODE),
    (r"math|formula|equation|calculation", _SUMS), (r"glob|file pattern|regex|pattern", _GLOBS),
    (r"branch(?: name)?", _BRANCHES), (r"commit|sha|revision", _COMMITS),
    (r"repo(?:sitory)?(?: name| slug)?", _REPOSITORIES), (r"dependency|artifact", _DEPENDENCIES),
    (r"(?:package|library|module)(?: name)?", _PACKAGES), (r"component(?: name)?", _COMPONENTS),
    (r"icon(?: name)?", _ICONS), (r"(?:content|mime|media) type", _MIMES),
    (r"(?:file |output |image |response )?(?:format|extension|ext|filetype)", _FORMATS),
    (r"user ?agent", _AGENTS), (r"browser(?: type)?", _BROWSERS), (r"quality", _QUALITIES),
    (r"resolution|dimensions", _RESOLUTIONS), (r"device(?: name)?", _DEVICES),
    (r"director(?:y|ies)|dir|folder(?: path| name)?|root path", pools.FOLDERS), (r"hash ?tags?", _HASHTAGS),
    (r"hash|checksum|digest|fingerprint|secret|(?:access |api |auth )?(?:token|key)|nonce|signature|cursor", _HASHES), (r"endpoint|route", _ENDPOINTS), (r"http method", _HTTP),
    (r"channel(?: name)?", _CHANNELS), (r"emoji|reaction", _REACTIONS),
    (r"songs?|tracks?|single", _SONGS), (r"artists?|singer|band|musician|performer", _ARTISTS),
    (r"albums?|record", _SONGS), (r"lyrics", _LYRICS), (r"movies?|films?", _FILMS),
    (r"(?:tv )?(?:shows?|series|episodes?|anime)", _SHOWS), (r"books?|novel", _BOOKS), (r"(?:video )?games?", _GAMES),
    (r"leagues?|competition|tournament", _LEAGUES), (r"(?:home |away )?teams?|club", _TEAMS), (r"sports?", _SPORTS),
    (r"genres?", _GENRES), (r"cuisine", _CUISINES), (r"drugs?|medicine|medication", _MEDICINES),
    (r"disease|condition|illness|diagnosis|symptoms?|disorder", _ILLNESSES), (r"genes?|symbol of gene", _GENES),
    (r"recipes?|dish(?:es)?|meals?", _DISHES), (r"ingredients?|foods?", _FOODSTUFFS), (r"drinks?|cocktails?|beverage", _DRINKS),
    (r"exercises?|workout", _EXERCISES), (r"muscles?", _MUSCLES), (r"animals?|breeds?|pet|species", _ANIMALS),
    (r"plants?|flower|tree", _PLANTS), (r"taxon|scientific name", _TAXA), (r"element", _ELEMENTS),
    (r"brands?", _BRANDS), (r"products?|goods", _PRODUCTS), (r"(?:car )?(?:make|manufacturer)", _MAKERS),
    (r"cars?|vehicles?", _CARS), (r"phones?|smartphones?", _PHONES), (r"coins?|crypto(?:currency)?|token name", _COINS),
    (r"exchanges?|stock market", _STOCKS), (r"industry|sector|branch of business", _INDUSTRIES),
    (r"jobs?|occupation|profession|position", _JOBS), (r"skills?", _SKILLS),
    (r"programming language|framework", _PROGRAMMING), (r"(?:source |target |from |to )?language(?: name)?", _LANGUAGES),
    (r"words?", _WORDS), (r"planets?", _PLANETS), (r"(?:zodiac|star) ?sign|sun sign", _SIGNS), (r"emotion|mood|feeling", _EMOTIONS),
    (r"gender|sex", _GENDERS), (r"holidays?", _HOLIDAYS), (r"week ?day|day of week|day of the week", _WEEKDAYS),
    (r"month name", _MONTHS), (r"seasons?", _SEASONS), (r"period|time ?frame|time ?range|time window", _PERIODS),
    (r"intervals?|frequency|granularity", _INTERVALS), (r"units?|from unit|to unit", _UNITS),
    (r"direction", _DIRECTIONS), (r"difficulty|level", _LEVELS), (r"size", _SIZES), (r"mode|style|layout|variant", _MODES),
    (r"jokes?", _JOKES), (r"quotes?|saying", _QUOTES), (r"facts?|trivia", _FACTS), (r"definitions?|meaning", _DEFINITIONS),
    (r"translation|translated text|text to translate", _TRANSLATIONS), (r"html", _HTML), (r"reviews?", _REVIEWS),
    (r"keywords?|search ?terms?", _KEYWORDS), (r"clause", _CLAUSES), (r"topics?|theme", _TOPICS), (r"sources?|outlet", _SOURCES),
    (r"departments?", _DEPARTMENTS), (r"categor(?:y|ies)", _CATEGORIES), (r"comments?|repl(?:y|ies)", _REVIEWS),
    (r"stor(?:y|ies)|posts?|articles?|news|headlines?|preprints|publications?|papers?", _HEADLINES),
    (r"parking(?: facilit(?:y|ies))?|facilit(?:y|ies)|car parks?", _PARKING), (r"institutions?", _SCHOOLS),
    (r"places?|venues?|points?|attractions?|landmarks?|pois?", _PLACES), (r"trials?|stud(?:y|ies)", _STUDIES),
    (r"users?|members?|people|persons?|contacts?|employees?|customers?|players?|candidates?|actors?|authors?|followers?|drivers?",
     _PEOPLE), (r"compan(?:y|ies)|organi[sz]ations?|suppliers?|vendors?|publishers?", COMPANIES),
    (r"cit(?:y|ies)|towns?", _CITIES), (r"countr(?:y|ies)|regions?", _COUNTRIES), (r"events?|concerts?", _EVENTS),
    (r"courses?|lessons?", _COURSES), (r"podcasts?", _PODCASTS), (r"playlists?", _PLAYLISTS), (r"commits?|changes?", _CHANGES),
    (r"avatar|picture|photo|image|thumbnail|cover ?art|logo|background", _AVATARS), (r"schools?|university|college", _SCHOOLS),
    (r"hospitals?|clinic", _HOSPITALS), (r"hotels?", _HOTELS), (r"restaurants?|cafes?", _RESTAURANTS),
    (r"museums?|galler(?:y|ies)", _MUSEUMS), (r"(?:from |to |departure |arrival )?stations?|stops?", _STATIONS),
    (r"beach(?:es)?", _BEACHES), (r"airlines?|carrier", _AIRLINES), (r"banks?", _BANKS), (r"models?", _MODELS),
    (r"bible book", _RELIGIOUS), (r"files?|attachment", pools.PATHS), (r"paragraph|passage|input text|content", _TEXTS),
)  # fmt: skip
_PLAIN = ("name", "names", "title", "label", "value", "text", "query", "slug", "term", "input", "string", "list")


@lru_cache(maxsize=8192)
def words_for(words: tuple[str, ...], owner: str = "") -> tuple[str, ...]:
    """Values for a field of these words (``("movie", "name")``) that ``owner`` holds; () if nothing is known.

    The last word decides; where it is a plain one ("name"), what stands before it or the owner does.
    """
    rest = list(words)
    while rest and rest[-1] in _PLAIN:
        rest.pop()
    text = " ".join(rest) or owner
    for pattern, values in _TABLE if text else ():
        if re.fullmatch(rf"(?:.* )?(?:{pattern})", text):
            if not rest and values[0].startswith(("/", "http")):
                return ()  # an endpoint's or a picture's own "name" is something else
            # The name of a picture is not where it lies.
            return pools.PATHS if len(rest) < len(words) and values[0].startswith("http") else values
    return ()
