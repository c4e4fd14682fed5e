"""Networks trained to 100 % a second: ensembles against a plain loop over `nn.Module`s and `torch.optim`, in one run.

python -m benchmarks.speed.training [--json PATH]
"""

from collections.abc import Callable, Iterable
from functools import partial

import torch
from torch import nn

from benchmarks.speed.architectures import plain_network
from benchmarks.speed.networks import plain_module
from benchmarks.speed.report import Row, parse_path, write
from benchmarks.speed.timing import least_seconds
from harness.networks import LSTM, Architecture, Convolutional, FullyConnected, Residual, Transformer
from harness.optimisers import SGD, Adadelta, Adagrad, Adam, Nesterov, Optimiser, RMSprop
from harness.problems import Problem, digits
from harness.samplers.training import train

ARCHITECTURE = FullyConnected((40, 40))
M, BATCH = 128, 32
PLAIN, ENSEMBLE = 12, 2048
MAX_EPOCHS = 1000
# The other architectures: on 32 digits as images, in minibatches of 8.
OTHERS = (Convolutional(), Residual(8, 1), LSTM(), Transformer())
OTHERS_M, OTHERS_BATCH, OTHERS_PLAIN, OTHERS_ENSEMBLE = 32, 8, 3, 128

PlainOptimiser = Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]

OPTIMISERS: dict[str, tuple[Optimiser, PlainOptimiser]] = {
    "SGD": (SGD(0.1), lambda parameters: torch.optim.SGD(parameters, lr=0.1)),
    "Nesterov": (Nesterov(0.02), lambda parameters: torch.optim.SGD(parameters, 0.02, 0.9, nesterov=True)),
    "Adam": (Adam(0.003), lambda parameters: torch.optim.Adam(parameters, lr=0.003)),
    "RMSprop": (RMSprop(0.001), lambda parameters: torch.optim.RMSprop(parameters, lr=0.001)),
    "Adagrad": (Adagrad(0.03), lambda parameters: torch.optim.Adagrad(parameters, lr=0.03)),
    "Adadelta": (Adadelta(), lambda parameters: torch.optim.Adadelta(parameters)),
}


def plain_training(
    problem: Problem, make: Callable[[], nn.Module], optimiser: PlainOptimiser, networks: int, size: int
) -> int:
    """Train so many modules, one after the other, to their first 100 %; returns the epochs taken in all."""
    torch.manual_seed(0)
    x = torch.tensor(problem.inputs)
    train_x, eval_x = x[: problem.m], x[problem.m :]
    y = torch.tensor(problem.train_y, dtype=torch.float32)
    loss = nn.BCEWithLogitsLoss()
    epochs = 0
    for _ in range(networks):
        module = make()
        steps = optimiser(module.parameters())
        for _ in range(MAX_EPOCHS):
            with torch.no_grad():
                if ((module(train_x)[:, 0] > 0) == (y > 0)).all():
                    break
            for batch in torch.randperm(problem.m).split(size):
                steps.zero_grad()
                loss(module(train_x[batch])[:, 0], y[batch]).backward()
                steps.step()
            epochs += 1
        with torch.no_grad():
            module(eval_x)
    return epochs


def fully_connected() -> nn.Module:
    """The plain counterpart of the fully connected networks, on images."""
    return nn.Sequential(
        nn.Flatten(), *plain_module(64, ARCHITECTURE.hidden, ARCHITECTURE.sigma_w, ARCHITECTURE.sigma_b)
    )


def compare(
    name: str,
    optimiser: Optimiser,
    plain_optimiser: PlainOptimiser,
    architecture: Architecture = ARCHITECTURE,
    make: Callable[[], nn.Module] = fully_connected,
    m: int = M,
    batch: int = BATCH,
    networks: tuple[int, int] = (PLAIN, ENSEMBLE),
) -> list[Row]:
    """Rates of both, by epochs: how many epochs a network takes is luck, and the same luck for both."""
    problem, (few, many) = digits(m, 32), networks
    epochs: dict[str, int] = {}

    def plain() -> None:
        epochs["plain"] = plain_training(problem, make, plain_optimiser, few, batch)

    def ensemble() -> None:
        generator = torch.Generator().manual_seed(0)
        trained = train(architecture, problem, optimiser, many, generator, batch=batch, max_epochs=MAX_EPOCHS)
        epochs["ensemble"] = int(trained.epochs.sum())

    torch.set_num_threads(1)
    seconds = least_seconds({"plain": plain, "ensemble": ensemble}, repeats=3)
    mean = epochs["ensemble"] / many
    rates = {each: epochs[each] / mean / seconds[each] for each in seconds}
    return [
        Row(f"{name}, plain loop", rates["plain"], "networks/s", f"{mean:.1f} epochs a network"),
        Row(f"{name}, ensemble", rates["ensemble"], "networks/s", f"{rates['ensemble'] / rates['plain']:.1f} × plain"),
    ]


def of_architectures() -> list[Row]:
    """Rates of the other architectures under SGD."""
    found = []
    for architecture in OTHERS:
        found += compare(
            architecture.name,
            SGD(0.1),
            lambda parameters: torch.optim.SGD(parameters, lr=0.1),
            architecture,
            partial(plain_network, (8, 8), architecture),
            OTHERS_M,
            OTHERS_BATCH,
            (OTHERS_PLAIN, OTHERS_ENSEMBLE),
        )
    return found


def rows() -> list[Row]:
    """Throughput and ratios on one core for each optimiser: 64–40–40–1, digits even/odd; then for each architecture."""
    return [
        *(row for name, (ours, plain) in OPTIMISERS.items() for row in compare(name, ours, plain)),
        *of_architectures(),
    ]


if __name__ == "__main__":
    write(rows(), parse_path())
