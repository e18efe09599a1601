"""Rules about how an answer reaches the user: whole, in the user's language, and in words instead of data."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Json, Message
from toolflow_graph.verification.evidence import evidence_of
from toolflow_graph.verification.reading.languages import lacks_script, language_of, leaning_of, names_language
from toolflow_graph.verification.reading.wording import listed, normalise, tokens_of
from toolflow_graph.verification.registry import Spot, rule
from toolflow_graph.verification.transcript import Transcript

_FENCE = lazy_regex(r"^\s*```", re.MULTILINE)
_CLOSERS = "*_`\"'”’»)] \t"
# A line of a list, a table, a heading or a quotation; a short key with its value; a line that ends with a link.
_NO_PROSE = lazy_regex(
    r"\s*(?:[-*•–—#>|]|\d+[.)]\s|(?!.*[.!?]\s)[*_]{0,2}[\w()/-]+(?: [\w()/-]+)?:[*_]{0,2}\s)|.*\|\s*\Z|.*://\S+\Z"
)
# No English sentence ends with one of these; with one of the others it seldom does.
_DANGLING = frozenset(
    listed(
        "the a an and or but your my our because than I'm you're we're they're I've you've we've I'll you'll we'll "
        "it'll I'd you'd its whose including"
    )
)
_LEANING = frozenset(listed("for of with to on at in by from is are was were will has have been be if that this as I"))
_OPENING = lazy_regex(r"[,;(\[{–—]\Z|[^\W_]:\Z|\s[-&+/]\Z")
_SAD_FACE = lazy_regex(r"[:;=]['-]?\(")
_REGARDS = lazy_regex(
    r"\b(?:regards|sincerely|wishes|yours|truly|cheers|love|thanks|gratefully|faithfully)\b", re.IGNORECASE
)
_ASKS = lazy_regex(
    r"\A\W*(?:is|are|was|do|does|did|would|will|can|could|shall|should|may|what|which|how|who|when|where|why|any|"
    r"anything|have|has)(?:\W+\w+){3}",
    re.IGNORECASE,
)
_FAREWELL = lazy_regex(
    r"\b(?:thank|thanks|welcome|day|evening|night|weekend|trip|flight|stay|time|bye|care|luck|help|helps|else|enjoy|"
    r"soon|cheers)\b",
    re.IGNORECASE,
)
_LEAST_WORDS = 5
_SENTENCE_END = lazy_regex(r"(?<=[.!?…])\s+")


@rule(
    "broken_off_text",
    "error",
    "An assistant's text breaks off: after a comma, an article or an open bracket, in an open code block, or, as the "
    "dialogue's last, without the full stop that its speaker sets at all other times.",
)
def broken_off_text(transcript: Transcript) -> Iterator[Spot]:
    texts = {i: m.content or "" for i, m in enumerate(transcript.messages) if _is_answer(m)}
    watched = [index for index in texts if index >= transcript.focus]
    if not watched:
        return
    for index in watched:
        last = index == len(transcript.messages) - 1
        others = [text for place, text in texts.items() if place != index]
        dangles = len(texts[index].split()) > 2 and _last_word(texts[index]) in _DANGLING
        english = dangles and language_of("\n".join(texts.values())) == "English"
        if english or _breaks_off(texts[index]) or (last and _lacks_its_end(texts[index], others)):
            yield index, f"the text breaks off at {texts[index].rstrip()[-40:]!r}; say it to its end"


def _is_answer(message: Message) -> bool:
    return message.role == "assistant" and not message.tool_calls and bool((message.content or "").strip())


def _breaks_off(text: str) -> bool:
    """Whether nobody would end a text so."""
    text = text.rstrip()
    # One may close at the end of a line.
    if _FENCE.search(text) and text.count("```") % 2:
        return True
    line = text.rpartition("\n")[2]
    if _FENCE.match(line) or _REGARDS.search(line) or _SAD_FACE.search(line):
        return False
    return bool(_OPENING.search(text[-3:])) or line.count("(") > line.count(")")


def _last_word(text: str) -> str:
    return text.replace("’", "'").split()[-1].strip('*_"“')


def _lacks_its_end(text: str, others: list[str]) -> bool:
    """Whether a text in sentences stops without a full stop, although its speaker sets one at all other times."""
    leans = _last_word(text) in _LEANING
    sentences = _sentences(text, 3 if leans else _LEAST_WORDS)
    if not sentences or not _is_open(sentences[-1]):
        return False
    habits = [said[-1] for other in others if (said := _sentences(other))]
    if any(_is_open(said) for said in habits):
        return False
    last = sentences[-1].split()
    # A question and a goodbye are left open by many who write otherwise with care, and so is a reference.
    if _ASKS.match(sentences[-1]) or _FAREWELL.search(" ".join(last[-3:])):
        return False
    # Many forget the full stop after a name or an address, and hashtags have none.
    if last[-1][:1].isupper() or last[-1].startswith("#") or "." in last[-1].strip("."):
        return False
    named = any(map(str.isdigit, last[-1])) or "@" in last[-1]
    least = 3 if named else 1 if leans else 2
    return len(habits) + len(sentences) - 1 >= least


def _sentences(text: str, least: int = _LEAST_WORDS) -> list[str]:
    """The sentences of a text's last line, if that is prose of some length."""
    line = text.rstrip().rpartition("\n")[2]
    if _FENCE.search(text) or _NO_PROSE.match(line) or len(line.split()) < least:
        return []
    return _SENTENCE_END.split(line)


