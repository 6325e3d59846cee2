"""The records of all losses, in the order in which the course meets them."""

from collections.abc import Mapping
from types import MappingProxyType

from solutions.loss import Loss
from solutions.records import regression

LOSSES: Mapping[str, Loss] = MappingProxyType({record.name: record for record in regression.RECORDS})
"""Every loss of the course by name; it cannot be changed."""
