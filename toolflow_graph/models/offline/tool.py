"""The tool role: a valid result that agrees with the call and with what the dialogue already holds."""

import copy
import dataclasses
import json
import re
from collections.abc import Mapping
from typing import Any

from toolflow_graph.models.briefs import Failure, ToolBrief
from toolflow_graph.models.offline.agreeing import agree, spread_days
from toolflow_graph.models.offline.binding import leaves
from toolflow_graph.models.offline.draws import draw_for
from toolflow_graph.models.offline.echoing import echo
from toolflow_graph.models.offline.failing import fail, without_items
from toolflow_graph.models.offline.filters import keep_to_filters
from toolflow_graph.models.offline.generate import MISSING, make_valid
from toolflow_graph.models.offline.keeping import keep_things
from toolflow_graph.models.offline.loose import loose_result, loose_text
from toolflow_graph.models.offline.mending import deleted_in, mend, world_of
from toolflow_graph.models.offline.relating import relate
from toolflow_graph.models.offline.remembering import known_of, with_made_things, with_same_ids
from toolflow_graph.models.offline.results import ResultLeaves
from toolflow_graph.models.offline.views import View, noun_of, view_of
from toolflow_graph.models.offline.whereabouts import put_in_place
from toolflow_graph.models.offline.world import PLACES, Cast, build_cast
from toolflow_graph.validation import schema_errors
from toolflow_graph.verification.inline import find_repeated_read
from toolflow_graph.verification.world.things import World

_LARGE = 3900
"""Characters above which a smaller result is tried: tool messages are read whole by whoever trains on them."""
_TOO_LARGE = 15_000
_UNANSWERABLE = {"code": "internal_error", "message": "The service could not put together a complete answer."}


def simulate(brief: ToolBrief, salt: int = 0) -> dict[str, Any]:
    """The result of ``brief.call`` as the tool role's reply; an error where no result can fit the tool's schema."""
    view, call = view_of(brief.tool), brief.call
    if brief.mishap is not None and brief.mishap.kind != "empty":
        return {"ok": False, "error": fail(view, call, brief.mishap)}
    reply = _answer(brief, view, salt)
    return {"ok": True, "result": without_items(reply["result"])} if brief.mishap and reply["ok"] else reply


def _answer(brief: ToolBrief, view: View, salt: int) -> dict[str, Any]:
    call = brief.call
    tools = {tool.name: tool for tool in (*brief.scene.tools, *brief.scene.distractors, brief.tool)}
    if brief.mishap is None and (known := find_repeated_read(call, brief.history, tools)) is not None and known.ok:
        return {"ok": True, "result": known.value}
    gone = deleted_in(world_of(brief), call)
    if gone is not None:
        return {"ok": False, "error": fail(view, call, Failure("not_found", gone))}
    schema = brief.tool.returns
    if not schema or _is_open(schema):
        loose = with_made_things(loose_result(brief, view, salt), view, brief, world_of(brief))
        return {"ok": True, "result": _settle(loose, brief, view, world_of(brief))}
    value = _generate(brief, view, schema, salt)
    value = _with_open_part(value, schema, brief, view, salt)
    if not _fits(value, schema) or len(json.dumps(value)) > _TOO_LARGE:
        return {"ok": False, "error": _UNANSWERABLE}
    return {"ok": True, "result": value}


def _generate(brief: ToolBrief, view: View, schema: Mapping[str, Any], salt: int) -> Any:
    scene, call = brief.scene, brief.call
    turn = len(brief.history) if view.writes else 0
    rng = draw_for(scene, "tool", call.name, call.arguments, turn, salt=salt)
    cast = _there(build_cast(scene.random_seed, scene.now), call.arguments)
    known = known_of(brief)
    hooks = ResultLeaves(scene, view, call.arguments, known, cast, rng)
    noun = noun_of(view.phrase)
    value = make_valid(
        schema,
        rng,
        cast,
        leaf=hooks.leaf,
        include=hooks.include,
        length=hooks.length,
        result=True,
        closed=False,
        owner=noun,
    )
    dated = any(isinstance(part, str) and re.match(r"\d{4}-\d\d-\d\d", part) for _, part in hooks.given)
    better = copy.deepcopy(value) if dated else spread_days(copy.deepcopy(value), scene.now, rng.randint(1, 3))
    better = agree(echo(better, call.arguments, view, rng))
    better = relate(better, view, call.arguments, known, scene.now, rng)
    better = put_in_place(keep_to_filters(better, view, call.arguments, rng), call.arguments, rng)
    world = world_of(brief)
    better = _settle(with_made_things(with_same_ids(better, brief), view, brief, world), brief, view, world)
    agreed = _settle(agree(copy.deepcopy(better)), brief, view, world)
    for attempt in (agreed, better, _settle(copy.deepcopy(value), brief, view, world)):
        if _fits(attempt, schema):
            value = attempt
            break
    if len(json.dumps(value)) > _LARGE:
        smaller = make_valid(
            schema, rng, cast, leaf=hooks.leaf, include=hooks.include_least, result=True, closed=False, owner=noun
        )
        smaller = _settle(smaller, brief, view, world)
        value = min((value, smaller), key=lambda one: (not _fits(one, schema), len(json.dumps(one))))
    return value


def _settle(value: Any, brief: ToolBrief, view: View, world: World) -> Any:
    """A draft, changed in place, that agrees with all that the dialogue has shown and done."""
    return mend(keep_things(value, brief, view), brief, world)


def _is_open(schema: Any) -> bool:
    """Whether a schema says no more than that something comes back."""
    told = (
        set(schema) - {"type", "description", "title", "additionalProperties"}
        if isinstance(schema, Mapping)
        else {"no"}
    )
    return (
        not told and schema.get("type", "object") == "object" and schema.get("additionalProperties", True) in (True, {})
    )


def _with_open_part(value: Any, schema: Mapping[str, Any], brief: ToolBrief, view: View, salt: int) -> Any:
    """Many servers wrap whatever comes back in a "result": what it holds is then told by the tool's own words."""
    parts = schema.get("properties")
    if not isinstance(parts, Mapping) or len(parts) != 1 or not isinstance(value, dict):
        return value
    name, part = next(iter(parts.items()))
    if name not in ("result", "data", "response", "output") or not isinstance(part, Mapping):
        return value
    loose: Any = MISSING
    if _is_open(part):
        loose = loose_result(brief, view, salt)
    elif part.get("type") == "string" and not {"enum", "format", "pattern", "examples"} & set(part):
        loose = loose_text(brief, view, salt)
    changed = {**value, name: loose}
    return changed if loose is not MISSING and _fits(changed, schema) else value


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    try:
        return not schema_errors(value, schema, closed=False, limit=1)
    except Exception:
        # The schema itself cannot be applied; the verifier will say so.
        return True


def _there(cast: Cast, arguments: dict[str, Any]) -> Cast:
    """The cast, moved to the city, the country or the point that the call names."""
    texts = {value for _, value in leaves(arguments) if isinstance(value, str)}
    place = next((place for place in PLACES if place.city in texts and place != cast.origin), None)
    if place is None and {cast.place.country_code, cast.place.country}.isdisjoint(texts):
        codes = {value for name, value in arguments.items() if "country" in name and isinstance(value, str)}
        place = next((place for place in PLACES if {place.country_code, place.country} & codes), None)
    return dataclasses.replace(cast, place=place) if place else cast
