"""From similarities to the cross-entropy of choosing a partner: what the contrastive losses share."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from solutions.checking import embeddings, result_type, same_shape
from solutions.kernels import Cosines, Directions, directions, sigmoid, softmax, softplus, tangent
from solutions.types import Array, Float64Array, FloatType

Mask = npt.NDArray[np.bool_]


def two_views(
    a: npt.ArrayLike, a_name: str, b: npt.ArrayLike, b_name: str, *numbers: Array
) -> tuple[Directions, Directions, FloatType]:
    """Check two matrices whose rows belong together; ``numbers`` have a say in the dtype of the result."""
    first, second = embeddings(a, a_name), embeddings(b, b_name)
    same_shape(first, a_name, second, b_name)
    return (
        directions(first.astype(np.float64)),
        directions(second.astype(np.float64)),
        result_type(first, second, *numbers),
    )


class Choice(NamedTuple):
    """Cross-entropy of each row of logits, and its derivatives with respect to them."""

    losses: Float64Array
    slopes: Float64Array


def choose(score: Float64Array, positives: Mask) -> Choice:
    """Average -log softmax of the score over the positives of each row; -inf is no candidate.

    The softmax is taken apart into positives and negatives. With the odds of all negatives against all
    positives, the loss is log(1 + odds) plus what it would be without negatives, and nothing cancels in
    either: the first keeps its digits when the row is perfectly separated, the second when all positives are
    equally similar.
    """
    best = np.where(positives, score, -np.inf).max(axis=-1, keepdims=True)
    rival = np.where(positives, -np.inf, score).max(axis=-1, keepdims=True)
    inside = softmax(np.where(positives, np.where(score == best, 0.0, score - best), -np.inf))
    outside = softmax(np.where(positives, -np.inf, score))
    log_odds = (rival - best) + (np.log1p(outside.rest) - np.log1p(inside.rest))
    count = positives.sum(axis=-1, keepdims=True)
    below = np.where(positives, inside.below, 0.0)
    losses = softplus(log_odds) + np.log1p(inside.rest) + below.sum(axis=-1, keepdims=True) / count
    share = sigmoid(log_odds)
    lift = np.expm1(-below)
    # Softmax among the positives minus 1/count, from differences of the positives: 0 where they are all
    # alike.
    uneven = (lift - lift.sum(axis=-1, keepdims=True) / count) / (1 + inside.rest)
    slopes = np.where(positives, uneven - inside.p * share, outside.p * share)
    return Choice(losses[:, 0], slopes)


def scores(cosine: Cosines, candidates: Mask | None = None) -> Float64Array:
    """Return how far each cosine of a row is below the row's largest, and -inf for what is no candidate.

    The cosines of a row are subtracted in the form in which they have most digits: 1 - cos near 1, 1 + cos
    near -1.
    """
    allowed = np.ones(cosine.cosine.shape, bool) if candidates is None else candidates
    top = np.where(allowed, cosine.cosine, -np.inf).max(axis=-1, keepdims=True)
    best = np.where(top > 0.5, -cosine.one_minus, np.where(top < -0.5, cosine.one_plus, cosine.cosine))
    best = np.where(allowed, best, -np.inf)
    return np.asarray(best - best.max(axis=-1, keepdims=True))


def through(rows: Directions, slopes: Float64Array) -> Float64Array:
    """Apply the chain rule from unit vectors to the vectors themselves."""
    return rows.over_length(tangent(rows.unit, slopes))


def diagonal(score: Float64Array) -> Mask:
    """Mark row i as the partner of row i."""
    return np.eye(len(score), dtype=bool)
