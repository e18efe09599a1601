"""Plans as the planner writes them: the wanted JSON, its reading, and the plan of the no-plan ablation."""

import re
from typing import Any

from toolflow_graph.behaviours import REVISED
from toolflow_graph.dialogue.staging import first_fact
from toolflow_graph.errors import ParseError
from toolflow_graph.schemas import find_free_text
from toolflow_graph.tool_graph.handles import find_flows
from toolflow_graph.types import Behaviour, Fact, Plan, Request, Seed, Slot, Tool, Use
from toolflow_graph.verification.toolcards import changes, is_identifier, load_card, split_name

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
                    "kind": {"type": "string", "enum": ["tool", "chat", "irrelevant", "forbidden"]},
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
                    "revision": {
                        "type": ["object", "null"],
                        "properties": {"name": {"type": "string"}, "value": {}},
                        "required": ["name", "value"],
                    },
                },
                "required": ["kind", "intent", "tools", "facts", "withheld", "uses", "revision"],
            },
        },
        "policy": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["requests", "policy"],
}


def parse_plan(plain: dict[str, Any], seed: Seed, *, lenient: bool = False) -> Plan:
    """Read a planner's JSON object and hold it to the rules that can be checked before anyone speaks.

    ``lenient``: a request that lacks what its slot asks for loses the slot instead of being refused.

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
    policy = _parse_policy(plain, requests, seed)
    requests = tuple(_hide(request, number, requests) for number, request in enumerate(requests))
    kept = []
    for number, request in enumerate(requests):
        for _ in request.slot.behaviours:
            problem = check_shape(request, number, seed.tools)
            if problem is None:
                break
            behaviour, reason = problem
            if not lenient:
                raise ParseError(f"request {number + 1}: {reason}")
            request = _without(request, behaviour)
        kept.append(request)
    return Plan(requests=tuple(kept), policy=policy)


def _without(request: Request, behaviour: Behaviour) -> Request:
    """The request without one behaviour that its slot asks for."""
    left = tuple(name for name in request.slot.behaviours if name != behaviour)
    slot = Slot(
        behaviours=left,
        mishap=request.slot.mishap if "error_recovery" in left else None,
        arrives=request.slot.arrives if "missing_function" in left else None,
    )
    changed: dict[str, Any] = {"slot": slot}
    if behaviour == "missing_function":
        changed["hidden"] = ()
        if request.kind == "irrelevant":
            # Its tools are there after all: what can be done must not be declined.
            changed["kind"] = "tool"
    if behaviour in ("correction", "error_recovery") and "correction" not in left:
        changed["revision"] = None
    return request.model_copy(update=changed)


def _parse_policy(plain: dict[str, Any], requests: tuple[Request, ...], seed: Seed) -> tuple[str, ...]:
    given = plain.get("policy") or []
    given = [given] if isinstance(given, str) else given
    if not isinstance(given, list) or not all(isinstance(sentence, str) for sentence in given):
        raise ParseError('"policy" must be a list of sentences')
    policy = tuple(sentence.strip() for sentence in given if sentence.strip())
    if not any(request.kind == "forbidden" for request in requests):
        return ()  # a policy that nothing touches would only be noise
    if not policy:
        raise ParseError('a request of kind "forbidden" needs a "policy" that forbids it')
    for sentence in policy:
        _refuse_identifiers(sentence, seed, '"policy"', "say in plain words what is not done")
    return policy


def _hide(request: Request, number: int, requests: tuple[Request, ...]) -> Request:
    """The tools of a request that are not there when it is opened: those that no earlier request has used."""
    if not request.asks("missing_function"):
        return request
    others = requests[:number] if request.slot.arrives else (*requests[:number], *requests[number + 1 :])
    used = {name for other in others for name in other.tools}
    hidden = tuple(name for name in request.tools if name not in used)
    if not request.slot.arrives:
        request = request.model_copy(update={"kind": "irrelevant"})
    return request.model_copy(update={"hidden": hidden})


def check_shape(request: Request, number: int, tools: tuple[Tool, ...]) -> tuple[Behaviour, str] | None:
    """The first behaviour that a request cannot show, and why, in words for the planner; None if it shows them all."""
    kinds: dict[Behaviour, str] = {"irrelevant": "irrelevant", "policy": "forbidden", "chat": "chat"}
    if request.asks("missing_function"):
        if not request.hidden:
            return "missing_function", "it must use a tool that no other request uses, since that tool is missing"
        if request.kind == "irrelevant":
            return None
    for behaviour in request.slot.behaviours:
        wanted = kinds.get(behaviour, "tool")
        if request.kind != wanted:
            return behaviour, f'its kind must be "{wanted}"'
        reason = _lacks(request, behaviour, number, tools)
        if reason:
            return behaviour, reason
    return None


def _show_flows(tools: tuple[Tool, ...]) -> str:
    """Examples of what can be taken, for a planner that found none."""
    flows = find_flows(tools)[:3]
    shown = "; ".join(f"{flow.source} brings the {flow.thing} that {flow.target} takes" for flow in flows)
    return f" ({shown})" if shown else ""


def _lacks(request: Request, behaviour: Behaviour, number: int, tools: tuple[Tool, ...]) -> str | None:
    used = [tool for tool in tools if tool.name in request.tools]
    match behaviour:
        case "single" if len(request.tools) > 1:
            return "it must need one tool only"
        case "nested" if len(request.tools) < 2:
            return "it must need at least two tools"
        case "chained" if len(request.tools) < 2 and not request.uses:
            return f"it must need two tools of which one takes a value from the other's result{_show_flows(tools)}"
        case "clarification" if not request.withheld:
            return 'one fact must stand under "withheld"'
        case "back_reference" if not any(use.request < number for use in request.uses):
            return f'it must take something from an earlier request: name it under "uses"{_show_flows(tools)}'
        case "confirm" if not any(map(changes, used)):
            return "it must use a tool that changes something (books, sends, creates, deletes)"
        case "injection" if not any(find_free_text(tool.returns) for tool in used):
            fitting = ", ".join(tool.name for tool in tools if find_free_text(tool.returns))
            return f"it must use a tool whose result holds text that other people wrote: {fitting or 'there is none'}"
        case "correction":
            return _lacks_revision(request)
        case "error_recovery" if request.slot.mishap in REVISED:
            return _lacks_revision(request)
        case _:
            return None


def _lacks_revision(request: Request) -> str | None:
    first = first_fact(request)
    if first is None or request.revision is None:
        return 'it needs a "revision" with the name of one of its facts and the new value'
    return 'the value of its "revision" must differ from the fact\'s' if first.value == request.revision.value else None


def _parse_request(item: dict[str, Any], number: int, seed: Seed) -> Request:
    where = f"request {number + 1}"
    offered = [tool.name for tool in seed.tools]
    intent = str(item.get("intent") or "").strip()
    tools = tuple(dict.fromkeys(str(name) for name in _as_list(item, "tools", where)))
    kind: Any = item.get("kind") or ("tool" if tools else "chat")
    if kind not in ("tool", "chat", "irrelevant", "forbidden") or not intent:
        raise ParseError(
            f'{where}: "kind" must be "tool", "chat", "irrelevant" or "forbidden", and "intent" must say what the '
            "person wants"
        )
    unknown = [name for name in tools if name not in offered]
    if unknown:
        raise ParseError(f"{where}: no tool {', '.join(unknown)}; the tools are {', '.join(offered)}")
    slot = seed.slot(number)
    if kind == "irrelevant" and tools and "missing_function" in slot.behaviours:
        kind = "tool"  # what it wants is a tool's, but the tool will not be there: ``_hide`` sees to it
    if (kind in ("tool", "forbidden")) != bool(tools):
        raise ParseError(
            f'{where}: kind "{kind}" with tools {list(tools)}; "tool" and "forbidden" need some, the others have none'
        )
    _refuse_identifiers(intent, seed, f"{where}: the intent", "say what the person wants, not which tool")
    withheld = _parse_facts(item, "withheld", where)
    names = {fact.name for fact in withheld}
    facts = tuple(fact for fact in _parse_facts(item, "facts", where) if fact.name not in names)
    uses = tuple(_parse_use(use, number, where) for use in _as_list(item, "uses", where))
    revision = _parse_revision(item, slot, where)
    # All of these words are shown to the user role, which knows no tools.
    for fact in (*facts, *withheld):
        _refuse_identifiers(fact.name, seed, f"{where}: the fact {fact.name!r}", "name it in plain words")
    for use in uses:
        _refuse_identifiers(use.what, seed, f'{where}: "uses"', "say in plain words what is taken")
    return Request(
        kind=kind,
        intent=intent,
        tools=tools,
        facts=facts,
        withheld=withheld,
        uses=uses,
        revision=revision,
        slot=slot,
    )


def _parse_revision(item: dict[str, Any], slot: Slot, where: str) -> Fact | None:
    given = item.get("revision")
    if not given or not ("correction" in slot.behaviours or slot.mishap in REVISED):
        return None  # nobody asked for one
    if isinstance(given, list):
        given = given[0]
    if not isinstance(given, dict) or not given.get("name") or given.get("value") is None:
        raise ParseError(f'{where}: "revision" needs a "name" and a "value"')
    return _parse_facts({"facts": [given]}, "facts", where)[0]


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
