"""Cycles, runs and their chunks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aimak.period import Period
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, Select, delete, func, insert, literal, select, update

from aimak_billing.domain import cycle as states


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
    work.execute(
        insert(work.table("run")).values(
            **named,
            id=run_id,
            selection=states.EVERYBODY,
            generation=0,
            state=states.OPEN,
            attempt=0,
            undone=0,
            book=book,
        )
    )


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


def account_ids(work: UnitOfWork, after: int) -> list[int]:
    """Ids of all accounts above `after`, in order."""
    table = work.table("account")
    mine = (table.c.tenant == work.tenant) & (table.c.id > after)
    return list(work.execute(select(table.c.id).where(mine).order_by(table.c.id)).scalars())


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
    for name in ("run_bill", "run_line", "run_hold", "run_total"):
        table = work.table(name)
        work.execute(delete(table).where(_of_chunk(work, table, run_id, number)))


def _of_chunk(work: UnitOfWork, table: Any, run_id: int, number: int) -> Any:
    return (table.c.tenant == work.tenant) & (table.c.run_id == run_id) & (table.c.chunk == number)


def bills_query(work: UnitOfWork, run_id: int, number: int) -> Select[Any]:
    """place, rank, account_id, net, tax of the bills of a chunk, in order."""
    table = work.table("run_bill")
    columns = (table.c.place, table.c.rank, table.c.account_id, table.c.net, table.c.tax)
    return select(*columns).where(_of_chunk(work, table, run_id, number)).order_by(table.c.place)


def amounts_query(work: UnitOfWork, run_id: int, number: int) -> Select[Any]:
    """place, service, provider, kind, tax_code, amount of the lines of a chunk, in order."""
    table = work.table("run_line")
    columns = (
        table.c.place,
        table.c.service,
        table.c.provider,
        table.c.kind,
        table.c.tax_code,
        table.c.amount,
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


def hold_counts(work: UnitOfWork, run_id: int) -> Sequence[Row[Any]]:
    """How many accounts each reason holds."""
    table = work.table("run_hold")
    count = func.count(func.distinct(table.c.account_id)).label("accounts")
    query = select(table.c.code, count).where(table.c.tenant == work.tenant, table.c.run_id == run_id)
    return work.execute(query.group_by(table.c.code).order_by(table.c.code)).all()


def holds(work: UnitOfWork, run_id: int, after: int, limit: int) -> Sequence[Row[Any]]:
    """Held accounts with their numbers and reasons, by account id above `after`."""
    table, account = work.table("run_hold"), work.table("account")
    same = (account.c.tenant == table.c.tenant) & (account.c.id == table.c.account_id)
    query = select(table, account.c.number).join(account, same)
    mine = (table.c.tenant == work.tenant) & (table.c.run_id == run_id) & (table.c.account_id > after)
    order = (table.c.account_id, table.c.connection_id, table.c.code)
    return work.execute(query.where(mine).order_by(*order).limit(limit)).all()
