"""Kappa and correlation against values that were computed by hand."""

import math
import statistics

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from toolflow_graph.errors import ParseError
from toolflow_graph.judging.calibration import (
    calibrate,
    cohen_kappa,
    parse_labels,
    pearson,
    render_agreement,
    weighted_kappa,
)

SCORES = st.integers(1, 5)
PAIRS = st.lists(st.tuples(SCORES, SCORES), min_size=1, max_size=40)


def split(pairs: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    return [one for one, _ in pairs], [other for _, other in pairs]


def test_kappa_of_a_table() -> None:
    """20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: p_o 0.7, p_e 0.5 * 0.6 + 0.5 * 0.4 = 0.5, kappa 0.2 / 0.5."""
    pairs = [(1, 1)] * 20 + [(1, 2)] * 5 + [(2, 1)] * 10 + [(2, 2)] * 15
    assert cohen_kappa(*split(pairs)) == pytest.approx(0.4)
    # With two categories the weights are the same.
    assert weighted_kappa(*split(pairs)) == pytest.approx(0.4)


def test_weighted_kappa_of_four_pairs() -> None:
    """Human 1 2 3 5, judge 1 3 3 4.

    Squared distances 0 + 1 + 0 + 1 = 2, mean 0.5. By chance, the mean over all 16 pairs: from 1: 0 + 4 + 4 + 9 = 17,
    from 2: 1 + 1 + 1 + 4 = 7, from 3: 4 + 0 + 0 + 1 = 5, from 5: 16 + 4 + 4 + 1 = 25; 54 / 16 = 3.375.
    1 - 0.5 / 3.375 = 0.85185. Unweighted: p_o 2 / 4; p_e = 1 * 1 + 1 * 2 (of 16) = 3 / 16; (8 - 3) / 13.
    """
    human, judge = [1, 2, 3, 5], [1, 3, 3, 4]
    assert weighted_kappa(human, judge) == pytest.approx(1 - 0.5 / 3.375)
    assert cohen_kappa(human, judge) == pytest.approx(5 / 13)


def test_pearson_of_four_pairs() -> None:
    """Means 2.75, 2.75; products (-1.75)^2 + (-.75)(.25) + (.25)^2 + (2.25)(1.25) = 5.75; squares 8.75 and 4.75."""
    assert pearson([1, 2, 3, 5], [1, 3, 3, 4]) == pytest.approx(5.75 / math.sqrt(8.75 * 4.75))


def test_where_nothing_can_be_measured() -> None:
    assert cohen_kappa([], []) is None
    assert cohen_kappa([3, 3], [3, 3]) is None
    assert weighted_kappa([3], [3]) is None
    assert cohen_kappa([3, 3], [3, 4]) == 0
    assert pearson([3, 3, 3], [1, 2, 3]) is None
    assert pearson([1], [2]) is None
    with pytest.raises(ValueError, match="beside"):
        cohen_kappa([1], [1, 2])


@given(PAIRS)
def test_kappa_is_symmetric_and_at_most_1(pairs: list[tuple[int, int]]) -> None:
    one, other = split(pairs)
    for measure in (cohen_kappa, weighted_kappa):
        value = measure(one, other)
        assert value == measure(other, one)
        assert value is None or value <= 1
        if len(set(one)) > 1:
            assert measure(one, one) == 1
            assert value is not None


@given(PAIRS)
def test_pearson_is_that_of_the_standard_library(pairs: list[tuple[int, int]]) -> None:
    one, other = split(pairs)
    assume(len(set(one)) > 1 and len(set(other)) > 1)
    assert pearson(one, other) == pytest.approx(statistics.correlation(one, other), abs=1e-9)


def test_criteria_are_measured_apart_and_undefined_is_said() -> None:
    found = calibrate([({"nat": 1, "acc": 3}, {"nat": 1, "acc": 3}), ({"nat": 5}, {"nat": 4.5, "help": 2})])
    assert list(found) == ["nat", "acc"]
    assert (found["nat"].n, found["nat"].kappa, found["nat"].exact) == (2, 1, 1.0)
    assert (found["acc"].n, found["acc"].pearson) == (1, None)
    table = render_agreement(found)
    assert "nan" not in table.casefold().replace("nat", "")
    assert table.splitlines()[2].split()[:5] == ["acc", "1", "undefined", "undefined", "undefined"]


def test_labels_are_read_from_both_forms() -> None:
    assert parse_labels({"id": "x", "human": {"nat": 4}, "judge": {"nat": 3}}) == ({"nat": 4.0}, {"nat": 3.0})
    record = {"messages": [], "human": {"acc": 5}, "judgement": {"scores": {"acc": 4.5}}}
    assert parse_labels(record) == ({"acc": 5.0}, {"acc": 4.5})


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([], "expected an object"),
        ({"human": {"nat": 4}}, '"judge"'),
        ({"judge": {"nat": 4}}, '"human"'),
        ({"human": {"nat": 0}, "judge": {}}, "no score"),
        ({"human": {"nat": True}, "judge": {}}, "no score"),
        ({"human": {"style": 3}, "judge": {}}, "style"),
    ],
)
def test_labels_that_cannot_be_read(data: object, says: str) -> None:
    with pytest.raises(ParseError, match=says):
        parse_labels(data)
