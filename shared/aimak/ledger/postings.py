"""Posting: transfers, and the ledger day that they carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update

from aimak.problems import Conflict, Problem
from aimak.storage import turns
from aimak.storage.statements import insert_into, rows_where
from aimak.storage.work import UnitOfWork

# The advisory lock of a tenant's ledger day: postings share it, the day's close takes it alone.
_DAY_LOCK_SPACE = 0x61696D6C


def open_day(work: UnitOfWork) -> date:
    """The ledger day that postings of this unit carry: today, or the day after the last closed one.

    The shared lock is held until the transaction ends, so that no posting falls into a day while it is being closed.
    """
    turns.share(work, _DAY_LOCK_SPACE)
    day = work.table("ledger_day")
    rows = work.fetch(rows_where(day, "tenant"), {"tenant": work.tenant})
    closed, today = rows[0].closed_through if rows else None, work.today()
    return today if closed is None or today > closed else date.fromordinal(closed.toordinal() + 1)


def close_day(work: UnitOfWork, through: date) -> None:
    """Close the ledger's days up to and with `through`; later postings carry a later day. Waits for postings that
    are under way. Raises Conflict for a day that is not over yet."""
    if through >= work.today():
        raise Conflict(Problem("AIM-K040", {"day": through.isoformat()}))
    turns.alone(work, _DAY_LOCK_SPACE)
    day = work.table("ledger_day")
    mine = day.c.tenant == work.tenant
    closed = work.execute(select(day.c.closed_through).where(mine)).scalar()
    if closed is None:
        work.execute(insert(day).values(tenant=work.tenant, closed_through=through))
    elif through > closed:
        work.execute(update(day).where(mine).values(closed_through=through))


def transfer(
    work: UnitOfWork, transfer_id: int, *, debit: int, credit: int, amount: int, business_date: date, **facts: Any
) -> dict[str, Any]:
    """A transfer row for `post`; a negative `amount` turns its direction. `facts`: kind, source_id and, where they
    apply, account_id, provider, service, origin."""
    if amount < 0:
        debit, credit, amount = credit, debit, -amount
    row = {"tenant": work.tenant, "id": transfer_id, "debit": debit, "credit": credit, "amount": amount}
    optional = {"account_id": None, "provider": None, "service": None, "origin": None}
    return {**row, "business_date": business_date, **optional, **facts}


def post(work: UnitOfWork, transfers: Sequence[Mapping[str, Any]], day: date | None = None) -> None:
    """Write transfers with the open ledger day (`day`: what `open_day` gave in this unit, to ask it once). An id that
    is there already is refused by the database."""
    if transfers:
        day = day or open_day(work)
        work.fetch(insert_into(work.table("transfer")), [{**row, "ledger_day": day} for row in transfers])
