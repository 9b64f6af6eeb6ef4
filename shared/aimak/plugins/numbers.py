"""Exact arithmetic on columns: whole numbers in 128 bits that carry their scale and their bounds.

Polars wraps silently in ×, + and sum, divides into floats and rounds decimals half to even. A `Number` cannot: it has
no `/`, every operation works out the bounds of its result and refuses, when the tariff is entered, what could leave
128 bits. A null stays null through every operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

LIMIT = 2**127 - 1
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
        """The price as a constant column, brought to 10^-6 tyiyn."""
        return Number.constant(self.units * 10 ** (MAX_PRICE_SCALE - self.scale), MAX_PRICE_SCALE)


@dataclass(frozen=True)
class Number:
    """A column of whole numbers: value = expr × 10^-scale, low <= expr <= high.

    `expr` is Int128; `names` are the determinants it was made of, in the order of first use.
    """

    expr: pl.Expr
    low: int
    high: int
    scale: int
    names: tuple[str, ...] = ()
    column: str | None = None
    """The column that it is, where nothing was done to it."""

    def __post_init__(self) -> None:
        if not -LIMIT <= self.low <= self.high <= LIMIT:
            raise BeyondBounds(f"[{self.low}, {self.high}] is beyond 128 bits")

    @classmethod
    def constant(cls, units: int, scale: int = 0) -> Number:
        """The same value in every row."""
        return cls(_literal(units), units, units, scale)

    @classmethod
    def determinant(cls, name: str, column: str, low: int, high: int, scale: int) -> Number:
        """A determinant that the host has put into `column`, null where unknown or out of bounds."""
        return cls(pl.col(column).cast(pl.Int128), low, high, scale, (name,), column)

    @property
    def in_64(self) -> pl.Expr:
        """The same in 64 bits; raises where it does not fit. There and back again is spared: it costs as much as a
        price."""
        whole = self.expr if self.column is None else pl.col(self.column)
        return whole.cast(pl.Int64, strict=True)

    def __add__(self, other: Number) -> Number:
        left, right = _same_scale(self, other)
        names = _union(self, other)
        return Number(left.expr + right.expr, left.low + right.low, left.high + right.high, left.scale, names)

    def __sub__(self, other: Number) -> Number:
        left, right = _same_scale(self, other)
        names = _union(self, other)
        return Number(left.expr - right.expr, left.low - right.high, left.high - right.low, left.scale, names)

    def __mul__(self, other: Number) -> Number:
        """The product; finer than 10^-9 it is rounded back to that, half away from zero."""
        corners = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        scale = self.scale + other.scale
        product = Number(self.expr * other.expr, min(corners), max(corners), scale, _union(self, other))
        return product.rounded(MAX_SCALE) if scale > MAX_SCALE else product

    def at_least(self, floor: int) -> Number:
        """Not below `floor`, in units of this number's scale."""
        # pl.max_horizontal would turn a null into the floor; clip with a constant keeps it.
        expr = self.expr.clip(lower_bound=_literal(floor))
        return Number(expr, max(self.low, floor), max(self.high, floor), self.scale, self.names)

    def at_most(self, ceiling: int) -> Number:
        """Not above `ceiling`, in units of this number's scale."""
        expr = self.expr.clip(upper_bound=_literal(ceiling))
        return Number(expr, min(self.low, ceiling), min(self.high, ceiling), self.scale, self.names)

    def portion(self, part: Number, whole: Number) -> Number:
        """self × part ÷ whole at this number's scale, half away from zero. `whole` must be known to be positive,
        and `part` to lie between nothing and a multiple that its own bounds tell."""
        if whole.low < 1:
            raise BeyondBounds("a divisor could be zero")
        numerator = Number(
            self.expr * part.expr,
            *_hull(a * b for a in (self.low, self.high) for b in (part.low, part.high)),
            self.scale,
            _union(self, part),
        )
        _bound_of_halves(numerator, whole.high)
        expr = _rounded(numerator, whole.expr, "half_up")
        low, high = _hull(
            _round(n, d, "half_up") for n in (numerator.low, numerator.high) for d in (whole.low, whole.high)
        )
        return Number(expr, low, high, self.scale, _union(numerator, whole))

    def rounded(self, scale: int, mode: str = "half_up", unit: int = 1) -> Number:
        """At a coarser `scale`, to whole multiples of `unit` there. Modes: half_up (half away from zero), half_even
        (half to the even multiple), down (towards zero), up (away from zero)."""
        divisor = 10 ** (self.scale - scale) * unit
        if divisor == 1:
            return self
        _bound_of_halves(self, divisor)
        half = mode == "half_up" and divisor % 2 == 0
        expr = _rounded(self, _literal(divisor), mode, _literal(divisor // 2) if half else None)
        low, high = (_round(bound, divisor, mode) * unit for bound in (self.low, self.high))
        return Number(expr * _literal(unit) if unit > 1 else expr, low, high, scale, self.names)

    def finer(self, scale: int) -> Number:
        """The same value at a finer `scale`."""
        assert scale >= self.scale, "rounding is said, never implied"
        factor = 10 ** (scale - self.scale)
        if factor == 1:
            return self
        return Number(self.expr * _literal(factor), self.low * factor, self.high * factor, scale, self.names)

    def within(self, low: int, high: int) -> Number:
        """The same, but null where it is outside of [low, high]."""
        if low <= self.low and self.high <= high:
            return self
        kept = self.expr.is_between(_literal(low), _literal(high))
        expr = pl.when(kept).then(self.expr).otherwise(_literal(None))
        return Number(expr, max(self.low, low), max(min(self.high, high), low), self.scale, self.names)


def total(numbers: list[Number]) -> Number:
    """The sum; null where one of them is null."""
    assert numbers
    result = numbers[0]
    for number in numbers[1:]:
        result = result + number
    return result


def _literal(value: int | None) -> pl.Expr:
    return pl.lit(value, dtype=pl.Int128)


def _union(left: Number, right: Number) -> tuple[str, ...]:
    return left.names + tuple(name for name in right.names if name not in left.names)


def _same_scale(left: Number, right: Number) -> tuple[Number, Number]:
    scale = max(left.scale, right.scale)
    return left.finer(scale), right.finer(scale)


def _hull(values: Iterable[int]) -> tuple[int, int]:
    listed = list(values)
    return min(listed), max(listed)


def _bound_of_halves(number: Number, divisor: int) -> None:
    """Rounding passes through 2·|n| + d: it must fit too."""
    if 2 * max(abs(number.low), abs(number.high)) + 2 * divisor > LIMIT:
        raise BeyondBounds("a rounding is beyond 128 bits")


_INT: dict[str, Callable[[int, int], int]] = {
    "half_up": lambda n, d: (2 * n + d) // (2 * d),
    "half_even": lambda n, d: (2 * n + d) // (2 * d) - ((2 * n + d) % (2 * d) == 0 and (2 * n + d) // (2 * d) % 2),
    "down": lambda n, d: n // d,
    "up": lambda n, d: (n + d - 1) // d,
}


def _round(numerator: int, divisor: int, mode: str) -> int:
    size = _INT[mode](abs(numerator), divisor)
    return -size if numerator < 0 else size


def _rounded(number: Number, divisor: pl.Expr, mode: str, half: pl.Expr | None = None) -> pl.Expr:
    """number ÷ divisor by `mode`; `half` is half of a divisor that is even."""
    signed = number.low < 0
    size = number.expr.abs() if signed else number.expr
    if half is not None:
        quotient = (size + half) // divisor
    elif mode == "half_up":
        quotient = (size * _literal(2) + divisor) // (divisor * _literal(2))
    elif mode == "half_even":
        quotient = _half_even(size * _literal(2) + divisor, divisor * _literal(2))
    elif mode == "down":
        quotient = size // divisor
    else:
        quotient = (size + divisor - _literal(1)) // divisor
    return number.expr.sign() * quotient if signed else quotient


def _half_even(numerator: pl.Expr, divisor: pl.Expr) -> pl.Expr:
    """numerator ÷ divisor cut off, but one less where it divides evenly to an odd number: that was half way."""
    quotient = numerator // divisor
    odd = quotient - quotient // _literal(2) * _literal(2)
    return quotient - pl.when(numerator == quotient * divisor).then(odd).otherwise(odd * _literal(0))
