"""P(f) against closed forms, exact angles, another implementation, and branching draws against plain ones."""

from itertools import combinations, product

import numpy as np
import pytest
import torch
from scipy import stats

from harness.errors import BadInput
from harness.functions import FunctionCounts
from harness.networks import FullyConnected, perceptron
from harness.networks.logits import labels_of
from harness.problems import Problem, boolean_cube
from harness.samplers.prior import branching_prior, prior
from harness.statistics.complexity import ones
from tests.support.architectures import ARCHITECTURES, plain_bits

# Chance that one check of a right program fails on a seed not yet tried.
FALSE_ALARM = 1e-7


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def on(*x, classes=2):
    return Problem.from_arrays([], [], x, [0] * len(x), classes=classes)


def assert_same_distribution(one: FunctionCounts, other: FunctionCounts):
    """χ² of homogeneity; functions seen fewer than 20 times are taken together."""
    words = (one + other).words
    table = np.stack([one.counts_of(words), other.counts_of(words)])
    rare = table.sum(0) < 20
    table = np.hstack([table[:, ~rare], table[:, rare].sum(1, keepdims=True)])
    assert stats.chi2_contingency(table[:, table.sum(0) > 0]).pvalue > FALSE_ALARM


def assert_drawn_from(counts: FunctionCounts, probabilities: dict[str, float]):
    """χ² of the counts against exact probabilities; no function outside of them was seen."""
    seen = dict(zip(counts.strings(), counts.counts, strict=True))
    assert seen.keys() <= probabilities.keys()
    assert sum(probabilities.values()) == pytest.approx(1)
    observed = [seen.get(function, 0) for function in probabilities]
    expected = counts.total * np.array(list(probabilities.values()))
    assert stats.chisquare(observed, expected).pvalue > FALSE_ALARM


def solid_angles(x: np.ndarray) -> dict[str, float]:
    """P of every function of a Gaussian perceptron in three dimensions: area of its spherical polygon over 4π.

    A function's weights are a cone; its edges lie where two of the planes w·x = 0 cross. By Girard's theorem a
    polygon's area is the sum of its angles less those of a flat one.
    """
    crossings = [np.cross(a, b) for a, b in combinations(x, 2)]
    edges = [sign * c / np.linalg.norm(c) for c in crossings if np.linalg.norm(c) > 0 for sign in (1, -1)]
    edges = np.unique(np.round(edges, 12), axis=0)
    found = {}
    for number in range(2 ** len(x)):
        signs = np.array([1 if number >> i & 1 else -1 for i in range(len(x))])
        corners = edges[(signs * (edges @ x.T) >= -1e-9).all(axis=1)]
        inside = corners.sum(axis=0)
        if len(corners) < 3 or not (signs * (x @ inside) > 1e-9).all():
            continue
        # Corners in their order around the middle, and the angle at each between the planes of its two sides.
        axis = inside / np.linalg.norm(inside)
        across = np.linalg.svd(axis[None])[2][1:]
        corners = corners[np.argsort(np.arctan2(*(across @ corners.T)))]
        angles = []
        for before, corner, after in zip(np.roll(corners, 1, 0), corners, np.roll(corners, -1, 0), strict=True):
            one, other = (side - (side @ corner) * corner for side in (before, after))
            angles.append(np.arccos(one @ other / np.linalg.norm(one) / np.linalg.norm(other)))
        area = sum(angles) - (len(corners) - 2) * np.pi
        found["".join("1" if s > 0 else "0" for s in signs)] = area / (4 * np.pi)
    return found


def test_perceptron_on_two_bits_in_closed_form():
    # w₁, w₂ and w₁ + w₂ share a sign in two quadrants; each of the other two quadrants is cut in half.
    exact = {"0000": 1 / 4, "0111": 1 / 4, "0010": 1 / 8, "0011": 1 / 8, "0100": 1 / 8, "0101": 1 / 8}
    assert_drawn_from(prior(perceptron(), boolean_cube(2), 40_000, seeded()), exact)
    assert_drawn_from(branching_prior(perceptron(), boolean_cube(2), 400, seeded(), last_layers=100).pooled(), exact)


def test_perceptron_on_three_bits_by_solid_angles():
    cube = boolean_cube(3).eval_x
    exact = {f"0{rest}": p for rest, p in solid_angles(cube[1:].astype(float)).items()}
    assert len(exact) == 32
    assert_drawn_from(prior(perceptron(), boolean_cube(3), 60_000, seeded()), exact)


def test_perceptron_with_a_threshold_on_two_bits_by_solid_angles():
    # The threshold is the weight of a third input that is always √2: weights have variance 1/2, it has 1.
    lifted = np.hstack([boolean_cube(2).eval_x, np.full((4, 1), np.sqrt(2))]).astype(float)
    exact = solid_angles(lifted)
    assert len(exact) == 14  # all but the two parities
    assert_drawn_from(prior(perceptron(threshold=True), boolean_cube(2), 60_000, seeded()), exact)


