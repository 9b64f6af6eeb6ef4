"""The print house's files: every bill once, in the order in which a walker brings them."""

from __future__ import annotations

from typing import Any

import pypdfium2
import pytest
import zxingcpp
from aimak_billing.application import printing
from aimak_billing.application.kit import Kit
from aimak_billing.documents.bill import BillDocument
from aimak_billing.domain.elqr import parse
from aimak_billing.domain.rating import Plugins
from aimak_billing.domain.routes import route_key

from tests.unit.billing.test_cancelling import document
from tests.unit.billing.test_life import FEE_TARIFF, OUTAGE_TARIFF, change
from tests.unit.billing.test_month import WASTE_GROSS
from tests.unit.billing.test_rerating import bill
from tests.unit.billing.town import TENANT, Town, account_line

PERIOD = "2026-10"


def walk(town: Town) -> None:
    """Five houses on two streets, entered in no order, billed."""
    places = [("A1", "Токтогул", "10"), ("A2", "Манас", "9"), ("A3", "Токтогул", "9а"), ("A4", "Манас", "10")]
    town.accounts(
        *(account_line(number, street=street, house=house) for number, street, house in places),
        account_line("A5", street="Манас", house="9", flat="2"),
    )
    town.preview()
    town.issue()


def test_bills_come_in_the_order_of_the_route(town: Town) -> None:
    """Street by street, house 9 before house 10; a cancelled bill is not carried out."""
    walk(town)
    bills = town.get(f"/billing/print/{PERIOD}")["bills"]
    assert [bill["account"] for bill in bills] == ["A2", "A5", "A4", "A3", "A1"]
    document(town, kind="cancel", bill=str(bills[0]["number"]))
    assert [bill["account"] for bill in town.get(f"/billing/print/{PERIOD}")["bills"]] == ["A5", "A4", "A3", "A1"]


def test_a_file_holds_the_bills_that_were_asked_for(town: Town) -> None:
    """One page for each, in that order, the same bytes each time, and each says what the single bill says."""
    walk(town)
    numbers = [bill["number"] for bill in town.get(f"/billing/print/{PERIOD}")["bills"]]
    first, again = (town.ask("post", "/billing/print?lang=ru", json={"numbers": numbers}).data for _ in range(2))
    assert first == again
    pages = [page.get_textpage().get_text_range() for page in list(pypdfium2.PdfDocument(first))]
    assert [next(a for a in numbers_of(page) if a) for page in pages] == ["A2", "A5", "A4", "A3", "A1"]
    single = town.ask("get", f"/billing/bills/{numbers[0]}/pdf?lang=ru").data
    told = pypdfium2.PdfDocument(single)[0].get_textpage().get_text_range()
    # A print house's page is read column by column, a single bill row by row.
    assert sorted(told.split()) == sorted(pages[0].split())


def numbers_of(page: str) -> list[str]:
    """The account numbers that a page names."""
    return [word for word in page.split() if len(word) == 2 and word.startswith("A")]


@pytest.mark.parametrize(("numbers", "code"), [([], "AIM-B962"), ([1, 999], "AIM-B050"), ([1] * 1_001, "AIM-B962")])
def test_what_cannot_be_printed_is_refused(town: Town, numbers: list[int], code: str) -> None:
    """No bill, too many, or one that does not exist."""
    walk(town)
    assert town.refused("/billing/print", body={"numbers": numbers})[1] == [code]


def test_each_creditor_is_paid_by_its_own_code(town: Town) -> None:
    """A creditor's code names its own service and what is owed to it; what is owed to one without goes with the
    first."""
    bill, codes = _with_codes(town)
    owed: dict[str, int] = {}
    for line in bill["lines"]:
        owed[line["provider"]] = owed.get(line["provider"], 0) + line["amount_tyiyn"]
    assert {code.service_code: code.amount for code in codes} == owed
    assert {(code.account, code.transaction) for code in codes} == {("A1", "1")}


