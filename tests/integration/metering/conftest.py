"""Metering on an empty, migrated database that knows a town of a few accounts; on SQLite and on PostgreSQL."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from aimak.contracts import billing
from aimak.contracts.metering import UsageAccepted
from aimak.http.auth import Actor, sign
from aimak.jobs import Worker
from aimak.messaging import inbox
from aimak.messaging.envelope import Message
from aimak.service import Service
from aimak.settings import Settings
from aimak.storage import migrate
from aimak_metering import bootstrap
from flask import Flask

SECRET = "s" * 32
NOW = "2026-11-02T04:00:00+00:00"
ACCOUNTS = range(1, 21)


@dataclass
class Town:
    """The service and what tests do with it."""

    service: Service
    messages: int = 0

    @cached_property
    def app(self) -> Flask:
        """The service's routes, built once, as a process that serves builds them.

        Not by each call: Python 3.11 cannot build routes in several threads at once (its parser counts the depth of
        all of them together, and fails when they differ).
        """
        assert self.service.web is not None
        return self.service.web()

    def hear(self, event: Any) -> None:
        """Have the service handle an event as it comes from the broker."""
        self.messages += 1
        body = event.encode()
        inbox.handle(
            self.service,
            Message(
                str(uuid.UUID(int=self.messages)),
                event.routing_key,
                "naryn",
                body,
                occurred_at=datetime.fromisoformat(NOW),
            ),
        )

    def call(self, method: str, path: str, body: Any = None, roles: tuple[str, ...] = ("clerk", "approver")) -> Any:
        """Call a route and give the answer."""
        token = sign(Actor("aida", roles, "naryn"), SECRET)
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
        kind = {"json": body} if isinstance(body, dict) else {"data": body}
        return self.app.test_client().open(path, method=method, headers=headers, **kind)

    def take(self, kind: str, *lines: str) -> dict[str, Any]:
        """Import rows of a kind and give the import's state."""
        header = {
            "meters": "account;service;serial;size;dials;installed_on;initial_reading;verified_until;seal",
            "readings": "account;serial;date;reading;reader;note",
        }[kind]
        body = "\n".join([header, *lines]).encode()
        import_id = self.call("POST", f"/metering/imports/{kind}?name={kind}.csv", body).json["import"]
        worker = Worker(self.service)
        while worker.step():
            pass
        answer: dict[str, Any] = self.call("GET", f"/metering/imports/{import_id}").json
        assert answer["state"] == "done", answer["problems"]
        return answer

    def meter(self, account: int = 1, serial: str = "S1", dials: int = 5, begins: str = "0") -> None:
        """Register a meter installed on 1 January 2026."""
        self.take("meters", f"{account};water;{serial};15;{dials};2026-01-01;{begins};2030-01-01;")

    def told(self) -> list[dict[str, Any]]:
        """All usage that has been published, in order."""
        with self.service.work("naryn") as work:
            outbox = work.table("outbox")
            mine = outbox.c.routing_key == UsageAccepted.routing_key
            bodies = work.execute(outbox.select().where(mine).order_by(outbox.c.id)).all()
        return [row for body in bodies for row in UsageAccepted.decode("naryn", bytes(body.body)).rows()]

    def uses(self) -> list[tuple[str, int]]:
        """Serial and quantity of all usage published, in order."""
        return [(row["serial"], row["quantity_thousandths"]) for row in self.told()]

    def held(self) -> list[dict[str, Any]]:
        """The list of held readings."""
        found: list[dict[str, Any]] = self.call("GET", "/metering/held").json["held"]
        return found


def accounts(version: int = 1) -> billing.AccountsDefined:
    """The accounts 1 to 20, numbered as their ids."""
    facts = {"holder": "Асанов", "address": "Ак-Бата 1", "phone": None, "language": "ky", "status": "active"}
    rows = [{"account_id": number, "number": str(number), **facts, "version": version} for number in ACCOUNTS]
    return billing.AccountsDefined.of("naryn", rows)


def connections() -> billing.ConnectionsDefined:
    """Water at every account."""
    facts = {"service": "water", "provider": "vodokanal", "customer_class": "household", "attributes": "{}"}
    span = {"valid_from": "2020-01-01", "valid_to": None, "version": 1}
    rows = [{"connection_id": 1000 + number, "account_id": number, **facts, **span} for number in ACCOUNTS]
    return billing.ConnectionsDefined.of("naryn", rows)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.servers)])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    """Metering that has heard of the tenant, its accounts, aliases and connections."""
    values: dict[str, Any] = {"data_dir": str(tmp_path), "clock.instant": NOW, "ids.seed": 1, "auth.secret": SECRET}
    if request.param == "postgres":
        server = request.getfixturevalue("postgres")
        name = f"metering_{uuid.uuid4().hex}"
        with server.connect() as connection:
            connection.execute(f"CREATE DATABASE {name}")
        values["database.metering"] = server.url(name)
    service = bootstrap.build(Settings(values))
    migrate.upgrade(service)
    made = Town(service)
    tenant = {"code": "naryn", "name": '{"ky":"Нарын"}', "zone": "Asia/Bishkek", "languages": "ky,ru"}
    made.hear(billing.TenantsDefined.of("naryn", [{**tenant, "is_test": True, "version": 1}]))
    made.hear(accounts())
    made.hear(billing.AliasesDefined.of("naryn", [{"alias": "027565", "account_id": 2, "version": 1}]))
    made.hear(connections())
    yield made
    service.close()
