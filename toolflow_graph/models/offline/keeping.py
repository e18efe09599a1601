"""One identifier is one thing: what was shown stays as it was shown, and another query brings other things."""

import copy
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from toolflow_graph.models.briefs import ToolBrief
from toolflow_graph.models.offline.binding import leaves
from toolflow_graph.models.offline.filters import keep_to_filters
from toolflow_graph.models.offline.mending import rename
from toolflow_graph.models.offline.remembering import is_allowed
from toolflow_graph.models.offline.views import BODIES, View
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Json, Tool, ToolCall
from toolflow_graph.verification.toolcards import split_name
from toolflow_graph.verification.world.naming import Key, Mention, identifier, kind_of
from toolflow_graph.verification.world.things import Act, act_of, made_by

_PLACES = frozenset(
    {"city", "country", "location", "address", "latitude", "longitude", "postcode", "zip", "region", "place", "owner"}
)
_ABOUT_TIME_ONLY = frozenset({"timezone", "tz", "zone", "language", "lang", "locale"})
_ASKED = frozenset(
    "price rate total subtotal fare fees cost tax available availability left free next rank played distance stroll "
    "walk travel score_match relevance minutes_played amount".split()
)
"""Words of fields that depend on the days, the quantities or the point that a call names."""
_LASTING = frozenset(
    "hotel restaurant airline doctor clinic patient user customer guest host store venue property product course "
    "artist author owner landlord".split()
)
"""Kinds of things that a write about something else names, and does not make."""
_SHARED = frozenset(
    "user person customer contact member employee artist author player team tag label category company airline "
    "airport doctor".split()
)
"""Kinds of things that stand under several owners: the same person works on two projects."""
_ONE_OF_A_KIND = ("cart", "shopping cart", "basket")
_MOVED = frozenset(
    "status state stage updated modified changed last current next total balance remaining price amount cost fee".split()
)
"""Words of fields that a change of something else may move, too."""
_CALLED = lazy_regex(r"(?:^|_)(?:name|title|headline|subject|label)$")


@dataclass(slots=True)
class _Shown:
    """A thing as the dialogue has shown it: what is known of it, by whom it was asked for, what holds it.

    ``whole``: a write made or changed it, so that its parts are known whoever shows them.
    """

    holder: dict[str, Any]
    call: ToolCall
    context: frozenset[tuple[str, str]]
    scope: dict[str, str]
    whole: bool = False


def keep_things(value: Json, brief: ToolBrief, view: View) -> Json:
    """``value``, a draft that is changed in place, with each shown thing as it was and no other thing under its id."""
    shown = _shown_before(brief)
    _keep_owners(value, brief)
    if view.writes:
        _keep_links(value, brief)
        _keep_parts(value, brief, shown)
        return value
    act = Act(len(brief.history), brief.call, value, True, brief.tool)
    asked = {str(part) for _, part in leaves(brief.call.arguments)}
    held = _holders_of(value, act)
    taken = {number for _, number in shown} | {mention.id for mention in act.parts[0]}
    moved: dict[Key, str] = {}
    for mention in [one for one in act.parts[0] if one.own]:
        known = shown.get(mention.thing)
        if mention.thing in moved and isinstance(mention.holder[mention.key], str):
            mention.holder[mention.key] = moved[mention.thing]
        if known is None or mention.thing in moved:
            continue
        if mention.id in asked:
            _copy(known, mention.holder, act, asked)
            _copy_parts(known, mention.holder, act)
            continue
        scope = _scope(mention, held, brief.call)
        if not _is_other(known, mention, scope) and _show_again(known, mention, brief, view, act):
            continue
        twin = _twin(shown, mention, scope)
        if twin is not None and _show_again(shown[mention.kind, twin], mention, brief, view, act):
            mention.holder[mention.key] = twin
        else:
            twin = rename(mention, taken)
            taken.add(twin)
        moved[mention.thing] = twin
    _follow(act, moved)
    return value


def _keep_links(value: Json, brief: ToolBrief) -> None:
    """The booking that is written about once more is still one of the same hotel."""
    call = brief.call
    about = {key: part for key, part in call.arguments.items() if kind_of(key)}
    if not isinstance(value, dict) or not about:
        return
    for earlier, result in reversed(brief.history):
        same = earlier.name == call.name and about.items() <= earlier.arguments.items()
        if same and result.ok and isinstance(result.value, dict):
            for key, part in value.items():
                lasts = (kind_of(key) or "").rpartition(" ")[2] in _LASTING and key not in about
                if lasts and type(result.value.get(key)) is type(part):
                    value[key] = result.value[key]
            return


