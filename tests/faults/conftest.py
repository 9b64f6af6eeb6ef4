"""One town, the month it must come to, and trees with a patch in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from aimak.settings import SERVICES, Settings
from aimak.testing.servers import Installation, PostgresServer, RabbitServer
from psycopg.sql import SQL, Identifier

from tests.faults.books import Books, books
from tests.faults.driver import ROOT, Month, Town, patient
from tests.faults.injector import ByRequests, Injector, ServerKills

MUTANTS = ROOT / "tests" / "mutants"
SMALL_MESSAGES = "points/small_messages"
PASSWORD = "only-for-the-town"
LIMIT_S = 900.0
# Between two kills.
REQUESTS = (2, 16)
DISTRIBUTIONS = ("shared", *(f"services/{path.name}" for path in sorted((ROOT / "services").iterdir())))
ONE_OF_EACH = {f"processes.{kind}": 1 for kind in ("http", "consumer", "worker")} | {"processes.relay": 2}
# Secrets and salts are drawn anew in each installation, and what is hashed over them follows.
DRAWN = {
    "gateway": ("report_secret",),
    "credential": ("secret_hash",),
    "party": ("digest",),
    "party_person": ("salt",),
    "payment": ("typed_digest",),
    "payment_typed": ("salt",),
    "ledger_proof": ("previous", "hash"),
    "ledger_table": ("digest", "columns"),
    "ledger_rows": ("digests",),
    "audit": ("id",),
}


@pytest.fixture(scope="session")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """The month's books when nothing goes wrong, from the embedded runtime."""
    return embedded_month(tmp_path_factory.mktemp("expected"))


def embedded_month(folder: Path, kind: type[Month] = Month) -> Books:
    """The books after a month in this process."""
    from aimak_gateway.embedded import Embedded
    from aimak_gateway.setup import initialise

    town = Town.build(folder)
    values = {**town.settings(), "data_dir": str(town.out / "data"), "runtime": "embedded"}
    settings = Settings(values)
    initialise(settings, "admin", PASSWORD)
    with Embedded(settings) as embedded:
        town.through(town.month(embedded.client, embedded.client, embedded.pump.drain, kind))
    return books(settings, DRAWN)


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Have the installation's processes run a copy of the production code with these patches in it, and messages of 50
    rows, so that kills fall between them."""

    def plant(*patches: str, points: tuple[str, ...] = ()) -> Path:
        tree = tmp_path / "tree"
        for name in ("shared", "services"):
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        for patch in (SMALL_MESSAGES, *patches):
            command = ["patch", "-p1", "--forward", "-i", str(MUTANTS / f"{patch}.patch")]
            subprocess.run(command, cwd=tree, check=True, capture_output=True)
        notes = tmp_path / "notes"
        notes.mkdir()
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(str(tree / name) for name in DISTRIBUTIONS))
        monkeypatch.setenv("FAULT_POINTS", ",".join(points))
        monkeypatch.setenv("FAULT_NOTES", str(notes))
        return notes

    return plant


class Servers:
    """A month on servers of its own, with or without an injector."""

    def __init__(self, folder: Path) -> None:
        self.town = Town.build(folder)
        self.killed: list[str] = []
        self.closes = True
        self.largest_message = 0
        self.kind = Month
        self.processes: dict[str, int] = {}

    @contextmanager
    def installation(self) -> Iterator[tuple[Installation, PostgresServer, RabbitServer]]:
        """The town's installation, running."""
        with PostgresServer() as postgres, RabbitServer() as rabbit:
            settings = {**self.town.settings(), **ONE_OF_EACH, **self.processes}
            installation = Installation(self.town.out / "installation", postgres.url(), rabbit.url, settings)
            try:
                installation.prepare(PASSWORD)
                installation.start()
                yield installation, postgres, rabbit
            except BaseException:
                print(installation.under_way(), *said(installation.folder), sep="\n")
                raise
            finally:
                installation.stop()

    def month(self, seed: int | None = None) -> Books:
        """The books after a month; with a seed, things are killed from the preview to the last payment."""
        with self.installation() as (installation, postgres, rabbit):
            deadline = time.monotonic() + LIMIT_S
            pace = ByRequests(*REQUESTS) if seed is not None else None
            gateway, partners = (
                patient(installation.address(name), deadline, pace) for name in ("gateway", "payments")
            )
            kinds = ServerKills(installation, postgres, rabbit).kinds()
            injector = Injector(seed, kinds, pace, installation.start) if seed is not None and pace else None

            def settle() -> None:
                while True:
                    try:
                        installation.settle(max(1.0, deadline - time.monotonic()))
                        return
                    except psycopg.OperationalError:
                        time.sleep(0.5)

            self.town.through(self.town.month(gateway, partners, settle, self.kind), injector, closes=self.closes)
            self.killed = injector.done if injector else []
            self.largest_message = largest_message(installation)
            return books(installation.settings, DRAWN)


def largest_message(installation: Installation) -> int:
    """Of how many rows the largest message was that any service's relay published."""
    of_message = "SELECT max(rows) FROM (SELECT sum(rows) AS rows FROM {}.outbox GROUP BY message_id) AS of_message"
    with installation.connect() as connection:
        found = [connection.execute(SQL(of_message).format(Identifier(service))).fetchone() for service in SERVICES]
    return max(largest[0] for largest in found if largest and largest[0])


def said(folder: Path) -> list[str]:
    """What went wrong, in the words of the services' logs."""
    lines = [line for log in sorted(folder.glob("*.log")) for line in log.read_text().splitlines()]
    return [line[:300] for line in lines if " attempt " in line or "ended with" in line or "CRITICAL" in line][-30:]


@pytest.fixture
def servers(tmp_path: Path) -> Servers:
    """The servers runtime for one month."""
    return Servers(tmp_path)
