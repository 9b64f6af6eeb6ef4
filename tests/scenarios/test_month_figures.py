"""The figures of a whole month: bills worked out again from the files in plain whole numbers, and money that is the
same wherever one looks."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from month import PERIOD
from town_build.payments import payments, read_plan

from tests.scenarios.conftest import Running

DAYS = 31
# Som without tax, and the tax, as tariffs.yaml has them; quantities of the norms are thousandths a person and a day.
PRICE = {"water": Fraction("10.45"), "sewerage": Fraction("3.45"), "waste": Fraction("25.00")}
NORM = {"flat": 230, "house": 215, "standpipe": 50}
TAX = Fraction(3, 100)
PAGE = 1000


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of one of the town's files."""
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def half_up(amount: Fraction) -> int:
    """A positive amount to whole tyiyn."""
    return int(amount + Fraction(1, 2))


@pytest.fixture(scope="module")
def bills(finished: Running) -> dict[str, dict[str, Any]]:
    """Every bill of the month with its lines, by account."""
    listed = finished.clerk.get("/billing/bills", period=PERIOD, limit=PAGE)["bills"]
    return {bill["account"]: finished.clerk.get(f"/billing/bills/{bill['number']}") for bill in listed}


@pytest.fixture(scope="module")
def persons(town: Path) -> dict[str, tuple[int, int]]:
    """Persons, and pensioners among them, of the accounts where nothing about that changes in the month."""
    whole = [row for row in rows(town, "residents.csv") if row["from"] <= f"{PERIOD}-01" and not row["to"]]
    often = Counter(row["account"] for row in rows(town, "residents.csv"))
    return {
        row["account"]: (int(row["persons"]), int(row["pensioners"])) for row in whole if often[row["account"]] == 1
    }


def quantity(service: str, norm: str, people: tuple[int, int]) -> int:
    """Thousandths of the unit that a household pays for by norm; a pensioner counts for half where waste is removed."""
    total, pensioners = people
    if service == "waste":
        return 1000 * (total - pensioners) + 500 * pensioners
    return NORM[norm] * total * DAYS


