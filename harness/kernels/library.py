"""The same kernels from neural-tangents, which has other architectures too and checks the closed forms.

It is not among this project's dependencies: it needs jax < 0.6, and, installed the ordinary way, tensorflow. Nothing
else imports it, and this file only once asked.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import numpy as np

from harness.errors import BadInput, Unavailable
from harness.kernels.checks import finite_inputs
from harness.networks import FullyConnected


def stax() -> ModuleType:
    """neural_tangents.stax; Unavailable where neural-tangents or jax is missing."""
    if find_spec("neural_tangents") is None or find_spec("jax") is None:
        raise Unavailable(
            "neural-tangents is missing; `make kernels`, or `pip install jax==0.5.3 frozendict` and then "
            "`pip install --no-deps neural-tangents==0.6.5`, brings it without tensorflow."
        )
    if find_spec("tf2jax") is None:
        # Its experimental part imports tensorflow through tf2jax; an empty one in its place leaves the rest working.
        experimental = ModuleType("neural_tangents.experimental")
        experimental.__path__ = []
        sys.modules.setdefault(experimental.__name__, experimental)
    return import_module("neural_tangents.stax")


def library_kernels(
    architecture: FullyConnected, inputs: np.ndarray, others: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """NNGP kernel and NTK (ntk parametrisation) of fully connected networks, (points, others) float64 each.

    Shapes as in `harness.kernels.nngp`. BadInput for tanh, of which the library has no closed form.
    """
    library = stax()
    if architecture.activation == "tanh":
        raise BadInput("neural-tangents has no closed form for tanh; use harness.kernels.nngp and ntk.")

    def dense() -> tuple:
        return library.Dense(1, architecture.sigma_w, architecture.sigma_b)

    activation = {"relu": library.Relu, "erf": library.Erf}[architecture.activation]
    layers = [layer for _ in architecture.hidden for layer in (dense(), activation())]
    x, y = (
        None if each is None else architecture.prepare(finite_inputs(each, np.float64)) for each in (inputs, others)
    )
    with import_module("jax.experimental").enable_x64():
        found = library.serial(*layers, dense())[2](x, y, ("nngp", "ntk"))
        return np.asarray(found.nngp), np.asarray(found.ntk)
