"""The leaves of a made-up result: what the call says, what earlier results said, what happens when all goes well."""

import datetime
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from toolflow_graph.models.briefs import Scene
from toolflow_graph.models.offline.binding import leaves, name_of, names_match
from toolflow_graph.models.offline.fields import Field
from toolflow_graph.models.offline.figures import estate_price
from toolflow_graph.models.offline.filters import ceiling_for, filtered_value, price_cap, rows_wanted
from toolflow_graph.models.offline.generate import MISSING
from toolflow_graph.models.offline.handing import handed_on
from toolflow_graph.models.offline.hints import examples_of
from toolflow_graph.models.offline.saying import parse_now
from toolflow_graph.models.offline.scales import amount_span
from toolflow_graph.models.offline.statuses import status_for
from toolflow_graph.models.offline.values import kind_value
from toolflow_graph.models.offline.views import Leaf, View, noun_of, plain_path
from toolflow_graph.models.offline.words import singularise, split_words
from toolflow_graph.models.offline.world import Cast
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.tool_graph.handles import find_echoes, load_card

FAILURE = lazy_regex(r"(?:error|exception|fault)s?(?:[_ ]?(?:code|message|msg|type|text|description|detail)s?)?", re.I)
_SHARED = {"city", "country", "country_code", "currency", "language_code", "timezone", "enum", "date", "ticker"}
_TELLING = ("id", "title", "person", "company", "money", "date", "datetime", "status", "enum", "temperature", "rating", "city",
            "count", "duration", "query", "sentence", "email")  # fmt: skip
_SOUR_LIST = lazy_regex(r"reject|fail|error|conflict|invalid|unavailable|skipped|missing|unknown|warning|unmatched")
_SOUR_SWITCH = lazy_regex(
    r"error|fail|cancel|deleted|expired|blocked|delay|has_more|truncat|full|sold|breach|empty|overdue|late\b|duplicate|fee"
)
_ONE_OF_ROWS = ("person", "title", "last_name", "first_name", "company", "email")
_MAKING = ("create", "add", "make", "book", "schedule", "reserve", "register", "open", "post", "place", "generate", "order",
           "submit", "send", "upload", "import", "insert", "start", "request", "copy", "duplicate", "clone", "issue", "record",
           "log", "file", "report", "apply", "subscribe", "watch", "share")  # fmt: skip
_SMALL = 26
"""Leaves up to which a result tells all it can."""
_WRAPPERS = ("data", "result", "response", "item", "object", "payload")
_MINE = lazy_regex(r"(?:^|_)(?:customer|user|guest|passenger|traveller|account_holder|holder|member|buyer|booked_by)")
_ISO_DAY, _CLOCK = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"\d\d:\d\d")
_MOMENT = lazy_regex(r"[-\d]{10}T[:\d]{5,8}")


_AHEAD = lazy_regex(
    r"forecast|schedul|upcoming|availab|book|reserv|calendar|event|appointment|flight|depart|arriv|train|hotel|stay|check|"
    r"deliver|due|deadline|expir|valid|renew|next|plan|holiday|trip|visit|slot|meeting|interview|viewing|lesson|session|match|"
    r"fixture|tour|concert|ticket|end|until|expect|start|launch|target|birth|_to|to_|future|coming|watch|policy|course|visa"
)


