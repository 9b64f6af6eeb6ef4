"""Registries that partners sent and how their lines were matched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from aimak.plugins.payment_partners import RegistryLine
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, bindparam, func, insert, select, update

LISTED_ROWS = 100


def one(work: UnitOfWork, registry_id: int) -> Row[Any] | None:
    """A registry of this tenant."""
    registry = work.table("registry")
    mine = (registry.c.tenant == work.tenant) & (registry.c.id == registry_id)
    return work.execute(select(registry).where(mine)).one_or_none()


def add_lines(work: UnitOfWork, registry_id: int, partner: str, lines: Sequence[RegistryLine]) -> None:
    """Write the lines of a registry, none of them compared yet."""
    values = [
        {
            "tenant": work.tenant,
            "registry_id": registry_id,
            "line": line.line,
            "partner": partner,
            "external_id": line.external_id,
            "account_text": line.account,
            "amount": line.amount_tyiyn,
            "paid_at": line.paid_at,
        }
        for line in lines
    ]
    if values:
        work.execute(insert(work.table("registry_line")), values)


def waiting(work: UnitOfWork, registry_id: int, limit: int) -> Sequence[Row[Any]]:
    """The next lines that were not compared yet, locked."""
    line = work.table("registry_line")
    query = (
        select(line)
        .where(line.c.tenant == work.tenant, line.c.registry_id == registry_id, line.c.match.is_(None))
        .order_by(line.c.line)
        .limit(limit)
        .with_for_update()
    )
    return work.execute(query).all()


def set_match(
    work: UnitOfWork, registry_id: int, match: str, reason: str | None, matched: Mapping[int, int | None]
) -> None:
    """Note how lines were matched; `matched` is line → payment, None where none was taken."""
    line = work.table("registry_line")
    statement = (
        update(line)
        .where(line.c.tenant == work.tenant, line.c.registry_id == registry_id, line.c.line == bindparam("at_line"))
        .values(match=match, reason=reason, payment_id=bindparam("paid_as"))
    )
    work.execute(statement, [{"at_line": number, "paid_as": found} for number, found in matched.items()])


def failure(work: UnitOfWork, kind: str, key: str) -> str | None:
    """Why the job that matches a registry has failed; None when it has not."""
    job = work.table("job")
    mine = (job.c.tenant == work.tenant) & (job.c.kind == kind) & (job.c.key == key) & (job.c.state == "failed")
    return work.execute(select(job.c.problem).where(mine)).scalar()


def counts(work: UnitOfWork, registry_id: int) -> dict[tuple[str | None, str | None], tuple[int, int]]:
    """Lines and tyiyn by match and reason."""
    line = work.table("registry_line")
    query = (
        select(line.c.match, line.c.reason, func.count().label("lines"), func.sum(line.c.amount).label("amount"))
        .where(line.c.tenant == work.tenant, line.c.registry_id == registry_id)
        .group_by(line.c.match, line.c.reason)
        .order_by(line.c.match, line.c.reason)
    )
    return {(row.match, row.reason): (row.lines, int(row.amount)) for row in work.execute(query)}


def lines(work: UnitOfWork, registry_id: int, match: str) -> Sequence[Row[Any]]:
    """The first lines with that match."""
    line = work.table("registry_line")
    query = select(line).where(line.c.tenant == work.tenant, line.c.registry_id == registry_id, line.c.match == match)
    return work.execute(query.order_by(line.c.line).limit(LISTED_ROWS)).all()


def only_online(work: UnitOfWork, partner: str, first: date, last: date) -> Sequence[Row[Any]]:
    """Payments of these days of the partner's calendar that stand in none of its registries."""
    payment, line = work.table("payment"), work.table("registry_line")
    in_registry = (
        select(line.c.line)
        .where(
            line.c.tenant == payment.c.tenant,
            line.c.partner == payment.c.partner,
            line.c.external_id == payment.c.external_id,
        )
        .exists()
    )
    query = select(payment).where(
        payment.c.tenant == work.tenant,
        payment.c.partner == partner,
        payment.c.paid_on.between(first, last),
        ~in_registry,
    )
    return work.execute(query.order_by(payment.c.paid_at, payment.c.id).limit(LISTED_ROWS)).all()
