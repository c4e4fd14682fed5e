"""Whatever is put into a specification is taken as what it says, or refused in one sentence.

Every field of every architecture, optimiser and schedule is given values of all kinds. What may be taken is written
down here once more, field by field, so that nothing wrong is taken silently.
"""

import math
from dataclasses import fields

from hypothesis import example, given
from hypothesis import strategies as st

from harness.networks import LSTM, Convolutional, FullyConnected, Residual, Transformer
from harness.optimisers import (
    OPTIMISERS,
    SGD,
    After,
    BestValidation,
    BinaryConnect,
    Cosine,
    FirstFit,
    GreedyRandomSearch,
    PatternSearch,
    Scheduled,
    StepDecay,
    WarmUp,
    Whitened,
)
from tests.support.any_values import ANYTHING, a_real, a_whole, refusal, switch


def widths(value):
    return isinstance(value, list | tuple) and all(map(a_whole, value))


def some(value):
    return widths(value) and len(value) > 0


def positive(value):
    return a_real(value) and 1e-18 <= value <= 1e18


def not_negative(value):
    return a_real(value) and (value == 0 or positive(value))


def a_share(value):
    return a_real(value) and 0 <= value < 1


def any_size(value):
    return a_real(value) and 0 <= value <= 1e18


def one_of(*words):
    return lambda value: isinstance(value, str | None) and value in words


def vocabulary(value):
    return value is None or a_whole(value, 2)


def odd(value):
    return a_whole(value) and value % 2 == 1


def steps(value):
    return a_whole(value, 1, 2**24)


def a_count(least):
    return lambda value: a_whole(value, least, 2**31 - 1)


LAYERS = {"sigma_w": positive, "sigma_b": not_negative}
ACTIVATION = one_of("relu", "tanh", "erf")
PADDING = one_of("zero", "circular")
TRANSFORMERS = {
    "width": lambda value: a_whole(value) and value % 2 == 0,
    "heads": lambda value: a_whole(value) and 16 % value == 0,
    "feedforward": a_whole,
    "blocks": a_whole,
    "vocabulary": vocabulary,
}
RATE, SHARE = {"learning_rate": positive}, dict.fromkeys(("beta1", "beta2", "alpha", "rho", "momentum"), a_share)
RULES = {**RATE, **SHARE, "epsilon": any_size, "weight_decay": any_size, "temperature": positive, "full_batch": switch}
# Specification -> what each of its fields may be; the others are at their defaults, or as the second says.
SPECIFICATIONS = [
    (FullyConnected, {}, {
        "hidden": widths, "activation": ACTIVATION, "parametrisation": one_of("standard", "ntk", "mup"),
        "distribution": one_of("gaussian", "uniform", "binary"), "normalised": switch, **LAYERS,
    }),
    (Convolutional, {}, {
        "channels": some, "hidden": widths, "kernel": odd, "padding": PADDING, "activation": ACTIVATION,
        "pooling": one_of("average", "max", None), **LAYERS,
    }),
    (Residual, {}, {
        "channels": a_whole, "blocks": a_whole, "kernel": odd, "padding": PADDING, "activation": ACTIVATION, **LAYERS,
    }),
    (LSTM, {}, {"hidden": some, "vocabulary": vocabulary, "embedding": a_whole, **LAYERS}),
    (Transformer, {}, {**TRANSFORMERS, **LAYERS}),
    *((each, {}, RULES) for name, each in OPTIMISERS.items() if name != "whitened sgd"),
    (Cosine, {"steps": 3}, {"steps": steps, "last": lambda value: a_real(value) and 0 <= value <= 1}),
    (StepDecay, {"every": 3}, {"every": steps, "by": lambda value: a_real(value) and 1e-18 <= value <= 1}),
    (WarmUp, {"steps": 3}, {"steps": steps}),
    (Whitened, {"optimiser": SGD()}, {"optimiser": lambda value: isinstance(value, SGD)}),
    (BinaryConnect, {"optimiser": SGD()}, {"optimiser": lambda value: isinstance(value, SGD)}),
    (Scheduled, {"optimiser": SGD(), "schedule": WarmUp(3)}, {
        "optimiser": lambda value: isinstance(value, SGD), "schedule": lambda value: isinstance(value, Cosine),
    }),
    (GreedyRandomSearch, {}, {"radius": positive, "tries": a_count(1)}),
    (PatternSearch, {}, {"radius": positive}),
    (FirstFit, {}, {"further": a_count(0)}),
    (BestValidation, {"epochs": 1, "points": 1}, {"epochs": a_count(0), "points": a_count(1), "every": a_count(1)}),
    (After, {"epochs": 1}, {"epochs": a_count(0), "updates": lambda value: value is None}),
]  # fmt: skip
FIELDS = [
    (kind, given, field.name, taken[field.name])
    for kind, given, taken in SPECIFICATIONS
    for field in fields(kind)
    if field.name in taken
]


def test_every_field_is_asked():
    """A field that is added to a specification is added here."""
    for kind, _, taken in SPECIFICATIONS:
        assert {field.name for field in fields(kind)} <= set(taken), kind


# Found by these tests, or by reading, and mended.
@example(FIELDS[0], (3, True))
@example(FIELDS[0], b"x")
@example(FIELDS[0], {})
@example(FIELDS[0], 5)
@example(FIELDS[2], math.inf)
@example(FIELDS[2], "3")
@given(st.sampled_from(FIELDS), ANYTHING)
def test_a_field_is_taken_as_it_is_or_refused_in_a_sentence(field, value):
    kind, others, name, may_be = field
    made, sentence = refusal(lambda: kind(**{**others, name: value}))
    assert (sentence is None) == bool(may_be(value)), (kind, name, value, sentence)
    if made is None:
        return
    assert type(getattr(made, name)) in (int, float, str, bool, tuple, type(None), SGD, Cosine)
    # Equal specifications are one address in the store, and one name.
    again = kind(**{each.name: getattr(made, each.name) for each in fields(kind) if each.init})
    assert repr(again) == repr(made)
    assert hash(again) == hash(made)
    if hasattr(made, "name"):
        assert made.name.isprintable()