def _keep_owners(value: Json, brief: ToolBrief) -> None:
    """There is one cart; and an offer that was listed for a property is answered for that property."""
    if not isinstance(value, dict):
        return
    asked = _texts(brief.call)
    keys = [key for key in value if kind_of(key) and key not in brief.call.arguments and isinstance(value[key], str)]
    for _, result in reversed(brief.history):
        if not result.ok or not isinstance(result.value, dict):
            continue
        about = {str(part) for path, part in leaves(result.value) if "[" in path and kind_of(path.rpartition(".")[2])}
        for key in keys:
            known = result.value.get(key)
            if isinstance(known, str) and ((kind_of(key) or "") in _ONE_OF_A_KIND or asked & about - {known}):
                value[key] = known
                keys = [one for one in keys if one != key]


def _keep_parts(value: Json, brief: ToolBrief, shown: Mapping[Key, _Shown]) -> None:
    """Whoever changes one field of a thing gets it back with the others as they were."""
    act = Act(len(brief.history), brief.call, value, False, brief.tool)
    given = {split_name(key)[-1:] for key in brief.call.arguments}
    for mention in act.parts[0]:
        known = shown.get(mention.thing)
        if known is None or not mention.own or mention.listed or mention.id not in _texts(brief.call):
            continue
        for key, old in mention.holder.items():
            part, words = known.holder.get(key), split_name(key)
            if words[-1:] in given or _MOVED.intersection(words) or not _same_type(part, old):
                continue
            mention.holder[key] = copy.deepcopy(part)


def _texts(call: ToolCall) -> set[str]:
    return {str(part) for _, part in leaves(call.arguments)}


def _shown_before(brief: ToolBrief) -> dict[Key, _Shown]:
    """The things that reads have shown since the last write that may have changed them, and what writes have made."""
    tools: dict[str, Tool] = {tool.name: tool for tool in (*brief.scene.tools, *brief.scene.distractors, brief.tool)}
    shown: dict[Key, _Shown] = {}
    for place, (call, result) in enumerate(brief.history):
        if not result.ok:
            continue
        act = act_of(place, call, result, tools)
        if not act.reads:
            _see_write(shown, act)
            continue
        held = _holders_of(result.value, act)
        for mention in act.parts[0]:
            if not mention.own:
                continue
            before = shown.get(mention.thing)
            known = {**(before.holder if before else {}), **mention.holder}
            scope = before.scope if before else _scope(mention, held, call)
            whole = before is not None and before.whole
            shown[mention.thing] = _Shown(known, call, act.context, scope, whole)
    return shown


def _see_write(shown: dict[Key, _Shown], act: Act) -> None:
    """What a write has made, or changed, is as it says; whatever else it may have touched is forgotten."""
    made = made_by(act, act.parts[0])
    asked = _texts(act.call)
    own = [one for one in act.parts[0] if one is made or (one.own and not one.listed and one.id in asked)]
    kept = {mention.thing: shown[mention.thing].holder for mention in own if mention.thing in shown}
    _forget(shown, act)
    for mention in own:
        before = {key: part for key, part in kept.get(mention.thing, {}).items() if not _MOVED & set(split_name(key))}
        bodies = [part for key, part in act.call.arguments.items() if key in BODIES and isinstance(part, dict)]
        given = {
            key: part for body in (act.call.arguments, *bodies) for key, part in body.items() if part not in bodies
        }
        said = {key.removeprefix("new_"): part for key, part in given.items()}
        shown[mention.thing] = _Shown({**before, **said, **mention.holder}, act.call, frozenset(), {}, whole=True)


def _forget(shown: dict[Key, _Shown], act: Act) -> None:
    touched = {text for _, part in leaves(act.call.arguments) if (text := identifier(part)) is not None}
    touched |= {mention.id for mention in act.parts[0]}
    for key in list(shown):
        linked = {str(part) for part in shown[key].holder.values() if isinstance(part, str | int)}
        if key[1] in touched or touched & linked:
            del shown[key]


def _holders_of(value: Json, act: Act) -> dict[int, Mention]:
    """The thing that holds each object, by the object's ``id()``: the mail of an attachment."""
    own = {id(mention.holder): mention for mention in act.parts[0] if mention.own}
    found: dict[int, Mention] = {}

    def walk(part: Json, above: Mention | None) -> None:
        if isinstance(part, dict):
            if above is not None:
                found[id(part)] = above
            above = own.get(id(part), above)
        for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            walk(inner, above)

    walk(value, None)
    return found


