"""Losses of bounding boxes: by how much of their area do two boxes agree?

They take one box (4,) or a batch (N, 4) of boxes (x1, y1, x2, y2) with x1 <= x2 and y1 <= y2, and their
"mean" is over boxes. Each is 1 minus a ratio of areas, and as the ratio nears 1 that subtraction leaves
nothing: so here the areas of the mistakes are added up instead.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from solutions import checking
from solutions.kernels import quiet
from solutions.reduction import averaged, reduce
from solutions.types import Array, Float64Array, FloatType, LossValue, Reduction


@quiet
def iou_loss(box: npt.ArrayLike, target: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """1 minus intersection over union of two boxes.

    The measure by which detections are judged, blind to scale. For boxes that do not meet it is 1, with a
    gradient of 0: it cannot say in which direction the target lies. See `giou_loss`.

    Parameters
    ----------
    box, target : array_like of float, shape (N, 4) or (4,)
        Predicted and true boxes, (x1, y1, x2, y2) with x1 <= x2 and y1 <= y2.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the boxes.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array with one loss per box.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or the box is an integer array.
    ValueError
        If the shapes differ or do not end in 4, a box is turned inside out or not finite, the batch is
        empty or the reduction is unknown.

    Notes
    -----
    Domain: boxes, also with width or height 0. Two boxes without area cost 0 if they are the same box, else
    1.

    Formula: 1 - I/U, with the areas I of the intersection and U of the union.

    Gradient: (I U' - U I')/U², where ' is the derivative; over N after the mean. At a kink, where two edges
    lie on one line, it is the smallest slope there is between those of the two sides; 0 if there is no
    union.

    References
    ----------
    Jaccard (1901), Étude comparative de la distribution florale dans une portion des Alpes et des Jura. Yu,
    Jiang, Wang, Cao and Huang (2016), UnitBox, ACM Multimedia (there -log IoU).

    Examples
    --------
    >>> iou_loss([0.0, 0.0, 2.0, 2.0], [1.0, 0.0, 3.0, 2.0])
    np.float64(0.6666666666666666)
    >>> iou_loss([[0.0, 0.0, 1e-4, 1e-4]], [[0.0, 0.0, 1e-4, 1e-4]])
    np.float64(0.0)
    """
    boxes = _boxes(box, target)
    return reduce(boxes.outside_intersection(), reduction, boxes.dtype)


@quiet
def iou_loss_grad(box: npt.ArrayLike, target: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `iou_loss` with respect to ``box``.

    Examples
    --------
    >>> iou_loss_grad([0.0, 0.0, 2.0, 2.0], [1.0, 0.0, 3.0, 2.0])
    array([-0.11111111,  0.        , -0.33333333,  0.        ])
    """
    return _boxes(box, target).gradient(reduction, hull=False)


