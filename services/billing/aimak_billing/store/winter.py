"""The usage that winter averages are made of."""

from __future__ import annotations

import polars as pl
from aimak.period import Period
from aimak.storage.work import UnitOfWork
from sqlalchemy import select

from aimak_billing.store import columns
from aimak_billing.store.facts import of_period

USED = {"account_id": pl.Int64, "usage": pl.Int64, "to_date": pl.Date}


def usage(work: UnitOfWork, first: int, last: int, service: str, winter: Period) -> pl.DataFrame:
    """USED of the accounts with ids from `first` to `last`: accepted usage of a service that belongs to the winter."""
    used, connection = work.table("usage"), work.table("connection")
    same = (connection.c.tenant == used.c.tenant) & (connection.c.id == used.c.connection_id)
    query = select(used.c.account_id, used.c.quantity_thousandths, used.c.to_date).join(connection, same)
    mine = (used.c.tenant == work.tenant) & (used.c.account_id >= first) & (used.c.account_id <= last)
    query = query.where(mine, used.c.state == "accepted", of_period(used, winter), connection.c.service == service)
    return columns.read(work, query, USED)
