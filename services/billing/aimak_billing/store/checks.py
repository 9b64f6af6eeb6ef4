"""Counts of a run's connections, rules that sort bills out, and decisions on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from aimak.period import Period
from aimak.storage.work import UnitOfWork
from sqlalchemy import ColumnElement, Row, and_, delete, func, insert, or_, select

from aimak_billing.domain.corrections.outsort import HISTORY
from aimak_billing.domain.corrections.selection import is_limited
from aimak_billing.domain.cycle import ONE_OFF
from aimak_billing.store import columns
from aimak_billing.store.cancellations import in_force


def active(work: UnitOfWork, run: Row[Any], *, limited: bool) -> dict[tuple[str, str], int]:
    """Connections that have a day in the run's period, by service and provider, of the accounts and services that the
    run is of; counted from the register itself, not from what the run has seen."""
    connection = work.table("connection")
    keys = (connection.c.service, connection.c.provider)
    query = select(*keys, func.count()).where(_active(work, Period.month(run.period))).group_by(*keys)
    if limited:
        member = work.table("run_member")
        same = and_(member.c.tenant == connection.c.tenant, member.c.account_id == connection.c.account_id)
        query = query.join(member, and_(same, member.c.run_id == run.id))
    return {(row[0], row[1]): int(row[2]) for row in work.execute(query)}


def _active(work: UnitOfWork, period: Period) -> ColumnElement[bool]:
    connection = work.table("connection")
    lasts = or_(connection.c.valid_to.is_(None), connection.c.valid_to > period.start)
    days = or_(connection.c.valid_to.is_(None), connection.c.valid_to > connection.c.valid_from)
    return and_(connection.c.tenant == work.tenant, connection.c.valid_from < period.end, lasts, days)


def left_out(work: UnitOfWork, period: Period, runs: Sequence[Row[Any]]) -> int:
    """How many accounts have a connection with a day in a period that none of these runs was over."""
    connection, member = work.table("connection"), work.table("run_member")
    limited = [run.id for run in runs if is_limited(run.selection)]
    inside = select(member.c.account_id).where(member.c.tenant == work.tenant, member.c.run_id.in_(limited))
    missing = [_active(work, period), connection.c.account_id.not_in(inside)]
    for run in runs:
        kind, _, value = run.scope.partition(":")
        if run.id not in limited and value:
            missing.append(connection.c[kind] != value)
    query = select(func.count(connection.c.account_id.distinct())).where(*missing)
    return int(work.execute(query).scalar_one())


def counted(work: UnitOfWork, run_id: int) -> Sequence[Row[Any]]:
    """service, provider, billed, held, exempt of a run, in order."""
    table = work.table("run_count")
    keys = (table.c.service, table.c.provider)
    sums = [func.sum(table.c[name]).label(name) for name in ("billed", "held", "exempt")]
    mine = (table.c.tenant == work.tenant) & (table.c.run_id == run_id)
    return work.execute(select(*keys, *sums).where(mine).group_by(*keys).order_by(*keys)).all()


def rules(work: UnitOfWork) -> dict[str, int]:
    """The rules that sort out, each with its times (thousandths)."""
    table = work.table("outsort_rule")
    query = select(table.c.rule, table.c.times_thousandths).where(table.c.tenant == work.tenant)
    return {row[0]: row[1] for row in work.execute(query.order_by(table.c.rule))}


def write_rules(work: UnitOfWork, wanted: Mapping[str, int]) -> None:
    """Have these rules and no others."""
    table = work.table("outsort_rule")
    work.execute(delete(table).where(table.c.tenant == work.tenant))
    if wanted:
        rows = [{"tenant": work.tenant, "rule": rule, "times_thousandths": times} for rule, times in wanted.items()]
        work.execute(insert(table), rows)


def history(work: UnitOfWork, first: int, last: int, since: str, before: str) -> pl.DataFrame:
    """HISTORY of accounts with ids from `first` to `last`: bills in force of periods from `since` on, before
    `before`."""
    bill = work.table("bill")
    mine = (bill.c.tenant == work.tenant) & (bill.c.account_id >= first) & (bill.c.account_id <= last)
    mine &= (bill.c.period >= since) & (bill.c.period < before) & in_force(work, bill.c.id) & (bill.c.scope != ONE_OFF)
    keys = (bill.c.account_id, bill.c.period)
    query = select(*keys, func.sum(bill.c.net + bill.c.tax), func.max(bill.c.residents)).where(mine)
    return columns.read(work, query.group_by(*keys).order_by(*keys), HISTORY)


def lines_before(work: UnitOfWork, first: int, last: int, since: str, before: str) -> pl.DataFrame:
    """account_id, connection_id, tariff_version, estimated (1 where by norm), period of lines of such bills."""
    bill, line = work.table("bill"), work.table("bill_line")
    mine = (bill.c.tenant == work.tenant) & (bill.c.account_id >= first) & (bill.c.account_id <= last)
    mine &= (bill.c.period >= since) & (bill.c.period < before) & in_force(work, bill.c.id) & (bill.c.scope != ONE_OFF)
    same = (line.c.tenant == bill.c.tenant) & (line.c.bill_id == bill.c.id) & line.c.origin.is_(None)
    query = select(bill.c.account_id, line.c.connection_id, line.c.tariff_version, bill.c.period, line.c.basis)
    schema = {
        "account_id": pl.Int64,
        "connection_id": pl.Int64,
        "tariff_version": pl.Int64,
        "period": pl.String,
        "basis": pl.String,
    }
    return columns.read(work, query.join(line, same).where(mine), schema)


def outsorts(work: UnitOfWork, run_id: int) -> Sequence[Row[Any]]:
    """Every bill that a rule sorted out, with the account's number, by account and rule."""
    table, account = work.table("run_outsort"), work.table("account")
    owner = (account.c.tenant == table.c.tenant) & (account.c.id == table.c.account_id)
    query = select(table, account.c.number).join(account, owner)
    mine = (table.c.tenant == work.tenant) & (table.c.run_id == run_id)
    return work.execute(query.where(mine).order_by(table.c.account_id, table.c.rule)).all()


def decisions(work: UnitOfWork, run_id: int) -> dict[int, Row[Any]]:
    """The last decision on each account of a run."""
    table = work.table("outsort_decision")
    mine = (table.c.tenant == work.tenant) & (table.c.run_id == run_id)
    rows = work.execute(select(table).where(mine).order_by(table.c.account_id, table.c.attempt))
    return {row.account_id: row for row in rows}


def decide(work: UnitOfWork, row: Mapping[str, Any]) -> None:
    """Note a decision; it never changes."""
    work.execute(insert(work.table("outsort_decision")).values(tenant=work.tenant, **row))


def chunk_of(work: UnitOfWork, run_id: int, account_id: int) -> int | None:
    """The chunk in which an account was sorted out."""
    table = work.table("run_outsort")
    mine = (table.c.tenant == work.tenant) & (table.c.run_id == run_id) & (table.c.account_id == account_id)
    return work.execute(select(table.c.chunk).where(mine).limit(1)).scalar()
