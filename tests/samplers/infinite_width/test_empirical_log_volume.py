"""ln P(f|S) by Monte-Carlo kernels against that by the closed form, with the errors that it claims."""

import numpy as np
import pytest
from scipy import stats

from harness.errors import BadInput
from harness.networks import FullyConnected
from harness.problems import digits
from harness.samplers.infinite_width.empirical_log_volume import LogVolumesOfKernels, log_volumes_of_kernels
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.kernels import nngp
from harness.samplers.infinite_width.log_volume import log_volumes
from tests.support.gaussian_processes import generator

PROBLEM = digits(6, 6)
FUNCTIONS = np.random.default_rng(0).integers(0, 2, (3, 6)).astype(np.uint8)


def test_as_in_closed_form_with_the_kernels_error():
    # With one hidden layer a finite kernel is the limit's on average. 40 networks of 8 units: noise of 6 % an entry.
    network = FullyConnected((8,))
    found = log_volumes_of_kernels(network, PROBLEM, FUNCTIONS, generator(0), kernels=12, networks=40)
    exact = log_volumes(GaussianProcess(nngp(network, PROBLEM.inputs), PROBLEM.train_y), FUNCTIONS, generator(1))
    most = stats.t.isf(1e-4, 11)
    assert (np.abs(found.values - exact.values) < most * found.errors).all()
    assert abs(found.evidence - exact.evidence) < most * found.evidence_error
    # The kernel's error is far above that of the orthants.
    assert (found.errors > 2 * exact.errors).all()
    assert (found.errors < 0.5).all()


def test_the_logarithms_are_averaged():
    found = LogVolumesOfKernels(np.array([[-1.0], [-3.0]]), np.array([-0.5, -1.5]))
    assert found.values[0] == pytest.approx(-1.0)
    # The standard error of −0.5 and −1.5.
    assert found.errors[0] == pytest.approx(0.5)
    assert found.evidence == pytest.approx(-1.0)
    merged = found + found
    assert isinstance(merged, LogVolumesOfKernels)
    assert merged.runs == 4


@pytest.mark.parametrize("numbers", [{"kernels": 1}, {"networks": 1}])
def test_numbers_that_make_no_sense(numbers):
    with pytest.raises(BadInput, match="at least 2 kernels of at least 2 networks"):
        log_volumes_of_kernels(FullyConnected((8,)), PROBLEM, FUNCTIONS, generator(0), **numbers)
