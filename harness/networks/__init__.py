"""Architectures as ensembles of networks. To add one: one file like `fully_connected.py`."""

from harness.networks.convolutional import Convolutional
from harness.networks.ensemble import Architecture, Parameter
from harness.networks.fully_connected import FullyConnected, perceptron
from harness.networks.initial import NTK, Constant, He, Normal, Uniform
from harness.networks.lstm import LSTM
from harness.networks.module import from_module
from harness.networks.residual import Residual
from harness.networks.transformer import Transformer

__all__ = [
    "LSTM",
    "NTK",
    "Architecture",
    "Constant",
    "Convolutional",
    "FullyConnected",
    "He",
    "Normal",
    "Parameter",
    "Residual",
    "Transformer",
    "Uniform",
    "from_module",
    "perceptron",
]
