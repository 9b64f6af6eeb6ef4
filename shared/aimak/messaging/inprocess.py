"""The embedded runtime's broker: the outbox's rows go to the handlers of the same process.

Nothing waits in memory: a message is marked as published when every service that listens has handled it, so a killed
process finds the rest in the outboxes when it starts again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

from aimak.jobs import Worker
from aimak.messaging import dead_letters, faults, inbox
from aimak.messaging.envelope import Message, Unconfirmed
from aimak.messaging.relay import Relay
from aimak.service import Service

# Between its steps the pump leaves the files to those who write: facts then travel together, and nobody waits for it.
_REST_S = 0.25
# So long a service's due jobs have the turn before messages move again.
_JOBS_S = 0.25
_log = logging.getLogger("aimak.messaging")


class InProcessBroker:
    """Hands each message to the services that listen."""

    def __init__(self, services: Sequence[Service]) -> None:
        self._services = services
        self._attempts: dict[tuple[str, str], tuple[int, float]] = {}

    def publish(self, message: Message) -> None:
        """Have every listening service handle the message. Raises Unconfirmed while one of them has to try again."""
        waiting = False
        for service in self._services:
            wanted = message.consumer in (None, service.name)
            if wanted and (message.routing_key in service.subscriptions or message.consumer == service.name):
                waiting |= not self._deliver(service, message)
        if waiting:
            raise Unconfirmed(message.message_id)

    def _deliver(self, service: Service, message: Message) -> bool:
        key = (service.name, message.message_id)
        attempts, not_before = self._attempts.get(key, (0, 0.0))
        if not_before > time.monotonic():
            return False
        try:
            inbox.handle(service, message)
        except Exception as error:
            delay_s = None if faults.is_permanent(error) else faults.retry_delay_s(attempts + 1)
            if delay_s is not None:
                self._attempts[key] = (attempts + 1, time.monotonic() + delay_s)
                return False
            dead_letters.record(service, message, error)
        self._attempts.pop(key, None)
        return True


class Pump:
    """Moves messages and runs jobs of all services of one process."""

    def __init__(self, services: Sequence[Service]) -> None:
        self._broker = InProcessBroker(services)
        self._relays = [Relay(service, self._broker) for service in services]
        self._workers = [Worker(service) for service in services]
        self._turn = threading.Lock()

    def step(self) -> int:
        """Deliver what waits and run due jobs; says how much was done. One caller at a time."""
        with self._turn:
            moved = sum(relay.step() for relay in self._relays)
            return moved + sum(_jobs(worker) for worker in self._workers)

    def drain(self) -> None:
        """Go on until nothing moves: every outbox delivered and no job due, save what waits for another attempt."""
        while self.step():
            pass

    def run(self, stop: threading.Event) -> None:
        """Go on until `stop` is set; for the thread of `aimak serve`."""
        while not stop.wait(_REST_S):
            try:
                self.step()
            except Exception:
                # A thread that ended here would leave a process that answers and moves nothing any more.
                _log.exception("a step of the pump failed; what it left is taken up again")


def _jobs(worker: Worker) -> int:
    """Run due jobs for a moment, so that what several of them tell travels together; says how many."""
    until, done = time.monotonic() + _JOBS_S, 0
    while worker.step():
        done += 1
        if time.monotonic() > until:
            break
    return done
