"""The paper's four arms (4, Table 2): with and without graph-based sampling, with and without planned generation.

Pure: what each arm sets, what the paper measured, and the table of both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm: ``name`` is its folder, ``settings`` are the flags of ``run`` that make it, ``paper`` its row there.

    ``paper``: SS (cosine times 100), EnR (per cent), H (bits), D-3, NAT and COH (1 to 5), from the paper's Table 2.
    """

    name: str
    title: str
    settings: tuple[str, ...]
    paper: Mapping[str, float]


def _row(*values: float) -> dict[str, float]:
    return dict(zip(METRICS, values, strict=True))


METRICS = ("SS", "EnR", "H", "D-3", "NAT", "COH")
ARMS = (
    Arm("graph-plan", "graph + plan", (), _row(63.36, 47.3, 10.36, 0.4865, 3.72, 3.91)),
    Arm("no-plan", "no plan", ("--plan", "none"), _row(62.03, 32.1, 10.14, 0.4364, 3.00, 3.72)),
    Arm("no-graph", "no graph", ("--sampling", "random"), _row(61.72, 48.1, 9.82, 0.3393, 3.51, 3.88)),
    Arm("neither", "neither", ("--sampling", "random", "--plan", "none"), _row(58.65, 35.4, 9.75, 0.3078, 2.93, 3.66)),
)
PLUMBING = (
    "the offline model played every role: these figures show that the arms run and are measured, "
    "and are no evidence for or against graph or plan"
)


def render_table(measured: Mapping[str, Mapping[str, float | None]], notes: Sequence[str] = ()) -> str:
    """Our figures with the paper's in brackets, one line an arm; "-" where nothing was measured.

    Args:
        measured: by the arm's name, metric -> figure; may hold more than :data:`METRICS` (dialogues, calls).
        notes: printed below, one a line.
    """
    extra = list(dict.fromkeys(key for row in measured.values() for key in row if key not in METRICS))
    head = ["arm", *METRICS, *extra]
    lines = [head]
    for arm in ARMS:
        row = measured.get(arm.name, {})
        ours = [f"{_shown(row.get(name), name)} ({_shown(arm.paper[name], name)})" for name in METRICS]
        lines.append([arm.title, *ours, *(_shown(row.get(name), name) for name in extra)])
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    table = [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return "\n".join([*table, "in brackets: the paper's figures (GPT-4, 8,000 dialogues an arm)", *notes])


def _shown(value: float | None, name: str) -> str:
    if value is None:
        return "-"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4f}" if name == "D-3" else f"{value:.2f}"
