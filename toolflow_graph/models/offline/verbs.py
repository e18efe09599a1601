"""Verbs that descriptions start with, and their forms."""

import re
from functools import lru_cache

_REGULAR = """
accept access activate add adjust allow analyse analyze announce answer append apply approve archive arrange ask assign
attach authorise authorize backfill ban block blur bookmark browse calculate call cancel capture change check classify
clean clear click clone close collect comment compare complete compose compress compute configure confirm connect
contact control convert copy count crawl create customise customize cut deactivate decline decode decrease decrypt
delete deliver deploy describe detach detect determine disable discover dismiss dispatch display download
draft drop duplicate edit email enable encode encrypt end enrich enrol enroll enter erase estimate evaluate examine
exchange execute expand expire explain explore export extend extract fetch file fill filter finish fix flag follow
force forecast format forward freeze generate geocode grant handle highlight identify import improve include
increase index initialise initialize insert inspect install interact invite invoke issue join kick label launch
like link list listen load locate lock log look lookup mark match measure merge modify monitor move mute name navigate
notify obtain offer onboard open optimise optimize order organise organize parse pause perform pin place plan play
post predict press preview print process produce promote provide publish pull purchase push query queue rank rate react
recommend record redeem refresh refund register reject release remind remove rename render renew reopen reorder
replace reply report request reschedule reserve reset resolve respond restart restore resume retrieve return reverse
review revoke rotate sample save scale scan schedule score scrape screen screenshot search select serve share ship show
sign simulate snooze solve sort split star start stop stream subscribe suggest submit summarise summarize suspend swap
switch sync synchronise tag test track transcribe transfer transform translate trigger trim turn type unblock undo
unfollow unlock unmark unmute unpin unsubscribe unstar update upgrade upload use validate verify view visit void vote
wait watch withdraw zoom counter roll grade page practise rent reach pick chat join look remix archive
lend lease bid swap explain manage seek skip hover scroll initialise initialize observe navigate paste focus press type
drag install uninstall invest mint stake solve guess spell define pronounce recognise recognize anonymise blend crop resize
rotate flip stitch render embed tokenize tokenise vote like dislike repost mention seed shuffle unban kick mute pay tip top
abort assign associate dissociate initiate link notify toggle transcribe unassign unlink unmark unpublish unsuspend
revert commit rebase stash clone restock rerun retry recharge debit credit reconcile settle audit flag escalate triage diagnose prescribe dispense admit discharge
"""
_IRREGULAR = {
    "get": "got", "find": "found", "send": "sent", "read": "read", "write": "written", "make": "made", "set": "set",
    "put": "put", "give": "given", "take": "taken", "buy": "bought", "pay": "paid", "sell": "sold", "run": "run",
    "book": "booked", "tell": "told", "see": "seen", "begin": "begun", "build": "built", "hold": "held", "keep": "kept",
    "leave": "left", "let": "let", "lead": "led", "undo": "undone", "do": "done", "choose": "chosen",
    "bring": "brought",
    "cut": "cut", "freeze": "frozen", "withdraw": "withdrawn", "rewrite": "rewritten", "split": "split",
    "draw": "drawn",
    "onboard": "onboarded", "forecast": "forecast", "broadcast": "broadcast", "decide": "decided", "think": "thought",
    "know": "known", "invest": "invested", "hide": "hidden", "show": "shown", "learn": "learned", "speak": "spoken",
    "go": "gone",
    "edit": "edited", "seek": "sought", "upset": "upset", "visit": "visited", "rebuild": "rebuilt", "reset": "reset", "teach": "taught", "win": "won",
}  # fmt: skip
_DOUBLING = {
    "stop", "plan", "drop", "cancel", "submit", "pin", "log", "tag", "trim", "ban", "swap", "unpin", "star", "control",
    "enrol", "ship", "scan", "label", "refer", "put", "cut", "set", "get", "run", "win", "begin", "split", "let",
    "unstar",
    "reset", "transfer", "prefer", "defer", "skip", "drag", "crop", "flip", "tip", "top", "unban", "admit",
}  # fmt: skip
BASE = frozenset(_REGULAR.split()) | frozenset(_IRREGULAR)
FETCHING = frozenset(["get", "view", "show", "list", "read", "return", "see", "fetch", "retrieve", "look"])
"""Verbs that only ask for something; nobody words a change like that."""
READING = frozenset(
    [
        "access",
        "analyse",
        "analyze",
        "browse",
        "calculate",
        "check",
        "classify",
        "compare",
        "compute",
        "count",
        "crawl",
        "describe",
        "detect",
        "determine",
        "discover",
        "display",
        "download",
        "estimate",
        "evaluate",
        "examine",
        "explain",
        "explore",
        "export",
        "extract",
        "fetch",
        "find",
        "filter",
        "forecast",
        "geocode",
        "get",
        "identify",
        "inspect",
        "list",
        "load",
        "locate",
        "look",
        "lookup",
        "match",
        "measure",
        "monitor",
        "navigate",
        "obtain",
        "parse",
        "predict",
        "preview",
        "provide",
        "pull",
        "query",
        "rank",
        "read",
        "recommend",
        "report",
        "retrieve",
        "return",
        "sample",
        "scan",
        "scrape",
        "search",
        "see",
        "select",
        "show",
        "solve",
        "sort",
        "suggest",
        "summarise",
        "summarize",
        "test",
        "tell",
        "track",
        "transcribe",
        "translate",
        "validate",
        "verify",
        "view",
        "watch",
        "wait",
        "visit",
        "give",
        "open",
        "capture",
        "plan",
        "convert",
        "turn",
    ]
)


@lru_cache(maxsize=2048)
def base_of(word: str) -> str | None:
    """The base form of a verb written as base, third person or gerund; None if it is no verb known here."""
    word = word.lower()
    if word in BASE:
        return word
    forms = []
    if word.endswith("s"):
        forms += [word[:-1], word[:-2], re.sub("ies$", "y", word)]
    if word.endswith("ing"):
        forms += [word[:-3], word[:-3] + "e", word[:-4]]
    return next((form for form in forms if form in BASE), None)


@lru_cache(maxsize=1024)
def participle(verb: str) -> str:
    """ "book" gives "booked"."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb in _DOUBLING:
        return verb + verb[-1] + "ed"
    if verb.endswith("e"):
        return verb + "d"
    if re.search("[^aeiou]y$", verb):
        return verb[:-1] + "ied"
    return verb + "ed"


@lru_cache(maxsize=1024)
def gerund(verb: str) -> str:
    """ "book" gives "booking"."""
    if verb in _DOUBLING:
        return verb + verb[-1] + "ing"
    if verb.endswith("e") and not verb.endswith(("ee", "ye", "oe")):
        return verb[:-1] + "ing"
    return verb + "ing"
