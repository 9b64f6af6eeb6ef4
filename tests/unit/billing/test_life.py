"""The life of an account: moving out and in, splitting, another creditor, a street's new name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aimak.contracts import base
from aimak_billing.application.corrections import life
from aimak_gateway.cli.corrections import changed_lines
from aimak_gateway.cli.frame import Ui
from sqlalchemy import event

from tests.unit.billing.test_cancelling import document, sound
from tests.unit.billing.test_month import WASTE_GROSS
from tests.unit.billing.test_rerating import bill
from tests.unit.billing.town import Town, account_line

WATER = '{"metered":false,"norm":"house"}'


def both(town: Town, *numbers: str) -> None:
    """Accounts with waste removal and unmetered water."""
    lines = [account_line(number, *facts, attributes=more) for number in numbers for *facts, more in _SERVICES]
    town.accounts(*lines)


_SERVICES = (("waste", "tazalyk", ""), ("water", "vodokanal", WATER))


def services(town: Town, number: int) -> set[str]:
    """Services that a bill charges."""
    return {line["service"] for line in town.get(f"/billing/bills/{number}")["lines"]}


def change(town: Town, path: str, role: str = "clerk", **asked: Any) -> Any:
    """A change that must be taken."""
    return town.post(f"/billing/{path}", asked, role=role)["changed"]


def test_who_moved_out_is_charged_no_more_and_still_owes(town: Town) -> None:
    """The account is closed, gets no bill for the months after, and its debt stays."""
    both(town, "A", "B")
    bill(town, "2026-10")
    owed = town.balance("A")
    change(town, "accounts/A/move-out", day="2026-11-01")
    assert bill(town, "2026-11")["bills"] == 1
    assert town.balance("A") == owed
    assert town.get("/billing/accounts/A")["status"] == "closed"
    assert town.refused("/billing/accounts/A/move-out", body={"day": "2026-11-01"})[1] == ["AIM-B123"]
    sound(town)


def test_moving_out_told_late_takes_the_months_back(town: Town) -> None:
    """They left before October, told in November: October is taken back by the next bill."""
    both(town, "A")
    bill(town, "2026-10")
    change(town, "accounts/A/move-out", day="2026-10-01")
    bill(town, "2026-11")
    assert town.balance("A") == 0
    sound(town)


def test_a_new_family_begins_without_the_old_debt(town: Town) -> None:
    """It has an account of its own at the same premise, with the same services."""
    both(town, "A")
    bill(town, "2026-10")
    assert town.refused("/billing/accounts/A/move-in", body={"as": "B", "day": "2026-11-01"})[1] == ["AIM-B125"]
    change(town, "accounts/A/move-out", day="2026-11-01")
    change(town, "accounts/A/move-in", **{"as": "B"}, day="2026-11-01", holder="Асанов", persons=2)
    bill(town, "2026-11")
    assert services(town, 2) == {"waste", "water"}
    shown = town.get("/billing/accounts/B")
    assert (shown["holder"], shown["address"], shown["status"]) == ("Асанов", "Токтогул A", "active")
    waste = [line for line in town.get("/billing/bills/2")["lines"] if line["service"] == "waste"]
    assert sum(line["amount_tyiyn"] for line in waste) == 5_150


def test_an_account_is_split_by_service(town: Town) -> None:
    """One goes on with water, a second takes waste over; each connection is charged once."""
    both(town, "A")
    bill(town, "2026-10")
    change(town, "accounts/A/split", **{"as": "B"}, day="2026-11-01", services=["waste"], persons=3)
    bill(town, "2026-11")
    assert [services(town, number) for number in (2, 3)] == [{"water"}, {"waste"}]
    assert town.balance("B") == WASTE_GROSS
    sound(town)


def test_another_creditor_is_owed_from_its_day_on(town: Town) -> None:
    """October's waste stays owed to the first; November's is charged by the tariff of the second, where it has one."""
    both(town, "A", "B")
    bill(town, "2026-10")
    moved = change(
        town, "connections/provider", "admin", service="waste", provider="tazalyk", to="jaryk", day="2026-11-01"
    )
    assert moved["accounts"] == 2
    seen = town.post("/billing/cycles/2026-11/preview")
    town.pump.drain()
    seen = town.get("/billing/cycles/2026-11")
    assert (seen["held"], seen["holds"][0]["code"]) == (2, "AIM-T020")
    balances = {row["provider"]: row["balance_tyiyn"] for row in town.get("/billing/accounts/A")["balances"]}
    assert balances["tazalyk"] == WASTE_GROSS


def test_another_creditor_takes_a_town_over_at_once(town: Town) -> None:
    """A change takes as many statements for forty accounts as for four; each is connected anew as it was on past
    days."""
    counted = {}
    for count in (4, 40):
        numbers = [f"C{count}-{place}" for place in range(count)]
        both(town, *numbers)
        for number in numbers[:3]:
            change(town, f"accounts/{number}/connection", service="waste", day="2026-10-10", customer_class="budget")
        asked = {"service": "waste", "provider": "tazalyk", "to": "jaryk", "day": "2026-10-05"}
        with statements(town) as run:
            assert change(town, "connections/provider", "admin", **asked)["accounts"] == count
        counted[count] = len(run)
    assert counted[40] == counted[4]
    new = {row["id"] for row in town.rows("connection") if row["provider"] == "jaryk"}
    assert len(new) == 44
    ended = [row for row in town.rows("connection") if row["provider"] == "tazalyk"]
    assert {(str(row["valid_to"]), row["version"] > 1) for row in ended} == {("2026-10-05", True)}
    past = [row for row in town.rows("connection_past") if row["connection_id"] in new]
    assert len(past) == 6 and {(str(row["valid_to"]), row["customer_class"]) for row in past} == {
        ("2026-10-10", "household")
    }


def test_a_large_change_is_told_in_events_that_fit(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts with more connections, ended ones too, than one event holds are told in several."""
    both(town, *(f"C{place}" for place in range(6)))
    monkeypatch.setattr(base, "MAX_ROWS", 10)
    monkeypatch.setattr(life, "MAX_ROWS", 10)
    for to, provider, day in (("jaryk", "tazalyk", "2026-10-05"), ("tazalyk", "jaryk", "2026-10-15")):
        asked = {"service": "waste", "provider": provider, "to": to, "day": day}
        assert change(town, "connections/provider", "admin", **asked)["accounts"] == 6
    told = [row["rows"] for row in town.rows("outbox") if row["routing_key"] == "billing.connections_defined.v1"]
    assert sorted(told)[-3:] == [10, 10, 12]  # the import's own twelve, and two changes
    assert len([row for row in town.rows("connection") if row["valid_to"] is None and row["service"] == "waste"]) == 6