@quiet
def giou_loss(box: npt.ArrayLike, target: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Generalised IoU loss: `iou_loss`, plus the share of the common hull that neither box covers.

    Between 0 and 2. Boxes that do not meet are pulled together, as the hull shrinks when they come closer.

    Parameters
    ----------
    box, target, reduction
        As for `iou_loss`.

    Returns
    -------
    float or ndarray
        As for `iou_loss`.

    Raises
    ------
    TypeError, ValueError
        As for `iou_loss`.

    Notes
    -----
    Domain: as for `iou_loss`; a hull without area adds 0.

    Formula: 1 - I/U + (C - U)/C with the area C of the smallest box around both.

    Gradient: (I U' - U I')/U² + (U C' - C U')/C², and that over N after the mean. At kinks as for `iou_loss`.

    References
    ----------
    Rezatofighi, Tsoi, Gwak, Sadeghian, Reid and Savarese (2019), Generalized Intersection over Union, CVPR.

    Examples
    --------
    >>> giou_loss([0.0, 0.0, 1.0, 1.0], [3.0, 0.0, 4.0, 1.0])
    np.float64(1.5)
    """
    boxes = _boxes(box, target)
    return reduce(boxes.outside_intersection() + boxes.uncovered, reduction, boxes.dtype)


@quiet
def giou_loss_grad(box: npt.ArrayLike, target: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `giou_loss` with respect to ``box``.

    Examples
    --------
    >>> giou_loss_grad([0.0, 0.0, 1.0, 1.0], [3.0, 0.0, 4.0, 1.0])  # a longer box, towards the target
    array([ 0.125,  0.   , -0.25 ,  0.   ])
    """
    return _boxes(box, target).gradient(reduction, hull=True)


class _Boxes(NamedTuple):
    """Two boxes on the grid that their edges cut into their hull: 3 columns and 3 rows, some without width.

    Every area is a sum of cells, so none is a difference. Lengths are shares of the hull's, hence its area
    is 1. The last axis of lengths is x, y.
    """

    side: Array
    """Does an edge of the box stick out of the target (-1), lie on its edge (0), or inside (1)?

    Shape (..., 2, 2): low and high edges, of x and y."""
    hull: Float64Array
    """Width and height of the hull."""
    length: Float64Array
    """Sides of the box."""
    overlap: Float64Array
    """Lengths that the box shares with the target."""
    spare: Float64Array
    """Lengths of the box that it does not share."""
    beyond: Float64Array
    """Lengths of the hull without the box."""
    both: Float64Array
    """Area of the intersection."""
    only_target: Float64Array
    mistakes: Float64Array
    """Area in one of the boxes but not in the other."""
    uncovered: Float64Array
    """Area of the hull in neither; 0 for a hull without area."""
    same: npt.NDArray[np.bool_]
    dtype: FloatType

    def outside_intersection(self) -> Float64Array:
        """Return 1 - IoU."""
        union = self.both + self.mistakes
        return np.where(union > 0, self.mistakes / union, np.where(self.same, 0.0, 1.0))

    def gradient(self, reduction: Reduction, *, hull: bool) -> Array:
        """Return the gradient of the reduced IoU loss, or with ``hull`` of the GIoU loss."""
        union = (self.both + self.mistakes)[..., None]
        both, only_target = self.both[..., None], self.only_target[..., None]
        across, meets = self.length[..., ::-1], self.overlap > 0
        # An intersection of length 0 stays empty on one side of the kink, and its slope is taken from there.
        shared = np.where(meets, self.overlap[..., ::-1], 0.0)
        # How fast the loss grows as an edge moves into the box: from outside the target, and from inside it.
        outer = -(both / union) * (across / union)
        inner = shared / union * ((only_target + self.spare * across + both) / union)
        outer, inner = (np.where(union > 0, slope, 0.0) for slope in (outer, inner))
        if hull:
            outer = outer + across * self.beyond - only_target
            inner = inner + np.where(meets, self.spare[..., ::-1], across)
        low, high = np.minimum(outer, inner), np.maximum(outer, inner)
        tie = np.clip(0.0, low, high)
        choices = [choice[..., None, :] for choice in (outer, inner, tie)]
        inwards = np.select([self.side < 0, self.side > 0], choices[:2], choices[2])
        slopes = inwards * [[1.0], [-1.0]] / self.hull[..., None, :]  # a high edge moves in as it decreases
        slopes = np.where(np.all(self.hull > 0, axis=-1)[..., None, None], slopes, 0.0)
        rows = averaged(reduction, self.both.size)
        return np.asarray(slopes.reshape(*self.both.shape, 4) / rows + 0.0, dtype=self.dtype)  # no -0.0


def _boxes(box: npt.ArrayLike, target: npt.ArrayLike) -> _Boxes:
    found, wanted = checking.prediction(box, "box"), checking.target(target, "target")
    checking.same_shape(found, "box", wanted, "target")
    for array, name in ((found, "box"), (wanted, "target")):
        _refuse_what_is_no_box(array, name)
    a, b = (array.astype(np.float64).reshape(*array.shape[:-1], 2, 2) for array in (found, wanted))
    edges = np.sort(np.concatenate([a, b], axis=-2), axis=-2)
    hull = edges[..., 3, :] - edges[..., 0, :]
    steps = np.diff(edges, axis=-2) / np.where(hull > 0, hull, 1.0)[..., None, :]
    in_a, in_b = (
        (edges[..., :-1, :] >= corners[..., :1, :]) & (edges[..., 1:, :] <= corners[..., 1:, :])
        for corners in (a, b)
    )
    cells = steps[..., :, None, 0] * steps[..., None, :, 1]
    cell_in_a, cell_in_b = (inside[..., :, None, 0] & inside[..., None, :, 1] for inside in (in_a, in_b))

    def length(where: npt.NDArray[np.bool_]) -> Float64Array:
        return np.asarray(np.where(where, steps, 0.0).sum(axis=-2))

    def area(where: npt.NDArray[np.bool_]) -> Float64Array:
        return np.asarray(np.where(where, cells, 0.0).sum(axis=(-2, -1)))

    return _Boxes(
        side=np.stack([np.sign(a[..., 0, :] - b[..., 0, :]), np.sign(b[..., 1, :] - a[..., 1, :])], axis=-2),
        hull=hull,
        length=length(in_a),
        overlap=length(in_a & in_b),
        spare=length(in_a & ~in_b),
        beyond=length(~in_a),
        both=area(cell_in_a & cell_in_b),
        only_target=area(~cell_in_a & cell_in_b),
        mistakes=area(cell_in_a ^ cell_in_b),
        uncovered=area(~cell_in_a & ~cell_in_b),
        same=(a == b).all(axis=(-2, -1)),
        dtype=checking.result_type(found, wanted),
    )


def _refuse_what_is_no_box(array: Array, name: str) -> None:
    if array.ndim == 0 or array.shape[-1] != 4:
        raise ValueError(
            f"{name} has shape {array.shape}, but a box is (x1, y1, x2, y2): shape (4,) or (N, 4)."
        )
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds {array[~np.isfinite(array)][0]}, but corners must be finite numbers.")
    inverted = (array[..., 0] > array[..., 2]) | (array[..., 1] > array[..., 3])
    if inverted.any():
        raise ValueError(
            f"{name} holds {array[inverted][0].tolist()}, but a box needs x1 <= x2 and y1 <= y2: sort its "
            "corners, or convert from (x, y, width, height)."
        )
