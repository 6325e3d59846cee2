"""Ranking losses: worked examples, ties between them, and scores far apart."""

import itertools
import math

import numpy as np
import pytest

from solutions import (
    listmle,
    listmle_grad,
    listnet,
    listnet_grad,
    margin_ranking,
    margin_ranking_grad,
    pairwise_logistic,
    pairwise_logistic_grad,
)


def test_margin_ranking_rests_at_its_kink() -> None:
    assert margin_ranking([1.5], [1.0], [1], margin=0.5) == 0
    for gradient in margin_ranking_grad([1.5], [1.0], [1], margin=0.5):
        np.testing.assert_array_equal(gradient, [0.0])


def test_margin_ranking_accepts_one_score_for_all_without_a_margin() -> None:
    assert margin_ranking([2.0, 2.0], [2.0, 2.0], [1, -1]) == 0
    assert margin_ranking([2.0, 2.0], [2.0, 2.0], [1, -1], margin=0.25) == 0.25


def test_margin_ranking_near_the_top_of_the_range() -> None:
    assert margin_ranking([-1e308, 0.0], [1e308, 0.0], [1, 1]) == pytest.approx(1e308, rel=1e-15, abs=0)
    loss = margin_ranking([-7e307, 0.0], [7e307, 0.0], [1, 1], margin=2e307)
    assert loss == pytest.approx(9e307, rel=1e-15, abs=0)


def test_integer_labels_leave_float32_as_it_is() -> None:
    scores = np.array([1.0, 2.0], np.float32)
    assert margin_ranking(scores, scores, [1, -1], margin=0.5).dtype == np.float32
    assert margin_ranking(scores, scores, np.array([1.0, -1.0]), margin=0.5).dtype == np.float64


def test_bad_arguments_of_margin_ranking() -> None:
    with pytest.raises(ValueError, match="margin must be at least 0, not -1"):
        margin_ranking([1.0], [0.0], [1], margin=-1)
    with pytest.raises(ValueError, match="y_true holds 0, but must hold -1 and"):
        margin_ranking([1.0], [0.0], [0])
    with pytest.raises(ValueError, match=r"s1 has shape \(2,\) and s2 has shape \(2, 1\)"):
        margin_ranking([1.0, 2.0], [[1.0], [2.0]], [1, 1])
    with pytest.raises(ValueError, match=r"s1 has shape \(2,\) and y_true has shape \(1,\)"):
        margin_ranking([1.0, 2.0], [1.0, 2.0], [1])


@pytest.mark.parametrize(
    ("lead", "value", "slope"),
    [
        (40.0, 4.2483542552915889863e-18, -4.2483542552915889773e-18),  # 0 as -log(sigmoid)
        (100.0, 3.720075976020835963e-44, -3.720075976020835963e-44),
        (-1000.0, 1000.0, -1.0),  # inf, with a NaN slope, in PyTorch's soft margin loss
        (np.inf, 0.0, 0.0),
    ],
)
def test_pairwise_logistic_of_large_leads(lead: float, value: float, slope: float) -> None:
    assert pairwise_logistic([lead], [0.0]) == pytest.approx(value, rel=1e-14, abs=0)
    winner, loser = pairwise_logistic_grad([lead], [0.0])
    np.testing.assert_allclose(winner, [slope], rtol=1e-14)
    np.testing.assert_array_equal(loser, -winner)


def test_listmle_of_two_items_is_the_pairwise_loss() -> None:
    assert listmle([1.0, 0.25]) == pytest.approx(float(pairwise_logistic([1.0], [0.25])), rel=1e-15, abs=0)


def test_listmle_is_a_distribution_over_rankings() -> None:
    scores = np.array([0.5, 2.0, -1.0, 0.0])
    total = sum(math.exp(-float(listmle(scores[list(order)]))) for order in itertools.permutations(range(4)))
    assert total == pytest.approx(1, rel=1e-14, abs=0)


def test_listmle_of_a_list_that_is_plainly_in_order() -> None:
    # Two places, each with the odds e⁻⁵⁰ against its item: 0 as log-sum-exp minus score.
    assert listmle([100.0, 50.0, 0.0]) == pytest.approx(2 * math.exp(-50), rel=1e-14, abs=0)
    first, second, third = listmle_grad([100.0, 50.0, 0.0])
    assert -first == third == pytest.approx(math.exp(-50), rel=1e-14, abs=0)
    assert abs(second) < 1e-30


def test_listmle_far_from_0() -> None:
    assert listmle([1e4, 0.0, 0.0]) == pytest.approx(math.log(2), rel=1e-15, abs=0)
    np.testing.assert_array_equal(listmle_grad([-1e300, 0.0, 1e300]), [-1.0, -1.0, 2.0])
    assert listmle([1.0, 0.0, -np.inf]) == pytest.approx(float(listmle([1.0, 0.0])), rel=1e-15, abs=0)
    assert listmle([3.0]) == 0


def test_listnet_of_nearly_equal_lists_keeps_the_digits_of_its_gradient() -> None:
    gradient = listnet_grad([1e-12, 0.0], [0.0, 0.0])
    np.testing.assert_allclose(gradient, [2.5e-13, -2.5e-13], rtol=1e-13)


def test_listnet_is_least_at_the_relevances() -> None:
    relevance = np.array([3.0, 1.0, 0.0])
    entropy = float(listnet(relevance, relevance))
    assert entropy < min(float(listnet(relevance + step, relevance)) for step in np.eye(3))
    np.testing.assert_array_equal(listnet_grad(relevance + 5, relevance), np.zeros(3))


def test_items_that_are_taken_out() -> None:
    short = float(listnet([1.0, 0.0], [2.0, 1.0]))
    assert listnet([1.0, 0.0, -np.inf], [2.0, 1.0, -np.inf]) == pytest.approx(short, rel=1e-15, abs=0)


def test_lists_need_an_axis() -> None:
    with pytest.raises(ValueError, match="scores is a single number: a list has one score for each item"):
        listmle(1.0)
    with pytest.raises(ValueError, match=r"scores has shape \(2,\) and relevance has shape \(2, 1\)"):
        listnet([1.0, 2.0], [[1.0], [2.0]])
