"""One record in English: the two to four values a person wants to hear, as sentences of varied shape."""

import random
import re

from toolflow_graph.models.offline.cells import Cell, label_text, telling, value_text
from toolflow_graph.models.offline.phrases import done_phrase
from toolflow_graph.models.offline.saying import say_key
from toolflow_graph.models.offline.verbs import participle
from toolflow_graph.models.offline.views import View
from toolflow_graph.models.offline.words import (
    capitalise,
    end_sentence,
    is_plural,
    join_and,
    lower_first,
    pluralise,
    singularise,
    split_words,
    with_article,
)
from toolflow_graph.regexes import lazy_regex

_FAILED = lazy_regex(r"fail|reject|declin|denied|error|invalid|refus|insufficient|blocked|"
                     r"^not_?(?:sent|created|done|completed|possible|found|processed|saved|booked|accepted)$")  # fmt: skip
SOUR = lazy_regex(r"fail|reject|declin|denied|error|not_|invalid|refus|insufficient|blocked|expired|unavailable")
_STATES = lazy_regex(r"(?:\w+ed|active|open|ready|live|healthy|available|pending|in progress|online|down|degraded|sent|"
                     r"paid|valid|normal|awaiting .+|under review|not .+|running|waiting|boarding|upcoming|on time|"
                     r"processing|cleaning|held|frozen|clear|\w+ing)")  # fmt: skip
_BARE = ("new", "old", "first", "last", "full", "short", "display", "legal", "original")
_NO_HOLDER = ("publication", "approval", "moderation", "screening", "sending", "activation", "health", "current")
_BUYING = ("book", "reserve", "buy", "order", "enroll", "enrol", "place", "request", "rent", "purchase")
_MEASURED = ("duration", "percent", "rating", "distance", "number", "temperature", "ratio", "money", "age")
_VERBS = (
    r"(?:was|were|is|are|took|takes|ends|starts|stops?|begins|began|expires|ran|runs|goes|arrives|leaves|becomes|will|"
    r"resumes?|ended|started|went|happens|opens|closes|left|came|changed|disappears|stopped|decides|transferred|"
    r"[a-z]+ed|should|must)"
)


def written_text(view: View, cells: list[Cell], style: int, rng: random.Random, given: set[str], also: bool,
                 entities: frozenset[str]) -> str:  # fmt: skip
    """What has been done and what came of it."""
    bad = _bad(cells, given | {view.phrase.verb})
    details = _pick(cells, given, view, None, 3)
    # "I've sent it" says already that it is sent.
    did = participle(view.phrase.verb)
    plain_end = ("completed", "complete", "done", "success", "succeeded", "ok")
    details = [cell for cell in details if not (_is_state(cell) and str(cell.value).lower() in (did, *plain_end))]
    clauses = [clause(cell, cells, style, view, rng) for cell in details]
    done = done_phrase(view.phrase, entities)
    if bad is not None:
        rest = [one for cell, one in zip(details, clauses, strict=True) if cell is not bad]
        tail = f" {_sentence(rest)}" if rest else ""
        reply = f"{label_text(bad)} {say_key(bad.value)}"
        return f"The reply came back with {reply}, so this did not go through as planned.{tail}"
    if not done:
        start = rng.choice(("That's done", "All done", "That has been taken care of", "It's settled"))
        return f"{start}. {_sentences(details, clauses, cells, style, rng)}".strip()
    also_word = "also " if also else ""
    shape = rng.randrange(4)
    if shape == 0 and clauses:
        first = f"I've {also_word}{done}, and {clauses[0]}."
        return f"{first} {_sentences(details[1:], clauses[1:], cells, style, rng)}".strip()
    if shape == 1 and len(details) > 1 and (part := noun_part(details[-1], cells, style)):
        first = f"I've {also_word}{done}, with {part}."
        return f"{first} {_sentences(details[:-1], clauses[:-1], cells, style, rng)}".strip()
    opening = rng.choice((f"Done, I've {also_word}{done}.", f"I've {also_word}{done} for you.",
                          f"All set, I've {also_word}{done}.", f"I have {also_word}{done}.",
                          f"You're all set: I've {also_word}{done}."))  # fmt: skip
    return f"{opening} {_sentences(details, clauses, cells, style, rng)}".strip()


