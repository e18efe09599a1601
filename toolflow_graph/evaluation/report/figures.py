"""The figures of the report: facts of all dialogues, added up. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from toolflow_graph.behaviours import BEHAVIOURS
from toolflow_graph.evaluation.judgement import DIMENSIONS
from toolflow_graph.evaluation.report.facts import Facts, Pair
from toolflow_graph.evaluation.report.reading import Origin
from toolflow_graph.run.prices import find_price
from toolflow_graph.types import ROLES, Usage
from toolflow_graph.wording import count_of


@dataclass(slots=True)
class Figures:
    """Everything that is counted.

    Attributes:
        turns, calls: how many dialogues have so many.
        behaviours: accepted dialogues that hold each; ``wanted``: the share that the mix asks for.
        rejecting, warned: code -> dialogues with an error of it (rejected ones), with a warning of it (any).
        blame: role -> rejected dialogues with an error in its messages or steps.
        tools: tool -> calls; ``tool_dialogues``: tool -> dialogues that call it; ``offered``: all names.
        provenance: kind -> leaves of arguments.
        walked, flows: pairs of tools -> dialogues (calls) in which they follow each other (hand a value on).
        scores: dimension -> score (1-5) -> dialogues.
        usage: role -> calls and tokens, of accepted and rejected dialogues.
        cost: US dollars in all; None if a model has no price (``unpriced``) or no usage is known.
    """

    accepted: int = 0
    rejected: int = 0
    written: int = 0
    planned: int = 0
    with_usage: int = 0
    with_mix: bool = False
    is_run: bool = False
    messages: int = 0
    failed: int = 0
    marked_bad: int = 0
    untrained: int = 0
    judged: int = 0
    turns: Counter[int] = field(default_factory=Counter)
    calls: Counter[int] = field(default_factory=Counter)
    behaviours: Counter[str] = field(default_factory=Counter)
    wanted: Mapping[str, float] = field(default_factory=dict)
    rejecting: Counter[str] = field(default_factory=Counter)
    warned: Counter[str] = field(default_factory=Counter)
    blame: Counter[str] = field(default_factory=Counter)
    tools: Counter[str] = field(default_factory=Counter)
    tool_dialogues: Counter[str] = field(default_factory=Counter)
    offered: set[str] = field(default_factory=set)
    provenance: Counter[str] = field(default_factory=Counter)
    walked: Counter[Pair] = field(default_factory=Counter)
    flows: Counter[Pair] = field(default_factory=Counter)
    scores: dict[str, Counter[int]] = field(default_factory=dict)
    sums: dict[str, float] = field(default_factory=dict)
    usage: dict[str, Usage] = field(default_factory=dict)
    spent: dict[str, Usage] = field(default_factory=dict)
    models: dict[str, Counter[str]] = field(default_factory=dict)
    cost: float | None = None
    unpriced: tuple[str, ...] = ()

    @property
    def dialogues(self) -> int:
        """All of them."""
        return self.accepted + self.rejected

    @property
    def total(self) -> Usage:
        """All calls of models and their tokens."""
        return sum(self.usage.values(), Usage())

    @property
    def total_turns(self) -> int:
        """User messages of all dialogues."""
        return sum(turns * count for turns, count in self.turns.items())

    @property
    def total_calls(self) -> int:
        """Tool calls of all dialogues."""
        return sum(self.tools.values())

    def add(self, facts: Facts) -> None:
        """Count one dialogue."""
        self.accepted += facts.accepted
        self.rejected += not facts.accepted
        self.written += facts.written
        self.planned += facts.planned
        self.with_usage += bool(facts.usage)
        self.messages += facts.messages
        self.failed += facts.failed
        self.marked_bad += facts.marked_bad
        self.untrained += facts.untrained
        self.turns[facts.turns] += 1
        self.calls[len(facts.called)] += 1
        self.behaviours.update(facts.behaviours if facts.accepted else ())
        for code, severity in facts.codes.items():
            if severity != "error":
                self.warned[code] += 1
            elif not facts.accepted:
                self.rejecting[code] += 1
        self.blame.update(facts.blame)
        self.tools.update(facts.called)
        self.tool_dialogues.update(set(facts.called))
        self.offered |= facts.offered
        self.provenance.update(facts.provenance)
        self.walked.update({(min(pair), max(pair)) for pair in facts.walked})
        self.flows.update(facts.flows)
        self._add_scores(facts)
        self._add_usage(facts)

    def _add_scores(self, facts: Facts) -> None:
        self.judged += bool(facts.scores)
        for name, score in facts.scores.items():
            self.scores.setdefault(name, Counter())[min(5, max(1, round(score)))] += 1
            self.sums[name] = self.sums.get(name, 0.0) + score

    def _add_usage(self, facts: Facts) -> None:
        for role, used in facts.usage.items():
            self.usage[role] = self.usage.get(role, Usage()) + used
            model = facts.models.get(role, "")
            self.spent[model] = self.spent.get(model, Usage()) + used
        for role, name in facts.models.items():
            self.models.setdefault(role, Counter())[name] += 1

    def mean_score(self, name: str) -> float:
        """The mean of one dimension."""
        return self.sums.get(name, 0.0) / max(1, sum(self.scores.get(name, Counter()).values()))


def build_figures(facts: Iterable[Facts], origin: Origin) -> Figures:
    """Add up the facts of all dialogues and price what they took."""
    figures = Figures(wanted=dict(origin.mix or {}), with_mix=origin.mix is not None, is_run=origin.is_run)
    for each in facts:
        figures.add(each)
    prices = {model: find_price(model, origin.prices) for model in figures.spent}
    figures.unpriced = tuple(sorted(model or "unnamed" for model, price in prices.items() if price is None))
    if figures.spent and not figures.unpriced:
        figures.cost = sum(price.of(figures.spent[model]) for model, price in prices.items() if price is not None)
    return figures


def order_behaviours(figures: Figures) -> list[str]:
    """The behaviours that are wanted or came about, in the house's order, others after them."""
    there = {*figures.behaviours, *(name for name, share in figures.wanted.items() if share)}
    return [*(name for name in BEHAVIOURS if name in there), *sorted(there - set(BEHAVIOURS))]


