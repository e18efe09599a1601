"""Rules that need the plan: what was to be asked, what the user knows, and what may be said when."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Fact, Json, Message, Request, Tool
from toolflow_graph.verification.evidence import Said, evidence_of, say
from toolflow_graph.verification.provenance.grounding import GroundedLeaf, is_distinctive, iter_leaves
from toolflow_graph.verification.reading.moments import Date, stated_dates, without_moments
from toolflow_graph.verification.reading.wording import key_of, normalise, numbers_in, says_nothing, squeeze
from toolflow_graph.verification.registry import Spot, rule
from toolflow_graph.verification.toolcards import split_name
from toolflow_graph.verification.transcript import Transcript, read_result


def check_request_done(
    messages: Sequence[Message],
    request: Request,
    start: int,
    tools: Sequence[Tool] = (),
    successes: Mapping[str, int] | None = None,
) -> bool:
    """The ledger: whether calls and answers since message ``start`` fulfil a request.

    A "tool" request needs a successful call of each of its tools (of any, if it names none) and an answer after the
    last of them; "chat" and "open" need an answer, with no call pending.

    Args:
        successes: where each tool first succeeded since then, if that is known already.
    """
    answers = [
        i for i, m in enumerate(messages) if i > start and m.role == "assistant" and not m.tool_calls and m.content
    ]
    if not answers or messages[-1].role == "tool" or messages[-1].tool_calls:
        return False
    if request.kind != "tool":
        return True
    first_of = _first_successes(messages, start, tools) if successes is None else successes
    if not request.tools:
        return bool(first_of)
    return all(name in first_of for name in request.tools) and answers[-1] > max(
        map(first_of.__getitem__, request.tools)
    )


def _first_successes(messages: Sequence[Message], start: int, tools: Sequence[Tool]) -> dict[str, int]:
    """Where each tool first succeeded from message ``start`` on."""
    found: dict[str, int] = {}
    names: dict[str, str] = {}
    known = {tool.name: tool for tool in tools}
    for index in range(max(start, 0), len(messages)):
        message = messages[index]
        names.update((call.id, call.name) for call in message.tool_calls)
        name = names.get(message.tool_call_id or "")
        if message.role == "tool" and name is not None and read_result(message, known.get(name)).ok:
            found.setdefault(name, index)
    return found


@rule(
    "plan_incomplete", "error", "A planned request was never opened, or what it needs was never done.", needs=("plan",)
)
def plan_incomplete(transcript: Transcript) -> Iterator[Spot]:
    if transcript.broke_off or transcript.plan is None:
        return
    starts = transcript.request_starts
    for number, request in enumerate(transcript.plan.requests):
        if number >= len(starts):
            if request.kind != "open":
                yield None, f"request {number + 1} ({request.intent[:60]!r}) was never opened"
            continue
        if not (0 <= starts[number] < len(transcript.messages)) or transcript.messages[starts[number]].role != "user":
            yield None, f"request {number + 1} should start at message {starts[number]}, where no user speaks"
            continue
        if _has_no_call(transcript, number) or transcript.messages[-1].role != "assistant":
            continue
        needed = request.tools if request.kind == "tool" else ()
        lacking = [name for name in needed if name not in _succeeded(transcript, number, name)]
        if lacking or not check_request_done(
            transcript.messages, request, starts[number], successes=_successes_from(transcript, starts[number])
        ):
            what = f"no successful call of {', '.join(lacking)}" if lacking else "no answer after its calls"
            yield starts[number], f"request {number + 1} ({request.intent[:60]!r}): {what}"


def _successes_from(transcript: Transcript, start: int) -> dict[str, int]:
    """Where each tool first succeeded from a message on."""
    found: dict[str, int] = {}
    for index, site in sorted(transcript.site_of_result.items()):
        if site.message_index >= start and site.succeeded:
            found.setdefault(site.call.name, index)
    return found


def _succeeded(transcript: Transcript, number: int, name: str) -> set[str]:
    """The tools that succeeded from a request's opening up to the next request that needs ``name``, too.

    What is called for that later request does not do this one.
    """
    assert transcript.plan is not None
    starts = transcript.request_starts
    later = zip(starts[number + 1 :], transcript.plan.requests[number + 1 :], strict=False)
    mates = (start for start, request in later if request.kind == "tool" and name in request.tools)
    end = next(mates, len(transcript.messages))
    return {s.call.name for s in transcript.sites if starts[number] <= s.message_index < end and s.succeeded}


def _has_no_call(transcript: Transcript, number: int) -> bool:
    """Whether missing_call speaks for this request."""
    assert transcript.plan is not None
    span = transcript.request_span(number)
    called = any(site.message_index in span for site in transcript.sites)
    return transcript.plan.requests[number].kind == "tool" and not called


@rule("missing_call", "error", "A request that needs tools was answered without any call.", needs=("plan",))
def missing_call(transcript: Transcript) -> Iterator[Spot]:
    if transcript.broke_off or transcript.plan is None:
        return
    for number, request in enumerate(transcript.plan.requests[: len(transcript.request_starts)]):
        if _has_no_call(transcript, number):
            reason = (
                f"request {number + 1} ({request.intent[:60]!r}) needs {', '.join(request.tools)}; nothing was called"
            )
            yield transcript.request_starts[number], reason


@rule("unasked_write", "error", "A call changed something that no request so far asks for.", needs=("plan", "tools"))
def unasked_write(transcript: Transcript) -> Iterator[Spot]:
    for site in transcript.watched_sites():
        tool = transcript.tools_by_name.get(site.call.name)
        requests = transcript.requests_so_far(site.message_index)
        if tool is None or tool.effect != "write" or not site.succeeded or any(r.kind == "open" for r in requests):
            continue
        if site.call.name not in {name for request in requests for name in request.tools}:
            yield site.message_index, f"{site.call.name} changes something that nobody has asked for so far"


_EMAIL = lazy_regex(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = lazy_regex(r"\bhttps?://[^\s)>\]]+")
_CODE = lazy_regex(
    r"(?<![\w@./-])(?=[A-Za-z0-9_-]*\d)(?=[A-Za-z0-9_-]*[A-Za-z])[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*(?![\w@])"
)
_EVERYDAY = lazy_regex(
    r"\d+(?:st|nd|rd|th|s|x|k|m|am|pm|h|hr|hrs|min|mins|km|mi|kg|lb|lbs|g|ft|cm|mm|gb|tb|mb|d|p|c|f|w|kw|kwh|ml|l|"
    r"oz|mph|in|yo)|"
    r"\d+(?:-\d+)*-(?:[a-z]+-?)+|[a-z]+-\d{1,2}|[234][dg]|\d+[ap]m-\d+[ap]m|(?:mid|late|early|pre|post)-\d+s?|mp[34]|"
    r"covid-?\d*|q[1-4]|h[12]|[a-z]\d|\d[a-z]|24-7|\d+x\d+",
    re.IGNORECASE,
)


_MONEY_UNITS = ("dollar", "euro")
# What a number that is large or money cannot be written without; most messages hold neither.
_AMOUNT_SIGN = lazy_regex(r"\d|thousand|hundred|million|dollar|usd|buck|eur", re.IGNORECASE)


def _mentions(text: str) -> dict[str, list[float]]:
    """Distinctive things a text states, as written; for numbers, what they may mean."""
    found: dict[str, list[float]] = {}
    bare = text
    for pattern, sign in ((_EMAIL, "@"), (_URL, "://")):
        if sign in text:
            found.update((match.group().rstrip(".,;"), []) for match in pattern.finditer(text))
            bare = pattern.sub(" ", bare)
    for match in _CODE.finditer(bare) if any(map(str.isdigit, bare)) else ():
        if len(match.group()) >= 4 and not _EVERYDAY.fullmatch(match.group()):
            found[match.group()] = []
    numbers: dict[str, list[tuple[float, str | None]]] = {}
    for value, written, unit in numbers_in(without_moments(bare)) if _AMOUNT_SIGN.search(bare) else ():
        numbers.setdefault(written, []).append((value, unit))
    for written, readings in numbers.items():
        money = bool(re.match(r"[$€£¥]", written)) or any(unit in _MONEY_UNITS for _, unit in readings)
        if all(_is_telling(value, unit, money) for value, unit in readings):
            found[written] = [value for value, _ in readings]
    return found


def _is_telling(value: float, unit: str | None, money: bool) -> bool:
    """Amounts, and numbers too large for small talk; years are not."""
    return (money and value >= 10) or (abs(value) >= 1000 and not 1900 <= value <= 2100 and unit is None)


@rule(
    "invented_fact",
    "error",
    "The user states an id, date, address or amount that it cannot know from its plan or the dialogue.",
    needs=("plan",),
)
def invented_fact(transcript: Transcript) -> Iterator[Spot]:
    evidence = evidence_of(transcript)
    for index, message in transcript.watched("user"):
        requests = transcript.requests_so_far(index)
        content = message.content or ""
        # Chat is free, and without a plan the user makes its own facts.
        if not requests or any(request.kind == "open" for request in requests) or requests[-1].kind == "chat":
            continue
        mentions = _mentions(content)
        dates = list(stated_dates(content, evidence.now)) if any(map(str.isdigit, content)) else []
        if not mentions and not dates:
            continue
        said = (evidence.said(i) for i in range(index) if evidence.roles[i] in ("user", "assistant"))
        # What is most likely to hold a value comes first.
        known = _Known((*(_told_in(request, evidence.now) for request in requests), evidence.context, *said))
        for written, values in mentions.items():
            if not _knows(known, written, values):
                yield index, f"the user states {written!r}, which is not among its facts; say only what is given"
        for written, meanings in dates:
            if meanings and not any(_near_date(known, date.isoformat()) for date in meanings):
                yield index, f"the user states the date {written!r}, which is not among its facts"


_READABLE = 1e15


def _told_in(request: Request, now: Date | None) -> Said:
    """What a request tells its user."""
    given = [request.intent, *(use.what for use in request.uses)]
    for fact in (*request.facts, *request.withheld, *((request.revision,) if request.revision else ())):
        given.extend((fact.name, *(str(leaf) for *_, leaf in iter_leaves({"value": fact.value}))))
    return say("\n".join(given), now)


class _Known:
    """All that a user knows: several texts, each read only once in a dialogue."""

    def __init__(self, texts: tuple[Said, ...]) -> None:
        self._texts = tuple(dict.fromkeys(texts))

    def contains(self, value: str) -> bool:
        return any(said.contains(value) for said in self._texts)

    def holds_code(self, code: str) -> bool:
        """Whether a code stands there, whatever stands between its letters."""
        bare = squeeze(code)
        return any(bare in said.squeezed for said in self._texts)

    def has_number(self, key: float) -> bool:
        return any(key in said.numbers for said in self._texts) or any(key in said.converted for said in self._texts)

    def has_date(self, iso: str) -> bool:
        day = (int(iso[5:7]), int(iso[8:10]))
        if any(iso in said.text for said in self._texts):
            return True
        return any(iso in said.dates or day in said.month_days for said in self._texts)

    @cached_property
    def numbers(self) -> frozenset[float]:
        return frozenset(key for said in self._texts for key in said.numbers)

    @cached_property
    def dates(self) -> frozenset[str]:
        return frozenset(iso for said in self._texts for iso in said.dates)

    @cached_property
    def day_steps(self) -> frozenset[int]:
        return frozenset(step for said in self._texts for step in said.day_steps)


def _knows(known: _Known, written: str, values: list[float]) -> bool:
    if not values:
        return known.contains(written) or known.holds_code(written)
    # What stands there as it is need not be read as a number.
    if any(value == int(value) and known.contains(str(int(value))) for value in values if abs(value) < _READABLE):
        return True
    if any(known.has_number(key_of(value)) for value in values):
        return True
    numbers = sorted(known.numbers)[:80]
    results = (result for a in numbers for b in numbers for result in (a * b, a + b, a - b))
    return any(abs(value - result) < 0.01 for result in results for value in values)


def _near_date(known: _Known, iso: str) -> bool:
    """Whether a date is known, or is a stated number of days from one that is."""
    if known.has_date(iso):
        return True
    day = Date.fromisoformat(iso)
    steps = known.day_steps | {int(n) for n in known.numbers if 0 < n <= 60 and n == int(n)} | {1}
    return any(abs((day - Date.fromisoformat(other)).days) in steps for other in known.dates)


_MERE_YES = lazy_regex(
    r"\W*(?:yes|yeah|yep|sure|ok(?:ay)?|go ahead|please do|do it|that's right|correct)\b[^\d?]{0,40}", re.IGNORECASE
)


def _may_tell(transcript: Transcript, index: int, value: Json) -> bool:
    """Whether a message may tell a value: the user's, unless it is a mere yes, and the assistant's that proposes it."""
    message = transcript.messages[index]
    said = message.content or ""
    if message.role == "user":
        return _MERE_YES.fullmatch(said) is None and not says_nothing(said)
    words = normalise(str(value)).split()
    return message.role == "assistant" and bool(words) and set(words) <= set(normalise(said).split())


def _matches(leaf: GroundedLeaf, fact: Fact) -> bool:
    """Whether a fact was planned for exactly this argument."""
    tool, _, path = (fact.parameter or "").partition(":")
    return bool(path) and tool == leaf.site.call.name and path.removesuffix("[]") == leaf.pattern.removesuffix("[]")


def same_value(value: Json, other: Json) -> bool:
    """Whether two values say the same, however they are written."""
    if isinstance(value, int | float) and isinstance(other, int | float):
        return key_of(value) == key_of(other)
    return normalise(str(value)) == normalise(str(other))


@rule(
    "guessed_value",
    "error",
    "A call uses a value that the user withholds, before the user has said it.",
    needs=("plan",),
)
def guessed_value(transcript: Transcript) -> Iterator[Spot]:
    for leaf in transcript.leaves:
        if leaf.source.kind not in ("unknown", "enum", "composed") or leaf.value in (None, "", [], {}):
            continue
        index = leaf.site.message_index
        number = transcript.request_index_at(index)
        if number < 0 or transcript.plan is None:
            continue
        # Once the user has spoken again, it may have said a small value in words that nothing here understands.
        span = [i for i in transcript.request_span(number) if i < index]
        asked = any(_may_tell(transcript, i, leaf.value) for i in span[1:])
        for fact in transcript.plan.requests[number].withheld:
            values = [value for *_, value in iter_leaves({"value": fact.value})]
            equal = any(same_value(leaf.value, value) for value in values)
            # A country's code follows from a city for whoever knows the world.
            code = isinstance(leaf.value, str) and leaf.value.isalpha() and len(leaf.value) <= 3
            meant = _matches(leaf, fact) and not isinstance(leaf.value, bool) and not code
            sure = equal and leaf.source.kind == "unknown" and is_distinctive(leaf.value, leaf.schema, fact.name)
            if sure or (meant and not asked):
                reason = (
                    f"{leaf.site.call.name}: {leaf.path} was guessed; the user has not said {fact.name!r} yet, so ask"
                )
                yield index, reason
                break


@rule(
    "correction_ignored",
    "error",
    "The user gives another value, and what is called afterwards for the same tool still has the old one.",
    needs=("plan",),
)
def correction_ignored(transcript: Transcript) -> Iterator[Spot]:
    for cue in transcript.cues:
        requests = transcript.plan.requests if transcript.plan else ()
        revision = requests[cue.request].revision if cue.kind == "revise" and cue.request < len(requests) else None
        tool, _, path = (revision.parameter or "").partition(":") if revision is not None else ("", "", "")
        if revision is None or not path or cue.request >= len(transcript.request_starts):
            continue
        old = next((fact.value for fact in requests[cue.request].facts if fact.name == revision.name), None)
        span = transcript.request_span(cue.request)
        for site in transcript.watched_sites():
            if site.message_index not in span or site.message_index < cue.message_index or site.call.name != tool:
                continue
            values = [value for _, pattern, _, value in iter_leaves(site.call.arguments) if pattern == path]
            if (
                values
                and old is not None
                and all(same_value(value, old) and not same_value(value, revision.value) for value in values)
            ):
                yield site.message_index, f"{tool}: {path} is still {old!r}; the user has changed it since"


_ASK = lazy_regex(
    r"\b(?:what(?:['’]s| is| are)?|which|provide|tell me|share|give me|let me know|(?:may|could|can) I have)\b|"
    r"\bI (?:just |still |also |only |first )*need (?:to know )?(?=the\b|your\b)",
    re.IGNORECASE,
)


@rule("asks_for_known", "warning", "The assistant asks for something the user has already said.", needs=("plan",))
def asks_for_known(transcript: Transcript) -> Iterator[Spot]:
    evidence = evidence_of(transcript)
    names: list[tuple[str, ...]] | None = None
    for index, message in transcript.watched("assistant"):
        if not message.content or message.tool_calls or "?" not in message.content:
            continue
        names = list(_field_names(transcript)) if names is None else names
        users = [i for i in range(index) if evidence.roles[i] == "user"]
        sentences = re.split(r"(?<=[.!?])\s+|\n", message.content)
        # "I still need the date. Could you tell me?" asks in its first sentence.
        questions = [part for part in sentences if (found := _ASK.search(part)) and ("?" in part or "need" in found[0])]
        number = transcript.request_index_at(index)
        requests = transcript.plan.requests[number : number + 1] if transcript.plan and number >= 0 else ()
        # What is withheld is given after a question: that its value was said before, or in the wish, does not count.
        given = [(fact, 0) for request in requests for fact in request.facts]
        given += [(fact, transcript.request_starts[number] + 1) for request in requests for fact in request.withheld]
        for fact, first in given:
            words = _words_of(fact.name)
            value = str(fact.value)
            if not words or len(value) < 3 or not any(evidence.said(i).contains(value) for i in users if i >= first):
                continue
            longer = [name[: -len(words)] for name in names if len(name) > len(words) and name[-len(words) :] == words]
            for question in questions:
                if _asks_for(question, words, longer) and normalise(value) not in normalise(question):
                    yield index, f"asks for {fact.name!r}, which the user has already said ({value[:40]!r})"
                    break


def _words_of(name: str) -> tuple[str, ...]:
    return tuple(normalise(name.replace("_", " ")).split())


def _field_names(transcript: Transcript) -> Iterator[tuple[str, ...]]:
    """The names of all arguments and facts, as words."""
    for name in transcript.tools_by_name:
        card = transcript.card(name)
        yield from map(split_name, card.spoken_keys if card else ())
    for request in transcript.plan.requests if transcript.plan else ():
        for fact in (*request.facts, *request.withheld):
            yield _words_of(fact.name)


_IDENTIFIERS = frozenset(("id", "ids", "number", "code", "reference"))


def _asks_for(question: str, words: tuple[str, ...], longer: list[tuple[str, ...]]) -> bool:
    """Whether the words come right after the asking ("What is the arrival date"), not somewhere in the question.

    ``longer``: what stands before the words in the names of other fields: "the target currency" is not "the currency".
    """
    asked = _ASK.search(question)
    following = tuple(normalise(question[asked.end() :]).split()) if asked else ()
    for start in range(4):
        end = start + len(words)
        if following[start:end] == words:
            if not _IDENTIFIERS.isdisjoint(following[end : end + 2]):
                return False  # "the topic alert ID" is not the topic
            return not any(following[max(0, start - len(head)) : start] == head for head in longer)
    return False
