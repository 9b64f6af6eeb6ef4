"""What the issued runs of a period come to together: what each of them made, less the bills that were cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aimak.period import Period
from aimak.storage.work import UnitOfWork
from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, func, literal, or_, select, union_all

from aimak_billing.domain import cycle as states
from aimak_billing.domain.corrections.selection import is_limited

CLASS = "customer_class"
KEYS = ("service", "provider", CLASS)


def runs(work: UnitOfWork, period: str, before: int | None = None) -> Sequence[Row[Any]]:
    """The issued runs of a period, in the order of their issue; `before` that turn."""
    run = work.table("run")
    mine = _of(work, period)
    if before is not None:
        mine.append(run.c.issue_turn < before)
    return work.execute(select(run).where(*mine).order_by(run.c.issue_turn)).all()


def _of(work: UnitOfWork, period: str) -> list[ColumnElement[bool]]:
    run = work.table("run")
    of_month = (run.c.tenant == work.tenant) & (run.c.cycle == states.MONTHLY) & (run.c.period == period)
    return [of_month, run.c.state == states.ISSUED]


def _ids(work: UnitOfWork, period: str, before: int | None = None) -> Select[Any]:
    run = work.table("run")
    query = select(run.c.id).where(*_of(work, period))
    return query if before is None else query.where(run.c.issue_turn < before)


def counts(work: UnitOfWork, period: str) -> dict[str, Any]:
    """bills and lines in force, and the first and the last number that was given (None where no bill was made)."""
    chunk, line = work.table("run_chunk"), work.table("bill_line")
    last = func.max(chunk.c.first_number + chunk.c.bills - 1)
    sums = (func.sum(chunk.c.bills), func.sum(chunk.c.lines), func.min(chunk.c.first_number), last)
    mine = (chunk.c.tenant == work.tenant) & chunk.c.run_id.in_(_ids(work, period)) & (chunk.c.bills > 0)
    made = work.execute(select(*sums).where(mine)).one()
    bills = lines = 0
    if made[0] and _is_by_parts(work, period):
        gone = cancelled_bills(work, period, None).subquery()
        bills = work.execute(select(func.count()).select_from(gone)).scalar_one()
        same = (line.c.tenant == work.tenant) & (line.c.bill_id == gone.c.id)
        lines = work.execute(select(func.count()).select_from(gone).join(line, same)).scalar_one()
    made_bills, made_lines = int(made[0] or 0), int(made[1] or 0)
    return {"bills": made_bills - bills, "lines": made_lines - lines, "first_number": made[2], "last_number": made[3]}


def _is_by_parts(work: UnitOfWork, period: str) -> bool:
    """Whether others than the month's own run made bills of a period. What that alone made counts as it was issued."""
    own = states.run_id(work.tenant, states.MONTHLY, period, states.EVERYBODY, 0)
    return not {own}.issuperset(work.execute(_ids(work, period).limit(2)).scalars())


def accounts(work: UnitOfWork, issued: Sequence[Row[Any]]) -> int:
    """How many accounts these runs were over, each counted once."""
    chunk, member = work.table("run_chunk"), work.table("run_member")
    mine, last = (chunk.c.tenant == work.tenant), 0
    everybody = 0
    # Accounts have rising ids: the one that was cut last knew all that others over the whole town had.
    for run in issued:
        if not is_limited(run.selection):
            query = select(func.sum(chunk.c.accounts), func.max(chunk.c.last_account))
            row = work.execute(query.where(mine, chunk.c.run_id == run.id)).one()
            everybody, last = max((everybody, last), (int(row[0] or 0), int(row[1] or 0)), key=lambda one: one[1])
    limited = [run.id for run in issued if is_limited(run.selection)]
    beyond = (member.c.tenant == work.tenant) & member.c.run_id.in_(limited) & (member.c.account_id > last)
    return everybody + int(work.execute(select(func.count(member.c.account_id.distinct())).where(beyond)).scalar_one())


