"""Sums of the turnover sheet: what was carried forward, and one scan of what was posted since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
from aimak.storage.work import UnitOfWork
from sqlalchemy import ColumnElement, and_, case, func, select, tuple_

from aimak_billing.store import columns
from aimak_billing.store.reports import carried
from aimak_billing.store.reports.moves import Books, effect, places, within

SUMS = ("opening", "charged", "recalculated", "paid", "written_off", "tax")
_CHARGES = ("charge", "tax", "relief")
_PAID = ("payment", "refund")


def sums(work: UnitOfWork, books: Books, since: date, keys: Sequence[str]) -> pl.DataFrame:
    """`keys` (account_id, provider, service, class, street_id) with what stood before `since` and what came in from
    then on, in tyiyn; paid and written off as people say them, above zero where the debt falls."""
    transfer, account, premise = work.table("transfer"), work.table("account"), work.table("premise")
    named: dict[str, Any] = {
        "account_id": transfer.c.account_id,
        "provider": transfer.c.provider,
        "service": transfer.c.service,
        "class": account.c.customer_class,
        "street_id": premise.c.street_id,
    }
    wanted = [named[key].label(key) for key in keys]
    early = _before(work, books, since)
    held = within(work, books, early.through if early else None)
    query = select(*wanted, *_sums(work, since)).where(held).group_by(*(named[key] for key in keys))
    if {"class", "street_id"} & set(keys):
        owner = (account.c.tenant == transfer.c.tenant) & (account.c.id == transfer.c.account_id)
        query = query.join(account, owner)
    if "street_id" in keys:
        query = query.outerjoin(
            premise, (premise.c.tenant == account.c.tenant) & (premise.c.id == account.c.premise_id)
        )
    types = {"account_id": pl.Int64, "street_id": pl.Int64}
    schema = {key: types.get(key, pl.String) for key in keys} | dict.fromkeys(SUMS, pl.Int64)
    found = columns.read(work, query, schema)
    if early is None:
        return found
    opened = _opened(work, early, keys).with_columns(pl.lit(0, dtype=pl.Int64).alias(name) for name in SUMS[1:])
    return pl.concat([found, opened.select(*schema)]).group_by(keys).agg(pl.col(*SUMS).sum())


def _before(work: UnitOfWork, books: Books, since: date) -> carried.Carried | None:
    """Sums that hold nothing but what stood before `since`."""
    return carried.for_books(work, Books(since - timedelta(days=1), books.as_of))


def _opened(work: UnitOfWork, early: carried.Carried, keys: Sequence[str]) -> pl.DataFrame:
    """`keys` and the opening that was carried forward."""
    asked = [key for key in ("class", "street_id") if key in keys]
    placed = places(work, asked) if asked else None
    parts = []
    for sums in carried.all_parts(work, early):
        rows = sums.rows.with_columns(sums.at(name) for name in ("provider", "service") if name in keys)
        if placed is not None:
            rows = rows.join(placed, on="account_id", how="left")
        parts.append(rows.group_by(keys).agg(pl.col("amount").sum().alias("opening")))
    return pl.concat(parts).group_by(keys).agg(pl.col("opening").sum())


def _sums(work: UnitOfWork, since: date) -> list[Any]:
    transfer, moved = work.table("transfer"), effect(work)
    before = (transfer.c.business_date < since) | (transfer.c.kind == "opening")
    first = transfer.c.kind.in_(_CHARGES) & _first_bill(work, since)
    paid, written = transfer.c.kind.in_(_PAID), transfer.c.kind == "write_off"
    parts: list[tuple[ColumnElement[bool], Any]] = [
        (before, moved),
        (and_(~before, first), moved),
        (and_(~before, ~first, ~paid, ~written), moved),
        (and_(~before, paid), -moved),
        (and_(~before, written), -moved),
        (and_(~before, transfer.c.kind == "tax"), moved),
    ]
    return [func.coalesce(func.sum(case((condition, amount))), 0) for condition, amount in parts]


def _first_bill(work: UnitOfWork, since: date) -> ColumnElement[bool]:
    """Whether a charge is the usual bill of its period; what a later bill charges for it, or a usual bill for an
    earlier period, is a recalculation."""
    transfer, bill, run = work.table("transfer"), work.table("bill"), work.table("run")
    again = select(bill.c.id).where(bill.c.tenant == work.tenant, bill.c.issued_on >= since, bill.c.sequence > 0)
    usual = select(run.c.issued_on, run.c.period).where(
        run.c.tenant == work.tenant, run.c.generation == 0, run.c.issued_on.is_not(None)
    )
    return tuple_(transfer.c.business_date, transfer.c.origin).in_(usual) & transfer.c.source_id.not_in(again)


def receivables(work: UnitOfWork, books: Books) -> dict[str, int]:
    """What is owed to each creditor by the ledger's accounts alone: debits less credits of the receivables."""
    early = carried.for_books(work, books)
    owed = dict(early.owed) if early else {}
    for provider, amount in moved(work, books, early.through if early else None).items():
        owed[provider] = owed.get(provider, 0) + amount
    return dict(sorted(owed.items()))


def moved(work: UnitOfWork, books: Books, after: date | None) -> dict[str, int]:
    """What ledger days after `after` moved at each creditor's receivables, added up by the database."""
    transfer = work.table("transfer")
    query = select(transfer.c.provider, func.sum(effect(work))).where(within(work, books, after))
    return {provider: int(amount) for provider, amount in map(tuple, work.execute(query.group_by(transfer.c.provider)))}


def billed(work: UnitOfWork, books: Books, since: date) -> int:
    """What bills issued from `since` on say, less those cancelled since then."""
    bill, cancelled = work.table("bill"), work.table("bill_cancellation")
    issued = select(func.sum(bill.c.net + bill.c.tax)).where(
        bill.c.tenant == work.tenant, bill.c.issued_on >= since, bill.c.issued_on <= books.through
    )
    same = (bill.c.tenant == cancelled.c.tenant) & (bill.c.id == cancelled.c.bill_id)
    undone = (
        select(func.sum(bill.c.net + bill.c.tax))
        .join(cancelled, same)
        .where(
            bill.c.tenant == work.tenant, cancelled.c.cancelled_on >= since, cancelled.c.cancelled_on <= books.through
        )
    )
    if books.as_of is not None:
        issued = issued.where(bill.c.ledger_day <= books.as_of)
        undone = undone.where(cancelled.c.ledger_day <= books.as_of)
    return int(work.execute(issued).scalar() or 0) - int(work.execute(undone).scalar() or 0)


def charged(work: UnitOfWork, books: Books, since: date) -> int:
    """What the ledger holds for bills and cancellations from `since` on."""
    transfer = work.table("transfer")
    kinds = transfer.c.kind.in_([*_CHARGES, "cancellation"]) & (transfer.c.business_date >= since)
    early = _before(work, books, since)
    query = select(func.sum(effect(work))).where(within(work, books, early.through if early else None), kinds)
    return int(work.execute(query).scalar() or 0)
