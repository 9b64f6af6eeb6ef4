"""A message as it travels, and the broker that takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class Message:
    """One sealed batch. `consumer` names the one service it is for (rebuild, replay); None is for all that listen."""

    message_id: str
    routing_key: str
    tenant: str
    body: bytes
    occurred_at: datetime
    consumer: str | None = None
    headers: Mapping[str, Any] = field(default_factory=dict)


class Unconfirmed(Exception):
    """The broker did not confirm a message: it may or may not be there. The others need not wait for it."""


class Broker(Protocol):
    """Takes messages."""

    def publish(self, message: Message) -> None:
        """Return when the message is safe with the broker. Raises Unconfirmed when this message is not, anything
        else when the broker is out of reach; the relay publishes it again under the same id."""
        ...
