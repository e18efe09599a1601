"""Clean dialogues for the tests of the mutation score: an offline run, a written one, and plain ones without a plan."""

import copy
import json
from functools import lru_cache
from typing import Any

from tests.verification_samples import clean
from toolflow_graph.evaluation.clean import build_clean_dialogues
from toolflow_graph.evaluation.mutations import Dialogue
from toolflow_graph.verification import parse_dialogue, verify

Data = dict[str, Any]


@lru_cache(maxsize=1)
def records() -> tuple[Data, ...]:
    """Dialogues of the offline model that no rule complains about."""
    made = build_clean_dialogues(60, seed=11)
    return tuple(record for record in made if not verify(parse_dialogue(record)).findings)


@lru_cache(maxsize=1)
def dialogues() -> tuple[Dialogue, ...]:
    """The same with the sample of the rules' tests, and a few of both without a plan, as others write them."""
    return tuple(Dialogue(record) for record in (clean(), plain(clean()), *records(), *map(plain, records()[:10])))


def plain(record: Data) -> Data:
    """OpenAI messages and tools: arguments as JSON text, nothing else."""
    found = copy.deepcopy({key: record[key] for key in ("messages", "tools")})
    for message in found["messages"]:
        for entry in message.get("tool_calls", ()):
            entry["function"]["arguments"] = json.dumps(entry["function"]["arguments"])
    return found
