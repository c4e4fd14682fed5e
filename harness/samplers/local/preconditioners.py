"""Linear maps that stretch random directions to where a region around a network is long, in units of the prior."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

PRECONDITIONERS = ("none", "diagonal", "full")


class Preconditioner(NamedTuple):
    """A symmetric positive map P of parameters.

    apply: (k, d) -> (k, d), P of each row. log_det: ln det P.
    """

    apply: Callable[[Tensor], Tensor]
    log_det: float


def preconditioner(kind: str, gradients: Tensor) -> Preconditioner:
    """P = (1 + GᵀG)^(−½), with the rows of G the gradients of margins over the margins' size, in units of the prior.

    The prior's own precision is 1, and GᵀG is the Gauss–Newton matrix of the margins. Any P gives the same mean over
    directions; it decides how few of them have all of it. (arXiv 2501.18812 takes the Hessian of the loss or Adam's
    second moments; these are their counterparts for regions of labels. The scale is that of all margins: in units of
    its own a small margin would squeeze directions on both of its sides, and the region ends on one.)

    Args:
        kind: "none" (P = 1), "diagonal" (of GᵀG only the diagonal) or "full".
        gradients: (points, d) G.

    Returns:
        The map.
    """
    if kind == "none":
        return Preconditioner(lambda rows: rows, 0.0)
    if kind == "diagonal":
        precision = 1 + gradients.square().sum(0)
        shrink = precision.rsqrt()
        return Preconditioner(lambda rows: rows * shrink, -float(precision.cpu().double().log().sum()) / 2)
    # On the CPU and in double precision: not every GPU has either for decompositions.
    _, sizes, axes = torch.linalg.svd(gradients.cpu().double(), full_matrices=False)
    precision = 1 + sizes.square()
    shrink, axes = (precision.rsqrt() - 1).to(gradients), axes.to(gradients)
    return Preconditioner(lambda rows: rows + (rows @ axes.T * shrink) @ axes, -float(precision.log().sum()) / 2)
