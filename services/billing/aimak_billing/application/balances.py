"""Taking opening balances: what was owed before the first cycle, by the month it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aimak import ledger
from aimak.contracts import billing
from aimak.files.rows import Row
from aimak.ids import derived_id
from aimak.period import Period
from aimak.problems import Place, Problem
from aimak.storage.work import UnitOfWork

from aimak_billing.application.kit import Kit
from aimak_billing.domain.receivables import receivable
from aimak_billing.store import accounts, registers
from aimak_billing.store import ledger as store


@dataclass(frozen=True)
class _Known:
    """What a line of the file may name: services, creditors by their numbers, and the last month that there is."""

    services: set[str]
    providers: dict[str, int]
    month: str


def take_balances(kit: Kit, work: UnitOfWork, rows: Sequence[Row]) -> list[Problem]:
    """Post a block of opening balances, one transfer for each account, provider, service and month of origin;
    an advance is negative. What was posted before is refused, so the same line never counts twice."""
    ids = accounts.ids_by_name(work, {row.values["account"] for row in rows})
    numbers = {provider.code: provider.number for provider in registers.providers(work)}
    keyed = [(row, _opening_id(work, ids, row)) for row in rows]
    posted = store.known_transfers(work, [key for _, key in keyed if key is not None])
    today = work.today()
    known = _Known(set(kit.plugins.service_types.codes()), numbers, Period.month_of(today).name)
    transfers, told, problems = [], [], []
    for row, key in keyed:
        problem = _fault(row, key, known, posted)
        if problem is not None:
            problems.append(problem)
            continue
        assert key is not None
        posted.add(key)
        said = row.values
        account_id = ids[said["account"]]
        facts = {"account_id": account_id, "provider": said["provider"], "kind": "opening", "origin": said["origin"]}
        transfers.append(
            ledger.transfer(
                work,
                key,
                debit=receivable(account_id, numbers[said["provider"]]),
                credit=ledger.account_id("opening", said["provider"]),
                amount=said["amount"],
                business_date=today,
                source_id=key,
                service=said["service"],
                **facts,
            )
        )
        told.append({"source_id": key, **facts, "amount_tyiyn": said["amount"], "version": 1})
    _post(work, transfers)
    work.publish(billing.ReceivablesMoved.of(work.tenant, told))
    return problems


def _post(work: UnitOfWork, transfers: list[dict[str, Any]]) -> None:
    if transfers:
        day = ledger.open_day(work)
        named = [{name: value for name, value in row.items() if name != "tenant"} for row in transfers]
        accounts.add_rows(work, "transfer", [{**row, "ledger_day": day} for row in named])


def _opening_id(work: UnitOfWork, ids: dict[str, int], row: Row) -> int | None:
    said = row.values
    if said["account"] not in ids:
        return None
    account_id = ids[said["account"]]
    return derived_id("opening", work.tenant, account_id, said["provider"], said["service"] or "", said["origin"])


def _fault(row: Row, key: int | None, known: _Known, posted: set[int]) -> Problem | None:
    said = row.values
    if key is None:
        return Problem("AIM-B017", {"account": said["account"]}, Place(line=row.line, column="account"))
    fields = {"account": said["account"], "provider": said["provider"], "origin": said["origin"]}
    if said["provider"] not in known.providers:
        there = ", ".join(sorted(known.providers)) or "-"
        return Problem("AIM-B011", {**fields, "known": there}, Place(line=row.line, column="provider"))
    if said["service"] and said["service"] not in known.services:
        there = ", ".join(sorted(known.services))
        fields = {"account": said["account"], "service": said["service"], "known": there}
        return Problem("AIM-B010", fields, Place(line=row.line, column="service"))
    if said["origin"] > known.month:
        return Problem("AIM-B024", {**fields, "month": known.month}, Place(line=row.line, column="origin"))
    if said["amount"] == 0:
        return Problem("AIM-B020", fields, Place(line=row.line, column="amount"))
    if key in posted:
        return Problem("AIM-B019", fields, Place(line=row.line, column="origin"))
    return None
