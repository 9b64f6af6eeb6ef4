"""Cancelling bills and billing anew: both stay, and nothing is charged twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from aimak.contracts import billing
from aimak.problems import PermanentFault, Problem
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError

from tests.unit.billing.test_month import WASTE_GROSS, five
from tests.unit.billing.town import MONTH, TARIFFS, TENANT, Town, account_line

OCTOBER = "2026-10"


def document(town: Town, **said: Any) -> int:
    """Enter a document and have it approved by another."""
    number = town.post("/billing/corrections", {"reason": "a mistake", **said})["correction"]["number"]
    town.post(f"/billing/corrections/{number}/approve", role="approver")
    town.pump.drain()
    return int(number)


def run(town: Town, selection: str = "all", *, issue: bool = True, **said: Any) -> Any:
    """Start a run over a selection and see it issued."""
    asked = {"period": OCTOBER, "selection": selection, "reason": "billed anew", **said}
    number = town.post("/billing/runs", asked)["run_id"]
    town.pump.drain()
    if issue:
        town.post(f"/billing/runs/{number}/approve", role="approver")
        town.post(f"/billing/runs/{number}/issue")
        town.pump.drain()
    return town.get(f"/billing/runs/{number}")


def sound(town: Town) -> None:
    """Doctor finds nothing wrong."""
    assert town.get("/billing/doctor", role="admin")["problems"] == []


def month(town: Town) -> None:
    """Five accounts with waste removal, billed for October."""
    five(town)
    town.preview()
    town.issue()


def test_a_cancelled_bill_stays_and_owes_nothing(town: Town) -> None:
    """Its entries are posted the other way round, the account is at its opening balance, others hear version 2."""
    month(town)
    document(town, kind="cancel", bill="2")
    assert (town.balance("A1"), town.balance("A2")) == (0, WASTE_GROSS)
    bill = town.get("/billing/bills/2")
    assert (bill["state"], bill["gross_tyiyn"]) == ("cancelled", WASTE_GROSS)
    undone = [row for row in town.rows("transfer") if row["account_id"] == 2]
    assert {row["id"] for row in undone} == {2 * 64, 2 * 64 + 1, -2 * 64, -2 * 64 - 1}
    assert town.told(billing.BillsIssued)[-1]["state"] == "cancelled"
    moved = town.told(billing.ReceivablesMoved)[-1]
    assert (moved["source_id"], moved["amount_tyiyn"], moved["version"]) == (2, 0, 2)
    sound(town)


def test_a_rebuild_tells_of_cancelled_bills_too(town: Town) -> None:
    """What is sent again is what was told last, cancelled bills as a state and not as a missing row."""
    month(town)
    document(town, kind="cancel", bill="2")
    for event, key in ((billing.BillsIssued, "bill_id"), (billing.ReceivablesMoved, "source_id")):
        last = {row[key]: row for row in town.told(event)}
        with town.service.work(TENANT) as work:
            again = [row for batch in town.service.republish[event](work) for row in batch.rows()]
        assert sorted(again, key=lambda row: row[key]) == [last[number] for number in sorted(last)]


def test_who_enters_does_not_approve(town: Town) -> None:
    """Nothing is posted before another approves; a second approval changes nothing; what is refused stays refused."""
    month(town)
    asked = {"kind": "cancel", "bill": "2", "reason": "a mistake"}
    entered = town.post("/billing/corrections", asked, role="approver", name="both")["correction"]
    number = entered["number"]
    assert (entered["account"], entered["facts"]["bill_number"]) == ("A1", 2)
    path = f"/billing/corrections/{number}"
    assert town.refused(f"{path}/approve", "approver", "both") == (403, ["AIM-B111"])
    assert town.balance("A1") == WASTE_GROSS
    town.post(f"{path}/approve", role="approver")
    before = town.rows("transfer")
    assert town.post(f"{path}/approve", role="approver")["replayed"] is True
    assert town.rows("transfer") == before
    assert town.refused(f"{path}/refuse", body={"reason": "late"}) == (409, ["AIM-B110"])
    assert town.refused("/billing/corrections", body=asked) == (409, ["AIM-B113"])


def test_a_cancelled_bill_is_billed_again_once(town: Town) -> None:
    """A run for whom no bill in force is there bills that account alone, with the next number; a second has nothing."""
    month(town)
    document(town, kind="cancel", bill="2")
    again = run(town)
    assert (again["generation"], again["bills"], again["first_number"]) == (1, 1, 6)
    assert town.balance("A1") == WASTE_GROSS
    assert town.get("/billing/bills/6")["opening_tyiyn"] == 0
    assert run(town)["bills"] == 0
    assert town.balance("A1") == WASTE_GROSS
    sound(town)


def test_billing_anew_cancels_what_it_replaces(town: Town) -> None:
    """After a change of residents one bill is replaced: one entry more, one less, and the other accounts as before."""
    month(town)
    town.take("residents", ["account;persons;from;to;ground;pensioners", "A1;4;2026-01-01;;book;0"])
    again = run(town, "bill:2", replaces=True)
    assert (again["bills"], again["first_number"]) == (1, 6)
    assert town.get("/billing/bills/2")["state"] == "cancelled"
    assert town.balance("A1") == 10_300
    assert town.balance("A2") == WASTE_GROSS
    assert town.get("/billing/bills/6")["opening_tyiyn"] == 0
    sound(town)


def test_a_whole_run_is_replaced_any_number_of_times(town: Town) -> None:
    """Each generation cancels the one before; the balance is that of one month."""
    month(town)
    for generation in (1, 2):
        assert run(town, replaces=True)["generation"] == generation
        assert [town.balance(f"A{number}") for number in range(5)] == [WASTE_GROSS] * 5
    states = [bill["state"] for bill in town.get("/billing/bills")["bills"]]
    assert states == ["cancelled"] * 10 + ["issued"] * 5
    sound(town)


def test_all_cancelled_is_as_if_nothing_was_billed(town: Town) -> None:
    """A range of periods is cancelled by one document, and every account is at its opening balance."""
    five(town)
    town.take("balances", ["account;provider;service;origin;amount", "A1;tazalyk;waste;2026-07;50.00"])
    town.preview()
    town.issue()
    document(town, kind="cancel", since=OCTOBER)
    assert [town.balance(f"A{number}") for number in range(5)] == [0, 5_000, 0, 0, 0]
    sound(town)


def test_services_are_billed_apart_and_once(town: Town) -> None:
    """A sub-cycle bills waste; the month's run then bills the rest, and no connection is charged twice."""
    water = '{"metered":false,"norm":"house"}'
    town.accounts(account_line("A0"), account_line("A0", "water", "vodokanal", attributes=water))
    assert run(town, "service:waste")["gross_tyiyn"] == WASTE_GROSS
    town.preview()
    town.issue()
    bills = [town.get(f"/billing/bills/{number}") for number in (1, 2)]
    assert [{line["service"] for line in bill["lines"]} for bill in bills] == [{"waste"}, {"water"}]
    assert run(town, "service:water")["bills"] == 0
    sound(town)


