"""A service that was asked for once: entered by one, approved by another, billed by the price list."""

from __future__ import annotations

from typing import Any

from aimak.contracts import billing

from tests.unit.billing.test_cancelling import document, month, run, sound
from tests.unit.billing.test_documents import agrees
from tests.unit.billing.test_month import WASTE_GROSS
from tests.unit.billing.town import Town

LIST = """aimak: tariffs/1
tariffs:
  - code: works
    service: waste
    provider: tazalyk
    name: {ky: Кызматтар, ru: Услуги, en: Works}
    from: 2026-10-20
    decision: {body: council, number: "9", date: 2026-10-01}
    legal_ground: law
    applies_to: {class: [household, other]}
    frequency: once
    components:
      - {code: bulky, kind: per_unit, price: 350, name: {ky: Ири таштанды, ru: Крупный мусор, en: Bulky waste}}
      - {code: call-out, kind: per_unit, price: 120.50, name: {ky: Чакыруу, ru: Выезд, en: Call-out}}
      - {code: sales_tax, kind: tax, tax: sales_tax}
"""
ASKED = {"kind": "one_off", "account": "A1", "item": "call-out", "quantity_thousandths": 2_000, "day": "2026-10-30"}
# 2 × 120.50 = 241.00, sales tax 3 % 7.23
GROSS = 24_823


def listed(town: Town, text: str = LIST) -> None:
    """The price list is adopted, beside the monthly tariff of the same service."""
    assert town.ask("post", "/billing/imports/tariffs", role="admin", data=text.encode()).status_code == 200
    drafts = [f"{row['code']}@{row['valid_from']}" for row in town.get("/billing/tariffs")["tariffs"]]
    mine = [ref for ref in drafts if ref.startswith(("works", "extra"))]
    town.post("/billing/tariffs/adopt", {"tariffs": mine, "ground": "decided before"}, role="approver")


def ready(town: Town) -> None:
    """Five accounts billed for October, and a price list."""
    month(town)
    listed(town)


def shown(town: Town, number: int) -> dict[str, Any]:
    """A document."""
    found: dict[str, Any] = town.get(f"/billing/corrections/{number}")["correction"]
    return found


def test_it_becomes_a_bill_of_its_own(town: Town) -> None:
    """A number of its own, net, tax, transfers and events; the month's bill and its balance stay as they were."""
    ready(town)
    document(town, **ASKED)
    bill = town.get("/billing/bills/6")
    assert (bill["account"], bill["period"], bill["net_tyiyn"], bill["tax_tyiyn"]) == ("A1", "2026-11", 24_100, 723)
    assert (bill["opening_tyiyn"], bill["due_tyiyn"]) == (WASTE_GROSS, WASTE_GROSS + GROSS)
    lines = [(line["component"], line["quantity_thousandths"], line["amount_tyiyn"]) for line in bill["lines"]]
    assert lines == [("call-out", 2_000, 24_100), ("sales_tax", None, 723)]
    assert town.balance("A1") == WASTE_GROSS + GROSS
    told = town.told(billing.BillsIssued)[-1]
    assert (told["number"], told["gross_tyiyn"], told["services"]) == (6, GROSS, '[["waste",24823]]')
    agrees(town)


def test_it_is_explained_and_printed(town: Town) -> None:
    """In a sentence with quantity, price and tax; as a PDF."""
    ready(town)
    document(town, **ASKED)
    (sentence,) = town.get("/billing/bills/6/explain")["sentences"]
    said = sentence.replace("\u00a0", " ")
    tax_and_ground = "sales tax 3 % 7.23 som; tariff of 20 October 2026, decision 9"
    assert said == f"Call-out: 2 pcs × 120.50 som = 241.00 som; {tax_and_ground}"
    pdf = town.ask("get", "/billing/bills/6/pdf")
    assert pdf.status_code == 200 and pdf.data.startswith(b"%PDF")


