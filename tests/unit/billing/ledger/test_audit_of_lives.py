"""What was changed of an account is noted from what to what, with the day and the paper, and found by the account."""

from __future__ import annotations

from typing import Any

from tests.unit.billing.ledger.test_audit import RESIDENTS, rows
from tests.unit.billing.test_cancelling import OCTOBER, month, run
from tests.unit.billing.test_life import both, change
from tests.unit.billing.test_rerating import bill
from tests.unit.billing.town import Town, account_line

BENEFIT = {"category": "veteran", "day": "2026-10-01", "until": "2026-12-01", "ground": "certificate 4471"}


def of_account(town: Town, number: str) -> list[tuple[Any, Any, str]]:
    """Before, after and ground of what was done to an account, without what only says which bill it touches."""
    key = town.get(f"/billing/accounts/{number}")["account_id"]
    mine = [row for row in rows(town, f"?account_id={key}") if row["action"] != "changed after the bill"]
    return [(row["before"], row["after"], row["ground"]) for row in mine]


def test_other_residents_are_noted_beside_those_before(town: Town) -> None:
    """Whether a bill was made of the days before or not."""
    month(town)
    town.take("residents", [RESIDENTS, "A1;5;2026-10-01;;book"])
    change(town, "accounts/A1/residents", persons=3, pensioners=1, day="2026-10-10", ground="paper 9")
    change(town, "accounts/A1/residents", persons=4, day="2027-01-01", ground="paper 10")
    told = of_account(town, "A1")
    assert told[0][1:] == ({"persons": 4, "pensioners": 0, "from": "2027-01-01"}, "paper 10")
    assert told[1] == (
        {"persons": 5, "pensioners": 0, "from": "2026-10-01"},
        {"persons": 3, "pensioners": 1, "from": "2026-10-10"},
        "paper 9",
    )


def test_another_class_is_noted_with_the_service_and_the_day(town: Town) -> None:
    """And what it was on that day until now, though another change of the same day said so."""
    month(town)
    asked = {"service": "waste", "day": "2026-10-10", "ground": "act 2"}
    change(town, "accounts/A1/connection", customer_class="other", **asked)
    after = {"service": "waste", "from": "2026-10-10", "customer_class": "other"}
    assert of_account(town, "A1")[0] == ({"customer_class": "household"}, after, "act 2")
    change(town, "accounts/A1/connection", customer_class="budget", **asked)
    assert of_account(town, "A1")[0][:2] == ({"customer_class": "other"}, {**after, "customer_class": "budget"})


def test_a_benefit_is_noted_with_its_services_and_days(town: Town) -> None:
    """Granted where none was, then another."""
    both(town, "A")
    bill(town, OCTOBER)
    change(town, "accounts/A/benefit", **BENEFIT)
    change(town, "accounts/A/benefit", **{**BENEFIT, "category": "disabled", "ground": "certificate 5"})
    told = of_account(town, "A")
    assert [(before, after["benefit"], ground) for before, after, ground in told[:2]] == [
        ({"benefit": "veteran"}, "disabled", "certificate 5"),
        ({"benefit": "-"}, "veteran", "certificate 4471"),
    ]
    assert told[0][1]["from"] == "2026-10-01" and told[0][1]["until"] == "2026-12-01" and told[0][1]["services"]


def test_moving_and_splitting_are_found_by_the_account(town: Town) -> None:
    """With the first day, and of a new account who came."""
    both(town, "A", "B")
    change(town, "accounts/A/move-out", day="2026-11-01")
    change(town, "accounts/A/move-in", **{"as": "N"}, day="2026-11-02", holder="Асанов", persons=2)
    change(town, "accounts/B/split", **{"as": "S"}, day="2026-11-03", services=["waste"])
    assert of_account(town, "A")[0][:2] == ({"status": "active"}, {"status": "closed", "from": "2026-11-01"})
    came = {"account": "N", "from": "2026-11-02", "holder": "Асанов", "persons": 2}
    assert of_account(town, "N")[0][:2] == (None, came)
    went = {"services": ["waste"], "to_account": "S", "from": "2026-11-03"}
    assert of_account(town, "B")[0][:2] == (None, went)
    assert of_account(town, "S")[0][:2] == (None, {"account": "S", "from": "2026-11-03", "services": ["waste"]})


def test_another_creditor_and_a_street_are_noted(town: Town) -> None:
    """From whom to whom, and what the street was called."""
    both(town, "A", "B")
    asked = {"service": "waste", "provider": "tazalyk", "to": "vodokanal", "day": "2026-11-01"}
    change(town, "connections/provider", role="admin", **asked)
    street = town.get("/billing/streets")["streets"][0]
    day = street["from"] if street["from"] > "2026-10-01" else "2026-10-01"
    change(town, f"streets/{street['street']}/name", role="admin", name="Манас", day=day)
    renamed, changed = rows(town)[:2]
    assert (renamed["before"], renamed["after"]["name"]) == ({"name": street["name"]}, "Манас")
    assert (changed["before"], changed["account_id"]) == ({"provider": "tazalyk"}, None)
    assert changed["after"] == {"service": "waste", "provider": "vodokanal", "from": "2026-11-01", "accounts": 2}


def test_a_run_is_noted_with_what_it_covers(town: Town) -> None:
    """Begun and given up: the month, what it covers and why; that over one account is found by it."""
    town.accounts(account_line("A1"), account_line("A2"))
    asked = {"period": OCTOBER, "selection": "account:A1", "reason": "they asked"}
    began = town.post("/billing/runs", asked)
    town.pump.drain()
    town.post(f"/billing/runs/{began['run_id']}/abandon", {})
    covers = {"period": OCTOBER, "selection": "account:A1", "generation": 0}
    told = [(row["action"], row["after"], row["ground"]) for row in rows(town)[:2]]
    assert told == [
        ("billing.runs.abandon", covers, "they asked"),
        ("billing.runs", covers, "they asked"),
    ]
    assert [after for _, after, _ in of_account(town, "A1")[:2]] == [covers, covers]
    run(town)
    assert rows(town)[0]["account_id"] is None and rows(town)[0]["after"]["selection"] == "all"


def test_a_creditor_that_changes_is_noted_from_what_to_what(town: Town) -> None:
    """Only what differs of it; the rule of allocation with what held before."""
    town.accounts(account_line("A1"))
    known = next(row for row in town.get("/billing/providers")["providers"] if row["code"] == "tazalyk")
    body = {name: known[name] for name in ("code", "name", "tax_number", "regime", "bank_account", "elqr")}
    town.post("/billing/providers", {**body, "bank_account": "777"}, role="admin")
    told = rows(town)[0]
    assert (told["before"], told["after"]) == ({"bank_account": known["bank_account"]}, {"bank_account": "777"})
