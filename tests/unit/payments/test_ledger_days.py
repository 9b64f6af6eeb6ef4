"""Payments closes its days as billing does: a copy proves itself, and one wrong row is named."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

from aimak.ledger import verify
from aimak.ledger.copy import write_copy
from aimak.ledger.tables import proved

from tests.unit.payments.conftest import Town, registry, result
from tests.unit.shared import tampering


def copy_of(town: Town, folder: Path) -> Path:
    """What `aimak ledger export` writes of this service."""

    def fetch(path: str, file: Path) -> None:
        file.write_bytes(town.call("GET", path, "inspector").data)

    shutil.rmtree(folder / "copy", ignore_errors=True)
    records = town.call("GET", "/payments/ledger/days", "inspector").get_json()
    write_copy(folder / "copy", [records], fetch)
    return folder / "copy"


def test_each_change_in_the_database_is_named(town: Town, tmp_path: Path) -> None:
    """Payments, their parts and their transfers: one row changed in each column, removed or added, one at a time."""
    assert [result(town.pay(f"{number}", "0100001", "15.00")) for number in (1, 2)] == [0, 0]
    town.service.clock.instant += timedelta(days=2)  # type: ignore[attr-defined]
    closed = town.call("POST", "/payments/ledger/close-day", "approver").get_json()
    assert [day["day"] for day in closed["closed"]] == ["2026-11-23", "2026-11-24"]
    assert {"payment", "payment_part", "transfer"} <= {table.name for table in proved(town.service.metadata)}
    file = Path(str(town.service.online.url.database))
    days = ("2026-11-23", "2026-11-24", "2026-10-05")
    tried = tampering.each_is_named(file, town.service, lambda: copy_of(town, tmp_path), days, {"external_id": "'777'"})
    assert tried > 35
    findings, told = verify.verify(copy_of(town, tmp_path), [closed["hash"]])
    assert (findings, told[0]["rows"]) == ([], 2 + 4 + 4)


def test_a_copy_does_not_tell_what_payers_typed(town: Town, tmp_path: Path) -> None:
    """A name and a phone typed for the account number are on the operator's list and in no file of the copy; the
    doctor says so where a text is no longer what the ledger stands for."""
    typed = "Асанов Үсөн 0555123456"
    town.bring(registry(("1", "23.11.2026", "12:00:00", typed, "15.00")))
    listed = town.call("GET", "/payments/payments").get_json()["payments"]
    assert [row["account"] for row in listed] == [typed]
    town.service.clock.instant += timedelta(days=2)  # type: ignore[attr-defined]
    town.call("POST", "/payments/ledger/close-day", "approver")
    files = list(copy_of(town, tmp_path).rglob("*"))
    texts = {file.name: file.read_text() for file in files if file.is_file()}
    assert "payment.tsv" in texts
    assert [name for name, text in texts.items() if "Асанов" in text or "555123456" in text] == []
    assert town.call("GET", "/payments/doctor").get_json()["problems"] == []
    with sqlite3.connect(str(town.service.online.url.database)) as connection:
        connection.execute("DROP TRIGGER payment_typed_no_update")
        connection.execute("UPDATE payment_typed SET account_text = 'Усенов Асан'")
    assert "AIM-P047" in [problem["code"] for problem in town.call("GET", "/payments/doctor").get_json()["problems"]]
