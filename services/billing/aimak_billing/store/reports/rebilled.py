"""What bills made anew moved: what was cancelled for them, and what came in its place."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from aimak.storage.work import UnitOfWork
from sqlalchemy import ColumnElement, FromClause, Row, Select, exists, func, select, union_all

from aimak_billing.domain.cycle import ONE_OFF
from aimak_billing.store.touched import AFTER_THE_BILL, USAGE


def of_accounts(work: UnitOfWork, account_ids: Collection[int]) -> Sequence[Row[Any]]:
    """What runs that made bills anew moved at accounts: account_id, origin (the period), run_id, amount (tyiyn)."""
    bill = work.table("bill")
    return _moved(work, bill.c.account_id.in_(sorted(account_ids)))


def of_runs(work: UnitOfWork, run_ids: Collection[int]) -> Sequence[Row[Any]]:
    """The same of some runs, whosever bills they were."""
    return _moved(work, work.table("run").c.id.in_(sorted(run_ids)))


def _moved(work: UnitOfWork, which: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """Bills that runs cancelled, taken back with what they corrected of earlier periods, and what the new bills charge
    for their own period. What these correct of earlier ones is told with every other bill's."""
    bill, line, run = work.table("bill"), work.table("bill_line"), work.table("run")
    cancelled = work.table("bill_cancellation")
    period = func.coalesce(line.c.origin, bill.c.period)
    lines = (line.c.tenant == bill.c.tenant) & (line.c.bill_id == bill.c.id)
    gone = (cancelled.c.tenant == bill.c.tenant) & (cancelled.c.bill_id == bill.c.id)
    by_run = (run.c.tenant == cancelled.c.tenant) & (run.c.id == cancelled.c.source_id)
    of_run = (run.c.tenant == bill.c.tenant) & (run.c.id == bill.c.run_id)
    keys = (bill.c.account_id, period.label("origin"), run.c.id.label("run_id"))
    taken = (
        select(*keys, (-func.sum(line.c.amount)).label("amount"))
        .select_from(bill.join(cancelled, gone).join(run, by_run).join(line, lines))
        .where(bill.c.tenant == work.tenant, which)
        .group_by(bill.c.account_id, period, run.c.id)
    )
    charged = (
        select(*keys, func.sum(line.c.amount).label("amount"))
        .select_from(bill.join(run, of_run).join(line, lines & line.c.origin.is_(None)))
        .where(bill.c.tenant == work.tenant, _replaces(work, bill), which)
        .group_by(bill.c.account_id, period, run.c.id)
    )
    every = union_all(taken, charged).subquery()
    asked = (every.c.account_id, every.c.origin, every.c.run_id)
    query = select(*asked, func.sum(every.c.amount).label("amount")).group_by(*asked)
    return work.execute(query.order_by(every.c.run_id, every.c.account_id, every.c.origin)).all()


def _replaces(work: UnitOfWork, bill: FromClause) -> ColumnElement[bool]:
    """Whether the run of a bill cancelled another of the account."""
    old, cancelled = work.table("bill").alias("replaced"), work.table("bill_cancellation").alias("by_its_run")
    gone = (cancelled.c.tenant == old.c.tenant) & (cancelled.c.bill_id == old.c.id)
    mine = (old.c.tenant == bill.c.tenant) & (old.c.account_id == bill.c.account_id)
    query = select(old.c.id).join(cancelled, gone).where(mine, cancelled.c.source_id == bill.c.run_id)
    return query.correlate(bill).exists()


def runs(work: UnitOfWork, since: datetime, until: datetime) -> dict[int, Row[Any]]:
    """Runs issued in these days that make bills anew, with their reason and period: by id, with `at`."""
    run, approval = work.table("run"), work.table("approval")
    same = (approval.c.tenant == run.c.tenant) & (approval.c.run_id == run.c.id)
    query = (
        select(run.c.id, run.c.period, run.c.reason, func.max(approval.c.at).label("at"))
        .join(approval, same)
        .where(run.c.tenant == work.tenant, run.c.replaces.is_(True), approval.c.action == "issue")
        .group_by(run.c.id, run.c.period, run.c.reason)
        .having(func.max(approval.c.at) >= since, func.max(approval.c.at) < until)
    )
    return {row.id: row for row in work.execute(query.order_by(run.c.id))}


def hands(work: UnitOfWork, run_ids: Collection[int]) -> dict[tuple[int, str], str]:
    """Who last did what to runs, by run and action (preview, approve, issue)."""
    table = work.table("approval")
    query = select(table).where(table.c.tenant == work.tenant, table.c.run_id.in_(sorted(run_ids)))
    return {(row.run_id, row.action): row.actor for row in work.execute(query.order_by(table.c.at, table.c.id))}


