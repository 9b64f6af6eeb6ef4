"""The relay child: publishes what waits in the outbox. Of several one works and the others stand by."""

from __future__ import annotations

import logging
import threading
import zlib

from sqlalchemy import text

from aimak.messaging.rabbitmq.broker import RabbitBroker
from aimak.messaging.relay import Relay
from aimak.service import Service
from aimak.supervisor import child

POLL_S = 0.1
_STAND_BY_S = 0.5
# "arly"; the second half of the key is the service: all share one database.
_RELAY_LOCK = 0x61726C79

_log = logging.getLogger(__name__)


def main() -> None:
    """Relay until SIGTERM."""
    given = child.arguments()
    child.start_log()
    child.end_with_supervisor(given.pipe)
    stop = threading.Event()
    child.end_on_signals(stop)
    service = child.open_service(given.service)
    turns = Turns(service, RabbitBroker(service.settings.broker_url), stop)
    child.repeat(turns.take, stop, _STAND_BY_S, "relay")
    service.close()


class Turns:
    """Relays while this process holds the service's lock, which the database frees when its holder dies. Two that
    relayed at once would do no harm but publish everything twice."""

    def __init__(self, service: Service, broker: RabbitBroker, stop: threading.Event) -> None:
        self._service = service
        self._broker = broker
        self._relay = Relay(service, broker)
        self._stop = stop

    def take(self) -> bool:
        """Relay until told to end if no other does; says whether it was this one's turn."""
        with self._service.online.engine.connect() as connection:
            session = connection.execution_options(isolation_level="AUTOCOMMIT")
            key = {"space": _RELAY_LOCK, "service": zlib.crc32(self._service.name.encode()) >> 1}
            if not session.execute(text("SELECT pg_try_advisory_lock(:space, :service)"), key).scalar():
                return False
            try:
                while not self._stop.is_set():
                    if not self._relay.step():
                        self._stop.wait(POLL_S)
            finally:
                self._broker.abandon()
                # Returned to the pool with the lock, the connection would keep the others out.
                connection.invalidate()
        return True


if __name__ == "__main__":
    main()
