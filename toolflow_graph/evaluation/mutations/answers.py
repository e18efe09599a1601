"""Defects of what the assistant makes of results: invented values, claims without a deed."""

import calendar
import datetime
import json
import re
from collections.abc import Iterator

from toolflow_graph.evaluation.mutations import places
from toolflow_graph.evaluation.mutations.draft import Call, Draft
from toolflow_graph.evaluation.mutations.places import all_places
from toolflow_graph.evaluation.mutations.registry import kind
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Json

_MONTHS = "January February March April May June July August September October November December"
_WRITTEN_DATE = lazy_regex(rf"\b(\d{{1,2}}) ({_MONTHS.replace(' ', '|')})(?: (\d{{4}}))?\b")
_NUMBER = lazy_regex(r"(?<![\w.,:/-])\d[\d,]*(?:\.\d+)?(?![\w:/-]|[.,]\d)")


def _answers(draft: Draft) -> list[int]:
    """The texts of the assistant that follow a result."""
    return [index for index in draft.texts("assistant") if draft.role(index - 1) == "tool"]


def _replace(draft: Draft, index: int, old: str, new: str) -> bool:
    """Every mention in one answer, and only as a whole word."""
    pattern = rf"(?<![\w-]){re.escape(old)}(?![\w-])"
    text = re.sub(pattern, lambda _: new, draft.content(index))
    draft.messages[index]["content"] = text
    return text != draft.content(index)


def _told(draft: Draft) -> Iterator[tuple[int, Json]]:
    """Values of results that an answer of the same turn tells word for word."""
    for index in _answers(draft):
        text = draft.content(index)
        turn = next(turn for turn in draft.transcript.turns if index in turn)
        for call in draft.calls:
            if call.succeeded and call.index in turn and call.index < index:
                for place in all_places(draft.value(call)):
                    if isinstance(place.value, str) and len(place.value) > 3 and place.value in text:
                        yield index, place.value


@kind("answer_invents_id", "structural", "ungrounded_answer", "An answer tells an id that stands nowhere.")
def answer_invents_id(draft: Draft) -> bool:
    found = draft.pick((index, value) for index, value in _told(draft) if places.is_code(value))
    made = places.fresh_code(found[1], draft.dialogue.everything, draft.rng) if found else None
    return made is not None and _replace(draft, found[0], found[1], made)


@kind(
    "answer_invents_address", "structural", "ungrounded_answer", "An answer tells a mail address that stands nowhere."
)
def answer_invents_address(draft: Draft) -> bool:
    found = draft.pick((index, value) for index, value in _told(draft) if places.is_email(value))
    made = places.fresh_email(found[1], draft.dialogue.everything, draft.rng) if found else None
    return made is not None and _replace(draft, found[0], found[1], made)


@kind("answer_invents_name", "semantic", "ungrounded_answer", "An answer tells a name that stands nowhere.")
def answer_invents_name(draft: Draft) -> bool:
    found = draft.pick(
        (index, value)
        for index, value in _told(draft)
        if isinstance(value, str) and re.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+", value)
    )
    made = places.fresh_name(found[1], draft.dialogue.everything, draft.rng) if found else None
    return made is not None and _replace(draft, found[0], found[1], made)


@kind("answer_invents_number", "structural", "ungrounded_answer", "An answer tells an amount that stands nowhere.")
def answer_invents_number(draft: Draft) -> bool:
    found = []
    for index in _answers(draft):
        for match in _NUMBER.finditer(_WRITTEN_DATE.sub(lambda m: "x" * len(m.group()), draft.content(index))):
            value = float(match.group().replace(",", ""))
            if places.is_amount(value) and not (1900 <= value <= 2100):
                found.append((index, match.start(), match.group()))
    chosen = draft.pick(found)
    if chosen is None:
        return False
    index, start, written = chosen
    for _ in range(20):
        made = re.sub(r"\d", lambda _: draft.rng.choice("123456789"), written)
        plain = made.replace(",", "")
        if plain not in draft.dialogue.everything and plain.partition(".")[0] not in draft.dialogue.everything:
            text = draft.content(index)
            draft.messages[index]["content"] = text[:start] + made + text[start + len(written) :]
            return True
    return False


@kind("answer_invents_date", "structural", "ungrounded_answer", "An answer tells a date that stands nowhere.")
def answer_invents_date(draft: Draft) -> bool:
    found = [(index, match) for index in _answers(draft) for match in _WRITTEN_DATE.finditer(draft.content(index))]
    chosen = draft.pick(found)
    if chosen is None:
        return False
    index, match = chosen
    known = draft.dialogue.everything
    for _ in range(20):
        day, month = draft.rng.randint(3, 26), draft.rng.randint(1, 12)
        name = _MONTHS.split()[month - 1]
        if name.casefold() not in known and f"-{month:02d}-{day:02d}" not in known:
            year = f" {match[3]}" if match[3] else ""
            text = draft.content(index)
            draft.messages[index]["content"] = f"{text[: match.start()]}{day} {name}{year}{text[match.end() :]}"
            return True
    return False


