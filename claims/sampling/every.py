"""Every architecture and every optimiser, for the claims that go over all of them."""

from harness.networks import LSTM, Architecture, Convolutional, Residual, Transformer
from harness.training import SGD, Adadelta, Adagrad, Adam, GradientDescent, Momentum, Optimiser, RMSprop

_SMALL: list[Architecture] = [
    Convolutional((4,), (8,)),
    Convolutional((4,), (8,), pooling=None),
    Residual(4, 1),
    LSTM((8,)),
    Transformer(8, 2, 16, 1),
]
_LARGE: list[Architecture] = [
    Convolutional((8, 16), (32,)),
    Convolutional((8, 16), (32,), pooling=None),
    Residual(8, 2),
    LSTM((16,)),
    Transformer(16, 2, 32, 1),
]
# Networks on images besides those that are fully connected; small ones where time is short.
ON_IMAGES = {"smoke": _SMALL, "standard": _LARGE, "full": [*_SMALL, *_LARGE]}

# Tokens of a sentence, as `sentences` has them where it is not told otherwise.
VOCABULARY = 500
RECURRENT = LSTM((16,), VOCABULARY)
ATTENTIVE = Transformer(16, 2, 32, 1, VOCABULARY)

# Learning rates are those that the optimisers' authors, or torch.optim, set out with, but for SGD's and Adam's, which
# are those of all claims.
FURTHER_OPTIMISERS: list[Optimiser] = [Momentum(), RMSprop(), Adagrad(), Adadelta(), GradientDescent(0.1)]
EVERY_OPTIMISER: list[Optimiser] = [SGD(0.1), Adam(0.003), *FURTHER_OPTIMISERS]
