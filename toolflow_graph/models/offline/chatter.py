"""Small talk in pairs: a remark of the user, and what an assistant may say to just that remark.

``{doing}``, ``{noun}``, ``{one}``, ``{other}``, ``{value}`` and ``{label}`` are put in; what an answer names stands in its
remark or in the last result. Nothing here states a figure of its own.
"""

import random
import re
from functools import lru_cache

Pair = tuple[str, tuple[str, ...]]

DONE: tuple[Pair, ...] = (
    ("That was quick, I had expected to fill in a form.",
     ("It is quicker than most people think. The details are all above, in case somebody asks for them.",
      "No forms this time. If a detail turns out to be wrong, tell me and we'll put it right.")),
    ("Thanks. Is there anything people tend to forget after {doing}?",
     ("Mostly to keep the confirmation somewhere they can find it again.",
      "A second look a little later. Wishes change, and it is easiest to correct things early.")),
    ("Good, that has been on my list since Monday.",
     ("Then you can cross it off. There is nothing left to do on your side.",
      "Glad that is off your list.")),
    ("Nice, {doing} was the part I was not looking forward to.",
     ("Then the rest should feel easier.", "Now it is behind you. The next steps should be shorter.")),
    ("I'm glad that went through. Would you keep a copy of the confirmation?",
     ("Yes, I would. It costs nothing and saves a search later.",
      "I'd keep it until everything that depends on it is over.")),
    ("Great, then I can tell the others that this is settled.",
     ("Yes, you can. What I told you above is all they need.", "Please do. If anybody wants it differently, tell me soon.")),
    ("Easier than expected. Last time it took me three attempts.",
     ("Then it is good that it worked at once this time.", "It helps that you had the details at hand.")),
    ("Do you think it was a good idea, {doing} today rather than later?",
     ("I do. The sooner such things are settled, the fewer surprises.",
      "I see nothing against it. Waiting rarely makes it easier.")),
    ("Okay, one worry less. What would you tackle next in my place?",
     ("Whatever depends on this one. The rest can wait.", "The thing with the nearest deadline, if there is one.")),
    ("Somebody told me that {doing} would be complicated. It wasn't.",
     ("It gets complicated when details are missing, and you had them all.", "Not with the details at hand.")),
    ("Good. I'll make myself a coffee before we go on.",
     ("Enjoy it. I'll be here.", "You have earned it. Just write when you are back.")),
)  # fmt: skip

SEEN: tuple[Pair, ...] = (
    ("Okay, that clears up the {noun} for me. What would you keep an eye on?",
     ("On whether it changes. Such things are worth a second look before you rely on them.",
      "Nothing in particular. If a decision hangs on it, I'd check again on the day.")),
    ("Hm, I had pictured that differently. Does it surprise you?",
     ("Not really, but I can only go by what came back.",
      "Hard to say without something to compare it with. It looks plausible to me.")),
    ("Good to know about the {noun}. I'll sleep on it.",
     ("A good idea. It will still be there tomorrow, and we can look again then.",
      "Take your time. If you want another look later, just say so.")),
    ("That makes sense. Is there anything about the {noun} you would double-check?",
     ("Only what you are going to rely on. The rest looks fine to me.",
      "If it matters for a decision, a second source never hurts.")),
    ("Interesting. I would not have guessed that.",
     ("It is always good to look instead of guessing.", "Now you know. Whether it helps depends on what you make of it.")),
    ("I'll have to think about the {noun} for a moment. Anything you would point out?",
     ("Nothing that stands out. Take the time you need.",
      "Just that it shows how things are now. It may look different another day.")),
    ("Right, that is more or less what a friend told me, too.",
     ("Then two sources agree, which is a good sign.", "Good, then you can rely on it a little more.")),
    ("So that's the {noun}. Would you trust it as it stands?",
     ("For a first impression, yes. Before anything important I would check once more.",
      "I see no reason not to, as long as nothing big depends on it.")),
)  # fmt: skip

CHOICE: tuple[Pair, ...] = (
    ("Hm, {one} or {other}. Which of the two would you go for?", ()),
    ("{one} caught my eye. Would you agree, or do you see a better one?", ()),
    ("Is there much of a difference between {one} and {other}, as far as you can tell?", ()),
    ("I keep going back and forth between {one} and {other}. What would you do?", ()),
    ("I had never come across {other} before. How does it compare with {one}?", ()),
    ("Which of these {noun} would you look at first?", ()),
    ("My first thought was {one}. Does anything speak against that?", ()),
    ("Interesting, I only expected {one}. Do any of the other {noun} stand out to you?", ()),
)  # fmt: skip

