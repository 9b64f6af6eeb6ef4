"""Tariff versions with their steps and scans; tax rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aimak.ids import derived_id
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, insert, select

from aimak_billing.domain.tariff_life import Facts, Step


def lock(work: UnitOfWork) -> None:
    """Let no other command on this tenant's tariffs run at the same time."""
    tenant = work.table("tenant")
    work.execute(select(tenant.c.code).where(tenant.c.code == work.tenant).with_for_update())


def tariff_rows(work: UnitOfWork) -> Sequence[Row[Any]]:
    """All tariff versions, by code, date and revision."""
    table = work.table("tariff")
    query = select(table).where(table.c.tenant == work.tenant)
    return work.execute(query.order_by(table.c.code, table.c.valid_from, table.c.revision)).all()


def tax_rows(work: UnitOfWork) -> Sequence[Row[Any]]:
    """All tax rules, by code and date."""
    table = work.table("tax_rule")
    query = select(table).where(table.c.tenant == work.tenant)
    return work.execute(query.order_by(table.c.code, table.c.valid_from, table.c.id)).all()


def add_tariffs(work: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert tariff versions."""
    if rows:
        work.execute(insert(work.table("tariff")), [{"tenant": work.tenant, **row} for row in rows])


def add_taxes(work: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert tax rules."""
    if rows:
        work.execute(insert(work.table("tax_rule")), [{"tenant": work.tenant, **row} for row in rows])


def steps(work: UnitOfWork) -> dict[int, list[Step]]:
    """The steps of every version, by its id, in their order."""
    table = work.table("tariff_step")
    query = select(table).where(table.c.tenant == work.tenant).order_by(table.c.tariff_id, table.c.place)
    found: dict[int, list[Step]] = {}
    for row in work.execute(query):
        facts = Facts(row.ground, row.body, row.number, row.day, row.scan, row.not_required)
        found.setdefault(row.tariff_id, []).append(Step(row.step, row.actor, row.at, facts, row.notice_days))
    return found


def add_step(work: UnitOfWork, tariff_id: int, place: int, step: Step) -> None:
    """Insert a step of a version."""
    facts = {name: getattr(step.facts, name) for name in ("ground", "body", "number", "day", "scan", "not_required")}
    row = {
        "tenant": work.tenant,
        "id": derived_id(tariff_id, "step", place),
        "tariff_id": tariff_id,
        "place": place,
        "step": step.name,
        "actor": step.actor,
        "at": step.at,
        **facts,
        "notice_days": step.notice_days,
    }
    work.execute(insert(work.table("tariff_step")).values(**row))


def add_scan(work: UnitOfWork, row: Mapping[str, Any]) -> None:
    """Keep a document."""
    work.execute(insert(work.table("tariff_scan")).values(tenant=work.tenant, **row))


def scan(work: UnitOfWork, sha256: str) -> Row[Any] | None:
    """A document by its hash."""
    table = work.table("tariff_scan")
    return work.execute(select(table).where(table.c.tenant == work.tenant, table.c.sha256 == sha256)).one_or_none()


def has_scan(work: UnitOfWork, sha256: str) -> bool:
    """Whether a document is kept."""
    table = work.table("tariff_scan")
    mine = (table.c.tenant == work.tenant) & (table.c.sha256 == sha256)
    return work.execute(select(table.c.sha256).where(mine)).first() is not None
