"""Whether everything under way has arrived: for tests that compare two runtimes, or two runs of one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from aimak.messaging.relay import transaction
from aimak.service import Service
from sqlalchemy import select

_PAUSE_S = 0.1


def settled(services: Sequence[Service]) -> bool:
    """Every fact is published, every message is in the inbox (or among the dead letters) of every service that
    listens, and no job is due. Looks straight into the databases, so it holds for either runtime."""
    arrived = {service.name: _arrived(service) for service in services}
    for owner in services:
        for message_id, routing_key, consumer in _sent(owner):
            if message_id is None:
                return False
            for service in services:
                listens = consumer in (None, service.name) and routing_key in service.subscriptions
                if listens and message_id not in arrived[service.name]:
                    return False
    return not any(_due(service) for service in services)


def wait_until_settled(services: Sequence[Service], timeout_s: float, kick: Callable[[], None] | None = None) -> None:
    """Wait for `settled`, twice in a row, as a message may be born while looking. Raises TimeoutError."""
    until = time.monotonic() + timeout_s
    before = False
    while time.monotonic() < until:
        if kick:
            kick()
        now = settled(services)
        if now and before:
            return
        before = now
        time.sleep(_PAUSE_S)
    raise TimeoutError(f"not settled after {timeout_s} s: {backlog(services)}")


def backlog(services: Sequence[Service]) -> dict[str, list[str]]:
    """What has not arrived, by service, for the message of a failed test."""
    arrived = {service.name: _arrived(service) for service in services}
    missing: dict[str, list[str]] = {}
    for owner in services:
        for message_id, routing_key, consumer in _sent(owner):
            for service in services:
                listens = consumer in (None, service.name) and routing_key in service.subscriptions
                if listens and (message_id is None or message_id not in arrived[service.name]):
                    missing.setdefault(service.name, []).append(f"{routing_key} {message_id}")
    for service in services:
        missing.setdefault(service.name, []).extend(f"job {kind} {key}" for kind, key in _due(service))
    return {name: found[:10] for name, found in missing.items() if found}


def _sent(service: Service) -> set[tuple[str | None, str, str | None]]:
    outbox = service.metadata.tables["outbox"]
    columns = (outbox.c.message_id, outbox.c.routing_key, outbox.c.consumer)
    with transaction(service) as connection:
        return {(row[0], row[1], row[2]) for row in connection.execute(select(*columns).distinct())}


def _arrived(service: Service) -> set[str]:
    inbox, dead = service.metadata.tables["inbox"], service.metadata.tables["dead_letter"]
    with transaction(service) as connection:
        return {
            *connection.execute(select(inbox.c.message_id)).scalars(),
            *connection.execute(select(dead.c.id)).scalars(),
        }


def _due(service: Service) -> list[tuple[str, str]]:
    job = service.metadata.tables["job"]
    query = select(job.c.kind, job.c.key).where(job.c.state == "waiting", job.c.due_at <= service.clock.now())
    with transaction(service) as connection:
        return [(row.kind, row.key) for row in connection.execute(query)]
