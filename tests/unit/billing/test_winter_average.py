"""Sewerage by the winter average, worked out of the water that the account used while no garden is watered."""

from __future__ import annotations

import pytest

from tests.unit.billing.town import Town, account_line

TARIFF = """aimak: tariffs/1
tariffs:
  - code: sewer
    service: sewerage
    provider: tazalyk
    name: {ky: а, ru: б, en: c}
    from: 2026-01-01
    decision: {body: council, number: "7", date: 2025-12-01}
    legal_ground: law
    winter_average: {months: december..february, at_least: 2, fallback: FALLBACK}
    norms: {per: month, table: [{quantity: 4}]}
    components:
      - {code: volume, kind: per_unit, price: 10}
"""
METERED = '{"metered":true,"norm":"house"}'


def winter(town: Town, fallback: str = "followed") -> None:
    """W used 9, 12 and 9.5 m³ in the winter and 30 in October; S began in February; both use 30 in October."""
    text = TARIFF.replace("FALLBACK", fallback)
    assert town.ask("post", "/billing/imports/tariffs", role="admin", data=text.encode()).status_code == 200
    adopted = {"tariffs": ["sewer@2026-01-01"], "ground": "decided before"}
    town.post("/billing/tariffs/adopt", adopted, role="approver")
    lines = []
    for number in ("W", "S"):
        lines += [
            account_line(number, "water", "vodokanal", attributes=METERED),
            account_line(number, "sewerage", "tazalyk"),
        ]
    town.accounts(*lines)
    used = [
        ("2025-12-01", "2026-01-01", 9_000),
        ("2026-01-01", "2026-02-01", 12_000),
        ("2026-02-01", "2026-03-01", 9_500),
    ]
    for place, (start, end, quantity) in enumerate(used):
        town.use(1, quantity, usage_id=100 + place, from_date=start, to_date=end)
    town.use(3, 8_000, usage_id=200, from_date="2026-02-01", to_date="2026-03-01")
    # Not of the winter: a month before it, and one after.
    town.use(1, 50_000, usage_id=300, from_date="2025-11-01", to_date="2025-12-01")
    town.use(1, 50_000, usage_id=301, from_date="2026-03-01", to_date="2026-04-01")
    for connection in (1, 3):
        town.use(connection, 30_000, usage_id=400 + connection)


def sewerage(town: Town) -> dict[int, tuple[int, int]]:
    """Account → quantity and amount of its sewerage in October's preview."""
    town.preview()
    owners = {row["id"]: row["account_id"] for row in town.rows("connection")}
    rows = [row for row in town.rows("run_line") if row["service"] == "sewerage"]
    return {owners[row["connection_id"]]: (row["quantity"], row["amount"]) for row in rows}


def test_it_is_worked_out_of_accepted_usage(town: Town) -> None:
    """(9 + 12 + 9.5) ÷ 3 = 10.167 m³; with one month of the two that are needed, as water: 30 m³."""
    winter(town)
    assert sewerage(town) == {1: (10_167, 10_167), 2: (30_000, 30_000)}
    town.issue()
    sentences = " ".join(town.get("/billing/bills/1/explain")["sentences"]).replace("\u00a0", " ")
    assert "10.167 m³ × 10.00 som = 101.67 som" in sentences


@pytest.mark.parametrize(
    ("fallback", "expected"), [("norm", {1: (10_167, 10_167), 2: (12_000, 12_000)}), ("hold", {1: (10_167, 10_167)})]
)
def test_what_counts_where_it_is_not_known(town: Town, fallback: str, expected: dict[int, tuple[int, int]]) -> None:
    """By the norm of three persons, or the account is held."""
    winter(town, fallback)
    assert sewerage(town) == expected
    held = [(row["account_id"], row["code"]) for row in town.rows("run_hold")]
    assert held == ([(2, "AIM-T024")] if fallback == "hold" else [])


def test_an_imported_average_comes_first(town: Town) -> None:
    """What the municipality found itself is not worked out again."""
    winter(town)
    head = "account;service;provider;name;from;to;value;ground"
    state = town.take("facts", [head, "W;sewerage;tazalyk;winter_average;2026-04-01;2027-04-01;7.5;act 3"])
    assert state["refused"] == 0, state
    assert sewerage(town)[1] == (7_500, 7_500)


def test_a_setting_that_cannot_be_is_refused(town: Town) -> None:
    """More months than the winter has; a service that knows no winter average; two that differ for one connection."""

    def refused(text: str) -> list[str]:
        answer = town.ask("post", "/billing/imports/tariffs", role="admin", data=text.encode())
        return [error["code"] for error in answer.json["errors"]]

    text = TARIFF.replace("FALLBACK", "followed")
    assert refused(text.replace("at_least: 2", "at_least: 4")) == ["AIM-T244"]
    assert refused(text.replace("sewerage", "waste")) == ["AIM-T011"]
