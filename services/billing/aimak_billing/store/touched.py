"""What became known of accounts after a period was billed, and what bills in force say of such a period."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import polars as pl
from aimak import audit
from aimak.batches import in_batches
from aimak.storage import bulk
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, Select, case, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from aimak_billing.domain.corrections.differences import BILLED
from aimak_billing.domain.cycle import ONE_OFF
from aimak_billing.store import columns
from aimak_billing.store.cancellations import BATCH, in_force

_KEYS = ("tenant", "account_id", "period", "reason")
_SETTLED = {"tenant": pl.String, "account_id": pl.Int64, "period": pl.String, "reason": pl.String}
# What a person changes in one transaction: a block of a file. More follows from a tariff, which has its own decision.
_NOTED_AT_MOST = 2_000
AFTER_THE_BILL = "changed after the bill"
NOTHING = 0
"""Stands for the bill where looking again showed that nothing is to be billed."""
USAGE = "usage"
"""The reason that a late or corrected reading gives."""
CANCELLED = "cancelled"
"""The reason of a period that nothing but the cancellation of a bill opens."""
Reasons = dict[tuple[int, str], set[str]]
"""Why accounts' periods (account id, period) are looked at again."""


def touch(work: UnitOfWork, pairs: Collection[tuple[int, str]], reason: str) -> None:
    """Note that something became known of accounts for periods (account id, period): what they were billed is looked
    at again by the next run, also where one has it in hand already. Each reason stands beside the others, open until
    a bill settles it."""
    rows = sorted(set(pairs))
    if len(rows) <= _NOTED_AT_MOST:
        for account_id, period in rows:
            audit.note(work, account_id=account_id, after={"period": period, "reason": reason}, action=AFTER_THE_BILL)
    told = {"tenant": work.tenant, "reason": reason, "run_id": None, "bill_id": None}
    statement = _upsert(work, {"run_id": None, "bill_id": None})
    for part in in_batches(rows, BATCH):
        work.execute(statement, [{**told, "account_id": account_id, "period": period} for account_id, period in part])


def _upsert(work: UnitOfWork, changed: dict[str, Any]) -> Any:
    table = work.table("touched")
    dialect: Any = sqlite if work.is_sqlite else postgresql
    return dialect.insert(table).on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=changed)


def periods(work: UnitOfWork, through: str) -> list[str]:
    """Periods up to `through` of which something is open, or might be opened by billing anew."""
    touched = work.table("touched")
    query = select(touched.c.period).where(touched.c.tenant == work.tenant, touched.c.period <= through).distinct()
    return sorted(work.execute(query).scalars())


def accounts(work: UnitOfWork, first: int, last: int, period: str) -> list[int]:
    """Accounts with ids from `first` to `last` of which something became known after a period was billed, settled or
    not: only of these a bill may correct the period. In order."""
    touched = work.table("touched")
    mine = (touched.c.tenant == work.tenant) & (touched.c.account_id >= first) & (touched.c.account_id <= last)
    query = select(touched.c.account_id).where(mine, touched.c.period == period).distinct()
    return list(work.execute(query.order_by(touched.c.account_id)).scalars())


def open_reasons(work: UnitOfWork, first: int, last: int, through: str, replaced: Collection[int]) -> Reasons:
    """What is open of accounts with ids from `first` to `last`, for periods up to `through`; with what bills that are
    to be replaced have settled or corrected, and what later bills corrected of their period. Locked: whoever learns
    more of the same opens it again afterwards."""
    touched = work.table("touched")
    mine = (touched.c.tenant == work.tenant) & (touched.c.account_id >= first) & (touched.c.account_id <= last)
    wanted = touched.c.bill_id.is_(None)
    if replaced:
        # One statement, however many they are: it locks in the order in which others do.
        wanted |= touched.c.bill_id.between(min(replaced), max(replaced))
    query = select(touched.c.account_id, touched.c.period, touched.c.reason, touched.c.bill_id)
    query = query.where(mine, touched.c.period <= through, wanted).order_by(*touched.primary_key.columns)
    known, found = {None, *replaced}, Reasons()
    for row in work.execute(query.with_for_update()):
        if row.bill_id in known:
            found.setdefault((row.account_id, row.period), set()).add(row.reason)
    for pair in corrected_by(work, replaced):
        if pair[1] <= through:
            found.setdefault(pair, {CANCELLED})
    return found


