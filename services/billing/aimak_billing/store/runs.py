"""Cycles, runs and their chunks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from aimak.period import Period
from aimak.storage import turns
from aimak.storage.work import UnitOfWork
from sqlalchemy import ColumnElement, Row, Select, Text, case, cast, delete, func, insert, literal, select, update

from aimak_billing.domain import cycle as states
from aimak_billing.domain.corrections.selection import is_limited

_BEGUN_SPACE = 0x61696D62
_SERVICE = "service:"


def lock_cycles(work: UnitOfWork) -> None:
    """Let no other command on a cycle of this tenant run at the same time."""
    tenant = work.table("tenant")
    work.execute(select(tenant.c.code).where(tenant.c.code == work.tenant).with_for_update())


def cycle(work: UnitOfWork, period: str) -> Row[Any] | None:
    """The monthly cycle of a period."""
    table = work.table("cycle")
    mine = (table.c.tenant == work.tenant) & (table.c.cycle == states.MONTHLY) & (table.c.period == period)
    return work.execute(select(table).where(mine)).one_or_none()


def cycles(work: UnitOfWork) -> Sequence[Row[Any]]:
    """All cycles, the newest first."""
    table = work.table("cycle")
    return work.execute(select(table).where(table.c.tenant == work.tenant).order_by(table.c.period.desc())).all()


def run(work: UnitOfWork, run_id: int, *, lock: bool = False) -> Row[Any] | None:
    """One run."""
    table = work.table("run")
    query = select(table).where(table.c.tenant == work.tenant, table.c.id == run_id)
    return work.execute(query.with_for_update() if lock else query).one_or_none()


def open_cycle(work: UnitOfWork, period: Period, run_id: int, book: Mapping[str, Any]) -> None:
    """Begin the cycle of a period with its first run, whose chunks are yet to be cut."""
    named = {"tenant": work.tenant, "cycle": states.MONTHLY, "period": period.name}
    work.execute(
        insert(work.table("cycle")).values(
            **named, starts_on=period.start, ends_on=period.end, run_id=run_id, state=states.OPEN
        )
    )
    add_run(work, period.name, run_id, book=book)


def add_run(work: UnitOfWork, period: str, run_id: int, **facts: Any) -> None:
    """A new run of a period, whose chunks are yet to be cut: everybody's first unless `facts` say otherwise."""
    first = {"selection": states.EVERYBODY, "generation": 0, "scope": states.EVERYBODY, "replaces": False, "reason": ""}
    begun = {"state": states.OPEN, "attempt": 0, "undone": 0, "book": {}, "paused": False, "turn": 0}
    named = {"tenant": work.tenant, "cycle": states.MONTHLY, "period": period, "id": run_id}
    work.execute(insert(work.table("run")).values({**named, **first, **begun, **facts}))


def runs(work: UnitOfWork, period: str | None = None) -> Sequence[Row[Any]]:
    """Runs of a period, or all: by period, selection and generation."""
    table = work.table("run")
    query = select(table).where(table.c.tenant == work.tenant, table.c.cycle == states.MONTHLY)
    if period is not None:
        query = query.where(table.c.period == period)
    return work.execute(query.order_by(table.c.period, table.c.selection, table.c.generation)).all()


def begun_periods(work: UnitOfWork) -> list[str]:
    """Periods that some run has looked at, in order."""
    table = work.table("run")
    query = select(table.c.period).where(table.c.tenant == work.tenant, table.c.attempt > 0).distinct()
    return list(work.execute(query.order_by(table.c.period)).scalars())


def keep_begun(work: UnitOfWork) -> None:
    """Let no period begin until this unit has ended: whoever asks which have, to note what became known of them, must
    not write what the first run over a further one has then not seen."""
    turns.share(work, _BEGUN_SPACE)


def begin_alone(work: UnitOfWork) -> None:
    """Wait for all units that keep what has begun; those that come after see what this one begins."""
    turns.alone(work, _BEGUN_SPACE)


