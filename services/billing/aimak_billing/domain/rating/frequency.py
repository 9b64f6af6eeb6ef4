"""Of which period a tariff is, and in which month's run it is billed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from aimak.period import Period

from aimak_billing.domain.tariff import (
    HALF_YEAR,
    MONTH,
    ONCE,
    QUARTER,
    SEASON,
    START,
    TWO_MONTHS,
    YEAR,
    Span,
    TariffVersion,
)


def own_period(version: TariffVersion, month: Period) -> Period | None:
    """The tariff's own period that holds a month; None outside of its season, and for what is billed once."""
    if version.frequency == SEASON:
        first, last = version.season or (1, 12)
        return Period.season_of(month.start, first, last)
    made = {
        MONTH: Period.month_of,
        TWO_MONTHS: Period.two_months_of,
        QUARTER: Period.quarter_of,
        HALF_YEAR: Period.half_year_of,
        YEAR: Period.year_of,
    }.get(version.frequency)
    return made(month.start) if made else None


def is_due(version: TariffVersion, own: Period, month: Period) -> bool:
    """Whether the run of a month bills the tariff's own period: with its first month, or with its last."""
    return own.start == month.start if version.billed == START else own.end == month.end


def others(versions: Iterable[TariffVersion], month: Period, *, due: bool) -> Mapping[Period, list[TariffVersion]]:
    """The periods other than the month, with their versions; only those that the month's run bills if `due`."""
    found: dict[Period, list[TariffVersion]] = defaultdict(list)
    for version in versions:
        own = None if version.frequency in (MONTH, ONCE) else own_period(version, month)
        if own is not None and (not due or is_due(version, own, month)):
            found[own].append(version)
    return dict(sorted(found.items()))


def elsewhere(versions: Iterable[TariffVersion], month: Period, kept: Mapping[int, Span]) -> tuple[TariffVersion, ...]:
    """Versions of another frequency that are in force on some day of the month: who falls under them is not left
    without a tariff."""
    days = Span(month.start, month.end)
    return tuple(
        version
        for version in versions
        if version.frequency not in (MONTH, ONCE) and kept[version.id].meets(days) is not None
    )
