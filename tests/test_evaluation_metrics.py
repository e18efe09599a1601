"""The metrics against values worked out by hand, and properties that any right implementation has."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import evaluation_reference as reference
from tests.verification_samples import brings, calls, clean, says, user
from toolflow_graph.evaluation.metrics.behaviours import see_behaviours
from toolflow_graph.evaluation.metrics.coherence import TurnPair, average, draw, measure_cosines, pair_turns
from toolflow_graph.evaluation.metrics.diversity import count_ngrams, cut_words, measure_distinct, measure_entropy
from toolflow_graph.evaluation.metrics.duplicates import build_signatures, find_duplicates, measure_jaccard, shingle
from toolflow_graph.evaluation.metrics.ngrams import hash_ngrams, inside_texts, pack_ngrams
from toolflow_graph.evaluation.metrics.overlap import contaminated_shares, find_nearest, mark_contaminated
from toolflow_graph.evaluation.metrics.scores import average_scores
from toolflow_graph.evaluation.metrics.sizes import Sizes
from toolflow_graph.evaluation.metrics.sources import SourceMix
from toolflow_graph.evaluation.metrics.tokenizers import WORDS_AND_MARKS
from toolflow_graph.evaluation.metrics.toolset import ToolCoverage
from toolflow_graph.evaluation.metrics.words import (
    Words,
    WordsBuilder,
    build_words,
    new_vocabulary,
    split_words,
)
from toolflow_graph.randomness import derive_rng
from toolflow_graph.verification import parse_dialogue

TEXTS = st.lists(st.lists(st.sampled_from("abcde"), max_size=14).map(" ".join), max_size=8)


def test_words_and_tokens() -> None:
    assert split_words("Don't book FL-48213, it’s 129.50 EUR!") == [
        "don't",
        "book",
        "fl",
        "48213",
        "it's",
        "129",
        "50",
        "eur",
    ]
    assert split_words("東京へ go_now") == ["東", "京", "へ", "go_now"]
    assert split_words("  ...  ") == []
    assert WORDS_AND_MARKS.count('{"city": "Porto"}') == 9  # { " city " : " Porto " }
    assert WORDS_AND_MARKS.count("東京 a_b") == 3
    assert WORDS_AND_MARKS.count("") == 0


def test_entropy_by_hand() -> None:
    assert measure_entropy(build_words(["a b c d"])) == 2.0
    assert measure_entropy(build_words(["a a a a"])) == 0.0
    # 1/2, 1/4, 1/4: 0.5 * 1 + 2 * 0.25 * 2
    assert measure_entropy(build_words(["a b", "a c"])) == 1.5
    assert measure_entropy(build_words([])) is None


def test_distinct_by_hand() -> None:
    # "a b c", "b c a", "c a b", "a b c": three of four.
    assert measure_distinct(build_words(["a b c a b c"])) == 0.75
    # No 3-gram crosses from one text to the next.
    assert count_ngrams(build_words(["a b", "c d e"]), 3) == (1, 1)
    assert measure_distinct(build_words(["a b", ""])) is None
    assert measure_distinct(build_words(["a b a"]), size=1) == pytest.approx(2 / 3)


@given(TEXTS, st.integers(1, 12))
def test_diversity_is_what_the_definition_says(texts: list[str], size: int) -> None:
    words = build_words(texts)
    split = [reference.words(text) for text in texts]
    grams = [gram for text in split for gram in reference.ngrams(text, size)]
    assert count_ngrams(words, size) == (len(set(grams)), len(grams))
    found = measure_entropy(words)
    assert (found is None) == (not any(split))
    if found is not None:
        kinds = len({word for text in split for word in text})
        assert found == pytest.approx(reference.entropy(split))
        assert 0 <= found <= math.log2(kinds) + 1e-9


@given(TEXTS, st.integers(1, 12))
def test_keys_stay_exact_where_numbers_do_not_fit_into_one(texts: list[str], size: int) -> None:
    """With words numbered up to two thousand million, two fill a key and the rest is numbered afresh."""
    words = build_words(texts)
    wide = Words(words.ids * 400_000_000, words.starts, words.owners, 2_000_000_001)
    inside = inside_texts(words, size)
    for keys in (pack_ngrams(words, size), pack_ngrams(wide, size), hash_ngrams(words, size)[inside]):
        grams = [gram for text in texts for gram in reference.ngrams(text.split(), size)]
        assert len(keys) == len(grams)
        assert Counter(Counter(keys.tolist()).values()) == Counter(Counter(grams).values())


@given(TEXTS, st.integers(0, 60), st.integers(0, 3))
def test_a_cut_is_a_part_of_exactly_that_size(texts: list[str], count: int, seed: int) -> None:
    builder = WordsBuilder()
    for number, text in enumerate(texts):
        builder.add(text, number // 2)
    words = builder.build()
    cut = cut_words(words, count, seed=seed)
    assert len(cut.ids) == min(count, len(words.ids)) == cut.starts[-1]
    assert cut.ids.tolist() == cut_words(words, count, seed=seed).ids.tolist()
    whole, part = Counter(_texts(words)), _texts(cut)
    # All texts are whole ones of the set but the last, which begins like one.
    assert not Counter(part[:-1]) - whole
    assert not part or any(text[: len(part[-1])] == part[-1] for text in whole)


def _texts(words: Words) -> list[tuple[int, ...]]:
    return [tuple(words.ids[start:end].tolist()) for start, end in itertools.pairwise(words.starts)]


def test_another_seed_cuts_another_part() -> None:
    words = build_words([f"w{number} v{number}" for number in range(50)])
    assert cut_words(words, 10, seed=1).ids.tolist() != cut_words(words, 10, seed=2).ids.tolist()


def test_turns_are_paired() -> None:
    transcript = parse_dialogue(clean())
    pairs = pair_turns(transcript)
    assert len(pairs) == 3
    assert pairs[0] == TurnPair(
        "I'm looking for an economy flight from Berlin to Lisbon next Friday. "
        "There are two on Friday, 13 March: FL-48213 for 129.50 EUR and FL-48377 for 171 EUR.",
        "Book the cheaper one for me, please.",
    )
    assert pairs[1].premise == "Book the cheaper one for me, please. Gladly. Under which name should I book the seat?"
    silent = parse_dialogue({"messages": [user("Hi."), user(""), user("Bye."), says("Bye.")]})
    assert pair_turns(silent) == []
    assert pair_turns(parse_dialogue({"messages": [says("Hello?"), user("Hi.")]})) == []


def test_means_and_draws() -> None:
    assert average([]) is None
    mean = average([0.0, 1.0, 1.0, 0.0])
    assert mean is not None
    assert mean.value == 0.5
    assert mean.error == pytest.approx(math.sqrt(1 / 3) / 2)
    assert mean.scaled(100).value == 50
    left = np.array([[1, 0], [0.6, 0.8]], np.float32)
    assert measure_cosines(left, np.array([[0, 1], [0.8, 0.6]], np.float32)).tolist() == pytest.approx([0, 0.96])
    drawn = draw(range(100), 10, derive_rng(1))
    assert drawn == sorted(set(drawn)) == draw(range(100), 10, derive_rng(1))
    assert drawn != draw(range(100), 10, derive_rng(2))
    assert draw("abc", None, derive_rng(1)) == draw("abc", 3, derive_rng(1)) == ["a", "b", "c"]


def test_sizes_of_the_sample() -> None:
    sizes = Sizes()
    sizes.add(parse_dialogue(clean()))
    found = sizes.to_json()
    assert (found["dialogues"], found["messages"]) == (1, 16)
    assert (found["turns"], found["turns_with_calls"], found["calls"], found["failed_calls"]) == (4, 3, 4, 0)
    assert found["tokens"] == reference.sizes([clean()])["tokens"]
    failing = parse_dialogue(
        {"messages": [user("Go."), calls(("1", "go", {"to": "A"})), brings("1", {"error": {"message": "no"}})]}
    )
    sizes.add(failing)
    assert sizes.failed_calls == 1
    assert dict(sizes.tokens)["user"] > 2


def test_duplicates_by_hand() -> None:
    base = [f"w{number}" for number in range(100)]
    late = [*base[:97], "x", "y", "z"]  # 93 of 99 shingles shared: 93 / 99 = 0.939
    other = [*base[:80], *(f"q{number}" for number in range(20))]  # 76 shared of 116: 0.655
    texts = [" ".join(base), " ".join(late), " ".join(other), "Short one.", "short, ONE", "", " ".join(base).upper()]
    words = build_words(texts)
    assert measure_jaccard(shingle(words, 0), shingle(words, 1)) == pytest.approx(93 / 99)
    assert measure_jaccard(shingle(words, 0), shingle(words, 2)) == pytest.approx(76 / 116)
    found = find_duplicates(words)
    assert found.exact == ((0, 6), (3, 4))
    assert [cluster.members for cluster in found.near] == [(0, 1)]
    assert found.near[0].similarity == pytest.approx(93 / 99)
    assert (found.exact_extra, found.near_extra) == (2, 1)
    assert find_duplicates(build_words([])).near == ()


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=40).map(" ".join), max_size=10), st.integers(0, 9))
def test_duplicates_are_those_of_all_pairs(texts: list[str], changed: int) -> None:
    # One of them once more with another last word: near, where it is long.
    texts = [*texts, f"{texts[changed % len(texts)][:-1]}z"] if texts else []
    records = [{"messages": [user(text)]} for text in texts]
    found = find_duplicates(build_words(texts))
    said = [tuple(reference.words(text)) for text in texts]
    assert found.exact_extra == len([text for text in said if text]) - len({text for text in said if text})
    assert {frozenset(cluster.members) for cluster in found.near} == reference.near_clusters(records, 0.8)


@given(st.sets(st.integers(0, 400), min_size=1), st.sets(st.integers(0, 400), min_size=1))
def test_minhash_estimates_jaccard(left: set[int], right: set[int]) -> None:
    sets = [np.array(sorted(each), np.uint64) for each in (left, right)]
    signatures = build_signatures(sets)
    estimate = float((signatures[0] == signatures[1]).mean())
    exact = len(left & right) / len(left | right)
    assert measure_jaccard(*sets) == pytest.approx(exact)
    # Six standard deviations of 128 draws, and a draw.
    assert abs(estimate - exact) <= 6 * math.sqrt(max(exact * (1 - exact), 0.01) / 128) + 1 / 128


def test_minhash_is_unbiased() -> None:
    """Over many pairs at 0.8 the mean estimate is 0.8, and no pair is missed."""
    rng = np.random.default_rng(5)
    sets = []
    for _ in range(200):
        both = rng.integers(0, 2**63, 1000, dtype=np.uint64)
        sets += [np.unique(both[:900]), np.unique(both[100:])]
    signatures = build_signatures(sets)
    estimates = (signatures[::2] == signatures[1::2]).mean(axis=1)
    assert float(estimates.mean()) == pytest.approx(0.8, abs=0.01)


def test_overlap_by_hand() -> None:
    shared = " ".join(f"w{number}" for number in range(11))
    vocabulary = new_vocabulary()
    own = build_words([f"x {shared} y", f"x {shared[:-1]}q y", shared, "", "short"], vocabulary)
    theirs = build_words([f"a b {shared} c d"], vocabulary)
    assert contaminated_shares(own, theirs).tolist() == pytest.approx([11 / 13, 0, 1, 0, 0])
    assert mark_contaminated(own, theirs).tolist()[:13] == [False, *[True] * 11, False]
    # What lies across two texts of the benchmark is not in it.
    split = build_words([shared[: len(shared) // 2], shared[len(shared) // 2 :]], vocabulary)
    assert not contaminated_shares(own, split).any()


@given(TEXTS, TEXTS, st.integers(1, 6))
def test_overlap_is_what_the_definition_says(own: list[str], theirs: list[str], size: int) -> None:
    vocabulary = new_vocabulary()
    found = contaminated_shares(build_words(own, vocabulary), build_words(theirs, vocabulary), size)
    assert found.tolist() == pytest.approx([reference.contaminated(text, theirs, size) for text in own])


def test_nearest_rows() -> None:
    own = np.array([[1, 0], [0.6, 0.8], [0, -1]], np.float32)
    found = find_nearest(own, np.array([[0, 1], [0.8, 0.6]], np.float32), block=2)
    assert found.places.tolist() == [1, 1, 1]
    assert found.cosines.tolist() == pytest.approx([0.8, 0.96, -0.6])


def test_scores_are_averaged_where_there_are_some() -> None:
    judged = {
        "scores": {"nat": 4, "coh": 5, "help": 3, "acc": 4},
        "by": {"m1": {}, "m2": {}},
        "agreement": 0.5,
        "turns": [{"message_index": 2, "good": True}, {"message_index": 4, "good": False}],
    }
    half = {"scores": {"nat": 3, "coh": None, "help": True}, "agreement": None}
    found = average_scores([judged, None, half, "good"])
    assert found is not None
    assert found["dialogues"] == 2
    assert found["scores"] == {"nat": 3.5, "coh": 5, "help": 3, "acc": 4}
    assert found["errors"]["nat"] == 0.5
    assert (found["agreement"], found["turns"], found["bad_turns"], found["models"]) == (0.5, 2, 1, ["m1", "m2"])
    assert average_scores([None, "good"]) is None


def test_behaviours_that_messages_show() -> None:
    plain = {key: clean()[key] for key in ("messages", "tools")}
    assert see_behaviours(parse_dialogue(plain)) == {"single", "chained", "parallel", "nested", "clarification"}
    failing = [
        user("Weather in Oslo?"),
        calls(("1", "get_weather", {"city": "Oslo"})),
        brings("1", {"error": {"code": "rate_limit", "message": "later"}}),
        calls(("2", "get_weather", {"city": "Oslo"})),
        brings("2", {"high": 3}),
        says("3 degrees."),
    ]
    assert see_behaviours(parse_dialogue({"messages": failing})) == {"single", "error_recovery"}
    assert see_behaviours(parse_dialogue({"messages": failing[:3]})) == set()
    assert see_behaviours(parse_dialogue({"messages": [user("Hi."), says("Hello?")]})) == set()


def test_sources_and_tools() -> None:
    mix = SourceMix()
    plain = {key: clean()[key] for key in ("messages", "tools")}
    mix.add(plain, parse_dialogue(plain))
    written = {**clean(), "provenance": [{"call": "call_1", "path": "origin", "kind": "user", "message_index": 1}]}
    mix.add(written, parse_dialogue(written))
    found = mix.to_json()
    assert (found["from_records"], found["computed"]) == (1, 1)
    # The sample's eleven arguments, and the one that the record tells of.
    assert found["values"] == 12
    assert found["kinds"]["result"] >= 1
    assert found["grounded"] > 0.8
    tools = ToolCoverage()
    tools.add(parse_dialogue({**plain, "tools": [*plain["tools"], {"name": "idle"}]}))
    tools.add(parse_dialogue({"messages": [user("Go."), calls(("1", "ghost", {}))]}))
    coverage = tools.to_json()
    assert (coverage["offered"], coverage["used"], coverage["coverage"]) == (5, 4, 0.8)
    assert coverage["called_but_not_offered"] == ["ghost"]
    assert coverage["least_used"][0] == ["idle", 0]
    assert ["idle", 0] not in coverage["most_used"]
    assert coverage["dialogues_without_tools"] == 1
