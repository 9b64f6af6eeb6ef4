"""Reports: every figure is the ledger's, as of any day, broken down by anything."""

from __future__ import annotations

import io
import random
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import fastexcel
import pytest
from aimak.ids import DERIVED_FLOOR
from aimak.period import Period
from aimak.texts import catalogue
from aimak_billing.domain.ageing import AGES, LIMITS, age_of
from hypothesis import given, settings
from hypothesis import strategies as st
from polars import DataFrame, col
from sqlalchemy import insert

from tests.unit.billing.test_cancelling import document, lines_of_bill, moves_to_jaryk, run
from tests.unit.billing.town import TENANT, Town, account_line

BALANCES = "account;provider;service;origin;amount"
OCTOBER, NOVEMBER = "?from=2026-10-01&to=2026-10-31", "?from=2026-11-01&to=2026-11-30"
TURNOVER = "/billing/reports/turnover"
KEYS = ("provider", "service")


def some_town(town: Town) -> None:
    """Four accounts of two streets and classes; old debts, an advance, October's bills, payments, one cancelled."""
    town.accounts(
        account_line("A1", "waste", "tazalyk"),
        account_line("A1", "water", "vodokanal", attributes='{"metered":true,"norm":"flat"}'),
        account_line("A2", "waste", "tazalyk", street="Манас"),
        account_line("A3", "waste", "tazalyk", street="Манас", **{"class": "budget"}),
        account_line("A4", "waste", "tazalyk"),
    )
    old = ["A1;tazalyk;waste;2022-05;70.00", "A1;vodokanal;water;2026-07;30.00", "A2;tazalyk;waste;2026-09;-20.00"]
    town.take("balances", [BALANCES, *old, "A4;tazalyk;waste;2025-12;15.00"])
    town.use(2, 5_000)
    town.preview()
    town.issue()
    town.pay(1, 8_000, payment_id=1, external_id="p1")
    town.pay(4, 500, payment_id=2, external_id="p2", paid_on="2026-11-20")
    town.service.clock.instant += timedelta(days=1)  # type: ignore[attr-defined]
    document(town, kind="cancel", bill="3")


def by(answer: dict[str, Any], *keys: str) -> dict[Any, dict[str, Any]]:
    """Rows of a report by some of their columns."""
    return {tuple(row[key] for key in keys) if len(keys) > 1 else row[keys[0]]: row for row in answer["rows"]}


def effect(row: dict[str, Any]) -> int:
    """What a transfer does to its account, by the ledger's own rule."""
    return int(row["amount"] if row["debit"] < DERIVED_FLOOR else -row["amount"])


def moved(town: Town, *kinds: str, through: str = "2999-12-31", **said: Any) -> int:
    """What transfers of these kinds moved, added up in plain Python."""
    return sum(
        effect(row)
        for row in town.rows("transfer")
        if row["kind"] in kinds
        and str(row["business_date"]) <= through
        and all(row[name] == value for name, value in said.items())
    )


def _cancelled_tax(town: Town, provider: str) -> int:
    """What cancelled bills had of tax, by the transfers that they posted."""
    undone = {-row["id"] for row in town.rows("transfer") if row["kind"] == "cancellation"}
    taxed = (row for row in town.rows("transfer") if row["id"] in undone and row["kind"] == "tax")
    return sum(effect(row) for row in taxed if row["provider"] == provider)


