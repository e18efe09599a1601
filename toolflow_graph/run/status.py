"""Where a run stands, read from its folder, whether it is working or not."""

import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

from toolflow_graph.run.lock import FolderLock
from toolflow_graph.run.prices import find_price
from toolflow_graph.run.pulse import read_pulse
from toolflow_graph.run.view import open_run
from toolflow_graph.types import Usage
from toolflow_graph.wording import count_of, render_time

_SILENT = 10.0
"""Seconds without a word after which a working run is said to be silent."""


def read_status(folder: Path) -> dict[str, Any]:
    """What the folder tells: JSON-plain.

    ``state``: "working", "stopped" or "done"; ``accepted``, ``rejected``, ``num``; ``reasons`` by code; ``usage`` and
    ``cost`` of all commands so far; ``live``: what the working run said last, and how long ago.

    Raises:
        UsageError: if there is no run in it or its database cannot be read.
    """
    with open_run(folder) as view:
        accepted = rejected = 0
        reasons: Counter[str] = Counter()
        for row in view.dataset():
            accepted += row.accepted
            rejected += not row.accepted
            reasons.update(row.codes if not row.accepted else ())
        spent = view.spent()
        num = view.num
    total = sum(spent.values(), Usage())
    prices = {model: find_price(model) for model in spent}
    cost = sum(price.of(spent[model]) for model, price in prices.items() if price is not None)
    pulse = read_pulse(folder)
    working = FolderLock(folder).is_held()
    live = dict(pulse) if pulse and working else None
    if live is not None:
        live["silent_for"] = max(0.0, time.time() - live.pop("updated"))
        live["working_for"] = max(0.0, time.time() - live.pop("started"))
    return {
        "folder": str(folder),
        "state": "working" if working else "done" if accepted >= num else "stopped",
        "num": num,
        "accepted": accepted,
        "rejected": rejected,
        "reasons": dict(reasons.most_common()),
        "usage": total.to_json(),
        "cost": None if any(price is None for price in prices.values()) else cost,
        "live": live,
    }


def render_status(told: dict[str, Any]) -> str:
    """The same as lines."""
    used = Usage.model_validate(told["usage"])
    lines = [f"{told['folder']}: {told['state']}, {told['accepted']:,} of {count_of(told['num'], 'dialogue')} accepted"]
    reasons = ", ".join(f"{code} {count:,}" for code, count in list(told["reasons"].items())[:5])
    lines.append(f"  rejected:  {told['rejected']:,}" + (f" ({reasons})" if reasons else ""))
    money = f", ${told['cost']:,.2f}" if told["cost"] else ""
    lines.append(f"  spent:     {used.calls:,} calls, {used.input:,} tokens in, {used.output:,} out{money}")
    live = told["live"]
    if live is not None:
        since = render_time(live["working_for"])
        rate = live["usage"].get("calls", 0) / max(live["working_for"], 1e-9)
        left = f", about {render_time(live['seconds_left'])} left" if live.get("seconds_left") is not None else ""
        lines.append(
            f"  now:       process {live['pid']} for {since}, {live['in_flight']:,} in flight, {rate:.1f} calls/s{left}"
        )
        lines += [f"             {text}" for text in live.get("throttled", ())]
        if live["silent_for"] > _SILENT:
            lines.append(f"             nothing was heard of it for {render_time(live['silent_for'])}")
    elif told["state"] == "stopped":
        lines.append("  next:      the same `run` command goes on")
    return os.linesep.join(lines)