@pytest.mark.parametrize(
    ("provider", "service", "advance", "paid_to"),
    [
        ("tazalyk", "waste", "100.00", ["vodokanal"]),
        ("vodokanal", "water", "120.00", ["tazalyk"]),
        ("vodokanal", "water", "10.00", ["tazalyk", "vodokanal"]),
        ("tazalyk", "waste", "5000.00", []),
    ],
)
def test_together_the_codes_pay_what_the_bill_asks_for(
    town: Town, provider: str, service: str, advance: str, paid_to: list[str]
) -> None:
    """What was paid in advance to one creditor is taken off the code of the other: who pays by what is printed does not
    pay more than is due."""
    bill, codes = _with_codes(town, f"A1;{provider};{service};2026-09;-{advance}")
    assert sorted(code.service_code for code in codes) == paid_to
    assert sum(code.amount for code in codes) == max(0, bill["due_tyiyn"])


def _with_codes(town: Town, *balances: str) -> tuple[Any, list[Any]]:
    """The bill of an account with two creditors that have codes, and the codes on its paper."""
    for code in ("vodokanal", "tazalyk"):
        facts = {
            "code": code,
            "name": {"ru": code},
            "tax_number": "01234567890123",
            "regime": "general",
            "bank_account": "0",
        }
        elqr = {"provider_id": "qr.example.kg", "service_code": code, "name": code}
        town.post("/billing/providers", {**facts, "elqr": elqr}, role="admin")
    waste = account_line("A1", "waste", "tazalyk")
    town.accounts(waste, account_line("A1", "water", "vodokanal", attributes='{"metered":true,"norm":"flat"}'))
    if balances:
        town.take("balances", ["account;provider;service;origin;amount", *balances])
    town.use(2, 10_000)
    town.preview()
    town.issue()
    page = pypdfium2.PdfDocument(town.ask("get", "/billing/bills/1/pdf?lang=ru").data)
    return town.get("/billing/bills/1"), [
        parse(found.text) for sheet in list(page) for found in zxingcpp.read_barcodes(sheet.render(scale=4).to_pil())
    ]


def test_houses_are_sorted_by_their_number() -> None:
    """2 before 10, and letters without regard to their case."""
    places = ["манас 10", "Манас 2", "Абай 100-3", "Абай 100-12", ""]
    assert sorted(places, key=route_key) == ["", "Абай 100-3", "Абай 100-12", "Манас 2", "манас 10"]


def test_each_bill_of_many_has_its_own_sentence(town: Town) -> None:
    """Printed together, where one sentence serves all that are alike, each bill explains itself as it does alone."""
    town.accounts(*(account_line(f"P{place}", residents=str(place % 4 + 1)) for place in range(6)))
    town.preview()
    town.issue()
    kit = Kit.of(town.service.settings, Plugins.discover())
    numbers = list(range(1, 7))
    with town.service.work(TENANT) as work:
        together = [bill.explanations for bill in printing.print_bills(kit, work, numbers, "ru").documents]
        alone = [printing.print_bill(kit, work, str(number), "ru").documents[0].explanations for number in numbers]
    assert together == alone
    assert 1 < len(set(together)) < len(together)


def printed(town: Town, period: str, lang: str = "ru") -> BillDocument:
    """The first account's bill of a period."""
    number = next(row["number"] for row in town.rows("bill") if (row["account_id"], row["period"]) == (1, period))
    with town.service.work(TENANT) as work:
        kit = Kit.of(town.service.settings, Plugins.discover())
        return printing.print_bill(kit, work, str(number), lang).documents[0]


