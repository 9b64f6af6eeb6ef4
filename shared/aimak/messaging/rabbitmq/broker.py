"""Publishing: mandatory, persistent, confirmed one by one; what is not confirmed is unknown, never failed."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from typing import Any

from amqp.exceptions import AMQPError, MessageNacked
from kombu.connection import Connection
from kombu.messaging import Producer

from aimak.messaging.envelope import Message, Unconfirmed
from aimak.messaging.rabbitmq import wire
from aimak.messaging.rabbitmq.topology import EVENTS, Topology, queue_name

CONFIRM_S = 5
CONNECT_S = 5
_RETRY_S = 1.0

_log = logging.getLogger(__name__)


def connect(url: str, *, confirms: bool = False) -> Connection:
    """A lazy connection without heartbeats; `confirms` has each publishing wait for the broker's word."""
    return Connection(url, connect_timeout=CONNECT_S, heartbeat=0, transport_options={"confirm_publish": confirms})


class RabbitBroker:
    """One connection, opened when it is needed and thrown away after any doubt. For one thread."""

    def __init__(self, url: str, confirm_s: float = CONFIRM_S) -> None:
        self._url = url
        self._confirm_s = confirm_s
        self._connection: Connection | None = None
        self._producer: Producer | None = None
        self._returned: list[str] = []

    def publish(self, message: Message) -> None:
        """Return when the message is on disk with the broker: in the queue of every consumer that listens, or of
        the one it is for. Raises Unconfirmed when it was refused or that one has no queue; anything else means that the
        broker is out of reach and that the message may or may not be there."""
        if message.consumer:
            self.send("", queue_name(message.consumer, message.routing_key), message)
        else:
            self.send(EVENTS.name, message.routing_key, message)

    def send(self, exchange: str, routing_key: str, message: Message) -> None:
        """Publish to a place by name; as `publish`."""
        self._returned.clear()
        try:
            self._open().publish(
                message.body,
                exchange=exchange,
                routing_key=routing_key,
                mandatory=True,
                retry=False,
                confirm_timeout=self._confirm_s,
                timeout=self._confirm_s,
                **wire.properties(message),
            )
        except MessageNacked as refused:
            raise Unconfirmed(message.message_id) from refused
        except (OSError, AMQPError):
            # A late confirm on this channel would be taken for that of the next message.
            self.abandon()
            raise
        if self._returned:
            _log.warning("no queue takes %s: %s", routing_key, self._returned[0])
            raise Unconfirmed(message.message_id)

    def abandon(self) -> None:
        """Drop the connection without a farewell, for which a broker that hangs would never answer."""
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            with suppress(Exception):
                connection.collect(socket_timeout=1)

    def _open(self) -> Producer:
        if self._producer is None:
            self._connection = connect(self._url, confirms=True)
            self._connection.connect()
            channel = self._connection.default_channel
            self._producer = Producer(channel, auto_declare=False, on_return=self._note_return)
        return self._producer

    def _note_return(self, error: Exception, *_where: Any) -> None:
        # Raising here would leave this message's confirm to be taken for the next one's.
        self._returned.append(str(error))


def declare(needs: Topology, url: str) -> None:
    """Declare a topology, waiting for the broker as long as it takes. Raises Conflict as `Topology.declare`."""
    while True:
        try:
            with connect(url) as connection:
                connection.connect()
                needs.declare(connection)
                return
        except (OSError, AMQPError) as away:
            _log.warning("waiting for the broker: %s", away)
            time.sleep(_RETRY_S)
