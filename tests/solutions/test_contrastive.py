"""Losses of embeddings: where other implementations fail, what the losses have in common, bad input."""

from __future__ import annotations

import math
import re
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest

from solutions import (
    barlow_twins,
    barlow_twins_grad,
    clip,
    clip_grad,
    contrastive,
    contrastive_grad,
    contrastive_hadsell2006,
    contrastive_hadsell2006_grad,
    cosine_embedding,
    cosine_embedding_grad,
    info_nce,
    info_nce_grad,
    info_nce_in_batch,
    info_nce_in_batch_grad,
    nt_xent,
    nt_xent_grad,
    siglip,
    siglip_grad,
    supcon,
    supcon_grad,
    triplet,
    triplet_grad,
    vicreg,
    vicreg_grad,
)

A = np.array([[1.0, 0.5, 0.25], [-0.5, 1.0, 2.0], [0.25, -1.0, 0.5]])
B = np.array([[0.75, 0.25, 0.5], [0.0, 1.0, 1.5], [-0.5, -1.0, 0.125]])
ORIGIN = [[0.0, 0.0]]
QUARTER_TURN = 1 - math.sqrt(0.5)
SWAPPED = np.eye(2)[::-1]
HUGE = math.exp(709.5)
HARD = {"temperature": 0.01}
WRONG: Any = 2


