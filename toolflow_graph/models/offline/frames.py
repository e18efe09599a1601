"""Sentence frames: how people put a request, by manner; greetings, links between requests, follow-ups."""

import random
import re

from toolflow_graph.models.offline.phrases import Phrase, core_object
from toolflow_graph.models.offline.verbs import base_of, gerund
from toolflow_graph.models.offline.words import capitalise, end_sentence, is_plural, join_and, lower_first

_ASK = ("Could you {}?", "Can you {}?", "Please {}.", "I'd like you to {}.", "I need you to {}.",
        "Would you {}, please?",
        "Can you please {}?", "Could you help me {}?", "{}, please.", "Would you be able to {}?",
        "Could you please {}?",
        "I was hoping you could {}.")  # fmt: skip
_WANT = ("I'd like to {}.", "I want to {}.", "I need to {}.", "I'm trying to {}.", "Let's {}.", "I have to {}.",
         "I was planning to {}.")  # fmt: skip
_SEE = ("Show me {}.", "I'd like to see {}.", "Can I see {}?", "Could you pull up {}?", "I need {}.",
        "Can you give me {}?",
        "Could you show me {}?", "Let me see {}, please.", "Can you bring up {} for me?",
        "I'd like to have a look at {}.",
        "Could I get {}?")  # fmt: skip
_SEEK = ("I'm looking for {}.", "Can you find {}?", "Find me {}, please.", "Could you look for {}?",
         "I need to find {}.",
         "I'm trying to find {}.", "Would you look for {}, please?", "I'd like to find {}.",
         "Can you help me find {}?")  # fmt: skip
_KNOW = ("Can you tell me {}?", "I'd like to know {}.", "Could you check {}?", "Do you know {}?", "I need to know {}.",
         "Could you find out {} for me?", "I'm wondering {}.")  # fmt: skip
_FORMAL_ASK = ("Would you kindly {}?", "I would like you to {}.", "Could you please {}?",
               "I would appreciate it if you could {}.",
               "May I ask you to {}?", "I would be grateful if you could {}.")  # fmt: skip
_CASUAL_ASK = ("Can you {}?", "Could you quickly {}?", "Just {}, would you?",
               "Need you to {}.")  # fmt: skip
_WHY = ("I'm getting a few things sorted today, so", "Before I forget,", "I have been meaning to do this all week:",
        "I'm trying to stay organised for once, so", "My day is a bit full, so",
        "I promised someone I'd take care of this:",
        "I finally have a quiet minute, so", "Okay, so here is what I'm after:",
        "I've got my coffee and my list, so")  # fmt: skip
_HELLO = ("Hi, ", "Hello, ", "Hi there, ", "Good morning, ", "Hey, ", "")
_NEXT = ("Next, ", "Also, ", "Now ", "After that, ", "One more thing: ", "Great, now ", "Thanks! Now ", "Good. ",
         "Okay, ",
         "Perfect, thanks. ", "And ", "Thanks. ", "While we're at it, ", "", "", "")  # fmt: skip
_GET = {
    "get",
    "show",
    "retrieve",
    "list",
    "read",
    "fetch",
    "report",
    "give",
    "display",
    "return",
    "view",
    "load",
    "provide",
    "see",
}
_FIND = {"search", "find", "browse", "look"}


