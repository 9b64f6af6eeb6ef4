"""What the budget bears of a charge is off the resident's bill and on the budget's own account."""

from __future__ import annotations

from aimak_billing.domain.posting import payer_account
from aimak_billing.domain.receivables import receivable

from tests.unit.billing.town import Town, account_line

TARIFF = """aimak: tariffs/1
tariffs:
  - code: park
    service: landscaping
    provider: tazalyk
    name: {ky: а, ru: б, en: c}
    from: 2026-01-01
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


def test_the_budget_owes_what_the_resident_does_not(town: Town) -> None:
    """Of 100 som the resident owes 60, the budget line 40; revenue is whole, and no check finds anything wrong."""
    assert town.ask("post", "/billing/imports/tariffs", role="admin", data=TARIFF.encode()).status_code == 200
    decided = {"tariffs": ["park@2026-01-01"], "ground": "decided before"}
    town.post("/billing/tariffs/adopt", decided, role="approver")
    town.accounts(account_line("A1", "landscaping", "tazalyk"), account_line("A2", "landscaping", "tazalyk"))
    town.preview()
    town.issue()
    assert town.get("/billing/bills/1")["net_tyiyn"] == 6_000
    assert [town.balance(number) for number in ("A1", "A2")] == [6_000, 6_000]
    assert owed(town, receivable(1, 2)) == 6_000
    assert owed(town, payer_account("tazalyk", "budget-parks")) == 2 * 4_000
    kinds = {(row["kind"], row["amount"]) for row in town.rows("transfer")}
    assert kinds == {("charge", 10_000), ("relief", 4_000)}
    assert town.get("/billing/doctor", role="admin")["problems"] == []
