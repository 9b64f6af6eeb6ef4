"""`make faults-at-size`: a large town is previewed and issued undisturbed, and once more with ten kills; every row that
billing keeps must be equal.

Both months begin with the same database (a template of it), at the same instant and with the same seed of ids, on a
durable PostgreSQL and a RabbitMQ of their own; billing alone runs. Five kills fall into the preview and five into the
issue, at moments drawn from the seed: a consumer, a relay, the supervisor, RabbitMQ, PostgreSQL, in a drawn order.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from aimak.supervisor.child import build_service
from aimak.testing.servers import Installation, PostgresServer, RabbitServer
from aimak_billing.application import cycle
from aimak_billing.application.kit import Kit
from aimak_billing.domain.rating import Plugins

from tests.faults.books import KERNEL, TRIES, UNCOMPARED
from tests.faults.injector import ByTime, Injector, ServerKills

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import town  # noqa: E402

_DATABASE, _FILLED = "size", "size_filled"
_CHUNKS = 50
_PROCESSES = {"http": 0, "consumer": 2, "relay": 1, "worker": 0}
# Shares of the undisturbed pass between two kills: five of the longest are less than the whole.
_PAUSES = (0.02, 0.18)
_LONGEST_S = 3600
# Which try it was, and when it was done.
_NOT_COMPARED = {"attempt", "attempts", "done_at"}
# The facts that others are told, by what they say: when and in which message is how they were carried.
_EVENTS = "tenant, routing_key, consumer, rows, body"


@dataclass
class Month:
    """What came of one way through preview and issue. `tables`: rows and a digest of all of them together."""

    seconds: dict[str, float] = field(default_factory=dict)
    killed: list[str] = field(default_factory=list)
    tables: dict[str, tuple[int, str]] = field(default_factory=dict)


class AtSize:
    """One town, taken twice through its month."""

    def __init__(self, folder: Path, postgres: PostgresServer, rabbit: RabbitServer, accounts: int) -> None:
        self._postgres, self._rabbit, self._accounts = postgres, rabbit, accounts
        values: dict[str, Any] = {f"processes.billing.{kind}": count for kind, count in _PROCESSES.items()}
        values |= {"clock.instant": "2026-11-01T03:00:00+00:00", "ids.seed": 20261101}
        values["billing.chunk_accounts"] = min(20_000, max(1, accounts // _CHUNKS))
        self._installation = Installation(folder, postgres.url(), rabbit.url, values, database=_DATABASE)
        self._kit = Kit.of(self._installation.settings, Plugins.discover())

    def found(self) -> None:
        """The town, kept as a template of what both months begin with."""
        self._installation.prepare_alone("billing")
        service = build_service("billing", self._installation.settings)
        town.define(service, self._kit)
        town.fill(service, self._accounts)
        service.close()
        with self._installation.connect() as connection:
            connection.execute("VACUUM ANALYZE")
        self._admin(f"ALTER DATABASE {_DATABASE} RENAME TO {_FILLED}")

    def month(self, seed: int | None = None, quiet: Month | None = None) -> Month:
        """Preview, approve, issue; with a seed, things are killed, paced by the `quiet` month."""
        self._admin(f"CREATE DATABASE {_DATABASE} TEMPLATE {_FILLED}")
        month = Month()
        self._installation.start_service("billing")
        try:
            for name, command, state in (
                ("preview", lambda work: cycle.preview(self._kit, work, town.PERIOD, "clerk"), "previewed"),
                ("issue", lambda work: cycle.issue(self._kit, work, town.PERIOD, "clerk"), "issued"),
            ):
                longest = quiet.seconds[name] if quiet else 0.0
                injector = self._injector(seed + len(month.seconds), longest) if seed is not None else None
                self._pass(month, name, command, state, injector)
                if name == "preview":
                    self._command(lambda work: cycle.approve(work, town.PERIOD, "approver"))
            self._wait("told", self._told)
        finally:
            self._installation.stop()
        month.tables = self._tables()
        self._admin(f"DROP DATABASE {_DATABASE}")
        return month

    def _injector(self, seed: int, longest: float) -> Injector:
        kinds = ServerKills(self._installation, self._postgres, self._rabbit, services=("billing",)).kinds()
        least, most = _PAUSES
        return Injector(seed, kinds, ByTime(least * longest, most * longest), lambda: None, rounds=1)

    def _pass(
        self, month: Month, name: str, command: Callable[[Any], None], state: str, injector: Injector | None
    ) -> None:
        began = time.monotonic()
        self._command(command)
        if injector:
            injector.start()
        try:
            self._wait(name, lambda: self._reached(state))
        finally:
            under_way = injector is not None and injector.is_alive()
            if injector:
                injector.end()
                month.killed += injector.done
        if under_way:
            sys.exit(f"the {name} was over before its five kills were done")
        month.seconds[name] = time.monotonic() - began

    def _command(self, command: Callable[[Any], None]) -> None:
        service = build_service("billing", self._installation.settings)
        try:
            with service.work(town.TENANT) as work:
                command(work)
                work.commit()
        finally:
            service.close()

    def _wait(self, name: str, done: Callable[[], bool]) -> None:
        """Until it is done, through what is killed meanwhile; how far it is goes to stderr."""
        began = said = time.monotonic()
        while True:
            try:
                if done():
                    break
            except psycopg.OperationalError:
                pass
            if time.monotonic() - began > _LONGEST_S:
                sys.exit(f"{name}: not done after {_LONGEST_S} s")
            if time.monotonic() - said > 10:
                said = time.monotonic()
                print(f"  {name}: {said - began:.0f} s, {self._undone()} chunks left", file=sys.stderr)
            time.sleep(0.2)

    def _reached(self, state: str) -> bool:
        return bool(self._value("SELECT count(*) FROM run WHERE state = %s", state))

    def _told(self) -> bool:
        """Whether every fact is published and nothing has gone to the dead letters."""
        if self._value("SELECT count(*) FROM dead_letter"):
            sys.exit("a message went to the dead letters")
        return not self._value("SELECT count(*) FROM outbox WHERE published_at IS NULL")

    def _undone(self) -> object:
        try:
            return self._value("SELECT sum(undone) FROM run")
        except psycopg.OperationalError:
            return "unknown"

    def _value(self, query: str, *values: object) -> Any:
        with self._installation.connect() as connection:
            connection.execute("SET search_path = billing")
            row = connection.execute(query, values or None).fetchone()
        return row[0] if row else None

    def _tables(self) -> dict[str, tuple[int, str]]:
        """Rows of each table, and a sum over the rows' hashes, which does not depend on their order."""
        service = build_service("billing", self._installation.settings)
        tables = {
            table.name: ", ".join(f'"{column.name}"' for column in table.columns if column.name not in _NOT_COMPARED)
            for table in service.metadata.sorted_tables
            if table.name not in (*KERNEL, *UNCOMPARED, "audit") and f"billing.{table.name}" not in TRIES
        }
        service.close()
        tables["outbox"] = _EVENTS
        found = {}
        with self._installation.connect() as connection:
            connection.execute("SET search_path = billing")
            for name, columns in sorted(tables.items()):
                row = connection.execute(
                    f"SELECT count(*), sum(hashtextextended(ROW({columns})::text, 0)::numeric)::text FROM {name}"
                ).fetchone()
                assert row is not None
                found[name] = (int(row[0]), str(row[1]))
        return found

    def _admin(self, statement: str) -> None:
        with self._installation.connect("postgres") as connection:
            connection.execute(statement)


