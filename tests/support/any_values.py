"""Values of all kinds, what may be taken of them, and the one sentence that refuses the others."""

import math
import warnings

import numpy as np
from hypothesis import strategies as st

from harness.errors import BadInput, Unavailable
from harness.optimisers import SGD, Cosine

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


def switch(value):
    return isinstance(value, bool)


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
