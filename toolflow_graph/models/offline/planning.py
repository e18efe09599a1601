"""Calls planned ahead: valid arguments with a source for each leaf (said, taken from a result, profile, default)."""

import copy
import dataclasses
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from toolflow_graph.models.briefs import Scene
from toolflow_graph.models.offline import pools
from toolflow_graph.models.offline.binding import id_names, leaves
from toolflow_graph.models.offline.fields import Field
from toolflow_graph.models.offline.figures import estate_price
from toolflow_graph.models.offline.generate import MISSING, make_valid
from toolflow_graph.models.offline.handing import Ways, ways_of
from toolflow_graph.models.offline.kinship import about_someone_else, is_ending, kindred, meaning_key, shared_key
from toolflow_graph.models.offline.results import is_told
from toolflow_graph.models.offline.scales import amount_span
from toolflow_graph.models.offline.seeking import sought_for
from toolflow_graph.models.offline.shapes import fits
from toolflow_graph.models.offline.values import leaf_value
from toolflow_graph.models.offline.views import BODIES, Leaf, View, noun_of, plain_path, view_of
from toolflow_graph.models.offline.words import split_words
from toolflow_graph.models.offline.world import Cast, build_cast, mail_for
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.tool_graph.followups import find_follow_ups, find_made
from toolflow_graph.tool_graph.handles import load_card
from toolflow_graph.types import Flow, Tool
from toolflow_graph.validation import schema_errors

Take = Literal["any", "earlier_first", "earlier", "nothing"]
"""From which results a planned call may take values; "earlier" means from other requests."""
_UNSAID = ("text", "object", "id", "tag", "uuid", "version", "unix")
_LINKS = ("id", "uuid", "address", "location", "email", "phone", "url", "ticker", "airport")
_BARE_IDS = (("id",), ("uuid",), ("gid",), ("key",))
"""Every service calls its handles so: only ``handing`` tells which of them are the same."""
_MOMENTS = ("date", "datetime", "time", "month")
_CHANGES = ("change", "update", "edit", "modify", "adjust", "customise", "customize", "patch")
_GENERIC = {("id",), ("name",), ("code",), ("number",), ("key",), ("url",), ("location",), ("address",), ("uuid",)}


@dataclass(frozen=True, slots=True)
class Link:
    """The leaf at ``parameter`` comes from ``path`` of ``tool``'s result, called for request ``request`` (0-based)."""

    parameter: str
    tool: str
    path: str
    request: int
    entity: str


@dataclass(slots=True)
class PlannedCall:
    """A call as planned: the arguments (placeholders where a link leads), and the links."""

    tool: Tool
    view: View
    request: int
    arguments: dict[str, Any]
    links: list[Link] = field(default_factory=list)
    quiet: set[str] = field(default_factory=set)
    """Paths nobody has to say: the profile or the schema's default gives them."""


