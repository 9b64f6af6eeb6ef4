"""Exact arithmetic on columns: whole numbers in 128 bits that carry their scale and their bounds.

Polars wraps silently in ×, + and sum, divides into floats and rounds decimals half to even. A `Number` cannot: it has
no `/`, every operation works out the bounds of its result and refuses, when the tariff is entered, what could leave
128 bits. A null stays null through every operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import polars as pl

LIMIT = 2**127 - 1
LIMIT_64 = 2**63 - 1
_WIDE, _NARROW = pl.Int128(), pl.Int64()
MAX_SCALE = 9
"""Unrounded amounts are in 10^-9 tyiyn; a finer product is rounded back to it."""

MAX_QUANTITY = 10**12
"""A quantity is below this, in thousandths of its unit."""

MAX_PRICE = 10**12
MAX_PRICE_SCALE = 6
"""A price is below MAX_PRICE units of 10^-scale tyiyn."""

MAX_SHARE = 10**9
SHARE_SCALE = 6
"""A share is below MAX_SHARE millionths of the whole."""

MAX_AMOUNT = 10**15
"""A rounded line is within this many tyiyn either way."""


class BeyondBounds(ValueError):
    """A step of the calculation could leave 128 bits."""


@dataclass(frozen=True)
class Price:
    """units × 10^-scale tyiyn per unit of the service."""

    units: int
    scale: int = 0

    def __post_init__(self) -> None:
        assert 0 <= self.units < MAX_PRICE and 0 <= self.scale <= MAX_PRICE_SCALE

    @property
    def number(self) -> Number:
        """The price as a constant column, at the scale it has: products stay small, and their rounding is the same."""
        return Number.constant(self.units, self.scale)


@dataclass(frozen=True)
class Number:
    """A column of whole numbers: value = expr × 10^-scale, low <= expr <= high.

    `expr` is Int128; `names` are the determinants it was made of, in the order of first use. Where the bounds prove
    that no step on the way to it leaves 64 bits, `narrow` is the same in Int64, which costs a fraction: only for
    columns that keep the bounds of their determinants, while `expr` has room for sums of several.
    """

    expr: pl.Expr
    low: int
    high: int
    scale: int
    names: tuple[str, ...] = ()
    column: str | None = None
    """The column that it is, where nothing was done to it."""
    narrow: pl.Expr | None = None

    def __post_init__(self) -> None:
        if not -LIMIT <= self.low <= self.high <= LIMIT:
            raise BeyondBounds(f"[{self.low}, {self.high}] is beyond 128 bits")

    @classmethod
    def constant(cls, units: int, scale: int = 0) -> Number:
        """The same value in every row."""
        narrow = _literal(units, _NARROW) if abs(units) <= LIMIT_64 else None
        return cls(_literal(units), units, units, scale, narrow=narrow)

    @classmethod
    def determinant(cls, name: str, column: str, low: int, high: int, scale: int) -> Number:
        """A determinant that the host has put into `column`, null where unknown or out of bounds."""
        narrow = pl.col(column).cast(_NARROW, strict=True) if max(abs(low), abs(high)) <= LIMIT_64 else None
        return cls(pl.col(column).cast(pl.Int128), low, high, scale, (name,), column, narrow)

    @property
    def in_64(self) -> pl.Expr:
        """The same in 64 bits; raises where it does not fit. There and back again is spared: it costs as much as a
        price."""
        whole = self.expr if self.column is None else pl.col(self.column)
        return whole.cast(pl.Int64, strict=True)

    @property
    def quick(self) -> pl.Expr:
        """`in_64`, over columns that keep the bounds of their determinants: without 128 bits where they prove that none
        are needed."""
        return self.in_64 if self.narrow is None else self.narrow

    def __add__(self, other: Number) -> Number:
        left, right = _same_scale(self, other)
        low, high = left.low + right.low, left.high + right.high
        return _worked(lambda _, a, b: a + b, (left, right), low, high, left.scale)

    def __sub__(self, other: Number) -> Number:
        left, right = _same_scale(self, other)
        low, high = left.low - right.high, left.high - right.low
        return _worked(lambda _, a, b: a - b, (left, right), low, high, left.scale)

    def __mul__(self, other: Number) -> Number:
        """The product; finer than 10^-9 it is rounded back to that, half away from zero."""
        low, high = _hull(a * b for a in (self.low, self.high) for b in (other.low, other.high))
        scale = self.scale + other.scale
        product = _worked(lambda _, a, b: a * b, (self, other), low, high, scale)
        return product.rounded(MAX_SCALE) if scale > MAX_SCALE else product

    def at_least(self, floor: int) -> Number:
        """Not below `floor`, in units of this number's scale."""
        # pl.max_horizontal would turn a null into the floor; clip with a constant keeps it.
        low, high = max(self.low, floor), max(self.high, floor)
        return _worked(
            lambda kind, a: a.clip(lower_bound=_literal(floor, kind)), (self,), low, high, self.scale, abs(floor)
        )

    def at_most(self, ceiling: int) -> Number:
        """Not above `ceiling`, in units of this number's scale."""
        low, high = min(self.low, ceiling), min(self.high, ceiling)
        return _worked(
            lambda kind, a: a.clip(upper_bound=_literal(ceiling, kind)), (self,), low, high, self.scale, abs(ceiling)
        )

    def portion(self, part: Number, whole: Number) -> Number:
        """self × part ÷ whole at this number's scale, half away from zero. `whole` must be known to be positive,
        and `part` to lie between nothing and a multiple that its own bounds tell."""
        if whole.low < 1:
            raise BeyondBounds("a divisor could be zero")
        low, high = _hull(a * b for a in (self.low, self.high) for b in (part.low, part.high))
        numerator = _worked(lambda _, a, b: a * b, (self, part), low, high, self.scale)
        most = _bound_of_halves(numerator, whole.high)
        low, high = _hull(
            _round(n, d, "half_up") for n in (numerator.low, numerator.high) for d in (whole.low, whole.high)
        )
        return _worked(
            lambda kind, n, d: _rounded(n, d, "half_up", kind, signed=numerator.low < 0),
            (numerator, whole),
            low,
            high,
            self.scale,
            most,
        )

    def rounded(self, scale: int, mode: str = "half_up", unit: int = 1) -> Number:
        """At a coarser `scale`, to whole multiples of `unit` there. Modes: half_up (half away from zero), half_even
        (half to the even multiple), down (towards zero), up (away from zero)."""
        divisor = 10 ** (self.scale - scale) * unit
        if divisor == 1:
            return self
        most = _bound_of_halves(self, divisor)
        low, high = (_round(bound, divisor, mode) * unit for bound in (self.low, self.high))

        def step(kind: pl.DataType, size: pl.Expr) -> pl.Expr:
            half = _literal(divisor // 2, kind) if mode == "half_up" and divisor % 2 == 0 else None
            whole = _rounded(size, _literal(divisor, kind), mode, kind, half, signed=self.low < 0)
            return whole * _literal(unit, kind) if unit > 1 else whole

        return _worked(step, (self,), low, high, scale, most)

    def finer(self, scale: int) -> Number:
        """The same value at a finer `scale`."""
        assert scale >= self.scale, "rounding is said, never implied"
        factor = 10 ** (scale - self.scale)
        if factor == 1:
            return self
        if self.low == self.high and not self.names:
            return Number.constant(self.low * factor, scale)
        low, high = self.low * factor, self.high * factor
        return _worked(lambda kind, a: a * _literal(factor, kind), (self,), low, high, scale, factor)

    def within(self, low: int, high: int) -> Number:
        """The same, but null where it is outside of [low, high]."""
        if low <= self.low and self.high <= high:
            return self

        def step(kind: pl.DataType, whole: pl.Expr) -> pl.Expr:
            kept = whole.is_between(_literal(low, kind), _literal(high, kind))
            return pl.when(kept).then(whole).otherwise(_literal(None, kind))

        most = max(abs(low), abs(high))
        return _worked(step, (self,), max(self.low, low), max(min(self.high, high), low), self.scale, most)


def _worked(
    step: Callable[..., pl.Expr], operands: Sequence[Number], low: int, high: int, scale: int, most: int = 0
) -> Number:
    """What `step` makes of its type and the operands in it, between `low` and `high`: also in 64 bits where all
    operands are and neither the result nor `most`, the furthest that the step goes on the way, leaves them."""
    names = tuple(dict.fromkeys(name for one in operands for name in one.names))
    narrow = [one.narrow for one in operands if one.narrow is not None]
    fits = len(narrow) == len(operands) and max(abs(low), abs(high), most) <= LIMIT_64
    wide = step(_WIDE, *(one.expr for one in operands))
    return Number(wide, low, high, scale, names, narrow=step(_NARROW, *narrow) if fits else None)


def total(numbers: list[Number]) -> Number:
    """The sum; null where one of them is null."""
    assert numbers
    result = numbers[0]
    for number in numbers[1:]:
        result = result + number
    return result


def _literal(value: int | None, kind: pl.DataType = _WIDE) -> pl.Expr:
    return pl.lit(value, dtype=kind)


def _same_scale(left: Number, right: Number) -> tuple[Number, Number]:
    scale = max(left.scale, right.scale)
    return left.finer(scale), right.finer(scale)


def _hull(values: Iterable[int]) -> tuple[int, int]:
    listed = list(values)
    return min(listed), max(listed)


def _bound_of_halves(number: Number, divisor: int) -> int:
    """Rounding passes through 2·|n| + 2·d at the most: it must fit too."""
    most = 2 * max(abs(number.low), abs(number.high)) + 2 * divisor
    if most > LIMIT:
        raise BeyondBounds("a rounding is beyond 128 bits")
    return most


_INT: dict[str, Callable[[int, int], int]] = {
    "half_up": lambda n, d: (2 * n + d) // (2 * d),
    "half_even": lambda n, d: (2 * n + d) // (2 * d) - ((2 * n + d) % (2 * d) == 0 and (2 * n + d) // (2 * d) % 2),
    "down": lambda n, d: n // d,
    "up": lambda n, d: (n + d - 1) // d,
}


def _round(numerator: int, divisor: int, mode: str) -> int:
    size = _INT[mode](abs(numerator), divisor)
    return -size if numerator < 0 else size


def _rounded(
    number: pl.Expr,
    divisor: pl.Expr,
    mode: str,
    kind: pl.DataType,
    half: pl.Expr | None = None,
    *,
    signed: bool,
) -> pl.Expr:
    """number ÷ divisor by `mode`, all of type `kind`; `half` is half of a divisor that is even."""
    size = number.abs() if signed else number
    one, two = _literal(1, kind), _literal(2, kind)
    if half is not None:
        quotient = (size + half) // divisor
    elif mode == "half_up":
        quotient = (size * two + divisor) // (divisor * two)
    elif mode == "half_even":
        quotient = _half_even(size * two + divisor, divisor * two, two)
    elif mode == "down":
        quotient = size // divisor
    else:
        quotient = (size + divisor - one) // divisor
    return number.sign() * quotient if signed else quotient


def _half_even(numerator: pl.Expr, divisor: pl.Expr, two: pl.Expr) -> pl.Expr:
    """numerator ÷ divisor cut off, but one less where it divides evenly to an odd number: that was half way."""
    quotient = numerator // divisor
    odd = quotient - quotient // two * two
    return quotient - pl.when(numerator == quotient * divisor).then(odd).otherwise(odd * (two - two))
