"""Whatever is put into a specification is taken as what it says, or refused in one sentence.

Every field of every architecture, optimiser, schedule, problem and sampler is given values of all kinds. What may be
taken is written down here once more, field by field, so that nothing wrong is taken silently.
"""

import json
import math
import warnings
from dataclasses import fields

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from harness.errors import BadInput, Unavailable
from harness.gaussian_prior import gaussian_prior
from harness.kernels import empirical_nngp, empirical_ntk
from harness.networks import LSTM, Convolutional, FullyConnected, Residual, Transformer
from harness.posterior import (
    GaussianProcess,
    density_of_states,
    log_probability,
    rejection,
    subset_simulation,
    tempered,
    truncated_gaussian,
)
from harness.prior import branching_prior, prior
from harness.problems import Problem, boolean_cube, digits, ionosphere, mnist, sentences
from harness.problems.datasets import parse_task
from harness.training import (
    OPTIMISERS,
    SGD,
    After,
    Cosine,
    FirstFit,
    GreedyRandomSearch,
    PatternSearch,
    Scheduled,
    StepDecay,
    WarmUp,
    Whitened,
    train,
)

WHOLE = st.integers(-2, 5) | st.sampled_from([7, 16, 2**20, 2**20 + 1, 2**24, 2**31, 2**63, 10**30, -(2**63)])
NUMBERS = st.floats() | st.sampled_from([0.0, -0.0, 0.5, 0.9, 1.0, 2.0, 1e-18, 1e18, 1e19, 1e-320, math.inf, math.nan])
WORDS = st.sampled_from(
    ["relu", "erf", "gelu", "zero", "max", "standard", "binary", "parity", "copy-1", "copy-٣", "0110", "0/1", "/", ""]
) | st.text(max_size=8)
SCALARS = st.one_of(
    WHOLE, NUMBERS, WORDS, st.none(), st.booleans(), st.binary(max_size=3), st.complex_numbers(),
    st.sampled_from([np.int64(3), np.float32(0.5), np.bool_(True), np.array([3]), object(), SGD, SGD(0.1), Cosine(3)]),
)  # fmt: skip
ANYTHING = SCALARS | st.lists(SCALARS, max_size=3) | st.tuples(SCALARS) | st.tuples(SCALARS, SCALARS) | st.just({})


def a_whole(value, least=1, most=2**20):
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and least <= value <= most


def a_real(value):
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


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


def switch(value):
    return isinstance(value, bool)


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
        "distribution": one_of("gaussian", "uniform", "binary"), **LAYERS,
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
    (Scheduled, {"optimiser": SGD(), "schedule": WarmUp(3)}, {
        "optimiser": lambda value: isinstance(value, SGD), "schedule": lambda value: isinstance(value, Cosine),
    }),
    (GreedyRandomSearch, {}, {"radius": positive, "tries": a_count(1)}),
    (PatternSearch, {}, {"radius": positive}),
    (FirstFit, {}, {"further": a_count(0)}),
    (After, {"epochs": 1}, {"epochs": a_count(0), "updates": lambda value: value is None}),
]  # fmt: skip
FIELDS = [
    (kind, given, field.name, taken[field.name])
    for kind, given, taken in SPECIFICATIONS
    for field in fields(kind)
    if field.name in taken
]


