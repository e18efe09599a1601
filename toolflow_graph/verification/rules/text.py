"""Rules about what the user and the assistant say."""

import json
import re
from collections.abc import Iterator, Sequence

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.evidence import strings_in
from toolflow_graph.verification.reading.claims import may_claim, sentences_of
from toolflow_graph.verification.reading.wording import WORD, listed, normalise, tokens_of
from toolflow_graph.verification.registry import Spot, rule
from toolflow_graph.verification.rules.deeds import (
    claim_beside,
    claim_by_name,
    claim_from_nowhere,
    claim_of_failed_half,
    plain_claim,
)
from toolflow_graph.verification.rules.outages import blame_in, is_told
from toolflow_graph.verification.toolcards import is_identifier, split_name
from toolflow_graph.verification.transcript import Transcript

_TOKEN = lazy_regex(r"[A-Za-z0-9_-]+")
_KEY_LIKE = lazy_regex(r"_|[a-z0-9][A-Z]|\w-[A-Z]")
_I = re.IGNORECASE


def _tokens(text: str) -> set[str]:
    return {form for token in _TOKEN.findall(text) for form in (token, token.strip("-"), token.strip("_-"))}


def _named_tools(transcript: Transcript, role: str) -> Iterator[tuple[int, str]]:
    names = sorted(name for name in transcript.tools_by_name if is_identifier(name))
    for index, message in transcript.watched(role):
        content = message.content or ""
        # Looking for a few names is faster than taking every text apart.
        held = [name for name in names if name in content]
        tokens = _tokens(content) if held else ()
        told = [name for name in held if name in tokens]
        yield from ((index, name) for name in told)
        if not told and _OF_TOOLS.search(content):
            said = normalise(content)
            yield from ((index, name) for name in transcript.tools_by_name if _is_called_tool(name, said))


_OF_TOOLS = lazy_regex(r"\b(?:tool|function|api|endpoint)\b", _I)


def _is_called_tool(name: str, said: str) -> bool:
    """Whether a tool's name stands in a text in plain words, and is called a tool: "the search hotels function".

    Names of two words may be those of well-known interfaces ("the Google Maps API").
    """
    words = split_name(name)
    kinds = ("tool", "function", "api", "endpoint")[: 4 if len(words) > 2 else 2 if len(words) > 1 else 0]
    return any(f" {' '.join(words)} {kind} " in said for kind in kinds)


@rule("user_names_tool", "error", "The user speaks a tool's name; users do not know tools.", needs=("tools",))
def user_names_tool(transcript: Transcript) -> Iterator[Spot]:
    for index, name in _named_tools(transcript, "user"):
        yield index, f"the user names the tool {name!r}; say in plain words what is wanted"


@rule("user_names_parameter", "error", "The user speaks a parameter key (snake_case, camelCase).", needs=("tools",))
def user_names_parameter(transcript: Transcript) -> Iterator[Spot]:
    for index, message in transcript.watched("user"):
        if not _KEY_LIKE.search(message.content or ""):
            continue
        tokens = {token for token in _tokens(message.content or "") if is_identifier(token)}
        if not tokens:
            continue
        cards = [transcript.card(name) for name in transcript.tools_by_name]
        keys = tokens & {key for card in cards if card for key in card.spoken_keys} - set(transcript.tools_by_name)
        for key in sorted(keys):
            # "my check-in" is English even where a parameter is spelled so.
            if "_" in key or not key.islower():
                yield index, f"the user speaks the parameter key {key!r}; say it in plain words"


@rule(
    "assistant_names_tool",
    "error",
    "The assistant speaks a tool's name; whoever reads it does not know tools.",
    needs=("tools",),
)
def assistant_names_tool(transcript: Transcript) -> Iterator[Spot]:
    for index, name in _named_tools(transcript, "assistant"):
        yield index, f"the assistant names the tool {name!r}; say in plain words what was done or can be done"


MOST_CHARACTERS = 10_000
_LOOP_WORDS, _LOOP_SHARE = 120, 0.25


