"""The printed bill: the same bytes, readable text, a QR that pays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pypdfium2
import pytest
import zxingcpp
from aimak.period import Period
from aimak.texts import catalogue
from aimak_billing.documents.bill import BillDocument, BillLine, Creditor, CreditorPart, MeterReading, PaymentCode
from aimak_billing.documents.render import render_bills
from aimak_billing.documents.texts import WORDS, period_title, words
from aimak_billing.domain.elqr import Elqr, link, parse
from PIL import Image, ImageChops

AT = datetime(2026, 11, 3, 4, 0, tzinfo=UTC)
WATER = CreditorPart(
    Creditor("МП «Ак-Булак Суу Каналы»", "00000000000001", "Ала-Банк", "0000000000000011", "+996 000 900 001"),
    (
        BillLine("Ичүүчү суу", "15", "м³", "10.45", 15_675, 314, 15_989),
        BillLine("Саркынды суулар", "15", "м³", "3.45", 5_175, 104, 5_279),
    ),
    opening=44_360, charged=21_268, paid=20_000, due=45_628,
)  # fmt: skip
WASTE = CreditorPart(
    Creditor("МП «Ак-Булак Тазалык»"),
    (BillLine("Таштандылар", "4", "адам", "25.00", 8_750, 175, 8_925, "4 адам, анын 1 пенсионер"),),
    opening=0, charged=8_925, paid=0, due=8_925,
)  # fmt: skip
QR = link(Elqr("qr.example.kg", "7012", "10040004", "AK-BULAK", amount=54_553, transaction="1000"))
BILL = BillDocument(
    municipality="Ак-Булак шаары",
    number="1000",
    period="Октябрь 2026",
    issued_on=date(2026, 11, 3),
    due_on=date(2026, 11, 25),
    moved_since=date(2026, 10, 1),
    account="10040004",
    holder="Өмүралиева Гүлзат",
    address="Жаңы-Турмуш көч., 12, 7-батир",
    parts=(WATER, WASTE),
    old_numbers=("001007",),
    residents=4,
    readings=(
        MeterReading("Ичүүчү суу", "24100025", "1 018", date(2026, 9, 30), "1 033", date(2026, 10, 31), "15", "м³"),
    ),
    explanations=("15 м³ × 10.45 сом = 156.75 сом",),
    places_to_pay=("Капчык", "Нур-Банк"),
    codes=(PaymentCode("", QR, 54_553),),
)


def page_texts(pdf: bytes) -> list[str]:
    """What a reader can select on each page, spaces and breaks made one."""
    pages = pypdfium2.PdfDocument(pdf)
    return [" ".join(page.get_textpage().get_text_range().replace("\u00a0", " ").split()) for page in list(pages)]


def test_a_bill_of_any_instant_is_laid_out() -> None:
    """A clock tells parts of a second; the bill is printed all the same, as of its second."""
    assert render_bills([BILL], AT + timedelta(microseconds=123_456), "ky") == render_bills([BILL], AT, "ky")


@pytest.fixture(scope="module")
def page() -> str:
    """The bill's text in Kyrgyz."""
    (text,) = page_texts(render_bills([BILL], AT, "ky"))
    return text


def test_same_bill_has_the_same_bytes() -> None:
    """Rendering again, in any order of the world, gives the same file; another instant gives another."""
    first = render_bills([BILL], AT, "ky")
    render_bills([replace(BILL, number="7")], AT, "ru")
    assert render_bills([BILL], AT, "ky") == first
    assert render_bills([BILL], AT + timedelta(seconds=1), "ky") != first


def test_everything_a_bookkeeper_checks_is_on_it(page: str) -> None:
    """Account, old number, readings with dates, net, tax, gross, opening, charged, paid, due, creditor's details."""
    for expected in (
        "10040004", "001007", "№ 1000", "03.11.2026", "25.11.2026", "30.09.2026", "1 018", "31.10.2026", "1 033",
        "156.75", "3.14", "159.89", "296.00", "5.93", "301.93", "443.60", "200.00", "545.53", "212.68",
        "00000000000001", "0000000000000011", "Ала-Банк", "4 адам, анын 1 пенсионер", "Капчык · Нур-Банк",
    ):  # fmt: skip
        assert expected in page, expected


