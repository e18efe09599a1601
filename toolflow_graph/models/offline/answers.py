"""Results in English: what the assistant says about what came back. Only values that are in the result."""

import random
import re
from dataclasses import dataclass
from typing import Any

from toolflow_graph.models.offline.fields import Field, field_of
from toolflow_graph.models.offline.phrases import done_phrase, head_noun, to_do_phrase
from toolflow_graph.models.offline.saying import say, say_key
from toolflow_graph.models.offline.views import View
from toolflow_graph.models.offline.words import (
    capitalise,
    count_word,
    end_sentence,
    humanise,
    is_plural,
    join_and,
    lower_first,
    pluralise,
    polish,
    singularise,
    split_words,
)
from toolflow_graph.types import ToolCall, ToolResult

_WEIGHT = {
    "money": 9, "rating": 8, "temperature": 9, "date": 8, "datetime": 8, "time": 7, "status": 8, "enum": 6, "percent": 6,
    "duration": 6, "distance": 6, "count": 5, "title": 7, "person": 7, "sentence": 5, "address": 5, "location": 5, "phone": 4,
    "email": 4, "id": 3, "condition": 8, "number": 5, "ratio": 4, "company": 6, "city": 5, "text": 4, "bool": 3, "query": 5,
    "airport": 6, "tag": 4, "food": 6, "url": 2, "reason": 5, "year": 4, "ticker": 5, "age": 4, "month": 4, "version": 5,
    "country": 4, "domain": 3,
}  # fmt: skip
_NAMING = re.compile(r"(^|_)(name|title|subject|headline|label|caption|summary|question|term|word)$", re.I)
_GENERIC = {
    "data",
    "items",
    "results",
    "list",
    "records",
    "entries",
    "rows",
    "values",
    "result",
    "content",
    "docs",
    "hits",
    "objects",
}
_SOUR = re.compile(r"fail|reject|declin|denied|error|not_|invalid|refus|insufficient|blocked|expired|unavailable")


@dataclass(slots=True)
class Cell:
    """One value of a result with its meaning."""

    name: str
    field: Field
    value: Any


def answer_results(pairs: list[tuple[View, ToolCall, ToolResult]], style: int, rng: random.Random) -> str:
    """The answer to all calls of a request."""
    parts = [
        _answer(view, call, result, style, rng, len(pairs) > 1 and place > 0)
        for place, (view, call, result) in enumerate(pairs)
    ]
    return "\n\n".join(part for part in parts if part) if any("\n" in part for part in parts) else " ".join(parts)


def _answer(view: View, call: ToolCall, result: ToolResult, style: int, rng: random.Random, also: bool) -> str:
    if not result.ok:
        return failure_text(view, result, rng)
    value = result.value
    given = {str(part) for part in _scalars(call.arguments)}
    rows, where, rest = _rows(value)
    if rows is not None and not view.writes and not _is_record(view, value, where):
        return polish_lines(_list_text(view, rows, where, rest, style, rng, given, also))
    if isinstance(value, dict):
        return polish(_record_text(view, value, style, rng, given, also))
    if value in (None, "", [], {}):
        done = done_phrase(view.phrase, _entities(view))
        return polish(
            f"Done, I've {done}." if done and view.writes else "That went through, but nothing came back to report."
        )
    return polish(end_sentence(f"The answer is {say(value, style)}"))


def failure_text(view: View, result: ToolResult, rng: random.Random) -> str:
    """What failed and what can be done about it."""
    error = result.error or {}
    reason = str(error.get("message") or error.get("code") or "the service gave no reason").strip().rstrip(".!?")
    reason = re.sub(r"\b\w+_\w+\b", lambda found: found[0].replace("_", " "), reason)
    start = rng.choice(("I'm sorry, I couldn't", "Unfortunately I wasn't able to", "I could not"))
    advice = rng.choice(("You could check the details and send them again", "It may work with other details",
                         "If you have different details, I can try those"))  # fmt: skip
    return polish(f"{start} {to_do_phrase(view.phrase)}: {lower_first(reason)}. {advice}.")