def accounts_billed(work: UnitOfWork, period: str) -> int:
    """How many accounts have a bill in force that a run made: asked where services are billed apart, as it looks at
    every bill of the period."""
    bill, cancelled = work.table("bill"), work.table("bill_cancellation")
    gone = exists().where(cancelled.c.tenant == work.tenant, cancelled.c.bill_id == bill.c.id)
    mine = (bill.c.tenant == work.tenant) & (bill.c.period == period) & (bill.c.scope != states.ONE_OFF)
    query = select(func.count(bill.c.account_id.distinct())).where(mine, ~gone)
    return int(work.execute(query).scalar_one())


def still_held(work: UnitOfWork, period: str) -> ColumnElement[bool]:
    """Of rows of `run_hold`: a run of the period holds the account, and no bill in force has what it was held for. A
    run that bills anew and holds leaves the bill before it in force."""
    hold, run, bill = work.table("run_hold"), work.table("run"), work.table("bill")
    later, cancelled = run.alias("later"), work.table("bill_cancellation")
    gone = exists().where(cancelled.c.tenant == bill.c.tenant, cancelled.c.bill_id == bill.c.id)
    made_by = (later.c.tenant == bill.c.tenant) & (later.c.id == bill.c.run_id)
    of_account = (bill.c.tenant == hold.c.tenant) & (bill.c.account_id == hold.c.account_id) & (bill.c.period == period)
    of_service = literal("service:") + hold.c.service
    covers = or_(later.c.scope.in_((states.EVERYBODY, run.c.scope)), later.c.scope == of_service)
    counts_for = or_(later.c.issue_turn > run.c.issue_turn, run.c.replaces)
    billed = exists(
        select(bill.c.id)
        .join(later, made_by)
        .where(of_account, bill.c.scope != states.ONE_OFF, covers, counts_for, ~gone)
        .correlate(hold, run)
    )
    holding = exists(
        select(run.c.id)
        .where(run.c.tenant == hold.c.tenant, run.c.id == hold.c.run_id, *_of(work, period), ~billed)
        .correlate(hold)
    )
    return and_(hold.c.tenant == work.tenant, hold.c.run_id.in_(_ids(work, period)), holding)


def held(work: UnitOfWork, period: str) -> int:
    """How many accounts are held still."""
    hold = work.table("run_hold")
    query = select(func.count(hold.c.account_id.distinct())).where(still_held(work, period))
    return int(work.execute(query).scalar_one())


def totals(work: UnitOfWork, period: str, by: Sequence[str], before: int | None = None) -> Sequence[Row[Any]]:
    """`by` (some of KEYS), connections, quantity, net, tax of the bills in force, in order; nothing where all came to
    nought. A cancelled bill counts for the class that its connection is of on the period's last day. `before`: as the
    runs issued before that turn made them."""
    table = work.table("run_total")
    names = ("connections", "quantity", "net", "tax")
    mine = (table.c.tenant == work.tenant) & table.c.run_id.in_(_ids(work, period, before))
    made = select(*(table.c[key] for key in KEYS), *(table.c[name] for name in names)).where(mine)
    both = made.subquery()
    if _is_by_parts(work, period):
        gone = _gone_lines(work, period, before)
        taken = select(*(gone.c[key] for key in KEYS), *((-gone.c[name]).label(name) for name in names))
        both = union_all(made, taken).subquery()
    keys = [both.c[key] for key in by]
    sums = [func.sum(both.c[name]).label(name) for name in names]
    any_left = or_(*(func.sum(both.c[name]) != 0 for name in names))
    return work.execute(select(*keys, *sums).group_by(*keys).having(any_left).order_by(*keys)).all()


def billed_before(work: UnitOfWork, run: Row[Any]) -> dict[tuple[str, str], int]:
    """Connections by service and provider that runs issued before this one bill for its period."""
    table = work.table("run_count")
    ids = _ids(work, run.period, run.issue_turn).where(work.table("run").c.id != run.id)
    mine = (table.c.tenant == work.tenant) & table.c.run_id.in_(ids)
    query = select(table.c.service, table.c.provider, func.sum(table.c.billed)).where(mine)
    found = {(row[0], row[1]): int(row[2]) for row in work.execute(query.group_by(table.c.service, table.c.provider))}
    for row in work.execute(select(_gone_lines(work, run.period, run.issue_turn))):
        found[row.service, row.provider] = found.get((row.service, row.provider), 0) - int(row.connections)
    return found


