"""A draft tried on the real accounts: the sums of a hand count, the same rating as the bills', nothing written."""

from __future__ import annotations

import io
from typing import Any

import fastexcel
import pytest
from aimak.contracts import billing
from aimak.money import format_som, half_up
from pypdf import PdfReader

from tests.unit.billing.test_tariff_life import NEW, draft, enter, walk
from tests.unit.billing.town import TARIFFS, TENANT, Town, account_line

WATER = """
aimak: tariffs/1
tariffs:
  - code: water-household
    service: water
    provider: vodokanal
    name: {ky: "Суу", ru: "Вода", en: "Water"}
    from: 2027-01-01
    applies_to: {class: household}
    legal_ground: law
    cost: 20.00
    without_reading: hold
    components:
      - {code: volume, kind: block, blocks: [{up_to: 10, price: 12.00}, {price: 15.50}]}
      - {code: sales_tax, kind: tax, tax: sales_tax}
"""
METERED = '{"metered":true,"norm":"house"}'
USED = {number: number * 1_000 + 250 for number in range(1, 21)}


def watered(town: Town) -> None:
    """Twenty metered accounts, each with usage of its own in October; every fourth has none in September."""
    town.accounts(*(account_line(f"W{n:02}", "water", "vodokanal", attributes=METERED) for n in USED))
    for number, quantity in USED.items():
        town.use(number, quantity)
        if number % 4:
            town.use(number, quantity, usage_id=1000 + number, to_date="2026-10-01", from_date="2026-09-01")


def simulated(town: Town, tariffs: list[str], periods: str = "2026-10") -> dict[str, Any]:
    """A simulation that has been done."""
    started = town.post("/billing/simulations", {"tariffs": tariffs, "periods": periods})
    assert started["state"] == "running"
    town.pump.drain()
    told: dict[str, Any] = town.get(f"/billing/simulations/{started['simulation']}")
    assert told["state"] == "done"
    return told


def by_hand(quantity: int) -> tuple[int, int, int, int]:
    """Old net and tax, new net and tax of a usage in thousandths, in plain whole numbers."""
    old = half_up(quantity * 1045, 1000)
    new = half_up(min(quantity, 10_000) * 1200 + max(quantity - 10_000, 0) * 1550, 1000)
    return old, half_up(old * 3, 100), new, half_up(new * 3, 100)


def test_sums_are_those_of_a_count_by_hand(town: Town) -> None:
    """Revenue old and new, net and tax, of 20 accounts in two chunks, and each of the hardest hit."""
    watered(town)
    enter(town, WATER)
    report = simulated(town, ["water-household"])["report"]
    counted = {number: by_hand(quantity) for number, quantity in USED.items()}
    (row,) = report["revenue"]
    assert (row["service"], row["customer_class"], row["connections"]) == ("water", "household", 20)
    assert row["quantity"] == sum(USED.values())
    sums = [sum(entry[place] for entry in counted.values()) for place in range(4)]
    assert [row[name] for name in ("old_net", "old_tax", "new_net", "new_tax")] == sums
    assert report["total"]["difference"] == sums[2] + sums[3] - sums[0] - sums[1]
    change = {f"W{n:02}": e[2] + e[3] - e[0] - e[1] for n, e in counted.items()}
    assert {hit["account"]: hit["difference"] for hit in report["hardest"]} == change
    assert [hit["difference"] for hit in report["hardest"]] == sorted(change.values(), reverse=True)
    assert report["payers"]["more"] == 20 and report["payers"]["more_by"] == sum(change.values())
    assert sum(bar["accounts"] for bar in report["histogram"]) == 20
    assert [decile["accounts"] for decile in report["deciles"]] == [2] * 10
    assert report["deciles"][0]["old"] == half_up(sum(counted[1][:2]) + sum(counted[2][:2]), 2)


def test_old_sums_are_those_of_the_run(town: Town) -> None:
    """What was in force is rated as the bills are: the totals of the month's own preview, alike accounts each."""
    watered(town)
    town.accounts(*(account_line(f"X{n}", "water", "vodokanal", attributes=METERED) for n in range(4)))
    for connection in range(21, 25):
        town.use(connection, 7_000)
    enter(town, WATER)
    (row,) = simulated(town, ["water-household"])["report"]["revenue"]
    (total,) = town.preview()["totals"]
    assert (row["old_net"], row["old_tax"]) == (total["net_tyiyn"], total["tax_tyiyn"])


def test_a_draft_equal_to_what_is_in_force_changes_nothing(town: Town) -> None:
    """The same text from a later day, over two services of which one follows the other: not a tyiyn of difference."""
    attributes = '{"metered":false,"norm":"flat"}'
    for number in range(1, 8):
        both = [account_line(f"F{number}", "water", "vodokanal", attributes=attributes, residents=str(number % 3 + 1))]
        both.append(account_line(f"F{number}", "sewerage", "vodokanal", residents=str(number % 3 + 1)))
        town.accounts(*both)
    same = TARIFFS[: TARIFFS.index("  - code: water-organisations")].replace("2026-06-01", "2027-01-01", 1)
    enter(town, same)
    report = simulated(town, ["water-household"], "2026-08..2026-10")["report"]
    assert {row["service"] for row in report["revenue"]} == {"water", "sewerage"}
    assert report["total"]["old_gross"] > 0 and report["total"]["difference"] == 0
    assert report["payers"] == {"more": 0, "less": 0, "same": 7, "more_by": 0, "less_by": 0, "median": 0}


