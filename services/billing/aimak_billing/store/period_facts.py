"""Queries on facts of periods."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import polars as pl
from aimak.period import Period
from aimak.storage import bulk
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, or_, select

from aimak_billing.store import accounts, columns

KEY = ("tenant", "connection_id", "name", "from_date")
_OF_PERIOD = {
    "account_id": pl.Int64,
    "connection_id": pl.Int64,
    "name": pl.String,
    "from_date": pl.Date,
    "to_date": pl.Date,
    "value_thousandths": pl.Int64,
}
_CHANGED = {
    "connection_id": pl.Int64,
    "name": pl.String,
    "from_date": pl.Date,
    "to_date": pl.Date,
    "value_thousandths": pl.Int64,
    "ground": pl.String,
    "version": pl.Int64,
}


def of_accounts(work: UnitOfWork, account_ids: Collection[int]) -> Sequence[Row[Any]]:
    """All facts of some accounts, by connection, name and date."""
    table = work.table("period_fact")
    mine = (table.c.tenant == work.tenant) & table.c.account_id.in_(list(account_ids))
    order = (table.c.connection_id, table.c.name, table.c.from_date)
    return work.execute(select(table).where(mine).order_by(*order)).all()


def of_period(work: UnitOfWork, first: int, last: int, period: Period) -> pl.DataFrame:
    """account_id, connection_id, name, from_date, to_date, value_thousandths of the facts that touch a period, of the
    accounts with ids from `first` to `last`."""
    table = work.table("period_fact")
    query = select(*(table.c[name] for name in _OF_PERIOD)).where(
        table.c.tenant == work.tenant,
        table.c.account_id >= first,
        table.c.account_id <= last,
        table.c.from_date < period.end,
        or_(table.c.to_date.is_(None), table.c.to_date > period.start),
    )
    return columns.read(work, query, _OF_PERIOD)


def write(work: UnitOfWork, fresh: Sequence[Mapping[str, Any]], changed: Sequence[Mapping[str, Any]]) -> None:
    """Insert facts, and write others again by their keys."""
    accounts.add_rows(work, "period_fact", [dict(row) for row in fresh])
    if changed:
        frame = pl.DataFrame({name: [row[name] for row in changed] for name in _CHANGED}, schema=_CHANGED)
        bulk.change(work, work.table("period_fact"), frame.with_columns(pl.lit(work.tenant).alias("tenant")), KEY)
