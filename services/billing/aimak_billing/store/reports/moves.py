"""What the ledger moved at accounts: conditions, amounts, and the moves that debts are worked out from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from aimak.entries import account_id
from aimak.ids import DERIVED_FLOOR
from aimak.storage.work import UnitOfWork
from sqlalchemy import ColumnElement, case, func, literal, or_, select

from aimak_billing.domain.allocation import MOVE, Policy
from aimak_billing.store import columns, registers, tariffs


@dataclass(frozen=True)
class Books:
    """The ledger as the books stood: business days up to `through`, known by the end of ledger day `as_of` (None: all
    that is known now)."""

    through: date
    as_of: date | None = None


def effect(work: UnitOfWork) -> Any:
    """What a transfer does to its account's balance (tyiyn, > 0 raises the debt)."""
    transfer = work.table("transfer")
    floor = literal(DERIVED_FLOOR, transfer.c.debit.type)
    return case((transfer.c.debit < floor, transfer.c.amount), else_=-transfer.c.amount)


def tax_accounts(work: UnitOfWork) -> list[int]:
    """The ledger accounts that hold what is owed in tax: one for each creditor and tax there is."""
    codes = sorted({row.code for row in tariffs.tax_rows(work)})
    return sorted(account_id("tax", provider.code, code) for provider in registers.providers(work) for code in codes)


def is_tax(work: UnitOfWork) -> ColumnElement[bool]:
    """Whether a transfer stands against tax that is owed. What cancels a bill says so by its accounts alone."""
    transfer, taxes = work.table("transfer"), tax_accounts(work)
    return or_(transfer.c.debit.in_(taxes), transfer.c.credit.in_(taxes))


def within(work: UnitOfWork, books: Books, after: date | None = None) -> ColumnElement[bool]:
    """Transfers at accounts that these books hold, of ledger days after `after`. An opening balance stands before
    everything."""
    transfer = work.table("transfer")
    held = (transfer.c.tenant == work.tenant) & transfer.c.account_id.is_not(None)
    if books.through != date.max:
        held &= (transfer.c.business_date <= books.through) | (transfer.c.kind == "opening")
    if after is not None:
        held &= transfer.c.ledger_day > after
    return held if books.as_of is None else held & (transfer.c.ledger_day <= books.as_of)


def of_accounts(work: UnitOfWork, books: Books, first: int, last: int) -> pl.DataFrame:
    """Moves (columns `allocation.MOVE`) of accounts with ids from `first` to `last`, of one day, month, service and
    creditor together."""
    transfer = work.table("transfer")
    keys = (transfer.c.account_id, transfer.c.provider, transfer.c.service, transfer.c.origin, transfer.c.business_date)
    query = (
        select(*keys, func.sum(effect(work)))
        .where(within(work, books), transfer.c.account_id >= first, transfer.c.account_id <= last)
        .group_by(*keys)
    )
    return columns.read(work, query, MOVE)


def policies(work: UnitOfWork) -> list[Policy]:
    """The tenant's rules of allocation, the oldest first."""
    table = work.table("allocation_policy")
    rows = work.execute(select(table).where(table.c.tenant == work.tenant).order_by(table.c.valid_from))
    return [Policy(row.valid_from, row.method, tuple(row.priority)) for row in rows]


def account_bounds(work: UnitOfWork) -> tuple[int, int]:
    """The lowest and the highest account id; (0, -1) without accounts."""
    account = work.table("account")
    query = select(func.min(account.c.id), func.max(account.c.id)).where(account.c.tenant == work.tenant)
    low, high = work.execute(query).one()
    return (0, -1) if low is None else (low, high)


def places(work: UnitOfWork, names: Collection[str]) -> pl.DataFrame:
    """account_id of every account, and of account (its number), class and street_id those that are named, as they are
    now."""
    account, premise = work.table("account"), work.table("premise")
    known = {"account": account.c.number, "class": account.c.customer_class, "street_id": premise.c.street_id}
    query = select(account.c.id, *(known[name] for name in names)).where(account.c.tenant == work.tenant)
    if "street_id" in names:
        same = (premise.c.tenant == account.c.tenant) & (premise.c.id == account.c.premise_id)
        query = query.select_from(account).outerjoin(premise, same)
    types = {"street_id": pl.Int64}
    return columns.read(work, query, {"account_id": pl.Int64, **{name: types.get(name, pl.String) for name in names}})
