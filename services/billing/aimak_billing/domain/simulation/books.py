"""The two books of each period: the tariffs as they were in force, and the same with the drafts in their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aimak.period import Period

from aimak_billing.domain.rating import Book, Plugins
from aimak_billing.domain.tariff import PUBLISHED, TariffVersion, TaxRule


@dataclass(frozen=True)
class Pair:
    """Both books of a period."""

    period: Period
    old: Book
    new: Book


def services_of(drafts: Sequence[TariffVersion], plugins: Plugins) -> frozenset[str]:
    """The services whose amounts the drafts can change, with those that they take their quantities from."""
    follows = {code: kind.follows for code, kind in plugins.service_types.all()}
    chosen = {draft.service for draft in drafts}
    chosen |= {code for code, followed in follows.items() if followed in chosen}
    while missing := {followed for code in chosen if (followed := follows.get(code))} - chosen:
        chosen |= missing
    return frozenset(chosen)


def pairs(
    versions: Sequence[TariffVersion],
    drafts: Sequence[TariffVersion],
    taxes: Sequence[TaxRule],
    plugins: Plugins,
    periods: Sequence[Period],
) -> list[Pair]:
    """Both books of every period, of the services that the drafts can touch. A draft stands in for every version of
    its code, in all periods, with the norms of its own first day. Raises Refused where one would clash with another
    tariff, or cannot be made ready."""
    services = services_of(drafts, plugins)
    codes = {draft.code for draft in drafts}
    inside = [version for version in versions if version.service in services and version.status == PUBLISHED]
    others = [version for version in inside if version.code not in codes]
    made = []
    for period in periods:
        stand_in = [_on(draft, period) for draft in drafts]
        old = Book.of(inside, taxes, plugins, period)
        made.append(Pair(period, old, Book.of([*others, *stand_in], taxes, plugins, period)))
    return made


def _on(draft: TariffVersion, period: Period) -> TariffVersion:
    norms = tuple(
        replace(norm, valid_from=None, valid_to=None) for norm in draft.norms if norm.holds_on(draft.valid_from)
    )
    return replace(draft, valid_from=period.start, valid_to=None, rates_from=None, norms=norms, status=PUBLISHED)
