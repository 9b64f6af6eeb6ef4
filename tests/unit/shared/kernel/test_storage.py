"""A unit of work changes nothing without commit, guards hold, read models take only what is newer."""

import sqlite3
import threading
from collections.abc import Callable, Iterator

import polars as pl
import pytest
from aimak import ledger
from aimak.problems import Conflict, NotFound, PermanentFault
from aimak.service import Service
from aimak.storage import bulk, database, guards
from aimak.storage.counters import reserve
from aimak.storage.upsert import insert_missing, insert_once, upsert_newer
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError

from tests.unit.shared.kernel.conftest import define_tenant

Make = Callable[[str], Service]


def known(make_service: Make, **facts: object) -> Service:
    """A service that knows the municipality."""
    from aimak.messaging.inprocess import Pump

    service = make_service("billing")
    define_tenant(service, **facts)  # type: ignore[arg-type]
    Pump([service]).drain()
    return service


def test_leaving_without_commit_changes_nothing(make_service: Make) -> None:
    """A unit that is left, by an error or quietly, writes neither rows nor events."""
    service = make_service("billing")
    with service.work("naryn") as work:
        reserve(work, "bill", 10)
        work.schedule("maintain", "now")
    with service.work("naryn") as work:
        assert reserve(work, "bill", 10) == 1
        assert work.execute(select(work.table("job"))).all() == []


def test_reserved_blocks_follow_each_other(make_service: Make) -> None:
    """Each block begins where the last one ended, each tenant counts for itself."""
    service = make_service("billing")
    firsts = []
    for tenant, count in (("naryn", 5), ("naryn", 0), ("naryn", 2), ("osh", 1)):
        with service.work(tenant) as work:
            firsts.append(reserve(work, "bill", count))
            work.commit()
    assert firsts == [1, 6, 6, 1]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE transfer SET amount = 1",
        "DELETE FROM transfer",
        "REPLACE INTO transfer SELECT * FROM transfer",
        "INSERT OR REPLACE INTO transfer SELECT tenant, id, debit, credit, 9, business_date, ledger_day, kind,"
        " source_id, account_id, provider, service, origin FROM transfer",
    ],
)
def test_a_posted_transfer_stays_as_it_is(make_service: Make, statement: str) -> None:
    """UPDATE, DELETE and both spellings of REPLACE are refused, also by somebody with a database shell."""
    service = known(make_service)
    with service.work("naryn") as work:
        facts = {"kind": "opening", "source_id": 1}
        row = ledger.transfer(work, 1, debit=1, credit=2, amount=100, business_date=work.today(), **facts)
        ledger.post(work, [row])
        work.commit()
    with service.work("naryn") as work, pytest.raises(IntegrityError, match="append-only"):
        work.connection.exec_driver_sql(statement)


def test_lost_guards_are_noticed(make_service: Make) -> None:
    """A trigger that is gone is among what is expected and not among what is present."""
    service = make_service("billing")
    with service.work("naryn") as work:
        work.connection.exec_driver_sql("DROP TRIGGER transfer_no_delete")
        assert guards.expected(service.metadata, "sqlite") - guards.present(work.connection) == {"transfer_no_delete"}


def test_a_negative_amount_turns_the_transfer(make_service: Make) -> None:
    """An advance is the same transfer the other way round, with an amount above zero."""
    service = known(make_service)
    with service.work("naryn") as work:
        row = ledger.transfer(work, 1, debit=1, credit=2, amount=-7, business_date=work.today(), kind="x", source_id=1)
    assert (row["debit"], row["credit"], row["amount"]) == (2, 1, 7)


def test_postings_after_a_day_is_closed_carry_a_later_day(make_service: Make) -> None:
    """A closed ledger day takes no more postings, and today cannot be closed before it is over."""
    service = known(make_service)
    with service.work("naryn") as work:
        today = work.today()
        with pytest.raises(Conflict):
            ledger.close_day(work, today)
        ledger.close_day(work, today.replace(day=1))
        assert ledger.open_day(work) == today
        work.clock.instant = work.clock.instant.replace(month=10)  # type: ignore[attr-defined]
        work.now = work.clock.now()
        assert ledger.open_day(work) == today.replace(day=2)


def test_a_read_model_takes_only_what_is_newer(make_service: Make) -> None:
    """Rows that come late, twice or out of order leave the newest version standing."""
    service = make_service("billing")
    row = {"code": "naryn", "name": {}, "zone": "Asia/Bishkek", "languages": "ky", "is_test": True}
    with service.work("naryn") as work:
        table = work.table("tenant")
        for version, zone in ((2, "B"), (1, "A"), (2, "C"), (3, "D"), (2, "B")):
            upsert_newer(work, table, [{**row, "zone": zone, "version": version}])
        upsert_newer(work, table, [{**row, "zone": "F", "version": 5}, {**row, "zone": "E", "version": 4}])
        assert work.execute(select(table.c.zone, table.c.version)).all() == [("F", 5)]


