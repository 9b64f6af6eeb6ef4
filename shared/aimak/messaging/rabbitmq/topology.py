"""Exchanges and queues: one quorum queue for each consumer and event, shared retry rungs, one queue of dead letters.

Every queue that a handler reads has a dead-letter exchange: without one RabbitMQ drops what it gives up on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from amqp.exceptions import PreconditionFailed
from kombu.connection import Connection
from kombu.entity import Exchange, Queue

from aimak.messaging.faults import RETRY_DELAYS_S
from aimak.problems import Conflict, Problem
from aimak.service import Service

# An event that no service listens to yet is done with, as in the embedded runtime; the last of them can be looked at.
_UNHEARD = Exchange("aimak.unheard", type="fanout", durable=True)
_UNHEARD_KEPT = 1000
EVENTS = Exchange("aimak.events", type="topic", durable=True, arguments={"alternate-exchange": _UNHEARD.name})
DEAD = Exchange("aimak.dead", type="direct", durable=True)

DELIVERY_LIMIT = 20
# A dead letter must never be given up on: a lost connection counts as a delivery.
_NO_LIMIT = 1_000_000_000
_MOST_MESSAGES = 1_000_000
_QUORUM = {"x-queue-type": "quorum", "x-overflow": "reject-publish", "x-max-length": _MOST_MESSAGES}


@dataclass(frozen=True)
class Rung:
    """One step of the retry ladder: messages wait in its queue and return to the queue they came from."""

    delay_s: float

    @property
    def name(self) -> str:
        """`retry.5s`, `retry.30s`, `retry.5m`, `retry.1h`; below a second in milliseconds."""
        if self.delay_s < 1:
            return f"retry.{round(self.delay_s * 1000)}ms"
        seconds = round(self.delay_s)
        for size, unit in ((3600, "h"), (60, "m")):
            if seconds % size == 0:
                return f"retry.{seconds // size}{unit}"
        return f"retry.{seconds}s"

    @property
    def exchange(self) -> Exchange:
        """Where a message is published with the name of its own queue as routing key."""
        return Exchange(f"aimak.{self.name}", type="topic", durable=True)

    @property
    def queue(self) -> Queue:
        """Where it waits. Its dead-letter routing key is left alone, so that it returns by the key it came with;
        reached by its own name, a queue would get the message back and RabbitMQ would drop it as a cycle."""
        arguments = {
            **_QUORUM,
            "x-message-ttl": round(self.delay_s * 1000),
            "x-dead-letter-exchange": "",
            "x-dead-letter-strategy": "at-least-once",
        }
        return Queue(self.name, self.exchange, routing_key="#", durable=True, queue_arguments=arguments)


def queue_name(consumer: str, routing_key: str) -> str:
    """The queue of one consumer for one event."""
    return f"{consumer}.{routing_key}"


def event_queue(consumer: str, routing_key: str) -> Queue:
    """A consumer's queue for an event, bound to the exchange of all events."""
    arguments = {
        **_QUORUM,
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": DEAD.name,
        "x-dead-letter-routing-key": consumer,
        "x-dead-letter-strategy": "at-least-once",
    }
    name = queue_name(consumer, routing_key)
    return Queue(name, EVENTS, routing_key=routing_key, durable=True, queue_arguments=arguments)


def dead_queue(consumer: str) -> Queue:
    """Where a consumer's dead letters wait until they are in its table."""
    arguments = {**_QUORUM, "x-delivery-limit": _NO_LIMIT}
    return Queue(f"dead.{consumer}", DEAD, routing_key=consumer, durable=True, queue_arguments=arguments)


def unheard_queue() -> Queue:
    """The last events that no queue took."""
    arguments = {"x-queue-type": "quorum", "x-overflow": "drop-head", "x-max-length": _UNHEARD_KEPT}
    return Queue("unheard", _UNHEARD, durable=True, queue_arguments=arguments)


@dataclass(frozen=True)
class Topology:
    """All that one consumer needs of the broker. `ladder` holds the seconds before each further attempt."""

    consumer: str
    routing_keys: Sequence[str]
    ladder: Sequence[float] = RETRY_DELAYS_S

    def rung(self, attempts: int) -> Rung | None:
        """Where a message waits after `attempts` failed ones; None when that was the last."""
        return Rung(self.ladder[attempts - 1]) if attempts <= len(self.ladder) else None

    def queues(self) -> Iterator[Queue]:
        """Every queue; first those that take what the later ones give up."""
        yield unheard_queue()
        yield dead_queue(self.consumer)
        for delay_s in sorted(set(self.ladder)):
            yield Rung(delay_s).queue
        for routing_key in self.routing_keys:
            yield event_queue(self.consumer, routing_key)

    def declare(self, connection: Connection) -> None:
        """Declare everything; what is there already stays. Raises Conflict for a queue of other arguments, as one
        without a dead-letter exchange: it would lose messages, and only a person can decide what becomes of it."""
        for queue in self.queues():
            channel = connection.channel()
            try:
                queue(channel).declare()
            except PreconditionFailed as differs:
                raise Conflict(Problem("AIM-K090", {"queue": queue.name, "reason": differs.reply_text})) from differs
            channel.close()


def topology(service: Service) -> Topology:
    """What a service needs of the broker."""
    return Topology(service.name, sorted(service.subscriptions))