@dataclass(slots=True)
class ResultLeaves:
    """The hooks with which one call's result is made (see ``generate.Maker``).

    ``known``: what earlier results say of the things that the call names, by the words of a field's name.
    """

    scene: Scene
    view: View
    arguments: Mapping[str, Any]
    known: Mapping[tuple[str, ...], Any]
    cast: Cast
    rng: random.Random
    given: list[tuple[str, Any]] = field(init=False)
    cap: float | None = field(init=False)
    day: str = field(init=False)
    kept: frozenset[str] = field(init=False)
    handed: frozenset[str] = field(init=False)
    """What other tools live on."""
    echoes: dict[str, str] = field(init=False)
    """Where the result holds the handle of what the call is about, and which parameter names it."""

    def __post_init__(self) -> None:
        self.given = [(path, value) for path, value in leaves(dict(self.arguments)) if path]
        self.handed = handed_on(self.scene, self.view.name)
        tools = (*self.scene.tools, *self.scene.distractors)
        own = next((tool for tool in tools if tool.name == self.view.name), None)
        self.echoes = find_echoes(load_card(own)) if own is not None else {}
        self.kept = telling_paths(self.view) | self.handed if len(self.view.returns) > _SMALL else frozenset()
        self.cap = price_cap(self.view, self.arguments)
        self.day = next((value for path, value in self.given if isinstance(value, str) and _ISO_DAY.fullmatch(value)
                         and split_words(name_of(path))[-1:] in (("date",), ("day",), ("on",))
                         and not re.search("birth|since|until|before|after", name_of(path))), "")  # fmt: skip

    def leaf(self, meaning: Field, part: Mapping[str, Any], path: str) -> Any:
        """The value that the dialogue so far demands or suggests, or MISSING."""
        # Text under such a name would make the result read as a failure.
        if FAILURE.fullmatch(meaning.name) and part.get("type") == "string" and "enum" not in part:
            return ""
        steps: tuple[Callable[[Field, Mapping[str, Any], str], Any], ...] = (
            self._echoed, self._remembered, self._timed, self._placed, self._priced, self._judged,
        )  # fmt: skip
        for step in steps:
            if (value := step(meaning, part, path)) is not MISSING:
                return value
        return MISSING

    def include(self, meaning: Field, part: Mapping[str, Any], path: str) -> bool:
        """Whether an optional field is worth its place: all of a small result, the telling ones of a large one."""
        if path.count(".") > 2 or FAILURE.fullmatch(meaning.name):
            return False
        return len(self.view.returns) <= _SMALL or _leads_to(path, self.kept)

    def include_least(self, meaning: Field, part: Mapping[str, Any], path: str) -> bool:
        """Only what another tool will be asked with."""
        return _leads_to(path, self.handed)

    def length(self, name: str, schema: Mapping[str, Any]) -> int | None:
        """How many rows the call asks for ("question_count" for "questions"), if it does."""
        return rows_wanted(name, self.view, self.arguments)

    def _echoed(self, meaning: Field, part: Mapping[str, Any], path: str) -> Any:
        """What the call says itself."""
        listed = "[" in path
        own_item = (
            meaning.kind in ("id", "uuid")
            and listed
            and bool(meaning.entity)
            and _item_noun(path).endswith(meaning.entity.split(" ")[-1])
        )
        for where, value in self.given:
            if names_match(name_of(where), meaning.name) and not own_item:
                first = "[0]" in path and meaning.kind in _ONE_OF_ROWS
                if not listed or meaning.kind in _SHARED or meaning.kind == "id" or first:
                    return value
        if not listed and (own := self._own_id(meaning, path)) is not MISSING:
            return own
        if (holder := self._holders_id(meaning, path)) is not MISSING:
            return holder
        if meaning.name == "resource_type" and part.get("type") == "string" and not {"enum", "const"} & set(part):
            return self._type_of(path)
        if listed and not own_item and not self.view.writes:
            found = filtered_value(meaning, part, self.view, self.given)
            if found is not None:
                return found
        if meaning.listed and _SOUR_LIST.search(path.lower()):
            return []
        if not listed and meaning.kind in ("address", "city", "location", "currency", "text"):
            for where, value in self.given:
                named, said = split_words(meaning.name), split_words(name_of(where))
                param = self.view.param(where)
                # What a call names "base_currency" comes back as "base".
                money = param is not None and param.field.kind == "currency" and set(named) <= set(said)
                near = money or (meaning.kind != "text" and named[-1:] == said[-1:])
                if near and isinstance(value, str) and "origin" not in where:
                    return value
        return MISSING

    def _holders_id(self, meaning: Field, path: str) -> Any:
        """What a thing was asked for by: the sections of project 1413 have a ``project.gid`` of 1413."""
        if split_words(meaning.name) not in (("id",), ("gid",), ("uuid",)) or "." not in path:
            return MISSING
        holder = path.split(".")[-2]
        if "[" in holder or holder in _WRAPPERS:
            return MISSING
        noun = singularise(split_words(holder)[-1])
        return next((value for where, value in self.given if "[" not in where and (leaf := self.view.param(where))
                     and leaf.field.kind in ("id", "uuid") and leaf.field.entity.split(" ")[-1:] == [noun]), MISSING)  # fmt: skip

    def _type_of(self, path: str) -> str:
        """What an object says that it is: a task, a project."""
        steps = [step.split("[")[0] for step in path.split(".")[:-1]]
        named = [singularise("_".join(split_words(step))) for step in steps if step not in _WRAPPERS]
        return named[-1] if named else noun_of(self.view.phrase).replace(" ", "_") or "object"

    def _own_id(self, meaning: Field, path: str) -> Any:
        """The bare id of what is shown or changed is the one that was asked for; what is made gets a new one."""
        bare = split_words(meaning.name) in (("id",), ("gid",), ("uuid",), ("uid",)) or meaning.entity == noun_of(
            self.view.phrase
        )
        if meaning.kind not in ("id", "uuid") or not bare or path.count(".") > 1:
            return MISSING
        if path in self.echoes and self.echoes[path] in self.arguments:
            return self.arguments[self.echoes[path]]
        if self.view.phrase.verb in _MAKING:
            return MISSING
        inner = split_words(path.partition(".")[0]) if "." in path else ()
        ids = [(leaf, value) for where, value in self.given if "[" not in where and (leaf := self.view.param(where))
               and leaf.field.kind in ("id", "uuid") and not isinstance(value, list)]  # fmt: skip
        nouns = set(noun_of(self.view.phrase).split()) | {singularise(word) for word in inner}
        about = [value for leaf, value in ids if set(leaf.field.entity.split()) & nouns]
        if (
            inner
            and inner[0] not in _WRAPPERS
            and not any(word in nouns for leaf, _ in ids for word in leaf.field.entity.split())
        ):
            return MISSING
        return about[-1] if about else ids[-1][1] if ids and not inner else MISSING

    def _remembered(self, meaning: Field, part: Mapping[str, Any], path: str) -> Any:
        """What earlier results said of the same thing, and what is known of the user."""
        if (
            meaning.kind == "email"
            and meaning.name in ("email", "email_address")
            and re.search(r"\bmy\b", self.view.phrase.text)
        ):
            return self.scene.profile.get("email", self.cast.mails[0])
        if "[" in path:
            return MISSING
        found = self.known.get(split_words(meaning.name), MISSING)
        if self.view.writes and meaning.kind == "count":
            return self._recounted(meaning, found)
        new = meaning.kind in ("id", "uuid") and (not self.view.returns or self.view.returns[0].path == path)
        moving = meaning.kind in ("enum", "datetime", "date", "money") and not meaning.name.startswith("current_")
        changing = self.view.writes and (new or moving)
        if found is not MISSING and meaning.kind != "status" and not changing:
            return found
        own = meaning.kind == "person" and _MINE.search(meaning.name)
        if own and "name" in self.scene.profile and not self._names_someone():
            return self.scene.profile["name"]
        return MISSING

    def _recounted(self, meaning: Field, before: Any) -> Any:
        """A new thing holds nothing yet; adding to one makes it one more, taking away one less."""
        if not meaning.name.endswith("_count") or any(isinstance(value, list) for value in self.arguments.values()):
            return MISSING
        if self.view.phrase.verb == "create":
            return 0
        step = {"add": 1, "remove": -1, "delete": -1}.get(self.view.phrase.verb)
        return max(before + step, 0) if step and isinstance(before, int) else MISSING

    def _names_someone(self) -> bool:
        return any(leaf.field.kind == "person" and leaf.field.name in {name_of(path) for path, _ in self.given}
                   for leaf in self.view.params)  # fmt: skip

    def _timed(self, meaning: Field, part: Mapping[str, Any], path: str) -> Any:
        if meaning.kind == "date":
            return self._dated(meaning, path)
        if meaning.kind not in ("time", "datetime"):
            return MISSING
        listed = "[" in path
        texts = [(where, value) for where, value in self.given if isinstance(value, str)]
        if meaning.kind == "time":
            own = {word for word in split_words(meaning.name) if word not in ("time", "local", "at")}
            said = (
                value for where, value in texts if _CLOCK.fullmatch(value) and own & set(split_words(name_of(where)))
            )
            return MISSING if listed else next(said, MISSING)
        if not meaning.past and not listed:
            planned = [value for _, value in texts if _MOMENT.fullmatch(value)]
            sure = re.search("confirmed|planned|scheduled|agreed|next moment", meaning.description.lower())
            if len(planned) == 1 and sure:
                return planned[0]
            clock = [value for _, value in texts if _CLOCK.fullmatch(value)]
            if len(clock) == 1 and not planned:
                return f"{self.day or self.cast.day.isoformat()}T{clock[0]}:00"
        if not meaning.past and self.day:
            return f"{self.day}T{self.rng.randint(9, 19):02d}:{self.rng.choice((0, 15, 30, 45)):02d}:00"
        if meaning.past and not listed and not self.view.past:
            return scene_now(self.scene.now)
        return MISSING

    def _dated(self, meaning: Field, path: str) -> Any:
        """What is looked up lies behind, unless its words say that it is still to come."""
        said = f"{self.view.name} {self.view.phrase.text} {meaning.name} {meaning.description}".lower()
        if (
            not self.view.writes
            and not self.day
            and re.search(r"\brate|\bquote|as.of", meaning.name.replace("_", " "))
            and "[" not in path
        ):
            return (self.cast.now.date() - datetime.timedelta(days=1)).isoformat()
        if self.view.writes and meaning.past and "[" not in path and "birth" not in said:
            return self.cast.now.date().isoformat()
        if self.view.writes or self.day or meaning.edge or meaning.past or "[" in path or _AHEAD.search(said):
            return MISSING
        return (self.cast.now.date() - datetime.timedelta(days=self.rng.randint(0, 4))).isoformat()

    def _placed(self, meaning: Field, part: Mapping[str, Any], path: str) -> Any:
        if meaning.name.startswith("search_corrected"):
            return next((value for where, value in self.given if "query" in where or "text" in where), MISSING)
        if meaning.name == "alert_area":
            return f"{self.cast.place.region} region"
        if meaning.kind != "location":
            return MISSING
        indoors = re.search("calendar|event|meeting|tutor|interview|session", self.view.name)
        # An address that stands in a schema as an example lies in some other city.
        rooms = [text for text in examples_of(part) if isinstance(text, str) and not re.search(r"\d.*,|,.*\d", text)]
        return self.rng.choice(rooms) if indoors and rooms else kind_value(meaning, self.rng, self.cast, True)

    def _priced(self, meaning: Field, part: Mapping[str, Any], path: str) -> Any:
        listed, rng = "[" in path, self.rng
        if meaning.kind == "count" and listed and (most := ceiling_for(meaning, self.given)) is not None:
            return rng.randint(0, most)
        about = f"{self.view.name} {self.view.phrase.text}".replace("_", " ").lower()
        if meaning.name == "amount" and (span := amount_span(about)) and not (self.cap and listed):
            return round(int(rng.uniform(*span)) + rng.choice((0, 0.5, 0.9, 0.25)), 2)
        if meaning.kind == "money" and self.cap and listed:
            return round(self.cap * rng.uniform(0.45, 0.98), 2) if self.cap > 5 else MISSING
        if (price := estate_price(self.view, meaning, rng)) is not None:
            return price // 2500 * 10 if any(value == "rent" for _, value in self.given) else price
        return MISSING

    def _judged(self, meaning: Field, part: Mapping[str, Any], path: str) -> Any:
        listed = "[" in path
        if meaning.kind == "enum" and (options := part.get("enum")):
            found = status_for(options, meaning, self.view, self.rng, listed, [value for _, value in self.given])
            return MISSING if found is None else found
        return not _SOUR_SWITCH.search(meaning.name) if meaning.kind == "bool" and not listed else MISSING


