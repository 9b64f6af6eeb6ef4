"""Sums of the turnover sheet, one scan of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
from aimak.storage.work import UnitOfWork
from sqlalchemy import ColumnElement, and_, case, func, select, tuple_

from aimak_billing.store import columns
from aimak_billing.store.reports.moves import Books, effect, within

SUMS = ("opening", "charged", "recalculated", "paid", "written_off", "tax")
_CHARGES = ("charge", "tax", "relief")
_PAID = ("payment", "refund")


def sums(work: UnitOfWork, books: Books, since: date, keys: Sequence[str]) -> pl.DataFrame:
    """`keys` (account_id, provider, service, class, street_id) with what stood before `since` and what came in from
    then on, in tyiyn; paid and written off as people say them, above zero where the debt falls."""
    transfer, account, premise = work.table("transfer"), work.table("account"), work.table("premise")
    named: dict[str, Any] = {
        "account_id": transfer.c.account_id,
        "provider": transfer.c.provider,
        "service": transfer.c.service,
        "class": account.c.customer_class,
        "street_id": premise.c.street_id,
    }
    wanted = [named[key].label(key) for key in keys]
    query = select(*wanted, *_sums(work, since)).where(within(work, books)).group_by(*(named[key] for key in keys))
    if {"class", "street_id"} & set(keys):
        owner = (account.c.tenant == transfer.c.tenant) & (account.c.id == transfer.c.account_id)
        query = query.join(account, owner)
    if "street_id" in keys:
        query = query.outerjoin(
            premise, (premise.c.tenant == account.c.tenant) & (premise.c.id == account.c.premise_id)
        )
    types = {"account_id": pl.Int64, "street_id": pl.Int64}
    schema = {key: types.get(key, pl.String) for key in keys} | dict.fromkeys(SUMS, pl.Int64)
    return columns.read(work, query, schema)


def _sums(work: UnitOfWork, since: date) -> list[Any]:
    transfer, moved = work.table("transfer"), effect(work)
    before = (transfer.c.business_date < since) | (transfer.c.kind == "opening")
    first = transfer.c.kind.in_(_CHARGES) & _first_bill(work, since)
    paid, written = transfer.c.kind.in_(_PAID), transfer.c.kind == "write_off"
    parts: list[tuple[ColumnElement[bool], Any]] = [
        (before, moved),
        (and_(~before, first), moved),
        (and_(~before, ~first, ~paid, ~written), moved),
        (and_(~before, paid), -moved),
        (and_(~before, written), -moved),
        (and_(~before, transfer.c.kind == "tax"), moved),
    ]
    return [func.coalesce(func.sum(case((condition, amount))), 0) for condition, amount in parts]


def _first_bill(work: UnitOfWork, since: date) -> ColumnElement[bool]:
    """Whether a charge is the usual bill of its period; what a later bill charges for it, or a usual bill for an
    earlier period, is a recalculation."""
    transfer, bill, run = work.table("transfer"), work.table("bill"), work.table("run")
    again = select(bill.c.id).where(bill.c.tenant == work.tenant, bill.c.issued_on >= since, bill.c.sequence > 0)
    usual = select(run.c.issued_on, run.c.period).where(
        run.c.tenant == work.tenant, run.c.generation == 0, run.c.issued_on.is_not(None)
    )
    return tuple_(transfer.c.business_date, transfer.c.origin).in_(usual) & transfer.c.source_id.not_in(again)


def receivables(work: UnitOfWork, books: Books) -> dict[str, int]:
    """What is owed to each creditor by the ledger's accounts alone: debits less credits of the receivables."""
    transfer = work.table("transfer")
    query = select(transfer.c.provider, func.sum(effect(work))).where(within(work, books))
    rows = work.execute(query.group_by(transfer.c.provider).order_by(transfer.c.provider)).all()
    return {provider: int(amount) for provider, amount in rows}


def billed(work: UnitOfWork, books: Books, since: date) -> int:
    """What bills issued from `since` on say, less those cancelled since then."""
    bill, cancelled = work.table("bill"), work.table("bill_cancellation")
    issued = select(func.sum(bill.c.net + bill.c.tax)).where(
        bill.c.tenant == work.tenant, bill.c.issued_on >= since, bill.c.issued_on <= books.through
    )
    same = (bill.c.tenant == cancelled.c.tenant) & (bill.c.id == cancelled.c.bill_id)
    undone = (
        select(func.sum(bill.c.net + bill.c.tax))
        .join(cancelled, same)
        .where(
            bill.c.tenant == work.tenant, cancelled.c.cancelled_on >= since, cancelled.c.cancelled_on <= books.through
        )
    )
    if books.as_of is not None:
        issued = issued.where(bill.c.ledger_day <= books.as_of)
        undone = undone.where(cancelled.c.ledger_day <= books.as_of)
    return int(work.execute(issued).scalar() or 0) - int(work.execute(undone).scalar() or 0)


def charged(work: UnitOfWork, books: Books, since: date) -> int:
    """What the ledger holds for bills and cancellations from `since` on."""
    transfer = work.table("transfer")
    kinds = transfer.c.kind.in_([*_CHARGES, "cancellation"]) & (transfer.c.business_date >= since)
    query = select(func.sum(effect(work))).where(within(work, books), kinds)
    return int(work.execute(query).scalar() or 0)
