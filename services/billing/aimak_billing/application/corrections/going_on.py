"""What goes on at a house that was left: its services wait for whoever moves in, and creditors change meanwhile.

A connection that ended because its account was left bears the day (`left_on`). One that would begin later ended as it
began; it takes another's place from its day on, where the service has one creditor at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row


@dataclass(frozen=True)
class Piece:
    """Days of a connection: as it is, from the first day, up to the one before `until`."""

    row: Row[Any]
    since: date
    until: date | None

    def after(self, day: date) -> Piece | None:
        """What of it is on a day or later; None where nothing is."""
        since = max(day, self.since)
        return Piece(self.row, since, self.until) if self.until is None or self.until > since else None


def lasting(rows: Iterable[Row[Any]], day: date) -> list[Piece]:
    """What of connections is on a day or later."""
    found = (Piece(row, row.valid_from, row.valid_to).after(day) for row in rows)
    return [piece for piece in found if piece is not None]


def waiting(rows: Iterable[Row[Any]]) -> list[Piece]:
    """What would go on at an account that was left, from that day on; nothing at one where people live."""
    left = sorted((row for row in rows if row.left_on is not None), key=lambda row: (row.valid_from, row.id))
    at_once = Counter(row.service for row in left if row.valid_from <= row.left_on)
    found = []
    for row in left:
        since = max(row.valid_from, row.left_on)
        if at_once[row.service] > 1:
            # Several creditors at a time: nobody knows whose place a later one takes.
            if row.valid_from <= row.left_on:
                found.append(Piece(row, since, None))
            continue
        later = (other.valid_from for other in left if other.service == row.service and other.valid_from > since)
        found.append(Piece(row, since, min(later, default=None)))
    return found