@pytest.mark.parametrize(
    ("function", "inputs", "options", "exact"),
    [
        # ‖a‖² + ‖b‖² - 2ab is 1.3 % off here, and 0 in float32.
        (contrastive, ([[1e4 + 1e-3]], [[1e4]], [1]), {}, 1.0000000004074536264e-6),
        (contrastive, ([[3e-200, 4e-200]], ORIGIN, [0]), {}, 1.0),
        (contrastive, ([[1e308]], [[-1e308]], [0]), {}, 0.0),
        (contrastive, ([[1.2e154], [0.0]] * 2, [[-1.2e154], [0.0]] * 2, [1, 0, 0, 1]), {}, 1.44e308),
        (contrastive_hadsell2006, ([[1.7e154]], [[0.0]], [0]), {"reduction": "none"}, [1.445e308]),
        # An eps in the difference or under the root makes the distance of a and p something else than 0.
        (triplet, (ORIGIN, ORIGIN, [[0.3, 0.4]]), {"margin": 1.0, "squared": False}, 0.5),
        (triplet, (ORIGIN, [[2.0**-30, 0.0]], [[0.5, 0.0]]), {"margin": 0.5, "squared": False}, 2.0**-30),
        (triplet, (ORIGIN, [[1e200, 0.0]], [[0.0, 1e200]]), {"margin": 0.25}, 0.25),
        (triplet, (ORIGIN, [[1e200, 0.0]], [[0.0, 2e200]]), {"margin": 0.25}, 0.0),
        (triplet, (ORIGIN, [[2e200, 0.0]], [[0.0, 1e200]]), {"squared": False}, 1e200),
        (triplet, (ORIGIN, [[3e-310, 0.0]], [[1e-310, 0.0]]), {"margin": 0.0, "squared": False}, 2e-310),
        (triplet, (ORIGIN, [[3e-310, 0.0]], ORIGIN), {"margin": 0.0, "squared": False}, 3e-310),
        (triplet, ([[-1e308]], [[1e308]], [[1e308]]), {"margin": 0.25, "squared": False}, 0.25),
        (triplet, ([[0.0]] * 4, [[2.4e154], [0.0], [0.0], [0.0]], [[0.0]] * 4), {"margin": 0.0}, 1.44e308),
        # The clamped norm of 1e-9 gives 0.94 or 0.994, squares of 1e±200 leave the range.
        (cosine_embedding, ([[1e-9, 0.0]], [[3.0, 4.0]], [1]), {}, 0.4),
        (cosine_embedding, ([[1e-200, 1e-200]], [[1e200, 0.0]], [1]), {}, QUARTER_TURN),
        (cosine_embedding, ([[1e308, 1e308]], [[5e-324, 0.0]], [1]), {}, QUARTER_TURN),
        (cosine_embedding, ([[1.0, 1e-8]], [[1.0, 0.0]], [1]), {}, 5e-17),
        (cosine_embedding, ([[1.0, 1e-9]], [[-3.0, 0.0]], [-1]), {"margin": -1.0}, 5e-19),
        (cosine_embedding, ([[1e-20, 1.0]], [[1.0, 0.0]], [-1]), {}, 1e-20),
        (cosine_embedding, ([[1.0, 1e-5]], [[1.0, 0.0]], [-1]), {"margin": 1 - 2.0**-33},
         2.0**-33 - 5e-11 + 3.75e-21),
        (cosine_embedding, (ORIGIN, [[3.0, 4.0]], [1]), {}, 1.0),
        # exp(2/0.001) overflows, and log(p) of a softmax is log(0).
        (info_nce, ([1.0, 0.0], [-2.0, 0.0], [[3.0, 0.0]]), {"temperature": 0.001}, 2000.0),
        (info_nce, ([1.0, 0.0], [2.0, 0.0], [[-3.0, 0.0]]), HARD, math.exp(-200)),
        (info_nce, ([1.0, 0.0], [1.0, 0.0], [[1.0, 1e-3]]), {"temperature": 1e-3}, 0.692897211997398),
        (info_nce, ([1.0, 0.0], [1.0, 0.0], [[1.0, 1e-8]]), {"temperature": 5e-17}, math.log1p(math.exp(-1))),
        (info_nce, ([1e200], [1e200], [[-1e200]]), {"similarity": "dot"}, 0.0),
        (info_nce, ([1e200], [-1e200], [[1e200]]), {"similarity": "dot"}, math.inf),
        (info_nce, ([1e200], [1e200], [[1e200]]), {"similarity": "dot"}, math.log(2)),
        (info_nce, ([1.0, 0.0], [1.0, 0.0], [[-1.0, 0.0]] * 255), {"temperature": 0.07}, 9.9569519596682e-11),
        (info_nce, ([1.0, 0.0], [1.0, 0.0], [[-1.0, 0.0]] * 255), {"temperature": 1.0}, 3.56982834926012),
        (nt_xent, ([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]],), HARD, 100 + math.log(2)),
        (clip, ([[1.0, 0.0], [0.0, 1.0]], [[0.0, 2.0], [2.0, 0.0]], math.log(100)), {}, 100.0),
        # Each direction of a pair costs exp(709.5) = 1.355e308, and both together are out of range.
        (clip, (SWAPPED, np.eye(2), 709.5), {}, HUGE),
        (siglip, ([[1.0, 0.0]], [[-2.0, 0.0]], math.log(1000), -10.0), {}, 1010.0),
        (siglip, (SWAPPED, np.eye(2), 709.5, 0.0), {}, HUGE),
        (siglip, ([[1.0, 0.0]], [[2.0, 0.0]], math.log(100), 0.0), {}, math.exp(-100)),
        (siglip, ([[1.0, 0.0]], [[0.0, 1.0]], 1000.0, 0.0), {}, math.log(2)),
        (vicreg, ([[1e-200], [-1e-200]], [[1e-200], [-1e-200]]), {"var_eps": 0.0}, 25.0),
        (vicreg, ([[1e308], [-1e308]], [[1e308], [-1e308]]), {}, 0.0),
        (barlow_twins, ([[1e-200], [0.0]], [[3e200], [7e200]]), {}, 4.0),
    ],
)  # fmt: skip
def test_values_where_the_familiar_formula_breaks(
    function: Any, inputs: Any, options: Any, exact: Any
) -> None:
    with np.errstate(all="raise"):  # no flag that NumPy raises on the way may get out
        found = function(*inputs, **options)
    np.testing.assert_allclose(found, exact, rtol=1e-13)