def test_kyrgyz_letters_are_selectable_text(page: str) -> None:
    """ң, ө and ү in both cases come out of the file as the letters they are."""
    for expected in ("Өмүралиева Гүлзат", "Жаңы-Турмуш көч.", "Төлөм дүмүрчөгү", "Көрсөткүчтөр"):
        assert expected in page


def test_every_letter_has_a_glyph() -> None:
    """Every sign that the template prints is in the font, else a box would stand on paper."""
    for lang in ("ky", "ru", "en"):
        (text,) = page_texts(render_bills([replace(BILL, parts=(replace(WATER, corrected=-1_500),))], AT, lang))
        assert "\ufffd" not in text and "\x00" not in text
        assert "– " in text and "± " in text and "м³" in text


def test_qr_is_read_back_from_the_page() -> None:
    """A phone that looks at the page gets the link, and the link names account, amount and bill."""
    page = pypdfium2.PdfDocument(render_bills([BILL], AT, "ru"))[0]
    (found,) = zxingcpp.read_barcodes(page.render(scale=3).to_pil())
    assert found.text == QR
    read = parse(found.text)
    assert (read.account, read.amount, read.transaction) == ("10040004", BILL.due, "1000")


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_each_creditor_has_its_own_code(lang: str) -> None:
    """Two creditors with payment codes: two codes on the paper, each read back, each with the name of whom it pays and
    how much; one code for all says neither."""
    other = link(Elqr("qr.example.kg", "tazalyk", "10040004", "Тазалык", 8_925, "1000"))
    both = replace(BILL, codes=(PaymentCode("Суу Каналы", QR, 45_628), PaymentCode("Тазалык", other, 8_925)))
    (sheet,) = list(pypdfium2.PdfDocument(render_bills([both], AT, lang)))
    assert {code.text for code in zxingcpp.read_barcodes(sheet.render(scale=4).to_pil())} == {QR, other}
    som = words(lang)["som"]
    (alone,), (text,) = (page_texts(render_bills([bill], AT, lang)) for bill in (BILL, both))
    for said in ("Суу Каналы, 456.28", "Тазалык, 89.25"):
        assert f"{words(lang)['scan']}: {said} {som}" in text
    assert f"{words(lang)['scan']}:" not in alone


def test_page_is_a5_and_holds_one_bill() -> None:
    """Each bill is a page of 148 × 210 mm of its own."""
    pdf = pypdfium2.PdfDocument(render_bills([BILL, replace(BILL, account="10040061")], AT, "ru"))
    assert [tuple(round(side / 72 * 25.4) for side in page.get_size()) for page in list(pdf)] == [(148, 210)] * 2


def test_long_bill_goes_on_a_second_page_and_loses_nothing() -> None:
    """A body with many lines gets a second page; its first line, its last and the stub are there."""
    lines = tuple(replace(WATER.lines[0], label=f"Кызмат {number}") for number in range(60))
    texts = page_texts(render_bills([replace(BILL, parts=(replace(WATER, lines=lines),))], AT, "ky"))
    assert len(texts) >= 2
    assert "Кызмат 0 " in texts[0] and "Кызмат 59 " in " ".join(texts[1:])
    assert words("ky")["scan"] in texts[-1]


