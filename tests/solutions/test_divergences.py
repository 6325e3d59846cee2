"""Divergences where the textbook sums fail: near equality, at zeros, at extreme logits and spreads."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from solutions import (
    distillation_kl,
    distillation_kl_grad,
    hellinger_sq,
    hellinger_sq_grad,
    js,
    js_grad,
    kl,
    kl_gaussian,
    kl_gaussian_grad,
    kl_grad,
    kl_logits,
    kl_logits_grad,
    negative_elbo_gaussian,
    reverse_kl_logits,
    reverse_kl_logits_grad,
    vae_kl,
    vae_kl_grad,
    wasserstein1_1d,
    wasserstein1_1d_grad,
)

HALF = [0.5, 0.5]
TINY = 2.0**-30


def exactly(expected: npt.ArrayLike, rel: float = 1e-14) -> Any:
    return pytest.approx(expected, rel=rel, abs=0)


@pytest.mark.parametrize(
    ("p", "q", "value"),
    [
        (
            [0.5, 0.5, 0.0],
            [0.25, 0.75, 0.0],
            0.1438410362258904638,
        ),  # a class that both exclude: NaN in PyTorch
        (HALF, [1.0, 0.0], np.inf),  # 7.37 in Keras, which clips
        ([1.0, 0.0], HALF, 0.69314718055994530942),  # 2e-6 off in Keras
        (HALF, [0.5 + TINY, 0.5 - TINY], 1.7347234759768071e-18),  # 0 in PyTorch and optax
        (HALF, [0.5 + 2.0**-33, 0.5 - 2.0**-33], 2.7105054312137610851e-20),  # -2.7e-20 as Σ p log(p/q)
        (HALF, [1.0, 1e-300], 344.69461676854690728),
        (HALF, HALF, 0.0),
    ],
)
def test_kl_where_others_fail(p: list[float], q: list[float], value: float) -> None:
    assert kl(p, q) == exactly(value)


def test_kl_is_that_of_the_numbers_as_given() -> None:
    # 0.7 + 0.2 + 0.1 is 1 less 2.8e-17 as float64 numbers, and more than that divergence is not there.
    nearly = [0.7, 0.2, 0.1]
    other = [0.7, 0.2, np.nextafter(0.1, 1)]
    assert kl(nearly, other) == exactly(0.1 - np.nextafter(0.1, 1), rel=1e-9)
    assert kl(nearly, nearly) == 0


def test_kl_gradient_at_zeros() -> None:
    np.testing.assert_array_equal(kl_grad([0.5, 0.0, 0.5], [0.5, 0.5, 0.0]), [-1.0, 0.0, -np.inf])
    np.testing.assert_array_equal(kl_grad([1.0, 0.0], [1.0, 0.0]), [-1.0, 0.0])


def test_kl_decomposes_cross_entropy_into_entropy_and_divergence() -> None:
    p, q = np.array([0.2, 0.3, 0.5]), np.array([0.5, 0.25, 0.25])
    assert kl(p, q) == pytest.approx(-np.sum(p * np.log(q)) + np.sum(p * np.log(p)), rel=1e-14, abs=0)


@pytest.mark.parametrize("step", [1e-150, 1e-9, 1e-4, 1e-2])
def test_divergences_of_nearly_equal_logits(step: float) -> None:
    # For p = (½, ½) and z = (h, 0) the divergence is log cosh(h/2), and h²/8 to begin with both ways.
    series = step**2 / 8 - step**4 / 192 + step**6 / 2880
    assert kl_logits(HALF, [step, 0.0]) == pytest.approx(series, rel=1e-10, abs=0)
    slope = np.tanh(step / 2) / 2
    np.testing.assert_allclose(kl_logits_grad(HALF, [step, 0.0]), [slope, -slope], rtol=1e-14)
    reverse = step**2 / 8 - step**4 / 64 + step**6 / 576
    assert reverse_kl_logits(HALF, [step, 0.0]) == pytest.approx(reverse, rel=1e-10, abs=0)
    slope = step / 4 / np.cosh(step / 2) ** 2
    np.testing.assert_allclose(reverse_kl_logits_grad(HALF, [step, 0.0]), [slope, -slope], rtol=1e-13)


def test_masked_and_infinite_logits() -> None:
    assert kl_logits([0.5, 0.5, 0.0], [1.0, 1.0, -np.inf]) == pytest.approx(0, abs=1e-16)
    assert kl_logits([0.5, 0.25, 0.25], [1.0, 1.0, -np.inf]) == np.inf
    np.testing.assert_allclose(kl_logits_grad([0.5, 0.25, 0.25], [1.0, 1.0, -np.inf]), [0.0, 0.25, -0.25])
    assert kl_logits([1.0, 0.0], [np.inf, 0.0]) == 0
    assert reverse_kl_logits([0.5, 0.5, 0.0], [1.0, 1.0, -np.inf]) == pytest.approx(0, abs=1e-16)


def test_reverse_kl_of_a_class_that_the_target_excludes() -> None:
    assert reverse_kl_logits([1.0, 0.0], [50.0, 0.0]) == np.inf
    np.testing.assert_array_equal(
        reverse_kl_logits_grad([0.5, 0.5, 0.0], [0.0, -np.inf, 0.0]), [-np.inf, 0.0, np.inf]
    )
    np.testing.assert_array_equal(
        reverse_kl_logits_grad([1.0, 0.0, 0.0], [0.0, 0.0, 0.0]), [-np.inf, np.inf, np.inf]
    )


def test_reverse_kl_gradient_of_a_sure_model() -> None:
    # -q₀q₁(z₀ - z₁) for p = (½, ½); q₀ (x₀ - L) with a rounded L gives 1.1e-16, or 0.
    q1 = np.exp(-40.0) / (1 + np.exp(-40.0))
    np.testing.assert_allclose(reverse_kl_logits_grad(HALF, [40.0, 0.0]), [40 * q1, -40 * q1], rtol=1e-13)


def test_symmetric_divergences_of_distributions_without_a_common_class() -> None:
    p, q = [0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.25, 0.75]
    assert js(p, q) == exactly(np.log(2))
    assert hellinger_sq(p, q) == exactly(1.0)
    np.testing.assert_allclose(js_grad(p, q), [-np.inf, -np.inf, np.log(2) / 2, np.log(2) / 2], rtol=1e-15)
    np.testing.assert_array_equal(hellinger_sq_grad(p, q), [-np.inf, -np.inf, 0.5, 0.5])


def test_slopes_where_both_distributions_are_zero() -> None:
    assert js_grad([1.0, 0.0], [1.0, 0.0])[1] == exactly(np.log(2) / 2)
    assert hellinger_sq_grad([1.0, 0.0], [1.0, 0.0])[1] == 0.5
    assert js([1.0, 0.0], [1.0, 0.0]) == hellinger_sq([1.0, 0.0], [1.0, 0.0]) == 0


def test_symmetric_divergences_near_equality() -> None:
    # With q = ½ ± d both are quadratic: d²/2 for js, d²/2 for the squared Hellinger distance.
    q = [0.5 + TINY, 0.5 - TINY]
    assert js(HALF, q) == exactly(TINY**2 / 2)
    assert hellinger_sq(HALF, q) == exactly(TINY**2 / 2)
    np.testing.assert_allclose(js_grad(HALF, q), [TINY / 2, -TINY / 2], rtol=1e-8)


@pytest.mark.parametrize("temperature", [1e-3, 0.1, 1.0, 20.0, 1e3, 1e6, 1e200])
def test_distillation_of_two_classes_at_any_temperature(temperature: float) -> None:
    # Teacher (0, 0): T² log cosh(h/2T), which tends to h²/8 for large T and to T (h/2 - T log 2) for small.
    h = 1.0
    z = h / (2 * temperature)
    if z > 0.05:
        log_cosh = z + np.log1p(np.exp(-2 * z)) - np.log(2)
        expected = temperature**2 * log_cosh
    else:
        expected = h**2 / 8 * (1 - z**2 / 6 + z**4 * 2 / 45)
    assert distillation_kl([h, 0.0], [0.0, 0.0], temperature=temperature) == exactly(expected, rel=1e-8)
    slope = temperature * np.tanh(z) / 2
    found = distillation_kl_grad([h, 0.0], [0.0, 0.0], temperature=temperature)
    np.testing.assert_allclose(found, [slope, -slope], rtol=1e-14)


def test_distillation_does_not_see_a_shift_of_either_model() -> None:
    student, teacher = np.array([1.0, 0.5, -1.0]), np.array([2.0, 0.0, -0.5])
    plain = distillation_kl(student, teacher, temperature=4.0)
    assert distillation_kl(student, teacher + 2.0**40, temperature=4.0) == exactly(float(plain))
    assert distillation_kl(student + 2.0**40, teacher, temperature=4.0) == exactly(float(plain))


@pytest.mark.parametrize("temperature", [0.0, -1.0, np.inf, np.nan])
def test_temperature_must_be_positive(temperature: float) -> None:
    with pytest.raises(ValueError, match="temperature must be a finite number greater than 0"):
        distillation_kl([0.0], [0.0], temperature=temperature)


@pytest.mark.parametrize(
    ("mu", "log_var", "value", "slope"),
    [
        (0.0, -1000.0, 499.5, -0.5),  # inf in torch.distributions
        (0.0, -1e4, 4999.5, -0.5),  # NaN in the gradient of torch.distributions
        (0.0, 1e-7, 2.500000083333335417e-15, 5.0000002500000083e-8),  # 2.3 % off as ½ (e^v - 1 - v)
        (1e-10, 0.0, 5e-21, 0.0),  # 0 as ½ (μ² + 1 - 1)
        (0.0, 1e4, np.inf, np.inf),
    ],
)
def test_vae_kl_where_others_fail(mu: float, log_var: float, value: float, slope: float) -> None:
    assert vae_kl([mu], [log_var]) == exactly(value)
    found_mu, found_log_var = vae_kl_grad([mu], [log_var])
    np.testing.assert_allclose(found_mu, [mu])
    np.testing.assert_allclose(found_log_var, [slope], rtol=1e-14)


def test_kl_gaussian_to_the_standard_normal_is_vae_kl() -> None:
    mu, log_sigma, zeros = [0.5, -1.0], [0.25, -0.5], [0.0, 0.0]
    expected = vae_kl(mu, [2 * x for x in log_sigma])
    assert kl_gaussian(mu, log_sigma, zeros, zeros) == exactly(float(expected))


def test_kl_gaussian_of_tiny_spreads() -> None:
    # exp(800) overflows on its own, the distance over the spread does not.
    w = 1e-300 * np.exp(400.0) * np.exp(400.0)
    assert kl_gaussian([1e-300], [-800.0], [0.0], [-800.0]) == exactly(w**2 / 2, rel=1e-12)
    assert kl_gaussian([0.0], [-1000.0], [0.0], [-1000.0]) == 0
    for gradient in kl_gaussian_grad([0.0], [-1000.0], [0.0], [-1000.0]):
        np.testing.assert_array_equal(gradient, [0.0])


def test_gaussian_losses_sum_over_dimensions_and_average_over_rows() -> None:
    mu, zeros = np.array([[1.0, 1.0], [0.0, 2.0]]), np.zeros((2, 2))
    np.testing.assert_array_equal(vae_kl(mu, zeros, reduction="none"), [1.0, 2.0])
    assert vae_kl(mu, zeros) == 1.5
    np.testing.assert_array_equal(vae_kl_grad(mu, zeros)[0], mu / 2)


def test_codes_and_data_must_go_together() -> None:
    with pytest.raises(ValueError, match=r"x_hat has shape \(2, 3\) and mu has shape \(1, 2\)"):
        negative_elbo_gaussian(np.ones((2, 3)), np.ones((2, 3)), np.ones((1, 2)), np.ones((1, 2)))
    with pytest.raises(ValueError, match=r"mu is a single number: pass a vector"):
        vae_kl(0.5, 0.5)


def test_wasserstein_gradient_at_ties() -> None:
    # A point that lies on its match rests; equal points of u, pulled apart, share the mean of their signs.
    np.testing.assert_array_equal(wasserstein1_1d_grad([1.0, 5.0], [1.0, 4.0]), [0.0, 0.5])
    np.testing.assert_array_equal(wasserstein1_1d_grad([1.0, 1.0], [0.0, 2.0]), [0.0, 0.0])
    np.testing.assert_allclose(
        wasserstein1_1d_grad([1.0, 1.0, 1.0, 7.0], [0.0, 0.0, 2.0, 9.0]) * 12, [1, 1, 1, -3]
    )


def test_wasserstein_near_the_top_of_the_range() -> None:
    assert wasserstein1_1d([1e308, 0.0], [-1e308, 0.0]) == exactly(1e308)
    with pytest.raises(ValueError, match=r"u has shape \(2, 1\), but a sample is a vector"):
        wasserstein1_1d([[1.0], [2.0]], [[1.0], [2.0]])


@pytest.mark.parametrize("loss", [kl, kl_grad, js, js_grad, hellinger_sq, hellinger_sq_grad])
def test_what_is_no_distribution(loss: Any) -> None:
    with pytest.raises(ValueError, match=r"q adds up to 0\.9 .*divide by the sum"):
        loss(HALF, [0.5, 0.4])
    with pytest.raises(ValueError, match=r"p holds 1\.5, but must lie between 0 and 1"):
        loss([1.5, -0.5], HALF)
    with pytest.raises(ValueError, match=r"p has shape \(2,\) and q has shape \(1, 2\)"):
        loss(HALF, [HALF])


@pytest.mark.parametrize("loss", [kl_logits, reverse_kl_logits, kl_logits_grad, reverse_kl_logits_grad])
def test_integer_arrays_of_logits(loss: Any) -> None:
    with pytest.raises(TypeError, match="logits has dtype int64"):
        loss(HALF, np.array([1, 0]))
