"""What a chunk reads: its accounts with connections, residents and usage, as columns."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
from aimak.period import Period
from aimak.storage.work import UnitOfWork
from sqlalchemy import ColumnElement, Table, func, or_, select
from sqlalchemy.sql.elements import SQLColumnExpression

from aimak_billing.domain.chunk import Facts
from aimak_billing.store import columns, period_facts, registers

_CONNECTIONS = {
    "account_id": pl.Int64,
    "connection_id": pl.Int64,
    "service": pl.String,
    "provider": pl.String,
    "customer_class": pl.String,
    "attributes": pl.String,
}


def of_accounts(work: UnitOfWork, first: int, last: int, period: Period) -> Facts:
    """Facts of the accounts with ids from `first` to `last` for a period, each by a range of one table: a join would
    have the planner read tables whole.

    What holds on the period's last day holds for all of it: a connection made in the period is billed whole, one
    that ended in it is not.
    """
    day = period.last_day
    regimes = {provider.code: provider.regime for provider in registers.providers(work)}
    connections = columns.read(work, _connections(work, first, last, day), _CONNECTIONS)
    regime = pl.col("provider").replace_strict(regimes, default=None, return_dtype=pl.String).alias("regime")
    return Facts(
        accounts=columns.read(work, _accounts(work, first, last), {"account_id": pl.Int64, "status": pl.String}),
        connections=connections.with_columns(regime),
        residents=columns.read(
            work,
            _residents(work, first, last, day),
            {"account_id": pl.Int64, "residents": pl.Int64, "pensioners": pl.Int64},
        ),
        told=period_facts.of_period(work, first, last, period),
        usage=columns.read(work, _usage(work, first, last, period), {"connection_id": pl.Int64, "usage": pl.Int64}),
    )


def _accounts(work: UnitOfWork, first: int, last: int) -> Any:
    account = work.table("account")
    mine = _within(work, account, account.c.id, first, last)
    return select(account.c.id, account.c.status).where(mine).order_by(account.c.id)


def _connections(work: UnitOfWork, first: int, last: int, day: date) -> Any:
    connection = work.table("connection")
    # The bytes of the attributes as they are kept; the column's own type would parse each.
    attributes: SQLColumnExpression[Any] = func.coalesce(connection.c.attributes, "{}", type_=connection.c.service.type)
    return select(
        connection.c.account_id,
        connection.c.id,
        connection.c.service,
        connection.c.provider,
        connection.c.customer_class,
        attributes,
    ).where(_within(work, connection, connection.c.account_id, first, last), _holds(connection, day))


def _residents(work: UnitOfWork, first: int, last: int, day: date) -> Any:
    resident = work.table("resident")
    sums = (func.sum(resident.c.persons), func.sum(resident.c.pensioners))
    return (
        select(resident.c.account_id, *sums)
        .where(_within(work, resident, resident.c.account_id, first, last), _holds(resident, day))
        .group_by(resident.c.account_id)
    )


def _usage(work: UnitOfWork, first: int, last: int, period: Period) -> Any:
    usage = work.table("usage")
    return (
        select(usage.c.connection_id, func.sum(usage.c.quantity_thousandths))
        .where(_within(work, usage, usage.c.account_id, first, last))
        .where(usage.c.state == "accepted", of_period(usage, period))
        .group_by(usage.c.connection_id)
    )


def of_period(usage: Table, period: Period) -> ColumnElement[bool]:
    """Usage belongs to the period that holds the day before its end: a reading of 1 November closes October."""
    return (usage.c.to_date > period.start) & (usage.c.to_date <= period.end)


def _within(work: UnitOfWork, table: Table, column: ColumnElement[int], first: int, last: int) -> ColumnElement[bool]:
    return (table.c.tenant == work.tenant) & (column >= first) & (column <= last)


def _holds(table: Table, day: date) -> ColumnElement[bool]:
    return (table.c.valid_from <= day) & or_(table.c.valid_to.is_(None), table.c.valid_to > day)
