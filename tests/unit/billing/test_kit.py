"""What a process keeps between its runs: a book is taken again only for the very tariffs that it was made of."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from aimak_billing.application.kit import MADE_KEPT, Kit
from aimak_billing.domain.rating import Plugins
from aimak_billing.domain.tariff import TariffVersion

VERSION = TariffVersion("aksuu", "waste", "waste", "tazalyk", {}, date(2026, 1, 1), None, "law", ())


def made(kit: Kit, *versions: TariffVersion, period: str = "2026-10") -> Any:
    """The book of some versions; each that is made is an object of its own."""
    return kit.made(period, versions, (), object)  # type: ignore[arg-type, return-value]


def test_a_book_is_made_once_of_the_same_tariffs() -> None:
    """The same versions again, and in the same period, are the same book."""
    kit = Kit(Plugins.discover())
    assert made(kit, VERSION) is made(kit, replace(VERSION))
    assert made(kit, VERSION) is not made(kit, VERSION, period="2026-11")


def test_a_version_that_ends_or_is_withdrawn_makes_another_book() -> None:
    """A version's id stays while its end or its state changes: neither may find the book from before."""
    kit = Kit(Plugins.discover())
    ended, withdrawn = replace(VERSION, valid_to=date(2026, 10, 20)), replace(VERSION, status="withdrawn")
    books = [made(kit, version) for version in (VERSION, ended, withdrawn, VERSION)]
    assert len({id(book) for book in books}) == len(books)


def test_only_some_books_stay() -> None:
    """Memory does not grow with the months."""
    kit = Kit(Plugins.discover())
    first = made(kit, VERSION)
    for number in range(MADE_KEPT):
        made(kit, VERSION, period=f"{number}")
    assert made(kit, VERSION) is not first
