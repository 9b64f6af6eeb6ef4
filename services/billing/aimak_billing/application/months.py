"""Whether it is a month's turn to be billed: it has begun, none before it was left out; and who was never in a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aimak.period import Period
from aimak.problems import Conflict, Problem
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_billing.domain import cycle as states
from aimak_billing.store import checks, issued
from aimak_billing.store import runs as store


def refuse_too_early(work: UnitOfWork, run: Row[Any]) -> None:
    """Raises Conflict for bills of a month that has not begun. What is asked for in advance is a part of the town's
    services: a run over a part may be issued in the month before."""
    start, today = Period.month(run.period).start, work.today()
    latest = today if run.selection == states.EVERYBODY else Period.month_of(today).end
    if start > latest:
        raise Conflict(Problem("AIM-B039", {"period": run.period, "today": today.isoformat()}))


def warnings(work: UnitOfWork, run: Row[Any]) -> Sequence[Problem]:
    """What whoever previews or approves a run must know of its month while it is not issued: it is closed, has not
    begun or is not over, months before it were left out, or later ones were begun."""
    if run.state in (states.ISSUING, *states.ENDED):
        return ()
    period, found = Period.month(run.period), []
    month = store.cycle(work, period.name)
    if month is not None and month.state == states.CLOSED:
        found.append(Problem("AIM-B045", {"period": period.name}, severity="warning"))
    if period.start > work.today():
        found.append(Problem("AIM-B040", {"period": period.name}, severity="warning"))
    elif period.end > work.today():
        fields = {"period": period.name, "last": period.last_day.isoformat()}
        found.append(Problem("AIM-B048", fields, severity="warning"))
    if missing := _left_out(work, period):
        fields = {"period": period.name, "missing": ", ".join(missing)}
        found.append(Problem("AIM-B042", fields, severity="warning"))
    if not _is_issued(work, period.name) and (later := _begun_after(work, period)):
        fields = {"period": period.name, "later": ", ".join(later)}
        found.append(Problem("AIM-B043", fields, severity="warning"))
    return found


def is_given_up(work: UnitOfWork, period: str) -> bool:
    """Whether every run of a period that was begun was given up: it stands in nobody's way, as if it had been left
    out."""
    return all(run.state == states.ABANDONED for run in store.runs(work, period) if run.attempt)


def never_billed(work: UnitOfWork, period: str) -> int:
    """How many accounts have a connection in a period that no issued run of it was over. What a run was over is
    complete: its completeness was proved before it was issued."""
    made = issued.runs(work, period)
    if any(run.selection == states.EVERYBODY for run in made):
        return 0
    return checks.left_out(work, Period.month(period), made)


def _begun_after(work: UnitOfWork, period: Period) -> list[str]:
    later = (cycle.period for cycle in store.cycles(work) if cycle.period > period.name)
    return sorted(name for name in later if not is_given_up(work, name))


def _left_out(work: UnitOfWork, period: Period) -> list[str]:
    """The months between the last one before that was issued, and this one, in order; none where it is the first."""
    earlier = (cycle.period for cycle in store.cycles(work) if cycle.period < period.name)
    last = next((name for name in earlier if _is_issued(work, name)), period.name)
    missing: list[str] = []
    month = period.previous()
    while month.name > last:
        missing.insert(0, month.name)
        month = month.previous()
    return missing


def _is_issued(work: UnitOfWork, period: str) -> bool:
    return bool(issued.runs(work, period))
