"""What late and corrected readings lead to: the next bill adjusts, or the bill of the period is made anew. And what a
run corrects of earlier months, told to whoever approves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from aimak.money import format_som
from aimak.problems import Problem
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, select

from aimak_billing.application.dated_rules import DatedRules
from aimak_billing.domain import cycle as states
from aimak_billing.domain.corrections.sentences import reasons_text
from aimak_billing.store import runs, touched

ADJUST, REBILL = "adjust", "rebill"
# Before the first rule the next bill adjusts.
RULES = DatedRules("late_policy", (ADJUST, REBILL))


def method_on(work: UnitOfWork, day: date) -> str:
    """What holds on a day."""
    table = work.table("late_policy")
    mine = (table.c.tenant == work.tenant) & (table.c.valid_from <= day)
    query = select(table.c.method).where(mine).order_by(table.c.valid_from.desc()).limit(1)
    return str(work.execute(query).scalar() or ADJUST)


def warnings(work: UnitOfWork, run: Row[Any], lang: str) -> Sequence[Problem]:
    """What whoever approves a run must know of earlier periods: what it corrects of them and why, while it can still
    be refused; and those whose bills wait to be made anew, as the rule that it was previewed under says."""
    return [*_corrected(work, run, lang), *_waiting(work, run.book, run.period)]


def _corrected(work: UnitOfWork, run: Row[Any], lang: str) -> Sequence[Problem]:
    counts = touched.in_hand(work, run.id, run.period) if run.state in (states.PREVIEWED, states.APPROVED) else {}
    if not counts:
        return ()
    why = reasons_text({reason: count for reason, count in counts.items() if reason is not None}, lang)
    said = {"count": counts[None], "amount": format_som(runs.corrected(work, run.id)), "why": why}
    return [Problem("AIM-B194", said, severity="warning")]


def _waiting(work: UnitOfWork, book: Mapping[str, Any], period: str) -> Sequence[Problem]:
    if book.get("late") != REBILL:
        return ()
    return [
        Problem("AIM-B193", {"period": name, "count": count}, severity="warning")
        for name, count in touched.waiting(work, period)
    ]
