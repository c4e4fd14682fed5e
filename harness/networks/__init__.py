"""Architectures as ensembles of networks. To add one: one file like `fully_connected.py`."""

from harness.networks.convolutional import Convolutional
from harness.networks.ensemble import Architecture, Parameter
from harness.networks.fully_connected import FullyConnected, perceptron

__all__ = ["Architecture", "Convolutional", "FullyConnected", "Parameter", "perceptron"]
