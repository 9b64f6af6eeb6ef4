"""How old a debt is: by the last day of the month it comes from."""

from __future__ import annotations

from datetime import date

import polars as pl
from aimak.period import Period

# The youngest first: 0-30, 31-60, 61-90, 91-180, 181-365 days, to three years, older.
LIMITS = (30, 60, 90, 180, 365, 1095)
AGES = ("to_30", "to_60", "to_90", "to_180", "to_365", "to_1095", "older")


def edges(day: date) -> list[str]:
    """For each limit, the greatest first, the last month whose debts are older than it on `day`."""
    found = []
    for limit in reversed(LIMITS):
        month = Period.month_of(day)
        while (day - month.last_day).days <= limit:
            month = month.previous()
        found.append(month.name)
    return found


def age_of(origin: pl.Expr, day: date) -> pl.Expr:
    """The age's place in `AGES` of a debt's month."""
    older = [(origin <= edge).cast(pl.Int64) for edge in edges(day)]
    return pl.sum_horizontal(*older, ignore_nulls=False)


def left_of(ages: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """`ages` (columns `names`, the oldest first, and money, < 0 pays) with what is left of each when the oldest is
    paid first, and `advance`. An age below zero is money too."""
    minus = [pl.min_horizontal(pl.col(name), pl.lit(0, dtype=pl.Int64)) for name in names]
    pool = -(pl.col("money") + pl.sum_horizontal(*minus, ignore_nulls=False))
    ages = ages.with_columns(pool.alias("pool"))
    for name in names:
        raised = pl.max_horizontal(pl.col(name), pl.lit(0, dtype=pl.Int64))
        paid = pl.min_horizontal(pl.max_horizontal(pl.col("pool"), pl.lit(0, dtype=pl.Int64)), raised)
        ages = ages.with_columns((raised - paid).alias(name), (pl.col("pool") - paid).alias("pool"))
    # Below zero without ever having been a debt: owed since ever.
    since_ever = pl.max_horizontal(-pl.col("pool"), pl.lit(0, dtype=pl.Int64))
    advance = pl.max_horizontal(pl.col("pool"), pl.lit(0, dtype=pl.Int64)).alias("advance")
    return ages.with_columns(pl.col(names[0]) + since_ever, advance).drop("pool", "money")