@rule(
    "giant_message",
    "error",
    f"A user's or assistant's text, or a call's arguments, are longer than {MOST_CHARACTERS:,} characters.",
)
def giant_message(transcript: Transcript) -> Iterator[Spot]:
    for index, message in transcript.watched("user", "assistant"):
        if len(message.content or "") > MOST_CHARACTERS:
            yield index, f"{len(message.content or ''):,} characters; at most {MOST_CHARACTERS:,} belong in a message"
        for call in message.tool_calls:
            if len(str(call.arguments)) < MOST_CHARACTERS // 2:
                continue
            size = len(json.dumps(call.arguments, ensure_ascii=False))
            if size > MOST_CHARACTERS:
                yield index, f"the arguments of {call.name} have {size:,} characters; at most {MOST_CHARACTERS:,}"


@rule("looping_text", "error", "A text says the same few words over and over, as a model caught in a loop does.")
def looping_text(transcript: Transcript) -> Iterator[Spot]:
    for index, message in transcript.watched("user", "assistant"):
        words = (message.content or "")[: 4 * MOST_CHARACTERS].split()
        if len(words) < _LOOP_WORDS:
            continue
        if _repeats_at_once(words):
            yield index, "a run of words is said again and again, one after the other; say it once"
            continue
        # Numbers differ from row to row of an honest table, so whole words are compared, four at a time.
        runs = {tuple(words[place : place + 4]) for place in range(len(words) - 3)}
        if len(runs) < _LOOP_SHARE * (len(words) - 3):
            yield index, f"of {len(words)} words most only repeat the same few; say it once"


_MOST_PERIOD, _LEAST_TIMES = 12, 8


def _repeats_at_once(words: Sequence[str]) -> bool:
    """Whether some words follow one another over and over, eight times and sixty words long at least."""
    for period in range(1, _MOST_PERIOD + 1):
        run = 0
        for place in range(period, len(words)):
            run = run + 1 if words[place] == words[place - period] else 0
            if run >= max(60, period * _LEAST_TIMES):
                return True
    return False


_LABEL = lazy_regex(
    r"(?:\A\s*|\n)[*_]{0,2}(?:user|assistant|human|ai|chatbot)[*_]{0,2}:[*_]{0,2}[ \t]+\S+(?:[ \t]+\S+){2}", _I
)
_LABEL_START = lazy_regex(r"\A\s*[*_]{0,2}(?:user|assistant|human|ai|chatbot|customer|agent)[*_]{0,2}\s?:", _I)


@rule("speaker_label", "error", "A message starts a line with a speaker's label, such as 'User:'.")
def speaker_label(transcript: Transcript) -> Iterator[Spot]:
    for index, message in transcript.watched("user", "assistant"):
        match = _LABEL_START.search(message.content or "") or _LABEL.search(message.content or "")
        if match:
            yield index, f"a speaker's label ({match.group().strip()[:30]!r}); write only what is said"


_USER_AS_ASSISTANT = lazy_regex(
    r"\bhow (?:can|may|could) I (?:help|assist)(?: you)?\b(?! (?:with|to) my)|"
    r"\bwhat can I (?:help you with|do for you)\b|"
    r"\bI(?:'d| would|'ll| will|'m| am)? be (?:happy|glad|able) to (?:help|assist) you\b|"
    r"\bI(?:'m| am) (?:happy|glad|here) to (?:help|assist)(?: you)?\b|"
    r"\bI can (?:help|assist) you\b|"
    r"\b(?:is|was) there anything else (?:I can|that I can|you(?:'d| would) like|you need)\b|"
    r"\blet me know if (?:you need|there(?:'s| is)) any(?:thing else| (?:other|further|more|additional) (?:help|"
    # A user offers no more help than what the assistant wants to know.
    r"assistance))\b(?! (?:from me|on my (?:end|side)|to \w+|in order)\b)|"
    r"\bfeel free to (?:ask|reach out)\b|"
    r"\bas an AI\b|\bI(?:'m| am) (?:an AI|a virtual|your (?:virtual )?assistant)\b|"
    r"\bI(?:'ve| have) (?:found|retrieved|located) (?:the following|\d+ (?:results|options|flights))\b|"
    r"\bhow (?:else )?(?:can|may) I be of (?:help|assistance|service)\b",
    _I,
)
_ASSISTANT_AS_USER = lazy_regex(
    r"\A\s*(?:hi|hello|hey|ok|okay|great|perfect)?[,!. ]*(?:can|could|would) you (?:please )?(?:help|assist) me\b|"
    r"\b(?:can|could|would) you (?:please )?(?:help me (?:with|find|book|to)|(?:book|find|cancel|order|look up) "
    r"(?:me )?(?:a|an|my|the) .{0,40}for me)\b|"
    r"\bI (?:need|want|would like) you to (?!confirm|provide|know|note|tell|verify|choose|pick|review|give|share|"
    r"have\b|be\b|feel\b|enjoy|get\b)|"
    r"\bI(?:'d| would) like to (?:book|order|cancel|reserve|buy) (?:a|an|my)\b|"
    r"\bthank(?:s| you)(?: so much| very much)? for (?:your help|helping me|the help|all your help)\b",
    _I,
)