def read_text(view: View, cells: list[Cell], subject: Cell | None, style: int, rng: random.Random, given: set[str],
              also: bool, tail: str) -> str:  # fmt: skip
    """What a record says, about its subject if it has one; "" if nothing in it tells anything."""
    details = _pick(cells, given, view, subject, 4)
    if not details:
        return ""
    clauses = [clause(cell, cells, style, view, rng) for cell in details]
    more = "also " if also else ""
    if subject is None:
        lead = rng.choice(("", "", "", "Here is what I found: ", "I checked: ", "As of now, ")) if not also else ""
        text = _sentences(details, clauses, cells, style, rng)
        return f"{lead}{lower_first(text) if lead else text} {tail}".strip()
    who = value_text(subject, cells, [], style)
    parts = [noun_part(cell, cells, style) for cell in details]
    where = next((place for place, cell in enumerate(details) if cell.field.kind in ("address", "location")), None)
    if where is not None and subject.field.kind != "person":
        first = f"{who} is at {value_text(details[where], cells, [], style)}."
        rest = [(cell, one) for place, (cell, one) in enumerate(zip(details, clauses, strict=True)) if place != where]
        text = _sentences([cell for cell, _ in rest], [one for _, one in rest], cells, style, rng)
        return f"{first} {text} {tail}".strip()
    nouns = [part for part in parts if part]
    if len(nouns) > 1 and rng.random() < 0.6:
        rest = [(cell, one) for cell, one, part in zip(details, clauses, parts, strict=True) if part not in nouns[:2]]
        text = _sentences([cell for cell, _ in rest], [one for _, one in rest], cells, style, rng)
        return f"{who} {more}has {join_and(nouns[:2])}. {text} {tail}".strip()
    lead = rng.choice((f"Here is what I {more}have on {who}:", f"I {more}looked up {who}:", f"For {who},",
                       f"I {more}found {who}:"))  # fmt: skip
    return f"{lead} {lower_first(_sentences(details, clauses, cells, style, rng))} {tail}".strip()


def _bad(cells: list[Cell], said: set[str]) -> Cell | None:
    """A status that says that it did not work, unless that was the wish."""
    bad = next((cell for cell in cells if cell.field.kind in ("enum", "status") and isinstance(cell.value, str)
                and _FAILED.search(cell.value.lower())), None)  # fmt: skip
    if bad is not None and any(len(text) > 3 and text.lower()[:5] in str(bad.value).lower() for text in said):
        return None
    return bad


def _pick(cells: list[Cell], given: set[str], view: View, subject: Cell | None, most: int) -> list[Cell]:
    """The cells worth saying, the state first and a code last; at most one code."""
    found = telling(cells, given, 12, subject)
    plain = [cell for cell in found if cell.field.kind not in ("id", "uuid", "url", "version", "username")]
    plain = [cell for cell in plain if not (isinstance(cell.value, int | float) and cell.value == 0
             and not isinstance(cell.value, bool) and cell.field.kind == "count")] or plain  # fmt: skip
    if view.writes:
        # That it was created just now goes without saying.
        plain = [cell for cell in plain if not (cell.field.kind == "datetime" and cell.field.past)] or plain
    codes = [cell for cell in found if cell.field.kind == "id" and isinstance(cell.value, str | int)]
    if view.writes:
        # The code of what was just made is wanted, another thing's is not.
        codes = [cell for cell in codes if cell is cells[0] and view.phrase.verb not in ("cancel", "delete", "remove")]
    kept = telling(plain, given, most - (1 if codes and view.writes else 0), subject)
    kept.sort(key=lambda cell: 0 if cell.field.kind == "status" or _is_state(cell) else 1)
    if codes and (view.writes or not kept):
        kept.append(codes[0])
    if not kept:
        kept = [cell for cell in found if cell.field.kind == "url"][:1]
    return kept


def _is_state(cell: Cell) -> bool:
    return cell.field.kind in ("enum", "status") and label_text(cell).split(" ")[-1] in ("status", "state", "stage")


def _sentence(clauses: list[str]) -> str:
    return capitalise(end_sentence(join_and(clauses)))


