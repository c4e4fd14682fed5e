"""Two tasks on one pool of images: the first, from which hidden layers are taken, and the second, which gets them."""

from collections.abc import Callable

import numpy as np

from claims.grids import IMAGES
from harness.problems import Problem, TrainingSets, training_sets

M, EVALUATION = 8, 32
# Even and low, odd and low, even and high, odd and high: balanced, so that neither label tells anything of the other.
FOUR = "0,2,4/1,3/6,8/5,7,9"
# Of the four kinds. The first task is even against odd.
LABELS: dict[str, tuple[int, ...]] = {"same": (0, 1, 0, 1), "related": (0, 1, 1, 1), "unrelated": (0, 0, 1, 1)}


def second_task(m: int, n: int, images: str, second: str, split: int = 0) -> Problem:
    """The second task, on the m images of the pool that the first has not.

    Args:
        m: training points.
        n: evaluation points.
        images: a name in IMAGES.
        second: what it has to do with the first, a name in LABELS.
        split: seed of the split.

    Returns:
        The problem.
    """
    pool, labels = IMAGES[images](2 * m, n, FOUR, split=split), np.array(LABELS[second])
    facts = {"dataset": images, "task": second, "split": split}
    return Problem.from_arrays(
        pool.train_x[m:], labels[pool.train_y[m:]], pool.eval_x, labels[pool.eval_y], f"{images}-{second}_second", facts
    )


def second_tasks(data: str, second: str) -> TrainingSets:
    """Training sets of the second task."""
    return training_sets(second_task, M, EVALUATION, images=data, second=second)


def first_task(shuffled: bool) -> Callable[[Problem], Problem]:
    """Second task -> the first one on the other images of its split; shuffled: with its labels in another order."""

    def first(second: Problem) -> Problem:
        split, m = second.facts["split"], second.m
        pool, labels = IMAGES[second.facts["dataset"]](2 * m, second.n, FOUR, split=split), np.array(LABELS["same"])
        y = labels[pool.train_y[:m]]
        if shuffled:
            y = np.random.default_rng(split).permutation(y)
        return Problem.from_arrays(pool.train_x[:m], y, pool.eval_x, labels[pool.eval_y])

    return first