# What one who speaks like the other cannot do without.
_OFFERING = (
    *("help", "assist", "do for you", "anything else", "feel free", "an ai", "virtual", "found", "retrieved"),
    *("located", "of service"),
)
_ASKING = ("can you", "could you", "would you", "i need you", "i want you", "would like", "i'd like", "thank")


@rule("role_flip", "error", "The user offers help like an assistant, or the assistant asks for help like a user.")
def role_flip(transcript: Transcript) -> Iterator[Spot]:
    for index, message in transcript.watched("user", "assistant"):
        folded = (message.content or "").lower()
        if not any(sign in folded for sign in (_OFFERING if message.role == "user" else _ASKING)):
            continue
        pattern = _USER_AS_ASSISTANT if message.role == "user" else _ASSISTANT_AS_USER
        match = pattern.search((message.content or "").strip())
        if match:
            other = "assistant" if message.role == "user" else "user"
            yield index, f"the {message.role} speaks like the {other} ({match.group().strip()!r})"


_MARKUP = lazy_regex(
    r"</?(?:think|thinking|thoughts?|reasoning|reflection|analysis|tool_calls?|tool_responses?|tool_results?|tool_outputs?|"
    r"tool_use|function_calls?|function_response|invoke|answer|final|final_answer|scratchpad)\b[^>]{0,40}>|"
    r"\[/?(?:think|thinking|thoughts?|reasoning)\]|\[(?:EOS|BOS|PAD)\]|<(?:pad|unk)>|"
    r"<function=|<\|[A-Za-z_][\w ]{0,30}\|>|<｜[^｜]{1,30}｜>|\[/?INST\]|<</?SYS>>|\[TOOL_CALLS\]|"
    r"\[(?:AVAILABLE_TOOLS|TOOL_RESULTS)\]|"
    r"<(?:start|end)_of_turn>|#{2,}\s?[A-Z][A-Z_]{2,}\s?#{2,}|<eos>|<bos>|</s>|"
    # Templates of instruction data and of agents that think aloud.
    r"(?:\A|\n)\s*#{2,4} (?:Assistant|User|Human|Instruction|Response):|\A\s*\[(?:ASSISTANT|USER|SYSTEM)\]|"
    r"\A\s*(?:Thought|Final Answer): |(?:\A|\n)Action Input:"
)
_ALOUD = lazy_regex(r"(?:Thought|Final Answer|Action Input):")
_WORDS = lazy_regex(
    r"\bas an? (?:AI|large) language model\b|"
    r"\bas an AI(?: \w+)? (?:developed|trained|created|made|built) by\b|"
    r"\bsimulated (?:response|result|data|output|tool|api|user|assistant|value|call)s?\b|"
    r"\b(?:this|here) is (?:just )?a simulat(?:ion|ed)\b|\(simulat(?:ed|ion)\)|\bfor (?:the purposes? of "
    r")?(?:this|the) (?:simulation|role-?play)\b|"
    r"\bmy (?:system prompt|instructions (?:say|are|tell))\b|\bthe (?:user|assistant) (?:role|simulator)\b|"
    r"\bin this (?:simulation|role-?play)\b|"
    r"\b(?:this|that|it|these|those|which) (?:is|are|was|were) (?:just |only |all )?(?:mock(?:ed)?|dummy|simulated|"
    r"placeholder) (?:data|results?|responses?|outputs?|values?)\b",
    _I,
)
# What a simulated tool says of itself. Data may well speak of simulations: only sentences about this very result count.
_STAGED = lazy_regex(
    r"\bthis is (?:just |only )?(?:a |an )?(?:simulated|simulation|mock(?:ed)?|dummy)\b|\(simulat(?:ed|ion)\)|"
    r"\bas an? (?:AI|large) language model\b|\bas an AI(?: language)?(?: model| assistant)?,? I\b|"
    r"\bsimulated (?:response|result|output)s?\b|\bfor demonstration purposes\b|"
    r"\b(?:simulated|mock|dummy|sample) (?:data|response|result|output)s? (?:generated |created )?for "
    r"(?:demonstration|demo|testing|test|illustration|example)\b",
    _I,
)
_ABOUT_STAGING = lazy_regex(r"simulat|mock|dummy|demo|\btest|language model|\bAI\b|\bLLM\b", _I)
_ENDING = r"(?:CONVERSATION|DIALOGUE|DIALOG|CHAT|TASK|SESSION)"
_SHOUTS = lazy_regex(
    rf"#{{3,}}\s*\Z|[\[<](?:END|STOP|EOT|EOM)[\]>][.!]?\s*\Z|"
    rf"(?:\A|\s)(?:TERMINATE|END_OF_{_ENDING}|{_ENDING}_END|[\[<*]{{1,3}}/?(?:END|STOP|DONE|TERMINATE|"
    rf"END[ _]OF[ _](?:THE[ _])?{_ENDING}|{_ENDING}[ _](?:END|ENDED|OVER|COMPLETE|COMPLETED))[\]>*]{{1,3}})[.!]?\s*\Z"
)
_STOP = lazy_regex(r"#{2,}\s?[A-Z][A-Z_ -]{2,30}\s?#{2,}[.!]?\s*\Z")
_JSON_CALL = lazy_regex(
    r"[{,]\s*\"(?:name|tool|function)\"\s*:\s*\"(\w[\w-]*)\"\s*,\s*\"(?:arguments|parameters|args)\"\s*:|"
    r"\{\s*\"(?:arguments|parameters|args)\"\s*:\s*\{[^{}]{0,1000}(?:\{[^{}]{0,500}\}[^{}]{0,1000}){0,5}\}\s*,\s*"
    r"\"(?:name|tool|function)\"\s*:\s*\""
)


