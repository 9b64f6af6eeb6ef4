"""What becomes known of a period that is billed already is noted, so that the next bill corrects it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from aimak.period import Period
from aimak.storage.work import UnitOfWork

from aimak_billing.domain.tariff import TariffVersion, TaxRule
from aimak_billing.store import runs, selections, touched, usage

A_DAY = timedelta(days=1)


def begun(work: UnitOfWork) -> list[Period]:
    """Periods that some run has looked at: what was not known then must be looked at again. No other begins before the
    unit has ended."""
    runs.keep_begun(work)
    return [Period.month(name) for name in runs.begun_periods(work)]


def touch_usage(work: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    """Usage that says something new of a period that was begun: where it now ends, and where it ended before."""
    periods = begun(work)
    if not periods:
        return
    known = usage.versions(work, [row["usage_id"] for row in rows])
    pairs = set()
    for row in rows:
        before = known.get(row["usage_id"])
        if before is not None and before.version >= row["version"]:
            continue
        days = [(row["account_id"], row["to_date"])]
        if before is not None:
            days.append((before.account_id, before.to_date))
        pairs |= {(account_id, period.name) for account_id, day in days for period in periods if day - A_DAY in period}
    touched.touch(work, pairs, "usage")


def touch_since(work: UnitOfWork, days: Iterable[tuple[int, date]], reason: str) -> None:
    """Something holds for accounts (account id, day) from a day on: every begun period that ends after it."""
    periods = begun(work)
    pairs = {(account_id, period.name) for account_id, day in days for period in periods if period.end > day}
    touched.touch(work, pairs, reason)


def touch_tariffs(
    work: UnitOfWork, versions: Sequence[TariffVersion], taxes: Sequence[TaxRule], known: Sequence[TariffVersion]
) -> None:
    """Tariffs or rates of taxes came into force that hold from days on: every begun period after them, for all who
    have one of their services. known: all versions."""
    since: dict[tuple[str, str], date] = {}
    told = [((version.service, version.provider), version.valid_from) for version in versions]
    told += [
        ((version.service, version.provider), tax.valid_from)
        for tax in taxes
        for version in known
        if not tax.services or version.service in tax.services
    ]
    for key, day in told:
        since[key] = min(day, since.get(key, day))
    # All at once, in the order in which a preview holds them.
    earliest: dict[int, date] = {}
    for (service, provider), day in since.items():
        for account_id in selections.of_service(work, service, provider):
            earliest[account_id] = min(day, earliest.get(account_id, day))
    touch_since(work, earliest.items(), "tariff")
