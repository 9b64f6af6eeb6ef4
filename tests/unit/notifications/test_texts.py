"""What residents read."""

import string
from datetime import date
from importlib import resources

import pytest
from aimak import texts as catalogues
from aimak_notifications.domain.segmentation import GSM7
from aimak_notifications.domain.texts import (
    BillFacts,
    Reader,
    ReceiptFacts,
    bill_message,
    charges_of,
    named_here,
    receipt_message,
)

LANGUAGES = ("ky", "ru", "en")
TOWN = {"ky": "Нарын", "ru": "Нарын", "en": "Naryn"}
CHARGES = [("water", 13_800), ("sewerage", 4_520), ("waste", 12_500)]
OWING = BillFacts("2026-10", date(2026, 11, 25), 131_050, 161_870, CHARGES)


def reader(language: str) -> Reader:
    """A made-up account's reader."""
    return Reader("0401234", TOWN, language)


def test_a_bill_in_kyrgyz() -> None:
    """Town, account, period, charges by service, debt, what to pay, until when, where."""
    assert bill_message(OWING, reader("ky"), {}).text == (
        "Нарын эсеп 0401234 10.26: суу 138.00, саркынды 45.20, таштанды 125.00. Карыз 1310.50. "
        "Төлөө 1618.70 сом 25.11 чейин: банк, терминал"
    )


def test_a_bill_in_russian() -> None:
    """The same facts, in Russian; a shorter bill has room for whole dates."""
    bill = BillFacts("2026-10", date(2026, 11, 25), 0, 18_320, CHARGES[:2])
    assert bill_message(bill, reader("ru"), {}).text == (
        "Нарын, л/с 0401234, 10.2026: вода 138.00, стоки 45.20. "
        "К оплате 183.20 сом до 25.11.2026: банк, терминал, касса."
    )


def test_a_bill_in_english() -> None:
    """An English bill goes in one part of 7-bit characters."""
    cut = bill_message(OWING, reader("en"), {})
    assert cut.text == (
        "Naryn, account 0401234, 10.2026: water 138.00, sewer 45.20, waste 125.00. Debt 1310.50. "
        "To pay 1618.70 som by 25.11.2026: bank, terminal, cash desk."
    )
    assert (cut.encoding, len(cut.parts)) == (GSM7, 1)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("opening", [0, 131_050, -25_000])
def test_a_usual_bill_costs_two_parts(language: str, opening: int) -> None:
    """Three services with debt or overpayment go in two parts in every language."""
    bill = BillFacts("2026-10", date(2026, 11, 25), opening, 30_820 + opening, CHARGES)
    assert len(bill_message(bill, reader(language), {}).parts) <= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_overpaid(language: str) -> None:
    """Who has paid ahead is told so and is asked for nothing."""
    bill = BillFacts("2026-10", date(2026, 11, 25), -20_000, -1_680, [("water", 18_320)])
    text = bill_message(bill, reader(language), {}).text
    assert "200.00" in text and "16.80" in text and "-" not in text and "25.11" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_due_and_nothing_charged(language: str) -> None:
    """An even account without charges gets a whole sentence, not a hole."""
    text = bill_message(BillFacts("2026-10", date(2026, 11, 25), 0, 0, []), reader(language), {}).text
    assert ": . " not in text and "{" not in text and "0.00" not in text


def test_a_strange_service_is_named_by_its_plugin() -> None:
    """A service that the catalogue has no word for is called by the name its plugin brings."""
    bill = BillFacts("2026-Q4", date(2026, 11, 25), 0, 50_000, [("market", 50_000)])
    names = {"market": {"ru": "рынок", "ky": "базар"}}
    assert "базар 500.00" in bill_message(bill, reader("ky"), names).text
    assert "рынок 500.00" in bill_message(bill, reader("en"), names).text
    assert not named_here("market") and named_here("water")