def telling_paths(view: View) -> frozenset[str]:
    """The leaves of a large result that tell most: a few of each object, fewer the deeper it lies."""
    groups: dict[str, list[str]] = {}
    rank = {kind: place for place, kind in enumerate(_TELLING)}
    ranked = sorted(view.returns, key=lambda leaf: (rank.get(leaf.field.kind, 99), bool(leaf.field.technical)))
    for leaf in ranked:
        holder = leaf.path.rpartition(".")[0]
        most = 8 if not holder else 5 if holder.endswith("[]") and "." not in holder else 2
        group = groups.setdefault(holder, [])
        if (
            len(group) < most
            and leaf.path.count(".") < 3
            and leaf.field.kind not in ("text", "unix", "number", "object")
        ):
            group.append(leaf.path)
    return frozenset(path for group in groups.values() for path in group)


def _leads_to(path: str, kept: frozenset[str]) -> bool:
    plain = plain_path(path)
    return any(one == plain or one.startswith((f"{plain}.", f"{plain}[")) for one in kept)


def is_told(view: View, leaf: Leaf, handed: frozenset[str] = frozenset()) -> bool:
    """Whether a result of the tool surely holds the leaf: it must, or it is worth its place (``include``)."""
    if leaf.required:
        return True
    kept = len(view.returns) <= _SMALL or leaf.path in telling_paths(view) | handed
    return kept and leaf.path.count(".") < 3 and not FAILURE.fullmatch(leaf.field.name)


def scene_now(now: str) -> str:
    """The present as a moment without offset."""
    return parse_now(now).replace(microsecond=0).isoformat()


def _item_noun(path: str) -> str:
    return singularise(" ".join(split_words(path.split("[")[0].split(".")[-1])))
