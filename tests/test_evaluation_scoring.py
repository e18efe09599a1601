"""The score counts what it says it counts, and tells the same twice."""

import json
from typing import Any

from tests.evaluation_samples import Data, plain, records
from tests.verification_samples import clean
from toolflow_graph.cli.score import render_summary
from toolflow_graph.evaluation.mutations import KINDS, Kind
from toolflow_graph.evaluation.mutations.draft import Draft
from toolflow_graph.evaluation.scoring import score


def _kind(code: str, body: Any, rules: tuple[str, ...] = ("role_order",), level: Any = "structural") -> Kind:
    return Kind(code, level, rules, "For a test.", "test", body)


def _double_the_question(draft: Draft) -> bool:
    draft.insert(2, {"role": "user", "content": "Hello?"})
    return True


def _say_goodbye(draft: Draft) -> bool:
    """A change that is no defect."""
    draft.messages[-1]["content"] += " Have a nice day!"
    return True


CAUGHT = _kind("caught", _double_the_question)
BY_ANOTHER = _kind("by_another", _double_the_question, ("unknown_tool",))
MISSED = _kind("missed", _say_goodbye)
NEVER = _kind("never", lambda draft: False)


def test_counts() -> None:
    found = score([clean()], kinds=[CAUGHT, BY_ANOTHER, MISSED, NEVER])
    numbers = {entry.kind.code: (entry.tried, entry.caught, entry.meant) for entry in found.kinds}
    assert numbers == {"caught": (1, 1, 1), "by_another": (1, 1, 0), "missed": (1, 0, 0), "never": (0, 0, 0)}
    assert {entry.kind.code for entry in found.kinds if entry.fails} == {"by_another", "missed"}
    assert not found.passed
    assert [miss.found for miss in found.kinds[1].misses] == [("role_order",)]
    assert found.kinds[2].misses[0].record["messages"][-1]["content"].endswith("Have a nice day!")


def test_a_semantic_kind_never_fails_a_score() -> None:
    assert score([clean()], kinds=[CAUGHT, _kind("subtle", _say_goodbye, level="semantic"), NEVER]).passed


def test_only_what_is_new_counts() -> None:
    """A dialogue that has the finding already is not caught by it once more."""
    twice: Data = clean()
    twice["messages"].insert(6, {"role": "user", "content": "Any luck?"})
    twice["request_starts"] = [1, 5, 12]
    found = score([twice], kinds=[MISSED, CAUGHT])
    assert [(entry.tried, entry.caught) for entry in found.kinds] == [(1, 0), (1, 1)]
    assert (found.unclean, dict(found.clean_codes)) == (1, {"role_order": 1})
    assert not found.passed


def test_clean_dialogues_must_be_left_in_peace() -> None:
    dirty: Data = clean()
    dirty["messages"][10]["content"] = "  "
    many = [clean() for _ in range(199)]
    assert score([*many, clean()], kinds=[], per_kind=1).passed
    assert not score([*many, dirty], kinds=[], per_kind=1).passed
    assert score([*many, *many, dirty], kinds=[], per_kind=1).passed


def test_the_same_score_twice_and_another_by_seed() -> None:
    kinds = [KINDS[code] for code in ("id_from_nowhere", "result_dropped", "stop_mark", "wrong_item")]
    first, again, other = (score(records(), seed=seed, per_kind=8, kinds=kinds).to_json() for seed in (3, 3, 4))
    assert first == again
    assert [kind["tried"] for kind in first["kinds"]] == [kind["tried"] for kind in other["kinds"]]
    assert json.loads(json.dumps(first)) == first


def test_every_mutant_is_of_another_dialogue_and_all_are_used() -> None:
    seen: dict[str, list[str]] = {"a": [], "b": []}

    def note(code: str) -> Any:
        def body(draft: Draft) -> bool:
            seen[code].append(str(draft.data["id"]))
            return _say_goodbye(draft)

        return body

    found = score(records(), per_kind=30, kinds=[_kind("a", note("a")), _kind("b", note("b"))])
    assert [entry.tried for entry in found.kinds] == [30, 30]
    assert all(len(set(ids)) == 30 for ids in seen.values())
    assert len(set(seen["a"] + seen["b"])) > 45
    everything = score(records(), per_kind=1000, kinds=[MISSED])
    assert everything.kinds[0].tried == len(records())


def test_dialogues_of_others_are_scored_too() -> None:
    codes = ("result_dropped", "tool_made_up", "stop_mark", "cut_short", "result_field_dropped")
    found = score([plain(clean())], kinds=[KINDS[code] for code in codes])
    tried = {entry.kind.code: entry.tried for entry in found.kinds}
    assert tried == {"result_dropped": 1, "tool_made_up": 1, "stop_mark": 1, "cut_short": 0, "result_field_dropped": 1}
    assert all(entry.meant == entry.tried for entry in found.kinds)


def test_progress_is_told_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    score(records(), per_kind=1, kinds=[MISSED, NEVER], tell=lambda done, of: told.append((done, of)))
    assert told
    assert all(0 < done <= of for done, of in told)


def test_the_summary_names_what_was_missed() -> None:
    lines = "\n".join(render_summary(score([clean()], kinds=[CAUGHT, BY_ANOTHER, NEVER])))
    assert "1 of 2 structural kinds found at 99 % or more" in lines
    assert "by_another: unknown_tool missed 1, as in sample" in lines
    assert "without a place to break: never" in lines
    assert "clean dialogues with an error: 0 of 1 (0.00 %)" in lines
