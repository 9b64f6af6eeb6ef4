"""What budget lines owe creditors in the place of residents, from the ledger."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

import polars as pl
from aimak.ids import DERIVED_FLOOR
from aimak.storage.work import UnitOfWork
from sqlalchemy import ColumnElement, case, func, literal, or_, select

from aimak_billing.domain.posting import BUDGET_PAYMENT, RELIEF
from aimak_billing.store import columns
from aimak_billing.store.reports.moves import Books

SUMS = {"debtor": pl.Int64, **dict.fromkeys(("opening", "charged", "recalculated", "paid"), pl.Int64)}


def sums(work: UnitOfWork, books: Books, since: date, accounts: Collection[int]) -> pl.DataFrame:
    """SUMS of the ledger accounts of debtors, tyiyn: what stood before `since`, and from then on what they took over,
    what corrections changed of it, and what they paid (above zero)."""
    transfer = work.table("transfer")
    mine = sorted(accounts)
    debited = transfer.c.debit.in_(mine)
    moved = case((debited, transfer.c.amount), else_=-transfer.c.amount)
    before, kind = transfer.c.business_date < since, transfer.c.kind
    taken, paid = kind == RELIEF, kind == BUDGET_PAYMENT
    parts = [(before, moved), (~before & taken, moved), (~before & ~taken & ~paid, moved), (~before & paid, -moved)]
    added = [func.coalesce(func.sum(case((part, amount))), 0) for part, amount in parts]
    whose = case((debited, transfer.c.debit), else_=transfer.c.credit)
    query = select(whose, *added).where(_within(work, books), or_(debited, transfer.c.credit.in_(mine)))
    return columns.read(work, query.group_by(whose), SUMS)


def taken_over(work: UnitOfWork, books: Books) -> int:
    """What residents' receivables were relieved of in all, less what was undone (tyiyn)."""
    transfer = work.table("transfer")
    back = transfer.alias("back")
    floor = literal(DERIVED_FLOOR, transfer.c.credit.type)
    relieved = case((transfer.c.credit < floor, transfer.c.amount), else_=-transfer.c.amount)
    relief = transfer.c.kind == RELIEF
    whole = select(func.sum(relieved)).where(_within(work, books), relief)
    # What undoes a transfer has its id below zero.
    same = (back.c.tenant == transfer.c.tenant) & (back.c.id == -transfer.c.id)
    undone = select(func.sum(relieved)).select_from(transfer).join(back, same)
    undone = undone.where(transfer.c.tenant == work.tenant, relief, _until(back, books))
    return int(work.execute(whole).scalar() or 0) - int(work.execute(undone).scalar() or 0)


def _within(work: UnitOfWork, books: Books) -> ColumnElement[bool]:
    transfer = work.table("transfer")
    return (transfer.c.tenant == work.tenant) & _until(transfer, books)


def _until(transfer: Any, books: Books) -> ColumnElement[bool]:
    known: ColumnElement[bool] = transfer.c.business_date <= books.through
    return known if books.as_of is None else known & (transfer.c.ledger_day <= books.as_of)
