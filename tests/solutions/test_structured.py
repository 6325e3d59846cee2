"""Masks, boxes and texts: degenerate ones, those that all but agree, and answers by the long way round."""

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from solutions import (
    ctc,
    ctc_grad,
    giou_loss,
    giou_loss_grad,
    iou_loss,
    iou_loss_grad,
    soft_dice,
    soft_dice_grad,
    tversky,
    tversky_grad,
)

UNIT = [0.0, 0.0, 1.0, 1.0]
POINT = [0.5, 0.5, 0.5, 0.5]
FRAMES = np.array([[0.5, 1.0, -0.5], [0.0, 0.25, 1.0], [1.0, -1.0, 0.5], [0.25, 0.75, -0.25]])


@pytest.mark.parametrize("logit", [3.0, 0.0, -30.0, -1000.0, -np.inf])
def test_empty_masks_without_smoothing(logit: float) -> None:
    logits = [logit, logit]
    assert soft_dice(logits, [0, 0], smooth=0.0) == tversky(logits, [0, 0], smooth=0.0) == 1
    np.testing.assert_array_equal(soft_dice_grad(logits, [0, 0], smooth=0.0), [0.0, 0.0])
    np.testing.assert_array_equal(tversky_grad(logits, [0, 0], smooth=0.0), [0.0, 0.0])


def test_empty_masks_with_smoothing_ask_for_nothing() -> None:
    assert soft_dice([-1000.0], [0]) == 0
    assert np.all(soft_dice_grad([-4.0, 4.0], [0, 0]) > 0)


def test_masks_that_are_all_but_right() -> None:
    # 1 - ratio is 0 here, or the rounding error 1.1e-16.
    wrong = np.exp(-40.0)
    assert soft_dice([40.0, -40.0], [1, 0], smooth=0.0) == pytest.approx(wrong, rel=1e-14, abs=0)
    np.testing.assert_allclose(
        soft_dice_grad([40.0, -40.0], [1, 0], smooth=0.0), [-wrong / 2, wrong / 2], rtol=1e-14
    )


def test_dice_is_a_special_tversky() -> None:
    logits, mask = [2.0, -1.0, 0.5], [1, 0, 1]
    halves = {"alpha": 0.5, "beta": 0.5, "smooth": 0.5}
    assert soft_dice(logits, mask) == tversky(logits, mask, **halves)
    np.testing.assert_array_equal(soft_dice_grad(logits, mask), tversky_grad(logits, mask, **halves))


def test_tversky_weighs_false_alarms_by_alpha_and_misses_by_beta() -> None:
    sure = [1000.0, 1000.0, -1000.0]  # one hit, one false alarm, one miss
    assert tversky(sure, [1, 0, 1], alpha=3.0, beta=4.0, smooth=0.0) == 7 / 8
    assert tversky(sure, [1, 0, 1], alpha=0.0, beta=1.0, smooth=0.0) == 0.5


def test_bad_arguments_of_masks() -> None:
    with pytest.raises(ValueError, match="smooth must be at least 0"):
        soft_dice([0.0], [1], smooth=-1.0)
    with pytest.raises(ValueError, match="alpha must be at least 0"):
        tversky([0.0], [1], alpha=-0.5)
    with pytest.raises(ValueError, match="y_true holds 2, but must lie between 0 and 1"):
        soft_dice([0.0], [2])
    with pytest.raises(ValueError, match=r"logits has shape \(2,\) and y_true has shape \(2, 1\)"):
        soft_dice([0.0, 1.0], [[1], [0]])


@pytest.mark.parametrize("side", [1e-300, 1e-4, 1e-3, 1.0, 1e300])
def test_identical_boxes_of_any_size(side: float) -> None:
    # With an eps in the denominators, side 1e-4 costs 0.909.
    box = [-side, side, 0.0, 3 * side]
    assert iou_loss(box, box) == giou_loss(box, box) == 0
    np.testing.assert_array_equal(iou_loss_grad(box, box), np.zeros(4))
    np.testing.assert_array_equal(giou_loss_grad(box, box), np.zeros(4))


def test_boxes_that_differ_by_a_hair() -> None:
    hair = 1e-12
    box = [hair, 0.0, 1.0, 1.0]
    assert iou_loss(box, UNIT) == pytest.approx(hair, rel=1e-14, abs=0)  # U - I as A + B - 2I is 2e-5 off
    assert giou_loss(box, UNIT) == pytest.approx(hair, rel=1e-14, abs=0)
    np.testing.assert_allclose(iou_loss_grad(box, UNIT), [1.0, 0.0, 0.0, 0.0], rtol=1e-11)


