"""What takes as long as the town is large has the long limits, not those of one account's answer."""

from __future__ import annotations

import pytest
from aimak.storage import database

from tests.unit.billing.test_month import five
from tests.unit.billing.town import MONTH, Town

pytestmark = pytest.mark.servers


def test_a_month_of_a_large_town_is_given_its_time(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is answered within the short limit, a month is previewed, looked at, approved, issued, closed."""
    five(town)
    monkeypatch.setattr(database, "LIMITS_S", {**database.LIMITS_S, "online": (0.001, 0.001)})
    slow = Town(town.service.settings)
    try:
        for verb, role in (("preview", "clerk"), ("approve", "approver"), ("issue", "clerk"), ("close", "approver")):
            slow.post(f"{MONTH}/{verb}", role=role)
            town.pump.drain()
            number = slow.get(MONTH)["run_id"]
            for part in ("", "/completeness", "/comparison", "/outsorts"):
                slow.get(f"/billing/runs/{number}{part}")
        for asked in ("changes", "write-offs", "old-debts"):
            slow.get(f"/billing/audit/{asked}?from=2026-11-01&to=2026-11-30", role="inspector")
        assert slow.get(MONTH)["state"] == "closed"
    finally:
        slow.service.close()
