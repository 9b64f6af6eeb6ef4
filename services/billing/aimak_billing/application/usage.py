"""What metering tells: accepted usage, as it stands."""

from __future__ import annotations

from aimak.contracts import metering
from aimak.problems import PermanentFault, Problem
from aimak.storage.types import day
from aimak.storage.upsert import upsert_newer
from aimak.storage.work import UnitOfWork

from aimak_billing.application.corrections.touching import touch_usage
from aimak_billing.store import accounts


def keep_usage(work: UnitOfWork, event: metering.UsageAccepted) -> None:
    """Keep the newest state of each usage; what is withdrawn stays as such and is not billed. Raises PermanentFault
    for a connection that billing never told of."""
    owners = accounts.owners(work, set(event.columns["connection_id"]))
    rows = []
    for row in event.rows():
        if row["connection_id"] not in owners:
            raise PermanentFault(Problem("AIM-B062", {"connection": row["connection_id"], "serial": row["serial"]}))
        dates = {"from_date": day(row["from_date"]), "to_date": day(row["to_date"])}
        rows.append({**row, **dates, "tenant": work.tenant, "account_id": owners[row["connection_id"]]})
    touch_usage(work, rows)
    upsert_newer(work, work.table("usage"), rows)