def test_months_are_chosen_and_what_cannot_be_rated_is_told_apart(town: Town) -> None:
    """An account without a reading is held by the draft, counted with its code, and in no sum of that month."""
    watered(town)
    enter(town, WATER)
    told = simulated(town, ["water-household"], "2026-09..2026-10")
    assert told["periods"] == ["2026-09", "2026-10"]
    report = told["report"]
    read = [USED[number] for number in USED if number % 4]
    (row,) = report["revenue"]
    assert row["connections"] == 35 and row["quantity"] == sum(USED.values()) + sum(read)
    assert report["held"] == [{"side": "new", "service": "water", "code": "AIM-T022", "accounts": 5}]


def test_the_subsidy_is_what_the_price_leaves_of_the_cost(town: Town) -> None:
    """Cost of the quantity less what is charged; not known where the tariff says no cost, which is not nothing."""
    watered(town)
    enter(town, WATER)
    report = simulated(town, ["water-household"])["report"]
    cost = sum(USED.values()) * 2000 // 1000
    assert report["subsidy"]["known"] is True
    assert report["subsidy"]["gap"] == cost - report["revenue"][0]["new_net"] > 0
    town.accounts(account_line("P1"))
    enter(town, draft())
    assert simulated(town, ["waste-household"])["report"]["subsidy"]["gap"] is None


def test_a_simulation_writes_no_bill_and_leaves_the_tariff_a_draft(town: Town) -> None:
    """Nothing of a run, no bill, no event for others; the draft is where it was."""
    watered(town)
    enter(town, WATER)
    before = {name: town.rows(name) for name in ("run", "run_line", "bill", "tariff", "tariff_step")}
    simulated(town, ["water-household"])
    assert {name: town.rows(name) for name in before} == before
    assert {row["routing_key"] for row in town.rows("outbox")} & {"billing.bills_issued.v1"} == set()
    assert town.rows("simulation_chunk") == []


def test_a_chunk_that_comes_again_and_a_stopped_simulation_do_nothing(town: Town) -> None:
    """The message repeated changes no sum; after a stop the rest is not reckoned."""
    watered(town)
    enter(town, WATER)
    told = simulated(town, ["water-household"])
    number = told["simulation"]
    town.hear(billing.SimulationChunksCut.of(TENANT, [{"simulation_id": number, "chunk": 0}]))
    assert town.get(f"/billing/simulations/{number}") == told
    second = town.post("/billing/simulations", {"tariffs": ["water-household"], "periods": "2026-10"})["simulation"]
    assert town.post(f"/billing/simulations/{second}/stop")["state"] == "stopped"
    town.pump.drain()
    assert town.get(f"/billing/simulations/{second}")["report"] is None


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_the_report_comes_as_pdf_and_workbook(town: Town, lang: str) -> None:
    """The same figures in both: the sums, every tenth, the hardest hit by account number; no name of a person."""
    watered(town)
    enter(town, WATER)
    told = simulated(town, ["water-household"])
    path = f"/billing/simulations/{told['simulation']}/report"
    pdf = town.ask("get", f"{path}.pdf?lang={lang}")
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.data)).pages).split())
    total, hit = told["report"]["total"], told["report"]["hardest"][0]
    for said in (format_som(total["old_gross"]), format_som(total["new_gross"]), hit["account"]):
        assert said.replace("\u00a0", " ") in text.replace("\u00a0", " ")
    assert "Holder" not in text
    book = town.ask("get", f"{path}.xlsx?lang={lang}")
    sheets = fastexcel.read_excel(book.data)
    assert len(sheets.sheet_names) == 7
    hardest = sheets.load_sheet(4).to_polars()
    assert hardest.height == 20 and hardest.row(0)[0] == hit["account"]
    assert round(hardest.row(0)[4] * 100) == hit["difference"]


def test_a_draft_that_charges_nothing_is_not_an_error(town: Town) -> None:
    """Used nothing, charged nothing: the account is compared, with nothing on the new side."""
    town.accounts(account_line("Z1", "water", "vodokanal", attributes=METERED))
    town.use(1, 0)
    enter(town, WATER)
    report = simulated(town, ["water-household"])["report"]
    assert (report["accounts"], report["total"]["new_gross"], report["held"]) == (1, 0, [])


QUARTER = """
aimak: tariffs/1
tariffs:
  - code: waste-household
    service: waste
    provider: tazalyk
    name: {ky: "Таштанды", ru: "Мусор", en: "Waste"}
    from: 2027-01-01
    applies_to: {class: household}
    legal_ground: law
    frequency: FREQUENCY
    components:
      - {code: fee, kind: fixed, price: 240, prorate: days}
      - {code: sales_tax, kind: tax, tax: sales_tax}
"""


