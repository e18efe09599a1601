"""A config file, and flags on top of it (flags win)."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from toolflow_graph.config import CONFIG_NAME, NODES, PROMPTS, RunConfig, WrongItem, split_role
from toolflow_graph.errors import UsageError
from toolflow_graph.references import is_reference
from toolflow_graph.wording import COMMAND

_EXPECTED = {
    "num": "a whole number from 1 to 1000000000",
    "out": "a folder",
    "tools": "tool sources (files, folders), one or a list",
    "model": "[ROLE=]SPEC, one or a list",
    "embedder": "auto, lexical, sbert, openai, a vector file or a reference",
    "sampling": "graph or random",
    "plan": "llm or none",
    "tau": "a number from 0 to 1",
    "temperature": "[ROLE=]T with T from 0 to 2, each role at most once",
    "now": "an ISO 8601 date or local date-time without offset, such as 2026-03-02 or 2026-03-02T09:30",
    "max_attempts": "a whole number from 1 to 1000000000",
    "max_cost": "US dollars, more than 0",
    "max_tokens": "a whole number from 1 on, such as 5000000, 500k or 5M",
    "max_time": "a length of time, such as 90s, 45m or 2h30m",
    "judge": "models, one or a list",
    "judge_min": "NAME=SCORE with nat, coh, help or acc and a score from 1 to 5, one or several",
    "judge_temperature": "a number from 0 to 2",
    "judge_retakes": "0 or 1",
    "license": "a licence's name",
    "tools_per_dialogue": "N or A-B with 1 <= A <= B, such as 3-5",
    "turns": "N or A-B with 1 <= A <= B, such as 2-4",
    "mix": "NAME=SHARE with a share from 0 to 1, one or several",
    "language": "a language, or several with weights (German*0.3,English*0.7)",
    "distractors": "N or A-B with 0 <= A <= B <= 63, such as 0-3",
    "backend": "NAME=REF, one or several",
    "backend_timeout": "seconds, more than 0",
    "price": 'tables [price."MODEL"] with input, output and, if wanted, cached: US dollars per million tokens',
    "concurrency": "a whole number from 1 to 100000",
    "executor": "local, processes, ray, or a reference (package.module:attr, path/file.py:attr)",
    "processes": "a whole number from 1 to 10000",
    "ray_address": "auto, HOST:PORT or ray://HOST:PORT",
    "ray_env": "names of environment variables, one or a list",
    "seed": "a whole number from 0 to 9223372036854775807",
    "prompts": "a folder",
    "prompt": f"NAME=FILE, each of {', '.join(PROMPTS)} at most once",
    "node": f"NAME=REF, each of {', '.join(NODES)} at most once",
    "endpoint": 'tables with base_url = "http(s)://..." and, if wanted, api_key_env = "NAME_OF_A_VARIABLE" (never the '
    "key itself), seed = true|false, json_schema = true|false, reasoning, and whole numbers from 1 on for "
    "requests_per_minute, tokens_per_minute, max_in_flight",
}
_BY_ROLE = ("model", "temperature")
_BY_NAME = ("prompt", "node", "backend")


def load_config(path: Path) -> dict[str, Any]:
    """Read a config file: known keys with ``_``, paths made relative to the file's own folder.

    Raises:
        UsageError: if the file cannot be read or parsed (with line and column), or has a key that no flag has.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is not UTF-8 text"
        raise UsageError(
            f"cannot read the config file {str(path)!r}: {reason}",
            expected="a TOML file with the flags' names as keys",
            hint=f"{COMMAND} init DIR writes one",
        ) from None
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{str(path)!r} is no valid TOML: {error}", expected="TOML 1.0") from None
    known = list(RunConfig.model_fields)
    config: dict[str, Any] = {}
    for key, value in found.items():
        name = key.replace("-", "_")
        if name not in known:
            near = difflib.get_close_matches(name, known, n=3)
            raise UsageError(
                f"{str(path)!r}: unknown key {key!r}", expected="a flag's name without the dashes", known=near or known
            )
        if name in config:
            raise UsageError(f"{str(path)!r}: {key!r} stands there twice", expected="one spelling, with - or with _")
        config[name] = _anchor(name, value, path.parent)
    return config


