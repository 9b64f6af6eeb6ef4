"""Before bills are issued: nobody is missing, and what looks wrong was decided by a person."""

from __future__ import annotations

from typing import Any

from tests.unit.billing.test_cancelling import run
from tests.unit.billing.test_month import WASTE_GROSS, five
from tests.unit.billing.test_rerating import METERED, bill, november
from tests.unit.billing.town import MONTH, TARIFFS, Town, account_line


def rules(town: Town, **wanted: int) -> None:
    """Have these rules."""
    assert town.post("/billing/outsort-rules", {"rules": wanted}, role="admin")["rules"] == wanted


def preview(town: Town, period: str) -> int:
    """Preview a month; its run's id."""
    town.post(f"/billing/cycles/{period}/preview")
    town.pump.drain()
    return int(town.get(f"/billing/cycles/{period}")["run_id"])


def outsorted(town: Town, run_id: int) -> dict[str, Any]:
    """Rules by account."""
    return {row["account"]: row["rules"] for row in town.get(f"/billing/runs/{run_id}/outsorts")["outsorts"]}


def test_every_connection_is_billed_held_or_exempt(town: Town) -> None:
    """By service and provider, and the register counts the same."""
    town.accounts(
        account_line("A"), account_line("B", residents=""), account_line("C", "water", "vodokanal", attributes=METERED)
    )
    town.preview()
    number = town.get(MONTH)["run_id"]
    counted = town.get(f"/billing/runs/{number}/completeness")["completeness"]
    assert [tuple(row.values()) for row in counted] == [
        ("waste", "tazalyk", 2, 0, 1, 1, 0),
        ("water", "vodokanal", 1, 0, 1, 0, 0),
    ]
    town.issue()
    counted = town.get(f"/billing/runs/{number}/completeness")["completeness"]
    assert [(row["billed"], row["previewed"]) for row in counted] == [(1, 0), (1, 0)]


def test_nobody_is_forgotten_between_preview_and_issue(town: Town) -> None:
    """An account that came meanwhile has the issue refused, by service and provider, until it is previewed again."""
    five(town)
    town.preview()
    town.accounts(account_line("LATE"))
    town.post(f"{MONTH}/approve", role="approver")
    answer = town.ask("post", f"{MONTH}/issue")
    assert (answer.status_code, [error["code"] for error in answer.json["errors"]]) == (409, ["AIM-B131"])
    assert answer.json["errors"][0]["fields"] == {"service": "waste", "provider": "tazalyk", "active": 6, "seen": 5}
    town.preview()
    assert town.issue()["bills"] == 6


def test_what_another_bill_charges_is_exempt(town: Town) -> None:
    """A second run of the month counts everybody and bills nobody."""
    five(town)
    town.preview()
    town.issue()
    again = run(town)
    counted = town.get(f"/billing/runs/{again['run_id']}/completeness")["completeness"]
    assert [(row["active"], row["billed"], row["exempt"]) for row in counted] == [(5, 0, 5)]


def test_a_bill_of_many_times_the_usual_waits_for_a_person(town: Town) -> None:
    """Three times the median: it must be released before the month is approved."""
    town.accounts(account_line("W", "water", "vodokanal", attributes=METERED))
    town.use(1, 10_000)
    bill(town, "2026-10")
    rules(town, median=3_000, negative=0)
    november(town, 1, 31_000)
    number = preview(town, "2026-11")
    assert outsorted(town, number) == {"W": ["median"]}
    path = "/billing/cycles/2026-11/approve"
    assert town.refused(path, "approver") == (409, ["AIM-B130"])
    decision = {"decision": "release", "reason": "they fill a pool"}
    assert town.refused(f"/billing/runs/{number}/outsorts/X", body=decision) == (404, ["AIM-B134"])
    town.post(f"/billing/runs/{number}/outsorts/W", decision)
    town.post(path, role="approver")
    town.post("/billing/cycles/2026-11/issue")
    town.pump.drain()
    assert len(town.rows("bill")) == 2


def test_an_excluded_bill_is_held_and_numbers_have_no_gap(town: Town) -> None:
    """It stands on the list with the decision; the others are numbered one after another."""
    five(town)
    rules(town, first_bill=0)
    town.preview()
    number = town.get(MONTH)["run_id"]
    for account in ("A0", "A2", "A3", "A4"):
        town.post(f"/billing/runs/{number}/outsorts/{account}", {"decision": "release", "reason": "new house"})
    town.post(f"/billing/runs/{number}/outsorts/A1", {"decision": "exclude", "reason": "at court"})
    done = town.issue()
    assert (done["bills"], done["held"]) == (4, 1)
    assert [row["number"] for row in town.rows("bill")] == [1, 2, 3, 4]
    assert town.get(f"{MONTH}/holds")["holds"][0]["code"] == "AIM-B132"


