"""`make bench-ledger`: reports, an account's answer, the day's close and the print house, on a town of any size.

Months are written by SQL in the shape that issue gives them: for each account and month a bill, a charge and a tax for
each of three services, and payments of seven accounts in ten. Seconds mean something on a quiet machine alone; the
processor time of the database's process stands beside them (its parallel workers are switched off for it).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from aimak import ledger
from aimak.ledger import days
from aimak.period import Period
from aimak.service import Service
from aimak.settings import Settings
from aimak.storage import migrate
from aimak.storage.work import UnitOfWork
from aimak.testing.servers import PostgresServer
from aimak_billing.application.kit import Kit
from aimak_billing.application.reports import ageing, turnover
from aimak_billing.application.views import account_view
from aimak_billing.bootstrap import build
from aimak_billing.domain.rating import Plugins
from aimak_billing.store.reports.moves import Books
from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).parent))

import town
from town import SERVICES, TENANT

MONTHS, LONG_MONTHS, LONG_EVERY = 3, 24, 10
LAST = Period.month("2026-10")
_TICKS = os.sysconf("SC_CLK_TCK")
# account × month: bill id = account × 100 + month, as wide apart as the transfers of a bill need.
_BILLS = """
INSERT INTO bill (tenant, id, number, account_id, run_id, period, issued_on, due_on, opening, opening_parts, net, tax,
                  ledger_day, party_id, residents)
SELECT :tenant, a * 100 + :month, a * 100 + :month, a, 1, :period, :issued, :issued, 0, '[]', 30000, 900, :issued,
       a * 1048576 + 1, 3
FROM generate_series(1::bigint, :accounts) AS a WHERE :short OR a % :every = 0
"""
_TRANSFERS = """
INSERT INTO transfer (tenant, id, debit, credit, amount, business_date, ledger_day, kind, source_id, account_id,
                      provider, service, origin)
SELECT :tenant, (a * 100 + :month) * 64 + :rank, a * 1024 + :provider_number, :against, :amount, :issued, :issued,
       :kind, a * 100 + :month, a, :provider, :service, :period
FROM generate_series(1::bigint, :accounts) AS a WHERE :short OR a % :every = 0
"""
_PAYMENTS = """
INSERT INTO transfer (tenant, id, debit, credit, amount, business_date, ledger_day, kind, source_id, account_id,
                      provider)
SELECT :tenant, 4611686018427387904 + (a * 100 + :month) * 4 + :provider_number, :against, a * 1024 + :provider_number,
       :amount, :paid, :paid, 'payment', a * 100 + :month, a, :provider
FROM generate_series(1::bigint, :accounts) AS a WHERE a % 10 < 7 AND (:short OR a % :every = 0)
"""


@dataclass
class Result:
    """One thing measured: wall seconds (median), the database's and our own processor seconds of one serial run."""

    name: str
    seconds: float
    database_cpu_s: float
    own_cpu_s: float
    rows: int


