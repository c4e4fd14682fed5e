"""Problems: training and evaluation inputs with labels. To add one: a function that returns a Problem."""

from harness.problems.cube import boolean_cube
from harness.problems.datasets import digits, fashion_mnist, ionosphere, mnist
from harness.problems.principal_components import digit_components
from harness.problems.problem import Problem
from harness.problems.sentences import sentences
from harness.problems.training_sets import TrainingSets, training_sets

__all__ = [
    "Problem",
    "TrainingSets",
    "boolean_cube",
    "digit_components",
    "digits",
    "fashion_mnist",
    "ionosphere",
    "mnist",
    "sentences",
    "training_sets",
]
