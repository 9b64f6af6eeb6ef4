"""What becomes known after a period was billed is corrected by the next bill, by the difference and no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from tests.unit.billing.test_cancelling import document, run, sound
from tests.unit.billing.test_month import WASTE_GROSS
from tests.unit.billing.town import TARIFFS, TENANT, Town, account_line

HOUSE = '{"metered":false,"norm":"house"}'

METERED = '{"metered":true,"norm":"house"}'
RESIDENTS = "account;persons;from;to;ground;pensioners"


def bill(town: Town, period: str) -> Any:
    """Bill a month, the second person approving, on its first day where it has not begun."""
    path = f"/billing/cycles/{period}"
    first = f"{period}-01T06:00:00+00:00"
    if town.service.clock.now().isoformat() < first:
        town.at(first)
    town.post(f"{path}/preview")
    town.pump.drain()
    town.post(f"{path}/approve", role="approver")
    town.post(f"{path}/issue")
    town.pump.drain()
    return town.get(path)


def november(town: Town, connection_id: int, quantity: int) -> None:
    """Usage of November."""
    said = {"usage_id": 100 + connection_id, "from_date": "2026-11-01"}
    town.use(connection_id, quantity, to_date="2026-12-01", **said)


def metered(town: Town, quantity: int = 15_000) -> None:
    """A metered account, billed for October."""
    town.accounts(account_line("W", "water", "vodokanal", attributes=METERED))
    town.use(1, quantity)
    bill(town, "2026-10")


def lines_of(town: Town, number: int) -> list[tuple[Any, ...]]:
    """Origin, kind, quantity and amount of each line of a bill."""
    shown = ("origin", "kind", "quantity_thousandths", "amount_tyiyn")
    return [tuple(line[name] for name in shown) for line in town.get(f"/billing/bills/{number}")["lines"]]


def test_a_corrected_reading_is_the_difference_on_the_next_bill(town: Town) -> None:
    """15.000 m³ were billed, 12.300 it is: 128.54 − 156.75 net, 3.86 − 4.70 tax, told in a sentence."""
    metered(town)
    assert town.balance("W") == 15_675 + 470
    town.use(1, 12_300, version=2)
    november(town, 1, 10_000)
    done = bill(town, "2026-11")
    assert lines_of(town, 2) == [
        (None, "charge", 10_000, 10_450),
        (None, "tax", None, 314),
        ("2026-10", "charge", -2_700, -2_821),
        ("2026-10", "tax", None, -84),
    ]
    assert town.balance("W") == 12_854 + 386 + 10_450 + 314
    said = town.get("/billing/bills/2/explain?lang=en")["sentences"]
    assert "October 2026: 12.300 m³ instead of 15.000 m³: -29.05 som" in said[1]
    assert (done["gross_tyiyn"], done["totals"][0]["gross_tyiyn"]) == (10_764 - 2_905,) * 2
    assert town.ask("get", "/billing/bills/2/pdf?lang=ru").data.startswith(b"%PDF")
    sound(town)


def test_all_that_became_known_of_a_period_is_told(town: Town) -> None:
    """A reading was corrected, then a resident was entered, before the next bill: it names both, each once, and what
    is told afterwards stands alone on the bill after it."""
    metered(town)
    town.use(1, 12_300, version=2)
    town.take("residents", [RESIDENTS, "W;4;2026-10-01;;book;0"])
    november(town, 1, 10_000)
    bill(town, "2026-11")
    said = town.get("/billing/bills/2/explain?lang=en")["sentences"][1]
    assert said.endswith(": -29.05 som (since known: number of residents, meter reading)"), said
    town.use(1, 12_000, version=3)
    town.use(1, 10_000, usage_id=300, from_date="2026-12-01", to_date="2027-01-01")
    bill(town, "2026-12")
    said = town.get("/billing/bills/3/explain?lang=en")["sentences"][1]
    assert said.endswith("(since known: meter reading)"), said
    sound(town)


def test_a_cancelled_bill_opens_each_reason_that_it_settled(town: Town) -> None:
    """Two things were told before it: once it is cancelled, the run after it names both again."""
    test_all_that_became_known_of_a_period_is_told(town)
    document(town, kind="cancel", bill="3")
    document(town, kind="cancel", bill="2")
    run(town, period="2026-11")
    said = town.get("/billing/bills/4/explain?lang=en")["sentences"][1]
    assert said.endswith("(since known: number of residents, meter reading)"), said
    sound(town)


def test_what_is_settled_is_not_billed_again(town: Town) -> None:
    """The bill after has nothing to correct, and the same word again corrects nothing."""
    metered(town)
    town.use(1, 12_300, version=2)
    november(town, 1, 10_000)
    bill(town, "2026-11")
    town.use(1, 12_300, version=2)
    town.use(1, 10_000, usage_id=300, from_date="2026-12-01", to_date="2027-01-01")
    bill(town, "2026-12")
    assert [line[0] for line in lines_of(town, 3)] == [None, None]


def test_a_reading_that_comes_while_bills_are_approved_is_not_lost(town: Town) -> None:
    """It came after the preview: the bill is issued as previewed, and the next one corrects it."""
    town.accounts(account_line("W", "water", "vodokanal", attributes=METERED))
    town.use(1, 15_000)
    town.preview()
    town.use(1, 12_300, version=2)
    town.issue()
    assert town.balance("W") == 16_145
    november(town, 1, 10_000)
    bill(town, "2026-11")
    assert town.balance("W") == 13_240 + 10_764


def test_a_corrected_period_is_corrected_again(town: Town) -> None:
    """Any number of times: the sum is always what today's knowledge says."""
    metered(town)
    months = (("2026-11", 12_300), ("2026-12", 20_000), ("2027-01", 9_000))
    for version, (period, quantity) in enumerate(months, start=2):
        town.use(1, quantity, version=version)
        start = f"{period}-01"
        after = {"2026-11": "2026-12-01", "2026-12": "2027-01-01", "2027-01": "2027-02-01"}[period]
        town.use(1, 1_000, usage_id=200 + version, from_date=start, to_date=after)
        bill(town, period)
        net = (quantity * 1_045 + 500) // 1_000
        tax = (net * 3 + 50) // 100
        assert town.balance("W") == net + tax + (version - 1) * (1_045 + 31)
    sound(town)


