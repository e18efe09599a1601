"""verifier: the whole dialogue against all rules -> a verdict with findings (paper, 3.3, filter)."""

from typing import Any

from langgraph.runtime import Runtime

from toolflow_graph.context import Context
from toolflow_graph.dialogue.records import build_record
from toolflow_graph.state import DialogueState
from toolflow_graph.verification import verify


async def verifier(state: DialogueState, runtime: Runtime[Context]) -> dict[str, Any]:
    """Judge the dialogue as it would be written; rules only, no model."""
    record = build_record(state, runtime.context)
    return {"verdict": verify(record).to_json()}
