"""From a bill back to the council: what each line was worked out from, by which tariff, on whose decision."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from aimak.period import Period
from aimak.problems import NotFound, Problem
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, func, select

from aimak_billing.application.bills import explanations
from aimak_billing.application.kit import Kit
from aimak_billing.application.views import bill_view
from aimak_billing.domain.tariff_life import Step
from aimak_billing.store import accounts, bills
from aimak_billing.store import tariffs as tariff_store

# What one page of an auditor's can hold.
MOST = 500


def bill_trail(
    kit: Kit, work: UnitOfWork, period: str | None, count: int, seed: int, lang: str
) -> list[dict[str, Any]]:
    """`count` bills drawn by lot (the same for the same seed), each with its lines, readings, residents with their
    papers, how it was worked out, and the steps of its tariffs. Raises NotFound where nothing was billed."""
    name = period or _last_period(work)
    numbers = _numbers(work, name) if name else []
    if not numbers:
        raise NotFound(Problem("AIM-B961", {"period": name or "-"}))
    drawn = random.Random(seed).sample(numbers, min(count, MOST, len(numbers)))
    versions = {row.id: row for row in tariff_store.tariff_rows(work)}
    steps = tariff_store.steps(work)
    return [_page(kit, work, number, versions, steps, lang) for number in sorted(drawn)]


def _last_period(work: UnitOfWork) -> str | None:
    bill = work.table("bill")
    return work.execute(select(func.max(bill.c.period)).where(bill.c.tenant == work.tenant)).scalar()


def _numbers(work: UnitOfWork, period: str) -> list[int]:
    bill = work.table("bill")
    query = select(bill.c.number).where(bill.c.tenant == work.tenant, bill.c.period == period)
    return list(work.execute(query.order_by(bill.c.number)).scalars())


def _page(
    kit: Kit, work: UnitOfWork, number: int, versions: dict[int, Row[Any]], steps: dict[int, list[Step]], lang: str
) -> dict[str, Any]:
    view = bill_view(work, str(number))
    bill = bills.by_number(work, number)
    assert bill is not None
    day = Period.month(bill.period).last_day
    registered = [
        {"persons": row.persons, "pensioners": row.pensioners, "from": row.valid_from.isoformat(), "ground": row.ground}
        for row in accounts.residents_of(work, [bill.account_id])
        if row.valid_from <= day and (row.valid_to is None or row.valid_to > day)
    ]
    used = sorted({line["tariff_version"] for line in view["lines"]})
    return {
        **view,
        "explanations": explanations(kit, work, str(number), lang),
        "residents": registered,
        "tariffs": [_tariff(versions[key], steps.get(key, [])) for key in used if key in versions],
    }


def _tariff(row: Row[Any], steps: Sequence[Step]) -> dict[str, Any]:
    told = [{"step": step.name, "actor": step.actor, "at": step.at.isoformat(), **_facts(step)} for step in steps]
    shown = ("code", "service", "provider", "decision")
    return {**{key: getattr(row, key) for key in shown}, "valid_from": row.valid_from.isoformat(), "steps": told}


def _facts(step: Step) -> dict[str, Any]:
    facts = step.facts
    day = facts.day.isoformat() if facts.day else None
    said = {"ground": facts.ground, "body": facts.body, "number": facts.number, "day": day, "scan": facts.scan}
    return {name: value for name, value in said.items() if value is not None}
