"""Tool coverage: which of the tools that dialogues offer are used in them."""

from collections import Counter
from typing import Any

from toolflow_graph.verification import Transcript

_SHOWN = 10


class ToolCoverage:
    """Tools by name, over all dialogues: offered in how many, called how often."""

    def __init__(self) -> None:
        self.offered: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.dialogues_without = 0

    def add(self, transcript: Transcript) -> None:
        """Count one more dialogue."""
        self.offered.update(list(transcript.tools_by_name))
        self.calls.update(site.call.name for site in transcript.sites)
        self.dialogues_without += not transcript.tools

    def to_json(self) -> dict[str, Any]:
        """``coverage``: the share of the offered tools that are called at least once."""
        used = sum(name in self.calls for name in self.offered)
        ranked = sorted(self.offered, key=lambda name: (-self.calls[name], name))
        return {
            "offered": len(self.offered),
            "used": used,
            "coverage": round(used / len(self.offered), 4) if self.offered else None,
            "called_but_not_offered": sorted(set(self.calls) - set(self.offered)),
            "most_used": [[name, self.calls[name]] for name in ranked[:_SHOWN] if self.calls[name]],
            "least_used": [[name, self.calls[name]] for name in ranked[::-1][:_SHOWN]],
            "dialogues_without_tools": self.dialogues_without,
        }