def _is_open(sentence: str) -> bool:
    return sentence.rstrip(_CLOSERS)[-1:].isalnum()


_WANTS_DATA = {
    "user": re.compile(
        r"json|\b(?:raw|payload|yaml|xml|csv|schema|snippet|verbatim|dump|curl|api|script|dict)\b", re.IGNORECASE
    ),
    "system": re.compile(r"json|\b(?:yaml|xml|structured (?:output|format|data))\b", re.IGNORECASE),
}
_LEAST_DATA = 40
_MOST_TRIES = 20
_DECODER = json.JSONDecoder()


@rule(
    "dumped_data",
    "error",
    "The assistant hands the user a result or a call's arguments as JSON, although nobody speaks of such formats.",
)
def dumped_data(transcript: Transcript) -> Iterator[Spot]:
    spoken = ((_WANTS_DATA.get(message.role), message.content or "") for message in transcript.messages)
    if any(pattern is not None and pattern.search(content) for pattern, content in spoken):
        return
    for index, message in transcript.watched("assistant"):
        if message.tool_calls or "{" not in (message.content or ""):
            continue
        for value in _objects_in(message.content or ""):
            if _is_result(transcript, index, value) or _are_arguments(transcript, message.content or "", value):
                yield index, f"shows {json.dumps(value, ensure_ascii=False)[:60]!r} as data; say in words what it holds"
                break


def _objects_in(text: str) -> Iterator[Json]:
    """The JSON objects, and lists of such, that stand in a text."""
    place = 0
    for _ in range(_MOST_TRIES):
        starts = [at for at in (text.find("{", place), text.find("[", place)) if at >= 0]
        if not starts:
            return
        try:
            value, end = _DECODER.raw_decode(text, min(starts))
        except (ValueError, RecursionError):
            place = min(starts) + 1
            continue
        place = end
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, dict) and first:
            yield value


def _is_result(transcript: Transcript, index: int, value: Any) -> bool:
    if len(json.dumps(value, ensure_ascii=False)) < _LEAST_DATA:
        return False
    return any(_holds(body, value) for place, body in evidence_of(transcript).bodies.items() if place < index)


def _holds(value: Any, wanted: Any) -> bool:
    """Whether a JSON value is, or somewhere holds, another one."""
    if value == wanted:
        return True
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_holds(part, wanted) for part in parts if isinstance(part, dict | list))


def _are_arguments(transcript: Transcript, text: str, value: Any) -> bool:
    """Whether a text is nothing but the arguments that a tool wants."""
    if not isinstance(value, dict) or text.strip().strip("`").removeprefix("json").strip()[:1] != "{":
        return False
    return any(_fits(tool.parameters, value) for tool in transcript.tools)


def _fits(parameters: Mapping[str, Any], value: Mapping[str, Json]) -> bool:
    properties = parameters.get("properties")
    required = parameters.get("required")
    if not isinstance(properties, Mapping) or not isinstance(required, list) or not required:
        return False
    return set(required) <= set(value) <= set(properties)


