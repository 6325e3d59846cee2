"""Value and gradient of three losses beside textbook NumPy and, where installed, their peers.

Contenders take turns in one process on one thread; what counts is the ratio within a row.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import solutions
from benchmarks.timing import round_robin

SIZES = ((1, 10), (1000, 10), (100_000, 100))
LOSSES = ("cross_entropy", "bce_with_logits", "huber")

Contender = Callable[[], object]


def textbook(name: str, z: Any, y: Any) -> object:
    """Value and gradient as a textbook writes them."""
    if name == "cross_entropy":
        weights = np.exp(z - z.max(axis=1, keepdims=True))
        p = weights / weights.sum(axis=1, keepdims=True)
        rows = np.arange(len(z))
        value = -np.log(p[rows, y]).mean()
        p[rows, y] -= 1
        return value, p / len(z)
    if name == "bce_with_logits":
        value = (np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))).mean()
        return value, (1 / (1 + np.exp(-z)) - y) / z.size
    residual = z - y
    inside = np.abs(residual) <= 1
    value = np.where(inside, 0.5 * residual**2, np.abs(residual) - 0.5).mean()
    return value, np.where(inside, residual, np.sign(residual)) / residual.size


def reference(name: str, z: Any, y: Any) -> object:
    """Value and gradient of the course's reference."""
    loss = solutions.LOSSES[name]
    return loss.value(z, y), loss.grad(z, y)


def scipy_version(name: str, z: Any, y: Any) -> object:
    """Value and gradient with SciPy's special functions."""
    from scipy import special

    if name == "cross_entropy":
        log_p = special.log_softmax(z, axis=1)
        rows = np.arange(len(z))
        gradient = np.exp(log_p)
        gradient[rows, y] -= 1
        return -log_p[rows, y].mean(), gradient / len(z)
    if name == "bce_with_logits":
        value = -(y * special.log_expit(z) + (1 - y) * special.log_expit(-z)).mean()
        return value, (special.expit(z) - y) / z.size
    residual = z - y
    return special.huber(1.0, residual).mean(), np.clip(residual, -1, 1) / residual.size


def sklearn_version(name: str, z: Any, y: Any) -> object:
    """Value and gradient of scikit-learn's compiled losses, one thread."""
    from sklearn._loss import loss as sk

    if name == "cross_entropy":
        model, target, raw = sk.HalfMultinomialLoss(n_classes=z.shape[1]), y.astype(z.dtype), z
    elif name == "bce_with_logits":
        model, target, raw = sk.HalfBinomialLoss(), y.ravel(), z.ravel()
    else:
        model, target, raw = sk.HuberLoss(delta=1.0), y.ravel(), z.ravel()
    value, gradient = model.loss_gradient(target, raw, n_threads=1)
    return value.mean(), gradient / len(value)


def torch_version(name: str, z: Any, y: Any) -> object:
    """Value and gradient by PyTorch's autograd on the CPU."""
    import torch

    logits = torch.from_numpy(z).requires_grad_()
    function = {
        "cross_entropy": torch.nn.functional.cross_entropy,
        "bce_with_logits": torch.nn.functional.binary_cross_entropy_with_logits,
        "huber": torch.nn.functional.huber_loss,
    }[name]
    value = function(logits, torch.from_numpy(y))
    value.backward()
    return value.item(), logits.grad


PEERS = {"scipy": scipy_version, "sklearn": sklearn_version, "torch": torch_version}


def batch(name: str, shape: tuple[int, int], dtype: type[np.floating[Any]]) -> tuple[Any, Any]:
    """Random logits or predictions, and what they are compared with."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=shape).astype(dtype)
    if name == "cross_entropy":
        return z, rng.integers(shape[1], size=shape[0])
    if name == "bce_with_logits":
        return z, rng.integers(2, size=shape).astype(dtype)
    return z, rng.normal(size=shape).astype(dtype)


def main() -> None:
    """Print medians in microseconds, and each as a multiple of textbook NumPy."""
    peers = {name: run for name, run in PEERS.items() if importlib.util.find_spec(name)}
    if "torch" in peers:
        import torch

        torch.set_num_threads(1)
    columns = ["textbook", "ours", *peers]
    print("value and gradient, one thread:", os.environ.get("OMP_NUM_THREADS", "set OMP_NUM_THREADS=1"))
    print(f"{'loss':16} {'dtype':8} {'size':>13} " + "".join(f"{name:>19}" for name in columns))
    for name in LOSSES:
        for dtype in (np.float64, np.float32):
            for shape in SIZES:
                z, y = batch(name, shape, dtype)
                contenders: dict[str, Contender] = {
                    "textbook": partial(textbook, name, z, y),
                    "ours": partial(reference, name, z, y),
                }
                contenders |= {peer: partial(run, name, z, y) for peer, run in peers.items()}
                seconds = round_robin(contenders, rounds=9, repeat=max(1, 20_000 // z.size))
                cells = (
                    f"{seconds[c] * 1e6:10.1f} ({seconds[c] / seconds['textbook']:5.2f})" for c in columns
                )
                print(f"{name:16} {dtype.__name__:8} {shape!s:>13} " + " ".join(cells))
