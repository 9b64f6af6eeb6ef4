"""One partner at work: its record with the plugin that speaks its protocol."""

from __future__ import annotations

from dataclasses import dataclass

from aimak import texts
from aimak.plugins.payment_partners import (
    Outcome,
    PartnerCommand,
    PartnerConfig,
    PartnerResponse,
    PaymentPartner,
    Refusal,
    Result,
)
from aimak.plugins.registry import Registry
from aimak.problems import Conflict, Problem

from aimak_payments.store.partners import PartnerRecord


@dataclass(frozen=True)
class Partner:
    """A partner's record and its protocol."""

    record: PartnerRecord
    protocol: PaymentPartner

    @classmethod
    def open(cls, record: PartnerRecord, protocols: Registry[PaymentPartner]) -> Partner:
        """The partner with the installed plugin of its protocol. Raises Conflict where that is no longer installed."""
        plugin = protocols.get(record.protocol)
        if plugin is None:
            raise Conflict(Problem("AIM-P012", {"protocol": record.protocol, "known": ", ".join(protocols.codes())}))
        settings = plugin.settings_schema().load(dict(record.settings))
        return cls(record, plugin(PartnerConfig(record.code, record.terms.zone, settings)))

    @property
    def code(self) -> str:
        """The partner's code within its tenant."""
        return self.record.code

    def say(
        self,
        outcome: Outcome,
        command: PartnerCommand | Refusal,
        *,
        payment_id: int | None = None,
        holder: str | None = None,
        balance_tyiyn: int | None = None,
    ) -> PartnerResponse:
        """The answer in the partner's form and language."""
        comment = texts.translate("aimak_payments", f"answer.{outcome.value}", self.record.terms.language) or ""
        return self.protocol.render(Result(outcome, command, comment, payment_id, holder, balance_tyiyn))
