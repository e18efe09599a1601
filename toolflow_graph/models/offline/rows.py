"""The items of a list on their way: which are taken, and which repeat one too closely."""

from dataclasses import dataclass, field
from typing import Any

from toolflow_graph.regexes import lazy_regex


@dataclass(slots=True)
class Rows:
    """The items of a list on their way: equal ones look like a mistake even where the schema allows them."""

    least: int
    unique: bool
    result: bool
    made: list[Any] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    full: bool = False

    def add(self, item: Any, turn: int, size: int) -> None:
        """Take an item unless it repeats one; after ``turn`` of many tries the list stays as it is."""
        mark = repr(item)
        patient = size <= 20 and (len(self.made) >= self.least or turn < size * 8)
        if mark in self.seen and (self.unique or patient):
            return
        if isinstance(item, dict) and self.result:
            # Two rows of one name look like one row twice.
            named = _name_of(item)
            if named and named in self.seen and len(self.made) >= self.least:
                self.full = turn >= size * 4
                return
            self.seen.add(named)
        self.seen.add(mark)
        self.made.append(item)


_NAMED = lazy_regex(r"(^|_)(name|title|headline|subject|label|category|nickname|question_text|comment|hour_code)$")


def _name_of(row: dict[str, Any]) -> str:
    """What a row is called, as a mark for comparing."""
    return next((f"name {part}" for name, part in row.items() if isinstance(part, str) and _NAMED.search(name)), "")
