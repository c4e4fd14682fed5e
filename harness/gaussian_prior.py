"""P(f) in the limit of infinite width: signs of draws of a Gaussian process."""

import numpy as np
import torch
from scipy import linalg

from harness.arguments import are_counts
from harness.errors import BadInput
from harness.functions import FunctionCounts, pack

# Draws made together: of 128 points, a block takes 16 MB.
_BLOCK = 2**14


def gaussian_prior(kernel: np.ndarray, draws: int, generator: torch.Generator) -> FunctionCounts:
    """Functions of `draws` independent draws of logits from N(0, K): labels 1 where they are positive.

    kernel: (points, points) symmetric positive semi-definite, K; it may be singular, as a perceptron's is. BadInput for
    no draws.
    """
    if not are_counts(draws):
        raise BadInput(f"Drawing takes at least 1 network, not {draws}.")
    values, vectors = linalg.eigh(kernel)
    # Rounding leaves eigenvalues of 0 within some units of the last place of the largest.
    used = values > len(values) * np.finfo(float).eps * values[-1]
    root = torch.tensor((vectors[:, used] * np.sqrt(values[used])).T, device=generator.device)
    words = []
    for start in range(0, draws, _BLOCK):
        shape = (min(_BLOCK, draws - start), len(root))
        normal = torch.randn(shape, dtype=torch.float64, generator=generator, device=generator.device)
        words.append(pack((normal @ root > 0).cpu().numpy()))
    return FunctionCounts.from_words(np.concatenate(words), len(kernel))
