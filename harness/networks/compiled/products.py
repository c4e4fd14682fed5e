"""Products of small matrices on a CPU, for compiled loops; at these sizes BLAS spends much of its time on calls.

A tile of up to 8 rows and 48 columns of the product stays in registers while the inner axis is run through: at each
step a few neighbouring numbers of b are loaded, and each row's number of a multiplies all of them. The tile is written
in LLVM's own terms, on vectors as long as AVX-512's, which LLVM splits where they are shorter.

Compiled functions are cached together with what they call, and compiled again only if their own file changes: after a
change here, change `training/compiled.py` and `moves/hamiltonian.py` in `samplers/` too.
"""

# ruff: noqa: ANN001, ANN201, ANN202 — numba calls the functions that write instructions, with values and types of its own

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

# Sums may be reordered, but NaN stays NaN: that is how a diverged network is known. (And as numpy does, division by 0
# gives no error: no loop that looks for one is vectorised.)
FAST = {"reassoc", "contract", "arcp", "nsz"}
# Which numbers of a product become 0: none; those that are not positive; those in whose place `out` held none that is.
ALL, POSITIVE, WHERE_POSITIVE = np.arange(3)
# Its own type asks callers for the first argument too, which numba gives.
_intrinsic: Any = intrinsic
_FLOAT, _WHOLE, _INDEX, _BIT = ir.FloatType(), ir.IntType(64), ir.IntType(32), ir.IntType(1)


def _address(builder: ir.IRBuilder, array: Any, i: ir.Value, j: ir.Value) -> ir.Value:
    """Where an array's number (i, j) is."""
    down, right = cgutils.unpack_tuple(builder, array.strides)
    offset = builder.add(builder.mul(i, down), builder.mul(j, right))
    return builder.inttoptr(builder.add(builder.ptrtoint(array.data, _WHOLE), offset), ir.PointerType())


@_intrinsic(prefer_literal=True)
def _tile(_, height, width, a, b, out, row, column, keep):  # type: ignore[no-untyped-def]
    """`height` rows and `width` columns of out = a b, from (row, column) on; less what out lacks.

    The first two are known when it is compiled.
    """
    shape = height.literal_value, width.literal_value

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return _emit(context, builder, signature.args[2:5], arguments[2:], *shape)

    return types.void(height, width, a, b, out, row, column, keep), generate


def _emit(
    context: Any, builder: ir.IRBuilder, kinds: list[Any], arguments: list[Any], height: int, width: int
) -> ir.Value:
    """Writes the instructions of a tile. kinds: numba's types of the arrays."""

    def call(name: str, result: ir.Type, *given: ir.Value) -> ir.Value:
        """LLVM's function of this name."""
        kind = ir.FunctionType(result, [each.type for each in given])
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}"), given)

    def zeros(lanes: int) -> ir.Constant:
        return ir.Constant(ir.VectorType(_FLOAT, lanes), None)

    def load(place: ir.Value, mask: ir.Value) -> ir.Value:
        zero = zeros(mask.type.count)
        return call(f"masked.load.v{mask.type.count}f32.p0", zero.type, place, _INDEX(4), mask, zero)

    def spread(number: ir.Value, lanes: int) -> ir.Value:
        """A number in every lane."""
        nothing = ir.Constant(ir.VectorType(number.type, lanes), ir.Undefined)
        first = builder.insert_element(nothing, number, _INDEX(0))
        return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(_INDEX, lanes), None))

    *arrays, row, column, keep = arguments
    a, b, out = (context.make_array(kind)(context, builder, array) for kind, array in zip(kinds, arrays, strict=True))
    inner, columns = (cgutils.unpack_tuple(builder, array.shape)[1] for array in (a, out))

    rows = [builder.add(row, _WHOLE(i)) for i in range(height)]
    # Vectors of 16 columns, the last one perhaps of 8: where each begins, and which of its columns there are.
    vectors = []
    for before in range(0, width, 16):
        start, lanes = builder.add(column, _WHOLE(before)), min(16, width - before)
        lane = ir.Constant(ir.VectorType(_WHOLE, lanes), [_WHOLE(i) for i in range(lanes)])
        vectors.append((start, builder.icmp_signed("<", lane, spread(builder.sub(columns, start), lanes))))

    sums = [[cgutils.alloca_once_value(builder, zeros(mask.type.count)) for _, mask in vectors] for _ in rows]
    with cgutils.for_range(builder, inner) as loop:
        factors = [load(_address(builder, b, loop.index, start), mask) for start, mask in vectors]
        for i, each in zip(rows, sums, strict=True):
            number = builder.load(_address(builder, a, i, loop.index), typ=_FLOAT)
            for factor, total in zip(factors, each, strict=True):
                lanes = factor.type.count
                before = builder.load(total)
                after = call(f"fmuladd.v{lanes}f32", factor.type, spread(number, lanes), factor, before)
                builder.store(after, total)
    places = [
        (_address(builder, out, i, start), mask, total)
        for i, each in zip(rows, sums, strict=True)
        for (start, mask), total in zip(vectors, each, strict=True)
    ]

    # NaN is neither below 0 nor at most 0, and stays.
    with builder.if_then(builder.icmp_signed("==", keep, _WHOLE(int(POSITIVE)))):
        for _, mask, total in places:
            value, zero = builder.load(total), zeros(mask.type.count)
            builder.store(builder.select(builder.fcmp_ordered("<", value, zero), zero, value), total)
    with builder.if_then(builder.icmp_signed("==", keep, _WHOLE(int(WHERE_POSITIVE)))):
        for place, mask, total in places:
            zero = zeros(mask.type.count)
            shut = builder.fcmp_ordered("<=", load(place, mask), zero)
            builder.store(builder.select(shut, zero, builder.load(total)), total)
    for place, mask, total in places:
        call(f"masked.store.v{mask.type.count}f32.p0", ir.VoidType(), builder.load(total), place, _INDEX(4), mask)
    return context.get_dummy_value()


