"""What the gateway does: keep people, open sessions, say who is behind a session."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aimak import audit
from aimak.http.auth import ROLES, Actor
from aimak.http.guessing import Guesses
from aimak.problems import Conflict, NotFound, Problem, Refused, Unauthorized
from aimak.settings import NO_TENANT
from aimak.storage.work import UnitOfWork
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import Row

from aimak_gateway import store

SESSION_LIFE = timedelta(hours=12)
PASSWORD_LENGTH = 10
_hasher = PasswordHasher()
# Verified when nobody of that name exists, so that the answer takes as long.
_NOBODY = _hasher.hash(secrets.token_hex(16))


@dataclass(frozen=True)
class NewPerson:
    """Someone who is to be let in."""

    name: str
    password: str
    roles: tuple[str, ...]
    tenants: tuple[str, ...] = ("*",)


@dataclass(frozen=True)
class Change:
    """What is to be different about a person; None leaves as it is."""

    roles: tuple[str, ...] | None = None
    password: str | None = None
    active: bool | None = None


def add_first_admin(work: UnitOfWork, name: str, password: str) -> bool:
    """Add the installation's first person with the role admin; False when there is someone already."""
    if store.anyone(work):
        return False
    add_person(work, NewPerson(name, password, ("admin",)), "init")
    return True


def add_person(work: UnitOfWork, new: NewPerson, by: str) -> None:
    """Add a person. Raises Refused for an unknown role or a short password, Conflict for a name that is taken."""
    refuse_unfit(new.roles, new.password)
    row = {
        "name": new.name,
        "password_hash": _hasher.hash(new.password),
        "roles": list(new.roles),
        "tenants": list(new.tenants),
        "active": True,
        "added_by": by,
        "added_at": work.now,
    }
    if not store.add_person(work, row):
        raise Conflict(Problem("AIM-G012", {"name": new.name}))
    audit.note(work, after={"roles": row["roles"], "tenants": row["tenants"]}, action="user.add")


def refuse_unfit(roles: tuple[str, ...] | None, password: str | None) -> None:
    """Raise Refused for unknown or no roles and for a short password; None is not looked at."""
    wrong: list[Problem] = []
    if roles is not None:
        unknown = [role for role in roles or ("-",) if role not in ROLES]
        wrong += [Problem("AIM-G010", {"role": role, "roles": ", ".join(ROLES)}) for role in unknown]
    if password is not None and len(password) < PASSWORD_LENGTH:
        wrong.append(Problem("AIM-G011", {"length": PASSWORD_LENGTH}))
    if wrong:
        raise Refused(*wrong)


def change_person(work: UnitOfWork, name: str, change: Change) -> Row[Any]:
    """Change a person; sessions end with a new password and with being let in no more. Whoever is removed stays in
    every journal, and the name stays taken. Raises NotFound, Refused as `add_person`, Conflict where nobody would be
    left who may let people in."""
    person = store.anybody_named(work, name)
    if person is None:
        raise NotFound(Problem("AIM-G013", {"name": name}))
    refuse_unfit(change.roles, change.password)
    values: dict[str, Any] = {}
    if change.roles is not None:
        values["roles"] = list(change.roles)
    if change.active is not None:
        values["active"] = change.active
    if change.password is not None:
        values["password_hash"] = _hasher.hash(change.password)
    if values:
        store.change_person(work, name, values)
    if not store.any_admin(work):
        raise Conflict(Problem("AIM-G014", {"name": name}))
    if change.password is not None or change.active is False:
        store.end_sessions(work, name)
    changed = store.anybody_named(work, name)
    assert changed is not None
    _note_change(work, person, changed, new_password=change.password is not None)
    return changed


def _note_change(work: UnitOfWork, before: Row[Any], after: Row[Any], *, new_password: bool) -> None:
    """What is different; of a password only that it is new."""
    names = [name for name in ("roles", "active") if getattr(before, name) != getattr(after, name)]
    now = {name: getattr(after, name) for name in names} | ({"password": "…"} if new_password else {})
    action = "user.remove" if now.get("active") is False else "user.change"
    audit.note(work, before={name: getattr(before, name) for name in names}, after=now, action=action)


def verify(guesses: Guesses, name: str, person: Row[Any] | None, password: str) -> Row[Any]:
    """The person, when it is their password. Takes long by intent, so no transaction may be open. Raises
    Unauthorized, in the same words and after the same time whether the name or the password is wrong, TooMany after
    too many wrong ones."""
    guesses.refuse(name)
    try:
        _hasher.verify(person.password_hash if person else _NOBODY, password)
    except VerificationError:
        person = None
    if person is None:
        guesses.count(name)
        raise Unauthorized(Problem("AIM-G001"))
    return person


def login(work: UnitOfWork, verified: Row[Any], tenant: str | None) -> tuple[str, Actor]:
    """Open a session of twelve hours for a person whose password was verified; the token is kept only as its hash.
    Raises Unauthorized where the person changed meanwhile, or does not work for the tenant."""
    name = str(verified.name)
    person = store.person_named(work, name)
    if person is None or person.password_hash != verified.password_hash:
        raise Unauthorized(Problem("AIM-G001"))
    chosen = tenant or store.only_tenant(work) or NO_TENANT
    if chosen != NO_TENANT and "*" not in person.tenants and chosen not in person.tenants:
        raise Unauthorized(Problem("AIM-G002", {"name": name, "tenant": chosen}))
    token = secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    store.drop_expired(work, now)
    row = {"token_hash": _hash(token), "person": name, "tenant": chosen, "expires_at": now + SESSION_LIFE}
    store.add_session(work, row)
    return token, Actor(name, tuple(person.roles), chosen)


def behind(work: UnitOfWork, token: str) -> Actor:
    """Who is behind a session. A session that was opened before the first municipality was defined serves the only
    one there is. Raises Unauthorized when it has ended."""
    session = store.session_of(work, _hash(token), datetime.now(UTC))
    person = store.person_named(work, session.person) if session else None
    if session is None or person is None:
        raise Unauthorized(Problem("AIM-G003"))
    tenant = session.tenant
    if tenant == NO_TENANT and "*" in person.tenants:
        tenant = store.only_tenant(work) or NO_TENANT
    return Actor(person.name, tuple(person.roles), tenant)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
