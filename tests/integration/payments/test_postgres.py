"""What partners are promised holds on PostgreSQL as on SQLite: the same tests, and what only many writers can show."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from aimak.contracts.payments import PaymentsReceived
from aimak.storage import guards
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import DBAPIError

from tests.unit.payments.conftest import Town, registry, result
from tests.unit.payments.test_online import *  # noqa: F403
from tests.unit.payments.test_registries import *  # noqa: F403

pytestmark = pytest.mark.servers


def at_once(calls: list[Callable[[], None]]) -> None:
    """Run all of them side by side."""
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_parallel_payments_of_one_account_are_split_one_after_another(town: Town) -> None:
    """Payments under different ids for one account wait for each other: nobody's debt is paid twice."""
    at_once([lambda number=number: town.pay(str(number), "0100001", "30.00") and None for number in range(12)])  # type: ignore[misc]
    account = town.call("GET", "/payments/accounts/0100001").get_json()
    assert {row["provider"]: row["balance_tyiyn"] for row in account["providers"]} == {
        "tazalyk": 0,
        "vodokanal": -6_000,
    }
    assert len(town.rows("payment")) == 12


def test_registry_beside_the_same_payments_online(town: Town) -> None:
    """The same payments by registry and online at the same time are credited once, and each is answered as taken."""
    lines = [(str(number), "23.11.2026", "12:00:00", f"010000{1 + number % 2}", "1.00") for number in range(60)]
    answers: list[int] = []

    def online(part: int) -> None:
        for number in range(part, 60, 4):
            answers.append(result(town.pay(str(number), f"010000{1 + number % 2}", "1.00")))

    started = town.call("POST", "/payments/imports/registry?partner=kapchyk", data=registry(*lines))
    at_once([town.drain, *(lambda part=part: online(part) for part in range(4))])  # type: ignore[misc]
    town.drain()
    assert answers == [0] * 60
    assert len(town.rows("payment")) == 60
    assert sum(row["amount_tyiyn"] for row in town.sent(PaymentsReceived)) == 6_000
    report = town.call("GET", f"/payments/registries/{started.get_json()['import']}").get_json()
    assert {row["match"] for row in report["matches"]} <= {"MATCHED", "MISSING_ONLINE"} and report["lines"] == 60
    assert town.call("GET", "/payments/doctor").get_json()["problems"] == []


@pytest.mark.parametrize("table", ["answer", "payment", "payment_part", "transfer", "registry_line"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET tenant = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_what_was_taken_is_never_changed(town: Town, table: str, statement: str) -> None:
    """Payments, answers and the ledger refuse every change."""
    town.pay("1", "0100001", "1.00")
    town.bring(registry(("1", "23.11.2026", "12:00", "0100001", "1.00")))
    with town.service.work("naryn") as work, pytest.raises(DBAPIError, match="AIM-K020"):
        work.connection.exec_driver_sql(statement.format(table))


def test_migrations_make_the_tables_of_the_code_here_too(town: Town) -> None:
    """After all migrations the database has the metadata's tables and every guard."""
    with town.service.work("-") as work:
        context = MigrationContext.configure(work.connection)
        assert compare_metadata(context, town.service.metadata) == []
        assert guards.present(work.connection) == guards.expected(town.service.metadata, "postgresql")
