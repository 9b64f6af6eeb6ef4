"""Kills at seeded random moments: consumers, relays, supervisors, RabbitMQ and PostgreSQL."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from aimak.settings import SERVICES
from aimak.testing.servers import Installation, PostgresServer, RabbitServer
from aimak.testing.servers.process import descendants, is_alive


class Injector(threading.Thread):
    """Kills something every so often until stopped; what has no supervisor is started again at once."""

    def __init__(self, seed: int, installation: Installation, postgres: PostgresServer, rabbit: RabbitServer) -> None:
        super().__init__(name="injector")
        self._random = random.Random(seed)
        self._installation, self._postgres, self._rabbit = installation, postgres, rabbit
        self._ended = threading.Event()
        self.done: list[str] = []
        # Each kind comes before any comes twice.
        self._kinds: list[Callable[[], str]] = []

    def run(self) -> None:
        """Kill at random moments, one to four seconds apart."""
        while not self._ended.wait(self._random.uniform(1, 4)):
            if not self._kinds:
                self._kinds = [self._consumer, self._relay, self._supervisor, self._broker, self._database]
                self._random.shuffle(self._kinds)
            self.done.append(self._kinds.pop()())

    def end(self) -> None:
        """No more kills; everything is up when this returns."""
        self._ended.set()
        self.join()
        self._installation.start()

    def _consumer(self) -> str:
        return self._child("billing", "aimak.messaging.rabbitmq.consumer")

    def _relay(self) -> str:
        return self._child(self._random.choice(["billing", "payments"]), "aimak.supervisor.relay")

    def _child(self, service: str, module: str) -> str:
        process = self._installation.processes[service]
        for pid in descendants(process.pid):
            if module.encode() in _command(pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        return f"{service} {module.rpartition('.')[2]}"

    def _supervisor(self) -> str:
        service = self._random.choice(SERVICES)
        process = self._installation.processes[service]
        process.kill()
        process.wait()
        self._installation.start_service(service)
        return f"{service} supervisor"

    def _broker(self) -> str:
        self._rabbit.kill9()
        self._rabbit.restart()
        return "broker"

    def _database(self) -> str:
        alone = self._random.random() < 0.5
        self._postgres.kill9(postmaster_only=alone)
        self._postgres.restart()
        return "postmaster" if alone else "database"


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() if is_alive(pid) else b""
    except OSError:
        return b""
