"""O7: ln P(S ∪ T) − ln P(S) − ln(share of P_B that is right on T) = 0, of any network at any m; T has four digits."""

from functools import partial

from benchmarks.oracles.case import Case, seeded
from claims.grids import image_problem
from claims.instruments.evidence_obeys_the_chain_rule import ADDED, ONE_LAYER, OTHERS, WIDE, parts
from harness.problems import Problem
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.kernels import nngp
from harness.samplers.infinite_width.orthant_evidence import log_probability
from harness.samplers.infinite_width.truncated_gaussian import truncated_gaussian
from harness.samplers.posterior import AnnealedPosterior, annealed_posterior
from harness.statistics.chain_rule import chain_rule
from harness.statistics.generalisation import wrong_somewhere
from harness.verdicts import Estimate

HELD = "`evidence_obeys_the_chain_rule`"
# By m: runs, particles, trajectories of annealing, as many as a few minutes of a core allow.
EFFORT = {32: (8, 64, 16), 128: (8, 32, 8)}


def wide(m: int) -> Estimate:
    """Orthants by tilting, and Hamiltonian draws."""
    before, after, asked = parts(image_problem("digits", m, ADDED + OTHERS))

    def process(problem: Problem) -> GaussianProcess:
        return GaussianProcess(nngp(WIDE, problem.inputs), problem.train_y)

    def evidence(problem: Problem, run: int) -> Estimate:
        kernel = nngp(WIDE, problem.train_x)
        return log_probability(GaussianProcess(kernel, problem.train_y), seeded(run), points=2048)

    sample = truncated_gaussian(process(asked), seeded(3), chains=128, draws=32).sample
    return chain_rule(evidence(after, 0), evidence(before, 1), wrong_somewhere(sample, asked))


def narrow(m: int) -> Estimate:
    """Ten ReLU units, three annealed posteriors that have nothing in common."""
    before, after, asked = parts(image_problem("digits", m, ADDED + OTHERS))
    runs, particles, trajectories = EFFORT[m]

    def annealed(problem: Problem, run: int) -> AnnealedPosterior:
        return annealed_posterior(
            ONE_LAYER,
            problem,
            seeded(run),
            runs=runs,
            particles=particles,
            trajectories=trajectories,
            max_doublings=0,
        )

    sample = annealed(asked, 2).sample
    return chain_rule(annealed(after, 0).evidence, annealed(before, 1).evidence, wrong_somewhere(sample, asked))


def cases() -> list[Case]:
    """By width and m."""
    what = "ln P(S ∪ T) − ln P(S) − ln share"
    return [
        *[
            Case("O7", f"{what}, infinite width", "tilting, Hamiltonian draws", m, 0.0, partial(wide, m), HELD)
            for m in (32, 128, 600)
        ],
        *[Case("O7", f"{what}, 10 units", "annealing", m, 0.0, partial(narrow, m), HELD) for m in EFFORT],
    ]
