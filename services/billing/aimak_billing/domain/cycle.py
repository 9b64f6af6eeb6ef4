"""The states of a billing cycle, what may follow what, and where a bill gets its number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

from aimak.ids import derived_id
from aimak.period import Period

OPEN, PREVIEWING, PREVIEWED, APPROVED, ISSUING, ISSUED, CLOSED, ABANDONED = (
    "open",
    "previewing",
    "previewed",
    "approved",
    "issuing",
    "issued",
    "closed",
    "abandoned",
)
# Which states a command starts from, and which it has led to already: there a repeat changes nothing.
STARTS_FROM = {
    "preview": (OPEN, PREVIEWED, APPROVED),
    "approve": (PREVIEWED,),
    "issue": (APPROVED,),
    "close": (ISSUED,),
    "abandon": (OPEN, PREVIEWED, APPROVED),
    "pause": (PREVIEWING, ISSUING),
    "resume": (PREVIEWING, ISSUING),
    "retry": (PREVIEWING, ISSUING),
}
DONE_IN = {
    "preview": (PREVIEWING,),
    "approve": (APPROVED, ISSUING, ISSUED, CLOSED),
    "issue": (ISSUING, ISSUED, CLOSED),
    "close": (CLOSED,),
    "abandon": (ABANDONED,),
}
ENDED = (ISSUED, CLOSED, ABANDONED)
MONTHLY = "month"
EVERYBODY = "all"
ONE_OFF = "once"
"""The cycle and the scope of a bill of a service that was asked for once: no run makes it, none replaces it."""
DAYS_TO_PAY_AT_LEAST = 10
CHUNKS_OF_A_TOWN = 12
SMALL_CHUNK = 10_000


def run_id(tenant: str, cycle: str, period: str, selection: str, generation: int) -> int:
    """A run exists once: its id follows from what it is a run of."""
    return derived_id("run", tenant, cycle, period, selection, generation)


def is_own(run: Any) -> bool:
    """Whether a run is its month's own: the first over everybody."""
    return bool(run.selection == EVERYBODY and run.generation == 0)


def chunk_size(accounts: int, most: int) -> int:
    """How many of so many accounts a chunk takes: at most `most`; fewer where the town would otherwise be too few
    chunks to keep two, three or four workers busy to the end, as long as a chunk's fixed costs do not outweigh it."""
    return min(most, max(SMALL_CHUNK, -(-accounts // CHUNKS_OF_A_TOWN)))


def first_numbers(first: int, bills: Sequence[int]) -> list[int]:
    """The number of each chunk's first bill, from the number of bills in each: no gap, no overlap."""
    return list(accumulate(bills, initial=first))[:-1]


def due_on(period: Period, issued_on: date, due_day: int) -> date:
    """The last day to pay: `due_day` of the month after the period, but not sooner than ten days from issue."""
    return max(period.end.replace(day=due_day), issued_on + timedelta(days=DAYS_TO_PAY_AT_LEAST))
