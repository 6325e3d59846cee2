"""The multi-class losses where others fail: confident rows, masks, offsets, ties, limits and bad input."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from solutions import LOSSES
from solutions import multiclass as m
from solutions import multiclass_links as links
from solutions import multiclass_margin as margin
from solutions import multiclass_robust as robust
from solutions import multiclass_scores as scores
from solutions import multiclass_weighted as weighted

INF = np.inf
LABELLED = [
    loss
    for loss in LOSSES.values()
    if loss.value.__module__.startswith("solutions.multiclass")
    and loss.name not in ("soft_cross_entropy", "ordinal_logit")
]
each_labelled_loss = pytest.mark.parametrize("loss", LABELLED, ids=lambda loss: loss.name)
LOGITS = np.array([[2.0, 1.0, 0.1], [0.5, -1.0, 3.0], [0.0, 0.0, 0.0]])
LABELS = np.array([1, 0, 2])


def exactly(value: Any) -> Any:
    return pytest.approx(value, rel=1e-14, abs=0)


@pytest.mark.parametrize(
    ("logits", "label", "loss", "slope_at_label"),
    [
        ([40.0, 0.0, 0.0], 0, 8.496708510583178e-18, -8.496708510583178e-18),
        ([50.0, 0.0], 0, 1.9287498479639178e-22, -1.9287498479639178e-22),
        ([20.0, 0.0, 0.0], 0, 4.122307236380407e-09, -4.122307227883698e-09),
        ([1000.0, 0.0, -1000.0], 2, 2000.0, -1.0),
        ([1e10, 1e10 - 1], 0, 0.31326168751822286, -0.2689414213699951),
        ([1e15, 1e15 - 1], 1, 1.3132616875182228, -0.7310585786300049),
        ([1e300, 0.0], 1, 1e300, -1.0),
        ([-INF, 0.0, 1.0], 2, 0.31326168751822286, -0.2689414213699951),
        ([INF, 0.0], 0, 0.0, 0.0),
        ([INF, 0.0], 1, INF, -1.0),
        ([3.0], 0, 0.0, 0.0),
    ],
)
def test_cross_entropy_keeps_its_digits(
    logits: list[float], label: int, loss: float, slope_at_label: float
) -> None:
    assert m.cross_entropy([logits], [label]) == exactly(loss)
    assert m.cross_entropy_grad([logits], [label])[0, label] == exactly(slope_at_label)


@pytest.mark.parametrize(
    ("logits", "label", "slopes"),
    [
        ([INF, 0.0, 1.0], 1, [1.0, -1.0, 0.0]),
        ([INF, INF, 1.0], 1, [0.5, -0.5, 0.0]),
        ([-INF, 0.0, -INF], 1, [0.0, 0.0, 0.0]),
        ([-INF, 0.0, -INF], 0, [-1.0, 1.0, 0.0]),
    ],
)
def test_infinite_logits_have_limits(logits: list[float], label: int, slopes: list[float]) -> None:
    np.testing.assert_array_equal(m.cross_entropy_grad([logits], [label]), [slopes])


@pytest.mark.parametrize(
    ("loss", "logits", "labels", "value"),
    [
        (m.cross_entropy, [[1.7e308, -1.7e308], [0.0, 0.0]], [1, 0], 1.7e308),
        (m.cross_entropy, [[1.7e308, -1.7e308]], [1], INF),
        (m.cross_entropy, [[0.0, -INF], [0.0, 0.0]], [1, 0], INF),
        (m.soft_cross_entropy, [[1.7e308, -1.7e308]], [[0.75, 0.25]], 8.5e307),
        (m.soft_cross_entropy, [[1.7e308, -1.7e308, -INF]], [[0.75, 0.25, 0.0]], 8.5e307),
        (m.label_smoothing_ce, [[1.7e308, -1.7e308, 0.0]], [0], 1.7e307),
        (m.label_smoothing_ce, [[-1.7e308, 1.7e308]], [0], INF),
        (robust.symmetric_ce, [[1.7e308, -1.7e308, 0.0]], [1], 3.4e307),
        (robust.symmetric_ce, [[0.0, -INF]], [1], INF),
    ],
)
def test_losses_overflow_only_where_they_must(loss: Any, logits: Any, labels: Any, value: float) -> None:
    assert loss(logits, labels) == exactly(value)


def test_float32_logits_with_an_offset_keep_their_digits() -> None:
    logits = np.array([[1e6, 1e6 - 0.5]], np.float32)
    assert m.cross_entropy(logits, [0]) == np.float32(0.4740769841801067)


def test_soft_targets_ignore_masked_classes_without_share() -> None:
    logits, target = [[-INF, 1.0, 2.0]], [[0.0, 0.25, 0.75]]
    assert m.soft_cross_entropy(logits, target) == exactly(0.5632616875182228)
    np.testing.assert_allclose(
        m.soft_cross_entropy_grad(logits, target), [[0, 0.0189414213699951, -0.0189414213699951]], rtol=1e-13
    )
    assert m.soft_cross_entropy(logits, [[0.5, 0.0, 0.5]]) == INF


def test_one_hot_targets_are_labels() -> None:
    one_hot = np.eye(3)[LABELS]
    assert m.soft_cross_entropy(LOGITS, one_hot) == exactly(m.cross_entropy(LOGITS, LABELS))
    confident = m.soft_cross_entropy_grad([[40.0, 0.0]], [[1.0, 0.0]])
    np.testing.assert_allclose(confident, [[-4.248354255291589e-18, 4.248354255291589e-18]], rtol=1e-14)


def test_smoothing_a_masked_class_costs_infinitely_much() -> None:
    masked = [[1.0, -INF, 0.5]]
    assert m.label_smoothing_ce(masked, [0], smoothing=0.1) == INF
    assert m.label_smoothing_ce(masked, [0], smoothing=0.0) == m.cross_entropy(masked, [0])
    assert m.label_smoothing_ce([[1000.0, 0.0, -1000.0]], [0]) == exactly(100.00000000000001)


def test_smoothing_is_at_rest_at_its_best_logits() -> None:
    best = np.log((1 - 0.1 + 0.1 / 10) / (0.1 / 10))
    logits = np.array([[best] + [0.0] * 9])
    assert np.max(np.abs(m.label_smoothing_ce_grad(logits, [0]))) < 1e-16
    assert np.all(m.label_smoothing_ce_grad(np.zeros((1, 3)), [0], smoothing=1.0) == 0)


def test_weighted_mean_divides_by_the_weights() -> None:
    each = m.cross_entropy(LOGITS, LABELS, reduction="none")
    found = weighted.cross_entropy_weighted(LOGITS, LABELS, weight=[1, 2, 0.5])
    assert found == exactly(float(np.average(each, weights=[2, 1, 0.5])))
    assert weighted.cross_entropy_weighted([[0.0, 1.0]], [0], weight=[1e300, 1.0]) == exactly(
        1.3132616875182228
    )
    nothing: dict[str, Any] = {"logits": LOGITS, "labels": LABELS, "weight": [0, 0, 0]}
    assert weighted.cross_entropy_weighted(**nothing) == 0
    assert not np.any(weighted.cross_entropy_weighted_grad(**nothing))


def test_ignored_rows_do_not_count_whatever_they_hold() -> None:
    logits = np.vstack([LOGITS, [[np.nan, INF, -INF]]])
    labels = [*LABELS, -100]
    assert weighted.cross_entropy_ignore(logits, labels) == exactly(m.cross_entropy(LOGITS, LABELS))
    gradient = weighted.cross_entropy_ignore_grad(logits, labels)
    np.testing.assert_allclose(gradient[:3], m.cross_entropy_grad(LOGITS, LABELS), rtol=1e-14)
    assert not np.any(gradient[3])


def test_a_batch_without_labels_costs_nothing() -> None:
    assert weighted.cross_entropy_ignore(LOGITS, [-1, -1, -1], ignore_index=-1) == 0
    assert not np.any(weighted.cross_entropy_ignore_grad(LOGITS, [-1, -1, -1], ignore_index=-1))


def test_perplexity_overflows_only_where_it_must() -> None:
    assert weighted.perplexity([[0.0, 709.0]], [0]) == pytest.approx(8.218407461554972e307, rel=1e-13, abs=0)
    assert weighted.perplexity([[0.0, 1000.0]], [0]) == INF
    # The perplexity is exp(1000), and p of the third class exp(-1000).
    np.testing.assert_allclose(weighted.perplexity_grad([[0.0, 1000.0, 0.0]], [0]), [[-INF, INF, 1.0]])


@pytest.mark.parametrize(
    ("loss", "parameters", "other", "factor"),
    [
        ("focal_multiclass", {"gamma": 0.0}, "cross_entropy", 1.0),
        ("label_smoothing_ce", {"smoothing": 0.0}, "cross_entropy", 1.0),
        ("poly1_ce", {"epsilon": 0.0}, "cross_entropy", 1.0),
        ("gce", {"q": 1e-18}, "cross_entropy", 1.0),
        ("symmetric_ce", {"alpha": 1.0, "beta": 0.0}, "cross_entropy", 1.0),
        ("ce_z_loss", {"coeff": 0.0}, "cross_entropy", 1.0),
        ("confidence_penalty_ce", {"beta": 0.0}, "cross_entropy", 1.0),
        ("cross_entropy_weighted", {}, "cross_entropy", 1.0),
        ("logit_adjusted_ce", {}, "cross_entropy", 1.0),
        ("logit_adjusted_ce", {"prior": [0.5, 0.5, 0.0], "tau": 0.0}, "cross_entropy", 1.0),
        ("symmetric_ce", {"alpha": 0.0, "beta": 0.5, "log_zero": -2.0}, "gce", 1.0),
    ],
)
def test_limits(loss: str, parameters: dict[str, Any], other: str, factor: float) -> None:
    simple = {"q": 1.0} if other == "gce" else {}
    batch = {"logits": LOGITS * 3, "labels": LABELS}
    assert LOSSES[loss].value(**batch, **parameters) == exactly(LOSSES[other].value(**batch, **simple))
    found = LOSSES[loss].grad(**batch, **parameters)["logits"]
    np.testing.assert_allclose(found, LOSSES[other].grad(**batch, **simple)["logits"], rtol=1e-13)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 50.0])
def test_focal_is_finite_on_confident_rows(gamma: float) -> None:
    sure = np.array([[40.0, 0.0], [800.0, 0.0], [0.0, 800.0]])
    assert np.all(np.isfinite(robust.focal_multiclass(sure, [0, 0, 0], gamma=gamma, reduction="none")))
    assert np.all(np.isfinite(robust.focal_multiclass_grad(sure, [0, 0, 0], gamma=gamma)))
    small = np.exp(-40.0) ** (1 + gamma)
    assert robust.focal_multiclass(sure[:1], [0], gamma=gamma) == pytest.approx(small, rel=1e-12, abs=0)
    slopes = robust.focal_multiclass_grad(sure[:1], [0], gamma=gamma)
    np.testing.assert_allclose(slopes, [[-(1 + gamma) * small, (1 + gamma) * small]], rtol=1e-12)
    np.testing.assert_array_equal(
        robust.focal_multiclass_grad([[-INF, 0.0]], [0], gamma=gamma), [[-1.0, 1.0]]
    )


def test_poly1_without_its_first_term() -> None:
    # -log p - (1 - p) = q²/2 + q³/3 + ...: below, q is 1e-9 and then 1/2.
    logits = [[-np.log(np.expm1(-np.log1p(-1e-9))), 0.0], [0.0, 0.0]]
    found = robust.poly1_ce(logits, [0, 0], epsilon=-1.0, reduction="none")
    np.testing.assert_allclose(found, [5.0000000033333e-19, np.log(2) - 0.5], rtol=1e-12)


def test_confidence_penalty_cancels_exactly_for_equal_logits() -> None:
    assert scores.confidence_penalty_ce(np.full((1, 7), 3.0), [2], beta=1.0) == 0


def test_the_spherical_score_is_half_of_gce_on_doubled_logits() -> None:
    assert scores.spherical(LOGITS, LABELS) == exactly(robust.gce(2 * LOGITS, LABELS, q=0.5) / 2)
    assert scores.spherical([[1e308, 0.9e308]], [1]) == 1


def test_brier_slopes_between_tied_classes_keep_their_digits() -> None:
    found = scores.brier_multiclass_grad([[0.0, 0.0, -30.0]], [0])[0]
    assert found[2] == pytest.approx(2 * 9.357622968840175e-14**2 / 4 * 1.5, rel=1e-12, abs=0)
    wrong = scores.brier_multiclass_grad([[-300.0, 0.0, 0.0]], [0])[0]
    assert wrong[1] == pytest.approx(0.75 * np.exp(-300.0), rel=1e-12, abs=0)


def test_sparsemax_shares_ties_and_is_blind_to_offsets() -> None:
    assert links.sparsemax_loss([[1e8, 1e8]], [0]) == 0.25
    np.testing.assert_array_equal(
        links.sparsemax_loss_grad([[5.0, 5.0, 5.0, 1.0]], [3]), [[1 / 3, 1 / 3, 1 / 3, -1]]
    )
    np.testing.assert_array_equal(links.sparsemax_loss_grad([[2.0, 1.0]], [0]), [[0.0, 0.0]])
    assert links.sparsemax_loss([[-INF, 1.0]], [1]) == 0
    assert links.sparsemax_loss([[-INF, 1.0]], [0]) == INF


@pytest.mark.parametrize(
    ("upper", "lower", "loss"),
    [(40.0, 39.0, 39.45867514538708), (-39.0, -41.0, 39.14541345786886), (1.5, -0.5, 0.8209037200317182)],
)
def test_ordinal_probability_between_close_sigmoids(upper: float, lower: float, loss: float) -> None:
    assert links.ordinal_logit([0.0], [lower, upper], [1]) == exactly(loss)


@pytest.mark.parametrize(
    ("score", "label", "loss", "slope"),
    [(INF, 2, 0.0, 0.0), (-INF, 0, 0.0, 0.0), (INF, 1, INF, 1.0), (-INF, 1, INF, -1.0), (INF, 0, INF, 1.0)],
)
def test_ordinal_scores_at_infinity_have_limits(score: float, label: int, loss: float, slope: float) -> None:
    assert links.ordinal_logit([score], [0.0, 1.0], [label]) == loss
    assert links.ordinal_logit_grad([score], [0.0, 1.0], [label])[0] == slope


def test_ordinal_score_in_the_middle_of_its_class_is_not_pulled() -> None:
    for_score, for_thresholds = links.ordinal_logit_grad([0.5], [0.0, 1.0], [1])
    assert for_score[0] == 0
    assert for_thresholds[0] == -for_thresholds[1] > 0


@pytest.mark.parametrize(
    ("logits", "label", "loss"),
    [([-3.0, -5.0, -6.0], 0, 0.0), ([-1.0, -1.5, -6.0], 0, 0.5), ([2.0, 1.0], 0, 0.0), ([7.0], 0, 0.0)],
)
def test_crammer_singer_leaves_the_label_out_of_the_maximum(
    logits: list[float], label: int, loss: float
) -> None:
    assert margin.hinge_crammer_singer([logits], [label]) == loss


def test_hinges_take_the_shortest_subgradient() -> None:
    np.testing.assert_array_equal(
        margin.hinge_crammer_singer_grad([[0.0, 0.0, 0.0]], [2]), [[0.5, 0.5, -1.0]]
    )
    for gradient in (margin.hinge_crammer_singer_grad, margin.hinge_weston_watkins_grad):
        np.testing.assert_array_equal(gradient([[2.0, 1.0, 1.0]], [0]), np.zeros((1, 3)))


def test_weston_watkins_adds_up_all_rivals() -> None:
    assert margin.hinge_weston_watkins([[0.0] * 5], [0]) == 4
    assert margin.hinge_weston_watkins([[-INF, 5.0, -INF]], [0]) == INF


@each_labelled_loss
def test_one_row_needs_no_batch_axis(loss: Any) -> None:
    alone, batch = (loss.grad([2.0, 1.0, 0.1], 1), loss.grad([[2.0, 1.0, 0.1]], [1]))
    np.testing.assert_array_equal(alone["logits"], batch["logits"][0])
    assert loss.value([2.0, 1.0, 0.1], 1) == loss.value([[2.0, 1.0, 0.1]], [1])


def refused(error: type[Exception], *parts: str) -> Any:
    return pytest.raises(error, match=".*".join(map(re.escape, parts)))


@each_labelled_loss
@pytest.mark.parametrize("side", ["value", "grad"])
def test_bad_batches_are_refused(loss: Any, side: str) -> None:
    function = getattr(loss, side)
    with refused(ValueError, "logits has shape (2, 3)", "labels has shape (2, 1)", "must have shape (2,)"):
        function(np.ones((2, 3)), [[0], [1]])
    with refused(ValueError, "labels holds 3, but with 3 classes labels go from 0 to 2"):
        function(np.ones((2, 3)), [0, 3])
    with refused(TypeError, "labels has dtype float64", "integers from 0 to 2"):
        function(np.ones((2, 3)), [0.0, 1.0])
    with refused(TypeError, "logits has dtype int64"):
        function(np.ones((2, 3), np.int64), [0, 1])
    with refused(ValueError, "logits is empty"):
        function(np.ones((0, 3)), np.zeros(0, int))
    with refused(ValueError, "logits is a single number"):
        function(1.0, 0)


@pytest.mark.parametrize(
    ("function", "parameters", "error", "message"),
    [
        (m.label_smoothing_ce, {"smoothing": 1.1}, ValueError, "smoothing must lie in [0, 1]"),
        (
            weighted.cross_entropy_weighted,
            {"weight": [1.0, 1.0]},
            ValueError,
            "weight has shape (2,), but with 3 classes",
        ),
        (
            weighted.cross_entropy_weighted,
            {"weight": [1.0, -1.0, 1.0]},
            ValueError,
            "weight must hold finite numbers",
        ),
        (weighted.cross_entropy_ignore, {"ignore_index": 1.0}, TypeError, "ignore_index must be one integer"),
        (weighted.logit_adjusted_ce, {"prior": [0.5, 0.5, 0.5]}, ValueError, "prior adds up to 1.5"),
        (weighted.logit_adjusted_ce, {"tau": -1.0}, ValueError, "tau must be at least 0"),
        (robust.focal_multiclass, {"gamma": -0.5}, ValueError, "gamma must be at least 0"),
        (robust.gce, {"q": 0.0}, ValueError, "q must lie in (0, 1]"),
        (robust.symmetric_ce, {"log_zero": 0.0}, ValueError, "log_zero must be less than 0"),
        (robust.poly1_ce, {"epsilon": -1.5}, ValueError, "epsilon must be at least -1"),
        (scores.ce_z_loss, {"coeff": -1e-4}, ValueError, "coeff must be at least 0"),
        (scores.confidence_penalty_ce, {"beta": INF}, ValueError, "beta must be finite"),
        (m.cross_entropy, {"reduction": "average"}, ValueError, "unknown reduction 'average'"),
    ],
)
def test_bad_parameters_are_refused(
    function: Callable[..., Any], parameters: dict[str, Any], error: type[Exception], message: str
) -> None:
    with refused(error, message):
        function(LOGITS, LABELS, **parameters)


def test_bad_targets_and_thresholds_are_refused() -> None:
    with refused(ValueError, "target adds up to 0.5"):
        m.soft_cross_entropy([[0.0, 0.0]], [[0.25, 0.25]])
    with refused(ValueError, "logits has shape (1, 2) and target has shape (1, 3)"):
        m.soft_cross_entropy([[0.0, 0.0]], [[0.25, 0.25, 0.5]])
    with refused(ValueError, "thresholds", "strictly increasing"):
        links.ordinal_logit([0.0], [1.0, 1.0], [0])
    with refused(ValueError, "score has shape (1,) and labels has shape (1, 1)"):
        links.ordinal_logit([0.0], [0.0, 1.0], [[0]])
    with refused(ValueError, "labels holds 3, but with 3 classes"):
        links.ordinal_logit([0.0], [0.0, 1.0], [3])
