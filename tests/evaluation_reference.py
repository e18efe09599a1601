"""The metrics once more, straight from their definitions on plain JSON: slow, and independent of the package."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

Data = dict[str, Any]
Ngram = tuple[str, ...]


def words(text: str) -> list[str]:
    return re.findall(r"\w+(?:'\w+)*", text.lower().replace("’", "'"))


def spoken(record: Data) -> list[list[str]]:
    return [words(m["content"]) for m in record["messages"] if m["role"] in ("user", "assistant") and m["content"]]


def entropy(texts: Iterable[Sequence[str]]) -> float:
    counts = Counter(word for text in texts for word in text)
    whole = sum(counts.values())
    return -sum(count / whole * math.log2(count / whole) for count in counts.values())


def ngrams(text: Sequence[str], size: int) -> list[Ngram]:
    return [tuple(text[place : place + size]) for place in range(len(text) - size + 1)]


def distinct(texts: Iterable[Sequence[str]], size: int) -> float:
    found = [gram for text in texts for gram in ngrams(text, size)]
    return len(set(found)) / len(found)


def turns(record: Data) -> list[list[Data]]:
    found: list[list[Data]] = []
    for message in record["messages"]:
        if message["role"] == "user":
            found.append([])
        if found:
            found[-1].append(message)
    return found


def pairs(record: Data) -> list[tuple[str, str]]:
    found = []
    kept = turns(record)
    for number in range(1, len(kept)):
        before = [m["content"].strip() for m in kept[number - 1] if m["role"] != "tool" and m["content"]]
        found.append((" ".join(before), kept[number][0]["content"].strip()))
    return found


def sizes(records: Sequence[Data]) -> dict[str, int]:
    every = [turn for record in records for turn in turns(record)]
    calls = [call for record in records for m in record["messages"] for call in m.get("tool_calls", ())]
    texts = [m["content"] or "" for record in records for m in record["messages"]]
    texts += [f"{c['function']['name']} {json.dumps(c['function']['arguments'], ensure_ascii=False)}" for c in calls]
    return {
        "dialogues": len(records),
        "messages": sum(len(record["messages"]) for record in records),
        "turns": len(every),
        "turns_with_calls": sum(any(m.get("tool_calls") for m in turn) for turn in every),
        "calls": len(calls),
        "tokens": sum(len(re.findall(r"\w+|[^\w\s]", text)) for text in texts),
    }


def shingles(record: Data, size: int = 5) -> set[Ngram]:
    said = [word for text in spoken(record) for word in text]
    return set(ngrams(said, min(size, max(len(said), 1))))


def near_clusters(records: Sequence[Data], threshold: float) -> set[frozenset[int]]:
    """Connected components over all pairs that reach the Jaccard similarity; of records with equal words, the first."""
    said = [tuple(word for text in spoken(record) for word in text) for record in records]
    places = [place for place, text in enumerate(said) if said.index(text) == place and text]
    sets = {place: shingles(records[place]) for place in places}
    linked: dict[int, set[int]] = {place: {place} for place in places}
    for number, left in enumerate(places):
        for right in places[number + 1 :]:
            shared = len(sets[left] & sets[right])
            if shared >= threshold * (len(sets[left]) + len(sets[right]) - shared):
                joined = linked[left] | linked[right]
                for place in joined:
                    linked[place] = joined
    return {frozenset(group) for group in linked.values() if len(group) > 1}


def contaminated(text: str, benchmark: Iterable[str], size: int = 11) -> float:
    theirs = {gram for other in benchmark for gram in ngrams(words(other), size)}
    own = words(text)
    marked: set[int] = set()
    for place, gram in enumerate(ngrams(own, size)):
        if gram in theirs:
            marked |= set(range(place, place + size))
    return len(marked) / len(own) if own else 0.0
