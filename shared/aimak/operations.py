"""What an operator asks of any service: examine it, send its state again, prune it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, or_, select, text

from aimak.messaging import outbox
from aimak.messaging.relay import transaction
from aimak.problems import Problem
from aimak.service import Job, Service
from aimak.storage import guards
from aimak.storage.work import UnitOfWork

OUTBOX_KEPT = timedelta(days=35)
# Published once more, a fact is kept anew, but never so long that an inbox may have forgotten it.
OUTBOX_KEPT_AT_MOST = timedelta(days=80)
INBOX_KEPT = timedelta(days=90)
JOBS_KEPT = timedelta(days=35)
OUTBOX_LATE = timedelta(minutes=5)
_PLAIN_ORDERS = ("C", "C.UTF-8", "C.utf8", "POSIX")


def examine(service: Service, work: UnitOfWork) -> list[Problem]:
    """Everything that is wrong: lost guards, facts not sent, dead letters, failed jobs, the service's own checks."""
    found: list[Problem] = []
    missing = guards.expected(service.metadata, work.connection.dialect.name) - guards.present(work.connection)
    if missing:
        found.append(Problem("AIM-K080", {"service": service.name, "triggers": ", ".join(sorted(missing))}))
    found += _foreign_order(service, work)
    found += _late_facts(service, work)
    for table, state, code in (("dead_letter", "waiting", "AIM-K082"), ("job", "failed", "AIM-K083")):
        rows = work.table(table)
        mine = (rows.c.tenant == work.tenant) & (rows.c.state == state)
        count = work.execute(select(func.count()).select_from(rows).where(mine)).scalar_one()
        if count:
            found.append(Problem(code, {"service": service.name, "count": count}))
    for check in service.checks:
        found += check(work)
    return found


def _foreign_order(service: Service, work: UnitOfWork) -> list[Problem]:
    """Lists are in the order of the characters' codes in both databases; a PostgreSQL that was made with a language's
    own order gives them in another."""
    if work.is_sqlite:
        return []
    known = text("SELECT datlocprovider, datcollate FROM pg_database WHERE datname = current_database()")
    order = work.execute(known).one()
    if order.datlocprovider == "c" and order.datcollate in _PLAIN_ORDERS:
        return []
    return [Problem("AIM-K084", {"service": service.name, "collation": order.datcollate})]


def _late_facts(service: Service, work: UnitOfWork) -> list[Problem]:
    facts = work.table("outbox")
    waiting = (facts.c.published_at.is_(None)) & (facts.c.occurred_at < work.now - OUTBOX_LATE)
    count = work.execute(select(func.count()).select_from(facts).where(waiting)).scalar_one()
    return [Problem("AIM-K081", {"service": service.name, "count": count})] if count else []


def republish(service: Service, work: UnitOfWork, to: str, wanted: Collection[str] | None = None) -> dict[str, int]:
    """Publish the present state of every state event again, to the service `to` alone; rows by event. `wanted`: the
    routing keys that it listens to, for what it does not listen to would be a dead letter there."""
    sent: dict[str, int] = {}
    for event, give in service.republish.items():
        if wanted is not None and event.routing_key not in wanted:
            continue
        for batch in give(work):
            work.publish(batch, to=to)
            sent[event.__name__] = sent.get(event.__name__, 0) + len(batch)
    return sent


def publish_again(service: Service, work: UnitOfWork, since: datetime) -> int:
    """Publish once more what the broker confirmed since an instant, for a broker that has lost it; messages. Who has
    handled one already knows it by its id."""
    return outbox.forget_published(work.connection, service.metadata.tables["outbox"], work.tenant, since)


def drop_read_models(service: Service, work: UnitOfWork) -> dict[str, int]:
    """Empty the tables that hold others' facts, for this tenant; rows by table."""
    dropped: dict[str, int] = {}
    for name in service.read_models:
        table = work.table(name)
        dropped[name] = work.execute(delete(table).where(table.c.tenant == work.tenant)).rowcount
    return dropped


def prune(service: Service) -> dict[str, int]:
    """Delete what has been kept long enough: published facts, inbox rows, finished jobs. Payment keys never are."""
    now = service.clock.now()
    tables = service.metadata.tables
    facts, inbox, job = tables["outbox"], tables["inbox"], tables["job"]
    old = {
        "outbox": delete(facts).where(
            facts.c.published_at.is_not(None),
            or_(facts.c.published_at < now - OUTBOX_KEPT, facts.c.occurred_at < now - OUTBOX_KEPT_AT_MOST),
        ),
        "inbox": delete(inbox).where(inbox.c.processed_at < now - INBOX_KEPT),
        "job": delete(job).where(job.c.state == "done", job.c.due_at < now - JOBS_KEPT),
    }
    with transaction(service) as connection:
        return {name: connection.execute(statement).rowcount for name, statement in old.items()}


def maintain_daily(service: Service, job: Job) -> timedelta:
    """The job that prunes every day, and closes the ledger days that are over."""
    maintain(service, job.tenant)
    return timedelta(days=1)


def maintain(service: Service, tenant: str) -> dict[str, Any]:
    """Prune what has been kept long enough, and close the tenant's ledger days that are over where the service keeps
    a ledger; what was pruned by table, and the days that were closed."""
    closed: list[dict[str, str]] = []
    if "ledger_proof" in service.metadata.tables:
        from aimak.ledger.days import close_through

        closed = close_through(service, tenant)
        if service.carry_forward is not None:
            service.carry_forward(service, tenant)
    return {"pruned": prune(service), "closed": closed}


def list_plugins(service: Service, lang: str) -> dict[str, Any]:
    """Plugins taken and plugins left out, by kind."""
    from aimak import texts

    taken, refused = [], []
    for registry in service.plugins:
        taken += [
            {"kind": registry.group, "code": code, "distribution": distribution, "version": version}
            for code, distribution, version in registry.described()
        ]
        refused += [
            {"kind": registry.group, "name": refusal.name, "distribution": refusal.distribution}
            | {"code": refusal.problem.code, "reason": texts.text(refusal.problem, lang)}
            for refusal in registry.refused
        ]
    return {"plugins": taken, "refused": refused}


def letter_json(letter: Row[Any]) -> dict[str, Any]:
    """A dead letter as the API lists it."""
    return {
        "id": letter.id,
        "event": letter.routing_key,
        "consumer": letter.consumer,
        "reason": letter.reason,
        "fingerprint": letter.fingerprint,
        "first_seen": letter.first_seen.isoformat(),
        "state": letter.state,
        "decided_by": letter.decided_by,
        "decided_why": letter.decided_why,
    }
