"""What late and corrected readings lead to: the next bill adjusts, or the bill of the period is made anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from aimak.problems import Conflict, Place, Problem, Refused
from aimak.storage.work import UnitOfWork
from sqlalchemy import insert, select

from aimak_billing.store import touched

ADJUST, REBILL = "adjust", "rebill"
METHODS = (ADJUST, REBILL)


def decide(work: UnitOfWork, said: Mapping[str, Any], actor: str) -> dict[str, Any]:
    """Set the rule (`valid_from`, `method`, `ground`) from a day on. Raises Refused for a day that is over, an unknown
    method or no ground, Conflict for a day that has a rule."""
    day = said["valid_from"]
    if day < work.today():
        raise Refused(Problem("AIM-B955", {"day": day.isoformat()}, Place(path="valid_from")))
    if said["method"] not in METHODS:
        fields = {"method": said["method"], "known": ", ".join(METHODS)}
        raise Refused(Problem("AIM-B956", fields, Place(path="method")))
    if not said["ground"].strip():
        raise Refused(Problem("AIM-B957", {}, Place(path="ground")))
    if any(rule["valid_from"] == day.isoformat() for rule in rules(work)):
        raise Conflict(Problem("AIM-B958", {"day": day.isoformat()}))
    row = {"valid_from": day, "method": said["method"], "ground": said["ground"].strip()}
    work.execute(insert(work.table("late_policy")).values(tenant=work.tenant, **row, set_by=actor, set_at=work.now))
    return rules(work)[-1]


def rules(work: UnitOfWork) -> list[dict[str, Any]]:
    """The tenant's rules, the oldest first; before the first one the next bill adjusts."""
    table = work.table("late_policy")
    rows = work.execute(select(table).where(table.c.tenant == work.tenant).order_by(table.c.valid_from))
    shown = ("method", "ground", "set_by")
    return [{"valid_from": row.valid_from.isoformat(), **{key: getattr(row, key) for key in shown}} for row in rows]


def method_on(work: UnitOfWork, day: date) -> str:
    """What holds on a day."""
    table = work.table("late_policy")
    mine = (table.c.tenant == work.tenant) & (table.c.valid_from <= day)
    query = select(table.c.method).where(mine).order_by(table.c.valid_from.desc()).limit(1)
    return str(work.execute(query).scalar() or ADJUST)


def warnings(work: UnitOfWork, book: Mapping[str, Any], period: str) -> Sequence[Problem]:
    """Earlier periods whose bills wait to be made anew, as the rule that a run was previewed under says."""
    if book.get("late") != REBILL:
        return ()
    return [
        Problem("AIM-B193", {"period": name, "count": count}, severity="warning")
        for name, count in touched.waiting(work, period)
    ]