@contextmanager
def statements(town: Town) -> Iterator[list[str]]:
    """The statements that billing runs inside."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(town.service.online.engine, "before_cursor_execute", note)
    yield seen
    event.remove(town.service.online.engine, "before_cursor_execute", note)


def test_residents_are_set_from_a_day_long_past(town: Town) -> None:
    """Five persons since October, though two entries stood there: the next bill adds what was missing."""
    both(town, "A")
    bill(town, "2026-10")
    before = town.balance("A")
    change(town, "accounts/A/residents", persons=5, day="2026-10-01")
    entries = town.get("/billing/accounts/A")["residents"]
    assert [(row["persons"], row["valid_to"]) for row in entries] == [(3, "2026-10-01"), (5, None)]
    bill(town, "2026-11")
    lines = town.get("/billing/bills/2")["lines"]
    october = sum(line["amount_tyiyn"] for line in lines if line["origin"] and line["service"] == "waste")
    assert october == 5_150
    assert town.balance("A") > 2 * before


def test_a_street_gets_a_new_name_from_its_day(town: Town) -> None:
    """Everybody in it is told again, and the old name stays known."""
    both(town, "A", "B")
    street = town.get("/billing/streets")["streets"][0]["street"]
    done = change(town, f"streets/{street}/name", "admin", name="Манас", day="2026-11-01")
    assert done["accounts"] == 2
    assert town.get("/billing/accounts/A")["address"] == "Манас A"
    assert [row["name"] for row in town.get("/billing/streets")["streets"]] == ["Токтогул", "Манас"]
    path = f"/billing/streets/{street}/name"
    # What is made out until then would bear the name before its day.
    assert town.refused(path, "admin", body={"name": "Айтматов", "day": "2026-12-01"}) == (422, ["AIM-B196"])
    assert town.refused(path, "admin", body={"name": " ", "day": "2026-11-01"}) == (422, ["AIM-B197"])
    assert town.get("/billing/accounts/A")["address"] == "Манас A"


def test_one_family_with_two_accounts(town: Town) -> None:
    """They are merged: the first is closed and not billed, the second owes both debts."""
    both(town, "A", "B")
    bill(town, "2026-10")
    owed = town.balance("A")
    document(town, kind="merge", account="A", to="B")
    assert (town.balance("A"), town.balance("B")) == (0, 2 * owed)
    sound(town)


def test_another_class_from_a_day_long_past(town: Town) -> None:
    """A shop since October, told in November: the organisations' price for both months, and its past is kept."""
    town.accounts(account_line("A", "water", "vodokanal", attributes='{"metered":true,"norm":"house"}'))
    town.use(1, 10_000)
    bill(town, "2026-10")
    assert town.balance("A") == 10_450 + 314
    asked = {"service": "water", "day": "2026-10-01", "customer_class": "other", "ground": "act 3"}
    change(town, "accounts/A/connection", **asked)
    town.use(1, 10_000, usage_id=2, from_date="2026-11-01", to_date="2026-12-01")
    bill(town, "2026-11")
    assert town.balance("A") == 2 * (30_000 + 900)
    assert [row["customer_class"] for row in town.rows("connection_past")] == ["household"]
    again = {**asked, "customer_class": "household"}
    change(town, "accounts/A/connection", **again)
    bill(town, "2026-12")
    december = town.get("/billing/bills/3")["lines"]
    assert sum(line["amount_tyiyn"] for line in december if line["origin"]) == 2 * (10_764 - 30_900)


