"""Networks and training sets that claims take from published set-ups."""

import numpy as np
import torch

from claims.sampling.published_gain_from_width_is_not_the_set_up import UniformWeights, hidden
from claims.sampling.taught_errors_have_small_volume import with_others
from harness.networks import FullyConnected
from harness.networks.ensemble import draw, views
from harness.problems import digits


def test_weights_of_one_scale_in_every_layer_have_the_labels_of_scaled_ones():
    """Network by network, since ReLU without biases passes a layer's scale on."""
    x = torch.randn(50, 30, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    logits = []
    for network in (
        UniformWeights(hidden(1), sigma_b=0.0),
        FullyConnected(hidden(1), sigma_b=0.0, distribution="uniform"),
    ):
        table = network.parameters((30,))
        rows = draw(table, network.distribution, 200, torch.Generator().manual_seed(0)).double()
        parameters = views(table, rows)
        logits.append(network.readout(parameters, network.features(parameters, x)))
        if isinstance(network, UniformWeights):
            assert 0.99 < rows.abs().max() <= 1
            assert {round(weight.std().item(), 2) for weight in list(parameters.values())[:2]} == {0.58}
    assert torch.equal(logits[0] > 0, logits[1] > 0)
    assert 0.1 < (logits[0] > 0).double().mean() < 0.9
    assert UniformWeights((3,)).name != FullyConnected((3,), distribution="uniform").name


def test_others_are_given_wrong_labels_and_nothing_else_changes():
    right, wrong = (with_others(40, 16, data="digits 0/1", wrong=which) for which in (False, True))
    for name in ("train_x", "eval_x", "eval_y"):
        np.testing.assert_array_equal(getattr(right, name), getattr(wrong, name))
    # S has 8 points of 40.
    np.testing.assert_array_equal(right.train_y != wrong.train_y, np.arange(40) >= 8)
    whole = digits(8, 48, "0/1")
    np.testing.assert_array_equal(right.train_y, np.concatenate([whole.train_y, whole.eval_y[:32]]))
    np.testing.assert_array_equal(right.eval_x, whole.eval_x[32:])
