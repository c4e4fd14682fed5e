"""The n-bit Boolean cube with named targets."""

from collections.abc import Callable

import numpy as np

from harness.arguments import are_counts, short_repr
from harness.errors import BadInput
from harness.problems.problem import Problem
from harness.problems.splits import check_split, random_generator, split_indices

MOST_BITS = 16

# (inputs (2^bits, bits), random generator) -> labels (2^bits,)
TARGETS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "constant-0": lambda x, _: np.zeros(len(x)),
    "constant-1": lambda x, _: np.ones(len(x)),
    "identity": lambda x, _: x[:, -1],
    "parity": lambda x, _: x.sum(axis=1) % 2,
    "majority": lambda x, _: x.sum(axis=1) * 2 > x.shape[1],
    "random": lambda x, rng: rng.integers(0, 2, len(x)),
}


def boolean_cube(bits: int, target: str = "constant-0", train: int = 0, split: int = 0) -> Problem:
    """The n-bit Boolean cube: all 2^bits inputs 0/1 in counting order, row i being i in binary, most significant bit
    first.

    Args:
        bits: number of input bits, 1 to 16.
        target: a string of 2^bits zeros and ones in that order, or constant-0, constant-1, identity (copies the last
            bit, 0101…), copy-k (copies bit k, from 1), parity, majority (more ones than zeros), random (labels drawn by
            `split`).
        train: number of training inputs, chosen at random; the rest is evaluated. 0: no training set, all are
            evaluated.
        split: seed of the choice of training inputs and of the random target.

    Returns:
        The problem, with two classes.

    Raises:
        BadInput: the bits, the target or the size of the training set cannot be had.
    """
    if not are_counts(bits) or bits > MOST_BITS:
        raise BadInput(f"A Boolean cube has 1 to {MOST_BITS} bits, not {short_repr(bits)}.")
    bits = int(bits)
    check_split(split)
    rows = np.arange(2**bits)
    x = ((rows[:, None] >> np.arange(bits - 1, -1, -1)) & 1).astype(np.float32)
    labels, named = _labels(x, target, split)
    what = f"cube{bits}-{named}"
    facts = {"dataset": "Boolean cube", "bits": bits, "task": named, "split": split}
    if not are_counts(train, least=0) or train >= len(x):
        raise BadInput(
            f"The training set of a {bits}-bit cube takes 0 to {len(x) - 1} inputs, not {short_repr(train)}."
        )
    if train == 0:
        name = f"cube{bits}" if named == "constant-0" else what
        return Problem.from_arrays(x[:0], labels[:0], x, labels, name, facts)
    rng = random_generator(f"{what} split", split)
    chosen, _ = split_indices(labels, train, len(x) - train, balanced=False, rng=rng, what=what)
    chosen = np.sort(chosen)
    rest = np.setdiff1d(rows, chosen)
    name = f"{what}-m{train}" + (f"-split{split}" if split else "")
    return Problem.from_arrays(x[chosen], labels[chosen], x[rest], labels[rest], name, facts)


def cube_subset(m: int, n: int, *, bits: int, target: str, split: int = 0) -> Problem:
    """A random subset of the Boolean cube to train on, the same for every target, and a random part of the rest.

    Args:
        m: training inputs.
        n: evaluation inputs, of those that are not trained on.
        bits: number of input bits, 1 to 16.
        target: as of `boolean_cube`; random labels are the same at every split.
        split: seed of the choice of inputs.

    Returns:
        The problem, with two classes; inputs in counting order within each part.

    Raises:
        BadInput: the bits or the target cannot be had, or the cube has too few inputs.
    """
    whole = boolean_cube(bits, target)
    check_split(split)
    x, labels, named = whole.eval_x, whole.eval_y, whole.facts["task"]
    # The target is no part of the stream's name.
    rng = random_generator(f"cube{whole.facts['bits']} subset", split)
    parts = split_indices(labels, m, n, balanced=False, rng=rng, what=f"The cube of {bits} bits")
    chosen, rest = (np.sort(part) for part in parts)
    name = f"cube{bits}-{named}-m{len(chosen)}-n{len(rest)}" + (f"-subset{split}" if split else "")
    facts = {"dataset": "Boolean cube", "bits": int(bits), "task": named, "split": split}
    return Problem.from_arrays(x[chosen], labels[chosen], x[rest], labels[rest], name, facts)


def _labels(x: np.ndarray, target: str, split: int) -> tuple[np.ndarray, str]:
    """Labels, and the name that stands for them."""
    bits = x.shape[1]
    if not isinstance(target, str):
        raise BadInput(f"A target is a text such as 'parity' or '0110', not {short_repr(target)}.")
    if set(target) <= {"0", "1"} and target:
        if len(target) != len(x):
            raise BadInput(
                f"A target on the {bits}-bit cube is a string of {len(x)} zeros and ones, not of {len(target)}."
            )
        return np.array([int(c) for c in target]), f"0x{int(target, 2):x}"
    copies = [f"copy-{bit}" for bit in range(1, bits + 1)]
    if target in copies:
        return x[:, copies.index(target)], target
    if target not in TARGETS:
        raise BadInput(
            f"There is no target {short_repr(target)} on the {bits}-bit cube; give a string of {len(x)} zeros and "
            f"ones, copy-1 to copy-{bits}, or one of {', '.join(TARGETS)}."
        )
    named = f"random{split}" if target == "random" else target
    return TARGETS[target](x, random_generator(f"cube{bits} random target", split)), named
