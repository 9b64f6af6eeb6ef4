"""A small town in one process: production handlers, outboxes, relays and receivers; broker, crashes and the order of
everything are the simulation's."""

from __future__ import annotations

import shutil
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import aimak_billing.bootstrap
import aimak_notifications.bootstrap
import aimak_payments.bootstrap
from aimak import operations
from aimak.contracts import metering
from aimak.http.auth import Actor, sign
from aimak.jobs import Worker
from aimak.messaging.inprocess import Pump
from aimak.messaging.outbox import MESSAGES_PER_STEP
from aimak.messaging.rabbitmq import wire
from aimak.messaging.rabbitmq.entrypoint import RECEIVER, OnDeadLetter, OnEvent
from aimak.messaging.rabbitmq.receiver import Receiver
from aimak.messaging.rabbitmq.topology import queue_name, topology
from aimak.messaging.rabbitmq.watchdog import Watchdog
from aimak.messaging.relay import Relay
from aimak.service import Service
from aimak.settings import Settings
from aimak.storage import migrate
from aimak.tables import kernel_tables
from aimak.tenants import KEEP_TENANTS
from sqlalchemy import MetaData
from sqlalchemy.exc import OperationalError

from tests.simulation.book import Book
from tests.simulation.broker import Publishing, SimBroker, Stored
from tests.simulation.crash import Crash, Fuse
from tests.simulation.files import ACCOUNT_FILE, ACCOUNTS, TARIFFS

TENANT, PERIOD, PARTNER = "simtown", "2026-10", "wallet"
SECRET, PASSWORD = "simulated-secret-of-the-simtown!", "partner-of-the-simtown"
LISTENERS = ("billing", "payments", "notifications")
# The water connections of the three accounts, and what they used where the month is under way.
CONNECTIONS = (1, 3, 5)
FIRST_USAGE = 10_000
_MOST_ROUNDS = 400


@dataclass
class _Container:
    """What an entrypoint needs of nameko's container."""

    config: dict[str, Any]
    service_name: str


@dataclass
class _Delivery:
    """A message in a consumer's hands, as kombu shows it; what the entrypoint does with it is noted."""

    stored: Stored
    settled: str = ""
    delivery_info: ClassVar[dict[str, str]] = {}

    @property
    def body(self) -> bytes:
        """The bytes as they came."""
        return self.stored.body

    @property
    def properties(self) -> dict[str, Any]:
        """AMQP properties but for the headers."""
        return {key: value for key, value in self.stored.properties.items() if key != "headers"}

    @property
    def headers(self) -> dict[str, Any]:
        """Headers of the message."""
        return dict(self.stored.properties["headers"])

    def ack(self) -> None:
        """Done with."""
        self.settled = "ack"

    def requeue(self) -> None:
        """Given back."""
        self.settled = "requeue"

    def reject(self, requeue: bool = False) -> None:
        """Refused."""
        self.settled = "requeue" if requeue else "reject"


