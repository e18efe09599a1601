"""Clean dialogues to measure with: an offline run over the shipped tools, in a folder that is gone afterwards."""

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from toolflow_graph.config import RunConfig
from toolflow_graph.dialogue.session import build_session
from toolflow_graph.errors import RunError
from toolflow_graph.run.progress import build_progress
from toolflow_graph.run.runner import Player, run_dialogues
from toolflow_graph.run.store import RunStore, open_store


def build_clean_dialogues(number: int, *, seed: int = 0) -> list[dict[str, Any]]:
    """The records of the first ``number`` accepted dialogues of an offline run: no key, no network.

    Raises:
        RunError: if the run gave up before that.
    """
    with tempfile.TemporaryDirectory(prefix="toolflow-") as folder:
        config = RunConfig(num=number, seed=seed, out=Path(folder) / "run")
        with open_store(config.out) as store:
            player = build_session(config, support=store.support)
            store.begin(player.fingerprint, num=number, shown=config.model_dump(mode="json"))
            asyncio.run(_play(config, player, store))
            records = [json.loads(row.text) for row in store.view().dataset(number) if row.accepted]
    if len(records) < number:
        raise RunError(f"the offline run brought {len(records)} of {number} dialogues")
    return records


async def _play(config: RunConfig, player: Player, store: RunStore) -> None:
    try:
        await run_dialogues(
            player,
            store,
            num=config.num,
            max_attempts=config.attempts,
            concurrency=config.concurrency,
            progress=build_progress(quiet=True),
        )
    finally:
        await player.aclose()