def _sentences(details: list[Cell], clauses: list[str], cells: list[Cell], style: int, rng: random.Random) -> str:
    """Clauses in one or two sentences; a measure may hang on the one before ("..., with a delay of 20 minutes")."""
    unique = dict.fromkeys(clauses)
    pairs = [(cell, one) for cell, one in zip(details, clauses, strict=True) if one and unique.pop(one, 1) is None]
    out: list[str] = []
    place = 0
    while place < len(pairs):
        _, one = pairs[place]
        after = pairs[place + 1] if place + 1 < len(pairs) else None
        part = noun_part(after[0], cells, style) if after else ""
        quiet = " with " not in one and len(one) < 80
        if after and part and quiet and rng.random() < 0.5:
            out.append(end_sentence(capitalise(f"{one}, with {part}")))
            place += 2
        elif after and quiet and len(after[1]) < 80:
            out.append(end_sentence(capitalise(f"{one} and {after[1]}")))
            place += 2
        else:
            out.append(end_sentence(capitalise(one)))
            place += 1
    return " ".join(out)


def _nice_label(cell: Cell) -> str:
    """The label, or the description's words where the name's make no noun ("spent so far")."""
    label = label_text(cell)
    first = label.split(" ")[0]
    if cell.field.description and (first.endswith("ed") or first in ("spent", "sent", "taken", "used")):
        short = re.split(r"[,;.(]", cell.field.description)[0].strip()
        if len(short.split()) < 8 and not re.match(r"(?i)(?:whether|number of|if|when|is|true|set|the|an?) ", short):
            return lower_first(short)
    words = label.split(" ")
    if len(words) == 2 and (words[1].endswith("ed") or words[1] == "withheld") and not is_plural(words[0]):
        # "deposit required": the participle comes first in speech.
        label = f"{words[1]} {words[0]}"
    short = label.removesuffix(" name")
    return short if cell.field.kind in ("person", "company", "title") and short not in _BARE else label


def _noun_of_count(label: str, cell: Cell) -> str:
    """ "number of nights of the changed stay" gives "nights"."""
    words = label.removeprefix("number of ")
    words = re.split(
        r" (?:of the|of this|on the|in the|for this|with|at the|right now|now|so far|to the|in total)\b", words
    )[0]
    if cell.value == 1:
        words = re.split(r" (?:attached|kept|taken|in|on|of|for|that|who|which|at|to)\b", words)[0]
    return singularise(words) if cell.value == 1 and len(words.split()) < 4 else words


def noun_part(cell: Cell, cells: list[Cell], style: int) -> str:
    """The cell as a noun phrase: "a delay of 20 minutes", "3 nights"; "" for kinds that need a clause."""
    text, label = value_text(cell, cells, [], style), _nice_label(cell)
    if cell.name.isupper():
        return ""
    if isinstance(cell.value, bool) or not isinstance(cell.value, int | float):
        return ""
    if label.startswith("number of "):
        return "" if re.search(r"(ed|sent)$", label) else f"{text} {_noun_of_count(label, cell)}"
    if (
        cell.field.kind == "count"
        and not re.search(r"(ed|sent)$", label)
        and is_plural(label)
        and len(label.split()) < 4
    ):
        return f"{text} {singularise(label) if cell.value == 1 else label}"
    if cell.field.kind in _MEASURED and not _says_many(label) and len(label.split()) < 5 and label != "amount":
        return f"{with_article(label)} of {text}"
    return ""


def _says_many(label: str) -> bool:
    """Whether a label is a plural: "toll roads", "days off already taken"."""
    first = label.split(" ")[:2]
    return is_plural(label) or (is_plural(first[0]) and first[-1] in ("of", "off", "in", "on", "left", "granted"))