def numbers(work: UnitOfWork, account_ids: Collection[int]) -> dict[int, str]:
    """The numbers of accounts by id."""
    table = work.table("account")
    query = select(table.c.id, table.c.number).where(table.c.tenant == work.tenant, table.c.id.in_(sorted(account_ids)))
    return {row[0]: row[1] for row in work.execute(query)}


def first_noted(work: UnitOfWork, run_ids: Collection[int]) -> dict[tuple[int, str], datetime]:
    """When something was first changed after the bill, by account and period, of accounts whose bills runs
    cancelled."""
    audit = work.table("audit")
    mine = (audit.c.tenant == work.tenant) & audit.c.account_id.in_(_accounts(work, run_ids))
    query = select(audit.c.account_id, audit.c.after, audit.c.at).where(mine, audit.c.action == AFTER_THE_BILL)
    found: dict[tuple[int, str], datetime] = {}
    for row in work.execute(query.order_by(audit.c.at, audit.c.id)):
        found.setdefault((row.account_id, row.after["period"]), row.at)
    return found


def of_usage(work: UnitOfWork, run_ids: Collection[int]) -> set[tuple[int, str]]:
    """(account id, period) of which metering told something new, of accounts whose bills runs cancelled."""
    table = work.table("touched")
    mine = (table.c.tenant == work.tenant) & table.c.account_id.in_(_accounts(work, run_ids))
    query = select(table.c.account_id, table.c.period).where(mine, table.c.reason == USAGE)
    return {(row[0], row[1]) for row in work.execute(query)}


def _accounts(work: UnitOfWork, run_ids: Collection[int]) -> Select[Any]:
    bill, cancelled = work.table("bill"), work.table("bill_cancellation")
    gone = (cancelled.c.tenant == bill.c.tenant) & (cancelled.c.bill_id == bill.c.id)
    query = select(bill.c.account_id).join(cancelled, gone)
    return query.where(bill.c.tenant == work.tenant, cancelled.c.source_id.in_(sorted(run_ids)))


def after_documents(work: UnitOfWork, documents: Collection[int]) -> dict[int, int]:
    """What was billed in the place of bills that documents cancelled, by document (tyiyn): the next bill of the account
    and period that charges one of the connections, unless it replaced another bill too."""
    bill, line, cancelled = work.table("bill"), work.table("bill_line"), work.table("bill_cancellation")
    document, old, between = work.table("correction"), bill.alias("old"), bill.alias("between")
    gone = (cancelled.c.tenant == old.c.tenant) & (cancelled.c.bill_id == old.c.id)
    by_document = (document.c.tenant == cancelled.c.tenant) & (document.c.id == cancelled.c.source_id)
    nearer = (between.c.sequence > old.c.sequence) & (between.c.sequence < bill.c.sequence)
    other = exists().where(_alike(between, bill), nearer, _shares(work, between, bill))
    follows = (bill.c.sequence > old.c.sequence) & _shares(work, old, bill) & ~other & ~_replaces(work, bill)
    placed = (
        select(bill.c.id, func.max(cancelled.c.source_id).label("document"))
        .select_from(old.join(cancelled, gone).join(document, by_document).join(bill, _alike(old, bill)))
        .where(bill.c.tenant == work.tenant, follows)
        .group_by(bill.c.id)
        .subquery()
    )
    own = (line.c.tenant == work.tenant) & (line.c.bill_id == placed.c.id) & line.c.origin.is_(None)
    query = select(placed.c.document, func.sum(line.c.amount)).join(line, own).group_by(placed.c.document)
    rows = work.execute(query.where(placed.c.document.in_(sorted(documents))))
    return {number: int(amount) for number, amount in map(tuple, rows)}


def _alike(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """Bills of the same account and period that runs made."""
    same = (one.c.tenant == other.c.tenant) & (one.c.account_id == other.c.account_id)
    return same & (one.c.period == other.c.period) & (one.c.scope != ONE_OFF) & (other.c.scope != ONE_OFF)


def _shares(work: UnitOfWork, one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """Whether both charge one connection for their own period."""
    mine, theirs = work.table("bill_line").alias(), work.table("bill_line").alias()
    lines = (mine.c.tenant == one.c.tenant) & (mine.c.bill_id == one.c.id) & mine.c.origin.is_(None)
    lines &= (theirs.c.tenant == other.c.tenant) & (theirs.c.bill_id == other.c.id) & theirs.c.origin.is_(None)
    return exists().where(lines, mine.c.connection_id == theirs.c.connection_id)
