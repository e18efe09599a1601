"""Plans as the planner writes them: the wanted JSON, its reading, and the plan of the no-plan ablation."""

import re
from typing import Any

from toolflow_graph.errors import ParseError
from toolflow_graph.randomness import derive_rng
from toolflow_graph.types import Fact, Plan, Request, Seed, Tool, Use
from toolflow_graph.verification.toolcards import is_identifier, load_card, split_name

_FACTS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "value": {}},
        "required": ["name", "value"],
    },
}
PLAN_SCHEMA = {
    "type": "object",
    "properties": {
        "requests": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "kind": {"type": "string", "enum": ["tool", "chat"]},
                    "intent": {"type": "string"},
                    "tools": {"type": "array", "items": {"type": "string"}},
                    "facts": _FACTS,
                    "withheld": _FACTS,
                    "uses": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {"request": {"type": "integer"}, "what": {"type": "string"}},
                            "required": ["request", "what"],
                        },
                    },
                },
                "required": ["kind", "intent", "tools", "facts", "withheld", "uses"],
            },
        }
    },
    "required": ["requests"],
}


WITHHOLDING = 0.3
"""Share of requests for which the planner is asked to withhold a required value (a clarification turn)."""


def draw_withholding(seed: Seed) -> tuple[int, ...]:
    """The numbers (from 1) of the requests in which the user forgets something: drawn, not left to the planner."""
    rng = derive_rng(seed.random_seed, "withholding")
    return tuple(number for number in range(1, seed.target_turns + 1) if rng.random() < WITHHOLDING)


def parse_plan(plain: dict[str, Any], seed: Seed) -> Plan:
    """Read a planner's JSON object and hold it to the rules that can be checked before anyone speaks.

    Raises:
        ParseError: with the first thing that is wrong, written for the planner.
    """
    items = plain.get("requests")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ParseError('"requests" must be a list of objects')
    if len(items) != seed.target_turns:
        raise ParseError(f"the plan has {len(items)} requests; exactly {seed.target_turns} were asked for")
    requests = tuple(_parse_request(item, number, seed) for number, item in enumerate(items))
    if not any(request.kind == "tool" for request in requests):
        raise ParseError('no request has kind "tool"')
    return Plan(requests=requests)


def _parse_request(item: dict[str, Any], number: int, seed: Seed) -> Request:
    where = f"request {number + 1}"
    offered = [tool.name for tool in seed.tools]
    intent = str(item.get("intent") or "").strip()
    tools = tuple(dict.fromkeys(str(name) for name in _as_list(item, "tools", where)))
    kind: Any = item.get("kind") or ("tool" if tools else "chat")
    if kind not in ("tool", "chat") or not intent:
        raise ParseError(f'{where}: "kind" must be "tool" or "chat", and "intent" must say what the person wants')
    unknown = [name for name in tools if name not in offered]
    if unknown:
        raise ParseError(f"{where}: no tool {', '.join(unknown)}; the tools are {', '.join(offered)}")
    if (kind == "tool") != bool(tools):
        raise ParseError(f'{where}: kind "{kind}" with tools {list(tools)}; "tool" needs some, "chat" has none')
    _refuse_identifiers(intent, seed, f"{where}: the intent", "say what the person wants, not which tool")
    withheld = _parse_facts(item, "withheld", where)
    names = {fact.name for fact in withheld}
    facts = tuple(fact for fact in _parse_facts(item, "facts", where) if fact.name not in names)
    uses = tuple(_parse_use(use, number, where) for use in _as_list(item, "uses", where))
    # All of these words are shown to the user role, which knows no tools.
    for fact in (*facts, *withheld):
        _refuse_identifiers(fact.name, seed, f"{where}: the fact {fact.name!r}", "name it in plain words")
    for use in uses:
        _refuse_identifiers(use.what, seed, f'{where}: "uses"', "say in plain words what is taken")
    return Request(kind=kind, intent=intent, tools=tools, facts=facts, withheld=withheld, uses=uses)


def find_identifiers(text: str, tools: tuple[Tool, ...]) -> list[str]:
    """The tool names and parameter keys in a text that can be nothing but identifiers (``get_user``, ``checkIn``)."""
    tokens = {token for token in re.findall(r"[\w-]+", text) if is_identifier(token)}
    if not tokens:
        return []
    known = {tool.name for tool in tools}
    for tool in tools:
        known |= {key for key in load_card(tool).spoken_keys if "_" in key or not key.islower()}
    return sorted(tokens & known)


def _refuse_identifiers(text: str, seed: Seed, where: str, instead: str) -> None:
    found = find_identifiers(text, seed.tools)
    if found:
        raise ParseError(f"{where} names {', '.join(found)}; {instead}")


def _say_name(name: str) -> str:
    """``checkInDate`` and ``check_in_date`` as a person would write them; other text stays as it is."""
    if not is_identifier(name) or not re.fullmatch(r"[\w-]+", name):
        return name.replace("_", " ")
    return " ".join(split_name(name)) or name


def _as_list(item: dict[str, Any], key: str, where: str) -> list[Any]:
    value = item.get(key)
    if not isinstance(value, list | None):
        raise ParseError(f'{where}: "{key}" must be a list')
    return value or []


def _parse_facts(item: dict[str, Any], key: str, where: str) -> tuple[Fact, ...]:
    given = item.get(key)
    if isinstance(given, dict):  # {"departure date": "2025-03-14"} says the same
        item = {key: [{"name": name, "value": value} for name, value in given.items()]}
    facts = _as_list(item, key, where)
    if not all(isinstance(fact, dict) and fact.get("name") and fact.get("value") is not None for fact in facts):
        raise ParseError(f'{where}: each of "{key}" needs a "name" and a "value"')
    hints = [fact.get("parameter") for fact in facts]
    return tuple(
        Fact(
            name=_say_name(str(fact["name"])),
            value=fact["value"],
            parameter=hint if isinstance(hint, str) else None,
        )
        for fact, hint in zip(facts, hints, strict=True)
    )


def _parse_use(item: Any, number: int, where: str) -> Use:
    if not isinstance(item, dict) or type(item.get("request")) is not int or not item.get("what"):
        raise ParseError(f'{where}: each of "uses" needs the number of a "request" and "what" is taken from it')
    if not 1 <= item["request"] <= number + 1:
        raise ParseError(f"{where}: it cannot use request {item['request']}; only earlier ones, the first being 1")
    hints = {key: item[key] for key in ("tool", "path", "parameter") if isinstance(item.get(key), str)}
    return Use(request=item["request"] - 1, what=str(item["what"]), **hints)


def plan_nothing(seed: Seed) -> Plan:
    """The no-plan ablation: the user is told what kind of help there is and makes every request up alone."""
    topics = "; ".join(dict.fromkeys(_say_topic(tool, seed.tools) for tool in seed.tools))
    return Plan(requests=(Request(kind="open", intent=topics),) * seed.target_turns)


def _say_topic(tool: Tool, tools: tuple[Tool, ...]) -> str:
    """What a tool is for, in words for the user: its first sentence, or the words of its name if that tells a name."""
    sentence = tool.description.strip().split(". ")[0].split("\n")[0].strip().rstrip(".")
    if sentence and not find_identifiers(sentence, tools) and tool.name not in re.findall(r"[\w-]+", sentence):
        return sentence
    return " ".join(split_name(tool.name)) or "something else"
