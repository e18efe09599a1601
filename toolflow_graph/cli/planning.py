"""``run --dry-run``: what a run will take; nothing is written and no model is asked."""

import asyncio

from toolflow_graph.config import RunConfig
from toolflow_graph.dialogue.session import Session, build_session
from toolflow_graph.errors import UsageError
from toolflow_graph.judging.panel import parse_judge_flags
from toolflow_graph.models.specs import JUDGE, OFFLINE, parse_model_flags
from toolflow_graph.run.estimate import LEAST_HISTORY, Sample, build_estimate, read_history, render_estimate
from toolflow_graph.run.prices import read_price
from toolflow_graph.run.view import open_run
from toolflow_graph.types import ROLES
from toolflow_graph.wording import count_of

_TRIAL = 12


def plan_run(config: RunConfig, *, fresh: bool) -> str:
    """The plan of the run that this configuration describes.

    Raises:
        UsageError: for every mistake that the run itself would tell at its start.
    """
    needed = [role for role in ROLES if config.plan != "none" or role != "planner"]
    specs = parse_model_flags(config.model, needed)
    history = Sample() if fresh else _history(config)
    if history.played >= LEAST_HISTORY and history.accepted:
        sample, basis = history, f"from the {count_of(history.played, 'dialogue')} that the run folder holds"
    else:
        sample = asyncio.run(_trial(config))
        basis = f"from {_TRIAL} dialogues of the offline model; real models write more, and some are rejected"
    judges = parse_judge_flags(config.judge)
    if JUDGE in sample.usage:
        # One judge was tried; each of the others reads the same.
        sample.usage |= {role: sample.usage.get(role, sample.usage[JUDGE]) for role in judges}
    everyone = {**{str(role): spec for role, spec in specs.items()}, **judges}
    estimate = build_estimate(
        sample,
        basis,
        left=max(0, config.num - history.accepted),
        models={role: [(member.name, member.weight) for member in spec.members] for role, spec in everyone.items()},
        prices={name: read_price(entry.model_dump(exclude_none=True)) for name, entry in config.price.items()},
    )
    return render_estimate(estimate)


def _history(config: RunConfig) -> Sample:
    try:
        with open_run(config.out) as view:
            return read_history(view)
    except UsageError:
        return Sample()


async def _trial(config: RunConfig) -> Sample:
    trial = {"model": (), "backend": (), "temperature": (), "judge_min": (), "judge": config.judge and (OFFLINE,)}
    session: Session = build_session(config.model_copy(update=trial))
    sample = Sample()
    try:
        for index in range(_TRIAL):
            record = await session.play(index, session.owed([]))
            sample.add(record.verdict.accepted, record.usage)
    finally:
        await session.aclose()
    return sample