def test_turnover_is_what_the_ledger_moved(town: Town) -> None:
    """Each column of each creditor is the sum of its transfers; together they close, and nothing differs from the
    ledger or from the bills."""
    some_town(town)
    answer = town.get(f"{TURNOVER}{NOVEMBER}&by=provider")
    assert answer["problems"] == []
    for provider, row in by(answer, "provider").items():
        assert row["opening_tyiyn"] == moved(town, "opening", provider=provider)
        assert row["charged_tyiyn"] == moved(town, "charge", "tax", provider=provider)
        assert row["recalculated_tyiyn"] == moved(town, "cancellation", provider=provider)
        assert row["paid_tyiyn"] == -moved(town, "payment", provider=provider)
        assert row["tax_tyiyn"] == moved(town, "tax", provider=provider) - _cancelled_tax(town, provider)
    totals = {name.removesuffix("_tyiyn"): amount for name, amount in answer["totals"].items()}
    moved_in = totals["opening"] + totals["charged"] + totals["recalculated"] - totals["paid"] - totals["written_off"]
    assert totals["closing"] == moved_in == sum(town.balance(f"A{number}") for number in (1, 2, 3, 4))
    assert totals["recalculated"] != 0 or town.rows("bill_cancellation") == []


def test_a_second_bill_of_a_month_is_charged_and_a_bill_made_anew_recalculated(town: Town) -> None:
    """Waste and then the rest are billed by runs of their own: both are charged. What is billed anew, with what its
    cancellation takes back, is recalculated, and so is what is billed once more after it was cancelled."""
    water = account_line("A1", "water", "vodokanal", attributes='{"metered":false,"norm":"house"}')
    town.accounts(account_line("A1"), water)
    run(town, "service:waste")
    run(town)
    assert len(town.rows("bill")) == 2
    asked = f"{TURNOVER}{NOVEMBER}&by=provider,service"
    owed = {(row["provider"], row["service"]): row["closing_tyiyn"] for row in town.get(asked)["rows"]}
    assert min(owed.values()) > 0 and len(owed) == 2
    for again in (None, {"replaces": True}, {}):
        if again == {}:
            document(town, kind="cancel", bill="3")
        if again is not None:
            run(town, **again)
        answer = town.get(asked)
        got = {key: (row["charged_tyiyn"], row["recalculated_tyiyn"]) for key, row in by(answer, *KEYS).items()}
        assert got == {key: (amount, 0) for key, amount in owed.items()}, again
        assert answer["problems"] == []


def waste_came_back(town: Town) -> dict[str, tuple[int, int]]:
    """Waste goes to another creditor in October, which is billed; then it is told that it came back ten days later.
    Gives what is charged for the first time and what is recalculated, by creditor, from the bills' lines."""
    town.accounts(account_line("A1"))
    moves_to_jaryk(town, "A1", "2026-10-11")
    run(town, "service:waste")
    back = {"service": "waste", "provider": "jaryk", "to": "tazalyk", "day": "2026-10-21", "account": "A1"}
    town.post("/billing/connections/provider", back, role="admin")
    run(town)
    lines = [line for bill in town.rows("bill") for line in lines_of_bill(town, bill)]
    said: dict[str, tuple[int, int]] = {}
    for line in lines:
        charged, recalculated = said.get(line["provider"], (0, 0))
        amount = line["amount_tyiyn"]
        first = line["origin"] is None
        said[line["provider"]] = (charged + amount * first, recalculated + amount * (not first))
    assert len(town.rows("bill")) == 2 and said["jaryk"][1] < 0 < said["tazalyk"][0] and said["tazalyk"][1] == 0
    return said


def test_a_connection_billed_later_is_charged_for_the_first_time(town: Town) -> None:
    """A second connection of the same service and creditor, which a later bill of the month charges first, is charged;
    what that bill takes back of another connection is recalculated, and so is the connection billed anew."""
    said = waste_came_back(town)
    assert charged_and_recalculated(town) == said
    document(town, kind="cancel", bill="2")
    run(town)
    assert len(town.rows("bill")) == 3
    assert charged_and_recalculated(town) == said


def charged_and_recalculated(town: Town, span: str = NOVEMBER) -> dict[str, tuple[int, int]]:
    """Two columns of a span's sheet by creditor, which has no problems."""
    answer = town.get(f"{TURNOVER}{span}&by=provider")
    assert answer["problems"] == []
    return {row["provider"]: (row["charged_tyiyn"], row["recalculated_tyiyn"]) for row in answer["rows"]}


