"""Sums of the turnover sheet: what was carried forward, and one scan of what was posted since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
from aimak.storage.work import UnitOfWork
from sqlalchemy import ColumnElement, and_, case, false, func, or_, select

from aimak_billing.domain.carried import OPENING
from aimak_billing.domain.turnover import CHARGES, PAID, SUMS, TAX, WRITTEN_OFF, Columns, groups_of, spread
from aimak_billing.store import columns
from aimak_billing.store.ledger import CANCELLATION, undoes_document
from aimak_billing.store.reports import carried, movements, parts
from aimak_billing.store.reports.moves import Books, effect, is_tax, within
from aimak_billing.store.reports.owners import Owners

_ADDED = ("opening", "charged", "paid", "written_off", "tax")


def sums(work: UnitOfWork, books: Books, since: date, keys: Sequence[str]) -> pl.DataFrame:
    """`keys` (account_id, provider, service, class, street_id) with what stood before `since` and what came in from
    then on, in tyiyn; paid and written off as people say them, above zero where the debt falls."""
    early = before(work, books, since)
    if early is None:
        return posted(work, books, since, keys, None)
    between = movements.since(work, early.through, books.as_of)
    moved = posted(work, books, since, keys, between[-1].through if between else early.through)
    kept = _kept(work, Columns(since, books.through, issued_days(work, books, since)), keys, early, between)
    if moved.is_empty() and "account_id" in keys:
        # An account stands in one part alone.
        return kept
    return pl.concat([moved, kept.select(moved.columns)]).group_by(keys).agg(pl.col(*SUMS).sum())


def posted(
    work: UnitOfWork,
    books: Books,
    since: date,
    keys: Sequence[str],
    after: date | None,
    accounts: tuple[int, int] | None = None,
) -> pl.DataFrame:
    """`keys` (also origin) and `SUMS` of ledger days after `after`, of some accounts or of all. What else the columns
    ask is asked before: with a query inside, PostgreSQL does the whole in one process."""
    transfer, account, premise = work.table("transfer"), work.table("account"), work.table("premise")
    named: dict[str, Any] = {
        "account_id": transfer.c.account_id,
        "provider": transfer.c.provider,
        "service": transfer.c.service,
        "origin": transfer.c.origin,
        "class": account.c.customer_class,
        "street_id": premise.c.street_id,
    }
    wanted, added = [named[key] for key in keys], _added(work, since, _usual(work, books, since, after))
    query = select(*wanted, *added).where(within(work, books, after)).group_by(*wanted)
    if accounts is not None:
        query = query.where(transfer.c.account_id.between(*accounts))
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
    added: dict[str, tuple[ColumnElement[bool], Any]] = {
        "opening": (~now | (kind == OPENING), moved),
        "charged": (usual & kind.in_(CHARGES), moved),
        "paid": (now & kind.in_(PAID), -moved),
        "written_off": (now & (kind == WRITTEN_OFF), -moved),
        "tax": (now & ((kind == TAX) | (kind == CANCELLATION) & is_tax(work)), moved),
    }
    return [*(func.coalesce(func.sum(case(added[name])), 0) for name in _ADDED), func.sum(moved)]


def _usual(work: UnitOfWork, books: Books, since: date, after: date | None) -> ColumnElement[bool]:
    """Whether a charge is the first usual one of its period; what a later bill charges for a connection that an earlier
    one charged, or a usual bill for an earlier period, is a recalculation."""
    transfer = work.table("transfer")
    issued = issued_days(work, books, since)
    pairs = [and_(transfer.c.business_date == day, transfer.c.origin == period) for day, period in issued]
    usual = and_(transfer.c.origin.is_not(None), or_(false(), *pairs))
    return usual & ~movements.again(work, after, since)


def issued_days(work: UnitOfWork, books: Books, since: date) -> list[tuple[date, str]]:
    """The days on which usual bills of a period were issued, each with that period."""
    run = work.table("run")
    days = select(run.c.issued_on, run.c.period).where(run.c.tenant == work.tenant, run.c.generation == 0)
    found = work.execute(days.where(run.c.issued_on.between(since, books.through)).distinct())
    return sorted((day, period) for day, period in found)


def before(work: UnitOfWork, books: Books, since: date) -> carried.Carried | None:
    """Sums that hold nothing but what stood before `since`, and what is dated ahead."""
    return carried.for_books(work, Books(since - timedelta(days=1), books.as_of))


def _kept(
    work: UnitOfWork, span: Columns, keys: Sequence[str], early: carried.Carried, between: list[movements.Movement]
) -> pl.DataFrame:
    """`keys` and `SUMS` of what was carried forward and of what moved after it."""
    every = [early.keys, *(movement.keys for movement in between)]
    groups = groups_of(every, [key for key in ("provider", "service") if key in keys])
    numbers = [span.numbered(named, groups) for named in every]
    owners = Owners(work, keys)
    found = []
    for part in parts.numbers(work):
        kept = [carried.of_part(work, early, part), *(movements.of_part(work, one, part) for one in between)]
        rows = pl.concat(sums.grouped(number) for sums, number in zip(kept, numbers, strict=True))
        found.append(spread(owners.of(rows, part), groups.height))
    sums = pl.concat(found)
    if groups.width > 1:
        sums = sums.join(groups, on="group")
    return owners.named(sums).select(*keys, *SUMS)


def receivables(work: UnitOfWork, books: Books) -> dict[str, int]:
    """What is owed to each creditor by the ledger's accounts alone: debits less credits of the receivables."""
    early = carried.for_books(work, books)
    transfer = work.table("transfer")
    query = select(transfer.c.provider, func.sum(effect(work))).group_by(transfer.c.provider)
    owed = early.owed_on(books.through) if early else {}
    for provider, amount in work.execute(query.where(within(work, books, early.through if early else None))):
        owed[provider] = owed.get(provider, 0) + int(amount)
    return dict(sorted(owed.items()))


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
    early = before(work, books, since)
    if early is not None:
        # What was carried forward has no business day from `since` on.
        issued = issued.where(bill.c.ledger_day > early.through)
        undone = undone.where(cancelled.c.ledger_day > early.through)
    if books.as_of is not None:
        issued = issued.where(bill.c.ledger_day <= books.as_of)
        undone = undone.where(cancelled.c.ledger_day <= books.as_of)
    return int(work.execute(issued).scalar() or 0) - int(work.execute(undone).scalar() or 0)


