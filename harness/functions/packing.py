"""Functions as packed labels.

A function is the string of a network's labels 0 … K − 1 on the n evaluation inputs, in the order of the inputs. It is
held as ⌈log2 K⌉ planes, one for each binary digit of the labels, the lowest first: for two classes one plane of bits.
A plane is ⌈n/64⌉ words of 64 bits, the first input in the lowest bit of the first word; unused bits are 0.
"""

import numpy as np

from harness.arguments import are_counts, short_repr, unmasked
from harness.errors import BadInput

# A label is shown as one character.
CHARACTERS = np.frombuffer(b"0123456789abcdefghijklmnopqrstuvwxyz", dtype=np.uint8)
MOST_CLASSES = len(CHARACTERS)


def check_classes(classes: int) -> None:
    """Raise BadInput if functions cannot have so many classes."""
    if not are_counts(classes, least=2) or classes > MOST_CLASSES:
        raise BadInput(f"Functions have 2 to {MOST_CLASSES} classes, not {short_repr(classes)}.")


def planes(classes: int) -> int:
    """⌈log2 K⌉: binary digits of a label."""
    return (int(classes) - 1).bit_length()


def checked_labels(labels: np.ndarray, classes: int = 2) -> np.ndarray:
    """(..., n) labels 0 … classes − 1 of functions on n ≥ 1 inputs, of any type of numbers, as uint8; else BadInput."""
    labels = unmasked(labels, "A function's labels")
    if not labels.ndim or not labels.shape[-1]:
        raise BadInput(f"A function has a label on each of 1 input or more, not labels of shape {labels.shape}.")
    if labels.dtype.kind not in "biuf":
        raise BadInput(f"A function's labels are numbers, not of type {labels.dtype}; map them to 0 … {classes - 1}.")
    with np.errstate(invalid="ignore"):
        digits = labels.astype(np.uint8)
    if labels.dtype != np.bool_ and not ((digits == labels) & (digits < classes)).all():
        if classes == 2:
            raise BadInput("A function's bits are 0 or 1; threshold the outputs first.")
        raise BadInput(f"A function's labels are 0 to {classes - 1}; take the outputs' argmax first.")
    return digits


def pack(labels: np.ndarray, classes: int = 2) -> np.ndarray:
    """Pack labels: (..., n) -> (..., planes·⌈n/64⌉) uint64; BadInput if an entry is none of 0 … classes − 1."""
    check_classes(classes)
    digits = checked_labels(labels, classes)
    return np.concatenate([_pack_bits(digits & np.uint8(1 << plane)) for plane in range(planes(classes))], axis=-1)


def _pack_bits(bits: np.ndarray) -> np.ndarray:
    """Every number but 0 is a one."""
    packed = np.packbits(bits, axis=-1, bitorder="little")
    padding = [(0, 0)] * (bits.ndim - 1) + [(0, -packed.shape[-1] % 8)]
    return np.ascontiguousarray(np.pad(packed, padding)).view("<u8").astype(np.uint64, copy=False)


def unpack(words: np.ndarray, n: int, classes: int = 2) -> np.ndarray:
    """Invert `pack`.

    Args:
        words: (..., planes·⌈n/64⌉) uint64.
        n: evaluation inputs.
        classes: labels that a function may have.

    Returns:
        (..., n) uint8 labels.
    """
    each = np.split(words, planes(classes), axis=-1)
    labels = _unpack_bits(each[0], n)
    for plane, bits in enumerate(each[1:], 1):
        labels |= _unpack_bits(bits, n) << plane
    return labels


def _unpack_bits(words: np.ndarray, n: int) -> np.ndarray:
    octets = np.ascontiguousarray(words).astype("<u8", copy=False).view(np.uint8)
    return np.unpackbits(octets, axis=-1, count=n, bitorder="little")


def row_words(n: int, classes: int) -> int:
    """Words of one function."""
    return planes(classes) * -(-n // 64)


def check_words(words: np.ndarray, n: int, classes: int) -> np.ndarray:
    """Check rows of packed functions.

    Args:
        words: (rows, planes·⌈n/64⌉), one function per row.
        n: evaluation inputs, at least 1.
        classes: labels that a function may have.

    Returns:
        The rows as uint64.

    Raises:
        BadInput: the array does not have this shape, or there cannot be so many classes.
    """
    check_classes(classes)
    words = np.asarray(words, dtype=np.uint64)
    if n < 1 or words.ndim != 2 or words.shape[1] != row_words(n, classes):
        raise BadInput(
            f"Functions of {classes} classes on {n} inputs are rows of {row_words(n, classes)} words, with n at least "
            f"1, not an array of shape {words.shape}; make them with harness.functions.counts.pack."
        )
    return words
