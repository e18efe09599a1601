"""One judge's reply: the JSON that is asked for, read and checked. Reasons stand before what they lead to. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolflow_graph.errors import ParseError
from toolflow_graph.models.structured import kind_of, parse_json_object
from toolflow_graph.record import CRITERIA, TurnJudgement

LOWEST, HIGHEST = 1, 5
_MOST_REASON = 2_000


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one judge says: criterion -> score and reason, and each of the assistant's messages in order."""

    scores: Mapping[str, int]
    reasons: Mapping[str, str]
    turns: tuple[TurnJudgement, ...]


def opinion_schema() -> dict[str, Any]:
    """The JSON Schema of a judge's reply, in the part of JSON Schema that servers constrain replies to."""
    text, score = {"type": "string"}, {"type": "integer", "enum": list(range(LOWEST, HIGHEST + 1))}
    turn = _object({"message": {"type": "integer"}, "reason": text, "good": {"type": "boolean"}})
    scored = _object({"reason": text, "score": score})
    return _object({"turns": {"type": "array", "items": turn}, **dict.fromkeys(CRITERIA, scored)})


def parse_opinion(content: str | None, turns: Sequence[int]) -> Opinion:
    """Read a reply about the messages ``turns``.

    Raises:
        ParseError: no JSON object, a criterion without a reason or a whole number from 1 to 5, or messages that are
            not judged, judged twice, or not the assistant's; all of it in one reason.
    """
    plain = parse_json_object(content)
    problems: list[str] = []
    scores: dict[str, int] = {}
    reasons: dict[str, str] = {}
    for name in CRITERIA:
        entry = plain.get(name)
        if not isinstance(entry, Mapping):
            problems.append(f'"{name}" must be {{"reason": "...", "score": 1 to 5}}, not {kind_of(entry)}')
            continue
        score, reason = _read_score(entry.get("score")), _read_reason(entry.get("reason"))
        if score is None:
            problems.append(f'the score of "{name}" must be a whole number from {LOWEST} to {HIGHEST}')
        if not reason:
            problems.append(f'"{name}" has no reason')
        scores[name], reasons[name] = score or 0, reason
    judged = _read_turns(plain.get("turns"), turns, problems)
    if problems:
        raise ParseError("; ".join(problems))
    return Opinion(scores, reasons, judged)


def _read_turns(entries: Any, turns: Sequence[int], problems: list[str]) -> tuple[TurnJudgement, ...]:
    if not isinstance(entries, list):
        problems.append(f'"turns" must be a list with one entry for each of the messages {_listed(turns)}')
        return ()
    found: dict[int, TurnJudgement] = {}
    for entry in entries:
        index = entry.get("message") if isinstance(entry, Mapping) else None
        if not isinstance(entry, Mapping) or type(index) is not int or index not in turns:
            problems.append(f'each of "turns" names one of the messages {_listed(turns)} by its number, not {index!r}')
            break
        good, reason = entry.get("good"), _read_reason(entry.get("reason"))
        if index in found:
            problems.append(f"message {index} is judged twice")
        elif not isinstance(good, bool):
            problems.append(f'message {index}: "good" must be true or false')
        elif not good and not reason:
            problems.append(f"message {index} is bad, but no reason says why")
        else:
            found[index] = TurnJudgement(message_index=index, good=good, reason=reason)
    missing = [index for index in turns if index not in found]
    if missing and not problems:
        problems.append(f'"turns" lacks {_listed(missing)}')
    return tuple(found[index] for index in turns if index in found)


def _read_score(value: Any) -> int | None:
    """A whole number within the scale; 4.0 and "4" are 4, true is no number."""
    if isinstance(value, str) and len(value.strip()) == 1 and value.strip().isascii() and value.strip().isdigit():
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and LOWEST <= value <= HIGHEST else None


def _read_reason(value: Any) -> str:
    return value.strip()[:_MOST_REASON] if isinstance(value, str) else ""


def _listed(turns: Sequence[int]) -> str:
    return ", ".join(map(str, turns)) or "(none)"


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
