"""The ledger's postings summed by day, for the general ledger of the accountants."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
from aimak.entries import account_id
from aimak.ids import DERIVED_FLOOR
from aimak.storage.work import UnitOfWork
from sqlalchemy import ColumnElement, case, func, literal, null, or_, select

from aimak_billing.domain.posting import BUDGET_PAYMENT
from aimak_billing.store import columns, registers
from aimak_billing.store.ledger import CANCELLATION, undoes_document
from aimak_billing.store.reports.moves import Books, within

REVERSAL = "storno"
"""What undoes a document is called here; the ledger has one word for that and for what undoes a bill."""
_SCHEMA: dict[str, Any] = {
    "day": pl.Date,
    "kind": pl.String,
    "provider": pl.String,
    "service": pl.String,
    "class": pl.String,
    "raises": pl.Int64,
    "undone": pl.Int64,
    "count": pl.Int64,
    "amount": pl.Int64,
}


def by_day(work: UnitOfWork, since: date, books: Books) -> pl.DataFrame:
    """day, kind, provider, service, class, raises (1: the receivable is debited; of what the budget pays, what it
    owes), undone (the ledger account that a cancellation takes it back from), count, amount (tyiyn). What the budget
    pays is of no account, so of no class."""
    transfer, account = work.table("transfer"), work.table("account")
    floor = literal(DERIVED_FLOOR, transfer.c.debit.type)
    received = [account_id("budget_received", row.code) for row in registers.providers(work)]
    taken_back = (transfer.c.kind == BUDGET_PAYMENT) & transfer.c.credit.in_(received)
    raises = case((or_(transfer.c.debit < floor, taken_back), 1), else_=0)
    against = case((transfer.c.debit < floor, transfer.c.credit), else_=transfer.c.debit)
    undone = case((transfer.c.kind == CANCELLATION, against), else_=null())
    kind = case((undoes_document(work), literal(REVERSAL)), else_=transfer.c.kind)
    keys = (
        transfer.c.business_date,
        kind,
        transfer.c.provider,
        transfer.c.service,
        account.c.customer_class,
        raises,
        undone,
    )
    owner = (account.c.tenant == transfer.c.tenant) & (account.c.id == transfer.c.account_id)
    query = (
        select(*keys, func.count(), func.sum(transfer.c.amount))
        .outerjoin(account, owner)
        .where(or_(within(work, books), _of_budget(work, books)), transfer.c.business_date >= since)
        .group_by(*keys)
    )
    return columns.read(work, query, _SCHEMA)


def _of_budget(work: UnitOfWork, books: Books) -> ColumnElement[bool]:
    """What the budget paid, within these books."""
    transfer = work.table("transfer")
    paid = (transfer.c.tenant == work.tenant) & (transfer.c.kind == BUDGET_PAYMENT)
    paid &= transfer.c.business_date <= books.through
    return paid if books.as_of is None else paid & (transfer.c.ledger_day <= books.as_of)
