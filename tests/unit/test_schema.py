"""What both databases must take alike, seen in every table of every service."""

from __future__ import annotations

import pytest
from aimak.contracts import billing, metering, payments
from aimak.contracts.base import Event
from aimak_billing.tables import metadata as billing_tables
from aimak_gateway.tables import metadata as gateway_tables
from aimak_metering.tables import metadata as metering_tables
from aimak_notifications.tables import metadata as notifications_tables
from aimak_payments.tables import build
from sqlalchemy import Float, MetaData, Numeric, Table

METADATA: dict[str, MetaData] = {
    "billing": billing_tables,
    "metering": metering_tables,
    "payments": build(),
    "notifications": notifications_tables,
    "gateway": gateway_tables,
}
TABLES = [
    pytest.param(table, id=f"{name}-{table.name}") for name, data in METADATA.items() for table in data.tables.values()
]
# Rows that are on their way (they are found by number or by message, in any tenant), who is a tenant, and who logs in:
# people and their sessions are the installation's.
WITHOUT_TENANT = {
    "outbox": ["id"],
    "inbox": ["consumer", "message_id"],
    "dead_letter": ["id"],
    "job": ["id"],
    "audit": ["id"],
    "tenant": ["code"],
    "person": ["name"],
    "session": ["token_hash"],
}
# Uploads that nobody finished are thrown away by age, whoever's they are.
ACROSS = {"import_part_age"}
# Tasks for one of several workers: nothing that a newer row could replace.
NO_STATE = {
    billing.PreviewChunksCut,
    billing.IssueChunksCut,
    billing.SimulationChunksCut,
}


@pytest.mark.parametrize("table", TABLES)
def test_the_tenant_is_first_in_every_key(table: Table) -> None:
    """So that a distributed PostgreSQL takes the tables by tenant, and no query of one crosses another."""
    key = [column.name for column in table.primary_key]
    if table.name in WITHOUT_TENANT:
        assert key == WITHOUT_TENANT[table.name]
    else:
        assert key[0] == "tenant"
        others = [index.name for index in table.indexes if next(iter(index.columns)).name != "tenant"]
        assert set(others) <= ACROSS


@pytest.mark.parametrize("table", TABLES)
def test_columns_mean_the_same_in_both_databases(table: Table) -> None:
    """No schema's name, no fraction, and a number that the database counts by itself in the kernel's tables alone."""
    assert table.schema is None
    assert [column.name for column in table.columns if isinstance(column.type, Numeric | Float)] == []
    counted = [column.name for column in table.columns if column.identity is not None]
    assert counted == (["id"] if table.name in ("outbox", "job", "audit") else [])


@pytest.mark.parametrize("event", Event.known.values(), ids=lambda event: event.routing_key)
def test_every_state_has_a_version(event: type[Event]) -> None:
    """By it a reader takes what is newer and leaves what comes late; only tasks have none."""
    if event in NO_STATE:
        assert event.alone and "version" not in event.names()
    elif event.publisher in ("billing", "metering", "payments"):
        assert "version" in event.names()


def test_the_events_are_those_of_the_contracts() -> None:
    """What the test above looks at is there."""
    assert {billing.BillsIssued, metering.UsageAccepted, payments.PaymentsReceived} <= set(Event.known.values())
