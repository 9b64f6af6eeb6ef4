"""The supervisor: opens the listening sockets, starts children, starts them again when they end, stops them cleanly."""

from __future__ import annotations

import logging
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aimak.settings import Settings

STOP_S = 20.0
_POLL_S = 0.1
_FIRST_DELAY_S = 0.5
_LONGEST_DELAY_S = 30.0
# A child that lived this long is started again as if for the first time.
_STEADY_S = 60.0
# A dead supervisor's children need a moment to give the port up.
_BIND_S = 30.0
_BACKLOG = 1024

ENTRY = {
    "http": "aimak.supervisor.http",
    "consumer": "aimak.messaging.rabbitmq.consumer",
    "relay": "aimak.supervisor.relay",
    "worker": "aimak.supervisor.worker",
}
COUNTS = {"http": 2, "consumer": 2, "relay": 2, "worker": 1}

_log = logging.getLogger(__name__)


@dataclass
class Child:
    """One place of a child process: who is in it, and when the next may start."""

    kind: str
    number: int
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    not_before: float = 0.0

    @property
    def name(self) -> str:
        """ "relay-2": its kind and number."""
        return f"{self.kind}-{self.number}"


class Supervisor:
    """Runs one service's processes. Its children end when it does: each reads a pipe that closes with this process.

    Settings: `processes.<kind>` or `processes.<service>.<kind>` say how many; `<service>.listen` is the address;
    `<service>.nginx_socket` is a unix socket for nginx alone, on which a caller's address in a header is believed.
    """

    def __init__(self, service: str, settings: Settings) -> None:
        self._service = service
        self._settings = settings
        self._children = [Child(kind, number) for kind in ENTRY for number in range(1, self._count(kind) + 1)]
        self._ending = False
        self._sockets: dict[str, socket.socket] = {}
        self._read_end, self._write_end = os.pipe()

    def run(self) -> None:
        """Supervise until SIGTERM or SIGINT; then every child has 20 seconds to end."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        raise_file_limit()
        if self._count("http"):
            self._sockets["--socket"] = listen(*self._address())
            if path := self._settings.get(f"{self._service}.nginx_socket"):
                self._sockets["--nginx-socket"] = listen_unix(Path(path))
        while not self._ending:
            for child in self._children:
                self._look_after(child)
            time.sleep(_POLL_S)
        self._stop_children()

    def _count(self, kind: str) -> int:
        general = self._settings.number(f"processes.{kind}", COUNTS[kind])
        return self._settings.number(f"processes.{self._service}.{kind}", general)

    def _address(self) -> tuple[str, int]:
        host, _, port = self._settings.listen(self._service).rpartition(":")
        return host, int(port)

    def _end(self, _number: int, _frame: Any) -> None:
        self._ending = True

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.not_before:
                self._start(child)
            return
        code = child.process.poll()
        if code is None:
            return
        child.process = None
        child.failures = 0 if now - child.started > _STEADY_S else child.failures + 1
        delay_s = min(_FIRST_DELAY_S * 2 ** max(child.failures - 1, 0), _LONGEST_DELAY_S)
        child.not_before = now + delay_s
        _log.warning("%s %s ended with %d; again in %.1f s", self._service, child.name, code, delay_s)

    def _start(self, child: Child) -> None:
        command = [sys.executable, "-m", ENTRY[child.kind], self._service, "--pipe", str(self._read_end)]
        handed = [self._read_end]
        if child.kind == "http":
            for name, opened in self._sockets.items():
                handed.append(opened.fileno())
                command += [name, str(opened.fileno())]
        child.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=handed, env=self.environment())
        child.started = time.monotonic()
        _log.info("%s %s is process %d", self._service, child.name, child.process.pid)

    def environment(self) -> dict[str, str]:
        """The variables of a child: Polars has as many threads as leave each consumer its share of the cores."""
        cores = len(os.sched_getaffinity(0))
        threads = max(1, cores // max(1, self._count("consumer")))
        return {"POLARS_MAX_THREADS": str(threads), **os.environ}

    def _stop_children(self) -> None:
        running = [child.process for child in self._children if child.process is not None]
        for process in running:
            with suppress(ProcessLookupError):
                process.terminate()
        end = time.monotonic() + STOP_S
        for process in running:
            try:
                process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                _log.warning("%s process %d did not end and is killed", self._service, process.pid)
                process.kill()
                process.wait()
        _log.info("%s ended", self._service)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; waits up to 30 s for its address to be free. Raises OSError."""
    end = time.monotonic() + _BIND_S
    while True:
        opened = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind((host.strip("[]"), port))
            opened.listen(_BACKLOG)
            return opened
        except OSError:
            opened.close()
            if time.monotonic() > end:
                raise
            time.sleep(_POLL_S * 3)


def listen_unix(path: Path) -> socket.socket:
    """A listening unix socket that owner and group may use; one that a dead supervisor left is replaced."""
    path.unlink(missing_ok=True)
    opened = socket.socket(socket.AF_UNIX)
    before = os.umask(0o117)
    try:
        opened.bind(str(path))
    finally:
        os.umask(before)
    opened.listen(_BACKLOG)
    return opened


def raise_file_limit() -> None:
    """Twenty thousand connections need as many descriptors; children inherit the limit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