_DAY: tuple[Pair, ...] = (
    ("{value} should work for me. What should I keep in mind until then?",
     ("I'd put it in your calendar now and check the details once more the day before.",
      "Not much. If it stops working for you, say so early.")),
    ("Good, {value} is a day I can plan around.",
     ("Then keep it free and you should be fine.", "Good. A note in your calendar does the rest.")),
    ("{value} is sooner than I thought. Should I prepare anything?",
     ("I'd look through the details once and put them where you find them.",
      "I see nothing that needs preparing. Just keep the day free.")),
)  # fmt: skip
KINDS: dict[str, tuple[Pair, ...]] = {
    "money": (
        ("{value} is about what I expected. Does that sound fair to you?",
         ("It sounds fair, but I can only go by this one figure.", "I see nothing odd about it.")),
        ("I was bracing for more than {value}, so that's fine by me.",
         ("Then it leaves you a little room.", "Good, that is the better kind of surprise.")),
        ("Hm, {value}. I'll have to see how that fits into this month.",
         ("Take your time. If it fits, I would leave it at that.", "Understandable. It will not change while you do the sums.")),
        ("{value} is a bit more than I would like, but fine. Would you have expected that?",
         ("It is hard to call it cheap or dear without a second figure to compare it with.",
          "I had no figure in mind, to be honest. At least you know where you stand.")),
        ("Okay, {value}. I'll note that down for my budget.",
         ("Good. Nothing else was added to it, as far as I can see.", "Do that. It is the figure to plan with.")),
        ("Somebody told me to expect a lot more than {value}. Is there a catch?",
         ("I see no catch in what came back. It simply says {value}.",
          "Not that I can see, but reading the terms once is never wrong.")),
    ),
    "date": _DAY,
    "datetime": (
        *_DAY,
        ("Let me see, {value}. Yes, I can make that work. Anything to watch out for?",
         ("Only that nothing else slips in before it. A note in your calendar helps.", "Nothing I know of.")),
    ),
    "time": (
        ("{value} suits me fine. I'm usually up and about by then.",
         ("Then it is settled. I'd leave a little room before it in case something runs late.",)),
        ("{value}, got it. I'll plan the rest around that.", ("That should work. A small margin never hurts.",)),
    ),
    "duration": (
        ("{value} is longer than I had in mind, but I can live with it.",
         ("I would even plan a little more, since such figures are rarely exact.",)),
        ("{value}, okay. Is that something you would plan a margin for?",
         ("Yes, a small one. Such figures are rarely exact.", "I would, if something important comes after it.")),
    ),
    "distance": (
        ("{value} is closer than I thought.", ("It depends a little on how you get there, but yes.",)),
        ("{value} sounds manageable. Would you agree?", ("I would, although it depends on how you get there.",)),
    ),
    "temperature": (
        ("{value} is not what I would have guessed. What would you wear?",
         ("I'd take an extra layer that is easy to carry.",)),
        ("So {value}. I'll pack accordingly.", ("A good idea. I'd look again shortly before you leave.",)),
    ),
    "person": (
        ("I don't know {value} yet. Is that somebody I should get in touch with?",
         ("A short message to introduce yourself would not hurt.",)),
        ("{value} sounds familiar, I think we have met once.", ("Then you already have something to start from.",)),
    ),
    "rating": (
        ("{value} is a decent score, isn't it?", ("I'd call it solid. I would still read what is behind it.",)),
        ("I would have guessed a little lower than {value}.", ("Then it did better than you expected.",)),
    ),
    "percent": (
        ("{value} is more than I would have guessed. How do you read that?",
         ("Taken alone it says little. I would look again in a while and see which way it moves.",)),
        ("So the {label} is {value}. Is that a figure I should worry about?",
         ("Not by itself. I would watch which way it moves.",)),
    ),
    "condition": (("{value}, so no surprises there.", ("Right, there is no need to change your plans.",)),),
    "company": (
        ("I've heard of {value} before, but I have never dealt with them.",
         ("Then it is worth reading their terms before you settle anything.",)),
    ),
    "address": (
        ("{value} is easy to reach from my place.", ("That helps. I'd still allow a few minutes to find the entrance.",)),
        ("I think I've walked past {value} before.", ("Then you will find it without trouble.",)),
    ),
    "location": (("{value} is not far from my place.", ("That helps. I'd still allow a few minutes for the way.",)),),
}  # fmt: skip
_ALL: tuple[Pair, ...] = (*DONE, *SEEN, *(pair for pairs in KINDS.values() for pair in pairs))


def answers_to(text: str) -> tuple[str, ...]:
    """What may be said to a remark from here; () for any other text."""
    return next((answers for shape, answers in _shapes() if shape.fullmatch(text.strip())), ())


def pick(pairs: tuple[Pair, ...], rng: random.Random, **words: str) -> str:
    """One of the remarks with the words put in."""
    return rng.choice(pairs)[0].format(**words)


@lru_cache(maxsize=1)
def _shapes() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    return tuple(
        (re.compile(re.sub(r"\\\{\w+\\\}", ".+?", re.escape(says))), answers) for says, answers in _ALL if answers
    )
