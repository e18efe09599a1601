"""Whether a tool can be played at all: some arguments and some result fit its schemas."""

import json
import random
from functools import lru_cache

from toolflow_graph.models.offline.generate import make_valid
from toolflow_graph.models.offline.world import build_cast
from toolflow_graph.types import Tool
from toolflow_graph.validation import schema_errors

_NOW = "2026-03-02T09:30:00"


def is_playable(tool: Tool) -> bool:
    """Whether valid arguments and a valid result were found; a schema may contradict itself or never end."""
    return _playable(json.dumps([tool.parameters, tool.returns], sort_keys=True))


@lru_cache(maxsize=4096)
def _playable(text: str) -> bool:
    parameters, returns = json.loads(text)
    for schema, closed in ((parameters, True), (returns, False)):
        if not schema:
            continue
        try:
            value = make_valid(
                schema, random.Random(0), build_cast(0, _NOW), result=not closed, closed=closed, attempts=8
            )
            if schema_errors(value, schema, closed=closed, limit=1):
                return False
        except Exception:
            # A schema that cannot be applied is told by the catalogue and the verifier.
            return False
    return True
