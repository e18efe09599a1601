"""State -> record."""

from toolflow_graph.context import Context
from toolflow_graph.record import Record, RoleModel
from toolflow_graph.state import DialogueState, load_cues, load_messages, load_plan, load_seed, load_tool_changes
from toolflow_graph.templates import PLAYED_PROMPTS
from toolflow_graph.types import Alternative, Fault, Usage, Verdict

PENDING = Verdict(accepted=False)
"""The verdict of a dialogue that the verifier has not seen yet."""


def build_record(state: DialogueState, context: Context, verdict: Verdict = PENDING) -> Record:
    """The record of a dialogue as it stands; provenance is the verifier's to add."""
    seed = load_seed(state)
    fault = state.get("fault")
    usage: dict[str, Usage] = {}
    for entry in state.get("usage", []):
        plain = {key: value for key, value in entry.items() if key != "role"}
        usage[entry["role"]] = usage.get(entry["role"], Usage()) + Usage.model_validate(plain)
    models = context.models(seed.random_seed)
    return Record.model_validate(
        {
            "id": seed.id,
            "seed": seed.to_record(),
            "tools": tuple(tool.to_record() for tool in seed.offered),
            "messages": tuple(message.to_record() for message in load_messages(state)),
            "plan": load_plan(state) if state.get("plan") else None,
            "request_starts": tuple(state.get("request_starts", ())),
            "verdict": verdict,
            "fault": Fault.model_validate(fault) if fault else None,
            "ended": "fault" if fault else state.get("ended"),
            "alternatives": tuple(Alternative.model_validate(entry) for entry in state.get("alternatives", [])),
            "tool_changes": load_tool_changes(state),
            "cues": load_cues(state),
            "models": {
                role: RoleModel(name=model.name, temperature=getattr(model, "temperature", None))
                for role, model in models.items()
            },
            "prompt_hashes": {name: context.templates[name].hash for name in PLAYED_PROMPTS},
            "usage": {role: usage[role] for role in models if role in usage},
            "license": context.license,
        }
    )
