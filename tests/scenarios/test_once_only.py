"""Whatever is done again in mid-month has one effect and gives the same answers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aimak_gateway.cli.cycle import follow
from aimak_gateway.cli.frame import Failed
from aimak_gateway.cli.importing import import_file
from aimak_gateway.cli.installation import rebuild_from_owners
from month import PERIOD
from town_build.payments import Payment, payments, read_plan, registries, registry_name, registry_text

from tests.scenarios.conftest import Running

CYCLE = f"/billing/cycles/{PERIOD}"
PARALLEL = 10


def drained(running: Running, verb: str, state: str) -> dict[str, Any]:
    """Take a step of the month to its end and give the cycle."""
    answer = follow(running.month.ui, running.clerk, CYCLE, verb, state)
    running.embedded.pump.drain()
    return answer


def bills_of(running: Running) -> list[dict[str, Any]]:
    """Every bill of the month with its lines."""
    listed = running.clerk.get("/billing/bills", period=PERIOD, limit=1000)["bills"]
    return [running.clerk.get(f"/billing/bills/{bill['number']}") for bill in listed]


@pytest.fixture(scope="module")
def issued(under_way: Running) -> Running:
    """The month with its bills, each step of which was done twice; how the first and second time differ is noted."""
    seen = under_way.month.seen
    under_way.month.at("2026-11-02")
    seen["previews"] = [drained(under_way, "preview", "previewing") for _ in range(2)]
    under_way.month.api("bakyt").post(f"{CYCLE}/approve")
    seen["issues"], seen["bills"] = [], []
    for _ in range(2):
        seen["issues"].append(drained(under_way, "issue", "issuing"))
        seen["bills"].append(bills_of(under_way))
    return under_way


@pytest.fixture(scope="module")
def registry(issued: Running) -> tuple[str, list[Payment]]:
    """A partner with a day's payments, of which none was made online."""
    sent = payments(read_plan(issued.month.folder / "payments_plan.csv"), issued.month._bills())
    (partner, _), listed = next(iter(registries(sent).items()))
    return partner, listed


def standing(running: Running) -> tuple[Any, ...]:
    """What both services say of money: totals, payments, balances by account."""
    numbers = [bill["account"] for bill in running.clerk.get("/billing/bills", period=PERIOD, limit=1000)["bills"]]
    api = running.clerk
    return (
        api.get("/payments/totals"),
        [api.get(f"/billing/accounts/{number}")["balance_tyiyn"] for number in numbers],
        [api.get(f"/payments/accounts/{number}") for number in numbers],
    )


def test_a_second_preview_shows_the_same(issued: Running) -> None:
    """Who asks for the preview again is shown the same totals, holds and warnings."""
    first, second = issued.month.seen["previews"]
    same = (
        "state",
        "accounts",
        "bills",
        "held",
        "net_tyiyn",
        "tax_tyiyn",
        "gross_tyiyn",
        "totals",
        "holds",
        "warnings",
    )
    assert first["bills"] > 0
    assert {key: first[key] for key in same} == {key: second[key] for key in same}


def test_a_second_issue_issues_nothing(issued: Running) -> None:
    """Who issues again finds the bills issued: the same numbers, lines and amounts."""
    assert issued.month.seen["issues"][0] == issued.month.seen["issues"][1]
    first, second = issued.month.seen["bills"]
    assert len(first) == issued.month.seen["issues"][0]["bills"]
    assert first == second


def test_ten_equal_payments_at_once_are_one(issued: Running) -> None:
    """A partner that sends the same pay ten times at the same moment gets ten equal answers and pays once."""
    issued.month.at("2026-11-05")
    number = issued.month.seen["bills"][0][0]["account"]
    before = issued.clerk.get(f"/payments/accounts/{number}")["balance_tyiyn"]
    partner = next(row["code"] for row in issued.month.town["partners"] if row["online"])
    query = {
        "command": "pay",
        "txn_id": "77001",
        "account": number,
        "sum": "123.45",
        "txn_date": "20261105090000",
    }
    with ThreadPoolExecutor(PARALLEL) as threads:
        answers = list(threads.map(lambda _: issued.month._call(partner, query), range(PARALLEL)))
    issued.embedded.pump.drain()
    assert len(set(answers)) == 1
    assert "<result>0</result>" in answers[0]
    assert issued.clerk.get(f"/payments/accounts/{number}")["balance_tyiyn"] == before - 12_345
    assert issued.clerk.get(f"/billing/accounts/{number}")["balance_tyiyn"] == before - 12_345
    receipts = issued.clerk.get("/notifications/messages", account=number, kind="receipt")["messages"]
    has_phone = issued.clerk.get(f"/billing/accounts/{number}")["phone"] is not None
    assert len(receipts) == int(has_phone)


def test_a_registry_that_comes_again_pays_nothing(issued: Running, registry: tuple[str, list[Payment]]) -> None:
    """The same registry file twice credits each payment once."""
    issued.month.at("2026-11-20")
    partner, listed = registry
    folder = issued.month.out / "again"
    folder.mkdir()
    file = folder / registry_name(partner, listed[0].paid_at.date())
    file.write_bytes(registry_text(listed).encode())
    before = issued.clerk.get("/payments/totals")["payments"]
    take = lambda: import_file(  # noqa: E731
        issued.month.ui, issued.clerk, "payments", "registry", file, partner=partner
    )
    assert take()["state"] == "done"
    issued.embedded.pump.drain()
    after_first = standing(issued)
    assert after_first[0]["payments"] == before + len(listed)
    assert take()["state"] == "done"
    issued.embedded.pump.drain()
    assert standing(issued) == after_first


def test_read_models_made_again_say_the_same(issued: Running) -> None:
    """With the read models of payments dropped and sent again, partners and operators get the answers of before."""
    issued.month.at("2026-11-21")
    number = issued.month.seen["bills"][0][1]["account"]
    partner = next(row["code"] for row in issued.month.town["partners"] if row["online"])
    check = {"command": "check", "txn_id": "77002", "account": number, "sum": "1.00"}
    before = standing(issued), issued.month._call(partner, check)
    dropped = issued.admin.post("/payments/read-models/drop")["rows"]
    assert sum(dropped.values()) > 0
    rebuild_from_owners(issued.admin, "payments")
    issued.embedded.pump.drain()
    assert (standing(issued), issued.month._call(partner, {**check, "txn_id": "77003"})) == (
        before[0],
        before[1].replace("77002", "77003"),
    )
    assert issued.admin.get("/payments/doctor")["problems"] == []


def test_everything_published_once_more_changes_nothing(issued: Running) -> None:
    """With all that was ever published told again, accounts, bills and payments stand as before; a moment that is none
    is refused with its value."""
    before = standing(issued), bills_of(issued)
    told = issued.admin.post("/billing/publish-again", since="2026-10-01T00:00")
    assert told["messages"] > 10
    for service in ("metering", "payments", "notifications"):
        issued.admin.post(f"/{service}/publish-again", since="2026-10-01")
    issued.embedded.pump.drain()
    assert (standing(issued), bills_of(issued)) == before
    with pytest.raises(Failed) as refused:
        issued.admin.post("/billing/publish-again", since="lately")
    assert refused.value.errors[0]["code"] == "AIM-K079"
    assert "lately" in refused.value.errors[0]["message"]
