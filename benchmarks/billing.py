"""`make bench`: preview and issue through the workers, each as a multiple of COPYing the same rows."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from aimak.contracts import billing
from aimak.service import Service
from aimak.supervisor.child import build_service
from aimak.testing.servers import Installation, PostgresServer, RabbitServer
from aimak_billing.application import cycle
from aimak_billing.application.chunks import issue_chunk, preview_chunk
from aimak_billing.application.kit import Kit
from aimak_billing.domain.rating import Plugins

sys.path.insert(0, str(Path(__file__).parent))

import passes
import town
from floor import Floor, Part, measure
from town import PERIOD, TENANT

PREVIEW = ("run_bill", "run_line", "run_hold")
EVENTS = "routing_key IN ('billing.bills_issued.v1', 'billing.receivables_moved.v1')"
_PROCESSES = {"http": 0, "consumer": 2, "relay": 1, "worker": 0}


@dataclass
class Result:
    """One pass over one town."""

    accounts: int
    name: str
    seconds: float
    floor: Floor | None
    multiple: float | None
    """Both None where the town is larger than a floor was asked for."""
    peak_mb: list[int]
    load: float
    profile: dict[str, float]


class Bench:
    """One town in a fresh installation of which billing alone runs."""

    def __init__(self, folder: Path, postgres: PostgresServer, rabbit: RabbitServer, accounts: int, runs: int) -> None:
        """`runs`: of how many the floor is the median; 0 for no floor."""
        given = {f"processes.billing.{kind}": count for kind, count in _PROCESSES.items()}
        self.accounts, self.runs = accounts, runs
        name = f"bench_{accounts}"
        self.installation = Installation(folder / name, postgres.url(), rabbit.url, given, database=name)
        self.installation.prepare_alone("billing")
        self.service: Service = build_service("billing", self.installation.settings)
        self.kit = Kit.of(self.installation.settings, Plugins.discover())

    def connect(self) -> psycopg.Connection:
        """A superuser's connection in billing's schema."""
        connection = self.installation.connect()
        connection.execute("SET search_path = billing")
        return connection

    def results(self) -> list[Result]:
        """Preview, approve, issue: each pass measured, then its floor in the same database."""
        town.define(self.service, self.kit)
        town.fill(self.service, self.accounts)
        with self.connect() as connection:
            connection.execute("VACUUM ANALYZE")
        preview = self._pass("preview", lambda work: cycle.preview(self.kit, work, PERIOD, "clerk"), "previewed")
        self._command(lambda work: cycle.approve(work, PERIOD, "approver"))
        issue = self._pass("issue", lambda work: cycle.issue(self.kit, work, PERIOD, "clerk"), "issued")
        self.service.close()
        return [preview, issue]

    def _command(self, command: Callable[[Any], None]) -> None:
        # As it is commanded over HTTP: what depends on the town's size has the long limits.
        with self.service.work(TENANT, bulk=True) as work:
            command(work)
            work.commit()

    def _pass(self, name: str, command: Callable[[Any], None], state: str) -> Result:
        with closing_on_fault(self.installation):
            return self._measured(name, command, state)

    def _measured(self, name: str, command: Callable[[Any], None], state: str) -> Result:
        key = f"billing.{name}_chunks_cut.v1"
        self.installation.start_service("billing")
        supervisor = self.installation.processes["billing"].pid
        passes.wait_until(lambda: len(passes.consumers(supervisor)) == 2, 60, "two consumers")
        passes.wait_until(self._consuming, 120, "both consume")
        load = os.getloadavg()[0]
        with self.connect() as connection:
            seconds = passes.seconds(connection, lambda: self._command(command), state, key)
        peaks = [passes.peak_mb(pid) for pid in passes.consumers(supervisor)]
        self.installation.stop()
        floor = self._floor(name) if self.runs else None
        multiple = seconds / floor.seconds if floor else None
        shares = self._profile(name)
        result = Result(self.accounts, name, seconds, floor, multiple, peaks, load, shares)
        print(_table([result]), file=sys.stderr)
        return result

    def _consuming(self) -> bool:
        log = (self.installation.folder / "billing.log").read_text()
        return log.rpartition("billing ended")[2].count(" consumes ") == _PROCESSES["consumer"]

    def _floor(self, name: str) -> Floor:
        half = self._half()
        if name == "preview":
            parts = [Part(table, "true", f"chunk < {half['chunk']}") for table in PREVIEW]
            return measure(self.connect, parts, partial(self._empty, PREVIEW), self.runs)
        bill = half["bill"]
        later = ("message_id", "published_at")
        parts = [
            Part("bill", "true", f"id < {bill}"),
            Part("bill_line", "true", f"bill_id < {bill}"),
            Part("transfer", "kind <> 'opening'", f"source_id < {bill}"),
            Part("outbox", EVENTS, f"id < {half['outbox']}", later),
        ]
        with (
            self.connect() as connection,
            connection.cursor().copy(
                "COPY (SELECT * FROM transfer WHERE kind = 'opening') TO STDOUT (FORMAT binary)"
            ) as copy,
        ):
            openings = b"".join(bytes(block) for block in copy)
        tables = ("bill", "bill_line", "transfer", "outbox")
        return measure(self.connect, parts, partial(self._empty, tables, openings), self.runs)

    def _half(self) -> dict[str, int]:
        with self.connect() as connection:
            row = connection.execute(
                "SELECT (max(chunk) + 1) / 2, (max(first_bill + accounts) + min(first_bill)) / 2 FROM run_chunk"
            ).fetchone()
            outbox = connection.execute(f"SELECT (min(id) + max(id)) / 2 FROM outbox WHERE {EVENTS}").fetchone()
        assert row is not None and outbox is not None
        return {"chunk": int(row[0]), "bill": int(row[1]), "outbox": int(outbox[0] or 0)}

    def _empty(self, tables: tuple[str, ...], openings: bytes = b"") -> None:
        with self.connect() as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(f"TRUNCATE {', '.join(tables)}")
            connection.execute("SET session_replication_role = DEFAULT")
            if openings:
                with connection.cursor().copy("COPY transfer FROM STDIN (FORMAT binary)") as copy:
                    copy.write(openings)
            connection.execute("CHECKPOINT")

    def _profile(self, name: str) -> dict[str, float]:
        """Do the first chunk again in this process: once to warm up, once by the clock."""
        shares: dict[str, float] = {}
        with self.connect() as connection:
            row = connection.execute("SELECT id, attempt, state FROM run").fetchone()
            assert row is not None
            run, attempt, state = row
        kind = billing.PreviewChunksCut if name == "preview" else billing.IssueChunksCut
        handler = partial(preview_chunk, self.kit) if name == "preview" else issue_chunk
        event = kind.of(TENANT, [{"run_id": run, "chunk": 0, "attempt": attempt}])
        for _ in range(2):
            self._undo_first_chunk(name)
            shares = passes.profile(self.service, handler, event)
        with self.connect() as connection:
            connection.execute("UPDATE run SET state = %s, undone = 0", [state])
        return shares

    def _undo_first_chunk(self, name: str) -> None:
        with self.connect() as connection:
            if name == "preview":
                connection.execute("UPDATE run SET state = 'previewing', undone = 2")
                connection.execute("UPDATE run_chunk SET attempt = 0 WHERE chunk = 0")
                connection.execute("DELETE FROM run_line WHERE chunk = 0")
                connection.execute("DELETE FROM run_bill WHERE chunk = 0")
                return
            connection.execute("UPDATE run SET state = 'issuing', undone = 2")
            connection.execute("UPDATE run_chunk SET state = 'previewed' WHERE chunk = 0")
            connection.execute("SET session_replication_role = replica")
            connection.execute("TRUNCATE bill, bill_line, outbox")
            connection.execute("DELETE FROM transfer WHERE kind <> 'opening'")


@contextmanager
def closing_on_fault(installation: Installation) -> Iterator[None]:
    """End the installation's processes also when a pass fails."""
    try:
        yield
    finally:
        installation.stop()