def refusal(make):
    """What is made, or the sentence that refuses it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return make(), None
        except (BadInput, Unavailable) as error:
            sentence = str(error)
    assert sentence.endswith(".")
    assert sentence.isprintable(), sentence
    assert 20 < len(sentence) < 600
    return None, sentence


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


CUBE = boolean_cube(3, "parity", 4)
PIXELS = Problem.from_arrays(np.zeros((2, 4, 4)), [0, 1], np.ones((3, 4, 4)), [0, 1, 1])
TOKENS = Problem.from_arrays([[0, 1, 4]], [1], [[1, 2, 3], [0, 0, 4]], [0, 1], vocabulary=5)
FITTING = {
    FullyConnected((3,)): (CUBE, PIXELS),
    Convolutional((2,), (3,)): (PIXELS,),
    Convolutional((2, 2, 2), ()): (),
    Residual(2, 1): (PIXELS,),
    LSTM((3,)): (PIXELS,),
    LSTM((3,), vocabulary=5): (TOKENS,),
    LSTM((3,), vocabulary=4): (),
    Transformer(4, 2, 3): (PIXELS,),
    Transformer(4, 2, 3, vocabulary=5): (TOKENS,),
}


@pytest.mark.parametrize("problem", [CUBE, PIXELS, TOKENS], ids=["cube", "images", "tokens"])
@pytest.mark.parametrize("architecture", FITTING, ids=lambda architecture: architecture.name)
def test_a_network_takes_the_problems_it_is_for(architecture, problem):
    generator = torch.Generator().manual_seed(0)
    found, sentence = refusal(lambda: prior(architecture, problem, 3, generator))
    assert (sentence is None) == any(problem is each for each in FITTING[architecture])
    assert found is None or found.total == 3
    _, sentence = refusal(lambda: train(architecture, problem, SGD(), 2, generator, max_epochs=1))
    assert (sentence is None) == (found is not None)


def process():
    return GaussianProcess(np.eye(3) + 0.1, np.array([0, 1]))


# Sampler, the least of each of its counts, and its smallest use.
SAMPLERS = {
    "prior": ({"draws": 1}, lambda g, **k: prior(PERCEPTRON, CUBE, generator=g, **k)),
    "branching": (
        {"draws": 1, "last_layers": 1}, lambda g, **k: branching_prior(PERCEPTRON, CUBE, generator=g, **k)
    ),
    "gaussian prior": ({"draws": 1}, lambda g, **k: gaussian_prior(np.eye(3), generator=g, **k)),
    "rejection": ({"draws": 1, "last_layers": 1}, lambda g, **k: rejection(PERCEPTRON, CUBE, generator=g, **k)),
    "tempered": (
        {"draws": 1, "last_layers": 1}, lambda g, **k: tempered(PERCEPTRON, CUBE, 1.0, generator=g, **k)
    ),
    "subset simulation": (
        {"runs": 1, "chains": 1, "steps": 1, "groups": 1, "lengthenings": 0, "last_layers": 0},
        lambda g, **k: subset_simulation(PERCEPTRON, CUBE, g, **{"runs": 1, "chains": 2, "steps": 1} | k),
    ),
    "density of states": (
        {"runs": 1, "chains": 1, "steps": 1, "groups": 1, "last_layers": 0},
        lambda g, **k: density_of_states(PERCEPTRON, CUBE, g, **{"runs": 1, "chains": 2, "steps": 1} | k),
    ),
    "truncated Gaussian": (
        {"chains": 1, "draws": 1, "burn_in": 0},
        lambda g, **k: truncated_gaussian(process(), g, **{"chains": 1, "draws": 1} | k),
    ),
    "orthant": ({"runs": 2, "doublings": 0}, lambda g, **k: log_probability(process(), g, points=8, **k)),
    "NNGP": ({"networks": 1}, lambda g, **k: empirical_nngp(PERCEPTRON, CUBE.inputs, generator=g, **k)),
    "NTK": ({"networks": 1}, lambda g, **k: empirical_ntk(PERCEPTRON, CUBE.inputs, generator=g, **k)),
    "training": (
        {"networks": 1, "batch": 1, "max_epochs": 0},
        lambda g, **k: train(PERCEPTRON, CUBE, SGD(), generator=g, **{"networks": 1, "max_epochs": 1} | k),
    ),
}  # fmt: skip
PERCEPTRON = FullyConnected()
COUNTS = [(sampler, name, least) for sampler, (counts, _) in SAMPLERS.items() for name, least in counts.items()]
SMALL = ANYTHING.filter(lambda value: not a_whole(value, 4, 2**31 - 1))


@example(("prior", "draws", 1), True)
@example(("prior", "draws", 1), 2.5)
@example(("rejection", "draws", 1), math.nan)
@example(("subset simulation", "runs", 1), "5")
@example(("training", "batch", 1), 10**30)
@given(st.sampled_from(COUNTS), SMALL)
def test_a_sampler_counts_in_whole_numbers(count, value):
    sampler, name, least = count
    counts, draw = SAMPLERS[sampler]
    needed = {each: 2 for each in counts if each in ("draws", "networks", "last_layers") and least and each != name}
    needed = {each: number for each, number in needed.items() if sampler not in ("subset simulation",)}
    generator = torch.Generator().manual_seed(0)
    _, sentence = refusal(lambda: draw(generator, **needed, **{name: value}))
    assert (sentence is None) == a_whole(value, least, 2**31 - 1), (sampler, name, value, sentence)


ROWS = st.lists(st.lists(SCALARS, min_size=1, max_size=3), max_size=3)
ARRAYS = ANYTHING | ROWS | st.sampled_from(
    [
        np.zeros((2, 0)), np.zeros((0, 2)), np.zeros((2, 2, 2)), np.zeros((2, 2), complex), np.zeros((2, 2), object),
        np.zeros((2, 2), "datetime64[s]"), [[10**400, 0]], [[1e300, 0], [0, 0]], [[0.0, 1.0], [1.0]],
        [[0.0, 1.0], [0.0, 1.0]], [[0, 1], [3, 2]], np.full((2, 2), np.nan), [0, 1], [0.0, 1.0], [True, False],
        ["0", "1"], [0, 2], [math.nan, 0], [None, 0], [0.5, 1], np.array([0, 1], np.int8), np.array([1, 0], np.uint64),
    ]
)  # fmt: skip
GOOD = {"train_x": [[0.0, 1.0], [1.0, 0.0]], "train_y": [0, 1], "eval_x": [[1.0, 1.0]], "eval_y": [1]}


@example("train_x", np.zeros((2, 2), complex))
@example("train_x", np.zeros((2, 2), "datetime64[s]"))
@example("train_x", [[10**400, 0], [0, 0]])
@example("train_y", ["0", "1"])
@example("facts", 3)
@example("facts", {"m": math.nan})
@example("classes", 3.0)
@example("vocabulary", math.inf)
@example("name", "../\x00")
@given(st.sampled_from([*GOOD, "name", "facts", "classes", "vocabulary"]), ARRAYS)
def test_your_own_data_are_taken_as_they_are_or_refused(argument, value):
    problem, _ = refusal(lambda: Problem.from_arrays(**{**GOOD, argument: value}))
    if problem is None:
        return
    inputs, labels = [problem.train_x, problem.eval_x], [problem.train_y, problem.eval_y]
    assert all(np.isfinite(each).all() and each.dtype in (np.float32, np.int64) for each in inputs)
    assert all((each < problem.classes).all() and each.dtype == np.uint8 for each in labels)
    assert problem.n == len(problem.eval_x) == len(problem.eval_y) >= 1
    assert problem.m == len(problem.train_x) == len(problem.train_y)
    assert {type(problem.m), type(problem.n), type(problem.classes)} == {int}
    if argument in GOOD:
        # Nothing was taken for something else.
        own = np.array(value)
        assert own.dtype.kind in "biuf"
        found = {**dict(zip(GOOD, problem.arrays, strict=True))}[argument]
        assert found.tolist() == own.astype(np.float32).tolist() or not own.size
    assert json.loads(json.dumps(problem.facts, allow_nan=False)) == problem.facts
    assert problem.name.isprintable()


@example((boolean_cube, "target"), "copy-٣")
@example((boolean_cube, "target"), "copy-01")
@example((boolean_cube, "target"), None)
@example((boolean_cube, "split"), 0.5)
@example((digits, "m"), 2.5)
@example((digits, "balanced"), "no")
@example((digits, "task"), "٣/4")
@example((digits, "task"), " 1/2")
@example((mnist, "full"), 1)
@example((sentences, "vocabulary"), 2.5)
@given(
    st.sampled_from(
        [(boolean_cube, name) for name in ("bits", "target", "train", "split")]
        + [(digits, name) for name in ("m", "n", "task", "split", "balanced")]
        + [(ionosphere, name) for name in ("m", "n", "split", "balanced")]
        + [(mnist, "full"), *((sentences, name) for name in ("m", "n", "vocabulary", "length", "split", "balanced"))]
    ),
    ANYTHING,
)
def test_the_packaged_problems_are_asked_for_as_they_say(asked, value):
    make, argument = asked
    start = {"bits": 3, "target": "parity", "train": 2} if make is boolean_cube else {"m": 4, "n": 4}
    problem, _ = refusal(lambda: make(**{**start, argument: value}))
    if problem is None:
        return
    assert {type(problem.m), type(problem.n)} == {int}
    if argument in ("bits", "train", "split", "m", "n", "vocabulary", "length"):
        assert a_whole(value, 0, 2**31 - 1)
    if argument in ("balanced", "full"):
        assert switch(value)
    if argument in ("target", "task"):
        assert value.isascii()
    assert problem.name.isascii()


@given(st.text("0123456789,/ -_٣", max_size=12))
def test_a_task_names_groups_of_classes(task):
    groups, _ = refusal(lambda: parse_task(task))
    if groups is not None:
        assert "/".join(",".join(map(str, group)) for group in groups) == task
        named = [each for group in groups for each in group]
        assert len(groups) >= 2
        assert len(set(named)) == len(named)


@given(st.text("01", max_size=10), st.integers(1, 3))
def test_a_target_in_bits_is_the_function_it_writes_out(target, bits):
    problem, sentence = refusal(lambda: boolean_cube(bits, target))
    assert (sentence is None) == (len(target) == 2**bits)
    assert problem is None or "".join(map(str, problem.eval_y)) == target
