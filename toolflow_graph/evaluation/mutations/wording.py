"""Defects of wording: what no user and no assistant would say, and what no dialogue may hold."""

import json

from toolflow_graph.evaluation.mutations.draft import Draft
from toolflow_graph.evaluation.mutations.registry import kind
from toolflow_graph.verification.toolcards import is_identifier, load_card


def _text(draft: Draft, *roles: str) -> int | None:
    index = draft.pick(draft.texts(*roles))
    return index if index is None else int(index)


def _say(draft: Draft, index: int | None, sentence: str, *, last: bool | None = None) -> bool:
    """Put a sentence in front of or behind a message's text."""
    if index is None or sentence.casefold() in draft.dialogue.contents[index]:
        return False
    behind = draft.rng.random() < 0.5 if last is None else last
    content = draft.content(index)
    draft.messages[index]["content"] = f"{content} {sentence}" if behind else f"{sentence} {content}"
    return True


def _names(draft: Draft) -> list[str]:
    return sorted(name for name in draft.transcript.tools_by_name if is_identifier(name))


@kind("user_says_tool", "structural", "user_names_tool", "The user speaks a tool's name.")
def user_says_tool(draft: Draft) -> bool:
    name = draft.pick(_names(draft))
    if name is None:
        return False
    made = (f"Please use {name} for this.", f"Call {name}.", f"(`{name}` should do.)", f"Can you run the {name} tool?")
    return _say(draft, _text(draft, "user"), draft.pick(made))


@kind("user_says_parameter", "structural", "user_names_parameter", "The user speaks a parameter's key.")
def user_says_parameter(draft: Draft) -> bool:
    cards = [load_card(tool) for tool in draft.transcript.tools]
    key = draft.pick(sorted({k for card in cards for k in card.spoken_keys if "_" in k or not k.islower()}))
    if key is None or key in draft.transcript.tools_by_name:
        return False
    made = (f"The {key} is the same.", f"Leave {key} empty.", f"Set '{key}' as before.", f"{key}: as you like.")
    return _say(draft, _text(draft, "user"), draft.pick(made))


@kind("assistant_says_tool", "structural", "assistant_names_tool", "The assistant speaks a tool's name to the user.")
def assistant_says_tool(draft: Draft) -> bool:
    name = draft.pick(_names(draft))
    if name is None:
        return False
    made = (
        f"I used {name} for that.",
        f"I called the `{name}` function.",
        f"The {name} tool returned this.",
        f"I can do that with {name}.",
        f"(Source: {name}.)",
    )
    return _say(draft, _text(draft, "assistant"), draft.pick(made))


@kind("speaker_labelled", "structural", "speaker_label", "A message starts with its speaker's label.")
def speaker_labelled(draft: Draft) -> bool:
    index = _text(draft, "user", "assistant")
    if index is None:
        return False
    labels = ("User:", "Human:", "Customer:") if draft.role(index) == "user" else ("Assistant:", "AI:", "Agent:")
    label = draft.pick(labels)
    return _say(draft, index, draft.pick((label, f"**{label}**", label.upper(), f"**{label[:-1]}**:")), last=False)


@kind("speaks_for_both", "structural", "speaker_label", "A message goes on with what the other side would say.")
def speaks_for_both(draft: Draft) -> bool:
    index = _text(draft, "user", "assistant")
    if index is None:
        return False
    other = "Assistant" if draft.role(index) == "user" else "User"
    line = draft.pick(("That is all I need to know.", "Thank you, that helps a lot!", "Of course, let me check that."))
    return _say(draft, index, draft.pick((f"\n{other}: {line}", f"\n\n**{other}:** {line}")), last=True)


_OFFERS = (
    "How can I help you today?",
    "How may I assist you?",
    "I'd be happy to help you with that.",
    "Is there anything else I can help you with?",
    "Is there anything else you need?",
    "Let me know if you need anything else.",
    "Feel free to ask if you have more questions.",
    "I'm here to help.",
    "As an AI, I have no opinion on that.",
    "I can help you with that.",
    "I'll be glad to assist you with your request.",
    "What can I do for you today?",
    "I've found the following options for you.",
)
_WISHES = (
    "Could you please help me with that?",
    "Can you book a table for me?",
    "I need you to find me a hotel.",
    "I would like to book a flight.",
    "I want you to cancel my order.",
    "Thank you for your help!",
    "Thanks so much for helping me.",
    "I'd like to order a pizza.",
)


