"""Sums of the ledger up to a closed day, kept so that a report reads only what was posted since: the rows of a closed
day can no longer change."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, delete, func, insert, select

from aimak_billing.domain.carried import KEY, MOVED, ROW, Sums
from aimak_billing.store import columns
from aimak_billing.store.reports.moves import Books, account_bounds, effect, within

ACCOUNTS_A_PART = 100_000
MONTHS_KEPT = 13


@dataclass(frozen=True)
class Carried:
    """`through`: the closed ledger day; `business_through`: the last business date, openings left out; `keys` as in
    `Sums`; `owed` by creditor (tyiyn); `transfers`: how many."""

    through: date
    business_through: date
    keys: pl.DataFrame
    owed: dict[str, int]
    transfers: int


def for_books(work: UnitOfWork, books: Books) -> Carried | None:
    """The last sums that hold nothing which these books do not."""
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


def _carried(row: Row[Any] | None) -> Carried | None:
    if row is None:
        return None
    keys = pl.DataFrame(row.keys, schema=KEY, orient="row")
    return Carried(row.through, row.business_through, keys, row.owed, row.transfers)


def parts(work: UnitOfWork, books: Books) -> Iterator[Sums]:
    """All that these books hold, some accounts at a time. An account is in one part alone."""
    for _, sums in parts_on(work, books, for_books(work, books)):
        yield sums


def parts_on(work: UnitOfWork, books: Books, early: Carried | None) -> Iterator[tuple[int, Sums]]:
    """The numbers of parts with all that these books hold of them: what was kept, and what came after it. Where nothing
    was kept, the ledger is read a part at a time: it may be long."""
    keys, later = (early.keys, _moved(work, books, early.through)) if early else (Sums.none().keys, None)
    for number in part_numbers(work):
        here = accounts_of(number)
        if early is None or later is None:
            moved = _moved(work, books, None, here)
            sums = Sums(keys, Sums.none().rows).plus(moved)
        else:
            kept = of_part(work, early, number)
            moved = later.filter(pl.col("account_id").is_between(*here))
            sums = Sums(keys, kept.rows).plus(moved) if moved.height else Sums(keys, kept.rows)
        keys = sums.keys
        yield number, sums


def part_numbers(work: UnitOfWork) -> range:
    """The parts that accounts are in."""
    first, final = account_bounds(work)
    return range(first // ACCOUNTS_A_PART, final // ACCOUNTS_A_PART + 1)


def accounts_of(part: int) -> tuple[int, int]:
    """The first and the last account id that a part may have."""
    return part * ACCOUNTS_A_PART, (part + 1) * ACCOUNTS_A_PART - 1


def all_parts(work: UnitOfWork, carried: Carried) -> Iterator[Sums]:
    """What was kept of every part, one at a time."""
    for number in part_numbers(work):
        yield of_part(work, carried, number)


def of_part(work: UnitOfWork, carried: Carried, number: int) -> Sums:
    """What was kept of one part; nothing where it had no transfers."""
    table = work.table("carried_part")
    mine = (table.c.tenant == work.tenant) & (table.c.through == carried.through) & (table.c.part == number)
    kept = work.execute(select(table.c.sums).where(mine)).scalar()
    rows = pl.DataFrame(schema=ROW) if kept is None else pl.read_ipc(io.BytesIO(kept))
    return Sums(carried.keys, rows)


def keep_part(work: UnitOfWork, through: date, number: int, sums: Sums) -> None:
    """Keep one part of the sums through a day."""
    kept = io.BytesIO()
    sums.rows.write_ipc(kept, compression="zstd")
    table = work.table("carried_part")
    work.execute(insert(table).values(tenant=work.tenant, through=through, part=number, sums=kept.getvalue()))


def keep(work: UnitOfWork, carried: Carried) -> None:
    """Keep what stands over the parts."""
    days = {"through": carried.through, "business_through": carried.business_through}
    facts = {"transfers": carried.transfers, "owed": carried.owed}
    keys = [list(row) for row in carried.keys.iter_rows()]
    work.execute(insert(work.table("carried")).values(tenant=work.tenant, keys=keys, **days, **facts))


def thin(work: UnitOfWork) -> None:
    """Of the sums there are, keep the last and those of the last day in each of a year's months: what is asked of other
    days starts from earlier ones."""
    table, part = work.table("carried"), work.table("carried_part")
    made = sorted(work.execute(select(table.c.through).where(table.c.tenant == work.tenant)).scalars())
    of_month = {f"{day:%Y-%m}": day for day in made}
    kept = set(sorted(of_month.values())[-MONTHS_KEPT:])
    for day in set(made) - kept:
        for one in (part, table):
            work.execute(delete(one).where(one.c.tenant == work.tenant, one.c.through == day))


def _moved(work: UnitOfWork, books: Books, after: date | None, accounts: tuple[int, int] | None = None) -> pl.DataFrame:
    """What ledger days after `after` moved (columns `MOVED`)."""
    transfer = work.table("transfer")
    keys = (transfer.c.account_id, transfer.c.provider, transfer.c.service, transfer.c.origin)
    query = select(*keys, func.sum(effect(work))).where(within(work, books, after)).group_by(*keys)
    if accounts is not None:
        query = query.where(transfer.c.account_id.between(*accounts))
    return columns.read(work, query, MOVED)


def keys_since(work: UnitOfWork, books: Books, after: date | None) -> pl.DataFrame:
    """Creditors, services and months (columns `KEY`) of ledger days after `after`."""
    transfer = work.table("transfer")
    query = select(*(transfer.c[name] for name in KEY)).where(within(work, books, after)).distinct()
    return columns.read(work, query, KEY)


def posted(work: UnitOfWork, through: date, after: date | None) -> tuple[int, date]:
    """How many transfers at accounts ledger days after `after` and up to `through` hold, and their last business date,
    openings left out."""
    transfer = work.table("transfer")
    dated = func.max(transfer.c.business_date).filter(transfer.c.kind != "opening")
    query = select(func.count(), dated).where(within(work, Books(date.max, through), after))
    count, latest = work.execute(query).one()
    return int(count), latest or date.min


def by_key(sums: Sums) -> list[tuple[str, str | None, str | None, int]]:
    """Creditor, service, month and what all accounts of the part owe under them (tyiyn)."""
    names = list(KEY)
    return sums.moves().group_by(names).agg(pl.col("amount").sum()).select(*names, "amount").rows()


def ledger_by_key(work: UnitOfWork, through: date) -> dict[tuple[str | None, ...], int]:
    """The same from the ledger itself, of all accounts."""
    transfer = work.table("transfer")
    keys = (transfer.c.provider, transfer.c.service, transfer.c.origin)
    query = select(*keys, func.sum(effect(work))).where(within(work, Books(date.max, through))).group_by(*keys)
    return {row[:3]: int(row[3]) for row in map(tuple, work.execute(query))}