def test_what_is_to_be_corrected_is_judged_anew(town: Town) -> None:
    """Held until the next preview; with the right reading nothing is sorted out any more."""
    town.accounts(account_line("W", "water", "vodokanal", attributes=METERED))
    town.use(1, 10_000)
    bill(town, "2026-10")
    rules(town, median=3_000)
    november(town, 1, 310_000)
    number = preview(town, "2026-11")
    town.post(f"/billing/runs/{number}/outsorts/W", {"decision": "correct", "reason": "misread"})
    assert town.get("/billing/cycles/2026-11")["held"] == 1
    town.use(1, 31_000 - 21_000, version=2, usage_id=101, from_date="2026-11-01", to_date="2026-12-01")
    number = preview(town, "2026-11")
    assert outsorted(town, number) == {}
    assert town.get("/billing/cycles/2026-11")["bills"] == 1


def test_rules_on_persons_tariffs_and_estimates(town: Town) -> None:
    """Another number of persons, the third month by norm; a bill below zero; an unknown rule is refused."""
    town.accounts(account_line("A"), account_line("W", "water", "vodokanal", attributes=METERED))
    bill(town, "2026-10")
    bill(town, "2026-11")
    assert town.refused("/billing/outsort-rules", "admin", body={"rules": {"moon": 1}}) == (422, ["AIM-B135"])
    rules(town, changed_persons=0, third_estimate=0, new_tariff=0, negative=0)
    town.post("/billing/accounts/A/residents", {"persons": 5, "day": "2026-12-01"})
    assert outsorted(town, preview(town, "2026-12")) == {"A": ["changed_persons"], "W": ["third_estimate"]}
    town.post("/billing/accounts/A/residents", {"persons": 0, "day": "2026-10-01"})
    assert "negative" in outsorted(town, preview(town, "2026-12"))["A"]


def test_a_bill_by_another_tariff_waits_for_a_person(town: Town) -> None:
    """Where a price of another version counts from this month on, each such bill is looked at, and no other."""
    town.accounts(account_line("A"), account_line("W", "water", "vodokanal", attributes=METERED))
    bill(town, "2026-10")
    rules(town, new_tariff=0)
    assert outsorted(town, preview(town, "2026-11")) == {}
    head, _, rest = TARIFFS.partition("  - code: waste-household")
    part = "waste-household" + rest.partition("  - code: ")[0].replace("2026-01-01", "2026-11-01")
    file = f"{head.partition('tariffs:')[0]}tariffs:\n  - code: {part.replace('25.00', '30.00')}"
    assert town.ask("post", "/billing/imports/tariffs", role="admin", data=file.encode()).status_code == 200
    adopted = {"tariffs": ["waste-household@2026-11-01"], "ground": "decided"}
    town.post("/billing/tariffs/adopt", adopted, role="approver")
    assert outsorted(town, preview(town, "2026-11")) == {"A": ["new_tariff"]}


def use(town: Town, connection_id: int, quantity: int, since: str, until: str) -> None:
    """Usage of a connection between two days."""
    said = {"usage_id": int(until[:7].replace("-", "")) * 10 + connection_id, "from_date": since}
    town.use(connection_id, quantity, to_date=until, **said)


def test_a_bill_of_nothing_after_usage_waits_for_a_person(town: Town) -> None:
    """Whoever used water last month and none now is looked at, once; who never did, or has a first bill, is not."""
    lines = [account_line(name, "water", "vodokanal", attributes=METERED) for name in ("W", "EMPTY", "NEW")]
    town.accounts(*lines[:2])
    rules(town, zero_after_usage=0)
    use(town, 1, 10_000, "2026-10-01", "2026-11-01")
    use(town, 2, 0, "2026-10-01", "2026-11-01")
    bill(town, "2026-10")
    town.accounts(lines[2])
    for connection in (1, 2, 3):
        use(town, connection, 0, "2026-11-01", "2026-12-01")
    number = preview(town, "2026-11")
    assert outsorted(town, number) == {"W": ["zero_after_usage"]}
    assert town.refused("/billing/cycles/2026-11/approve", "approver") == (409, ["AIM-B130"])
    town.post(f"/billing/runs/{number}/outsorts/W", {"decision": "release", "reason": "away since October"})
    town.post("/billing/cycles/2026-11/approve", role="approver")
    town.post("/billing/cycles/2026-11/issue")
    town.pump.drain()
    for connection in (1, 2, 3):
        use(town, connection, 0, "2026-12-01", "2027-01-01")
    assert outsorted(town, preview(town, "2026-12")) == {}


