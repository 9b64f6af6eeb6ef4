"""The ledger on PostgreSQL: the same texts and hashes as on SQLite, and reports that agree with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from aimak.ledger import days
from aimak_billing.application.reports.carrying import carried_agree, carry_forward

from tests.unit.billing.ledger.test_carried import forget, three_months
from tests.unit.billing.ledger.test_reports import NOVEMBER, TURNOVER, some_town
from tests.unit.billing.test_ledger_days import close, copy_of, later, wrong
from tests.unit.billing.test_printing import walk
from tests.unit.billing.town import TENANT, Town

pytestmark = pytest.mark.servers
BREAK_DOWNS = ("provider", "class,street", "service,provider", "account")


def test_a_copy_proves_itself(town: Town, tmp_path: Path) -> None:
    """A closed day's rows are COPY's own text, and the copy of every table proves itself."""
    some_town(town)
    later(town, 3)
    hashed = close(town)["hash"]
    folder = copy_of(town, tmp_path)
    assert wrong(folder, hashed) == []
    rows = (folder / "billing" / "2026-11-02" / "transfer.tsv").read_text().splitlines()
    assert rows[0].startswith("id\tdebit\tcredit\tamount") and any("\\N" in row for row in rows)


def test_reports_agree_with_the_ledger(town: Town) -> None:
    """Every break-down of turnover and ageing has the ledger's totals."""
    some_town(town)
    for by in BREAK_DOWNS:
        turnover = town.get(f"{TURNOVER}{NOVEMBER}&by={by}")
        ageing = town.get(f"/billing/reports/ageing?on=2026-11-30&by={by}")
        assert (turnover["problems"], ageing["problems"]) == ([], [])
        assert turnover["totals"]["closing_tyiyn"] == ageing["totals"]["balance_tyiyn"]
    assert town.get(f"/billing/reports/postings{NOVEMBER}")["problems"] == []
    assert town.get(f"/billing/audit/changes{NOVEMBER}", role="inspector")["employees"]


def test_sums_carried_forward_change_no_report(town: Town) -> None:
    """From sums kept as bytes, the reports of this database say what they said from the whole ledger."""
    some_town(town)
    asked = [f"{TURNOVER}{NOVEMBER}&by={by}" for by in BREAK_DOWNS] + [f"{TURNOVER}?period=2026-12&by=class,street"]
    asked += [f"/billing/reports/ageing?on=2026-12-31&by={by}" for by in BREAK_DOWNS]
    before = [town.get(question) for question in asked]
    days.close_through(town.service, TENANT)
    assert carry_forward(town.service, TENANT, worth_it=1) is not None
    assert [town.get(question) for question in asked] == before
    with town.service.work(TENANT) as work:
        assert carried_agree(work) == []


def test_a_month_is_the_same_from_what_moved_and_from_the_ledger(town: Town) -> None:
    """Carried forward several times, with what is dated ahead and a bill made anew between, turnover, ageing and
    postings are what this database says of the whole ledger."""
    three_months(town, 5)
    spans = ("?from=2026-11-05&to=2026-12-31", "?from=2026-11-20&to=2026-12-10&as_of=2026-12-20", "?period=2027-12")
    asked = [f"{TURNOVER}{span}&by={by}" for span in spans for by in BREAK_DOWNS]
    asked += [f"/billing/reports/ageing?on={day}&by=account" for day in ("2026-12-31", "2027-12-31")]
    asked += [f"/billing/reports/postings{spans[0]}"]
    said = [town.get(question) for question in asked]
    with town.service.work(TENANT) as work:
        assert carried_agree(work) == []
    forget(town)
    assert [town.get(question) for question in asked] == said
    assert all(answer["problems"] == [] for answer in said)


def test_bills_are_printed_by_route(town: Town) -> None:
    """The print house's list and its file come from this database too."""
    walk(town)
    numbers = [bill["number"] for bill in town.get("/billing/print/2026-10")["bills"]]
    assert len(numbers) == 5
    assert town.ask("post", "/billing/print?lang=ky", json={"numbers": numbers}).data.startswith(b"%PDF")
