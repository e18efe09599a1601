"""What user and assistant say at the staged moments: changed values, doubts, things that cannot or must not be done."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from toolflow_graph.models.offline.phrases import doing_phrase, done_phrase, to_do_phrase
from toolflow_graph.models.offline.views import View
from toolflow_graph.models.offline.words import capitalise, end_sentence, join_and


@dataclass(frozen=True, slots=True)
class Wish:
    """Something no tool of a chat can do: the intent, how it is asked for, and what it is called when declined."""

    intent: str
    asked: tuple[str, ...]
    declined: str


UNHEARD_OF = (
    Wish("have the dishwasher at home repaired this afternoon",
         ("Could you also come by and fix my dishwasher this afternoon?", "My dishwasher has stopped draining. Can you get it working again?"),
         "repair a dishwasher"),
    Wish("have a parcel carried up to the third floor",
         ("There's a heavy parcel in the hallway. Can you carry it up to the third floor?", "Can you get the parcel from the hallway up to my flat?"),
         "carry a parcel"),
    Wish("recover the photos from a phone that fell into water",
         ("My phone fell into the sink. Can you get the photos off it?", "Can you rescue the pictures from my drowned phone?"),
         "recover photos from a broken phone"),
    Wish("taste whether the milk in the fridge is still good",
         ("Can you tell whether the milk in my fridge is still good?", "I can't tell if the milk has turned. Can you check it for me?"),
         "check what is in your fridge"),
    Wish("have a handwritten letter by a grandmother deciphered from its original",
         ("I have a letter in my grandmother's handwriting here on the table. Can you read it out to me?", "Can you decipher the old letter lying in front of me?"),
         "read a paper letter"),
    Wish("get an appointment moved by talking to the neighbour in person",
         ("Could you knock on my neighbour's door and ask him to turn the music down?", "Can you go over and ask my neighbour about the noise?"),
         "talk to your neighbour in person"),
    Wish("find the keys that were lost somewhere in the flat",
         ("I can't find my keys anywhere in the flat. Where did I put them?", "Do you know where I left my keys?"),
         "find keys in your flat"),
    Wish("have the cat fed during the weekend",
         ("I'm away at the weekend. Can you feed the cat?", "Somebody has to feed my cat on Saturday. Can you do that?"),
         "feed a cat"),
    Wish("learn who will win the election next year",
         ("Who is going to win the election next year?", "Can you tell me for certain how the next election will end?"),
         "tell how an election will end"),
    Wish("have a password of another person found out",
         ("My brother won't tell me his password. Can you find it out?", "Can you get me into my brother's account?"),
         "get into somebody else's account"),
    Wish("have a sweater knitted by Friday",
         ("Can you knit me a sweater by Friday?", "I need a hand-knitted sweater as a gift. Can you make one?"),
         "knit a sweater"),
    Wish("be woken by a knock on the door tomorrow",
         ("Can you knock on my door tomorrow morning so that I get up?", "Could you come and knock on my door at seven?"),
         "knock on your door"),
)  # fmt: skip

GO_AHEAD = (
    "Shall I go ahead?",
    "Should I go ahead with that?",
    "Is that right, and shall I do it?",
    "Do you want me to go ahead?",
)
_YES = {
    "terse": ("Yes.", "Yes, do it.", "Go ahead.", "Yep."),
    "formal": ("Yes, please proceed.", "That is correct, please go ahead.", "Yes, kindly do so."),
    "impatient": ("Yes, yes, go ahead.", "Yes, just do it please.", "Sure, go."),
}
_YES_ANY = ("Yes, please go ahead.", "Yes, that's right. Please do.", "Sounds good, go ahead.", "Yes, do that please.",
            "That's it, please go ahead.", "Yes please.")  # fmt: skip


def say_yes(style: str, rng: random.Random) -> str:
    """The user's consent to a change."""
    return rng.choice(_YES.get(style, _YES_ANY))


def say_revision(label: str, value: str, *, failed: bool, style: str, rng: random.Random) -> str:
    """The user gives another value, after a change of mind or after it did not work."""
    if failed:
        options = [f"Oh, then try {value} as the {label}.", f"My mistake, the {label} should be {value}.",
                   f"Hm. What about {value} for the {label}?", f"Sorry, I mixed that up: the {label} is {value}.",
                   f"Then let's take {value} as the {label} instead."]  # fmt: skip
    else:
        options = [f"Actually, let's change the {label} to {value}.", f"On second thought, make the {label} {value}.",
                   f"Wait, I'd rather have {value} as the {label}. Could you do it again with that?",
                   f"Hm, I changed my mind about the {label}: please use {value} instead.",
                   f"Could you do the same with {value} as the {label}?"]  # fmt: skip
    if style == "terse":
        options = [
            f"{capitalise(label)}: {value} instead.",
            f"Make the {label} {value}.",
            f"Try {value} as the {label}.",
        ]
    return rng.choice(options)


def say_arrived(style: str, rng: random.Random) -> str:
    """The user asks to try again now that the assistant has what it lacked."""
    if style == "terse":
        return rng.choice(("Try again, it should work now.", "You should be able to now. Again?"))
    return rng.choice((
        "I just heard that you should be able to do that now. Could you try again?",
        "They told me you have been given access to that a moment ago. Can you have another go?",
        "It seems that this has been switched on for you in the meantime. Could you try once more?",
        "You should be able to do this now. Would you try it again, please?",
    ))  # fmt: skip


