"""What is worked out once for all rows that are alike in what it is made of."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

SPARSE = 8
"""How many times more keys than rows a table may have."""
_KEY = "_key"
_NOBODY = pl.Series([0], dtype=pl.UInt32)

FEW = 2_000
"""So few rows are not worth looking for those that are alike."""


def once(rows: pl.DataFrame, value: pl.Expr, made_of: Sequence[str]) -> pl.Expr | pl.Series:
    """`value` over `rows`. It must follow from the whole numbers in the columns `made_of` alone: where these are few
    it is worked out for one row of each kind."""
    if rows.height <= FEW or not made_of:
        return value
    key, size = _keys(rows, made_of)
    if key is None:
        return value
    if size == 1:
        return rows.head(1).select_seq(value).to_series().new_from_index(0, rows.height)
    # Whoever wrote last in the place of a key stands for all that have it. Rows are taken by number: as an expression
    # the same costs several times as much.
    numbers = pl.int_range(rows.height, dtype=pl.UInt32, eager=True)
    last = _NOBODY.new_from_index(0, size).scatter(key, numbers)[key]
    stand = (last == numbers).arg_true()
    place = _NOBODY.new_from_index(0, rows.height).scatter(stand, numbers.head(stand.len()))
    return rows.select(sorted({*value.meta.root_names()}))[stand].select_seq(value).to_series()[place[last]]


def _keys(rows: pl.DataFrame, made_of: Sequence[str]) -> tuple[pl.Series | None, int]:
    """A whole number for each row, the same for rows that are alike, and how many there could be; None where these
    are too many for a table."""
    key, size = pl.lit(0, dtype=pl.Int64), 1
    for name in made_of:
        numbers = rows.get_column(name)
        low, width = _width(numbers)
        if width == 1:
            continue
        size *= width
        if size > SPARSE * rows.height:
            return None, size
        step = pl.col(name).cast(pl.Int64) - low
        key = key * width + (step.fill_null(width - 1) if numbers.null_count() else step)
    return rows.select_seq(key.alias(_KEY)).to_series(), size


def _width(numbers: pl.Series) -> tuple[int, int]:
    """The lowest number, and how many different ones there could be, null counting as one."""
    low, high, nulls = numbers.min(), numbers.max(), numbers.null_count()
    if not isinstance(low, int) or not isinstance(high, int):
        return 0, 1
    return low, high - low + 1 + (nulls > 0)
