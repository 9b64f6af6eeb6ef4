"""The winter average: what an account used a month while no garden is watered."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from aimak.period import Period

from aimak_billing.domain.rating import Book
from aimak_billing.domain.rating.winter import FACT


@dataclass(frozen=True)
class Wanted:
    """That connections of a service and provider need an average of another service's usage over `winter`, of which so
    many months must have usage."""

    service: str
    provider: str
    followed: str
    at_least: int
    winter: Period


def last_winter(months: tuple[int, int], before: Period) -> Period:
    """The last winter that was over when a period began."""
    month = before.previous()
    while True:
        winter = Period.season_of(month.start, *months)
        if winter is not None and winter.end <= before.start:
            return winter
        month = month.previous()


def wanted(book: Book) -> list[Wanted]:
    """The averages that versions of a book need, each once."""
    found: dict[Wanted, None] = {}
    for one in book.prepared:
        setting, followed = one.version.winter, one.service.follows
        if setting is not None and followed is not None:
            winter = last_winter(setting.months, book.period)
            found[Wanted(one.version.service, one.version.provider, followed, setting.at_least, winter)] = None
    return list(found)


def averages(
    asked: Wanted, usage: pl.DataFrame, connections: pl.DataFrame, told: pl.DataFrame, period: Period
) -> pl.DataFrame:
    """Facts, as `told` has them, of the connections (account_id, connection_id, service, provider) that have no average
    yet. usage: account_id, usage (thousandths), to_date, of the service that is followed and of the winter. A month
    without usage is not counted; with fewer months than are asked for there is no average."""
    month = (pl.col("to_date") - pl.duration(days=1)).dt.truncate("1mo")
    # A month's share of the whole, half up; over a longer period than a month as many of them.
    doubled, months = pl.col("_whole") * 2 * _months(period), pl.col("_months")
    of_account = (
        usage.group_by("account_id")
        .agg(pl.col("usage").cast(pl.Int128).sum().alias("_whole"), month.n_unique().cast(pl.Int64).alias("_months"))
        .filter(months >= asked.at_least)
        .select("account_id", value_thousandths=((doubled + months) // (months * 2)).cast(pl.Int64, strict=True))
    )
    known = told.filter(pl.col("name") == FACT).select("connection_id")
    mine = (pl.col("service") == asked.service) & (pl.col("provider") == asked.provider)
    found = connections.filter(mine).unique("connection_id", maintain_order=True)
    found = found.join(known, on="connection_id", how="anti").join(of_account, on="account_id", how="inner")
    dates = {"from_date": pl.lit(period.start), "to_date": pl.lit(period.end)}
    return found.with_columns(name=pl.lit(FACT), **dates).select(told.columns)


def _months(period: Period) -> int:
    return (period.end.year - period.start.year) * 12 + period.end.month - period.start.month
