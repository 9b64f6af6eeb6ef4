"""The commands of a billing cycle: preview, approve, issue, close. Each may come twice and has one effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aimak.contracts import billing
from aimak.ids import derived_id
from aimak.period import Period
from aimak.problems import Conflict, Forbidden, NotFound, Problem, Refused
from aimak.storage import counters
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, func, select

from aimak_billing.application.kit import Kit
from aimak_billing.application.registers import tell_service_types
from aimak_billing.application.tariffs import book_ids
from aimak_billing.domain import cycle as states
from aimak_billing.store import runs as store


def period_of(name: str) -> Period:
    """The month of that name. Raises Refused for anything else."""
    try:
        return Period.month(name)
    except ValueError:
        raise Refused(Problem("AIM-B030", {"period": name})) from None


def state_of(cycle: Row[Any], run: Row[Any]) -> str:
    """Where a cycle stands: closed, or as far as its run has come."""
    return states.CLOSED if cycle.state == states.CLOSED else str(run.state)


def _current(work: UnitOfWork, period: str) -> tuple[Row[Any], Row[Any]]:
    """The cycle and its run, the latter locked. Raises NotFound before the first preview."""
    cycle = store.cycle(work, period)
    if cycle is None:
        raise NotFound(Problem("AIM-B034", {"period": period}))
    run = store.run(work, cycle.run_id, lock=True)
    assert run is not None, "a cycle has a run"
    return cycle, run


def _may(command: str, state: str, period: str) -> bool:
    """Whether a command has work to do; False for a repeat. Raises Conflict where it does not follow."""
    if state in states.DONE_IN[command]:
        return False
    if state not in states.STARTS_FROM[command]:
        raise Conflict(Problem("AIM-B031", {"command": command, "state": state, "period": period}))
    return True


def _note(work: UnitOfWork, run_id: int, action: str, attempt: int, actor: str) -> None:
    key = derived_id("approval", run_id, action, attempt)
    row = {"id": key, "run_id": run_id, "action": action, "attempt": attempt, "actor": actor, "at": work.now}
    store.approve(work, row)


def preview(kit: Kit, work: UnitOfWork, name: str, actor: str) -> None:
    """Have every chunk of the period's run rated by the workers. While that goes on a repeat changes nothing; when
    it is done, and nothing is approved, it is done anew with the facts of now."""
    period = period_of(name)
    work.tenant_facts()
    tell_service_types(kit, work)
    store.lock_cycles(work)
    if store.cycle(work, name) is None:
        _refuse_gap(work, name)
        key = states.run_id(work.tenant, states.MONTHLY, name, states.EVERYBODY, 0)
        store.open_cycle(work, period, key, {})
    cycle, run = _current(work, name)
    if not _may("preview", state_of(cycle, run), name):
        return
    _cut_chunks(kit, work, run.id)
    chunks = [chunk.chunk for chunk in store.chunks(work, run.id)]
    if not chunks:
        raise Refused(Problem("AIM-B037", {"period": name}))
    attempt = run.attempt + 1
    store.change_run(
        work, run.id, state=states.PREVIEWING, attempt=attempt, undone=len(chunks), book=book_ids(kit, work, period)
    )
    _note(work, run.id, "preview", attempt, actor)
    for chunk in chunks:
        row = {"run_id": run.id, "chunk": chunk, "attempt": attempt}
        work.publish(billing.PreviewChunksCut.of(work.tenant, [row]))


def _refuse_gap(work: UnitOfWork, name: str) -> None:
    """A month begins when those before it are issued: its opening balances depend on them."""
    for earlier in store.cycles(work):
        run = store.run(work, earlier.run_id)
        assert run is not None
        if earlier.period < name and state_of(earlier, run) not in (states.ISSUED, states.CLOSED):
            raise Conflict(Problem("AIM-B033", {"period": name, "earlier": earlier.period}))


def _cut_chunks(kit: Kit, work: UnitOfWork, run_id: int) -> None:
    """Cut what no chunk holds yet, each with a block of bill ids: the workers never ask for one."""
    cut = store.chunks(work, run_id)
    ids = store.account_ids(work, cut[-1].last_account if cut else 0)
    parts = [ids[first : first + kit.accounts_a_chunk] for first in range(0, len(ids), kit.accounts_a_chunk)]
    first_bill = counters.reserve(work, "bill", len(ids))
    rows = []
    for place, part in enumerate(parts):
        bounds = {"first_account": part[0], "last_account": part[-1], "accounts": len(part)}
        rows.append({"chunk": len(cut) + place, **bounds, "first_bill": first_bill})
        first_bill += len(part)
    if rows:
        store.cut(work, run_id, rows)


def approve(work: UnitOfWork, name: str, actor: str) -> None:
    """Approve what was previewed and give every chunk the number of its first bill. Raises Forbidden for the actor
    who started the run: who enters does not approve."""
    period_of(name)
    store.lock_cycles(work)
    cycle, run = _current(work, name)
    if not _may("approve", state_of(cycle, run), name):
        return
    started = {entry.actor for entry in store.approvals(work, run.id) if entry.action == "preview"}
    if actor in started:
        raise Forbidden(Problem("AIM-B032", {"actor": actor, "period": name}))
    chunks = store.chunks(work, run.id)
    bills = [chunk.bills for chunk in chunks]
    first = counters.reserve(work, "bill_number", sum(bills))
    for chunk, number in zip(chunks, states.first_numbers(first, bills), strict=True):
        store.change_chunk(work, run.id, chunk.chunk, first_number=number)
    store.change_run(work, run.id, state=states.APPROVED)
    _note(work, run.id, "approve", run.attempt, actor)


def issue(kit: Kit, work: UnitOfWork, name: str, actor: str) -> None:
    """Have every chunk of the approved run made into bills by the workers."""
    period = period_of(name)
    cycle, run = _current(work, name)
    if not _may("issue", state_of(cycle, run), name):
        return
    today = work.today()
    due = states.due_on(period, today, kit.due_day)
    chunks = store.chunks(work, run.id)
    store.change_run(work, run.id, state=states.ISSUING, undone=len(chunks), issued_on=today, due_on=due)
    _note(work, run.id, "issue", run.attempt, actor)
    for chunk in chunks:
        row = {"run_id": run.id, "chunk": chunk.chunk, "attempt": run.attempt}
        work.publish(billing.IssueChunksCut.of(work.tenant, [row]))


def close(work: UnitOfWork, name: str, actor: str) -> None:
    """Close the period. Raises Conflict with every reason while chunks or dead letters are open."""
    period_of(name)
    store.lock_cycles(work)
    cycle, run = _current(work, name)
    state = state_of(cycle, run)
    if state in states.DONE_IN["close"]:
        return
    reasons = _open_ends(work, store.chunks(work, run.id), name)
    if state not in states.STARTS_FROM["close"]:
        reasons.insert(0, Problem("AIM-B031", {"command": "close", "state": state, "period": name}))
    if reasons:
        raise Conflict(*reasons)
    store.close_cycle(work, name)
    _note(work, run.id, "close", run.attempt, actor)


def _open_ends(work: UnitOfWork, chunks: Sequence[Row[Any]], name: str) -> list[Problem]:
    reasons = []
    waiting = sum(chunk.state != states.ISSUED for chunk in chunks)
    if waiting:
        reasons.append(Problem("AIM-B035", {"period": name, "count": waiting}))
    letter = work.table("dead_letter")
    mine = (letter.c.tenant == work.tenant) & (letter.c.state == "waiting")
    letters = work.execute(select(func.count()).select_from(letter).where(mine)).scalar_one()
    if letters:
        reasons.append(Problem("AIM-B036", {"period": name, "count": letters}))
    return reasons