@pytest.mark.parametrize("bits", [2, 3, 4, 6])
@pytest.mark.parametrize("distribution", ["gaussian", "uniform"])
def test_theorem_4_1_of_arxiv_1909_11522(bits, distribution):
    """P(T = t) = 2⁻ⁿ for t = 0 … 2ⁿ − 1 ones, whatever the symmetric weight distribution."""
    counts = prior(perceptron(distribution=distribution), boolean_cube(bits), 30_000, seeded(bits))
    seen = np.bincount(ones(counts.bits()), counts.counts, minlength=2**bits + 1)
    assert seen[-1] == 0
    assert stats.chisquare(seen[:-1]).pvalue > FALSE_ALARM


@pytest.mark.parametrize("distribution", ["gaussian", "uniform"])
@pytest.mark.parametrize(("width", "depth"), [(1, 1), (2, 1), (1, 3), (3, 2)])
def test_a_relu_network_on_one_point_in_closed_form(width, depth, distribution):
    # Without biases each unit is dead with chance 1/2; a layer all dead gives logit 0, so label 0, else signs are even.
    architecture = FullyConnected((width,) * depth, sigma_b=0.0, distribution=distribution)
    one = (1 - 0.5**width) ** depth / 2
    counts = prior(architecture, on([0.3, -1.2]), 30_000, seeded(width))
    assert_drawn_from(counts, {"0": 1 - one, "1": one})


def test_a_dead_layer_is_dead_for_all_last_layers():
    # The same with one unit: half of the hidden draws never say 1, the others do for half of their last layers.
    counts = branching_prior(FullyConnected((1,), sigma_b=0.0), on([1.0]), 4000, seeded(), last_layers=64)
    assert counts.units == 4000
    assert counts.total == 4000 * 64
    ones_of = np.zeros(4000, dtype=np.int64)
    said_one = counts.words[:, 0] == 1
    ones_of[counts.unit[said_one]] = counts.counts[said_one]
    dead = ones_of == 0
    assert stats.binomtest(int(dead.sum()), 4000, 0.5).pvalue > FALSE_ALARM
    alive = ones_of[~dead]
    # Σ(k − 32)²/16 over binomial(64, 1/2) counts.
    statistic = ((alive - 32.0) ** 2).sum() / 16
    assert FALSE_ALARM < stats.chi2.sf(statistic, len(alive)) < 1 - FALSE_ALARM


def test_equal_outputs_are_labelled_by_the_first():
    logits = torch.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [-1.0, -2.0, 0.0], [0.0, -0.0, -1.0]])
    assert labels_of(logits).tolist() == [1, 0, 2, 0]
    assert labels_of(torch.tensor([[0.0], [1e-30], [-1.0]])).tolist() == [False, True, False]


@pytest.mark.parametrize("classes", [3, 10])
@pytest.mark.parametrize(("width", "depth"), [(1, 1), (2, 3)])
def test_a_relu_network_of_classes_on_one_point_in_closed_form(width, depth, classes):
    # All outputs are 0 where a layer is dead, so the label is 0; else the outputs are exchangeable.
    alive = (1 - 0.5**width) ** depth
    exact = {str(label): alive / classes for label in range(classes)}
    exact["0"] += 1 - alive
    problem, architecture = on([0.3, -1.2], classes=classes), FullyConnected((width,) * depth, sigma_b=0.0)
    assert_drawn_from(prior(architecture, problem, 30_000, seeded(width)), exact)


@pytest.mark.parametrize("last_layers", [1, 60])
@pytest.mark.parametrize("classes", [3, 5])
def test_a_linear_map_says_anything_of_orthogonal_inputs(classes, last_layers):
    """Its outputs there are independent: all classes^3 functions are equally likely."""
    problem = on([1.0, 2.0, 0.0], [-2.0, 1.0, 0.0], [0.0, 0.0, 3.0], classes=classes)
    exact = {"".join(map(str, labels)): classes**-3 for labels in product(range(classes), repeat=3)}
    # With no hidden layer, last layers of one draw are independent.
    clusters = branching_prior(perceptron(), problem, 30_000 // last_layers, seeded(), last_layers=last_layers)
    assert_drawn_from(clusters.pooled(), exact)


@pytest.mark.parametrize(
    "architecture",
    [perceptron(), FullyConnected((4,), sigma_b=0.5), FullyConnected((3, 6), "tanh", parametrisation="ntk")],
    ids=lambda a: a.name,
)
def test_two_outputs_are_one_of_twice_the_variance(architecture, monkeypatch):
    """The larger of two outputs is decided by their difference, whose sign is that of a single output's."""
    problem = on(*boolean_cube(3).eval_x[1:] - 0.25)
    one = prior(architecture, problem, 30_000, seeded(1))
    monkeypatch.setattr(Problem, "outputs", 2)
    two = prior(architecture, problem, 30_000, seeded(2))
    assert_same_distribution(one, two)


def test_an_odd_network_says_the_opposite_of_the_opposite():
    counts = prior(FullyConnected((7, 4), "tanh", sigma_b=0.0), on([0.4, 1.0], [-0.4, -1.0]), 30_000, seeded())
    assert_drawn_from(counts, {"01": 0.5, "10": 0.5})


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda a: a.name)
def test_another_implementation_draws_the_same_distribution(architecture):
    """χ² of homogeneity against networks written in numpy, over functions on six points of a cube around 0."""
    x = boolean_cube(3).eval_x[1:7] - 0.25
    bits = plain_bits(architecture, x, 20_000, np.random.default_rng(5))
    counts = prior(architecture, on(*x), 20_000, seeded(1))
    assert_same_distribution(FunctionCounts.from_bits(bits), counts)