def test_a_cancelled_correction_is_open_again(town: Town) -> None:
    """The bill that carried it is cancelled; billed anew, it carries it again."""
    metered(town)
    town.use(1, 12_300, version=2)
    november(town, 1, 10_000)
    bill(town, "2026-11")
    document(town, kind="cancel", bill="2")
    assert town.balance("W") == 16_145
    run(town, period="2026-11")
    assert town.balance("W") == 13_240 + 10_764
    run(town, period="2026-11", replaces=True)
    assert town.balance("W") == 13_240 + 10_764
    sound(town)


def test_billing_a_period_anew_takes_its_corrections_back(town: Town) -> None:
    """October is billed anew after November corrected it: by its own bill alone it then is what it is."""
    metered(town)
    town.use(1, 12_300, version=2)
    november(town, 1, 10_000)
    bill(town, "2026-11")
    run(town, replaces=True)
    assert lines_of(town, 3)[2:] == [("2026-10", "charge", 2_700, 2_821), ("2026-10", "tax", None, 84)]
    assert town.balance("W") == 13_240 + 10_764
    document(town, kind="cancel", bill="3")
    document(town, kind="cancel", bill="2")
    assert town.balance("W") == 0
    run(town)
    run(town, period="2026-11")
    assert town.balance("W") == 13_240 + 10_764
    sound(town)


def test_a_family_told_late_pays_from_the_month_it_grew(town: Town) -> None:
    """Four persons since October, told in November: one person's waste for October is added to the next bill."""
    town.accounts(account_line("A"))
    bill(town, "2026-10")
    town.take("residents", [RESIDENTS, "A;4;2026-10-01;;book;0"])
    bill(town, "2026-11")
    assert town.balance("A") == 2 * 10_300
    assert lines_of(town, 2)[2:] == [("2026-10", "charge", 1_000, 2_500), ("2026-10", "tax", None, 75)]


def test_a_closed_account_is_still_corrected(town: Town) -> None:
    """Nobody lives there any more, but what was billed wrong comes back as a bill of its own."""
    metered(town)
    town.post("/billing/accounts/W/move-out", {"day": "2026-11-01"})
    town.use(1, 0, version=2)
    bill(town, "2026-11")
    assert town.balance("W") == 0
    assert lines_of(town, 2) == [("2026-10", "charge", -15_000, -15_675), ("2026-10", "tax", None, -470)]


def test_what_cannot_be_rated_again_waits(town: Town) -> None:
    """The account is billed for the month, and its correction stays open until it can be rated."""
    town.accounts(account_line("A"))
    bill(town, "2026-10")
    town.take("residents", [RESIDENTS, "A;4;2026-11-01;;book;0"])
    with town.service.work(TENANT) as work:
        resident = work.table("resident")
        work.execute(resident.update().where(resident.c.valid_to.is_not(None)).values(valid_from=resident.c.valid_to))
        touched = work.table("touched")
        work.execute(touched.insert().values(tenant=TENANT, account_id=1, period="2026-10", reason="residents"))
        work.commit()
    assert bill(town, "2026-11")["bills"] == 1
    with town.service.work(TENANT) as work:
        row = work.execute(select(touched.c.bill_id)).one()
    assert row.bill_id is None
    assert town.balance("A") == WASTE_GROSS + 10_300


