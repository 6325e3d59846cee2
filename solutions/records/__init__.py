"""The records of all losses, in the order in which the course meets them."""

from collections.abc import Mapping
from types import MappingProxyType

from solutions.loss import Loss
from solutions.records import (
    alignment,
    binary,
    divergences,
    gaussian_divergences,
    generative,
    image_text,
    margin,
    multiclass,
    multiclass_margin,
    multiclass_robust,
    multiclass_scores,
    numerics,
    pairs,
    partners,
    probabilistic,
    ranking,
    redundancy,
    regression,
    robust,
    structured,
)

FAMILIES = (
    regression,
    robust,
    probabilistic,
    binary,
    margin,
    multiclass_margin,
    multiclass,
    multiclass_robust,
    multiclass_scores,
    divergences,
    gaussian_divergences,
    pairs,
    partners,
    image_text,
    redundancy,
    ranking,
    alignment,
    generative,
    structured,
    numerics,
)

LOSSES: Mapping[str, Loss] = MappingProxyType(
    {record.name: record for family in FAMILIES for record in family.RECORDS}
)
"""Every loss of the course by name; it cannot be changed."""
