"""`make bench-simulate`: a draft tried on a year of a town, by the workers, as `aimak tariff simulate` does."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import polars as pl
from aimak.testing.servers import PostgresServer, RabbitServer
from aimak_billing.application import simulations, tariffs
from aimak_billing.store import simulations as store

sys.path.insert(0, str(Path(__file__).parent))

import passes
import town
from billing import Bench, closing_on_fault
from town import TENANT

MONTHS = 12
PERIODS = "2025-11..2026-10"
LONGEST_S = 1_800
# Rising blocks in the place of one price, so that every metered account differs.
DRAFT = """
aimak: tariffs/1
tariffs:
  - code: water-household
    service: water
    provider: vodokanal
    name: {ky: "Суу", ru: "Вода", en: "Water"}
    from: 2027-01-01
    applies_to: {class: household}
    legal_ground: "made up"
    cost: 21.50
    norms: {per: day, table: [{when: {norm: flat}, quantity: 0.23}]}
    components:
      - {code: volume, kind: block, blocks: [{up_to: 5, price: 10.45}, {up_to: 10, price: 14.00}, {price: 19.00}]}
      - {code: sales_tax, kind: tax, tax: sales_tax}
"""


class Simulation(Bench):
    """One town with a year of usage, and a draft."""

    def measured(self) -> dict[str, float]:
        """Seconds from asking to the report, CPU seconds of the two consumers, their highest memory."""
        town.define(self.service, self.kit, since="2025-01-01")
        town.fill(self.service, self.accounts)
        self._earlier_usage()
        with self.connect() as connection:
            connection.execute("VACUUM ANALYZE")
        with self.service.work(TENANT) as work:
            tariffs.take_tariffs(self.kit, work, DRAFT, "draft.yaml", actor="clerk")
            work.commit()
        self.installation.start_service("billing")
        supervisor = self.installation.processes["billing"].pid
        passes.wait_until(lambda: len(passes.consumers(supervisor)) == 2, 60, "two consumers")
        passes.wait_until(self._consuming, 120, "both consume")
        with closing_on_fault(self.installation):
            return self._tried(passes.consumers(supervisor))

    def _tried(self, workers: list[int]) -> dict[str, float]:
        before, began, load = sum(map(_cpu_s, workers)), time.perf_counter(), os.getloadavg()[0]
        with self.service.work(TENANT, bulk=True) as work:
            number = simulations.start(self.kit, work, ["water-household"], PERIODS, "clerk")
            work.commit()
        passes.wait_until(lambda: self._done(number), LONGEST_S, "the simulation is done", every_s=0.05)
        seconds = time.perf_counter() - began
        cpu, peak = sum(map(_cpu_s, workers)) - before, max(map(passes.peak_mb, workers))
        self._tell(number)
        return {"accounts": self.accounts, "seconds": seconds, "cpu_s": cpu, "peak_mb": peak, "load": load}

    def _earlier_usage(self) -> None:
        """The eleven months before the town's own, each a third of the accounts with another usage."""
        with self.service.work(TENANT, bulk=True) as work:
            ids = pl.DataFrame({"account_id": pl.int_range(1, self.accounts + 1, dtype=pl.Int64, eager=True)})
            latest = town.usage(ids)
            for back in range(1, MONTHS):
                ends = _month_back(back)
                used = (pl.col("account_id") * 7 + back * 3) % 29 * 1000
                town.load(
                    work,
                    "usage",
                    latest.with_columns(
                        (pl.col("usage_id") + back * 10**9).alias("usage_id"),
                        pl.lit(ends).alias("to_date"),
                        pl.lit(_month_back(back + 1)).alias("from_date"),
                        used.alias("quantity_thousandths"),
                    ),
                )
            work.commit()

    def _done(self, number: int) -> bool:
        with self.service.work(TENANT) as work:
            row = store.one(work, number)
        return row is not None and row.state == simulations.DONE

    def _tell(self, number: int) -> None:
        with self.service.work(TENANT) as work:
            report = simulations.view(work, number)["report"]
        print(f"{report['payers']} {report['total']} {report['held']}", file=sys.stderr)


def _month_back(back: int) -> date:
    """The last day of the month `back` months before October 2026."""
    months = 2026 * 12 + 10 - back
    return date.fromordinal(date(months // 12, months % 12 + 1, 1).toordinal() - 1)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("accounts", nargs="*", type=int, default=[100_000, 1_000_000])
    given = parser.parse_args()
    # Servers and workers end with this process also when it is told to.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with (
        tempfile.TemporaryDirectory() as folder,
        PostgresServer(durable=True) as postgres,
        RabbitServer() as rabbit,
    ):
        for accounts in given.accounts:
            print(f"{accounts:,} accounts, {MONTHS} months", file=sys.stderr)
            told = Simulation(Path(folder), postgres, rabbit, accounts, 1).measured()
            print("  ".join(f"{name} {value:,.1f}" for name, value in told.items()))


if __name__ == "__main__":
    main()