def test_rows_are_inserted_once(make_service: Make) -> None:
    """Of many rows only those come in whose key is not there; what stands there stays as it was."""
    service = make_service("billing")
    with service.work("naryn") as work:
        table = work.table("counter")
        rows = [{"tenant": "naryn", "name": name, "next": number} for number, name in enumerate("ab")]
        assert insert_once(work, table, rows[1])
        insert_missing(work, table, [{**row, "next": 7} for row in rows])
        assert not insert_once(work, table, {**rows[1], "next": 9})
        insert_missing(work, table, [])
        assert work.execute(select(table.c.name, table.c.next).order_by("name")).all() == [("a", 7), ("b", 1)]


@pytest.fixture
def held(make_service: Make, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Service, sqlite3.Connection]]:
    """A service and another's connection that holds the write lock of its file; SQLite itself hardly waits for it."""
    monkeypatch.setattr(database, "SQLITE_BUSY_S", 0.01)
    service = make_service("billing")
    other = sqlite3.connect(str(service.online.url.database), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    yield service, other
    other.close()


def test_a_lock_that_passes_is_waited_for(held: tuple[Service, sqlite3.Connection]) -> None:
    """A file that another has locked for a moment is no fault: the transaction begins when the lock is free."""
    service, other = held
    threading.Timer(0.15, other.execute, ["COMMIT"]).start()
    with service.work("naryn") as work:
        assert reserve(work, "run", 1) == 1
        work.commit()


def test_a_lock_that_stays_is_a_fault(held: tuple[Service, sqlite3.Connection]) -> None:
    """Whoever waits is told in the end, after a second and not for ever."""
    service, _ = held
    with pytest.raises(OperationalError, match="locked"), service.work("naryn"):
        pass


def test_a_bulk_load_keeps_every_character(make_service: Make) -> None:
    """Quotes, semicolons, empty text and null arrive as they were."""
    service = known(make_service)
    kinds = ['a"b;c,\\N', "", "ңөү", "\\N"]
    with service.work("naryn") as work:
        frame = pl.DataFrame({"id": [1, 2, 3, 4], "kind": kinds, "service": ["x", None, "", None]}).with_columns(
            tenant=pl.lit("naryn"), debit=1, credit=2, amount=5, source_id=1,
            business_date=pl.lit(work.today()), ledger_day=pl.lit("2026-11-02"),
        )  # fmt: skip
        assert bulk.load(work, work.table("transfer"), frame) == 4
        table = work.table("transfer")
        rows = work.execute(select(table.c.kind, table.c.service, table.c.business_date).order_by(table.c.id)).all()
        assert [tuple(row) for row in rows] == [
            (k, s, work.today()) for k, s in zip(kinds, ["x", None, "", None], strict=True)
        ]


def test_a_bulk_change_writes_the_rows_it_names(make_service: Make) -> None:
    """Only the rows that the keys name are changed, and only in the columns given; text and null arrive as they are."""
    service = known(make_service)
    with service.work("naryn") as work:
        job = work.table("job")
        for key in ("a", "b", "c"):
            work.schedule("sample", key)
        changed = pl.DataFrame({"kind": "sample", "key": ["a", "c", "d"], "problem": ['x"y', None, "z"], "attempts": 7})
        assert bulk.change(work, job, changed, ("kind", "key")) == 3
        columns = (job.c.key, job.c.problem, job.c.attempts, job.c.state)
        rows = work.execute(select(*columns).where(job.c.kind == "sample").order_by(job.c.key)).all()
    assert [tuple(row) for row in rows] == [
        ("a", 'x"y', 7, "waiting"), ("b", None, 0, "waiting"), ("c", None, 7, "waiting")
    ]  # fmt: skip


def test_a_clock_set_by_hand_serves_no_real_town(make_service: Make) -> None:
    """With clock or ids set, a municipality that is not marked as a test is refused."""
    service = known(make_service, is_test=False)
    with service.work("naryn") as work, pytest.raises(PermanentFault, match="AIM-K031"):
        work.tenant_facts()


def test_an_unknown_town_is_named(make_service: Make) -> None:
    """Asking for a municipality that nobody defined says so."""
    with make_service("billing").work("osh") as work, pytest.raises(NotFound, match="AIM-K030"):
        work.today()


def test_every_connection_is_safe(make_service: Make) -> None:
    """Write-ahead log, each commit on the disk, foreign keys, triggers that see a REPLACE: in whatever connection."""
    service = make_service("billing")
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}
    with service.online.engine.connect() as one, service.online.engine.connect() as other:
        for connection in (one, other):
            said = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
            assert said == wanted


def test_no_parallel_write_fails(make_service: Make) -> None:
    """Eight writers that first read and then write, each twenty times: none is turned away halfway, and none sees what
    another has in hand."""
    service = make_service("billing")
    failed: list[BaseException] = []

    def write() -> None:
        for _ in range(20):
            try:
                with service.work("naryn") as work:
                    reserve(work, "bill", 1)
                    work.commit()
            except BaseException as error:
                failed.append(error)

    writers = [threading.Thread(target=write) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failed == []
    with service.work("naryn") as work:
        assert reserve(work, "bill", 0) == 161