def test_the_database_refuses_a_second_charge(town: Town) -> None:
    """Even where the code would let it pass: two bills in one place of a period, two claims of one connection."""
    month(town)
    bill = town.rows("bill")[0]
    with town.service.work(TENANT) as work, pytest.raises(DBAPIError, match="UNIQUE"):
        work.execute(insert(work.table("bill")).values({**bill, "id": 900, "number": 900}))
    claim = {"tenant": TENANT, "period": OCTOBER, "connection_id": 1}
    with town.service.work(TENANT) as work, pytest.raises(DBAPIError, match="UNIQUE"):
        for number in (1, 900):
            work.execute(insert(work.table("claim")).values(**claim, bill_id=number))


def test_a_preview_overtaken_by_a_cancellation_is_not_issued(town: Town) -> None:
    """What was approved before somebody cancelled a bill of these accounts must be previewed again; what was not yet
    approved cannot be."""
    month(town)
    started = run(town, "account:A1", replaces=True, issue=False)
    path = f"/billing/runs/{started['run_id']}"
    town.post(f"{path}/approve", role="approver")
    document(town, kind="cancel", bill="2")
    assert town.refused(f"{path}/issue") == (409, ["AIM-B102"])
    town.post(f"{path}/preview")
    town.pump.drain()
    bill = run(town, "list:one", accounts=["A1"])["first_number"]
    assert town.refused(f"{path}/approve", "approver") == (409, ["AIM-B102"])
    said = town.ask("post", f"{path}/approve", "approver").json["errors"][0]["message"]
    assert said == f"Bills of these accounts were issued or cancelled since run {started['run_id']} was previewed"
    town.post(f"{path}/preview")
    town.pump.drain()
    document(town, kind="cancel", bill=str(bill))
    assert town.refused(f"{path}/approve", "approver") == (409, ["AIM-B102"])
    town.post(f"{path}/preview")
    town.pump.drain()
    town.post(f"{path}/approve", role="approver")
    town.post(f"{path}/issue")
    town.pump.drain()
    assert town.balance("A1") == WASTE_GROSS


def test_a_paused_run_goes_on_where_it_was(town: Town) -> None:
    """Chunks that come while it is paused are left; resumed, each is done once."""
    five(town)
    town.post("/billing/cycles/2026-10/preview")
    number = town.get("/billing/cycles/2026-10")["run_id"]
    town.post(f"/billing/runs/{number}/pause")
    town.pump.drain()
    assert town.get(f"/billing/runs/{number}")["chunks"]["previewed"] == 0
    town.post(f"/billing/runs/{number}/resume")
    town.pump.drain()
    assert town.get(f"/billing/runs/{number}")["state"] == "previewed"
    town.issue()
    assert len(town.rows("bill")) == 5