@kind("user_offers_help", "structural", "role_flip", "The user talks like an assistant.")
def user_offers_help(draft: Draft) -> bool:
    return _say(draft, _text(draft, "user"), draft.pick(_OFFERS))


@kind("assistant_asks_help", "structural", "role_flip", "The assistant talks like a user.")
def assistant_asks_help(draft: Draft) -> bool:
    return _say(draft, _text(draft, "assistant"), draft.pick(_WISHES), last=False)


_TOKENS = (
    "<|im_end|>", "<|im_start|>assistant", "<|eot_id|>", "<|endoftext|>", "</s>", "[INST]", "[/INST]", "<<SYS>>",
    "<start_of_turn>", "<end_of_turn>", "<|start_header_id|>assistant<|end_header_id|>", "<｜end▁of▁sentence｜>",
    "<eos>", "[TOOL_CALLS]", "<|channel|>final<|message|>", "<|user|>", "<|assistant|>", "<pad>", "[EOS]",
)  # fmt: skip
_STOPS = (
    "###STOP###", "TERMINATE", "[DONE]", "[END]", "<END>", "<STOP>", "END_OF_CONVERSATION", "###TRANSFER###",
    "[END OF CONVERSATION]", "<END_OF_DIALOGUE>", "###END###", "[STOP]", "**END OF CONVERSATION**", "<|end|>",
)  # fmt: skip
_THOUGHTS = (
    "<think>The user wants this done quickly.</think>",
    "<thinking>I should call the tool first.</thinking>",
    "<scratchpad>step one</scratchpad>",
    "</think>",
    "<thought>Let me see.</thought>",
    "<reasoning>This needs two calls.</reasoning>",
    "<reflection>That was right.</reflection>",
    "[think]The user wants a table.[/think]",
    "<analysis>Two options fit.</analysis>",
)
_SIMULATED = (
    "(This is a simulated response.)",
    "As an AI language model, I cannot do that.",
    "This is just a simulation.",
    "For the purposes of this simulation, I'll assume that it worked.",
    "My system prompt does not allow that.",
    "My instructions say that I should ask first.",
    "Here is the simulated result.",
    "Since this is a simulation, I'll make up the rest.",
    "In this role-play I am the assistant.",
    "Note: this is mock data.",
    "As a large language model, I can't say.",
)


@kind("template_token", "structural", "control_words", "A token of a chat template stands in a text.")
def template_token(draft: Draft) -> bool:
    return _say(draft, _text(draft, "user", "assistant"), draft.pick(_TOKENS))


@kind("stop_mark", "structural", "control_words", "A text ends with a mark that stops a simulation.")
def stop_mark(draft: Draft) -> bool:
    return _say(draft, _text(draft, "user", "assistant"), draft.pick(_STOPS), last=True)


@kind("thinks_aloud", "structural", "control_words", "A model's thoughts stand in a text, in their tags.")
def thinks_aloud(draft: Draft) -> bool:
    return _say(draft, _text(draft, "user", "assistant"), draft.pick(_THOUGHTS), last=False)


@kind("says_simulated", "structural", "control_words", "A text says that all is simulated, or speaks of a prompt.")
def says_simulated(draft: Draft) -> bool:
    return _say(draft, _text(draft, "user", "assistant"), draft.pick(_SIMULATED))


@kind("call_as_text", "structural", "control_words", "A call is written into the text instead of being made.")
def call_as_text(draft: Draft) -> bool:
    call, index = draft.pick(draft.calls), _text(draft, "assistant")
    if call is None or index is None:
        return False
    arguments = json.dumps(call.arguments, ensure_ascii=False)
    plain = json.dumps({"name": call.name, "arguments": call.arguments}, ensure_ascii=False)
    made = (
        plain,
        f"```json\n{plain}\n```",
        f"<tool_call>{plain}</tool_call>",
        f"<function={call.name}>{arguments}</function>",
        f"[TOOL_CALLS] [{plain}]",
        json.dumps({"function": call.name, "parameters": call.arguments}, ensure_ascii=False),
        json.dumps({"type": "function", "function": {"name": call.name, "arguments": arguments}}, ensure_ascii=False),
        json.dumps({"tool": call.name, "args": call.arguments}, ensure_ascii=False),
        json.dumps({"arguments": call.arguments, "name": call.name}, ensure_ascii=False),
    )
    return _say(draft, index, draft.pick(made))


