"""Rules that a tenant sets from a day on: each stands beside those before it, and none is changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from aimak import audit
from aimak.problems import Conflict, Place, Problem, Refused
from aimak.storage.work import UnitOfWork
from sqlalchemy import insert, select


@dataclass(frozen=True)
class DatedRules:
    """The rules of one table (`valid_from`, `method`, `ground` and what else `facts` names)."""

    table: str
    methods: Collection[str]
    facts: tuple[str, ...] = ()

    def decide(self, work: UnitOfWork, said: Mapping[str, Any], actor: str) -> dict[str, Any]:
        """Set the rule from a day on. Raises Refused for a day that is over, an unknown method or no ground, Conflict
        for a day that has a rule."""
        day = said["valid_from"]
        if day < work.today():
            raise Refused(Problem("AIM-B955", {"day": day.isoformat()}, Place(path="valid_from")))
        if said["method"] not in self.methods:
            fields = {"method": said["method"], "known": ", ".join(self.methods)}
            raise Refused(Problem("AIM-B956", fields, Place(path="method")))
        if not said["ground"].strip():
            raise Refused(Problem("AIM-B957", {}, Place(path="ground")))
        if any(rule["valid_from"] == day.isoformat() for rule in self.listed(work)):
            raise Conflict(Problem("AIM-B958", {"day": day.isoformat()}))
        row = {"valid_from": day, "method": said["method"], **{name: said[name] for name in self.facts}}
        row |= {"ground": said["ground"].strip(), "set_by": actor, "set_at": work.now}
        # What held until the day: a rule stays beside those that follow it.
        before = [rule for rule in self.listed(work) if rule["valid_from"] < day.isoformat()]
        work.execute(insert(work.table(self.table)).values(tenant=work.tenant, **row))
        names = ("method", *self.facts)
        after = {name: row[name] for name in names} | {"from": day.isoformat()}
        held = {name: before[-1][name] for name in names} if before else None
        audit.note(work, before=held, after=after, ground=row["ground"])
        return self.listed(work)[-1]

    def listed(self, work: UnitOfWork) -> list[dict[str, Any]]:
        """The tenant's rules, the oldest first."""
        table = work.table(self.table)
        rows = work.execute(select(table).where(table.c.tenant == work.tenant).order_by(table.c.valid_from))
        shown = ("method", *self.facts, "ground", "set_by")
        return [{"valid_from": row.valid_from.isoformat(), **{key: getattr(row, key) for key in shown}} for row in rows]
