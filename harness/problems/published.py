"""Problems and samples that others have published, which samplers and claims are held against.

T32: the copy of the sixth of seven bits (0011…), learnt from 32 fixed inputs, with the functions that 600,000 networks
7-40-40-1 had after training by SGD; six other targets, learnt from 32 other inputs (S2); and the functions of 10^7 such
networks at initialisation. All are from
github.com/guillefix/nn-pacbayes (MIT), the code of Valle-Pérez, Camargo & Louis 2019 (arXiv 1805.08522) and Mingard et
al. 2021 (arXiv 2006.15191). Also the targets of Mingard et al. 2025 (arXiv 2304.06670) on seven bits, and images in two
classes as Valle-Pérez & Louis 2020 (arXiv 2012.04115) have them.
"""

import csv
import io
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np

from harness.arguments import is_whole, one_of, short_repr
from harness.errors import BadInput
from harness.functions import FunctionCounts
from harness.functions.packing import pack
from harness.problems.cube import boolean_cube
from harness.problems.datasets import FIRST_LAST, arrays_of, packaged, problem_of_classes
from harness.problems.problem import Problem

# 1 for a training input, in counting order.
T32_INPUTS = (
    "0110001000001110000011010100000010110000101000010100100000011001"
    "0100000000010000000000000001000000101001100000010010000101000000"
)
T32_TARGET = "0011" * 32
# Other training inputs of the same repository, and the targets that were learnt from them.
S2_INPUTS = (
    "0100110001010010110000100010001000001001001100001000001000101001"
    "0000000001100000010000100000000000100010010000011000100011000000"
)
S2_TARGETS = (
    "10001" + "0" * 31 + "1" + "0" * 91,
    "1" * 32 + "01011111" + "01111111" * 3 + "1" * 64,
    "1" * 32 + "0111" * 8 + "1" * 64,
    "1" * 32 + "01" * 16 + "1" * 32 + "01" * 16,
    ("0011" * 4 + "0" * 16) * 2 + "0" * 64,
    "00001111" * 8 + "1" * 64,
)
# Networks of each published sample of trained ones, and of that at initialisation.
TRAINED, DRAWN = 600_000, 10_000_000
_TRAINED = {1: "published_sgd_t32_1_epoch_past_fit.csv", 64: "published_sgd_t32_64_epochs_past_fit.csv"}
_PRIOR = "published_prior_7-40-40-1.csv"
_IMAGES = {"mnist": "mnist_2000.npz", "fashion_mnist": "fashion_mnist_2000.npz"}


class PublishedPrior(NamedTuple):
    """Some functions of networks at initialisation: bits (functions, 128), LZ76 complexities, and how many of the DRAWN
    networks had each."""

    bits: np.ndarray
    complexities: np.ndarray
    counts: np.ndarray


def masked_cube(target: str, inputs: str, name: str) -> Problem:
    """The Boolean cube with named training inputs; all others are evaluated.

    Args:
        target: 2^bits zeros and ones, the labels in counting order.
        inputs: as many, 1 for each training input.
        name: name of the problem.

    Returns:
        The problem.

    Raises:
        BadInput: the two are no such strings of one length.
    """
    cube = boolean_cube(len(target).bit_length() - 1, target)
    if not isinstance(inputs, str) or set(inputs) != {"0", "1"} or len(inputs) != cube.n:
        raise BadInput(f"Training inputs are named by a string of {cube.n} zeros and ones, not {short_repr(inputs)}.")
    chosen = np.array(list(inputs)) == "1"
    facts = {key: value for key, value in cube.facts.items() if key not in ("problem", "m", "n", "split")}
    parts = (cube.eval_x[chosen], cube.eval_y[chosen], cube.eval_x[~chosen], cube.eval_y[~chosen])
    return Problem.from_arrays(*parts, name, facts)


@lru_cache
def t32() -> Problem:
    """T32: the published 32 training inputs of the copy of the sixth of seven bits, and the other 96."""
    return masked_cube(T32_TARGET, T32_INPUTS, "cube7-t32")


@lru_cache
def s2(target: int) -> Problem:
    """The published 32 training inputs of six other targets of the same networks, and the other 96.

    target: 0 to 5, its place in the published list.
    """
    if not is_whole(target) or not 0 <= target < len(S2_TARGETS):
        raise BadInput(f"Published targets on these inputs are numbered from 0 to 5, not {short_repr(target)}.")
    return masked_cube(S2_TARGETS[target], S2_INPUTS, f"cube7-s2-{target}")


def occam_target(ones: int) -> str:
    """A random target of arXiv 2304.06670 on seven bits.

    ones: inputs that were drawn, with replacement, to be labelled 1: 2, 10, or 21, of which 20 are different.
    """
    if not is_whole(ones) or ones not in (2, 10, 21):
        raise BadInput(f"Published random targets have 2, 10 or 21 ones drawn, not {short_repr(ones)}.")
    labels = np.zeros(128, dtype=int)
    # The stream of the published code.
    labels[np.random.RandomState(10).choice(128, size=ones)] = 1
    return "".join(map(str, labels))


def unscaled_images(m: int, n: int, data: str = "mnist", split: int = 0) -> Problem:
    """Images of the first five classes against the last five, with pixels from 0 to 1, as in arXiv 2012.04115.

    Args:
        m: training points.
        n: evaluation points.
        data: mnist or fashion_mnist: the 2,000 packaged images, where the paper drew from all.
        split: seed of the split; sets are not balanced.

    Returns:
        The problem; inputs (points, 28, 28).

    Raises:
        BadInput: there are no such data, or too few of them.
    """
    one_of(data, tuple(_IMAGES), "There are no published rows on")
    return problem_of_classes(f"{data}-unscaled", partial(_pixels, data), m, n, FIRST_LAST, split, balanced=False)


@lru_cache
def published_trained(past: int) -> FunctionCounts:
    """Functions on T32's other 96 inputs of the published networks, after so many epochs past the fit.

    past: 1 or 64. Functions that fewer than ten of the TRAINED networks had are not in the files.
    """
    if not is_whole(past) or past not in _TRAINED:
        raise BadInput(f"Published networks trained for 1 or 64 epochs past the fit, not {short_repr(past)}.")
    bits, rows = _functions(_TRAINED[past])
    counted = FunctionCounts(bits.shape[1], pack(bits), np.array([int(row["count"]) for row in rows]))
    # Merging sorts.
    return FunctionCounts.empty(counted.n) + counted


@lru_cache
def published_prior() -> PublishedPrior:
    """524 functions on the seven-bit cube, in order of their counts among DRAWN networks 7-40-40-1 at initialisation.

    Weights have σ_w = 1; σ_b is not stated, and 0.1 fits.
    """
    bits, rows = _functions(_PRIOR)
    complexities, counts = (np.array([float(row[name]) for row in rows]) for name in ("lz", "count"))
    return PublishedPrior(bits, complexities, counts.astype(np.int64))


def _functions(name: str) -> tuple[np.ndarray, list[dict[str, str]]]:
    """(functions, points) labels, and the rows of a file."""
    rows = list(csv.DictReader(io.StringIO(packaged(name).decode("ascii"))))
    return np.array([list(row["function"]) for row in rows]).astype(np.uint8), rows


@lru_cache
def _pixels(data: str) -> tuple[np.ndarray, np.ndarray]:
    arrays = arrays_of(packaged(_IMAGES[data]))
    return (arrays["x"] / 255).astype(np.float32), arrays["y"]
