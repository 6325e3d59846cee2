"""Losses that align language models: their starting points, clipping, and sums of many tokens."""

import math
from typing import Any

import numpy as np
import pytest

from solutions import (
    LOSSES,
    dpo,
    dpo_grad,
    ipo,
    ipo_grad,
    kl_k3,
    kl_k3_grad,
    ppo_clip,
    ppo_clip_grad,
)


def test_at_the_start_policy_and_reference_agree() -> None:
    policy = [-10.0, -5000.0], [-11.0, -4000.0]
    assert dpo(*policy, *policy) == pytest.approx(math.log(2), rel=1e-15)
    assert ipo(*policy, *policy, beta=0.1) == pytest.approx(25.0, rel=1e-15)
    assert ppo_clip([-1.0, -2.0], [-1.0, -2.0], [3.0, -1.0]) == -1.0
    assert kl_k3([-1.0, -2.0], [-1.0, -2.0]) == 0.0


def test_ipo_rests_at_its_target_where_dpo_runs_on() -> None:
    pair = [-9.0], [-12.0], [-10.0], [-11.0]  # h = 2
    np.testing.assert_array_equal(ipo_grad(*pair, beta=0.25), [[0.0], [0.0]])
    assert dpo_grad(*pair, beta=0.25)[0][0] < 0


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "slope"),
    [
        (1.0, 2.0, -2.0, -2.0),
        (1.5, 2.0, -2.4, 0.0),  # far enough
        (0.5, 2.0, -1.0, -1.0),  # in the wrong direction: not clipped
        (0.5, -2.0, 1.6, 0.0),
        (1.5, -2.0, 3.0, 3.0),
        (1.5, 0.0, 0.0, 0.0),
        (math.inf, 2.0, -2.4, 0.0),
        (math.inf, 0.0, 0.0, 0.0),
    ],
)
def test_ppo_clips_on_one_side_only(ratio: float, advantage: float, loss: float, slope: float) -> None:
    old = -math.log(ratio) if ratio < math.inf else -1000.0
    assert ppo_clip([0.0], [old], [advantage]) == pytest.approx(loss, rel=1e-15)
    np.testing.assert_allclose(ppo_clip_grad([0.0], [old], [advantage]), [slope], rtol=1e-15)


@pytest.mark.parametrize(
    ("function", "inputs", "options", "exact"),
    [
        (dpo, (-5000.0, -100.0, -90.0, -4000.0), {"beta": 0.1}, 881.00000000000004891),
        (dpo, (-90.0, -4000.0, -5000.0, -100.0), {"beta": 0.01}, 5.4784303462704259626e-39),
        (dpo, (0.0, -0.001, -1e6, -1e6), {"beta": 0.01}, 0.69314218057244530942),
        (
            dpo_grad,
            (-90.0, -4000.0, -5000.0, -100.0),
            {"beta": 0.01},
            [[-5.4784303462704260766e-41], [5.4784303462704260766e-41]],
        ),
        (ipo, (0.0, -0.5, -1e300, -1e300), {"beta": 1.0}, 0.0),
        (kl_k3, (-1.0, -1.0 - 2.0**-40), {}, 4.1359030627638845137e-25),
        (kl_k3, (-1000.0, 0.0), {}, math.inf),
        (kl_k3, (0.0, -1000.0), {}, 999.0),
        (kl_k3_grad, (-1.0, -1.0 - 2.0**-40), {}, [9.0949470177251464761e-13]),
    ],
)
def test_sums_of_many_tokens_and_near_ties(function: Any, inputs: Any, options: Any, exact: Any) -> None:
    found = function(*([number] for number in inputs), **options)
    np.testing.assert_allclose(found, exact, rtol=1e-13, atol=0)


def test_k3_averages_to_the_divergence() -> None:
    policy, reference = np.array([0.5, 0.3, 0.2]), np.array([0.4, 0.4, 0.2])
    estimates = np.asarray(kl_k3(np.log(policy), np.log(reference), reduction="none"))
    assert np.sum(policy * estimates) == pytest.approx(np.sum(policy * np.log(policy / reference)), rel=1e-13)


@pytest.mark.parametrize(
    ("name", "inputs", "options", "message"),
    [
        ("dpo", ([-1.0], [-1.0], [-1.0], [[-1.0]]), {}, r"ref_rejected has shape \(1, 1\)"),
        ("dpo", ([-1.0],) * 4, {"beta": 0.0}, "beta must be a finite number greater than 0"),
        ("ipo", ([-1.0],) * 4, {"beta": math.inf}, "beta must be a finite number greater than 0"),
        ("ppo_clip", ([-1.0],) * 3, {"clip": 1.0}, r"clip must lie in \(0, 1\), not 1.0"),
        (
            "ppo_clip",
            ([-1.0], [-1.0], [1.0, 2.0]),
            {},
            r"logp has shape \(1,\) and advantage has shape \(2,\)",
        ),
        ("kl_k3", ([], []), {}, "logp is empty"),
    ],
)
def test_bad_input(name: str, inputs: Any, options: Any, message: str) -> None:
    for function in (LOSSES[name].value, LOSSES[name].grad):
        with pytest.raises(ValueError, match=message):
            function(*inputs, **options)
