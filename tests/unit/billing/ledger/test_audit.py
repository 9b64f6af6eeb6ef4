"""Who did what: every command that changes something leaves a row, in its own transaction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from aimak import audit
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from tests.unit.billing.test_cancelling import OCTOBER, document, month, run
from tests.unit.billing.test_month import WASTE_GROSS
from tests.unit.billing.test_rerating import METERED, bill, november
from tests.unit.billing.test_tariff_life import NEW, STEPS, draft, enter, walk
from tests.unit.billing.town import MONTH, TENANT, Town, account_line

RESIDENTS = "account;persons;from;to;ground"


def rows(town: Town, query: str = "") -> list[dict[str, Any]]:
    """The audit, the newest first."""
    found: list[dict[str, Any]] = town.get(f"/billing/audit{query}", role="inspector")["audit"]
    return found


def test_every_command_is_noted_with_who_and_what(town: Town) -> None:
    """Preview, approval and issue stand there with their actors; what was only asked for does not."""
    month(town)
    town.get(MONTH)
    told = [(row["actor"], row["path"]) for row in rows(town)]
    assert told[:3] == [
        ("the-clerk", f"{MONTH}/issue"),
        ("the-approver", f"{MONTH}/approve"),
        ("the-clerk", f"{MONTH}/preview"),
    ]
    assert {row["actor"] for row in rows(town, "?actor=the-approver")} == {"the-approver"}
    assert rows(town, "?from=2026-11-03") == [] and rows(town, "?from=2026-11-02&to=2026-11-02") == rows(town)


def test_the_record_is_given_to_its_end(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page after page, no row twice and none left out; the last page says that it is."""
    month(town)
    whole = rows(town)
    monkeypatch.setattr(audit, "PAGE_ROWS", 2)
    found, after = [], ""
    while after is not None:
        page = town.get(f"/billing/audit{after}", role="inspector")
        found += page["audit"]
        assert len(page["audit"]) <= 2
        after = f"?after={page['next']}" if page["next"] is not None else None
    assert found == whole and len(whole) > 2


def test_a_trial_is_what_was_tried_not_what_was_said(town: Town) -> None:
    """A body's `dry_run` makes no trial of a command that does not ask for it there."""
    month(town)
    assert town.ask("post", f"{MONTH}/close", "approver", json={"dry_run": True}).json["state"] == "closed"
    assert rows(town)[0]["said"] == {"dry_run": False}


def test_what_is_refused_leaves_no_row(town: Town) -> None:
    """A command that changed nothing is no deed."""
    month(town)
    before = rows(town)
    assert town.refused(f"{MONTH}/preview")[0] == 409
    assert rows(town) == before


def test_secrets_are_not_noted() -> None:
    """A password that was sent is not kept, and of a long body only the names are."""
    assert audit.said({"login": "a", "password": "b", "terms": {"x": 1}})["password"] == "…"
    assert audit.said({"a": "x" * 5_000, "b": 1}) == {"a": "…", "b": "…"}


def test_the_audit_cannot_be_changed(town: Town) -> None:
    """Its rows are append-only, like the ledger's."""
    month(town)
    with town.service.work(TENANT) as work, pytest.raises(DBAPIError, match="append-only"):
        work.execute(update(work.table("audit")).values(actor="nobody"))


def test_a_document_says_who_entered_and_who_approved(town: Town) -> None:
    """By account: what was entered, on what paper, and the state before and after the decision."""
    month(town)
    document(town, kind="cancel", bill="2", ground="act 7")
    account_id = town.get("/billing/accounts/A1")["account_id"]
    told = [(row["actor"], row["action"], row["ground"]) for row in rows(town, f"?account_id={account_id}")]
    assert told == [("the-approver", "approved cancel 1", "act 7"), ("the-clerk", "enter cancel 1", "act 7")]
    assert rows(town, f"?account_id={account_id}")[0]["after"] == {"state": "approved"}


def test_changes_after_the_bill_name_person_paper_and_som(town: Town) -> None:
    """Fewer residents after the bill: who brought it, on what paper, and once the next bill has settled it what went
    away, added up by employee."""
    month(town)
    town.take("residents", [RESIDENTS, "A1;2;2026-10-01;;certificate 12"])
    asked = "/billing/audit/changes?from=2026-11-01&to=2026-11-30"
    entered = town.get(asked, role="inspector")["changes"]
    assert [(row["what"], row["account"], row["period"], row["moved_tyiyn"]) for row in entered] == [
        ("residents", "A1", "2026-10", None)
    ]
    assert entered[0]["ground"] == "certificate 12"
    document(town, kind="write_off", account="A2", provider="tazalyk", amount_tyiyn=1_000, ground="act 9")
    town.post("/billing/cycles/2026-11/preview")
    town.pump.drain()
    town.post("/billing/cycles/2026-11/approve", role="approver")
    town.post("/billing/cycles/2026-11/issue")
    town.pump.drain()
    answer = town.get(asked, role="inspector")
    moved = {(row["what"], row["account"]): row["moved_tyiyn"] for row in answer["changes"]}
    assert moved == {("residents", "A1"): -(WASTE_GROSS - 5_150), ("write_off", "A2"): -1_000}
    assert answer["employees"] == [{"actor": "the-clerk", "moved_tyiyn": sum(moved.values())}]