def late_pairs(work: UnitOfWork, first: int, last: int, before: str) -> set[tuple[int, str]]:
    """(account id, period) that are open for a reading that came late or was corrected, for periods before one."""
    table = work.table("touched")
    mine = _late(work, before) & (table.c.account_id >= first) & (table.c.account_id <= last)
    return {(row.account_id, row.period) for row in work.execute(select(table).where(mine))}


def waiting(work: UnitOfWork, before: str) -> list[tuple[str, int]]:
    """How many accounts of each period before one are open for a late reading, by period."""
    table = work.table("touched")
    query = select(table.c.period, func.count()).where(_late(work, before)).group_by(table.c.period)
    return [(name, int(count)) for name, count in map(tuple, work.execute(query.order_by(table.c.period)))]


def _late(work: UnitOfWork, before: str) -> Any:
    table = work.table("touched")
    mine = (table.c.tenant == work.tenant) & table.c.bill_id.is_(None) & (table.c.period < before)
    return mine & (table.c.reason == USAGE)


def corrected_by(work: UnitOfWork, bill_ids: Collection[int]) -> set[tuple[int, str]]:
    """(account id, period) of earlier periods that these bills correct, and of their own period where another bill in
    force corrects it."""
    bill, line = work.table("bill"), work.table("bill_line")
    other = bill.alias("other")
    found = set[tuple[int, str]]()
    lines = (line.c.tenant == bill.c.tenant) & (line.c.bill_id == bill.c.id) & line.c.origin.is_not(None)
    others = (other.c.tenant == bill.c.tenant) & (other.c.account_id == bill.c.account_id)
    of_other = (line.c.tenant == other.c.tenant) & (line.c.bill_id == other.c.id) & (line.c.origin == bill.c.period)
    for part in in_batches(sorted(bill_ids), BATCH):
        mine = (bill.c.tenant == work.tenant) & bill.c.id.in_(part)
        own = select(bill.c.account_id, line.c.origin).join(line, lines).where(mine).distinct()
        later = select(bill.c.account_id, bill.c.period).join(other, others).join(line, of_other).where(mine)
        later = later.where(in_force(work, other.c.id)).distinct()
        for query in (own, later):
            found |= {(row[0], row[1]) for row in work.execute(query)}
    return found


def take_in_hand(work: UnitOfWork, run_id: int, first: int, last: int, reasons: Reasons) -> None:
    """Note what the preview of a run has looked at: it is settled when the run is issued."""
    table = work.table("touched")
    mine = (table.c.tenant == work.tenant) & (table.c.account_id >= first) & (table.c.account_id <= last)
    work.execute(update(table).where(mine, table.c.run_id == run_id).values(run_id=None))
    rows = [
        {"tenant": work.tenant, "account_id": account_id, "period": period, "reason": reason, "run_id": run_id}
        for (account_id, period), why in sorted(reasons.items())
        for reason in sorted(why)
    ]
    if not rows:
        return
    # What is known by a bill alone was not open: without this run it stays so.
    work.execute(_upsert(work, {"run_id": run_id}), [{**row, "bill_id": NOTHING} for row in rows])


def in_hand(work: UnitOfWork, run_id: int, period: str) -> dict[str | None, int]:
    """Of how many accounts a run has looked at months other than its own, by reason; under None of how many in all.
    Empty where of none."""
    table = work.table("touched")
    mine = (table.c.tenant == work.tenant) & (table.c.run_id == run_id) & (table.c.period != period)
    accounts = func.count(table.c.account_id.distinct())
    by_reason = work.execute(select(table.c.reason, accounts).where(mine).group_by(table.c.reason)).all()
    if not by_reason:
        return {}
    return {None: int(work.execute(select(accounts).where(mine)).scalar_one())} | dict(map(tuple, by_reason))