def add_members(work: UnitOfWork, run_id: int, account_ids: Sequence[int]) -> None:
    """The accounts of a run over a selection, fixed when it is started."""
    table = work.table("run_member")
    if account_ids:
        work.execute(
            insert(table), [{"tenant": work.tenant, "run_id": run_id, "account_id": key} for key in account_ids]
        )


def members(work: UnitOfWork, run_id: int, first: int, last: int) -> list[int]:
    """Accounts with ids from `first` to `last` that a run is limited to."""
    table = work.table("run_member")
    mine = (table.c.tenant == work.tenant) & (table.c.run_id == run_id)
    query = select(table.c.account_id).where(mine, table.c.account_id >= first, table.c.account_id <= last)
    return list(work.execute(query.order_by(table.c.account_id)).scalars())


def changed_since(work: UnitOfWork, run: Row[Any]) -> bool:
    """Whether a bill of one of this run's accounts was issued or cancelled by somebody else since its preview; of its
    period also a cancelled bill of an account that it is over without billing it, as others had."""
    other, bill, mine = work.table("run"), work.table("bill"), work.table("run_bill")
    same = (mine.c.tenant == bill.c.tenant) & (mine.c.account_id == bill.c.account_id) & (mine.c.run_id == run.id)
    issued = (
        select(bill.c.id)
        .join(other, (other.c.tenant == bill.c.tenant) & (other.c.id == bill.c.run_id))
        .join(mine, same)
        .where(bill.c.tenant == work.tenant, other.c.issue_turn > run.turn, other.c.id != run.id)
    )
    decision, cancelled = work.table("correction_decision"), work.table("bill_cancellation")
    source = (cancelled.c.tenant == decision.c.tenant) & (cancelled.c.source_id == decision.c.correction_id)
    left_alone = (bill.c.period == run.period) & (bill.c.scope != states.ONE_OFF)
    if is_limited(run.selection):
        member = work.table("run_member")
        among = (member.c.tenant == bill.c.tenant) & (member.c.account_id == bill.c.account_id)
        left_alone &= select(member.c.account_id).where(among, member.c.run_id == run.id).exists()
    if run.scope.startswith(_SERVICE):
        left_alone &= bill.c.scope.not_like(f"{_SERVICE}%") | (bill.c.scope == run.scope)
    concerned = select(mine.c.account_id).where(same).exists()
    undone = (
        select(bill.c.id)
        .join(cancelled, (cancelled.c.tenant == bill.c.tenant) & (cancelled.c.bill_id == bill.c.id))
        .join(decision, source)
        .where(bill.c.tenant == work.tenant, decision.c.turn > run.turn)
        .where(concerned | left_alone)
    )
    later = select(other.c.id).where(other.c.tenant == work.tenant, other.c.issue_turn > run.turn, other.c.id != run.id)
    decided = select(decision.c.turn).where(decision.c.tenant == work.tenant, decision.c.turn > run.turn)
    # Nearly always nothing was issued or decided meanwhile, and the large tables are not asked.
    for few, many in ((later, issued), (decided, undone)):
        if work.execute(few.limit(1)).first() and work.execute(many.limit(1)).first():
            return True
    return False


def change_run(work: UnitOfWork, run_id: int, **values: Any) -> None:
    """Write the run's new state."""
    table = work.table("run")
    work.execute(update(table).where(table.c.tenant == work.tenant, table.c.id == run_id).values(**values))


def close_cycle(work: UnitOfWork, period: str) -> None:
    """Mark the cycle of a period as closed."""
    table = work.table("cycle")
    mine = (table.c.tenant == work.tenant) & (table.c.cycle == states.MONTHLY) & (table.c.period == period)
    work.execute(update(table).where(mine).values(state=states.CLOSED))


def approve(work: UnitOfWork, approval: Mapping[str, Any]) -> None:
    """Note who commanded what and when; it never changes."""
    work.execute(insert(work.table("approval")).values(tenant=work.tenant, **approval))


