"""Deciding how payments are set against debts, from a day on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aimak.problems import Conflict, Place, Problem, Refused
from aimak.storage.work import UnitOfWork
from sqlalchemy import insert, select

from aimak_billing.domain.allocation import METHODS


def decide(work: UnitOfWork, said: Mapping[str, Any], actor: str) -> dict[str, Any]:
    """Set the rule (`valid_from`, `method`, `priority`, `ground`) from a day on. Raises Refused for a day that is over,
    an unknown method or no ground, Conflict for a day that has a rule."""
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
    facts = {"valid_from": day, "method": said["method"], "priority": list(said["priority"])}
    row = {**facts, "ground": said["ground"].strip(), "set_by": actor, "set_at": work.now}
    work.execute(insert(work.table("allocation_policy")).values(tenant=work.tenant, **row))
    return rules(work)[-1]


def rules(work: UnitOfWork) -> list[dict[str, Any]]:
    """The tenant's rules, the oldest first; before the first one the oldest debt is paid first."""
    table = work.table("allocation_policy")
    rows = work.execute(select(table).where(table.c.tenant == work.tenant).order_by(table.c.valid_from))
    shown = ("method", "priority", "ground", "set_by")
    return [{"valid_from": row.valid_from.isoformat(), **{key: getattr(row, key) for key in shown}} for row in rows]
