"""Pictures for the docs are PNG files that any program reads, in the colours that they had."""

import struct
import zlib

import numpy as np

from tools.screenshots import with_palette


def read(file):
    """The pixels of a PNG with a palette and no filters, by the format's own rules."""
    assert file[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(file):
        (length,) = struct.unpack(">I", file[at : at + 4])
        kind, content = file[at + 4 : at + 8], file[at + 8 : at + 8 + length]
        assert struct.unpack(">I", file[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + content)
        chunks[kind], at = content, at + 12 + length
    width, height, depth, colour = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (depth, colour) == (8, 3)
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), dtype=np.uint8).reshape(height, width + 1)
    assert not rows[:, 0].any()
    return np.frombuffer(chunks[b"PLTE"], dtype=np.uint8).reshape(-1, 3)[rows[:, 1:]]


def test_few_colours_stay_as_they_are():
    pixels = np.random.default_rng(0).integers(0, 2, (7, 11, 3), dtype=np.uint8) * 200
    assert np.array_equal(read(with_palette(pixels)), pixels)


def test_of_many_colours_a_rare_one_keeps_its_own_if_none_is_near():
    greys = np.repeat(np.arange(240, dtype=np.uint8), 100)
    ramp = np.stack([greys, greys, np.repeat(np.arange(240), 100).astype(np.uint8)], axis=1)
    noise = np.random.default_rng(1).integers(0, 3, ramp.shape, dtype=np.uint8)
    pixels = (ramp + noise).reshape(240, 100, 3)
    pixels[5, 5] = (125, 58, 140)
    back = read(with_palette(pixels))
    assert tuple(back[5, 5]) == (125, 58, 140)
    assert np.abs(back.astype(int) - pixels).max() <= 8