def frame(core: str, manner: str, rng: random.Random) -> str:
    """The request as a sentence."""
    verb, _, rest = core.partition(" ")
    if rest.startswith("for ") and verb in ("search", "look"):
        return _fill(
            rng.choice((*_SEEK, *(("Could you search for {}?", "Please search for {}.") if verb == "search" else ()))),
            rest[4:],
        )
    clause = re.match(r"(?:up )?((?:whether|which|how|what|where|when|at which|if|who) .*)", rest)
    if clause and verb in (*_GET, "check", "look", "estimate", "find", "determine", "calculate", "summarise", "tell"):
        return _fill(rng.choice(_KNOW if manner != "formal" else _KNOW[:3]), clause[1])
    if manner == "formal":
        return _fill(rng.choice(_FORMAL_ASK), core)
    if verb in _GET and re.match(r"(the|my|all|a|an|everything|your|recent|current|available|one)\b", rest):
        if re.match(r"(the|my) ", rest) and rng.random() < 0.25 and len(rest) < 90 and " and " not in rest:
            head = core_object(rest)
            if re.search(r"\d", head) or len(head.split()) > 5:
                return _fill(rng.choice(_SEE), rest)
            head = re.sub(r" \w+ed$", "", re.split(r" of(?: |$)", head)[0])
            be = "are" if is_plural(head) else "is"
            return f"What {be} {rest}?" if not re.search(r"\blist of\b", rest) else f"Show me {rest}."
        if rng.random() < 0.7:
            return _fill(rng.choice(_SEE), rest)
    if verb == "find" and rest and rng.random() < 0.7:
        return _fill(rng.choice(_SEEK), rest)
    if manner == "casual" and rng.random() < 0.6:
        return _fill(rng.choice(_CASUAL_ASK), core)
    return _fill(rng.choice(_ASK if rng.random() < 0.6 or verb in _GET | _FIND | {"look"} else _WANT), core)


_OTHER_VERBS = {
    "create": ("set up",), "generate": ("make", "put together"), "trigger": ("start", "kick off"),
    "retrieve": ("get", "look up"), "request": ("ask for",), "estimate": ("work out", "estimate"),
    "subscribe": ("sign up",), "submit": ("hand in", "send in"), "capture": ("take",), "display": ("show",),
    "modify": ("change",), "delete": ("get rid of", "delete"), "issue": ("make out", "issue"), "fetch": ("get",),
    "calculate": ("work out",), "reschedule": ("move",), "obtain": ("get",), "summarise": ("sum up", "summarise"),
    "purchase": ("buy",), "verify": ("check",), "determine": ("find out",), "place": ("put in", "place"),
}  # fmt: skip


def loosen(core: str, said: list[str], rng: random.Random) -> str:
    """A description's phrase as people would say it: without its trailing detail, with an everyday verb.

    ``said`` are the values that stand in ``core``; nothing that holds one is dropped.
    """
    verb, _, rest = core.partition(" ")
    cuts = [r"(?:,| and) (?:[a-z]+) (?:the|its|an?|their|all|my) [a-z ,'-]+$"]
    if verb in _GET | _FIND | {"check"}:
        cuts.append(r",? with (?:(?:its|their|the|his|an?) )?[a-z ,'-]+$")
        cuts.append(r", (?:newest|latest|best|upcoming|sorted|including|now)\b[a-z ,'-]*$")
    cuts.append(r" that [a-z]+ every [a-z ,]+$")
    rest = re.sub(r",? (?:past|upcoming|recent|current) and (?:past|upcoming|recent)(?= |$)", "", rest)
    for cut in cuts:
        found = re.search(cut, rest)
        if not found or found.start() < 8 or any(text and text.lower() in found[0].lower() for text in said):
            continue
        joined = re.match(r"(?:,| and) ([a-z]+) ", found[0])
        if joined and base_of(joined[1]) != joined[1]:
            continue
        if "every" in cut or rng.random() < 0.75:
            rest = rest[: found.start()]
    options = _OTHER_VERBS.get(verb, ())
    odd = (verb == "place" and "order" not in rest) or rest.startswith("to ")
    if options and rng.random() < 0.5 and not odd:
        verb = rng.choice(options)
    return f"{verb} {rest}".strip()


def _fill(pattern: str, core: str) -> str:
    return capitalise(pattern.format(core))


def connect(sentence: str, place: int, rng: random.Random) -> str:
    """A second wish in the same message."""
    if sentence.startswith(("What ", "Do you ")):
        return rng.choice(("And ", "Also, ")) + lower_first(sentence)
    return rng.choice(
        ("Then ", "Also, ", "And ", "On top of that, ", "While you're at it, ", "Besides that, ")
    ) + lower_first(sentence)


