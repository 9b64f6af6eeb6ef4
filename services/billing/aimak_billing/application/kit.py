"""What the use cases need besides a unit of work: plugins, settings, and tariffs compiled for the run at hand."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aimak.settings import Settings

if TYPE_CHECKING:
    from aimak_billing.domain.rating import Book
    from aimak_billing.domain.rating.plugins import Plugins
    from aimak_billing.domain.simulation import Pair
    from aimak_billing.domain.tariff import TariffVersion, TaxRule

BOOKS_KEPT = 16
MADE_KEPT = 64
TEXTS_KEPT = 1_000
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
    _made: OrderedDict[Any, tuple[Any, Book]] = field(default_factory=OrderedDict)
    _texts: OrderedDict[tuple[str, str], TariffVersion] = field(default_factory=OrderedDict)
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

    def text(self, tenant: str, body: str, read: Callable[[], TariffVersion]) -> TariffVersion:
        """A tariff's kept text as it was read before, else as `read` gives it: it is never edited."""
        known = self._texts.get((tenant, body))
        return _keep(self._texts, (tenant, body), read(), TEXTS_KEPT) if known is None else known

    def made(
        self, period: str, versions: Sequence[TariffVersion], taxes: Sequence[TaxRule], make: Callable[[], Book]
    ) -> Book:
        """The book that these very versions and rules were made into before, else as `make` gives it. A preview needs
        it for its check and for its chunks, and the books of earlier months whenever something of them is late."""
        key = (period, tuple(version.id for version in versions), tuple(rule.id for rule in taxes))
        of = (list(versions), list(taxes))
        known = self._made.get(key)
        return known[1] if known and known[0] == of else _keep(self._made, key, (of, make()), MADE_KEPT)[1]

    def simulated(self, tenant: str, number: int, make: Callable[[], list[Pair]]) -> list[Pair]:
        """Both books of each period of a simulation; those of the last one are kept for its next chunks."""
        if self._simulated is None or self._simulated[0] != (tenant, number):
            self._simulated = ((tenant, number), make())
        return self._simulated[1]


def _keep(kept: OrderedDict[Any, Any], key: Hashable, value: Any, most: int) -> Any:
    """Keep a value, of all only the last `most`; threads may do so at the same time."""
    kept[key] = value
    while len(kept) > most:
        kept.popitem(last=False)
    return value
