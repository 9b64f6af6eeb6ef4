"""The statement of an account: every document by what people know it by, and what it moved."""

from __future__ import annotations

import io

from aimak.money import format_som
from pypdf import PdfReader

from tests.unit.billing.ledger.test_reports import NOVEMBER, some_town
from tests.unit.billing.test_cancelling import document, run
from tests.unit.billing.town import Town, account_line


def test_a_statement_shows_every_document(town: Town) -> None:
    """Opening, each bill and payment with the balance after it, closing; with one creditor it is an act, as PDF in
    both languages, and no other account's."""
    some_town(town)
    said = town.get(f"/billing/accounts/A1/statement{NOVEMBER}")
    assert (said["opening_tyiyn"], said["closing_tyiyn"]) == (10_000, town.balance("A1"))
    shown = [(entry["kind"], entry["document"], entry["provider"]) for entry in said["entries"]]
    assert ("payment", "p1", "tazalyk") in shown and ("bill", "1", "tazalyk") in shown
    assert said["entries"][-1]["balance_tyiyn"] == said["closing_tyiyn"]
    act = town.get(f"/billing/accounts/A1/statement{NOVEMBER}&provider=vodokanal")
    assert {entry["provider"] for entry in act["entries"]} == {"vodokanal"}
    for lang in ("ky", "ru"):
        path = f"/billing/accounts/A1/statement{NOVEMBER}&provider=vodokanal&format=pdf&lang={lang}"
        first, again = town.ask("get", path).data, town.ask("get", path).data
        assert first.startswith(b"%PDF") and first == again
        paper = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(first)).pages).split())
        assert "A1" in paper and format_som(act["closing_tyiyn"]) in paper
        assert all(entry["document"] in paper for entry in act["entries"])
    assert town.ask("get", f"/billing/accounts/A1/statement{NOVEMBER}&provider=nobody").status_code == 404


def test_a_statement_names_documents_as_their_list_does(town: Town) -> None:
    """An adjustment, what undid it, a debt brought over, on either account: each by the number that `correction list`
    shows, on screen and on paper."""
    some_town(town)
    here = {"account": "A1", "provider": "tazalyk"}
    adjusted = document(town, kind="adjust", amount_tyiyn=-500, **here)
    undone = document(town, kind="storno", document=adjusted)
    moved = document(town, kind="transfer", to="A2", amount_tyiyn=700, **here)
    back = document(town, kind="storno", document=moved)
    merged = document(town, kind="merge", account="A4", to="A2")
    known = {str(row["number"]) for row in town.get("/billing/corrections")["corrections"]}
    assert {str(number) for number in (adjusted, undone, moved, back, merged)} <= known
    expected = {
        "A1": {("adjustment", adjusted), ("storno", undone), ("transfer", moved), ("storno", back)},
        "A2": {("transfer", moved), ("storno", back), ("transfer", merged)},
        # What is cancelled is a bill, by the bill's number.
        "A4": {("cancellation", 3), ("transfer", merged)},
    }
    for account, documents in expected.items():
        entries = town.get(f"/billing/accounts/{account}/statement{NOVEMBER}")["entries"]
        shown = {(row["kind"], row["document"]) for row in entries if row["kind"] not in ("bill", "payment")}
        assert shown == {(kind, str(number)) for kind, number in documents}, account
    pdf = town.ask("get", f"/billing/accounts/A1/statement{NOVEMBER}&format=pdf&lang=ru").data
    paper = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())
    assert f"Корректировка {adjusted} " in paper and f"Сторно {undone} " in paper


def test_a_cancellation_stands_before_the_bill_that_replaces_it(town: Town) -> None:
    """Billed and billed anew on one day: the bill, its cancellation, the bill in its place."""
    town.accounts(account_line("A1"))
    run(town)
    run(town, "bill:1", replaces=True)
    said = town.get("/billing/accounts/A1/statement?from=2026-01-01&to=2026-12-31")
    assert [(row["kind"], row["document"]) for row in said["entries"]] == [
        ("bill", "1"),
        ("cancellation", "1"),
        ("bill", "2"),
    ]
    balances = [row["balance_tyiyn"] for row in said["entries"]]
    assert balances == [said["closing_tyiyn"], 0, said["closing_tyiyn"]]
