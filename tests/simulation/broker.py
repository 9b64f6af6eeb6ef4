"""A broker in memory with the manners of RabbitMQ's quorum queues: nothing is forgotten but what is acknowledged."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from aimak.messaging.envelope import Message, Unconfirmed
from aimak.messaging.rabbitmq import wire
from aimak.messaging.rabbitmq.topology import DEAD, DELIVERY_LIMIT, EVENTS, queue_name
from aimak.service import Service


@dataclass
class Stored:
    """A message in a queue."""

    body: bytes
    properties: dict[str, Any]
    deliveries: int = 0


@dataclass
class Publishing:
    """What becomes of the next publish: stored or not, confirmed or not; `crash` ends the publisher there."""

    stores: bool = True
    confirms: bool = True
    crash: BaseException | None = None


@dataclass
class SimBroker:
    """Exchanges and queues of every consumer. Queues are lists: the simulation takes from any place, so that
    messages come in any order."""

    bindings: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    queues: dict[str, list[Stored]] = field(default_factory=dict)
    waiting: list[tuple[str, Stored]] = field(default_factory=list)
    plan: list[Publishing] = field(default_factory=list)

    def declare(self, service: Service) -> None:
        """The queues of one consumer."""
        self.queues[f"dead.{service.name}"] = []
        for routing_key in service.subscriptions:
            name = queue_name(service.name, routing_key)
            self.queues[name] = []
            self.bindings[routing_key].append(name)

    def publish(self, message: Message) -> None:
        """As RabbitBroker.publish."""
        if message.consumer:
            self.send("", queue_name(message.consumer, message.routing_key), message)
        else:
            self.send(EVENTS.name, message.routing_key, message)

    def send(self, exchange: str, routing_key: str, message: Message) -> None:
        """As RabbitBroker.send, with what the plan has for this publish."""
        planned = self.plan.pop(0) if self.plan else Publishing()
        if planned.stores:
            self._store(exchange, routing_key, Stored(message.body, wire.properties(message)))
        if planned.crash:
            raise planned.crash
        if not planned.confirms:
            raise Unconfirmed(message.message_id)

    def _store(self, exchange: str, routing_key: str, stored: Stored) -> None:
        if exchange.startswith("aimak.retry."):
            self.waiting.append((routing_key, stored))
            return
        names = {EVENTS.name: self.bindings[routing_key], DEAD.name: [f"dead.{routing_key}"]}.get(
            exchange, [routing_key]
        )
        if not names or any(name not in self.queues for name in names):
            raise Unconfirmed(stored.properties["message_id"])
        for name in names:
            self.queues[name].append(Stored(stored.body, dict(stored.properties)))

    def climb(self) -> None:
        """The rungs' time is over: what waits returns to where it came from."""
        waiting, self.waiting = self.waiting, []
        for name, stored in waiting:
            self.queues[name].append(stored)

    def give_back(self, name: str, stored: Stored) -> None:
        """A consumer died with the message in its hands: it comes again, or is dead-lettered at the limit."""
        stored.deliveries += 1
        consumer = name.partition(".")[0]
        dead = f"dead.{consumer}"
        self.queues[name if stored.deliveries <= DELIVERY_LIMIT or name == dead else dead].append(stored)

    def everything(self) -> list[Stored]:
        """Every message that is anywhere in the broker."""
        return [*(one for queue in self.queues.values() for one in queue), *(one for _, one in self.waiting)]

    def lose(self) -> None:
        """The broker's disk is lost: its queues are declared anew, and empty."""
        for queue in self.queues.values():
            queue.clear()
        self.waiting.clear()

    def ready(self) -> list[str]:
        """Queues that hold something."""
        return sorted(name for name, held in self.queues.items() if held)

    def held(self) -> set[tuple[str, str]]:
        """Each message that is anywhere in the broker, with the consumer that it is on its way to."""
        everywhere = [*((name, one) for name, queue in self.queues.items() for one in queue), *self.waiting]
        return {
            (name.removeprefix("dead.").partition(".")[0], stored.properties["message_id"])
            for name, stored in everywhere
        }