OUTAGE_TARIFF = """
aimak: tariffs/1
tariffs:
  - code: waste-household
    service: waste
    provider: tazalyk
    name: {ky: "Таштанды", ru: "Мусор", en: "Waste"}
    from: 2026-10-01
    applies_to: {class: household}
    decision: {body: "made up", number: "5", date: 2026-09-01}
    legal_ground: "made up"
    defaults: {days_without_supply: 0}
    components:
      - {code: fee, kind: fixed, price: 31.00}
      - {code: credit, kind: outage_credit, of: [fee]}
"""

FEE_TARIFF = OUTAGE_TARIFF.replace(
    "{code: credit, kind: outage_credit, of: [fee]}", "{code: sales_tax, kind: tax, tax: sales_tax}"
)


def test_streets_without_supply_are_credited(town: Town) -> None:
    """Two days of October and one of November: 31.00 × 2 ÷ 31 and 31.00 × 1 ÷ 30 come back, in one street alone."""
    answer = town.ask("post", "/billing/imports/tariffs", role="admin", data=OUTAGE_TARIFF.encode())
    assert answer.status_code == 200, answer.json
    adopted = {"tariffs": ["waste-household@2026-10-01"], "ground": "decided before"}
    town.post("/billing/tariffs/adopt", adopted, role="approver")
    town.accounts(account_line("A"), account_line("B", street="Ленина"))
    bill(town, "2026-10")
    assert town.balance("A") == 3_100
    asked = {"streets": ["Токтогул"], "service": "waste", "since": "2026-10-30", "until": "2026-11-02"}
    done = change(town, "outages", **asked, ground="journal of 30 October")
    assert done == {"accounts": 1, "service": "waste", "from": "2026-10-30", "until": "2026-11-02"}
    for lang, until in (("ru", "до"), ("ky", "чейин"), ("en", "until")):
        ui = Ui(as_json=False, lang=lang, quiet=False, debug=False)
        assert changed_lines(ui, done)[-1].split() == [until, "2026-11-02"]
    bill(town, "2026-11")
    assert town.balance("B") == 6_200
    assert town.balance("A") == 6_200 - 200 - 103
    unknown = {**asked, "streets": ["Moon"]}
    assert town.refused("/billing/outages", body=unknown) == (404, ["AIM-B127"])


