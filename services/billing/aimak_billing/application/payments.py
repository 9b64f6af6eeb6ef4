"""What payments tells: money received is posted once for each version, however often and in whatever order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from aimak import ledger
from aimak.contracts import payments
from aimak.ids import derived_id
from aimak.problems import PermanentFault, Problem
from aimak.storage.work import UnitOfWork

from aimak_billing.domain.receivables import receivable
from aimak_billing.store import parts, registers

_Row = Mapping[str, Any]


def take_payments(work: UnitOfWork, event: payments.PaymentsReceived) -> None:
    """Post what each part says beyond what was posted for it before; an older version says nothing new."""
    rows = _newest(event.rows())
    numbers = {provider.code: provider.number for provider in registers.providers(work)}
    _refuse_unknown(work, rows, numbers)
    parts.hold_places(work, rows.values())
    known = parts.by_keys(work, list(rows))
    transfers: list[dict[str, Any]] = []
    fresh: list[dict[str, Any]] = []
    for key, row in rows.items():
        before = known[key]
        if before.version >= row["version"]:
            continue
        transfers += _moves(work, row, before, numbers[row["provider"]])
        fresh.append(parts.row_of(work, row))
    ledger.post(work, transfers)
    parts.write(work, fresh)


def _newest(rows: Iterator[dict[str, Any]]) -> dict[tuple[int, str], dict[str, Any]]:
    newest: dict[tuple[int, str], dict[str, Any]] = {}
    for row in rows:
        key = (row["payment_id"], row["provider"])
        if key not in newest or newest[key]["version"] < row["version"]:
            newest[key] = row
    return newest


def _refuse_unknown(work: UnitOfWork, rows: Mapping[Any, _Row], numbers: Mapping[str, int]) -> None:
    accounts = {row["account_id"] for row in rows.values()}
    missing = accounts - parts.known_accounts(work, accounts)
    for row in rows.values():
        if row["provider"] not in numbers or row["account_id"] in missing:
            fields = {name: row[name] for name in ("payment_id", "provider", "account_id")}
            raise PermanentFault(Problem("AIM-B061", fields))


def _moves(work: UnitOfWork, row: _Row, before: Any, number: int) -> list[dict[str, Any]]:
    """Transfers that bring the books from what stood before to what the row says."""
    if before.account_id == row["account_id"]:
        return _move(work, row, row["account_id"], row["amount_tyiyn"] - before.amount, number)
    out = _move(work, row, before.account_id, -before.amount, number)
    return out + _move(work, row, row["account_id"], row["amount_tyiyn"], number)


def _move(work: UnitOfWork, row: _Row, account_id: int, amount: int, number: int) -> list[dict[str, Any]]:
    if amount == 0:
        return []
    provider, paid_on = row["provider"], date.fromisoformat(row["paid_on"])
    key = derived_id("payment", work.tenant, row["payment_id"], provider, account_id, row["version"])
    return [
        ledger.transfer(
            work,
            key,
            debit=ledger.account_id("payments_control", provider),
            credit=receivable(account_id, number),
            amount=amount,
            business_date=paid_on,
            kind="payment",
            source_id=row["payment_id"],
            account_id=account_id,
            provider=provider,
        )
    ]