def test_a_run_given_up_settles_nothing(town: Town) -> None:
    """What a run had in hand when it was given up is corrected by the next."""
    metered(town)
    town.use(1, 12_300, version=2)
    november(town, 1, 10_000)
    given_up = run(town, "account:W", period="2026-11", issue=False)["run_id"]
    town.post(f"/billing/runs/{given_up}/abandon")
    bill(town, "2026-11")
    assert town.balance("W") == 13_240 + 10_764


def entered(town: Town, file: str) -> None:
    """A file of tariffs and tax rules is taken."""
    answer = town.ask("post", "/billing/imports/tariffs", role="admin", data=file.encode())
    assert answer.status_code == 200, answer.json


def thirty(town: Town) -> None:
    """The council has decided that waste costs 30.00 som a person since October."""
    text = TARIFFS.replace("from: 2026-01-01", "from: 2026-10-01").replace("price: 25.00", "price: 30.00")
    head, _, rest = text.partition("  - code: waste-household")
    part = rest.partition("  - code: ")[0].replace('number: "31"', 'number: "77"')
    entered(town, f"{head.partition('tariffs:')[0]}tariffs:\n  - code: waste-household{part}")
    steps = {"tariffs": ["waste-household@2026-10-01"], "ground": "decided before"}
    town.post("/billing/tariffs/adopt", steps, role="approver")


def five_percent(town: Town) -> None:
    """The sales tax is 5 % since October."""
    rule = TARIFFS.partition("taxes:\n")[2].partition("  - tax:")[2].partition("  - tax:")[0]
    rule = rule.replace("from: 2026-01-01", "from: 2026-10-01").replace("3 %", "5 %")
    entered(town, f"aimak: tariffs/1\ntaxes:\n  - tax:{rule}")


def test_a_tariff_decided_late_is_charged_from_its_day(town: Town) -> None:
    """The council decided in November that waste costs 30.00 som since October: October is made up for."""
    town.accounts(account_line("A"))
    bill(town, "2026-10")
    thirty(town)
    bill(town, "2026-11")
    assert town.balance("A") == 2 * 9_270
    said = town.get("/billing/bills/2/explain?lang=ru")["sentences"][1]
    assert said.endswith("Октябрь 2026: 92.70 вместо 77.25: +15.45 сом (стало известно: тариф)"), said


@pytest.mark.parametrize(("told", "a_month"), [(thirty, 12_360), (five_percent, 10_500)])
def test_a_tariff_told_while_bills_are_rated_is_not_settled_unbilled(
    town: Town, told: Callable[[Town], None], a_month: int
) -> None:
    """A run was begun with October's old tariffs, and rates when others are in force: October waits for the next one,
    which bills it, and November too."""
    town.accounts(account_line("A"))
    bill(town, "2026-10")
    town.take("residents", [RESIDENTS, "A;4;2026-10-01;;book;0"])
    town.post("/billing/cycles/2026-11/preview")
    told(town)
    town.pump.drain()
    town.post("/billing/cycles/2026-11/approve", role="approver")
    town.post("/billing/cycles/2026-11/issue")
    town.pump.drain()
    assert town.balance("A") == 7_725 + 10_300
    bill(town, "2026-12")
    assert town.balance("A") == 3 * a_month
    sound(town)


def test_a_month_that_is_cancelled_is_not_charged_by_a_correction(town: Town) -> None:
    """October's bill is cancelled and a person more is told since October: the next bill leaves October alone."""
    town.accounts(account_line("A"))
    bill(town, "2026-10")
    document(town, kind="cancel", bill="1")
    town.take("residents", [RESIDENTS, "A;4;2026-10-01;;book;0"])
    bill(town, "2026-11")
    assert town.balance("A") == 10_300


def test_an_earlier_month_keeps_its_own_tariff(town: Town) -> None:
    """Waste costs 30.00 som from November on; one person more since October is 25.00 som there, and 3 % of it."""
    town.accounts(account_line("A"))
    bill(town, "2026-10")
    text = TARIFFS.replace("from: 2026-01-01", "from: 2026-11-01").replace("price: 25.00", "price: 30.00")
    head, _, rest = text.partition("  - code: waste-household")
    file = f"{head.partition('tariffs:')[0]}tariffs:\n  - code: waste-household{rest.partition('  - code: ')[0]}"
    assert town.ask("post", "/billing/imports/tariffs", role="admin", data=file.encode()).status_code == 200
    steps = {"tariffs": ["waste-household@2026-11-01"], "ground": "decided before"}
    town.post("/billing/tariffs/adopt", steps, role="approver")
    town.take("residents", [RESIDENTS, "A;4;2026-10-01;;book;0"])
    bill(town, "2026-11")
    assert lines_of(town, 2)[2:] == [("2026-10", "charge", 1_000, 2_500), ("2026-10", "tax", None, 75)]
    assert town.balance("A") == 10_300 + 12_360


