"""Sums of the ageing of debt, one scan of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
from aimak.storage.work import UnitOfWork
from sqlalchemy import and_, case, func, select

from aimak_billing.store import columns
from aimak_billing.store.reports.moves import Books, effect, within


def by_age(work: UnitOfWork, books: Books, edges: Sequence[str]) -> pl.DataFrame:
    """account_id, provider, `money` (all without a month, < 0 pays), `minus` (rows of a month that lower a debt), and
    for each age, the oldest first, what months up to the edge and after the one before raised: age_0, age_1 …; the
    last has no edge. In tyiyn."""
    transfer, moved = work.table("transfer"), effect(work)
    origin, has_month = transfer.c.origin, transfer.c.origin.is_not(None)
    ages: list[Any] = []
    for place in range(len(edges) + 1):
        younger = [origin > edges[place - 1]] if place else []
        older = [origin <= edges[place]] if place < len(edges) else []
        ages.append(func.coalesce(func.sum(case((and_(has_month, *younger, *older), moved))), 0))
    keys = (transfer.c.account_id, transfer.c.provider)
    money = func.coalesce(func.sum(case((~has_month, moved))), 0)
    minus = func.count(case((has_month & (moved < 0), 1)))
    query = select(*keys, money, minus, *ages).where(within(work, books)).group_by(*keys)
    schema: dict[str, Any] = {"account_id": pl.Int64, "provider": pl.String, "money": pl.Int64, "minus": pl.Int64}
    return columns.read(work, query, schema | {f"age_{place}": pl.Int64 for place in range(len(ages))})
