"""SMS gateways: how a text gets to a phone, and how the gateway tells what became of it.

A plugin speaks one gateway's protocol. The host (notifications) owns everything else: what is told to whom, the parts,
the queue, retries, routes, authentication of reports, and the state of each message. An entry point of the group
`aimak.sms_gateways` names the class.
"""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar, Protocol

from marshmallow import Schema

from aimak.clock import Clock
from aimak.plugins.base import Plugin

GROUP = "aimak.sms_gateways"
INTERFACE_VERSION = 1


class HttpAnswer(Protocol):
    """What came back over HTTP."""

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        ...

    @property
    def text(self) -> str:
        """The body as text."""
        ...


class HttpClient(Protocol):
    """A client with time limits that reaches only the addresses the installation allows. Redirects are off."""

    def get(self, url: str, *, params: Mapping[str, str]) -> HttpAnswer:
        """Raises NotReached when the request was surely not taken, NotAnswered when it may have been."""
        ...

    def post(self, url: str, *, content: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        """Raises NotReached when the request was surely not taken, NotAnswered when it may have been."""
        ...


class PluginState(Protocol):
    """The little that a plugin remembers between calls, of one tenant and this plugin alone: a token, a cursor.

    Keys are at most 64 characters, a value at most 8,000 of JSON, and there are at most 100 of them: ValueError else.
    Each call is a transaction of its own, so a plugin calls it from `send`, `query` and `read`, not while it is opened.
    """

    def get(self, key: str) -> Any:
        """What was put under the key; None where nothing was."""
        ...

    def put(self, key: str, value: Any) -> None:
        """Remember a JSON value from now on; None forgets the key."""
        ...


class NotReached(Exception):
    """No connection: the other side has nothing of it."""


class NotAnswered(Exception):
    """The request went out and no answer came: nobody can tell whether it was taken."""


@dataclass(frozen=True)
class GatewayHost:
    """What the host lends to a gateway of one tenant. A plugin takes time, network and files from here alone."""

    tenant: str
    clock: Clock
    http: HttpClient
    state: PluginState
    folder: Path
    """Of this tenant alone; it may not exist yet."""
    log: logging.Logger


@dataclass(frozen=True)
class OutgoingSms:
    """One message to send."""

    id: int
    """Ours, 19 digits, the same at every attempt: give it to the gateway as its idempotency key where it has one."""
    phone: str
    """Digits with the country code, no plus."""
    text: str
    encoding: str
    """"gsm7" or "ucs2"."""
    parts: int
    day: date
    """The town's date when the message was made; it stays at every attempt."""
    report_url: str
    """Where the gateway tells of this message. It carries a key: never log it."""
    again: bool = False
    """Whether an earlier attempt may have got through; set only for a gateway that is `repeatable`."""


class Handover(Enum):
    """How an attempt ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """For good, because of this message: bad number, forbidden words."""
    LATER = "later"
    """Surely not taken: the gateway is away, full, out of funds or wrongly set up. It is tried again."""
    UNKNOWN = "unknown"
    """No answer came. Never tried again by itself, unless the gateway is `repeatable` or `can_query`."""


@dataclass(frozen=True)
class Handed:
    """What became of one attempt. `ref` is the gateway's own id where it gives one; `reason` is in its own words."""

    message_id: int
    handover: Handover
    ref: str | None = None
    reason: str | None = None


class Delivery(Enum):
    """What a gateway reports of a message that it took."""

    SENT = "sent"
    """On its way: handed to the operator, buffered there."""
    DELIVERED = "delivered"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True)
class DeliveryReport:
    """The gateway's word on one message. Reports come late, twice and out of order; the host only moves forward."""

    message_id: int
    delivery: Delivery
    ref: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class IncomingSms:
    """What a resident wrote. `ref` is the gateway's id of it, by which a repeat is known."""

    ref: str
    phone: str
    text: str
    received_at: datetime


@dataclass(frozen=True)
class GatewayRequest:
    """A call from the gateway, its key already verified by the host. Of a parameter that comes twice, the first
    counts; header names are lower case; the body is at most 64 KB."""

    method: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Unreadable(Exception):
    """A gateway's call that makes no sense. The text says why, in English, for the log."""


class SmsGateway(Plugin):
    """One gateway's protocol. Called only by notifications.

    One instance serves one tenant with one set of settings; `send` and `query` are called by one worker at a time for
    the same message, by many for different ones. Forbidden everywhere: the system's clock, files outside
    `host.folder`, network beside `host.http`, keeping state that must outlive the process.
    """

    settings_schema: ClassVar[type[Schema]]
    """The gateway's settings, unknown keys refused. A value "secret:NAME" is replaced by the host: the stored settings
    and every listing show the name, never the secret."""
    batch_size: ClassVar[int] = 100
    """How many messages the host gives at once: as many are in doubt when the process dies in between."""
    repeatable: ClassVar[bool] = False
    """Whether a message handed over again under the same id reaches the phone once. Say True only when the gateway
    itself absorbs the repeat: after a crash the host then sends again, otherwise the message is "unknown"."""
    can_query: ClassVar[bool] = False
    """Whether `query` works: the host asks it about messages in doubt instead of leaving them unknown."""
    can_receive: ClassVar[bool] = False
    """Whether `incoming` works."""

    def __init__(self, settings: Mapping[str, Any], host: GatewayHost) -> None:
        """Called with settings that `settings_schema` has loaded, secrets in place. Must not call out."""
        self.settings = settings
        self.host = host

    def check_settings(self) -> list[str]:
        """What is missing before messages can go with these settings, in plain words; empty when nothing is.

        Called when the gateway is chosen, never before each message. May call out, must not send. Default: nothing
        is missing. (`check_ready`, inherited, asks the same of the installation, without settings.)
        """
        return []

    @abstractmethod
    def send(self, messages: Sequence[OutgoingSms]) -> list[Handed]:
        """Hand over up to `batch_size` messages and say what became of each, in any order.

        Called by a worker with no transaction open. A message that is left out of the answer counts as UNKNOWN, and
        so does every message when this raises: catch what you know better. When the gateway is away, give LATER for
        the rest at once instead of trying each. Must not retry by itself, nor write texts or phones to the log.
        """

    def report(self, request: GatewayRequest) -> list[DeliveryReport]:
        """Read the gateway's call on `report_url` or its route. Raises Unreadable for what makes no sense.

        Pure: the same request gives the same reports. An empty list is a call that tells nothing. Default: the gateway
        sends no reports.
        """
        raise Unreadable("this gateway sends no reports")

    def query(self, messages: Sequence[OutgoingSms]) -> list[Handed]:
        """Ask what became of messages in doubt. Called only where `can_query`, in the place of sending again.

        ACCEPTED: the gateway has it. LATER: it surely has not, send it. UNKNOWN: it cannot tell. Must not send.
        """
        raise NotImplementedError("a gateway that says can_query overrides this")

    def incoming(self, request: GatewayRequest) -> list[IncomingSms]:
        """Read what residents wrote. Called only where `can_receive`. Pure; raises Unreadable for what makes no
        sense."""
        raise NotImplementedError("a gateway that says can_receive overrides this")
