"""Losses of generative models: saturation, batches of two lengths, ties to regression, and their errors."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from solutions import (
    LOSSES,
    bce_with_logits,
    ddpm_eps,
    ddpm_eps_grad,
    denoising_score_matching,
    denoising_score_matching_grad,
    flow_matching,
    flow_matching_grad,
    gan_d_bce,
    gan_d_bce_grad,
    gan_d_hinge_grad,
    gan_g_minimax,
    gan_g_minimax_grad,
    gan_g_nonsaturating,
    gan_g_nonsaturating_grad,
    hinge,
    lsgan_d,
    mse,
    mse_grad,
    wgan_critic,
)

REAL, FAKE = np.array([1.5, -0.5, 2.0]), np.array([-0.75, 0.25])
DISCRIMINATORS = ["gan_d_bce", "gan_d_hinge", "wgan_critic", "lsgan_d"]
each_discriminator = pytest.mark.parametrize("name", DISCRIMINATORS)


def refused(error: type[Exception], *parts: str) -> Any:
    return pytest.raises(error, match=".*".join(map(re.escape, parts)))


def test_early_in_training_only_the_nonsaturating_loss_pulls() -> None:
    assert gan_g_minimax_grad([-50.0]) == pytest.approx(-1.9287498479639178e-22, rel=1e-15)
    assert gan_g_nonsaturating_grad([-50.0]) == -1
    assert gan_g_minimax([1000.0]) == -1000
    assert gan_g_nonsaturating([-1000.0]) == 1000


def test_the_minimax_game_is_zero_sum_in_the_generated_examples() -> None:
    _, for_discriminator = gan_d_bce_grad(REAL, FAKE)
    np.testing.assert_array_equal(gan_g_minimax_grad(FAKE), -for_discriminator)


def test_undecided_discriminator_costs_2_log_2() -> None:
    assert gan_d_bce([0.0], [0.0, 0.0, 0.0]) == 2 * np.log(2)


def test_discriminators_are_two_calls_of_familiar_losses() -> None:
    ones = np.ones
    assert LOSSES["gan_d_bce"].value(REAL, FAKE) == pytest.approx(
        bce_with_logits(REAL, ones(3)) + bce_with_logits(FAKE, 0 * ones(2)), rel=1e-15
    )
    assert LOSSES["gan_d_hinge"].value(REAL, FAKE) == pytest.approx(
        hinge(REAL, ones(3)) + hinge(FAKE, -ones(2)), rel=1e-15
    )
    assert lsgan_d(REAL, FAKE) == pytest.approx(
        mse(REAL, ones(3)) / 2 + mse(FAKE, 0 * ones(2)) / 2, rel=1e-15
    )
    assert wgan_critic(REAL, FAKE) == -0.25 - 1.0


@each_discriminator
def test_each_batch_has_its_own_mean(name: str) -> None:
    value, grad = LOSSES[name].value, LOSSES[name].grad
    twice = np.concatenate([FAKE, FAKE])
    assert value(REAL, twice) == pytest.approx(value(REAL, FAKE), rel=1e-15)
    np.testing.assert_allclose(grad(REAL, twice)["d_fake"][:2], grad(REAL, FAKE)["d_fake"] / 2, rtol=1e-15)
    np.testing.assert_array_equal(grad(REAL, twice)["d_real"], grad(REAL, FAKE)["d_real"])


@each_discriminator
def test_single_losses_need_pairs(name: str) -> None:
    for function in (LOSSES[name].value, LOSSES[name].grad):
        with refused(ValueError, "d_real has shape (3,) and d_fake has shape (2,)"):
            function(REAL, FAKE, reduction="none")
        with refused(ValueError, "d_real has shape (3,) and d_fake has shape (2, 1)"):
            function(REAL, FAKE[:, None])


@each_discriminator
def test_one_rounding_in_float32(name: str) -> None:
    real, fake = (np.linspace(-1, 1.7, n, dtype=np.float32) for n in (7, 5))
    value = LOSSES[name].value(real, fake)
    assert value == np.float32(LOSSES[name].value(real.astype(float), fake.astype(float)))
    assert value.dtype == np.float32


def test_hinge_rests_at_its_kinks() -> None:
    down, up = gan_d_hinge_grad([1.0, 0.0], [-1.0, 0.0], reduction="sum")
    np.testing.assert_array_equal(down, [0.0, -1.0])
    np.testing.assert_array_equal(up, [0.0, 1.0])
    assert not np.signbit(down[0])


def test_noise_score_and_velocity_are_mean_squared_errors() -> None:
    pred, noise, data = REAL, np.array([0.3, -1.0, 0.5]), np.array([2.0, 1.0, -1.0])
    assert ddpm_eps(pred, noise) == mse(pred, noise)
    np.testing.assert_array_equal(ddpm_eps_grad(pred, noise), mse_grad(pred, noise))
    assert denoising_score_matching(pred, noise, sigma=0.5) == pytest.approx(
        mse(0.5 * pred, -noise), rel=1e-15
    )
    np.testing.assert_allclose(
        denoising_score_matching_grad(pred, noise, sigma=0.5), 0.5 * mse_grad(0.5 * pred, -noise), rtol=1e-15
    )
    assert flow_matching(pred, data, noise) == pytest.approx(mse(pred, data - noise), rel=1e-15)
    np.testing.assert_allclose(
        flow_matching_grad(pred, data, noise), mse_grad(pred, data - noise), rtol=1e-15
    )


def test_huge_velocities_cancel_before_they_overflow() -> None:
    np.testing.assert_array_equal(flow_matching_grad([1e308, 0.0], [1e308, 0.0], [-1e308, 0.0]), [-1e308, 0])
    assert flow_matching([1e308], [1e308], [0.0]) == 0


def test_the_score_points_back_to_the_data() -> None:
    assert denoising_score_matching([-4.0], [2.0], sigma=0.5) == 0


def test_shapes_are_named_by_their_arguments() -> None:
    with refused(ValueError, "eps_pred has shape (3,) and eps has shape (3, 1)"):
        ddpm_eps(REAL, REAL[:, None])
    with refused(ValueError, "score has shape (3,) and eps has shape (2,)"):
        denoising_score_matching_grad(REAL, FAKE)
    with refused(ValueError, "v has shape (3,) and x0 has shape (2,)"):
        flow_matching(REAL, REAL, FAKE)


@pytest.mark.parametrize("sigma", [0.0, -1.0, np.inf, np.nan])
def test_sigma_must_be_positive(sigma: float) -> None:
    with refused(ValueError, "sigma must be a finite number greater than 0", repr(sigma)):
        denoising_score_matching([1.0], [1.0], sigma=sigma)
