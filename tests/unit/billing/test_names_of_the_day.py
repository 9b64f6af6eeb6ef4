"""What a document calls the municipality and creditors: by the names that they had when it was made out."""

from __future__ import annotations

import io
from datetime import timedelta

from pypdf import PdfReader

from tests.unit.billing.test_cancelling import run
from tests.unit.billing.test_tariff_sheets import WATER_NOW, html, pdf_text
from tests.unit.billing.town import Town, account_line

BEFORE, AFTER = "Учкун", "Жаңы Учкун"


def called(town: Town, name: str) -> None:
    """Give the municipality another name, a while later."""
    town.service.clock.instant += timedelta(seconds=1)  # type: ignore[attr-defined]
    known = town.get("/billing/tenants/current")["tenant"]
    facts = {key: known[key] for key in ("code", "zone", "languages", "is_test")}
    town.post("/billing/tenants", {**facts, "name": dict.fromkeys(known["name"], name)}, role="admin")


def paper(town: Town, number: int) -> str:
    """What stands on a bill."""
    pdf = town.ask("get", f"/billing/bills/{number}/pdf?lang=ru").data
    return " ".join(PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split())


def test_bills_and_sheets_keep_the_name_of_their_day(town: Town) -> None:
    """A town is renamed twice: what was made out before prints the same bytes as ever, what is made out then bears the
    name of then."""
    called(town, BEFORE)
    town.service.clock.instant += timedelta(seconds=1)  # type: ignore[attr-defined]
    town.accounts(account_line("A1"))
    town.preview()
    town.issue()
    before = town.ask("get", "/billing/bills/1/pdf?lang=ru").data
    assert BEFORE in paper(town, 1)
    sheets = html(town, WATER_NOW, "ru"), pdf_text(town, WATER_NOW, "ru")
    called(town, AFTER)
    called(town, "Айтматов")
    run(town, replaces=True)
    assert town.get("/billing/tenants/current")["tenant"]["name"]["ru"] == "Айтматов"
    assert town.ask("get", "/billing/bills/1/pdf?lang=ru").data == before
    assert "Айтматов" in paper(town, 2) and BEFORE not in paper(town, 2)
    assert (html(town, WATER_NOW, "ru"), pdf_text(town, WATER_NOW, "ru")) == sheets


def creditors(town: Town, **changed: object) -> None:
    """Change what is known of the creditors, a while later."""
    town.service.clock.instant += timedelta(seconds=1)  # type: ignore[attr-defined]
    for known in town.get("/billing/providers")["providers"]:
        facts = {key: known[key] for key in ("code", "name", "tax_number", "regime", "bank_account", "elqr")}
        town.post("/billing/providers", {**facts, **changed}, role="admin")


def test_bills_and_sheets_keep_the_creditor_of_their_day(town: Town) -> None:
    """A creditor gets another name, then another tax number and account: what was made out before prints the same bytes
    as ever, a new bill bears what holds then."""
    town.accounts(account_line("A1"))
    town.preview()
    town.issue()
    before = town.ask("get", "/billing/bills/1/pdf?lang=ru").data
    sheets = html(town, WATER_NOW, "ru"), pdf_text(town, WATER_NOW, "ru")
    creditors(town, name={"ky": "Таза суу", "ru": "Чистая вода"})
    creditors(town, tax_number="99999999999999", bank_account="1299999999999999")
    assert town.ask("get", "/billing/bills/1/pdf?lang=ru").data == before
    assert (html(town, WATER_NOW, "ru"), pdf_text(town, WATER_NOW, "ru")) == sheets
    run(town, replaces=True)
    said = paper(town, 2)
    assert [told for told in ("Чистая вода", "99999999999999", "1299999999999999") if told not in said] == []
    creditors(town, name={"ky": "Суу", "ru": "Вода"}, bank_account="")
    assert paper(town, 2) == said
    assert town.ask("get", "/billing/bills/1/pdf?lang=ru").data == before