class CallPlanner:
    """Plans calls one after another for a scene, sharing values of the same meaning."""

    def __init__(self, scene: Scene, rng: random.Random, *, share: float = 0.35) -> None:
        self.scene, self.rng, self.share = scene, rng, share
        self.cast: Cast = build_cast(scene.random_seed, scene.now)
        self.calls: list[PlannedCall] = []
        self.known: dict[tuple[str, ...], Any] = {}
        self.picked: dict[str, int] = {}
        self.ways: Ways = ways_of(scene)
        self.follow_ups = find_follow_ups(scene.tools)
        self.ended: dict[tuple[str, str], int] = {}
        """(tool, path) of results whose thing a planned call deletes or cancels -> in which request.

        Nothing later may ask for it; what the tool brings in a later request is something else.
        """

    def plan(self, tool: Tool, request: int, *, take: Take = "any") -> PlannedCall:
        """Plan one call of ``tool`` for ``request`` and remember it; ``take``: from which results values may come."""
        view = view_of(tool)
        call = PlannedCall(tool, view, request, {})
        wordy = 0

        others = about_someone_else(view)
        made = next((one for one in self.calls[::-1] if (one.tool.name, tool.name) in self.follow_ups), None)
        made = None if view.writes else made
        about = f"{view.name} {view.phrase.text}".replace("_", " ").lower()
        behind = bool(_LOOKING_BACK.search(about) if not view.writes else _CLAIMED.search(about))

        def leaf(meaning: Field, schema: Mapping[str, Any], path: str) -> Any:
            if behind and meaning.kind in _MOMENTS and not meaning.past:
                meaning = dataclasses.replace(meaning, past=True)
                return self._known_or_drawn(meaning, schema, view, path)
            own = view.param(path)
            named = own is not None and own.field.kind == "id" and meaning.kind != "id"
            if own is not None and own.field.kind == "id":
                meaning = own.field  # the view knows more than the name alone tells
            sources = self._sources(request, take)
            if (found := self._link(call, meaning, schema, path, sources)) is not MISSING:
                return found
            if not others and (own := self._profile(meaning, schema)) is not MISSING:
                call.quiet.add(path)
                return own
            if (
                made is not None
                and (sought := sought_for(made.view, made.arguments, meaning)) is not None
                and fits(sought, schema)
            ):
                return sought
            if (price := estate_price(view, meaning, self.rng)) is not None:
                return price
            if meaning.kind in ("latitude", "longitude") and re.search(
                r"dest|drop|arriv|to_|end", path.rpartition(".")[0]
            ):
                base = self.cast.place.latitude if meaning.kind == "latitude" else self.cast.place.longitude
                return round(base + 0.0274, 4)
            if meaning.kind == "path" and re.search(
                r"director|folder|tree|\brepo", f"{view.name} {view.phrase.text}".replace("_", " ").lower()
            ):
                return self._folder()
            if meaning.kind == "bool" and isinstance(schema.get("default"), bool):
                return not schema["default"]
            if meaning.name == "amount" and (span := amount_span(f"{view.name} {view.phrase.text}".replace("_", " "))):
                return round(self.rng.randint(int(span[0]) + 1, int(span[1])) / 5) * 5
            return (self._known_or_drawn if named else self._known_value)(meaning, schema, view, path)

        def include(meaning: Field, schema: Mapping[str, Any], path: str) -> bool:
            nonlocal wordy
            if (
                meaning.technical
                or "html" in meaning.name.lower()
                or wordy >= 2
                or ("default" in schema and schema["default"] is None and self.rng.random() < 0.6)
            ):
                return False
            # Whoever looks for what was just made filters little.
            share = 0.85 if view.phrase.verb in _CHANGES else self.share if made is None else self.share / 4
            if view.writes and wordy < 2 and path in BODIES:
                return True  # what is written stands in there
            if view.writes and path.rpartition(".")[0] in BODIES and meaning.kind == "title":
                return True
            plain = self.rng.random() < share and meaning.kind not in _UNSAID
            wordy += plain
            return plain

        value = make_valid(tool.parameters, self.rng, self.cast, leaf=leaf, include=include, owner=noun_of(view.phrase))
        call.arguments = self._settle(value if isinstance(value, dict) else {}, call)
        for path, part in leaves(call.arguments):
            found = view.param(path)
            if found and "[" not in path and not isinstance(part, dict | bool):
                self.known.setdefault(meaning_key(found.field, view), part)
                if (shared := shared_key(found.field)) is not None:
                    self.known.setdefault(shared, part)
        call.links = [one for one in call.links if any(one.parameter == path for path, _ in leaves(call.arguments))]
        call.links = _whole_points(call)
        self.calls.append(call)
        self._end(call)
        return call

    def others(self, calls: Sequence[PlannedCall]) -> list[PlannedCall]:
        """What is planned besides these calls."""
        return [call for call in self.calls if not any(call is one for one in calls)]

    def _sources(self, request: int, take: Take) -> list[PlannedCall]:
        """The calls whose results a new one may draw on, the nearest first."""
        usable = self.calls[::-1]
        if take == "earlier_first":
            return sorted(usable, key=lambda call: call.request == request)
        return [call for call in usable if take == "any" or (take == "earlier" and call.request != request)]

    def _end(self, call: PlannedCall) -> None:
        """Forget the thing that a call deletes or cancels: nobody says its number again, or points at it."""
        if not is_ending(call.view):
            return
        ids = [leaf for leaf in call.view.params if leaf.field.kind in ("id", "uuid") and leaf.path in call.arguments]
        nouns = set(noun_of(call.view.phrase).split())
        own = [leaf for leaf in ids if len(ids) == 1 or nouns & set(leaf.field.entity.split())]
        over = [call.arguments[leaf.path] for leaf in own]
        keys = {key for leaf in own for key in (meaning_key(leaf.field, call.view), shared_key(leaf.field))}
        self.known = {key: part for key, part in self.known.items() if part not in over and key not in keys}
        paths = {leaf.path for leaf in own}
        gone = {self._origin(one.tool, one.path) for one in call.links if one.parameter in paths}
        entities = {leaf.field.entity for leaf in own}
        for other in self.calls:
            if other is call or any(part in over for _, part in leaves(other.arguments)):
                plain = (leaf for leaf in other.view.returns if leaf.field.kind == "id" and "[" not in leaf.path)
                gone |= {(other.tool.name, leaf.path) for leaf in plain if leaf.field.entity in entities}
        # The first of a list may be the very thing that was made before.
        lists = {one.tool for one in call.links if one.parameter in paths and "[" in one.path}
        for maker in self.calls:
            made = find_made(load_card(maker.tool)) if lists else None
            if made is not None and any((maker.tool.name, name) in self.follow_ups for name in lists):
                gone.add((maker.tool.name, made.path))
        self.ended |= dict.fromkeys(gone, call.request)

    def _origin(self, tool: str, path: str) -> tuple[str, str]:
        """Where a value that a result only echoes came from in the first place."""
        for call in reversed(self.calls):
            if call.tool.name == tool:
                for one in call.links:
                    if one.parameter == path and one.tool != tool:
                        return self._origin(one.tool, one.path)
        return tool, path

    def _folder(self) -> str:
        """The folder that this dialogue is about."""
        folder: str = self.known.setdefault(("same", "folder"), self.rng.choice(pools.FOLDERS))
        return folder

    def _known_value(self, meaning: Field, schema: Mapping[str, Any], view: View, path: str) -> Any:
        """What this dialogue has settled on for the same thing; an account keeps its number from call to call."""
        if "[" in path or "device" in meaning.entity:
            return MISSING
        key = meaning_key(meaning, view)
        if meaning.description and key in self.known:
            return self.known[key]
        shared = shared_key(meaning)
        return self.known.get(shared, MISSING) if shared is not None else MISSING

    def _known_or_drawn(self, meaning: Field, schema: Mapping[str, Any], view: View, path: str) -> Any:
        found = self._known_value(meaning, schema, view, path)
        return leaf_value(meaning, schema, self.rng, self.cast, result=False) if found is MISSING else found

    def _settle(self, arguments: dict[str, Any], call: PlannedCall) -> dict[str, Any]:
        """Starts before ends, different places for a from and a to; undone if the schema then refuses."""
        changed = copy.deepcopy(arguments)
        plain = [(leaf, changed.get(leaf.path)) for leaf in call.view.params if leaf.path in changed]
        self._own_mail(changed, call)
        linked = {one.parameter for one in call.links}
        if "rent" in changed.values():
            # A month costs less than the house.
            for leaf, price in plain:
                if leaf.field.kind == "money" and isinstance(price, int | float) and price > 20_000:
                    changed[leaf.path] = int(price // 2500 * 10)
        for first, start in plain:
            for second, end in plain:
                same = first.field.kind == second.field.kind and first.field.kind in _MOMENTS
                sides = first.field.edge == "start" and second.field.edge == "end"
                texts = isinstance(start, str) and isinstance(end, str) and end < start
                if same and sides and texts and not {first.path, second.path} & linked:
                    changed[first.path], changed[second.path] = end, start
                    start = end
                small = (
                    first.field.name.startswith(("min", "lowest"))
                    and second.field.name.startswith(("max", "highest"))
                    and split_words(first.field.name)[1:] == split_words(second.field.name)[1:]
                )
                if small and isinstance(start, int | float) and isinstance(end, int | float) and end < start:
                    changed[first.path], changed[second.path] = end, start
        return changed if not schema_errors(changed, call.tool.parameters, closed=True, limit=1) else arguments

    def _own_mail(self, arguments: dict[str, Any], call: PlannedCall) -> None:
        """The address of the one person that a call names is made of that person's name."""
        linked = {one.parameter for one in call.links} | call.quiet
        people = [leaf.path for leaf in call.view.params if leaf.field.kind == "person" and not leaf.field.listed]
        mails = [leaf.path for leaf in call.view.params if leaf.field.kind == "email" and not leaf.field.listed]
        names = [arguments[path] for path in people if isinstance(arguments.get(path), str)]
        mails = [path for path in mails if isinstance(arguments.get(path), str) and path not in linked]
        plain = [
            path for path in mails if not set(split_words(path.split(".")[-1])) - {"email", "mail", "address", "work"}
        ]
        mails = mails if len(mails) == 1 else plain
        if len(names) == len(mails) == 1 and "@" not in names[0]:
            known = dict(zip(self.cast.people, self.cast.mails, strict=True))
            arguments[mails[0]] = known.get(names[0]) or mail_for(names[0], self.rng)

    def _profile(self, meaning: Field, schema: Mapping[str, Any]) -> Any:
        for name, text in sorted(self.scene.profile.items()):
            if (
                split_words(name) == split_words(meaning.name)
                and fits(text, schema)
                and meaning.kind not in ("id", "title")
            ):
                return text
        return MISSING

    def _link(
        self, call: PlannedCall, meaning: Field, schema: Mapping[str, Any], path: str, sources: list[PlannedCall]
    ) -> Any:
        for source in sources:
            flow = self.ways.get((source.tool.name, call.tool.name, plain_path(path)))
            if flow is None or not self._is_handed(source.tool, flow):
                continue
            leaf = next(leaf for leaf in source.view.returns if leaf.path == flow.source_field)
            if (found := self._take(call, path, schema, source, leaf, flow.thing)) is not MISSING:
                return found
        if meaning.listed or (meaning.kind not in _LINKS and meaning.kind not in ("latitude", "longitude")):
            return MISSING
        for source in sources:
            if source.tool.name == call.tool.name or not kindred(source.view, call.view, meaning):
                continue
            lists = any("[]." in leaf.path for leaf in source.view.returns)
            for leaf in source.view.returns:
                # A lamp is no thermostat: an id of such a wide kind is taken from lists only.
                if "device" in leaf.field.entity and not ("[]." in leaf.path and lists):
                    continue
                if (
                    not is_told(source.view, leaf)
                    or leaf.field.kind != meaning.kind
                    or leaf.path.count("[]") > 1
                    or leaf.field.listed
                ):
                    continue
                if leaf.path.endswith("[]") or not self._same(source, leaf, call, meaning, path):
                    continue
                if meaning.kind in ("latitude", "longitude") and not self._beside(call, path, source, leaf.path):
                    continue
                entity = leaf.field.entity or leaf.field.label
                if (found := self._take(call, path, schema, source, leaf, entity)) is not MISSING:
                    return found
        return MISSING

    def _take(
        self, call: PlannedCall, path: str, schema: Mapping[str, Any], source: PlannedCall, leaf: Leaf, entity: str
    ) -> Any:
        """Link the parameter at ``path`` to a leaf of a planned result; a placeholder, or MISSING if that cannot be."""
        example = leaf_value(leaf.field, leaf.schema, self.rng, self.cast, result=True)
        if not fits(example, schema):
            return MISSING
        where = leaf.path
        if "[]" in where:
            holder = f"{source.request}:{source.tool.name}:{where.split('[]')[0]}"
            place = self.picked.setdefault(holder, self.rng.choice((0, 0, 0, 1)))
            where = where.replace("[]", f"[{place}]")
        if any(one.path == where and one.tool == source.tool.name for one in call.links):
            return MISSING
        if source.request <= self.ended.get(self._origin(source.tool.name, where), -1):
            return MISSING
        if source.arguments.get(leaf.field.name) is not None:
            return MISSING  # who is asked for a thing by its name brings no news of it
        call.links.append(Link(path, source.tool.name, where, source.request, entity))
        return example

    def _is_handed(self, source: Tool, flow: Flow) -> bool:
        """Whether the source's result will hold what the flow needs."""
        view = view_of(source)
        handed = frozenset((flow.source_field,))
        return any(leaf.path == flow.source_field and is_told(view, leaf, handed) for leaf in view.returns)

    def _beside(self, call: PlannedCall, path: str, source: PlannedCall, where: str) -> bool:
        """Whether the other half of a point, if it is linked already, comes from the very same place."""
        inside, holder = path.rpartition(".")[0], where.rpartition(".")[0]
        return all(
            one.tool == source.tool.name and plain_path(one.path).rpartition(".")[0] == holder
            for one in call.links
            if one.parameter.rpartition(".")[0] == inside and re.search("lat|lon|lng", one.parameter.split(".")[-1])
        )

    def _same(self, source: PlannedCall, leaf: Leaf, call: PlannedCall, meaning: Field, path: str) -> bool:
        field = leaf.field
        if meaning.kind in ("latitude", "longitude"):
            return split_words(field.name) == split_words(meaning.name)
        names = id_names(leaf.path) & id_names(path)
        if names - _GENERIC:
            return True
        if (
            meaning.kind in ("id", "uuid")
            and meaning.entity
            and meaning.entity == field.entity
            and len(meaning.entity) > 2
        ):
            return True
        target = plain_path(path)
        return any(
            edge.kind == "P-R" and edge.source == source.tool.name and edge.target == call.tool.name
            and edge.source_field == leaf.path and edge.target_field == target and edge.similarity > 0.9
            and (bool(names) or field.description == meaning.description != "")
            for edge in self.scene.edges
        ) and split_words(field.name) not in _BARE_IDS  # fmt: skip

    def links_between(self, source: Tool, target: Tool) -> bool:
        """Whether an id that ``target`` requires comes out of ``source``."""
        first, second = view_of(source), view_of(target)
        ways = (flow for (giver, taker, _), flow in self.ways.items() if (giver, taker) == (source.name, target.name))
        if any(self._is_handed(source, flow) for flow in ways):
            return True
        made = PlannedCall(source, first, 0, {})
        wanted = PlannedCall(target, second, 1, {})
        # An id that the source itself is given is no reason to ask it first.
        own = {leaf.field.name for leaf in first.params if leaf.required}
        echoed = load_card(source).echoed
        return any(
            leaf.field.kind == param.field.kind == "id" and leaf.field.name not in own
            and kindred(first, second, param.field)
            and not leaf.field.listed and not param.field.listed and self._same(made, leaf, wanted, param.field,
            param.path)
            for param in second.params if param.required
            for leaf in first.returns if is_told(first, leaf) and leaf.path not in echoed
        )  # fmt: skip


_LOOKING_BACK = lazy_regex(
    r"\b(?:histor\w*|volume|ohlcv?|fundamentals?|market cap\w*|statistics|stats|trades|transactions|logs?|earnings|statements?|"
    r"trend\w*|articles|news|headlines|results|scores|past|previous|filings|reports|analytics|usage|audit)\b"
)
_CLAIMED = lazy_regex(r"\b(?:expense|claim|receipt|reimbursement|refund|complaint|log|vital signs?|measurement)\b")


def _whole_points(call: PlannedCall) -> list[Link]:
    """The links without half points: a latitude from a result needs its longitude from there, too."""
    halves: dict[str, int] = {}
    for one in call.links:
        found = call.view.param(one.parameter)
        if found and found.field.kind in ("latitude", "longitude"):
            inside = one.parameter.rpartition(".")[0]
            halves[inside] = halves.get(inside, 0) + 1
    kept = []
    for one in call.links:
        found = call.view.param(one.parameter)
        point = found is not None and found.field.kind in ("latitude", "longitude")
        if not point or halves[one.parameter.rpartition(".")[0]] == 2:
            kept.append(one)
    return kept