def test_what_documents_moved_since_the_period_began_is_a_figure_of_its_own(town: Town) -> None:
    """An adjustment before the bill was made out stands beside what was owed when the month began, with a sentence;
    one that was undone is none, and one of the month before is in what was owed."""
    walk(town)
    said = {"account": "A1", "provider": "tazalyk"}
    town.at("2026-11-27T06:00:00+00:00")
    document(town, kind="adjust", amount_tyiyn=-1_250, **said)
    undone = document(town, kind="adjust", amount_tyiyn=9_999, **said)
    document(town, kind="storno", document=undone)
    town.pay(1, 3_000)
    bill(town, "2026-11")
    november, part = printed(town, "2026-11"), printed(town, "2026-11").parts[0]
    assert (part.opening, part.charged, part.corrected, part.paid) == (WASTE_GROSS, WASTE_GROSS, -1_250, 3_000)
    assert part.due == 2 * WASTE_GROSS - 1_250 - 3_000
    shown = next(row for row in town.get("/billing/bills?period=2026-11")["bills"] if row["account"] == "A1")
    seen = town.get(f"/billing/bills/{shown['number']}")
    figures = {
        "before_tyiyn": part.opening,
        "charged_tyiyn": part.charged,
        "corrected_tyiyn": part.corrected,
        "paid_tyiyn": part.paid,
        "balance_tyiyn": part.due,
    }
    # The screen says what the paper says, and what it meant before it means still.
    assert seen | figures == seen and seen["creditors"] == [
        {"provider": "tazalyk", **figures, "documents_tyiyn": -1_250}
    ]
    assert seen["moved_since"] == november.moved_since.isoformat() == "2026-11-01"
    assert (seen["opening_tyiyn"], seen["due_tyiyn"]) == (WASTE_GROSS - 1_250 - 3_000, part.due)
    assert november.explanations[-1] == "Корректировки, списания и переносы документами с 01.11.2026: -12.50"
    assert (printed(town, PERIOD).parts[0].corrected, len(printed(town, PERIOD).explanations)) == (0, 1)
    bill(town, "2026-12")
    december = printed(town, "2026-12").parts[0]
    assert (december.opening, december.corrected, december.paid) == (part.due, 0, 0)


def tariff(town: Town, text: str) -> None:
    """Put a tariff for waste in force."""
    assert town.ask("post", "/billing/imports/tariffs", role="admin", data=text.encode()).status_code == 200
    town.post("/billing/tariffs/adopt", {"tariffs": ["waste-household@2026-10-01"], "ground": "decided"}, "approver")


TAXED = OUTAGE_TARIFF.replace("price: 31.00", "price: 45.00") + "      - {code: tax, kind: tax, tax: sales_tax}\n"
OUTAGE = {"streets": ["Токтогул"], "service": "waste", "since": "2026-10-10", "until": "2026-10-13", "ground": "act"}


def test_a_credit_takes_its_part_of_the_tax(town: Town) -> None:
    """Three days without supply: the tax of 1.22 is 1.35 on the charge less 0.13 on what is credited."""
    tariff(town, TAXED)
    town.accounts(account_line("A1"))
    change(town, "outages", **OUTAGE)
    bill(town, PERIOD)
    lines = printed(town, PERIOD).parts[0].lines
    assert [(line.net, line.tax, line.gross) for line in lines] == [(4_500, 135, 4_635), (-435, -13, -448)]


def test_a_tax_on_some_lines_is_printed_beside_those(town: Town) -> None:
    """The tariff taxes the fee alone: what is credited bears nothing of it."""
    tariff(town, TAXED.replace("tax: sales_tax}", "tax: sales_tax, of: [fee]}"))
    town.accounts(account_line("A1"))
    change(town, "outages", **OUTAGE)
    bill(town, PERIOD)
    assert [line.tax for line in printed(town, PERIOD).parts[0].lines] == [135, 0]


PERSONS = FEE_TARIFF.replace("price: 31.00}", "price: 31.00}\n      - {code: heads, kind: per_person, price: 12.50}")


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("ky", "Октябрь 2026: 3 адам ордуна 1 адам: -25.75 сом"),
        ("ru", "Октябрь 2026: 1 чел. вместо 3 чел.: -25.75 сом"),
        ("en", "October 2026: 1 pers. instead of 3 pers.: -25.75 som"),
    ],
)
def test_a_recalculation_counts_persons_as_persons(town: Town, lang: str, said: str) -> None:
    """A fee and a price for each person, and fewer of them than was known: persons and not cubic metres, on paper and
    on screen."""
    tariff(town, PERSONS)
    town.accounts(account_line("A1"))
    bill(town, PERIOD)
    change(town, "accounts/A1/residents", persons=1, day="2026-10-01")
    bill(town, "2026-11")
    assert said in printed(town, "2026-11", lang).explanations[-1]
    assert said in town.get(f"/billing/bills/2/explain?lang={lang}")["sentences"][-1]


