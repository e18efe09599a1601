"""What a run is asked to do: defaults, a TOML file, and flags on top of it (flags win)."""

from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from toolflow_graph.behaviours import parse_mix
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import ROLES
from toolflow_graph.wording import parse_count, parse_time

CONFIG_NAME = "toolflow.toml"
"""The file that ``run`` uses when it lies in the working directory and no ``--config`` is given."""

PROMPTS = (*ROLES, "judge", "system")
NODES = ("plan", "user_turn", "assistant_call", "tool_simulation", "verifier")

_ROLE_PREFIX = lazy_regex(rf"({'|'.join(ROLES)})=")
_RANGE = lazy_regex(r"\s*(\d{1,9})(?:\s*-\s*(\d{1,9}))?\s*")


class Endpoint(BaseModel):
    """What a run knows of one server; the key itself never stands in a file.

    Attributes:
        base_url: as in ``NAME@base_url``.
        api_key_env: the environment variable that holds its key.
        seed, json_schema, reasoning: what the server takes (``models.specs.EndpointOptions``).
        requests_per_minute, tokens_per_minute, max_in_flight: what it may not be sent more of.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str = Field(pattern=r"^https?://\S+$")
    api_key_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=100)
    seed: bool | None = None
    json_schema: bool | None = None
    reasoning: str | None = None
    requests_per_minute: int | None = Field(default=None, ge=1)
    tokens_per_minute: int | None = Field(default=None, ge=1)
    max_in_flight: int | None = Field(default=None, ge=1)


class PriceEntry(BaseModel):
    """US dollars per million tokens of one model; without ``cached``, cached input costs what other input does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(ge=0, le=1e6)
    output: float = Field(ge=0, le=1e6)
    cached: float | None = Field(default=None, ge=0, le=1e6)


class WrongItem(ValueError):
    """One item of a list is not valid."""

    def __init__(self, item: Any) -> None:
        super().__init__(item)
        self.item = item


