"""Payments on a database of its own, with a small town behind it."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aimak_payments.bootstrap
import pytest
from aimak.contracts import billing
from aimak.contracts.base import Event
from aimak.http import Actor
from aimak.http.auth import sign
from aimak.jobs import Worker
from aimak.service import Service
from aimak.settings import Settings
from aimak.storage import migrate
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

NOW = "2026-11-23T06:00:00+00:00"
SECRET = "s" * 32
TENANT = "naryn"
PASSWORD = "a-password-made-by-a-machine"
LOGIN = "terminal"

FIRST, SECOND, CLOSED, FRESH = 1, 2, 3, 4


@dataclass
class Town:
    """A payments service with its web application."""

    service: Service
    client: FlaskClient

    def tell(self, *events: Event) -> None:
        """Handle events as if they came from the broker."""
        for event in events:
            subscription = self.service.subscriptions[event.routing_key]
            with self.service.work(event.tenant) as work:
                subscription.handler(work, event)
                work.commit()

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Every row of a table."""
        with self.service.work(TENANT) as work:
            table = work.table(name)
            return [dict(row._mapping) for row in work.execute(select(table).order_by(*table.primary_key))]

    def sent(self, event: type[Event]) -> list[dict[str, Any]]:
        """Rows of that event in the outbox."""
        with self.service.work(TENANT) as work:
            outbox = work.table("outbox")
            bodies = work.execute(
                select(outbox.c.body).where(outbox.c.routing_key == event.routing_key).order_by(outbox.c.id)
            ).scalars()
            return [row for body in bodies for row in event.decode(TENANT, body).rows()]

    def drain(self) -> None:
        """Run every due job."""
        worker = Worker(self.service)
        while worker.step():
            pass

    def ask(self, partner: str = "kapchyk", *, password: str | None = PASSWORD, **parameters: str) -> TestResponse:
        """What the partner gets for a GET with these parameters."""
        headers = {} if password is None else {"Authorization": basic(LOGIN, password)}
        return self.client.get(f"/partners/{TENANT}/{partner}?{urlencode(parameters)}", headers=headers)

    def check(self, account: str, total: str = "0.00", **more: str) -> TestResponse:
        """A check."""
        return self.ask(**{"command": "check", "txn_id": "900", "account": account, "sum": total, **more})

    def pay(self, txn_id: str, account: str, total: str, **more: str) -> TestResponse:
        """A payment of noon, the 23rd of November in Bishkek."""
        given = {"command": "pay", "txn_id": txn_id, "txn_date": "20261123120133", "account": account, "sum": total}
        return self.ask(**{**given, **more})

    def call(self, method: str, path: str, *roles: str, **options: Any) -> TestResponse:
        """What an operator with these roles (default: all) gets."""
        who = Actor("aida", roles or ("clerk", "admin"), TENANT)
        headers = {"Authorization": f"Bearer {sign(who, SECRET)}", "Accept-Language": "en"}
        return self.client.open(path, method=method, headers=headers, **options)

    def define_partner(self, code: str = "kapchyk", *, credentials: bool = True, **changes: Any) -> TestResponse:
        """Define a partner that speaks OSMP."""
        body: dict[str, Any] = {"code": code, "protocol": "osmp", "name": "Капчык", **changes}
        if credentials:
            body |= {"login": LOGIN, "password": PASSWORD}
        return self.call("POST", "/payments/partners", json=body)

    def bring(self, content: bytes, partner: str = "kapchyk", **more: str) -> TestResponse:
        """Bring a registry and let the worker match it."""
        query = urlencode({"partner": partner, "name": "registry.tsv", **more})
        response = self.call("POST", f"/payments/imports/registry?{query}", data=content)
        self.drain()
        return response


def basic(login: str, password: str) -> str:
    """An Authorization header."""
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()


def result(response: TestResponse) -> int:
    """The result code of an OSMP answer."""
    assert response.status_code == 200, response.get_data(as_text=True)
    return int(response.get_data(as_text=True).partition("<result>")[2].partition("<")[0])


