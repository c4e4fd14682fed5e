"""One request of every kind that a claim can make, and labs that answer them."""

from dataclasses import replace

import numpy as np
import torch

from harness.claim import Scale
from harness.lab import Lab
from harness.networks import FullyConnected, perceptron
from harness.optimisers import SGD
from harness.problems import boolean_cube, digits, training_sets
from harness.samplers.enumeration import ClauseNetwork
from harness.store import Store

CPU = torch.device("cpu")
SCALE = Scale("test", 100.0, effort=1, looks=3)
NETWORK, CUBE, TASK = FullyConnected((4,)), boolean_cube(3), boolean_cube(3, "majority", train=3)
BINARY = FullyConnected((2,), sigma_b=0.0, distribution="binary")
POOL = boolean_cube(3, "majority", train=4)
SETS = training_sets(boolean_cube, 3, 5, bits=3, target="majority")
TRAINING = {"networks": 4, "batch": 2, "max_epochs": 20}

# One request of every kind that a claim can make.
REQUESTS = {
    "prior": lambda lab: lab.prior(perceptron(), CUBE, draws=50),
    "posterior": lambda lab: lab.posterior(NETWORK, TASK),
    "posterior_by_runs": lambda lab: lab.posterior_by_runs(NETWORK, digits(8, 8)),
    "rejection_posterior": lambda lab: lab.rejection_posterior(NETWORK, TASK, draws=20, last_layers=4),
    "tempered_posterior": lambda lab: lab.tempered_posterior(NETWORK, TASK, 1.0, draws=20, last_layers=4),
    "subset_posterior": lambda lab: lab.subset_posterior(NETWORK, TASK, runs=2, chains=8, steps=2),
    "annealed_posterior": lambda lab: lab.annealed_posterior(NETWORK, TASK, runs=2, particles=64, trajectories=4),
    "annealed_evidence": lambda lab: lab.annealed_evidence(NETWORK, TASK, runs=2, particles=16, trajectories=2),
    "density_of_states": lambda lab: lab.density_of_states(NETWORK, TASK, runs=2, chains=4, steps=2),
    "rejection_until": lambda lab: lab.rejection_until(NETWORK, TASK, effective=10, draws=20),
    "exact_volumes": lambda lab: lab.exact_volumes(BINARY, TASK),
    "exact_volumes_of_clauses": lambda lab: lab.exact_volumes(ClauseNetwork(3), CUBE),
    "train": lambda lab: lab.train(NETWORK, TASK, SGD(0.1), **TRAINING),
    "train_on_sets": lambda lab: lab.train_on_sets(NETWORK, SETS, SGD(0.1), least_fitted=None, **TRAINING),
    "posterior_on_sets": lambda lab: lab.posterior_on_sets(NETWORK, SETS),
    "infinite_posterior_on_sets": lambda lab: lab.infinite_posterior_on_sets(NETWORK, SETS, chains=2, draws=4),
    "infinite_evidence_on_sets": lambda lab: lab.infinite_evidence_on_sets(NETWORK, SETS, runs=2, points=16),
    "kernel": lambda lab: lab.kernel(NETWORK, TASK),
    "empirical_kernel": lambda lab: lab.empirical_kernel(NETWORK, TASK, networks=10),
    "gaussian_process": lambda lab: lab.gaussian_process(NETWORK, TASK),
    "jittered_process": lambda lab: lab.jittered_process(NETWORK, TASK),
    "infinite_prior": lambda lab: lab.infinite_prior(NETWORK, TASK, draws=20),
    "named_volumes": lambda lab: lab.named_volumes(NETWORK, CUBE, ("01010101", "00000000"), runs=2, points=16),
    "drawn_volumes": lambda lab: lab.drawn_volumes(NETWORK, CUBE, draws=4, runs=2, points=16),
    "infinite_posterior": lambda lab: lab.infinite_posterior(NETWORK, TASK, chains=2, draws=4),
    "infinite_evidence": lambda lab: lab.infinite_evidence(NETWORK, TASK, runs=2, points=16),
    "approximation": lambda lab: lab.approximation(NETWORK, TASK, "Laplace"),
    "log_volumes": lambda lab: lab.log_volumes(NETWORK, TASK, np.eye(TASK.n), runs=2, points=16),
    "log_volumes_of_kernels": lambda lab: lab.log_volumes(
        replace(NETWORK, distribution="uniform"), TASK, np.eye(TASK.n), runs=2, points=16, networks=40
    ),
    "log_volumes_by_runs": lambda lab: lab.log_volumes_by_runs(
        NETWORK, TASK, TASK.eval_y[None], runs=2, chains=64, steps=4
    ),
    "label_agreement": lambda lab: lab.label_agreement(NETWORK, TASK, networks=4),
    "linearisation_gap": lambda lab: lab.linearisation_gap(NETWORK, TASK, steps=2, networks=2),
    "spectrum": lambda lab: lab.spectrum(NETWORK, POOL, "nngp"),
    "regression_errors": lambda lab: lab.regression_errors(NETWORK, POOL, "ntk", 2, 0.1, sets=2),
    "last_layer_feasibility": lambda lab: lab.last_layer_feasibility(NETWORK, TASK, draws=3),
    "least_frozen_width": lambda lab: lab.least_frozen_width(lambda width: FullyConnected((width,)), TASK, 4, draws=4),
    "least_trained_width": lambda lab: lab.least_trained_width(
        lambda width: FullyConnected((width,)), TASK, SGD(0.1), 4, **TRAINING
    ),
    "transfer": lambda lab: lab.transfer(NETWORK, TASK, boolean_cube(3, "parity", train=3), draws=20),
    "hidden_draws": lambda lab: lab.hidden_draws(NETWORK, TASK, ("weight norm",), draws=10),
    "hidden_patterns": lambda lab: lab.hidden_patterns(NETWORK, digits(8, 8), draws=10),
    "trained_features": lambda lab: lab.trained_features(NETWORK, TASK, SGD(0.1), ("weight norm",), **TRAINING),
    "trained_patterns": lambda lab: lab.trained_patterns(NETWORK, digits(8, 8), SGD(0.1), **TRAINING),
    "local_volume": lambda lab: lab.local_volume(NETWORK, TASK, SGD(0.1), networks=2, directions=8, max_epochs=100),
    "learning_coefficient": lambda lab: lab.learning_coefficient(
        NETWORK, TASK, SGD(0.1), chains=4, burn_in=20, steps=20, localisation=100.0
    ),
}


def lab_of(folder, executor=None, look=0, device=CPU):
    made = Lab(SCALE, device, 0, Store(folder), executor=executor)
    made.look = look
    return made


def arrays(found):
    if isinstance(found, np.ndarray):
        return {"array": found}
    return found.to_arrays() if hasattr(found, "to_arrays") else {}


def same(one, other):
    if isinstance(one, list):
        for first, second in zip(one, other, strict=True):
            same(first, second)
        return
    one, other = arrays(one), arrays(other)
    assert set(one) == set(other)
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name])