def _table(results: list[Result]) -> str:
    lines = ["accounts   pass      seconds   floor s  multiple  accounts/s  µs/account  peak MB    load  floor by"]
    for one in results:
        peak = "+".join(map(str, one.peak_mb))
        rate, each = one.accounts / one.seconds, one.seconds / one.accounts * 1_000_000
        floor, multiple = ("-", "-") if one.floor is None else (f"{one.floor.seconds:.1f}", f"{one.multiple:.2f}")
        way = "not measured" if one.floor is None else one.floor.way
        lines.append(
            f"{one.accounts:>9,}  {one.name:<8}{one.seconds:>9.1f} {floor:>9} {multiple:>9} "
            f"{rate:>11,.0f} {each:>11.1f}  {peak:>9} {one.load:>6.1f}  {way}"
        )
    lines += [
        f"{one.accounts:>9,}  {one.name:<8} " + ", ".join(f"{name} {share:.0%}" for name, share in one.profile.items())
        for one in results
    ]
    return "\n".join(lines + _linearity(results))


def _linearity(results: list[Result]) -> list[str]:
    """By how much an account of the largest town takes longer than one of the smallest, pass by pass."""
    lines = []
    for name in dict.fromkeys(one.name for one in results):
        mine = sorted((one for one in results if one.name == name), key=lambda one: one.accounts)
        small, large = mine[0], mine[-1]
        if small.accounts < large.accounts:
            more = (large.seconds / large.accounts) / (small.seconds / small.accounts) - 1
            lines.append(f"{name}: an account of {large.accounts:,} takes {more:+.1%} beside one of {small.accounts:,}")
    return lines


def main() -> None:
    """Measure towns of the sizes given; the table, or JSON, goes to stdout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("accounts", nargs="*", type=int, default=[100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=5, help="the floor is a median of so many runs")
    parser.add_argument(
        "--floor-up-to", type=int, default=1_000_000, help="larger towns have none: its rows stand in memory twice"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--folder", help="where the servers keep their data (default: the temporary folder)")
    given = parser.parse_args()
    # Servers and workers end with this process also when it is told to.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    results: list[Result] = []
    with (
        tempfile.TemporaryDirectory(prefix="aimak-bench-", dir=given.folder) as folder,
        PostgresServer(durable=True) as postgres,
        RabbitServer() as rabbit,
    ):
        for accounts in given.accounts:
            print(f"{accounts:,} accounts", file=sys.stderr)
            runs = given.runs if accounts <= given.floor_up_to else 0
            results += Bench(Path(folder), postgres, rabbit, accounts, runs).results()
    if given.json:
        machine = {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()}
        print(json.dumps({"machine": machine, "passes": [asdict(one) for one in results]}, indent=1))
    else:
        print(_table(results))


if __name__ == "__main__":
    main()