@pytest.mark.parametrize(
    ("function", "inputs", "options", "exact"),
    [
        (contrastive_grad, ([[1.0, 1.0]], [[1.0, 1.0]], [0]), {}, [[[0, 0]], [[0, 0]]]),
        (contrastive_grad, ([[3e-200, 4e-200]], ORIGIN, [0]), {}, [[[-1.2, -1.6]], [[1.2, 1.6]]]),
        (triplet_grad, (ORIGIN, ORIGIN, ORIGIN), {}, [[[0, 0]], [[0, 0]], [[0, 0]]]),
        (triplet_grad, (ORIGIN, [[1e200, 0.0]], [[1e200, 0.0]]), {"squared": False},
         [[[0, 0]], [[1, 0]], [[-1, 0]]]),
        (triplet_grad, (ORIGIN, ORIGIN, [[0.3, 0.4]]), {"margin": 1.0, "squared": False},
         [[[0.6, 0.8]], [[0, 0]], [[-0.6, -0.8]]]),
        # The unit vectors (1, 0) and (1, 1e-9) differ by 5e-19 in the first component.
        (triplet_grad, (ORIGIN, [[1.0, 0.0]], [[1.0, 1e-9]]), {"squared": False},
         [[[-5e-19, 1e-9]], [[1, 0]], [[-1, -1e-9]]]),
        (cosine_embedding_grad, (ORIGIN, [[3.0, 4.0]], [1]), {}, [[[0, 0]], [[0, 0]]]),
        (cosine_embedding_grad, ([[2e-200, 0.0]], [[0.0, 4e200]], [1]), {},
         [[[0, -5e199]], [[-2.5e-201, 0]]]),
        (cosine_embedding_grad, ([[1.0, 0.0]], [[1.0, 1e-9]], [1]), {}, [[[0, -1e-9]], [[-1e-18, 1e-9]]]),
        (cosine_embedding_grad, ([[1.0, 0.0]], [[0.0, 1.0]], [-1]), {}, [[[0, 0]], [[0, 0]]]),
        (info_nce_grad, ([1e200], [-1e200], [[1e200]]), {"similarity": "dot", "temperature": 1.0},
         [[2e200], [-1e200], [[1e200]]]),
        (info_nce_grad, ([0.0, 1.0], [1.0, 0.0], [[-1.0, 0.0]]), {"temperature": 1e-3},
         [[-1000, 0], [0, -500], [[0, 500]]]),
        (clip_grad, (SWAPPED, np.eye(2), 709.5), {},
         [[[-HUGE / 2, 0], [0, -HUGE / 2]], [[0, -HUGE / 2], [-HUGE / 2, 0]], HUGE]),
        (clip_grad, (SWAPPED, np.eye(2), 800.0), {},
         [[[-math.inf, 0], [0, -math.inf]], [[0, -math.inf], [-math.inf, 0]], math.inf]),
        (siglip_grad, (SWAPPED, np.eye(2), 709.5, 0.0), {},
         [[[-HUGE / 4, 0], [0, -HUGE / 4]], [[0, -HUGE / 4], [-HUGE / 4, 0]], HUGE, 0.5]),
        (siglip_grad, (np.eye(2), np.eye(2), 800.0, 0.0), {},
         [[[0, math.inf], [math.inf, 0]], [[0, math.inf], [math.inf, 0]], 0, 0.5]),
        # Without a margin the sign of d² - d² decides, also where both squares underflow.
        (triplet_grad, ([[0.0]], [[2e-200]], [[1e-200]]), {"margin": 0.0},
         [[[-2e-200]], [[4e-200]], [[-2e-200]]]),
        (barlow_twins_grad, ([[0.1], [0.1], [0.1]], [[1.0], [2.0], [4.0]]), {}, [[[0]] * 3, [[0]] * 3]),
        # At a deviation of exactly 1 the hinge is flat.
        (vicreg_grad, ([[0.0], [2**0.5]], [[0.0], [2**0.5]]), {"var_eps": 0.0}, [[[0]] * 2, [[0]] * 2]),
        (vicreg_grad, ([[0.1]] * 3, [[0.1]] * 3), {"var_eps": 0.0}, [[[0]] * 3, [[0]] * 3]),
    ],
)  # fmt: skip
def test_gradients_where_the_familiar_formula_breaks(
    function: Any, inputs: Any, options: Any, exact: Any
) -> None:
    with np.errstate(all="raise"):
        found = function(*inputs, **options)
    for gradient, wanted in zip(found, exact, strict=True):
        np.testing.assert_allclose(gradient, np.asarray(wanted, np.float64), rtol=1e-13)


