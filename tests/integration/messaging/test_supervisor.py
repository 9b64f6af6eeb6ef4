"""A real supervisor with real children over real servers."""

import os
import signal
from collections.abc import Iterator

import httpx
import pytest
from aimak.testing.servers.process import descendants, free_port, is_alive

from tests.integration.messaging.conftest import Listener, wait_for

pytestmark = pytest.mark.servers


@pytest.fixture
def supervised(listener: Listener) -> Iterator[tuple[Listener, int, str]]:
    """The listener under its supervisor, two HTTP processes on one socket: listener, supervisor's id, address."""
    address = f"127.0.0.1:{free_port()}"
    process = listener.start(
        "aimak_listener",
        AIMAK_LISTENER__LISTEN=address,
        AIMAK_AUTH__SECRET="s" * 32,
        AIMAK_PROCESSES__HTTP="2",
        **{f"AIMAK_PROCESSES__{kind}": "1" for kind in ("CONSUMER", "RELAY", "WORKER")},
    )
    wait_for(lambda: "consumes" in listener.log() and answers(address), 60, listener.log)
    yield listener, process.pid, address
    if process.poll() is None:
        process.terminate()
        process.wait(30)


def answers(address: str) -> bool:
    """Whether the service's HTTP answers."""
    try:
        return httpx.get(f"http://{address}/listener/health", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def test_a_killed_child_is_started_again(supervised: tuple[Listener, int, str]) -> None:
    """All five are killed; HTTP and consumer work again without anybody's help."""
    listener, supervisor, address = supervised
    children = descendants(supervisor)
    assert len(children) == 5
    for child in children:
        os.kill(child, signal.SIGKILL)
    wait_for(lambda: len(set(descendants(supervisor)) - set(children)) == 5 and answers(address), 60)
    listener.say("plain")
    wait_for(lambda: listener.heard("plain") == 1, 30)


def test_children_end_when_the_supervisor_is_killed(supervised: tuple[Listener, int, str]) -> None:
    """No child outlives a supervisor that had no time to say so."""
    _listener, supervisor, _ = supervised
    children = descendants(supervisor)
    os.kill(supervisor, signal.SIGKILL)
    wait_for(lambda: not [child for child in children if is_alive(child)], 20)


def test_a_supervisor_told_to_end_ends_with_all_its_children(supervised: tuple[Listener, int, str]) -> None:
    """SIGTERM is a clean stop within 20 seconds."""
    listener, supervisor, _ = supervised
    children = descendants(supervisor)
    listener.processes[-1].terminate()
    assert listener.processes[-1].wait(timeout=22) == 0
    assert not [child for child in children if is_alive(child)]
    assert "did not end and is killed" not in listener.log()
