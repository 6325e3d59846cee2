"""What the course knows about a loss: one record, for pages and tests to read."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from solutions.types import Array, LossValue

INVARIANCES: Mapping[str, str] = MappingProxyType(
    {
        "translation": r"L(\hat y + c, y + c) = L(\hat y, y)",
        "permutation": r"L(\hat y_\pi, y_\pi) = L(\hat y, y)",
        "sign-symmetry": r"L(-\hat y, -y) = L(\hat y, y)",
        "exchange": r"L(y, \hat y) = L(\hat y, y)",
        "scaling-1": r"L(s \hat y, s y) = s\, L(\hat y, y) \text{ for } s > 0",
        "scaling-2": r"L(s \hat y, s y) = s^2 L(\hat y, y) \text{ for } s > 0",
        "shift": r"L(z + a \mathbf{1}, c) = L(z, c)",
        "relabelling": r"L(\pi z, \pi c) = L(z, c) \text{ for permutations } \pi \text{ of the classes}",
        "row-permutation": r"\text{the order of the rows of a batch does not matter}",
        "location": r"L(\mu + c, s, y + c) = L(\mu, s, y)",
        "reflection": r"L(-\mu, s, -y) = L(\mu, s, y)",
        "units": r"L(\eta + \log s, s y) = L(\eta, y) \text{ for } s > 0",
        "reference": r"L(\ell + c, \ell_{\mathrm{ref}} + c) = L(\ell, \ell_{\mathrm{ref}})",
        "common-shift": r"L(z + c, z' + c) = L(z, z')",
        "rotation": r"L(Qz, Qz') = L(z, z') \text{ for orthogonal } Q",
        "scaling-0": r"L(sz, sz') = L(z, z') \text{ for } s > 0",
        "swap": r"L(z', z) = L(z, z')",
    }
)
"""The invariances that a record may name, and what each of them says."""


@dataclass(frozen=True)
class Bound:
    """A constant that may depend on the parameters of the loss.

    Attributes
    ----------
    latex : str
        The constant as a formula, for print.
    value : callable
        The constant as a number, given the parameters of the loss by keyword.

    Examples
    --------
    >>> bound = Bound(r"\\delta", lambda delta=1.0: delta)
    >>> bound.value(delta=0.5)
    0.5
    """

    latex: str
    value: Callable[..., float]


@dataclass(frozen=True)
class Counterpart:
    """The same loss in a framework.

    Attributes
    ----------
    name : str
        Its name there.
    convention : str
        How its convention differs from ours, or that it does not.
    """

    name: str
    convention: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Loss:
    r"""One loss of the course.

    Formulas are for one element, so that the mean's 1/N is not in them: r = ŷ - y is the residual. The
    functions return the value and the gradient of the *reduced* loss, with the 1/N.

    Attributes
    ----------
    name : str
        The name of the function, and the key in ``LOSSES``.
    family : str
        The module it lives in.
    value : callable
        ``value(**inputs, **parameters)`` is a float, or an array for ``reduction="none"``.
    grad : callable
        ``grad(**inputs, **parameters)`` is a dict from each name in ``wrt`` to the gradient for it.
    wrt : tuple of str
        The arguments that it is differentiated with respect to, in order.
    formula, gradient : str
        LaTeX, one element.
    domain : str
        The admissible inputs and parameters.
    noise_model : str
        The density whose negative log-likelihood it is.
    minimiser : str
        What the best prediction estimates.
    convex : bool
        Whether it is convex in the differentiated arguments.
    lipschitz : Bound or None
        The least Lipschitz constant of one element's loss in the differentiated arguments, None if there is
        none, or none is known for all parameters.
    stable_form : str
        LaTeX of the form that is computed.
    frameworks : mapping of str to Counterpart
        PyTorch, Keras, scikit-learn, optax; a framework that lacks the loss is left out.
    invariances : tuple of str
        Keys of ``INVARIANCES``.
    pitfalls : tuple of str
        What goes wrong in practice.
    sources : tuple of str
        Papers and books, each with its year.
    """

    name: str
    family: str
    value: Callable[..., LossValue]
    grad: Callable[..., dict[str, Array]]
    wrt: tuple[str, ...]
    formula: str
    gradient: str
    domain: str
    noise_model: str
    minimiser: str
    convex: bool
    lipschitz: Bound | None
    stable_form: str
    frameworks: Mapping[str, Counterpart]
    invariances: tuple[str, ...]
    pitfalls: tuple[str, ...]
    sources: tuple[str, ...]


def keyed(
    gradient: Callable[..., Array] | Callable[..., tuple[Array, ...]], wrt: tuple[str, ...]
) -> Callable[..., dict[str, Array]]:
    """Wrap a gradient function, so that it returns a dict from the names in ``wrt`` to its arrays."""

    @functools.wraps(gradient)
    def by_name(*args: object, **kwargs: object) -> dict[str, Array]:
        result = gradient(*args, **kwargs)
        arrays = result if isinstance(result, tuple) else (result,)
        return dict(zip(wrt, arrays, strict=True))

    return by_name
