"""The total of a connection's lines rounded once, and how the lines then share it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from aimak.plugins.numbers import MAX_AMOUNT, MAX_SCALE, Number, total

from aimak_billing.domain.rating.determinants import column
from aimak_billing.domain.tariff import Rounding

ONE = 10**MAX_SCALE
"""A tyiyn in the unit of amounts that are not rounded."""

MOST = MAX_AMOUNT * ONE
_TOTAL, _WHOLE, _MISSING = "_total", "_whole", "_missing"

Level = list[pl.Expr]


def before(code: str) -> str:
    """The column that has a component's amount before any rounding, in 10^-9 tyiyn."""
    return f"u.{code}"


def exact(code: str) -> str:
    """The column that has, where only the total is rounded, what a component adds to it, in 10^-9 tyiyn."""
    return f"t.{code}"


def shared_total(codes: Sequence[str], amounts: Sequence[Number], rounding: Rounding) -> list[Level]:
    """Levels of expressions that round the total of `amounts` and give each code its whole tyiyn of it.

    Each line gets its amount cut down to whole tyiyn; the tyiyn that are missing to the total go one each to the
    lines with the largest remainders, the earlier first where they are equal. What rounding to more than a tyiyn
    adds or takes falls on the largest line. `codes` are in the order of the bill, `amounts` in 10^-9 tyiyn."""
    lines = [Number(pl.col(exact(code)), a.low, a.high, MAX_SCALE) for code, a in zip(codes, amounts, strict=True)]
    whole = total(lines)
    rounded = whole.rounded(0, rounding.mode, rounding.unit).within(-MAX_AMOUNT, MAX_AMOUNT)
    in_tyiyn = rounded if rounding.unit == 1 else whole.rounded(0)
    floors = {code: pl.col(exact(code)) // ONE for code in codes}
    first = [floor.alias(_floor(code)) for code, floor in floors.items()]
    first += [rounded.expr.alias(_TOTAL), in_tyiyn.expr.alias(_WHOLE)]
    given = _sum([pl.col(_floor(code)) for code in codes])
    second = [(pl.col(exact(code)) - pl.col(_floor(code)) * ONE).alias(_rest(code)) for code in codes]
    second.append((pl.col(_WHOLE) - given).alias(_MISSING))
    third = []
    for place, code in enumerate(codes):
        amount = pl.col(_floor(code)) + (_before_it(codes, place) < pl.col(_MISSING)).cast(pl.Int128)
        if rounding.unit > 1:
            surplus = pl.when(_largest(codes, place)).then(pl.col(_TOTAL) - pl.col(_WHOLE))
            amount = amount + surplus.otherwise(pl.lit(0, dtype=pl.Int128))
        third.append(amount.cast(pl.Int64, strict=True).alias(column(code)))
    return [first, second, third]


def _floor(code: str) -> str:
    return f"_floor.{code}"


def _rest(code: str) -> str:
    return f"_rest.{code}"


def _sum(numbers: Sequence[pl.Expr]) -> pl.Expr:
    whole = numbers[0]
    for number in numbers[1:]:
        whole = whole + number
    return whole


def _before_it(codes: Sequence[str], place: int) -> pl.Expr:
    """How many lines have a larger remainder, or the same and stand before."""
    own, others = pl.col(_rest(codes[place])), pl.lit(0, dtype=pl.Int128)
    for other, code in enumerate(codes):
        if other != place:
            ahead = pl.col(_rest(code)) >= own if other < place else pl.col(_rest(code)) > own
            others = others + ahead.cast(pl.Int128)
    return others


def _largest(codes: Sequence[str], place: int) -> pl.Expr:
    """Whether a line is the largest either way, the first of those that are equal."""
    own, largest = pl.col(exact(codes[place])).abs(), pl.lit(True)
    for other, code in enumerate(codes):
        size = pl.col(exact(code)).abs()
        largest = largest & (own > size if other < place else own >= size)
    return largest
