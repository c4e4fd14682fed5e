"""Networks trained to 100 % a second: ensembles against a plain loop over `nn.Module`s and `torch.optim`, in one run.

python -m benchmarks.training [--json PATH]
"""

from collections.abc import Callable, Iterable

import torch
from torch import nn

from benchmarks.networks import plain_module
from benchmarks.report import Row, parse_path, write
from benchmarks.timing import least_seconds
from harness.networks import FullyConnected
from harness.problems import Problem, digits
from harness.training import SGD, Adam, Optimiser, train

HIDDEN = (40, 40)
M, BATCH = 128, 32
PLAIN, ENSEMBLE = 12, 2048
MAX_EPOCHS = 1000

PlainOptimiser = Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]


def plain_training(problem: Problem, architecture: FullyConnected, optimiser: PlainOptimiser, networks: int) -> int:
    """Train so many modules, one after the other, to their first 100 %; returns the epochs taken in all."""
    torch.manual_seed(0)
    x = torch.tensor(problem.inputs).flatten(1)
    train_x, eval_x = x[: problem.m], x[problem.m :]
    y = torch.tensor(problem.train_y, dtype=torch.float32)
    loss = nn.BCEWithLogitsLoss()
    epochs = 0
    for _ in range(networks):
        module = plain_module(x.shape[1], architecture.hidden, architecture.sigma_w, architecture.sigma_b)
        steps = optimiser(module.parameters())
        for _ in range(MAX_EPOCHS):
            with torch.no_grad():
                if ((module(train_x)[:, 0] > 0) == (y > 0)).all():
                    break
            for batch in torch.randperm(problem.m).split(BATCH):
                steps.zero_grad()
                loss(module(train_x[batch])[:, 0], y[batch]).backward()
                steps.step()
            epochs += 1
        with torch.no_grad():
            module(eval_x)
    return epochs


def compare(name: str, optimiser: Optimiser, plain_optimiser: PlainOptimiser) -> list[Row]:
    """Rates of both, by epochs: how many epochs a network takes is luck, and the same luck for both."""
    architecture, problem = FullyConnected(HIDDEN), digits(M, 32)
    epochs: dict[str, int] = {}

    def plain() -> None:
        epochs["plain"] = plain_training(problem, architecture, plain_optimiser, PLAIN)

    def ensemble() -> None:
        generator = torch.Generator().manual_seed(0)
        trained = train(architecture, problem, optimiser, ENSEMBLE, generator, batch=BATCH, max_epochs=MAX_EPOCHS)
        epochs["ensemble"] = int(trained.epochs.sum())

    torch.set_num_threads(1)
    seconds = least_seconds({"plain": plain, "ensemble": ensemble})
    mean = epochs["ensemble"] / ENSEMBLE
    rates = {each: epochs[each] / mean / seconds[each] for each in seconds}
    return [
        Row(f"{name}, plain loop", rates["plain"], "networks/s", f"{mean:.1f} epochs a network"),
        Row(f"{name}, ensemble", rates["ensemble"], "networks/s", f"{rates['ensemble'] / rates['plain']:.1f} × plain"),
    ]


def rows() -> list[Row]:
    """Throughput and ratios on one core for each optimiser: 64–40–40–1, digits even/odd."""
    return [
        *compare("SGD", SGD(0.1), lambda parameters: torch.optim.SGD(parameters, lr=0.1)),
        *compare("Adam", Adam(0.003), lambda parameters: torch.optim.Adam(parameters, lr=0.003)),
    ]


if __name__ == "__main__":
    write(rows(), parse_path())
