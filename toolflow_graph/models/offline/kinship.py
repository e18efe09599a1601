"""Which parameters mean the same thing, and from which tool to which a value may flow."""

from toolflow_graph.models.offline.fields import Field
from toolflow_graph.models.offline.phrases import core_object
from toolflow_graph.models.offline.views import View
from toolflow_graph.models.offline.words import singularise, split_words

ENDING = ("delete", "cancel", "remove", "close", "withdraw")
"""Verbs after which nobody asks for the thing any more."""


def is_ending(view: View) -> bool:
    """Whether a call of the tool deletes or cancels something."""
    return view.phrase.verb in ENDING or (split_words(view.name) or ("",))[0] in ENDING


_WIDE = frozenset(
    {"phone", "booking", "document", "address", "location", "place", "url", "person", "email", "offer", "session"}
)
_LOOSE_NOUNS = frozenset(
    ["booking", "reservation", "details", "status", "document", "list", "the", "my", "a", "an", "new", "stored"]
)


def kindred(source: View, target: View, meaning: Field) -> bool:
    """Whether ids of a wide kind may flow: a tutoring booking is no hotel booking."""
    head = meaning.entity.split(" ")[-1] if meaning.entity else meaning.kind
    if head not in _WIDE or meaning.kind in ("latitude", "longitude"):
        return True
    if head in ("place", "person"):
        return meaning.kind == "id"
    if meaning.kind in ("email", "phone"):
        # A courier's number is no patient's: only who is looked up as a person has an address to write to.
        return bool(set(_nouns(source)) & (set(_nouns(target)) | _PEOPLE | {"directory", "engineer"}))
    if meaning.kind in ("url", "address", "location"):
        return bool(set(_nouns(source)) & set(_nouns(target)))
    return bool(set(_nouns(source)) & set(_nouns(target)))


_PEOPLE = frozenset("contact employee patient student member customer user attendee candidate tenant guest person lead "
                    "subscriber recipient staff".split())  # fmt: skip
_STEADY = ("city", "email", "phone", "person", "address", "country", "country_code", "currency", "timezone", "company",
           "language_code", "path", "username", "domain", "ticker", "year", "month", "date")  # fmt: skip


def about_someone_else(view: View) -> bool:
    """Whether a call puts somebody else on record: then the user's own name and address do not belong in it."""
    if not view.writes:
        return False
    if view.phrase.verb in ("create", "add", "register", "invite", "onboard", "save", "import"):
        nouns = {singularise(word) for word in (*split_words(view.name)[1:], *core_object(view.phrase.rest).split(" "))}
        if nouns & _PEOPLE and not nouns & {"booking", "account", "profile", "reservation"}:
            return True
    named = [leaf.field for leaf in view.params if leaf.required and leaf.field.kind == "person"]
    return any(split_words(field.name) not in (("name",), ("full", "name"), ("your", "name")) for field in named)


def shared_key(meaning: Field) -> tuple[str, ...] | None:
    """What two parameters mean alike by their names alone, described or not; None where the name is too plain."""
    if meaning.listed or meaning.edge:
        return None
    wide = meaning.entity.split(" ")[-1] in _WIDE
    if meaning.kind in ("id", "uuid") and meaning.entity and meaning.entity not in _PLAIN_THINGS and not wide:
        return ("same", meaning.kind, meaning.entity)
    if meaning.kind == "text" and not set(split_words(meaning.name)) & _OWN_WORDS:
        return ("same", "text", *split_words(meaning.name))
    return ("same", meaning.kind, *split_words(meaning.name)) if meaning.kind in _STEADY else None


_OWN_WORDS = frozenset(["text", "query", "message", "title", "name", "value", "selector", "description", "note", "notes", "prompt", "question", "content", "body", "comment", "label", "input", "data", "type", "subject", "pattern", "script", "code", "word", "expression", "input"])  # fmt: skip
_PLAIN_THINGS = frozenset(["item", "object", "resource", "record", "entity", "element", "thing", "id", "key"])


def meaning_key(meaning: Field, view: View) -> tuple[str, ...]:
    """What makes two parameters the same; ids of a wide kind are the same for kindred tools only."""
    wide = meaning.kind == "id" and meaning.entity.split(" ")[-1] in _WIDE
    return (meaning.name, meaning.description, *(sorted(_nouns(view)) if wide else ()))


def _nouns(view: View) -> list[str]:
    words = [singularise(word) for word in split_words(view.name)[1:]]
    return [word for word in words if word not in _LOOSE_NOUNS]
