"""Lines of the registries that partners sent, and how they were matched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from aimak.storage.statements import insert_into
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, func, select

from aimak_payments.domain.registries import DATED_AHEAD, MISMATCH
from aimak_payments.store.payments import with_typed

LISTED_ROWS = 100


@dataclass(frozen=True)
class Summary:
    """A registry in figures; `matches` are (match, reason, lines, tyiyn), `days` its first and last one: what is
    dated in days to come opens none."""

    partner: str
    lines: int
    amount_tyiyn: int
    days: tuple[date, date] | None
    matches: tuple[tuple[str, str | None, int, int], ...]


def add_lines(work: UnitOfWork, registry_id: int, partner: str, lines: Sequence[Mapping[str, Any]]) -> None:
    """Write lines with how they were matched."""
    common = {"tenant": work.tenant, "registry_id": registry_id, "partner": partner}
    if lines:
        work.fetch(insert_into(work.table("registry_line")), [{**common, **line} for line in lines])


def summary(work: UnitOfWork, registry_id: int) -> Summary | None:
    """A registry in figures; None where none of its lines was taken."""
    line = work.table("registry_line")
    query = (
        select(
            line.c.partner,
            line.c.match,
            line.c.reason,
            func.count().label("lines"),
            func.sum(line.c.amount).label("amount"),
            func.min(line.c.paid_on).label("first_day"),
            func.max(line.c.paid_on).label("last_day"),
        )
        .where(line.c.tenant == work.tenant, line.c.registry_id == registry_id)
        .group_by(line.c.partner, line.c.match, line.c.reason)
    )
    rows = work.execute(query).all()
    if not rows:
        return None
    matches = [(row.match, row.reason, row.lines, int(row.amount)) for row in rows]
    # Not by the database: SQLite and PostgreSQL put nulls at different ends.
    matches.sort(key=lambda row: (row[0], row[1] or ""))
    dated = [row for row in rows if row.reason != DATED_AHEAD]
    return Summary(
        rows[0].partner,
        sum(row.lines for row in rows),
        sum(int(row.amount) for row in rows),
        (min(row.first_day for row in dated), max(row.last_day for row in dated)) if dated else None,
        tuple(matches),
    )


def mismatches(work: UnitOfWork, registry_id: int) -> Sequence[Row[Any]]:
    """The first lines that differ from what was taken online."""
    line = work.table("registry_line")
    query = select(line).where(
        line.c.tenant == work.tenant, line.c.registry_id == registry_id, line.c.match == MISMATCH
    )
    return work.execute(query.order_by(line.c.line).limit(LISTED_ROWS)).all()


def only_online(work: UnitOfWork, partner: str, first: date, last: date) -> Sequence[Row[Any]]:
    """Payments of these days (the partner's calendar, both included) that stand in none of its registries."""
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
    query = with_typed(work).where(
        payment.c.tenant == work.tenant,
        payment.c.partner == partner,
        payment.c.paid_on.between(first, last),
        ~in_registry,
    )
    return work.execute(query.order_by(payment.c.paid_at, payment.c.id).limit(LISTED_ROWS)).all()
