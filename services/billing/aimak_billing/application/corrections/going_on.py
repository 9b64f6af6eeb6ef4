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


def lasting(rows: Iterable[Row[Any]], day: date) -> list[Piece]:
    """What of connections is on a day or later."""
    pieces = (Piece(row, row.valid_from, row.valid_to, row.left_on, row.left_until) for row in rows)
    return _after(pieces, day)


def waiting(rows: Iterable[Row[Any]], day: date) -> list[Piece]:
    """What would go on at an account that was left, on a day or later, the earliest first; nothing at one where people
    live."""
    left = sorted((row for row in rows if row.left_on is not None), key=lambda row: (row.valid_from, row.id))
    pieces = (Piece(row, max(row.valid_from, row.left_on), row.left_until, row.left_on, row.left_until) for row in left)
    return _after(pieces, day)


def _after(pieces: Iterable[Piece], day: date) -> list[Piece]:
    """What of pieces is on a day or later."""
    cut = (replace(piece, since=max(day, piece.since)) for piece in pieces)
    return [piece for piece in cut if piece.until is None or piece.until > piece.since]