def approvals(work: UnitOfWork, run_id: int) -> Sequence[Row[Any]]:
    """Who commanded what, in order."""
    table = work.table("approval")
    mine = (table.c.tenant == work.tenant) & (table.c.run_id == run_id)
    return work.execute(select(table).where(mine).order_by(table.c.at, table.c.attempt, table.c.action)).all()


def issued_at(work: UnitOfWork, run_ids: Collection[int]) -> dict[int, datetime]:
    """When runs were issued."""
    approval = work.table("approval")
    query = select(approval.c.run_id, func.max(approval.c.at)).where(
        approval.c.tenant == work.tenant, approval.c.action == "issue", approval.c.run_id.in_(sorted(run_ids))
    )
    return {run_id: at for run_id, at in map(tuple, work.execute(query.group_by(approval.c.run_id)))}


def account_ids(work: UnitOfWork, after: int, run_id: int | None = None) -> list[int]:
    """Ids of all accounts above `after`, in order; of the members of a run where that is given."""
    table = work.table("account" if run_id is None else "run_member")
    key = table.c.id if run_id is None else table.c.account_id
    query = select(key).where(table.c.tenant == work.tenant, key > after)
    if run_id is not None:
        query = query.where(table.c.run_id == run_id)
    return list(work.execute(query.order_by(key)).scalars())


def cut(work: UnitOfWork, run_id: int, chunks: Sequence[Mapping[str, Any]]) -> None:
    """Write new chunks of a run."""
    nothing = {"first_number": None, "state": "cut", "attempt": 0, "bills": 0, "held": 0, "lines": 0}
    work.execute(
        insert(work.table("run_chunk")), [{"tenant": work.tenant, "run_id": run_id, **nothing, **row} for row in chunks]
    )


def chunks(work: UnitOfWork, run_id: int) -> Sequence[Row[Any]]:
    """The chunks of a run, in order."""
    table = work.table("run_chunk")
    mine = (table.c.tenant == work.tenant) & (table.c.run_id == run_id)
    return work.execute(select(table).where(mine).order_by(table.c.chunk)).all()


def chunk(work: UnitOfWork, run_id: int, number: int) -> Row[Any] | None:
    """One chunk, locked: two workers that were given the same one take turns."""
    table = work.table("run_chunk")
    query = select(table).where(_of_chunk(work, table, run_id, number))
    return work.execute(query.with_for_update()).one_or_none()


def change_chunk(work: UnitOfWork, run_id: int, number: int, **values: Any) -> None:
    """Write a chunk's new state."""
    table = work.table("run_chunk")
    work.execute(update(table).where(_of_chunk(work, table, run_id, number)).values(**values))


def one_chunk_done(work: UnitOfWork, run_id: int, done: str) -> None:
    """Count one chunk less to do; the last one brings the run to the state `done`. The run's row stays locked until
    the commit, so this comes last in its transaction."""
    table = work.table("run")
    mine = (table.c.tenant == work.tenant) & (table.c.id == run_id)
    work.execute(update(table).where(mine).values(undone=table.c.undone - 1))
    work.execute(update(table).where(mine, table.c.undone == 0).values(state=done))


def clear_results(work: UnitOfWork, run_id: int, number: int) -> None:
    """Remove what an earlier try wrote for a chunk."""
    for name in ("run_bill", "run_line", "run_hold", "run_total", "run_count", "run_outsort"):
        table = work.table(name)
        work.execute(delete(table).where(_of_chunk(work, table, run_id, number)))


def _of_chunk(work: UnitOfWork, table: Any, run_id: int, number: int) -> Any:
    return (table.c.tenant == work.tenant) & (table.c.run_id == run_id) & (table.c.chunk == number)


def held_accounts(work: UnitOfWork, run_id: int, number: int) -> list[int]:
    """Accounts of a chunk that get no bill, in order."""
    table = work.table("run_hold")
    query = select(table.c.account_id).where(_of_chunk(work, table, run_id, number)).distinct()
    return list(work.execute(query.order_by(table.c.account_id)).scalars())