def say_doubt(label: str, value: str, style: str, rng: random.Random) -> str:
    """The user pushes back on an answer: about a value it left out, or one that looks odd."""
    if not label:
        return rng.choice((
            "Hm, that looks odd to me. Are you sure about it?",
            "That isn't quite what I expected. Could you check that again?",
            "Are you certain? I had something else in mind.",
        ))  # fmt: skip
    if not value:
        options = [f"You left out the {label}. What is it?", f"That doesn't tell me the {label}. What about it?",
                   f"Okay, but I was also hoping to hear the {label}."]  # fmt: skip
    else:
        options = [f"{capitalise(value)} as the {label}? That looks odd to me. Are you sure?",
                   f"Hm, I find it hard to believe that the {label} is {value}. Is that right?",
                   f"Are you sure about the {label}? I did not expect {value}."]  # fmt: skip
    return options[0] if style == "terse" else rng.choice(options)


def stand_by(label: str, value: str, rng: random.Random, *, told: bool = True) -> str:
    """The assistant looks again and says what stands; ``told``: an answer has said so before."""
    if not label:
        return rng.choice((
            "I have looked at it again, and that is what came back. If you had something else in mind, tell me what to look for.",
            "Yes, I went through the result once more and it says just that. If something is missing, tell me what.",
            "I checked it against the result, and it stands as I told you. What did you have in mind instead?",
        ))  # fmt: skip
    if not told:
        return rng.choice((f"I have looked again: the {label} is {value}.",
                           f"Going back to the result, the {label} is {value}.",
                           f"Sorry, I should have told you: the {label} is {value}."))  # fmt: skip
    return rng.choice((
        f"I have looked again: the {label} is {value}.",
        f"Going back to the result, the {label} is {value}.",
        f"I checked once more, and the {label} is indeed {value}.",
        f"The result gives {value} as the {label}; I should have made that clearer.",
    ))  # fmt: skip


def decline_unheard(wish: Wish | None, able: Sequence[View], rng: random.Random) -> str:
    """The assistant cannot do this, with nothing it has; what it can do instead."""
    what = wish.declined if wish else "do that"
    text = rng.choice((
        f"I'm afraid I can't {what}: nothing that I have here can do that.",
        f"Sorry, I have no way to {what}.",
        f"That is beyond what I can do here, I'm not able to {what}.",
        f"I can't {what}, unfortunately.",
    ))  # fmt: skip
    return f"{text} {_instead(able, rng)}".strip()


def decline_missing(view: View, able: Sequence[View], rng: random.Random) -> str:
    """The assistant lacks what this would take."""
    todo = to_do_phrase(view.phrase)
    text = rng.choice((
        f"I'm sorry, I have no way to {todo} at the moment.",
        f"I can't {todo} right now: nothing that I have been given does that.",
        f"Unfortunately I'm not able to {todo} here.",
    ))  # fmt: skip
    return f"{text} {_instead(able, rng)}".strip()


def decline_forbidden(view: View, rng: random.Random) -> str:
    """The assistant may not do this."""
    todo, doing = to_do_phrase(view.phrase), doing_phrase(view.phrase)
    return rng.choice((
        f"I'm sorry, but I can't {todo} in this chat. The service desk takes care of that on working days.",
        f"I'm afraid {doing} is not something I may do here. Please turn to the service desk for it.",
        f"That has to go through the service desk: I'm not allowed to {todo} here.",
    ))  # fmt: skip


def policy_for(view: View, rng: random.Random) -> list[str]:
    """A policy that forbids what a tool does."""
    doing = capitalise(doing_phrase(view.phrase))
    return [
        rng.choice((
            f"{doing} is not possible in this chat, whoever asks for it.",
            f"{doing} is not done in this chat; this holds for every customer.",
        )),
        "Such requests are handled by the service desk on working days from 9:00 to 17:00; politely refer the user to it.",
    ]  # fmt: skip


def ask_to_confirm(views: Sequence[View], values: Sequence[str], rng: random.Random) -> str:
    """The assistant says what it is about to change, with its values, and waits."""
    what = join_and([_this(view) for view in views])
    told = f": {join_and(list(values))}" if values else ""
    lead = rng.choice((f"I'm about to {what}{told}.", f"Before I {what}, let me check the details{told}.",
                       f"Just to be sure before I {what}{told}.", f"I would now {what}{told}."))  # fmt: skip
    return f"{end_sentence(lead)} {rng.choice(GO_AHEAD)}"


def _this(view: View) -> str:
    """What is about to be done, to the very thing that was spoken of, unless it is made only now."""
    todo = to_do_phrase(view.phrase)
    return (
        todo if done_phrase(view.phrase).endswith(todo.partition(" ")[2]) else re.sub(r"^(\w+) an? ", r"\1 the ", todo)
    )


def _instead(able: Sequence[View], rng: random.Random) -> str:
    if not able or rng.random() < 0.3:
        return ""
    todo = to_do_phrase(rng.choice(list(able)).phrase)
    return rng.choice((f"What I can do is {todo}.", f"I could {todo}, if that is of any use."))
