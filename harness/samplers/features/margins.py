"""Distance of a network's training points from where its labels change, and its test error by that margin."""

from math import prod

import torch
from torch import Tensor

from harness.errors import BadInput
from harness.samplers.features.layer_statistics import View

# log2 of the margins between bins: those of one bin are alike to within a factor of two.
EDGES = tuple(range(-20, 6))
BINS = len(EDGES) + 1


def logits_and_steepness(view: View) -> tuple[Tensor, Tensor]:
    """Logits and ‖∂logit/∂x‖ at every point, (networks, points) each, x as the problem holds it; BadInput for tokens.

    If inputs are expressed in their own span, the gradient is the one along it: across it parameters are as at
    initialisation, and no point is displaced in that direction.
    """
    if not view.x.is_floating_point():
        raise BadInput("Tokens have no distances, so that networks on them have no gradient and no normalised margin.")
    # Networks of a sampler come without gradients, and so are copied.
    with torch.inference_mode(False), torch.enable_grad():
        parameters = {name: tensor.clone() for name, tensor in view.parameters.items()}
        networks = len(next(iter(parameters.values())))
        x = view.x.clone().repeat(networks, *[1] * view.x.ndim).requires_grad_()
        logits = view.architecture.readout(parameters, view.architecture.features(parameters, x))[..., 0]
        (gradient,) = torch.autograd.grad(logits.sum(), x)
    # An input of d numbers in a span of d' is held as √(d'/d) times its coordinates there (`same_gram_inputs`).
    scale = prod(view.x.shape[1:]) / prod(view.input_shape)
    return logits.detach(), gradient.flatten(2).norm(dim=2) * scale**0.5


def lipschitz_margin(view: View) -> Tensor:
    """The smallest signed training logit over the largest ‖∂logit/∂x‖ at any point of S or E: (networks, 1).

    It is the distance from the training points to where labels change, in the units of the inputs, if the gradient is
    nowhere steeper; it is invariant if the logit is scaled. Peleg & Hein (arXiv 2407.03848) normalise in this way: they
    estimate the Lipschitz constant at the training and test points.
    """
    return _margin_and_error(view)[0][:, None]


def errors_by_margin(view: View) -> Tensor:
    """The bin of `lipschitz_margin` of each network, as 0s and a 1, and its test error in the same place.

    (networks, 2·BINS): their means are the share of each bin, and that share times the mean error there.
    """
    margin, error = _margin_and_error(view)
    share = torch.nn.functional.one_hot(bins_of(margin), BINS).to(error.dtype)
    return torch.cat([share, share * error[:, None]], dim=1)


def _margin_and_error(view: View) -> tuple[Tensor, Tensor]:
    """Margin and share of evaluation inputs with the wrong label, (networks,) each."""
    logits, steepness = logits_and_steepness(view)
    least = (logits * view.signs)[:, : view.m].min(1).values
    wrong = (logits > 0) != (view.signs > 0)
    error = wrong[:, view.m :].to(logits.dtype).mean(1)
    return least / steepness.max(1).values.clamp(min=torch.finfo(logits.dtype).tiny), error


def bins_of(margins: Tensor) -> Tensor:
    """The bin of each margin, 0 … BINS − 1."""
    edges = torch.tensor([2.0**edge for edge in EDGES], dtype=margins.dtype, device=margins.device)
    return torch.bucketize(margins, edges, right=True)