class RunConfig(BaseModel):
    """A run's settings; the keys of a config file are the flags' names (with ``-`` or ``_``).

    Attributes:
        num: accepted dialogues wanted.
        out: the run folder.
        tools: tool sources; empty is the default catalogue.
        model: ``[ROLE=]SPEC`` each; empty is the offline model.
        embedder: of the tool graph; ``auto`` takes cached vectors, else sbert, else lexical.
        sampling: how a dialogue's tools are drawn from the tool graph (paper, 3.1.2); ``random`` is the ablation.
        plan: ``none`` is the paper's no-plan ablation.
        tau: edge threshold in [0, 1]; None is the embedder's own.
        temperature: ``[ROLE=]T`` each, 0 to 2; without an entry the server's own.
        now: the dialogues' present, ISO 8601 local time; None is drawn from the seed.
        max_attempts: dialogues tried at most; None is 3 * num + 20.
        max_cost, max_tokens, max_time: US dollars, tokens and seconds that may be spent at most; None is no limit.
        judge: models that score accepted dialogues, one each; empty is nobody.
        judge_min: ``NAME=SCORE`` each (or a table): the least mean score that keeps a dialogue.
        judge_temperature: of the judges; None is the server's own.
        judge_retakes: how often a dialogue with a low score or a bad message is played again from there, 0 or 1.
        license: the teacher model's licence, copied into every record.
        tools_per_dialogue: fewest and most tools offered.
        turns: fewest and most requests planned.
        mix: behaviour -> share of dialogues that hold it (a table, or ``NAME=SHARE`` each); the rest keeps its default.
        language: what the user writes; one or several with weights (``German*0.3,English*0.7``).
        distractors: fewest and most tools offered that no request needs.
        concurrency: dialogues in flight.
        executor: where dialogues are played: local, processes, ray or a reference; None follows from the next two.
        processes: worker processes (with ray: actors); None is none, or with an executor that needs it one a core.
        ray_address: the Ray cluster; None starts one on this machine.
        ray_env: names of environment variables that actors are given; those that model calls need are given anyway.
        seed: the run's random seed.
        prompts: folder of prompts that replace the shipped ones.
        prompt: ``NAME=FILE`` each.
        node: ``NAME=REF`` each.
        backend: ``NAME=REF`` each: real executors of tools (a function, a class, an MCP server).
        backend_timeout: seconds that a call of one may take.
        endpoint: keys of servers other than OPENAI_BASE_URL (config file only).
        price: model name -> what its tokens cost, beside the shipped table (config file only).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    num: int = Field(default=20, ge=1, le=10**9)
    out: Path = Path("runs/latest")
    tools: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    embedder: str = Field(default="auto", min_length=1)
    sampling: Literal["graph", "random"] = "graph"
    plan: Literal["llm", "none"] = "llm"
    tau: float | None = Field(default=None, ge=0, le=1)
    temperature: tuple[str, ...] = ()
    now: str | None = None
    max_attempts: int | None = Field(default=None, ge=1, le=10**9)
    max_cost: float | None = Field(default=None, gt=0)
    max_tokens: int | None = Field(default=None, ge=1)
    max_time: float | None = Field(default=None, gt=0)
    judge: tuple[str, ...] = ()
    judge_min: tuple[str, ...] = ()
    judge_temperature: float | None = Field(default=None, ge=0, le=2)
    judge_retakes: int = Field(default=1, ge=0, le=1)
    license: str | None = Field(default=None, min_length=1)
    tools_per_dialogue: tuple[int, int] = (3, 5)
    turns: tuple[int, int] = (2, 4)
    mix: tuple[str, ...] = ()
    language: str = Field(default="English", min_length=1)
    distractors: tuple[int, int] = (0, 3)
    concurrency: int = Field(default=64, ge=1, le=100_000)
    executor: str | None = Field(default=None, min_length=1)
    processes: int | None = Field(default=None, ge=1, le=10_000)
    ray_address: str | None = Field(default=None, min_length=1)
    ray_env: tuple[str, ...] = ()
    seed: int = Field(default=0, ge=0, lt=2**63)
    prompts: Path | None = None
    prompt: tuple[str, ...] = ()
    node: tuple[str, ...] = ()
    backend: tuple[str, ...] = ()
    backend_timeout: float = Field(default=60.0, gt=0, le=86_400)
    endpoint: tuple[Endpoint, ...] = ()
    price: dict[str, PriceEntry] = Field(default_factory=dict)

    @property
    def attempts(self) -> int:
        """Dialogues tried at most."""
        return 3 * self.num + 20 if self.max_attempts is None else self.max_attempts

    @property
    def executor_name(self) -> str:
        """Where dialogues are played: as ``executor`` says, else as the other two imply."""
        if self.executor is not None:
            return self.executor
        if self.ray_address is not None:
            return "ray"
        return "local" if self.processes in (None, 1) else "processes"

    @property
    def languages(self) -> tuple[tuple[str, float], ...]:
        """Languages with their weights."""
        return parse_languages(self.language)

    @property
    def nodes(self) -> dict[str, str]:
        """Node references by node name."""
        return dict(item.split("=", 1) for item in self.node)

    @property
    def endpoints(self) -> dict[str, dict[str, Any]]:
        """Options by base URL, as ``models.specs.parse_endpoints`` reads them."""
        return {item.base_url: item.model_dump(exclude_none=True, exclude={"base_url"}) for item in self.endpoint}

    @field_validator("tools_per_dialogue", "turns", mode="before")
    @classmethod
    def _read_range(cls, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        match = _RANGE.fullmatch(value) if isinstance(value, str) else None
        if match:
            value = (int(match[1]), int(match[2] or match[1]))
        if not (isinstance(value, (tuple, list)) and len(value) == 2 and 1 <= value[0] <= value[1]):
            raise ValueError
        return tuple(value)

    @field_validator("max_time", mode="before")
    @classmethod
    def _read_time(cls, value: Any) -> Any:
        return parse_time(value) if isinstance(value, str) else value

    @field_validator("max_tokens", mode="before")
    @classmethod
    def _read_tokens(cls, value: Any) -> Any:
        return parse_count(value) if isinstance(value, str) else value

    @field_validator("distractors", mode="before")
    @classmethod
    def _read_distractors(cls, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        match = _RANGE.fullmatch(value) if isinstance(value, str) else None
        if match:
            value = (int(match[1]), int(match[2] or match[1]))
        if not (isinstance(value, (tuple, list)) and len(value) == 2 and 0 <= value[0] <= value[1] <= 63):
            raise ValueError
        return tuple(value)

    @field_validator("mix", mode="before")
    @classmethod
    def _read_mix(cls, value: Any) -> Any:
        if isinstance(value, dict):
            value = [f"{name}={share}" for name, share in value.items()]
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
            raise ValueError
        parse_mix(items)  # a UsageError of its own names the behaviour
        return tuple(items)

    @field_validator("language")
    @classmethod
    def _read_language(cls, value: str) -> str:
        parse_languages(value)
        return value

    @field_validator("now", mode="before")
    @classmethod
    def _read_now(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime.combine(value, time(9))
        if isinstance(value, datetime):
            if value.tzinfo is not None:
                raise ValueError
            return value.isoformat(timespec="seconds")
        return value

    @field_validator(
        "tools", "model", "temperature", "prompt", "node", "backend", "ray_env", "judge", "judge_min", mode="before"
    )
    @classmethod
    def _read_list(cls, value: Any) -> Any:
        if isinstance(value, dict):
            value = [f"{key}={item}" for key, item in value.items()]
        elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
            value = [value]
        if not isinstance(value, (list, tuple)):
            raise ValueError
        items = [str(item) if isinstance(item, (int, float)) and not isinstance(item, bool) else item for item in value]
        for item in items:
            if not (isinstance(item, str) and item.strip()):
                raise WrongItem(item)
        return tuple(items)

    @field_validator("prompt", "node")
    @classmethod
    def _check_pairs(cls, items: tuple[str, ...], info: Any) -> tuple[str, ...]:
        known = PROMPTS if info.field_name == "prompt" else NODES
        seen = set()
        for item in items:
            name, equals, target = item.partition("=")
            if not (equals and target) or name not in known or name in seen:
                raise WrongItem(item)
            seen.add(name)
        return items

    @field_validator("temperature")
    @classmethod
    def _check_temperatures(cls, items: tuple[str, ...]) -> tuple[str, ...]:
        # Read again where roles get theirs; here, because here it is known which file a mistake stands in.
        seen = set()
        for item in items:
            role, number = split_role(item)
            try:
                fits = 0 <= float(number) <= 2 and role not in seen
            except ValueError:
                fits = False
            if not fits:
                raise WrongItem(item)
            seen.add(role)
        return items


def parse_languages(text: str) -> tuple[tuple[str, float], ...]:
    """``"German*0.3,English*0.7"`` -> (("German", 0.3), ("English", 0.7)); one name alone has weight 1.

    Raises:
        ValueError: for an empty name, a weight that is no positive number, or a language named twice.
    """
    found: dict[str, float] = {}
    for part in text.split(","):
        name, star, weight = (piece.strip() for piece in part.partition("*"))
        number = float(weight) if star else 1.0
        if not name or name in found or not 0 < number < 1e9:
            raise ValueError
        found[name] = number
    return tuple(found.items())


def split_role(item: str) -> tuple[str | None, str]:
    match = _ROLE_PREFIX.match(item)
    return (match[1], item[match.end() :]) if match else (None, item)
