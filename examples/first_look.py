"""P_B and P_OPT of one small network on the 5-bit Boolean cube, compared and printed, without pytest:

python -m examples.first_look

S holds 8 inputs, labelled by their first bit, and E another 8, so that a function is a string of 8 labels.
"""

import sys
from tempfile import TemporaryDirectory

import numpy as np

from harness.lab import Lab
from harness.networks import FullyConnected
from harness.optimisers import Adam
from harness.problems import Problem, boolean_cube
from harness.report.screen import Screen
from harness.statistics.distances import bias_explained

LEVEL = 0.95


def task() -> Problem:
    """8 training inputs, and every third of the others for evaluation: any arrays can be given in their place."""
    cube = boolean_cube(5, "copy-1", train=8)
    return Problem.from_arrays(cube.train_x, cube.train_y, cube.eval_x[::3], cube.eval_y[::3], "first look")


def table(networks: int = 2000, rows: int = 8) -> str:
    """The functions that training finds most often, with their probabilities, and the bias explained."""
    problem, network = task(), FullyConnected((40, 40))
    with TemporaryDirectory() as folder:
        # Name a folder of your own instead, and a second run takes its samples from there.
        lab = Lab("smoke", "cpu", seed=0, store=folder)
        posterior = lab.rejection_posterior(network, problem)
        trained = lab.train(network, problem, Adam(0.003), networks=networks).functions
    found = bias_explained(trained, posterior.sample)
    low, high = found.interval(1 - LEVEL)

    likeliest = trained.most_common(rows)
    order = np.argsort(-likeliest.counts, kind="stable")
    p_opt = (likeliest.counts / trained.total)[order]
    p_b = (posterior.functions.counts_of(likeliest.words) / posterior.functions.total)[order]
    names = np.array(likeliest.strings())[order]
    lines = [f"{network.name} on {problem.name}: m = {problem.m}, n = {problem.n}; labels of E: {problem.eval_y}", ""]
    lines += [f"{'function':<10}{'P_OPT':>8}{'P_B':>8}   P_OPT = ●, P_B = ○, each mark 1 %"]
    for name, trains, samples in zip(names, p_opt, p_b, strict=True):
        lines += [f"{name:<10}{trains:>8.3f}{samples:>8.3f}   {'●' * round(100 * trains)}"]
        lines += [f"{'':<26}   {'○' * round(100 * samples)}"]
    lines += ["", f"{trained.total:,} trained and {posterior.functions.total:,} random-sampled networks fit S."]
    lines += [f"Bias explained: {found.value:.3f}, {LEVEL:.0%} interval [{low:.3f}, {high:.3f}]."]
    return "\n".join(lines)


if __name__ == "__main__":
    Screen(sys.stdout).write(table() + "\n")
