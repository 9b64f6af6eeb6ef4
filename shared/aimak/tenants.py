"""What every service keeps of the tenants, fed by billing's event."""

from __future__ import annotations

import json
from datetime import timedelta

from aimak.contracts import billing
from aimak.service import Subscription
from aimak.storage.upsert import upsert_newer
from aimak.storage.work import UnitOfWork


def keep_tenants(work: UnitOfWork, event: billing.TenantsDefined) -> None:
    """Keep the newest state of each tenant in the kernel's table."""
    rows = [{**row, "name": json.loads(row["name"])} for row in event.rows()]
    upsert_newer(work, work.table("tenant"), rows)
    work.schedule("maintain", "daily", due_at=work.now + timedelta(days=1))


KEEP_TENANTS = Subscription(billing.TenantsDefined, keep_tenants)
