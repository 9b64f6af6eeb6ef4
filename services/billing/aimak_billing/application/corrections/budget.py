"""The document by which a budget line pays what it owes in the place of residents."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from aimak import ledger
from aimak.ids import derived_id
from aimak.problems import Problem, Refused
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_billing.application.corrections.documents import Kind
from aimak_billing.application.corrections.entries import amount_of
from aimak_billing.application.kit import Kit
from aimak_billing.application.reports.debtors import debtors
from aimak_billing.domain.posting import BUDGET_PAYMENT, payer_account


def kind(kit: Kit) -> Kind:
    """The kind of document."""
    return Kind(BUDGET_PAYMENT, partial(_check, kit), _post)


def _check(kit: Kit, work: UnitOfWork, asked: Mapping[str, Any]) -> tuple[dict[str, Any], int | None]:
    """asked: provider, payer, amount_tyiyn (below zero takes a payment back), ground (the payment order)."""
    pair = asked.get("provider") or "", asked.get("payer") or ""
    known = debtors(kit, work)
    if pair not in known:
        told = ", ".join(f"{provider}/{payer}" for provider, payer in known) or "-"
        raise Refused(Problem("AIM-B186", {"provider": pair[0], "payer": pair[1], "known": told}))
    if not (asked.get("ground") or "").strip():
        raise Refused(Problem("AIM-B187", {}))
    return {"provider": pair[0], "payer": pair[1], "amount_tyiyn": amount_of(asked, signed=True)}, None


def _post(work: UnitOfWork, document: Row[Any]) -> None:
    """The debtor owes less, the creditor's account has it. No resident's receivable moves."""
    facts = document.facts
    row = ledger.transfer(
        work,
        derived_id("correction-entry", work.tenant, document.id, 0),
        debit=ledger.account_id("budget_received", facts["provider"]),
        credit=payer_account(facts["provider"], facts["payer"]),
        amount=facts["amount_tyiyn"],
        business_date=work.today(),
        kind=BUDGET_PAYMENT,
        source_id=derived_id("correction", work.tenant, document.id, facts["provider"], facts["payer"]),
        provider=facts["provider"],
    )
    ledger.post(work, [row])
