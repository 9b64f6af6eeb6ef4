"""The nameko side: one entrypoint for events, one for dead letters, and the loop that the watchdog watches.

nameko's own handlers acknowledge what failed; these acknowledge what is done, or safe elsewhere.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from amqp.exceptions import AMQPError
from kombu.connection import Connection
from nameko.exceptions import ContainerBeingKilled
from nameko.messaging import Consumer, QueueConsumer

from aimak.contracts.base import Event
from aimak.messaging.envelope import Unconfirmed
from aimak.messaging.rabbitmq import wire
from aimak.messaging.rabbitmq.broker import CONNECT_S
from aimak.messaging.rabbitmq.receiver import Receiver
from aimak.messaging.rabbitmq.topology import DEAD, EVENTS, dead_queue, event_queue
from aimak.problems import PermanentFault

RECEIVER = "aimak.receiver"
WATCHDOG = "aimak.watchdog"

_RECONNECT_S = 1
# Every so many turns (a turn is at most a second) an idle loop asks the broker for an answer.
_TURNS_BETWEEN_QUESTIONS = 5
_SICK_BROKER_S = 1.0

_log = logging.getLogger(__name__)


class WatchedLoop(QueueConsumer):
    """nameko's loop, which tells the watchdog of each turn and asks an idle broker whether it is there: a half-open
    connection then blocks this loop within seconds and not after two missed heartbeats."""

    _turns = 0
    _channel: Any = None

    @property
    def connection(self) -> Connection:
        """Connection parameters with a limit for connecting, which nameko leaves out."""
        given: Connection = super().connection
        given.connect_timeout = CONNECT_S
        return given

    def establish_connection(self) -> Any:
        """Try again each second for as long as it takes; each try is a sign of life."""
        return _connected(self.create_connection(), self.on_connection_error)

    def on_connection_error(self, exc: BaseException, interval: float) -> None:
        """The broker is away, which the watchdog must not take for a stuck loop."""
        self.container.config[WATCHDOG].beat()
        super().on_connection_error(exc, interval)

    def on_consume_ready(self, connection: Connection, channel: Any, consumers: Any, **given: Any) -> None:
        """Remember the channel to ask on."""
        self._channel = channel
        super().on_consume_ready(connection, channel, consumers, **given)

    def on_iteration(self) -> None:
        """One turn of the loop."""
        self.container.config[WATCHDOG].beat()
        self._turns += 1
        if self._turns % _TURNS_BETWEEN_QUESTIONS == 0 and self._channel is not None:
            self._channel.exchange_declare(EVENTS.name, EVENTS.type, passive=True)
        super().on_iteration()

    def on_decode_error(self, message: Any, exc: BaseException) -> None:
        """What kombu cannot decode goes to the dead letters as it is; a dead letter is kept, whatever it is: rejected,
        it would be gone, as its queue has nowhere to give it."""
        if message.delivery_info["exchange"] == DEAD.name:
            letters = next(provider for provider in self._providers if isinstance(provider, OnDeadLetter))
            self.handle_message(letters, None, message)
            return
        _log.warning("undecodable message in %s: %s", message.delivery_info.get("routing_key"), exc)
        message.reject(requeue=False)


def _connected(connection: Connection, on_error: Any) -> Any:
    try:
        return connection.ensure_connection(
            on_error, interval_start=_RECONNECT_S, interval_step=0, interval_max=_RECONNECT_S
        )
    except BaseException:
        connection.release()
        raise


class OnEvent(Consumer):
    """An entrypoint for one event: the service's method gets the `Message`."""

    queue_consumer = WatchedLoop()

    def __init__(self, event: type[Event], **given: Any) -> None:
        super().__init__(queue=None, **given)
        self._event = event

    @property
    def _receiver(self) -> Receiver:
        receiver: Receiver = self.container.config[RECEIVER]
        return receiver

    def setup(self) -> None:
        """Take the queue of this consumer and event."""
        self.queue = event_queue(self.container.service_name, self._event.routing_key)
        super().setup()

    def handle_message(self, body: bytes, message: Any) -> None:
        """Give the message to a worker; what is none of ours goes to the dead letters at once."""
        try:
            args = (wire.read(body, message.properties, message.headers),)
        except PermanentFault as fault:
            _log.warning("foreign message in %s: %s", self.queue.name, fault)
            self._settle(message.reject)
            return
        try:
            self.container.spawn_worker(self, args, {}, handle_result=partial(self.handle_result, message))
        except ContainerBeingKilled:
            self.queue_consumer.requeue_message(message)

    def handle_message_processed(self, message: Any, result: Any = None, exc_info: Any = None) -> None:
        """Acknowledge what is done or put aside; give back what could not be put aside."""
        if exc_info is not None:
            try:
                self._receiver.put_aside(wire.read(message.body, message.properties, message.headers), exc_info[1])
            except (Unconfirmed, OSError, AMQPError) as unsafe:
                _log.warning("not put aside, goes back to %s: %s", self.queue.name, unsafe)
                self._receiver.pause(_SICK_BROKER_S)
                self._settle(message.requeue)
                return
        self._settle(message.ack)

    def _settle(self, how: Any) -> None:
        """Tell the broker; a connection that is gone has given the message back already."""
        try:
            how()
        except (OSError, AMQPError) as gone:
            _log.warning("%s: the broker is gone before it was told: %s", self.queue.name, gone)


class OnDeadLetter(OnEvent):
    """An entrypoint for a consumer's dead letters: the service's method gets message, reason and fingerprint."""

    def __init__(self, **given: Any) -> None:
        super(OnEvent, self).__init__(queue=None, **given)

    def setup(self) -> None:
        """Take the consumer's queue of dead letters."""
        self.queue = dead_queue(self.container.service_name)
        super(OnEvent, self).setup()

    def handle_message(self, body: Any, message: Any) -> None:
        """Give the letter to a worker, whatever it is."""
        args = wire.read_dead_letter(message.body, message.properties, message.headers or {})
        try:
            self.container.spawn_worker(self, args, {}, handle_result=partial(self.handle_result, message))
        except ContainerBeingKilled:
            self.queue_consumer.requeue_message(message)

    def handle_message_processed(self, message: Any, result: Any = None, exc_info: Any = None) -> None:
        """Acknowledge what is in the table; anything else stays in the queue."""
        if exc_info is not None:
            self._receiver.pause(_SICK_BROKER_S)
            self._settle(message.requeue)
            return
        self._settle(message.ack)
