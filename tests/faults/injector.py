"""Kills at seeded random moments."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol

from aimak.settings import SERVICES
from aimak.testing.servers import Installation, PostgresServer, RabbitServer
from aimak.testing.servers.process import descendants, is_alive

Kill = Callable[[random.Random], str]


class Pace(Protocol):
    """When the next kill falls."""

    def wait(self, chance: random.Random, ended: threading.Event) -> bool:
        """Wait for a drawn moment; whether the injector was ended meanwhile."""

    def killed(self) -> None:
        """What was killed is there again."""


@dataclass(frozen=True)
class ByTime:
    """A drawn time after the last kill: between `least_s` and `most_s`."""

    least_s: float
    most_s: float

    def wait(self, chance: random.Random, ended: threading.Event) -> bool:
        """Wait for a drawn moment; whether the injector was ended meanwhile."""
        return ended.wait(chance.uniform(self.least_s, self.most_s))

    def killed(self) -> None:
        """The next time is drawn when it is waited for."""


class ByRequests:
    """A moment after a drawn number of requests, so that as many kills fall into a month on a quick machine as on a
    slow one. While something is killed and started again, whoever drives the month gets `most` requests further, no
    more; a request that is repeated counts once."""

    _MOMENT_S = 0.3

    def __init__(self, least: int, most: int) -> None:
        self._least, self._most = least, most
        self._changed = threading.Condition()
        self._sent = 0
        self._stopped_at: int | None = None

    def request(self) -> None:
        """A request is about to be sent."""
        with self._changed:
            self._sent += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._stopped_at is None or self._sent <= self._stopped_at + self._most)

    def wait(self, chance: random.Random, ended: threading.Event) -> bool:
        """Wait for a drawn moment; whether the injector was ended meanwhile."""
        with self._changed:
            due = self._sent + chance.randint(self._least, self._most)
            while self._sent < due and not ended.is_set():
                self._changed.wait(0.1)
            self._stopped_at = None if ended.is_set() else self._sent
        return ended.wait(chance.uniform(0, self._MOMENT_S))

    def killed(self) -> None:
        """The month may go on."""
        with self._changed:
            self._stopped_at = None
            self._changed.notify_all()


class Injector(threading.Thread):
    """Kills each kind of thing once, in a drawn order and at drawn moments, waits until all is up again (`recover`),
    and begins anew, until ended or, where `rounds` is given, so often."""

    def __init__(
        self,
        seed: int,
        kinds: Sequence[Kill],
        pace: Pace,
        recover: Callable[[], object],
        rounds: int | None = None,
    ) -> None:
        super().__init__(name="injector")
        self._random = random.Random(seed)
        self._kinds, self._pace, self._recover = kinds, pace, recover
        self._rounds: Iterable[int] = count() if rounds is None else range(rounds)
        self._ended = threading.Event()
        self.done: list[str] = []

    def run(self) -> None:
        """Kill at random moments."""
        for _ in self._rounds:
            for kill in self._random.sample(self._kinds, len(self._kinds)):
                if self._pace.wait(self._random, self._ended):
                    self._pace.killed()
                    return
                self.done.append(kill(self._random))
                self._pace.killed()
            self._recover()

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
