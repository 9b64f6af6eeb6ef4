"""What goes on at a house that was left: its services wait for whoever moves in, and creditors change meanwhile.

A connection that ended because its account was left bears the day (`left_on`), and the day on which it would have ended
(`left_until`). One that would begin later ended as it began.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Row


@dataclass(frozen=True)
class Piece:
    """Days of a connection: as it is, from the first day, up to the one before `until`. Where its account was left,
    when, and until when it waits for who moves in."""

    row: Row[Any]
    since: date
    until: date | None
    left_on: date | None = None
    left_until: date | None = None

    def after(self, day: date) -> Piece | None:
        """What of it is on a day or later; None where nothing is."""
        since = max(day, self.since)
        return replace(self, since=since) if self.until is None or self.until > since else None


def lasting(rows: Iterable[Row[Any]], day: date) -> list[Piece]:
    """What of connections is on a day or later."""
    found = (Piece(row, row.valid_from, row.valid_to, row.left_on, row.left_until).after(day) for row in rows)
    return [piece for piece in found if piece is not None]


def waiting(rows: Iterable[Row[Any]]) -> list[Piece]:
    """What would go on at an account that was left, from that day on, the earliest first; nothing at one where people
    live."""
    left = sorted((row for row in rows if row.left_on is not None), key=lambda row: (row.valid_from, row.id))
    return [Piece(row, max(row.valid_from, row.left_on), row.left_until, row.left_on, row.left_until) for row in left]
