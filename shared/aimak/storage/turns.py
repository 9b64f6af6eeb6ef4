"""Turns of a tenant's transactions, held until they end: PostgreSQL's advisory locks. SQLite has one writer anyway."""

from __future__ import annotations

from sqlalchemy import text

from aimak.storage.work import UnitOfWork


def share(work: UnitOfWork, space: int) -> None:
    """Go on beside all others that share, and beside nobody who is alone in this `space` of the tenant."""
    _take(work, space, "pg_advisory_xact_lock_shared")


def alone(work: UnitOfWork, space: int) -> None:
    """Wait for all others in this `space` of the tenant, and let none begin."""
    _take(work, space, "pg_advisory_xact_lock")


def _take(work: UnitOfWork, space: int, function: str) -> None:
    if not work.is_sqlite:
        turn = {"space": space, "tenant": work.tenant}
        work.execute(text(f"SELECT {function}(:space, hashtext(:tenant))"), turn)
