"""What a chunk reads: its accounts with connections, residents and usage, as columns."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
from aimak.period import Period
from aimak.storage.work import UnitOfWork
from sqlalchemy import ColumnElement, Table, and_, func, or_, select
from sqlalchemy.sql.elements import SQLColumnExpression

from aimak_billing.domain.chunk import Facts
from aimak_billing.domain.spans import Moved
from aimak_billing.domain.supplied import away, by_days, by_supplier
from aimak_billing.store import accounts, columns, period_facts, registers

_CONNECTIONS = {
    "account_id": pl.Int64,
    "connection_id": pl.Int64,
    "service": pl.String,
    "provider": pl.String,
    "customer_class": pl.String,
    "attributes": pl.String,
}
_RESIDENTS = {"account_id": pl.Int64, "residents": pl.Int64, "pensioners": pl.Int64}
_DATED = {"valid_from": pl.Date, "valid_to": pl.Date}
_PAST = {
    "account_id": pl.Int64,
    "connection_id": pl.Int64,
    "valid_to": pl.Date,
    "customer_class": pl.String,
    "attributes": pl.String,
}
USAGE = {"account_id": pl.Int64, "connection_id": pl.Int64, "usage": pl.Int64, "from_date": pl.Date, "to_date": pl.Date}

USED = ("account_id", "connection_id", "quantity_thousandths", "from_date", "to_date")
"""The columns of the table that USAGE names."""


def of_accounts(work: UnitOfWork, first: int, last: int, period: Period) -> Facts:
    """Facts of the accounts with ids from `first` to `last` for a period, each by a range of one table: a join would
    have the planner read tables whole.

    What holds on all days of the period and what begins, ends or changes inside it are read apart: the second is
    little, and only accounts that it concerns are rated by spans of days.
    """
    regimes = {provider.code: provider.regime for provider in registers.providers(work)}
    regime = pl.col("provider").replace_strict(regimes, default=None, return_dtype=pl.String).alias("regime")
    asked = _Asked(work, first, last, period)
    connections = columns.read(work, asked.connections(), _CONNECTIONS)
    residents = columns.read(work, asked.residents(), _RESIDENTS)
    usage = columns.read(work, asked.usage(), USAGE)
    told = period_facts.of_period(work, first, last, period)
    moved_connections = columns.read(work, asked.moved_connections(), _CONNECTIONS | _DATED).with_columns(regime)
    services = _services(work, away(usage, connections), away(told, connections))
    used = by_supplier(usage, services, connections, moved_connections, period)
    moved = Moved(
        connections=moved_connections,
        past=past(work, first, last, period.start),
        residents=columns.read(work, asked.moved_residents(), _RESIDENTS | _DATED),
        usage=used,
    )
    return Facts(
        accounts=columns.read(work, asked.accounts(), {"account_id": pl.Int64, "status": pl.String}),
        connections=connections.with_columns(regime),
        residents=residents,
        told=by_days(told, services, connections, moved_connections, period),
        usage=used.group_by("connection_id").agg(pl.col("usage").cast(pl.Int128).sum().cast(pl.Int64, strict=True)),
        moved=moved,
    )


class _Asked:
    """The queries of one range of accounts and one period."""

    def __init__(self, work: UnitOfWork, first: int, last: int, period: Period) -> None:
        self.work, self.first, self.last, self.period = work, first, last, period

    def accounts(self) -> Any:
        account = self.work.table("account")
        mine = self._within(account, account.c.id)
        return select(account.c.id, account.c.status).where(mine).order_by(account.c.id)

    def connections(self) -> Any:
        connection = self.work.table("connection")
        return self._connection(connection).where(self._all_days(connection))

    def moved_connections(self) -> Any:
        connection = self.work.table("connection")
        dates = (connection.c.valid_from, connection.c.valid_to)
        return self._connection(connection, *dates).where(self._some_days(connection))

    def _connection(self, connection: Table, *dates: ColumnElement[Any]) -> Any:
        return select(
            connection.c.account_id,
            connection.c.id,
            connection.c.service,
            connection.c.provider,
            connection.c.customer_class,
            _as_kept(connection),
            *dates,
        ).where(self._within(connection, connection.c.account_id))

    def residents(self) -> Any:
        resident = self.work.table("resident")
        sums = (func.sum(resident.c.persons), func.sum(resident.c.pensioners))
        return (
            select(resident.c.account_id, *sums)
            .where(self._within(resident, resident.c.account_id), self._all_days(resident))
            .group_by(resident.c.account_id)
        )

    def moved_residents(self) -> Any:
        resident = self.work.table("resident")
        return select(
            resident.c.account_id,
            resident.c.persons,
            resident.c.pensioners,
            resident.c.valid_from,
            resident.c.valid_to,
        ).where(self._within(resident, resident.c.account_id), self._some_days(resident))

    def usage(self) -> Any:
        usage = self.work.table("usage")
        return (
            select(*(usage.c[name] for name in USED))
            .where(self._within(usage, usage.c.account_id))
            .where(usage.c.state == "accepted", of_period(usage, self.period))
        )

    def _within(self, table: Table, column: ColumnElement[int]) -> ColumnElement[bool]:
        return (table.c.tenant == self.work.tenant) & (column >= self.first) & (column <= self.last)

    def _all_days(self, table: Table) -> ColumnElement[bool]:
        lasts = or_(table.c.valid_to.is_(None), table.c.valid_to >= self.period.end)
        return and_(table.c.valid_from <= self.period.start, lasts)

    def _some_days(self, table: Table) -> ColumnElement[bool]:
        overlaps = and_(
            table.c.valid_from < self.period.end,
            or_(table.c.valid_to.is_(None), table.c.valid_to > self.period.start),
        )
        part = or_(table.c.valid_from > self.period.start, table.c.valid_to < self.period.end)
        return and_(overlaps, part)


def _services(work: UnitOfWork, *told: pl.DataFrame) -> pl.DataFrame:
    """connection_id and service of the connections that something was told with."""
    ids = pl.concat([part.get_column("connection_id") for part in told])
    found = accounts.services_of(work, ids.unique().sort().to_list())
    return pl.DataFrame(list(found.items()), schema={"connection_id": pl.Int64, "service": pl.String}, orient="row")


def past(work: UnitOfWork, first: int, last: int, day: date) -> pl.DataFrame:
    """account_id, connection_id, valid_to, customer_class, attributes of what connections of a range of accounts were
    after `day` and are no longer."""
    table = work.table("connection_past")
    query = select(
        table.c.account_id, table.c.connection_id, table.c.valid_to, table.c.customer_class, _as_kept(table)
    ).where(
        table.c.tenant == work.tenant,
        table.c.account_id >= first,
        table.c.account_id <= last,
        table.c.valid_to > day,
    )
    return columns.read(work, query, _PAST)


def _as_kept(table: Table) -> SQLColumnExpression[Any]:
    """The bytes of the attributes as they are kept; the column's own type would parse each."""
    return func.coalesce(table.c.attributes, "{}", type_=table.c.customer_class.type)


def of_period(usage: Table, period: Period) -> ColumnElement[bool]:
    """Usage belongs to the period that holds the day before its end: a reading of 1 November closes October."""
    return (usage.c.to_date > period.start) & (usage.c.to_date <= period.end)