def merge(config: Mapping[str, Any], flags: Mapping[str, Any], *, source: str = CONFIG_NAME) -> RunConfig:
    """Settings from a config file and flags; flags win (None and empty ones are not given).

    A ``model`` or ``temperature`` flag for one role keeps the file's other roles, one without a role replaces all of
    the file's; ``prompt`` and ``node`` flags replace the file's by name. ``source`` is the file's name in messages.

    Raises:
        UsageError: naming every setting that is not valid, what was given and what is expected.
    """
    given = {key: value for key, value in flags.items() if value is not None and value != () and value != []}
    settings = {**config, **given}
    for key in (*_BY_ROLE, *_BY_NAME):
        if key in given and key in config:
            settings[key] = _overlay(as_items(config[key]), as_items(given[key]), by_role=key in _BY_ROLE)
    try:
        if "mix" in given and "mix" in config:
            settings["mix"] = [*as_items(config["mix"]), *as_items(given["mix"])]
        merged = RunConfig.model_validate(settings)
    except ValidationError as error:
        problems: dict[str, str] = {}
        for item in error.errors(include_url=False):
            key = str(item["loc"][0])
            cause = item.get("ctx", {}).get("error")
            wrong = cause.item if isinstance(cause, WrongItem) else settings[key]
            # Of a list that file and flags made together, one of the two is to blame.
            from_flag = key in given and (not isinstance(cause, WrongItem) or wrong in as_items(given[key]))
            label = f"--{key.replace('_', '-')}" if from_flag else f"{key} in {source}"
            # An endpoint entry may hold a key that somebody pasted into the wrong place: never repeated.
            shown = "this value" if key == "endpoint" else repr(wrong)
            problems.setdefault(key, f"{label}: {shown} is not valid; expected {_EXPECTED[key]}")
        raise UsageError("\n".join(problems.values()), hint=f"{COMMAND} run --help") from None
    return merged


def as_items(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"{key}={item}" for key, item in value.items()]
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else [str(value)]


def _overlay(below: list[str], above: list[str], *, by_role: bool) -> list[str]:
    def key(item: str) -> str | None:
        return split_role(item)[0] if by_role else item.partition("=")[0]

    replaced = {key(item) for item in above}
    if None in replaced:
        return above
    return [item for item in below if key(item) not in replaced] + above


def _anchor(name: str, value: Any, folder: Path) -> Any:
    """Paths of a config file are relative to it, wherever the command is typed."""
    if isinstance(value, list):
        return [_anchor(name, item, folder) for item in value]
    if isinstance(value, dict) and name not in ("endpoint", "price"):
        return {key: _anchor_text(name, item, folder) for key, item in value.items()}
    if name in _BY_ROLE and isinstance(value, str):
        role, spec = split_role(value)
        return (f"{role}=" if role else "") + str(_anchor_text(name, spec, folder))
    if name in _BY_NAME and isinstance(value, str):
        key, equals, target = value.partition("=")
        return key + equals + str(_anchor_text(name, target, folder)) if equals else value
    return _anchor_text(name, value, folder)


def _anchor_text(name: str, text: Any, folder: Path) -> Any:
    if not isinstance(text, str) or not text:
        return text
    if name in ("out", "prompts", "prompt"):
        return str(folder / Path(text).expanduser())
    if name == "embedder" and text.startswith("sbert:") and (folder / text[6:]).is_dir():
        return f"sbert:{folder / text[6:]}"
    if name == "embedder" and text.endswith(".npz"):
        return str(folder / text)
    if name in ("node", "backend", "model", "judge", "embedder", "executor"):
        # Only references to files are paths here; a weighted pool may hold several.
        parts = text.split(",") if name == "model" else [text]
        return ",".join(_anchor_reference(part, folder) for part in parts)
    if name == "tools":
        if is_reference(text):
            return _anchor_reference(text, folder)
        if "://" in text:
            return text
        path = folder / Path(text).expanduser()
        return str(path) if path.exists() or path.suffix or "/" in text else text
    return text


def _anchor_reference(text: str, folder: Path) -> str:
    bare = re.sub(r"\*[\d.]+$", "", text)
    if is_reference(bare) and bare.rpartition(":")[0].endswith(".py"):
        return str(folder / Path(text).expanduser())
    return text
