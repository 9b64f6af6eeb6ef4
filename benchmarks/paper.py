"""`make bench-paper`: bills to PDF, each with one payment code, in files of 500, a process on each core.

`--town FOLDER` prints the bills of a sample town instead, which `make run` left in var/town/data: as they are, with all
their codes. Reading them from the database is not counted.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from aimak.batches import in_batches
from aimak.settings import Settings
from aimak_billing.application import printing
from aimak_billing.application.kit import Kit
from aimak_billing.bootstrap import build
from aimak_billing.documents.bill import BillDocument, BillLine, Creditor, CreditorPart, MeterReading, PaymentCode
from aimak_billing.documents.render import render_bills
from aimak_billing.domain.elqr import Elqr, link
from aimak_billing.domain.rating import Plugins

AT = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
A_FILE = 500
GOAL = 600
_WATER = CreditorPart(
    Creditor("Водоканал", "01234567890123", bank_account="1180000012345678"),
    (
        BillLine("Питьевая вода", "15", "м³", "10.45", 15_675, 470, 16_145),
        BillLine("Водоотведение", "15", "м³", "3.45", 5_175, 155, 5_330),
    ),
    opening=44_360, paid=20_000, charged=21_475, due=45_835,
)  # fmt: skip
_WASTE = CreditorPart(
    Creditor("Тазалык", "01234567890124"),
    (BillLine("Вывоз ТБО", "4", "чел.", "25.00", 10_000, 300, 10_300),),
    opening=0, paid=0, charged=10_300, due=10_300,
)  # fmt: skip
_READING = MeterReading(
    "Питьевая вода", "24100025", "97", date(2026, 9, 30), "112", date(2026, 10, 30), "15", "м³"
)  # fmt: skip


@dataclass(frozen=True)
class Pressed:
    """One file: its bills, pages' bytes, and what laying it out took of a processor and by the clock (s)."""

    bills: int
    size: int
    cpu_s: float
    began: float
    ended: float


def bill(place: int) -> BillDocument:
    """A bill that differs from others in number, account, holder, address, amounts and code, as a town's do."""
    account, due = f"{10_000_000 + place}", 56_135 + place % 9_000
    code = link(Elqr("qr.example.kg", "vodokanal", account, "Водоканал", due, str(place)))
    water = replace(_WATER, opening=44_360 + place % 9_000, due=45_835 + place % 9_000)
    return BillDocument(
        municipality="Ак-Булак",
        number=str(place),
        period="Октябрь 2026",
        issued_on=date(2026, 11, 2),
        due_on=date(2026, 11, 20),
        moved_since=date(2026, 10, 1),
        account=account,
        holder=f"Абонент {place}",
        address=f"Манас {place % 97}-{place % 41}",
        parts=(water, _WASTE),
        residents=4,
        readings=(replace(_READING, serial=str(24_100_000 + place)),),
        explanations=(f"Питьевая вода: 15 м³ по 10.45 сом; счётчик {24_100_000 + place}",),
        codes=(PaymentCode("", code, due),),
    )


def of_town(folder: Path) -> list[tuple[BillDocument, ...]]:
    """The bills of the sample town in files of 500, in their route's order."""
    service = build(Settings({"data_dir": str(folder)}))
    kit = Kit.of(service.settings, Plugins.discover())
    with service.work("akbulak") as work:
        numbers = [row["number"] for row in printing.route(work, "2026-10")]
        files = [printing.print_bills(kit, work, part, "ru").documents for part in in_batches(numbers, A_FILE)]
    service.close()
    return files


def press(bills: Sequence[BillDocument]) -> Pressed:
    """Lay out one file."""
    began, used = time.time(), time.process_time()
    pdf = render_bills(bills, AT, "ru")
    return Pressed(len(bills), len(pdf), time.process_time() - used, began, time.time())


def press_made(first: int, last: int) -> Pressed:
    """The same for bills that are made here, between one file and the next: the clock counts that, `cpu_s` does not."""
    return press([bill(place) for place in range(first, last)])


def _warm(_number: int) -> None:
    render_bills([bill(0), bill(1)], AT, "ru")
    time.sleep(0.5)


def main() -> None:
    """Print bills a second, and the processor time of one bill on one core."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bills", type=int, nargs="?", default=20_000)
    parser.add_argument("--town", type=Path, help="folder of the sample town's data")
    asked = parser.parse_args()
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores, mp_context=multiprocessing.get_context("spawn")) as presses:
        list(presses.map(_warm, range(cores)))
        if asked.town:
            done = list(presses.map(press, of_town(asked.town)))
        else:
            firsts = range(0, asked.bills, A_FILE)
            lasts = (min(first + A_FILE, asked.bills) for first in firsts)
            done = list(presses.map(press_made, firsts, lasts))
    count, size = sum(file.bills for file in done), sum(file.size for file in done)
    took, used = max(file.ended for file in done) - min(file.began for file in done), sum(file.cpu_s for file in done)
    print(f"{count:,} bills in {took:.1f} s: {count / took:.0f} a second (goal {GOAL}), {size // count:,} bytes a bill")
    print(f"{used / count * 1000:.2f} ms of processor time a bill; load {os.getloadavg()[0]:.1f}, {cores} cores")
    sys.exit(0 if count / took >= GOAL or asked.town else 1)


if __name__ == "__main__":
    main()
