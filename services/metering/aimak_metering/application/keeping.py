"""What metering keeps of billing's facts."""

from __future__ import annotations

from typing import Any

from aimak.contracts import billing
from aimak.service import Subscription
from aimak.storage.types import day
from aimak.storage.upsert import upsert_newer
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_metering import store
from aimak_metering.application import usage


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
    follow(work, {row["account_id"] for row in rows})


def follow(work: UnitOfWork, account_ids: set[int]) -> None:
    """Where a connection ended and another of the same account and service began that day, as when the creditor
    changes, its meters hang on the other one, with the uses that end after that day. The two may be told by messages
    apart, in any order: the meters are held first, so that whoever keeps the second of them sees the first."""
    meters = store.meters(work, account_ids, lock=True)
    chains: dict[tuple[int, str], list[Row[Any]]] = {}
    for row in store.connections(work, {meter.account_id for meter in meters}):
        chains.setdefault((row.account_id, row.service), []).append(row)
    told: list[dict[str, Any]] = []
    for meter in meters:
        after = _successor(chains.get((meter.account_id, meter.service), []), meter.connection_id)
        if after is not None:
            moved = {"connection_id": after.connection_id, "changed_at": work.now}
            store.change_meters(work, [{"meter_id": meter.meter_id, **moved}])
            told += [_moved(work, use, after) for use in store.uses_after(work, [meter.meter_id], after.valid_from)]
    usage.tell(work, told)


def _successor(chain: list[Row[Any]], connection_id: int) -> Row[Any] | None:
    """The last connection of a chain in which each begins on the day the one before it ends; None where there is
    none after `connection_id`."""
    found = None
    known = {row.connection_id: row for row in chain}
    present = known.get(connection_id)
    while present is not None and present.valid_to is not None:
        day, before = present.valid_to, present.connection_id
        present = next((row for row in chain if row.valid_from == day and row.connection_id > before), None)
        found = present if present is not None and store.ever_held(present) else found
    return found


def _moved(work: UnitOfWork, use: Row[Any], after: Row[Any]) -> dict[str, Any]:
    changed = {"connection_id": after.connection_id, "version": use.version + 1}
    store.change_usage(work, use.usage_id, **changed)
    return {**use._mapping, **changed}


SUBSCRIPTIONS = (
    Subscription(billing.AccountsDefined, keep_accounts, bulk=True),
    Subscription(billing.AliasesDefined, keep_aliases, bulk=True),
    Subscription(billing.ConnectionsDefined, keep_connections, bulk=True),
)
