"""A consumer process: nameko's container around one service, its watchdog and its clean end."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import eventlet
from nameko.containers import ServiceContainer

from aimak.messaging.envelope import Message
from aimak.messaging.inbox import Outcome
from aimak.messaging.rabbitmq import wire
from aimak.messaging.rabbitmq.broker import RabbitBroker, declare
from aimak.messaging.rabbitmq.entrypoint import RECEIVER, WATCHDOG, OnDeadLetter, OnEvent
from aimak.messaging.rabbitmq.receiver import Receiver
from aimak.messaging.rabbitmq.topology import Topology, topology
from aimak.messaging.rabbitmq.watchdog import Watchdog
from aimak.service import Service

HEARTBEAT_S = 60
STOP_S = 20

_log = logging.getLogger(__name__)

on_event = OnEvent.decorator
on_dead_letter = OnDeadLetter.decorator


class EventService:
    """What nameko makes one of for each message. Subclasses have a `name` and an entrypoint for each event."""

    name: str
    receiver: Receiver

    @on_dead_letter()  # type: ignore[misc, untyped-decorator, unused-ignore]
    def keep_dead_letter(self, message: Message, reason: str, fingerprint: str) -> None:
        """Copy a dead letter to the service's table."""
        self.receiver.keep_dead_letter(message, reason, fingerprint)


def event_service(service: Service) -> type[EventService]:
    """The class that nameko runs for a service: one entrypoint for each of its subscriptions."""
    members: dict[str, Any] = {"name": service.name}
    for subscription in service.subscriptions.values():
        members[subscription.event.snake_name] = on_event(subscription.event)(_entrypoint())
    return type(f"{service.name.capitalize()}Events", (EventService,), members)


def _entrypoint() -> Callable[[EventService, Message], Outcome]:
    def receive(self: EventService, message: Message) -> Outcome:
        return self.receiver.receive(message)

    return receive


def consume(service: Service, kind: type[EventService], needs: Topology | None = None) -> None:
    """Handle the service's messages until SIGTERM or SIGINT. The caller's entry module has patched with eventlet;
    the watchdog ends the process with 75."""
    url = service.settings.broker_url
    needs = needs or topology(service)
    watchdog = Watchdog()
    receiver = Receiver(service, needs, RabbitBroker(url), watchdog, eventlet.sleep)
    declare(needs, url)
    receiver.wait_for_database()
    kind.receiver = receiver
    config = {
        "AMQP_URI": url,
        "HEARTBEAT": HEARTBEAT_S,
        "max_workers": 1,
        "serializer": wire.SERIALIZER,
        "ACCEPT": [wire.SERIALIZER],
        RECEIVER: receiver,
        WATCHDOG: watchdog,
    }
    container = ServiceContainer(kind, config)
    _end_on_signals(container)
    watchdog.extend()
    watchdog.start()
    container.start()
    _log.info("%s consumes %d queues", service.name, len(needs.routing_keys))
    container.wait()


def _end_on_signals(container: ServiceContainer) -> None:
    def end(number: int, _frame: Any) -> None:
        _log.info("signal %d: ending", number)
        eventlet.spawn_after(STOP_S, _give_up)
        eventlet.spawn(container.stop)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


def _give_up() -> None:
    sys.stderr.flush()
    os._exit(1)