def _scope(mention: Mention, held: Mapping[int, Mention], call: ToolCall) -> dict[str, str]:
    """What a thing belongs to, as far as the call and the result tell: places, owners, and the thing that holds it."""
    found = {key: repr(part) for key, part in call.arguments.items() if _is_scope(key) and str(part) != mention.id}
    above = held.get(id(mention.holder))
    if above is not None:
        found[f"{above.kind.replace(' ', '_')}_id"] = repr(above.holder[above.key])
    return found


def _is_scope(key: str) -> bool:
    return bool(kind_of(key)) or bool(_PLACES.intersection(split_name(key)))


def _is_other(known: _Shown, mention: Mention, scope: Mapping[str, str]) -> bool:
    """Whether a row is of another city or another owner than the thing that has its identifier."""
    if mention.kind.rpartition(" ")[2] in _SHARED:
        return False
    if any(known.scope.get(key, part) != part for key, part in scope.items()):
        return True
    links = {key: part for key, part in mention.holder.items() if kind_of(key) and key != mention.key}
    asked = {key: part for key, part in scope.items() if key in known.holder}
    return any(known.holder.get(key, part) != part for key, part in links.items()) or any(
        repr(known.holder[key]) != part for key, part in asked.items()
    )


def _show_again(known: _Shown, mention: Mention, brief: ToolBrief, view: View, act: Act) -> bool:
    """Give a row all that is known of the thing; False, and no change, where the call's filters leave it out."""
    row = copy.deepcopy(mention.holder)
    renamed = any(_CALLED.search(key) and known.holder.get(key, part) != part for key, part in row.items())
    if renamed and not known.whole:
        return False
    _copy(known, row, act, ())
    if row != mention.holder:
        kept = keep_to_filters([copy.deepcopy(row)], view, brief.call.arguments, random.Random(0))
        if kept != [row] or (mention.listed and not is_allowed(row, brief.call.arguments)):
            return False
    _copy_parts(known, row, act)
    # The identifier stays: the caller may give it another one.
    mention.holder.update({key: part for key, part in row.items() if key != mention.key})
    return True


def _copy(known: _Shown, row: dict[str, Any], act: Act, asked: Iterable[str]) -> None:
    moving = _asks_otherwise(known, act)
    given = set(asked)
    for key, old in row.items():
        part = known.holder.get(key)
        if part is None or isinstance(part, dict | list) or not _same_type(part, old):
            continue
        if str(old) in given and (not known.whole or key in act.call.arguments):
            continue
        if not (moving and _ASKED.intersection(split_name(key))):
            row[key] = part


def _same_type(one: Any, other: Any) -> bool:
    numbers = isinstance(one, int | float) and isinstance(other, int | float)
    return type(one) is type(other) or (numbers and not isinstance(one, bool) and not isinstance(other, bool))


def _copy_parts(known: _Shown, row: dict[str, Any], act: Act) -> None:
    """The parts of a thing that the same tool shows again: the attachments of a mail, in their order."""
    if not known.whole and (known.call.name != act.call.name or _asks_otherwise(known, act)):
        return
    for key, part in row.items():
        if isinstance(part, dict | list) and type(known.holder.get(key)) is type(part):
            row[key] = copy.deepcopy(known.holder[key])


def _asks_otherwise(known: _Shown, act: Act) -> bool:
    """Whether a call names other days, quantities or places than the one that showed the thing."""
    return any(not _ABOUT_TIME_ONLY.intersection(split_name(key)) for key, _ in known.context ^ act.context)


def _twin(shown: Mapping[Key, _Shown], mention: Mention, scope: Mapping[str, str]) -> str | None:
    """The identifier of the thing of the same name that this query did show before."""
    for (kind, number), known in shown.items():
        if kind != mention.kind or number == mention.id or _is_other(known, mention, scope):
            continue
        names = [key for key, part in mention.holder.items() if _CALLED.search(key) and known.holder.get(key) == part]
        if names and isinstance(mention.holder[mention.key], str):
            return number
    return None


def _follow(act: Act, moved: Mapping[Key, str]) -> None:
    """What refers to a thing that got another identifier in this result refers to the new one."""
    for mention in act.parts[0]:
        if not mention.own and mention.thing in moved and isinstance(mention.holder[mention.key], str):
            mention.holder[mention.key] = moved[mention.thing]
