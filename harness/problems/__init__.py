"""Problems: training and evaluation inputs with labels. To add one: a function that returns a Problem."""

from harness.problems.cube import boolean_cube
from harness.problems.datasets import digits, fashion_mnist, ionosphere, mnist
from harness.problems.kink import kink
from harness.problems.label_noise import with_label_noise
from harness.problems.one_hot import one_hot
from harness.problems.patterns import binary_patterns
from harness.problems.principal_components import digit_components
from harness.problems.problem import Problem
from harness.problems.sentences import sentences
from harness.problems.teachers import gaussian_teacher
from harness.problems.training_sets import TrainingSets, training_sets

__all__ = [
    "Problem",
    "TrainingSets",
    "binary_patterns",
    "boolean_cube",
    "digit_components",
    "digits",
    "fashion_mnist",
    "gaussian_teacher",
    "ionosphere",
    "kink",
    "mnist",
    "one_hot",
    "sentences",
    "training_sets",
    "with_label_noise",
]