def cancelled_bills(work: UnitOfWork, period: str, before: int | None) -> Select[Any]:
    """The cancelled bills of the period's runs; `before` that turn: of those issued by then, without what later ones
    cancelled."""
    bill, cancelled, run = work.table("bill"), work.table("bill_cancellation"), work.table("run").alias("canceller")
    same = (cancelled.c.tenant == bill.c.tenant) & (cancelled.c.bill_id == bill.c.id)
    mine = (cancelled.c.tenant == work.tenant) & bill.c.run_id.in_(_ids(work, period, before))
    query = select(bill.c.id).select_from(cancelled).join(bill, same).where(mine)
    if before is None:
        return query
    later = (run.c.tenant == work.tenant) & (run.c.id == cancelled.c.source_id) & (run.c.issue_turn >= before)
    return query.where(~exists().where(later))


def _gone_lines(work: UnitOfWork, period: str, before: int | None = None) -> Any:
    """KEYS, connections, quantity, net, tax of the cancelled bills, counted as a run counts its own."""
    bills, connection = _gone_connections(work, period, before), work.table("connection")
    place = and_(connection.c.tenant == work.tenant, connection.c.id == bills.c.connection_id)
    of_class = func.coalesce(_class_on(work, connection, Period.month(period)), connection.c.customer_class)
    names = ("connections", "quantity", "net", "tax")
    kept = (bills.c.service, bills.c.provider, of_class.label(CLASS), *(bills.c[name] for name in names))
    each = select(*kept).select_from(bills).join(connection, place).subquery()
    keys = [each.c[key] for key in KEYS]
    return select(*keys, *(func.sum(each.c[name]).label(name) for name in names)).group_by(*keys).subquery()


def _gone_connections(work: UnitOfWork, period: str, before: int | None) -> Any:
    """The same of each connection on each cancelled bill; connections: 1, or 0 where only other periods are corrected.
    A quantity is that of the first charge under a version."""
    versions, first = _gone_versions(work, period, before), work.table("bill_line").alias("first")
    of_first = and_(
        first.c.tenant == work.tenant, first.c.bill_id == versions.c.bill_id, first.c.line == versions.c.first_line
    )
    keys = [versions.c[name] for name in ("bill_id", "connection_id", "service", "provider")]
    sums = (
        func.max(versions.c.own).label("connections"),
        func.coalesce(func.sum(first.c.quantity), 0).label("quantity"),
        func.sum(versions.c.net).label("net"),
        func.sum(versions.c.tax).label("tax"),
    )
    query = select(*keys, *sums).select_from(versions).outerjoin(first, of_first)
    return query.group_by(*keys).subquery()


def _gone_versions(work: UnitOfWork, period: str, before: int | None) -> Any:
    line, gone = work.table("bill_line"), cancelled_bills(work, period, before).subquery()
    charge, own = line.c.kind == "charge", line.c.origin.is_(None)
    keys = (line.c.bill_id, line.c.connection_id, line.c.tariff_version, line.c.service, line.c.provider)
    sums = (
        func.max(case((own, 1), else_=0)).label("own"),
        func.min(case((and_(charge, own), line.c.line))).label("first_line"),
        func.sum(case((charge, line.c.amount), else_=0)).label("net"),
        func.sum(case((line.c.kind == "tax", line.c.amount), else_=0)).label("tax"),
    )
    same = line.c.bill_id == gone.c.id
    return select(*keys, *sums).join(gone, same).where(line.c.tenant == work.tenant).group_by(*keys).subquery()


def _class_on(work: UnitOfWork, connection: Any, period: Period) -> Any:
    """What class a connection was of on the period's last day, where it is another today."""
    past = work.table("connection_past")
    mine = (past.c.tenant == work.tenant) & (past.c.connection_id == connection.c.id)
    query = select(past.c.customer_class).where(mine, past.c.valid_to > period.last_day)
    return query.order_by(past.c.valid_to).limit(1).correlate(connection).scalar_subquery()