@pytest.mark.parametrize("keys", ["service,provider,class", "street", "class", "account", "street,service"])
def test_every_break_down_has_the_same_totals(town: Town, keys: str) -> None:
    """However it is broken down, the totals are those of the creditors, and by service payments find their debt."""
    some_town(town)
    whole = town.get(f"{TURNOVER}{NOVEMBER}&by=provider")
    parts = town.get(f"{TURNOVER}{NOVEMBER}&by={keys}")
    assert (parts["totals"], parts["problems"]) == (whole["totals"], [])
    assert len(parts["rows"]) > 1 or keys == "class"
    if "service" in keys:
        for row in parts["rows"]:
            left = row["opening_tyiyn"] + row["charged_tyiyn"] + row["recalculated_tyiyn"]
            assert row["closing_tyiyn"] == left - row["paid_tyiyn"] - row["written_off_tyiyn"]


def test_payments_meet_their_service(town: Town) -> None:
    """By service, what was paid to the creditor of waste removal is under waste removal; so is the 20 som that had
    been paid in advance, which leave the row without a service."""
    some_town(town)
    rows = by(town.get(f"{TURNOVER}{NOVEMBER}&by=provider,service"), "provider", "service")
    assert rows["tazalyk", "waste"]["paid_tyiyn"] == 8_500 + 2_000
    assert rows["tazalyk", None]["opening_tyiyn"] == rows["tazalyk", None]["paid_tyiyn"] == -2_000
    assert rows["vodokanal", "water"]["paid_tyiyn"] == 0


def test_no_row_without_a_name_says_nothing(town: Town) -> None:
    """A payment names no service, and where no advance stood or stands there is no row without one."""
    town.accounts(account_line("A1", "waste", "tazalyk"))
    town.take("balances", [BALANCES, "A1;tazalyk;waste;2026-08;70.00"])
    town.pay(1, 3_000, payment_id=1, external_id="p1")
    rows = town.get(f"{TURNOVER}{NOVEMBER}&by=service,class")["rows"]
    assert [(row["service"], row["paid_tyiyn"]) for row in rows] == [("waste", 3_000)]


def test_any_day_can_be_asked_for(town: Town) -> None:
    """One month's closing is the next one's opening, and the books of an earlier ledger day know nothing later."""
    some_town(town)
    october, november = town.get(f"{TURNOVER}{OCTOBER}"), town.get(f"{TURNOVER}{NOVEMBER}")
    assert october["totals"]["closing_tyiyn"] == november["totals"]["opening_tyiyn"]
    before = town.get(f"{TURNOVER}?from=2026-11-01&to=2026-11-10&by=provider")
    assert before["totals"]["paid_tyiyn"] == 8_000
    first_day = town.get(f"{TURNOVER}{NOVEMBER}&by=provider&as_of=2026-11-02")
    assert (first_day["totals"]["recalculated_tyiyn"], first_day["problems"]) == (0, [])


def test_a_sheet_that_is_not_the_ledger_says_so(town: Town) -> None:
    """A charge that no bill stands behind is told of, with both sums: what bills say and what the ledger has."""
    some_town(town)
    stray = {**town_row(town), "id": 999_999, "source_id": 999_999}
    with town.service.work(TENANT) as work:
        work.execute(insert(work.table("transfer")).values(**stray))
        work.commit()
    problems = town.get(f"{TURNOVER}{NOVEMBER}")["problems"]
    assert [problem["code"] for problem in problems] == ["AIM-B963"]
    said = {name: round(float(som) * 100) for name, som in problems[0]["fields"].items()}
    assert said["ledger"] - said["bills"] == stray["amount"] and said["ledger"] == moved(
        town, "charge", "tax", "cancellation"
    )


def town_row(town: Town) -> dict[str, Any]:
    """Some transfer of a bill."""
    return next(row for row in town.rows("transfer") if row["kind"] == "charge")


