"""What the API shows of accounts and bills."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from aimak.period import Period
from aimak.problems import NotFound, Problem, Refused
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_billing.domain.addresses import address_text
from aimak_billing.domain.allocation import standing
from aimak_billing.domain.bill_sums import Sums, by_creditor, openings
from aimak_billing.store import accounts, bills, ledger, parties, registers
from aimak_billing.store.reports import moves


def find_account(work: UnitOfWork, name: str) -> Row[Any]:
    """The account of that number or alias. Raises NotFound."""
    account_id = accounts.ids_by_name(work, [name]).get(name)
    found = accounts.one(work, account_id) if account_id is not None else None
    if found is None:
        raise NotFound(Problem("AIM-B051", {"account": name}))
    return found


def find_provider(work: UnitOfWork, code: str) -> Row[Any]:
    """The creditor of that code. Raises Refused with those that there are."""
    found = registers.provider(work, code)
    if found is None:
        known = ", ".join(row.code for row in registers.providers(work)) or "-"
        raise Refused(Problem("AIM-B011", {"provider": code, "known": known}))
    return found


def account_view(work: UnitOfWork, name: str) -> dict[str, Any]:
    """All that is known of one account: balance by provider and month of origin, ledger, bills, connections,
    residents."""
    account = find_account(work, name)
    street, house, flat = address_parts(work, [account])[account.id]
    balances = account_balances(work, account.id)
    shown = ("number", "holder", "phone", "language", "kind", "customer_class", "status")
    return {
        "account_id": account.id,
        **{key: getattr(account, key) for key in shown},
        "aliases": accounts.aliases_of(work, account.id),
        "address": address_text(street, house, flat),
        "street": street,
        "house": house,
        "flat": flat,
        "opened_on": _iso(account.opened_on),
        "closed_on": _iso(account.closed_on),
        "balance_tyiyn": sum(balance["balance_tyiyn"] for balance in balances),
        "balances": balances,
        "connections": [_connection(row) for row in accounts.connections_of(work, [account.id])],
        "residents": [_resident(row) for row in accounts.residents_of(work, [account.id])],
        "bills": [bill_row(row) for row in bills.of_account(work, account.id)],
        "ledger": ledger_view(work, account.id),
    }


def account_balances(work: UnitOfWork, account_id: int, day: date | None = None) -> list[dict[str, Any]]:
    """What is owed to each provider by month of origin and service, as the rules of allocation have it, on a day
    (default: with all that was posted)."""
    rules = moves.policies(work)
    books = moves.Books(day or date.max)
    left = standing(moves.of_accounts(work, books, account_id, account_id), rules, day or work.today())
    owed: dict[str, list[dict[str, Any]]] = {}
    for row in left.debts.iter_rows(named=True):
        entry = {"origin": row["origin"], "service": row["service"], "owed_tyiyn": row["owed"]}
        owed.setdefault(row["provider"], []).append(entry)
    advances = dict(left.advances.select("provider", "advance").iter_rows())
    found = []
    for provider in [provider.code for provider in registers.providers(work)]:
        if provider not in owed and provider not in advances:
            continue
        debts, advance = owed.get(provider, []), advances.get(provider, 0)
        sums = {"balance_tyiyn": sum(debt["owed_tyiyn"] for debt in debts) - advance, "advance_tyiyn": advance}
        months: dict[str, int] = {}
        for debt in debts:
            months[debt["origin"]] = months.get(debt["origin"], 0) + debt["owed_tyiyn"]
        origins = [{"origin": origin, "owed_tyiyn": amount} for origin, amount in months.items()]
        found.append({"provider": provider, **sums, "origins": origins, "debts": debts})
    return found


def ledger_view(work: UnitOfWork, account_id: int) -> list[dict[str, Any]]:
    """Every posting of an account with the balance after it."""
    balance, listed = 0, []
    for row in ledger.of_account(work, account_id):
        balance += row.effect
        facts = {key: getattr(row, key) for key in ("kind", "provider", "service", "origin", "source_id")}
        sums = {"amount_tyiyn": row.effect, "balance_tyiyn": balance}
        listed.append({"id": row.id, "business_date": _iso(row.business_date), **facts, **sums})
    return listed


def accounts_view(
    work: UnitOfWork, search: str | None, after: int, limit: int
) -> tuple[list[dict[str, Any]], int | None]:
    """Accounts in short, and the key after which the list goes on."""
    rows = accounts.listed(work, search, after, limit)
    parts = address_parts(work, rows)
    shown = ("number", "holder", "kind", "customer_class", "status")
    listed = [{**{key: getattr(row, key) for key in shown}, "address": address_text(*parts[row.id])} for row in rows]
    return listed, rows[-1].id if len(rows) == limit else None


def address_parts(work: UnitOfWork, rows: Sequence[Row[Any]]) -> dict[int, tuple[str | None, str | None, str | None]]:
    """Street, house and flat of accounts as they are called now, by account id."""
    names = accounts.address_names(work, {key for row in rows for key in (row.street_id, row.house_id, row.flat_id)})
    return {row.id: (names.get(row.street_id), names.get(row.house_id), names.get(row.flat_id)) for row in rows}


def find_bill(work: UnitOfWork, number: str) -> Row[Any]:
    """The bill of that number. Raises NotFound."""
    bill = bills.by_number(work, int(number)) if number.isascii() and number.isdigit() and len(number) < 19 else None
    if bill is None:
        raise NotFound(Problem("AIM-B050", {"bill": number}))
    return bill


def bill_row(bill: Row[Any]) -> dict[str, Any]:
    """A bill's own figures."""
    gross = bill.net + bill.tax
    return {
        "number": bill.number,
        "bill_id": bill.id,
        "period": bill.period,
        "issued_on": _iso(bill.issued_on),
        "due_on": _iso(bill.due_on),
        "opening_tyiyn": bill.opening,
        "net_tyiyn": bill.net,
        "tax_tyiyn": bill.tax,
        "gross_tyiyn": gross,
        "due_tyiyn": max(bill.opening + gross, 0),
        "state": "issued" if bill.cancelled_on is None else "cancelled",
        "cancelled_on": _iso(bill.cancelled_on),
    }


