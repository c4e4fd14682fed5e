"""The updates of `optimisers/`, where the formulas' sources are, for one network, compiled, for `compiled.py`.

After a change here, change `compiled.py` too: it is cached together with what it calls, see `products.py`.
"""

from typing import Any

import numpy as np
import torch
from numba import njit
from torch import Tensor

from harness.networks.compiled.products import FAST
from harness.optimisers import SGD, Adadelta, Adagrad, Adam, GradientDescent, Momentum, Nesterov, Optimiser, RMSprop
from harness.optimisers.rule import decay_of

_DESCENT, _MOMENTUM, _NESTEROV, _ADAM, _RMSPROP, _ADAGRAD, _ADADELTA = range(7)
# Which formula, and the names of its numbers after the learning rate.
_RULES: dict[type, tuple[int, tuple[str, ...]]] = {
    SGD: (_DESCENT, ()),
    GradientDescent: (_DESCENT, ()),
    Momentum: (_MOMENTUM, ("momentum",)),
    Nesterov: (_NESTEROV, ("momentum",)),
    Adam: (_ADAM, ("beta1", "beta2", "epsilon")),
    RMSprop: (_RMSPROP, ("alpha", "epsilon")),
    Adagrad: (_ADAGRAD, ("epsilon",)),
    Adadelta: (_ADADELTA, ("rho", "epsilon")),
}


def has_formula(optimiser: Optimiser) -> bool:
    """Whether there is a formula for this very kind of optimiser."""
    return type(optimiser) in _RULES


def arguments(optimiser: Optimiser, state: list[Tensor], networks: int) -> list[Any]:
    """Arguments of `update` for all networks, which share memory with the state.

    Args:
        optimiser: one that `has_formula` accepts.
        state: its state, tensors (networks, ...).
        networks: how many there are.

    Returns:
        rule, numbers, steps (networks,), first and second (networks, size or 0).
    """
    rule, names = _RULES[type(optimiser)]
    numbers = [getattr(optimiser, name) for name in ("learning_rate", *names)]
    numbers += [0.0] * (4 - len(numbers)) + [decay_of(optimiser)]
    steps, moments = (state[0], state[1:]) if rule == _ADAM else (torch.zeros(networks, dtype=torch.float32), state)
    moments = [*moments, *[torch.empty(networks, 0, dtype=torch.float32)] * (2 - len(moments))]
    return [rule, tuple(numbers), *(tensor.numpy() for tensor in (steps, *moments))]


@njit(fastmath=FAST, error_model="numpy", nogil=True)
def update(
    rule: int,
    numbers: tuple[float, float, float, float, float],
    step: float,
    first: np.ndarray,
    second: np.ndarray,
    theta: np.ndarray,
    gradient: np.ndarray,
) -> None:
    """Take one step of one network, in the order of operations of torch.optim.

    Args:
        rule: which formula.
        numbers: the learning rate, the formula's other three numbers, the weight decay.
        step: the step's number, from 1.
        first: (size,) Adam's first moment, Adadelta's v, another rule's only state; updated. Empty: there is none.
        second: (size,) Adam's second moment, Adadelta's u; updated. Empty: there is none.
        theta: (size,) the network; updated.
        gradient: (size,) of its loss; the weight decay's is added to it.
    """
    decay = np.float32(numbers[4])
    if decay > 0:
        for i in range(len(theta)):
            gradient[i] += decay * theta[i]
    rate = np.float32(numbers[0])
    a, small = np.float32(numbers[1]), np.float32(numbers[2])
    if rule == _DESCENT:
        for i in range(len(theta)):
            theta[i] -= rate * gradient[i]
    elif rule == _MOMENTUM:
        for i in range(len(theta)):
            first[i] = a * first[i] + gradient[i]
            theta[i] -= rate * first[i]
    elif rule == _NESTEROV:
        for i in range(len(theta)):
            first[i] = a * first[i] + gradient[i]
            theta[i] -= rate * (gradient[i] + a * first[i])
    elif rule == _ADAM:
        _adam(numbers, step, first, second, theta, gradient)
    elif rule == _RMSPROP:
        rest = np.float32(1 - numbers[1])
        for i in range(len(theta)):
            first[i] = a * first[i] + rest * gradient[i] * gradient[i]
            theta[i] -= rate * gradient[i] / (np.sqrt(first[i]) + small)
    elif rule == _ADAGRAD:
        for i in range(len(theta)):
            first[i] += gradient[i] * gradient[i]
            theta[i] -= rate * gradient[i] / (np.sqrt(first[i]) + a)
    else:
        rest = np.float32(1 - numbers[1])
        for i in range(len(theta)):
            first[i] = a * first[i] + rest * gradient[i] * gradient[i]
            delta = np.sqrt((second[i] + small) / (first[i] + small)) * gradient[i]
            second[i] = a * second[i] + rest * delta * delta
            theta[i] -= rate * delta


@njit(fastmath=FAST, error_model="numpy", nogil=True)
def _adam(
    numbers: tuple[float, float, float, float, float],
    step: float,
    first: np.ndarray,
    second: np.ndarray,
    theta: np.ndarray,
    gradient: np.ndarray,
) -> None:
    """Kingma & Ba 2015, algorithm 1."""
    learning_rate, beta1, beta2, epsilon, _ = numbers
    rate = np.float32(learning_rate / (1 - beta1**step))
    root = np.float32(1 / np.sqrt(1 - beta2**step))
    b1, c1, b2, c2 = np.float32(beta1), np.float32(1 - beta1), np.float32(beta2), np.float32(1 - beta2)
    small = np.float32(epsilon)
    for i in range(len(theta)):
        g = gradient[i]
        m = b1 * first[i] + c1 * g
        v = b2 * second[i] + c2 * g * g
        first[i], second[i] = m, v
        theta[i] -= rate * m / (np.sqrt(v) * root + small)
