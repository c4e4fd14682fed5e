"""Whether some last layer on frozen features fits the training set, decided exactly."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.optimize import linprog, nnls

from harness.functions.merging import Merging
from harness.networks import Architecture
from harness.networks.ensemble import sampling_inputs
from harness.networks.logits import finite
from harness.problems import Problem
from harness.samplers.prior import ensembles
from harness.samplers.sampler import Sampler
from harness.samplers.work import ENTRY


@dataclass(frozen=True)
class Feasibility(Merging):
    """Number of hidden draws on which some last layer fits all of S."""

    feasible: int
    draws: int


# Feasibility tolerance of the solver, the least it takes, and the margin that counts as one.
_TOLERANCE, _MARGIN = 1e-10, 1e-9


def separable(features: np.ndarray, labels: np.ndarray, threshold: bool) -> bool:
    """Decide by a linear programme whether signs(features·v + b) = labels has a solution.

    A logit of 0 has label 0. It has volume only where the features are 0 and there is no bias: such points fit or do
    not whatever v is, and all others are asked for strict separation. The programme maximises t subject to s(φ·v + b) ≥
    t for every such point and all of v, b, t within ±1. It always has a solution, and t > 0 if and only if strict
    separation is possible.

    Args:
        features: (points, width) features of the points.
        labels: (points,) labels 0 or 1.
        threshold: False for b = 0.

    Returns:
        Whether the labels can be fitted.
    """
    signed = _signed(features, labels, threshold)
    if signed is None or not len(signed):
        return signed is not None
    t_last = np.append(np.zeros(signed.shape[1]), 1.0)
    result = linprog(
        -t_last,
        A_ub=np.hstack([-signed, np.ones((len(signed), 1))]),
        b_ub=np.zeros(len(signed)),
        bounds=(-1, 1),
        method="highs",
        options={"primal_feasibility_tolerance": _TOLERANCE, "dual_feasibility_tolerance": _TOLERANCE},
    )
    if result.status != 0:
        raise RuntimeError(f"The linear programme of a last layer ended undecided: {result.message}")
    return -result.fun > _MARGIN


def certified(features: np.ndarray, labels: np.ndarray, threshold: bool) -> bool | None:
    """Decide the same as `separable` by a short proof, 30 to 50 times as fast.

    Nonnegative least squares finds the convex combination of the signed points that is nearest to 0, which is a proof
    either way (Gordan 1873): if it has a positive product with every signed point, its direction separates them; if it
    is so near to 0 that no direction within ±1 has a larger margin than counts as one, nothing separates them.

    Args:
        features: (points, width) features of the points.
        labels: (points,) labels 0 or 1.
        threshold: False for a last layer without bias.

    Returns:
        Whether the labels can be fitted; None if no such proof is found.
    """
    signed = _signed(features, labels, threshold)
    if signed is None or not len(signed):
        return signed is not None
    target = np.append(np.zeros(signed.shape[1]), 1.0)
    try:
        combination, _ = nnls(np.vstack([signed.T, np.ones(len(signed))]), target)
    except RuntimeError:  # no solution in as many steps as it takes
        return None
    total = combination.sum()
    if not total > 0:
        return None
    nearest = signed.T @ (combination / total)
    size = float(np.abs(nearest).sum())
    if size < _MARGIN / 2:
        return False
    # As large as directions are in the linear programme, so that both ask for the same margin.
    return True if (signed @ nearest).min() > 2 * _MARGIN * float(np.abs(nearest).max()) else None


def _signed(features: np.ndarray, labels: np.ndarray, threshold: bool) -> np.ndarray | None:
    """Each point times its sign; the labels can be fitted if some direction has a positive product with all of them.

    Points without features are left out, as their logit is 0 and their label 0; None if one of them has label 1.
    """
    columns = np.hstack([features, np.ones((len(features), 1))]) if threshold else features
    largest = np.abs(columns).max(axis=1, initial=0.0)
    some = largest > 0
    if labels[~some].any():
        return None
    # Rows of unit length: the same half-spaces, and numbers the solvers' tolerances are made for.
    columns = columns[some] / largest[some, None]
    columns = columns / np.linalg.norm(columns, axis=1, keepdims=True)
    return (labels[some].astype(float) * 2 - 1)[:, None] * columns


def last_layer_feasibility(
    architecture: Architecture, problem: Problem, draws: int, generator: torch.Generator
) -> Feasibility:
    """Draw hidden layers, freeze them, and count those on which some last layer fits S.

    Args:
        architecture: the networks.
        problem: S, of two classes.
        draws: number of hidden draws.
        generator: source of randomness, on the device that computes.

    Returns:
        The number of hidden draws that some last layer fits, of all.
    """
    problem.needs_two_classes("Feasibility of a last layer")
    problem.needs_training_points("Feasibility of a last layer")
    x = sampling_inputs(architecture, problem.inputs[: problem.m], generator.device)
    feasible = 0
    for parameters in ensembles(architecture, x, draws, 1, generator):
        with torch.inference_mode():
            features = finite(architecture.features(parameters, x)).double().cpu().numpy()
        threshold = "readout.bias" in parameters
        for each in features:
            proved = certified(each, problem.train_y, threshold)
            feasible += separable(each, problem.train_y, threshold) if proved is None else proved
    return Feasibility(feasible, draws)


@dataclass(frozen=True)
class LastLayerFeasibility(Sampler[Feasibility]):
    """Number of hidden draws on which some last layer fits S, decided exactly.

    draws: hidden draws per shard.
    """

    draws: int = 50

    name = "last-layer feasibility"
    result = Feasibility

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of the address, with what was otherwise before."""
        return super().arguments | {"logits of 0": "label 0"}

    def draw(self, generator: torch.Generator) -> Feasibility:
        """One shard."""
        return last_layer_feasibility(self.architecture, self.problem, self.draws, generator)

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        of = self.shape
        return self.draws * (of.draw + of.m * of.forward + ENTRY * of.m * min(of.m, of.features))
