"""An entry's file: any damage is found, and nothing makes reading it fail."""

import hashlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness.store.entries import canonical, decode, described, encode

ARRAYS = {"words": np.array([[1, 2**63]], dtype=np.uint64), "n": np.array(3), "none": np.zeros((0, 2))}
SPEC = {"sampler": "prior", "seed": 0, "shard": 1}
CONTENT = encode(SPEC, ARRAYS, {"seconds": 0.25})


def with_digest(body):
    return hashlib.sha256(body).digest() + body


@given(
    hnp.arrays(
        st.sampled_from([np.uint64, np.int64, np.float32, np.float64, np.uint8, np.bool_]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    ),
    st.dictionaries(
        st.text(), st.integers() | st.text() | st.none() | st.floats(allow_nan=False, allow_infinity=False)
    ),
)
def test_any_array_and_facts_round_trip(array, facts):
    description, entry = decode(encode(SPEC, {"a": array}, facts))
    assert description == canonical(SPEC)
    assert entry.facts == facts
    np.testing.assert_array_equal(entry.arrays["a"], array)
    assert entry.arrays["a"].dtype == array.dtype


def test_every_flipped_bit_is_found():
    for place in range(len(CONTENT)):
        for bit in range(8):
            damaged = bytearray(CONTENT)
            damaged[place] ^= 1 << bit
            assert decode(bytes(damaged)) is None


def test_every_truncation_and_any_addition_is_found(tmp_path):
    assert decode(CONTENT) is not None
    for length in range(len(CONTENT)):
        assert decode(CONTENT[:length]) is None
    assert decode(CONTENT + b"\0") is None
    assert decode(b"") is None


def test_bytes_with_a_right_digest_that_are_no_entry():
    """Such as no disk makes, but a person might: no exception, whatever the header says."""
    body = CONTENT[32:]
    for place in range(len(body)):
        for byte in (0, 0x22, 0x7D, 0xFF):
            found = decode(with_digest(body[:place] + bytes([byte]) + body[place + 1 :]))
            assert found is None or isinstance(found[1].arrays, dict)
    for text in (b"", b"[]", b"[1]", b'{"a":1}', b'{"__metadata__":[]}', b"[" * 100_000, b"\xff"):
        assert decode(with_digest(len(text).to_bytes(8, "little") + text)) is None


@given(st.binary(max_size=200))
def test_any_bytes(content):
    assert decode(content) is None
    assert decode(with_digest(content)) is None


def test_the_head_says_what_an_entry_is(tmp_path):
    path = tmp_path / "entry"
    path.write_bytes(CONTENT)
    assert described(path) == ('{"sampler":"prior","seed":0,"shard":1}', {"seconds": 0.25})
    for length in range(len(CONTENT)):
        path.write_bytes(CONTENT[:length])
        described(path)
    path.write_bytes(CONTENT[:39] + b"\xff" + CONTENT[40:])
    assert described(path) is None
