"""A service as both runtimes see it: its databases, what it listens to, its jobs, its web application."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData

from aimak.clock import Clock, IdSource
from aimak.contracts.base import Event
from aimak.problems import Problem
from aimak.settings import Settings
from aimak.storage.database import Database
from aimak.storage.work import UnitOfWork

if TYPE_CHECKING:
    from flask import Flask


@dataclass(frozen=True)
class Subscription:
    """An event that a service listens to. `handler(work, event)` writes rows and publishes; it never commits and
    never calls a network. `bulk` gives it the engine with the long limits."""

    event: type[Event]
    handler: Callable[[UnitOfWork, Any], None]
    bulk: bool = False


@dataclass(frozen=True)
class Job:
    """One due row of the table `job`."""

    id: int
    tenant: str
    kind: str
    key: str
    payload: Mapping[str, Any]
    attempts: int
    asked: int = 1


JobHandler = Callable[["Service", Job], timedelta | None]
Republisher = Callable[[UnitOfWork], Iterator[Event]]
Check = Callable[[UnitOfWork], Sequence[Problem]]


@dataclass
class Service:
    """Everything that bootstrap builds.

    `republish` gives, for each state event that the service owns, the present state again in batches.
    `read_models` are the tables that can be dropped and rebuilt from others' events.
    `checks` are what `aimak doctor` asks; `control` gives the sums that doctor compares between services.
    `carry_forward` does, for a tenant, what the service does once its ledger days are closed.
    """

    name: str
    settings: Settings
    metadata: MetaData
    online: Database
    bulk: Database
    clock: Clock
    ids: IdSource
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    jobs: dict[str, JobHandler] = field(default_factory=dict)
    republish: dict[type[Event], Republisher] = field(default_factory=dict)
    read_models: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    control: Callable[[UnitOfWork], Mapping[str, int]] | None = None
    carry_forward: Callable[[Service, str], object] | None = None
    plugins: tuple[Any, ...] = ()
    web: Callable[[], Flask] | None = None

    @classmethod
    def open(cls, name: str, settings: Settings, metadata: MetaData, **parts: Any) -> Service:
        """A service on the databases, clock and ids that `settings` name; `parts` are the other fields."""
        from aimak.operations import maintain_daily

        url = settings.database(name)
        online = Database(url, "online")
        bulk = online if online.is_sqlite else Database(url, "bulk")
        service = cls(name, settings, metadata, online, bulk, settings.clock(), settings.ids(name), **parts)
        service.jobs.setdefault("maintain", maintain_daily)
        return service

    def listens(self, *subscriptions: Subscription) -> None:
        """Add subscriptions; one for each event."""
        for subscription in subscriptions:
            assert subscription.event.routing_key not in self.subscriptions, "one handler for each event"
            self.subscriptions[subscription.event.routing_key] = subscription

    def work(self, tenant: str, *, bulk: bool = False) -> UnitOfWork:
        """A unit of work for one tenant."""
        database = self.bulk if bulk else self.online
        return UnitOfWork(database, self.metadata, tenant, self.clock, self.ids, sets_time=self.settings.sets_time)

    def look(self, tenant: str) -> UnitOfWork:
        """A unit of work that writes nothing and waits for nobody who does."""
        return UnitOfWork(
            self.online, self.metadata, tenant, self.clock, self.ids, sets_time=self.settings.sets_time, writes=False
        )

    def close(self) -> None:
        """Close the databases' connections."""
        self.online.close()
        self.bulk.close()