def bills_view(
    work: UnitOfWork, period: str | None, account: str | None, after: int, limit: int
) -> tuple[list[dict[str, Any]], int | None]:
    """Bills in order of number, and the number after which the list goes on."""
    account_id = None if account is None else find_account(work, account).id
    rows = bills.listed(work, period, account_id, after, limit)
    listed = [{"account": row.account, **bill_row(row)} for row in rows]
    return listed, rows[-1].number if len(rows) == limit else None


def bill_view(work: UnitOfWork, number: str) -> dict[str, Any]:
    """A bill with its lines and the readings that it was worked out from."""
    bill = find_bill(work, number)
    party = parties.of_bills(work, [bill.party_id])[bill.party_id]
    lines = bills.lines(work, [bill.id])
    return {
        "account": party.number,
        "holder": party.holder,
        "address": party.address,
        **bill_row(bill),
        **_sums(work, bill, lines),
        "lines": [_line(line) for line in lines],
        "readings": readings_view(work, bill, lines),
    }


def _sums(work: UnitOfWork, bill: Row[Any], lines: Sequence[Row[Any]]) -> dict[str, Any]:
    """What the printed bill says of the account: together and with each creditor. balance: what is to be paid, below 0
    an advance; documents: what of the recalculation documents moved."""
    found = by_creditor(bill.opening_parts, lines)
    moved = {code: amount for code, (_, _, amount) in openings(bill.opening_parts).items()}
    named = [(row.code, found[row.code]) for row in registers.providers(work) if row.code in found]
    creditors = [{"provider": code, **_told(one), "documents_tyiyn": moved.get(code, 0)} for code, one in named]
    since = Period.month(bill.period).start
    return {**_told(sum(found.values(), Sums())), "moved_since": _iso(since), "creditors": creditors}


def _told(sums: Sums) -> dict[str, int]:
    said = {name: getattr(sums, name) for name in ("before", "charged", "corrected", "paid")}
    return {f"{name}_tyiyn": amount for name, amount in {**said, "balance": sums.due}.items()}


def _line(line: Row[Any]) -> dict[str, Any]:
    alike = ("line", "kind", "service", "provider", "component", "price", "price_scale", "tax_code", "origin")
    return {
        **{key: getattr(line, key) for key in alike},
        "tariff_version": line.tariff_version,
        "quantity_thousandths": line.quantity,
        "amount_tyiyn": line.amount,
    }


def readings_view(work: UnitOfWork, bill: Row[Any], lines: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Readings behind the lines of a bill."""
    services = {line.service for line in lines}
    return [
        {
            "service": row.service,
            "serial": row.serial,
            "from_date": _iso(row.from_date),
            "to_date": _iso(row.to_date),
            "previous_thousandths": row.previous_thousandths,
            "current_thousandths": row.current_thousandths,
            "quantity_thousandths": row.quantity_thousandths,
        }
        for row in bills.readings(work, [bill.account_id], bill.period).get(bill.account_id, ())
        if row.service in services
    ]


def _connection(row: Row[Any]) -> dict[str, Any]:
    alike = ("service", "provider", "customer_class", "attributes")
    facts = {key: getattr(row, key) for key in alike}
    return {"connection_id": row.id, **facts, "valid_from": _iso(row.valid_from), "valid_to": _iso(row.valid_to)}


def _resident(row: Row[Any]) -> dict[str, Any]:
    facts = {"persons": row.persons, "pensioners": row.pensioners, "ground": row.ground}
    return {**facts, "valid_from": _iso(row.valid_from), "valid_to": _iso(row.valid_to)}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
