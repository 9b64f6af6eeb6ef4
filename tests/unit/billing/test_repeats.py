"""A command that comes again and changes nothing is no deed of whoever gave it."""

from __future__ import annotations

from tests.unit.billing.test_documents import WASTE, month
from tests.unit.billing.test_month import five
from tests.unit.billing.town import MONTH, Town


def noted(town: Town) -> list[tuple[str, str]]:
    """Who did what to the month, in order."""
    rows = [row for row in town.rows("audit") if row["action"].startswith("billing.cycles.")]
    return [(row["actor"], row["action"].removeprefix("billing.cycles.")) for row in rows]


def test_a_repeat_is_not_noted(town: Town) -> None:
    """Each step stands in the record once, of who took it; who comes second, or twice, has done nothing."""
    five(town)
    town.post(f"{MONTH}/preview", name="ayna")
    town.post(f"{MONTH}/preview", name="bakyt")
    town.pump.drain()
    for name in ("nur", "nur", "bakyt"):
        town.post(f"{MONTH}/approve", role="approver", name=name)
    for name in ("ayna", "bakyt"):
        town.post(f"{MONTH}/issue", name=name)
    town.pump.drain()
    town.post(f"{MONTH}/issue", name="ayna")
    for name in ("nur", "bakyt"):
        town.post(f"{MONTH}/close", role="approver", name=name)
    assert noted(town) == [("ayna", "preview"), ("nur", "approve"), ("ayna", "issue"), ("nur", "close")]


def test_a_run_commanded_again_is_not_noted(town: Town) -> None:
    """So it is with a run of its own, approved or given up."""
    five(town)
    number = town.post("/billing/runs", {"period": "2026-10", "selection": "account:A1", "reason": "early"})["run_id"]
    town.pump.drain()
    for name in ("nur", "bakyt"):
        town.post(f"/billing/runs/{number}/approve", role="approver", name=name)
    for name in ("ayna", "bakyt"):
        town.post(f"/billing/runs/{number}/abandon", name=name)
    rows = [(row["actor"], row["action"]) for row in town.rows("audit") if row["action"].startswith("billing.runs.")]
    assert rows == [("nur", "billing.runs.approve"), ("ayna", "billing.runs.abandon")]


def test_a_document_decided_again_is_not_noted(town: Town) -> None:
    """Approved by one and once more by another, it is the first who approved it."""
    month(town)
    asked = {"kind": "adjust", "account": "A1", "amount_tyiyn": 100, "reason": "asked", **WASTE}
    numbers = [town.post("/billing/corrections", asked)["correction"]["number"] for _ in range(2)]
    for name in ("nur", "bakyt"):
        town.post(f"/billing/corrections/{numbers[0]}/approve", role="approver", name=name)
        town.post(f"/billing/corrections/{numbers[1]}/refuse", {"reason": "wrong"}, name=name)
    rows = [row for row in town.rows("audit") if "adjust" in row["action"] or "corrections" in row["action"]]
    assert [(row["actor"], row["action"]) for row in rows if row["actor"] in ("nur", "bakyt")] == [
        ("nur", "approved adjust 1"),
        ("nur", "refused adjust 2"),
    ]


def test_who_started_it_does_not_approve_it_after_another_either(town: Town) -> None:
    """What is refused before is refused after; who approved it may say so again."""
    five(town)
    town.post(f"{MONTH}/preview", name="ayna")
    town.pump.drain()
    town.post(f"{MONTH}/approve", role="approver", name="nur")
    assert town.refused(f"{MONTH}/approve", "approver", "ayna") == (403, ["AIM-B032"])
    assert town.post(f"{MONTH}/approve", role="approver", name="nur")["state"] == "approved"