def test_another_creditor_told_late_takes_a_connection_as_it_was(town: Town) -> None:
    """What the customer's class was on the days before it changed, it was for the new creditor too."""
    town.accounts(account_line("A"))
    change(town, "accounts/A/connection", service="waste", day="2026-10-01", customer_class="budget")
    moved = {"service": "waste", "provider": "tazalyk", "to": "jaryk", "day": "2026-08-01"}
    change(town, "connections/provider", "admin", **moved)
    past, connections = town.rows("connection_past"), town.rows("connection")
    new = max(row["id"] for row in connections)
    assert [(str(row["valid_to"]), row["customer_class"]) for row in past if row["connection_id"] == new] == [
        ("2026-10-01", "household")
    ]


def test_who_moved_in_is_credited_by_his_own_days(town: Town) -> None:
    """Here for ten of 31 days and charged 10.00: two days without supply are two of his ten, so 2.00."""
    tariff = OUTAGE_TARIFF.replace("price: 31.00", "price: 31.00, prorate: days")
    assert town.ask("post", "/billing/imports/tariffs", role="admin", data=tariff.encode()).status_code == 200
    adopted = {"tariffs": ["waste-household@2026-10-01"], "ground": "decided before"}
    town.post("/billing/tariffs/adopt", adopted, role="approver")
    town.accounts(account_line("A", opened_on="2026-10-22"), account_line("B"))
    asked = {"streets": ["Токтогул"], "service": "waste", "since": "2026-10-25", "until": "2026-10-27"}
    assert change(town, "outages", **asked, ground="journal")["accounts"] == 2
    bill(town, "2026-10")
    assert (town.balance("A"), town.balance("B")) == (1_000 - 200, 3_100 - 200)


def test_who_left_before_the_last_day_has_no_tax_of_nothing(town: Town) -> None:
    """A fee that is not by days is owed by who is there on the last day: for who left before, nothing of it stands on
    the bill, no tax of 0.00 either; the bill can be printed and nothing is missing from the run."""
    assert town.ask("post", "/billing/imports/tariffs", role="admin", data=FEE_TARIFF.encode()).status_code == 200
    adopted = {"tariffs": ["waste-household@2026-10-01"], "ground": "decided before"}
    town.post("/billing/tariffs/adopt", adopted, role="approver")
    both(town, "A")
    town.accounts(account_line("B"))
    for number in ("A", "B"):
        change(town, f"accounts/{number}/move-out", day="2026-10-16")
    assert bill(town, "2026-10")["bills"] == 1
    assert services(town, 1) == {"water"}
    assert town.ask("get", "/billing/bills/1/pdf?lang=ru").data.startswith(b"%PDF")
    sound(town)


def test_a_connection_changed_twice_on_a_day_stays_what_it_was_before(town: Town) -> None:
    """The second change puts right what holds from the day on, not what held until then."""
    town.accounts(account_line("A"))
    for wanted in ("budget", "other"):
        change(town, "accounts/A/connection", service="waste", day="2026-10-01", customer_class=wanted)
    assert [row["customer_class"] for row in town.rows("connection_past")] == ["household"]
    assert [row["customer_class"] for row in town.rows("connection")] == ["other"]
