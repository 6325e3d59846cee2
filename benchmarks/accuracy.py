"""Where peers lose the answer: the exact value, ours, and those of SciPy and scikit-learn if installed.

Each row is an input from which a peer returns a wrong number, a zero, or infinity. That ours is right there
is tested in `tests/solutions`; this report only sets the answers side by side.
"""

from __future__ import annotations

import importlib.util
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

import numpy as np

import solutions

Answer = Callable[[], Any]


@dataclass(frozen=True)
class Row:
    """One input: what it is, the exact answer, ours, and the peers' by name."""

    what: str
    exact: float
    ours: Answer
    peers: dict[str, Answer]


def log1p_exp(*exponents: int) -> float:
    """Return log(1 + Σ exp(x)) to double precision, from 60 decimal digits."""
    with localcontext(prec=60):
        return float(sum((Decimal(x).exp() for x in exponents), start=Decimal(1)).ln())


def rows() -> list[Row]:
    """Return the inputs; the peers are imported when a row is asked."""

    def special() -> Any:
        from scipy import special

        return special

    def distance() -> Any:
        from scipy.spatial import distance

        return distance

    def metrics() -> Any:
        from sklearn import metrics

        return metrics

    def multinomial(*logits: float) -> Answer:
        def answer() -> Any:
            from sklearn._loss.loss import HalfMultinomialLoss

            return HalfMultinomialLoss(n_classes=len(logits)).loss(np.array([0.0]), np.array([logits]))[0]

        return answer

    def binomial(logit: float, target: float) -> Answer:
        def answer() -> Any:
            from sklearn._loss.loss import HalfBinomialLoss

            return HalfBinomialLoss().loss(np.array([target]), np.array([logit]))[0]

        return answer

    near, half = np.array([0.5 - 2**-30, 0.5 + 2**-30]), np.array([0.5, 0.5])
    big, tiny = np.full(4, 1e154), np.array([[1e-200, 1e-200]])
    sure = [[40.0, 0.0, 0.0]]
    with localcontext(prec=60):
        step = Decimal(2) ** -30
        divergence = float(-(1 - 4 * step * step).ln() / 2)
        tail = float(-1 / (1 + Decimal(40).exp()))
    return [
        Row(
            "BCE, z = 34, y = 1",
            log1p_exp(-34),
            lambda: solutions.bce_with_logits([34.0], [1.0]),
            {"sklearn": binomial(34.0, 1.0), "scipy": lambda: -special().log_expit(34.0)},
        ),
        Row(
            "BCE slope, z = 40, y = 1",
            tail,
            lambda: solutions.bce_with_logits_grad([40.0], [1.0])[0],
            {"scipy": lambda: special().expit(40.0) - 1},
        ),
        Row(
            "BCE, p = 0, y = 1",
            math.inf,
            lambda: solutions.bce([0.0], [1.0]),
            {"sklearn": lambda: metrics().log_loss([1], [0.0], labels=[0, 1])},
        ),
        Row(
            "cross-entropy, z = (40, 0, 0), c = 0",
            log1p_exp(-40, -40),
            lambda: solutions.cross_entropy(sure, [0]),
            {"sklearn": multinomial(*sure[0]), "scipy": lambda: -special().log_softmax(sure[0])[0]},
        ),
        Row(
            "cross-entropy, z = (1e15, 1e15 - 1), c = 0",
            log1p_exp(-1),
            lambda: solutions.cross_entropy([[1e15, 1e15 - 1]], [0]),
            {
                "sklearn": multinomial(1e15, 1e15 - 1),
                "scipy": lambda: special().logsumexp([1e15, 1e15 - 1]) - 1e15,
            },
        ),
        Row(
            "KL, p = (1/2, 1/2), q = (1/2 ± 2^-30)",
            divergence,
            lambda: solutions.kl(half, near),
            {"scipy": lambda: special().kl_div(half, near).sum()},
        ),
        Row(
            "pseudo-Huber, r = 1e200",
            1e200,
            lambda: solutions.pseudo_huber([1e200], [0.0]),
            {"scipy": lambda: special().pseudo_huber(1.0, 1e200)},
        ),
        Row(
            "MSE, four residuals of 1e154",
            1e308,
            lambda: solutions.mse(big, 0 * big),
            {"sklearn": lambda: metrics().mean_squared_error(0 * big, big)},
        ),
        Row(
            "hinge, scores (2, 3) of class +1 only",
            0.0,
            lambda: solutions.hinge([2.0, 3.0], [1.0, 1.0]),
            {"sklearn": lambda: metrics().hinge_loss([1, 1], [2, 3], labels=[-1, 1])},
        ),
        Row(
            "1 - cos of (1e-200, 1e-200) and (1, 0)",
            1 - math.sqrt(0.5),
            lambda: solutions.cosine_embedding(tiny, [[1.0, 0.0]], [1.0]),
            {"scipy": lambda: distance().cosine(tiny[0], [1.0, 0.0])},
        ),
    ]


def main() -> None:
    """Print the table."""
    here = [name for name in ("sklearn", "scipy") if importlib.util.find_spec(name)]
    print(f"\n{'input':44} {'exact':>12} {'ours':>12} " + "".join(f"{name:>12}" for name in here))
    for row in rows():
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            peers = [f"{float(row.peers[name]()):12.5g}" if name in row.peers else " " * 12 for name in here]
        print(f"{row.what:44} {row.exact:12.5g} {float(row.ours()):12.5g} " + "".join(peers))
