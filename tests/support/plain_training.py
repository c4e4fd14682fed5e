"""Training as one writes it with torch.optim, one network at a time, for comparison."""

import numpy as np
import torch
from torch import nn

from harness.functions import FunctionCounts
from harness.networks.ensemble import draw, views
from harness.optimisers import SGD, Adam
from harness.optimisers.minibatches import orders, splitmix64
from harness.problems import Problem
from tests.support.architectures import plain_module

OPTIMISERS = {
    SGD(0.3): lambda parameters: torch.optim.SGD(parameters, lr=0.3),
    Adam(0.02): lambda parameters: torch.optim.Adam(parameters, lr=0.02),
    Adam(0.01, 0.8, 0.95, 1e-3): lambda parameters: torch.optim.Adam(parameters, 0.01, (0.8, 0.95), 1e-3),
}
LOSSES = {
    "cross-entropy": lambda z, y: nn.functional.binary_cross_entropy_with_logits(z, y),
    "squared error": lambda z, y: nn.functional.mse_loss(z, 2 * y - 1),
}


def two_clouds(m=10, n=6, d=5, seed=0, apart=1.5):
    """Two Gaussian clouds, one a label, and evaluation points half way between."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, m + n)
    x = rng.normal(size=(m + n, d))
    x[:m] += apart * (y[:m, None] - 0.5)
    return Problem.from_arrays(x[:m], y[:m], x[m:], y[m:])


def plain_epoch(module, steps, x, y, loss, order, batch):
    for chosen in order.split(batch):
        steps.zero_grad()
        LOSSES[loss](module(x[chosen])[:, 0], y[chosen]).backward()
        steps.step()


def plain_networks(architecture, problem, optimiser, networks, seed, *, loss, batch):
    """The networks that `train` draws from the same seed, as modules, each with what takes it through an epoch."""
    generator = torch.Generator().manual_seed(seed)
    first_key = torch.randint(2**62, (1,), generator=generator)
    inputs = torch.tensor(architecture.prepare(problem.train_x))
    table = architecture.parameters(tuple(inputs.shape[1:]))
    parameters = views(table, draw(table, architecture.distribution, networks, generator))
    x, y = inputs.double(), torch.tensor(problem.train_y).double()
    for i in range(networks):
        module = plain_module(architecture, {name: tensor[i] for name, tensor in parameters.items()})
        steps = OPTIMISERS[optimiser](module.parameters())

        def epoch(number, updates=None, module=module, steps=steps, i=i):
            order = orders(splitmix64(first_key + i), torch.tensor([number]), problem.m)[0]
            plain_epoch(module, steps, x, y, loss, order[: None if updates is None else updates * batch], batch)

        yield module, epoch


def labels(module, inputs):
    return module(torch.tensor(inputs).flatten(1).double())[:, 0].numpy(force=True) > 0


def trained_one_by_one(architecture, problem, optimiser, networks, seed, *, loss, batch, max_epochs):
    """Epochs and functions of those that fit among the networks that `train` draws from the same seed."""
    epochs, functions = [], []
    for module, epoch in plain_networks(architecture, problem, optimiser, networks, seed, loss=loss, batch=batch):
        for number in range(max_epochs + 1):
            if np.array_equal(labels(module, problem.train_x), problem.train_y):
                epochs.append(number)
                functions.append(labels(module, problem.eval_x))
                break
            if number < max_epochs:
                epoch(number)
    return epochs, FunctionCounts.from_bits(np.array(functions))
