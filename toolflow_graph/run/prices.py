"""What model calls cost: a table of list prices as data, to which a config file's ``[price]`` adds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from toolflow_graph.types import Usage

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens; ``cached``: of input tokens that were in the server's prefix cache."""

    input: float
    output: float
    cached: float

    def of(self, usage: Usage) -> float:
        """What these calls cost, in US dollars."""
        fresh = max(0, usage.input - usage.cached)
        return (fresh * self.input + usage.cached * self.cached + usage.output * self.output) / MILLION


def read_price(entry: Mapping[str, float]) -> Price:
    """A price from a table's entry; without ``cached``, cached tokens cost what others do."""
    return Price(float(entry["input"]), float(entry["output"]), float(entry.get("cached", entry["input"])))


@lru_cache(maxsize=1)
def list_prices() -> dict[str, Price]:
    """The shipped table: model name -> list price (as published by the makers; yours may differ)."""
    text = (files("toolflow_graph.run") / "prices.json").read_text(encoding="utf-8")
    return {name: read_price(entry) for name, entry in json.loads(text).items()}


def find_price(model: str, own: Mapping[str, Price] | None = None) -> Price | None:
    """The price of a model by its name, the user's own first; a dated name (``gpt-4o-2024-08-06``) has its family's."""
    for table in (own or {}, list_prices()):
        if model in table:
            return table[model]
    known = {**list_prices(), **(own or {})}
    families = [name for name in known if model.startswith(f"{name}-") and model[len(name) + 1 :][:1].isdigit()]
    return known[max(families, key=len)] if families else None