def test_a_town_without_a_name_in_the_language_has_its_russian_one() -> None:
    """As on paper."""
    receipt = ReceiptFacts(50_000, "demo", date(2026, 11, 5), "Банк Демо")
    strange = Reader("0401234", {"ky": "Ак-Суу айылы", "ru": "Аксу"}, "en")
    assert receipt_message(receipt, strange).text.startswith("Аксу: received 500.00 som.")


def test_another_period_keeps_its_name() -> None:
    """A period that is no month is shown as it is called."""
    bill = BillFacts("2026-Q4", date(2026, 11, 25), 0, 50_000, [("water", 50_000)])
    assert "2026-Q4" in bill_message(bill, reader("ru"), {}).text


def test_receipts() -> None:
    """A receipt names town, sum, account, day and partner, in one part."""
    receipt = ReceiptFacts(50_000, "demo", date(2026, 11, 5), "Банк Демо")
    told = {language: receipt_message(receipt, reader(language)) for language in LANGUAGES}
    assert told["ky"].text == "Нарын: 500.00 сом төлөндү. Эсеп 0401234, 05.11.2026, Банк Демо."
    assert told["ru"].text == "Нарын: оплачено 500.00 сом. Л/с 0401234, 05.11.2026, Банк Демо."
    assert told["en"].text == "Naryn: received 500.00 som. Account 0401234, 05.11.2026, Банк Демо."
    assert all(len(cut.parts) == 1 for cut in told.values())


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_a_name_that_would_cost_a_part_gives_way_to_the_code(language: str) -> None:
    """Nobody pays a second part for the full name of a bank."""
    receipt = ReceiptFacts(50_000, "demo", date(2026, 11, 5), "Открытое акционерное общество Банк Демо")
    told = receipt_message(receipt, reader(language))
    assert told.text.endswith(", demo.") and len(told.parts) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_town_is_called_by_its_name_alone(language: str) -> None:
    """ "Town of" is left out, so that receipts with long names still go in one part."""
    town = {"ky": "Ак-Булак шаары", "ru": "город Ак-Булак", "en": "Ak-Bulak town"}
    receipt = ReceiptFacts(123_456, "inspectors", date(2026, 11, 5), "Контролёры водоканала")
    cut = receipt_message(receipt, Reader("10040038", town, language))
    assert len(cut.parts) == 1 and cut.text.startswith({"en": "Ak-Bulak: "}.get(language, "Ак-Булак: "))


def test_a_town_that_is_called_town() -> None:
    """A name of such words alone stays, and so does one in which such a word stands where it is no "town of"."""
    receipt = ReceiptFacts(1, "demo", date(2026, 11, 5), "")
    for language, town in (("ru", "Село"), ("ru", "Мой город"), ("ru", "Белое село"), ("ky", "Менин шаарым")):
        assert receipt_message(receipt, Reader("1", {language: town}, language)).text.startswith(f"{town}: ")


def test_an_unknown_language_falls_back() -> None:
    """A language without a catalogue yet is answered in Russian."""
    receipt = ReceiptFacts(50_000, "demo", date(2026, 11, 5), "Банк Демо")
    assert receipt_message(receipt, reader("uz")).text == receipt_message(receipt, reader("ru")).text


@pytest.mark.parametrize("broken", ["", "{}x", "7", '[["water"]]', '[["water", null]]', '[["water", "x"]]'])
def test_broken_charges(broken: str) -> None:
    """Charges that are no list of pairs are refused."""
    with pytest.raises((ValueError, TypeError)):
        charges_of(broken)


def test_catalogues_agree() -> None:
    """The three languages have the same texts with the same fields; no message holds what would cost a part."""
    files = {lang: catalogues.catalogue("aimak_notifications", lang) for lang in LANGUAGES}
    assert (resources.files("aimak_notifications") / "locale" / "ky.po").is_file()
    assert files["ky"].keys() == files["ru"].keys() == files["en"].keys()
    for msgid, text in files["ru"].items():
        fields = {
            lang: {name for _, name, _, _ in string.Formatter().parse(files[lang][msgid]) if name} for lang in files
        }
        assert fields["ky"] == fields["ru"] == fields["en"], msgid
        assert text.strip(), msgid
