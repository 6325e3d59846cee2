"""How ordinary inputs of each loss are drawn: one module per family, gathered here by name of the loss.

A module has `BATCHES` (a strategy of inputs), and where they apply `PARAMETERS` (strategies of the keyword
parameters), `EXAMPLES` (one ordinary batch), `COUPLED` (losses whose examples depend on each other, so that a
batch is more than its rows) and `MEAN_WEIGHTS` (the weights of a mean that is not the plain one).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

MODULES = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]


def _gathered(attribute: str) -> dict[str, Any]:
    return {name: item for module in MODULES for name, item in getattr(module, attribute, {}).items()}


BATCHES: dict[str, st.SearchStrategy[dict[str, Any]]] = _gathered("BATCHES")
PARAMETERS: dict[str, dict[str, st.SearchStrategy[Any]]] = _gathered("PARAMETERS")
EXAMPLES: dict[str, dict[str, Any]] = _gathered("EXAMPLES")
MEAN_WEIGHTS: dict[str, Callable[..., Any]] = _gathered("MEAN_WEIGHTS")
COUPLED: frozenset[str] = frozenset().union(*(getattr(module, "COUPLED", ()) for module in MODULES))
