"""A line reads like a sentence that a resident understands, in each language."""

from datetime import date

import pytest
from aimak.figures import quantity_text
from aimak.plugins.numbers import Price
from aimak_billing.domain.rating import explain, label, quote, rate
from aimak_billing.domain.rating.written import price_text, share_text

from tests.unit.billing.rating.conftest import frame, tariff

TAXED = "- {code: volume, kind: per_unit, price: 10.45}\n- {code: sales_tax, kind: tax, tax: sales_tax}"
NORMS = "norms: {table: [{when: {norm: flat}, quantity: 0.2}]}"


def said(book, connection, lang="en"):
    """The explanation of one connection's lines."""
    lines = quote(connection, book).lines.to_dicts()
    return explain(lines, book.versions[lines[0]["tariff_id"]], book.plugins, book.taxes, lang).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "12.300 m³ × 10.45 som = 128.54 som; sales tax 3 % 3.86 som; tariff of 1 June 2026, decision 14"),
        ("ru", "12.300 м³ × 10.45 сом = 128.54 сом; налог 3 % 3.86 сом; тариф от 1 июня 2026 г., постановление 14"),
        ("ky", "12.300 м³ × 10.45 сом = 128.54 сом; салык 3 % 3.86 сом; 2026-ж., 1-июнь тарифи, токтом 14"),
    ],
)
def test_a_metered_line(made, lang, sentence):
    """Quantity, price, amount, tax, and the decision that it stands on."""
    metered = {"service": "water", "provider": "p", "attributes": {"metered": True}, "usage": 12300}
    assert said(made(tariff(TAXED)), metered, lang) == sentence


def test_a_line_by_norm_tells_persons_norm_and_days(made):
    """What the quantity was made of comes first."""
    connection = {"service": "water", "provider": "p", "attributes": {"metered": False, "norm": "flat"}, "residents": 4}
    sentence = said(made(tariff(TAXED, extra=NORMS)), connection)
    assert sentence.startswith("4 pers. × 0.200 m³ × 31 days = 24.800 m³ × 10.45 som = 259.16 som; sales tax")


def test_blocks_are_told_one_by_one(made):
    """Each block that was reached with its part of the volume; those that were not are left out."""
    book = made(tariff("- {code: v, kind: block, blocks: [{up_to: 10, price: 2}, {up_to: 20, price: 4}, {price: 5}]}"))
    metered = {"service": "water", "provider": "p", "attributes": {"metered": True}}
    assert said(book, {**metered, "usage": 25_000}).startswith(
        "10.000 m³ × 2.00 som + 10.000 m³ × 4.00 som + 5.000 m³ × 5.00 som = 85.00 som; tariff"
    )
    assert said(book, {**metered, "usage": 3_000}).startswith("3.000 m³ × 2.00 som = 6.00 som; tariff")
    assert said(book, {**metered, "usage": 0}).startswith("0.000 m³ × 2.00 som = 0.00 som; tariff")


def test_several_charges_are_named(made):
    """A standing charge beside a volume: each under its name, the tariff's own where it gives one."""
    components = (
        "- {code: standing, kind: fixed, price: 50, name: {ky: а, ru: б, en: Standing charge}}\n"
        "- {code: volume, kind: per_unit, price: 10.45}"
    )
    metered = {"service": "water", "provider": "p", "attributes": {"metered": True}, "usage": 1000}
    sentence = said(made(tariff(components)), metered)
    assert sentence.startswith("Standing charge: 50.00 som; By volume: 1.000 m³ × 10.45 som = 10.45 som; tariff")


def test_pensioners_are_a_part_of_their_own(made):
    """Their half price is shown."""
    book = made(tariff("- {code: persons, kind: per_person, price: 25, pensioners_pay: 50 %}", service="waste"))
    sentence = said(book, {"service": "waste", "provider": "p", "residents": 4, "pensioners": 1})
    assert sentence.startswith("3 pers. × 25.00 som + 1 pers. × 12.50 som = 87.50 som")


def test_labels(made):
    """A tax line is called by the tax, another by its component's kind."""
    book = made(tariff(TAXED))
    (version,) = book.versions.values()
    assert label("sales_tax", version, book.plugins, book.taxes, "ru") == "налог"
    assert label("volume", version, book.plugins, book.taxes, "ky") == "Көлөмү боюнча"


