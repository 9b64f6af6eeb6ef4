"""Payment partners: the protocol of a bank, a wallet or a network of terminals.

A plugin turns the partner's request into a command and the host's result into the partner's answer, and reads the
partner's daily registry. Both ways it is pure: the host (payments) owns the route, authentication, limits, the
transaction and the stored answers. An entry point of the group `aimak.payment_partners` names the class.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

from marshmallow import Schema

from aimak.plugins.base import Plugin
from aimak.problems import Problem

GROUP = "aimak.payment_partners"
INTERFACE_VERSION = 1

# A partner's id of a payment is kept as text for ever; longer ones are no ids.
MAX_EXTERNAL_ID = 40
MAX_ACCOUNT_TEXT = 200


@dataclass(frozen=True)
class PartnerRequest:
    """What came in, as bytes: nothing is decoded before the plugin has it.

    `path` is what follows the partner's own route ("" or "/transactions/17"); header names are lower case.
    """

    method: str
    path: str = ""
    query: bytes = b""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """May this account be paid for, and what is owed? Moves nothing."""

    external_id: str
    account: str
    amount_tyiyn: int = 0
    """0 where the partner does not know the sum yet: limits are not looked at then."""


@dataclass(frozen=True)
class Pay:
    """The payer's money has been taken; credit it once."""

    external_id: str
    account: str
    amount_tyiyn: int
    paid_at: datetime | None = None
    """Aware; None where the protocol does not tell: the host takes its own instant. It gives the business date; one
    more than a day ahead or 366 days back is refused by the host as BAD_REQUEST, and may come
    again with its true one."""


PartnerCommand = Check | Pay


class Outcome(Enum):
    """How a command ended, in no partner's words."""

    ACCEPTED = "accepted"
    TRY_LATER = "try_later"
    BAD_REQUEST = "bad_request"
    BAD_ACCOUNT = "bad_account"
    UNKNOWN_ACCOUNT = "unknown_account"
    CLOSED_ACCOUNT = "closed_account"
    SWITCHED_OFF = "switched_off"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    CONFLICT = "conflict"
    """The id was used before for another account or another sum."""

    @property
    def final(self) -> bool:
        """Whether the answer stands for ever. "Try later" is the only one that does not."""
        return self is not Outcome.TRY_LATER


@dataclass(frozen=True)
class Refusal:
    """A request that the plugin cannot read. `external_id` and `account` as far as they were readable."""

    outcome: Outcome
    external_id: str = ""
    account: str = ""
    is_pay: bool = False
    reason: str = ""
    """For the log and the operator, in English; never sent to the partner."""


@dataclass(frozen=True)
class Result:
    """What the plugin has to say to the partner.

    `comment` is a short text in the partner's language; `payment_id` is ours, 19 digits, set for an accepted `Pay`;
    `holder` is masked; `balance_tyiyn` > 0 is owed; both are set for an accepted `Check` alone.
    """

    outcome: Outcome
    command: PartnerCommand | Refusal
    comment: str = ""
    payment_id: int | None = None
    holder: str | None = None
    balance_tyiyn: int | None = None


@dataclass(frozen=True)
class PartnerResponse:
    """The answer as bytes. Final answers are stored and given again byte for byte."""

    body: bytes
    content_type: str
    status: int = 200


@dataclass(frozen=True)
class RegistryLine:
    """One successful payment in a partner's registry; `line` counts from 1 as an editor does."""

    line: int
    external_id: str
    account: str
    amount_tyiyn: int
    paid_at: datetime
    """Aware. The host leaves out a line dated more than a day ahead; an old one it takes."""


@dataclass(frozen=True)
class RegistryFile:
    """A registry as it was read. `declared_*` are the file's own totals, None where the format has none.

    With any problem the host takes nothing of the file.
    """

    lines: tuple[RegistryLine, ...] = ()
    declared_count: int | None = None
    declared_tyiyn: int | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class PartnerConfig:
    """What one partner of one tenant is set to: its code, the zone of its clock, the plugin's own settings as
    `settings_schema` loaded them."""

    partner: str
    zone: str
    settings: Mapping[str, Any] = field(default_factory=dict)


class PaymentPartner(Plugin):
    """A partner's protocol. Called only by payments, which owns route, authentication and transaction.

    One instance serves one partner of one tenant, from many threads: keep nothing between calls. No method may move
    money, read a clock, draw a random number, open a file or call out. `check_ready` says what the installation
    lacks; what one partner lacks, `settings_schema` says when it is defined.
    """

    settings_schema: ClassVar[type[Schema]]
    """The plugin's own settings. Unknown keys are refused when a partner is defined."""

    def __init__(self, config: PartnerConfig) -> None:
        """Called when a partner's settings are first needed or have changed."""
        self.config = config

    @abstractmethod
    def parse(self, request: PartnerRequest) -> PartnerCommand | Refusal:
        """Read what the partner asks. Called once for each request, after authentication.

        A repeat gives the same command. Never raises, whatever the bytes: what cannot be read is a Refusal. Account
        and external id are given as the partner wrote them, without outer spaces; the sum is exact or refused.
        Limits, the account's form and its existence, and how far off a date may lie are the host's to judge.
        """

    @abstractmethod
    def render(self, result: Result) -> PartnerResponse:
        """Write the answer in the partner's form. Called inside the transaction that credits: the same result gives
        the same bytes, at once. Everything from the request is escaped. Never raises."""

    def read_registry(self, content: bytes) -> RegistryFile:
        """Read a daily registry. Called when an operator or a job brings the file; may be called again for the same.

        All that is wrong is listed in `problems` with its line, nothing is raised. Totals and doubled ids are
        compared by the host. Default: the partner sends no registries.
        """
        return RegistryFile(problems=(Problem("AIM-P030", {"protocol": self.code}),))