def test_small_losses_survive_in_float32() -> None:
    one, other = np.array([[1.0, 0.0]], np.float32), np.array([[1.0, 1e-5]], np.float32)
    assert cosine_embedding(one, other, [1]) == pytest.approx(5e-11, rel=1e-6, abs=0)
    views = np.array([[1e-4, 0.0], [-1e-4, 0.0], [1e-4, 0.0], [-1e-4, 0.0]], np.float32)
    found = nt_xent(views, temperature=0.0625)
    assert found.dtype == np.float32
    assert found == pytest.approx(2 * math.exp(-32), rel=1e-6, abs=0)
    assert nt_xent_grad(views, temperature=0.0625).dtype == np.float32


@pytest.mark.parametrize("temperature", [1e-3, 0.07, 1.0, 1e3])
def test_in_batch_loss_is_info_nce_of_each_row(temperature: float) -> None:
    each = info_nce_in_batch(A, B, temperature=temperature, reduction="none")
    for i, found in enumerate(np.asarray(each)):
        single = info_nce(A[i], B[i], np.delete(B, i, axis=0), temperature=temperature)
        assert found == pytest.approx(float(single), rel=1e-12)


def test_clip_averages_both_directions() -> None:
    directions = [info_nce_in_batch(*pair, temperature=0.5) for pair in ((A, B), (B, A))]
    assert directions[0] != pytest.approx(float(directions[1]))
    assert clip(A, B, math.log(2)) == pytest.approx(float(np.mean(directions)), rel=1e-14)
    forth, back = (info_nce_in_batch_grad(*pair, temperature=0.5) for pair in ((A, B), (B, A)))
    np.testing.assert_allclose(clip_grad(A, B, math.log(2))[0], (forth[0] + back[1]) / 2, rtol=1e-12)


def test_two_rows_for_each_label_make_supcon_nt_xent() -> None:
    views = np.concatenate([A, B])
    labels = [7, 3, -1, 7, 3, -1]
    assert supcon(views, labels, temperature=0.2) == nt_xent(views, temperature=0.2)
    np.testing.assert_array_equal(
        supcon_grad(views, labels, temperature=0.2), nt_xent_grad(views, temperature=0.2)
    )