def test_numbers_as_people_write_them():
    """No more decimals than needed, thousands apart, prices as fine as they are."""
    assert [quantity_text(12300, 3), quantity_text(4000, 0), quantity_text(4500, 0), quantity_text(1234567000, 0)] == [
        "12.300",
        "4",
        "4.5",
        "1\u00a0234\u00a0567",
    ]
    assert [price_text(Price(1045)), price_text(Price(33253333, 6)), price_text(Price(5))] == [
        "10.45",
        "0.33253333",
        "0.05",
    ]
    assert [share_text(30_000), share_text(25_000), share_text(0)] == ["3", "2.5", "0"]


def test_days_that_differ_are_told_one_by_one(made):
    """Which days, how many persons on them and what falls on them, beside the one product."""
    book = made(tariff("- {code: volume, kind: per_unit, price: 10.45}", extra=NORMS))
    row = {"attributes": '{"metered":false,"norm":"flat"}', "connection_id": 0, "account_id": 0}
    rows = [
        {**row, "span_from": date(2026, 10, 1), "days": 10, "residents": 2},
        {**row, "span_from": date(2026, 10, 11), "days": 21, "residents": 3},
    ]
    lines = rate(frame(*rows), book).lines.to_dicts()
    told = explain(lines, book.versions[lines[0]["tariff_id"]], book.plugins, book.taxes, "en").replace("\u00a0", " ")
    assert told == (
        "16.600 m³ × 10.45 som = 173.47 som (10 days from 1 October 2026: 2 pers. × 0.200 m³ = 4.000 m³, "
        "21 days from 11 October 2026: 3 pers. × 0.200 m³ = 12.600 m³); tariff of 1 June 2026, decision 14"
    )
    for lang, days in (("ru", "10 дн. с 1 октября 2026"), ("ky", "баштап 10 күн")):
        assert days in explain(lines, book.versions[lines[0]["tariff_id"]], book.plugins, book.taxes, lang).replace(
            "\u00a0", " "
        )


def test_persons_by_days_are_told_for_their_days(made):
    """Each stretch has a product of its own: 1 person, then 2."""
    book = made(tariff("- {code: persons, kind: per_person, price: 31, prorate: days}", "waste"))
    row = {"service": "waste", "attributes": "{}", "connection_id": 0, "account_id": 0}
    rows = [
        {**row, "span_from": date(2026, 10, 1), "days": 10, "residents": 1},
        {**row, "span_from": date(2026, 10, 11), "days": 21, "residents": 2},
    ]
    lines = rate(frame(*rows), book).lines.to_dicts()
    told = explain(lines, book.versions[lines[0]["tariff_id"]], book.plugins, book.taxes, "en").replace("\u00a0", " ")
    assert told.startswith(
        "1 pers. × 31.00 som × 10/31 days + 2 pers. × 31.00 som × 21/31 days = 52.00 som "
        "(10 days from 1 October 2026: 1 pers., "
    )


BY_DAYS = [
    (
        "- {code: a, kind: fixed, price: 40, prorate: days}",
        "40.00 som × 15/31 days = 19.35 som (15 days from 1",
    ),
    (
        "- {code: a, kind: per_person, price: 18, prorate: days}",
        "3 pers. × 18.00 som × 15/31 days = 26.13 som (15 days from 1 October 2026: 3 pers.)",
    ),
    (
        "- {code: a, kind: per_person, price: 18, pensioners_pay: 50 %, prorate: days}",
        "2 pers. × 18.00 som × 15/31 days + 1 pers. × 9.00 som × 15/31 days = 21.77 som (15 days",
    ),
]


@pytest.mark.parametrize(("component", "said"), BY_DAYS)
def test_what_is_charged_by_days_says_its_share(made, component, said):
    """Half a month at a price for the month: the factors multiply to the amount."""
    book = made(tariff(component, "waste"))
    row = {"service": "waste", "attributes": "{}", "connection_id": 0, "account_id": 0}
    rows = [{**row, "span_from": date(2026, 10, 1), "days": 15, "residents": 3, "pensioners": 1}]
    lines = rate(frame(*rows), book).lines.to_dicts()
    told = explain(lines, book.versions[lines[0]["tariff_id"]], book.plugins, book.taxes, "en").replace("\u00a0", " ")
    assert told.startswith(said), told
