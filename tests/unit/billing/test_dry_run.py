"""A command that is only tried asks the same rules as the real one, answers as it would, and leaves no row anywhere."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.billing.test_cancelling import month
from tests.unit.billing.test_tariff_life import NEW as NEW_TARIFF
from tests.unit.billing.test_tariff_life import PDF, STEPS, draft, enter, scan
from tests.unit.billing.town import Town

WASTE = {"provider": "tazalyk", "service": "waste", "reason": "x"}

NEW = {
    "code": "new",
    "name": {"ru": "Новый"},
    "tax_number": "01234567890123",
    "regime": "general",
    "bank_account": "",
}

# Each command in an order in which the next is possible: who gives it, its path, what it says.
STORY: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("clerk", "corrections", {"kind": "adjust", "account": "A1", "amount_tyiyn": 100, **WASTE}),
    ("approver", "corrections/1/approve", {}),
    ("clerk", "corrections", {"kind": "cancel", "bill": "2", "reason": "x"}),
    ("clerk", "corrections/2/refuse", {"reason": "no"}),
    ("approver", "outsort-rules", {"rules": {"negative": 0}}),
    ("clerk", "accounts/A1/residents", {"persons": 9, "day": "2026-11-01", "ground": "x"}),
    ("clerk", "accounts/A2/move-out", {"day": "2026-11-15"}),
    ("admin", "providers", NEW),
    ("admin", "connections/provider", {"service": "waste", "provider": "tazalyk", "to": "new", "day": "2026-12-01"}),
    ("admin", "allocation", {"valid_from": "2026-11-05", "method": "pro_rata", "priority": [], "ground": "x"}),
    ("approver", "cycles/2026-10/close", {}),
    ("clerk", "cycles/2026-11/preview", {}),
    ("admin", "ledger/close-day", {}),
    ("admin", "maintain", {}),
    ("admin", "rebuild?to=payments", {}),
)


def everything(town: Town) -> dict[str, list[Any]]:
    """Every row of every table."""
    with town.service.online.engine.connect() as connection:
        tables = town.service.metadata.sorted_tables
        return {table.name: sorted(map(repr, connection.execute(table.select()).all())) for table in tables}


def test_each_command_can_be_tried_before_it_is_given(town: Town) -> None:
    """Tried, it is answered without error and changes not one row; given, it changes some."""
    month(town)
    for role, path, said in STORY:
        before = everything(town)
        town.post(f"/billing/{path}{'&' if '?' in path else '?'}dry_run=1", said, role=role)
        assert everything(town) == before, path
        town.post(f"/billing/{path}", said, role=role)
        assert everything(town) != before, path
        town.pump.drain()


def test_a_tariffs_way_can_be_tried_step_by_step(town: Town) -> None:
    """Each step of its life, the council's with its document too, which is looked at and not kept."""
    tried = town.ask("post", "/billing/imports/tariffs?dry_run=1", data=draft().encode()).json
    assert (tried["taken"], tried["dry_run"]) == (1, True)
    enter(town, draft())
    for name, role, facts in STEPS:
        before = everything(town)
        more = {}
        if name == "approve":
            more = {"scan": town.ask("post", "/billing/tariffs/scans?name=d.pdf&dry_run=1", data=PDF).json["scan"]}
        answer = town.post(f"/billing/tariffs/{name}?dry_run=1", {"tariffs": [NEW_TARIFF], **facts, **more}, role=role)
        assert everything(town) == before
        more = {"scan": scan(town)} if name == "approve" else {}
        assert town.post(f"/billing/tariffs/{name}", {"tariffs": [NEW_TARIFF], **facts, **more}, role=role) == answer


@pytest.mark.parametrize("dry_run", ["", "?dry_run=1"])
def test_a_trial_is_refused_for_the_same_reason(town: Town, dry_run: str) -> None:
    """Who started does not approve, tried or not."""
    month(town)
    town.post("/billing/corrections", {"kind": "cancel", "bill": "2", "reason": "x"}, role="approver")
    path = f"/billing/corrections/1/approve{dry_run}"
    assert town.refused(path, "approver") == (403, ["AIM-B111"])


@pytest.mark.parametrize(("query", "tried"), [("?dry_run=1", True), ("?dry_run", True), ("?dry_run=no", False)])
def test_a_file_that_was_tried_is_noted_so(town: Town, query: str, tried: bool) -> None:
    """Whatever the word: the record has what came of it."""
    town.ask("post", f"/billing/imports/accounts{query}&name=a.csv", data=b"x")
    (noted,) = [row["said"] for row in town.rows("audit") if row["action"] == "billing.imports"]
    assert noted["dry_run"] is tried
