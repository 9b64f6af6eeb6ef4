"""Sums of the turnover sheet: what was carried forward, and one scan of what was posted since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
from aimak.storage.work import UnitOfWork
from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select, tuple_

from aimak_billing.store import columns
from aimak_billing.store.reports import carried
from aimak_billing.store.reports.moves import Books, effect, places, within

SUMS = ("opening", "charged", "recalculated", "paid", "written_off", "tax")
_CHARGES = ("charge", "tax", "relief")
_ADDED = ("opening", "charged", "paid", "written_off", "tax")
_PAID = ("payment", "refund")
# Charges of further bills of a period that a query names one by one.
_NAMED_AT_MOST = 1_000


def sums(work: UnitOfWork, books: Books, since: date, keys: Sequence[str]) -> pl.DataFrame:
    """`keys` (account_id, provider, service, class, street_id) with what stood before `since` and what came in from
    then on, in tyiyn; paid and written off as people say them, above zero where the debt falls."""
    early = _before(work, books, since)
    moved = _moved(work, books, since, keys, early.through if early else None)
    if early is None:
        return moved
    opened = _opened(work, early, keys).with_columns(pl.lit(0, dtype=pl.Int64).alias(name) for name in SUMS[1:])
    return pl.concat([moved, opened.select(moved.columns)]).group_by(keys).agg(pl.col(*SUMS).sum())


def _moved(work: UnitOfWork, books: Books, since: date, keys: Sequence[str], after: date | None) -> pl.DataFrame:
    """`keys` and `SUMS` of ledger days after `after`. What else the columns ask is asked before: with a query inside,
    PostgreSQL does the whole in one process."""
    transfer, account, premise = work.table("transfer"), work.table("account"), work.table("premise")
    named: dict[str, Any] = {
        "account_id": transfer.c.account_id,
        "provider": transfer.c.provider,
        "service": transfer.c.service,
        "class": account.c.customer_class,
        "street_id": premise.c.street_id,
    }
    wanted, added = [named[key] for key in keys], _added(work, since, _usual(work, books, since, after))
    query = select(*wanted, *added).where(within(work, books, after)).group_by(*wanted)
    if {"class", "street_id"} & set(keys):
        owner = (account.c.tenant == transfer.c.tenant) & (account.c.id == transfer.c.account_id)
        query = query.join(account, owner)
    if "street_id" in keys:
        query = query.outerjoin(
            premise, (premise.c.tenant == account.c.tenant) & (premise.c.id == account.c.premise_id)
        )
    types = {"account_id": pl.Int64, "street_id": pl.Int64}
    schema = {key: types.get(key, pl.String) for key in keys} | dict.fromkeys((*_ADDED, "moved"), pl.Int64)
    found = columns.read(work, query, schema)
    rest = pl.col("moved") - pl.col("opening") - pl.col("charged") + pl.col("paid") + pl.col("written_off")
    return found.select(*keys, rest.alias("recalculated"), *_ADDED).select(*keys, *SUMS)


def _added(work: UnitOfWork, since: date, usual: ColumnElement[bool]) -> list[Any]:
    """`_ADDED`, and all that moved. What was recalculated is the rest: a test less in each row."""
    transfer, moved = work.table("transfer"), effect(work)
    kind, now = transfer.c.kind, transfer.c.business_date >= since
    parts: dict[str, tuple[ColumnElement[bool], Any]] = {
        "opening": (~now | (kind == "opening"), moved),
        "charged": (usual & kind.in_(_CHARGES), moved),
        "paid": (now & kind.in_(_PAID), -moved),
        "written_off": (now & (kind == "write_off"), -moved),
        "tax": (now & (kind == "tax"), moved),
    }
    return [*(func.coalesce(func.sum(case(parts[name])), 0) for name in _ADDED), func.sum(moved)]


def _usual(work: UnitOfWork, books: Books, since: date, after: date | None) -> ColumnElement[bool]:
    """Whether a charge is the first usual one of its period; what a later bill charges for a service that an earlier
    one charged, or a usual bill for an earlier period, is a recalculation."""
    transfer, run = work.table("transfer"), work.table("run")
    days = select(run.c.issued_on, run.c.period).where(run.c.tenant == work.tenant, run.c.generation == 0)
    issued = work.execute(days.where(run.c.issued_on.between(since, books.through)).distinct()).all()
    pairs = [and_(transfer.c.business_date == day, transfer.c.origin == period) for day, period in sorted(issued)]
    usual = and_(transfer.c.origin.is_not(None), or_(false(), *pairs))
    again = _again(work, since, after)
    few = [tuple(row) for row in work.execute(again.limit(_NAMED_AT_MOST + 1))]
    if not few:
        return usual
    charge = tuple_(transfer.c.source_id, transfer.c.provider, func.coalesce(transfer.c.service, ""))
    return usual & charge.not_in(again if len(few) > _NAMED_AT_MOST else few)


def _again(work: UnitOfWork, since: date, after: date | None) -> Select[Any]:
    """(bill, creditor, service) that an earlier bill of the account and period charges or charged too. A second bill
    for another service, as where services are billed by runs of their own, charges for the first time."""
    bill, line = work.table("bill"), work.table("bill_line")
    before = bill.alias("before")
    same = (before.c.tenant == bill.c.tenant) & (before.c.account_id == bill.c.account_id)
    same &= (before.c.period == bill.c.period) & (before.c.sequence < bill.c.sequence) & (before.c.sequence >= 0)
    lines = (line.c.tenant == before.c.tenant) & (line.c.bill_id == before.c.id) & line.c.origin.is_(None)
    query = select(bill.c.id, line.c.provider, line.c.service).join(before, same).join(line, lines).distinct()
    query = query.where(bill.c.tenant == work.tenant, bill.c.issued_on >= since, bill.c.sequence > 0)
    return query if after is None else query.where(bill.c.ledger_day > after)


def _before(work: UnitOfWork, books: Books, since: date) -> carried.Carried | None:
    """Sums that hold nothing but what stood before `since`."""
    return carried.for_books(work, Books(since - timedelta(days=1), books.as_of))


def _opened(work: UnitOfWork, early: carried.Carried, keys: Sequence[str]) -> pl.DataFrame:
    """`keys` and the opening that was carried forward."""
    asked = [key for key in ("class", "street_id") if key in keys]
    placed = places(work, asked) if asked else None
    said = [key for key in ("provider", "service") if key in keys]
    kinds = early.keys.select(pl.lit(0).alias("all"), *said).unique().drop("all").with_row_index("key")
    kind = early.keys.join(kinds, on=said, how="left", nulls_equal=True, maintain_order="left") if said else None
    number = (kind["key"] if kind is not None else pl.zeros(early.keys.height, eager=True)).cast(pl.Int64)
    parts = []
    for part in carried.part_numbers(work):
        sums = carried.of_part(work, early, part)
        rows = sums.grouped(number).join(kinds.cast({"key": pl.Int64}), on="key", how="left").drop("key")
        if placed is not None:
            here = pl.col("account_id").is_between(*carried.accounts_of(part))
            rows = rows.join(placed.filter(here), on="account_id", how="left")
        parts.append(rows.group_by(keys).agg(pl.col("amount").sum().alias("opening")))
    return pl.concat(parts).group_by(keys).agg(pl.col("opening").sum())


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
    early = _before(work, books, since)
    if early is not None:
        # What was carried forward has no business day from `since` on.
        issued = issued.where(bill.c.ledger_day > early.through)
        undone = undone.where(cancelled.c.ledger_day > early.through)
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
