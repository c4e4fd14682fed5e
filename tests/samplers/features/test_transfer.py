"""Transfer by random sampling: against last layers drawn and counted, in closed form, and simulated coverage."""

import numpy as np
import pytest
import torch
from scipy import stats

from harness.errors import BadInput
from harness.networks import FullyConnected
from harness.networks.ensemble import sampling_inputs
from harness.problems import Problem, boolean_cube, digits
from harness.samplers.features.transfer import Transfer, errors_on_second, gain_in_error, gain_in_evidence, transfer
from harness.samplers.prior import ensembles

FALSE_ALARM = 1e-6


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def two_tasks(m=3, n=6):
    four = digits(m, n, "0,2,4/1,3/6,8/5,7,9")
    return [
        Problem.from_arrays(four.train_x, label(four.train_y), four.eval_x, label(four.eval_y), name)
        for name, label in (("odd", lambda y: y % 2), ("high", lambda y: y // 2))
    ]


def test_gains_are_those_of_last_layers_that_fit():
    """On each hidden draw 64 last layers for each task, drawn and counted."""
    architecture, (first, second) = FullyConnected((3,)), two_tasks()
    found = transfer(architecture, first, second, 40_000, seeded())
    x = sampling_inputs(architecture, first.inputs, torch.device("cpu"))
    wanted = [torch.tensor(task.train_y > 0) for task in (first, second)]
    counted = []
    for parameters in ensembles(architecture, x, 20_000, 128, seeded(1)):
        labels = architecture.readout(parameters, architecture.features(parameters, x)) > 0
        one = (labels[:, :3, :64] == wanted[0][:, None]).all(1)
        two = (labels[:, :3, 64:] == wanted[1][:, None]).all(1)
        wrong = (labels[:, 3:, 64:] != torch.tensor(second.eval_y > 0)[:, None]).double().mean(1)
        counted.append(torch.stack([one.double().mean(1), two.double().mean(1), (wrong * two).mean(1)]))
    counted = Transfer(*torch.cat(counted, dim=1).numpy())
    for estimate in (gain_in_evidence, gain_in_error):
        a, b = estimate(found), estimate(counted)
        assert a.interval(0.05)[1] - a.interval(0.05)[0] < b.interval(0.05)[1] - b.interval(0.05)[0]
        spread = np.hypot(*(np.diff(each.interval(FALSE_ALARM / 2))[0] / 2 for each in (a, b)))
        assert abs(a.value - b.value) < spread
    assert errors_on_second(found) == pytest.approx(errors_on_second(counted), abs=0.02)


def test_gain_on_the_task_itself_is_the_variance_of_its_evidence():
    architecture, (first, _) = FullyConnected((6,)), two_tasks()
    found = transfer(architecture, first, first, 4000, seeded(), samples=100)
    cv2 = found.first.var() / found.first.mean() ** 2
    assert gain_in_evidence(found).value == pytest.approx(np.log1p(cv2), abs=0.03)
    assert gain_in_evidence(found).interval(FALSE_ALARM)[0] > 0


def lognormal(rng, units, spread, correlation):
    """ln E pq/(E p·E q) is the covariance of the logarithms; errors are 0.4 − 0.1·z_p, so E pe/E p is 0.4 − 0.1·spread.

    With q of its own, errors weighted by q alone are 0.4 − 0.1·ρ·spread, and by both 0.4 − 0.1·(1 + ρ)·spread.
    """
    z, other = rng.normal(size=(2, units))
    second = correlation * z + np.sqrt(1 - correlation**2) * other
    p, q = np.exp(spread * z), np.exp(spread * second)
    found = Transfer(p, q, q * (0.4 - 0.1 * z))
    return found, correlation * spread**2, 0.1 * spread


@pytest.mark.parametrize(("units", "spread", "correlation"), [(8000, 0.3, 0.5), (1500, 0.2, 0.0), (1500, 0.3, -0.5)])
def test_gains_are_covered(units, spread, correlation):
    rng, simulations, alphas = np.random.default_rng(0), 300, (0.05, 0.002)
    misses = {}
    for _ in range(simulations):
        sample, evidence, error = lognormal(rng, units, spread, correlation)
        assert sample.enough
        for estimate, truth in ((gain_in_evidence, evidence), (gain_in_error, error)):
            found = estimate(sample)
            for alpha in alphas:
                low, high = found.interval(alpha)
                for end, missed in (("below", truth < low), ("above", truth > high)):
                    key = (found.quantity, alpha, end)
                    misses[key] = misses.get(key, 0) + missed
    for (quantity, alpha, end), count in misses.items():
        assert count <= stats.binom.isf(FALSE_ALARM, simulations, alpha / 2), (quantity, alpha, end, count)


def test_too_few_say_nothing_and_samples_merge():
    sample, *_ = lognormal(np.random.default_rng(0), 300, 1.0, 0.5)
    assert gain_in_evidence(sample).interval(0.05) == gain_in_error(sample).interval(0.05) == (-np.inf, np.inf)
    both = Transfer.from_arrays((sample + sample).to_arrays())
    assert both.first.tolist() == [*sample.first, *sample.first]
    assert errors_on_second(both) == pytest.approx(errors_on_second(sample))


def test_tasks_of_other_shapes_are_refused():
    first, _ = two_tasks()
    with pytest.raises(BadInput, match="same input shape"):
        transfer(FullyConnected((3,)), first, boolean_cube(4, "majority", train=4), 10, seeded())
