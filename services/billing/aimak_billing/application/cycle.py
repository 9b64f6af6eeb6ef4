"""The commands of a billing cycle: preview, approve, issue, close. Each may come twice and has one effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aimak import audit
from aimak.batches import in_batches
from aimak.contracts import billing
from aimak.ids import derived_id
from aimak.period import Period
from aimak.problems import Conflict, Forbidden, NotFound, Problem, Refused
from aimak.storage import counters
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, func, select

from aimak_billing.application import months
from aimak_billing.application.corrections import late
from aimak_billing.application.corrections.checks import refuse_incomplete, refuse_undecided
from aimak_billing.application.corrections.rerate import earlier_books
from aimak_billing.application.kit import Kit
from aimak_billing.application.registers import tell_service_types
from aimak_billing.application.tariffs import book_ids
from aimak_billing.domain import cycle as states
from aimak_billing.domain.corrections.selection import is_limited
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


def _current(work: UnitOfWork, period: str) -> Row[Any]:
    """The run of everybody in a period, locked. Raises NotFound before the first preview."""
    cycle = store.cycle(work, period)
    if cycle is None:
        raise NotFound(Problem("AIM-B034", {"period": period}))
    return locked(work, cycle.run_id)


def lock(work: UnitOfWork) -> None:
    """Let no other command on runs of this tenant run at the same time."""
    store.lock_cycles(work)


def locked(work: UnitOfWork, run_id: int) -> Row[Any]:
    """A run, locked. Raises NotFound."""
    run = store.run(work, run_id, lock=True)
    if run is None:
        raise NotFound(Problem("AIM-B100", {"run": run_id}))
    return run


def _state(work: UnitOfWork, run: Row[Any]) -> str:
    cycle = store.cycle(work, run.period)
    assert cycle is not None, "a run has a cycle"
    # A period is closed for the month's own run; what corrects it later is never kept out.
    return state_of(cycle, run) if run.id == cycle.run_id else str(run.state)


def may(work: UnitOfWork, command: str, run: Row[Any]) -> bool:
    """Whether a command has work to do; False for a repeat. Raises Conflict where it does not follow."""
    state = _state(work, run)
    if state in states.DONE_IN.get(command, ()):
        return False
    if state not in states.STARTS_FROM[command]:
        fields = {"command": command, "state": state, "period": run.period, "run": run.id}
        # Of a run beside the month's own it would be untrue to say that the month stands so.
        raise Conflict(Problem("AIM-B031" if states.is_own(run) else "AIM-B108", fields))
    return True


def is_repeat(work: UnitOfWork, command: str, run: Row[Any]) -> bool:
    """Whether a command has no work to do; the record then says nothing of it. Raises as `may`."""
    if may(work, command, run):
        return False
    audit.note_nothing(work)
    return True


def note(work: UnitOfWork, run: Row[Any], action: str, attempt: int, actor: str) -> None:
    """Note who commanded what."""
    key = derived_id("approval", run.id, action, attempt)
    row = {"id": key, "run_id": run.id, "action": action, "attempt": attempt, "actor": actor, "at": work.now}
    store.approve(work, row)


def preview(kit: Kit, work: UnitOfWork, name: str, actor: str) -> None:
    """Have every chunk of the period's run rated by the workers. While that goes on a repeat changes nothing; when
    it is done, and nothing is issued, it is done anew with the facts of now."""
    period = period_of(name)
    work.tenant_facts()
    tell_service_types(kit, work)
    store.lock_cycles(work)
    begin(work, period)
    run = _current(work, name)
    if run.state == states.ABANDONED:
        # What was given up is one try at the month, not the month.
        store.change_run(work, run.id, state=states.OPEN)
        run = locked(work, run.id)
    preview_run(kit, work, run, actor)


def begin(work: UnitOfWork, period: Period) -> None:
    """Open the cycle of a period where it is not open yet. Raises Conflict while an earlier one is under way."""
    if store.cycle(work, period.name) is None:
        _refuse_gap(work, period.name)
        key = states.run_id(work.tenant, states.MONTHLY, period.name, states.EVERYBODY, 0)
        store.open_cycle(work, period, key, {})


def preview_run(kit: Kit, work: UnitOfWork, run: Row[Any], actor: str) -> None:
    """Have every chunk of a run rated by the workers, as `preview`. Raises Conflict while another run of the period
    is being issued: what it bills is not to be billed here."""
    if is_repeat(work, "preview", run):
        return
    for other in store.runs(work, run.period):
        if other.state == states.ISSUING and other.id != run.id:
            raise Conflict(Problem("AIM-B101", {"period": run.period, "run": other.id}))
    if run.period not in store.begun_periods(work):
        store.begin_alone(work)
    _cut_chunks(kit, work, run)
    chunks = [chunk.chunk for chunk in store.chunks(work, run.id)]
    if not chunks:
        raise Refused(Problem("AIM-B037", {"period": run.period}))
    attempt = run.attempt + 1
    begun = {"attempt": attempt, "undone": len(chunks), "paused": False, "turn": counters.reserve(work, "turn", 1)}
    book = {**book_ids(kit, work, period_of(run.period)), "earlier": earlier_books(kit, work, run.period)}
    book["late"] = late.method_on(work, work.today())
    store.change_run(work, run.id, state=states.PREVIEWING, book=book, **begun)
    note(work, run, "preview", attempt, actor)
    publish_previews(work, run.id, attempt, chunks)


def publish_previews(work: UnitOfWork, run_id: int, attempt: int, chunks: Sequence[int]) -> None:
    """Give chunks to the workers to be rated, a message each."""
    for chunk in chunks:
        row = {"run_id": run_id, "chunk": chunk, "attempt": attempt}
        work.publish(billing.PreviewChunksCut.of(work.tenant, [row]))


def _refuse_gap(work: UnitOfWork, name: str) -> None:
    """A month begins when those before it are issued: its opening balances depend on them."""
    for earlier in store.cycles(work):
        if earlier.period < name and not (issued_whole(work, earlier) or months.is_given_up(work, earlier.period)):
            raise Conflict(Problem("AIM-B033", {"period": name, "earlier": earlier.period}))


def issued_whole(work: UnitOfWork, cycle: Row[Any]) -> bool:
    """Whether a period is closed, or some run of it was issued and none is under way."""
    begun = [run for run in store.runs(work, cycle.period) if run.attempt]
    done = all(run.state in states.ENDED for run in begun) and any(run.state == states.ISSUED for run in begun)
    return done or cycle.state == states.CLOSED


def _cut_chunks(kit: Kit, work: UnitOfWork, run: Row[Any]) -> None:
    """Cut what no chunk holds yet, each with a block of bill ids: the workers never ask for one."""
    cut = store.chunks(work, run.id)
    limited = is_limited(run.selection)
    ids = store.account_ids(work, cut[-1].last_account if cut else 0, run.id if limited else None)
    first_bill = counters.reserve(work, "bill", len(ids))
    rows = []
    for place, part in enumerate(in_batches(ids, states.chunk_size(len(ids), kit.accounts_a_chunk))):
        bounds = {"first_account": part[0], "last_account": part[-1], "accounts": len(part)}
        rows.append({"chunk": len(cut) + place, **bounds, "first_bill": first_bill})
        first_bill += len(part)
    if rows:
        store.cut(work, run.id, rows)


def approve(work: UnitOfWork, name: str, actor: str) -> None:
    """Approve what was previewed of a period. Raises as `approve_run`."""
    period_of(name)
    store.lock_cycles(work)
    approve_run(work, _current(work, name), actor)


def approve_run(work: UnitOfWork, run: Row[Any], actor: str) -> None:
    """Approve what was previewed. Raises Forbidden for the actor who started the run or made the preview that is to be
    approved: who enters does not approve, not even after another did; Conflict for what could not be issued, as bills
    of these accounts were issued or cancelled since the preview."""
    repeated = is_repeat(work, "approve", run)
    _refuse_own(work, run, actor)
    if repeated:
        return
    refuse_undecided(work, run)
    _refuse_overtaken(work, run)
    store.change_run(work, run.id, state=states.APPROVED)
    note(work, run, "approve", run.attempt, actor)


def _refuse_own(work: UnitOfWork, run: Row[Any], actor: str) -> None:
    """Raises Forbidden for who started the run, or started it anew after it was given up, and for who made its present
    preview. Previews that were replaced bind nobody: nothing of them is approved."""
    entries = store.approvals(work, run.id)
    given_up = max((entry.attempt for entry in entries if entry.action == "abandon"), default=0)
    previewed = {entry.attempt: entry.actor for entry in entries if entry.action == "preview"}
    for attempt, code in ((given_up + 1, "AIM-B032"), (run.attempt, "AIM-B046")):
        if actor == previewed.get(attempt):
            raise Forbidden(Problem(code, {"actor": actor, "period": run.period, "run": run.id}))


def _refuse_overtaken(work: UnitOfWork, run: Row[Any]) -> None:
    if store.changed_since(work, run):
        raise Conflict(Problem("AIM-B102", {"run": run.id}))


def issue(kit: Kit, work: UnitOfWork, name: str, actor: str) -> None:
    """Have the approved run of a period made into bills. Raises as `issue_run`."""
    period_of(name)
    store.lock_cycles(work)
    issue_run(kit, work, _current(work, name), actor)


def issue_run(kit: Kit, work: UnitOfWork, run: Row[Any], actor: str) -> None:
    """Give every chunk of the approved run the number of its first bill and have it made into bills by the workers.
    Raises Conflict for a month that has not begun, and where bills of these accounts were issued or cancelled since
    the preview."""
    if is_repeat(work, "issue", run):
        return
    months.refuse_too_early(work, run)
    refuse_incomplete(work, run)
    _refuse_overtaken(work, run)
    today = work.today()
    due = states.due_on(period_of(run.period), today, kit.due_day)
    chunks = store.chunks(work, run.id)
    bills = [chunk.bills for chunk in chunks]
    first = counters.reserve(work, "bill_number", sum(bills))
    for chunk, number in zip(chunks, states.first_numbers(first, bills), strict=True):
        store.change_chunk(work, run.id, chunk.chunk, first_number=number)
    begun = {"undone": len(chunks), "paused": False, "issue_turn": counters.reserve(work, "turn", 1)}
    store.change_run(work, run.id, state=states.ISSUING, issued_on=today, due_on=due, **begun)
    note(work, run, "issue", run.attempt, actor)
    publish_issues(work, run.id, run.attempt, [chunk.chunk for chunk in chunks])


def publish_issues(work: UnitOfWork, run_id: int, attempt: int, chunks: Sequence[int]) -> None:
    """Give chunks to the workers to be issued, a message each."""
    for chunk in chunks:
        row = {"run_id": run_id, "chunk": chunk, "attempt": attempt}
        work.publish(billing.IssueChunksCut.of(work.tenant, [row]))


def close(work: UnitOfWork, name: str, actor: str) -> None:
    """Close the period. Raises Conflict with every reason while runs, chunks or dead letters are open, or somebody's
    connections were in no run of it."""
    period_of(name)
    store.lock_cycles(work)
    run = _current(work, name)
    cycle = store.cycle(work, name)
    assert cycle is not None
    if cycle.state == states.CLOSED:
        audit.note_nothing(work)
        return
    chunks = [chunk for one in store.runs(work, name) if one.state != states.ABANDONED for chunk in _chunks(work, one)]
    reasons = _open_ends(work, chunks, name)
    if not issued_whole(work, cycle):
        fields = {"command": "close", "state": _underway(work, run), "period": name, "run": run.id}
        reasons.insert(0, Problem("AIM-B031", fields))
    elif left := months.never_billed(work, name):
        reasons.append(Problem("AIM-B044", {"period": name, "count": left}))
    if reasons:
        raise Conflict(*reasons)
    store.close_cycle(work, name)
    note(work, run, "close", run.attempt, actor)


def _chunks(work: UnitOfWork, run: Row[Any]) -> Sequence[Row[Any]]:
    return store.chunks(work, run.id)


def _underway(work: UnitOfWork, run: Row[Any]) -> str:
    """The state of the first run of the period that has not ended; else of its main one."""
    open_runs = [one for one in store.runs(work, run.period) if one.attempt and one.state not in states.ENDED]
    return str(open_runs[0].state if open_runs else run.state)


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
