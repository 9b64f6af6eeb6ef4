"""A town with three accounts, a service on a file of its own, and gateways that do as they are told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from aimak.clock import FixedClock, SeededIds
from aimak.contracts import billing, payments
from aimak.contracts.base import Event
from aimak.jobs import Worker
from aimak.plugins.registry import Registry
from aimak.plugins.sms_gateways import Handed, Handover, OutgoingSms, SmsGateway
from aimak.service import Service
from aimak.settings import Settings
from aimak.storage import migrate
from aimak_notifications import bootstrap
from aimak_notifications.plugins.sms_gateways.console.schema import ConsoleSettings
from aimak_notifications.plugins.sms_gateways.file.plugin import FileGateway
from aimak_notifications.plugins.sms_gateways.kannel.plugin import KannelGateway
from sqlalchemy import select

TENANT = "naryn"
NOW = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
SECRET = "a secret that is long enough to sign with"


class Died(BaseException):
    """Stands for a process that was killed: nothing catches it."""


class ToldGateway(SmsGateway):
    """Answers as `answer` says and remembers what it was given."""

    code = "told"
    interface_version = 1
    names: ClassVar[dict[str, str]] = {"ky": "told", "ru": "told", "en": "told"}
    settings_schema = ConsoleSettings
    batch_size = 2
    answer: ClassVar[Callable[[OutgoingSms], Handed | None]]
    asked: ClassVar[Callable[[OutgoingSms], Handed | None]]
    got: ClassVar[list[OutgoingSms]]
    questions: ClassVar[list[OutgoingSms]]

    @classmethod
    def reset(cls) -> None:
        """As new."""
        cls.answer = lambda sms: Handed(sms.id, Handover.ACCEPTED)
        cls.asked = lambda sms: Handed(sms.id, Handover.UNKNOWN)
        cls.got, cls.questions = [], []

    def send(self, messages: Sequence[OutgoingSms]) -> list[Handed]:
        """As told."""
        type(self).got.extend(messages)
        return [answer for sms in messages if (answer := type(self).answer(sms))]

    def query(self, messages: Sequence[OutgoingSms]) -> list[Handed]:
        """As told."""
        type(self).questions.extend(messages)
        return [answer for sms in messages if (answer := type(self).asked(sms))]


class RepeatableGateway(ToldGateway):
    """Absorbs a repeat by itself."""

    code = "repeatable"
    repeatable = True


class AskedGateway(ToldGateway):
    """Can be asked what became of a message."""

    code = "asked"
    can_query = True


class CountingGateway(ToldGateway):
    """Numbers its messages one after another, over all that it ever sent."""

    code = "counting"

    def send(self, messages: Sequence[OutgoingSms]) -> list[Handed]:
        """Count on from what was remembered."""
        sent = (self.host.state.get("sent") or 0) + len(messages)
        self.host.state.put("sent", sent)
        return super().send(messages)


@dataclass
class House:
    """The service with short words for what tests do to it."""

    service: Service

    def hear(self, event: Event) -> None:
        """Handle an event as the inbox would."""
        with self.service.work(TENANT) as work:
            self.service.subscriptions[event.routing_key].handler(work, event)
            work.commit()

    def settle(self, **changes: Any) -> None:
        """Make the town, its service types and accounts known."""
        for event in (town(), service_types(), accounts(**changes)):
            self.hear(event)

    def use(self, code: str) -> None:
        """Choose a gateway."""
        self.service.settings = self.service.settings.with_values(notifications__gateway=code)

    def run(self) -> None:
        """Run jobs until none is due or all wait for another attempt."""
        worker = Worker(self.service)
        while worker.step():
            pass

    def rows(self, table: str) -> list[Any]:
        """All rows of a table, by id or key."""
        with self.service.work(TENANT) as work:
            found = work.table(table)
            return list(work.execute(select(found).order_by(*found.primary_key)))

    def states(self) -> list[str]:
        """The states of all messages."""
        return [row.state for row in self.rows("message")]


def embedded(folder: Path) -> Settings:
    """Settings of the embedded runtime in this folder."""
    return Settings({"data_dir": str(folder), "auth.secret": SECRET, "secret.kannel": "told-to-nobody"})


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database after all migrations, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    service = bootstrap.build(embedded(folder))
    migrate.upgrade(service)
    service.close()
    return folder / "notifications.sqlite3"


@pytest.fixture
def settings(tmp_path: Path, migrated: Path) -> Settings:
    """Embedded, in a folder of its own."""
    shutil.copy(migrated, tmp_path)
    return embedded(tmp_path)


@pytest.fixture
def house(settings: Settings) -> Iterator[House]:
    """Notifications on a fresh file, its clock standing at 10:00 in Naryn."""
    ToldGateway.reset()
    plugins = (ToldGateway, RepeatableGateway, AskedGateway, CountingGateway, FileGateway, KannelGateway)
    registry = Registry[SmsGateway]("aimak.sms_gateways", 1, {plugin.code: plugin for plugin in plugins})
    service = bootstrap.build(settings, registry)
    service.clock, service.ids = FixedClock(NOW), SeededIds(1)
    yield House(service)
    service.close()


def town(version: int = 1) -> billing.TenantsDefined:
    """The municipality."""
    name = json.dumps({"ky": "Нарын", "ru": "Нарын", "en": "Naryn"})
    row = {"code": TENANT, "name": name, "zone": "Asia/Bishkek", "languages": "ky,ru", "is_test": True}
    return billing.TenantsDefined.of(TENANT, [{**row, "version": version}])


def service_types() -> billing.ServiceTypesDefined:
    """One service type that only a plugin knows."""
    row = {"unit": "place_day", "decimals": 0, "metered": False, "attributes": "{}", "version": 1}
    return billing.ServiceTypesDefined.of(TENANT, [{**row, "code": "market", "names": '{"ru": "рынок"}'}])


def accounts(version: int = 1, **phones: str | None) -> billing.AccountsDefined:
    """Accounts 1 (Kyrgyz), 2 (Russian), 3 (English); `phone_1=None` takes a phone away."""
    rows = [
        {
            "account_id": number,
            "number": f"040000{number}",
            "holder": "Made Up",
            "address": "Lenin 1",
            "phone": phones.get(f"phone_{number}", f"+99655500000{number}"),
            "language": language,
            "status": "active",
            "version": version,
        }
        for number, language in enumerate(("ky", "ru", "en"), 1)
    ]
    return billing.AccountsDefined.of(TENANT, rows)


def bills(*account_ids: int, **changes: Any) -> billing.BillsIssued:
    """One bill for each account; the bill's id is 100 more than the account's."""
    row = {
        "number": 1,
        "period": "2026-10",
        "state": "issued",
        "issued_on": "2026-11-02",
        "due_on": "2026-11-25",
        "opening_tyiyn": 0,
        "net_tyiyn": 13_398,
        "tax_tyiyn": 402,
        "gross_tyiyn": 13_800,
        "due_tyiyn": 13_800,
        "services": '[["water", 13800]]',
        "version": 1,
    }
    listed = [{**row, "bill_id": 100 + number, "account_id": number, **changes} for number in account_ids]
    return billing.BillsIssued.of(TENANT, listed)


def payment(*amounts: int, payment_id: int = 900, account_id: int = 1, **changes: Any) -> payments.PaymentsReceived:
    """One payment, split over as many providers as there are amounts."""
    rows = [
        {
            "payment_id": payment_id,
            "provider": f"provider{place}",
            "account_id": account_id,
            "amount_tyiyn": amount,
            "payment_tyiyn": sum(amounts),
            "parts": len(amounts),
            "partner": "demo",
            "partner_name": "Банк Демо",
            "external_id": "t1",
            "paid_on": "2026-11-05",
            "state": "received",
            "version": 1,
            **changes,
        }
        for place, amount in enumerate(amounts)
    ]
    return payments.PaymentsReceived.of(TENANT, rows)
