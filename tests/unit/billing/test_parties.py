"""Whom a bill is made out to: as it was on the bill's day, in a row of its own."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import update

from tests.unit.billing.test_ledger_days import close, copy_of, later
from tests.unit.billing.town import MONTH, TENANT, Town, account_line


def rename(town: Town, account_id: int, **said: str) -> None:
    """Change the holder as a correction does: the account gets a new version."""
    with town.service.work(TENANT) as work:
        customer, account = work.table("customer"), work.table("account")
        work.execute(update(customer).where(customer.c.id == account_id).values(**said))
        version = {"version": account.c.version + 1}
        work.execute(update(account).where(account.c.id == account_id).values(version))
        work.commit()


def test_a_bill_keeps_the_holder_of_its_day(town: Town) -> None:
    """Who moves in later does not stand on the old bill, and the next bill has the new name; nobody else gets a row."""
    town.accounts(account_line("A1", holder="Асанов"), account_line("A2"))
    town.preview()
    town.issue()
    town.post(f"{MONTH}/close", role="approver")
    rename(town, 1, name="Бакиров", folded="бакиров", phone="+996700000001")
    assert town.get("/billing/bills/1")["holder"] == "Асанов"
    town.post("/billing/cycles/2026-11/preview")
    town.pump.drain()
    town.post("/billing/cycles/2026-11/approve", role="approver")
    town.post("/billing/cycles/2026-11/issue")
    town.pump.drain()
    assert [town.get(f"/billing/bills/{number}")["holder"] for number in (1, 3)] == ["Асанов", "Бакиров"]
    assert [row["account_id"] for row in town.rows("party")] == [1, 1, 2]
    assert town.get("/billing/doctor", role="admin")["problems"] == []


def test_a_bill_keeps_the_residents_of_its_day(town: Town) -> None:
    """The count on a bill is what the register said when it was issued; nobody registered prints nothing."""
    town.accounts(
        account_line("A1"),
        account_line("A2", "water", "vodokanal", residents="", attributes='{"metered":true,"norm":"flat"}'),
    )
    town.use(2, 5_000)
    town.preview()
    town.issue()
    assert {bill["account_id"]: bill["residents"] for bill in town.rows("bill")} == {1: 3, 2: None}


def test_the_ledger_stands_for_names_without_holding_them(town: Town, tmp_path: Path) -> None:
    """The hashed row has a digest that differs for equal names; a name changed behind the program's back is found by
    doctor, and the copy has no name in it."""
    town.accounts(account_line("A1", holder="Асанов", house="1"), account_line("A2", holder="Асанов", house="1"))
    digests = {row["digest"] for row in town.rows("party")}
    assert len(digests) == 2
    later(town)
    close(town)
    text = "".join(file.read_text() for file in copy_of(town, tmp_path).rglob("*.tsv"))
    assert all(digest in text for digest in digests) and "Асанов" not in text and "Токтогул" not in text
    with sqlite3.connect(str(town.service.online.url.database)) as connection:
        connection.execute("DROP TRIGGER party_person_no_update")
        connection.execute("UPDATE party_person SET holder = 'Ким' WHERE number = 'A1'")
    problems = town.get("/billing/doctor", role="admin")["problems"]
    assert [(problem["code"], problem["fields"].get("count")) for problem in problems][-1] == ("AIM-B951", 1)
