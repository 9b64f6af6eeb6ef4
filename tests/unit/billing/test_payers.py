"""What the budget bears of a charge is off the resident's bill and on the budget's own account."""

from __future__ import annotations

from typing import Any

from aimak_billing.domain.posting import payer_account
from aimak_billing.domain.receivables import receivable

from tests.unit.billing.test_cancelling import document, sound
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
    components:
      - {code: fee, kind: fixed, price: 100}
      - {code: relief, kind: subsidy, of: [fee], percent: 40 %, payer: budget-parks}
"""


def owed(town: Town, account: int) -> int:
    """The balance of a ledger account."""
    rows = town.rows("transfer")
    return sum(row["amount"] * ((row["debit"] == account) - (row["credit"] == account)) for row in rows)


def relieved(town: Town) -> None:
    """Two accounts billed for October, each with 40 som on the budget."""
    assert town.ask("post", "/billing/imports/tariffs", role="admin", data=TARIFF.encode()).status_code == 200
    decided = {"tariffs": ["park@2026-01-01"], "ground": "decided before"}
    town.post("/billing/tariffs/adopt", decided, role="approver")
    town.accounts(account_line("A1", "landscaping", "tazalyk"), account_line("A2", "landscaping", "tazalyk"))
    town.preview()
    town.issue()


def debtor(town: Town, asked: str = "from=2026-11-01&to=2026-11-30") -> Any:
    """The one row of the sheet of debtors, which must equal the ledger."""
    sheet = town.get(f"/billing/reports/debtors?{asked}")
    assert sheet["problems"] == []
    (row,) = sheet["rows"]
    assert (row.pop("provider"), row.pop("payer")) == ("tazalyk", "budget-parks")
    return {name.removesuffix("_tyiyn"): amount for name, amount in row.items()}


def test_the_budget_owes_what_the_resident_does_not(town: Town) -> None:
    """Of 100 som the resident owes 60, the budget line 40; revenue is whole, and no check finds anything wrong."""
    relieved(town)
    assert town.get("/billing/bills/1")["net_tyiyn"] == 6_000
    assert [town.balance(number) for number in ("A1", "A2")] == [6_000, 6_000]
    assert owed(town, receivable(1, 2)) == 6_000
    assert owed(town, payer_account("tazalyk", "budget-parks")) == 2 * 4_000
    kinds = {(row["kind"], row["amount"]) for row in town.rows("transfer")}
    assert kinds == {("charge", 10_000), ("relief", 4_000)}
    assert town.get("/billing/doctor", role="admin")["problems"] == []


PAY = {"kind": "budget_payment", "provider": "tazalyk", "payer": "budget-parks", "ground": "order 118"}


def test_what_the_budget_owes_and_pays_is_a_sheet(town: Town) -> None:
    """Opening, charged, recalculated, paid and closing; residents' balances and every check stay as they were."""
    nothing = {"opening": 0, "charged": 0, "recalculated": 0, "paid": 0, "closing": 0}
    relieved(town)
    assert debtor(town) == nothing | {"charged": 8_000, "closing": 8_000}
    document(town, **PAY, amount_tyiyn=5_000)
    document(town, **PAY, amount_tyiyn=-500)
    document(town, kind="cancel", bill="2")
    owed = {"charged": 8_000, "recalculated": -4_000, "paid": 4_500, "closing": -500}
    assert debtor(town) == nothing | owed
    assert debtor(town, "from=2026-12-01&to=2026-12-31") == nothing | {"opening": -500, "closing": -500}
    assert [town.balance(number) for number in ("A1", "A2")] == [6_000, 0]
    turnover = town.get("/billing/reports/turnover?from=2026-11-01&to=2026-11-30&by=provider")
    assert turnover["problems"] == [] and turnover["totals"]["closing_tyiyn"] == 6_000
    sound(town)


def test_postings_hold_what_the_budget_pays(town: Town) -> None:
    """For the accountants' books: what it owes and pays, beside the residents' lines, adds up to both sheets."""
    relieved(town)
    document(town, **PAY, amount_tyiyn=5_000)
    document(town, **PAY, amount_tyiyn=-500)
    asked = "from=2026-11-01&to=2026-11-30"
    sheet = town.get(f"/billing/reports/postings?{asked}")
    assert sheet["problems"] == []
    paid = [row for row in sheet["rows"] if row["kind"] == "budget_payment"]
    assert {(row["debit"], row["credit"], row["class"], row["amount_tyiyn"]) for row in paid} == {
        ("budget_payment", "relief", None, 5_000),
        ("relief", "budget_payment", None, 500),
    }
    moved = {
        book: sum(row["amount_tyiyn"] * ((row["debit"] == book) - (row["credit"] == book)) for row in sheet["rows"])
        for book in ("receivable", "relief")
    }
    turnover = town.get(f"/billing/reports/turnover?{asked}&by=provider")["totals"]
    assert moved["receivable"] == turnover["closing_tyiyn"] - turnover["opening_tyiyn"] == 12_000
    assert moved["relief"] == debtor(town, asked)["closing"] == 3_500
    assert sheet["totals"]["amount_tyiyn"] == 2 * 10_000 + 2 * 4_000 + 5_500


def test_the_sheet_is_a_file_too(town: Town) -> None:
    """With its heads in the reader's language and som with a point."""
    relieved(town)
    asked = "/billing/reports/debtors?from=2026-11-01&to=2026-11-30&format=csv&lang=en"
    lines = town.ask("get", asked).data.decode("utf-8-sig").splitlines()
    assert lines[1] == "tazalyk;budget-parks;0.00;80.00;0.00;0.00;80.00"
    book = town.ask("get", asked.replace("csv", "xlsx"))
    assert book.data.startswith(b"PK")


def test_only_a_debtor_pays_and_with_its_order(town: Town) -> None:
    """A line that no tariff names, a payment without its order: refused before anything is entered."""
    relieved(town)
    asked = {**PAY, "amount_tyiyn": 5_000, "reason": "payment"}
    assert town.refused("/billing/corrections", body={**asked, "payer": "nobody"}) == (422, ["AIM-B186"])
    assert town.refused("/billing/corrections", body={**asked, "ground": ""}) == (422, ["AIM-B187"])
    assert town.refused("/billing/corrections", body={**asked, "amount_tyiyn": 0}) == (422, ["AIM-B116"])
