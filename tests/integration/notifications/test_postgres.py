"""Notifications on PostgreSQL: the same messages as on SQLite, also when several processes hear at once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from aimak.clock import FixedClock, SeededIds
from aimak.plugins.registry import Registry
from aimak.plugins.sms_gateways import SmsGateway
from aimak.settings import Settings
from aimak.storage import migrate
from aimak.testing.servers import PostgresServer
from aimak_notifications import bootstrap
from aimak_notifications.plugins.sms_gateways.file.plugin import FileGateway

from tests.unit.notifications.conftest import (
    NOW,
    SECRET,
    TENANT,
    House,
    ToldGateway,
    accounts,
    bills,
    payment,
    service_types,
    town,
)

pytestmark = pytest.mark.servers

FACTS = ("text", "phone", "language", "state", "encoding", "parts", "day", "account", "period", "made_at", "sent_at")


def opened(url: str | None, folder: Path) -> House:
    """A house on this database."""
    values = {"data_dir": str(folder), "auth.secret": SECRET, "notifications.gateway": "file"}
    if url:
        values["database.notifications"] = url
    ToldGateway.reset()
    registry = Registry[SmsGateway]("aimak.sms_gateways", 1, {"file": FileGateway, "told": ToldGateway})
    service = bootstrap.build(Settings(values), registry)
    service.clock, service.ids = FixedClock(NOW), SeededIds(1)
    migrate.upgrade(service)
    return House(service)


@pytest.fixture
def house(postgres: PostgresServer, tmp_path: Path) -> Iterator[House]:
    """A house on a PostgreSQL database of its own."""
    name = f"notifications_{uuid.uuid4().hex}"
    with postgres.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
    built = opened(postgres.url(name), tmp_path / "servers")
    yield built
    built.service.close()


def month(house: House) -> dict[int, tuple[object, ...]]:
    """A small month; gives what the messages are, by id."""
    for event in (town(), service_types(), bills(1), accounts(phone_3=None), bills(1, 2, 3), payment(500, 250)):
        house.hear(event)
    house.hear(bills(2, state="cancelled", version=2))
    house.run()
    return {row.id: tuple(getattr(row, name) for name in FACTS) for row in house.rows("message")}


def test_the_same_on_both(house: House, tmp_path: Path) -> None:
    """Messages, notices and the files that go out are equal on PostgreSQL and SQLite."""
    embedded = opened(None, tmp_path / "embedded")
    assert month(house) == month(embedded)
    notices = [[(row.id, row.state, row.version, row.facts) for row in one.rows("notice")] for one in (house, embedded)]
    assert notices[0] == notices[1]
    files = [tmp_path / name / "sms" / TENANT / "2026-11-02.jsonl" for name in ("servers", "embedded")]
    assert sorted(files[0].read_text().splitlines()) == sorted(files[1].read_text().splitlines())
    embedded.service.close()


def test_events_heard_at_once(house: House) -> None:
    """Accounts, bills and their repeats, heard by many processes at the same time, make each message once and leave
    none waiting."""
    events = [town(), service_types(), accounts(), bills(1, 2), bills(2, 3), payment(500), payment(500), bills(1, 2, 3)]
    with ThreadPoolExecutor(len(events)) as crowd:
        list(crowd.map(house.hear, events))
    assert {row.state for row in house.rows("notice")} == {"told"}
    assert sorted((row.kind, row.account_id) for row in house.rows("message")) == [
        ("bill", 1),
        ("bill", 2),
        ("bill", 3),
        ("receipt", 1),
    ]


def test_workers_at_once_send_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that compete for the same jobs send each message once."""
    house.settle()
    house.use("told")
    many = bills(*([1] * 1600))
    many.columns["bill_id"] = list(range(1600))
    house.hear(many)
    monkeypatch.setattr(ToldGateway, "batch_size", 100)
    with ThreadPoolExecutor(4) as crowd:
        list(crowd.map(lambda _: house.run(), range(4)))
    house.run()
    assert set(house.states()) == {"sent"}
    assert len(ToldGateway.got) == len({sms.id for sms in ToldGateway.got}) == 1600