def polish_lines(text: str) -> str:
    """Polish line by line, so that lists stay lists."""
    return "\n".join(polish(line) if not line.startswith("- ") else line for line in text.split("\n"))


def _scalars(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [part for sub in value.values() for part in _scalars(sub)]
    if isinstance(value, list):
        return [part for sub in value for part in _scalars(sub)]
    return [value]


def _entities(view: View) -> frozenset[str]:
    return frozenset(leaf.field.entity.split(" ")[-1] for leaf in view.params if leaf.field.entity)


def _rows(value: Any) -> tuple[list[Any] | None, str, dict[str, Any]]:
    """The result's list of objects, its name, and what stands beside it."""
    if isinstance(value, list):
        return (value, "results", {}) if all(isinstance(part, dict) for part in value) else (None, "", {})
    if isinstance(value, dict):
        for name, part in value.items():
            if isinstance(part, list) and (not part or all(isinstance(row, dict) for row in part)):
                scalars = [v for v in value.values() if not isinstance(v, dict | list)]
                if len(scalars) <= 6 or len(part) > 1:
                    return part, name, {key: other for key, other in value.items() if key != name}
        for name, part in value.items():
            if isinstance(part, dict):
                rows, where, rest = _rows(part)
                if rows is not None and len(value) < 4:
                    return rows, where if where not in _GENERIC else name, rest
    return None, "", {}


def _is_record(view: View, value: Any, where: str) -> bool:
    """Whether the list only belongs to the thing that was asked for (an email's attachments)."""
    if not isinstance(value, dict) or view.phrase.verb in ("list", "search", "find", "browse", "query"):
        return False
    plain = [
        part
        for name, part in value.items()
        if not isinstance(part, dict | list) and not name.endswith(("_id", "currency"))
    ]
    stem = singularise(split_words(where)[-1]) if split_words(where) else ""
    return len(plain) >= 3 and stem not in view.phrase.text


def _cells(value: dict[str, Any], view: View, prefix: str) -> list[Cell]:
    known = {leaf.path: leaf.field for leaf in view.returns}
    cells = []
    for name, part in value.items():
        if part is None or part == [] or part == "" or isinstance(part, dict):
            if isinstance(part, dict) and len(value) < 8:
                cells += _cells(part, view, f"{prefix}{name}.")
            continue
        if isinstance(part, list) and any(isinstance(sub, dict | list) for sub in part):
            continue
        kind = {bool: "boolean", int: "integer", float: "number", list: "array"}.get(type(part), "string")
        cells.append(Cell(name, known.get(f"{prefix}{name}") or field_of(name, {"type": kind}, ""), part))
    return cells


def headline(cells: list[Cell], one: str = "", *, strict: bool = False) -> Cell | None:
    """The cell that names a thing."""
    named = [
        cell for cell in cells if isinstance(cell.value, str) and _NAMING.search(cell.name) and len(cell.value) < 110
    ]
    if one and (own := [cell for cell in named if set(split_words(cell.name)[:-1]) & set(one.split(" "))]):
        return own[0]
    named = named or [
        cell for cell in cells if isinstance(cell.value, str) and cell.field.kind in ("person", "title", "company")
    ]
    if named:
        return named[0]
    if strict:
        return None
    dates = [cell for cell in cells if cell.field.kind in ("date", "time", "datetime")]
    if dates and dates[0] is cells[0]:
        return dates[0]
    ids = [cell for cell in cells if cell.field.kind in ("id", "uuid")]
    texts = [
        cell
        for cell in cells
        if isinstance(cell.value, str) and cell.field.kind in ("text", "sentence", "query", "city", "food")
    ]
    return (texts or ids or dates or [None])[0]  # type: ignore[list-item]


def _money(cell: Cell, cells: list[Cell], rest: list[Cell]) -> str:
    code = next((c.value for c in (*cells, *rest) if c.field.kind == "currency" and isinstance(c.value, str)), "")
    return f"{say(cell.value, money=True)} {code}".strip()


def _value(cell: Cell, cells: list[Cell], rest: list[Cell], style: int) -> str:
    if cell.field.kind == "money":
        return _money(cell, cells, rest)
    text = say(cell.value, style, key=cell.field.kind in ("enum", "status"))
    if isinstance(cell.value, int | float) and not isinstance(cell.value, bool) and cell.field.unit:
        unit = cell.field.unit
        if cell.value == 1 and unit.endswith("s") and len(unit) > 3:
            unit = unit[:-1]
        return f"{text}{unit}" if unit == "%" else f"{text} {unit}"
    return text


def _telling(cells: list[Cell], given: set[str], most: int, skip: Cell | None) -> list[Cell]:
    fresh = [cell for cell in cells if cell is not skip and cell.field.kind in _WEIGHT and str(cell.value) not in given
             and not (isinstance(cell.value, str) and len(cell.value) > 160) and not (cell.field.kind == "bool" and (cell.value is False or not cell.field.description.lower().startswith("whether")))
             and not (isinstance(cell.value, list) and len(cell.value) > 6) and not _raw(cell)]  # fmt: skip
    ranked = sorted(fresh, key=lambda cell: -_WEIGHT[cell.field.kind])[:most]
    return [cell for cell in cells if cell in ranked]


def _raw(cell: Cell) -> bool:
    if isinstance(cell.value, bool) and not cell.field.description.lower().startswith("whether"):
        return True
    if cell.name.lower() in ("object", "livemode", "kind", "etag", "offset", "limit", "page", "has_more", "status_code", "href"):
        return True
    return cell.field.kind in ("latitude", "longitude", "uuid", "unix") or (
        cell.field.kind == "id" and isinstance(cell.value, int) and cell.value > 10**8
    )


def _label(cell: Cell, noun: str = "") -> str:
    label = cell.field.label
    words = label.split(" ")
    if noun and len(words) > 1 and words[0] == noun.split(" ")[-1] and cell.field.kind != "id":
        label = " ".join(words[1:])
    return re.sub(r"^(is|has) ", "", label)


def _detail(cell: Cell, cells: list[Cell], rest: list[Cell], style: int, noun: str) -> str:
    text, label = _value(cell, cells, rest, style), _label(cell, noun)
    if cell.field.kind == "bool":
        return label
    if cell.field.kind in ("enum", "status") and label.split(" ")[-1] in (
        "status",
        "state",
        "type",
        "kind",
        "category",
        "level",
    ):
        return text
    if cell.field.kind in ("address", "location", "condition", "city", "phone"):
        return text
    if label.startswith("number of "):
        many = label.removeprefix("number of ")
        return f"{text} {singularise(many) if cell.value == 1 else many}"
    if cell.field.kind in ("datetime", "date", "time"):
        own = humanise(cell.name)
        own = own.removeprefix(noun.split(" ")[-1] + " ") if noun else own
        return f"{re.sub(r' (at|time|on|date)$', '', own)} {text}" if cell.name not in ("date", "time") else text
    return f"{label} {text}"


def _list_text(
    view: View,
    rows: list[Any],
    where: str,
    rest: dict[str, Any],
    style: int,
    rng: random.Random,
    given: set[str],
    also: bool,
) -> str:
    noun = humanise(where) if where.lower() not in _GENERIC else head_noun(view.phrase.thing) or "results"
    noun = "results" if len(noun.split()) > 4 or not re.match(r"[a-z]", noun) else noun
    one = singularise(noun)
    around = _cells(rest, view, "")
    if not rows:
        return rng.choice((f"I couldn't find any {pluralise(one)} for that.", f"There are no {pluralise(one)} that match.",
                           f"The search came back empty: no {pluralise(one)} fit."))  # fmt: skip
    shown = rows[:5]
    prefix = next(
        (
            leaf.path.split("[]")[0] + "[]."
            for leaf in view.returns
            if leaf.path.split("[]")[0].endswith(where) and "[]." in leaf.path
        ),
        "",
    )
    lines = []
    for row in shown:
        cells = _cells(row, view, prefix)
        name = headline(cells, one)
        details = _telling(cells, given, 3, name)
        if name is not None and name.field.kind != "id":
            details = [cell for cell in details if cell.field.kind != "id"] or details
        bits = [_detail(cell, cells, around, style, one) for cell in details]
        head = _value(name, cells, around, style) if name else bits.pop(0) if bits else one
        lines.append((head, bits))
    count = len(rows)
    total = f"{count_word(count)} {one if count == 1 else pluralise(one)}"
    city = next((cell.value for cell in around if cell.field.kind == "city"), "")
    place = f" in {city}" if city else ""
    more = "also " if also else ""
    intro = rng.choice((f"I {more}found {total}{place}", f"There {'is' if count == 1 else 'are'} {more}{total}{place}", f"I {more}have {total}{place} for you",
                        f"Here {'is' if count == 1 else 'are'} {'the' if count < 3 else ''} {total}{place}"))  # fmt: skip
    extra = _aside(around, given, style)
    long = sum(len(head) + sum(map(len, bits)) for head, bits in lines) > 190 or count > 3
    if long:
        body = "\n".join(f"- {head}: {', '.join(bits)}" if bits else f"- {head}" for head, bits in lines)
        tail = f"\n{extra}" if extra else ""
        return f"{intro}:\n{body}{tail}"
    body = join_and([f"{head} ({', '.join(bits)})" if bits else head for head, bits in lines])
    return f"{intro}: {body}. {extra}".strip()


def _aside(around: list[Cell], given: set[str], style: int) -> str:
    told = [cell for cell in around if cell.field.kind in ("money", "temperature", "rating", "percent", "status", "duration")
            and str(cell.value) not in given and not isinstance(cell.value, list)][:2]  # fmt: skip
    if not told:
        return ""
    return capitalise(
        end_sentence(join_and([f"the {_label(cell)} is {_value(cell, around, [], style)}" for cell in told]))
    )


def _record_text(view: View, value: dict[str, Any], style: int, rng: random.Random, given: set[str], also: bool) -> str:
    cells = _cells(value, view, "")
    name = headline([cell for cell in cells if cell.field.kind != "city"], strict=True)
    bad = next(
        (
            cell
            for cell in cells
            if cell.field.kind in ("enum", "status")
            and isinstance(cell.value, str)
            and _SOUR.search(cell.value.lower())
        ),
        None,
    )
    if bad is not None and any(len(text) > 3 and text.lower()[:5] in str(bad.value).lower() for text in given | {view.phrase.verb}):
        # A request that was meant to be rejected has worked when it says so.
        bad = None
    done = done_phrase(view.phrase, _entities(view)) if view.writes else ""
    if view.writes:
        details = _telling(cells, given, 4, None)
        clause = join_and(_group([_clause(cell, cells, style) for cell in details]))
        tail = f" {capitalise(end_sentence(clause))}" if clause else ""
        if bad is not None:
            return f"The reply came back with {_label(bad)} {say_key(bad.value)}, so this did not go through as planned.{tail}"
        if not done:
            return rng.choice(("That's done.", "All done.", "That has been taken care of.", "It's settled.")) + tail
        also_word = "also " if also else ""
        opening = rng.choice((f"Done, I've {also_word}{done}.", f"I've {also_word}{done}.", f"All set: I've {also_word}{done}.", f"I have {also_word}{done} for you.",
                              f"That worked, I've {also_word}{done}."))  # fmt: skip
        return opening + tail
    subject = name if name and name.field.kind not in ("id", "sentence") and str(name.value) not in given else None
    details = _telling(cells, given, 5, subject)
    if not details:
        echo = [cell for cell in cells if not isinstance(cell.value, bool) or cell.value][:3]
        details = [cell for cell in echo if cell is not name]
        if not details:
            return (
                "That went through, and there is nothing else to report."
                if name is None
                else f"The result is {_value(name, cells, [], style)}."
            )
    parts = _group([_clause(cell, cells, style) for cell in details])
    if len(parts) > 3:
        text = end_sentence(join_and(parts[:2])) + " " + capitalise(end_sentence(join_and(parts[2:])))
    else:
        text = end_sentence(join_and(parts))
    more = "also " if also else ""
    if subject:
        who = _value(subject, cells, [], style)
        lead = rng.choice(
            (f"Here is what I {more}have on {who}:", f"This is what I {more}found for {who}:", f"{who}:", f"For {who},")
        )
        return f"{lead} {lower_first(text)}"
    if rows := _inner_list(value, view):
        text = f"{text} {rows}"
    lead = rng.choice(
        ("", "", "Here is what I found: ", "I checked: ", "According to the latest data, ", "Here you go: ")
    )
    return f"{lead}{text if not lead else lower_first(text)}"


def _inner_list(value: dict[str, Any], view: View) -> str:
    """A record's own list in one sentence."""
    for name, part in value.items():
        if isinstance(part, list) and part and all(isinstance(row, dict) for row in part):
            noun = humanise(name) if name.lower() not in _GENERIC else head_noun(view.phrase.thing) or "results"
            noun = noun if len(noun.split()) < 4 else "results"
            heads = [headline(_cells(row, view, f"{name}[]."), singularise(noun)) for row in part[:4]]
            texts = list(dict.fromkeys(str(head.value) for head in heads if head and isinstance(head.value, str)))
            if texts and len(part) <= 4:
                count = len(part)
                return f"There {'is' if count == 1 else 'are'} {count_word(count)} {singularise(noun) if count == 1 else pluralise(noun)}: {join_and(texts)}."
    return ""


def _clause(cell: Cell, cells: list[Cell], style: int) -> str:
    label, text, kind = _label(cell), _value(cell, cells, [], style), cell.field.kind
    if kind == "bool":
        return _truth(cell)
    if isinstance(cell.value, list):
        noun = label if len(cell.value) == 1 or is_plural(label) else pluralise(label)
        noun = singularise(noun) if len(cell.value) == 1 else noun
        return f"the {noun} {'is' if len(cell.value) == 1 else 'are'} {text}"
    if label.startswith("number of "):
        many = label.removeprefix("number of ")
        return f"there {'is' if cell.value == 1 else 'are'} {text} {singularise(many) if cell.value == 1 else many}"
    if kind in ("sentence", "question") and " " in text:
        return f'the {label} reads "{text}"'
    if kind in ("datetime", "date") and (found := re.match(
        r"(?:exact |precise )?(?:moment|time|date|day)(?: and time)?(?: on which| at which| when)? ((?!of |the of )[a-z]+ .+)", label)) and (
        re.search(r"\b(was|were|is|are|took|takes|ends|starts|stops?|begins|began|expires|ran|runs|goes|arrives|leaves|becomes|will|"
                  r"resumes?|ended|started|went|happens|opens|closes|left|came|changed)\b", found[1])
    ):  # fmt: skip
        return f"{found[1]} on {text}"
    if kind == "datetime" and (found := re.match(r"(.+?) (at|on)$", label)):
        return f"it was {found[1]} on {text}" if cell.field.past else f"the {found[1]} time is {text}"
    if found := re.match(r"(\w+ed|sent|taken|seen) (?:on|at)$", label):
        return f"it was {found[1]} on {text}"
    if kind == "date" and label.endswith(" on"):
        return f"the {label.removesuffix(' on')} date is {text}"
    if isinstance(cell.value, int) and kind in ("count", "number") and any(map(is_plural, label.split(" ")[:2])):
        return f"the number of {label} is {text}"
    if is_plural(label) and kind not in ("id", "date", "datetime", "time") and isinstance(cell.value, str | int):
        return f"the {label} are {text}" if not cell.field.unit else f"the {label} come to {text}"
    return f"the {label} is {text}"


def _truth(cell: Cell) -> str:
    text = cell.field.description.split(". ")[0].strip(" .")
    found = re.match(r"(?i)whether (?:or not )?(.+)", text)
    if (
        found
        and cell.value
        and re.search(r"\b(is|are|has|have|can|was|were|needs?|must|includes?|offers?)\b", found[1])
    ):
        return lower_first(found[1])
    words = " ".join(split_words(re.sub(r"^(is|has)_", "", cell.name)))
    return f"{words}: {'yes' if cell.value else 'no'}"


def _group(parts: list[str]) -> list[str]:
    return list(dict.fromkeys(part for part in parts if part))