WASTE_BY_PERSONS = "Катуу таштандыларды чыгаруу: Жашаган адамдардын саны боюнча"
TOLD = (
    "Катуу таштандыларды чыгаруу: Туруктуу төлөм: 31.00 сом; Жашаган адамдардын саны боюнча: 4 адам × 25.00 сом = "
    "100.00 сом; сатуудан алынуучу салык 3 % 3.93 сом; 2026-ж. 1-январындагы тариф, 31 чечим"
)
USUAL = replace(
    BILL,
    parts=tuple(
        replace(
            part,
            creditor=replace(part.creditor, name=f"МП «Ак-Булак Тазалык {place}»", tax_number="0" * 14),
            lines=tuple(replace(part.lines[0], label=label, note="") for label in labels),
            corrected=-1_500,
        )
        for place, part, labels in (
            (1, WATER, (WASTE_BY_PERSONS, "Ичүүчү суу", "Саркынды суулар")),
            (2, WATER, (WASTE_BY_PERSONS, "Ичүүчү суу", "Саркынды суулар")),
            (3, WASTE, (WASTE_BY_PERSONS, "Көчө жарыгы")),
        )
    ),
    explanations=(TOLD,) * 4 + ("01.10.2026 баштап документтер менен түзөтүүлөр: -12.50",),
)


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_a_usual_bill_fits_one_page(lang: str) -> None:
    """Three creditors, eight charges, some with long names, a recalculation, five sentences of explanation and the
    stub: one page."""
    (text,) = page_texts(render_bills([USUAL], AT, lang))
    assert words(lang)["scan"] in text and text.count("2026-ж. 1-январындагы тариф, 31 чечим") == 4


def test_a_long_name_of_a_charge_takes_two_lines() -> None:
    """Service and component: each stays in one piece, beside quantity and price."""
    (page,) = list(pypdfium2.PdfDocument(render_bills([USUAL], AT, "ky")))
    lines = [line.strip() for line in page.get_textpage().get_text_range().splitlines()]
    assert lines.count("Жашаган адамдардын саны боюнча") == 3


@pytest.mark.parametrize("more", [0, 8])
def test_the_stub_never_goes_on_alone(more: int) -> None:
    """However long a bill is: where it needs another page, what was told last stands there above the stub."""
    pages = 0
    for count in range(0, 48, 3):
        lines = tuple(replace(WATER.lines[0], label=f"Кызмат {number}") for number in range(count + 1))
        told = ("Түшүндүрмө 15 м³",) * more
        long = replace(BILL, parts=(replace(WATER, lines=lines),), explanations=told)
        *before, last = page_texts(render_bills([long], AT, "ky"))
        pages = max(pages, len(before))
        assert last.count("Түшүндүрмө") == more and words("ky")["scan"] in last
        assert more or words("ky")["by_creditor"] in last
    assert pages > 0


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_what_was_owed_is_of_earlier_bills_and_of_no_day(lang: str) -> None:
    """A statement opens a month with another balance than a bill of it, as bills are issued in the month: the bill's is
    what earlier bills left before what was paid since a day, and only what was paid has that day."""
    for corrected in (0, -1_500):
        (text,) = page_texts(render_bills([replace(BILL, parts=(replace(WATER, corrected=corrected),))], AT, lang))
        w = words(lang)
        assert w["opening"] in text, "no word of a head is left out or cut"
        assert f"+ {w['charged']}" in text and f"= {w['due']}" in text
        assert text.count("01.10.2026") == 1
        since = catalogue("aimak_billing", lang)["bill.since"].format(date="01.10.2026")
        assert f"– {w['paid']} {since}" in text
        assert (f"± {w['corrected']}" in text) == bool(corrected)


def test_bill_of_many_looks_as_it_does_alone() -> None:
    """A print house's file is laid out by columns upon a form, a single bill row by row: no eye sees a difference on
    paper, with names that wrap, notes, a recalculation, a second page, nothing to pay, one code and two."""
    wrapping = tuple(
        replace(WATER.lines[0], label=f"Катуу таштандыларды чыгаруу, {number}-тилке") for number in range(3)
    )
    hard = replace(BILL, parts=(replace(WATER, lines=wrapping, corrected=-1_500), WASTE), holder="Абдыкадырова " * 4)
    long = replace(BILL, parts=(replace(WATER, lines=WATER.lines * 30),))
    ahead = replace(BILL, parts=(replace(WATER, opening=-90_000, due=-88_732),), codes=(), readings=())
    even = replace(ahead, parts=(replace(WATER, due=0),), residents=None, old_numbers=())
    twice = replace(BILL, codes=BILL.codes * 2)
    bills = (BILL, hard, long, ahead, even, twice)
    together = _pictures(render_bills(bills, AT, "ky"))
    alone = [page for bill in bills for page in _pictures(render_bills([bill], AT, "ky"))]
    assert len(together) == len(alone)
    for one, other in zip(together, alone, strict=True):
        shades = ImageChops.difference(one, other).histogram()
        # Where a form lies is rounded: a dot at the edge of a letter may be a shade lighter.
        assert sum(shades[5:]) <= 30 and not any(shades[64:])


