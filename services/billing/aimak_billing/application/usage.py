"""What metering tells: accepted usage, as it stands."""

from __future__ import annotations

from aimak.contracts import metering
from aimak.storage.types import day
from aimak.storage.upsert import upsert_newer
from aimak.storage.work import UnitOfWork


def keep_usage(work: UnitOfWork, event: metering.UsageAccepted) -> None:
    """Keep the newest state of each usage; what is withdrawn stays as such and is not billed."""
    rows = [
        {**row, "tenant": work.tenant, "from_date": day(row["from_date"]), "to_date": day(row["to_date"])}
        for row in event.rows()
    ]
    upsert_newer(work, work.table("usage"), rows)
