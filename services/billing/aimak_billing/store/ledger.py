"""Queries on billing's ledger. A receivable's ledger id lies below the floor of derived ids: the side of a transfer
that does is the account's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import polars as pl
from aimak.contracts.billing import ReceivablesMoved
from aimak.ids import DERIVED_FLOOR
from aimak.storage.work import UnitOfWork
from sqlalchemy import ColumnElement, Row, case, func, literal, select

from aimak_billing.store import columns

_OPENINGS = {"account_id": pl.Int64, "provider": pl.String, **dict.fromkeys(("before", "paid", "adjusted"), pl.Int64)}
_ACCOUNTS_A_BATCH = 5_000
# Transfers whose source is told to others under a name of its own.
_SOURCE_KIND = {"charge": "bill", "tax": "bill", "relief": "bill"}
CANCELLATION = "cancellation"
"""The kind of a transfer that undoes another."""
_PAID, _ADJUSTED = ("payment", "refund"), ("adjustment", "write_off", "transfer")


def _effect(work: UnitOfWork) -> Any:
    """What a transfer does to its account's balance (tyiyn, > 0 raises the debt)."""
    transfer = work.table("transfer")
    floor = literal(DERIVED_FLOOR, transfer.c.debit.type)
    return case((transfer.c.debit < floor, transfer.c.amount), else_=-transfer.c.amount)


def undoes_document(work: UnitOfWork) -> ColumnElement[bool]:
    """Whether a transfer undoes what a document posted: it names the document's entries as its source, what undoes a
    bill names the bill."""
    transfer = work.table("transfer")
    floor = literal(DERIVED_FLOOR, transfer.c.debit.type)
    return (transfer.c.kind == CANCELLATION) & (transfer.c.source_id >= floor)


def openings(work: UnitOfWork, first: int, last: int, since: date) -> pl.DataFrame:
    """What the accounts with ids from `first` to `last` owe each provider as it stands: account_id, provider,
    before, paid, adjusted (tyiyn). Of what is dated from `since` on, paid is what payments brought, less what was paid
    back, and adjusted what documents raised; before is all else, the charges of bills among it. What is owed is
    before + adjusted - paid."""
    transfer = work.table("transfer")
    # What undoes a bill belongs to the charges.
    paid, adjusted = transfer.c.kind.in_(_PAID), transfer.c.kind.in_(_ADJUSTED) | undoes_document(work)
    recent, effect = transfer.c.business_date >= since, _effect(work)
    query = (
        select(
            transfer.c.account_id,
            transfer.c.provider,
            func.sum(case((recent & (paid | adjusted), 0), else_=effect)),
            func.sum(case((recent & paid, -effect), else_=0)),
            func.sum(case((recent & adjusted, effect), else_=0)),
        )
        .where(transfer.c.tenant == work.tenant, transfer.c.account_id >= first, transfer.c.account_id <= last)
        .group_by(transfer.c.account_id, transfer.c.provider)
        .order_by(transfer.c.account_id, transfer.c.provider)
    )
    return columns.read(work, query, _OPENINGS)


def of_account(work: UnitOfWork, account_id: int) -> Sequence[Row[Any]]:
    """All transfers of an account in the order of the books, each with its `effect` (tyiyn)."""
    transfer = work.table("transfer")
    mine = (transfer.c.tenant == work.tenant) & (transfer.c.account_id == account_id)
    query = select(transfer, _effect(work).label("effect")).where(mine)
    # On the day of an opening balance nothing else came before it.
    opening_first = case((transfer.c.kind == "opening", 0), else_=1)
    return work.execute(query.order_by(transfer.c.business_date, opening_first, transfer.c.id)).all()


def control_sums(work: UnitOfWork) -> dict[str, int]:
    """What payments have brought, by provider (tyiyn): payments' own ledger must say the same."""
    transfer = work.table("transfer")
    mine = (transfer.c.tenant == work.tenant) & (transfer.c.kind == "payment")
    query = select(transfer.c.provider, func.sum(-_effect(work))).where(mine)
    rows = work.execute(query.group_by(transfer.c.provider).order_by(transfer.c.provider)).all()
    return {provider: int(amount) for provider, amount in rows}