def test_a_payment_that_comes_after_the_preview_is_on_the_bill(town: Town) -> None:
    """It lowers what stood before and what is asked for, whether it comes before the approval or after it."""
    town.accounts(account_line("A"), account_line("B"))
    bill(town, "2026-10")
    preview(town, "2026-11")
    town.pay(1, 5_000)
    town.post("/billing/cycles/2026-11/approve", role="approver")
    town.pay(2, 9_000, payment_id=2, external_id="x2")
    town.post("/billing/cycles/2026-11/issue")
    town.pump.drain()
    bills = [town.get(f"/billing/bills/{number}") for number in (3, 4)]
    assert [row["opening_tyiyn"] for row in bills] == [WASTE_GROSS - 5_000, WASTE_GROSS - 9_000]
    assert [row["due_tyiyn"] for row in bills] == [2 * WASTE_GROSS - 5_000, 2 * WASTE_GROSS - 9_000]


def test_a_corrected_reading_moves_no_money_on_one_persons_word(town: Town) -> None:
    """It waits for a run that another approves: who started it may not, who may sees what it corrects and why, and
    where the house has the rule, releases each such bill by itself."""
    town.accounts(account_line("W", "water", "vodokanal", attributes=METERED), account_line("A"))
    town.use(1, 15_000)
    bill(town, "2026-10")
    owed, posted = town.balance("W"), town.rows("transfer")
    rules(town, earlier_month=0)
    town.use(1, 12_300, version=2)
    november(town, 1, 10_000)
    assert (town.balance("W"), town.rows("transfer")) == (owed, posted)
    number = preview(town, "2026-11")
    warnings = {row["code"]: row for row in town.get("/billing/cycles/2026-11")["warnings"]}
    assert warnings["AIM-B194"]["fields"] == {"count": 1, "amount": "-29.05", "why": "meter reading 1"}
    assert outsorted(town, number) == {"W": ["earlier_month"]}
    path = "/billing/cycles/2026-11/approve"
    assert town.refused(path, "approver", "the-clerk") == (403, ["AIM-B032"])
    assert town.refused(path, "approver") == (409, ["AIM-B130"])
    town.post(f"/billing/runs/{number}/outsorts/W", {"decision": "release", "reason": "photo of the meter"})
    town.post(path, role="approver")
    assert (town.balance("W"), town.rows("transfer")) == (owed, posted)
    town.post("/billing/cycles/2026-11/issue")
    town.pump.drain()
    assert town.balance("W") == 13_240 + 10_764
    assert "AIM-B194" not in {row["code"] for row in town.get("/billing/cycles/2026-11")["warnings"]}


def test_a_bill_made_anew_waits_for_another_person_too(town: Town) -> None:
    """Where late readings have bills made anew: nothing moves before that run is approved by another."""
    town.accounts(account_line("W", "water", "vodokanal", attributes=METERED))
    town.use(1, 15_000)
    bill(town, "2026-10")
    said = {"valid_from": "2026-11-02", "method": "rebill", "ground": "order 7"}
    town.post("/billing/late-readings", said, "approver")
    owed = town.balance("W")
    town.use(1, 12_300, version=2)
    number = run(town, "touched", issue=False, replaces=True)["run_id"]
    assert town.refused(f"/billing/runs/{number}/approve", "approver", "the-clerk") == (403, ["AIM-B032"])
    assert town.refused(f"/billing/runs/{number}/issue") == (409, ["AIM-B108"])
    assert town.balance("W") == owed
    town.post(f"/billing/runs/{number}/approve", role="approver")
    town.post(f"/billing/runs/{number}/issue")
    town.pump.drain()
    assert town.balance("W") == 13_240


def test_a_preview_stands_beside_the_three_months_before(town: Town) -> None:
    """By service, class, provider and street; a month without bills is not there."""
    town.accounts(account_line("A"), account_line("B", street="Ленина", residents="1"))
    bill(town, "2026-10")
    town.post("/billing/accounts/A/residents", {"persons": 5, "day": "2026-11-01"})
    number = preview(town, "2026-11")
    path = f"/billing/runs/{number}/comparison"
    before = {"2026-10": 10_300, "2026-09": None, "2026-08": None}
    assert town.get(f"{path}?by=service")["comparison"] == [{"service": "waste", "gross_tyiyn": 15_450, **before}]
    assert town.get(f"{path}?by=provider")["comparison"] == [{"provider": "tazalyk", "gross_tyiyn": 15_450, **before}]
    classes = town.get(f"{path}?by=customer_class")["comparison"]
    assert classes == [{"customer_class": "household", "gross_tyiyn": 15_450, **before}]
    streets = {row["street"]: row for row in town.get(f"{path}?by=street")["comparison"]}
    assert (streets["Токтогул"]["gross_tyiyn"], streets["Токтогул"]["2026-10"]) == (12_875, 7_725)
    assert (streets["Ленина"]["gross_tyiyn"], streets["Ленина"]["2026-10"]) == (2_575, 2_575)
    assert town.ask("get", f"{path}?by=moon").json["errors"][0]["code"] == "AIM-B136"
