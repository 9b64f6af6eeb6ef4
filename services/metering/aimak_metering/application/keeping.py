"""What metering keeps of billing's facts."""

from __future__ import annotations

from aimak.contracts import billing
from aimak.service import Subscription
from aimak.storage.types import day
from aimak.storage.upsert import upsert_newer
from aimak.storage.work import UnitOfWork


def keep_accounts(work: UnitOfWork, event: billing.AccountsDefined) -> None:
    """Numbers and holders, to find meters by and to show them with."""
    names = ("account_id", "number", "holder", "address", "status", "version")
    rows = [{"tenant": work.tenant, **{name: row[name] for name in names}} for row in event.rows()]
    upsert_newer(work, work.table("account"), rows)


def keep_aliases(work: UnitOfWork, event: billing.AliasesDefined) -> None:
    """Old account numbers that still stand in route sheets."""
    upsert_newer(work, work.table("alias"), [{"tenant": work.tenant, **row} for row in event.rows()])


def keep_connections(work: UnitOfWork, event: billing.ConnectionsDefined) -> None:
    """What a meter can hang on."""
    rows = [
        {
            "tenant": work.tenant,
            "connection_id": row["connection_id"],
            "account_id": row["account_id"],
            "service": row["service"],
            "valid_from": day(row["valid_from"]),
            "valid_to": day(row["valid_to"]) if row["valid_to"] else None,
            "version": row["version"],
        }
        for row in event.rows()
    ]
    upsert_newer(work, work.table("connection"), rows)


SUBSCRIPTIONS = (
    Subscription(billing.AccountsDefined, keep_accounts, bulk=True),
    Subscription(billing.AliasesDefined, keep_aliases, bulk=True),
    Subscription(billing.ConnectionsDefined, keep_connections, bulk=True),
)
