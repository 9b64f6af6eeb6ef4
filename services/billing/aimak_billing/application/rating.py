"""Accounts rated by all books of a run: the month's own, and those of longer periods that it bills."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import polars as pl
from aimak.storage.work import UnitOfWork

from aimak_billing.domain import winter
from aimak_billing.domain.chunk import Facts, rating_frame
from aimak_billing.domain.rating import Book, Rated, rate, together
from aimak_billing.store import facts
from aimak_billing.store import winter as winters

Narrow = Callable[[Facts], Facts]


def rated_accounts(
    work: UnitOfWork, first: int, last: int, book: Book, narrow: Narrow
) -> tuple[Facts, list[pl.DataFrame], Rated]:
    """Facts of the month of the accounts with ids from `first` to `last` as `narrow` leaves them, the frame of each
    book, the month's first, and what they came to. Each book is rated over the days of its own period."""
    every, frames, rated = [], [], []
    for each in (book, *book.others):
        every.append(narrow(facts_of(work, first, last, each)))
        frames.append(rating_frame(every[-1], each))
        rated.append(rate(frames[-1], each))
    return every[0], frames, together(rated)


def facts_of(work: UnitOfWork, first: int, last: int, book: Book) -> Facts:
    """What is known of the accounts with ids from `first` to `last` for a book's period, winter averages too."""
    return with_winters(work, first, last, facts.of_accounts(work, first, last, book.period), [book])


def with_winters(work: UnitOfWork, first: int, last: int, known: Facts, books: Sequence[Book]) -> Facts:
    """Facts with the averages that books of one period need, where none was imported; nothing is read where no tariff
    wants any."""
    asked = dict.fromkeys(one for book in books for one in winter.wanted(book))
    if not asked:
        return known
    names = ["account_id", "connection_id", "service", "provider"]
    connections = pl.concat([known.connections.select(names), known.moved.connections.select(names)])
    told = known.told
    for one in asked:
        used = winters.usage(work, first, last, one.followed, one.winter)
        told = pl.concat([told, winter.averages(one, used, connections, told, books[0].period)])
    return replace(known, told=told)
