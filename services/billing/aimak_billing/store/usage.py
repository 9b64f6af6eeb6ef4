"""Usage as metering told of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aimak.batches import in_batches
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, select

BATCH = 5_000


def versions(work: UnitOfWork, ids: Sequence[int]) -> dict[int, Row[Any]]:
    """account_id, to_date and version of usage that is known, by its id."""
    table = work.table("usage")
    found: dict[int, Row[Any]] = {}
    for part in in_batches(ids, BATCH):
        mine = (table.c.tenant == work.tenant) & table.c.usage_id.in_(part)
        query = select(table.c.usage_id, table.c.account_id, table.c.to_date, table.c.version).where(mine)
        found |= {row.usage_id: row for row in work.execute(query)}
    return found
