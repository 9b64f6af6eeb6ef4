"""What an account was charged is told apart from what was taken back, whoever else is billed on that day."""

from __future__ import annotations

from datetime import date

from aimak_billing.application.reports import carrying

from tests.unit.billing.ledger.test_carried import carried_on, close
from tests.unit.billing.ledger.test_reports import TURNOVER, document
from tests.unit.billing.test_cancelling import month as october_billed
from tests.unit.billing.test_cancelling import run
from tests.unit.billing.test_rerating import bill
from tests.unit.billing.town import TENANT, Town


def test_what_an_account_was_charged_stays_whoever_is_billed_that_day(town: Town) -> None:
    """November's bill takes something back of October; that stays recalculated when another account's October is billed
    on the same day, from the ledger as from what moved."""
    october_billed(town)
    town.at("2026-12-01T06:00:00+00:00")
    close(town)
    assert carrying.carry_forward(town.service, TENANT, worth_it=0) == date(2026, 11, 30)
    town.at("2026-12-02T06:00:00+00:00")
    town.post("/billing/accounts/A1/residents", {"persons": 1, "day": "2026-10-01"})
    bill(town, "2026-11")
    asked = f"{TURNOVER}?period=2026-12&by=account"
    before = town.get(asked)["rows"]
    assert any(row["recalculated_tyiyn"] < 0 < row["charged_tyiyn"] for row in before)
    document(town, kind="cancel", bill="3")
    run(town, "account:A2")
    for moved in (False, True):
        if moved:
            carried_on(town)
        answer = town.get(asked)
        assert (answer["rows"], answer["problems"]) == (before, [])
        assert town.get(asked.replace("account", "service"))["totals"] == answer["totals"]
        assert len(town.rows("movement")) == moved


def test_a_second_run_of_a_month_shares_its_day_too(town: Town) -> None:
    """Who was set aside in November's own run is billed by a second one; what that takes back of October stays
    recalculated when somebody's October is made anew on that day."""
    october_billed(town)
    town.post("/billing/outsort-rules", {"rules": {"earlier_month": 0}}, role="admin")
    town.at("2026-12-02T06:00:00+00:00")
    town.post("/billing/accounts/A1/residents", {"persons": 1, "day": "2026-10-01"})
    own = run(town, "all", issue=False, period="2026-11")["run_id"]
    town.post(f"/billing/runs/{own}/outsorts/A1", {"decision": "exclude", "reason": "to be looked at"})
    bill(town, "2026-11")
    town.at("2026-12-05T06:00:00+00:00")
    town.post("/billing/outsort-rules", {"rules": {}}, role="admin")
    assert run(town, "all", period="2026-11")["generation"] == 1
    asked = f"{TURNOVER}?period=2026-12&by=account"
    before = [row for row in town.get(asked)["rows"] if row["account"] == "A1"]
    run(town, "account:A2", replaces=True)
    assert [row for row in town.get(asked)["rows"] if row["account"] == "A1"] == before
