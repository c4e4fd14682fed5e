"""Gaussian processes that several test files ask about."""

import numpy as np
import torch

from harness.networks import FullyConnected
from harness.problems import digits
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.kernels import nngp


def generator(seed):
    return torch.Generator().manual_seed(seed)


def of_digits(m, n=8, layers=2):
    """Infinitely wide ReLU networks on 8×8 digits, even against odd."""
    problem = digits(m, n)
    return GaussianProcess(nngp(FullyConnected((1,) * layers), problem.inputs), problem.train_y)


def at_random(m, n, seed):
    """A Wishart kernel with little more freedom than it has rows; half the labels, rounded down, are 1."""
    rng = np.random.default_rng(seed)
    factor = rng.standard_normal((m + n, m + n + 2)) * rng.uniform(0.3, 3, (m + n, 1))
    return GaussianProcess(factor @ factor.T, rng.permutation(np.arange(m) % 2))


def permuted(process, order):
    """The same process with its training points in another order."""
    everything = np.concatenate([order, np.arange(process.m, process.m + process.n)])
    return GaussianProcess(process.kernel[np.ix_(everything, everything)], process.labels[order])
