"""Rows that are alike: which they are, and what is worked out once for all of them.

Series do all of it: what an expression costs before it meets the first row is here more than its work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce
from operator import add

import polars as pl

_KEY, _ROW = "_key", "_row"
SPARSE = 8
"""How many times more keys than rows a table may have."""
_NOBODY = pl.Series([0], dtype=pl.UInt32)

FEW = 2_000
FEW_LINES = 250
"""So few rows are not worth looking for those that are alike; so few lines are not either."""


_SLOTS, _BITS = 2**17, 16


def kinds_of(rows: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
    """The number of each row's kind, and the kinds in the order of their numbers: rows of one kind are the same in
    every column."""
    found = _by_hash(rows) if rows.height > FEW else None
    return _by_keys(rows) if found is None else found


def _by_keys(rows: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
    """The same for any rows, also those that only their hashes have alike."""
    grouped = rows.with_row_index(_ROW).group_by(rows.columns, maintain_order=True).agg(_ROW).with_row_index(_KEY)
    each = grouped.select_seq(_KEY, _ROW).explode(_ROW)
    numbers = _NOBODY.new_from_index(0, rows.height).scatter(each.get_column(_ROW), each.get_column(_KEY))
    return numbers, grouped.select(rows.columns)


def _by_hash(rows: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame] | None:
    """The same in a fraction of the time: rows with one hash are of one kind, which is then seen to be so; None where
    it is not."""
    seeded = [pl.col(name).hash(seed) for seed, name in enumerate(rows.columns)]
    hashed = rows.select_seq(reduce(add, seeded).alias(_KEY)).to_series()
    firsts = hashed.arg_unique()
    kinds = pl.DataFrame([column[firsts] for column in rows.iter_columns()])
    of_row = _numbers(hashed, hashed[firsts])
    same = all(_same(column, kinds.get_column(column.name)[of_row]) for column in rows.iter_columns())
    return (of_row, kinds) if same else None


def _numbers(hashed: pl.Series, kinds: pl.Series) -> pl.Series:
    """The place of each hash among those of the kinds: by a table, if some part of the hash tells all kinds apart."""
    numbers = pl.int_range(kinds.len(), dtype=pl.UInt32, eager=True)
    for part in range(0, 64, _BITS):
        slots = _slots(kinds, part)
        if slots.n_unique() == kinds.len():
            return _NOBODY.new_from_index(0, _SLOTS).scatter(slots, numbers)[_slots(hashed, part)]
    beside = pl.DataFrame([kinds, numbers.alias(_ROW)])
    return pl.DataFrame([hashed]).join(beside, on=_KEY, how="left", maintain_order="left").get_column(_ROW)


def _slots(hashed: pl.Series, part: int) -> pl.Series:
    return (hashed // 2**part if part else hashed) & (_SLOTS - 1)


def _same(left: pl.Series, right: pl.Series) -> bool:
    differs = left.ne_missing(right) if left.null_count() or right.null_count() else left != right
    return not differs.any()


class Same:
    """One value as a column of any length: the longest that was asked for is kept, and shorter ones are its head."""

    def __init__(self, value: pl.Series) -> None:
        """`value`: a column of one row."""
        self._kept = value

    def over(self, rows: int) -> pl.Series:
        """The value in so many rows."""
        # Replaced as a whole, never changed: several threads may rate by one book.
        kept = self._kept
        if kept.len() < rows:
            self._kept = kept = kept.new_from_index(0, rows)
        return kept.head(rows)


def alike(value: pl.Series) -> Same:
    """The column of the one value of a column of one row; what several lines have alike is there once for all."""
    return _alike(value.dtype, value.item())


@lru_cache(maxsize=128)
def _alike(kind: pl.DataType, value: str | int | None) -> Same:
    return Same(pl.Series([value], dtype=kind))


@dataclass(frozen=True)
class Once:
    """`value`, which must follow from the whole numbers in the columns `made_of` alone: where these are few it is
    worked out for one row of each kind."""

    value: pl.Expr
    made_of: Sequence[str]

    def over(self, rows: pl.DataFrame) -> pl.Series:
        """The value of each row."""
        if not self.made_of:
            return self._alike.over(rows.height)
        if rows.height <= FEW_LINES:
            return rows.select_seq(self.value).to_series()
        key, size = _keys(rows, self.made_of)
        if size == 1:
            return rows.head(1).select_seq(self.value).to_series().new_from_index(0, rows.height)
        if key is None:
            return rows.select_seq(self.value).to_series()
        # Whoever wrote last in the place of a key stands for all that have it.
        numbers = pl.int_range(rows.height, dtype=pl.UInt32, eager=True)
        last = pl.Series([rows.height], dtype=pl.UInt32).new_from_index(0, size).scatter(key, numbers)
        # In one piece: texts put together out of several, of which one is empty, make Polars panic.
        stand = last.filter(last != rows.height).rechunk()
        few = pl.DataFrame([rows.get_column(name)[stand] for name in self._columns])
        place = _NOBODY.new_from_index(0, size).scatter(key[stand], numbers.head(stand.len()))
        return few.select_seq(self.value).to_series()[place][key]

    @cached_property
    def _alike(self) -> Same:
        return alike(pl.select(self.value).to_series())

    @cached_property
    def _columns(self) -> Sequence[str]:
        return sorted({*self.value.meta.root_names()})


def _keys(rows: pl.DataFrame, made_of: Sequence[str]) -> tuple[pl.Series | None, int]:
    """A whole number for each row, the same for rows that are alike, and how many there could be; None where these
    are too many for a table, or one."""
    key, size = None, 1
    for name in made_of:
        numbers = rows.get_column(name)
        low, width = _width(numbers)
        if width == 1:
            continue
        size *= width
        if size > SPARSE * rows.height:
            return None, size
        step = numbers.cast(pl.Int64) - low
        step = step.fill_null(width - 1) if numbers.null_count() else step
        key = step if key is None else key * width + step
    return None if key is None else key.cast(pl.UInt32), size


def _width(numbers: pl.Series) -> tuple[int, int]:
    """The lowest number, and how many different ones there could be, null counting as one."""
    low, high, nulls = numbers.min(), numbers.max(), numbers.null_count()
    if not isinstance(low, int) or not isinstance(high, int):
        return 0, 1
    return low, high - low + 1 + (nulls > 0)
