"""All figures of 1,000 dialogues against an independent implementation."""

import json
import random
import re
from collections import Counter
from typing import Any

import pytest

from tests import evaluation_reference as reference
from tests import evaluation_samples as samples
from toolflow_graph.evaluation.assessment import Options, build_assessment, compare
from toolflow_graph.evaluation.leaks import Benchmark, Material, find_leaks, render_tool
from toolflow_graph.evaluation.metrics.coherence import pair_turns
from toolflow_graph.evaluation.metrics.words import build_words
from toolflow_graph.evaluation.samples import Drawn, Sample
from toolflow_graph.verification import parse_dialogue

Data = dict[str, Any]


def vary(record: Data, rng: random.Random, share: float) -> Data:
    """The record with a share of its spoken words replaced by words that stand nowhere else."""
    found: Data = json.loads(json.dumps(record))
    found["id"] += f"-{rng.randrange(10**9)}"
    for message in found["messages"]:
        if message["role"] in ("user", "assistant") and message["content"]:
            message["content"] = re.sub(
                r"[a-z]{3,}",
                lambda match: f"{match[0]}{rng.randrange(50)}" if rng.random() < share else match[0],
                message["content"],
            )
    return found


@pytest.fixture(scope="module")
def records() -> list[Data]:
    """Sixty dialogues of the offline model: each as it is, said otherwise to many degrees, and once more the same."""
    rng = random.Random(3)
    made = samples.records()
    shares = [0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1, 0.08, 0.06, 0.05, 0.04, 0.03, 0.02, 0.015, 0.01, 0.005]
    found = [vary(record, rng, share) for record in made for share in shares]
    found += [*made, *({**record, "id": f"{record['id']}-again"} for record in made)]
    rng.shuffle(found)
    assert len(found) >= 1000
    return found


def drawn_of(records: list[Data]) -> Drawn:
    return Drawn(enumerate(records, 1))


def test_the_figures_are_those_of_the_definitions(records: list[Data]) -> None:
    found = build_assessment(drawn_of(records), name="set", options=Options())
    figures = found.figures
    texts = [text for record in records for text in reference.spoken(record)]
    spoken = figures["diversity"]["spoken"]
    assert spoken["words"] == sum(map(len, texts))
    assert spoken["vocabulary"] == len({word for text in texts for word in text})
    assert spoken["entropy"] == pytest.approx(reference.entropy(texts), abs=1e-4)
    assert spoken["distinct_3"] == pytest.approx(reference.distinct(texts, 3), abs=1e-4)
    assert reference.sizes(records).items() <= figures["size"].items()
    pairs = [pair for record in records for pair in reference.pairs(record)]
    assert figures["coherence"]["pairs"] == len(pairs)
    measured = [pair for record in records for pair in pair_turns(parse_dialogue(record))]
    assert [(pair.premise, pair.hypothesis) for pair in measured] == pairs

    held = Counter(name for record in records for name in record["behaviours"])
    shares = figures["behaviours"]["from_records"]
    assert {name: share for name, share in shares.items() if share} == {
        name: pytest.approx(count / len(records), abs=1e-4) for name, count in held.items()
    }
    kinds = Counter(source["kind"] for record in records for source in record.get("provenance", ()))
    assert {kind: count for kind, count in figures["sources"]["kinds"].items() if count} == dict(kinds)
    offered = {tool["function"]["name"] for record in records for tool in record["tools"]}
    called = Counter(
        call["function"]["name"] for r in records for m in r["messages"] for call in m.get("tool_calls", ())
    )
    tools = figures["tools"]
    assert (tools["offered"], tools["used"]) == (len(offered), len(offered & set(called)))
    assert dict(map(tuple, tools["most_used"])).items() <= called.items()
    assert tools["most_used"][0][1] == max(called.values())
    assert figures["duplicates"]["exact"] == len(records) - len(
        {tuple(map(tuple, reference.spoken(r))) for r in records}
    )
    assert figures["duplicates"]["exact"] >= len(samples.records())

    # Equal sizes: half of the set against the whole, counted over the words that were kept.
    half = build_assessment(drawn_of(records[: len(records) // 2]), name="half", options=Options())
    equal = compare(found, half)["equal_words"]["spoken"]
    assert equal["words"] == half.figures["diversity"]["spoken"]["words"]
    assert equal["entropy"][1] == half.figures["diversity"]["spoken"]["entropy"]
    assert equal["entropy"][0] == pytest.approx(equal["entropy"][1], abs=0.2)
    # Of the same words twice as many hold fewer new 3-grams.
    assert equal["distinct_3"][0] > spoken["distinct_3"]


def test_near_duplicates_are_those_of_all_pairs(records: list[Data]) -> None:
    part = records[:350]
    figures = build_assessment(drawn_of(part), name="part", options=Options()).figures["duplicates"]
    names = {record["id"]: place for place, record in enumerate(part)}
    found = {frozenset(names[name] for name in cluster["dialogues"]) for cluster in figures["near_clusters"]}
    assert found == reference.near_clusters(part, 0.8)
    assert len(found) > 20


def test_leaks_are_those_of_the_definition(records: list[Data]) -> None:
    rng = random.Random(8)
    part = records[:120]
    theirs = [
        message["content"]
        for record in rng.sample(records, 60)
        for message in vary(record, rng, 0.05)["messages"]
        if message["role"] == "user"
    ]
    tools = {
        render_tool(tool["function"]): tool["function"]["name"] for r in rng.sample(records, 20) for tool in r["tools"]
    }
    changed = {text.replace(" a ", " some ", 1).replace(" of ", " for "): name for text, name in tools.items()}
    material = Material()
    for line, record in enumerate(part, 1):
        material.add(Sample(line, record, parse_dialogue(record)))
    found = find_leaks(material, [Benchmark("bench.json", changed, tuple(theirs))])
    expected = {
        (record["id"], index): reference.contaminated(message["content"], theirs)
        for record in part
        for index, message in enumerate(record["messages"])
        if message["role"] == "user"
    }
    leaking = {place: share for place, share in expected.items() if share > 0.1}
    assert found["user_messages"] == len(expected)
    assert {(leak["dialogue"], leak["message_index"]): leak["contaminated"] for leak in found["leaking_messages"]} == {
        place: pytest.approx(share, abs=1e-4) for place, share in leaking.items()
    }
    assert 10 < len(leaking) < len(expected)
    own = {render_tool(tool["function"]): tool["function"]["name"] for record in part for tool in record["tools"]}
    shares = {name: reference.contaminated(text, changed) for text, name in own.items()}
    assert {leak["tool"]: leak["contaminated"] for leak in found["leaking_tools"]} == {
        name: pytest.approx(share, abs=1e-4) for name, share in shares.items() if share > 0.1
    }
    assert 5 < len(found["leaking_tools"]) < len(own)


def test_words_agree_with_the_reference(records: list[Data]) -> None:
    texts = [m["content"] or "" for record in records[:200] for m in record["messages"]]
    words = build_words(texts)
    assert words.lengths.tolist() == [len(reference.words(text)) for text in texts]
