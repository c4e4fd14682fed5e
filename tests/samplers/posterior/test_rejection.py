"""Rejection against orthant probabilities, filtered priors and another implementation; coverage of its evidence."""

import numpy as np
import pytest
import torch
from scipy import stats

from harness.errors import BadInput
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.packing import pack, unpack
from harness.networks import FullyConnected, perceptron
from harness.problems import Problem, boolean_cube, digits
from harness.samplers.posterior import RejectionPosterior, rejection
from harness.samplers.posterior.rejection import evidence_of_clusters
from harness.samplers.prior import branching_prior, prior
from tests.support.architectures import ARCHITECTURES, plain_bits

# Chance that one check of a right program fails on a seed not yet tried.
FALSE_ALARM = 1e-7
# Equal seeds give equal labels, but for rounding, where logits are seldom tied; for binary weights see test_binary.py.
WITHOUT_TIES = [a for a in ARCHITECTURES if a.distribution != "binary"]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def all_evaluated(problem: Problem) -> Problem:
    """The training inputs are evaluated too, before the others."""
    inputs = problem.inputs
    labels = np.concatenate([problem.train_y, problem.eval_y])
    return Problem.from_arrays(inputs[:0], [], inputs, labels, classes=problem.classes)


def orthant(covariance: np.ndarray, labels: np.ndarray) -> float:
    """P(signs of a centred Gaussian = labels), by scipy."""
    signs = labels * 2.0 - 1
    turned = covariance * signs[:, None] * signs
    law = stats.multivariate_normal(cov=turned, allow_singular=True)
    return float(law.cdf(np.zeros(len(labels)), rng=np.random.default_rng(0)))


def winners(covariance: np.ndarray, labels: np.ndarray, classes: int) -> float:
    """P(argmax of independent centred Gaussian outputs = labels), by scipy: the orthant of their leads over the rest.

    Of input i, labelled y, the lead over class k is f_y − f_k: cov(f_y − f_k, f_z − f_l) = G_ij(δyz − δyl − δkz + δkl).
    """
    leads = [(i, y, k) for i, y in enumerate(labels) for k in range(classes) if k != y]
    between = np.array(
        [
            [covariance[i, j] * (float(y == z) - (y == other) - (k == z) + (k == other)) for j, z, other in leads]
            for i, y, k in leads
        ]
    )
    return orthant(between, np.ones(len(leads)))