def charged(bill: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Net and tax of each service on a bill, from its lines."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for line in bill["lines"]:
        sums[line["service"]][line["kind"] == "tax"] += line["amount_tyiyn"]
    return {service: (net, tax) for service, (net, tax) in sums.items()}


def test_households_by_norm_are_billed_what_the_files_say(
    bills: dict[str, dict[str, Any]], persons: dict[str, tuple[int, int]], town: Path
) -> None:
    """Persons × norm × days × price and the tax on it, for everybody without a meter, to the tyiyn."""
    connections = rows(town, "accounts.csv")
    metered = {row["account"] for row in connections if '"metered":true' in row["attributes"]}
    seen: Counter[str] = Counter()
    for row in connections:
        account, service = row["account"], row["service"]
        if row["class"] != "household" or account not in persons or (account in metered and service != "waste"):
            continue
        net = half_up(quantity(service, row["kind"], persons[account]) * PRICE[service] / 10)
        assert charged(bills[account])[service] == (net, half_up(net * TAX)), (account, service)
        seen[f"{service} of a {row['kind']}"] += 1
    assert len(seen) >= 6 and sum(seen.values()) > 80, seen


def test_metered_water_is_the_difference_of_two_readings(bills: dict[str, dict[str, Any]], town: Path) -> None:
    """Where the month's reading was taken, its household pays for what the meter ran since the last one before."""
    before: dict[str, tuple[str, int]] = {}
    for row in rows(town, "readings-history.csv"):
        before[row["serial"]] = max(before.get(row["serial"], ("", 0)), (row["date"], int(row["reading"])))
    households = {row["account"] for row in rows(town, "accounts.csv") if row["class"] == "household"}
    now = rows(town, f"readings-{PERIOD}.csv")
    often = Counter(row["serial"] for row in now)
    compared = 0
    for row in now:
        bill = bills.get(row["account"])
        if bill is None or row["account"] not in households or often[row["serial"]] > 1 or row["serial"] not in before:
            continue
        taken = [reading for reading in bill["readings"] if reading["to_date"] == row["date"]]
        if not taken:
            continue
        used = int(row["reading"]) - before[row["serial"]][1]
        net = half_up(used * 100 * PRICE["water"])
        assert charged(bill)["water"] == (net, half_up(net * TAX)), row
        compared += 1
    assert compared > 20


def test_totals_are_the_sums_of_what_they_sum(finished: Running, bills: dict[str, dict[str, Any]]) -> None:
    """A bill is the sum of its lines, the period the sum of its bills, numbers follow each other without a gap."""
    for bill in bills.values():
        assert bill["net_tyiyn"] + bill["tax_tyiyn"] == sum(line["amount_tyiyn"] for line in bill["lines"])
        assert bill["gross_tyiyn"] == bill["net_tyiyn"] + bill["tax_tyiyn"]
    cycle = finished.clerk.get(f"/billing/cycles/{PERIOD}")
    for name in ("net_tyiyn", "tax_tyiyn", "gross_tyiyn"):
        assert cycle[name] == sum(bill[name] for bill in bills.values())
    numbers = sorted(bill["number"] for bill in bills.values())
    assert numbers == list(range(cycle["first_number"], cycle["last_number"] + 1))
    assert (cycle["state"], len(numbers)) == ("closed", cycle["bills"])


def test_balances_are_old_debts_and_bills_less_payments(
    finished: Running, bills: dict[str, dict[str, Any]], town: Path
) -> None:
    """For each account and creditor: what the files say was owed, what was billed, what was paid; billing and payments
    have the same, and so does the sum of the account's postings."""
    expected: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows(town, "balances.csv"):
        expected[row["account"], row["provider"]] += int(Fraction(row["amount"]) * 100)
    for account, bill in bills.items():
        for line in bill["lines"]:
            expected[account, line["provider"]] += line["amount_tyiyn"]
    for payment in every_payment(finished):
        for part in payment["parts"]:
            expected[payment["number"], part["provider"]] -= part["amount_tyiyn"]
    for account in bills:
        mine = {provider: amount for (number, provider), amount in expected.items() if number == account}
        in_billing = finished.clerk.get(f"/billing/accounts/{account}")
        in_payments = finished.clerk.get(f"/payments/accounts/{account}")
        assert {row["provider"]: row["balance_tyiyn"] for row in in_payments["providers"]} == mine
        assert {row["provider"]: row["balance_tyiyn"] for row in in_billing["balances"]} | mine == mine
        assert in_billing["balance_tyiyn"] == in_payments["balance_tyiyn"] == sum(mine.values())
        assert sum(row["amount_tyiyn"] for row in in_billing["ledger"]) == sum(mine.values())


def every_payment(finished: Running) -> list[dict[str, Any]]:
    """All payments, page by page."""
    found: list[dict[str, Any]] = []
    while True:
        page = finished.clerk.get("/payments/payments", after=found[-1]["payment"] if found else None)["payments"]
        if not page:
            return found
        found += page


def test_every_payment_of_the_plan_was_taken_once(finished: Running, town: Path) -> None:
    """As many payments and as much money as partners sent, each under its own id; what names no account of the town
    waits in suspense, and nothing else does."""
    sent = {
        (payment.partner, payment.txn_id): payment
        for payment in payments(read_plan(town / "payments_plan.csv"), finished.month._bills())
    }
    taken = {(payment["partner"], payment["external_id"]): payment for payment in every_payment(finished)}
    assert taken.keys() == sent.keys()
    names = {row["account"] for row in rows(town, "accounts.csv")}
    names |= {alias for row in rows(town, "accounts.csv") for alias in row["aliases"].split("|") if alias}
    lost = {key for key, payment in sent.items() if payment.account not in names}
    assert lost == {key for key, payment in taken.items() if payment["state"] == "suspense"}
    assert lost and all(taken[key]["reason"] == "unknown_account" and not taken[key]["parts"] for key in lost)
    for key, payment in taken.items():
        assert payment["amount_tyiyn"] == sum(part["amount_tyiyn"] for part in payment["parts"]) or key in lost


def test_who_has_a_phone_is_told_of_bill_and_payments(
    finished: Running, bills: dict[str, dict[str, Any]], town: Path
) -> None:
    """One message for each bill and one for each payment that reached its account, each sent once, in its language."""
    reachable = {row["account"]: row["language"] for row in rows(town, "accounts.csv") if row["phone"]}
    wanted = Counter(("bill", account) for account in bills if account in reachable)
    wanted += Counter(("receipt", p["number"]) for p in every_payment(finished) if p["number"] in reachable)
    files = sorted((finished.month.out / "data" / "sms").rglob("*.jsonl"))
    lines = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    listed = finished.clerk.get("/notifications/messages", limit=PAGE)["messages"]
    assert Counter((message["kind"], message["account"]) for message in listed) == wanted
    assert {message["state"] for message in listed} == {"sent"}
    assert sorted(line["text"] for line in lines) == sorted(message["text"] for message in listed)
    assert {message["account"]: message["language"] for message in listed}.items() <= reachable.items()
