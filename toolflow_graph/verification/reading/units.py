"""Units of measure: what a number is in another one, and how people write them."""

import math
from functools import lru_cache

FACTORS: dict[str, tuple[float, ...]] = {
    "hour": (60, 3600, 3.6e6, 1 / 24), "minute": (1 / 60, 60, 6e4), "second": (1000, 1 / 60),
    "day": (24, 1440, 86400, 1 / 7), "week": (7,), "month": (1 / 12, 30), "year": (12, 365),
    "km": (1000, 0.621371, 3280.84), "mi": (1.609344, 1609.344, 5280), "m": (0.001, 3.28084, 100), "ft": (0.3048, 12),
    "cm": (0.01, 0.393701, 10), "in": (2.54, 25.4, 0.0254, 1 / 12), "mm": (0.001, 0.1),
    "kg": (2.20462, 1000), "lb": (0.453592, 453.592), "l": (1000, 0.264172),
    "g": (0.001, 1000, 1 / 453.592, 1 / 28.3495), "oz": (28.3495, 0.0625), "ml": (0.001, 1 / 29.5735, 1 / 236.588),
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
    "liters": "l", "litres": "l", "ounces": "oz", "ounce": "oz",
}  # fmt: skip
"""The units of :data:`FACTORS` by the words that texts use for them."""

_CONSTANTS = (
    *(factor for factors in FACTORS.values() for factor in factors),
    # Kitchens and workshops.
    *(28.349523, 453.59237, 0.45359237, 2.20462262, 14.174762, 236.588237, 14.786765, 4.928922, 29.5735296),
    *(33.8140227, 3.78541178, 3785.41178, 0.264172052, 473.176473, 946.352946, 4.54609, 0.219969, 35.27396),
    *(0.56826125, 30.48, 39.3700787, 1.60934, 0.62137119, 1.0936133, 0.9144, 1.852, 2.58998811, 4046.85642),
    *(0.028316847, 35.3146667),
    # Nature and numbers.
    *(math.pi, math.e, math.sqrt(2), (1 + math.sqrt(5)) / 2, 9.80665, 9.81, 299792458.0, 6.02214076e23, 6.674e-11),
    *(8.314462618, 273.15, 459.67, 101.325, 1013.25, 4.184, 1055.05585, 745.699872, 0.0821, 1.380649e-23, 32.174),
)
_LEAST_DIGITS, _LARGE = 3, 40_000


@lru_cache(maxsize=4096)
def is_constant(value: float) -> bool:
    """Whether a number is how two units relate, or a constant of nature, written to three digits or more.

    Small whole numbers are left out: too much else is 365 or 1440.
    """
    if value % 1 == 0 and abs(value) < _LARGE:
        return False
    mantissa = f"{abs(value):.10e}".partition("e")[0].replace(".", "").rstrip("0")
    if len(mantissa) < _LEAST_DIGITS:
        return False
    places = len(mantissa) - 1
    written = f"{abs(value):.{places}e}"
    return any(f"{constant:.{places}e}" == written for constant in _CONSTANTS)
