"""The listener, a service made for tests, as real processes over real servers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aimak.messaging.envelope import Message
from aimak.messaging.rabbitmq.broker import RabbitBroker, connect
from aimak.storage import roles
from aimak.testing.servers import PostgresServer, RabbitServer

HERE = Path(__file__).parent / "listener"
EVENT = "test.spoken.v1"
PASSWORD = "listens"


class Listener:
    """The listener's processes, database and notes."""

    def __init__(self, postgres: PostgresServer, rabbit: RabbitServer, folder: Path) -> None:
        self.postgres, self.rabbit, self.folder = postgres, rabbit, folder
        self.broker = RabbitBroker(rabbit.url)
        self.notes = folder / "notes"
        self.notes.mkdir()
        self.processes: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(HERE),
            "LISTENER_NOTES": str(self.notes),
            "AIMAK_BROKER__URL": rabbit.url,
            "AIMAK_DATABASE__LISTENER": postgres.url("listener", roles.service_role("listener"), PASSWORD),
            "AIMAK_OWNER_DATABASE__LISTENER": postgres.url("listener", roles.owner_role("listener"), PASSWORD),
            "AIMAK_CONFIG": str(folder / "none.toml"),
        }

    def prepare(self) -> None:
        """Make the database, its roles and its tables."""
        with self.postgres.connect() as connection:
            connection.execute("DROP DATABASE IF EXISTS listener WITH (FORCE)")
            connection.execute("CREATE DATABASE listener")
        with self.postgres.connect("listener") as connection:
            roles.create(connection, "listener", PASSWORD, PASSWORD)
        subprocess.run([sys.executable, "-m", "aimak_listener", "migrate"], env=self.environment, check=True)

    def start(self, module: str = "aimak_listener.impatient", **environment: str) -> subprocess.Popen[bytes]:
        """A process of the listener; its log is in `folder`."""
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module],
                env={**self.environment, **environment},
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def start_consumer(self) -> subprocess.Popen[bytes]:
        """A consumer that is at work when this returns."""
        before = self.log().count("consumes")
        process = self.start()
        wait_for(lambda: self.log().count("consumes") > before, 20)
        return process

    def log(self) -> str:
        """What the processes have said."""
        file = self.folder / "log"
        return file.read_text() if file.exists() else ""

    def say(self, word: str, number: int = 0, **changes: Any) -> Message:
        """Publish one row; `changes` are fields of the message."""
        body = f'{{"version":1,"rows":1,"columns":{{"word":["{word}"],"number":[{number}]}}}}'.encode()
        fields = {
            "message_id": str(uuid.uuid4()),
            "routing_key": EVENT,
            "tenant": "naryn",
            "body": body,
            "occurred_at": datetime.now(UTC),
            **changes,
        }
        message = Message(**fields)
        self.broker.publish(message)
        return message

    def attempts(self, word: str, number: int = 0) -> list[float]:
        """The instants at which a row was tried."""
        file = self.notes / f"{word}-{number}"
        return [float(line) for line in file.read_text().split()] if file.exists() else []

    def query(self, text: str) -> list[tuple[Any, ...]]:
        """Rows of the listener's schema."""
        with self.postgres.connect("listener") as connection:
            connection.execute("SET search_path = listener")
            return connection.execute(text).fetchall()

    def heard(self, word: str) -> int:
        """How often a row took effect."""
        return int(self.query(f"SELECT count(*) FROM heard WHERE word = '{word}'")[0][0])

    def letters(self) -> dict[str, str]:
        """Message id -> reason, of the dead letters in the table."""
        return dict(self.query("SELECT id, reason FROM dead_letter"))  # type: ignore[arg-type]

    def close(self) -> None:
        """End what was started, and empty the queues."""
        for process in self.processes:
            process.kill()
            process.wait()
        self.broker.abandon()
        with connect(self.rabbit.url) as connection:
            channel = connection.channel()
            for queue in (f"listener.{EVENT}", "dead.listener"):
                channel.queue_delete(queue)


@pytest.fixture
def listener(postgres: PostgresServer, rabbit: RabbitServer, tmp_path: Path) -> Iterator[Listener]:
    """A fresh listener."""
    made = Listener(postgres, rabbit, tmp_path)
    made.prepare()
    try:
        yield made
    finally:
        made.close()


def wait_for(done: Callable[[], Any], seconds: float, said: Callable[[], str] = str) -> None:
    """Wait until `done` says so; fails after `seconds`, with what the processes `said`."""
    end = time.monotonic() + seconds
    while True:
        try:
            if done():
                return
        except psycopg.OperationalError:
            pass
        assert time.monotonic() < end, f"not within {seconds} s\n{said()}"
        time.sleep(0.1)
