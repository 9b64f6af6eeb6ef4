"""OSMP keeps the contract of payment partners, in both dialects."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from importlib import resources
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aimak.money import plain_som
from aimak.plugins.payment_partners import PartnerCommand, PartnerRequest, Pay
from aimak.testing.payment_partners import PaymentPartnerContract
from aimak_payments.plugins.payment_partners.osmp.plugin import OsmpPartner
from aimak_payments.plugins.payment_partners.osmp.results import is_fatal

FIXTURES = resources.files("aimak_payments.plugins.payment_partners.osmp") / "fixtures"


class TestOsmp(PaymentPartnerContract):
    """The classic protocol by GET."""

    plugin = OsmpPartner
    registry = (FIXTURES / "registry.tsv").read_bytes()

    def request(self, command: PartnerCommand) -> PartnerRequest:
        """As a terminal sends it."""
        return PartnerRequest("GET", query=self.parameters(command))

    def parameters(self, command: PartnerCommand) -> bytes:
        """The urlencoded parameters of a command."""
        pay = isinstance(command, Pay)
        given = {
            "command": "pay" if pay else "check",
            "txn_id": command.external_id,
            "account": command.account,
            "sum": plain_som(command.amount_tyiyn),
        }
        if isinstance(command, Pay) and command.paid_at:
            given["txn_date"] = f"{command.paid_at.astimezone(ZoneInfo(self.zone)):%Y%m%d%H%M%S}"
        return urlencode(given).encode()

    def outcome_told(self, body: bytes) -> str:
        """By the table of result codes."""
        code = int(ElementTree.fromstring(body).findtext("result") or "")
        return "done" if code == 0 else "give up" if is_fatal(code) else "repeat"


class TestPay24(TestOsmp):
    """The dialect of Pay24 by POST."""

    settings = {"dialect": "pay24", "txn_id_digits": 28, "answer_ccy": True}  # noqa: RUF012

    def request(self, command: PartnerCommand) -> PartnerRequest:
        """As an urlencoded body."""
        return PartnerRequest("POST", body=self.parameters(command))