def test_boxes_that_do_not_meet() -> None:
    far = [3.0, 0.0, 4.0, 1.0]
    assert iou_loss(UNIT, far) == 1
    np.testing.assert_array_equal(iou_loss_grad(UNIT, far), np.zeros(4))
    assert giou_loss(UNIT, far) == 1.5
    assert giou_loss_grad(UNIT, far)[2] < 0  # the edge that faces the target moves towards it


def test_boxes_that_touch_have_the_slope_of_boxes_that_do_not_meet() -> None:
    np.testing.assert_array_equal(iou_loss_grad(UNIT, [1.0, 0.0, 2.0, 1.0]), np.zeros(4))
    np.testing.assert_array_equal(iou_loss_grad(UNIT, [1.0, 1.0, 2.0, 2.0]), np.zeros(4))


@pytest.mark.parametrize(
    ("box", "target", "iou", "giou"),
    [
        (POINT, POINT, 0.0, 0.0),
        (POINT, [0.5, 0.5, 2.0, 0.5], 1.0, 1.0),  # no area, nor has the hull
        (POINT, [2.0, 3.0, 2.0, 3.0], 1.0, 2.0),  # no area, but a hull
        (POINT, UNIT, 1.0, 1.0),
        ([0.5, 0.0, 0.5, 1.0], UNIT, 1.0, 1.0),
        (UNIT, POINT, 1.0, 1.0),
    ],
)
def test_boxes_without_area(box: list[float], target: list[float], iou: float, giou: float) -> None:
    assert iou_loss(box, target) == iou
    assert giou_loss(box, target) == giou
    assert np.all(np.isfinite(iou_loss_grad(box, target)))
    assert np.all(np.isfinite(giou_loss_grad(box, target)))
    if (box, target) == (POINT, POINT):
        np.testing.assert_array_equal(giou_loss_grad(box, target), np.zeros(4))


@pytest.mark.parametrize("loss", [iou_loss, giou_loss, iou_loss_grad, giou_loss_grad])
def test_what_is_no_box(loss: Any) -> None:
    with pytest.raises(ValueError, match=r"box holds \[1.0, 0.0, 0.0, 1.0\], but a box needs x1 <= x2"):
        loss([1.0, 0.0, 0.0, 1.0], UNIT)
    with pytest.raises(ValueError, match="target holds nan, but corners must be finite"):
        loss(UNIT, [0.0, 0.0, np.nan, 1.0])
    with pytest.raises(ValueError, match=r"box has shape \(3,\), but a box is"):
        loss([0.0, 0.0, 1.0], [0.0, 0.0, 1.0])
    with pytest.raises(ValueError, match=r"box has shape \(4,\) and target has shape \(1, 4\)"):
        loss(UNIT, [UNIT])


def spelt(path: tuple[int, ...]) -> list[int]:
    return [symbol for symbol, _ in itertools.groupby(path) if symbol != 0]


def by_enumeration(logits: npt.NDArray[np.float64], target: list[int]) -> float:
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    paths = itertools.product(range(p.shape[1]), repeat=len(p))
    likelihood = sum(np.prod(p[range(len(p)), path]) for path in paths if spelt(path) == target)
    return float(-np.log(likelihood))


@pytest.mark.parametrize("target", [[], [1], [2], [1, 2], [2, 1], [1, 1], [1, 2, 1], [1, 1, 2], [1, 2, 1, 2]])
def test_ctc_adds_up_all_paths_that_spell_the_text(target: list[int]) -> None:
    assert ctc(FRAMES, target) == pytest.approx(by_enumeration(FRAMES, target), rel=1e-14, abs=0)
    easier = 3 * FRAMES  # one of the two ways to compute it serves likely texts, the other unlikely ones
    assert ctc(easier, target) == pytest.approx(by_enumeration(easier, target), rel=1e-13, abs=0)


@pytest.mark.parametrize("target", [[1, 1, 1], [1, 2, 1, 2, 1], [2, 2, 2]])
def test_ctc_of_a_text_that_does_not_fit(target: list[int]) -> None:
    assert ctc(FRAMES, target) == np.inf
    np.testing.assert_array_equal(ctc_grad(FRAMES, target), np.zeros_like(FRAMES))


