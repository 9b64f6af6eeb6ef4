"""`make bench-rating`: rating alone, in memory, as a multiple of the bare multiplication of the same rows."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

CHUNK = 20_000
SERVICES = ("water", "sewerage", "waste", "landscaping", "street_lighting")
SAMPLE_TOWN = Path(__file__).parents[1] / "examples" / "town"
# What the sample town has no tariff for: a waterworks with rising blocks, a fixed fee, lamps that residents pay.
MORE = """
aimak: tariffs/1
tariffs:
  - code: water-blocks
    service: water
    provider: east
    name: {ky: а, ru: б, en: c}
    from: 2026-01-01
    applies_to: {class: household}
    decision: {body: made up, number: "1", date: 2025-12-01}
    legal_ground: made up
    without_reading: norm
    norms: {per: day, table: [{when: {norm: [flat, house, standpipe]}, quantity: 0.200}]}
    components:
      - {code: volume, kind: block, blocks: [{up_to: 5, price: 10.45}, {up_to: 10, price: 14.00}, {price: 19.00}]}
      - {code: sales_tax, kind: tax, tax: sales_tax}
  - code: park
    service: landscaping
    provider: tazalyk
    name: {ky: а, ru: б, en: c}
    from: 2026-01-01
    applies_to: {class: [household, other, budget]}
    decision: {body: made up, number: "1", date: 2025-12-01}
    legal_ground: made up
    components: [{code: fee, kind: fixed, price: 18.50}, {code: sales_tax, kind: tax, tax: sales_tax}]
  - code: lamps
    service: street_lighting
    provider: jaryk
    name: {ky: а, ru: б, en: c}
    from: 2026-01-01
    applies_to: {class: [household, other]}
    decision: {body: made up, number: "1", date: 2025-12-01}
    legal_ground: made up
    components: [{code: lamps, kind: per_unit, price: 4.75}, {code: sales_tax, kind: tax, tax: sales_tax}]
"""


@dataclass
class Share:
    """What one process did: accounts, lines, seconds of wall and of its own processor time, of the floor's too."""

    accounts: int
    lines: int
    wall: float
    cpu: float
    floor_cpu: float
    peak_mb: int


def _book() -> Any:
    from aimak.period import Period
    from aimak_billing.domain.rating import Book, Plugins
    from aimak_billing.tariff_file import load

    plugins = Plugins.discover()
    town = load((SAMPLE_TOWN / "tariffs.yaml").read_text(), "bench", plugins)
    more = load(MORE, "bench", plugins)
    return Book.of((*town.versions, *more.versions), town.taxes, plugins, Period.month("2026-10"))


def _frame(accounts: int) -> Any:
    """Accounts with five services each, mixed as in the sample town: one in fourteen an organisation with attributes
    almost of its own, half of the households metered, in litres, some without a reading; nothing changes inside the
    month. A sixth of the water is of a second waterworks, whose price rises by blocks."""
    import polars as pl
    from aimak_billing.domain.rating.calculate import FRAME

    providers = dict(zip(SERVICES, ("vodokanal", "vodokanal", "tazalyk", "tazalyk", "jaryk"), strict=True))
    account = pl.col("account_id")
    ids = pl.DataFrame({"account_id": pl.int_range(1, accounts + 1, dtype=pl.Int64, eager=True)})
    organisation, budget = account % 14 == 0, account % 112 == 0
    metered, blocks = organisation | (account % 2 == 0), ~organisation & (account % 6 == 1)
    of_class = pl.when(budget).then(pl.lit("budget")).when(organisation).then(pl.lit("other"))
    parts = [
        ids.with_columns(
            (account - 1).alias("place"),
            (account * 8 + number).alias("connection_id"),
            pl.lit(service).alias("service"),
            pl.when(blocks & (service == "water"))
            .then(pl.lit("east"))
            .otherwise(pl.lit(providers[service]))
            .alias("provider"),
            pl.lit("general").alias("regime"),
            of_class.otherwise(pl.lit("household")).alias("customer_class"),
            _attributes(service, organisation, metered).alias("attributes"),
            pl.when(~organisation).then(account * 7 % 13 % 8 + 1).alias("residents"),
            pl.when(~organisation).then(account % 5 % 3 % 2).alias("pensioners"),
            pl.when(metered & (service == "water") & (account % 38 > 0)).then(account * 7919 % 31_013).alias("usage"),
            pl.lit(31, dtype=pl.Int64).alias("days"),
            pl.lit(31, dtype=pl.Int64).alias("days_in_period"),
            pl.lit(None, dtype=pl.Date).alias("span_from"),
        )
        for number, service in enumerate(SERVICES)
    ]
    return pl.concat(parts).select(list(FRAME)).cast(dict(FRAME)).sort("place", "connection_id")