@kind("answer_wrong_weekday", "structural", "wrong_weekday", "An answer names another weekday than a date's own.")
def answer_wrong_weekday(draft: Draft) -> bool:
    found = [
        (index, match)
        for index in _answers(draft)
        for match in _WRITTEN_DATE.finditer(draft.content(index))
        if match[3]
    ]
    chosen = draft.pick(found)
    if chosen is None:
        return False
    index, match = chosen
    day = datetime.date(int(match[3]), _MONTHS.split().index(match[2]) + 1, int(match[1]))
    known = draft.dialogue.everything
    others = [name for name in calendar.day_name if name != f"{day:%A}" and name[:3].casefold() not in known]
    if not others:
        return False
    other = draft.rng.choice(others)
    text = draft.content(index)
    draft.messages[index]["content"] = f"{text[: match.start()]}{other}, {text[match.start() :]}"
    return True


@kind("answer_of_elsewhere", "structural", "ungrounded_answer", "An answer is that of another dialogue.")
def answer_of_elsewhere(draft: Draft) -> bool:
    index = draft.pick(_answers(draft))
    if index is None or draft.other is None:
        return False
    strange = [
        message.content or ""
        for place, message in enumerate(draft.other.transcript.messages)
        if message.role == "assistant" and not message.tool_calls and place > 0
    ]
    codes = re.compile(r"\b[A-Z]{2,5}-\d{4,}\b")
    telling = [t for t in strange if (m := codes.search(t)) and m.group().casefold() not in draft.dialogue.everything]
    text = draft.pick(telling)
    if text is None:
        return False
    draft.messages[index]["content"] = text
    return True


@kind(
    "result_tells_other_id",
    "structural",
    "ungrounded_answer ungrounded_argument",
    "A result has another id than the answer, or a later call, takes from it.",
)
def result_tells_other_id(draft: Draft) -> bool:
    found = []
    tools = json.dumps(draft.data.get("tools", ())).casefold()
    for call in (c for c in draft.calls if c.succeeded):
        assert call.result_index is not None
        others = "\n".join(
            text
            for i, text in enumerate(draft.dialogue.contents)
            if i != call.result_index and draft.role(i) in ("tool", "user", "system")
        )
        value = draft.value(call)
        answers = [draft.content(i) for i in _answers(draft) if i > call.result_index]
        for place in all_places(value):
            if not places.is_code(place.value) or place.value.casefold() in f"{others}{tools}":
                continue
            if any(place.value in text for text in answers):
                found.append((call, value, place))
    chosen = draft.pick(found)
    if chosen is None:
        return False
    call, value, place = chosen
    made = places.fresh_code(place.value, draft.dialogue.everything, draft.rng)
    if made is None:
        return False
    text = places.replace_text(value, place.value, made)
    draft.put_result(call, text)
    return True


@kind(
    "answer_exchanges_values",
    "semantic",
    "ungrounded_answer",
    "An answer tells two values of a result the wrong way round.",
)
def answer_exchanges_values(draft: Draft) -> bool:
    found = []
    told = sorted({(i, v) for i, v in _told(draft) if isinstance(v, str)})
    for index, first in told:
        for other, second in told:
            if index == other and first < second and first not in second and second not in first:
                found.append((index, first, second))
    chosen = draft.pick(found)
    if chosen is None:
        return False
    index, first, second = chosen
    text = draft.content(index).replace(first, "\0").replace(second, first).replace("\0", second)
    draft.messages[index]["content"] = text
    return True


_CLAIM = lazy_regex(
    r"\bI(?:'ve| have) (?:now |also )?(?:\w+ed|sent|paid|made|put|set|written|given|begun)\b|"
    r"\A(?:Done|All set|That's done|You're all set)\b|\bsuccessfully\b|\bhas been \w+ed\b"
)


def _claimed(draft: Draft) -> list[tuple[Call, int]]:
    """Writes that succeeded, alone in their turn, with the answer that tells of it."""
    found = []
    for index in _answers(draft):
        turn = next(turn for turn in draft.transcript.turns if index in turn)
        writes = [c for c in draft.calls if c.index in turn and not draft.transcript.is_read(c.name)]
        if len(writes) != 1 or not writes[0].succeeded or not _CLAIM.search(draft.content(index)):
            continue
        # Made once only: a second try, or a correction, does what was claimed after all.
        if sum(c.name == writes[0].name for c in draft.calls) == 1 and writes[0].index < index:
            found.append((writes[0], index))
    return found


@kind("claim_after_error", "structural", "claimed_success", "A change fails, and the answer says that it is done.")
def claim_after_error(draft: Draft) -> bool:
    chosen = draft.pick(_claimed(draft))
    if chosen is None:
        return False
    message = draft.pick(("The service is not available.", "No such entry.", "Payment was declined."))
    draft.put_result(
        chosen[0], {"error": {"code": draft.pick(("unavailable", "not_found", "conflict")), "message": message}}
    )
    return True


def _claimed_only(draft: Draft) -> bool:
    chosen = draft.pick(_claimed(draft))
    if chosen is None:
        return False
    draft.drop_call(chosen[0])
    return True


@kind(
    "claim_without_call",
    "structural",
    "claimed_success missing_call plan_incomplete",
    "The answer says that something is done that no call did.",
)
def claim_without_call(draft: Draft) -> bool:
    return draft.plan is not None and _claimed_only(draft)


@kind("claim_without_plan", "semantic", "claimed_success", "The same in data without a plan: only the words can tell.")
def claim_without_plan(draft: Draft) -> bool:
    draft.data.pop("plan", None)
    return _claimed_only(draft)