def test_ctc_of_a_text_that_a_mask_forbids() -> None:
    masked = FRAMES.copy()
    masked[:, 2] = -np.inf
    assert ctc(masked, [2]) == np.inf
    np.testing.assert_array_equal(ctc_grad(masked, [2]), np.zeros_like(FRAMES))
    stuck = FRAMES.copy()
    stuck[1, :2] = -np.inf  # neither the blank nor the label can be said
    assert ctc(stuck, [1]) == np.inf
    np.testing.assert_array_equal(ctc_grad(stuck, [1]), np.zeros_like(FRAMES))
    assert ctc(masked, [1]) == pytest.approx(by_enumeration(FRAMES[:, :2], [1]), rel=1e-14, abs=0)
    np.testing.assert_allclose(ctc_grad(masked, [1])[:, :2], ctc_grad(FRAMES[:, :2], [1]), rtol=1e-12)


def test_ctc_of_a_text_that_is_all_but_certain() -> None:
    # The other texts come from one wrong frame, each with the odds 2e⁻⁵⁰; -log of the sum of all paths is 0.
    logits = 50 * np.eye(3)[[1, 0, 2]]
    paths = itertools.product(range(3), repeat=3)
    others = [path for path in paths if spelt(path) != [1, 2]]
    wrong = sum(np.exp(50.0 * (sum(np.equal(path, [1, 0, 2])) - 3)) for path in others)
    assert ctc(logits, [1, 2]) == pytest.approx(wrong, rel=1e-13, abs=0)
    gradient = ctc_grad(logits, [1, 2])
    np.testing.assert_allclose(gradient.sum(axis=1), np.zeros(3), atol=1e-14 * np.abs(gradient).max())
    assert gradient[0, 1] < 0 < gradient[0, 0]


def test_ctc_of_a_text_that_is_certain_with_its_alignment_open() -> None:
    # The paths 100 and 110 share the text. Wrong are 000 and 101, each e⁻⁵⁰ and a blank between.
    logits = np.array([[0.0, 50.0], [0.3, 0.0], [50.0, 0.0]])
    wrong = np.exp(-50.0) / (1 + np.exp(-0.3))
    assert ctc(logits, [1]) == pytest.approx(2 * wrong, rel=1e-14, abs=0)
    np.testing.assert_allclose(ctc_grad(logits, [1])[0], [wrong, -wrong], rtol=1e-13)


def test_ctc_gradient_of_frames_that_hardly_matter() -> None:
    # Saying the label a frame early is right as well, and guards against missing it later (odds e⁻⁴⁰). As the
    # gap of what the frame says and what it should have said, the gradient would be 0.
    odds = np.exp(-40.0)
    first, _, last = ctc_grad(40 * np.eye(2)[[0, 1, 0]], [1])
    np.testing.assert_allclose(first, [odds**2, -(odds**2)], rtol=1e-13)
    np.testing.assert_allclose(last, first, rtol=1e-13)


def test_ctc_of_hundreds_of_frames() -> None:
    # Equal logits: every path has the probability K⁻ᵀ, and C(T + L, 2L) of them spell a text without repeats.
    frames, log_paths = 400, np.log(float(401 * 400 // 2))
    assert ctc(np.zeros((frames, 2)), [1]) == pytest.approx(frames * np.log(2) - log_paths, rel=1e-13, abs=0)
    gradient = ctc_grad(np.zeros((frames, 2)), [1])
    np.testing.assert_allclose(gradient[:, 0], -gradient[:, 1], rtol=1e-12)


def test_bad_arguments_of_ctc() -> None:
    with pytest.raises(ValueError, match="target holds 0, the blank"):
        ctc(FRAMES, [1, 0, 2])
    with pytest.raises(ValueError, match="target holds 3, but with 3 classes"):
        ctc(FRAMES, [3])
    with pytest.raises(TypeError, match="target has dtype float64"):
        ctc(FRAMES, [1.0])
    with pytest.raises(ValueError, match=r"logits has shape \(3,\), but must have shape \(T, K\)"):
        ctc(FRAMES[0], [1])
    with pytest.raises(ValueError, match=r"target has shape \(1, 2\), but a text is a vector"):
        ctc(FRAMES, [[1, 2]])
