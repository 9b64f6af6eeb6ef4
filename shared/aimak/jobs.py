"""Jobs: what time or the outside world decides, done by the worker with no transaction open around it.

A job is held by a lock that dies with its process (PostgreSQL: a session's advisory lock; SQLite: a lock of the one
process that owns the file), so a killed worker's job is taken up at once and there is no lease to outlive.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from typing import Any, ClassVar

from sqlalchemy import Select, Table, Update, bindparam, case, literal_column, select, text, update

from aimak.messaging import faults
from aimak.messaging.relay import look, transaction
from aimak.service import Job, Service
from aimak.storage.prepared import fetch

# How many due rows a worker looks at to find one that no other holds.
_CANDIDATES = 20
_JOB_LOCK_SPACE = 0x61696D6A
# A process holds five services at most, a test run more.
_SERVICES = 64


@lru_cache(_SERVICES)
def _due_rows(table: Table) -> Select[Any]:
    """Jobs that are due at `now`. The state is written out: SQLite takes the index over waiting rows for that alone."""
    waiting = table.c.state == literal_column("'waiting'")
    query = select(table).where(waiting, table.c.due_at <= bindparam("now"))
    return query.order_by(table.c.due_at, table.c.id).limit(_CANDIDATES)


@lru_cache(_SERVICES)
def _one_due(table: Table) -> Select[Any]:
    """The job `job`, if it is due at `now`."""
    return _due_rows(table).where(table.c.id == bindparam("job"))


@lru_cache(_SERVICES)
def _marked_done(table: Table) -> Update:
    """Note that the job `job` is done, unless it was asked for again since it was asked for `seen` times."""
    state = case((table.c.asked != bindparam("seen"), "waiting"), else_="done")
    return update(table).where(table.c.id == bindparam("job")).values(state=state, attempts=0, problem=None)


class Worker:
    """Runs due jobs of one service, one at a time."""

    _held: ClassVar[set[tuple[str, int]]] = set()
    _guard: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, service: Service) -> None:
        self._service = service
        self._table = service.metadata.tables["job"]
        # A failed job waits by the process's own clock: a town's clock that stands still must not stop it.
        self._not_before: dict[int, float] = {}

    def step(self) -> bool:
        """Run one due job; says whether there was one."""
        for job in self._due():
            with self._hold(job.id) as held:
                if held and self._still_due(job.id):
                    self._run(job)
                    return True
        return False

    def _due(self) -> list[Job]:
        query, now = _due_rows(self._table), {"now": self._service.clock.now()}
        # However many wait for another attempt, they must not hide the others behind them.
        resting = [job_id for job_id, instant in self._not_before.items() if instant > time.monotonic()]
        with look(self._service) as connection:
            if resting:
                rows = connection.execute(query.where(self._table.c.id.not_in(resting)), now).all()
            else:
                rows = fetch(connection, query, now)
        known = [row for row in rows if row.kind in self._service.jobs]
        return [Job(row.id, row.tenant, row.kind, row.key, row.payload, row.attempts, row.asked) for row in known]

    def _still_due(self, job_id: int) -> bool:
        with look(self._service) as connection:
            return bool(fetch(connection, _one_due(self._table), {"now": self._service.clock.now(), "job": job_id}))

    def _run(self, job: Job) -> None:
        try:
            again = self._service.jobs[job.kind](self._service, job)
        except Exception as error:
            self._failed(job, error)
        else:
            self._done(job, again)

    def _done(self, job: Job, again: timedelta | None) -> None:
        self._not_before.pop(job.id, None)
        # Asked for again while it ran: what it has done may have been before what it was asked for.
        if again is None:
            with transaction(self._service) as connection:
                fetch(connection, _marked_done(self._table), {"job": job.id, "seen": job.asked})
            return
        once_more = self._table.c.asked != job.asked
        due = case((once_more, self._table.c.due_at), else_=self._service.clock.now() + again)
        self._change(job, due_at=due, attempts=0)

    def _failed(self, job: Job, error: Exception) -> None:
        attempts = job.attempts + 1
        delay_s = None if faults.is_permanent(error) else faults.retry_delay_s(attempts)
        if delay_s is None:
            self._not_before.pop(job.id, None)
            self._change(job, state="failed", attempts=attempts, problem=faults.reason(error))
            return
        self._not_before[job.id] = time.monotonic() + delay_s
        self._change(job, attempts=attempts, problem=faults.reason(error))

    def _change(self, job: Job, **values: object) -> None:
        with transaction(self._service) as connection:
            connection.execute(update(self._table).where(self._table.c.id == job.id).values(**values))

    @contextmanager
    def _hold(self, job_id: int) -> Iterator[bool]:
        if self._service.online.is_sqlite:
            yield from self._hold_in_process(job_id)
            return
        with self._service.bulk.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
            key = {"space": _JOB_LOCK_SPACE, "job": job_id % 2**31}
            held = bool(session.execute(text("SELECT pg_try_advisory_lock(:space, :job)"), key).scalar())
            try:
                yield held
            finally:
                if held:
                    session.execute(text("SELECT pg_advisory_unlock(:space, :job)"), key)

    def _hold_in_process(self, job_id: int) -> Iterator[bool]:
        name = (str(self._service.online.url), job_id)
        with self._guard:
            held = name not in self._held
            if held:
                self._held.add(name)
        try:
            yield held
        finally:
            if held:
                with self._guard:
                    self._held.discard(name)