@pytest.mark.parametrize(("lang", "called"), [("ky", "Суу канал"), ("ru", "Водоканал"), ("en", "Водоканал")])
def test_a_name_that_is_missing_is_the_russian_one(town: Town, lang: str, called: str) -> None:
    """A creditor and a municipality without an English name are called in Russian on an English bill, as in an SMS."""
    names = {"ky": "Суу канал", "ru": "Водоканал"}
    zone = {"zone": "Asia/Bishkek", "languages": ["ky", "ru"], "is_test": True}
    town.post("/billing/tenants", {"code": TENANT, "name": names, **zone}, role="admin")
    facts = {"code": "tazalyk", "name": names, "tax_number": "01234567890123", "regime": "general", "bank_account": "0"}
    town.post("/billing/providers", facts, role="admin")
    town.accounts(account_line("A1"))
    bill(town, PERIOD)
    made = printed(town, PERIOD, lang)
    assert (made.municipality, made.parts[0].creditor.name) == (called, called)
    sheet = town.ask("get", f"/billing/accounts/A1/statement?period=2026-10&format=pdf&lang={lang}").data
    assert called in pypdfium2.PdfDocument(sheet)[0].get_textpage().get_text_range()


def test_persons_of_different_days_are_not_added(town: Town) -> None:
    """One person from the 1st and three from the 17th were never four, and neither when that is corrected again: what
    the month comes to is set against what it was, a part of the fee and its tax in both."""
    tariff(town, PERSONS.replace("price: 12.50}", "price: 12.50, prorate: days}"))
    town.accounts(account_line("A1"))
    change(town, "accounts/A1/residents", persons=1, day="2026-10-01")
    bill(town, PERIOD)
    change(town, "accounts/A1/residents", persons=3, day="2026-10-17")
    bill(town, "2026-11")
    november = printed(town, "2026-11").explanations[1]
    change(town, "accounts/A1/residents", persons=2, day="2026-10-17")
    bill(town, "2026-12")
    assert november.startswith("Вывоз ТБО: Октябрь 2026: 57.27 вместо 44.81: +12.46 сом"), november
    later = printed(town, "2026-12").explanations
    assert any("Октябрь 2026: 51.04 вместо 57.27: -6.23 сом" in said for said in later), later
    # What was issued says the same, whatever is corrected afterwards.
    assert printed(town, "2026-11").explanations[1] == november


@pytest.mark.parametrize(
    ("tariffed", "then", "shown", "named"),
    [
        ("prorate: days", {"persons": 5}, ("", ""), ("", "чел.")),
        ("pensioners_pay: 50 %, prorate: days", {"persons": 4, "pensioners": 1}, ("4", "чел."), ("4", "чел.")),
    ],
    ids=["one and then another", "the same"],
)
def test_a_bill_names_no_number_of_persons_that_never_was(
    town: Town, tariffed: str, then: dict[str, int], shown: tuple[str, str], named: tuple[str, str]
) -> None:
    """Four persons until the 10th and five from the 11th are not nine, on paper or on screen: both stand in the
    explanation. A number that did not change is told."""
    tariff(town, PERSONS.replace("price: 12.50}", f"price: 12.50, {tariffed}}}"))
    town.accounts(account_line("A1"))
    change(town, "accounts/A1/residents", persons=4, day="2026-10-01")
    change(town, "accounts/A1/residents", day="2026-10-11", **then)
    bill(town, PERIOD)
    made = printed(town, PERIOD)
    heads = made.parts[0].lines[1]
    assert (heads.quantity, heads.unit) == shown and heads.net > 0
    seen = town.get("/billing/bills/1?lang=ru")["lines"]
    line = next(line for line in seen if line["component"] == "heads")
    assert (line["quantity"], line["unit"]) == named
    assert "10 дн. с 1 октября" in made.explanations[0] and "21 дн. с 11 октября" in made.explanations[0]


def test_cubic_metres_of_several_days_are_added(town: Town) -> None:
    """By a norm of 1 m³ a month three persons for ten days and one for 21 come to one volume."""
    by_norm = PERSONS.replace("kind: per_person, price: 12.50}", "kind: norm, price: 12.50, norms_for: month}")
    tariff(town, by_norm.replace("    components:", "    norms: {table: [{quantity: 1}]}\n    components:"))
    town.accounts(account_line("A1"))
    change(town, "accounts/A1/residents", persons=1, day="2026-10-11")
    bill(town, PERIOD)
    volume = printed(town, PERIOD).parts[0].lines[1]
    assert (volume.quantity, volume.unit) == ("1.645", "м³")
