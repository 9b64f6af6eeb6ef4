"""Goal: what `make up` started stays up until `make down`. Method: the script that both call, on servers of the test's
own and free ports; a supervisor and a service's HTTP are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from aimak.settings import SERVICES
from aimak.testing.servers import PostgresServer, RabbitServer
from aimak.testing.servers.process import LOOPBACK, descendants, free_port, is_alive, wait_until

SCRIPT = Path(__file__).parents[2] / "deploy" / "local" / "servers.py"
UP_S = 300

pytestmark = pytest.mark.servers


class MadeUp:
    """An installation that the script has brought up in `folder`."""

    def __init__(self, folder: Path, postgres: PostgresServer, rabbit: RabbitServer) -> None:
        self.folder = folder
        self.ports = {service: free_port() for service in SERVICES}
        listen = {f"AIMAK_{name.upper()}__LISTEN": f"{LOOPBACK}:{port}" for name, port in self.ports.items()}
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AIMAK_")},
            **listen,
            "AIMAK_BROKER__URL": rabbit.url,
            "AIMAK_SUPERUSER_DATABASE": postgres.url(),
        }

    def script(self, command: str) -> str:
        """What the script says; it must end well."""
        words = [sys.executable, str(SCRIPT), command, "--folder", str(self.folder)]
        done = subprocess.run(words, env=self._environment, capture_output=True, text=True, timeout=UP_S, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def watcher(self) -> int:
        """The process that looks after the others."""
        return int((self.folder / "watch.pid").read_text())

    def supervisor(self, service: str) -> int:
        """The supervisor of a service; 0 when none runs."""
        found = [pid for pid in descendants(self.watcher) if f"-m\0aimak_{service}\0".encode() in _command(pid)]
        return found[0] if found else 0

    def answers(self, service: str) -> bool:
        """Whether a service's HTTP answers."""
        try:
            return httpx.get(f"http://{LOOPBACK}:{self.ports[service]}/{service}/health", timeout=2).is_success
        except httpx.TransportError:
            return False


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.fixture
def made_up(tmp_path: Path, postgres: PostgresServer, rabbit: RabbitServer) -> Iterator[MadeUp]:
    """What `make up` leaves running; ended afterwards."""
    made = MadeUp(tmp_path / "servers", postgres, rabbit)
    try:
        made.script("up")
        yield made
    finally:
        made.script("down")


def test_a_dead_supervisor_is_started_again(made_up: MadeUp) -> None:
    """Killed with -9 it is there again, and its service answers; `up` once more starts nothing; `down` ends it all."""
    assert all(made_up.answers(service) for service in SERVICES)
    first = made_up.supervisor("notifications")
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: made_up.supervisor("notifications") not in (0, first), 30, "another supervisor")
    wait_until(lambda: made_up.answers("notifications"), 60, "notifications answers again")
    watcher = made_up.watcher
    assert "runs already" in made_up.script("up") and made_up.watcher == watcher
    left = [watcher, *descendants(watcher)]
    assert made_up.script("down") == "ended\n"
    assert not any(is_alive(pid) for pid in left)
