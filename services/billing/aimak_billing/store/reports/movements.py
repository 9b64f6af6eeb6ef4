"""What closed ledger days moved, by account, kind and business date: from one day of carried sums to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from aimak.storage.work import UnitOfWork
from sqlalchemy import ColumnElement, FromClause, Select, case, delete, false, func, insert, literal, select, tuple_

from aimak_billing.domain.carried import DETAIL, Sums
from aimak_billing.domain.turnover import CANCELLED_TAX
from aimak_billing.store import columns
from aimak_billing.store.ledger import CANCELLATION
from aimak_billing.store.reports import parts
from aimak_billing.store.reports.moves import Books, effect, is_tax, within

_PART = "movement_part"
# Charges of further bills of a period that a query names one by one.
_NAMED_AT_MOST = 1_000


@dataclass(frozen=True)
class Movement:
    """All of the ledger days after `after` up to `through`; `keys` as in `Sums`, of columns `DETAIL`."""

    after: date
    through: date
    keys: pl.DataFrame


def since(work: UnitOfWork, after: date, as_of: date | None = None) -> list[Movement]:
    """What was kept of the days after one of carried sums, the earliest first, each from the end of the one before."""
    table = work.table("movement")
    query = select(table).where(table.c.tenant == work.tenant, table.c.after >= after)
    if as_of is not None:
        query = query.where(table.c.through <= as_of)
    found: list[Movement] = []
    for row in work.execute(query.order_by(table.c.after)):
        if row.after == (found[-1].through if found else after):
            found.append(Movement(row.after, row.through, parts.keys_of(row.keys)))
    return found


def of_part(work: UnitOfWork, movement: Movement, number: int) -> Sums:
    """What one part moved."""
    return parts.kept(work, _PART, movement.through, number, movement.keys)


def keep(work: UnitOfWork, movement: Movement) -> None:
    """Keep what stands over the parts."""
    days = {"after": movement.after, "through": movement.through}
    keys = parts.listed(movement.keys)
    work.execute(insert(work.table("movement")).values(tenant=work.tenant, keys=keys, **days))


def keep_part(work: UnitOfWork, through: date, number: int, sums: Sums) -> None:
    """Keep what one part moved up to a day."""
    parts.keep(work, _PART, through, number, sums)


def forget(work: UnitOfWork, before: date) -> None:
    """Forget what ended by a day: sums are carried from there on."""
    for name in (_PART, "movement"):
        table = work.table(name)
        work.execute(delete(table).where(table.c.tenant == work.tenant, table.c.through <= before))


def posted(work: UnitOfWork, books: Books, after: date | None, accounts: tuple[int, int] | None = None) -> Sums:
    """What ledger days after `after` moved, of some accounts or of all, under keys `DETAIL`."""
    transfer = work.table("transfer")
    keys = _keys(work, after)
    query = select(transfer.c.account_id, *keys, effect(work)).where(within(work, books, after))
    if accounts is not None:
        query = query.where(transfer.c.account_id.between(*accounts))
    sums = Sums.none(DETAIL)
    for frame in columns.read_by_parts(work, query, {"account_id": pl.Int64, **DETAIL, "amount": pl.Int64}):
        sums = sums.plus(frame)
    return sums


def keys_posted(work: UnitOfWork, books: Books, after: date | None) -> pl.DataFrame:
    """The keys of these (columns `DETAIL`)."""
    return columns.read(work, select(*_keys(work, after)).where(within(work, books, after)).distinct(), DETAIL)


def ledger_by_key(work: UnitOfWork, movement: Movement) -> dict[tuple[Any, ...], int]:
    """What the ledger holds of the same days by `DETAIL` without the last, of all accounts (tyiyn)."""
    keys = _keys(work, movement.after)[:-1]
    held = within(work, Books(date.max, movement.through), movement.after)
    query = select(*keys, func.sum(effect(work))).where(held).group_by(*keys)
    schema = {name: DETAIL[name] for name in DETAIL if name != "again"}
    return {row[:-1]: row[-1] for row in columns.read(work, query, {**schema, "amount": pl.Int64}).rows()}


def _keys(work: UnitOfWork, after: date | None) -> list[Any]:
    transfer = work.table("transfer")
    named = [transfer.c[name] for name in ("provider", "service", "origin", "business_date")]
    undone = (transfer.c.kind == CANCELLATION) & is_tax(work)
    kind = case((undone, literal(CANCELLED_TAX)), else_=transfer.c.kind)
    return [*named, kind, case((again(work, after), 1), else_=0)]


def again(work: UnitOfWork, after: date | None, issued: date | None = None) -> ColumnElement[bool]:
    """Whether a charge is no first usual one, which its day and month alone do not tell; of charges of ledger days
    after `after` and bills issued from `issued` on."""
    bill, line, transfer = work.table("bill"), work.table("bill_line"), work.table("transfer")
    since = [bill.c.tenant == work.tenant]
    if issued is not None:
        since.append(bill.c.issued_on >= issued)
    if after is not None:
        since.append(bill.c.ledger_day > after)
    charge = (transfer.c.source_id, transfer.c.provider, func.coalesce(transfer.c.service, ""))
    found = _named(work, charge, _charged_before(work).where(*since))
    days = _shared_days(work, issued)
    if not days:
        return found
    same = (line.c.tenant == bill.c.tenant) & (line.c.bill_id == bill.c.id)
    other = select(bill.c.id, line.c.origin).join(line, same).distinct()
    other = other.where(*since, bill.c.issued_on.in_(days), line.c.origin != bill.c.period)
    return found | _named(work, (transfer.c.source_id, transfer.c.origin), other)


def _named(work: UnitOfWork, named: Sequence[ColumnElement[Any]], query: Select[Any]) -> ColumnElement[bool]:
    """Whether a query finds what transfers name. It is asked before: with a query inside, PostgreSQL does the whole in
    one process."""
    few = [tuple(row) for row in work.execute(query.limit(_NAMED_AT_MOST + 1))]
    if not few:
        return false()
    return tuple_(*named).in_(query if len(few) > _NAMED_AT_MOST else few)


def _charged_before(work: UnitOfWork) -> Select[Any]:
    """Bill, creditor and service of what an earlier bill of the account and period charges or charged the same
    connection for that period. A second bill for another connection, as where services are billed by runs of their own,
    charges for the first time. Transfers name no connection: where a bill charges one of a creditor's service again,
    all that it charges for that service is charged again."""
    bill, line = work.table("bill"), work.table("bill_line")
    before, earlier = bill.alias("before"), line.alias("earlier")
    same = (before.c.tenant == bill.c.tenant) & (before.c.account_id == bill.c.account_id)
    same &= (before.c.period == bill.c.period) & (before.c.sequence < bill.c.sequence) & (before.c.sequence >= 0)
    connected = earlier.c.connection_id == line.c.connection_id
    query = select(bill.c.id, line.c.provider, line.c.service).join(before, same).join(line, _of_its_period(bill, line))
    query = query.join(earlier, _of_its_period(before, earlier) & connected).distinct()
    return query.where(bill.c.sequence > 0)


def _shared_days(work: UnitOfWork, issued: date | None) -> list[date]:
    """The days (from `issued` on) on which bills of several periods were issued. On such a day what a bill charges for
    an earlier period looks as if it were a usual charge of that one."""
    run = work.table("run")
    query = select(run.c.issued_on).where(run.c.tenant == work.tenant, run.c.issued_on >= (issued or date.min))
    shared = query.group_by(run.c.issued_on).having(func.count(run.c.period.distinct()) > 1)
    return list(work.execute(shared.order_by(run.c.issued_on)).scalars())


def _of_its_period(bill: FromClause, line: FromClause) -> ColumnElement[bool]:
    """Lines of a bill, but what corrects another period."""
    own = line.c.origin.is_(None) | (line.c.origin == bill.c.period)
    return (line.c.tenant == bill.c.tenant) & (line.c.bill_id == bill.c.id) & own