@rule(
    "other_language",
    "error",
    "The assistant answers in another language than the one that the user writes, and nobody speaks of languages.",
)
def other_language(transcript: Transcript) -> Iterator[Spot]:
    system = {language_of(m.content or "") for m in transcript.messages[:1] if m.role == "system"}
    for index, message in transcript.watched("assistant"):
        own = language_of(message.content) if message.content and not message.tool_calls else None
        if own is None or own in system:
            continue
        heard = [m.content or "" for m in transcript.messages[:index] if m.role == "user"]
        known = [language for text in reversed(heard) if (language := language_of(text)) is not None]
        user = known[0] if known else language_of("\n".join(heard)) or _shared_language(transcript, index, heard)
        if user is None or own == user or own in known or lacks_script(heard[-1], user):
            continue
        if not _is_about_languages(transcript, user) and not _reports(transcript, index):
            yield index, f"answers in {own}, and the user writes {user}; answer in the user's language"


def _shared_language(transcript: Transcript, index: int, heard: list[str]) -> str | None:
    """The language of all that is said before a message, if what users write leans to it, too short to tell alone."""
    said = "\n".join(m.content or "" for m in transcript.messages[:index] if m.role != "tool")
    language = language_of(said)
    return language if language == leaning_of("\n".join(heard)) else None


def _reports(transcript: Transcript, index: int) -> bool:
    """Whether an answer mostly repeats what results say: titles and quotations keep their language."""
    told = " ".join(m.content or "" for m in transcript.messages[:index] if m.role == "tool")
    known = set(normalise(told).split())
    words = normalise(transcript.messages[index].content or "").split()
    return sum(word in known for word in words) > 0.5 * len(words)


def _is_about_languages(transcript: Transcript, user: str) -> bool:
    """Whether anybody speaks of languages but the user's own ("Answer in Portuguese"), or a call names one."""
    spoken = (m.content or "" for m in transcript.messages if m.role in ("user", "system"))
    calls = (json.dumps(site.call.arguments).lower() for site in transcript.sites)
    named = any(names_language(text, but=user) for text in spoken)
    return named or any(key in call for call in calls for key in _LANGUAGE_KEYS)


_LANGUAGE_KEYS = ("lang", "locale", "translat")
_PROMISE = lazy_regex(
    r"\b(?:let me|I(?:['’]ll| will)|I(?:['’]m| am) going to)(?: now| just| quickly| first| go ahead and)* "
    r"(?:check(?! in\b)|look(?! forward)|find|get(?! (?:this|it|that) straight)|search|"
    r"see (?:if|what)|fetch|pull|retrieve|verify|process|proceed|gather)\b|"
    r"\b(?:one|just a|give me a|in a) (?:moment|second|sec|minute)\b|\b(?:hold on|bear with me|please wait|hang on)\b",
    re.IGNORECASE,
)
# "I'm putting Leo on the list right now."
_AT_IT = lazy_regex(
    r"\bI(?:['’]m| am)(?: now| just)? (?!afraid|sorry|not)\w+ing\b[^.?!\n]{0,80}"
    r"\b(?:right now|right away|straight away|immediately|at once)(?=[.!,])",
    re.IGNORECASE,
)
_CONDITIONS = frozenset(listed("please if once when after until confirm provide know tell need unless would could can"))
_POLITE_WAIT = lazy_regex(r"\bplease (?:hold|wait|bear)\b|\b(?:moment|second|minute),? please\b", re.IGNORECASE)
_SHORT = 25


@rule(
    "empty_promise",
    "error",
    "The assistant only says that it will look or act (Let me check that for you), and leaves it at that: no call.",
    needs=("tools",),
)
def empty_promise(transcript: Transcript) -> Iterator[Spot]:
    for index, message in transcript.watched("assistant"):
        content = message.content or ""
        short = len(content.split()) <= _SHORT and _PROMISE.search(content)
        if message.tool_calls or "?" in content or not (short or _AT_IT.search(content)):
            continue
        turn = next((turn for turn in transcript.turns if index in turn), range(index, index + 1))
        called = any(transcript.messages[i].tool_calls for i in turn)
        if not called and tokens_of(_POLITE_WAIT.sub(" ", content)).isdisjoint(_CONDITIONS):
            yield index, f"only promises ({content.strip()[:60]!r}); call the tool, or say what there is to say"
