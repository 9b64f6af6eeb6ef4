"""Usage as others are told of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aimak.contracts.metering import UsageAccepted
from aimak.storage.work import UnitOfWork

from aimak_metering import store


def tell(work: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    """Publish usage that has just been accepted."""
    if rows:
        work.publish(_event(work.tenant, {name: [row[name] for row in rows] for name in UsageAccepted.names()}))


def usage_again(work: UnitOfWork) -> Iterator[UsageAccepted]:
    """The present state of all usage, in batches."""
    names = UsageAccepted.names()
    for page in store.usage_pages(work, names):
        columns = zip(*page, strict=True)
        yield _event(work.tenant, dict(zip(names, map(list, columns), strict=True)))


def _event(tenant: str, columns: dict[str, list[Any]]) -> UsageAccepted:
    days = {name: [day.isoformat() for day in columns[name]] for name in ("from_date", "to_date")}
    return UsageAccepted.of_columns(tenant, {**columns, **days})
