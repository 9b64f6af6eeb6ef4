"""Dead letters: messages that no repetition mended, kept where a person can see, replay or drop them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select, update

from aimak import audit
from aimak.contracts.base import Event
from aimak.messaging import faults
from aimak.messaging.envelope import Message
from aimak.messaging.relay import transaction
from aimak.problems import Conflict, NotFound, PermanentFault, Problem
from aimak.service import Service
from aimak.storage.upsert import insert_once
from aimak.storage.work import UnitOfWork


def record(service: Service, message: Message, error: BaseException) -> None:
    """Keep a message that cannot be handled, in a transaction of its own. A repeat changes nothing."""
    with service.work(message.tenant) as work:
        keep(work, service.name, message, faults.reason(error), faults.fingerprint(error))
        work.commit()


def keep(work: UnitOfWork, consumer: str, message: Message, reason: str, fingerprint: str) -> None:
    """Write the dead letter into the open unit of work."""
    row = {
        "id": message.message_id,
        "consumer": consumer,
        "tenant": message.tenant,
        "routing_key": message.routing_key,
        "body": message.body,
        "headers": dict(message.headers),
        "reason": reason,
        "fingerprint": fingerprint,
        "first_seen": work.now,
        "state": "waiting",
    }
    table = work.table("dead_letter")
    if not insert_once(work, table, row):
        # What a person dropped stays dropped, also when all is published once more.
        again = update(table).where(table.c.id == message.message_id, table.c.state != "dropped")
        work.execute(again.values(state="waiting", reason=reason, fingerprint=fingerprint))


def listed(service: Service, state: str | None = "waiting") -> Sequence[Row[Any]]:
    """Dead letters of every tenant, the oldest first; `state` None for all."""
    table = service.metadata.tables["dead_letter"]
    query = select(table).order_by(table.c.first_seen, table.c.id)
    with transaction(service) as connection:
        return connection.execute(query if state is None else query.where(table.c.state == state)).all()


def replay(work: UnitOfWork, letter_id: str, who: str, why: str) -> None:
    """Send a dead letter to its consumer again under its old id, so that the inbox still guards."""
    letter = _decide(work, letter_id, "replayed", who, why)
    rows = len(_event(letter).decode(letter.tenant, letter.body))
    work.execute(
        insert(work.table("outbox")),
        {
            "tenant": letter.tenant,
            "routing_key": letter.routing_key,
            "consumer": letter.consumer,
            "rows": rows,
            "body": letter.body,
            "occurred_at": work.now,
            "message_id": letter.id,
        },
    )


def drop(work: UnitOfWork, letter_id: str, who: str, why: str) -> None:
    """Decide that a dead letter is not to be handled, however it comes again; it stays listed as dropped, with who and
    why."""
    letter = _decide(work, letter_id, "dropped", who, why)
    row = {"consumer": letter.consumer, "message_id": letter.id, "processed_at": work.now}
    insert_once(work, work.table("inbox"), row)


def _event(letter: Row[Any]) -> type[Event]:
    try:
        return Event.known[letter.routing_key]
    except KeyError:
        raise PermanentFault(Problem("AIM-K011", {"service": letter.consumer, "event": letter.routing_key})) from None


def one(work: UnitOfWork, letter_id: str) -> Row[Any]:
    """A dead letter of this tenant, locked. Raises NotFound."""
    table = work.table("dead_letter")
    mine = (table.c.id == letter_id) & (table.c.tenant == work.tenant)
    letter = work.execute(select(table).where(mine).with_for_update()).one_or_none()
    if letter is None:
        raise NotFound(Problem("AIM-K012", {"letter": letter_id}))
    return letter


def _decide(work: UnitOfWork, letter_id: str, state: str, who: str, why: str) -> Row[Any]:
    table = work.table("dead_letter")
    letter = one(work, letter_id)
    if letter.state != "waiting":
        raise Conflict(Problem("AIM-K013", {"letter": letter_id, "state": letter.state}))
    decision = {"state": state, "decided_by": who, "decided_why": why, "decided_at": work.now}
    work.execute(update(table).where(table.c.id == letter_id).values(**decision))
    known = {"event": letter.routing_key, "consumer": letter.consumer}
    audit.note(work, before={**known, "state": letter.state}, after={"state": state}, ground=why)
    return letter
