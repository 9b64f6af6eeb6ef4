"""The sheet of a tariff: what it costs net and gross, from when, on what ground, in the reader's language."""

from __future__ import annotations

import io
import re

import pytest
from aimak_billing.application import tariff_sheets
from aimak_billing.application.kit import Kit
from aimak_billing.documents import simulation, tariff_sheet
from aimak_billing.domain.rating import Plugins
from pypdf import PdfReader

from tests.unit.billing.test_simulations import WATER
from tests.unit.billing.test_tariff_life import NEW, draft, enter, walk
from tests.unit.billing.town import TENANT, Town

WATER_NOW = "water-household@2026-06-01"
NOTHING = {"old_gross": 0, "new_gross": 0, "difference": 0, "permille": None}
REPORT = {
    **{name: [] for name in ("revenue", "histogram", "deciles", "hardest", "held")},
    "accounts": 0,
    "total": NOTHING,
    "payers": {"more": 0, "less": 0, "same": 0, "median": 0},
    "subsidy": {"rows": [], "known": False, "gap": None, "surplus": None},
}


def html(town: Town, ref: str, lang: str) -> str:
    """A sheet as a page."""
    answer = town.ask("get", f"/billing/tariffs/{ref}/sheet.html?lang={lang}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return str(answer.get_data(as_text=True))


def pdf_text(town: Town, ref: str, lang: str) -> str:
    """What stands in a sheet's PDF."""
    answer = town.ask("get", f"/billing/tariffs/{ref}/sheet.pdf?lang={lang}")
    assert answer.status_code == 200 and answer.content_type == "application/pdf"
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages).split())


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_both_forms_say_price_ground_and_decision(town: Town, lang: str) -> None:
    """10.45 som and 3 % are 10.76; norms, the council's number and the legal ground stand beside."""
    for text in (html(town, WATER_NOW, lang), pdf_text(town, WATER_NOW, lang)):
        for said in ("10.45", "3 %", "10.76", "0.23", "№ 14", "made-up example"):
            assert said in text.replace("\u00a0", " "), (lang, said)


def test_each_block_has_its_own_price(town: Town) -> None:
    """Up to the limit and above it, each with its tax; the full cost is said where it is known."""
    enter(town, WATER)
    text = html(town, "water-household@2027-01-01", "en")
    assert "up to 10 m³" in text and "above 10 m³" in text
    assert all(price in text for price in ("12.00", "12.36", "15.50", "15.97", "20.00"))


def test_a_draft_says_that_it_is_none(town: Town) -> None:
    """In both forms and until it is published: nobody takes a draft for the tariff."""
    enter(town, draft())
    assert "Проект: не действует" in html(town, NEW, "ru") and "Проект: не действует" in pdf_text(town, NEW, "ru")
    walk(town, NEW, "publish")
    assert "Проект: не действует" not in html(town, NEW, "ru") + pdf_text(town, NEW, "ru")
    assert "№ 21" in html(town, NEW, "ru") and "newspaper 44" in html(town, NEW, "ru")


def test_the_page_stands_alone_and_tells_nobody(town: Town) -> None:
    """No script, nothing fetched, no form, no cookie; names of people are on no sheet."""
    answer = town.ask("get", f"/billing/tariffs/{WATER_NOW}/sheet.html?lang=ky")
    page = answer.get_data(as_text=True)
    assert not re.search(r"<script|<link|<img|<iframe|<form|\bon\w+=|url\(|https?://", page)
    assert "Set-Cookie" not in answer.headers and "the-admin" not in page and "the-approver" not in page


def test_what_people_wrote_is_text_on_the_page(town: Town) -> None:
    """A name with a mark of HTML stays a name."""
    named = draft().replace('en: "Waste"', 'en: "Waste <b>& more</b>"')
    line = "{code: persons, name: {ky: a, ru: b, en: <i>head</i>},"
    enter(town, named.replace("{code: persons,", line).replace("legal_ground: law", "legal_ground: <u>law</u>"))
    page = html(town, NEW, "en")
    assert "Waste &lt;b&gt;&amp; more&lt;/b&gt;" in page and "&lt;i&gt;head&lt;/i&gt;" in page
    assert "&lt;u&gt;law&lt;/u&gt;" in page and not re.search("<[biu]>(?!\\d)", page)


def test_the_same_sheet_is_the_same_bytes(town: Town) -> None:
    """A published sheet may be compared by its hash."""
    twice = [town.ask("get", f"/billing/tariffs/{WATER_NOW}/sheet.pdf?lang=ky").data for _ in range(2)]
    assert twice[0] == twice[1]


def test_an_instant_with_microseconds_is_printed(town: Town) -> None:
    """A real clock has them, and the typesetter takes none."""
    at = town.service.clock.now().replace(microsecond=123_456)
    with town.service.work(TENANT) as work:
        made, _ = tariff_sheets.sheet(Kit.of(town.service.settings, Plugins.discover()), work, WATER_NOW, "ru")
    assert tariff_sheet.as_pdf(made, at).startswith(b"%PDF")
    told = {"tariffs": ["a@2026-01-01"], "periods": ["2026-10"], "report": REPORT}
    assert simulation.as_pdf(told, {}, "Town", at, "ru").startswith(b"%PDF")