def clause(cell: Cell, cells: list[Cell], style: int, view: View, rng: random.Random) -> str:
    """The cell as a clause: "it is confirmed", "it comes to 20 EUR", "the gate is C08"."""
    label, text, kind = _nice_label(cell), value_text(cell, cells, [], style), cell.field.kind
    if kind == "bool":
        return _truth(cell)
    if re.fullmatch(r"[a-z]+ed by", label):
        return f"it was {label} {text}"
    if cell.name.isupper() and len(cell.name) < 6:
        return f"{cell.name} is at {text}"  # a currency or ticker that a map is keyed by
    if isinstance(cell.value, list):
        one = len(cell.value) == 1
        if re.search(r"\b(?:due|available|supported|allowed|missing|required|enabled|disabled|pending)$", label):
            return f"{text} {'is' if one else 'are'} {label}"
        # "kinds of objects the camera recognised" is many already, and stays when it is one.
        whole = is_plural(label) or (len(label.split()) > 2 and is_plural(label.split()[0]))
        noun = label if whole and (not one or not is_plural(label)) else singularise(label) if one else pluralise(label)
        return f"the {noun} {'is' if one else 'are'} {text}"
    if _is_state(cell):
        if _STATES.fullmatch(text) and text not in ("paging", "none"):
            noun = label.rpartition(" ")[0]
            same = noun.split(" ")[-1][:5] == text.removeprefix("not ")[:5]
            clear = noun and noun.split(" ")[-1] not in _NO_HOLDER and not same
            return f"the {noun} is {text}" if clear else f"it is {text}"
        return f"the {label} is {text}"
    if kind == "id" and view.writes:
        return rng.choice((f"the {label} is {text}", f"you'll find it under {text}", f"the {label} is {text}"))
    if kind == "money" and label == "amount":
        return f"it comes to {text}" if view.phrase.verb in _BUYING else f"the amount is {text}"
    if isinstance(cell.value, int) and (
        found := re.match(r"(?:number of )?(\w+s) (\w+ed|sent)(?: total| (?:to|in|on|at|from) .+)?$", label_text(cell))
    ):
        noun = singularise(found[1]) if cell.value == 1 else found[1]
        return f"{text if cell.value else 'no'} {noun} {'was' if cell.value == 1 else 'were'} {found[2]}"
    if label.startswith("number of "):
        be = "is" if cell.value == 1 else "are"
        return f"there {be} {text} {_noun_of_count(label, cell)}"
    if kind in ("sentence", "question") and " " in text:
        return f'the {label} {"read" if is_plural(label) else "reads"} "{text}"'
    if kind in ("datetime", "date", "time") or re.fullmatch(r"\d{4}-\d\d-\d\d(T.*)?", str(cell.value)):
        return _moment(cell, label, text)
    if isinstance(cell.value, int) and kind in ("count", "number"):
        if is_plural(label) and len(label.split()) < 4:
            return (
                f"there {'is' if cell.value == 1 else 'are'} {text} {singularise(label) if cell.value == 1 else label}"
            )
        if any(map(is_plural, label.split(" ")[:2])):
            return f"the number of {label} is {text}"
    if kind in ("text", "title", "query") and len(text.split()) > 4:
        return f'the {label} {"read" if is_plural(label) else "reads"} "{text}"'
    if _says_many(label) and kind != "id" and isinstance(cell.value, str | int | float):
        return f"the {label} are {text}" if not cell.field.unit else f"the {label} come to {text}"
    return f"the {label} is {text}"


def _moment(cell: Cell, label: str, text: str) -> str:
    on = "at" if cell.field.kind == "time" else "on"
    found = re.match(
        r"(?:[a-z]+ )?(?:moment|time|date|day)(?: and time)?(?: on which| at which| when)? "
        r"((?:the|an?|this) .+)$",
        label,
    )
    if found and re.search(rf" {_VERBS}\b", found[1]):
        by = found[1].endswith((" by", " until"))
        return f"{found[1]} {text}" if by else f"{found[1]} {on} {text}"
    if found := re.match(
        rf"(?:[a-z]+ )?(?:moment|time|date|day) (?:on which |at which |when )?([a-z ]+ {_VERBS}\b.*)$", label
    ):
        return f"{found[1]} {on} {text}"
    if found := re.match(r"(\w+ed|sent|taken|seen)(?: on| at| time| date)?$", label):
        return f"it was {found[1]} {on} {text}"
    if label in ("start time", "start", "starts at") and (found := re.search(r" at (\d\d:\d\d)$", text)):
        return f"it starts on {text.removesuffix(found[0])} at {found[1]}"
    if label in ("start time", "start", "starts at"):
        return f"it starts {on} {text}"
    if label in ("end time", "end", "ends at"):
        return f"it ends {on} {text}"
    if found := re.match(r"(.+) due$", label):
        return f"the {found[1]} is due {on} {text}"
    if found := re.match(r"(.+?) (at|on)$", label):
        return f"the {found[1]} {'date' if found[2] == 'on' else 'time'} is {text}"
    return f"the {label} is {text}"


def _truth(cell: Cell) -> str:
    text = cell.field.description.split(". ")[0].strip(" .")
    found = re.match(r"(?i)whether (?:or not )?(.+)", text)
    if found and cell.value and not found[1].startswith("to "):
        return lower_first(re.sub(r"\b([a-z]+)_([a-z]+)\b", r"\1 \2", found[1]))
    words = " ".join(split_words(re.sub(r"^(is|has)_", "", cell.name)))
    return f"{words}: {'yes' if cell.value else 'no'}"
