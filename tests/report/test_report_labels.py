"""Names for readers in the place of identifiers."""

import pytest

from harness.networks import LSTM, Convolutional, FullyConnected, Residual, Transformer
from harness.optimisers import SGD, Adam, Relative
from harness.report.grouping import described
from harness.report.labels import label
from harness.report.payload import details
from tests.support.report_documents import sample


@pytest.mark.parametrize(
    ("value", "key", "said"),
    [
        ("fashion_mnist", "data", "Fashion-MNIST"),
        ("mnist 0/1", "data", "MNIST 0/1"),
        ("digits", "data", "digits"),
        ("adam", "rule", "Adam"),
        (Relative(SGD(), 0.3).name, "optimiser", "SGD at ρ = 0.3"),
        (Adam(0.003).name, "optimiser", "Adam at the rate 0.003"),
        (FullyConnected((40, 40)).name, "architecture", "ReLU 40–40"),
        (FullyConnected((160, 160), "tanh", 4.0, 0.2).name, "network", "tanh 160–160, σ_w = 4, σ_b = 0.2"),
        (FullyConnected(()).name, "architecture", "perceptron"),
        (Convolutional((4,), (8,)).name, "architecture", "CNN 4, dense 8, ReLU, average pooling"),
        (Residual(8, 2).name, "architecture", "ResNet 8×2, ReLU"),
        (LSTM((8,)).name, "architecture", "LSTM 8"),
        (Transformer(8, 2, 16, 1).name, "architecture", "transformer 8, 2 heads, feed-forward 16, 1 block"),
        ("cube4-majority-m6-split1", "problem", "4-bit cube, majority, m = 6, split 1"),
        ("10_ones-m32-sw8-l10", "row", "10 ones, m = 32, σ_w = 8, 10 layers"),
        ("related", "second", "second task related"),
        ("cross-entropy", "loss", "cross-entropy"),
        (0.3, "ratio", "ρ 0.3"),
        (16, "m", "16 training points"),
        (1, "bits", "1 bit"),
        (1024, "n", "1,024 evaluation points"),
        ("nngp", "kind", "NNGP"),
        ("relu", "activation", "ReLU"),
    ],
)
def test_labels(value, key, said):
    assert label(value, key) == said


def test_a_cell_is_described_by_labels():
    parameters = {"data": "fashion_mnist", "m": 16, "optimiser": "sgd-rho0.3", "none": None}
    said = "Fashion-MNIST · 16 training points · SGD at ρ = 0.3"
    assert described(parameters, ["data", "m", "optimiser", "none"]) == said


def test_figures_of_an_opened_cell_are_called_by_labels():
    (first, *_) = sample()["cells"]
    (figure,) = first["details"]["secondary"]
    figure["quantity"] = "fcn-20-20-relu, sgd-rho0.1"
    assert details(first, 10)["secondary"][0][0] == "ReLU 20–20, SGD at ρ = 0.1"
    figure["quantity"] = "ln P(f|S), own − other"
    assert details(first, 10)["secondary"][0][0] == "ln P(f|S), own − other"