def test_ageing_puts_each_debt_at_its_age(town: Town) -> None:
    """After 80 som the debt of 2022 is paid and the rest stands at its own age; debt less advance is the balance."""
    some_town(town)
    answer = town.get("/billing/reports/ageing?on=2026-11-30&by=account,provider")
    rows = by(answer, "account", "provider")
    assert answer["problems"] == []
    assert (rows["A1", "tazalyk"]["older_tyiyn"], rows["A1", "tazalyk"]["to_30_tyiyn"]) == (0, 7_725 - 1_000)
    assert rows["A1", "vodokanal"]["to_180_tyiyn"] == 3_000
    assert rows["A4", "tazalyk"]["to_365_tyiyn"] == 1_000
    for (number, _), group in groupby(sorted(rows), key=lambda key: (key[0], "")):
        assert sum(rows[key]["balance_tyiyn"] for key in group) == town.balance(number)


def test_ageing_by_service_and_without_it_agree(town: Town) -> None:
    """The quick way over the whole ledger and the way over every single debt come to the same."""
    some_town(town)
    quick = town.get("/billing/reports/ageing?on=2026-11-30&by=provider,class")
    exact = town.get("/billing/reports/ageing?on=2026-11-30&by=provider,class,service")
    assert quick["totals"] == exact["totals"]
    early = town.get("/billing/reports/ageing?on=2026-10-15")
    assert early["totals"]["balance_tyiyn"] == moved(town, "opening")


@settings(max_examples=40)
@given(st.dates(date(2021, 1, 1), date(2030, 12, 31)), st.integers(0, 80))
def test_an_age_follows_from_the_last_day_of_the_month(day: date, months: int) -> None:
    """A debt is in the first age whose limit its days do not pass."""
    month = Period.month_of(day)
    for _ in range(months):
        month = month.previous()
    days = (day - month.last_day).days
    place = next((number for number, limit in enumerate(LIMITS) if days <= limit), len(LIMITS))
    found = DataFrame({"origin": [month.name]}).select(age_of(col("origin"), day))
    assert AGES[found[:, 0][0]] == AGES[place]


def test_a_policy_is_decided_on_a_ground(town: Town) -> None:
    """A rule holds from a day that is not over, once, by someone who may decide, and names its decision."""
    some_town(town)
    rule = {"valid_from": "2026-11-04", "method": "service_priority", "priority": ["water"], "ground": "Decision 14"}
    assert town.refused("/billing/allocation", body=rule) == (403, ["AIM-K072"])
    for wrong, code in (
        ({"valid_from": "2026-11-01"}, "AIM-B955"),
        ({"method": "luck"}, "AIM-B956"),
        ({"ground": " "}, "AIM-B957"),
    ):
        assert town.refused("/billing/allocation", "approver", body={**rule, **wrong})[1] == [code]
    assert town.post("/billing/allocation", rule, role="approver")["method"] == "service_priority"
    assert town.refused("/billing/allocation", "approver", body=rule) == (409, ["AIM-B958"])
    assert town.get(f"{TURNOVER}{NOVEMBER}&by=service,provider")["problems"] == []


def test_files_hold_the_same_figures(town: Town) -> None:
    """CSV and XLSX hold what the screen shows: money in som, heads in the reader's language."""
    some_town(town)
    answer = town.get(f"{TURNOVER}{NOVEMBER}&by=account")
    text = town.ask("get", f"{TURNOVER}{NOVEMBER}&by=account&format=csv&lang=ru").data.decode("utf-8-sig")
    lines = text.splitlines()
    assert lines[0].startswith("лицевой счёт;сальдо начальное;начислено")
    assert len(lines) == 1 + len(answer["rows"]) and lines[1].startswith("A1;100.00;")
    body = town.ask("get", f"{TURNOVER}{NOVEMBER}&by=account&format=xlsx&lang=ky").data
    book = fastexcel.read_excel(io.BytesIO(body).getvalue())
    assert book.sheet_names == [catalogue("aimak_billing", "ky")["report.sheet.turnover"]]
    sheet = book.load_sheet(0).to_polars()
    closing = sum(round(value * 100) for value in sheet["акыркы сальдо"])
    assert closing == answer["totals"]["closing_tyiyn"]