def settle(work: UnitOfWork, run_id: int, bills: pl.DataFrame, held: Collection[int], first: int, last: int) -> None:
    """What the preview of a run had in hand is settled, by the account's bill where it has one (bills: id,
    account_id); of an account that is held it stays open."""
    table = work.table("touched")
    mine = (table.c.tenant == work.tenant) & (table.c.account_id >= first) & (table.c.account_id <= last)
    query = select(*(table.c[name] for name in _KEYS)).where(mine, table.c.run_id == run_id)
    settled = pl.DataFrame(list(map(tuple, work.execute(query))), schema=_SETTLED, orient="row")
    settled = settled.filter(~pl.col("account_id").is_in(list(held)))
    of_account = bills.select("account_id", pl.col("id").alias("bill_id"))
    frame = settled.join(of_account, on="account_id", how="left").with_columns(pl.col("bill_id").fill_null(NOTHING))
    bulk.change(work, table, frame.sort(_KEYS), _KEYS)


def reopen(work: UnitOfWork, bill_ids: Sequence[int]) -> None:
    """What these bills had settled is open again; and where a later bill corrected their period, that is open too."""
    table = work.table("touched")
    for part in in_batches(bill_ids, BATCH):
        mine = (table.c.tenant == work.tenant) & table.c.bill_id.in_(part)
        work.execute(update(table).where(mine).values(bill_id=None))
    pairs = corrected_by(work, bill_ids)
    pairs -= _open(work, {account_id for account_id, _ in pairs})
    if pairs:
        rows = [
            {"tenant": work.tenant, "account_id": account_id, "period": period, "reason": CANCELLED, "run_id": None}
            for account_id, period in sorted(pairs)
        ]
        # Where the run that cancels has it in hand, it settles it.
        work.execute(_upsert(work, {"bill_id": None}), [{**row, "bill_id": None} for row in rows])


def _open(work: UnitOfWork, account_ids: Collection[int]) -> set[tuple[int, str]]:
    table = work.table("touched")
    query = select(table.c.account_id, table.c.period).where(table.c.tenant == work.tenant, table.c.bill_id.is_(None))
    found = set[tuple[int, str]]()
    for part in in_batches(sorted(account_ids), BATCH):
        found |= {(row[0], row[1]) for row in work.execute(query.where(table.c.account_id.in_(part)))}
    return found


def billed(work: UnitOfWork, account_ids: Sequence[int], period: str, without: Collection[int]) -> pl.DataFrame:
    """Lines that bills in force charge for a period, of some accounts, as BILLED; leaving out bills that are to be
    replaced."""
    found = [pl.DataFrame(schema=BILLED)]
    for part in in_batches(account_ids, BATCH):
        found.append(columns.read(work, _billed(work, part, period), BILLED))
    return pl.concat(found).filter(~pl.col("bill_id").is_in(list(without)))


def _billed(work: UnitOfWork, account_ids: Sequence[int], period: str) -> Select[Any]:
    bill, line = work.table("bill"), work.table("bill_line")
    lines = (line.c.tenant == bill.c.tenant) & (line.c.bill_id == bill.c.id)
    own = line.c.origin.is_(None) & (bill.c.period == period)
    alike = [line.c[name] for name in BILLED if name in line.c and name != "bill_id"]
    return (
        select(
            bill.c.account_id,
            bill.c.id,
            bill.c.number,
            bill.c.scope,
            case((own, literal(1)), else_=literal(0)),
            *alike,
            line.c.line,
        )
        .join(line, lines)
        .where(bill.c.tenant == work.tenant, bill.c.account_id.in_(list(account_ids)), in_force(work, bill.c.id))
        .where(or_(own, line.c.origin == period), bill.c.scope != ONE_OFF)
        .order_by(bill.c.account_id, bill.c.id, line.c.line)
    )


def of_account(work: UnitOfWork, account_id: int) -> Sequence[Row[Any]]:
    """All that was touched of an account, by period."""
    table = work.table("touched")
    mine = (table.c.tenant == work.tenant) & (table.c.account_id == account_id)
    return work.execute(select(table).where(mine).order_by(table.c.period)).all()
