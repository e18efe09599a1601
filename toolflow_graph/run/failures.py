"""What the rejected dialogues of a run died of, grouped: a failure is data to look at."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolflow_graph.run.view import Stored, open_run
from toolflow_graph.wording import COMMAND, count_of, shorten_line

_SHOWN, _LONGEST = 5, 140


@dataclass(slots=True)
class Group:
    """Dialogues that share a finding (or a fault) and the node in which it lies.

    Attributes:
        code: the finding's or the fault's.
        node: the fault's; "" for a finding.
        ids: of the dialogues, in the order of the run.
        example: the reason of the first one.
    """

    code: str
    node: str
    example: str
    ids: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "code": self.code,
            "node": self.node,
            "dialogues": len(self.ids),
            "example": self.example,
            "ids": self.ids,
        }


def group_failures(folder: Path, *, code: str | None = None) -> list[Group]:
    """The groups, the largest first; ``code``: only this one.

    Raises:
        UsageError: if there is no run in the folder or its database cannot be read.
    """
    groups: dict[tuple[str, str], Group] = {}
    with open_run(folder) as view:
        for row in view.dataset():
            for found, node, reason in () if row.accepted else _causes(row):
                if code is None or found == code:
                    group = groups.setdefault((found, node), Group(found, node, reason))
                    group.ids.append(row.id)
    return sorted(groups.values(), key=lambda group: (-len(group.ids), group.code, group.node))


def _causes(row: Stored) -> list[tuple[str, str, str]]:
    plain = json.loads(row.text)
    fault = plain.get("fault")
    if fault:
        return [(fault["code"], fault["node"], fault["reason"])]
    errors = (each for each in plain["verdict"].get("findings", ()) if each.get("severity", "error") == "error")
    first = {each["code"]: each["reason"] for each in reversed(list(errors))}
    return [(found, "", reason) for found, reason in first.items()]


def render_failures(groups: Sequence[Group], folder: Path) -> str:
    """The groups as text, with what to type next."""
    if not groups:
        return f"no rejected dialogue in {str(folder)!r}"
    lines = []
    for group in groups:
        where = f" in {group.node}" if group.node else ""
        lines.append(f"{count_of(len(group.ids), 'dialogue')}: {group.code}{where}")
        lines.append(f"    {shorten_line(group.example, _LONGEST)}")
        more = f" and {len(group.ids) - _SHOWN:,} more" if len(group.ids) > _SHOWN else ""
        lines.append(f"    {' '.join(group.ids[:_SHOWN])}{more}")
    run = "" if folder == Path("runs/latest") else f" --run {shlex.quote(str(folder))}"
    lines.append(f"look: {COMMAND} show {groups[0].ids[0]}{run}")
    return "\n".join(lines)