def test_bills_of_one_file_keep_what_is_their_own() -> None:
    """Bills of two months, towns' names and days in one file: each page has those of its bill and not the other's."""
    other = replace(
        BILL, municipality="Ак-Талаа шаары", number="2000", period="Ноябрь 2026",
        issued_on=date(2026, 12, 2), due_on=date(2026, 12, 24), moved_since=date(2026, 11, 1),
    )  # fmt: skip
    mine = ("Ак-Булак шаары", "Октябрь 2026", "03.11.2026", "25.11.2026", "01.10.2026")
    others = ("Ак-Талаа шаары", "Ноябрь 2026", "02.12.2026", "24.12.2026", "01.11.2026")
    texts = page_texts(render_bills([BILL, other, BILL], AT, "ky"))
    for text, there, missing in zip(texts, (mine, others, mine), (others, mine, others), strict=True):
        assert [word for word in there if word not in text] == []
        assert [word for word in missing if word in text] == []


def test_every_bill_of_a_file_has_its_own_code() -> None:
    """Each page's code names the account of its page, where some bills have none."""
    links = [link(Elqr("qr.example.kg", "7012", str(number), "AK-BULAK", amount=100)) for number in range(4)]
    bills = [replace(BILL, codes=(PaymentCode("", code, 100),)) for code in links]
    bills.insert(2, replace(BILL, codes=()))
    pages = list(pypdfium2.PdfDocument(render_bills(bills, AT, "ru")))
    seen = [[code.text for code in zxingcpp.read_barcodes(page.render(scale=3).to_pil())] for page in pages]
    assert seen == [[links[0]], [links[1]], [], [links[2]], [links[3]]]


def _pictures(pdf: bytes) -> list[Image.Image]:
    return [page.render(scale=2).to_pil().convert("L") for page in list(pypdfium2.PdfDocument(pdf))]


def test_advance_asks_for_no_money() -> None:
    """Who paid ahead sees the overpayment, and no stub to pay by."""
    ahead = replace(BILL, parts=(replace(WATER, opening=-90_000, due=-88_732),), codes=())
    (text,) = page_texts(render_bills([ahead], AT, "ru"))
    assert "Переплата 887.32" in text
    assert words("ru")["nothing_due"] in text
    assert words("ru")["places"] not in text


def test_text_of_a_holder_is_never_markup() -> None:
    """A name with signs of the template's language is printed as it is written."""
    (text,) = page_texts(render_bills([replace(BILL, holder="#panic() *Ж* $x$ [сын] \\")], AT, "ru"))
    assert "#panic() *Ж* $x$ [сын] \\" in text


def test_every_word_is_in_every_language() -> None:
    """No word of the bill is missing, and Kyrgyz differs from Russian but for names and short forms."""
    for lang in ("ky", "ru", "en"):
        assert {f"bill.{word}" for word in WORDS} <= set(catalogue("aimak_billing", lang))
    same = {word for word in WORDS if words("ky")[word] == words("ru")[word]}
    assert same <= {"number", "som", "tax_number", "holder"}


def test_period_is_named_as_people_name_it() -> None:
    """A month by its name and year, another period by its first and last day."""
    month = Period.month("2026-10")
    assert [period_title(month, lang) for lang in ("ky", "ru", "en")] == [
        "Октябрь 2026", "Октябрь 2026", "October 2026",
    ]  # fmt: skip
    season = Period(date(2026, 4, 1), date(2026, 10, 1), "2026 season")
    assert period_title(season, "ru") == "01.04.2026 – 30.09.2026"


def test_no_bill_is_no_document() -> None:
    """Nothing to print, or an instant without its zone, is a caller's mistake."""
    for bills, at in (([], AT), ([BILL], datetime(2026, 11, 3))):
        with pytest.raises(ValueError, match="needs a bill"):
            render_bills(bills, at, "ru")