def ledger_totals(work: UnitOfWork, books: Books, since: date) -> dict[str, int]:
    """What the ledger itself says, added up by the database in one scan of all that was posted since sums were carried
    before `since`: `owed` in the end, and from `since` on `bills` and their cancellations, `tax`, `paid` and
    `written_off` (tyiyn; the last two above zero where the debt falls)."""
    transfer, moved, early = work.table("transfer"), effect(work), before(work, books, since)
    kind, now = transfer.c.kind, transfer.c.business_date >= since
    asked = {"bills": (*CHARGES, CANCELLATION), "paid": PAID, "written_off": (WRITTEN_OFF,)}
    told = {name: kind.in_(kinds) & now for name, kinds in asked.items()}
    told["bills"] &= ~undoes_document(work)
    sums = [func.coalesce(func.sum(moved).filter(one), 0) for one in told.values()]
    taxed = func.coalesce(func.sum(moved).filter(now & is_tax(work)), 0)
    query = select(func.coalesce(func.sum(moved), 0), taxed, *sums)
    owed, tax, *amounts = work.execute(query.where(within(work, books, early.through if early else None))).one()
    said = {"owed": int(owed), "tax": int(tax), **dict(zip(asked, map(int, amounts), strict=True))}
    if early is not None:
        ahead = early.ahead(since, books.through)
        said["owed"] += sum(early.owed_on(books.through).values())
        for name in ("paid", "written_off"):
            said[name] += sum(ahead.get(one, 0) for one in asked[name])
    return {**said, "paid": -said["paid"], "written_off": -said["written_off"]}