def registry(*lines: Sequence[str], end: str = "\r\n", total: str | None = None) -> bytes:
    """A registry of these lines (id, date, time, account, sum) with the total that fits."""
    amount = sum(int(line[4].replace(".", "")) for line in lines)
    total = total or f"Total:\t{len(lines)}\t{amount // 100}.{amount % 100:02d}"
    return end.join(["\t".join(line) for line in lines] + [total, ""]).encode()


def accounts(*rows: tuple[int, str, str, str], version: int = 1) -> billing.AccountsDefined:
    """Accounts by id, number, holder, status."""
    common = {"address": "-", "phone": None, "language": "ky", "version": version}
    return billing.AccountsDefined.of(
        TENANT,
        [
            {"account_id": account_id, "number": number, "holder": holder, "status": status, **common}
            for account_id, number, holder, status in rows
        ],
    )


def moved(*rows: tuple[int, int, str, int], version: int = 1) -> billing.ReceivablesMoved:
    """What is owed: source, account, provider, tyiyn."""
    common = {"kind": "bill", "origin": "2026-10", "version": version}
    return billing.ReceivablesMoved.of(
        TENANT,
        [
            {"source_id": source, "account_id": account_id, "provider": provider, "amount_tyiyn": amount, **common}
            for source, account_id, provider, amount in rows
        ],
    )


def served(*rows: tuple[int, int, str]) -> billing.ConnectionsDefined:
    """Connections: id, account, provider."""
    common = {
        "service": "water",
        "customer_class": "household",
        "attributes": "{}",
        "valid_from": "2020-01-01",
        "valid_to": None,
        "version": 1,
    }
    return billing.ConnectionsDefined.of(
        TENANT,
        [
            {"connection_id": connection, "account_id": account_id, "provider": provider, **common}
            for connection, account_id, provider in rows
        ],
    )


def tell_of_the_town(town: Town) -> None:
    """A tenant, four accounts, an old number, debts to two providers."""
    tenant = {"code": TENANT, "name": '{"ru": "Нарын"}', "zone": "Asia/Bishkek", "languages": "ky,ru"}
    town.tell(
        billing.TenantsDefined.of(TENANT, [{**tenant, "is_test": True, "version": 1}]),
        accounts(
            (FIRST, "0100001", "Асанов Бакыт", "active"),
            (SECOND, "0100002", "Иванова Мария", "active"),
            (CLOSED, "0100003", "Закрыт", "closed"),
            (FRESH, "0100004", "Жаңы", "active"),
        ),
        billing.AliasesDefined.of(TENANT, [{"alias": "77-1", "account_id": FIRST, "version": 1}]),
        moved((11, FIRST, "vodokanal", 20_000), (11, FIRST, "tazalyk", 10_000), (12, SECOND, "vodokanal", 5_000)),
        served((1, FRESH, "tazalyk")),
    )


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: a migration for each test would take most of its time."""
    folder = tmp_path_factory.mktemp("payments")
    service = aimak_payments.bootstrap.build(Settings({"data_dir": str(folder), "auth.secret": SECRET}))
    migrate.upgrade(service)
    service.close()
    return folder / "payments.sqlite3"


@pytest.fixture
def make_town(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Settings], Town]]:
    """Opens payments on the given settings with a town and the partner `kapchyk`."""
    opened: list[Service] = []
    # A costly hash guards no test.
    monkeypatch.setattr(aimak_payments.bootstrap, "ARGON2_PASSES", 1)
    monkeypatch.setattr(aimak_payments.bootstrap, "ARGON2_KIB", 8)

    def make(settings: Settings) -> Town:
        service = aimak_payments.bootstrap.build(settings)
        opened.append(service)
        migrate.upgrade(service)
        assert service.web is not None
        town = Town(service, service.web().test_client())
        tell_of_the_town(town)
        assert town.define_partner().status_code == 200
        return town

    yield make
    for service in opened:
        service.close()


@pytest.fixture
def settings(tmp_path: Path, empty_database: Path) -> Settings:
    """An embedded installation whose clock and ids are set."""
    shutil.copy(empty_database, tmp_path / "payments.sqlite3")
    return Settings({"data_dir": str(tmp_path), "clock.instant": NOW, "ids.seed": 1, "auth.secret": SECRET})


@pytest.fixture
def town(make_town: Callable[[Settings], Town], settings: Settings) -> Town:
    """The town on SQLite."""
    return make_town(settings)
