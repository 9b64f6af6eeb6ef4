"""`make bench-paper`: bills to PDF, each with a payment code, in files of 500 by as many threads as there are cores."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime

from aimak_billing.documents.bill import BillDocument, BillLine, Creditor, CreditorPart, MeterReading, PaymentCode
from aimak_billing.documents.render import render_bills
from aimak_billing.domain.elqr import Elqr, link

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


def bills(count: int) -> Iterator[BillDocument]:
    """Bills that differ in number, account, holder, address, amounts and code, as a town's do."""
    for place in range(count):
        account, due = f"{10_000_000 + place}", 56_135 + place % 9_000
        code = link(Elqr("qr.example.kg", "vodokanal", account, "Водоканал", due, str(place)))
        water = replace(_WATER, opening=44_360 + place % 9_000, due=45_835 + place % 9_000)
        yield BillDocument(
            municipality="Ак-Булак",
            number=str(place),
            period="Октябрь 2026",
            issued_on=date(2026, 11, 2),
            due_on=date(2026, 11, 20),
            opening_on=date(2026, 10, 1),
            account=account,
            holder=f"Абонент {place}",
            address=f"Манас {place % 97}-{place % 41}",
            parts=(water, _WASTE),
            residents=4,
            readings=(replace(_READING, serial=str(24_100_000 + place)),),
            explanations=(f"Питьевая вода: 15 м³ по 10.45 сом; счётчик {24_100_000 + place}",),
            codes=(PaymentCode("", code),),
        )


def main() -> None:
    """Print bills a second, and the processor time of one bill on one core."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bills", type=int, nargs="?", default=20_000)
    count = parser.parse_args().bills
    made = list(bills(count))
    files = [made[first : first + A_FILE] for first in range(0, count, A_FILE)]
    render_bills(made[:2], AT, "ru")
    began, used = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(os.cpu_count() or 1) as presses:
        size = sum(len(pdf) for pdf in presses.map(lambda file: render_bills(file, AT, "ru"), files))
    took, used = time.perf_counter() - began, time.process_time() - used
    print(f"{count:,} bills in {took:.1f} s: {count / took:.0f} a second (goal {GOAL}), {size // count:,} bytes a bill")
    print(
        f"{used / count * 1000:.2f} ms of processor time a bill; load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores"
    )
    sys.exit(0 if count / took >= GOAL else 1)


if __name__ == "__main__":
    main()
