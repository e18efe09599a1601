"""Pools of plain words that values are drawn from when a schema gives no examples."""

TITLES = ("Spring planning", "Harbour walk", "Northern lights", "Quarterly review", "Green line extension",
          "Open water",
          "Second draft", "Winter menu", "River crossing", "Launch checklist", "Garden notes", "Field report",
          "Weekend in the hills", "Night shift", "Paper lanterns", "Long way home", "Summer reading", "Blue hour",
          "Budget outline", "Neighbourhood guide", "Kitchen refit", "Autumn colours", "First steps",
          "Team handbook")  # fmt: skip
QUERIES = ("solar panels", "hiking boots", "budget planning", "sourdough baking", "electric bikes", "remote work",
           "city gardens", "jazz piano", "noise reduction", "sea freight", "language courses", "rail travel",
           "home insulation", "street photography", "battery storage", "public libraries")  # fmt: skip
QUESTIONS = ("What changed since last month?", "Which option is cheaper over a year?", "How long does delivery take?",
             "What do I need to prepare?", "Who is responsible for the next step?")  # fmt: skip
PROMPTS = ("a small harbour at dawn with fishing boats", "a quiet library with tall windows",
           "a mountain village under fresh snow", "a bowl of lemons on a blue table")  # fmt: skip
SENTENCES = ("Everything went as planned.", "Please check the figures once more before Friday.",
             "The second part still needs a review.", "Deliveries go to the side entrance.",
             "We agreed to start with the smaller group.", "The latest version includes the new cover page.",
             "Bring the signed copy to the meeting.", "Quiet location with good public transport.",
             "The team will follow up next week.", "Updated after the call with the supplier.")  # fmt: skip
REASONS = (
    "Change of plans",
    "Found a better option",
    "No longer needed",
    "Scheduling conflict",
    "Moved to a new address",
)
TAGS = ("travel", "family", "finance", "research", "design", "outdoor", "music", "planning", "health", "technology")
STATUSES_READ = ("active", "open", "confirmed", "in progress", "scheduled", "completed")
CONDITIONS = ("partly cloudy", "light rain", "clear sky", "overcast", "sunny intervals", "scattered showers")
COLOURS = ("dark green", "navy blue", "light grey", "terracotta", "ivory")
FOODS = ("mushroom risotto", "lentil soup", "grilled sea bass", "roast vegetables", "lemon tart", "spinach ravioli")
TICKERS = ("MSFT", "KO", "DE", "SAP", "NVDA", "SHEL", "ASML", "NKE")
SECTIONS = ("north", "harbour", "station", "garden", "market", "river", "college", "museum")
VENUES = ("Riverside Hall", "Harbour Conference Centre", "Old Town Library", "Meadow Park", "Station Square",
          "Botanical Garden", "Corner Studio", "Mill Lane Theatre")  # fmt: skip
DOMAINS = ("lindenpress.org", "harbor-guide.com", "northquay.net", "fieldnotes.io", "brightside-print.com")
# What an unknown word may be without meaning anything odd.
TEXTS = ("standard", "regular", "basic", "main", "primary", "general", "classic", "compact")
PATHS = (
    "reports/march-summary.md",
    "notes/kickoff.txt",
    "data/orders.csv",
    "drafts/outline.docx",
    "photos/harbour.jpg",
)
FOLDERS = ("reports/2025", "projects/website", "photos/summer", "documents/contracts")
