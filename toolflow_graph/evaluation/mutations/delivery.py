"""Defects of delivery: answers that stop too soon, are data, in another language or a mere promise; empty replies."""

import re

from toolflow_graph.evaluation.mutations.draft import Call, Draft, dump
from toolflow_graph.evaluation.mutations.registry import kind
from toolflow_graph.verification.reading.languages import language_of
from toolflow_graph.verification.toolcards import split_name

_STUMPS = (
    "I would also look at the",
    "Besides that, there is a",
    "You should know that it is open on Monday,",
    "It (as",
)


@kind("answer_breaks_off", "structural", "broken_off_text", "An answer stops in the middle of a sentence.")
def answer_breaks_off(draft: Draft) -> bool:
    answers = draft.texts("assistant")
    index = draft.pick(answers)
    if index is None or language_of("\n".join(draft.content(i) for i in answers)) != "English":
        return False
    draft.messages[index]["content"] += f" {draft.pick(_STUMPS)}"
    return True


@kind("only_dots", "structural", "empty_message", "The assistant says nothing but dots or dashes.")
def only_dots(draft: Draft) -> bool:
    index = draft.pick(draft.texts("assistant"))
    if index is None:
        return False
    draft.messages[index]["content"] = draft.pick(("...", "-", "…", "``````", "---"))
    return True


def _reported(draft: Draft) -> list[tuple[Call, int]]:
    """Calls whose result is an object of some size, each with the answer that follows it."""
    answers = set(draft.texts("assistant"))
    found = []
    for call in draft.calls:
        value = draft.value(call) if call.succeeded else None
        after = (call.result_index or 0) + 1
        if isinstance(value, dict) and len(dump(value)) >= 60 and after in answers:
            found.append((call, after))
    return found


@kind("answer_as_data", "structural", "dumped_data", "The assistant shows the user the result as JSON.")
def answer_as_data(draft: Draft) -> bool:
    chosen = draft.pick(_reported(draft))
    spoken = " ".join(draft.content(i) for i in draft.texts("user", "system")).lower()
    if chosen is None or re.search(
        r"json|raw|yaml|csv|api|schema|script|dict|structured|curl|dump|payload|xml", spoken
    ):
        return False
    call, index = chosen
    text = dump(draft.value(call))
    draft.messages[index]["content"] = draft.pick((text, f"Here you are: {text}", f"```json\n{text}\n```"))
    return True


_ELSEWHERE = (
    "Ich habe das für Sie nachgesehen, und es ist alles so, wie es sein soll.",
    "J'ai tout vu pour vous, et il n'est pas besoin de faire autre chose pour le moment.",
    "Ya lo he visto todo, y no hace falta que haga nada más por ahora.",
    "Я всё проверил, больше ничего делать не нужно.",
    "已经为您查询完毕，一切正常，无需其他操作。",
)


@kind("answer_in_another_language", "structural", "other_language", "One answer is in another language.")
def answer_in_another_language(draft: Draft) -> bool:
    texts = draft.texts("user", "assistant", "system")
    index = draft.pick(draft.texts("assistant"))
    heard = [draft.content(i) for i in texts if draft.role(i) == "user" and index is not None and i < index]
    if index is None or language_of("\n".join(heard)) != "English":
        return False
    draft.messages[index]["content"] = draft.pick(_ELSEWHERE)
    # Where languages are spoken of, it may be what was asked for.
    spoken = "\n".join((*(draft.content(i) for i in texts), draft.dialogue.messages_text)).lower()
    return not re.search(r"langu|translat|locale|german|french|spanish|english|russian|chinese", spoken)


_PROMISES = (
    "Sure, let me check that for you.",
    "I'll look into it right away.",
    "One moment.",
    "Of course, please hold on.",
    "Let me look that up first.",
)


@kind("promise_only", "structural", "empty_promise", "The assistant promises to look, and does not.")
def promise_only(draft: Draft) -> bool:
    call = draft.pick(draft.calls)
    if call is None:
        return False
    turn = next(turn for turn in draft.transcript.turns if call.index in turn)
    draft.cut(turn.start + 1)
    draft.messages.append({"role": "assistant", "content": draft.pick(_PROMISES)})
    return True


@kind("says_tool_in_words", "structural", "assistant_names_tool", "The assistant speaks of a tool in plain words.")
def says_tool_in_words(draft: Draft) -> bool:
    name = draft.pick(sorted(name for name in draft.transcript.tools_by_name if len(split_name(name)) > 1))
    index = draft.pick(draft.texts("assistant"))
    if name is None or index is None:
        return False
    said = " ".join(split_name(name))
    made = (f"I used the {said} function for that.", f"The {said} tool says so.", f"I called the {said} tool.")
    draft.messages[index]["content"] = f"{draft.pick(made)} {draft.content(index)}"
    return True


_NO_REPLIES = ("Yes, please go ahead.", "I thought you knew that already.", "Just do it please.", "Hmm, let me think.")


@kind(
    "reply_tells_nothing",
    "semantic",
    "assumed_value guessed_value ungrounded_argument",
    "The user never gives the value that the assistant asked for and then uses.",
)
def reply_tells_nothing(draft: Draft) -> bool:
    found = []
    for leaf in draft.transcript.leaves:
        reply = leaf.source.message_index
        if leaf.source.kind != "user" or reply is None or leaf.source.also or reply + 1 != leaf.site.message_index:
            continue
        if draft.role(reply - 1) == "assistant" and "?" in draft.content(reply - 1) and reply not in draft.starts:
            found.append(reply)
    reply = draft.pick(sorted(set(found)))
    if reply is None:
        return False
    draft.messages[reply]["content"] = draft.pick(_NO_REPLIES)
    return True


@kind("id_of_another_kind", "semantic", "wrong_kind", "An id stands where one of another kind belongs.")
def id_of_another_kind(draft: Draft) -> bool:
    found = []
    for call in draft.calls:
        for key, value in call.arguments.items():
            words = split_name(key)
            if words[-1:] != ("id",) or not isinstance(value, str):
                continue
            for earlier in draft.calls:
                brought = draft.value(earlier) if earlier.succeeded and earlier.index < call.index else None
                pairs = brought.items() if isinstance(brought, dict) else ()
                found += [
                    (call, key, other)
                    for name, other in pairs
                    if split_name(name)[-1:] == ("id",) and not set(split_name(name)[:-1]) & set(words[:-1])
                    if isinstance(other, str) and other != value and len(split_name(name)) > 1
                ]
    chosen = draft.pick(found)
    if chosen is None:
        return False
    call, key, other = chosen
    call.arguments[key] = other
    return True
