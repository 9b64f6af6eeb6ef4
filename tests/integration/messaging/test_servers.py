"""The private servers: on the loopback alone, killed and brought back, and gone when they end."""

import psycopg
import pytest
from aimak.testing.servers import PostgresServer, RabbitServer
from aimak.testing.servers.process import is_alive, listeners

pytestmark = pytest.mark.servers
LOOPBACK = {"127.0.0.1", "::1"}


def test_the_servers_are_heard_on_the_loopback_alone(postgres: PostgresServer, rabbit: RabbitServer) -> None:
    """No process of either server listens on an address that another machine can reach."""
    assert listeners(postgres.pids) == {"127.0.0.1"}
    assert "127.0.0.1" in listeners(rabbit.pids) <= LOOPBACK


@pytest.mark.parametrize("postmaster_only", [False, True])
def test_a_killed_postgres_comes_back_with_what_was_committed(postgres: PostgresServer, postmaster_only: bool) -> None:
    """After SIGKILL to the whole group or to the postmaster alone, the same data answers on the same port."""
    with postgres.connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS survivor (one int)")
        connection.execute("INSERT INTO survivor VALUES (1)")
    held = postgres.connect()
    postgres.kill9(postmaster_only=postmaster_only)
    postgres.restart()
    with postgres.connect() as connection:
        row = connection.execute("SELECT count(*) >= 1 FROM survivor").fetchone()
    assert row == (True,)
    with pytest.raises(psycopg.OperationalError):
        held.execute("SELECT 1")


def test_a_stopped_postgres_leaves_no_process_and_no_folder() -> None:
    """When the server ends, its processes and its temporary folder are gone."""
    with PostgresServer() as server:
        pids, folder = server.pids, server.folder
    assert not [pid for pid in pids if is_alive(pid)]
    assert not folder.exists()


def test_a_stopped_rabbit_leaves_no_process_and_no_folder() -> None:
    """When the broker ends, the VM, its helpers, epmd and its temporary folder are gone."""
    with RabbitServer() as server:
        pids, folder = server.pids, server.folder
    assert not [pid for pid in pids if is_alive(pid)]
    assert not folder.exists()