def receivables(work: UnitOfWork) -> Iterator[ReceivablesMoved]:
    """All that moved balances but payments, source by source, in batches of accounts."""
    last = 0
    while True:
        through = _end_of_batch(work, last)
        if through is None:
            return
        yield ReceivablesMoved.of(work.tenant, _moved(work, last, through))
        last = through


def _end_of_batch(work: UnitOfWork, after: int) -> int | None:
    account = work.table("account")
    ids = (
        select(account.c.id)
        .where(account.c.tenant == work.tenant, account.c.id > after)
        .order_by(account.c.id)
        .limit(_ACCOUNTS_A_BATCH)
        .subquery()
    )
    return work.execute(select(func.max(ids.c.id))).scalar()


def _moved(work: UnitOfWork, after: int, through: int) -> list[dict[str, Any]]:
    transfer = work.table("transfer")
    undone = transfer.c.kind == CANCELLATION
    named = case(_SOURCE_KIND, value=transfer.c.kind, else_=transfer.c.kind)
    keys = (transfer.c.source_id, transfer.c.account_id, transfer.c.provider)
    # A source that was undone is told as the next version of itself.
    facts = (
        func.max(case((undone, None), else_=named)).label("kind"),
        func.max(transfer.c.origin).label("origin"),
        func.max(case((undone, 2), else_=1)).label("version"),
    )
    rows = work.execute(
        select(*keys, *facts, func.sum(_effect(work)).label("amount_tyiyn"))
        .where(transfer.c.tenant == work.tenant, transfer.c.account_id > after, transfer.c.account_id <= through)
        .where(transfer.c.kind != "payment")
        .group_by(*keys)
        .order_by(transfer.c.account_id, transfer.c.source_id, transfer.c.provider)
    ).mappings()
    return [{**row, "amount_tyiyn": int(row["amount_tyiyn"])} for row in rows]


def bills_that_disagree(work: UnitOfWork) -> int:
    """How many bills say another sum than the ledger posted for them."""
    bill, transfer = work.table("bill"), work.table("transfer")
    posted = (
        select(transfer.c.source_id, func.sum(_effect(work)).label("amount"))
        .where(transfer.c.tenant == work.tenant, transfer.c.kind.in_(list(_SOURCE_KIND)))
        .group_by(transfer.c.source_id)
        .subquery()
    )
    differs = func.coalesce(posted.c.amount, 0) != bill.c.net + bill.c.tax
    query = select(func.count()).select_from(bill).outerjoin(posted, posted.c.source_id == bill.c.id)
    return int(work.execute(query.where(bill.c.tenant == work.tenant, differs)).scalar_one())


def known_transfers(work: UnitOfWork, ids: Sequence[int]) -> set[int]:
    """Which of these transfers have been posted."""
    transfer = work.table("transfer")
    query = select(transfer.c.id).where(transfer.c.tenant == work.tenant, transfer.c.id.in_(list(ids)))
    return set(work.execute(query).scalars())


def of_sources(work: UnitOfWork, account_ids: Sequence[int], sources: Sequence[int]) -> list[dict[str, Any]]:
    """The transfers of some accounts that these sources posted, in order; what undoes them is not among them."""
    transfer = work.table("transfer")
    mine = (transfer.c.tenant == work.tenant) & transfer.c.account_id.in_(list(account_ids))
    query = select(transfer).where(mine, transfer.c.source_id.in_(list(sources)), transfer.c.kind != CANCELLATION)
    return [dict(row) for row in work.execute(query.order_by(transfer.c.id)).mappings()]


def closed_through(work: UnitOfWork) -> date | None:
    """The last closed day; whoever asks takes turns with others that do, and with the day's close."""
    day = work.table("ledger_day")
    return work.execute(select(day.c.closed_through).where(day.c.tenant == work.tenant).with_for_update()).scalar()