def test_postings_are_the_ledgers_movements(town: Town) -> None:
    """Debits of receivables less credits are what the balance moved by; each line names both sides and the creditor's
    tax number."""
    some_town(town)
    answer = town.get(f"/billing/reports/postings{NOVEMBER}")
    assert answer["problems"] == []
    raised = sum(row["amount_tyiyn"] for row in answer["rows"] if row["debit"] == "receivable")
    lowered = sum(row["amount_tyiyn"] for row in answer["rows"] if row["credit"] == "receivable")
    assert raised - lowered == sum(effect(row) for row in town.rows("transfer"))
    assert {(row["kind"], row["credit"]) for row in answer["rows"]} >= {("charge", "revenue"), ("tax", "tax_payable")}


def test_the_tax_of_a_cancelled_bill_is_taken_back(town: Town) -> None:
    """The sheet's tax is what the ledger holds as owed in tax, of bills in force alone; 1C hears of the tax, of revenue
    and of receivables what the bill had posted, the other way round."""
    some_town(town)
    gone = [row for row in town.rows("bill") if row["number"] in (1, 3)]
    before = town.get(f"{TURNOVER}{NOVEMBER}&by=provider,service")["totals"]["tax_tyiyn"]
    document(town, kind="cancel", bill="1")
    assert all(bill["tax"] > 0 for bill in gone)
    for keys in ("provider", "service,provider", "account", "class,street"):
        answer = town.get(f"{TURNOVER}{NOVEMBER}&by={keys}")
        assert answer["problems"] == []
        assert answer["totals"]["tax_tyiyn"] == before - gone[0]["tax"]
        in_force = sum(row["tax"] for row in town.rows("bill")) - sum(bill["tax"] for bill in gone)
        assert answer["totals"]["tax_tyiyn"] == in_force
    postings = town.get(f"/billing/reports/postings{NOVEMBER}")
    assert postings["problems"] == []
    undone = [row for row in postings["rows"] if row["kind"] == "cancellation"]
    assert {row["credit"] for row in undone} == {"receivable"}
    for book, part in (("tax_payable", "tax"), ("revenue", "net")):
        taken = sum(row["amount_tyiyn"] for row in undone if row["debit"] == book)
        assert taken == sum(bill[part] for bill in gone)


def test_a_wrong_question_is_refused(town: Town) -> None:
    """An unknown break-down, a span turned round and a month that is none are each told."""
    for path, code in (
        (f"{TURNOVER}{NOVEMBER}&by=colour", "AIM-B952"),
        (f"{TURNOVER}?from=2026-11-30&to=2026-11-01", "AIM-B960"),
        (f"{TURNOVER}?period=soon", "AIM-B030"),
        ("/billing/reports/ageing?on=today", "AIM-K048"),
    ):
        answer = town.ask("get", path)
        assert (answer.status_code, [error["code"] for error in answer.json["errors"]]) == (422, [code])