class Bench:
    """A town in a database of its own."""

    def __init__(self, server: PostgresServer, accounts: int, runs: int) -> None:
        self.accounts, self.runs = accounts, runs
        with server.connect() as connection:
            connection.execute("CREATE DATABASE ledger")
        given = {"database.billing": server.url("ledger"), "auth.secret": "-" * 32, "ids.seed": 1}
        self.service: Service = build(Settings({**given, "clock.instant": "2026-11-25T06:00:00+00:00"}))
        migrate.upgrade(self.service)
        town.define(self.service, Kit.of(self.service.settings, Plugins.discover()))
        town.fill(self.service, accounts)
        self._months()

    def _months(self) -> None:
        period, months = LAST, []
        for _ in range(LONG_MONTHS):
            months.append(period)
            period = period.previous()
        for place, month in enumerate(months):
            with self.service.work(TENANT, bulk=True) as work:
                self._month(work, place, month)
                work.commit()
        with self.service.bulk.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))

    def _month(self, work: UnitOfWork, place: int, month: Period) -> None:
        issued, paid = month.end + timedelta(days=1), month.end + timedelta(days=12)
        every = {"tenant": TENANT, "accounts": self.accounts, "month": place, "short": place < MONTHS}
        every |= {"every": LONG_EVERY, "period": month.name, "issued": issued, "paid": paid}
        work.execute(text(_BILLS), every)
        numbers = {"vodokanal": 1, "tazalyk": 2}
        for rank, (service, provider) in enumerate(SERVICES):
            side = {"provider": provider, "provider_number": numbers[provider], "service": service}
            for kind, amount in (("charge", 10_000), ("tax", 300)):
                facts = {"kind": kind, "amount": amount, "rank": rank * 2 + (kind == "tax")}
                against = ledger.account_id(kind, provider, service)
                work.execute(text(_TRANSFERS), {**every, **side, **facts, "against": against})
        for provider, number in numbers.items():
            facts = {"provider": provider, "provider_number": number, "amount": 15_000}
            against = ledger.account_id("payments_control", provider)
            work.execute(text(_PAYMENTS), {**every, **facts, "against": against})

    def measured(self, name: str, act: Callable[[UnitOfWork], int]) -> Result:
        """Wall time as it comes, then processor time of a run without parallel workers."""
        seconds, rows = [], 0
        for _ in range(self.runs):
            with self.service.work(TENANT, bulk=True) as work:
                began = time.perf_counter()
                rows = act(work)
                seconds.append(time.perf_counter() - began)
        with self.service.work(TENANT, bulk=True) as work:
            work.execute(text("SET LOCAL max_parallel_workers_per_gather = 0"))
            pid = int(work.execute(text("SELECT pg_backend_pid()")).scalar_one())
            own, theirs = time.process_time(), _cpu_s(pid)
            act(work)
            own, theirs = time.process_time() - own, _cpu_s(pid) - theirs
        return Result(name, statistics.median(seconds), theirs, own, rows)

    def reports(self) -> list[Result]:
        """Turnover of the last month and ageing of all accounts."""
        books = Books(date(2026, 11, 30))
        since = date(2026, 11, 1)
        return [
            self.measured(
                "ageing by provider, class", lambda w: _height(ageing.sheet(w, books, ("provider", "class")))
            ),
            self.measured("ageing by account", lambda w: _height(ageing.sheet(w, books, ("account",)))),
            self.measured(
                "turnover by provider, class", lambda w: _height(turnover.sheet(w, since, books, ("provider", "class")))
            ),
            self.measured("turnover by street", lambda w: _height(turnover.sheet(w, since, books, ("street",)))),
        ]

    def answers(self) -> Result:
        """The use case behind `aimak account show`, for accounts drawn by lot; `seconds` is the 95th percentile."""
        drawn = random.Random(7).sample(range(1, self.accounts + 1), min(200, self.accounts))
        numbers, seconds, own = [str(10_000_000 + key) for key in drawn], [], time.process_time()
        for number in numbers:
            began = time.perf_counter()
            with self.service.work(TENANT) as work:
                account_view(work, number)
            seconds.append(time.perf_counter() - began)
        p95 = statistics.quantiles(seconds, n=20)[-1]
        return Result("account show, p95 of 200", p95, 0.0, (time.process_time() - own) / len(numbers), 1)

    def close(self) -> Result:
        """Close and hash every day; the rows are those of all months."""
        began, own = time.perf_counter(), time.process_time()
        days.close_through(self.service, TENANT)
        took, own = time.perf_counter() - began, time.process_time() - own
        with self.service.work(TENANT) as work:
            rows = sum(table["rows"] for day in days.records(work) for table in day["tables"])
        return Result("close and hash all days", took, 0.0, own, rows)


def _height(sheet: turnover.Sheet) -> int:
    return sheet.rows.height


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def main() -> None:
    """Measure and print a line for each thing, and JSON with --json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("accounts", type=int, nargs="?", default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with PostgresServer() as server:
        bench = Bench(server, asked.accounts, asked.runs)
        results = [*bench.reports(), bench.answers(), bench.close()]
        bench.service.close()
    if asked.json:
        print(json.dumps([asdict(result) for result in results]))
        return
    for result in results:
        print(
            f"{result.name:32} {result.seconds:9.3f} s   database {result.database_cpu_s:7.2f} s cpu   "
            f"own {result.own_cpu_s:7.3f} s cpu   {result.rows:,} rows"
        )
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
