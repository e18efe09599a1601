"""Which nouns a name holds: "GetCustomersCustomerCards" is about cards, of a customer. Pure, English, rough."""

import re
from functools import lru_cache

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.reading.wording import listed
from toolflow_graph.verification.toolcards import split_name
from toolflow_graph.verification.world.naming import singular
from toolflow_graph.verification.world.things import CANCELLING, CHANGING, DELETING, MAKING

Words = tuple[str, ...]
"""Singular, lower-case words."""

_EITHER = frozenset(listed("order book post place issue request import review schedule trigger star share pin run"))
"""Verbs that are things as often."""
_VERBS = (
    MAKING
    | CHANGING
    | DELETING
    | CANCELLING
    | frozenset(
        listed(
            "get list search find check lookup look view show read fetch query describe retrieve browse count "
            "track put post patch replace batch bulk endpoint api do return returns all see accept activate "
            "approve archive assign attach capture close complete confirm connect convert copy deactivate decline "
            "deny detach disable disconnect download duplicate enable end execute expire export finalize follow "
            "invite join kick leave lock mark merge move pay process reactivate refund reject release reopen "
            "replay reset resolve restart restore restrict resume retain retry revert revoke send stop submit "
            "subscribe suspend sync transfer unarchive unassign unfollow unlink unlock unpin unstar unsubscribe "
            "upsert use validate verify void watch write have got new"
        )
    )
) - _EITHER
"""Words that a name starts or ends with and that are no things."""
_THINGS_TOO = frozenset(
    listed("batch refund transfer export check count track search query move merge watch capture process")
)
"""Verbs that are a thing where a name ends with them ("createFileBatch")."""
_METHODS = frozenset(listed("get post put patch delete"))
_STOPS = frozenset(
    listed("by for of from in to with on at and near into as via if when where per using within under that which")
)
_EMPTY = frozenset(
    listed("a an the my your this all new current single multiple several specific given existing me s id ids")
)
_SUFFIXES = frozenset(listed("detail info information record endpoint result page preview summary async v1 v2 v3"))

_IDENTIFIES = lazy_regex(
    r"\b(?:ids?|identifiers?|uuid|gid|slug|key)\b(?:\s+\([^)]*\))?\s+(?:of|for|identifying)\s+(?P<thing>[^.,;:()]+)",
    re.I,
)
_IDENTIFYING = lazy_regex(r"\bidentif(?:ying|ies) (?P<thing>[^.,;:()]+)", re.I)
_THING_ID = lazy_regex(
    r"^(?:the |a |an )?(?:unique )?(?P<thing>[a-z]+(?: [a-z]+)?)(?:'s)? (?:id|identifier|uuid|gid)\b", re.I
)


@lru_cache(maxsize=16384)
def singular_words(name: str) -> Words:
    """The words of an identifier, each singular: ``paymentMethods`` is ("payment", "method")."""
    return tuple(singular(word) for word in split_name(name))


@lru_cache(maxsize=16384)
def object_words(name: str) -> Words:
    """What a tool is about, by its name: "List_all_Event_for_User" gives ("event",), "PostOrdersIdPay" ("order",).

    The last word is the thing, those before it say which kind or whose; a word said twice in a row counts once.
    """
    given = split_name(name)
    words = _without_verbs(list(given))
    # "users_list" lists, "getTaskList" gets a list; Stripe's methods stand before the verb: "PostPayoutsPayoutCancel".
    verb_first = len(words) < len(given)
    ends = _VERBS - _THINGS_TOO - ({"list"} if verb_first else set())
    ends = ends if not verb_first or given[0] in _METHODS else frozenset()
    stop = next((place for place, word in enumerate(words) if word in _STOPS and place), len(words))
    words = words[:stop]
    if "id" in words and all(word in _VERBS or word in _EITHER for word in words[words.index("id") + 1 :]):
        words = words[: words.index("id")]
    words = [word for word in words if word not in _EMPTY]
    while len(words) > 1 and (words[-1] in _SUFFIXES or words[-1] in ends):
        words.pop()
    return _collapsed(words)


@lru_cache(maxsize=16384)
def scope_words(name: str) -> frozenset[str]:
    """All things that a tool's name speaks of, whatever stands between them."""
    skipped = (_VERBS - _THINGS_TOO) | _EMPTY | _STOPS | _SUFFIXES
    return frozenset(singular(word) for word in split_name(name) if word not in skipped)


@lru_cache(maxsize=16384)
def noun_groups(name: str) -> tuple[Words, ...]:
    """The things in a tool's name, apart where a preposition or a verb stands: "listFilesInVectorStoreBatch" gives
    ("file",) and ("vector", "store", "batch")."""
    groups: list[list[str]] = [[]]
    for word in _without_verbs(list(split_name(name))):
        if word in _STOPS or word in _VERBS - _THINGS_TOO or word == "id":
            groups.append([])
        elif word not in _EMPTY:
            groups[-1].append(word)
    return tuple(_collapsed(group) for group in groups if group)


def before_id(name: str) -> Words:
    """What stands before a bare "Id" in a tool's name ("GetOrdersIdReturns": ("order",)); () without one."""
    words = split_name(name)
    if "id" not in words:
        return ()
    words = words[: words.index("id")]
    return _collapsed([word for word in _without_verbs(list(words)) if word not in _EMPTY | _STOPS])


def _collapsed(words: list[str]) -> Words:
    plain = [singular(word) for word in words]
    return tuple(word for place, word in enumerate(plain) if not place or plain[place - 1] != word)


def noun_in_text(text: object) -> Words:
    """The thing that a description says a value identifies: "The Spotify ID for the show." gives ("show",)."""
    if not isinstance(text, str):
        return ()
    found = _IDENTIFIES.search(text) or _IDENTIFYING.search(text) or _THING_ID.search(text)
    if found is None:
        return ()
    words: list[str] = []
    for word in re.findall(r"[A-Za-z_]+", found["thing"]):
        if word.lower() in _STOPS and words:
            break
        words += [singular(part) for part in split_name(word) if part not in _EMPTY]
    return tuple(words[:3][-1:])


def _without_verbs(words: list[str]) -> list[str]:
    stripped = False
    while len(words) > 1 and (words[0] in _VERBS or words[0] in _EMPTY):
        words, stripped = words[1:], True
    if not stripped and len(words) > 1 and words[0] in _EITHER and words[1] not in _STOPS:
        # "postOrders" posts, "orders_list" lists: a word that is both is a verb only where a thing follows.
        rest = [word for word in words[1:] if word not in _EMPTY and word not in _SUFFIXES and word not in _VERBS]
        words = words[1:] if rest else words
    return words
