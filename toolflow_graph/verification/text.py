"""Rules about what the user and the assistant say."""

import json
import re
from collections.abc import Iterator

from toolflow_graph.verification.grounding import iter_leaves
from toolflow_graph.verification.registry import Spot, rule
from toolflow_graph.verification.toolcards import is_identifier
from toolflow_graph.verification.transcript import Transcript
from toolflow_graph.verification.wording import WORD, listed

_TOKEN = re.compile(r"[A-Za-z0-9_-]+")
_I = re.IGNORECASE


def _tokens(text: str) -> set[str]:
    return {form for token in _TOKEN.findall(text) for form in (token, token.strip("-"), token.strip("_-"))}


@rule("user_names_tool", "error", "The user speaks a tool's name; users do not know tools.", needs=("tools",))
def user_names_tool(transcript: Transcript) -> Iterator[Spot]:
    names = {name for name in transcript.tools_by_name if is_identifier(name)}
    for index, message in transcript.watched("user"):
        for name in sorted(names & _tokens(message.content or "")):
            yield index, f"the user names the tool {name!r}; say in plain words what is wanted"


@rule("user_names_parameter", "error", "The user speaks a parameter key (snake_case, camelCase).", needs=("tools",))
def user_names_parameter(transcript: Transcript) -> Iterator[Spot]:
    for index, message in transcript.watched("user"):
        tokens = {token for token in _tokens(message.content or "") if is_identifier(token)}
        if not tokens:
            continue
        cards = [transcript.card(name) for name in transcript.tools_by_name]
        keys = tokens & {key for card in cards if card for key in card.spoken_keys} - set(transcript.tools_by_name)
        for key in sorted(keys):
            # "my check-in" is English even where a parameter is spelled so.
            if "_" in key or not key.islower():
                yield index, f"the user speaks the parameter key {key!r}; say it in plain words"


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
            size = len(json.dumps(call.arguments, ensure_ascii=False))
            if size > MOST_CHARACTERS:
                yield index, f"the arguments of {call.name} have {size:,} characters; at most {MOST_CHARACTERS:,}"


@rule("looping_text", "error", "A text says the same few words over and over, as a model caught in a loop does.")
def looping_text(transcript: Transcript) -> Iterator[Spot]:
    for index, message in transcript.watched("user", "assistant"):
        words = (message.content or "")[: 4 * MOST_CHARACTERS].split()
        if len(words) < _LOOP_WORDS:
            continue
        # Numbers differ from row to row of an honest table, so whole words are compared, four at a time.
        runs = {tuple(words[place : place + 4]) for place in range(len(words) - 3)}
        if len(runs) < _LOOP_SHARE * (len(words) - 3):
            yield index, f"of {len(words)} words most only repeat the same few; say it once"


_LABEL = re.compile(
    r"(?:\A\s*|\n)[*_]{0,2}(?:user|assistant|human|ai|chatbot)[*_]{0,2}:[*_]{0,2}[ \t]+\S+(?:[ \t]+\S+){2}", _I
)
_LABEL_START = re.compile(r"\A\s*[*_]{0,2}(?:user|assistant|human|ai|chatbot|customer|agent)[*_]{0,2}\s?:", _I)


@rule("speaker_label", "error", "A message starts a line with a speaker's label, such as 'User:'.")
def speaker_label(transcript: Transcript) -> Iterator[Spot]:
    for index, message in transcript.watched("user", "assistant"):
        match = _LABEL_START.search(message.content or "") or _LABEL.search(message.content or "")
        if match:
            yield index, f"a speaker's label ({match.group().strip()[:30]!r}); write only what is said"


_USER_AS_ASSISTANT = re.compile(
    r"\bhow (?:can|may|could) I (?:help|assist)(?: you)?\b(?! (?:with|to) my)|"
    r"\bwhat can I (?:help you with|do for you)\b|"
    r"\bI(?:'d| would|'ll| will|'m| am)? be (?:happy|glad|able) to (?:help|assist) you\b|"
    r"\bI(?:'m| am) (?:happy|glad|here) to (?:help|assist)(?: you)?\b|"
    r"\bI can (?:help|assist) you\b|"
    r"\b(?:is|was) there anything else (?:I can|that I can|you(?:'d| would) like|you need)\b|"
    r"\blet me know if (?:you need|there(?:'s| is)) any(?:thing else| (?:other|further|more|additional) (?:help|"
    r"assistance))\b|"
    r"\bfeel free to (?:ask|reach out)\b|"
    r"\bas an AI\b|\bI(?:'m| am) (?:an AI|a virtual|your (?:virtual )?assistant)\b|"
    r"\bI(?:'ve| have) (?:found|retrieved|located) (?:the following|\d+ (?:results|options|flights))\b|"
    r"\bhow (?:else )?(?:can|may) I be of (?:help|assistance|service)\b",
    _I,
)
_ASSISTANT_AS_USER = re.compile(
    r"\A\s*(?:hi|hello|hey|ok|okay|great|perfect)?[,!. ]*(?:can|could|would) you (?:please )?(?:help|assist) me\b|"
    r"\b(?:can|could|would) you (?:please )?(?:help me (?:with|find|book|to)|(?:book|find|cancel|order|look up) "
    r"(?:me )?(?:a|an|my|the) .{0,40}for me)\b|"
    r"\bI (?:need|want|would like) you to (?!confirm|provide|know|note|tell|verify|choose|pick|review|give|share)|"
    r"\bI(?:'d| would) like to (?:book|order|cancel|reserve|buy) (?:a|an|my)\b|"
    r"\bthank(?:s| you)(?: so much| very much)? for (?:your help|helping me|the help|all your help)\b",
    _I,
)


