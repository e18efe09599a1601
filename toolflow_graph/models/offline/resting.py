"""Names that are paths: "PostCustomersCustomerCards", "getCardsBoardByIdCard" as what people would say."""

import re

from toolflow_graph.models.offline.verbs import base_of
from toolflow_graph.models.offline.words import humanise, is_plural, pluralise, singularise, split_words, with_article

_HTTP = {"get": "get", "post": "create", "put": "update", "patch": "update", "delete": "delete"}
_ADDING = ("add", "create", "post")
_LINKS = {"add": "to", "create": "for", "remove": "from", "delete": "from"}
_ACTS = frozenset(
    "cancel confirm capture submit verify approve decline close send pay redact expire start stop pause resume archive "
    "restore publish accept reject finalize reactivate refund detach attach void".split()
)


def rest_phrase(name: str) -> tuple[str, str] | None:
    """Verb and object of a name that spells a path; None for any other name.

    ``PostChargesChargeDisputeClose`` gives ("close", "the dispute of a charge"), ``addCardsLabelsByIdCard`` ("add",
    "labels to a card"), ``PostDisputesDispute`` ("update", "a dispute").
    """
    words = list(split_words(name))
    path, keys = _without_keys(words[1:])
    steps = _steps(path, keys)
    if len(words) < 3 or not steps or not (keys or any(one for _, one in steps)):
        return None
    verb, act = words[0], None
    if len(steps) > 1 and steps[-1][0] in _ACTS and not steps[-1][1]:
        act = steps.pop()[0]
    last, is_one = steps[-1]
    owner = next((step for step, one in reversed(steps[:-1]) if one), "")
    if verb in _HTTP:
        verb = "update" if verb == "post" and is_one else _HTTP[verb]
    base = act or base_of(verb)
    if base is None:
        return None
    noun = humanise("_".join(last.split(" ")))
    if verb == "create" and is_plural(noun):
        noun = singularise(noun)
    thing = with_article(singularise(noun)) if is_one or (verb in _ADDING and not is_plural(noun)) else f"the {noun}"
    if act:
        thing = f"the {singularise(noun)}" if owner else with_article(singularise(noun))
    elif is_plural(noun) and base in _LINKS and not is_one:
        thing = noun
    link = "of" if act else _LINKS.get(base, "of")
    return base, f"{thing} {link} {with_article(humanise('_'.join(owner.split(' '))))}" if owner else thing


def _without_keys(words: list[str]) -> tuple[list[str], list[str]]:
    """The words before "by id board", and what the ids are of."""
    if "by" not in words[1:]:
        return words, []
    at = words.index("by", 1)
    text = " ".join(words[at:])
    return words[:at], re.findall(r"\bby id ([a-z]+(?: [a-z]+)??)(?= by\b|$)", text)


def _steps(words: list[str], keys: list[str]) -> list[tuple[str, bool]]:
    """The path's steps, each with whether it names one thing: a collection and its item are one step."""
    steps: list[tuple[str, bool]] = []
    place = 0
    while place < len(words):
        for size in (3, 2, 1):
            many, one = words[place : place + size], words[place + size : place + 2 * size]
            if len(one) == size and [*many[:-1], singularise(many[-1])] == one and many != one:
                steps.append((" ".join(one), True))
                place += 2 * size
                break
        else:
            if place + 1 < len(words) and words[place + 1] == "id":
                steps.append((singularise(words[place]), True))
                place += 2
                continue
            steps.append((words[place], False))
            place += 1
    steps = _joined(steps)
    if keys and steps:
        first = singularise(steps[0][0].split(" ")[0])
        if first in (keys[0], keys[0][:3]) or keys[0].startswith(first[:3]):
            rest = " ".join(steps[0][0].split(" ")[1:])
            steps[:1] = [(first, True), *([(rest, False)] if rest else [])]
        if len(keys) > 1 and len(steps) > 1 and pluralise(keys[1].split(" ")[-1]) == steps[-1][0].split(" ")[-1]:
            steps[-1] = (singularise(steps[-1][0]), True)
    return steps


def _joined(steps: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """Words that name no item belong to the next ("tax rates", "payment intent"), but for what is done at the end."""
    joined: list[tuple[str, bool]] = []
    for place, (step, one) in enumerate(steps):
        ends = place == len(steps) - 1 and step in _ACTS
        if joined and not joined[-1][1] and not ends and not (one and is_plural(joined[-1][0])):
            joined[-1] = (f"{joined[-1][0]} {step}", one)
        else:
            joined.append((step, one))
    return joined