def _failing(town: Town, event: type[Any], number: int) -> tuple[list[int], Callable[[], None]]:
    """Have one chunk of an event fail for good until it is mended; the chunks that were asked for, and the mending."""
    subscribed, asked = town.service.subscriptions[event.routing_key], list[int]()

    def handler(work: Any, chunks: Any) -> None:
        numbers = [row["chunk"] for row in chunks.rows()]
        if number in numbers and number not in asked:
            asked.extend(numbers)
            raise PermanentFault(Problem("AIM-B038", {"run": 0, "chunk": number}))
        asked.extend(numbers)
        subscribed.handler(work, chunks)

    town.service.subscriptions[event.routing_key] = replace(subscribed, handler=handler)
    return asked, asked.clear


@pytest.mark.parametrize(
    ("event", "step", "state"),
    [(billing.PreviewChunksCut, "preview", "previewed"), (billing.IssueChunksCut, "issue", "issued")],
)
def test_only_chunks_that_failed_are_done_again(town: Town, event: type[Any], step: str, state: str) -> None:
    """A chunk of two ends among the dead letters, the other is done and stays done: the retry asks for the one alone,
    and every bill is there once."""
    five(town)
    if step == "issue":
        town.preview()
        town.post(f"{MONTH}/approve", role="approver")
    asked, forget = _failing(town, event, 1)
    town.post(f"{MONTH}/{step}")
    town.pump.drain()
    number = town.get(MONTH)["run_id"]
    seen = town.get(f"/billing/runs/{number}")
    assert (sorted(asked), seen["state"], seen["chunks"][state]) == ([0, 1], f"{state.removesuffix('ed')}ing", 1)
    forget()
    asked.append(1)
    town.post(f"/billing/runs/{number}/resume")
    town.pump.drain()
    assert asked == [1, 1]
    assert town.get(f"/billing/runs/{number}")["state"] == state
    if step == "preview":
        town.issue()
    assert [row["account_id"] for row in town.rows("bill")] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("selection", "billed"),
    [
        ("service:water", {"A0": "water"}),
        ("provider:jaryk", {"A1": "waste"}),
        ("street", {"A1": "waste", "A2": "waste"}),
    ],
)
def test_a_part_of_the_town_is_billed_by_itself(town: Town, selection: str, billed: dict[str, str]) -> None:
    """By service, by creditor, by street: nobody else gets a bill, and the month's run then bills the rest alone."""
    water = '{"metered":false,"norm":"house"}'
    town.accounts(
        account_line("A0"),
        account_line("A0", "water", "vodokanal", attributes=water),
        account_line("A1", street="Манас"),
        account_line("A2", street="Манас"),
    )
    if selection == "provider:jaryk":
        moves_to_jaryk(town, "A1")
    if selection == "street":
        streets = town.get("/billing/streets")["streets"]
        selection = f"street:{next(row['street'] for row in streets if row['name'] == 'Манас')}"
    first = run(town, selection)
    bills = [town.get(f"/billing/bills/{row['number']}") for row in town.rows("bill")]
    assert {bill["account"]: {line["service"] for line in bill["lines"]} for bill in bills} == {
        account: {service} for account, service in billed.items()
    }
    assert first["bills"] == len(billed)
    town.preview()
    town.issue()
    charged = [(row["account_id"], line["service"]) for row in town.rows("bill") for line in lines_of_bill(town, row)]
    assert sorted(set(charged)) == [(1, "waste"), (1, "water"), (2, "waste"), (3, "waste")]
    assert len(town.rows("bill")) == (4 if "A0" in billed else 3)
    sound(town)


def moves_to_jaryk(town: Town, account: str, day: str = "2026-10-01") -> None:
    """Another creditor, with a tariff of its own, takes an account's waste from a day on."""
    head, _, rest = TARIFFS.partition("  - code: waste-household")
    part = "waste-jaryk" + rest.partition("  - code: ")[0].replace("tazalyk", "jaryk")
    file = f"{head.partition('tariffs:')[0]}tariffs:\n  - code: {part}"
    assert town.ask("post", "/billing/imports/tariffs", role="admin", data=file.encode()).status_code == 200
    town.post("/billing/tariffs/adopt", {"tariffs": ["waste-jaryk@2026-01-01"], "ground": "made up"}, role="approver")
    told = {"service": "waste", "provider": "tazalyk", "to": "jaryk", "day": day, "account": account}
    town.post("/billing/connections/provider", told, role="admin")


def lines_of_bill(town: Town, row: dict[str, Any]) -> list[dict[str, Any]]:
    """A bill's lines."""
    return list(town.get(f"/billing/bills/{row['number']}")["lines"])
