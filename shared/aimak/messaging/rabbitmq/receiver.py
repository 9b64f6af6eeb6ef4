"""What a consumer does with one message: handle it, wait for the database, or say where it goes instead."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from aimak.messaging import dead_letters, faults, inbox
from aimak.messaging.envelope import Message
from aimak.messaging.inbox import Outcome
from aimak.messaging.rabbitmq import wire
from aimak.messaging.rabbitmq.broker import RabbitBroker
from aimak.messaging.rabbitmq.topology import DEAD, Topology, queue_name
from aimak.messaging.rabbitmq.watchdog import Watchdog
from aimak.service import Service

# What a handler may take, by the engine it uses.
ONLINE_LIMIT_S = 60
BULK_LIMIT_S = 900

# The broker takes an unacknowledged message back after 30 minutes; this consumer gives way before.
_LONGEST_PAUSE_S = 1200
_PROBE_S = 1.0
# A message whose handling takes the database down each time must not hold the queue for ever.
_MOST_OUTAGES = 5
_CONTENTION_DELAYS_S = (0.05, 0.2, 0.8)
_CONTENTION = ("40001", "40P01", "55P03")
_OUT_OF_REACH = ("08", "57P", "53300")

_log = logging.getLogger(__name__)


class Receiver:
    """Handles messages of one service, one at a time."""

    def __init__(
        self,
        service: Service,
        topology: Topology,
        broker: RabbitBroker,
        watchdog: Watchdog,
        sleep: Callable[[float], None],
    ) -> None:
        self._service = service
        self._topology = topology
        self._broker = broker
        self._watchdog = watchdog
        self._sleep = sleep

    def receive(self, message: Message) -> Outcome:
        """Handle a message; a collision with another writer is tried again at once, and while the database is away
        this waits and tries no message. Raises what `inbox.handle` raises."""
        subscription = self._service.subscriptions.get(message.routing_key)
        limit_s = BULK_LIMIT_S if subscription is not None and subscription.bulk else ONLINE_LIMIT_S
        with self._watchdog.handling(limit_s):
            return self._patiently(lambda: inbox.handle(self._service, message))

    def keep_dead_letter(self, message: Message, reason: str, fingerprint: str) -> None:
        """Copy a dead letter to the service's table."""
        reason = reason.replace("\x00", "?")
        with self._watchdog.handling(ONLINE_LIMIT_S):
            self._patiently(lambda: self._keep(message, reason, fingerprint))

    def put_aside(self, message: Message, error: BaseException) -> None:
        """Send a message whose handling failed to the next rung, or to the dead letters when no repetition mends it
        or none is left; returns when the broker has confirmed it. Raises as `RabbitBroker.publish`."""
        attempts = _attempts(message) + 1
        rung = None if faults.is_permanent(error) else self._topology.rung(attempts)
        said = {wire.REASON: faults.reason(error), wire.FINGERPRINT: faults.fingerprint(error)}
        noted = replace(message, headers={**message.headers, wire.ATTEMPTS: attempts, **said})
        if rung is None:
            self._broker.send(DEAD.name, self._topology.consumer, noted)
        else:
            origin = queue_name(self._topology.consumer, message.routing_key)
            self._broker.send(rung.exchange.name, origin, noted)
        _log.warning("%s %s attempt %d: %s", message.routing_key, message.message_id, attempts, error)

    def pause(self, seconds: float) -> None:
        """Let the loop turn and come back."""
        self._sleep(seconds)

    def wait_for_database(self) -> None:
        """Return when the database answers; probes once a second."""
        end = time.monotonic() + _LONGEST_PAUSE_S
        while not self._answers():
            if time.monotonic() > end:
                raise TimeoutError(f"the database of {self._service.name} is away for {_LONGEST_PAUSE_S} s")
            self._watchdog.extend()
            self._sleep(_PROBE_S)

    def _keep(self, message: Message, reason: str, fingerprint: str) -> Outcome:
        with self._service.work(message.tenant) as work:
            dead_letters.keep(work, self._service.name, message, reason, fingerprint)
            work.commit()
        return Outcome.DONE

    def _patiently(self, handle: Callable[[], Outcome]) -> Outcome:
        outages = 0
        delays = list(_CONTENTION_DELAYS_S)
        while True:
            try:
                return handle()
            except DBAPIError as error:
                if is_out_of_reach(error) and outages < _MOST_OUTAGES:
                    outages += 1
                    _log.warning("the database is away: %s", faults.reason(error))
                    self.wait_for_database()
                elif sqlstate(error) in _CONTENTION and delays:
                    self._sleep(delays.pop(0) * random.uniform(0.5, 1.5))
                else:
                    raise

    def _answers(self) -> bool:
        try:
            with self._service.online.engine.connect() as connection:
                connection.exec_driver_sql("SELECT 1")
        except SQLAlchemyError:
            return False
        return True


def is_out_of_reach(error: DBAPIError) -> bool:
    """Whether the connection, not the statement, is what failed."""
    if error.connection_invalidated:
        return True
    state = sqlstate(error)
    if state is None:
        return isinstance(error, OperationalError)
    return state.startswith(_OUT_OF_REACH)


def sqlstate(error: DBAPIError) -> str | None:
    """PostgreSQL's five-letter code; None when the server said none."""
    return getattr(error.orig, "sqlstate", None)


def _attempts(message: Message) -> int:
    noted = message.headers.get(wire.ATTEMPTS, 0)
    return noted if isinstance(noted, int) else 0
