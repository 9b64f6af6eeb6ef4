"""Carrying the ledger's sums forward at the close of a day, so that reports read only what was posted since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from aimak.problems import Problem
from aimak.service import Service
from aimak.storage.work import UnitOfWork

from aimak_billing.domain.carried import Sums
from aimak_billing.store import ledger
from aimak_billing.store.reports import carried as store
from aimak_billing.store.reports.moves import Books
from aimak_billing.store.reports.turnover import moved

# What a report reads in a second or two: fewer new transfers than this are not carried forward.
WORTH_IT = 1_000_000


def carry_forward(service: Service, tenant: str, worth_it: int = WORTH_IT) -> date | None:
    """Keep the sums of the ledger up to the last closed day, where `worth_it` transfers were posted since the last
    time; gives that day, None where nothing was to be done."""
    with service.work(tenant, bulk=True) as work:
        through, before = ledger.closed_through(work), store.last(work)
        if through is None or (before is not None and before.through >= through):
            return None
        after = before.through if before else None
        count, latest = store.posted(work, through, after)
        if count < worth_it:
            return None
        _carry(work, before, through, count, latest)
        work.commit()
    return through


def _carry(work: UnitOfWork, before: store.Carried | None, through: date, count: int, latest: date) -> None:
    books, after, owed = Books(date.max, through), None, Counter[str]()
    if before is not None:
        after, count, latest = before.through, count + before.transfers, max(latest, before.business_through)
        owed.update(before.owed)
    owed.update(moved(work, books, after))
    fresh = store.keys_since(work, books, after)
    keys = Sums.ordered(fresh, before.keys) if before else Sums.ordered(fresh)
    for number, sums in store.parts_on(work, books, before):
        store.keep_part(work, through, number, sums.under(keys).summed())
    store.keep(work, store.Carried(through, latest, keys, dict(owed), count))
    store.thin(work)


def carried_agree(work: UnitOfWork) -> Sequence[Problem]:
    """What was carried forward last is what the ledger holds up to that day, by creditor, service and month."""
    kept = store.last(work)
    if kept is None:
        return []
    said: Counter[tuple[str | None, ...]] = Counter()
    for sums in store.all_parts(work, kept):
        for provider, service, origin, amount in store.by_key(sums):
            said[provider, service, origin] += amount
    wanted = store.ledger_by_key(work, kept.through)
    differing = [key for key in {*said, *wanted} if said[key] != wanted.get(key, 0)]
    differing += [(provider,) for provider in kept.owed if kept.owed[provider] != _owed(wanted, provider)]
    return [Problem("AIM-B065", {"count": len(differing), "day": kept.through.isoformat()})] if differing else []


def _owed(sums: dict[tuple[str | None, ...], int], provider: str) -> int:
    return sum(amount for key, amount in sums.items() if key[0] == provider)
