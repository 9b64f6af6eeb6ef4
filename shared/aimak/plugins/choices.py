"""What a calculation chooses between: the smaller, the greater, one of several, and counts of what was begun."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from aimak.plugins.numbers import Number


def smaller(left: Number, right: Number) -> Number:
    """The lesser of two; null where one of them is null."""
    left, right = _alike(left, right)
    if right.low == right.high and not right.names:
        return left.at_most(right.low)
    # a - max(a - b, 0): pl.min_horizontal would pass over a null.
    over = (left - right).at_least(0)
    low, high = min(left.low, right.low), min(left.high, right.high)
    return Number(left.expr - over.expr, low, high, left.scale, over.names)


def greater(left: Number, right: Number) -> Number:
    """The greater of two; null where one of them is null."""
    left, right = _alike(left, right)
    if right.low == right.high and not right.names:
        return left.at_least(right.low)
    short = (right - left).at_least(0)
    names = left.names + tuple(name for name in right.names if name not in left.names)
    low, high = max(left.low, right.low), max(left.high, right.high)
    return Number(left.expr + short.expr, low, high, left.scale, names)


def only_where(number: Number, condition: pl.Expr, *others: Number) -> Number:
    """The number, null where the condition does not hold or is null; `others` are what the condition is made of."""
    expr = pl.when(condition).then(number.expr).otherwise(pl.lit(None, dtype=pl.Int128))
    names = dict.fromkeys(name for each in (number, *others) for name in each.names)
    return Number(expr, number.low, number.high, number.scale, tuple(names))


def where(condition: pl.Expr, number: Number, *others: Number) -> Number:
    """The number where the condition holds, 0 where it does not, null where the number or the condition is null.
    `others` are what the condition is made of."""
    nothing = number.expr - number.expr
    unknown = pl.lit(None, dtype=pl.Int128)
    expr = pl.when(condition).then(number.expr).when(~condition).then(nothing).otherwise(unknown)
    names = dict.fromkeys(name for each in (number, *others) for name in each.names)
    return Number(expr, min(number.low, 0), max(number.high, 0), number.scale, tuple(names))


def started(number: Number, size: int) -> Number:
    """How many whole `size`s (in units of the number's scale) a number that is not negative takes, the last one
    begun counted whole."""
    assert number.low >= 0 and size > 0
    one = pl.lit(size, dtype=pl.Int128)
    expr = (number.expr + (one - pl.lit(1, dtype=pl.Int128))) // one
    return Number(expr, -(-number.low // size), -(-number.high // size), 0, number.names)


def product(numbers: Sequence[Number], most: int) -> Number:
    """The product in thousandths, half away from zero; null where it is beyond [0, most]."""
    result = numbers[0].finer(3)
    for number in numbers[1:]:
        result = (result * number.finer(3)).rounded(3).within(0, most)
    return result


def _alike(left: Number, right: Number) -> tuple[Number, Number]:
    scale = max(left.scale, right.scale)
    return left.finer(scale), right.finer(scale)