class World:
    """The services are built once; each history begins with `begin`, which puts the town's files back."""

    # Steps of the month -> the files of a town in which they were taken.
    _templates: dict[tuple[str, ...], Path]

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Who cannot reach the broker, and whose newer version is at work.
        self.parted: set[str] = set()
        self.deployed: set[str] = set()
        self._clock = folder / "clock"
        self.set_clock(datetime(2026, 11, 2, 4, tzinfo=UTC))
        settings = Settings(
            {"data_dir": str(folder / "data"), "clock.file": str(self._clock), "ids.seed": 1, "auth.secret": SECRET}
        )
        self.services: dict[str, Service] = {
            "billing": aimak_billing.bootstrap.build(settings),
            "payments": aimak_payments.bootstrap.build(settings),
            "notifications": aimak_notifications.bootstrap.build(settings),
            "metering": _publisher("metering", settings),
        }
        self.apps = {name: self.services[name].web().test_client() for name in LISTENERS}  # type: ignore[misc]
        for name in LISTENERS:
            migrate.upgrade(self.services[name])
        self.fuses = {name: Fuse(service.online) for name, service in self.services.items()}
        self._books = {name: Book(service) for name, service in self.services.items()}
        self._found()
        self._templates = {(): self._keep("founded")}
        self.begin()

    def begin(self, begun: tuple[str, ...] = ()) -> None:
        """The town as it was founded, or with these steps of its month taken and not yet told; the broker is empty."""
        if begun not in self._templates:
            self.begin()
            for version, connection in enumerate(CONNECTIONS, 1):
                self.measure(connection, FIRST_USAGE, version)
            for command in begun:
                self.heal()
                assert self.step(command).status_code == 200
            self._templates[begun] = self._keep("-".join(begun))
        self._put_back(self._templates[begun])

    def _keep(self, name: str) -> Path:
        self._close()
        return Path(shutil.copytree(self._folder / "data", self._folder / name))

    def _put_back(self, template: Path) -> None:
        self._close()
        shutil.rmtree(self._folder / "data")
        shutil.copytree(template, self._folder / "data")
        self.broker = SimBroker()
        self.parted.clear()
        self.deployed.clear()
        for name in LISTENERS:
            self.broker.declare(self.services[name])
        self.relays = {name: Relay(service, self.broker) for name, service in self.services.items()}
        self.workers = {name: Worker(self.services[name]) for name in LISTENERS}
        for fuse in self.fuses.values():
            fuse.clear()
        self.set_clock(datetime(2026, 11, 2, 4, tzinfo=UTC))

    def _close(self) -> None:
        for service in self.services.values():
            service.close()
        for book in self._books.values():
            book.close()

    def rows(self, service: str, table: str) -> list[Any]:
        """Every row of a service's table, as it is committed."""
        return self._books[service].rows(table)

    def untold(self) -> list[str]:
        """Who has facts that are not published."""
        return [name for name in self.services if any(fact.published_at is None for fact in self.rows(name, "outbox"))]

    def busy(self) -> list[str]:
        """Who has a job that is due."""
        now = self.clock().isoformat(timespec="microseconds")
        return [
            name
            for name in LISTENERS
            if any(job.state == "waiting" and job.due_at <= now for job in self.rows(name, "job"))
        ]

    def set_clock(self, instant: datetime) -> None:
        """Set every service's clock."""
        self._clock.write_text(instant.isoformat())

    def clock(self) -> datetime:
        """What every service's clock shows."""
        return datetime.fromisoformat(self._clock.read_text())

    # What people and partners do.

    def ask(self, service: str, path: str, body: Any = None, *, who: str = "ayna", **params: Any) -> Any:
        """A request of an operator through the service's own routes; GET without a body. Raises Crash."""
        headers = {"Authorization": "Bearer " + sign(Actor(who, ("admin", "clerk", "approver"), TENANT), SECRET)}
        app = self.apps[service]
        if body is None:
            return app.get(path, headers=headers, query_string=params)
        given = {"data": body.encode()} if isinstance(body, str) else {"json": body}
        return app.post(path, headers=headers, query_string=params, **given)

    def step(self, command: str) -> Any:
        """A step of the month: preview, approve or issue. Raises Crash."""
        who = "bakyt" if command == "approve" else "ayna"
        return self.ask("billing", f"/billing/cycles/{PERIOD}/{command}", {}, who=who)

    def call(self, command: str, **query: str) -> Any:
        """A partner's call. Raises Crash when payments dies before it can answer."""
        credentials = b64encode(f"{PARTNER}:{PASSWORD}".encode()).decode()
        return self.apps["payments"].get(
            f"/partners/{TENANT}/{PARTNER}",
            query_string={"command": command, **query},
            headers={"Authorization": f"Basic {credentials}"},
        )

    def measure(self, connection: int, usage: int, version: int) -> None:
        """Metering accepts usage (thousandths) of a connection."""
        service = self.services["metering"]
        row = {
            "usage_id": connection, "connection_id": connection, "serial": f"S{connection}", "from_date": "2026-10-01",
            "to_date": "2026-11-01", "previous_thousandths": 0, "current_thousandths": usage,
            "quantity_thousandths": usage, "method": "actual", "state": "accepted", "version": version,
        }  # fmt: skip
        with service.work(TENANT) as work:
            work.publish(metering.UsageAccepted.of(TENANT, [row]))
            work.commit()

    def publish_again(self, since: datetime) -> None:
        """An operator has every owner publish once more what was confirmed since then."""
        for name, service in self.services.items():
            if name in self.apps:
                answer = self.ask(name, f"/{name}/publish-again", {}, since=since.isoformat())
                assert answer.status_code == 200, answer.text
                continue
            with service.work(TENANT) as work:
                operations.publish_again(service, work, since)
                work.commit()

    # What the machinery does.

    def ready(self) -> list[str]:
        """Queues that hold something for a consumer that reaches the broker."""
        return [queue for queue in self.broker.ready() if consumer_of(queue) not in self.parted]

    def relay(self, name: str) -> None:
        """One step of a relay; a crash ends it where it stands."""
        if name in self.parted:
            self.broker.plan = [Publishing(stores=False, confirms=False)] * MESSAGES_PER_STEP
        with self._dying(name), suppress(OperationalError):
            self.relays[name].step()
        self.broker.plan = []

    def work(self, name: str) -> bool:
        """One step of a worker."""
        done = False
        with self._dying(name), suppress(OperationalError):
            done = self.workers[name].step()
        return done

    def deliver(self, queue: str, place: int, *, dies_before_ack: bool = False) -> None:
        """Give one message of a queue to its consumer, through the production receiver and entrypoint."""
        held = self.broker.queues[queue]
        stored = held.pop(place % len(held))
        delivery = _Delivery(stored)
        name = consumer_of(queue)
        try:
            with self._dying(name, again=True):
                self._handle(name, queue, delivery)
                if dies_before_ack:
                    raise Crash("before ack")
        except Crash:
            delivery.settled = "requeue"
        if delivery.settled == "requeue":
            self.broker.give_back(queue, stored)
        elif delivery.settled == "reject":
            self.broker.queues[f"dead.{name}"].append(stored)
        else:
            assert delivery.settled == "ack", "a message was neither acknowledged nor given back"

    def _handle(self, name: str, queue: str, delivery: _Delivery) -> None:
        service = self.services[name]
        receiver = Receiver(service, topology(service), self.broker, Watchdog(), lambda _: None)  # type: ignore[arg-type]
        container = _Container({RECEIVER: receiver}, name)
        dead = queue.startswith("dead.")
        entry: Any = OnDeadLetter() if dead else OnEvent(service.subscriptions[queue.partition(".")[2]].event)
        entry.container = container
        entry.queue = type("Queue", (), {"name": queue})
        failed: Any = None
        try:
            if dead:
                receiver.keep_dead_letter(*wire.read_dead_letter(delivery.body, delivery.properties, delivery.headers))
            else:
                receiver.receive(wire.read(delivery.body, delivery.properties, delivery.headers))
        except Exception:
            failed = sys.exc_info()
        entry.handle_message_processed(delivery, exc_info=failed)

    @contextmanager
    def _dying(self, name: str, again: bool = False) -> Iterator[None]:
        try:
            yield
        except Crash:
            self.restart(name)
            if again:
                raise
        finally:
            self.fuses[name].clear()

    def restart(self, name: str) -> None:
        """A new process: connections, the relay's and the worker's memory are gone."""
        self.services[name].close()
        self.relays[name] = Relay(self.services[name], self.broker)
        if name in LISTENERS:
            self.workers[name] = Worker(self.services[name])

    def heal(self, place: int = 0) -> None:
        """No more faults: go on until nothing is under way, each queue from its first message on or, with place -1,
        from its last. Fails when it never comes to rest."""
        self.parted.clear()
        self.broker.plan.clear()
        for _ in range(_MOST_ROUNDS):
            if not self._round(place):
                return
        raise AssertionError("it never comes to rest")

    def _round(self, place: int) -> bool:
        moved = False
        for name in self.services:
            before = sum(map(len, self.broker.queues.values()))
            self.relays[name].step()
            moved |= sum(map(len, self.broker.queues.values())) != before
        for queue in self.broker.ready():
            while self.broker.queues[queue]:
                moved = True
                self.deliver(queue, place)
                if self.broker.waiting:
                    break
        if self.broker.waiting:
            moved = True
            self.broker.climb()
        for name in LISTENERS:
            moved |= self.workers[name].step()
        return moved

    # How the town was founded, once, without faults.

    def _found(self) -> None:
        pump = Pump(list(self.services.values()))
        names = {"ky": "Сим", "ru": "Сим", "en": "Sim"}
        tenant = {"code": TENANT, "name": names, "zone": "Asia/Bishkek", "languages": ["ru", "ky"], "is_test": True}
        steps: list[Callable[[], Any]] = [lambda: self.ask("billing", "/billing/tenants", tenant)]
        for code in ("vodokanal", "tazalyk"):
            facts = {"code": code, "name": names, "tax_number": "1" * 14, "regime": "general", "bank_account": ""}
            steps.append(lambda facts=facts: self.ask("billing", "/billing/providers", facts))
        partner = {"code": PARTNER, "name": "Wallet", "protocol": "osmp", "login": PARTNER, "password": PASSWORD}
        partner["settings"] = {"zone": "Asia/Bishkek"}  # type: ignore[assignment]
        adopted = {"tariffs": ["water", "waste"], "ground": "decided before"}
        steps += [
            lambda: self.ask("payments", "/payments/partners", partner),
            lambda: self.ask("notifications", "/notifications/gateways", {"gateway": "file", "settings": {}}),
            lambda: self.ask("billing", "/billing/imports/tariffs", TARIFFS, name="tariffs.yaml"),
            lambda: self.ask("billing", "/billing/tariffs/adopt", adopted, who="bakyt"),
            lambda: self.ask("billing", "/billing/imports/accounts", ACCOUNT_FILE, name="accounts.csv"),
        ]
        for step in steps:
            answer = step()
            assert answer.status_code < 300, answer.text
            pump.drain()


def consumer_of(queue: str) -> str:
    """Whose queue that is."""
    return queue.removeprefix("dead.").partition(".")[0]


def _publisher(name: str, settings: Settings) -> Service:
    """A service that only publishes: here the simulation decides what it has accepted."""
    metadata = MetaData()
    kernel_tables(metadata)
    service = Service.open(name, settings, metadata)
    service.listens(KEEP_TENANTS)
    connection = service.online.begin()
    metadata.create_all(connection)
    connection.exec_driver_sql("COMMIT")
    connection.close()
    return service


__all__ = [
    "ACCOUNTS",
    "CONNECTIONS",
    "FIRST_USAGE",
    "LISTENERS",
    "PERIOD",
    "TENANT",
    "World",
    "consumer_of",
    "queue_name",
]