def test_a_month_is_tried_as_a_quarter(town: Town) -> None:
    """Three persons pay 77.25 a month; 240 and tax a quarter are 82.40 a month: 5.15 more, with every month counted."""
    town.accounts(account_line("Q1"), account_line("Q2", opened_on="2026-08-01"))
    enter(town, QUARTER.replace("FREQUENCY", "quarter"))
    report = simulated(town, ["waste-household"], "2026-07..2026-09")["report"]
    (row,) = report["revenue"]
    # Q1 three months and Q2 two; the quarter is owed by Q2 for 61 of its 92 days: 159.13 and tax 4.77.
    assert row["old_net"] == 5 * 7_500 and row["old_tax"] == 5 * 225
    assert (row["new_net"], row["new_tax"]) == (24_000 + 15_913, 720 + 477)
    hit = {one["account"]: (one["old"], one["new"], one["difference"]) for one in report["hardest"]}
    assert hit["Q1"] == (7_725, 8_240, 515)


def test_a_quarter_tried_as_another_quarter(town: Town) -> None:
    """What is billed by the quarter today is compared with its draft over the same quarter, at its own months."""
    town.accounts(account_line("Q1"))
    decided = 'frequency: quarter\n    decision: {body: council, number: "7", date: 2026-06-01}'
    enter(town, QUARTER.replace("frequency: FREQUENCY", decided).replace("2027-01-01", "2026-07-01"))
    adopted = {"tariffs": ["waste-household@2026-07-01"], "ground": "decided before"}
    town.post("/billing/tariffs/adopt", adopted, role="approver")
    enter(town, QUARTER.replace("FREQUENCY", "quarter").replace("price: 240", "price: 300"))
    report = simulated(town, ["waste-household@2027-01-01"], "2027-03..2027-03")["report"]
    assert (report["total"]["old_gross"], report["total"]["new_gross"]) == (24_720, 30_900)
    (hit,) = report["hardest"]
    assert (hit["old"], hit["new"]) == (8_240, 10_300)


@pytest.mark.parametrize(("frequency", "periods"), [("half_year", "2026-01..2026-06"), ("year", "2026-12")])
def test_a_half_year_and_a_year_are_tried(town: Town, frequency: str, periods: str) -> None:
    """The draft's sum of its whole period stands beside the months that were chosen."""
    town.accounts(account_line("Q1"))
    enter(town, QUARTER.replace("FREQUENCY", frequency))
    report = simulated(town, ["waste-household"], periods)["report"]
    assert report["total"]["new_gross"] == 24_720


def test_a_season_is_tried(town: Town) -> None:
    """From April to October: billed with October."""
    town.accounts(account_line("Q1"))
    enter(town, QUARTER.replace("FREQUENCY", "season\n    season: april..october"))
    report = simulated(town, ["waste-household"], "2026-04..2026-10")["report"]
    assert (report["total"]["old_gross"], report["total"]["new_gross"]) == (7 * 7_725, 24_720)


def test_what_no_month_bills_is_refused(town: Town) -> None:
    """A quarter without its last month, a price list: said, not reckoned as nothing."""
    enter(town, QUARTER.replace("FREQUENCY", "quarter"))
    body = {"tariffs": ["waste-household"], "periods": "2026-07..2026-08"}
    assert town.refused("/billing/simulations", body=body) == (422, ["AIM-T124"])
    enter(town, QUARTER.replace("FREQUENCY", "once").replace("waste-household", "works").replace(", prorate: days", ""))
    body = {"tariffs": ["works"], "periods": "2026-07..2026-09"}
    assert town.refused("/billing/simulations", body=body) == (422, ["AIM-T123"])


def test_a_published_tariff_may_be_tried_on_earlier_months(town: Town) -> None:
    """Drafts are found by their code on their way, and what is published by its date."""
    town.accounts(account_line("A0"))
    enter(town, draft())
    walk(town, NEW, "publish")
    report = simulated(town, [NEW])["report"]
    assert (report["total"]["old_net"], report["total"]["new_net"]) == (7_500, 8_100)


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ({"tariffs": ["water-household"], "periods": "2026-13"}, ["AIM-B030"]),
        ({"tariffs": ["water-household"], "periods": "2026-10..2026-01"}, ["AIM-T120"]),
        ({"tariffs": ["water-household"], "periods": "2020-01..2026-01"}, ["AIM-T120"]),
        ({"tariffs": ["nothing"], "periods": "2026-10"}, ["AIM-B052"]),
    ],
)
def test_what_cannot_be_tried_is_refused_at_once(town: Town, body: dict[str, Any], codes: list[str]) -> None:
    """A span that is none, or too long, or a tariff that is not there."""
    enter(town, WATER)
    assert town.refused("/billing/simulations", body=body)[1] == codes


def test_a_draft_that_clashes_is_refused_at_once(town: Town) -> None:
    """Two tariffs for one connection have no answer; both are named before anything is reckoned."""
    town.accounts(account_line("A0"))
    enter(town, draft(code="waste-2"))
    body = {"tariffs": ["waste-2"], "periods": "2026-10"}
    assert town.refused("/billing/simulations", body=body) == (422, ["AIM-T009"])
