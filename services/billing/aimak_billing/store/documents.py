"""Documents of correction and their decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, Select, insert, select


def take_turn(work: UnitOfWork) -> None:
    """Let no other decision of this tenant run at the same time."""
    tenant = work.table("tenant")
    work.execute(select(tenant.c.code).where(tenant.c.code == work.tenant).with_for_update())


def add(work: UnitOfWork, row: Mapping[str, Any]) -> None:
    """Write a document; it never changes."""
    work.execute(insert(work.table("correction")).values(tenant=work.tenant, **row))


def decide(work: UnitOfWork, row: Mapping[str, Any]) -> None:
    """Write a decision; it never changes."""
    work.execute(insert(work.table("correction_decision")).values(tenant=work.tenant, **row))


def _decided(work: UnitOfWork) -> Select[Any]:
    document, decision, account = (work.table(name) for name in ("correction", "correction_decision", "account"))
    same = (decision.c.tenant == document.c.tenant) & (decision.c.correction_id == document.c.id)
    owner = (account.c.tenant == document.c.tenant) & (account.c.id == document.c.account_id)
    told = (decision.c.decision, decision.c.actor, decision.c.at, decision.c.reason.label("decision_reason"))
    query = select(document, *told, account.c.number.label("account")).outerjoin(decision, same)
    return query.outerjoin(account, owner).where(document.c.tenant == work.tenant)


def one(work: UnitOfWork, number: int) -> Row[Any] | None:
    """A document with its decision."""
    return work.execute(_decided(work).where(work.table("correction").c.id == number)).one_or_none()


def listed(work: UnitOfWork, account_id: int | None, state: str | None, after: int, limit: int) -> Sequence[Row[Any]]:
    """Documents with numbers above `after`; of an account, or in a state (entered, approved, refused)."""
    document, decision = work.table("correction"), work.table("correction_decision")
    query = _decided(work).where(document.c.id > after)
    if account_id is not None:
        query = query.where(document.c.account_id == account_id)
    if state == "entered":
        query = query.where(decision.c.decision.is_(None))
    elif state is not None:
        query = query.where(decision.c.decision == state)
    return work.execute(query.order_by(document.c.id).limit(limit)).all()


def approved(work: UnitOfWork, kind: str) -> Sequence[Row[Any]]:
    """Approved documents of a kind, in order."""
    document, decision = work.table("correction"), work.table("correction_decision")
    query = _decided(work).where(document.c.kind == kind, decision.c.decision == "approved")
    return work.execute(query.order_by(document.c.id)).all()


def on_account(work: UnitOfWork, account_id: int) -> Sequence[Row[Any]]:
    """Approved documents that moved something on an account, those that brought it from another and those that undid
    any of them among them, in order."""
    document, decision = work.table("correction"), work.table("correction_decision")
    of_others = document.c.kind.in_(("transfer", "merge", "storno"))
    mine = ((document.c.account_id == account_id) | of_others) & (decision.c.decision == "approved")
    rows = work.execute(_decided(work).where(mine).order_by(document.c.id)).all()
    moved = {row.id for row in rows if account_id in (row.account_id, row.facts.get("to"))}
    return [row for row in rows if row.id in moved or row.facts.get("document") in moved]
