"""What the role that runs billing cannot do, the limits of both engines, and a day that closes beside postings."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg
import pytest
from aimak import ledger, operations
from aimak.ledger.postings import close_day
from aimak.service import Service
from aimak.storage import migrate, roles
from aimak.testing.servers import PostgresServer
from aimak_billing.bootstrap import build

from tests.unit.billing.conftest import settings_for
from tests.unit.billing.town import TENANT, Town

pytestmark = pytest.mark.servers

PASSWORD = "of-the-roles"
# What would take a guard away, empty a table, or let somebody do it later.
FORBIDDEN = [
    "ALTER TABLE transfer DISABLE TRIGGER ALL",
    "DROP TRIGGER transfer_no_change ON transfer",
    "CREATE OR REPLACE FUNCTION aimak_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    "DROP TABLE bill_line",
    "TRUNCATE payment_part",
    "ALTER TABLE bill ADD COLUMN note text",
    "CREATE TABLE mine (id int)",
    "ALTER TABLE transfer OWNER TO aimak_billing",
    "SET session_replication_role = replica",
    "SET ROLE aimak_billing_owner",
]


@pytest.fixture(scope="module")
def served(postgres: PostgresServer) -> Iterator[Service]:
    """Billing as an installation has it: one role owns the tables and migrates, another runs the service."""
    name = f"roles_{uuid.uuid4().hex}"
    with postgres.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
    with postgres.connect(name) as connection:
        roles.create(connection, "billing", PASSWORD, PASSWORD)
    service = build(settings_for(postgres.url(name, roles.service_role("billing"), PASSWORD)))
    migrate.upgrade(service, postgres.url(name, roles.owner_role("billing"), PASSWORD))
    yield service
    service.close()


def test_the_role_that_runs_owns_nothing(served: Service) -> None:
    """Every table of the schema is the other role's, and this one reads and writes rows in it."""
    with served.work("-") as work:
        owners = work.connection.exec_driver_sql(
            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'billing'"
        ).scalars()
        assert list(owners) == ["aimak_billing_owner"]
        assert work.connection.exec_driver_sql("SELECT current_user").scalar() == "aimak_billing"
        work.connection.exec_driver_sql("INSERT INTO counter (tenant, name, next) VALUES ('t', 'n', 1)")
        assert work.connection.exec_driver_sql("DELETE FROM counter").rowcount == 1


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_role_that_runs_takes_no_guard_away(served: Service, statement: str) -> None:
    """Whoever has the service's own password cannot make the ledger writable."""
    with served.online.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            raw.execute(statement)  # type: ignore[attr-defined]
        raw.rollback()  # type: ignore[attr-defined]


@pytest.mark.parametrize(("name", "limits"), [("online", ("10s", "3s")), ("bulk", ("5min", "30s"))])
def test_each_engine_has_its_limits(served: Service, name: str, limits: tuple[str, str]) -> None:
    """A person waits ten seconds for a statement and three for a lock, a chunk 300 and 30."""
    with getattr(served, name).engine.connect() as connection:
        said = [connection.exec_driver_sql(f"SHOW {what}").scalar() for what in ("statement_timeout", "lock_timeout")]
        assert tuple(said) == limits
        assert connection.exec_driver_sql("SHOW timezone").scalar() == "UTC"


@pytest.mark.parametrize(
    ("made", "codes"), [("", []), ("LOCALE_PROVIDER icu ICU_LOCALE 'ky' TEMPLATE template0", ["AIM-K084"])]
)
def test_doctor_tells_of_a_database_with_an_order_of_its_own(
    postgres: PostgresServer, made: str, codes: list[str]
) -> None:
    """Lists are in one order in every installation: a PostgreSQL that sorts as a language does is named."""
    name = f"order_{uuid.uuid4().hex}"
    with postgres.connect() as connection:
        connection.execute(f"CREATE DATABASE {name} {made}")
    service = build(settings_for(postgres.url(name)))
    migrate.upgrade(service)
    with service.work("-") as work:
        found = operations.examine(service, work)
    service.close()
    assert [problem.code for problem in found if problem.code == "AIM-K084"] == codes


def test_an_old_database_is_refused_and_not_migrated(postgres: PostgresServer) -> None:
    """A service that meets another version says so and changes nothing."""
    name = f"old_{uuid.uuid4().hex}"
    with postgres.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
    service = build(settings_for(postgres.url(name)))
    with pytest.raises(migrate.Conflict, match="AIM-K050"):
        migrate.require_current(service)
    with postgres.connect(name) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert tables == (0,)
    migrate.upgrade(service)
    migrate.require_current(service)
    service.close()


def test_a_day_closes_after_the_postings_that_are_under_way(another: Callable[[], Town]) -> None:
    """Two that post share the day; who closes it waits for both; who comes while he waits gets the day after, though
    his own clock has not moved."""
    first, second, closing, late = (another() for _ in range(4))
    closing.service.clock.instant += timedelta(days=1)  # type: ignore[attr-defined]
    closed = threading.Event()

    def close() -> None:
        with closing.service.work(TENANT, bulk=True) as work:
            close_day(work, work.today() - timedelta(days=1))
            work.commit()
        closed.set()

    with first.service.work(TENANT) as one, second.service.work(TENANT) as two:
        day = ledger.open_day(one)
        assert ledger.open_day(two) == day == one.today()
        thread = threading.Thread(target=close)
        thread.start()
        assert not closed.wait(1.0), "the day was closed under two open postings"
        one.commit()
        assert not closed.wait(0.5), "the day was closed under an open posting"
        two.commit()
        end = time.monotonic() + 20
        assert closed.wait(end - time.monotonic())
        thread.join()
    with late.service.work(TENANT) as work:
        assert work.today() == day
        assert ledger.open_day(work) == day + timedelta(days=1)