@kind("control_in_argument", "structural", "control_words", "A tag of a model's template stands in an argument.")
def control_in_argument(draft: Draft) -> bool:
    found = [(c, key) for c in draft.calls for key, value in c.arguments.items() if isinstance(value, str)]
    chosen = draft.pick(found)
    if chosen is None:
        return False
    call, key = chosen
    call.arguments[key] += draft.pick(("<|im_end|>", "</tool_call>", "</s>", "<|eot_id|>", "</think>"))
    return True


_RESIDUE = (
    "Sorry, my previous tool call was malformed.",
    "Apologies for the invalid format, here is the corrected version.",
    "I apologize for the incorrect arguments in my last call.",
    "Sorry about that, here is my answer as valid JSON.",
    "My mistake, the earlier function call was missing a parameter.",
    "Oops, the last response was not in the correct format.",
    "I apologize for the error in my previous response.",
    "Sorry for the wrong format of my previous message.",
    "You're right, my previous JSON was invalid. I've fixed it.",
    "Here is the corrected tool call.",
)


@kind("repair_shows", "structural", "repair_residue", "The assistant apologises for an attempt that nobody has seen.")
def repair_shows(draft: Draft) -> bool:
    index = _text(draft, "assistant")
    if index is None or any(c.index < index and not c.succeeded for c in draft.calls):
        return False
    return _say(draft, index, draft.pick(_RESIDUE), last=False)


_THANKS = (
    ("Thank you so much!", "You're welcome!"),
    ("Thanks, that's all.", "Glad I could help. Have a great day!"),
    ("Bye, have a nice evening.", "Goodbye!"),
    ("Great, thanks again for everything!", "My pleasure. Take care!"),
    ("Perfect, I appreciate it.", "Anytime!"),
    ("Thanks a million!", "No problem at all."),
)


@kind("thanks_tail", "structural", "trailing_thanks", "The dialogue ends with rounds of thanks and goodbye.")
def thanks_tail(draft: Draft) -> bool:
    if len(draft.messages) - 1 not in draft.texts("assistant"):
        return False
    for said, answered in draft.rng.sample(_THANKS, draft.rng.randint(2, 4)):
        draft.messages += [{"role": "user", "content": said}, {"role": "assistant", "content": answered}]
    return True


@kind("giant_text", "structural", "giant_message", "A text is tens of thousands of characters long.")
def giant_text(draft: Draft) -> bool:
    index = _text(draft, "user", "assistant")
    if index is None:
        return False
    sentence = draft.content(index)
    numbered = (f"({n}) {sentence}" for n in range(40_000 // (len(sentence) + 6) + 1))
    draft.messages[index]["content"] = " ".join(numbered)
    return True


@kind("giant_argument", "structural", "giant_message", "An argument is tens of thousands of characters long.")
def giant_argument(draft: Draft) -> bool:
    found = [(c, key) for c in draft.calls for key, value in c.arguments.items() if isinstance(value, str) and value]
    chosen = draft.pick(found)
    if chosen is None:
        return False
    call, key = chosen
    call.arguments[key] = f"{call.arguments[key]} " * (30_000 // (len(call.arguments[key]) + 1))
    return True


@kind("text_loops", "structural", "looping_text", "A text says the same few words over and over.")
def text_loops(draft: Draft) -> bool:
    index = _text(draft, "user", "assistant")
    words = draft.content(index).split()[:12] if index is not None else []
    if index is None or len(words) < 4:
        return False
    times = draft.rng.randint(40, 60)
    draft.messages[index]["content"] = " ".join([draft.content(index), *(words * times)])[:9000]
    return True
