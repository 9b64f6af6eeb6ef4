"""How fast a pass over a run's chunks goes, and how long the rest will take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

# So many of the last chunks say how fast it goes now: a pause or another machine's load is soon forgotten.
LAST_CHUNKS = 20
A_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Pace:
    """Accounts that are done and all of them; accounts a second and seconds left, None while nobody can tell."""

    done: int
    total: int
    a_second: int | None
    left_s: int | None


def pace(total: int, done: Sequence[tuple[datetime, int]], begun: datetime, now: datetime) -> Pace:
    """The pace of a pass over `total` accounts that began at `begun`; `done` are its chunks that are done, each with
    the instant of that and its accounts."""
    count = sum(accounts for _, accounts in done)
    recent = sorted(done)[-LAST_CHUNKS:]
    since = sorted(done)[-LAST_CHUNKS - 1][0] if len(done) > LAST_CHUNKS else begun
    quick = sum(accounts for _, accounts in recent)
    elapsed = now - since
    if not quick or elapsed <= timedelta(0):
        return Pace(count, total, None, None)
    return Pace(count, total, quick * A_SECOND // elapsed, (total - count) * elapsed // (quick * A_SECOND))
