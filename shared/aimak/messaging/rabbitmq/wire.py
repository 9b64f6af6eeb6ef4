"""A message as AMQP carries it: properties, headers and the body's bytes as they are."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import kombu.serialization

from aimak.messaging.envelope import Message
from aimak.problems import PermanentFault, Problem

CONTENT_TYPE = "application/vnd.aimak.batch+json"
# The name under which kombu and nameko know this content type.
SERIALIZER = "aimak"

ATTEMPTS = "aimak-attempts"
REASON = "aimak-reason"
FINGERPRINT = "aimak-fingerprint"
_OWN = ("tenant", "event", "occurred_at", "consumer")


def as_is(body: bytes) -> bytes:
    """Our own decoder reads the body; kombu hands it on."""
    return body


kombu.serialization.register(SERIALIZER, as_is, as_is, CONTENT_TYPE, content_encoding="binary")


def properties(message: Message) -> dict[str, Any]:
    """What kombu's producer is told beside body and address; headers included."""
    headers = {
        **message.headers,
        "tenant": message.tenant,
        "event": message.routing_key,
        "occurred_at": message.occurred_at.isoformat(),
    }
    if message.consumer:
        headers["consumer"] = message.consumer
    return {
        "message_id": message.message_id,
        "type": message.routing_key,
        "content_type": CONTENT_TYPE,
        "content_encoding": "binary",
        "delivery_mode": 2,
        "headers": headers,
    }


def read(body: bytes, given: Mapping[str, Any], headers: Mapping[str, Any]) -> Message:
    """The message again. Raises PermanentFault when it is none of ours."""
    try:
        return Message(
            message_id=str(uuid.UUID(given["message_id"])),
            routing_key=str(headers["event"]),
            tenant=str(headers["tenant"]),
            body=bytes(body),
            occurred_at=datetime.fromisoformat(headers["occurred_at"]),
            consumer=headers.get("consumer"),
            headers={name: value for name, value in headers.items() if name not in _OWN},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        fields = {"event": str(headers.get("event", "-")), "reason": f"{type(wrong).__name__} {wrong}"}
        raise PermanentFault(Problem("AIM-K010", fields)) from wrong


def read_dead_letter(body: Any, given: Mapping[str, Any], headers: Mapping[str, Any]) -> tuple[Message, str, str]:
    """A dead letter as message, reason and fingerprint. One that is none of ours gets an id that follows from its
    body, so that it too can be seen and dropped."""
    raw = body.encode() if isinstance(body, str) else bytes(body)
    plain: dict[str, Any] = json.loads(json.dumps(dict(headers), default=str))
    reason = str(plain.get(REASON) or plain.get("x-first-death-reason") or "unknown")
    fingerprint = str(plain.get(FINGERPRINT, reason))[:32]
    try:
        return read(raw, given, plain), reason, fingerprint
    except PermanentFault:
        foreign = Message(
            message_id=str(uuid.uuid5(uuid.NAMESPACE_OID, raw.hex())),
            routing_key=str(plain.get("x-first-death-queue", "unknown"))[:200],
            tenant="-",
            body=raw,
            occurred_at=datetime.fromtimestamp(0, UTC),
            headers=plain,
        )
        return foreign, reason, fingerprint
