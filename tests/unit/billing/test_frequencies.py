"""Services of different frequencies stand on one account's bill."""

from __future__ import annotations

from tests.unit.billing.town import Town, account_line

TARIFF = """aimak: tariffs/1
tariffs:
  - code: park
    service: landscaping
    provider: tazalyk
    name: {ky: а, ru: б, en: c}
    from: 2026-01-01
    applies_to: {class: household}
    decision: {body: council, number: "7", date: 2025-12-01}
    legal_ground: law
    frequency: FREQUENCY
    billed: BILLED
    components:
      - {code: fee, kind: fixed, price: 92, prorate: days}
"""


def charges(town: Town, frequency: str, billed: str) -> list[tuple[str, int]]:
    """The charges of an account that has waste monthly and the park since 1 September."""
    text = TARIFF.replace("FREQUENCY", frequency).replace("BILLED", billed)
    assert town.ask("post", "/billing/imports/tariffs", role="admin", data=text.encode()).status_code == 200
    decided = {"tariffs": ["park@2026-01-01"], "ground": "decided before"}
    town.post("/billing/tariffs/adopt", decided, role="approver")
    town.accounts(account_line("A1"), account_line("A1", "landscaping", "tazalyk"))
    seen = town.preview()
    assert (seen["state"], seen["bills"], seen["held"]) == ("previewed", 1, 0)
    return [(row["service"], row["amount"]) for row in town.rows("run_line") if row["kind"] == "charge"]


def test_a_quarter_is_billed_with_its_first_month_beside_the_month(town: Town) -> None:
    """October's run has the month's waste and the quarter's park; the totals name both."""
    assert charges(town, "quarter", "start") == [("waste", 7_500), ("landscaping", 9_200)]
    totals = {row["service"]: row["net"] for row in town.rows("run_total")}
    assert totals == {"waste": 7_500, "landscaping": 9_200}
    town.issue()
    told = " ".join(town.get("/billing/bills/1/explain")["sentences"]).replace("\u00a0", " ")
    assert "1 October 2026 – 31 December 2026: 92.00 som" in told


def test_a_year_that_ends_later_is_neither_billed_nor_held(town: Town) -> None:
    """October's run bills the waste alone."""
    assert charges(town, "year", "end") == [("waste", 7_500)]
