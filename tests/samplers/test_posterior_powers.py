"""Powers of a posterior against the counted distribution of a small Gaussian process, and where chains disagree."""

import numpy as np
import pytest
import torch
from scipy import stats

from harness.errors import BadInput, Undecided
from harness.samplers.infinite_width import GaussianProcess, powers, truncated_gaussian
from harness.samplers.infinite_width.powers import disagreement, posterior_power

RNG = np.random.default_rng(0)
X = RNG.normal(size=(7, 3))
KERNEL = 1 + X @ X.T + 2 * np.eye(7)
PROCESS = GaussianProcess(KERNEL, np.array([0, 1, 1]))
CODES = 1 << np.arange(4)


@pytest.fixture(scope="module")
def posterior():
    """(16,) P(f|S) of the functions on four points, by two million draws of the logits."""
    logits = RNG.normal(size=(2_000_000, 7)) @ PROCESS.factor.T > 0
    fits = logits[(logits[:, :3] == PROCESS.labels).all(axis=1), 3:]
    return np.bincount(fits @ CODES, minlength=16) / len(fits)


def shares_by_chain(sample):
    """(chains, 16) share of each function."""
    of_chains = (sample.clusters.of_unit(chain) for chain in range(sample.clusters.units))
    return np.array([np.bincount(each.bits() @ CODES, each.counts, 16) / each.total for each in of_chains])


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("power", [1, 2, 3, 4])
def test_functions_come_up_as_the_power_of_their_posterior(posterior, power):
    exact = posterior**power / (posterior**power).sum()
    shares = shares_by_chain(posterior_power(PROCESS, power, generator(power), chains=400, draws=20))
    common = exact > 0.002
    error = shares[:, common].std(axis=0, ddof=1) / np.sqrt(len(shares))
    # The posterior's own counts err, too.
    error = np.hypot(error, power * exact[common] / np.sqrt(posterior[common] * 100_000))
    assert np.abs((shares.mean(axis=0)[common] - exact[common]) / error).max() < 4
    # Another power is told apart.
    other = posterior ** (power + 1) / (posterior ** (power + 1)).sum()
    assert (((shares.mean(axis=0)[common] - other[common]) / error) ** 2).mean() > 9


def test_the_first_power_is_the_posterior():
    exact = shares_by_chain(truncated_gaussian(PROCESS, generator(1), chains=400, draws=8))
    power = shares_by_chain(posterior_power(PROCESS, 1, generator(2), chains=400, draws=8))
    for function in np.flatnonzero(exact.mean(axis=0) > 0.05):
        assert stats.ttest_ind(exact[:, function], power[:, function]).pvalue > 1e-3


def test_higher_powers_have_more_of_the_likeliest_function():
    shares = [shares_by_chain(posterior_power(PROCESS, power, generator(), chains=200)) for power in (1, 2, 4)]
    likeliest = [each.mean(axis=0).max() for each in shares]
    assert likeliest == sorted(likeliest)


def test_chains_that_agree_and_chains_that_do_not():
    rng = np.random.default_rng(1)
    mixed = rng.integers(0, 2, (50, 20, 30))
    assert disagreement(mixed) == pytest.approx(1, abs=0.01)
    stuck = np.repeat(rng.integers(0, 2, (50, 1, 30)), 20, axis=1)
    assert disagreement(stuck) == np.inf
    assert disagreement(np.ones((5, 4, 3))) == 1
    half = mixed.copy()
    half[:, :, :15] = stuck[:, :, :15]
    assert disagreement(half) > 1.3


def test_chains_between_which_there_is_no_way_are_undecided(monkeypatch):
    """Two evaluation points that are the same, and that nothing is known of, turn only together."""
    monkeypatch.setattr(powers, "_MOST_DOUBLINGS", 1)
    kernel = np.eye(3)
    kernel[1, 2] = kernel[2, 1] = 1 - 1e-9
    with pytest.raises(Undecided, match="disagree after 80 sweeps"):
        posterior_power(GaussianProcess(kernel, np.array([1])), 3, generator(), chains=16, draws=4)


@pytest.mark.parametrize("wrong", [{"power": 0}, {"power": 1.5}, {"chains": 1}, {"draws": 1}, {"spacing": 0}])
def test_numbers_out_of_range(wrong):
    power = wrong.pop("power", 2)
    with pytest.raises(BadInput, match="A power of a posterior takes"):
        posterior_power(PROCESS, power, generator(), **wrong)
