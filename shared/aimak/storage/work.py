"""The unit of work: one transaction with its clock, its ids and its outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Executable, MetaData, Select, Table, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import OperationalError

from aimak import audit
from aimak.clock import Clock, IdSource
from aimak.contracts.base import Event
from aimak.period import business_date
from aimak.problems import NotFound, PermanentFault, Problem
from aimak.settings import NO_TENANT
from aimak.storage import trial
from aimak.storage.database import Database
from aimak.storage.prepared import Values, fetch
from aimak.storage.statements import insert_into, rows_where

# A process holds five services at most, a test run more.
_SERVICES = 64


@lru_cache(_SERVICES)
def _locked_job(table: Table) -> Select[Any]:
    return rows_where(table, "tenant", "kind", "key").with_for_update()


@dataclass(frozen=True)
class Tenant:
    """What every service knows of a municipality."""

    code: str
    name: Mapping[str, str]
    zone: str
    languages: tuple[str, ...]
    is_test: bool


class UnitOfWork:
    """`with work:` opens a transaction; leaving it without `commit()` changes nothing.

    One tenant, one instant (`now`, taken when it opens). Events published here are rows of the outbox in the same
    transaction and travel only after the commit. Without `writes` it is a look: nothing may be written, and nobody
    who writes is waited for.
    """

    def __init__(
        self,
        database: Database,
        metadata: MetaData,
        tenant: str,
        clock: Clock,
        ids: IdSource,
        *,
        sets_time: bool = False,
        writes: bool = True,
    ) -> None:
        self.database = database
        self.metadata = metadata
        self.tenant = tenant
        self.clock = clock
        self.ids = ids
        self._sets_time = sets_time
        self._writes = writes
        self._connection: Connection | None = None
        self._trial: trial.Trial | None = None
        self._tenant: Any = None
        self.notes: list[dict[str, Any]] = []
        self.is_noted = True
        self.now: datetime

    def __enter__(self) -> Self:
        assert self._connection is None, "a unit of work is opened once"
        self.now = self.clock.now()
        self._trial = trial.present()
        self._connection = self._trial.join(self.database) if self._trial else self.database.begin(writes=self._writes)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            # An interrupt in the middle of a statement has closed the driver's connection, and with it the transaction.
            if not connection.invalidated:
                self._end(connection, "ROLLBACK")
        except OperationalError:
            connection.invalidate()
        finally:
            self._close(connection)

    @property
    def connection(self) -> Connection:
        """The open connection."""
        assert self._connection is not None, "the unit of work is not open"
        return self._connection

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded runtime's database is underneath."""
        return self.database.is_sqlite

    @property
    def is_tried(self) -> bool:
        """Whether all of this is undone in the end: a command that is only tried."""
        return self._trial is not None

    def table(self, name: str) -> Table:
        """A table of the service's metadata."""
        return self.metadata.tables[name]

    def execute(self, statement: Executable, values: Any = None) -> CursorResult[Any]:
        """Run a statement in this transaction."""
        result = self.connection.execute(statement, values)
        assert isinstance(result, CursorResult)
        return result

    def fetch(self, statement: Executable, values: Values) -> Sequence[Any]:
        """Run a statement that is built once and give its rows (`storage.prepared`)."""
        return fetch(self.connection, statement, values)

    def commit(self) -> None:
        """Make everything of this unit durable and close it. A command that is only tried keeps it until its end."""
        assert self._writes, "a look has nothing to commit"
        connection = self.connection
        audit.write(self)
        self._end(connection, "COMMIT")
        self._connection = None
        self._close(connection)

    def _close(self, connection: Connection) -> None:
        if self._trial is None:
            connection.close()

    def _end(self, connection: Connection, how: str) -> None:
        if self._trial is not None:
            self._trial.leave(connection, kept=how == "COMMIT")
        elif self.is_sqlite:
            connection.exec_driver_sql(how)
        elif how == "COMMIT":
            connection.commit()
        else:
            connection.rollback()

    def publish(self, event: Event, to: str | None = None) -> None:
        """Put an event into the outbox; `to` names the one service that is to get it (rebuild)."""
        assert event.tenant == self.tenant, "an event of another tenant"
        assert self._writes, "a look tells nothing"
        if len(event) == 0:
            return
        for rows, body in event.bodies():
            self.fetch(
                insert_into(self.table("outbox")),
                {
                    "tenant": self.tenant,
                    "routing_key": event.routing_key,
                    "consumer": to,
                    "rows": rows,
                    "body": body,
                    "occurred_at": self.now,
                },
            )

    def schedule(
        self, kind: str, key: str, payload: Mapping[str, Any] | None = None, due_at: datetime | None = None
    ) -> None:
        """Have a job done by the worker at `due_at` (default: now). The same kind and key again is the same job;
        one that was done or has failed is done again, and one that is being done just now is done once more."""
        assert self._writes, "a look asks for nothing to be done"
        job, due = self.table("job"), due_at or self.now
        values = {"payload": dict(payload or {}), "due_at": due, "attempts": 0, "state": "waiting", "problem": None}
        named = {"tenant": self.tenant, "kind": kind, "key": key}
        known = next(iter(self.fetch(_locked_job(job), named)), None)
        if known is None:
            self.fetch(insert_into(job), {**named, "asked": 1, **values})
            return
        same = (job.c.tenant == self.tenant) & (job.c.kind == kind) & (job.c.key == key)
        changes = values if known.state != "waiting" else {"due_at": min(due, known.due_at)}
        self.execute(update(job).where(same).values(asked=job.c.asked + 1, **changes))

    def tenant_facts(self) -> Tenant:
        """What is known of this unit's tenant. Raises NotFound when it is not defined."""
        self.refuse_set_time()
        row = self._tenant_row()
        if row is None:
            raise NotFound(
                Problem("AIM-K032") if self.tenant == NO_TENANT else Problem("AIM-K030", {"tenant": self.tenant})
            )
        return Tenant(row.code, row.name, row.zone, tuple(row.languages.split(",")), row.is_test)

    def refuse_set_time(self) -> None:
        """A clock or ids that were set by hand serve only a tenant marked `test`. Raises PermanentFault."""
        if not self._sets_time:
            return
        row = self._tenant_row()
        if row is not None and not row.is_test:
            raise PermanentFault(Problem("AIM-K031", {"tenant": self.tenant}))

    def _tenant_row(self) -> Any:
        if self._tenant is None:
            table = self.table("tenant")
            self._tenant = next(iter(self.fetch(rows_where(table, "code"), {"code": self.tenant})), None)
        return self._tenant

    def today(self) -> date:
        """The business date of this unit's instant in the tenant's zone."""
        return business_date(self.now, self.tenant_facts().zone)
