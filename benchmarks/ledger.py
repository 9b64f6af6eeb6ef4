"""`make bench-ledger`: reports and an account's answer over HTTP, on the books of a town of any size.

For each account and month a bill, a charge and a tax for each of three services, and payments of seven accounts in ten
(`books`). Reports and accounts are asked of billing's own HTTP process with a token, as the command line asks; each
answer's sums are compared with what was put in. `--keep FOLDER` keeps the database, so that it is filled once;
`--explain` prints the slowest plan that PostgreSQL followed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
from aimak.http.auth import Actor, sign
from aimak.ledger import close_day, days
from aimak.service import Service
from aimak.settings import Settings
from aimak.storage import migrate
from aimak.testing.servers import PostgresServer
from aimak.testing.servers.process import LOOPBACK, free_port, wait_until
from aimak_billing.application.kit import Kit
from aimak_billing.application.reports.carrying import WORTH_IT, carry_forward
from aimak_billing.bootstrap import build
from aimak_billing.domain.ageing import AGES
from aimak_billing.domain.rating import Plugins
from sqlalchemy import delete, text, update

sys.path.insert(0, str(Path(__file__).parent))

import books
import town
from passes import peak_mb
from town import TENANT

NOW = "2026-11-25T06:00:00+00:00"
_SECRET = "-" * 32
_HTTP = (sys.executable, "-m", "aimak.supervisor.http", "billing")
_TICKS = os.sysconf("SC_CLK_TCK")
_ASKED = 400


@dataclass
class Result:
    """One thing measured: seconds (median), what of them the database's and our own processors took, and whether it
    told the sums that were put in."""

    name: str
    seconds: float
    database_cpu_s: float
    own_cpu_s: float
    true: bool
    more: str = ""


class Town:
    """A town's books in a database of its own, filled where it is not yet."""

    def __init__(self, server: PostgresServer, accounts: int) -> None:
        self.server, self.accounts = server, accounts
        self.url = server.url("ledger")
        with server.connect() as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'ledger'").fetchone():
                connection.execute("CREATE DATABASE ledger")
                self._found()
        self.service = self._service(NOW)
        migrate.upgrade(self.service)
        if not self._is_full():
            books.load(self.service, accounts)
            self._vacuum()
        for day in books.ledger_days():
            self.carry(day)

    def carry(self, day: date) -> Result:
        """Close a ledger day, unhashed, and carry its sums forward as the daily maintenance does."""
        began, own, theirs = time.perf_counter(), time.process_time(), _cpu_s(self.server.pids)
        with self.service.work(TENANT) as work:
            close_day(work, day)
            work.commit()
        # As many in proportion to the town as a million accounts have: smaller ones are read in the same ways.
        carried = carry_forward(self.service, TENANT, min(WORTH_IT, self.accounts))
        took, own, theirs = time.perf_counter() - began, time.process_time() - own, _cpu_s(self.server.pids) - theirs
        if carried:
            print(f"{day}: carried forward, {took:.1f} s", file=sys.stderr, flush=True)
        return Result(f"close {day}", took, theirs, own, True, "carried forward" if carried else "not carried forward")

    def reopen(self, day: date) -> None:
        """As on the evening of a ledger day: it and later ones are not closed."""
        with self.service.work(TENANT, bulk=True) as work:
            for name in ("carried", "carried_part", "movement", "movement_part"):
                table = work.table(name)
                work.execute(delete(table).where(table.c.through >= day))
            work.execute(update(work.table("ledger_day")).values(closed_through=day - timedelta(days=1)))
            work.commit()

    def _service(self, instant: str) -> Service:
        return build(Settings({"database.billing": self.url, "auth.secret": _SECRET, "clock.instant": instant}))

    def _found(self) -> None:
        """The registers, entered before the oldest month: what is written first has the first ledger day."""
        began = time.perf_counter()
        now, then = self._service(NOW), self._service(f"{books.months()[0].start.isoformat()}T06:00:00+00:00")
        migrate.upgrade(now)
        town.define(now, Kit.of(now.settings, Plugins.discover()))
        town.fill(then, self.accounts)
        now.close()
        then.close()
        print(f"registers of {self.accounts:,} accounts, {time.perf_counter() - began:.0f} s", file=sys.stderr)

    def _is_full(self) -> bool:
        with self.service.work(TENANT) as work:
            return work.execute(text("SELECT count(*) FROM run")).scalar_one() == books.LONG_MONTHS

    def _vacuum(self) -> None:
        with self.service.bulk.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


