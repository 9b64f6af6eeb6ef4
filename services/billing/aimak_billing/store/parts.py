"""Payments' parts as they were told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from aimak.storage.types import day
from aimak.storage.upsert import insert_missing, upsert_newer
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, select


def row_of(work: UnitOfWork, told: Mapping[str, Any]) -> dict[str, Any]:
    """The table's row for what an event's row says."""
    alike = ("payment_id", "provider", "account_id", "partner", "external_id", "state", "version")
    row = {name: told[name] for name in alike}
    return {"tenant": work.tenant, **row, "amount": told["amount_tyiyn"], "paid_on": day(told["paid_on"])}


def hold_places(work: UnitOfWork, told: Iterable[Mapping[str, Any]]) -> None:
    """Give every part a row before it is looked at: two workers that hear of the same part for the first time then
    take turns, and the second sees what the first posted."""
    places = [{**row_of(work, row), "amount": 0, "version": 0} for row in told]
    places.sort(key=lambda place: (place["payment_id"], place["provider"]))
    insert_missing(work, work.table("payment_part"), places)


def by_keys(work: UnitOfWork, keys: Sequence[tuple[int, str]]) -> dict[tuple[int, str], Row[Any]]:
    """Parts by (payment, provider); locked, so that two messages about one payment take turns."""
    table = work.table("payment_part")
    mine = (table.c.tenant == work.tenant) & table.c.payment_id.in_({payment for payment, _ in keys})
    query = select(table).where(mine).order_by(table.c.payment_id, table.c.provider).with_for_update()
    return {(row.payment_id, row.provider): row for row in work.execute(query)}


def known_accounts(work: UnitOfWork, ids: Collection[int]) -> set[int]:
    """Which of these accounts exist."""
    table = work.table("account")
    query = select(table.c.id).where(table.c.tenant == work.tenant, table.c.id.in_(list(ids)))
    return set(work.execute(query).scalars())


def write(work: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write parts as they stand now."""
    upsert_newer(work, work.table("payment_part"), rows)


def external_ids(work: UnitOfWork, payment_ids: Collection[int]) -> dict[int, str]:
    """The partners' own ids of payments, by ours."""
    table = work.table("payment_part")
    mine = (table.c.tenant == work.tenant) & table.c.payment_id.in_(list(payment_ids))
    return {row.payment_id: row.external_id for row in work.execute(select(table).where(mine))}
