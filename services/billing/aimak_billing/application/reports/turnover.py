"""The turnover sheet: opening + charged + recalculated - paid - written off = closing, and whether it is true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
from aimak.money import plain_som
from aimak.problems import Problem
from aimak.storage.work import UnitOfWork

from aimak_billing.application.reports import groups
from aimak_billing.domain import allocation
from aimak_billing.store.reports import by_service, moves
from aimak_billing.store.reports import turnover as store
from aimak_billing.store.reports.moves import Books

COLUMNS = ("opening", "charged", "recalculated", "paid", "written_off", "closing", "tax")


@dataclass(frozen=True)
class Sheet:
    """`rows`: the dimensions asked for, then `COLUMNS` in tyiyn (`tax` is the part of charged and recalculated that
    is tax); `totals` of each column; `problems`: where it is not what the ledger says."""

    rows: pl.DataFrame
    totals: dict[str, int]
    problems: list[Problem]


def sheet(work: UnitOfWork, since: date, books: Books, by: Sequence[str]) -> Sheet:
    """The turnover from `since` to the day of `books`. By service, payments are divided as the rules of allocation
    say, and what was paid in advance stands in a row without a service."""
    keys = groups.keys(by)
    sums = _by_service(work, since, books, by) if "service" in by else _closed(store.sums(work, books, since, keys))
    # Who has rows of nothing but nought follows from what was carried forward, and from nothing that anybody did.
    told = sums.filter(pl.any_horizontal(pl.col(name) != 0 for name in COLUMNS))
    rows = groups.named(work, told, by, books.through)
    totals = {name: int(rows[name].sum()) for name in COLUMNS}
    return Sheet(rows, totals, _problems(work, since, books, totals))


def _closed(sums: pl.DataFrame) -> pl.DataFrame:
    paid = pl.col("paid") + pl.col("written_off")
    closing = pl.col("opening") + pl.col("charged") + pl.col("recalculated") - paid
    return sums.with_columns(closing.alias("closing"))


def _by_service(work: UnitOfWork, since: date, books: Books, by: Sequence[str]) -> pl.DataFrame:
    """What stood and stands by service follows from the debts; what is missing between the two was paid."""
    keys, rules = groups.keys(by), moves.policies(work)
    days = since - timedelta(days=1), books.through
    first, last = (allocation.in_force(rules, day) for day in days)
    if allocation.oldest_first(last):
        sums = by_service.sums(work, books, since, keys, (first[-1].priority, last[-1].priority))
    else:
        sums = _each_payment(work, since, books, by)
    moved_in = pl.col("opening") + pl.col("charged") + pl.col("recalculated")
    paid = (moved_in - pl.col("written_off") - pl.col("closing")).alias("paid")
    return sums.with_columns(paid).select(*keys, *COLUMNS)


def _each_payment(work: UnitOfWork, since: date, books: Books, by: Sequence[str]) -> pl.DataFrame:
    """Where the day of a payment decides what it meets: the debts before the sheet and in the end, each worked out from
    all that was ever posted."""
    keys = groups.keys(by)
    before = _standing(work, Books(since - timedelta(days=1), books.as_of), by).rename({"owed": "opening"})
    after = _standing(work, books, by).rename({"owed": "closing"})
    joined = store.sums(work, books, since, keys).select(*keys, *by_service.MOVED)
    for part in (before, after):
        joined = joined.join(part, on=keys, how="full", coalesce=True, nulls_equal=True)
    return joined.with_columns(pl.col(pl.Int64).exclude(keys).fill_null(0))


def _standing(work: UnitOfWork, books: Books, by: Sequence[str]) -> pl.DataFrame:
    keys = groups.keys(by)
    parts = [pl.DataFrame(schema={**dict.fromkeys(keys, pl.String), "owed": pl.Int64}).cast(_types(keys))]
    for left in groups.debts(work, books):
        advances = left.advances.select(
            "account_id", "provider", pl.lit(None, pl.String).alias("service"), (-pl.col("advance")).alias("owed")
        )
        owed = pl.concat([left.debts.select("account_id", "provider", "service", "owed"), advances])
        placed = groups.place(work, owed, by)
        parts.append(placed.group_by(keys).agg(pl.col("owed").sum()).select(*keys, "owed"))
    return pl.concat(parts).group_by(keys).agg(pl.col("owed").sum())


def _types(keys: Sequence[str]) -> dict[str, pl.DataType]:
    numbers = ("account_id", "street_id")
    return {key: pl.Int64() for key in keys if key in numbers}


def _problems(work: UnitOfWork, since: date, books: Books, totals: dict[str, int]) -> list[Problem]:
    """The sheet against the ledger, and the ledger against the bills."""
    ledger, billed = store.ledger_totals(work, books, since), store.billed(work, books, since)
    compared = [("closing", totals["closing"], ledger["owed"])]
    compared += [(name, totals[name], ledger[name]) for name in ("tax", "paid", "written_off")]
    said = {"bills": plain_som(billed), "ledger": plain_som(ledger["bills"])}
    of_bills = [] if billed == ledger["bills"] else [Problem("AIM-B963", said)]
    return of_bills + [
        Problem("AIM-B953", {"column": name, "sheet": plain_som(said), "ledger": plain_som(wanted)})
        for name, said, wanted in compared
        if said != wanted
    ]
