"""The relay: carries sealed messages from the outbox to the broker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection

from aimak.clock import RandomIds
from aimak.messaging import outbox
from aimak.messaging.envelope import Broker, Unconfirmed
from aimak.service import Service
from aimak.storage import trial

# A message's id is transport and no result: always random, as a seeded series would begin again with each process
# and another message's id would make an inbox drop it.
_MESSAGE_IDS = RandomIds()


class Relay:
    """One step: seal, read, publish, mark. Each is a transaction of its own; none is open while the broker is asked.

    Several relays of a service do no harm: what two publish, the inboxes absorb.
    """

    def __init__(self, service: Service, broker: Broker) -> None:
        self._service = service
        self._broker = broker
        self._outbox = service.metadata.tables["outbox"]

    def step(self) -> int:
        """Publish what waits and say how many messages the broker confirmed. A message that it did not confirm waits
        for the next step; a broker out of reach raises, after what it confirmed before is marked."""
        with look(self._service) as connection:
            if not outbox.waits(connection, self._outbox):
                return 0
        with transaction(self._service) as connection:
            outbox.seal(connection, self._outbox, _MESSAGE_IDS)
        with transaction(self._service) as connection:
            waiting = outbox.unpublished(connection, self._outbox)
        confirmed: list[str] = []
        try:
            for message_id in waiting:
                with transaction(self._service) as connection:
                    message = outbox.message(connection, self._outbox, message_id)
                if message is None:
                    continue
                with suppress(Unconfirmed):
                    self._broker.publish(message)
                    confirmed.append(message_id)
        finally:
            if confirmed:
                self._mark(confirmed)
        return len(confirmed)

    def _mark(self, message_ids: list[str]) -> None:
        with transaction(self._service) as connection:
            outbox.mark_published(connection, self._outbox, message_ids, self._service.clock.now())


@contextmanager
def transaction(service: Service) -> Iterator[Connection]:
    """A short transaction across tenants, for the kernel's own tables; commits when the block ends well. In a command
    that is only tried it is a part of that."""
    if under_way := trial.present():
        with under_way.part(service.online) as part:
            yield part
        return
    connection = service.online.begin()
    try:
        yield connection
        if service.online.is_sqlite:
            connection.exec_driver_sql("COMMIT")
        else:
            connection.commit()
    except BaseException:
        if service.online.is_sqlite and not connection.invalidated:
            connection.exec_driver_sql("ROLLBACK")
        raise
    finally:
        connection.close()


@contextmanager
def look(service: Service) -> Iterator[Connection]:
    """A connection across tenants for one query of the kernel's own tables; on SQLite it waits for no writer."""
    with service.online.engine.connect() as connection:
        yield connection
