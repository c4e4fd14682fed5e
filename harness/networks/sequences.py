"""Inputs as sequences: the rows of an image, or tokens with an embedding that is trained like any weight."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from harness.arguments import whole
from harness.errors import BadInput
from harness.networks.ensemble import Parameter


def sequences(inputs: np.ndarray, vocabulary: int | None, network: str) -> np.ndarray:
    """Inputs as networks on sequences take them.

    Args:
        inputs: (points, time, ...) numbers, such as images, which are read row by row; with a vocabulary (points, time)
            tokens.
        vocabulary: number of tokens; None: inputs are numbers.
        network: name of the architecture, which begins the sentence that refuses inputs.

    Returns:
        (points, time, numbers) float; with a vocabulary (points, time) int64.

    Raises:
        BadInput: the inputs are of the other kind, or a token is outside the vocabulary.
    """
    if vocabulary is None:
        if inputs.dtype.kind != "f" or inputs.ndim < 3:
            raise BadInput(
                f"{network} without a vocabulary takes sequences of rows of numbers, such as images, not inputs of "
                f"shape {inputs.shape[1:]} and type {inputs.dtype}; give it a vocabulary for tokens."
            )
        return inputs.reshape(*inputs.shape[:2], -1)
    if inputs.dtype.kind not in "iu" or inputs.ndim != 2:
        raise BadInput(
            f"{network} with a vocabulary takes sequences of tokens, whole numbers, not inputs of shape "
            f"{inputs.shape[1:]} and type {inputs.dtype}; leave the vocabulary out for rows of numbers."
        )
    if inputs.size and not 0 <= inputs.min() <= inputs.max() < vocabulary:
        raise BadInput(
            f"{network} has {vocabulary} tokens, from 0 to {vocabulary - 1}, but the inputs go from {inputs.min()} to "
            f"{inputs.max()}; give it the problem's vocabulary."
        )
    return inputs.astype(np.int64)


def embedding(vocabulary: int, width: int) -> dict[str, Parameter]:
    """A vector of standard normal numbers per token, as `nn.Embedding` starts."""
    return {"embedding.weight": Parameter((vocabulary, width), 1.0)}


def look_up(weight: Tensor, tokens: Tensor) -> Tensor:
    """weight: (networks, vocabulary, width). tokens: (points, time), or with a leading axis "networks". Returns each
    network's own vectors, (networks, points, time, width)."""
    networks, vocabulary, width = weight.shape
    first = torch.arange(networks, device=weight.device).view(-1, 1, 1) * vocabulary
    return functional.embedding(tokens + first, weight.reshape(-1, width))


def checked_vocabulary(vocabulary: int | None) -> int | None:
    """The vocabulary as an int, or None; BadInput for anything but None or a whole number of at least 2."""
    return None if vocabulary is None else whole(vocabulary, "The size of a vocabulary", least=2)
