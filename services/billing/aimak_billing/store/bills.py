"""Issued bills."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from aimak.period import Period
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, Select, func, select

from aimak_billing.store.facts import of_period

BATCH = 5_000


def _numbered(work: UnitOfWork) -> Select[Any]:
    bill, account, cancelled = work.table("bill"), work.table("account"), work.table("bill_cancellation")
    owner = (account.c.tenant == bill.c.tenant) & (account.c.id == bill.c.account_id)
    undone = (cancelled.c.tenant == bill.c.tenant) & (cancelled.c.bill_id == bill.c.id)
    query = select(bill, account.c.number.label("account"), cancelled.c.cancelled_on).join(account, owner)
    return query.outerjoin(cancelled, undone).where(bill.c.tenant == work.tenant)


def by_number(work: UnitOfWork, number: int) -> Row[Any] | None:
    """The bill of that number, with its account's number."""
    return work.execute(_numbered(work).where(work.table("bill").c.number == number)).one_or_none()


def listed(work: UnitOfWork, period: str | None, account_id: int | None, after: int, limit: int) -> Sequence[Row[Any]]:
    """Bills with numbers above `after`, in order."""
    bill = work.table("bill")
    query = _numbered(work).where(bill.c.number > after)
    if period is not None:
        query = query.where(bill.c.period == period)
    if account_id is not None:
        query = query.where(bill.c.account_id == account_id)
    return work.execute(query.order_by(bill.c.number).limit(limit)).all()


def of_account(work: UnitOfWork, account_id: int) -> Sequence[Row[Any]]:
    """Bills of an account, the newest first."""
    bill = work.table("bill")
    return work.execute(_numbered(work).where(bill.c.account_id == account_id).order_by(bill.c.number.desc())).all()


def by_ids(work: UnitOfWork, ids: Collection[int]) -> Sequence[Row[Any]]:
    """Some bills, in order of number."""
    bill = work.table("bill")
    return work.execute(_numbered(work).where(bill.c.id.in_(list(ids))).order_by(bill.c.number)).all()


def by_numbers(work: UnitOfWork, wanted: Collection[int]) -> Sequence[Row[Any]]:
    """Bills of these numbers, with their accounts' numbers."""
    return work.execute(_numbered(work).where(work.table("bill").c.number.in_(list(wanted)))).all()


def of_route(work: UnitOfWork, period: str) -> list[Row[Any]]:
    """Bills of a period in force with what they say of the account: number, opening, net, tax, account, holder,
    address."""
    bill, person, cancelled = work.table("bill"), work.table("party_person"), work.table("bill_cancellation")
    party = (person.c.tenant == bill.c.tenant) & (person.c.id == bill.c.party_id)
    undone = (cancelled.c.tenant == bill.c.tenant) & (cancelled.c.bill_id == bill.c.id)
    told = (person.c.number.label("account"), person.c.holder, person.c.address)
    query = select(bill.c.number, bill.c.opening, bill.c.net, bill.c.tax, *told).join(person, party)
    mine = (bill.c.tenant == work.tenant) & (bill.c.period == period) & cancelled.c.bill_id.is_(None)
    return list(work.execute(query.outerjoin(cancelled, undone).where(mine)).all())


def readings(work: UnitOfWork, account_ids: Collection[int], period: str) -> dict[int, list[Row[Any]]]:
    """Accepted usage of accounts in a period with its service, by account, in order. Of which connection it was told
    says nothing more: a bill shows the readings of its services, whoever supplied them."""
    usage, connection = work.table("usage"), work.table("connection")
    same = (connection.c.tenant == usage.c.tenant) & (connection.c.id == usage.c.connection_id)
    mine = (usage.c.tenant == work.tenant) & usage.c.account_id.in_(sorted(set(account_ids)))
    query = select(usage, connection.c.service).join(connection, same)
    query = query.where(mine, usage.c.state == "accepted", of_period(usage, Period.month(period)))
    found: dict[int, list[Row[Any]]] = {}
    for row in work.execute(query.order_by(usage.c.connection_id, usage.c.from_date, usage.c.usage_id)):
        found.setdefault(row.account_id, []).append(row)
    return found


def numbers(work: UnitOfWork, bill_ids: Collection[int]) -> dict[int, int]:
    """Numbers of bills by id."""
    bill = work.table("bill")
    mine = (bill.c.tenant == work.tenant) & bill.c.id.in_(list(bill_ids))
    return {row.id: row.number for row in work.execute(select(bill.c.id, bill.c.number).where(mine))}


def lines(work: UnitOfWork, bill_ids: Collection[int]) -> Sequence[Row[Any]]:
    """Lines of some bills, in order."""
    line = work.table("bill_line")
    mine = (line.c.tenant == work.tenant) & line.c.bill_id.in_(list(bill_ids))
    return work.execute(select(line).where(mine).order_by(line.c.bill_id, line.c.line)).all()


def batches(work: UnitOfWork) -> Iterator[Sequence[Row[Any]]]:
    """All bills in order, some thousand at a time."""
    after = 0
    while rows := listed(work, None, None, after, BATCH):
        yield rows
        after = rows[-1].number


def last_number(work: UnitOfWork) -> int:
    """The highest number that a bill has; 0 where there is none."""
    bill = work.table("bill")
    return work.execute(select(func.max(bill.c.number)).where(bill.c.tenant == work.tenant)).scalar() or 0


def one_off_count(work: UnitOfWork, account_id: int, period: str) -> int:
    """How many bills of services asked for once an account has of a period."""
    bill = work.table("bill")
    mine = (bill.c.tenant == work.tenant) & (bill.c.account_id == account_id) & (bill.c.period == period)
    return work.execute(select(func.count()).select_from(bill).where(mine, bill.c.sequence < 0)).scalar_one()


def number_bounds(work: UnitOfWork, run_id: int) -> tuple[int | None, int | None]:
    """The first and the last number that an approved run gives to its bills."""
    chunk = work.table("run_chunk")
    mine = (chunk.c.tenant == work.tenant) & (chunk.c.run_id == run_id) & (chunk.c.bills > 0)
    last = func.max(chunk.c.first_number + chunk.c.bills - 1)
    row = work.execute(select(func.min(chunk.c.first_number), last).where(mine)).one()
    return row[0], row[1]