def test_a_perfectly_clustered_class_costs_the_logarithm_of_its_positives() -> None:
    z = [[1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [-1.0, 0.0], [-2.0, 0.0]]
    each = np.asarray(supcon(z, [0, 0, 0, 1, 1], temperature=0.01, reduction="none"))
    np.testing.assert_allclose(each, [math.log(2)] * 3 + [3 * math.exp(-200)] * 2, rtol=1e-12)


def test_supcon_leaves_out_rows_without_a_partner_but_keeps_them_as_negatives() -> None:
    z, labels = np.concatenate([A, B[:1]]), [5, 0, 1, 5]
    each = np.asarray(supcon(z, labels, reduction="none"))
    assert np.flatnonzero(each).tolist() == [0, 3]
    assert supcon(z, labels) == pytest.approx(each.sum() / 2, rel=1e-15)
    assert supcon(z, labels) > supcon(z[[0, 3]], [5, 5]) == 0
    assert np.all(np.any(supcon_grad(z, labels) != 0, axis=1))


def test_at_chance_the_loss_is_the_logarithm_of_the_candidates() -> None:
    same = np.tile([0.3, 0.7], (6, 1))
    assert info_nce(same[0], same[1], same[2:]) == pytest.approx(math.log(5), rel=1e-15)
    assert info_nce_in_batch(same, same) == pytest.approx(math.log(6), rel=1e-15)
    assert nt_xent(same) == pytest.approx(math.log(5), rel=1e-15)
    for gradient in info_nce_grad(same[0], same[1], same[2:]):
        np.testing.assert_array_equal(gradient, np.zeros_like(gradient))


def test_with_one_row_there_is_nothing_to_choose() -> None:
    assert (
        info_nce_in_batch(A[:1], B[:1]) == clip(A[:1], B[:1], 2.0) == nt_xent([[1.0, 0.0], [0.0, 1.0]]) == 0
    )
    assert siglip([[1.0, 0.0]], [[0.0, 1.0]], 0.0, 0.0) == pytest.approx(math.log(2))


def test_siglip_divides_by_rows_and_starts_near_the_diagonal() -> None:
    images, texts = np.eye(4), np.eye(4)[::-1].copy()
    expected = (
        math.log1p(math.exp(10))
        + 3 * math.log1p(math.exp(-10))
        + (math.log1p(math.exp(0)) - math.log1p(math.exp(-10)))
    )
    assert siglip(images, texts, math.log(10), -10.0) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_learned_numbers_get_gradients_of_their_shape(shape: tuple[int, ...]) -> None:
    number = np.full(shape, 0.5)
    assert clip_grad(A, B, number)[2].shape == shape
    assert [gradient.shape for gradient in siglip_grad(A, B, number, number)[2:]] == [shape, shape]


def test_the_bias_learns_where_wrong_answers_cancel() -> None:
    # All four answers are wrong with certainty, two each way: what is left of 1 - 1 are the tails.
    images, texts = [[1.0, 0.0], [-1.0, 0.0]], [[-1.0, 0.0], [1.0, 0.0]]
    at_bias = siglip_grad(images, texts, math.log(40), 1.0, reduction="sum")[3]
    assert at_bias == pytest.approx(2 * (math.exp(-39) - math.exp(-41)), rel=1e-12, abs=0)


def test_the_convention_of_2006_turns_the_labels_round() -> None:
    labels = np.array([1, 0, 0])
    assert contrastive_hadsell2006(A, B, labels, margin=2.0) == pytest.approx(
        float(contrastive(A, B, 1 - labels, margin=2.0)) / 2, rel=1e-15
    )
    for half, whole in zip(
        contrastive_hadsell2006_grad(A, B, labels), contrastive_grad(A, B, 1 - labels), strict=True
    ):
        np.testing.assert_allclose(2 * half, whole, rtol=1e-15)


@pytest.mark.parametrize(
    ("near", "far", "squared", "exact"),
    [(0.8, 0.9, True, 0.03), (0.8, 0.9, False, 0.1), (2.0, 2.1, True, 0.0), (2.0, 2.1, False, 0.1)],
)
def test_squared_and_plain_distances_rank_triplets_differently(
    near: float, far: float, squared: bool, exact: float
) -> None:
    found = triplet(ORIGIN, [[near, 0.0]], [[0.0, far]], margin=0.2, squared=squared)
    assert found == pytest.approx(exact, abs=1e-15)


@pytest.mark.parametrize(
    ("distance", "squared", "exact"),
    [
        # Subtracting the squares of both distances gives 800.7600000000002, 800000.7598, 800000256.2 and 0.2.
        (1e3, True, 800.76),
        (1e6, True, 800000.76),
        (1e9, True, 800000000.76),
        (1e16, True, 8e15),
        (1e3, False, 0.60048013591029446),
        (1e6, False, 0.60000048000013600),
        (1e9, False, 0.60000000048),
        (1e16, False, 0.6),
    ],
)
def test_a_distant_anchor_leaves_triplet_its_digits(distance: float, squared: bool, exact: float) -> None:
    triple = [[distance, 0.0]], [[0.3, 1.0]], [[0.7, 0.2]]
    assert triplet(*triple, margin=0.2, squared=squared) == pytest.approx(exact, rel=4e-16, abs=0)
    # The other way round, the negative is farther by more than the margin.
    swapped = triple[0], triple[2], triple[1]
    assert triplet(*swapped, margin=0.2, squared=squared) == 0
    for gradient in triplet_grad(*swapped, margin=0.2, squared=squared):
        np.testing.assert_array_equal(gradient, [[0.0, 0.0]])


# Subtracting the squares is off by 7e-10, and subtracting the distances by 2e-13.
@pytest.mark.parametrize(("squared", "error"), [(True, 2e-12), (False, 2e-15)])
def test_triplet_agrees_with_long_arithmetic(squared: bool, error: float) -> None:
    generator = np.random.default_rng(7)
    anchors = generator.normal(1e3, 1, (200, 3))
    positives, negatives = generator.normal(size=(2, 200, 3))
    found = np.asarray(triplet(anchors, positives, negatives, squared=squared, reduction="none"))
    slopes = triplet_grad(anchors, positives, negatives, squared=squared, reduction="sum")
    exact = [_excess(*rows, squared=squared) for rows in zip(anchors, positives, negatives, strict=True)]
    assert 20 < np.count_nonzero(found) < 180
    np.testing.assert_array_equal(np.any(slopes[1] != 0, axis=1), np.greater(exact, 0))
    np.testing.assert_allclose(found, np.maximum(exact, 0), rtol=0, atol=error)


def _excess(a: Any, p: Any, n: Any, *, squared: bool) -> float:
    """Return D(a, p) - D(a, n) + 0.2 of one triplet, from 60 decimal digits."""
    with localcontext(prec=60):
        near, far = (
            sum(((Decimal(x) - Decimal(y)) ** 2 for x, y in zip(a, z, strict=True)), Decimal(0))
            for z in (p, n)
        )
        if not squared:
            near, far = near.sqrt(), far.sqrt()
        return float(near - far + Decimal("0.2"))


def test_barlow_twins_is_made_of_pearson_correlations() -> None:
    correlation = np.corrcoef(np.concatenate([A, B], axis=1).T)[:3, 3:]
    others = correlation - np.diag(np.diag(correlation))
    expected = np.sum((1 - np.diag(correlation)) ** 2) + 0.1 * np.sum(others**2)
    assert barlow_twins(A, B, lam=0.1) == pytest.approx(expected, rel=1e-12)
    assert barlow_twins(5 * A + 3, B - 1, lam=0.1) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("constant", [0.0, 0.1, -1e200])
def test_a_constant_feature_correlates_with_nothing(constant: float) -> None:
    collapsed = np.full((7, 2), constant)
    spread = np.arange(14.0).reshape(7, 2) ** 2
    assert barlow_twins(collapsed, spread) == 2.0
    assert vicreg(collapsed, collapsed, var_eps=0.25) == pytest.approx(12.5, rel=1e-15)


def test_vicreg_weighs_three_separate_wishes() -> None:
    parts = [vicreg(A, B, **{"lam": 0.0, "mu": 0.0, "nu": 0.0, name: 1.0}) for name in ("lam", "mu", "nu")]
    assert parts[0] == pytest.approx(np.mean((A - B) ** 2), rel=1e-14)
    deviations = [np.sqrt(np.var(z, axis=0, ddof=1) + 1e-4) for z in (A, B)]
    assert parts[1] == pytest.approx(np.mean([np.maximum(0, 1 - s).mean() for s in deviations]), rel=1e-13)
    assert parts[2] == pytest.approx(
        sum((np.sum(c**2) - np.sum(np.diag(c) ** 2)) / 3 for c in (np.cov(A.T), np.cov(B.T))), rel=1e-13
    )
    assert vicreg(A, B, lam=2.0, mu=3.0, nu=4.0) == pytest.approx(float(np.dot([2, 3, 4], parts)), rel=1e-14)


@pytest.mark.parametrize(
    ("call", "error", "parts"),
    [
        (lambda: contrastive(A, B, [[1], [0], [1]]), ValueError, ["y_true has shape (3, 1)", "row of z1"]),
        (lambda: contrastive(A, B, [1, 2, 0]), ValueError, ["y_true holds 2", "0 and 1 only"]),
        (lambda: contrastive(A, B[:2], [1, 0, 1]), ValueError, ["(3, 3) and z2 has shape (2, 3)"]),
        (lambda: contrastive(A[0], B[0], [1, 0, 1]), ValueError, ["z1 has shape (3,)", "must be (N, d)"]),
        (lambda: contrastive(A, B, [1, 0, 1], margin=-1.0), ValueError, ["margin must be at least 0"]),
        (lambda: contrastive(A.astype(int), B, [1, 0, 1]), TypeError, ["z1 has dtype int64"]),
        (lambda: triplet_grad(A, B, A[:, :2]), ValueError, ["a has shape (3, 3) and n has shape (3, 2)"]),
        (lambda: triplet(A, B, A, squared=WRONG), TypeError, ["squared must be True or False, not 2"]),
        (lambda: cosine_embedding(A, B, [1, 0, 1]), ValueError, ["y_true holds 0", "-1 and +1"]),
        (lambda: cosine_embedding(A, B, [1, 1, 1], margin=1.5), ValueError, ["margin must lie in [-1, 1]"]),
        (lambda: info_nce(A[0], B[0], B[1]), ValueError, ["negatives has shape (3,)"]),
        (lambda: info_nce(A[0], B[0], B[:, :2]), ValueError, ["negatives has shape (3, 2)", "(K - 1, 3)"]),
        (lambda: info_nce(A, B, B), ValueError, ["query has shape (3, 3)", "a single vector"]),
        (lambda: info_nce(A[0], B[0], np.ones((0, 3))), ValueError, ["negatives is empty"]),
        (lambda: info_nce(A[0], B[0], B, similarity=WRONG), ValueError, ["unknown similarity 2", "'dot'"]),
        (lambda: info_nce_in_batch(A, B, temperature=0.0), ValueError, ["temperature", "greater than 0"]),
        (lambda: nt_xent(A), ValueError, ["z has 3 rows", "2N"]),
        (lambda: supcon(A, [0, 1, 2]), ValueError, ["labels holds no label twice"]),
        (lambda: supcon_grad(A, [0.0, 0.0, 1.0]), TypeError, ["labels has dtype float64", "integers"]),
        (lambda: supcon(A, [[0], [0], [1]]), ValueError, ["labels has shape (3, 1)", "row of z"]),
        (lambda: clip(A, B, [1.0, 2.0]), ValueError, ["logit_scale has shape (2,)", "one number"]),
        (lambda: siglip_grad(A, B, 0.0, [1.0, 2.0]), ValueError, ["bias has shape (2,)", "one number"]),
        (lambda: siglip(A, B, 0.0, 0.0, reduction=WRONG), ValueError, ["unknown reduction 2"]),
        (lambda: vicreg(A[:1], B[:1]), ValueError, ["1 row", "at least 2"]),
        (lambda: vicreg_grad(A, B, var_eps=-1e-4), ValueError, ["var_eps must be at least 0"]),
        (lambda: barlow_twins(A, B, lam=-1.0), ValueError, ["lam must be at least 0"]),
    ],
)  # fmt: skip
def test_bad_input_is_named(call: Any, error: type[Exception], parts: list[str]) -> None:
    with pytest.raises(error, match=".*".join(map(re.escape, parts))):
        call()