class Desk:
    """Billing's HTTP process, asked with a token."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, town: Town) -> None:
        self.pid, self.town = process.pid, town
        self._client = httpx.Client(base_url=f"http://{LOOPBACK}:{port}/billing", timeout=600)

    def get(self, path: str) -> Any:
        """The answer of a route."""
        # As the gateway does: a token is good for five minutes.
        token = sign(Actor("bench", ("admin",), TENANT), _SECRET)
        answer = self._client.get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text[:500]
        return answer.json()

    def timed(self, name: str, path: str, wanted: dict[str, int], runs: int) -> Result:
        """Ask for a sheet some times; `wanted`: its totals."""
        seconds, answer = [], {}
        own, theirs = _cpu_s([self.pid]), self._database_cpu_s()
        for _ in range(runs):
            began = time.perf_counter()
            answer = self.get(path)
            seconds.append(time.perf_counter() - began)
        own, theirs = (_cpu_s([self.pid]) - own) / runs, (self._database_cpu_s() - theirs) / runs
        said = {name.removesuffix("_tyiyn"): amount for name, amount in answer["totals"].items()}
        differs = {key: (said.get(key), amount) for key, amount in wanted.items() if said.get(key) != amount}
        for key, (got, amount) in differs.items():
            print(f"{name}: {key} is {got}, put in {amount}", file=sys.stderr)
        true = not differs and not answer["problems"]
        print(f"{name}: {', '.join(f'{taken:.1f}' for taken in seconds)} s", file=sys.stderr, flush=True)
        return Result(name, statistics.median(seconds), theirs, own, true, f"{len(answer['rows']):,} rows shown")

    def _database_cpu_s(self) -> float:
        return _cpu_s(self.town.server.pids)


@contextmanager
def desk(town: Town) -> Iterator[Desk]:
    """Billing's HTTP child, as its supervisor starts it."""
    port = free_port()
    reading, writing = os.pipe()
    with socket.create_server((LOOPBACK, port)) as listener:
        given = {"DATABASE__BILLING": town.url, "AUTH__SECRET": _SECRET, "CLOCK__INSTANT": NOW, "CONFIG": os.devnull}
        process = subprocess.Popen(
            [*_HTTP, f"--pipe={reading}", f"--socket={listener.fileno()}"],
            env={**os.environ, **{f"AIMAK_{name}": value for name, value in given.items()}},
            pass_fds=(reading, listener.fileno()),
        )
    try:
        wait_until(lambda: _answers(port), 60, "billing's HTTP process")
        yield Desk(process, port, town)
    finally:
        os.close(writing)
        os.close(reading)
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://{LOOPBACK}:{port}/billing/health", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def ages(place: Desk, accounts: int, runs: int) -> Iterator[Result]:
    """Ageing of today, on the evening of an earlier issue and at the end of that month."""
    today, past = books.paid_on(books.LAST) + timedelta(days=8), books.issued_on(books.LAST.previous())
    now = books.ageing_totals(accounts, today, AGES)
    for by in ("provider,class", "street", "account"):
        yield place.timed(f"ageing by {by}", f"/reports/ageing?on={today}&by={by}", now, runs)
    # Sums are kept of the last day in each month that has any: an earlier one is read from those of the month before.
    for day in (past, books.LAST.next().start - timedelta(days=1)):
        then = books.ageing_totals(accounts, day, AGES)
        yield place.timed(f"ageing as of {day}", f"/reports/ageing?on={day}&as_of={day}", then, runs)


def turnovers(place: Desk, accounts: int, runs: int) -> Iterator[Result]:
    """Turnover of the month of the last bills and payments."""
    moved = books.turnover_totals(accounts, books.LAST)
    month = books.LAST.next().name
    for by in ("provider,class", "street", "account", "service"):
        yield place.timed(f"turnover by {by}", f"/reports/turnover?period={month}&by={by}", moved, runs)


def lists(place: Desk, accounts: int, runs: int) -> Iterator[Result]:
    """Postings of the same month, and what budget lines owe: nothing, as none pays for anybody."""
    moved, month = books.turnover_totals(accounts, books.LAST), books.LAST.next().name
    posted = {"amount": moved["charged"] + moved["paid"]}
    yield place.timed("postings", f"/reports/postings?period={month}", posted, runs)
    yield place.timed("debtors", f"/reports/debtors?period={month}", {"opening": 0, "closing": 0}, runs)


def evenings(place: Desk, accounts: int, runs: int) -> Iterator[Result]:
    """Ageing on the evening of an issue, before its day is closed, and what to close it and the payments' day takes."""
    day = books.issued_on(books.LAST)
    place.town.reopen(day)
    wanted = books.ageing_totals(accounts, day, AGES)
    yield place.timed("ageing on the evening of an issue", f"/reports/ageing?on={day}&as_of={day}", wanted, runs)
    for closed in (day, books.paid_on(books.LAST)):
        yield place.town.carry(closed)


