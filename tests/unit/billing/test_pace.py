"""How far a run is, how fast it goes, and how long it will still take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from aimak.contracts import billing
from aimak_billing.domain.pace import Pace, pace

from tests.unit.billing.town import MONTH, TENANT, Town, account_line

BEGUN = datetime(2026, 11, 2, 6, tzinfo=UTC)


def at(second: int) -> datetime:
    """An instant so many seconds after the beginning."""
    return BEGUN + timedelta(seconds=second)


def test_rate_and_time_left_follow_from_what_is_done() -> None:
    """4,000 accounts in 8 seconds are 500 a second; 6,000 more take 12."""
    assert pace(10_000, [(at(4), 2_000), (at(7), 2_000)], BEGUN, at(8)) == Pace(4_000, 10_000, 500, 12)


def test_nothing_is_told_before_a_chunk_is_done() -> None:
    """No rate and no time left with nothing done, or with no time gone by."""
    assert pace(10_000, [], BEGUN, at(8)) == Pace(0, 10_000, None, None)
    assert pace(10_000, [(BEGUN, 5)], BEGUN, BEGUN) == Pace(5, 10_000, None, None)


def test_a_long_pause_is_forgotten() -> None:
    """Twenty chunks of 100 after an hour's pause, one a second: 100 a second, whatever was before."""
    chunks = [(at(1), 100), *((at(3_600 + second), 100) for second in range(1, 22))]
    assert pace(3_000, chunks, BEGUN, at(3_621)).a_second == 100


def test_a_run_under_way_tells_its_pace(town: Town) -> None:
    """Of three chunks one is rated after two seconds: 3 of 7 accounts, 1 a second, 2 seconds left. Done, it tells of
    none."""
    town.accounts(*(account_line(f"A{number}") for number in range(7)))
    town.post(f"{MONTH}/preview")
    seen = town.get(MONTH)
    assert (seen["pace"]["done"], seen["pace"]["left_s"]) == (0, None)
    town.service.clock.instant += timedelta(seconds=2)  # type: ignore[attr-defined]
    number = seen["run_id"]
    town.hear(billing.PreviewChunksCut.of(TENANT, [{"run_id": number, "chunk": 0, "attempt": 1}]))
    assert town.get(MONTH)["pace"] == {"done": 3, "total": 7, "a_second": 1, "left_s": 2}
    assert town.get(f"/billing/runs/{number}")["pace"]["done"] == 3
    town.pump.drain()
    assert town.get(MONTH)["pace"] is None