@rule("role_flip", "error", "The user offers help like an assistant, or the assistant asks for help like a user.")
def role_flip(transcript: Transcript) -> Iterator[Spot]:
    for index, message in transcript.watched("user", "assistant"):
        pattern = _USER_AS_ASSISTANT if message.role == "user" else _ASSISTANT_AS_USER
        match = pattern.search((message.content or "").strip())
        if match:
            other = "assistant" if message.role == "user" else "user"
            yield index, f"the {message.role} speaks like the {other} ({match.group().strip()!r})"


_MARKUP = re.compile(
    r"</?(?:think|thinking|tool_calls?|tool_response|tool_result|function_calls?|function_response|invoke|answer|"
    r"scratchpad)\b[^>]{0,40}>|"
    r"<function=|<\|[A-Za-z_][\w ]{0,30}\|>|<｜[^｜]{1,30}｜>|\[/?INST\]|<</?SYS>>|\[TOOL_CALLS\]|"
    r"\[(?:AVAILABLE_TOOLS|TOOL_RESULTS)\]|"
    r"<(?:start|end)_of_turn>|#{2,}\s?[A-Z][A-Z_]{2,}\s?#{2,}|<eos>|<bos>|</s>"
)
_WORDS = re.compile(
    r"\bas an? (?:AI|large) language model\b|\bsimulated (?:response|result|data|output|tool|api|user|assistant|"
    r"value|call)s?\b|"
    r"\b(?:this|here) is (?:just )?a simulat(?:ion|ed)\b|\(simulat(?:ed|ion)\)|\bfor (?:the purposes? of "
    r")?(?:this|the) (?:simulation|role-?play)\b|"
    r"\bmy (?:system prompt|instructions (?:say|are|tell))\b|\bthe (?:user|assistant) (?:role|simulator)\b",
    _I,
)
_SHOUTS = re.compile(
    r"(?:\A|\s)(?:TERMINATE|END_OF_CONVERSATION|CONVERSATION_END|\[DONE\]|\[END\]|\[STOP\]|<END>|<STOP>)\s*\Z"
)
_JSON_CALL = re.compile(
    r"\{\s*\"(?:name|tool|function)\"\s*:\s*\"(\w[\w-]*)\"\s*,\s*\"(?:arguments|parameters|args)\"\s*:"
)


@rule(
    "control_words", "error", "A message holds control words: ###STOP###, <think>, template tokens, 'simulated result'."
)
def control_words(transcript: Transcript) -> Iterator[Spot]:
    for index, message in transcript.watched():
        content = message.content or ""
        match = _MARKUP.search(content)
        if match is None and message.role in ("user", "assistant"):
            match = _WORDS.search(content) or _SHOUTS.search(content) or _JSON_CALL.search(content)
        if match is None and message.tool_calls:
            texts = (leaf for call in message.tool_calls for *_, leaf in iter_leaves(call.arguments))
            match = next((m for text in texts if isinstance(text, str) and (m := _MARKUP.search(text))), None)
        if match and message.role != "system":
            yield (
                index,
                f"the {message.role} message holds {match.group().strip()[:40]!r}, which is no part of a dialogue",
            )


