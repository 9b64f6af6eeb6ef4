"""The statement of an account, and the act of reconciliation with one creditor: every document with what it moved."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from aimak.problems import NotFound, Problem
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_billing.application.views import address_parts, find_account
from aimak_billing.domain.addresses import address_text
from aimak_billing.store import bills, ledger, parts, registers

_OF_BILLS = {"charge": "bill", "tax": "bill", "relief": "bill", "cancellation": "cancellation"}


def statement(
    work: UnitOfWork, name: str, since: date, through: date, provider: str | None = None, as_of: date | None = None
) -> dict[str, Any]:
    """What the account owed before `since`, every document to `through` with what it raised and lowered, and what it
    owes then; `provider`: with this creditor alone. Raises NotFound."""
    account = find_account(work, name)
    creditors = {row.code: row for row in registers.providers(work)}
    if provider is not None and provider not in creditors:
        raise NotFound(Problem("AIM-B954", {"provider": provider, "known": ", ".join(sorted(creditors))}))
    rows = [
        row
        for row in ledger.of_account(work, account.id)
        if provider in (None, row.provider) and (as_of is None or row.ledger_day <= as_of)
    ]
    opening = sum(row.effect for row in rows if _before(row, since))
    shown = [row for row in rows if not _before(row, since) and row.business_date <= through]
    entries = _entries(work, shown, opening)
    street, house, flat = address_parts(work, [account])[account.id]
    raised = sum(entry["raised_tyiyn"] for entry in entries)
    lowered = sum(entry["lowered_tyiyn"] for entry in entries)
    return {
        "account": account.number,
        "holder": account.holder,
        "address": address_text(street, house, flat),
        "provider": provider,
        "from": since.isoformat(),
        "to": through.isoformat(),
        "opening_tyiyn": opening,
        "raised_tyiyn": raised,
        "lowered_tyiyn": lowered,
        "closing_tyiyn": opening + raised - lowered,
        "entries": entries,
    }


def _before(row: Row[Any], since: date) -> bool:
    return bool(row.business_date < since or row.kind == "opening")


def _entries(work: UnitOfWork, rows: Iterable[Row[Any]], opening: int) -> list[dict[str, Any]]:
    """A document's charges and taxes together; in the order of days."""
    summed: dict[tuple[Any, ...], int] = {}
    for row in rows:
        key = (row.business_date, _OF_BILLS.get(row.kind, row.kind), row.source_id, row.provider)
        summed[key] = summed.get(key, 0) + row.effect
    sources = {kind: [key[2] for key in summed if key[1] == kind] for kind in {key[1] for key in summed}}
    billed = [source for kind in set(_OF_BILLS.values()) for source in sources.get(kind, [])]
    named: dict[int, Any] = dict(bills.numbers(work, billed))
    paid: dict[int, Any] = dict(parts.external_ids(work, sources.get("payment", [])))
    balance, entries = opening, []
    for (day, kind, source, provider), effect in sorted(summed.items(), key=lambda item: item[0]):
        balance += effect
        document = str((paid if kind == "payment" else named).get(source, source))
        sums = {"raised_tyiyn": max(effect, 0), "lowered_tyiyn": max(-effect, 0), "balance_tyiyn": balance}
        entries.append({"day": day.isoformat(), "kind": kind, "document": document, "provider": provider, **sums})
    return entries
