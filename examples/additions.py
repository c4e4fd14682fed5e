"""An architecture, an optimiser and a data set of one's own, in every grid of images:

pytest claims/ -p examples.additions

A gated network, sign descent and two moons.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from torch import Tensor

from harness.claim.registry import add_architecture, add_data, add_optimiser
from harness.networks.ensemble import Parameter
from harness.networks.layers import GaussianLayers, linear
from harness.problems import Problem


@dataclass(frozen=True)
class Gated(GaussianLayers):
    """One hidden layer of so many gated units: (xW + b) · σ(xV + c)."""

    width: int = 20

    @property
    def name(self) -> str:
        """What ids and the history call it."""
        return self._named("gated", self.width)

    @property
    def facts(self) -> dict[str, str | int | float]:
        """What the report groups cells by."""
        return {"architecture": self.name, "depth": 1, "width": self.width}

    def prepare(self, inputs: np.ndarray) -> np.ndarray:
        """(points, ...) -> (points, d)."""
        return inputs.reshape(len(inputs), -1)

    def parameters(self, input_shape: tuple[int, ...], outputs: int = 1) -> dict[str, Parameter]:
        """The values' layer, the gates' and the readout."""
        d = prod(input_shape)
        return {
            **self._layer("value", d, self.width),
            **self._layer("gate", d, self.width),
            **self._layer("readout", self.width, outputs),
        }

    def features(self, parameters: Mapping[str, Tensor], x: Tensor) -> Tensor:
        """(points, d) or (networks, points, d) -> (networks, points, width)."""
        h = x if x.ndim == 3 else x.expand(len(parameters["value.weight"]), *x.shape)
        return linear(parameters, "value", h) * linear(parameters, "gate", h).sigmoid()


@dataclass(frozen=True)
class SignDescent:
    """θ ← θ − η sign(∇L)."""

    learning_rate: float = 0.003

    # Signs are of single numbers; and a step takes a minibatch.
    rotation_equivariant = False
    full_batch = False

    @property
    def name(self) -> str:
        """What ids and the history call it."""
        return f"sign-lr{self.learning_rate:g}"

    def start(self, rows: Tensor) -> list[Tensor]:  # noqa: ARG002 — the protocol's signature
        """Signs remember nothing."""
        return []

    def step(self, rows: Tensor, gradients: Tensor, state: list[Tensor]) -> None:  # noqa: ARG002
        """One step of every network."""
        rows.add_(torch.sign(gradients), alpha=-self.learning_rate)


def moons(m: int, n: int, split: int = 0) -> Problem:
    """Two interleaved half circles; for one split the same points for every m."""
    points = 2048
    rng = np.random.default_rng(split)
    y = rng.permutation(points) % 2
    angle = rng.uniform(0, np.pi, points)
    # The lower moon is the upper one turned by half a circle about (1/2, 1/4).
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    x = np.where(y[:, None] == 0, upper, [1, 0.5] - upper) + rng.normal(0, 0.1, (points, 2))
    x = x.astype(np.float32)
    name = f"moons-m{m}-n{n}" + (f"-split{split}" if split else "")
    return Problem.from_arrays(x[:m], y[:m], x[points - n :][::-1], y[points - n :][::-1], name)


add_architecture(Gated())
add_optimiser(SignDescent())
add_data("moons", moons)