# A family of verbs: what an assistant says it did, and how tools of that kind are called.
_DEEDS = {
    "booked reserved": "book reserve reservation booking order create schedule purchase buy rent make place",
    "ordered purchased bought": "order purchase buy checkout place create book",
    "cancelled canceled": "cancel delete remove revoke stop terminate refund update",
    "sent emailed messaged forwarded": "send email mail message forward share post notify submit reply transfer "
    "invite create",
    "scheduled rescheduled": "schedule book create add set update move plan reschedule calendar reserve arrange",
    "created added": "create add insert new register make save book schedule set open post put append start "
    "update write",
    "updated changed modified": "update change modify edit set patch rename move reschedule adjust replace put "
    "save switch",
    "deleted removed": "delete remove clear cancel drop unsubscribe erase discard update",
    "transferred paid": "transfer pay send payment wire move settle charge book create",
}
_VERB_FAMILY = {verb: family for verbs, family in _DEEDS.items() for verb in verbs.split()}
_VERBS = "|".join(_VERB_FAMILY)
_ADVERBS = r"(?:\s+(?:successfully|now|just|also|gone ahead and))*"
_CLAIM = re.compile(rf"\bI(?:'ve|’ve| have){_ADVERBS}\s+({_VERBS})\b|\bI successfully ({_VERBS})\b", _I)
_PASSIVE = re.compile(
    rf"\b(?:has|have) been{_ADVERBS}\s+({_VERBS})\b|\b(?:is|are) now ({_VERBS})\b|\bsuccessfully ({_VERBS})\b", _I
)
_HEDGE = re.compile(
    r"\b(?:not|never|no|unable|cannot|failed|fail|if|once|when|after|before|until|unless|would|will|could|can|"
    r"should|may|might|whether|"
    r"already|previously|earlier|sorry|unfortunately|apologi[sz]e|error|but|however|nothing|none|without|what|"
    r"which|that)\b|n't|n’t|\?",
    _I,
)


@rule(
    "claimed_success",
    "error",
    "The assistant claims to have done something although no call of the kind succeeded.",
    needs=("tools",),
)
def claimed_success(transcript: Transcript) -> Iterator[Spot]:
    for index, message in transcript.watched("assistant"):
        if message.tool_calls or not message.content:
            continue
        turn = next((turn for turn in transcript.turns if index in turn), None)
        if turn is None:
            continue
        before = [
            site for site in transcript.sites if site.message_index < index and not transcript.is_read(site.call.name)
        ]
        here = [site for site in before if site.message_index in turn]
        if any(site.succeeded for site in here):
            continue
        for sentence in re.split(r"(?<=[.!?])\s+|\n", message.content):
            verb = _claimed_verb(sentence, failed=bool(here))
            if verb is None or _HEDGE.search(sentence):
                continue
            family = set(_VERB_FAMILY[verb].split())
            if any(site.succeeded and family & _verbs_of(transcript, site.call.name) for site in before):
                continue
            failed = [site.call.name for site in here if family & _verbs_of(transcript, site.call.name)]
            doers = [name for name in transcript.tools_by_name if _is_doer(transcript, name, family)]
            if failed:
                yield index, f"claims {sentence.strip()[:80]!r}, but {failed[-1]} failed; say what happened"
            elif doers:
                yield (
                    index,
                    f"claims {sentence.strip()[:80]!r}, but nothing of the kind was called; call a tool or do not "
                    f"claim it",
                )
            else:
                continue
            break


def _claimed_verb(sentence: str, *, failed: bool) -> str | None:
    match = _CLAIM.search(sentence) or (_PASSIVE.search(sentence) if failed else None)
    return next(group for group in match.groups() if group).lower() if match else None


def _verbs_of(transcript: Transcript, name: str) -> frozenset[str]:
    card = transcript.card(name)
    return card.verbs if card else frozenset()


def _is_doer(transcript: Transcript, name: str, family: set[str]) -> bool:
    return not transcript.is_read(name) and bool(family & _verbs_of(transcript, name))


_APOLOGY = re.compile(r"\b(?:apologi[sz]e|apologies|sorry|my mistake|oops|corrected|fixed)\b", _I)
_INNER = re.compile(
    r"\b(?:invalid|incorrect|malformed|wrong|missing|improper|bad|corrected|previous|last|earlier|first)\s+"
    r"(?:\w+\s+)?(?:tool ?calls?|function calls?|calls?|format(?:ting)?|json|arguments?|parameters?|attempts?|"
    r"schema|response|reply|output)\b|"
    r"\bas (?:valid )?JSON\b|\b(?:in|with|using) the (?:correct|right|required|proper) (?:format|schema|"
    r"parameters|arguments|json)\b|"
    r"\btool call (?:was|is) (?:invalid|rejected|malformed)\b",
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
        for sentence in re.split(r"(?<=[.!?])\s+|\n", message.content or ""):
            if _APOLOGY.search(sentence) and _INNER.search(sentence):
                yield (
                    index,
                    f"speaks of an attempt that is not in the dialogue ({sentence.strip()[:80]!r}); just answer",
                )
                break


_THANKS = re.compile(
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
    idle = 0
    for turn in reversed(transcript.turns):
        content = transcript.messages[turn.start].content or ""
        only_text = all(not transcript.messages[i].tool_calls and transcript.messages[i].role != "tool" for i in turn)
        if not (only_text and is_pleasantry(content)):
            break
        idle += 1
    if idle >= 2:
        yield transcript.turns[-1].start, f"the last {idle} exchanges only say thanks; one is enough"
