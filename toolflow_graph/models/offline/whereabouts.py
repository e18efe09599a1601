"""Where the things of a result are: airports by their own names, points as far away as they are said to be."""

import math
import random
from collections.abc import Iterator, Mapping
from typing import Any

from toolflow_graph.models.offline.binding import leaves, name_of
from toolflow_graph.models.offline.filters import is_number
from toolflow_graph.models.offline.words import split_words

_AIRPORTS = {
    "LIS": "Humberto Delgado Airport", "OPO": "Francisco Sá Carneiro Airport", "MAD": "Adolfo Suárez Madrid-Barajas Airport",
    "SVQ": "Seville Airport", "LYS": "Lyon-Saint Exupéry Airport", "NTE": "Nantes Atlantique Airport",
    "BER": "Berlin Brandenburg Airport", "HAM": "Hamburg Airport", "VIE": "Vienna International Airport",
    "FCO": "Rome Fiumicino Airport", "BLQ": "Bologna Guglielmo Marconi Airport", "AMS": "Amsterdam Airport Schiphol",
    "CPH": "Copenhagen Airport", "ARN": "Stockholm Arlanda Airport", "OSL": "Oslo Gardermoen Airport",
    "WAW": "Warsaw Chopin Airport", "PRG": "Václav Havel Airport Prague", "DUB": "Dublin Airport", "EDI": "Edinburgh Airport",
    "MAN": "Manchester Airport", "BOS": "Logan International Airport", "ORD": "O'Hare International Airport",
    "DEN": "Denver International Airport", "SEA": "Seattle-Tacoma International Airport",
    "YYZ": "Toronto Pearson International Airport", "YUL": "Montréal-Trudeau International Airport",
    "BOG": "El Dorado International Airport", "KIX": "Kansai International Airport", "PUS": "Gimhae International Airport",
    "MEL": "Melbourne Airport", "CPT": "Cape Town International Airport",
}  # fmt: skip
_KM_A_DEGREE = 111.2


def put_in_place(value: Any, arguments: Mapping[str, Any], rng: random.Random) -> Any:
    """The result with airports called by their names, each listed once, and points where their distances put them."""
    centre = _centre(arguments)
    for rows in _lists(value):
        seen: set[Any] = set()
        for row in list(rows):
            code = row.get("airport_code", row.get("iata_code"))
            name = next((key for key in row if "airport" in key and key.endswith("name")), None)
            if isinstance(code, str) and name and code in _AIRPORTS:
                row[name] = _AIRPORTS[code]
                if code in seen:
                    rows.remove(row)
                seen.add(code)
            if centre is not None:
                _set_point(row, centre, rng)
    return value


def _lists(value: Any) -> Iterator[list[dict[str, Any]]]:
    for part in value.values() if isinstance(value, dict) else ():
        if isinstance(part, list) and part and all(isinstance(row, dict) for row in part):
            yield part


def _centre(arguments: Mapping[str, Any]) -> tuple[float, float] | None:
    """The one point that a call names."""
    points = {
        split_words(name_of(path))[-1:]: part for path, part in leaves(dict(arguments)) if path and is_number(part)
    }
    count = sum(
        1
        for path, _ in leaves(dict(arguments))
        if path and split_words(name_of(path))[-1:] in (("latitude",), ("lat",))
    )
    latitude = points.get(("latitude",), points.get(("lat",)))
    longitude = points.get(("longitude",), points.get(("lon",), points.get(("lng",))))
    return (latitude, longitude) if count == 1 and is_number(latitude) and is_number(longitude) else None


def _set_point(row: dict[str, Any], centre: tuple[float, float], rng: random.Random) -> None:
    if not (is_number(row.get("latitude")) and is_number(row.get("longitude"))):
        return
    far = next((part / (1000 if name.endswith("_m") else 1) for name, part in row.items()
                if is_number(part) and name.endswith(("distance_m", "distance_km"))), None)  # fmt: skip
    if far is None:
        return
    turn = rng.uniform(0, 2 * math.pi)
    row["latitude"] = round(centre[0] + far / _KM_A_DEGREE * math.cos(turn), 4)
    wide = max(math.cos(math.radians(centre[0])), 0.1)
    row["longitude"] = round(centre[1] + far / (_KM_A_DEGREE * wide) * math.sin(turn), 4)