def curt(core: str, rng: random.Random) -> str:
    """The request as people with little time put it: "My bookings in Porto, please."."""
    verb, _, rest = core.partition(" ")
    plain = re.match(r"(the|my|all|a|an|everything|your|recent|current|available|one)\b", rest)
    if verb in _GET and plain:
        return rng.choice(("{}, please.", "I need {}.", "{}?", "Need {}.")).format(rest)
    if (
        verb in ("find", "search", "browse")
        and not rest.startswith("for ")
        and not (verb == "search" and " for " in rest)
    ):
        return rng.choice(("Looking for {}.", "Any {}?", "I need {}.") if is_plural(core_object(rest)) else (
            "Looking for {}.", "I need {}.")).format(re.sub(r"^all ", "", rest))  # fmt: skip
    return rng.choice(("{}.", "Please {}.", "{}, please.", "I want to {}.")).format(core)


def greet(text: str, manner: str, rng: random.Random) -> str:
    """The dialogue's first message."""
    if manner in ("terse", "brief", "concise", "impatient"):
        return text
    if manner == "chatty" or (manner == "friendly" and rng.random() < 0.6) or (not manner and rng.random() < 0.08):
        why = rng.choice(_WHY)
        return f"{why} {lower_first(text)}"
    hello = {"formal": ("Good day, ", "Hello, ", ""), "casual": ("Hey, ", "Hi, ", "")}.get(
        manner, (*_HELLO, "", "", "")
    )
    hi = rng.choice(hello)
    return hi + (lower_first(text) if hi else text)


def lead_in(text: str, manner: str, index: int, rng: random.Random) -> str:
    """A later request, tied to what went before."""
    if manner in ("terse", "brief", "concise", "impatient"):
        return text
    link = rng.choice(_NEXT)
    if not link:
        return text
    return link + (text if link.endswith(". ") else lower_first(text))


def follow_up(
    phrase: Phrase, changed: list[tuple[str, str, str]], manner: str, rng: random.Random, *, writes: bool = False
) -> str:
    """The same again: ``changed`` are (label, said value, kind); ``writes``: another one like that, not a second look."""
    thing = core_object(phrase.rest) or "that"
    thing = re.sub(r"^(an?|one) ", "the ", thing)
    if not changed and writes:
        return rng.choice(("Could you do the same once more, please?", "I need the same again, please.",
                           "Once more, please, with the very same details.", "Please do that one more time.",
                           "Could you do that a second time for me?"))  # fmt: skip
    if not changed:
        what = _with_particle(phrase, thing)
        return rng.choice((f"Could you {phrase.verb} {what} once more, just to be sure?",
                           f"Please {phrase.verb} {what} again, it may have changed by now.",
                           f"Can you try {gerund(phrase.verb)} {what} one more time?",
                           f"Has anything changed? Please {phrase.verb} {what} once more.",
                           f"Before I go on, could you {phrase.verb} {what} again?",
                           f"Let's {phrase.verb} {what} a second time, in case it was updated.",
                           f"I'd like you to {phrase.verb} {what} again, to be on the safe side.",
                           f"One more time, please: {phrase.verb} {what}."))  # fmt: skip
    if len(changed) == 1:
        label, value, kind = changed[0]
        if kind in ("city", "country", "country_code", "ticker", "airport", "date", "month"):
            on = "for"
            options: tuple[str, ...] = (f"And {on} {value}?", f"What about {value}?",
                           f"Could you do the same {on} {value}?",
                       f"Now the same {on} {value}, please.", f"How does it look {on} {value}?",
                       f"Same question {on} {value}.", f"Please repeat that {on} {value}.")  # fmt: skip
            if kind in ("airport", "date"):
                options = (f"Could you do the same with {value} as the {label}?",
                           f"Same again, but with {value} as the {label}.",
                           f"And if the {label} is {value}?",
                           f"Now the same with the {label} changed to {value}, please.")  # fmt: skip
            return rng.choice(options)
    bits = join_and([f"{value} as the {label}" for label, value, _ in changed])
    text = rng.choice((f"Could you do that again, this time with {bits}?", f"Same again, but with {bits}.",
                       f"I'd also like that with {bits}.", f"One more of those, please, with {bits}.",
                       f"Please repeat that with {bits}.", f"Can we do another one with {bits}?"))  # fmt: skip
    return end_sentence(text) if not text.endswith("?") else text


def _with_particle(phrase: Phrase, thing: str) -> str:
    found = re.match(r"(for|up|on|off|out) ", phrase.rest)
    return f"{found[1]} {thing}" if found else thing
