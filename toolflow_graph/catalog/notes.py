"""What a source lost or changed on its way to tools: counted, never silent."""

from typing import Literal

Kind = Literal[
    "returns_shortened",
    "parameters_shortened",
    "recursion",
    "branches",
    "simplified",
    "unresolved",
    "renamed",
    "told_apart",
    "prefixed",
    "credentials",
    "boilerplate",
    "constant",
    "pattern",
    "invalid_value",
    "dialect",
    "named",
    "skipped",
]

_TEXT: dict[Kind, tuple[str, str]] = {
    "returns_shortened": ("return schema shortened", "return schemas shortened"),
    "parameters_shortened": ("parameter schema shortened", "parameter schemas shortened"),
    "recursion": ("tool with a recursive schema cut", "tools with a recursive schema cut"),
    "branches": ("tool with alternatives of a schema left out", "tools with alternatives of a schema left out"),
    "simplified": ("tool with a schema simplified", "tools with a schema simplified"),
    "unresolved": ("$ref that leads nowhere", "$refs that lead nowhere"),
    "renamed": ("name made valid", "names made valid"),
    "told_apart": ("name told apart", "names told apart"),
    "prefixed": (
        "name prefixed because another source has it too",
        "names prefixed because another source has them too",
    ),
    "credentials": ("credential parameter left out", "credential parameters left out"),
    "boilerplate": ("boilerplate parameter left out", "boilerplate parameters left out"),
    "constant": ("parameter with a single possible value left out", "parameters with a single possible value left out"),
    "pattern": ("pattern dropped that Python cannot read", "patterns dropped that Python cannot read"),
    "invalid_value": (
        "default or example dropped that breaks its schema",
        "defaults or examples dropped that break their schemas",
    ),
    "dialect": ("schema corrected to JSON Schema", "schemas corrected to JSON Schema"),
    "named": (
        "name made up for an operation without operationId",
        "names made up for operations without operationId",
    ),
    "skipped": ("operation skipped", "operations skipped"),
}

_SHOWN = 3


class Notes:
    """Counts by kind for one source; ``what`` is told once, however often it is counted."""

    def __init__(self) -> None:
        self._seen: dict[Kind, dict[str, int]] = {}

    def count(self, kind: Kind, what: str) -> None:
        """Count one change; ``what`` names the tool, parameter or place."""
        found = self._seen.setdefault(kind, {})
        found[what] = found.get(what, 0) + 1

    def total(self, kind: Kind) -> int:
        """How many different things were counted."""
        return len(self._seen.get(kind, {}))

    def render(self, source: str) -> list[str]:
        """A line per kind, in a fixed order; skipped operations are all named."""
        lines = []
        for kind, (one, many) in _TEXT.items():
            found = list(self._seen.get(kind, {}))
            if not found:
                continue
            shown = found if kind == "skipped" else found[:_SHOWN]
            more = ", ..." if len(found) > len(shown) else ""
            lines.append(f"{source}: {len(found)} {one if len(found) == 1 else many} ({', '.join(shown)}{more})")
        return lines
