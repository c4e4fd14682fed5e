"""Architectures as one would write them with torch.nn, freshly initialised as the ensembles are."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from harness.networks import LSTM, Convolutional, Residual, Transformer
from harness.networks.transformer import positions


class _Recurrent(nn.Module):
    def __init__(self, fan_in: int, architecture: LSTM) -> None:
        super().__init__()
        widths = (fan_in, *architecture.hidden)
        self.layers = nn.ModuleList(nn.LSTM(below, units, batch_first=True) for below, units in pairwise(widths))
        self.readout = nn.Linear(widths[-1], 1)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x, _ = layer(x)
        return self.readout(x[:, -1])


class _Encoder(nn.Module):
    def __init__(self, shape: tuple[int, int], architecture: Transformer) -> None:
        super().__init__()
        width = architecture.width
        self.embedding = nn.Linear(shape[1], width)
        self.positions = nn.Buffer(positions(shape[0], width, torch.zeros(1)))
        self.blocks = nn.Sequential(
            *(
                nn.TransformerEncoderLayer(
                    width, architecture.heads, architecture.feedforward, 0.0, batch_first=True, norm_first=True
                )
                for _ in range(architecture.blocks)
            )
        )
        self.norm = nn.LayerNorm(width)
        self.readout = nn.Linear(width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.readout(self.norm(self.blocks(self.embedding(x) + self.positions)).mean(1))


class _Branch(nn.Module):
    def __init__(self, channels: int, scale: float) -> None:
        super().__init__()
        first, second = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))
        self.branch = nn.Sequential(nn.ReLU(), first, nn.ReLU(), second)
        self.scale = scale

    def forward(self, h: Tensor) -> Tensor:
        return h + self.scale * self.branch(h)


def _convolutional(shape: tuple[int, int], architecture: Convolutional) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Unflatten(1, (1, shape[0]))]
    height, width = shape
    for below, channels in pairwise((1, *architecture.channels)):
        layers += [nn.Conv2d(below, channels, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2)]
        height, width = height // 2, width // 2
    layers.append(nn.Flatten())
    widths = (architecture.channels[-1] * height * width, *architecture.hidden, 1)
    for fan_in, fan_out in pairwise(widths):
        layers += [nn.Linear(fan_in, fan_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _residual(shape: tuple[int, int], architecture: Residual) -> nn.Sequential:
    channels, blocks = architecture.channels, architecture.blocks
    return nn.Sequential(
        nn.Unflatten(1, (1, shape[0])),
        nn.Conv2d(1, channels, 3, padding=1),
        *(_Branch(channels, blocks**-0.5) for _ in range(blocks)),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(channels, 1),
    )


def plain_network(shape: tuple[int, int], architecture: Convolutional | Residual | LSTM | Transformer) -> nn.Module:
    """A module on images (points, *shape) for an architecture on images whose padding and pooling are the default's."""
    module: nn.Module
    if isinstance(architecture, LSTM):
        module = _Recurrent(shape[1], architecture)
    elif isinstance(architecture, Transformer):
        module = _Encoder(shape, architecture)
    elif isinstance(architecture, Residual):
        module = _residual(shape, architecture)
    else:
        module = _convolutional(shape, architecture)
    for name, parameter in module.named_parameters():
        if "norm" in name:
            continue
        if parameter.ndim > 1:
            nn.init.normal_(parameter, std=architecture.sigma_w / parameter[0].numel() ** 0.5)
        else:
            # nn.LSTM has two biases that are added.
            nn.init.normal_(parameter, std=0.0 if "bias_hh" in name else architecture.sigma_b)
    return module
