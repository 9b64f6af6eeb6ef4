"""The outbox: facts wait in the transaction's own database, are sealed into messages, published and marked.

A message's id and rows are fixed when it is sealed, before it is first published: a repeat after a crash carries the
same id, and the inbox of each consumer absorbs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, Table, Update, bindparam, func, select, update

from aimak.clock import IdSource
from aimak.contracts.base import MAX_BYTES, MAX_ROWS, Event, decode_json
from aimak.messaging.envelope import Message
from aimak.storage.prepared import fetch

# A relay's step looks at no more waiting facts than this, and puts no more than `FACTS_PER_MESSAGE` into a message.
WAITING_FACTS = 1000
FACTS_PER_MESSAGE = 300
MESSAGES_PER_STEP = 100
# Columns repeat their names once a fact; half the limit leaves room for what coalescing adds.
_COALESCED_BYTES = MAX_BYTES // 2
# A process holds five services at most, a test run more.
_SERVICES = 64


def waits(connection: Connection, outbox: Table) -> bool:
    """Whether anything is still to be published."""
    return bool(fetch(connection, _any_unpublished(outbox), {}))


@lru_cache(_SERVICES)
def _any_unpublished(outbox: Table) -> Select[Any]:
    return select(outbox.c.id).where(outbox.c.published_at.is_(None)).limit(1)


def seal(connection: Connection, outbox: Table, ids: IdSource) -> int:
    """Give waiting facts the message they will travel in; says how many messages were sealed."""
    waiting = fetch(connection, _unsealed(outbox), {})
    sealed = 0
    for _, group in groupby(sorted(waiting, key=_address), key=_address):
        for members in _messages(list(group)):
            fetch(connection, _seal(outbox), {"facts": [fact.id for fact in members], "message": str(ids.uuid())})
            sealed += 1
    return sealed


@lru_cache(_SERVICES)
def _unsealed(outbox: Table) -> Select[Any]:
    return (
        select(outbox.c.id, outbox.c.tenant, outbox.c.routing_key, outbox.c.consumer, outbox.c.rows, outbox.c.body)
        .where(outbox.c.message_id.is_(None), outbox.c.published_at.is_(None))
        .order_by(outbox.c.id)
        .limit(WAITING_FACTS)
        .with_for_update(skip_locked=True)
    )


@lru_cache(_SERVICES)
def _seal(outbox: Table) -> Update:
    facts: BindParameter[Any] = bindparam("facts", expanding=True)
    return update(outbox).where(outbox.c.id.in_(facts)).values(message_id=bindparam("message"))


def _address(fact: Any) -> tuple[str, str, str]:
    return fact.tenant, fact.routing_key, fact.consumer or ""


def _messages(facts: Sequence[Any]) -> Iterator[list[Any]]:
    if Event.known[facts[0].routing_key].alone:
        yield from ([fact] for fact in facts)
        return
    members: list[Any] = []
    rows = size = 0
    for fact in facts:
        full = rows + fact.rows > MAX_ROWS or size + len(fact.body) > _COALESCED_BYTES
        if members and (full or len(members) >= FACTS_PER_MESSAGE):
            yield members
            members, rows, size = [], 0, 0
        members.append(fact)
        rows, size = rows + fact.rows, size + len(fact.body)
    if members:
        yield members


def unpublished(connection: Connection, outbox: Table) -> list[str]:
    """Ids of sealed messages that no broker has confirmed, the oldest first, a step's worth of them."""
    return [row.message_id for row in fetch(connection, _unpublished(outbox), {})]


@lru_cache(_SERVICES)
def _unpublished(outbox: Table) -> Select[Any]:
    return (
        select(outbox.c.message_id)
        .where(outbox.c.message_id.is_not(None), outbox.c.published_at.is_(None))
        .group_by(outbox.c.message_id)
        .order_by(func.min(outbox.c.id))
        .limit(MESSAGES_PER_STEP)
    )


def message(connection: Connection, outbox: Table, message_id: str) -> Message | None:
    """The sealed message with all its facts; None when another relay has published it meanwhile. A dead letter that is
    replayed to its own publisher carries the id of what was published once before: that older row is not part of it."""
    facts = fetch(connection, _facts_of(outbox), {"message": message_id})
    return _message(facts) if facts else None


@lru_cache(_SERVICES)
def _facts_of(outbox: Table) -> Select[Any]:
    waiting = (outbox.c.message_id == bindparam("message")) & outbox.c.published_at.is_(None)
    return select(outbox).where(waiting).order_by(outbox.c.id)


def _message(facts: Sequence[Any]) -> Message:
    first = facts[0]
    return Message(
        message_id=first.message_id,
        routing_key=first.routing_key,
        tenant=first.tenant,
        body=first.body if len(facts) == 1 else _coalesce(facts),
        occurred_at=first.occurred_at,
        consumer=first.consumer,
    )


def _coalesce(facts: Sequence[Any]) -> bytes:
    """One body of several, the columns as they are: what a newer version of this service has written beside an older
    relay must come whole."""
    event = Event.known[facts[0].routing_key]
    read = [decode_json(fact.body, event) for fact in facts]
    names = dict.fromkeys(name for one in read for name in one["columns"])
    columns = {
        name: [value for one in read for value in one["columns"].get(name, [None] * one["rows"])] for name in names
    }
    return event(facts[0].tenant, columns).encode()


def mark_published(connection: Connection, outbox: Table, message_ids: Sequence[str], now: datetime) -> None:
    """Note that the broker has confirmed these messages."""
    fetch(connection, _mark(outbox), {"messages": message_ids, "now": now})


def forget_published(connection: Connection, outbox: Table, tenant: str, since: datetime) -> int:
    """Have a tenant's messages that were confirmed since an instant be published once more, each with the id and rows
    that it had; says how many. Of a dead letter that was replayed the last replay goes, not what went before it: the
    facts of one message were confirmed at one instant."""
    newer = outbox.alias()
    replayed = (
        select(newer.c.id)
        .where(newer.c.message_id == outbox.c.message_id, newer.c.id > outbox.c.id)
        .where(newer.c.published_at.is_distinct_from(outbox.c.published_at))
        .exists()
    )
    chosen = (outbox.c.tenant == tenant) & (outbox.c.published_at >= since) & ~replayed
    count = select(func.count(outbox.c.message_id.distinct())).where(chosen)
    messages = connection.execute(count).scalar_one()
    connection.execute(update(outbox).where(chosen).values(published_at=None))
    return int(messages)


@lru_cache(_SERVICES)
def _mark(outbox: Table) -> Update:
    messages: BindParameter[Any] = bindparam("messages", expanding=True)
    waiting = outbox.c.message_id.in_(messages) & outbox.c.published_at.is_(None)
    return update(outbox).where(waiting).values(published_at=bindparam("now"))
