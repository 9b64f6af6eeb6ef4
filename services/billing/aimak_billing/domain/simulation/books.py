"""The two books of each period: the tariffs as they were in force, and the same with the drafts in their place.

A tariff of another period than a month is compared over its own period, in the month whose run bills that: so a draft
may also turn a monthly tariff into one by the quarter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aimak.period import Period
from aimak.problems import Refused

from aimak_billing.domain.rating import Book, Plugins
from aimak_billing.domain.rating.frequency import is_due, own_period
from aimak_billing.domain.rating.winter import several_winters
from aimak_billing.domain.tariff import PUBLISHED, TariffVersion, TaxRule


@dataclass(frozen=True)
class Pair:
    """Both books of a period of so many months."""

    period: Period
    old: Book
    new: Book

    @property
    def months(self) -> int:
        """How many months the period has."""
        first, end = self.period.start, self.period.end
        return (end.year - first.year) * 12 + end.month - first.month


def services_of(
    drafts: Sequence[TariffVersion], plugins: Plugins, versions: Sequence[TariffVersion] = ()
) -> frozenset[str]:
    """The services whose amounts the drafts can change, with those that they take quantities or charges from."""
    takes = {code: {kind.follows} if kind.follows else set() for code, kind in plugins.service_types.all()}
    for version in (*versions, *drafts):
        takes.setdefault(version.service, set()).update(version.charged_services)
    chosen = {draft.service for draft in drafts}
    while more := {code for code, taken in takes.items() if taken & chosen} - chosen:
        chosen |= more
    while missing := {taken for code in chosen for taken in takes.get(code, ())} - chosen:
        chosen |= missing
    return frozenset(chosen)


def pairs(
    versions: Sequence[TariffVersion],
    drafts: Sequence[TariffVersion],
    taxes: Sequence[TaxRule],
    plugins: Plugins,
    periods: Sequence[Period],
) -> list[Pair]:
    """Both books of every month, and of every longer period that a month of them bills, of the services that the
    drafts can touch. A draft stands in for every version of its code, in all periods, with the norms of its own first
    day. Raises Refused where one would clash with another tariff, or cannot be made ready."""
    services = services_of(drafts, plugins, versions)
    codes = {draft.code for draft in drafts}
    inside = [version for version in versions if version.service in services and version.status == PUBLISHED]
    others = [version for version in inside if version.code not in codes]
    made = []
    for period in periods:
        stand_in = [_on(draft, period) for draft in drafts]
        old = Book.of(inside, taxes, plugins, period)
        new = Book.of([*others, *stand_in], taxes, plugins, period)
        unlike = several_winters([*old.versions.values(), *new.versions.values()])
        if unlike:
            raise Refused(*unlike)
        made += _paired(old, new)
    return made


def billed_in(draft: TariffVersion, months: Sequence[Period]) -> bool:
    """Whether the run of one of the months bills a period of the draft's."""
    owned = [(month, own_period(draft, month)) for month in months]
    return any(own is not None and is_due(draft, own, month) for month, own in owned)


def _paired(old: Book, new: Book) -> list[Pair]:
    """The month's two books, and those of each longer period that one of them bills."""
    found = [Pair(old.period, old, new)]
    before, after = ({each.period: each for each in book.others} for book in (old, new))
    for period in sorted({*before, *after}):
        found.append(
            Pair(period, before.get(period) or _nobodys(old, period), after.get(period) or _nobodys(new, period))
        )
    return found


def _nobodys(book: Book, period: Period) -> Book:
    """A book of a longer period that rates nobody: on that side all is billed by other periods."""
    return replace(Book.of([], [], book.plugins, period), number=1)


def _on(draft: TariffVersion, month: Period) -> TariffVersion:
    period = own_period(draft, month) or month
    norms = tuple(
        replace(norm, valid_from=None, valid_to=None) for norm in draft.norms if norm.holds_on(draft.valid_from)
    )
    return replace(draft, valid_from=period.start, valid_to=None, rates_from=None, norms=norms, status=PUBLISHED)