def told_and_recalculated(town: Town, end: str = "2026-12-31") -> tuple[list[dict[str, Any]], int]:
    """What was changed after bills, and the turnover sheet's column of the same days."""
    span = f"?from=2026-11-01&to={end}"
    answer = town.get(f"/billing/audit/changes{span}", role="inspector")
    changes: list[dict[str, Any]] = answer["changes"]
    employees = sum(row["moved_tyiyn"] for row in answer["employees"])
    assert employees == sum(row["moved_tyiyn"] or 0 for row in changes)
    return changes, town.get(f"/billing/reports/turnover{span}")["totals"]["recalculated_tyiyn"]


def test_a_bill_made_anew_counts_for_the_change_before_it(town: Town) -> None:
    """Residents corrected and the bill made anew: what went away stands at the change, and it is what the turnover
    sheet has as recalculated."""
    month(town)
    town.take("residents", [RESIDENTS, "A1;2;2026-10-01;;certificate 12"])
    run(town, "bill:2", replaces=True)
    changes, recalculated = told_and_recalculated(town)
    told = [(row["what"], row["account"], row["period"], row["moved_tyiyn"]) for row in changes]
    assert told == [("residents", "A1", "2026-10", -(WASTE_GROSS - 5_150))]
    assert recalculated == -(WASTE_GROSS - 5_150)


def test_what_is_billed_after_a_cancellation_counts_for_its_document(town: Town) -> None:
    """A cancelled bill went away whole until the period is billed once more; then only the difference did."""
    month(town)
    town.take("residents", [RESIDENTS, "A1;2;2026-10-01;;certificate 12"])
    document(town, kind="cancel", bill="2")
    assert [row["moved_tyiyn"] for row in told_and_recalculated(town)[0]] == [None, -WASTE_GROSS]
    run(town)
    changes, recalculated = told_and_recalculated(town)
    assert [row["moved_tyiyn"] for row in changes] == [None, -(WASTE_GROSS - 5_150)]
    assert recalculated == -(WASTE_GROSS - 5_150)