def test_another_implementation_draws_the_same_functions_of_three_classes():
    """A network 2–5–4–3 in numpy, one at a time."""
    x, rng = boolean_cube(2).eval_x.astype(float) - 0.25, np.random.default_rng(6)
    labels = []
    for _ in range(20_000):
        h = np.tanh(x @ rng.normal(0, (1.5 / 2) ** 0.5, (2, 5)) + rng.normal(0, 0.3, 5))
        h = np.tanh(h @ rng.normal(0, (1.5 / 5) ** 0.5, (5, 4)) + rng.normal(0, 0.3, 4))
        labels.append((h @ rng.normal(0, (1.5 / 4) ** 0.5, (4, 3)) + rng.normal(0, 0.3, 3)).argmax(axis=1))
    architecture = FullyConnected((5, 4), "tanh", sigma_w=1.5**0.5, sigma_b=0.3)
    counts = prior(architecture, on(*x, classes=3), 20_000, seeded(1))
    assert_same_distribution(FunctionCounts.from_labels(np.array(labels), 3), counts)


@pytest.mark.parametrize("architecture", [FullyConnected((4,)), FullyConnected((3, 6), "erf", parametrisation="ntk")])
@pytest.mark.parametrize("classes", [2, 5])
def test_branching_draws_follow_the_plain_prior(architecture, classes):
    """Each function's mean share over hidden draws against its share of plain draws, by a normal test over units."""
    problem, units, last_layers = on(*boolean_cube(3).eval_x, classes=classes), 4000, 16
    branching = branching_prior(architecture, problem, units, seeded(1), last_layers=last_layers)
    plain = prior(architecture, problem, 100_000, seeded(2))
    likely = plain.most_common(20)
    shares = np.zeros((units, likely.distinct))
    for column, function in enumerate(likely.words):
        entries = (branching.words == function).all(axis=1)
        shares[branching.unit[entries], column] = branching.counts[entries] / last_layers
    p = likely.counts / plain.total
    error = np.sqrt(shares.var(axis=0, ddof=1) / units + p * (1 - p) / plain.total)
    assert (np.abs(shares.mean(axis=0) - p) < stats.norm.isf(FALSE_ALARM / 40) * error).all()
    # And last layers of one hidden draw are not independent: the units vary more than binomial counts would.
    assert (shares.var(axis=0, ddof=1) > 1.2 * p * (1 - p) / last_layers).any()


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda a: a.name)
@pytest.mark.parametrize("classes", [2, 3])
def test_counts_do_not_depend_on_the_block(architecture, classes):
    problem = on(*boolean_cube(4).eval_x, classes=classes)
    whole = prior(architecture, problem, 300, seeded())
    clusters = branching_prior(architecture, problem, 40, seeded(), last_layers=5)
    for block in (1, 7, 300):
        parts = prior(architecture, problem, 300, seeded(), block=block)
        # Equal up to the rounding of logits next to 0, which may move a draw from one function to another.
        both = whole + parts
        assert np.abs(whole.counts_of(both.words) - parts.counts_of(both.words)).sum() <= 2
        again = branching_prior(architecture, problem, 40, seeded(), last_layers=5, block=block)
        assert again.units == clusters.units
        both = clusters.pooled() + again.pooled()
        differences = clusters.pooled().counts_of(both.words) - again.pooled().counts_of(both.words)
        assert np.abs(differences).sum() <= 2


def test_seeds_tell_draws_apart():
    first, second, other = (prior(perceptron(), boolean_cube(4), 200, seeded(s)) for s in (1, 1, 2))
    assert first == second
    assert first != other


@pytest.mark.parametrize(("draws", "last_layers"), [(0, 1), (-3, 1), (1, 0)])
def test_what_makes_no_sense_is_said_in_one_sentence(draws, last_layers):
    with pytest.raises(BadInput, match="at least 1 network and 1 last layer"):
        branching_prior(perceptron(), boolean_cube(2), draws, seeded(), last_layers=last_layers)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_draws_the_same_distribution():
    exact = {"0000": 1 / 4, "0111": 1 / 4, "0010": 1 / 8, "0011": 1 / 8, "0100": 1 / 8, "0101": 1 / 8}
    generator = torch.Generator("cuda").manual_seed(0)
    assert_drawn_from(prior(perceptron(), boolean_cube(2), 40_000, generator), exact)
