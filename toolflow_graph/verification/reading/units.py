"""Units of measure: what a number is in another one, and how people write them."""

FACTORS: dict[str, tuple[float, ...]] = {
    "hour": (60, 3600, 3.6e6, 1 / 24), "minute": (1 / 60, 60, 6e4), "second": (1000, 1 / 60),
    "day": (24, 1440, 86400, 1 / 7), "week": (7,), "month": (1 / 12, 30), "year": (12, 365),
    "km": (1000, 0.621371, 3280.84), "mi": (1.609344, 1609.344, 5280), "m": (0.001, 3.28084, 100), "ft": (0.3048, 12),
    "cm": (0.01, 0.393701, 10), "in": (2.54, 25.4, 0.0254, 1 / 12), "mm": (0.001, 0.1),
    "kg": (2.20462, 1000), "lb": (0.453592,), "g": (0.001, 1000), "l": (1000, 0.264172),
    "gb": (1024, 1000, 1024**2, 1e6, 1024**3, 1e9), "mb": (1024, 1000, 1024**2, 1e6), "kb": (1024, 1000),
    "tb": (1024, 1000, 1024**4, 1e12), "mph": (1.609344, 0.44704), "km/h": (0.621371, 0.277778, 0.539957),
    "kph": (0.621371, 0.277778, 0.539957), "m/s": (3.6, 2.23694), "sq": (1 / 43560, 0.092903, 10.7639),
    "m²": (10.7639, 1 / 1e4, 1 / 4046.86), "acre": (43560, 4046.86, 0.404686), "ha": (10000, 2.47105),
}  # fmt: skip
"""By what a number with a unit is multiplied to become one in another unit that data use."""

NAMES = {
    "hours": "hour", "hour": "hour", "hr": "hour", "hrs": "hour", "h": "hour", "minutes": "minute", "minute": "minute",
    "min": "minute", "mins": "minute", "seconds": "second", "second": "second", "sec": "second", "s": "second",
    "days": "day", "day": "day", "nights": "day", "night": "day", "weeks": "week", "week": "week", "months": "month",
    "month": "month", "years": "year", "year": "year", "kilometers": "km", "kilometres": "km", "kilometer": "km",
    "kilometre": "km", "miles": "mi", "mile": "mi", "meters": "m", "metres": "m", "meter": "m", "metre": "m",
    "feet": "ft", "foot": "ft", "lbs": "lb", "pounds": "lb", "grams": "g", "kilograms": "kg", "kmh": "km/h",
    "inches": "in", "inch": "in", "sqft": "sq", "ft²": "sq", "acres": "acre", "hectares": "ha",
    "liters": "l", "litres": "l",
}  # fmt: skip
"""The units of :data:`FACTORS` by the words that texts use for them."""
