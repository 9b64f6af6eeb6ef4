"""What begins, ends or changes inside a month is billed for its days, from the tables to the sentence on the bill."""

from __future__ import annotations

import json
from datetime import date

from sqlalchemy import insert, update

from tests.unit.billing.town import TENANT, Town, account_line

FLAT = '{"metered":false,"norm":"flat"}'
METERED = '{"metered":true,"norm":"flat"}'


def water(number: str, attributes: str = FLAT, **changes: str) -> str:
    """An account with water."""
    return account_line(number, "water", "vodokanal", attributes=attributes, **changes)


def change(town: Town, statement: object) -> None:
    """What another use case writes."""
    with town.service.work(TENANT) as work:
        work.execute(statement)  # type: ignore[call-overload]
        work.commit()


def volumes(town: Town) -> dict[int, list[tuple[int, int]]]:
    """Account → quantity and amount of its charges."""
    town.preview()
    bills = {row["place"]: row["account_id"] for row in town.rows("run_bill")}
    found: dict[int, list[tuple[int, int]]] = {}
    for row in town.rows("run_line"):
        if row["kind"] == "charge":
            found.setdefault(bills[row["place"]], []).append((row["quantity"], row["amount"]))
    return found


def test_moving_in_and_out_are_billed_by_days(town: Town) -> None:
    """3 × 0.230 m³ for 31 days, for 15 from the 17th on, and for 9 until the 10th."""
    town.accounts(water("A1"), water("A2", opened_on="2026-10-17"), water("A3"))
    connection = town.service.metadata.tables["connection"]
    change(town, update(connection).where(connection.c.account_id == 3).values(valid_to=date(2026, 10, 10)))
    assert volumes(town) == {1: [(21_390, 22353)], 2: [(10_350, 10816)], 3: [(6_210, 6489)]}
    town.issue()
    told = town.get("/billing/bills/2/explain")["sentences"][0].replace("\u00a0", " ")
    assert "10.350 m³ × 10.45 som = 108.16 som" in told
    assert "15 days from 17 October 2026: 3 pers. × 0.230 m³ = 10.350 m³" in told


def test_residents_and_class_are_those_of_each_day(town: Town) -> None:
    """Two of three persons leave on the 11th; another is an organisation from the 16th on, and has two lines."""
    town.accounts(water("A1"), water("A2", METERED))
    resident = town.service.metadata.tables["resident"]
    change(town, update(resident).where(resident.c.account_id == 1).values(valid_to=date(2026, 10, 11)))
    row = {"tenant": TENANT, "id": 99, "account_id": 1, "persons": 1, "pensioners": 0, "ground": "", "version": 1}
    change(town, insert(resident).values({**row, "valid_from": date(2026, 10, 11)}))
    connection = town.service.metadata.tables["connection"]
    change(town, update(connection).where(connection.c.id == 2).values(customer_class="other"))
    past = {"connection_id": 2, "account_id": 2, "customer_class": "household", "attributes": json.loads(METERED)}
    table = town.service.metadata.tables["connection_past"]
    change(town, insert(table).values({"tenant": TENANT, **past, "valid_to": date(2026, 10, 16), "ground": "act 7"}))
    town.use(2, 31_000)
    assert volumes(town) == {1: [(6_900 + 4_830, 12258)], 2: [(15_000, 15675), (16_000, 48000)]}
    totals = {(row["customer_class"], row["connections"], row["quantity"]) for row in town.rows("run_total")}
    assert totals == {("household", 1, 11_730), ("other", 1, 31_000)}
