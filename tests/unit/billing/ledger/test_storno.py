"""Documents that were reversed: every report tells of the document and of its reversal, each on its own day."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.billing.ledger.test_reports import NOVEMBER, TURNOVER, some_town
from tests.unit.billing.test_cancelling import document, month
from tests.unit.billing.town import Town

DOCUMENTS: tuple[dict[str, Any], ...] = (
    {"kind": "write_off", "account": "A1", "provider": "vodokanal", "amount_tyiyn": 1_000, "ground": "act 9"},
    {"kind": "adjust", "account": "A1", "provider": "vodokanal", "amount_tyiyn": 700},
    {"kind": "transfer", "account": "A1", "to": "A4", "provider": "vodokanal", "amount_tyiyn": 300},
    {"kind": "refund", "account": "A2", "provider": "tazalyk", "amount_tyiyn": 500},
)


@pytest.mark.parametrize("said", DOCUMENTS, ids=lambda said: str(said["kind"]))
def test_a_reversal_leaves_the_sheet_the_ledgers(town: Town, said: dict[str, Any]) -> None:
    """What undoes a document is no bill that was cancelled: the sheet has no problem, and closes as before."""
    some_town(town)
    if said["kind"] == "refund":
        town.pay(2, 20_000, payment_id=3, external_id="p3")
    before = town.get(f"{TURNOVER}{NOVEMBER}")["totals"]["closing_tyiyn"]
    document(town, kind="storno", document=document(town, **said))
    for keys in ("provider", "service,provider", "account"):
        sheet = town.get(f"{TURNOVER}{NOVEMBER}&by={keys}")
        assert (sheet["problems"], sheet["totals"]["closing_tyiyn"]) == ([], before)


def test_postings_tell_a_reversal_from_a_cancelled_bill(town: Town) -> None:
    """1C hears of both, each by its name and against what it takes back."""
    some_town(town)
    document(town, kind="storno", document=document(town, **DOCUMENTS[0]))
    answer = town.get(f"/billing/reports/postings{NOVEMBER}")
    assert answer["problems"] == []
    sides = {(row["kind"], row["debit"], row["credit"]) for row in answer["rows"]}
    assert {one for one in sides if one[0] == "storno"} == {("storno", "receivable", "write_off")}
    assert {one[1] for one in sides if one[0] == "cancellation"} == {"revenue", "tax_payable"}


@pytest.mark.parametrize("path", ["write-offs", "changes"])
def test_a_reversal_is_told_on_its_own_day(town: Town, path: str) -> None:
    """November has what was written off, whatever came of it; December has what came back."""
    month(town)
    act = {"kind": "write_off", "provider": "tazalyk", "ground": "act 9"}
    number = document(town, **act, account="A2", amount_tyiyn=1_000)
    document(town, **act, account="A3", amount_tyiyn=250)
    town.at("2026-12-02T06:00:00+00:00")
    document(town, kind="storno", document=number)
    facts = ("what", "account", "moved_tyiyn")
    for span, told in (
        ("from=2026-11-01&to=2026-11-30", [("write_off", "A2", -1_000), ("write_off", "A3", -250)]),
        ("from=2026-12-01&to=2026-12-31", [("storno", "A2", 1_000)]),
    ):
        found = town.get(f"/billing/audit/{path}?{span}", role="inspector")["changes"]
        assert [tuple(row[name] for name in facts) for row in found] == told


def test_only_what_left_unpaid_is_told_among_write_offs(town: Town) -> None:
    """An adjustment is none, and so is what undoes it."""
    month(town)
    adjusted = {"kind": "adjust", "account": "A1", "provider": "tazalyk", "amount_tyiyn": 700}
    document(town, kind="storno", document=document(town, **adjusted))
    asked = "from=2026-11-01&to=2026-11-30"
    assert town.get(f"/billing/audit/write-offs?{asked}", role="inspector")["changes"] == []
    assert len(town.get(f"/billing/audit/changes?{asked}", role="inspector")["changes"]) == 2