def owed(town: Town, number: str) -> dict[str, int]:
    """What an account owes each creditor to whom it owes anything."""
    rows = town.get(f"/billing/accounts/{number}")["balances"]
    return {row["provider"]: row["balance_tyiyn"] for row in rows if row["balance_tyiyn"]}


def another_creditor(town: Town) -> dict[str, int]:
    """Water and waste are billed for October; that jaryk gives the waste since the 1st, for 20.00 som a person and no
    tax, is told later. Gives what is owed then."""
    head, _, rest = TARIFFS.partition("  - code: waste-household")
    part = "waste-jaryk" + rest.partition("  - code: ")[0].replace("tazalyk", "jaryk").replace("25.00", "20.00")
    part = part.replace("      - {code: sales_tax, kind: tax, tax: sales_tax}\n", "")
    file = f"{head.partition('tariffs:')[0]}tariffs:\n  - code: {part}"
    assert town.ask("post", "/billing/imports/tariffs", role="admin", data=file.encode()).status_code == 200
    town.post("/billing/tariffs/adopt", {"tariffs": ["waste-jaryk@2026-01-01"], "ground": "made up"}, role="approver")
    town.accounts(account_line("A"), account_line("A", "water", "vodokanal", attributes=HOUSE))
    bill(town, "2026-10")
    before = owed(town, "A")
    assert before.pop("tazalyk") == WASTE_GROSS
    told = {"service": "waste", "provider": "tazalyk", "to": "jaryk", "day": "2026-10-01"}
    town.post("/billing/connections/provider", told, role="admin")
    return before | {"jaryk": 6_000}


@pytest.mark.parametrize("selection", ["all", "account:A", "service:waste", "provider:jaryk"])
def test_what_a_correction_charged_is_not_billed_again(town: Town, selection: str) -> None:
    """A run over a list carried the correction of waste: a run of the same month after it has nothing left to bill."""
    due = another_creditor(town)
    run(town, "list:few", accounts=["A"])
    assert owed(town, "A") == due
    assert run(town, selection)["bills"] == 0
    assert owed(town, "A") == due
    sound(town)


def test_a_run_over_a_service_makes_no_bill_of_another_alone(town: Town) -> None:
    """Who has no water gets no bill of a correction of waste from November's run over water; the month's own brings
    it."""
    town.accounts(account_line("A", "water", "vodokanal", attributes=HOUSE), account_line("C"))
    bill(town, "2026-10")
    town.take("residents", [RESIDENTS, "C;4;2026-10-01;;book;0"])
    assert run(town, "service:water", period="2026-11")["bills"] == 1
    assert owed(town, "C")["tazalyk"] == WASTE_GROSS
    bill(town, "2026-11")
    assert owed(town, "C")["tazalyk"] == 2 * 10_300
    sound(town)


def test_what_the_next_month_corrected_is_not_billed_again(town: Town) -> None:
    """November's bill charged what October lacked, so that October's run, done again, has nothing left to bill."""
    due = another_creditor(town)
    bill(town, "2026-11")
    after = owed(town, "A")
    assert ("tazalyk" in after, after["jaryk"]) == (False, due["jaryk"] + 6_000)
    assert run(town)["bills"] == 0
    assert owed(town, "A") == after
    sound(town)


def test_a_corrected_month_is_billed_as_a_whole_once_its_bill_is_cancelled(town: Town) -> None:
    """The correction that another bill carries stays in force; the month's new bill charges all and takes it back."""
    due = another_creditor(town)
    run(town, "list:few", accounts=["A"])
    document(town, kind="cancel", bill="1")
    assert run(town)["bills"] == 1
    assert owed(town, "A") == due
    sound(town)


def test_a_service_billed_anew_is_billed_by_lines_of_its_own(town: Town) -> None:
    """Though the month's bill of the other services stays, the bill made anew charges the waste itself and takes back
    what November corrected."""
    town.accounts(account_line("A"), account_line("A", "water", "vodokanal", attributes=HOUSE))
    run(town, "service:waste")
    bill(town, "2026-10")
    town.take("residents", [RESIDENTS, "A;4;2026-10-01;;book;0"])
    bill(town, "2026-11")
    assert owed(town, "A")["tazalyk"] == 2 * 10_300
    run(town, "service:waste", replaces=True)
    assert lines_of(town, 4) == [
        (None, "charge", 4_000, 10_000),
        (None, "tax", None, 300),
        ("2026-10", "charge", -1_000, -2_500),
        ("2026-10", "tax", None, -75),
    ]
    assert owed(town, "A")["tazalyk"] == 2 * 10_300
    sound(town)