@pytest.mark.parametrize("last_layers", [1, 50])
@pytest.mark.parametrize(
    "architecture",
    [perceptron(), perceptron(threshold=True), FullyConnected((), sigma_w=2.0, sigma_b=0.5, parametrisation="ntk")],
    ids=lambda a: a.name,
)
@pytest.mark.parametrize("task", ["0,2,4,6,8/1,3,5,7,9", "0,4/1,7/2,5"], ids=["two classes", "three classes"])
def test_the_evidence_of_a_linear_model_is_an_orthant_probability(architecture, last_layers, task):
    problem = digits(4, 3, task=task)
    x = problem.train_x.reshape(4, -1).astype(float)
    covariance = architecture.sigma_w**2 * x @ x.T / x.shape[1] + architecture.sigma_b**2
    exact = winners(covariance, problem.train_y, problem.classes)
    found = rejection(architecture, problem, 400_000 // last_layers, seeded(), last_layers=last_layers).evidence
    low, high = found.interval(FALSE_ALARM)
    assert low <= exact <= high
    assert high - low < 0.5 * exact


@pytest.mark.parametrize("last_layers", [1, 50])
def test_the_posterior_of_a_linear_map_on_orthogonal_inputs(last_layers):
    """Outputs are independent: P(S) = 3^−m, and all functions on the other inputs are equally likely."""
    x = np.diag([1.0, 2.0, 0.5, 1.0])
    problem = Problem.from_arrays(x[:2], [2, 0], x[2:], [0, 0], classes=3)
    kept = rejection(perceptron(), problem, 50_000 // last_layers, seeded(), last_layers=last_layers)
    low, high = kept.evidence.interval(FALSE_ALARM)
    assert low <= 1 / 9 <= high
    assert high - low < 0.5 / 9
    assert kept.functions.distinct == 9
    assert stats.chisquare(kept.functions.counts).pvalue > FALSE_ALARM


def test_the_larger_of_two_outputs_has_the_evidence_and_the_functions_of_one(monkeypatch):
    """Only the sign of the outputs' difference counts, and that is a single output of twice the variance."""
    problem = digits(4, 3)
    x = problem.inputs.reshape(7, -1).astype(float)
    covariance = x @ x.T / x.shape[1]
    one = rejection(perceptron(), problem, 60_000, seeded(1)).functions
    monkeypatch.setattr(Problem, "outputs", 2)
    two = rejection(perceptron(), problem, 60_000, seeded(2))
    low, high = two.evidence.interval(FALSE_ALARM)
    assert low <= orthant(2 * covariance[:4, :4], problem.train_y) <= high
    words = (one + two.functions).words
    table = np.stack([one.counts_of(words), two.functions.counts_of(words)])
    assert stats.chi2_contingency(table[:, table.sum(0) >= 20]).pvalue > FALSE_ALARM


def test_the_posterior_of_a_linear_model_is_a_ratio_of_orthant_probabilities():
    problem = digits(3, 2)
    x = problem.inputs.reshape(5, -1).astype(float)
    covariance = x @ x.T / x.shape[1]
    posterior = rejection(perceptron(), problem, 40_000, seeded()).functions
    exact = {
        f: orthant(covariance, np.array([*problem.train_y, *map(int, f)]))
        / orthant(covariance[:3, :3], problem.train_y)
        for f in ("00", "01", "10", "11")
    }
    assert sum(exact.values()) == pytest.approx(1, abs=1e-4)
    seen = dict(zip(posterior.strings(), posterior.counts, strict=True))
    expected = np.array(list(exact.values()))
    observed = [seen.get(f, 0) for f in exact]
    assert stats.chisquare(observed, posterior.total * expected / expected.sum()).pvalue > FALSE_ALARM


@pytest.mark.parametrize("architecture", WITHOUT_TIES, ids=lambda a: a.name)
def test_rejection_keeps_what_fits_of_the_prior(architecture):
    """Equal seeds draw equal networks: the posterior is the prior on S and E together, filtered by S."""
    problem = boolean_cube(3, "00010111", train=3, split=1)
    both = prior(architecture, all_evaluated(problem), 20_000, seeded(3))
    bits = both.bits()
    fits = (bits[:, :3] == problem.train_y).all(axis=1)
    wanted = FunctionCounts.from_bits(np.repeat(bits[fits][:, 3:], both.counts[fits], axis=0))
    kept = rejection(architecture, problem, 20_000, seeded(3))
    assert kept.draws == 20_000
    # Logits next to 0 may be rounded otherwise: a draw in a thousand may differ.
    words = (wanted + kept.functions).words
    assert np.abs(wanted.counts_of(words) - kept.functions.counts_of(words)).sum() <= 20
    assert kept.functions.total > 100


@pytest.mark.parametrize("last_layers", [1, 20])
@pytest.mark.parametrize("architecture", WITHOUT_TIES, ids=lambda a: a.name)
def test_rejection_keeps_what_fits_of_the_prior_of_three_classes(architecture, last_layers):
    """By hidden draw: equal seeds draw equal networks."""
    x, draws = boolean_cube(3).eval_x[1:] - 0.25, 20_000 // last_layers
    problem = Problem.from_arrays(x[:2], [2, 0], x[2:], np.zeros(5), classes=3)
    everything = branching_prior(architecture, all_evaluated(problem), draws, seeded(3), last_layers=last_layers)
    labels = unpack(everything.words, 7, 3)
    fits = (labels[:, :2] == problem.train_y).all(axis=1)
    number = everything.counts[fits]
    wanted = ClusteredCounts.from_words(
        np.repeat(pack(labels[fits, 2:], 3), number, axis=0), np.repeat(everything.unit[fits], number), 5, draws, 3
    )
    kept = rejection(architecture, problem, draws, seeded(3), last_layers=last_layers).clusters
    assert kept.total > 100
    # Logits next to each other may be rounded otherwise: a draw in a thousand may differ.
    found, expected = (
        {(unit, *function): count for unit, function, count in zip(c.unit, c.words.tolist(), c.counts, strict=True)}
        for c in (kept, wanted)
    )
    assert sum(abs(found.get(key, 0) - expected.get(key, 0)) for key in found.keys() | expected.keys()) <= 20


def test_branching_rejection_keeps_what_fits_of_the_branching_prior():
    problem, architecture = boolean_cube(3, "00010111", train=3, split=1), FullyConnected((4, 3), "tanh")
    everything = branching_prior(architecture, all_evaluated(problem), 300, seeded(3), last_layers=20)
    kept = rejection(architecture, problem, 300, seeded(3), last_layers=20)
    fits = everything.words[:, 0] & np.uint64(0b111) == int("".join(map(str, problem.train_y[::-1])), 2)
    assert kept.draws == 6000
    assert kept.clusters.units == 300
    by_unit = [
        np.bincount(unit, counts, minlength=300)
        for unit, counts in (
            (everything.unit[fits], everything.counts[fits]),
            (kept.clusters.unit, kept.clusters.counts),
        )
    ]
    assert np.abs(by_unit[0] - by_unit[1]).sum() <= 6
    assert kept.sample is kept.clusters
    assert (
        rejection(architecture, problem, 30, seeded()).sample
        == rejection(architecture, problem, 30, seeded()).functions
    )


@pytest.mark.parametrize("architecture", [FullyConnected((5,), "tanh", sigma_b=0.3), FullyConnected((3, 4))])
def test_another_implementation_has_the_same_posterior(architecture):
    """Evidence and functions against filtered networks written in numpy."""
    problem = boolean_cube(3, "identity", train=4)
    bits = plain_bits(architecture, problem.inputs, 60_000, np.random.default_rng(1))
    fits = (bits[:, :4] == problem.train_y).all(axis=1)
    kept = rejection(architecture, problem, 60_000, seeded())
    evidence = [[fits.sum(), 60_000 - fits.sum()], [kept.functions.total, 60_000 - kept.functions.total]]
    assert stats.chi2_contingency(evidence).pvalue > FALSE_ALARM
    other = FunctionCounts.from_bits(bits[fits][:, 4:])
    words = (other + kept.functions).words
    table = np.stack([other.counts_of(words), kept.functions.counts_of(words)])
    assert stats.chi2_contingency(table[:, table.sum(0) >= 20]).pvalue > FALSE_ALARM


def test_the_block_does_not_matter():
    problem, architecture = digits(4, 6), FullyConnected((5, 5))
    whole = rejection(architecture, problem, 500, seeded(), last_layers=8)
    for block in (1, 33):
        parts = rejection(architecture, problem, 500, seeded(), last_layers=8, block=block)
        assert abs(parts.clusters.total - whole.clusters.total) <= 2
        words = (whole.functions + parts.functions).words
        assert np.abs(whole.functions.counts_of(words) - parts.functions.counts_of(words)).sum() <= 4


def test_merging_and_arrays():
    problem = digits(3, 4)
    first, second = (rejection(FullyConnected((4,)), problem, 100, seeded(s), last_layers=6) for s in (1, 2))
    both = first + second
    assert both.draws == 1200
    assert both.functions == first.functions + second.functions
    assert both.evidence.value == pytest.approx((first.evidence.value + second.evidence.value) / 2)
    again = RejectionPosterior.from_arrays(both.to_arrays())
    assert (again.clusters, again.last_layers) == (both.clusters, 6)
    three = rejection(FullyConnected((4,)), digits(3, 4, task="0/1/2"), 100, seeded(), last_layers=6)
    assert RejectionPosterior.from_arrays(three.to_arrays()).clusters == three.clusters
    with pytest.raises(BadInput, match="of 2 and of 3 classes cannot be merged"):
        first + three
    with pytest.raises(BadInput, match="cannot be merged"):
        first + rejection(FullyConnected((4,)), problem, 100, seeded())


def test_nothing_kept_is_an_evidence_near_zero():
    contradiction = Problem.from_arrays([[1.0, 0.0], [1.0, 0.0]], [0, 1], [[1.0, 1.0]], [0])
    for last_layers in (1, 7):
        kept = rejection(perceptron(), contradiction, 700, seeded(), last_layers=last_layers)
        assert kept.functions.total == 0
        assert kept.functions.n == 1
        low, high = kept.evidence.interval(0.05)
        assert (kept.evidence.value, low) == (0, 0)
        assert high == pytest.approx(1 - 0.025 ** (1 / 700))


def clusters_of(kept: np.ndarray) -> ClusteredCounts:
    """One function, kept so often by each unit."""
    unit = np.flatnonzero(kept)
    return ClusteredCounts(1, len(kept), unit, np.zeros((len(unit), 1), np.uint64), kept[unit])


def plain_evidence(rng):
    p = 0.004
    kept = rng.binomial(1, p, 2000)
    return RejectionPosterior(clusters_of(kept), 1).evidence, p


def branching_evidence(a, b, units):
    """Evidences of hidden draws from a beta law: many 0 where a is small, a few near 1 where b is too."""

    def simulate(rng):
        return evidence_of_clusters(clusters_of(rng.binomial(64, rng.beta(a, b, units))), 64), a / (a + b)

    return simulate


@pytest.mark.parametrize(
    "simulate",
    [
        pytest.param(plain_evidence, id="plain"),
        pytest.param(branching_evidence(0.5, 2, 200), id="broad"),
        pytest.param(branching_evidence(0.1, 10, 1000), id="skewed"),
        pytest.param(branching_evidence(0.02, 10, 4000), id="about a hundred keep any"),
        pytest.param(branching_evidence(0.01, 10, 1000), id="few keep any"),
        pytest.param(branching_evidence(20, 0.005, 1000), id="few drop any"),
        pytest.param(branching_evidence(0.01, 2, 5000), id="very skewed"),
    ],
)
def test_evidence_intervals_cover(simulate):
    """Misses on either side in 3000 simulations against a binomial law; a fifth more is granted to an asymptotic one.

    Student's interval alone fails this from below wherever the evidences are skewed.
    """
    rng = np.random.default_rng(7)
    below, above, width = np.zeros(2), np.zeros(2), 0.0
    alphas = (0.05, 0.01)
    for _ in range(3000):
        estimate, truth = simulate(rng)
        ends = np.array([estimate.interval(alpha) for alpha in alphas])
        below += ends[:, 1] < truth
        above += ends[:, 0] > truth
        width = max(width, ends[0, 1] - ends[0, 0])
    for misses in (*zip(below, alphas, strict=True), *zip(above, alphas, strict=True)):
        count, alpha = misses
        assert stats.binom.sf(count - 1, 3000, 1.2 * alpha / 2) > 1e-4
    assert width < 0.2


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_has_the_same_evidence():
    problem = digits(5, 3)
    x = problem.train_x.reshape(5, -1).astype(float)
    exact = orthant(x @ x.T / x.shape[1], problem.train_y)
    generator = torch.Generator("cuda").manual_seed(0)
    low, high = rejection(perceptron(), problem, 100_000, generator).evidence.interval(FALSE_ALARM)
    assert low <= exact <= high
