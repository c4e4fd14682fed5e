"""The front door: `import harness; lab = harness.Lab()`.

Names are imported when they are first asked for, since torch alone takes seconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness.errors import BadInput

if TYPE_CHECKING:
    from harness.lab import Lab
    from harness.lab.outside import save_labels
    from harness.networks import FullyConnected, from_module, perceptron
    from harness.optimisers import SGD, Adam, Relative, from_optim
    from harness.problems import Problem, TrainingSets, boolean_cube, digits, fashion_mnist, mnist, training_sets
    from harness.problems.saved import load_problem, save_problem
    from harness.run.compare.comparison import compare
    from harness.run.frames import read
    from harness.statistics.distances import bias_explained

__all__ = [
    "SGD",
    "Adam",
    "BadInput",
    "FullyConnected",
    "Lab",
    "Problem",
    "Relative",
    "TrainingSets",
    "bias_explained",
    "boolean_cube",
    "compare",
    "digits",
    "fashion_mnist",
    "from_module",
    "from_optim",
    "load_problem",
    "mnist",
    "perceptron",
    "read",
    "save_labels",
    "save_problem",
    "training_sets",
]

# By the module that they are from.
_OF = {
    "lab": ("Lab",),
    "networks": ("FullyConnected", "from_module", "perceptron"),
    "optimisers": ("SGD", "Adam", "Relative", "from_optim"),
    "problems": ("Problem", "TrainingSets", "boolean_cube", "digits", "fashion_mnist", "mnist", "training_sets"),
    "problems.saved": ("load_problem", "save_problem"),
    "lab.outside": ("save_labels",),
    "run.frames": ("read",),
    "run.compare.comparison": ("compare",),
    "statistics.distances": ("bias_explained",),
}
_FROM = {name: f"harness.{module}" for module, names in _OF.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import what is asked for."""
    if name not in _FROM:
        raise AttributeError(f"module 'harness' has no attribute {name!r}; it has {', '.join(__all__)}")
    globals()[name] = found = getattr(import_module(_FROM[name]), name)
    return found


def __dir__() -> list[str]:
    """The names of the front door, and those that are imported already."""
    return sorted({*__all__, *globals()})