def order_roles(names: Iterable[str]) -> list[str]:
    """Roles in the house's order, others after them."""
    given = set(names)
    return [*(role for role in ROLES if role in given), *sorted(given - set(ROLES))]


def order_dimensions(figures: Figures) -> list[str]:
    """The dimensions that judges gave scores in."""
    return [*(name for name in DIMENSIONS if name in figures.scores), *sorted(set(figures.scores) - set(DIMENSIONS))]


@dataclass(frozen=True, slots=True)
class Card:
    """One headline figure: what it is, the figure, and what it is made of."""

    label: str
    value: str
    detail: str = ""


def build_cards(figures: Figures, origin: Origin) -> list[Card]:
    """The headline figures."""
    count = figures.dialogues
    cards = [
        Card("dialogues", f"{count:,}", f"{figures.accepted:,} accepted, {figures.rejected:,} rejected"),
        _yield_card(figures),
        Card("turns", f"{figures.total_turns:,}", f"{_mean(figures.total_turns, count)} a dialogue"),
        Card("tool calls", f"{figures.total_calls:,}", _calls_detail(figures)),
        _tools_card(figures, origin),
        *_token_cards(figures),
    ]
    if figures.judged:
        means = {name: figures.mean_score(name) for name in order_dimensions(figures)}
        parts = ", ".join(f"{name} {mean:.2f}" for name, mean in means.items())
        cards.append(Card("judges' score", f"{sum(means.values()) / len(means):.2f}", f"of 5: {parts}"))
    return cards


def _yield_card(figures: Figures) -> Card:
    share = f"{figures.accepted / figures.dialogues:.1%}" if figures.dialogues else "–"
    if figures.is_run:
        alone = "accepted of all that were played"
    elif figures.written == figures.dialogues:
        alone = "accepted of what the file holds"
    else:
        alone = "accepted by the rules"
    return Card("yield", share, alone)


def _calls_detail(figures: Figures) -> str:
    failed = f", {figures.failed:,} brought an error" if figures.failed else ""
    return f"{_mean(figures.total_calls, figures.dialogues)} a dialogue{failed}"


def _tools_card(figures: Figures, origin: Origin) -> Card:
    offered = len(figures.offered)
    drawn = f"; drawn from {origin.catalogue}" if origin.catalogue else ""
    used = len(figures.offered & set(figures.tools))
    share = f"{used / offered:.0%} of {count_of(offered, 'tool')} offered" if offered else "no tools are offered"
    return Card("tools used", f"{len(figures.tools):,}", share + drawn)


def _token_cards(figures: Figures) -> list[Card]:
    total = figures.total
    if not figures.with_usage:
        return [Card("tokens", "–", "the data does not say what it took")]
    tokens = total.input + total.output
    accepted = max(1, figures.accepted)
    detail = f"{total.input:,} in, {total.output:,} out, {count_of(total.calls, 'model call')}"
    each = f"{total.calls / accepted:.1f} calls, {tokens / accepted:,.0f} tokens"
    if set(figures.spent) == {"offline"}:
        cost, why = "$0", f"the offline model played; {each}"
    elif figures.cost is None:
        cost, why = "–", f"no price of {', '.join(figures.unpriced[:3])}; {each}"
    else:
        cost, why = f"${figures.cost / accepted:,.4f}", f"${figures.cost:,.2f} in all; {each}"
    return [Card("tokens", _short(tokens), detail), Card("cost per accepted", cost, why)]


def list_unknowns(figures: Figures) -> list[str]:
    """What this data does not say, so that the report cannot."""
    said = []
    here = figures.dialogues - figures.written
    if here:
        whose = "The verdicts" if here == figures.dialogues else f"The verdicts of {count_of(here, 'dialogue')}"
        said.append(f"{whose} are those of the rules, made while this page was written: the data holds none of ours.")
    bare = figures.dialogues - figures.planned
    if bare:
        whose = "There is no plan" if bare == figures.dialogues else f"{count_of(bare, 'dialogue')} hold no plan"
        said.append(
            f"{whose}: requests, behaviours and what was withheld are not known, and rules about them are silent."
        )
    if not figures.offered:
        said.append("No tools are listed: what a call may look like is not known.")
    if not figures.is_run and figures.written == figures.dialogues:
        said.append("This is a file, no run folder: dialogues that were left out of it cannot be counted.")
    if not figures.with_mix and figures.behaviours:
        said.append("Which mix of behaviours was wanted is not written here.")
    if not figures.judged:
        said.append("No judge has scored these dialogues.")
    return said


def _mean(total: int, count: int) -> str:
    return f"{total / count:.2f}" if count else "–"


def _short(number: int) -> str:
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**4, "k")):
        if number >= size:
            scale = 1000 if unit == "k" else size
            return f"{number / scale:.1f}{unit}"
    return f"{number:,}"
