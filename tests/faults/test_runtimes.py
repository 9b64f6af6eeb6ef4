"""Goal: one month, whatever carries it and however often it is done. Method: every row of every service after the month
in one process on SQLite and after the month on RabbitMQ and PostgreSQL, under the same clock."""

from __future__ import annotations

import pytest

from tests.faults.books import Books, differences, without_tries
from tests.faults.conftest import Servers, embedded_month
from tests.faults.twice import Twice


@pytest.mark.servers
def test_a_month_is_the_same_on_servers(servers: Servers, expected: Books) -> None:
    """The servers come to the embedded runtime's books: bills, ledger, payments, SMS, every row."""
    found = differences(expected, servers.month())
    assert not found, "\n".join(found)


@pytest.fixture(scope="module")
def done_twice(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """The books after a month in one process in which everything is done again."""
    return embedded_month(tmp_path_factory.mktemp("twice"), Twice)


@pytest.mark.xdist_group("servers")
def test_doing_everything_again_has_one_effect(expected: Books, done_twice: Books) -> None:
    """Preview, issue and registries twice, a pay ten times at once, read models made again: the books of the month in
    which each was done once."""
    found = differences(without_tries(expected), without_tries(done_twice))
    assert not found, "\n".join(found)


@pytest.mark.servers
def test_doing_everything_again_has_one_effect_on_servers(servers: Servers, done_twice: Books) -> None:
    """The same on servers, where the ten calls meet in several processes."""
    servers.kind = Twice
    servers.processes = {"processes.payments.http": 2}
    found = differences(done_twice, servers.month())
    assert not found, "\n".join(found)