def corrected_town(town: Town, seed: int) -> None:
    """`some_town` with an account of two services of one creditor, and documents drawn by lot after it."""
    town.accounts(
        account_line("B1", "water", "vodokanal", attributes='{"metered":true,"norm":"flat"}'),
        account_line("B1", "sewerage", "vodokanal"),
        account_line("B2", "waste", "tazalyk"),
    )
    town.take("balances", [BALANCES, "B1;vodokanal;sewerage;2026-07;40.00", "B1;vodokanal;water;2026-07;30.00"])
    town.take("balances", [BALANCES, "B2;tazalyk;waste;2026-08;-90.00", "B2;vodokanal;water;2026-08;11.00"])
    some_town(town)
    town.service.clock.instant += timedelta(days=1)  # type: ignore[attr-defined]
    drawn = random.Random(seed)
    asked: list[dict[str, Any]] = [
        {"kind": "write_off", "account": "B1", "provider": "vodokanal", "ground": "act 1"},
        {"kind": "transfer", "account": "B1", "to": "B2", "provider": "vodokanal"},
        {"kind": "adjust", "account": "B1", "provider": "vodokanal", "origin": "2026-07", "sign": -1},
        {"kind": "adjust", "account": "A1", "provider": "vodokanal", "sign": 1},
        {"kind": "refund", "account": "B2", "provider": "tazalyk"},
        {"kind": "transfer", "account": "B2", "to": "A4", "provider": "tazalyk", "sign": -1},
    ]
    drawn.shuffle(asked)
    for said in asked:
        sign = said.pop("sign", 1)
        document(town, **said, amount_tyiyn=sign * drawn.randint(1, 600))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_tyiyn_of_a_document_has_its_service(town: Town, seed: int) -> None:
    """After write-offs, transfers, adjustments and refunds that name no service, each column of the sheet by service
    is that of the whole, and what was paid under a service is what was paid, not what was written off of it."""
    corrected_town(town, seed)
    whole = town.get(f"{TURNOVER}{NOVEMBER}&by=provider")
    for keys in ("service,provider", "service,class", "service,street", "service,account"):
        parts = town.get(f"{TURNOVER}{NOVEMBER}&by={keys}")
        assert (parts["totals"], parts["problems"]) == (whole["totals"], []), keys
        for row in parts["rows"]:
            left = row["opening_tyiyn"] + row["charged_tyiyn"] + row["recalculated_tyiyn"]
            assert row["closing_tyiyn"] == left - row["paid_tyiyn"] - row["written_off_tyiyn"]
    written = {(row["service"], row["amount"]) for row in town.rows("transfer") if row["kind"] == "write_off"}
    assert written and all(service is not None for service, _ in written)
    rows = town.get(f"{TURNOVER}{NOVEMBER}&by=account,provider,service")["rows"]
    unpaid = [row for row in rows if (row["account"], row["provider"]) == ("B1", "vodokanal")]
    assert {row["service"] for row in unpaid} == {"water", "sewerage"}
    assert [row["paid_tyiyn"] for row in unpaid] == [0, 0]
    assert sum(row["written_off_tyiyn"] for row in unpaid) == -moved(town, "write_off")


@pytest.mark.parametrize("seed", [4, 5])
def test_a_past_day_stays_as_it_was_told(town: Town, seed: int) -> None:
    """Turnover, ageing, statement and act as of a ledger day say the same after later corrections and payments."""
    some_town(town)
    as_of = "&as_of=2026-11-03"
    asked = [f"{TURNOVER}{NOVEMBER}&by={keys}{as_of}" for keys in ("provider", "service,account", "class,street")]
    asked += [f"/billing/reports/ageing?on=2026-11-30&by={keys}{as_of}" for keys in ("account", "service")]
    asked += [f"/billing/accounts/A1/statement{NOVEMBER}{act}{as_of}" for act in ("", "&provider=vodokanal")]
    before = [town.get(question) for question in asked]
    town.service.clock.instant += timedelta(days=1)  # type: ignore[attr-defined]
    drawn = random.Random(seed)
    document(town, kind="write_off", account="A1", provider="tazalyk", ground="act", amount_tyiyn=drawn.randint(1, 999))
    document(town, kind="adjust", account="A1", provider="vodokanal", amount_tyiyn=-drawn.randint(1, 999))
    document(town, kind="cancel", bill="1")
    town.pay(1, drawn.randint(1, 9_999), payment_id=3, external_id="p3")
    assert [town.get(question) for question in asked] == before
    assert [town.get(question.replace(as_of, "")) for question in asked] != before
