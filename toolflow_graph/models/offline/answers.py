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
    span_bits,
    telling,
    value_text,
)
from toolflow_graph.models.offline.phrases import done_phrase, head_noun, to_do_phrase
from toolflow_graph.models.offline.reports import clause, read_text, written_text
from toolflow_graph.models.offline.saying import say
from toolflow_graph.models.offline.views import View
from toolflow_graph.models.offline.words import (
    capitalise,
    count_word,
    end_sentence,
    humanise,
    join_and,
    lower_first,
    pluralise,
    polish,
    singularise,
    split_words,
)
from toolflow_graph.types import ToolCall, ToolResult

_CAME_BACK = ("Here is what came back:", "This is what I got:", "I checked:", "The answer reads:")


def answer_results(pairs: list[tuple[View, ToolCall, ToolResult]], style: int, rng: random.Random) -> str:
    """The answer to all calls of a request."""
    parts: list[str] = []
    known: set[str] = set()
    for place, (view, call, result) in enumerate(pairs):
        parts.append(_answer(view, call, result, style, rng, len(pairs) > 1 and place > 0, known))
        if isinstance(result.value, dict):
            # What the answer has just told of a thing is no news when the next result repeats it.
            known |= {str(part) for part in _scalars(result.value) if say(part, style) in parts[-1]}
    return "\n\n".join(part for part in parts if part) if any("\n" in part for part in parts) else " ".join(parts)


def _answer(
    view: View, call: ToolCall, result: ToolResult, style: int, rng: random.Random, also: bool, known: set[str]
) -> str:
    if not result.ok:
        return failure_text(view, result, rng)
    value = result.value
    given = {str(part) for part in _scalars(call.arguments)} | (set() if view.writes else known)
    rows, where, rest = rows_of(value)
    if rows is not None and not view.writes and not _is_record(view, value, where):
        return polish_lines(_list_text(view, rows, where, rest, style, rng, given, also))
    if isinstance(value, dict):
        if set(value) <= {"result", "output", "response", "text", "content"} and len(value) == 1:
            (only,) = value.values()
            if isinstance(only, str) and 0 < len(only) < 400:
                return polish(end_sentence(f"{rng.choice(_CAME_BACK)} {only}"))
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
    while isinstance(value, dict) and len(value) == 1 and isinstance(next(iter(value.values())), dict):
        value = next(iter(value.values()))
    if not isinstance(value, dict) or view.phrase.verb in ("list", "search", "find", "browse", "query"):
        return False
    plain = [
        part
        for name, part in value.items()
        if not isinstance(part, dict | list)
        and not name.endswith(("_id", "currency"))
        and name not in ("object", "has_more", "url", "next_page")
    ]
    stem = singularise(split_words(where)[-1]) if split_words(where) else ""
    return len(plain) >= 3 and stem not in f"{view.phrase.verb} {view.phrase.thing}"


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
    noun = humanise(noun) if re.search("[a-z][A-Z]", noun) else noun
    noun = re.sub(r"^(?:an? |the )?[a-z]+['’]s |(?<=s) [a-z]+ed$", "", noun)
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
        "[]." if any(leaf.path.startswith("[].") for leaf in view.returns) else "",
    )
    lines = []
    for row in shown:
        cells = cells_of(row, view, prefix)
        name = headline(cells, one)
        details = telling(cells, given, 3, name)
        if name is not None and name.field.kind != "id":
            details = [cell for cell in details if cell.field.kind != "id"]
        bits = span_bits(details, style)
        bits += [detail_text(cell, cells, around, style, one) for cell in details]
        head = value_text(name, cells, around, style) if name else bits.pop(0) if bits else one
        lines.append((head.rstrip(".") if name is not None else head, bits))
    if len(lines) > 1 and len({head for head, _ in lines}) == 1 and all(bits for _, bits in lines):
        # What they all have in common names none of them.
        lines = [(bits[0], bits[1:]) for _, bits in lines]
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
    if view.writes:
        return written_text(view, cells, style, rng, given, also, _entities(view))
    name = headline([cell for cell in cells if cell.field.kind != "city"], strict=True)
    subject = name if name and name.field.kind not in ("id", "sentence") and str(name.value) not in given else None
    if subject is not None and subject not in cells[:3]:
        # The referee of a match is not what the record is about.
        subject = None
    tail = "" if subject else _inner_list(value, view)
    if text := read_text(view, cells, subject, style, rng, given, also, tail):
        return text
    echo = [cell for cell in cells if not isinstance(cell.value, bool) or cell.value]
    details = [cell for cell in echo if cell is not name][:3]
    if details:
        said = join_and(list(dict.fromkeys(clause(cell, cells, style, view, rng) for cell in details)))
        return capitalise(end_sentence(said))
    if name is not None:
        return f"The result is {value_text(name, cells, [], style)}."
    return tail or "That went through, and there is nothing else to report."


def _inner_list(value: dict[str, Any], view: View) -> str:
    """A record's own list in one sentence."""
    for name, part in value.items():
        if isinstance(part, list) and part and all(isinstance(row, dict) for row in part):
            noun = humanise(name) if name.lower() not in GENERIC else head_noun(view.phrase.thing) or "results"
            noun = noun if len(noun.split()) < 4 else "results"
            heads = [headline(cells_of(row, view, f"{name}[]."), singularise(noun)) for row in part[:4]]
            texts = list(dict.fromkeys(str(head.value) for head in heads if head and isinstance(head.value, str)))
            texts = [f'"{text.rstrip(".")}"' if len(text.split()) > 4 else text for text in texts]
            if len(texts) == len(part) <= 4:
                count = len(part)
                return (
                    f"There {'is' if count == 1 else 'are'} {count_word(count)} "
                    f"{singularise(noun) if count == 1 else pluralise(noun)}: {join_and(texts)}."
                )
    return ""