def test_a_bill_made_anew_without_a_change_stands_for_itself(town: Town) -> None:
    """Who made it anew, who approved it and why are told though nothing came of it."""
    month(town)
    run(town, "bill:2", replaces=True)
    changes, _ = told_and_recalculated(town)
    facts = ("what", "account", "period", "ground", "actor", "approved_by", "moved_tyiyn")
    assert [tuple(row[name] for name in facts) for row in changes] == [
        ("rebill", "A1", "2026-10", "billed anew", "the-clerk", "the-approver", 0)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_changes_after_bills_are_what_was_recalculated(town: Town, seed: int) -> None:
    """Whatever the order of corrections, cancellations, bills made anew and next months: what employees moved is the
    turnover sheet's column."""
    drawn = Random(seed)
    month(town)
    nonzero = 0
    for _ in range(14):
        account, period = f"A{drawn.randint(0, 4)}", drawn.choice((OCTOBER, "2026-11"))
        deed = drawn.choice(("residents", "residents", "cancel", "anew", "all anew", "rest", "next"))
        town.service.clock.instant += timedelta(days=1)  # type: ignore[attr-defined]
        if deed == "residents":
            town.take("residents", [RESIDENTS, f"{account};{drawn.randint(1, 6)};{period}-01;;paper"])
        elif deed == "next" and town.get("/billing/cycles")["cycles"][0]["period"] == OCTOBER:
            bill(town, "2026-11")
        elif deed == "cancel":
            standing = [row["number"] for row in town.rows("bill") if row["id"] not in cancelled(town)]
            document(town, kind="cancel", bill=str(drawn.choice(standing)))
        elif deed == "anew":
            run(town, f"account:{account}", replaces=True, reason=f"for {account}")
        else:
            run(town, replaces=deed == "all anew")
        changes, recalculated = told_and_recalculated(town)
        assert sum(row["moved_tyiyn"] or 0 for row in changes) == recalculated, deed
        nonzero += recalculated != 0
    assert nonzero


def cancelled(town: Town) -> set[int]:
    """Ids of the bills that were cancelled."""
    return {row["bill_id"] for row in town.rows("bill_cancellation")}


def test_what_a_corrected_reading_moved_is_told(town: Town) -> None:
    """Open until a bill settles it, then with the som; what a change of residents moved is not told again, nor is an
    account of which metering said nothing."""
    water = account_line("W", "water", "vodokanal", attributes=METERED)
    town.accounts(water, account_line("W"), account_line("A"))
    town.use(1, 15_000)
    bill(town, "2026-10")
    town.use(1, 12_300, version=2)
    asked = "/billing/audit/usage?accounts=1,2,x,9999999999999999999"
    waits = {"account_id": 1, "account": "W", "period": "2026-10", "at": None, "moved_tyiyn": None}
    assert town.get(asked, role="inspector")["usage"] == [waits]
    town.take("residents", [RESIDENTS, "A;2;2026-10-01;;certificate 12"])
    november(town, 1, 10_000)
    bill(town, "2026-11")
    told = town.get(asked, role="inspector")["usage"]
    assert [(row["account"], row["period"], row["moved_tyiyn"]) for row in told] == [("W", "2026-10", -2_905)]
    town.service.clock.instant += timedelta(days=1)  # type: ignore[attr-defined]
    town.take("residents", [RESIDENTS, "W;2;2026-10-01;;certificate 13"])
    bill(town, "2026-12")
    assert town.get(asked, role="inspector")["usage"] == told
    assert town.ask("get", asked).status_code == 403


def test_write_offs_name_act_and_approver(town: Town) -> None:
    """Each with its reason's paper, who entered and who approved it, and the sum."""
    month(town)
    document(town, kind="write_off", account="A2", provider="tazalyk", amount_tyiyn=1_000, ground="act 9")
    document(town, kind="cancel", bill="1")
    found = town.get("/billing/audit/write-offs?from=2026-11-01&to=2026-11-30", role="inspector")["changes"]
    facts = ("what", "account", "ground", "actor", "approved_by", "moved_tyiyn")
    assert [tuple(row[name] for name in facts) for row in found] == [
        ("write_off", "A2", "act 9", "the-clerk", "the-approver", -1_000)
    ]


def test_a_bill_leads_back_to_the_decision(town: Town) -> None:
    """Drawn by lot, the same for the same seed: lines, residents, how it was worked out, tariff and its decision."""
    month(town)
    first = town.get("/billing/audit/bill-trail?accounts=2&seed=7&lang=ru", role="inspector")["bills"]
    again = town.get("/billing/audit/bill-trail?accounts=2&seed=7&lang=ru", role="inspector")["bills"]
    assert len(first) == 2 and first == again
    page = first[0]
    assert page["residents"][0]["persons"] == 3 and page["explanations"]
    assert {line["tariff_version"] for line in page["lines"]} and page["tariffs"][0]["decision"]
    whole = town.get("/billing/audit/bill-trail?accounts=25", role="inspector")["bills"]
    assert [bill["number"] for bill in whole] == [1, 2, 3, 4, 5]
    assert town.ask("get", "/billing/audit/bill-trail?period=2020-01", "inspector").status_code == 404


def test_a_bill_leads_back_to_the_letter_and_the_scan(town: Town) -> None:
    """A tariff that went its whole way here: the antimonopoly body's letter by number, the council's paper as it was
    sent in, each with who took the step."""
    town.accounts(account_line("A1"))
    assert enter(town, draft()).status_code == 200
    walk(town, NEW, "publish")
    town.service.clock.instant = datetime(2027, 2, 2, 6, tzinfo=UTC)  # type: ignore[attr-defined]
    bill(town, "2027-01")
    page = town.get("/billing/audit/bill-trail?accounts=1&period=2027-01", role="inspector")["bills"][0]
    steps = {step["step"]: step for step in page["tariffs"][0]["steps"]}
    facts = {name: said for name, _, said in STEPS}
    assert steps["agree"]["number"] == facts["agree"]["number"] and steps["agree"]["actor"] == "the-clerk"
    assert steps["approve"]["number"] == facts["approve"]["number"] and len(steps["approve"]["scan"]) == 64


def test_debts_that_grew_too_old_name_who_had_them_in_hand(town: Town) -> None:
    """50.00 of July 2022 is older than three years, 30.00 of 2025 is not; nothing of it became so in November, and the
    clerk had the account in hand last."""
    month(town)
    header = "account;provider;service;origin;amount"
    town.take("balances", [header, "A1;tazalyk;waste;2022-07;50.00", "A2;tazalyk;waste;2025-07;30.00"])
    town.post("/billing/accounts/A1/residents", {"persons": 2, "day": "2026-10-01", "ground": "book"})
    path = "/billing/audit/old-debts?from=2026-11-01&to=2026-11-30"
    told = town.get(path, role="inspector")
    assert [(row["account"], row["old_tyiyn"], row["fresh_tyiyn"], row["actor"]) for row in told["debts"]] == [
        ("A1", 5_000, 0, "the-clerk")
    ]
    then = town.get("/billing/audit/old-debts?from=2025-01-01&to=2026-11-30", role="inspector")
    assert then["fresh_tyiyn"] == 5_000
    assert town.ask("get", path).status_code == 403