def main() -> None:
    """Compare; exit 1 where a table differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("accounts", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with (
        tempfile.TemporaryDirectory(prefix="aimak-size-") as folder,
        PostgresServer(durable=True) as postgres,
        RabbitServer() as rabbit,
    ):
        tried = AtSize(Path(folder) / "installation", postgres, rabbit, given.accounts)
        print(f"{given.accounts:,} accounts", file=sys.stderr)
        tried.found()
        quiet = tried.month()
        print(f"undisturbed: {quiet.seconds}", file=sys.stderr)
        killed = tried.month(given.seed, quiet)
    differ = [name for name in quiet.tables if quiet.tables[name] != killed.tables[name]]
    if given.json:
        months = {"undisturbed": asdict(quiet), "killed": asdict(killed)}
        print(json.dumps({"accounts": given.accounts, "seed": given.seed, "load": os.getloadavg()} | months, indent=1))
    else:
        print(_table(quiet, killed))
    if differ:
        sys.exit(f"not equal: {', '.join(differ)}")


def _table(quiet: Month, killed: Month) -> str:
    lines = [f"{'table':<22}{'rows':>12}{'with kills':>12}  equal"]
    for name, (rows, _) in quiet.tables.items():
        same = quiet.tables[name] == killed.tables[name]
        if rows or not same:
            lines.append(f"{name:<22}{rows:>12,}{killed.tables[name][0]:>12,}  {'yes' if same else 'NO'}")
    for title, month in (("undisturbed", quiet), ("with kills", killed)):
        lines.append(f"{title}: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in month.seconds.items()))
    lines.append(f"killed: {', '.join(killed.killed)}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
