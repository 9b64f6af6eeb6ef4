"""Tenants, providers, service types: the small registers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, insert, select, update


def tenant(work: UnitOfWork) -> Row[Any] | None:
    """This unit's municipality."""
    table = work.table("tenant")
    return work.execute(select(table).where(table.c.code == work.tenant)).one_or_none()


def write_tenant(work: UnitOfWork, row: Mapping[str, Any], *, new: bool) -> None:
    """Insert or change this unit's municipality."""
    table = work.table("tenant")
    if new:
        work.execute(insert(table).values(**row))
    else:
        work.execute(update(table).where(table.c.code == work.tenant).values(**row))


def tenant_names(work: UnitOfWork) -> Sequence[Row[Any]]:
    """What this unit's municipality was called before (name) and until when (until), the earliest first."""
    table = work.table("tenant_past")
    query = select(table.c.until, table.c.name).where(table.c.tenant == work.tenant).order_by(table.c.until)
    return work.execute(query).all()


def keep_tenant_name(work: UnitOfWork, name: Mapping[str, str]) -> None:
    """Note what the municipality was called until now. Changed twice at one instant, it was called what it was before
    both."""
    if all(row.until != work.now for row in tenant_names(work)):
        work.execute(insert(work.table("tenant_past")).values(tenant=work.tenant, until=work.now, name=dict(name)))


def provider(work: UnitOfWork, code: str) -> Row[Any] | None:
    """One creditor."""
    table = work.table("provider")
    return work.execute(select(table).where(table.c.tenant == work.tenant, table.c.code == code)).one_or_none()


def providers(work: UnitOfWork) -> Sequence[Row[Any]]:
    """All creditors, in the order in which they were defined."""
    table = work.table("provider")
    return work.execute(select(table).where(table.c.tenant == work.tenant).order_by(table.c.number)).all()


def write_provider(work: UnitOfWork, row: Mapping[str, Any], *, new: bool) -> None:
    """Insert or change a creditor."""
    table = work.table("provider")
    if new:
        work.execute(insert(table).values(tenant=work.tenant, **row))
    else:
        same = (table.c.tenant == work.tenant) & (table.c.code == row["code"])
        work.execute(update(table).where(same).values(**row))


def providers_past(work: UnitOfWork) -> Sequence[Row[Any]]:
    """What papers named creditors by before (code, name, tax_number, bank_account) and until when (until), the earliest
    first."""
    table = work.table("provider_past")
    return work.execute(select(table).where(table.c.tenant == work.tenant).order_by(table.c.until)).all()


def keep_provider(work: UnitOfWork, row: Row[Any]) -> None:
    """Note what papers named a creditor by until now. Changed twice at one instant, it was what it was before both."""
    if all((past.code, past.until) != (row.code, work.now) for past in providers_past(work)):
        named = {"name": row.name, "tax_number": row.tax_number, "bank_account": row.bank_account}
        work.execute(
            insert(work.table("provider_past")).values(tenant=work.tenant, code=row.code, until=work.now, **named)
        )


def service_types(work: UnitOfWork) -> dict[str, Row[Any]]:
    """Service types as they were last told to others, by code."""
    table = work.table("service_type")
    rows = work.execute(select(table).where(table.c.tenant == work.tenant).order_by(table.c.code)).all()
    return {row.code: row for row in rows}


def write_service_type(work: UnitOfWork, code: str, facts: Mapping[str, Any], version: int) -> None:
    """Note what is told of a service type now."""
    table = work.table("service_type")
    if version == 1:
        work.execute(insert(table).values(tenant=work.tenant, code=code, facts=facts, version=version))
    else:
        same = (table.c.tenant == work.tenant) & (table.c.code == code)
        work.execute(update(table).where(same).values(facts=facts, version=version))