def test_nothing_is_billed_before_another_approves(town: Town) -> None:
    """What it will come to is shown when it is entered; who enters does not approve; a repeat bills once."""
    ready(town)
    facts = town.post("/billing/corrections?dry_run=1", {"reason": "asked", **ASKED})["correction"]["facts"]
    assert (facts["tariff"], facts["gross_tyiyn"]) == ("works@2026-10-20", GROSS)
    assert town.get("/billing/corrections")["corrections"] == []
    asked = {"reason": "asked", **ASKED}
    number = town.post("/billing/corrections", asked, role="approver", name="both")["correction"]["number"]
    path = f"/billing/corrections/{number}/approve"
    assert town.refused(path, "approver", "both") == (403, ["AIM-B111"])
    assert town.balance("A1") == WASTE_GROSS
    town.post(path, role="approver")
    town.post(path, role="approver")
    assert town.balance("A1") == WASTE_GROSS + GROSS


def test_runs_pass_it_by(town: Town) -> None:
    """A month with such bills is billed, billed anew and corrected as without them, and never cancels them."""
    listed(town)
    month(town)
    # The town's clock stands in November; the bills are of that month, and so is this run.
    document(town, **ASKED)
    document(town, **ASKED)
    november = {"period": "2026-11"}
    assert run(town, **november)["bills"] == 5
    assert town.balance("A1") == 2 * WASTE_GROSS + 2 * GROSS
    town.take("residents", ["account;persons;from;to;ground;pensioners", "A1;4;2026-01-01;;book;0"])
    run(town, "account:A1", replaces=True, **november)
    # November is billed anew with a fourth person, and October's difference comes with it.
    assert town.balance("A1") == 2 * 10_300 + 2 * GROSS
    states = {bill["number"]: bill["state"] for bill in town.get("/billing/bills?account=A1")["bills"]}
    assert [states[number] for number in (6, 7)] == ["issued", "issued"]
    agrees(town)


def test_it_is_cancelled_by_its_number_alone(town: Town) -> None:
    """A cancellation of the account's months leaves it; that of the bill itself takes all of it back."""
    ready(town)
    document(town, **ASKED)
    document(town, kind="cancel", account="A1", since="2026-10", through="2026-11")
    assert town.balance("A1") == GROSS
    document(town, kind="cancel", bill="6")
    assert town.balance("A1") == 0
    sound(town)


def test_it_is_not_billed_anew_by_a_run(town: Town) -> None:
    """A run over such a bill is refused: it would bill the account's month instead."""
    ready(town)
    document(town, **ASKED)
    asked = {"period": "2026-11", "selection": "bill:6", "replaces": True, "reason": "wrong"}
    assert town.refused("/billing/runs", body=asked) == (422, ["AIM-B185"])
    assert town.get("/billing/runs?period=2026-11")["runs"] == []


def test_what_cannot_be_billed_is_refused_when_it_is_entered(town: Town) -> None:
    """An unknown item, one of two lists, no quantity, a day to come, a day before the list, a class it is not for."""
    ready(town)

    def refused(**changes: Any) -> list[str]:
        return town.refused("/billing/corrections", body={"reason": "asked", **ASKED, **changes})[1]

    assert refused(item="seal") == ["AIM-B180"]
    assert refused(item="sales_tax") == ["AIM-B180"]
    assert refused(quantity_thousandths=0) == ["AIM-B182"]
    assert refused(day="2026-11-03") == ["AIM-B183"]
    assert refused(day="2026-10-19") == ["AIM-B180"]
    assert refused(account="nobody") == ["AIM-B051"]
    listed(town, LIST.replace("code: works", "code: extra").replace("[household, other]", "household"))
    assert refused() == ["AIM-B181"]
    facts = town.post("/billing/corrections", {"reason": "x", **ASKED, "tariff": "extra"})["correction"]["facts"]
    assert facts["tariff"] == "extra@2026-10-20"


def test_another_price_than_was_shown_is_not_posted(town: Town) -> None:
    """A list that came into force meanwhile for that day: the document is not posted, and stays open."""
    ready(town)
    number = town.post("/billing/corrections", {"reason": "asked", **ASKED})["correction"]["number"]
    later = LIST.replace("2026-10-20", "2026-10-25").replace("120.50", "130")
    listed(town, later)
    assert town.refused(f"/billing/corrections/{number}/approve", "approver") == (409, ["AIM-B184"])
    assert shown(town, number)["state"] == "entered"
    assert town.balance("A1") == WASTE_GROSS
