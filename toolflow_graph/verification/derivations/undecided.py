"""Figures that a message works out in ways we do not follow: whether what is known can come to them at all.

If it can, nothing is proved and nothing is found: a sum over four steps is no invention because we cannot
tell which four. If it cannot, the figure comes from nowhere.
"""

import re
from collections.abc import Callable, Sequence
from functools import cached_property

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.derivations.arithmetic import MONEY, amounts_of
from toolflow_graph.verification.derivations.knowledge import Knowledge
from toolflow_graph.verification.derivations.reach import WITHIN_REACH, Reach
from toolflow_graph.verification.derivations.rows import names_rows
from toolflow_graph.verification.derivations.sums import in_basket
from toolflow_graph.verification.evidence import say
from toolflow_graph.verification.reading.mentions import Mention
from toolflow_graph.verification.reading.telling import tells_of_comparison
from toolflow_graph.verification.toolcards import split_name

# Names of what a result itself adds up, and units that stand beside them in keys.
_WHOLE = frozenset(("total", "subtotal", "balance"))
_UNIT_WORDS = frozenset(
    ("cents", "cent", "minor", "pence", "eur", "usd", "gbp", "chf", "amount", "value", "price", "cost")
)
_IN_CENTS = lazy_regex(r"\d\s?(?:p|¢|ct|cents?|pence)\b", re.IGNORECASE)
_DAYS = (7.0, 12.0, 28.0, 30.0, 31.0, 365.0)
"""Days of a week, months of a year, days of a month and of a year: what standing charges are multiplied by."""
_CENT = 0.01
_SMALL, _FEW, _MOST_NAMED, _MOST_POOL, _MOST_COUNTS = 60, 4, 6, 40, 4


class Undecided:
    """The figures of one message.

    Args:
        knowledge: what is known when it is written.
        small_money: the amounts of each object of the results that holds a few.
        shares: percentages that are known, as fractions.
        hours_in: the hours that a text multiplies by.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        small_money: Sequence[Sequence[float]],
        shares: Sequence[float],
        hours_in: Callable[[str], set[float]],
    ) -> None:
        self.facts = knowledge
        self._small_money = small_money
        self._shares = shares
        self._hours_in = hours_in

    def explain(self, value: float, step: float, mention: Mention, sentence: str, peers: Sequence[float]) -> str | None:
        """How it may be come to, in general words; None: nothing that is known comes to it.

        Args:
            value, step: the figure, and the worth of its last digit.
            sentence: where it stands.
            peers: what the message states before it in the same unit.
        """
        if names_rows(self.facts.text, mention.start, sentence) or self._is_given(mention, sentence):
            return None
        slack = max(step * 0.51, 0.0051)
        if mention.kind == "percent":
            shares = Reach((*self.facts.stated, *self._said, *self._amounts(False)))
            added = len(peers) > 1 and abs(sum(peers) - value) <= slack
            found = added or shares.holds_share(value / 100, slack / 100)
        else:
            # The figure is none of its own operands.
            sentence = sentence.replace(mention.text, " ", 1)
            # "21,90 €" may be read as a plain number.
            money = mention.kind == "money" or round(step, 2) == _CENT
            found = self._comes_to(value, slack, step, money, sentence)
        return f"{WITHIN_REACH} of a calculation" if found else None

    def _comes_to(self, value: float, slack: float, step: float, money: bool, sentence: str) -> bool:
        # "Three seats freed": in words, as what is in digits may be the other half of an equation.
        beside = [n for n, written in say(sentence, None).numbers.items() if not any(map(str.isdigit, written))]
        known = (*self.facts.stated, *self._hours_in(sentence), *beside, *self._said, *self._amounts(money))
        reach = Reach(known, self.facts.stated)
        # Nearly every small number is a quotient of something, or near a sum.
        small = step == 1 and value < _SMALL and not money and not tells_of_comparison(self.facts.text)
        if reach.holds(value, slack, counted=small):
            return True
        if not money:
            return False
        cents = (100 * value, 100 * slack)
        if _IN_CENTS.search(self.facts.text) and (reach.holds(*cents) or self._at_rates(*cents)):
            return True
        return self._in_baskets(sentence, (value, slack), cents) or self._with_fees(value, slack)

    def _is_given(self, mention: Mention, sentence: str) -> bool:
        """Whether the latest results give by its name the very amount that a sentence states: "in total"."""
        if mention.kind != "money":
            return False
        words = set(split_name(sentence))
        keys = (path.rpartition(".")[2] for body in self.facts.fresh for path in amounts_of(body, _MOST_POOL))
        named = ({word for word in split_name(key) if word not in _UNIT_WORDS} for key in keys)
        return any(names and names <= _WHOLE & words for names in named)

    def _in_baskets(self, sentence: str, *goals: tuple[float, float]) -> bool:
        """Whether a few prices, each as often as the sentence counts, come to an amount."""
        said = say(sentence, None)
        shown = [*dict.fromkeys((*said.figures, *said.numbers))][:_MOST_NAMED]
        counted = {float(n) for n in shown if n == int(n) and 1 <= n <= _SMALL}
        # An amount to the cent comes of few baskets, whatever the sentence counts.
        usual = {1.0, 2.0, 3.0} if goals[0][0] % 1 else {1.0}
        counts = sorted(counted | usual)[:_MOST_COUNTS]
        columns = [numbers for path, numbers in self.facts.lists if MONEY.search(path) or "cent" in path]
        for value, slack in goals:
            groups = [prices for prices in self._small_money if len(prices) > 1]
            for prices in (shown, *groups[:_FEW], *columns[:_FEW]):
                if prices and in_basket(value, slack, prices[:_MOST_NAMED], counts):
                    return True
        return False

    def _at_rates(self, value: float, slack: float) -> bool:
        """Whether so much of something at one rate that the message states, and so many days at another, come to it."""
        rates = self.facts.stated[:_MOST_NAMED]
        quantities = (*self.facts.stated, *self._said)[:_MOST_POOL]
        parts = [first * many for first in rates for many in quantities]
        return any(abs(part + rate * days - value) <= slack for part in parts for rate in rates for days in _DAYS)

    def _with_fees(self, value: float, slack: float) -> bool:
        """Whether a known amount with a fee on it, and a tax on that fee or on both, comes to the value."""
        pairs = [(a, b) for a in self._shares for b in self._shares if a != b]
        factors = {factor for a, b in pairs for factor in (1 + a * (1 + b), (1 + a) * (1 + b))}
        amounts = (*self.facts.stated, *self._said)[:_MOST_POOL]
        return any(abs(amount * factor - value) <= slack for amount in amounts for factor in factors)

    def _amounts(self, money: bool) -> list[float]:
        """The numbers of calls and of the latest results; of results before only money, if that is asked for."""
        sites = self.facts.evidence.transcript.sites
        asked = (amounts_of(site.call.arguments) for site in sites if site.message_index <= self.facts.index)
        found = dict.fromkeys(number for amounts in asked for numbers in amounts.values() for number in numbers)
        for index, (_, body) in enumerate(self.facts.bodies):
            late = index < max(len(self.facts.fresh), 1)
            for path, numbers in amounts_of(body, 400).items() if late or money else ():
                if MONEY.search(path) if money else late:
                    found |= dict.fromkeys(numbers)
        return list(found)

    @cached_property
    def _said(self) -> list[float]:
        """What people and the assistant have said, the latest first."""
        return list(dict.fromkeys(number for said in self.facts.texts for number in said.numbers))
