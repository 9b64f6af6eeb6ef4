"""Entries of a document: transfers on a receivable, what others hear of them, and how they are undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aimak import ledger
from aimak.contracts import billing
from aimak.ids import derived_id
from aimak.problems import Problem, Refused
from aimak.storage.work import UnitOfWork

from aimak_billing.application.views import account_balances, find_account, find_provider
from aimak_billing.domain.receivables import receivable
from aimak_billing.store import ledger as books
from aimak_billing.store import registers

MOST_TYIYN = 10**15


@dataclass(frozen=True)
class Entry:
    """One movement of what an account owes a provider: > 0 raises the debt. `against`: the ledger account it stands
    against; origin: the month of the debt."""

    account_id: int
    provider: str
    service: str | None
    amount: int
    origin: str
    against: int


@dataclass(frozen=True)
class Standing:
    """What an account owes a provider by month and service, the oldest first, every amount > 0 (tyiyn), and what it
    paid beyond."""

    owed: tuple[tuple[str, str | None, int], ...]
    advance: int


def post(work: UnitOfWork, document: int, kind: str, entries: Sequence[Entry]) -> None:
    """Post entries of a document; others hear one row for each account and provider."""
    numbers = {provider.code: provider.number for provider in registers.providers(work)}
    today = work.today()
    transfers, told = [], dict[int, dict[str, Any]]()
    for place, entry in enumerate(entries):
        source = source_of(work, document, entry.account_id, entry.provider)
        transfers.append(
            ledger.transfer(
                work,
                derived_id("correction-entry", work.tenant, document, place),
                debit=receivable(entry.account_id, numbers[entry.provider]),
                credit=entry.against,
                amount=entry.amount,
                business_date=today,
                kind=kind,
                source_id=source,
                account_id=entry.account_id,
                provider=entry.provider,
                service=entry.service,
                origin=entry.origin,
            )
        )
        row = {"source_id": source, "account_id": entry.account_id, "provider": entry.provider, "kind": kind}
        known = told.setdefault(source, {**row, "origin": "", "amount_tyiyn": 0, "version": 1})
        known["amount_tyiyn"] += entry.amount
        known["origin"] = max(known["origin"], entry.origin)
    ledger.post(work, transfers)
    work.publish(billing.ReceivablesMoved.of(work.tenant, list(told.values())))


def source_of(work: UnitOfWork, document: int, account_id: int, provider: str) -> int:
    """The source that a document's entries on an account and provider name."""
    return derived_id("correction", work.tenant, document, account_id, provider)


def undo(work: UnitOfWork, document: int, account_ids: Sequence[int]) -> int:
    """Post what a document posted on some accounts the other way round; gives the number of transfers. Each is undone
    once: the id of what undoes it is its own below zero."""
    today = work.today()
    codes = [provider.code for provider in registers.providers(work)]
    sources = [source_of(work, document, account_id, code) for account_id in account_ids for code in codes]
    rows = books.of_sources(work, account_ids, sources)
    back = [
        {**row, "id": -row["id"], "debit": row["credit"], "credit": row["debit"]}
        | {"business_date": today, "kind": books.CANCELLATION}
        for row in rows
    ]
    ledger.post(work, back)
    told = {
        row["source_id"]: {name: row[name] for name in ("source_id", "account_id", "provider", "kind", "origin")}
        for row in rows
    }
    nothing = {"amount_tyiyn": 0, "version": 2}
    work.publish(billing.ReceivablesMoved.of(work.tenant, [{**row, **nothing} for row in told.values()]))
    return len(back)


def account_and_provider(work: UnitOfWork, asked: Any) -> tuple[int, str]:
    """The account and the provider that a document names. Raises NotFound or Refused."""
    account_id = find_account(work, asked.get("account") or "").id
    return account_id, find_provider(work, asked.get("provider") or "").code


def amount_of(asked: Any, *, signed: bool = False) -> int:
    """The amount that a document names, tyiyn. Raises Refused for none, and below zero unless `signed`."""
    amount = asked.get("amount_tyiyn") or 0
    if amount == 0 or abs(amount) >= MOST_TYIYN or (amount < 0 and not signed):
        raise Refused(Problem("AIM-B116", {"amount": amount}))
    return int(amount)


def standing(work: UnitOfWork, account_id: int, provider: str) -> Standing:
    """What an account owes a provider, by month and service, as the rules of allocation have it, and what it paid in
    advance."""
    for balance in account_balances(work, account_id):
        if balance["provider"] == provider:
            owed = tuple((row["origin"], row["service"], row["owed_tyiyn"]) for row in balance["debts"])
            return Standing(owed, balance["advance_tyiyn"])
    return Standing((), 0)
