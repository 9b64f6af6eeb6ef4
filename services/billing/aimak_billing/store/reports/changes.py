"""What was changed after bills, by whom, and what it moved."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from aimak.batches import in_batches
from aimak.storage.work import UnitOfWork
from sqlalchemy import ColumnElement, Row, func, select

from aimak_billing.store.ledger import CANCELLATION
from aimak_billing.store.reports.moves import effect
from aimak_billing.store.touched import AFTER_THE_BILL, USAGE

_CHARGED_LATER = (CANCELLATION, "adjustment", "write_off", "transfer", "refund")


def noted(work: UnitOfWork, since: datetime, until: datetime) -> Sequence[Row[Any]]:
    """Changes of these days to accounts that were billed already, in order of time; `paper`: the ground that the same
    command gave for the account."""
    table = work.table("audit")
    return _noted(work, (table.c.at >= since) & (table.c.at < until))


def noted_of(work: UnitOfWork, account_ids: Collection[int]) -> Sequence[Row[Any]]:
    """The same of some accounts, whenever it was."""
    return _noted(work, work.table("audit").c.account_id.in_(sorted(account_ids)))


def _noted(work: UnitOfWork, which: ColumnElement[bool]) -> Sequence[Row[Any]]:
    audit, account = work.table("audit"), work.table("account")
    same = audit.alias("same")
    together = (same.c.tenant == audit.c.tenant) & (same.c.account_id == audit.c.account_id)
    together &= (same.c.at == audit.c.at) & (same.c.actor == audit.c.actor)
    paper = select(func.max(same.c.ground)).where(together).scalar_subquery()
    owner = (account.c.tenant == audit.c.tenant) & (account.c.id == audit.c.account_id)
    query = (
        select(audit, account.c.number.label("account"), paper.label("paper"))
        .join(account, owner)
        .where(audit.c.tenant == work.tenant, audit.c.action == AFTER_THE_BILL, which)
    )
    return work.execute(query.order_by(audit.c.at, audit.c.id)).all()


def told_by_usage(work: UnitOfWork, account_ids: Collection[int]) -> Sequence[Row[Any]]:
    """Periods of some accounts of which metering told something new after a run had looked at them: account_id,
    account, period, and whether that waits for a bill (`open`)."""
    touched, account = work.table("touched"), work.table("account")
    owner = (account.c.tenant == touched.c.tenant) & (account.c.id == touched.c.account_id)
    waits = touched.c.bill_id.is_(None).label("open")
    query = (
        select(touched.c.account_id, account.c.number.label("account"), touched.c.period, waits)
        .join(account, owner)
        .where(touched.c.tenant == work.tenant, touched.c.reason == USAGE)
        .where(touched.c.account_id.in_(sorted(account_ids)))
    )
    return work.execute(query.order_by(touched.c.account_id, touched.c.period)).all()


def differences(work: UnitOfWork, account_ids: Collection[int]) -> Sequence[Row[Any]]:
    """What later bills charged accounts for earlier periods: account_id, period, bill, number, run, amount, in order
    of bills."""
    bill, line = work.table("bill"), work.table("bill_line")
    same = (line.c.tenant == bill.c.tenant) & (line.c.bill_id == bill.c.id)
    keys = (bill.c.account_id, line.c.origin, bill.c.id, bill.c.number, bill.c.run_id)
    query = (
        select(*keys, func.sum(line.c.amount).label("amount"))
        .join(line, same)
        .where(bill.c.tenant == work.tenant, bill.c.account_id.in_(sorted(account_ids)), line.c.origin.is_not(None))
        .group_by(*keys)
    )
    return work.execute(query.order_by(bill.c.id, line.c.origin)).all()


def decided(work: UnitOfWork, since: date, until: datetime, kinds: Collection[str] | None = None) -> Sequence[Row[Any]]:
    """Approved documents, with who entered and who approved them, in order."""
    document, decision, account = (work.table(name) for name in ("correction", "correction_decision", "account"))
    same = (decision.c.tenant == document.c.tenant) & (decision.c.correction_id == document.c.id)
    owner = (account.c.tenant == document.c.tenant) & (account.c.id == document.c.account_id)
    told = (decision.c.actor.label("approved_by"), decision.c.at, account.c.number.label("account"))
    query = (
        select(document, *told)
        .join(decision, same)
        .outerjoin(account, owner)
        .where(document.c.tenant == work.tenant, decision.c.decision == "approved")
        .where(decision.c.at >= since, decision.c.at < until)
    )
    if kinds is not None:
        query = query.where(document.c.kind.in_(list(kinds)))
    return work.execute(query.order_by(document.c.id)).all()


def kinds_of(work: UnitOfWork, documents: Collection[int]) -> dict[int, str]:
    """What kind documents are of, by their numbers."""
    document = work.table("correction")
    found: dict[int, str] = {}
    for some in in_batches(sorted(documents), 500):
        query = select(document.c.id, document.c.kind).where(document.c.tenant == work.tenant, document.c.id.in_(some))
        found |= {key: kind for key, kind in map(tuple, work.execute(query))}
    return found


def moved_by(work: UnitOfWork, sources: Collection[int]) -> dict[tuple[int, bool], int]:
    """What the entries of documents did to balances, by their source, and apart from it (True) what undid them, which
    names the same source (tyiyn)."""
    transfer = work.table("transfer")
    keys = (transfer.c.source_id, transfer.c.kind)
    found: dict[tuple[int, bool], int] = {}
    for some in in_batches(sorted(sources), 500):
        query = select(*keys, func.sum(effect(work))).where(
            transfer.c.tenant == work.tenant, transfer.c.source_id.in_(some), transfer.c.kind.in_(_CHARGED_LATER)
        )
        for source, kind, amount in work.execute(query.group_by(*keys)):
            key = (source, kind == CANCELLATION)
            found[key] = found.get(key, 0) + int(amount)
    return found


def cancelled_by(work: UnitOfWork, documents: Collection[int]) -> dict[int, int]:
    """What the bills that documents cancelled had said, by document (tyiyn)."""
    bill, cancelled = work.table("bill"), work.table("bill_cancellation")
    same = (bill.c.tenant == cancelled.c.tenant) & (bill.c.id == cancelled.c.bill_id)
    query = (
        select(cancelled.c.source_id, func.sum(bill.c.net + bill.c.tax))
        .join(bill, same)
        .where(cancelled.c.tenant == work.tenant, cancelled.c.source_id.in_(sorted(documents)))
        .group_by(cancelled.c.source_id)
    )
    return {source: int(amount) for source, amount in map(tuple, work.execute(query))}


def last_hands(work: UnitOfWork, numbers: Collection[str]) -> dict[str, dict[str, Any]]:
    """Who last did something to accounts (by number), when, and what."""
    audit, account = work.table("audit"), work.table("account")
    owner = (account.c.tenant == audit.c.tenant) & (account.c.id == audit.c.account_id)
    found: dict[str, dict[str, Any]] = {}
    for some in in_batches(sorted(numbers), 500):
        query = (
            select(account.c.number, audit.c.actor, audit.c.at, audit.c.action)
            .join(account, owner)
            .where(audit.c.tenant == work.tenant, account.c.number.in_(some))
        )
        for row in work.execute(query.order_by(audit.c.at, audit.c.id)):
            found[row.number] = {"actor": row.actor, "at": row.at.isoformat(), "action": row.action}
    return found
