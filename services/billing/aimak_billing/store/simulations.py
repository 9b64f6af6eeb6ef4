"""Simulations and their chunks; and what a chunk reads of all its periods at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from aimak.period import Period
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, delete, func, insert, select, update

from aimak_billing.domain.chunk import Facts
from aimak_billing.domain.spans import Moved
from aimak_billing.domain.supplied import by_days, by_supplier
from aimak_billing.store import columns, facts, period_facts, registers

_DATED = {"valid_from": pl.Date, "valid_to": pl.Date}


def add(work: UnitOfWork, row: Mapping[str, Any], bounds: Sequence[tuple[int, int]]) -> None:
    """Insert a simulation with a chunk for each pair of first and last account."""
    work.execute(insert(work.table("simulation")).values(tenant=work.tenant, **row))
    chunks = [
        {"simulation_id": row["id"], "chunk": number, "first_account": first, "last_account": last}
        for number, (first, last) in enumerate(bounds)
    ]
    work.execute(insert(work.table("simulation_chunk")), [{"tenant": work.tenant, **chunk} for chunk in chunks])


def one(work: UnitOfWork, number: int) -> Row[Any] | None:
    """A simulation."""
    table = work.table("simulation")
    return work.execute(select(table).where(table.c.tenant == work.tenant, table.c.id == number)).one_or_none()


def chunk(work: UnitOfWork, number: int, place: int) -> Row[Any] | None:
    """A chunk, without its sums; locked, so that a message that comes twice waits for itself."""
    table = work.table("simulation_chunk")
    mine = (table.c.tenant == work.tenant) & (table.c.simulation_id == number) & (table.c.chunk == place)
    shown = (table.c.first_account, table.c.last_account, table.c.sums)
    return work.execute(select(*shown).where(mine).with_for_update()).one_or_none()


def keep(work: UnitOfWork, number: int, place: int, accounts: bytes, sums: Mapping[str, Any]) -> int:
    """Keep what a chunk came to and say how many are still undone. The simulation's row stays locked until the
    commit, so that one worker alone finds none left."""
    table, chunks = work.table("simulation"), work.table("simulation_chunk")
    mine = (chunks.c.tenant == work.tenant) & (chunks.c.simulation_id == number) & (chunks.c.chunk == place)
    work.execute(update(chunks).where(mine).values(accounts=accounts, sums=sums))
    same = (table.c.tenant == work.tenant) & (table.c.id == number)
    work.execute(update(table).where(same).values(undone=table.c.undone - 1))
    return int(work.execute(select(table.c.undone).where(same)).scalar_one())


def chunks(work: UnitOfWork, number: int) -> Iterator[Row[Any]]:
    """What every chunk came to."""
    table = work.table("simulation_chunk")
    mine = (table.c.tenant == work.tenant) & (table.c.simulation_id == number)
    yield from work.execute(select(table.c.accounts, table.c.sums).where(mine).order_by(table.c.chunk))


def end(work: UnitOfWork, number: int, state: str, report: Mapping[str, Any] | None = None) -> None:
    """Bring a simulation to its end; its chunks are then of no use."""
    table, parts = work.table("simulation"), work.table("simulation_chunk")
    same = (table.c.tenant == work.tenant) & (table.c.id == number)
    work.execute(update(table).where(same).values(state=state, report=report))
    work.execute(delete(parts).where(parts.c.tenant == work.tenant, parts.c.simulation_id == number))


@dataclass(frozen=True)
class History:
    """What a chunk knows over all of its periods: each table read once, with its dates."""

    accounts: pl.DataFrame
    connections: pl.DataFrame
    past: pl.DataFrame
    residents: pl.DataFrame
    usage: pl.DataFrame

    def facts(self, work: UnitOfWork, first: int, last: int, period: Period) -> Facts:
        """The part that counts for one period, by the rules of a run: what holds on all of its days, and what begins,
        ends or changes inside it."""
        start, end = pl.lit(period.start), pl.lit(period.end)
        whole = (pl.col("valid_from") <= start) & (pl.col("valid_to").is_null() | (pl.col("valid_to") >= end))
        touches = (pl.col("valid_from") < end) & (pl.col("valid_to").is_null() | (pl.col("valid_to") > start))
        persons = [pl.col(name).sum() for name in ("residents", "pensioners")]
        told = self.usage.filter((pl.col("to_date") > start) & (pl.col("to_date") <= end))
        always = self.connections.filter(whole).drop(*_DATED)
        parts = self.connections.filter(touches & ~whole)
        services = self.connections.select("connection_id", "service")
        used = by_supplier(told, services, always, parts, period)
        moved = Moved(
            connections=parts,
            past=self.past.filter(pl.col("valid_to") > start),
            residents=self.residents.filter(touches & ~whole),
            usage=used,
        )
        return Facts(
            accounts=self.accounts,
            connections=always,
            residents=self.residents.filter(whole).group_by("account_id").agg(persons),
            usage=used.group_by("connection_id").agg(pl.col("usage").sum()),
            told=by_days(period_facts.of_period(work, first, last, period), services, always, parts, period),
            moved=moved,
        )


def history(work: UnitOfWork, first: int, last: int, services: Collection[str], periods: Sequence[Period]) -> History:
    """What is known of the accounts with ids from `first` to `last`, of some services, over all of `periods`."""
    account, connection, resident, usage = (work.table(name) for name in ("account", "connection", "resident", "usage"))
    own = select(account.c.id, account.c.status).where(_within(work, account, account.c.id, first, last))
    attributes: Any = func.coalesce(connection.c.attributes, "{}", type_=connection.c.service.type)
    names = ("account_id", "id", "service", "provider", "customer_class")
    connected = select(*(connection.c[name] for name in names), attributes, *_dates(connection)).where(
        _within(work, connection, connection.c.account_id, first, last), connection.c.service.in_(sorted(services))
    )
    living = select(resident.c.account_id, resident.c.persons, resident.c.pensioners, *_dates(resident)).where(
        _within(work, resident, resident.c.account_id, first, last)
    )
    used = select(*(usage.c[name] for name in facts.USED)).where(
        _within(work, usage, usage.c.account_id, first, last),
        usage.c.state == "accepted",
        usage.c.to_date > min(period.start for period in periods),
        usage.c.to_date <= max(period.end for period in periods),
    )
    texts = {name: pl.String for name in ("service", "provider", "customer_class", "attributes")}
    ids = {"account_id": pl.Int64, "connection_id": pl.Int64}
    regimes = {provider.code: provider.regime for provider in registers.providers(work)}
    regime = pl.col("provider").replace_strict(regimes, default=None, return_dtype=pl.String).alias("regime")
    persons = {"account_id": pl.Int64, "residents": pl.Int64, "pensioners": pl.Int64}
    return History(
        columns.read(work, own.order_by(account.c.id), {"account_id": pl.Int64, "status": pl.String}),
        columns.read(work, connected, ids | texts | _DATED).with_columns(regime),
        facts.past(work, first, last, min(period.start for period in periods)),
        columns.read(work, living, persons | _DATED),
        columns.read(work, used, facts.USAGE),
    )


def _dates(table: Any) -> tuple[Any, Any]:
    return table.c.valid_from, table.c.valid_to


def _within(work: UnitOfWork, table: Any, column: Any, first: int, last: int) -> Any:
    return (table.c.tenant == work.tenant) & (column >= first) & (column <= last)
