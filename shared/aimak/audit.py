"""Who did what, before and after, on what ground: a row written in the transaction of the command itself.

Every request of a person that changes something is noted by itself: `commanded` names it, and the first commit under
it writes the row. A use case adds what it knows (`note`): the account, what stood before and after, the paper.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Index, MetaData, Row, String, Table, Text, select

from aimak.storage.guards import append_only
from aimak.storage.statements import insert_into
from aimak.storage.types import Code, Id, Instant, Json, dumps

if TYPE_CHECKING:
    from aimak.storage.work import UnitOfWork

SAID_BYTES = 4_000
PAGE_ROWS = 1_000
NAME = String(64)
_SECRETS = ("password", "secret", "token", "credential", "key")


@dataclass
class Command:
    """What a person, or the job that does it for her, is doing."""

    actor: str
    action: str
    path: str
    said: Mapping[str, Any] = field(default_factory=dict)
    written: bool = False


_present: ContextVar[Command | None] = ContextVar("command", default=None)


def add(metadata: MetaData, counted: Any) -> None:
    """Add the table to a service's metadata; `counted` is the column that numbers its rows."""
    audit = Table(
        "audit",
        metadata,
        counted,
        Column("tenant", Code, nullable=False),
        Column("at", Instant, nullable=False),
        Column("actor", NAME, nullable=False),
        Column("action", String(120), nullable=False),
        Column("path", Text, nullable=False, comment="what it was done to"),
        Column("account_id", Id, comment="where it is of one account"),
        Column("before", Json),
        Column("after", Json),
        Column("ground", Text, nullable=False, comment="the paper or reason it stands on; empty: none was given"),
        Column("said", Json, nullable=False, comment="what was asked, without secrets"),
    )
    Index("audit_account", audit.c.tenant, audit.c.account_id)
    Index("audit_at", audit.c.tenant, audit.c.at)
    append_only(audit)


@contextmanager
def commanded(command: Command) -> Iterator[None]:
    """Note what is committed inside as done by this command."""
    before = _present.set(command)
    try:
        yield
    finally:
        _present.reset(before)


def note(
    work: UnitOfWork,
    *,
    account_id: int | None = None,
    before: Any = None,
    after: Any = None,
    ground: str = "",
    action: str | None = None,
) -> None:
    """Say more of the present command: a row of its own, written when `work` commits. Outside of a command nothing is
    noted: what a service does on hearing of another's fact is that one's deed."""
    facts = {"account_id": account_id, "before": before, "after": after, "ground": ground}
    work.notes.append(facts if action is None else {**facts, "action": action})


def note_nothing(work: UnitOfWork) -> None:
    """Say that the present command was a repeat that changed nothing: no row, as who comes second has not done it."""
    work.is_noted = False


def note_change(work: UnitOfWork, before: Mapping[str, Any] | None, after: Mapping[str, Any], **more: Any) -> None:
    """Note what differs between what stood and what stands now; all of it where nothing stood there. `more`: as
    `note`."""
    if before is None:
        note(work, after=dict(after), **more)
        return
    names = [name for name in after if before.get(name) != after[name]]
    note(work, before={name: before.get(name) for name in names}, after={name: after[name] for name in names}, **more)


def write(work: UnitOfWork) -> None:
    """Write what is to be noted of this unit; called by its commit."""
    command = _present.get()
    if command is None or not work.is_noted or (command.written and not work.notes):
        return
    common = {"tenant": work.tenant, "at": work.now, "actor": command.actor, "action": command.action}
    common |= {"path": command.path, "said": said(command.said)}
    paper = str(command.said.get("ground") or command.said.get("reason") or "")
    nothing = {"account_id": None, "before": None, "after": None, "ground": ""}
    rows = [{**common, **nothing, **facts} for facts in work.notes or [{}]]
    work.fetch(insert_into(work.table("audit")), [{**row, "ground": row["ground"] or paper} for row in rows])
    command.written = True


def said(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked, without what is secret; of what is very long only the names."""
    shown = {name: "…" if _secret(name) else value for name, value in given.items()}
    return shown if len(dumps(shown)) <= SAID_BYTES else dict.fromkeys(shown, "…")


def _secret(name: str) -> bool:
    return any(part in name.lower() for part in _SECRETS)


def listed(
    work: UnitOfWork,
    *,
    account_id: int | None = None,
    actor: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: int | None = None,
) -> Sequence[Row[Any]]:
    """A page of rows, the newest first; of an account, an actor, from `since` and before `until`.

    `after`: the id of the last row of the page before.
    """
    audit = work.table("audit")
    query = select(audit).where(audit.c.tenant == work.tenant)
    if account_id is not None:
        query = query.where(audit.c.account_id == account_id)
    if actor:
        query = query.where(audit.c.actor == actor)
    if since:
        query = query.where(audit.c.at >= since)
    if until:
        query = query.where(audit.c.at < until)
    if after is not None:
        query = query.where(audit.c.id < after)
    return work.execute(query.order_by(audit.c.id.desc()).limit(PAGE_ROWS)).all()


def shown(row: Row[Any]) -> dict[str, Any]:
    """A row as the API gives it."""
    alike = ("actor", "action", "path", "account_id", "before", "after", "ground", "said")
    return {"at": row.at.isoformat(), **{name: getattr(row, name) for name in alike}}
