"""A month of billing: preview, approve, issue, close."""

from __future__ import annotations

import pytest
from aimak import texts
from aimak.contracts import billing
from aimak.languages import LANGUAGES
from aimak_billing.domain.receivables import receivable
from sqlalchemy import insert, update
from sqlalchemy.exc import DBAPIError

from tests.unit.billing.town import MONTH, TENANT, Town, account_line

WASTE_GROSS = 7_725  # three persons at 25.00 som and 3 % tax


def five(town: Town) -> None:
    """Five accounts with waste removal, in two chunks."""
    town.accounts(*(account_line(f"A{number}") for number in range(5)))


def test_bills_follow_from_tariff_and_residents(town: Town) -> None:
    """Every account gets one bill, numbered without a gap across chunks, with tax as a line of its own."""
    five(town)
    seen = town.preview()
    assert (seen["state"], seen["bills"], seen["chunks"]["total"]) == ("previewed", 5, 2)
    done = town.issue()
    assert (done["state"], done["first_number"], done["last_number"]) == ("issued", 1, 5)
    bill = town.get("/billing/bills/4")
    assert (bill["account"], bill["gross_tyiyn"], bill["net_tyiyn"]) == ("A3", WASTE_GROSS, 7_500)
    assert [(line["kind"], line["amount_tyiyn"]) for line in bill["lines"]] == [("charge", 7_500), ("tax", 225)]
    assert town.post(f"{MONTH}/close", role="approver")["state"] == "closed"


def test_each_bill_is_in_the_ledger(town: Town) -> None:
    """Net goes against revenue, tax against tax, both against the account's own receivable."""
    five(town)
    town.preview()
    town.issue()
    first = [row for row in town.rows("transfer") if row["account_id"] == 1]
    assert [(row["kind"], row["amount"], row["origin"]) for row in first] == [
        ("charge", 7_500, "2026-10"),
        ("tax", 225, "2026-10"),
    ]
    assert {row["debit"] for row in first} == {receivable(1, 2)}
    assert first[0]["id"] == first[0]["source_id"] * 64
    assert town.get("/billing/doctor", role="admin")["problems"] == []


def test_others_hear_of_every_bill(town: Town) -> None:
    """BillsIssued and ReceivablesMoved carry what the bills say, and a rebuild says the same again."""
    five(town)
    town.take("balances", ["account;provider;service;origin;amount", "A1;tazalyk;waste;2026-07;50.00"])
    town.preview()
    town.issue()
    bills, moves = town.told(billing.BillsIssued), town.told(billing.ReceivablesMoved)
    assert [bill["number"] for bill in bills] == [1, 2, 3, 4, 5]
    assert bills[1] == bills[0] | {
        "bill_id": 2,
        "number": 2,
        "account_id": 2,
        "opening_tyiyn": 5_000,
        "due_tyiyn": 5_000 + WASTE_GROSS,
    }
    assert bills[0]["services"] == '[["waste",7725]]'
    with town.service.work(TENANT) as work:
        again = [row for event in town.service.republish[billing.BillsIssued](work) for row in event.rows()]
        moved = [row for event in town.service.republish[billing.ReceivablesMoved](work) for row in event.rows()]
    assert again == bills
    key = lambda row: (row["account_id"], row["source_id"])  # noqa: E731
    assert sorted(moved, key=key) == sorted(moves, key=key)


def test_every_step_twice_has_one_effect(town: Town) -> None:
    """Preview, approve, issue and close may each come again: the same answer, and not a row more."""
    five(town)
    first = town.preview()
    lines = town.rows("run_line")
    again = town.preview()
    assert town.rows("run_line") == lines
    changing = ("attempt",)
    assert {key: value for key, value in again.items() if key not in changing} == {
        key: value for key, value in first.items() if key not in changing
    }
    approved = town.post(f"{MONTH}/approve", role="approver")
    assert town.post(f"{MONTH}/approve", role="approver") == approved
    town.post(f"{MONTH}/issue")
    town.post(f"{MONTH}/issue")
    town.pump.drain()
    issued = town.get(MONTH)
    before = {name: town.rows(name) for name in ("bill", "bill_line", "transfer", "outbox")}
    assert town.post(f"{MONTH}/issue") == issued
    town.pump.drain()
    assert {name: town.rows(name) for name in before} == before
    closed = town.post(f"{MONTH}/close", role="approver")
    assert town.post(f"{MONTH}/close", role="approver") == closed


