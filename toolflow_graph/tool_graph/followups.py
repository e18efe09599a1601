"""Follow-ups: a tool that makes a thing, and one that reads, changes, ends or lists the thing that was made.

A list is a follow-up, too, although nothing flows into it: what was made stands in it afterwards. Pure; knows only
definitions, and errs on the side of none: a tool that takes what it is about works on it and makes nothing.
"""

from collections.abc import Sequence
from itertools import permutations

from toolflow_graph.tool_graph.handles import IDS, WIDE, Card, Handle, is_top, join_cards, load_card
from toolflow_graph.tool_graph.nouns import scope_words
from toolflow_graph.types import Tool
from toolflow_graph.verification.reading.wording import listed
from toolflow_graph.verification.toolcards import changes, split_name
from toolflow_graph.verification.world.things import CANCELLING, CHANGING, DELETING, MAKING, PARTIAL

_METHODS = frozenset(listed("post put"))
_ENDING = DELETING | CANCELLING | frozenset(listed("close stop end archive void revoke"))
_APART = PARTIAL - frozenset(listed("search find open upcoming pending active next latest"))
"""Words of lists in which what was just made does not stand."""


def find_follow_ups(tools: Sequence[Tool]) -> frozenset[tuple[str, str]]:
    """The pairs (maker, follower) among these tools of which the follower is about the made thing itself."""
    pairs = permutations(tools, 2)
    return frozenset((one.name, other.name) for one, other in pairs if follows(one, other) and is_about_it(one, other))


def follows(maker: Tool, follower: Tool) -> bool:
    """Whether ``follower`` can be asked about the very thing that a call of ``maker`` has made."""
    if maker.source != follower.source or not changes(maker):
        return False
    giver, taker = load_card(maker), load_card(follower)
    made = find_made(giver)
    if made is None:
        return False
    if any(flow.source_field == made.path for flow in join_cards(giver, taker)):
        return True
    # The same key in one domain: "create_calendar_event" and "get_event_details" share their "event_id".
    same = maker.domain == follower.domain and made.noun[-1] not in WIDE and not made.bare
    if same and any(wanted.required and wanted.path == made.path for wanted in taker.takes):
        return True
    return not changes(follower) and _lists(taker, made) and _are_akin(giver, taker, made)


def is_about_it(maker: Tool, follower: Tool) -> bool:
    """Whether a follow-up reads, lists, changes or ends the thing itself, rather than doing something with it."""
    card, made = load_card(follower), find_made(load_card(maker))
    if made is None:
        return False
    verbs = CHANGING | _ENDING
    itself = card.about[-1:] == made.noun[-1:] or bool(verbs.intersection(split_name(card.name)[:1]))
    # "get_employee_profile" shows the employee; "get_lab_results" of a new patient has none to show.
    shows = bool(card.own) and not any(given.listed for given in card.gives)
    return itself or (not changes(follower) and (shows or _lists(card, made)))


def find_made(card: Card) -> Handle | None:
    """The handle of what a tool makes, if its name says that it makes something."""
    verb = split_name(card.name)[:1]
    if not MAKING.intersection(verb):
        return None
    own = [given for given in card.gives if not given.listed and is_top(given.path)]
    named = [given for given in own if given.noun[-1:] == card.about[-1:]]
    about = [wanted for wanted in card.takes if wanted.noun[-1:] == card.about[-1:]]
    if named or about or _METHODS.intersection(verb):
        return named[0] if named and not about else None
    # "book_hotel_room" makes the booking that its result names first.
    return own[0] if own and own[0].mark in IDS else None


def _lists(card: Card, made: Handle) -> bool:
    return any(
        given.listed and given.noun[-1] == made.noun[-1] and given.mark == made.mark and given.path.count("[]") == 1
        for given in card.gives
    ) and not _APART.intersection(split_name(card.name))


def _are_akin(giver: Card, taker: Card, made: Handle) -> bool:
    """A table's reservations are not a seat's: what both names speak of, or the thing alone."""
    words = scope_words(taker.name)
    return bool(words & scope_words(giver.name)) or words <= frozenset(made.noun)
