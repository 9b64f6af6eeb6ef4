"""Documents that move money: adjustment, write-off, transfer between accounts, refund, and the storno of any.

What cannot be is refused to whoever enters it; and once more at approval, as debts and advances may have become less.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aimak import ledger
from aimak.money import plain_som
from aimak.period import Period
from aimak.problems import Conflict, Problem, Refused
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_billing.application.corrections.documents import APPROVED, Kind, find
from aimak_billing.application.corrections.entries import (
    Entry,
    account_and_provider,
    amount_of,
    post,
    standing,
    undo,
)
from aimak_billing.application.cycle import period_of
from aimak_billing.application.views import find_account
from aimak_billing.store import documents

_Facts = tuple[dict[str, Any], int | None]


def _this_month(work: UnitOfWork) -> str:
    return Period.month_of(work.today()).name


def _of_document(document: Row[Any]) -> tuple[int, str, int]:
    return document.account_id, document.facts["provider"], document.facts["amount_tyiyn"]


def _check_adjustment(work: UnitOfWork, asked: Mapping[str, Any]) -> _Facts:
    """asked: account, provider, amount_tyiyn (above zero is charged, below is taken back), service, origin."""
    account_id, provider = account_and_provider(work, asked)
    origin = period_of(asked["origin"]).name if asked.get("origin") else _this_month(work)
    facts = {"provider": provider, "amount_tyiyn": amount_of(asked, signed=True)}
    return {**facts, "service": asked.get("service"), "origin": origin}, account_id


def _post_adjustment(work: UnitOfWork, document: Row[Any]) -> None:
    account_id, provider, amount = _of_document(document)
    service, origin = document.facts["service"], document.facts["origin"]
    parts = [(service, amount)] if service or amount > 0 else _of_month(work, account_id, provider, origin, -amount)
    entries = [
        Entry(account_id, provider, name, part, origin, ledger.account_id("revenue", provider, name or ""))
        for name, part in parts
    ]
    post(work, document.id, "adjustment", entries)


def _of_month(
    work: UnitOfWork, account_id: int, provider: str, origin: str, amount: int
) -> Iterator[tuple[str | None, int]]:
    """What is taken back without a service, by the services that are owed for the month; what is left over of none."""
    for month, service, part in standing(work, account_id, provider).owed:
        taken = min(part, amount) if month == origin else 0
        amount -= taken
        if taken:
            yield service, -taken
    if amount:
        yield None, -amount


def _check_write_off(work: UnitOfWork, asked: Mapping[str, Any]) -> _Facts:
    """asked: account, provider, amount_tyiyn, ground (the act)."""
    account_id, provider = account_and_provider(work, asked)
    if not (asked.get("ground") or "").strip():
        raise Refused(Problem("AIM-B117", {}))
    amount = amount_of(asked)
    list(_oldest(work, account_id, provider, amount))
    return {"provider": provider, "amount_tyiyn": amount}, account_id


def _post_write_off(work: UnitOfWork, document: Row[Any]) -> None:
    """The oldest debts go first. Raises Conflict where less is owed now."""
    account_id, provider, amount = _of_document(document)
    against = ledger.account_id("written_off", provider)
    entries = [
        Entry(account_id, provider, service, -part, origin, against)
        for origin, service, part in _oldest(work, account_id, provider, amount)
    ]
    post(work, document.id, "write_off", entries)


def _oldest(work: UnitOfWork, account_id: int, provider: str, amount: int) -> Iterator[tuple[str, str | None, int]]:
    """What `amount` takes of the debts by month and service, the oldest first. Raises Conflict where they are less."""
    owed = standing(work, account_id, provider).owed
    total = sum(part for _, _, part in owed)
    if total < amount:
        raise Conflict(Problem("AIM-B118", {"amount": plain_som(amount), "owed": plain_som(total)}))
    for origin, service, part in owed:
        taken = min(part, amount)
        amount -= taken
        if taken:
            yield origin, service, taken


def _check_transfer(work: UnitOfWork, asked: Mapping[str, Any]) -> _Facts:
    """asked: account, to (another account), provider, amount_tyiyn: above zero a debt goes over, below an advance."""
    account_id, provider = account_and_provider(work, asked)
    to = find_account(work, asked.get("to") or "")
    if to.id == account_id:
        raise Refused(Problem("AIM-B119", {"account": asked["account"]}))
    amount = amount_of(asked, signed=True)
    moved_over(work, account_id, to.id, provider, amount)
    other = {"to": to.id, "to_account": to.number}
    return {"provider": provider, "amount_tyiyn": amount, **other}, account_id


def _post_transfer(work: UnitOfWork, document: Row[Any]) -> None:
    account_id, provider, amount = _of_document(document)
    post(work, document.id, "transfer", moved_over(work, account_id, document.facts["to"], provider, amount))


def moved_over(work: UnitOfWork, source: int, target: int, provider: str, amount: int) -> list[Entry]:
    """Entries that bring a debt (above zero, by its months and services) or an advance (below) from one account to
    another. Raises Conflict where there is less of it."""
    if amount > 0:
        parts = list(_oldest(work, source, provider, amount))
    else:
        _must_have(work, source, provider, -amount)
        parts = [(_this_month(work), None, amount)]
    between = ledger.account_id("between", provider)
    signed = ((source, -1), (target, 1))
    return [
        Entry(key, provider, service, sign * part, month, between)
        for month, service, part in parts
        for key, sign in signed
    ]


def _must_have(work: UnitOfWork, account_id: int, provider: str, amount: int) -> None:
    """Raises Conflict where less than `amount` was paid in advance."""
    advance = standing(work, account_id, provider).advance
    if advance < amount:
        raise Conflict(Problem("AIM-B120", {"amount": plain_som(amount), "advance": plain_som(advance)}))


def _check_refund(work: UnitOfWork, asked: Mapping[str, Any]) -> _Facts:
    """asked: account, provider, amount_tyiyn: what is paid back of an advance."""
    account_id, provider = account_and_provider(work, asked)
    amount = amount_of(asked)
    _must_have(work, account_id, provider, amount)
    return {"provider": provider, "amount_tyiyn": amount}, account_id


def _post_refund(work: UnitOfWork, document: Row[Any]) -> None:
    account_id, provider, amount = _of_document(document)
    _must_have(work, account_id, provider, amount)
    against = ledger.account_id("refund", provider)
    post(work, document.id, "refund", [Entry(account_id, provider, None, amount, _this_month(work), against)])


def _check_storno(work: UnitOfWork, asked: Mapping[str, Any]) -> _Facts:
    """asked: document, the number of one that was approved and moved money."""
    document = find(work, int(asked.get("document") or 0))
    if document.decision != APPROVED or document.kind not in UNDOABLE:
        raise Refused(Problem("AIM-B121", {"number": document.id}))
    _must_stand(work, document.id)
    return {"document": document.id}, document.account_id


def _post_storno(work: UnitOfWork, document: Row[Any]) -> None:
    undone = find(work, document.facts["document"])
    _must_stand(work, undone.id, document.id)
    touched = [undone.account_id, *(undone.facts[name] for name in ("to",) if name in undone.facts)]
    undo(work, undone.id, touched)


def _must_stand(work: UnitOfWork, number: int, by: int | None = None) -> None:
    """Raises Conflict where a storno other than `by` has undone the document."""
    if any(row.facts.get("document") == number and row.id != by for row in documents.approved(work, "storno")):
        raise Conflict(Problem("AIM-B122", {"number": number}))


ADJUST = Kind("adjust", _check_adjustment, _post_adjustment)
WRITE_OFF = Kind("write_off", _check_write_off, _post_write_off)
TRANSFER = Kind("transfer", _check_transfer, _post_transfer)
REFUND = Kind("refund", _check_refund, _post_refund)
STORNO = Kind("storno", _check_storno, _post_storno)
UNDOABLE = ("adjust", "write_off", "transfer", "refund", "merge")
