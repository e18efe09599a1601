"""What a run may spend at most: dollars, tokens, time. What earlier commands spent in the same folder counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from toolflow_graph.errors import UsageError
from toolflow_graph.run.prices import Price, find_price
from toolflow_graph.types import Usage
from toolflow_graph.wording import render_time


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that may be spent; None: no limit.

    Attributes:
        cost: US dollars.
        tokens: input and output.
        seconds: of this very command.
    """

    cost: float | None = None
    tokens: int | None = None
    seconds: float | None = None


@dataclass(slots=True)
class Meter:
    """Compares what is spent with a budget.

    Args:
        budget: the most.
        before: model -> what earlier commands spent in this run folder.
        prices: the user's own, beside the shipped table.
    """

    budget: Budget
    before: Mapping[str, Usage] = field(default_factory=dict)
    prices: Mapping[str, Price] = field(default_factory=dict)

    def exceeded(self, spent: Mapping[str, Usage], seconds: float) -> str | None:
        """Which limit is reached, in words; ``spent``: by this command, by model."""
        budget = self.budget
        if budget.seconds is not None and seconds >= budget.seconds:
            return f"--max-time is over ({render_time(budget.seconds)})"
        if budget.tokens is None and budget.cost is None:
            return None
        total = dict(self.before)
        for model, used in spent.items():
            total[model] = total.get(model, Usage()) + used
        tokens = sum(used.input + used.output for used in total.values())
        if budget.tokens is not None and tokens >= budget.tokens:
            return f"--max-tokens is reached ({tokens:,} of {budget.tokens:,})"
        cost = self.cost_of(total)
        if budget.cost is not None and cost >= budget.cost:
            return f"--max-cost is reached (${cost:,.2f} of ${budget.cost:,.2f})"
        return None

    def total_cost(self, spent: Mapping[str, Usage]) -> float | None:
        """US dollars for all commands so far; None if some model has no price."""
        models = {*self.before, *spent}
        if any(find_price(model, self.prices) is None for model in models):
            return None
        return self.cost_of(self.before) + self.cost_of(spent)

    def cost_of(self, spent: Mapping[str, Usage]) -> float:
        """US dollars for what has a price."""
        priced = ((find_price(model, self.prices), used) for model, used in spent.items())
        return sum(price.of(used) for price, used in priced if price is not None)


def check_priced(budget: Budget, models: Mapping[str, str], prices: Mapping[str, Price]) -> None:
    """Whether a limit in dollars can be kept.

    Args:
        models: role -> the model's name.

    Raises:
        UsageError: some model has no price.
    """
    unpriced = sorted({name for name in models.values() if find_price(name, prices) is None})
    if budget.cost is not None and unpriced:
        raise UsageError(
            f"--max-cost: no price of {unpriced[0]!r} is known",
            expected="a price of every model, in US dollars per million tokens",
            hint=f'config: [price."{unpriced[0]}"] with input = 2.5 and output = 10 (or --max-tokens N)',
        )
