"""What formulas need beside a Number's own operations: constants kept exact, division, choice.

A division, and a constant that ends later, is rounded half away from zero at 10^-9. Everything keeps its bounds and
refuses, with BeyondBounds, what could leave 128 bits.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import polars as pl

from aimak.plugins.numbers import LIMIT, MAX_SCALE, BeyondBounds, Number

Value = Fraction | Number


class NeverDivisible(ZeroDivisionError):
    """A divisor that is zero in every row."""


def number(value: Value) -> Number:
    """A value as a column; a constant with the decimals it has, at most nine."""
    if isinstance(value, Number):
        return value
    for scale in range(MAX_SCALE):
        units = value * 10**scale
        if units.denominator == 1:
            return Number.constant(int(units), scale)
    return Number.constant(_half_up(value * 10**MAX_SCALE), MAX_SCALE)


def negated(value: Value) -> Value:
    """The value below zero."""
    return -value if isinstance(value, Fraction) else Number.constant(0) - value


def product(left: Value, right: Value) -> Value:
    """left × right. A constant is multiplied by its numerator and divided by its denominator, once."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left * right
    if isinstance(left, Fraction):
        left, right = right, left
    if isinstance(left, Number) and isinstance(right, Fraction):
        exact = number(right)
        if Fraction(exact.low, 10**exact.scale) == right:
            return left * exact
        return quotient(left * Number.constant(right.numerator), Fraction(right.denominator))
    assert isinstance(left, Number) and isinstance(right, Number)
    return left * right


def quotient(left: Value, right: Value) -> Value:
    """left ÷ right at 10^-9, half away from zero; null where `right` is zero. Raises NeverDivisible where it always
    is."""
    if isinstance(right, Fraction):
        if not right:
            raise NeverDivisible
        if isinstance(left, Fraction):
            return Fraction(left, right)
        if right != 1 and _even(right):
            return product(left, Fraction(1, right))
        left, divisor = left * Number.constant(right.denominator), Number.constant(right.numerator)
    else:
        divisor = right
    return divided(number(left), divisor)


def divided(left: Number, right: Number) -> Number:
    """left ÷ right at 10^-9, half away from zero; null where `right` is zero."""
    if right.low == right.high == 0:
        raise NeverDivisible
    # left/10^a ÷ right/10^b = left·10^(9+b-a) ÷ right, in units of 10^-9.
    shift = MAX_SCALE + right.scale - left.scale
    top = left.finer(left.scale + shift) if shift >= 0 else left
    bottom = right if shift >= 0 else right.finer(right.scale - shift)
    steepest = max(abs(top.low), abs(top.high)), max(abs(bottom.low), abs(bottom.high))
    if 2 * steepest[0] + 2 * steepest[1] > LIMIT:
        raise BeyondBounds("a division is beyond 128 bits")
    expr = exact = _half_up_quotient(top, bottom)
    if bottom.low <= 0 <= bottom.high:
        expr = pl.when(bottom.expr == _whole(0)).then(_whole(None)).otherwise(exact)
    low, high = _hull(_half_up(Fraction(n, d)) for n in (top.low, top.high) for d in _nearest(bottom))
    return Number(expr, min(low, 0), max(high, 0), MAX_SCALE, (left + right).names)


def chosen(condition: pl.Expr, names: tuple[str, ...], yes: Value, no: Value) -> Number:
    """`yes` where the condition is true, `no` where it is false, null where it is not known."""
    first, second = aligned(number(yes), number(no))
    expr = pl.when(condition).then(first.expr).when(~condition).then(second.expr).otherwise(_whole(None))
    low, high = min(first.low, second.low), max(first.high, second.high)
    return Number(expr, low, high, first.scale, joined(names, first.names, second.names))


def smallest(left: Value, right: Value) -> Value:
    """The smaller; null where either is not known."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return min(left, right)
    first, second = aligned(number(left), number(right))
    names = joined(first.names, second.names)
    expr = first.expr.clip(upper_bound=second.expr) + _nothing_of(second)
    return Number(expr, min(first.low, second.low), min(first.high, second.high), first.scale, names)


def largest(left: Value, right: Value) -> Value:
    """The larger; null where either is not known."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return max(left, right)
    first, second = aligned(number(left), number(right))
    names = joined(first.names, second.names)
    expr = first.expr.clip(lower_bound=second.expr) + _nothing_of(second)
    return Number(expr, max(first.low, second.low), max(first.high, second.high), first.scale, names)


def rounded(value: Value, decimals: int, mode: str) -> Value:
    """To that many decimals, half away from zero (half_up) or to the even one (half_even)."""
    if isinstance(value, Fraction):
        scaled = value * 10**decimals
        return Fraction(round(scaled) if mode == "half_even" else _half_up(scaled), 10**decimals)
    return value if value.scale <= decimals else value.rounded(decimals, mode)


def aligned(left: Number, right: Number) -> tuple[Number, Number]:
    """Both at the finer of their scales."""
    scale = max(left.scale, right.scale)
    return left.finer(scale), right.finer(scale)


def joined(*names: tuple[str, ...]) -> tuple[str, ...]:
    """All names, each once, in the order of first use."""
    return tuple(dict.fromkeys(name for several in names for name in several))


def _nothing_of(number: Number) -> pl.Expr:
    """0 where a number is known, else null: a bound that is null would leave what it bounds as it is."""
    return number.expr * _whole(0)


def _half_up_quotient(top: Number, bottom: Number) -> pl.Expr:
    """Each operand as few times as can be: where formulas are nested, what stands twice doubles the whole."""
    size = top.expr if top.low >= 0 else top.expr.abs()
    by = bottom.expr if bottom.low >= 0 else bottom.expr.abs()
    quotient = (size * _whole(2) + by) // (by * _whole(2))
    if top.low < 0:
        quotient = top.expr.sign() * quotient
    return quotient if bottom.low >= 0 else bottom.expr.sign() * quotient


def _even(right: Fraction) -> bool:
    """Whether the reciprocal ends within nine decimals."""
    units: int = 10**MAX_SCALE * right.denominator
    return units % right.numerator == 0


def _nearest(bottom: Number) -> list[int]:
    """The divisors at which a quotient is widest: the bounds, and what lies next to zero."""
    near = [value for value in (-1, 1) if bottom.low <= value <= bottom.high]
    return [value for value in (bottom.low, bottom.high, *near) if value]


def _half_up(value: Fraction) -> int:
    size = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return -size if value < 0 else size


def _hull(values: Iterable[int]) -> tuple[int, int]:
    listed = list(values)
    return min(listed), max(listed)


def _whole(value: int | None) -> pl.Expr:
    return pl.lit(value, dtype=pl.Int128)