def test_a_chunk_that_comes_again_does_nothing(town: Town) -> None:
    """A message of an issued chunk, or of an earlier preview, changes nothing under any id."""
    five(town)
    seen = town.preview()
    row = {"run_id": seen["run_id"], "chunk": 0, "attempt": 1}
    town.hear(billing.PreviewChunksCut.of(TENANT, [row]))
    assert town.get(MONTH) == seen
    issued = town.issue()
    town.hear(billing.IssueChunksCut.of(TENANT, [row]))
    town.hear(billing.PreviewChunksCut.of(TENANT, [row]))
    assert town.get(MONTH) == issued
    assert len(town.rows("bill")) == 5


def test_who_starts_does_not_approve(town: Town) -> None:
    """Not even under another role: the actor is compared."""
    five(town)
    town.preview()
    assert town.refused(f"{MONTH}/approve", "approver", "the-clerk") == (403, ["AIM-B032"])
    assert town.refused(f"{MONTH}/approve", "clerk") == (403, ["AIM-K072"])
    assert town.get(MONTH)["state"] == "previewed"


def test_who_began_a_month_anew_or_previewed_it_last_does_not_approve(town: Town) -> None:
    """Who made the preview that is to be approved is bound as who started the run is; after a month was given up that
    is who began it again, and nobody of before."""
    five(town)

    def previewed(name: str) -> None:
        town.post(f"{MONTH}/preview", name=name)
        town.pump.drain()

    def refused(name: str) -> list[str]:
        return town.refused(f"{MONTH}/approve", "approver", name)[1]

    previewed("ayna")
    previewed("bakyt")
    assert (refused("ayna"), refused("bakyt")) == (["AIM-B032"], ["AIM-B046"])
    town.post(f"/billing/runs/{town.get(MONTH)['run_id']}/abandon")
    previewed("bakyt")
    previewed("nur")
    assert (refused("bakyt"), refused("nur")) == (["AIM-B032"], ["AIM-B046"])
    assert town.post(f"{MONTH}/approve", role="approver", name="ayna")["state"] == "approved"


def test_a_mistaken_preview_binds_nobody_once_it_is_replaced(town: Town) -> None:
    """Another looked by mistake; after the starter's own preview that one may approve."""
    five(town)
    for name in ("ayna", "bakyt", "ayna"):
        town.post(f"{MONTH}/preview", name=name)
        town.pump.drain()
    assert town.refused(f"{MONTH}/approve", "approver", "ayna") == (403, ["AIM-B032"])
    assert town.post(f"{MONTH}/approve", role="approver", name="bakyt")["state"] == "approved"


def test_steps_keep_their_order(town: Town) -> None:
    """Nothing is approved before it is previewed, issued before approved, closed before issued."""
    five(town)
    assert town.refused(f"{MONTH}/approve", "approver") == (404, ["AIM-B034"])
    town.post(f"{MONTH}/preview")
    assert town.refused(f"{MONTH}/approve", "approver") == (409, ["AIM-B031"])
    town.pump.drain()
    assert town.refused(f"{MONTH}/issue") == (409, ["AIM-B031"])
    assert town.refused(f"{MONTH}/close", "approver") == (409, ["AIM-B031", "AIM-B035"])
    assert town.refused("/billing/cycles/2026-11/preview") == (409, ["AIM-B033"])
    assert town.refused("/billing/cycles/2026-13/preview") == (422, ["AIM-B030"])


def test_an_account_that_cannot_be_rated_is_held_alone(town: Town) -> None:
    """It is listed with its reason and gets no bill; the others are billed, numbered without a gap."""
    town.accounts(account_line("A0"), account_line("A1", residents=""), account_line("A2"))
    seen = town.preview()
    assert (seen["bills"], seen["held"]) == (2, 1)
    holds = town.get(f"{MONTH}/holds")["holds"]
    assert [(hold["account"], hold["service"]) for hold in holds] == [("A1", "waste")]
    assert holds[0]["code"].startswith("AIM-T")
    town.issue()
    assert [(row["number"], row["account_id"], row["id"]) for row in town.rows("bill")] == [(1, 1, 1), (2, 3, 3)]


