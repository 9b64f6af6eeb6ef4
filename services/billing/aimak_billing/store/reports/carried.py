"""Sums of the ledger up to a closed day, kept so that a report reads only what was posted since: the rows of a closed
day can no longer change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, case, delete, func, insert, null, select

from aimak_billing.domain.carried import MOVED, OPENING, Sums
from aimak_billing.store import columns
from aimak_billing.store.reports import parts as kept_parts
from aimak_billing.store.reports.moves import Books, effect, within

MONTHS_KEPT = 13
OWED = {"provider": pl.String, "dated": pl.Date, "kind": pl.String, "amount": pl.Int64}
_PART = "carried_part"


@dataclass(frozen=True)
class Carried:
    """`through`: the closed ledger day; `business_through`: the last business date, openings and what is dated after
    `through` left out; `keys` as in `Sums`, of columns `DETAIL`: what is dated ahead has its date and kind; `owed`
    (columns `OWED`, tyiyn) likewise; `transfers`: how many."""

    through: date
    business_through: date
    keys: pl.DataFrame
    owed: pl.DataFrame
    transfers: int

    def owed_on(self, day: date) -> dict[str, int]:
        """What is owed to each creditor by all that is dated up to a day (tyiyn)."""
        known = self.owed.filter(pl.col("dated").is_null() | (pl.col("dated") <= day))
        return dict(known.group_by("provider").agg(pl.col("amount").sum()).iter_rows())

    def ahead(self, since: date, through: date) -> dict[str, int]:
        """What of it is dated in a span after its own day, by kind (tyiyn)."""
        dated = self.owed.filter(pl.col("dated").is_between(since, through))
        return dict(dated.group_by("kind").agg(pl.col("amount").sum()).iter_rows())


def for_books(work: UnitOfWork, books: Books) -> Carried | None:
    """The last sums that hold nothing which these books do not, but what is dated ahead of them."""
    table = work.table("carried")
    query = select(table).where(table.c.tenant == work.tenant, table.c.business_through <= books.through)
    if books.as_of is not None:
        query = query.where(table.c.through <= books.as_of)
    return _carried(work.execute(query.order_by(table.c.through.desc()).limit(1)).one_or_none())


def last(work: UnitOfWork) -> Carried | None:
    """The last sums that were made."""
    table = work.table("carried")
    query = select(table).where(table.c.tenant == work.tenant).order_by(table.c.through.desc()).limit(1)
    return _carried(work.execute(query).one_or_none())


def first(work: UnitOfWork) -> date:
    """The oldest day of sums that there are; a day long past without any."""
    table = work.table("carried")
    return work.execute(select(func.min(table.c.through)).where(table.c.tenant == work.tenant)).scalar() or date.min


def _carried(row: Row[Any] | None) -> Carried | None:
    if row is None:
        return None
    owed = [(provider, kept_parts.day(dated), kind, amount) for provider, dated, kind, amount in row.owed]
    made = pl.DataFrame(owed, schema=OWED, orient="row")
    return Carried(row.through, row.business_through, kept_parts.keys_of(row.keys), made, row.transfers)


def parts(work: UnitOfWork, books: Books) -> Iterator[Sums]:
    """All that these books hold, under keys `KEY`, some accounts at a time. An account is in one part alone. Where
    nothing was kept, the ledger is read a part at a time: it may be long."""
    early = for_books(work, books)
    keys, later = (Sums.none().keys, _moved(work, books, early.through)) if early else (Sums.none().keys, None)
    for number in kept_parts.numbers(work):
        here = kept_parts.accounts_of(number)
        if early is None or later is None:
            sums = Sums(keys, Sums.none().rows).plus(_moved(work, books, None, here))
            keys = sums.keys
        else:
            sums = of_part(work, early, number).known(books.through)
            moved = later.filter(pl.col("account_id").is_between(*here))
            sums = sums.plus(moved) if moved.height else sums
        yield sums


def all_parts(work: UnitOfWork, carried: Carried) -> Iterator[Sums]:
    """What was kept of every part, one at a time."""
    for number in kept_parts.numbers(work):
        yield of_part(work, carried, number)


def of_part(work: UnitOfWork, carried: Carried, number: int) -> Sums:
    """What was kept of one part; nothing where it had no transfers."""
    return kept_parts.kept(work, _PART, carried.through, number, carried.keys)


def keep_part(work: UnitOfWork, through: date, number: int, sums: Sums) -> None:
    """Keep one part of the sums through a day."""
    kept_parts.keep(work, _PART, through, number, sums)


def keep(work: UnitOfWork, carried: Carried) -> None:
    """Keep what stands over the parts."""
    days = {"through": carried.through, "business_through": carried.business_through}
    facts = {"transfers": carried.transfers, "owed": kept_parts.listed(carried.owed)}
    keys = kept_parts.listed(carried.keys)
    work.execute(insert(work.table("carried")).values(tenant=work.tenant, keys=keys, **days, **facts))


def thin(work: UnitOfWork) -> date:
    """Of the sums there are, keep the last and those of the last day in each of a year's months: what is asked of other
    days starts from earlier ones. Gives the oldest day that is kept."""
    table, part = work.table("carried"), work.table(_PART)
    made = sorted(work.execute(select(table.c.through).where(table.c.tenant == work.tenant)).scalars())
    of_month = {f"{day:%Y-%m}": day for day in made}
    kept = set(sorted(of_month.values())[-MONTHS_KEPT:])
    for day in set(made) - kept:
        for one in (part, table):
            work.execute(delete(one).where(one.c.tenant == work.tenant, one.c.through == day))
    return min(kept)


def _moved(work: UnitOfWork, books: Books, after: date | None, accounts: tuple[int, int] | None = None) -> pl.DataFrame:
    """What ledger days after `after` moved (columns `MOVED`)."""
    transfer = work.table("transfer")
    keys = (transfer.c.account_id, transfer.c.provider, transfer.c.service, transfer.c.origin)
    query = select(*keys, func.sum(effect(work))).where(within(work, books, after)).group_by(*keys)
    if accounts is not None:
        query = query.where(transfer.c.account_id.between(*accounts))
    return columns.read(work, query, MOVED)


def posted(work: UnitOfWork, through: date, after: date | None) -> tuple[int, date]:
    """How many transfers at accounts ledger days after `after` and up to `through` hold, and their last business date,
    openings and what is dated after `through` left out."""
    transfer = work.table("transfer")
    settled = (transfer.c.kind != OPENING) & (transfer.c.business_date <= through)
    dated = func.max(transfer.c.business_date).filter(settled)
    query = select(func.count(), dated).where(within(work, Books(date.max, through), after))
    count, latest = work.execute(query).one()
    return int(count), latest or date.min


def owed(work: UnitOfWork, through: date, after: date | None) -> pl.DataFrame:
    """What ledger days after `after` and up to `through` moved at creditors' receivables (columns `OWED`), added up by
    the database."""
    transfer = work.table("transfer")
    ahead = (transfer.c.business_date > through) & (transfer.c.kind != OPENING)
    dated, kind = (case((ahead, column), else_=null()) for column in (transfer.c.business_date, transfer.c.kind))
    query = select(transfer.c.provider, dated, kind, func.sum(effect(work))).group_by(transfer.c.provider, dated, kind)
    return columns.read(work, query.where(within(work, Books(date.max, through), after)), OWED)


def ledger_by_key(work: UnitOfWork, through: date) -> dict[tuple[str | None, ...], int]:
    """Creditor, service, month and what all accounts owe under them (tyiyn), from the ledger itself."""
    transfer = work.table("transfer")
    keys = (transfer.c.provider, transfer.c.service, transfer.c.origin)
    query = select(*keys, func.sum(effect(work))).where(within(work, Books(date.max, through))).group_by(*keys)
    return {row[:3]: int(row[3]) for row in map(tuple, work.execute(query))}