@rule(
    "control_words", "error", "A message holds control words: ###STOP###, <think>, template tokens, 'simulated result'."
)
def control_words(transcript: Transcript) -> Iterator[Spot]:
    instructions = "".join(message.content or "" for message in transcript.messages[:1] if message.role == "system")
    for index, message in transcript.watched():
        content = message.content or ""
        match = _MARKUP.search(content) if _may_hold_markup(content) else None
        if match is not None and message.role == "tool" and _ALOUD.search(match.group()):
            match = None  # a tool for thinking answers so
        if match is None and message.role in ("user", "assistant"):
            match = _spoken_control(content)
            # "Say TERMINATE when you are done": then it is part of this dialogue.
            if match is not None and match.group().strip() in instructions:
                match = None
        if match is None and message.role == "tool" and _may_be_staged(content):
            staged = _STAGED.search(content)
            match = None if staged is None or _is_about_staging(transcript, index) else staged
        if match is None and message.tool_calls:
            texts = (text for call in message.tool_calls for text in strings_in(call.arguments))
            match = next((m for text in texts if _may_hold_markup(text) and (m := _MARKUP.search(text))), None)
        if match and message.role != "system":
            yield (
                index,
                f"the {message.role} message holds {match.group().strip()[:40]!r}, which is no part of a dialogue",
            )


# What the patterns above cannot do without: a plain look for it takes a tenth of their time.
_BRACKET = lazy_regex(r"[<\[#]|(?:Thought|Answer|Input):")
_SIGNS = (
    *("<", "##", "[/", "[think", "[thought", "[reason", "[INST", "[TOOL", "[AVAIL", "[EOS", "[BOS", "[PAD", "[ASS"),
    *("[USER", "[SYS", "Thought:", "Final Answer:", "Action Input:"),
)
_STAGE_WORDS = ("simulat", "language model", "an ai", "demonstration", "mock", "dummy", "sample")
_SPOKEN_WORDS = (*_STAGE_WORDS, "system prompt", "my instructions", "role", "placeholder")
_LONGEST_SHOUT = 80


