"""Cancelled bills: which are in force, and the entries that undo what one posted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
from aimak.batches import in_batches
from aimak.storage import bulk
from aimak.storage.work import UnitOfWork
from sqlalchemy import ColumnElement, Row, Select, case, delete, exists, func, literal, select

from aimak_billing.domain.chunk import TRANSFERS_AT_MOST
from aimak_billing.domain.cycle import ONE_OFF
from aimak_billing.store import columns
from aimak_billing.store.ledger import CANCELLATION

# Ids in one list of a query: both databases take as many.
BATCH = 5_000
_LIVE = {"bill_id": pl.Int64, "account_id": pl.Int64, "scope": pl.String, "sequence": pl.Int64, "live": pl.Int64}


def in_force(work: UnitOfWork, bill_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a bill was not cancelled."""
    cancelled = work.table("bill_cancellation")
    return ~exists().where(cancelled.c.tenant == work.tenant, cancelled.c.bill_id == bill_id)


def of_period(work: UnitOfWork, first: int, last: int, period: str) -> pl.DataFrame:
    """All bills that runs made of accounts with ids from `first` to `last` for a period: bill_id, account_id, scope,
    sequence, live (0 where it was cancelled)."""
    bill, cancelled = work.table("bill"), work.table("bill_cancellation")
    same = (cancelled.c.tenant == bill.c.tenant) & (cancelled.c.bill_id == bill.c.id)
    mine = (bill.c.tenant == work.tenant) & (bill.c.account_id >= first) & (bill.c.account_id <= last)
    query = (
        select(bill.c.id, bill.c.account_id, bill.c.scope, bill.c.sequence, _not_cancelled(cancelled))
        .outerjoin(cancelled, same)
        .where(mine, bill.c.period == period, bill.c.scope != ONE_OFF)
        .order_by(bill.c.account_id, bill.c.sequence)
    )
    return columns.read(work, query, _LIVE)


def _not_cancelled(cancelled: Any) -> Any:
    return case((cancelled.c.bill_id.is_(None), 1), else_=0)


def connections_of(work: UnitOfWork, bill_ids: Sequence[int]) -> pl.DataFrame:
    """Connections that bills charge for their own period: bill_id, connection_id."""
    line = work.table("bill_line")
    found = [pl.DataFrame(schema={"bill_id": pl.Int64, "connection_id": pl.Int64})]
    for part in in_batches(bill_ids, BATCH):
        query = select(line.c.bill_id, line.c.connection_id).where(line.c.tenant == work.tenant)
        query = query.where(line.c.bill_id.in_(part), line.c.origin.is_(None)).distinct()
        found.append(columns.read(work, query.order_by(line.c.bill_id, line.c.connection_id), found[0].schema))
    return pl.concat(found)


def cancel(work: UnitOfWork, bill_ids: Sequence[int], source_id: int, on: date, day: date) -> None:
    """Note bills as cancelled and post every transfer of theirs the other way round, with the id below zero: a
    transfer is undone once. Raises what the database says where one was cancelled before."""
    if not bill_ids:
        return
    noted = pl.DataFrame({"bill_id": list(bill_ids)}, schema={"bill_id": pl.Int64}).select(
        pl.lit(work.tenant).alias("tenant"),
        "bill_id",
        pl.lit(source_id, dtype=pl.Int64).alias("source_id"),
        pl.lit(on).alias("cancelled_on"),
        pl.lit(day).alias("ledger_day"),
    )
    bulk.load(work, work.table("bill_cancellation"), noted)
    claim = work.table("claim")
    for part in in_batches(bill_ids, BATCH):
        columns.move(work, _reversed(work, part, on, day), work.table("transfer"))
        work.execute(delete(claim).where(claim.c.tenant == work.tenant, claim.c.bill_id.in_(part)))


def _reversed(work: UnitOfWork, bill_ids: Sequence[int], on: date, day: date) -> Select[Any]:
    cancelled, transfer = work.table("bill_cancellation"), work.table("transfer")
    first = cancelled.c.bill_id * TRANSFERS_AT_MOST
    block = (transfer.c.tenant == cancelled.c.tenant) & (transfer.c.id >= first)
    block &= transfer.c.id < first + TRANSFERS_AT_MOST
    changed = {
        "id": -transfer.c.id,
        "debit": transfer.c.credit,
        "credit": transfer.c.debit,
        "business_date": literal(on, transfer.c.business_date.type),
        "ledger_day": literal(day, transfer.c.ledger_day.type),
        "kind": literal(CANCELLATION, transfer.c.kind.type),
    }
    wanted = [changed.get(column.name, column).label(column.name) for column in transfer.columns]
    return (
        select(*wanted)
        .join(transfer, block)
        .select_from(cancelled)
        .where(cancelled.c.tenant == work.tenant, cancelled.c.bill_id.in_(list(bill_ids)))
    )


