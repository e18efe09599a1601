"""The record: what is written of one dialogue. No clocks and no random ids in it.

The same seed, catalogue, prompts and replies give the same bytes, whatever the concurrency. ``docs/record.schema.json``
is this model's JSON Schema; a test holds the two together.
"""

import json
import math
from typing import Any, Final, Literal

from pydantic import Field

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Alternative, Cue, Fault, Noun, Plan, Usage, Verdict

SCHEMA_VERSION: Final = "1"


class ToolChange(Noun):
    """From ``message_index`` on, exactly these tools (names among the record's ``tools``) are offered."""

    message_index: int
    tools: tuple[str, ...]


class Place(Noun):
    """A message that holds a value; in a tool message at ``result_path``."""

    message_index: int
    result_path: str | None = None


class Source(Noun):
    """Where the value of one argument comes from (DESIGN: provenance).

    ``call`` is the tool call's id, ``path`` the argument's path (``guest.email``, ``items[0].sku``). ``kind``:
    "user" and "assistant" (``message_index``), "result" (``message_index`` of the tool message, ``result_path``),
    "default", "enum" (an option or a yes or no that nobody said), "context" (the system message, "now"), "derived"
    (``how`` names the derivation), "composed" (free text), "unknown".

    A distinctive value names the first user message or result that held it: there the assistant came to know it.
    ``also`` lists the later ones; of a composed text, the places that the values in it are from.
    """

    call: str
    path: str
    kind: Literal["user", "assistant", "result", "default", "enum", "context", "derived", "composed", "unknown"]
    message_index: int | None = None
    result_path: str | None = None
    how: str | None = None
    also: tuple[Place, ...] | None = None


class RoleModel(Noun):
    """Who played a role: the model's name and its sampling temperature (None: the server's own)."""

    name: str
    temperature: float | None = None


CRITERIA: Final = ("nat", "coh", "help", "acc")
"""What a judge scores (paper, section 4): naturalness, coherence, helpfulness, accuracy."""


class TurnJudgement(Noun):
    """Whether an assistant message is one to learn from, and why."""

    message_index: int
    good: bool
    reason: str


class Judgement(Noun):
    """What language-model judges say of a dialogue.

    ``scores``: criterion -> 1 to 5, the mean of the judges; ``by``: judge -> its own scores. ``reasons`` by criterion.
    ``agreement``: 1 if all judges gave the same scores, 0 if they lie as far apart as can be; None for a single one.
    """

    scores: dict[str, float]
    reasons: dict[str, str] = Field(default_factory=dict)
    by: dict[str, dict[str, int]] = Field(default_factory=dict)
    agreement: float | None = None
    turns: tuple[TurnJudgement, ...] = ()

    @property
    def bad(self) -> tuple[TurnJudgement, ...]:
        """The messages that are not to be learnt from."""
        return tuple(turn for turn in self.turns if not turn.good)


class Record(Noun):
    """One dialogue in OpenAI's shape, with call arguments as objects and ``returns`` beside each tool's parameters."""

    schema_version: Literal["1"] = SCHEMA_VERSION
    id: str
    seed: dict[str, Any]
    tools: tuple[dict[str, Any], ...]
    messages: tuple[dict[str, Any], ...]
    plan: Plan | None = None
    request_starts: tuple[int, ...] = Field(
        default=(), description="Per request that was spoken: the index of the user message that opened it."
    )
    verdict: Verdict
    judgement: Judgement | None = Field(
        default=None,
        description="What judges say of it, if it was judged. A message that they call bad has train: false.",
    )
    fault: Fault | None = None
    ended: Literal["plan_done", "turn_limit", "no_progress", "fault"] | None = None
    provenance: tuple[Source, ...] = ()
    alternatives: tuple[Alternative, ...] = Field(
        default=(), description="Replies that were refused and asked for again; never part of messages."
    )
    tool_changes: tuple[ToolChange, ...] = ()
    cues: tuple[Cue, ...] = Field(default=(), description="What the state machine staged, and where.")
    behaviours: dict[str, int] = Field(
        default_factory=dict, description="Behaviours that were asked for and came about: name -> number of requests."
    )
    tool_choice: str | None = None
    parallel_tool_calls: bool | None = None
    models: dict[str, RoleModel] = Field(default_factory=dict)
    prompt_hashes: dict[str, str] = Field(default_factory=dict)
    usage: dict[str, Usage] = Field(default_factory=dict)
    license: str | None = Field(default=None, description="The teacher model's licence, as given by the user.")


_LONE_SURROGATE = lazy_regex("[\ud800-\udfff]")


def record_to_json(record: Record) -> str:
    """The record as one line of canonical JSON: the only form in which records are stored, exported and compared.

    Keys in the fields' order, no spaces, no ASCII escapes; absent fields are left out, while a null inside messages
    (``content`` beside bare tool calls), arguments or results stays. Two things that are no valid JSON text become one
    every reader takes: a lone surrogate is written as U+FFFD, a NaN or infinite number as null.
    """
    plain = record.to_json()
    try:
        text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError:
        text = json.dumps(_without_nan(plain), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _LONE_SURROGATE.sub("\ufffd", text)


def _without_nan(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(item) for item in value]
    return value


def build_record_schema() -> dict[str, Any]:
    """The record's JSON Schema (draft 2020-12), as published in ``docs/record.schema.json``."""
    schema = Record.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "ToolFlow Graph record"}


if __name__ == "__main__":
    print(json.dumps(build_record_schema(), indent=2))