def held_for(town: Town, code: str, *fields: dict[str, str]) -> None:
    """Have the month's run hold accounts for a reason, each with the fields that it says."""
    run_id = town.get(MONTH)["run_id"]
    with town.service.work(TENANT) as work:
        rows = [
            {"tenant": TENANT, "run_id": run_id, "chunk": 0, "account_id": number, "connection_id": number}
            | {"code": code, "service": "waste", "fields": said}
            for number, said in enumerate(fields, 101)
        ]
        work.execute(insert(work.table("run_hold")), rows)
        work.commit()


def test_the_table_of_what_is_held_says_what_is_the_same_for_all(town: Town) -> None:
    """The day that has no tariff, where it is one day for all."""
    town.accounts(account_line("A0"))
    town.preview()
    day = {"name": "x", "date": "2026-10-31"}
    held_for(town, "AIM-T020", day, day)
    held_for(town, "AIM-T024", {"attribute": "norm"}, {"attribute": "area"})
    holds = town.ask("get", MONTH, lang="ru").json["holds"]
    told = {hold["code"]: (hold["count"], hold["text"]) for hold in holds}
    assert told == {"AIM-T020": (2, "Нет тарифа на 2026-10-31"), "AIM-T024": (2, "У подключения не указано «…»")}


def test_no_reason_for_holding_shows_a_placeholder(town: Town) -> None:
    """Whatever code a run holds accounts for, in every language."""
    town.accounts(account_line("A0"))
    town.preview()
    found = [code for code in texts.codes() if code.startswith(("AIM-T", "AIM-B"))]
    for code in found:
        held_for(town, code, {"service": "waste"}, {"service": "water"})
    for lang in LANGUAGES:
        holds = town.ask("get", MONTH, lang=lang).json["holds"]
        assert {hold["code"] for hold in holds} == set(found)
        assert [hold["text"] for hold in holds if "{" in hold["text"] or not hold["text"]] == []


def test_a_preview_again_sees_what_has_changed(town: Town) -> None:
    """Facts that come after the first preview count in the second; new accounts get a chunk of their own."""
    town.accounts(account_line("A0", residents=""))
    assert town.preview()["held"] == 1
    town.take("residents", ["account;persons;from;to;ground;pensioners", "A0;3;2020-01-01;;book;0"])
    town.accounts(account_line("A1"))
    seen = town.preview()
    assert (seen["held"], seen["bills"], seen["chunks"]["total"]) == (0, 2, 2)


def test_metered_water_is_billed_by_its_usage(town: Town) -> None:
    """Usage of the period counts, withdrawn usage and that of other months does not, and an older word is not heard."""
    town.accounts(account_line("W", "water", "vodokanal", attributes='{"metered":true,"norm":"house"}'))
    town.use(1, 12_300, version=2)
    town.use(1, 99_000, version=1)
    town.use(1, 50_000, usage_id=2, to_date="2026-10-01")
    town.use(1, 50_000, usage_id=3, state="withdrawn")
    town.preview()
    town.issue()
    bill = town.get("/billing/bills/1")
    assert bill["lines"][0]["quantity_thousandths"] == 12_300
    assert bill["net_tyiyn"] == 12_854
    assert [reading["serial"] for reading in bill["readings"]] == ["S1"]
    sentences = town.get("/billing/bills/1/explain?lang=en")["sentences"]
    assert len(sentences) == 1 and "12.300" in sentences[0] and "10.45" in sentences[0]
    pdf = town.ask("get", "/billing/bills/1/pdf?lang=ky")
    assert pdf.data.startswith(b"%PDF") and pdf.content_type == "application/pdf"


def test_issued_bills_never_change(town: Town) -> None:
    """Bills, lines and transfers refuse every change."""
    five(town)
    town.preview()
    town.issue()
    for name in ("bill", "bill_line", "transfer"):
        table = town.service.metadata.tables[name]
        with town.service.work(TENANT) as work, pytest.raises(DBAPIError, match="append-only"):
            work.execute(update(table).values(ledger_day=None))
