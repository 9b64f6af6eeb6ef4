"""The ledger's postings summed by day, for the general ledger of the accountants."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
from aimak.ids import DERIVED_FLOOR
from aimak.storage.work import UnitOfWork
from sqlalchemy import case, func, literal, select

from aimak_billing.store import columns
from aimak_billing.store.reports.moves import Books, within

_SCHEMA: dict[str, Any] = {
    "day": pl.Date,
    "kind": pl.String,
    "provider": pl.String,
    "service": pl.String,
    "class": pl.String,
    "raises": pl.Int64,
    "count": pl.Int64,
    "amount": pl.Int64,
}


def by_day(work: UnitOfWork, since: date, books: Books) -> pl.DataFrame:
    """day, kind, provider, service, class, raises (1: the receivable is debited), count, amount (tyiyn)."""
    transfer, account = work.table("transfer"), work.table("account")
    floor = literal(DERIVED_FLOOR, transfer.c.debit.type)
    raises = case((transfer.c.debit < floor, 1), else_=0)
    keys = (
        transfer.c.business_date,
        transfer.c.kind,
        transfer.c.provider,
        transfer.c.service,
        account.c.customer_class,
        raises,
    )
    owner = (account.c.tenant == transfer.c.tenant) & (account.c.id == transfer.c.account_id)
    query = (
        select(*keys, func.count(), func.sum(transfer.c.amount))
        .join(account, owner)
        .where(within(work, books), transfer.c.business_date >= since)
        .group_by(*keys)
    )
    return columns.read(work, query, _SCHEMA)
