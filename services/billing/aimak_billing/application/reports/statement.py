"""The statement of an account, and the act of reconciliation with one creditor: every document with what it moved."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from aimak.problems import NotFound, Problem
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_billing.application.corrections.entries import source_of
from aimak_billing.application.views import address_parts, find_account
from aimak_billing.domain.addresses import address_text
from aimak_billing.store import bills, documents, ledger, parts, registers

_OF_BILLS = {"charge": "bill", "tax": "bill", "relief": "bill", "cancellation": "cancellation"}
# The day, kind, source and provider of what a document moved.
_Key = tuple[date, str, int, str]


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
    entries = _entries(work, account.id, shown, opening)
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


def _entries(work: UnitOfWork, account_id: int, rows: Iterable[Row[Any]], opening: int) -> list[dict[str, Any]]:
    """A document's charges and taxes together; in the order of days."""
    summed: dict[_Key, int] = {}
    for row in rows:
        key = (row.business_date, _OF_BILLS.get(row.kind, row.kind), row.source_id, row.provider)
        summed[key] = summed.get(key, 0) + row.effect
    named = _named(work, account_id, summed)
    balance, entries = opening, []
    for key, effect in sorted(summed.items(), key=lambda item: _place(item[0], named[item[0]])):
        balance += effect
        day, _, _, provider = key
        kind, document = named[key]
        sums = {"raised_tyiyn": max(effect, 0), "lowered_tyiyn": max(-effect, 0), "balance_tyiyn": balance}
        entries.append({"day": day.isoformat(), "kind": kind, "document": document, "provider": provider, **sums})
    return entries


def _place(key: _Key, named: tuple[str, str]) -> tuple[date, str, int, bool, str]:
    """The order of entries: of one day bills by number, each before its cancellation, which so stands before the bill
    that replaces it."""
    day, _, source, provider = key
    kind, document = named
    if kind in _OF_BILLS.values():
        return day, "bill", int(document), kind == "cancellation", provider
    return day, kind, source, False, provider


def _named(work: UnitOfWork, account_id: int, keys: Collection[_Key]) -> dict[_Key, tuple[str, str]]:
    """The kind of each document and what people know it by: a bill and a document of correction by its number, a
    payment by the partner's own id."""
    numbers = bills.numbers(work, [source for _, kind, source, _ in keys if kind in _OF_BILLS.values()])
    paid = parts.external_ids(work, [source for _, kind, source, _ in keys if kind == "payment"])
    others = {source: provider for _, kind, source, provider in keys if kind != "payment" and source not in numbers}
    moved, undone = _of_corrections(work, account_id, set(others.values())) if others else ({}, {})
    found = {}
    for key in keys:
        _, kind, source, _ = key
        if kind == "cancellation" and source in undone:
            found[key] = ("storno", str(undone[source]))
        else:
            known = paid if kind == "payment" else {**moved, **numbers}
            found[key] = (kind, str(known.get(source, source)))
    return found


def _of_corrections(
    work: UnitOfWork, account_id: int, providers: Collection[str]
) -> tuple[dict[int, int], dict[int, int]]:
    """By the source of entries on an account: the number of the document that made them, and of the one that undid
    them."""
    moved, undone = {}, {}
    for row in documents.on_account(work, account_id):
        by = {source_of(work, row.facts.get("document", row.id), account_id, code): row.id for code in providers}
        (undone if row.kind == "storno" else moved).update(by)
    return moved, undone
