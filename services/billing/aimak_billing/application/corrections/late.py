"""What late and corrected readings lead to: the next bill adjusts, or the bill of the period is made anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from aimak.problems import Problem
from aimak.storage.work import UnitOfWork
from sqlalchemy import select

from aimak_billing.application.dated_rules import DatedRules
from aimak_billing.store import touched

ADJUST, REBILL = "adjust", "rebill"
# Before the first rule the next bill adjusts.
RULES = DatedRules("late_policy", (ADJUST, REBILL))


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