def _attributes(service: str, organisation: Any, metered: Any) -> Any:
    import polars as pl

    account = pl.col("account_id")
    if service == "water":
        norm = pl.lit("house")
        for of, every in (("flat", 3), ("standpipe", 17)):
            norm = pl.when(account % every == 0).then(pl.lit(of)).otherwise(norm)
        agreed = pl.format('{{"metered":true,"agreed_volume":"{}"}}', account % 180 + 1)
        home = pl.format('{{"metered":{},"norm":"{}"}}', metered, norm)
        return pl.when(organisation).then(agreed).otherwise(home)
    if service == "waste":
        volume = pl.format('{{"volume":"0.{}0"}}', account % 90 + 10)
        return pl.when(organisation).then(volume).otherwise(pl.lit("{}"))
    if service == "sewerage":
        return pl.when(organisation).then(pl.lit("{}")).otherwise(pl.lit('{"norm":"house"}'))
    return pl.format('{{"lamps":{}}}', account % 5 + 1) if service == "street_lighting" else pl.lit("{}")


def _bare(frame: Any, lines: Any) -> Any:
    """The least that the same lines cost: two lines a row, one multiplication and one division each, all columns."""
    import polars as pl

    amount = pl.col("residents").fill_null(1) * 1045 * pl.col("days") // 31
    same = [pl.col(name) for name in ("account_id", "place", "connection_id", "service", "provider")]
    texts = [
        pl.lit("volume").alias("component"),
        pl.lit("charge").alias("kind"),
        pl.lit(None, dtype=pl.String).alias("tax"),
    ]
    numbers = [
        pl.lit(1, dtype=pl.Int64).alias(name) for name in ("tariff_id", "position", "quantity", "price", "price_scale")
    ]
    basis = pl.format('{{"residents":{}}}', "residents").alias("basis")
    charge = frame.lazy().select(*same, *texts, *numbers, amount.alias("amount"), basis)
    taxed = frame.lazy().select(
        *same, *texts, *numbers, (amount * 3 // 100).alias("amount"), pl.lit(None, dtype=pl.String).alias("basis")
    )
    made = pl.concat([charge, taxed]).collect()
    assert made.height == lines.height
    return made


def _share(chunks: int) -> Share:
    from aimak_billing.domain.rating import rate
    from passes import peak_mb

    book, frame = _book(), _frame(CHUNK)
    lines = rate(frame, book).lines
    began, used = time.perf_counter(), time.process_time()
    for _ in range(chunks):
        rated = rate(frame, book)
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    assert rated.holds.is_empty() and rated.lines.height == lines.height
    peak = peak_mb(os.getpid())
    used = time.process_time()
    for _ in range(chunks):
        _bare(frame, lines)
    return Share(CHUNK * chunks, lines.height, wall, cpu, time.process_time() - used, peak)


def _run(accounts: int, processes: int) -> list[Share]:
    # A process a core, each with one thread: as the workers share a machine.
    os.environ["POLARS_MAX_THREADS"] = "1"
    chunks = max(1, accounts // CHUNK // processes)
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        return pool.map(_share, [chunks] * processes, chunksize=1)


def main() -> None:
    """Rate so many accounts by two processes, several times; the table, or JSON, goes to stdout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("accounts", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3, help="figures are medians of so many runs")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    runs = [_run(given.accounts, given.processes) for _ in range(given.runs)]
    wall = statistics.median(sum(one.accounts for one in run) / max(one.wall for one in run) for run in runs)
    cpu = statistics.median(sum(one.accounts / one.cpu for one in run) for run in runs)
    multiple = statistics.median(sum(one.cpu for one in run) / sum(one.floor_cpu for one in run) for run in runs)
    machine = {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()}
    told = {
        "machine": machine,
        "load": os.getloadavg()[0],
        "services": len(SERVICES),
        "accounts_per_second": round(wall),
        "accounts_per_second_of_processor": round(cpu),
        "multiple_of_floor": round(multiple, 2),
        "peak_mb": max(one.peak_mb for run in runs for one in run),
        "runs": [[asdict(one) for one in run] for run in runs],
    }
    if given.json:
        print(json.dumps(told, indent=1))
        return
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, load {told['load']:.1f}")
    print(f"{given.accounts:,} accounts × {len(SERVICES)} services by {given.processes} processes, {given.runs} runs")
    print(f"accounts a second, by the clock                {told['accounts_per_second']:>12,}")
    print(f"accounts a second, by processor time           {told['accounts_per_second_of_processor']:>12,}")
    print(f"processor time as a multiple of the floor's    {told['multiple_of_floor']:>12.2f}")
    print(f"peak memory of a worker, MB                    {told['peak_mb']:>12,}")


if __name__ == "__main__":
    main()
