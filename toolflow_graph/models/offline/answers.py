"""Results in English: what the assistant says about what came back. Only values that are in the result."""

import random
import re
from typing import Any

from toolflow_graph.models.offline.cells import (
    GENERIC,
    Cell,
    cells_of,
    detail_text,
    headline,
    label_text,
    rows_of,
    telling,
    value_text,
)
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

_SOUR = re.compile(r"fail|reject|declin|denied|error|not_|invalid|refus|insufficient|blocked|expired|unavailable")


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
    rows, where, rest = rows_of(value)
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
    noun = humanise(where) if where.lower() not in GENERIC else head_noun(view.phrase.thing) or "results"
    noun = "results" if len(noun.split()) > 4 or not re.match(r"[a-z]", noun) else noun
    one = singularise(noun)
    around = cells_of(rest, view, "")
    if not rows:
        return rng.choice((f"I couldn't find any {pluralise(one)} for that.",
                          f"There are no {pluralise(one)} that match.",
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
        cells = cells_of(row, view, prefix)
        name = headline(cells, one)
        details = telling(cells, given, 3, name)
        if name is not None and name.field.kind != "id":
            details = [cell for cell in details if cell.field.kind != "id"] or details
        bits = [detail_text(cell, cells, around, style, one) for cell in details]
        head = value_text(name, cells, around, style) if name else bits.pop(0) if bits else one
        lines.append((head, bits))
    count = len(rows)
    total = f"{count_word(count)} {one if count == 1 else pluralise(one)}"
    city = next((cell.value for cell in around if cell.field.kind == "city"), "")
    place = f" in {city}" if city else ""
    more = "also " if also else ""
    intro = rng.choice((f"I {more}found {total}{place}",
                       f"There {'is' if count == 1 else 'are'} {more}{total}{place}",
                       f"I {more}have {total}{place} for you",
                        f"Here {'is' if count == 1 else 'are'} {'the' if count < 3 else ''} "
                        f"{total}{place}"))  # fmt: skip
    extra = _aside(around, given, style)
    long = sum(len(head) + sum(map(len, bits)) for head, bits in lines) > 190 or count > 3
    if long:
        body = "\n".join(f"- {head}: {', '.join(bits)}" if bits else f"- {head}" for head, bits in lines)
        tail = f"\n{extra}" if extra else ""
        return f"{intro}:\n{body}{tail}"
    body = join_and([f"{head} ({', '.join(bits)})" if bits else head for head, bits in lines])
    return f"{intro}: {body}. {extra}".strip()


def _aside(around: list[Cell], given: set[str], style: int) -> str:
    told = [cell for cell in around if cell.field.kind in ("money", "temperature", "rating", "percent", "status",
            "duration")
            and str(cell.value) not in given and not isinstance(cell.value, list)][:2]  # fmt: skip
    if not told:
        return ""
    return capitalise(
        end_sentence(join_and([f"the {label_text(cell)} is {value_text(cell, around, [], style)}" for cell in told]))
    )


def _record_text(view: View, value: dict[str, Any], style: int, rng: random.Random, given: set[str], also: bool) -> str:
    cells = cells_of(value, view, "")
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
    if bad is not None and any(
        len(text) > 3 and text.lower()[:5] in str(bad.value).lower() for text in given | {view.phrase.verb}
    ):
        # A request that was meant to be rejected has worked when it says so.
        bad = None
    done = done_phrase(view.phrase, _entities(view)) if view.writes else ""
    if view.writes:
        details = telling(cells, given, 4, None)
        clause = join_and(_group([_clause(cell, cells, style) for cell in details]))
        tail = f" {capitalise(end_sentence(clause))}" if clause else ""
        if bad is not None:
            return (
                f"The reply came back with {label_text(bad)} {say_key(bad.value)}, so this did not go "
                f"through as planned.{tail}"
            )
        if not done:
            return rng.choice(("That's done.", "All done.", "That has been taken care of.", "It's settled.")) + tail
        also_word = "also " if also else ""
        opening = rng.choice((f"Done, I've {also_word}{done}.", f"I've {also_word}{done}.",
                             f"All set: I've {also_word}{done}.", f"I have {also_word}{done} for you.",
                              f"That worked, I've {also_word}{done}."))  # fmt: skip
        return opening + tail
    subject = name if name and name.field.kind not in ("id", "sentence") and str(name.value) not in given else None
    details = telling(cells, given, 5, subject)
    if not details:
        echo = [cell for cell in cells if not isinstance(cell.value, bool) or cell.value][:3]
        details = [cell for cell in echo if cell is not name]
        if not details:
            return (
                "That went through, and there is nothing else to report."
                if name is None
                else f"The result is {value_text(name, cells, [], style)}."
            )
    parts = _group([_clause(cell, cells, style) for cell in details])
    if len(parts) > 3:
        text = end_sentence(join_and(parts[:2])) + " " + capitalise(end_sentence(join_and(parts[2:])))
    else:
        text = end_sentence(join_and(parts))
    more = "also " if also else ""
    if subject:
        who = value_text(subject, cells, [], style)
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
            noun = humanise(name) if name.lower() not in GENERIC else head_noun(view.phrase.thing) or "results"
            noun = noun if len(noun.split()) < 4 else "results"
            heads = [headline(cells_of(row, view, f"{name}[]."), singularise(noun)) for row in part[:4]]
            texts = list(dict.fromkeys(str(head.value) for head in heads if head and isinstance(head.value, str)))
            if texts and len(part) <= 4:
                count = len(part)
                return (
                    f"There {'is' if count == 1 else 'are'} {count_word(count)} "
                    f"{singularise(noun) if count == 1 else pluralise(noun)}: {join_and(texts)}."
                )
    return ""


def _clause(cell: Cell, cells: list[Cell], style: int) -> str:
    label, text, kind = label_text(cell), value_text(cell, cells, [], style), cell.field.kind
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
        r"(?:exact |precise )?(?:moment|time|date|day)(?: and time)?(?: on which| at which| when)? ((?!of |"
        r"the of )[a-z]+ .+)", label)) and (
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
    if found and cell.value and not found[1].startswith("to "):
        return lower_first(found[1])
    words = " ".join(split_words(re.sub(r"^(is|has)_", "", cell.name)))
    return f"{words}: {'yes' if cell.value else 'no'}"


def _group(parts: list[str]) -> list[str]:
    return list(dict.fromkeys(part for part in parts if part))
