"""Accounts rated by all books of a run: the month's own, and those of longer periods that it bills."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
from aimak.storage.work import UnitOfWork

from aimak_billing.domain.chunk import Facts, rating_frame
from aimak_billing.domain.rating import Book, Rated, rate, together
from aimak_billing.store import facts

Narrow = Callable[[Facts], Facts]


def rated_accounts(
    work: UnitOfWork, first: int, last: int, book: Book, narrow: Narrow
) -> tuple[Facts, list[pl.DataFrame], Rated]:
    """Facts of the month of the accounts with ids from `first` to `last` as `narrow` leaves them, the frame of each
    book, the month's first, and what they came to. Each book is rated over the days of its own period."""
    every, frames, rated = [], [], []
    for each in (book, *book.others):
        every.append(narrow(facts.of_accounts(work, first, last, each.period)))
        frames.append(rating_frame(every[-1], each))
        rated.append(rate(frames[-1], each))
    return every[0], frames, together(rated)