def _may_hold_markup(text: str) -> bool:
    return _BRACKET.search(text) is not None and any(sign in text for sign in _SIGNS)


def _may_be_staged(text: str) -> bool:
    folded = text.lower()
    return any(word in folded for word in _STAGE_WORDS)


def _spoken_control(text: str) -> re.Match[str] | None:
    folded = text.lower()
    match = _WORDS.search(text) if any(word in folded for word in _SPOKEN_WORDS) else None
    match = match or _SHOUTS.search(text, max(0, len(text.rstrip()) - _LONGEST_SHOUT))
    return match or (_JSON_CALL.search(text) if "{" in text else None)


def ends_by_stop_word(text: str) -> bool:
    """Whether a text closes with a word by which simulated users say that they are done: ###STOP###, [END]."""
    return bool(_STOP.search(text) or _SHOUTS.search(text, max(0, len(text.rstrip()) - _LONGEST_SHOUT)))


def _is_about_staging(transcript: Transcript, index: int) -> bool:
    """Whether the tool that answers is itself about simulations, tests or models."""
    site = transcript.site_of_result.get(index)
    tool = transcript.tools_by_name.get(site.call.name) if site else None
    return tool is not None and bool(_ABOUT_STAGING.search(f"{tool.name.replace('_', ' ')} {tool.description}"))


@rule(
    "claimed_success",
    "error",
    "The assistant claims to have done something although no call of the kind succeeded.",
    needs=("tools",),
)
def claimed_success(transcript: Transcript) -> Iterator[Spot]:
    changes = [site for site in transcript.sites if not transcript.is_read(site.call.name)]
    for index, message in transcript.watched("assistant"):
        if message.tool_calls or not message.content or not may_claim(message.content):
            continue
        turn = next((turn for turn in transcript.turns if index in turn), None)
        if turn is None:
            continue
        before = [site for site in changes if site.message_index < index]
        here = [site for site in before if site.message_index in turn]
        if any(site.succeeded for site in here):
            half = claim_of_failed_half(transcript, message.content, before, here, turn)
            if half is not None:
                yield index, f"claims {half[0].strip()[:80]!r}, but {half[1]} failed; say what happened"
                continue
            claim = None
            beside = claim_beside(transcript, message.content, before, turn)
        else:
            results = (transcript.messages[i] for i in turn if transcript.messages[i].role == "tool")
            reported = " ".join(result.content or "" for result in results)
            claim = plain_claim(transcript, message.content, before, here, reported)
            claim = claim or claim_by_name(transcript, message.content, before, here, turn)
            beside = None
        if claim is not None and claim[1] is not None:
            yield index, f"claims {claim[0].strip()[:80]!r}, but {claim[1]} failed; say what happened"
            continue
        said = claim[0] if claim else beside or claim_from_nowhere(transcript, message.content, before, index)
        if said is not None:
            reason = "but nothing of the kind was called; call a tool or do not claim it"
            yield index, f"claims {said.strip()[:80]!r}, {reason}"


@rule(
    "invented_outage",
    "error",
    "The assistant says that its tools or systems fail, but no call failed and nobody said so.",
    needs=("tools",),
)
def invented_outage(transcript: Transcript) -> Iterator[Spot]:
    for index, message in transcript.watched("assistant"):
        texts = [message.content or "", *(text for call in message.tool_calls for text in strings_in(call.arguments))]
        blame = next((found for text in texts if (found := blame_in(text))), None)
        if blame is not None and not is_told(transcript, index):
            yield index, f"says {blame.strip()[:80]!r}, but no call failed; call the tool, or say what hinders"


