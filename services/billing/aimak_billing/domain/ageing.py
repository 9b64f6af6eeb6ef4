"""How old a debt is: by the last day of the month it comes from."""

from __future__ import annotations

from datetime import date

import polars as pl
from aimak.period import Period

from aimak_billing.domain.carried import Sums

# The youngest first: 0-30, 31-60, 61-90, 91-180, 181-365 days, to three years, older.
LIMITS = (30, 60, 90, 180, 365, 1095)
AGES = ("to_30", "to_60", "to_90", "to_180", "to_365", "to_1095", "older")
LEFT = {"account_id": pl.Int64, "provider": pl.String, **dict.fromkeys((*AGES, "advance"), pl.Int64)}


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


def by_age(sums: Sums, day: date) -> pl.DataFrame:
    """account_id, provider, `AGES` and advance (tyiyn) of all that owe or have paid in advance, when the oldest debt is
    paid first. Month by month where something lowered the debt of a month: what is then below zero is money."""
    below = Sums(sums.keys, sums.rows.filter(pl.col("amount") < 0))
    lowered = below.rows.filter(below.at("origin").is_not_null())["account_id"].unique()
    if lowered.is_empty():
        return _left(sums, day)
    aside = pl.col("account_id").is_in(lowered.implode())
    parts = (Sums(sums.keys, sums.rows.filter(~aside)), _netted(Sums(sums.keys, sums.rows.filter(aside))))
    return pl.concat([_left(part, day) for part in parts])


def _netted(sums: Sums) -> Sums:
    """Services of a month of one creditor together; a month below zero is money."""
    net = sums.moves().group_by("account_id", "provider", "origin").agg(pl.col("amount").sum())
    month = pl.when(pl.col("amount") >= 0).then("origin").alias("origin")
    none = pl.lit(None, dtype=pl.String).alias("service")
    return Sums.none().plus(net.select("account_id", "provider", none, month, "amount"))


def _left(sums: Sums, day: date) -> pl.DataFrame:
    """`by_age` where no month lies below zero. Every account and creditor has its place in columns, one for each age
    and one for money, so that nothing is searched for."""
    if sums.rows.is_empty():
        return pl.DataFrame(schema=LEFT)
    providers = sums.keys["provider"].unique().sort()
    width, places = len(AGES) + 1, len(providers)
    numbers = pl.col("provider").replace_strict(providers, pl.int_range(places, eager=True), return_dtype=pl.Int64)
    # The oldest first, then money.
    age = pl.when(pl.col("origin").is_null()).then(len(AGES)).otherwise(len(AGES) - 1 - age_of(pl.col("origin"), day))
    place = sums.keys.select((numbers * width + age).alias("place"))["place"]
    accounts = pl.int_range(*_span(sums.rows["account_id"]), eager=True)
    added = sums.grouped(place)
    at = (added["account_id"] - accounts[0]) * (places * width) + added["key"]
    if not (at.diff().fill_null(1) > 0).all():
        added = added.select(at.alias("at"), "amount").group_by("at").agg(pl.col("amount").sum())
        at = added["at"]
    dense = pl.zeros(len(accounts) * places * width, dtype=pl.Int64, eager=True).scatter(at, added["amount"])
    names = list(reversed(AGES))
    columns = {name: dense.gather_every(width, offset) for offset, name in enumerate([*names, "money"])}
    owners = pl.DataFrame({"account_id": accounts}).join(pl.DataFrame({"provider": providers}), how="cross")
    left = left_of(owners.with_columns(**columns), names)
    return left.filter(pl.any_horizontal(pl.col(*AGES, "advance") != 0)).select(*LEFT)


def _span(accounts: pl.Series) -> tuple[int, int]:
    lowest, highest = accounts.min(), accounts.max()
    assert isinstance(lowest, int) and isinstance(highest, int)
    return lowest, highest + 1


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
