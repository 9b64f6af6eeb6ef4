"""Notices: what is to be told, taken from events, and what becomes of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from aimak.ids import derived_id

from aimak_notifications.domain.texts import BillFacts, ReceiptFacts, charges_of

BILL = "bill"
RECEIPT = "receipt"
KINDS = (BILL, RECEIPT)

TOLD = "told"
# The account, the town or a service is not known here yet: events come in any order.
WAITING = "waiting"
NO_PHONE = "no_phone"
NO_CONSENT = "no_consent"
# The bill was cancelled or the payment reversed before anything was sent.
WITHDRAWN = "withdrawn"
UNTOLD = (WAITING, NO_PHONE, NO_CONSENT, WITHDRAWN)


@dataclass(frozen=True)
class Notice:
    """One bill or payment as it stands. `live` is false for what was cancelled or reversed; `facts` is plain JSON."""

    id: int
    kind: str
    source_id: int
    account_id: int
    period: str
    version: int
    live: bool
    facts: Mapping[str, Any]


def of_bill(tenant: str, row: Mapping[str, Any]) -> Notice:
    """The notice of a BillsIssued row. Raises ValueError or TypeError for charges that cannot be read."""
    names = ("due_on", "opening_tyiyn", "due_tyiyn")
    return Notice(
        id=derived_id(tenant, BILL, row["bill_id"]),
        kind=BILL,
        source_id=row["bill_id"],
        account_id=row["account_id"],
        period=row["period"],
        version=row["version"],
        live=row["state"] == "issued",
        facts={name: row[name] for name in names} | {"charges": charges_of(row["services"])},
    )


def of_payment(tenant: str, row: Mapping[str, Any]) -> Notice:
    """The notice of a PaymentsReceived row. Every part of a payment carries the whole, so any one of them will do."""
    names = ("payment_tyiyn", "partner", "partner_name", "paid_on")
    return Notice(
        id=derived_id(tenant, RECEIPT, row["payment_id"]),
        kind=RECEIPT,
        source_id=row["payment_id"],
        account_id=row["account_id"],
        period=row["paid_on"][:7],
        version=row["version"],
        live=row["state"] == "received",
        facts={name: row[name] for name in names},
    )


def newest(notices: Iterable[Notice]) -> dict[int, Notice]:
    """By id, the one of the highest version."""
    found: dict[int, Notice] = {}
    for notice in notices:
        if notice.id not in found or found[notice.id].version < notice.version:
            found[notice.id] = notice
    return found


def bill_facts(notice: Notice) -> BillFacts:
    """What the text of a bill needs."""
    facts = notice.facts
    return BillFacts(
        period=notice.period,
        due_on=date.fromisoformat(facts["due_on"]),
        opening=facts["opening_tyiyn"],
        due=facts["due_tyiyn"],
        charges=facts["charges"],
    )


def receipt_facts(notice: Notice) -> ReceiptFacts:
    """What the text of a receipt needs."""
    facts = notice.facts
    paid_on = date.fromisoformat(facts["paid_on"])
    return ReceiptFacts(facts["payment_tyiyn"], facts["partner"], paid_on, facts.get("partner_name") or "")
