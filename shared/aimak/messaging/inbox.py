"""Receiving: the inbox row is the first statement of the handler's transaction."""

from __future__ import annotations

import enum

from aimak.messaging.envelope import Message
from aimak.problems import PermanentFault, Problem
from aimak.service import Service, Subscription
from aimak.storage.upsert import insert_once


class Outcome(enum.Enum):
    """What became of a message that was handled without a fault."""

    DONE = "done"
    REPEATED = "repeated"


def handle(service: Service, message: Message) -> Outcome:
    """Handle a message once: a repeat of its id changes nothing. Raises PermanentFault or Refused for what no
    repetition mends, anything else for what may pass; then nothing has been written."""
    subscription = _subscription(service, message)
    event = subscription.event.decode(message.tenant, message.body)
    with service.work(message.tenant, bulk=subscription.bulk) as work:
        row = {"consumer": service.name, "message_id": message.message_id, "processed_at": work.now}
        if not insert_once(work, work.table("inbox"), row):
            return Outcome.REPEATED
        work.refuse_set_time()
        subscription.handler(work, event)
        work.commit()
    return Outcome.DONE


def _subscription(service: Service, message: Message) -> Subscription:
    try:
        return service.subscriptions[message.routing_key]
    except KeyError:
        fields: dict[str, str | int | None] = {"service": service.name, "event": message.routing_key}
        raise PermanentFault(Problem("AIM-K011", fields)) from None
