"""What the use cases need besides a unit of work: plugins, settings, and tariffs compiled for the run at hand."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aimak.settings import Settings

if TYPE_CHECKING:
    from aimak_billing.domain.rating import Book
    from aimak_billing.domain.rating.plugins import Plugins
    from aimak_billing.domain.simulation import Pair

BOOKS_KEPT = 16
ACCOUNTS_A_CHUNK = 20_000
DUE_DAY = 20
TARIFF_NOTICE_DAYS = 30


@dataclass
class Kit:
    """Built once by bootstrap and bound to every use case that needs it."""

    plugins: Plugins
    accounts_a_chunk: int = ACCOUNTS_A_CHUNK
    due_day: int = DUE_DAY
    tariff_notice_days: int = TARIFF_NOTICE_DAYS
    _books: OrderedDict[tuple[str, int, int, str], Book] = field(default_factory=OrderedDict)

    _simulated: tuple[tuple[str, int], list[Pair]] | None = None

    @classmethod
    def of(cls, settings: Settings, plugins: Plugins) -> Kit:
        """By the settings billing.chunk_accounts, billing.due_day and billing.tariff_notice_days."""
        chunk = settings.number("billing.chunk_accounts", ACCOUNTS_A_CHUNK)
        notice = settings.number("billing.tariff_notice_days", TARIFF_NOTICE_DAYS)
        return cls(plugins, chunk, settings.number("billing.due_day", DUE_DAY), notice)

    def book(self, tenant: str, run_id: int, attempt: int, earlier: str = "") -> Book | None:
        """The compiled tariffs of a run's pass, where this process has them; those of an `earlier` period."""
        return self._books.get((tenant, run_id, attempt, earlier))

    def keep_book(self, tenant: str, run_id: int, attempt: int, book: Book, earlier: str = "") -> None:
        """Keep compiled tariffs for the next chunks of the same pass."""
        self._books[tenant, run_id, attempt, earlier] = book
        while len(self._books) > BOOKS_KEPT:
            self._books.popitem(last=False)

    def simulated(self, tenant: str, number: int, make: Callable[[], list[Pair]]) -> list[Pair]:
        """Both books of each period of a simulation; those of the last one are kept for its next chunks."""
        if self._simulated is None or self._simulated[0] != (tenant, number):
            self._simulated = ((tenant, number), make())
        return self._simulated[1]
