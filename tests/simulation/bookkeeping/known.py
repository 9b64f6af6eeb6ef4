"""All that the machine knows of a town."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from tests.simulation.bookkeeping.prices import FIRST_PRICE, Account, Version

Key = tuple[int, str]
"""An account's id and a creditor."""


@dataclass
class Known:
    """All that the machine knows of a town. `heard`: what others were told of each source; `outbox`: instant and number
    of the last fact that was listened to; `posted`: what each document did to what is owed; `scoped`: accounts and
    months of which a part was billed or cancelled by itself; `open_run`: a run that was begun and left."""

    now: int = 0
    accounts: list[Account] = field(default_factory=list)
    prices: list[Version] = field(default_factory=lambda: [Version(date(2026, 1, 1), date(2026, 1, 1), FIRST_PRICE)])
    openings: dict[Key, int] = field(default_factory=lambda: defaultdict(int))
    paid: dict[int, tuple[int, str, int, int]] = field(default_factory=dict)
    posted: dict[int, list[tuple[Key, int]]] = field(default_factory=dict)
    heard: dict[Key, tuple[int, int, int]] = field(default_factory=dict)
    outbox: tuple[str, int] = "", 0
    days: int = 0
    scoped: set[str] = field(default_factory=set)
    open_run: int | None = None
    renamed: int = 0
