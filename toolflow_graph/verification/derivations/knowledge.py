"""All that is known when the assistant writes a message: the operands of what it may conclude."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import Any

from toolflow_graph.verification.derivations.arithmetic import amounts_of, list_lengths, own_amounts, products_of
from toolflow_graph.verification.derivations.matched import products_and_changes
from toolflow_graph.verification.evidence import Evidence, Said
from toolflow_graph.verification.reading.mentions import Mention, mentions_in
from toolflow_graph.verification.reading.wording import key_of, normalise

_MOST_OBJECTS = 200
_MOST_READ, _FEW = 80, 6


class Knowledge:
    """What is known before message ``index``, seen from that message.

    Attributes:
        text, mentions: what the message says.
        known: everything said, returned or used in calls before (and in the message's own calls), the latest first, and
            the context.
        stated: numbers that the message states and that are known or follow; a calculation may go on from them.
    """

    def __init__(self, evidence: Evidence, index: int) -> None:
        self.evidence = evidence
        self.index = index
        self.text = evidence.transcript.messages[index].content or ""
        self.mentions: tuple[Mention, ...] = mentions_in(self.text)

    @cached_property
    def known(self) -> tuple[Said, ...]:
        return tuple(said for _, said in self.heard)

    @cached_property
    def heard(self) -> tuple[tuple[str, Said], ...]:
        """The same with where each is from: a role, "call" or "context"."""
        return self.evidence.heard(self.index)

    @cached_property
    def users(self) -> tuple[Said, ...]:
        """What users said, the latest first."""
        return tuple(said for _, said in self.evidence.spoken("user", self.index))

    @cached_property
    def texts(self) -> tuple[Said, ...]:
        """What is written in sentences: by users, the assistant, the system, and inside results."""
        assistants = (said for _, said in self.evidence.spoken("assistant", self.index))
        prose = (self.evidence.prose(index) for index, _ in self.bodies)
        return (*self.users, *assistants, self.evidence.context, *prose)

    @cached_property
    def bodies(self) -> tuple[tuple[int, Any], ...]:
        """The JSON values of the results before, with their message's index, the latest first."""
        return tuple((i, body) for i, body in reversed(self.evidence.bodies.items()) if i < self.index)

    @cached_property
    def fresh(self) -> tuple[Any, ...]:
        """The results since the user spoke last."""
        last = next((i for i in range(self.index - 1, -1, -1) if self.evidence.roles[i] == "user"), -1)
        return tuple(body for index, body in self.bodies if index > last)

    # Numbers.

    @cached_property
    def figures(self) -> list[float]:
        """All numbers that are written in digits, sorted."""
        return sorted({figure for said in self.known for figure in said.figures})

    def near(self, value: float, tolerance: float) -> bool:
        """Whether a known number is that close to a value."""
        place = bisect_left(self.figures, value - tolerance)
        return place < len(self.figures) and self.figures[place] <= value + tolerance

    @cached_property
    def stated(self) -> list[float]:
        figures = set(self.figures)
        return [m.values[0] for m in self.mentions if m.values and key_of(m.values[0]) in figures]

    @cached_property
    def lengths(self) -> frozenset[int]:
        """Of the lists in results and calls."""
        found = [length for _, body in self.bodies for length in list_lengths(body)]
        lists = ([value for value in node.values() if isinstance(value, list)] for node in self.objects)
        found += [sum(map(len, each)) for each in lists if len(each) > 1]
        for site in self.evidence.transcript.sites:
            if site.message_index <= self.index:
                found += list_lengths(site.call.arguments)
        return frozenset(found)

    @cached_property
    def lists(self) -> list[tuple[str, list[float]]]:
        """The numbers that stand under one path of a result, more than one each, the latest first."""
        paths = [entry for _, body in self.bodies for entry in amounts_of(body, 400).items()]
        paths += [("", self._numbers_of(body)) for _, body in self.bodies if isinstance(body, str)]
        paths += self._alike.items()
        return [(path, numbers) for path, numbers in paths if len(numbers) > 1][:_MOST_OBJECTS]

    @cached_property
    def _alike(self) -> dict[str, list[float]]:
        """The numbers under one key of several results of this turn: the price in each of three shops."""
        found: dict[str, list[float]] = {}
        for body in self.fresh if len(self.fresh) <= _MOST_READ else ():
            for key, number in own_amounts(body).items() if isinstance(body, dict) else ():
                found.setdefault(key, []).append(number)
        return found

    @cached_property
    def totals(self) -> list[dict[str, float]]:
        """What the columns of each list of results come to, by their keys."""
        found: dict[tuple[int, str], dict[str, float]] = {}
        for index, body in self.bodies:
            for path, numbers in amounts_of(body, 400).items():
                table, _, key = path.rpartition("[].")
                if key and len(numbers) > 1:
                    found.setdefault((index, table), {})[key] = sum(numbers)
        return list(found.values())[:_MOST_READ]

    @cached_property
    def products(self) -> list[list[float]]:
        """For each list of results whose entries have a price and a quantity: the two of each entry, multiplied."""
        return [found for _, body in self.bodies[:4] for found in products_of(amounts_of(body, 400))]

    @cached_property
    def scalars(self) -> list[dict[str, float]]:
        """The numbers of each object of the results by key, without those of its children."""
        return [own_amounts(node) for node in self.objects[:_MOST_READ]]

    @cached_property
    def small(self) -> list[dict[str, list[float]]]:
        """The numbers of each object by path: with those of its children if they are few, else only its own."""
        return [
            amounts_of(node, _FEW) or {key: [number] for key, number in own.items()}
            for node, own in zip(self.objects[:_MOST_READ], self.scalars, strict=True)
        ]

    @cached_property
    def matched(self) -> tuple[list[list[float]], list[list[float]]]:
        """Products and changes of the numbers that two results have of the same things."""
        return products_and_changes(body for _, body in self.bodies)

    def _numbers_of(self, text: str) -> list[float]:
        """Of a result that is plain text: its numbers, in its order."""
        found = sorted((m for m in mentions_in(text[:4000]) if m.values), key=lambda mention: mention.start)
        return [mention.values[0] for mention in found[:40]]

    @cached_property
    def objects(self) -> list[dict[str, Any]]:
        """The objects of the results, the latest result's first."""
        return list(islice((node for _, body in self.bodies for node in objects_in(body)), _MOST_OBJECTS))

    @cached_property
    def groups(self) -> list[dict[str, list[float]]]:
        """The numbers, by path, of a list's rows that share a value which the message or its user names ("at REWE")."""
        return [amounts_of(rows, 400) for rows in self._rows_named]

    @cached_property
    def group_sizes(self) -> frozenset[int]:
        """How many rows these are."""
        return frozenset(len(rows) for rows in self._rows_named)

    @cached_property
    def _rows_named(self) -> list[list[dict[str, Any]]]:
        said = normalise(self.text) + (normalise(self.users[0].text) if self.users else "")
        found: list[list[dict[str, Any]]] = []
        for rows in islice((rows for _, body in self.bodies for rows in _tables_in(body)), _MOST_READ):
            groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
            for row in rows:
                for key, value in row.items():
                    if isinstance(value, str) and 2 <= len(value) <= 40:
                        groups.setdefault((key, value), []).append(row)
            shared = (entry for entry in groups.items() if 2 <= len(entry[1]) < len(rows))
            found += [group for (_, value), group in shared if normalise(value) in said and value.strip()]
        return found[:_MOST_READ]

    @cached_property
    def named(self) -> list[tuple[int, dict[str, list[float]]]]:
        """Objects of results whose code or name the message says: the place in its text, their numbers by path."""
        found: dict[int, tuple[int, Any]] = {}
        for mention in self.mentions:
            written = self.text[mention.start : mention.end]
            if mention.kind == "code" or (written.isdigit() and len(written) >= 5):
                holder = self.evidence.holder(("s", written.casefold()), self.index)
                if holder:
                    found.setdefault(id(holder[1]), (mention.start, holder[1]))
        folded = self.text.casefold()
        names = [(value.casefold(), node) for node in self.objects for value in node.values() if _is_name(value)]
        often = Counter(name for name, _ in names)
        for name, node in names:
            # What several objects have in common (a status, a city) names none of them.
            place = folded.find(name) if often[name] <= 2 else -1
            if place >= 0 and id(node) not in found:
                found[id(node)] = (place, node)
        ordered = sorted(found.values(), key=lambda entry: entry[0])
        return [(place, amounts_of(node, 40)) for place, node in ordered]


def _tables_in(body: Any) -> Iterator[list[dict[str, Any]]]:
    """Every list of at least three objects in a JSON value."""
    if isinstance(body, list) and 3 <= len(body) <= _MOST_OBJECTS and all(isinstance(row, dict) for row in body):
        yield body
    for child in body.values() if isinstance(body, dict) else body if isinstance(body, list) else ():
        yield from _tables_in(child)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 4 <= len(value) <= 60 and any(map(str.isalpha, value))


def objects_in(body: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON value, the outer ones first."""
    if isinstance(body, dict):
        yield body
        for child in body.values():
            yield from objects_in(child)
    elif isinstance(body, list):
        for child in body:
            yield from objects_in(child)
