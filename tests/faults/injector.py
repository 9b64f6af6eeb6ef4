"""Kills at seeded random moments."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

from aimak.settings import SERVICES
from aimak.testing.servers import Installation, PostgresServer, RabbitServer
from aimak.testing.servers.process import descendants, is_alive

Kill = Callable[[random.Random], str]


class Injector(threading.Thread):
    """Kills each kind of thing once, in a drawn order and at drawn moments, waits until all is up again (`recover`),
    and begins anew, until ended or, where `rounds` is given, so often. `pause_s`: the shortest and the longest time
    between two kills."""

    def __init__(
        self,
        seed: int,
        kinds: Sequence[Kill],
        pause_s: tuple[float, float],
        recover: Callable[[], object],
        rounds: int | None = None,
    ) -> None:
        super().__init__(name="injector")
        self._random = random.Random(seed)
        self._kinds, self._pause_s, self._recover = kinds, pause_s, recover
        self._rounds: Iterable[int] = count() if rounds is None else range(rounds)
        self._ended = threading.Event()
        self.done: list[str] = []

    def run(self) -> None:
        """Kill at random moments."""
        for _ in self._rounds:
            for kill in self._random.sample(self._kinds, len(self._kinds)):
                if self._ended.wait(self._random.uniform(*self._pause_s)):
                    return
                self.done.append(kill(self._random))
            self._recover()
            if self._ended.is_set():
                return

    def end(self) -> None:
        """No more kills; everything is up when this returns."""
        self._ended.set()
        self.join()
        self._recover()


class ServerKills:
    """What can be killed of an installation; what has no supervisor is started again at once. `services`: those of it
    that run."""

    def __init__(
        self,
        installation: Installation,
        postgres: PostgresServer,
        rabbit: RabbitServer,
        services: Sequence[str] = SERVICES,
    ) -> None:
        self._installation, self._postgres, self._rabbit = installation, postgres, rabbit
        self._services = services

    def kinds(self) -> list[Kill]:
        """Billing's consumer, a relay, a supervisor, RabbitMQ, PostgreSQL."""
        return [self._consumer, self._relay, self._supervisor, self._broker, self._database]

    def _consumer(self, _: random.Random) -> str:
        return self._child("billing", "aimak.messaging.rabbitmq.consumer")

    def _relay(self, chance: random.Random) -> str:
        with_relay = [name for name in ("billing", "payments") if name in self._services]
        return self._child(chance.choice(with_relay), "aimak.supervisor.relay")

    def _child(self, service: str, module: str) -> str:
        process = self._installation.processes[service]
        for pid in descendants(process.pid):
            if module.encode() in _command(pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        return f"{service} {module.rpartition('.')[2]}"

    def _supervisor(self, chance: random.Random) -> str:
        service = chance.choice(self._services)
        process = self._installation.processes[service]
        process.kill()
        process.wait()
        self._installation.start_service(service)
        return f"{service} supervisor"

    def _broker(self, _: random.Random) -> str:
        self._rabbit.kill9()
        self._rabbit.restart()
        return "broker"

    def _database(self, chance: random.Random) -> str:
        alone = chance.random() < 0.5
        self._postgres.kill9(postmaster_only=alone)
        self._postgres.restart()
        return "postmaster" if alone else "database"


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() if is_alive(pid) else b""
    except OSError:
        return b""