def answers(place: Desk, accounts: int, _runs: int) -> Iterator[Result]:
    """The route behind `aimak account show`, for accounts drawn by lot: of all, and of those with 24 months alone."""
    lot = random.Random(7)
    drawn = {
        "all": [lot.randint(1, accounts) for _ in range(_ASKED)],
        "24 months": [lot.randint(1, accounts // 10) * 10 for _ in range(_ASKED)],
    }
    place.get("/accounts/10000001")
    for name, keys in drawn.items():
        seconds, true, own = [], True, _cpu_s([place.pid])
        for key in keys:
            began = time.perf_counter()
            answer = place.get(f"/accounts/{10_000_000 + key}")
            seconds.append(time.perf_counter() - began)
            true &= answer["balance_tyiyn"] == books.balance(key)
        cuts = statistics.quantiles(seconds, n=100)
        told = f"p50 {cuts[49] * 1000:.0f}, p95 {cuts[94] * 1000:.0f}, p99 {cuts[98] * 1000:.0f} ms"
        own = (_cpu_s([place.pid]) - own) / len(keys)
        yield Result(f"account show, {name}", cuts[94], 0.0, own, true, told)


def close(service: Service) -> Result:
    """Close and hash every day; the rows are those of all months."""
    began, own = time.perf_counter(), time.process_time()
    days.close_through(service, TENANT)
    took, own = time.perf_counter() - began, time.process_time() - own
    with service.work(TENANT) as work:
        rows = sum(table["rows"] for day in days.records(work) for table in day["tables"])
    return Result("close and hash all days", took, 0.0, own, rows > 0, f"{rows:,} rows")


def _cpu_s(pids: list[int]) -> float:
    """Processor seconds of processes, with those of children that have ended."""
    found = 0.0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        found += sum(int(field) for field in fields[11:15]) / _TICKS
    return found


def _explain(server: PostgresServer) -> None:
    """Have every plan of more than a tenth of a second logged."""
    wanted = {"log_min_duration": "100ms", "log_analyze": "on", "log_buffers": "on", "log_timing": "off"}
    with server.connect() as connection:
        connection.execute("ALTER DATABASE ledger SET session_preload_libraries = 'auto_explain'")
        for name, value in wanted.items():
            connection.execute(f"ALTER DATABASE ledger SET auto_explain.{name} = '{value}'")


def _slowest(server: PostgresServer, since: int) -> str:
    log = (server.folder / "postgres.log").read_bytes()[since:].decode(errors="replace")
    plans = [part for part in log.split("duration: ")[1:] if "plan:" in part]
    return max(plans, key=lambda part: float(part.split(" ms", 1)[0]), default="no plan was slow")


_PARTS = {"ageing": ages, "turnover": turnovers, "lists": lists, "evening": evenings, "account": answers}


def _measure(bench: Town, asked: argparse.Namespace) -> list[Result]:
    logged = (bench.server.folder / "postgres.log").stat().st_size
    if asked.explain:
        _explain(bench.server)
    with desk(bench) as place:
        wanted = [_PARTS[name] for name in asked.only or _PARTS]
        results = [result for part in wanted for result in part(place, asked.accounts, asked.runs)]
        print(f"peak memory of billing's HTTP process: {peak_mb(place.pid)} MB", file=sys.stderr)
    if asked.explain:
        print(_slowest(bench.server, logged), file=sys.stderr)
    return results


def main() -> None:
    """Measure and print a line for each thing, and JSON with --json; ends with 1 where a sum is not what was put in."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("accounts", type=int, nargs="?", default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="folder of the database, filled once and kept")
    parser.add_argument("--fill", action="store_true", help="fill the database that is kept, and measure nothing")
    parser.add_argument("--only", action="append", choices=_PARTS, help="one part of it; may be given again")
    parser.add_argument("--hash", action="store_true", help="close and hash all days too")
    parser.add_argument("--explain", action="store_true", help="print the slowest plan")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with PostgresServer(asked.keep) as server:
        bench = Town(server, asked.accounts)
        results = [] if asked.fill else _measure(bench, asked)
        results += [close(bench.service)] if asked.hash else []
        bench.service.close()
    if asked.json:
        print(json.dumps([asdict(result) for result in results]))
    else:
        for result in results:
            print(
                f"{result.name:32} {result.seconds:8.3f} s   database {result.database_cpu_s:6.2f} s cpu   "
                f"own {result.own_cpu_s:6.3f} s cpu   {'true' if result.true else 'FALSE'}   {result.more}"
            )
        print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    sys.exit(0 if all(result.true for result in results) else 1)


if __name__ == "__main__":
    main()
