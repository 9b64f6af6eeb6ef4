"""The ageing of debt, as of any day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl
from aimak.money import plain_som
from aimak.problems import Problem
from aimak.storage.work import UnitOfWork

from aimak_billing.application.reports import groups
from aimak_billing.application.reports.turnover import Sheet
from aimak_billing.domain.ageing import AGES, LEFT, age_of, by_age
from aimak_billing.domain.allocation import Standing
from aimak_billing.store.reports import carried
from aimak_billing.store.reports.moves import Books
from aimak_billing.store.reports.turnover import receivables

COLUMNS = (*AGES, "debt", "advance", "balance")
_OWNER = ["account_id", "provider"]


def sheet(work: UnitOfWork, books: Books, by: Sequence[str]) -> Sheet:
    """What is owed on the day of `books` by age, what was paid in advance, and the balance (`COLUMNS`, tyiyn)."""
    quick = "service" not in by and groups.oldest_first(work, books.through)
    owners = _quickly(work, books) if quick else _exactly(work, books)
    keys = groups.keys(by)
    placed = groups.place(work, owners, by)
    debt = pl.sum_horizontal(*AGES, ignore_nulls=False)
    sums = placed.group_by(keys).agg(pl.col(*AGES, "advance").sum()).with_columns(debt.alias("debt"))
    sums = sums.with_columns((pl.col("debt") - pl.col("advance")).alias("balance"))
    rows = groups.named(work, sums.select(*keys, *COLUMNS), by, books.through)
    totals = {name: int(rows[name].sum()) for name in COLUMNS}
    owed = sum(receivables(work, books).values())
    said = {"column": "balance", "sheet": plain_som(totals["balance"]), "ledger": plain_som(owed)}
    return Sheet(rows, totals, [] if owed == totals["balance"] else [Problem("AIM-B953", said)])


def _quickly(work: UnitOfWork, books: Books) -> pl.DataFrame:
    """By account and creditor, where no debt but the oldest is ever paid first."""
    return pl.concat([pl.DataFrame(schema=LEFT), *(by_age(sums, books.through) for sums in carried.parts(work, books))])


def _exactly(work: UnitOfWork, books: Books) -> pl.DataFrame:
    keys = [*_OWNER, "service"]
    parts = [_aged(left, books.through, keys) for left in groups.debts(work, books)]
    empty = {"account_id": pl.Int64, "provider": pl.String, "service": pl.String}
    return pl.concat([pl.DataFrame(schema=empty | dict.fromkeys((*AGES, "advance"), pl.Int64)), *parts])


def _aged(left: Standing, day: date, keys: list[str]) -> pl.DataFrame:
    """Debts by age and advances, a row for each of `keys`."""
    aged = left.debts.with_columns(age_of(pl.col("origin"), day).alias("age"))
    owed = [pl.col("owed").filter(pl.col("age") == place).sum().alias(name) for place, name in enumerate(AGES)]
    debts = aged.group_by(keys).agg(*owed).with_columns(pl.lit(0, dtype=pl.Int64).alias("advance"))
    none = [pl.lit(0, dtype=pl.Int64).alias(name) for name in AGES]
    service = [pl.lit(None, dtype=pl.String).alias("service")] if "service" in keys else []
    advances = left.advances.select(*_OWNER, *service, *none, "advance")
    summed = pl.concat([debts.select(*keys, *AGES, "advance"), advances.select(*keys, *AGES, "advance")])
    return summed.group_by(keys).agg(pl.col(*AGES, "advance").sum())
