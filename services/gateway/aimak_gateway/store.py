"""The gateway's queries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aimak.storage.statements import rows_where
from aimak.storage.upsert import insert_once
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, delete, func, insert, select, update

from aimak_gateway.tables import person, session


def person_named(work: UnitOfWork, name: str) -> Row[Any] | None:
    """The active person of that name."""
    known = anybody_named(work, name)
    return known if known is not None and known.active else None


def anybody_named(work: UnitOfWork, name: str) -> Row[Any] | None:
    """The person of that name, also one who is let in no more."""
    return next(iter(work.fetch(rows_where(person, "name"), {"name": name})), None)


def people(work: UnitOfWork) -> list[dict[str, Any]]:
    """Everyone, without what would let anybody in."""
    query = select(person.c.name, person.c.roles, person.c.tenants, person.c.active).order_by(person.c.name)
    return [dict(row._mapping) for row in work.execute(query)]


def anyone(work: UnitOfWork) -> bool:
    """Whether the installation has its first person."""
    return work.execute(select(func.count()).select_from(person)).scalar_one() > 0


def add_person(work: UnitOfWork, row: dict[str, Any]) -> bool:
    """Add a person; False when the name is taken."""
    return insert_once(work, person, row)


def change_person(work: UnitOfWork, name: str, values: dict[str, Any]) -> None:
    """Write new values of a person."""
    work.execute(update(person).where(person.c.name == name).values(**values))


def any_admin(work: UnitOfWork) -> bool:
    """Whether anybody who is let in is an admin."""
    return any("admin" in roles for roles in work.execute(select(person.c.roles).where(person.c.active)).scalars())


def end_sessions(work: UnitOfWork, name: str) -> None:
    """Forget a person's sessions."""
    work.execute(delete(session).where(session.c.person == name))


def add_session(work: UnitOfWork, row: dict[str, Any]) -> None:
    """Note a login."""
    work.execute(insert(session).values(**row))


def session_of(work: UnitOfWork, token_hash: str, now: datetime) -> Row[Any] | None:
    """The session that has not expired."""
    opened = work.fetch(rows_where(session, "token_hash"), {"token_hash": token_hash})
    return opened[0] if opened and opened[0].expires_at > now else None


def drop_expired(work: UnitOfWork, now: datetime) -> None:
    """Forget sessions that have ended."""
    work.execute(delete(session).where(session.c.expires_at <= now))


def only_tenant(work: UnitOfWork) -> str | None:
    """The one municipality of this installation; None when there are several or none."""
    codes = work.execute(select(work.table("tenant").c.code).limit(2)).scalars().all()
    return codes[0] if len(codes) == 1 else None