@_intrinsic
def matrix(_, numbers, start, rows, columns, down, right):  # type: ignore[no-untyped-def]
    """View numbers of a flat array as a matrix, as a slice and a reshape would, without a call.

    The view does not keep the array alive.

    Args:
        numbers: the flat array, float32.
        start: index of the first number.
        rows: rows of the matrix.
        columns: columns of the matrix.
        down: from a number to the one below.
        right: from a number to the one beside.

    Returns:
        (rows, columns) of the array's own memory.
    """
    kind = types.Array(numbers.dtype, 2, "A")

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        flat = context.make_array(signature.args[0])(context, builder, arguments[0])
        steps = [builder.mul(step, flat.itemsize) for step in arguments[4:]]
        place = builder.gep(flat.data, [arguments[1]], source_etype=_FLOAT)
        made = context.make_array(kind)(context, builder)
        populate_array(made, place, arguments[2:4], steps, flat.itemsize, meminfo=None)
        return made._getvalue()

    return kind(numbers, start, rows, columns, down, right), generate


def _strip(width: int) -> Any:
    """So many columns of a product."""

    @njit(nogil=True)
    def strip(a: np.ndarray, b: np.ndarray, out: np.ndarray, column: int, keep: int) -> None:
        row, rows = 0, out.shape[0]
        while row + 8 <= rows:
            _tile(8, width, a, b, out, row, column, keep)
            row += 8
        if row + 4 <= rows:
            _tile(4, width, a, b, out, row, column, keep)
            row += 4
        while row < rows:
            _tile(1, width, a, b, out, row, column, keep)
            row += 1

    return strip


_strip_of_8, _strip_of_16, _strip_of_32, _strip_of_40, _strip_of_48 = (_strip(width) for width in (8, 16, 32, 40, 48))


@njit(nogil=True)
def multiply(a: np.ndarray, b: np.ndarray, out: np.ndarray, keep: np.int64 = ALL) -> None:
    """Multiply two float32 matrices, out = a b; all three may be parts of larger arrays.

    Args:
        a: (rows, inner), of any strides.
        b: (inner, columns), with neighbouring columns side by side in memory.
        out: (rows, columns) to fill in, neither a nor b, with neighbouring columns side by side in memory.
        keep: ALL, POSITIVE (ReLU of the product) or WHERE_POSITIVE (the product where out was not at most 0 before,
            0 elsewhere).
    """
    column, columns = 0, out.shape[1]
    while column < columns:
        left = columns - column
        if left > 48 or 16 < left <= 32:
            _strip_of_32(a, b, out, column, keep)
            column += 32
        elif left > 40:
            _strip_of_48(a, b, out, column, keep)
            column += 48
        elif left > 32:
            _strip_of_40(a, b, out, column, keep)
            column += 40
        elif left > 8:
            _strip_of_16(a, b, out, column, keep)
            column += 16
        else:
            _strip_of_8(a, b, out, column, keep)
            column += 8


@_intrinsic
def _turn(_, a, out, row, column):  # type: ignore[no-untyped-def]
    """8 rows and columns of out = aᵀ, from (row, column) of a on."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        eight = ir.VectorType(_FLOAT, 8)
        *arrays, row, column = arguments
        a, out = (
            context.make_array(kind)(context, builder, array)
            for kind, array in zip(signature.args, arrays, strict=False)
        )

        lines = [
            builder.load(_address(builder, a, builder.add(row, _WHOLE(i)), column), typ=eight, align=4)
            for i in range(8)
        ]
        halves = [
            ir.Constant(ir.VectorType(_INDEX, 8), [_INDEX(half + i // 2 + 8 * (i % 2)) for i in range(8)])
            for half in (0, 4)
        ]
        # A number's place is six bits, three of its row and three of its column; each round turns them by one.
        for _ in range(3):
            lines = [builder.shuffle_vector(lines[i], lines[i + 4], half) for i in range(4) for half in halves]
        for i, line in enumerate(lines):
            builder.store(line, _address(builder, out, builder.add(column, _WHOLE(i)), row), align=4)
        return context.get_dummy_value()

    return types.void(a, out, row, column), generate


@njit(nogil=True)
def transpose(a: np.ndarray, out: np.ndarray) -> None:
    """out = aᵀ, float32; both with neighbouring columns side by side in memory."""
    rows, columns = a.shape
    whole_rows, whole_columns = rows // 8 * 8, columns // 8 * 8
    for row in range(0, whole_rows, 8):
        for column in range(0, whole_columns, 8):
            _turn(a, out, row, column)
    for row in range(rows):
        for column in range(whole_columns if row < whole_rows else 0, columns):
            out[column, row] = a[row, column]