def add_claims(work: UnitOfWork, period: str, bill_ids: Sequence[int]) -> None:
    """Note for each connection that these bills charge that they do; another bill in force for one fails here."""
    claim = work.table("claim")
    rows = connections_of(work, bill_ids)
    if rows.height:
        named = rows.select(pl.lit(work.tenant).alias("tenant"), pl.lit(period).alias("period"), pl.all())
        bulk.load(work, claim, named)


def claimed(work: UnitOfWork, bill_ids: Sequence[int]) -> set[int]:
    """Which of these bills have noted what they charge."""
    claim = work.table("claim")
    found: set[int] = set()
    for part in in_batches(bill_ids, BATCH):
        query = select(claim.c.bill_id).where(claim.c.tenant == work.tenant, claim.c.bill_id.in_(part)).distinct()
        found |= set(work.execute(query).scalars())
    return found


def charged_twice(work: UnitOfWork) -> int:
    """Connections that two bills in force charge for one and the same period: there must be none."""
    bill, line = work.table("bill"), work.table("bill_line")
    several = (
        select(bill.c.account_id, bill.c.period)
        .where(bill.c.tenant == work.tenant, bill.c.sequence > 0)
        .distinct()
        .subquery()
    )
    again = (bill.c.account_id == several.c.account_id) & (bill.c.period == several.c.period)
    lines = (line.c.tenant == bill.c.tenant) & (line.c.bill_id == bill.c.id) & line.c.origin.is_(None)
    twice = (
        select(line.c.connection_id)
        .select_from(several.join(bill, again).join(line, lines))
        .where(bill.c.tenant == work.tenant, in_force(work, bill.c.id), bill.c.scope != ONE_OFF)
        .group_by(line.c.connection_id, bill.c.period)
        .having(func.count(func.distinct(bill.c.id)) > 1)
        .subquery()
    )
    return int(work.execute(select(func.count()).select_from(twice)).scalar_one())


def undone_in_part(work: UnitOfWork) -> int:
    """Cancelled bills whose transfers do not come to nothing: there must be none."""
    cancelled, transfer = work.table("bill_cancellation"), work.table("transfer")
    first = cancelled.c.bill_id * TRANSFERS_AT_MOST
    posted = (transfer.c.tenant == cancelled.c.tenant) & (transfer.c.id >= first)
    posted &= transfer.c.id < first + TRANSFERS_AT_MOST
    back = transfer.alias("back")
    undone = exists().where(
        back.c.tenant == transfer.c.tenant,
        back.c.id == -transfer.c.id,
        back.c.debit == transfer.c.credit,
        back.c.credit == transfer.c.debit,
        back.c.amount == transfer.c.amount,
    )
    query = select(func.count(func.distinct(cancelled.c.bill_id))).select_from(cancelled.join(transfer, posted))
    return int(work.execute(query.where(cancelled.c.tenant == work.tenant, ~undone)).scalar_one())


def told(work: UnitOfWork, bill_ids: Sequence[int]) -> Sequence[Row[Any]]:
    """source_id, account_id, provider, origin (the latest) of what cancelled bills had moved."""
    transfer = work.table("transfer")
    found: list[Row[Any]] = []
    keys = (transfer.c.source_id, transfer.c.account_id, transfer.c.provider)
    cancelled = work.table("bill_cancellation")
    first = cancelled.c.bill_id * TRANSFERS_AT_MOST
    block = (transfer.c.tenant == cancelled.c.tenant) & (transfer.c.id >= first)
    block &= transfer.c.id < first + TRANSFERS_AT_MOST
    for part in in_batches(bill_ids, BATCH):
        query = select(*keys, func.max(transfer.c.origin).label("origin")).select_from(cancelled.join(transfer, block))
        query = query.where(cancelled.c.tenant == work.tenant, cancelled.c.bill_id.in_(part))
        found += work.execute(query.group_by(*keys).order_by(*keys)).all()
    return found


def chosen(work: UnitOfWork, facts: Mapping[str, Any], limit: int) -> Sequence[Row[Any]]:
    """Bills in force that `facts` names (bill, run, account, scope, periods `since` to `through`) with
    numbers `upto`, at most `limit`. A bill of a service that was asked for once is meant where it is named itself."""
    bill = work.table("bill")
    query = select(bill).where(bill.c.tenant == work.tenant, in_force(work, bill.c.id))
    query = query.where(bill.c.number <= facts["upto"])
    named = {"bill": bill.c.id, "run": bill.c.run_id, "account": bill.c.account_id, "scope": bill.c.scope}
    for name, column in named.items():
        if facts.get(name) is not None:
            query = query.where(column == facts[name])
    if facts.get("bill") is None:
        query = query.where(bill.c.scope != ONE_OFF)
    if facts.get("since"):
        query = query.where(bill.c.period >= facts["since"], bill.c.period <= facts["through"])
    return work.execute(query.order_by(bill.c.id).limit(limit)).all()