_APOLOGY = lazy_regex(r"\b(?:apologi[sz]e|apologies|sorry|my mistake|oops|corrected|fixed)\b", _I)
_INNER = lazy_regex(
    r"\b(?:invalid|incorrect|malformed|wrong|missing|improper|bad|corrected|previous|last|earlier|first)\s+"
    r"(?:\w+\s+)?(?:tool ?calls?|function calls?|calls?|format(?:ting)?|json|arguments?|parameters?|attempts?|"
    r"schema|response|reply|output)\b|"
    r"\bas (?:valid )?JSON\b|\b(?:in|with|using) the (?:correct|right|required|proper) (?:format|schema|"
    r"parameters|arguments|json)\b|"
    r"\btool call (?:was|is) (?:invalid|rejected|malformed)\b",
    _I,
)
# Confusion is the user's, who has read what the assistant said before.
_SHOWN = lazy_regex(
    r"\b(?:confus\w+|misunderst\w+|unclear|mix-?up)\b.*\b(?:response|reply)\b|"
    r"\b(?:response|reply)\b.*\b(?:confus\w+|misunderst\w+|unclear)\b",
    _I,
)
_RESIDUES = frozenset(
    listed("apologise apologize apologies sorry mistake oops corrected fixed previous last earlier first")
)
_OWN_ATTEMPT = lazy_regex(
    r"\bmy (?:previous|last|earlier|first) (?:tool call|function call|JSON|arguments|format(?:ting)?) "
    r"(?:was|were|had|has|contained|lacked|did)\b",
    _I,
)


@rule(
    "repair_residue", "error", "The assistant apologises for a mistake that nobody can see (a refused call or format)."
)
def repair_residue(transcript: Transcript) -> Iterator[Spot]:
    for index, message in transcript.watched("user", "assistant"):
        if message.role == "assistant" and any(
            site.result is not None and not site.succeeded for site in transcript.sites if site.message_index < index
        ):
            continue
        content = message.content or ""
        if tokens_of(content).isdisjoint(_RESIDUES) or not (_APOLOGY.search(content) or _OWN_ATTEMPT.search(content)):
            continue
        spoke = any(said.role == "assistant" and said.content for said in transcript.messages[:index])
        for sentence in sentences_of(content):
            hidden = _APOLOGY.search(sentence) and _INNER.search(sentence)
            if hidden and spoke and _SHOWN.search(sentence):
                continue
            if hidden or _OWN_ATTEMPT.search(sentence):
                yield (
                    index,
                    f"speaks of an attempt that is not in the dialogue ({sentence.strip()[:80]!r}); just answer",
                )
                break


_THANKS = lazy_regex(
    r"\b(?:thanks?|thank you|thx|cheers|appreciate|bye|goodbye|great day|nice day|good day|take care|welcome)\b", _I
)
_PLEASANT = frozenset(
    listed(
        "thanks thank you so much very for your the all help assistance helping again have a an great good nice "
        "lovely wonderful day "
        "evening night weekend one time rest of too bye goodbye see later soon take care appreciate it really "
        "that s is was all i m am ll "
        "for now perfect awesome amazing fantastic ok okay got cheers re welcome no problem will do same to and "
        "this been be are "
        "everything set alright super brilliant glad happy we done thx well as always service support"
    )
)


def is_pleasantry(text: str) -> bool:
    """Whether a text only thanks or says goodbye: no question, no new business."""
    words = WORD.findall(_MARKUP.sub(" ", text).casefold())
    return bool(_THANKS.search(text)) and "?" not in text and sum(word not in _PLEASANT for word in words) <= 1


@rule("trailing_thanks", "error", "The dialogue ends with two or more exchanges that only say thanks and goodbye.")
def trailing_thanks(transcript: Transcript) -> Iterator[Spot]:
    idle, answers = 0, False
    for turn in reversed(transcript.turns):
        content = transcript.messages[turn.start].content or ""
        only_text = all(not transcript.messages[i].tool_calls and transcript.messages[i].role != "tool" for i in turn)
        if not (only_text and is_pleasantry(content)):
            break
        idle += 1
        # "Anything else?" wants an answer, once.
        before = transcript.messages[turn.start - 1] if turn.start else None
        answers = answers or (before is not None and before.role == "assistant" and "?" in (before.content or ""))
    if idle - answers >= 2:
        yield transcript.turns[-1].start, f"the last {idle} exchanges only say thanks; one is enough"
