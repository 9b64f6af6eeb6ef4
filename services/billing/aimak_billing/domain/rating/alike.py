"""What is worked out once for all rows that are alike in what it is made of."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

SPARSE = 8
"""How many times more keys than rows a table may have."""
_NONE = pl.Series([-1], dtype=pl.Int64)


FEW = 500
"""So few rows are not worth looking for those that are alike."""


def once(rows: pl.DataFrame, value: pl.Expr, made_of: Sequence[str]) -> pl.Expr | pl.Series:
    """`value` over `rows`. It must follow from the whole numbers in the columns `made_of` alone: where these are few
    it is worked out for one row of each kind."""
    if rows.height <= FEW or not made_of:
        return value
    key, size = _keys(rows, made_of)
    if size == 1:
        return rows.head(1).select(value).to_series().new_from_index(0, rows.height)
    if key is None:
        return value
    numbers = pl.int_range(rows.height, dtype=pl.Int64, eager=True)
    one_of_each = _NONE.new_from_index(0, size).scatter(key, numbers)
    met = (one_of_each >= 0).arg_true()
    found = rows[one_of_each.gather(met)].select(value).to_series()
    place = one_of_each.scatter(met, numbers.head(met.len()))
    return found.gather(place.gather(key))


def _keys(rows: pl.DataFrame, made_of: Sequence[str]) -> tuple[pl.Series | None, int]:
    """A whole number for each row, the same for rows that are alike, and how many there could be; None where these
    are too many for a table."""
    key, size = None, 1
    for name in made_of:
        numbers = rows.get_column(name)
        low, width = _width(numbers)
        if width == 1:
            continue
        size *= width
        if size > SPARSE * rows.height:
            return None, size
        steps = numbers.cast(pl.Int64) - low
        steps = steps.fill_null(width - 1) if numbers.null_count() else steps
        key = steps if key is None else key * width + steps
    return key, size


def _width(numbers: pl.Series) -> tuple[int, int]:
    """The lowest number, and how many different ones there could be, null counting as one."""
    low, high, nulls = numbers.min(), numbers.max(), numbers.null_count()
    if not isinstance(low, int) or not isinstance(high, int):
        return 0, 1
    return low, high - low + 1 + (nulls > 0)