def bills_query(work: UnitOfWork, run_id: int, number: int) -> Select[Any]:
    """place, rank, account_id, net, tax of the bills of a chunk, in order."""
    table = work.table("run_bill")
    columns = (table.c.place, table.c.rank, table.c.account_id, table.c.net, table.c.tax)
    return select(*columns).where(_of_chunk(work, table, run_id, number)).order_by(table.c.place)


def amounts_query(work: UnitOfWork, run_id: int, number: int) -> Select[Any]:
    """place, service, provider, kind, tax_code, amount, origin of the lines of a chunk, in order."""
    table = work.table("run_line")
    columns = (
        table.c.place,
        table.c.service,
        table.c.provider,
        table.c.kind,
        table.c.tax_code,
        table.c.amount,
        table.c.origin,
    )
    return select(*columns).where(_of_chunk(work, table, run_id, number)).order_by(table.c.place, table.c.line)


def final_lines_query(work: UnitOfWork, run_id: int, number: int, first_bill: int, ledger_day: Any) -> Select[Any]:
    """The lines of a chunk as rows of table `bill_line`."""
    table = work.table("run_line")
    copied = [column for column in work.table("bill_line").columns if column.name not in ("bill_id", "ledger_day")]
    day_type = work.table("bill_line").c.ledger_day.type
    return (
        select(
            *(table.c[column.name] for column in copied),
            (table.c.place + literal(first_bill, table.c.run_id.type)).label("bill_id"),
            literal(ledger_day, day_type).label("ledger_day"),
        )
        .where(_of_chunk(work, table, run_id, number))
        .order_by(table.c.place, table.c.line)
    )


def totals(work: UnitOfWork, run_id: int) -> Sequence[Row[Any]]:
    """Sums of a run by service and class."""
    table = work.table("run_total")
    sums = [func.sum(table.c[name]).label(name) for name in ("connections", "quantity", "net", "tax")]
    return work.execute(
        select(table.c.service, table.c.customer_class, *sums)
        .where(table.c.tenant == work.tenant, table.c.run_id == run_id)
        .group_by(table.c.service, table.c.customer_class)
        .order_by(table.c.service, table.c.customer_class)
    ).all()


def corrected(work: UnitOfWork, run_id: int) -> int:
    """What a run corrects of other periods than its own, net and tax (tyiyn)."""
    table = work.table("run_total")
    mine = (table.c.tenant == work.tenant) & (table.c.run_id == run_id)
    return int(work.execute(select(func.sum(table.c.corrected)).where(mine)).scalar() or 0)


def holds_of(work: UnitOfWork, run_id: int) -> ColumnElement[bool]:
    """Of rows of `run_hold`: they are of that run."""
    table = work.table("run_hold")
    return (table.c.tenant == work.tenant) & (table.c.run_id == run_id)


def hold_counts(work: UnitOfWork, mine: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """How many accounts each reason holds among these rows of `run_hold`, and its fields in JSON where they are the
    same for all."""
    table = work.table("run_hold")
    count = func.count(func.distinct(table.c.account_id)).label("accounts")
    said = cast(table.c.fields, Text)
    fields = case((func.min(said) == func.max(said), func.min(said))).label("fields")
    query = select(table.c.code, count, fields).where(mine)
    return work.execute(query.group_by(table.c.code).order_by(table.c.code)).all()


def holds(work: UnitOfWork, run_id: int, after: int, limit: int) -> Sequence[Row[Any]]:
    """Held accounts with their numbers and reasons, by account id above `after`."""
    table, account = work.table("run_hold"), work.table("account")
    same = (account.c.tenant == table.c.tenant) & (account.c.id == table.c.account_id)
    query = select(table, account.c.number).join(account, same)
    mine = (table.c.tenant == work.tenant) & (table.c.run_id == run_id) & (table.c.account_id > after)
    order = (table.c.account_id, table.c.connection_id, table.c.code)
    return work.execute(query.where(mine).order_by(*order).limit(limit)).all()
