"""Carrying the ledger's sums forward at the close of a day, so that reports read only what was posted since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
from aimak.problems import Problem
from aimak.service import Service
from aimak.storage.work import UnitOfWork

from aimak_billing.domain.carried import Sums
from aimak_billing.store import ledger
from aimak_billing.store.reports import carried as store
from aimak_billing.store.reports import movements, parts
from aimak_billing.store.reports.moves import Books

# What a report reads in a second or two: fewer new transfers than this are not carried forward.
WORTH_IT = 1_000_000


def carry_forward(service: Service, tenant: str, worth_it: int = WORTH_IT) -> date | None:
    """Keep the sums of the ledger up to the last closed day, where `worth_it` transfers were posted since the last
    time; gives that day, None where nothing was to be done."""
    with service.work(tenant, bulk=True) as work:
        through, before = ledger.closed_through(work), store.last(work)
        if through is None or (before is not None and before.through >= through):
            return None
        count, latest = store.posted(work, through, before.through if before else None)
        if count < worth_it:
            return None
        keys = _began(work, through) if before is None else _gone_on(work, before, through)
        owed = store.owed(work, through, before.through if before else None)
        if before is not None:
            count, latest = count + before.transfers, max(latest, before.business_through, _reached(before, through))
            owed = _settled(pl.concat([before.owed, owed]), through)
        store.keep(work, store.Carried(through, latest, keys, owed, count))
        movements.forget(work, store.thin(work))
        work.commit()
    return through


def _began(work: UnitOfWork, through: date) -> pl.DataFrame:
    """Keep sums of the whole ledger, read a part at a time: it may be long. Gives their keys."""
    books = Books(date.max, through)
    every = Sums(movements.keys_posted(work, books, None), Sums.none().rows).settled(through).keys
    keys = Sums.ordered(every)
    for number in parts.numbers(work):
        sums = movements.posted(work, books, None, parts.accounts_of(number)).settled(through)
        store.keep_part(work, through, number, sums.under(keys).summed())
    return keys


def _gone_on(work: UnitOfWork, before: store.Carried, through: date) -> pl.DataFrame:
    """Keep what moved since `before`, and the sums with it. Gives their keys. What was dated ahead and is so no more
    stands among the rest from now on."""
    fresh = movements.posted(work, Books(date.max, through), before.through)
    names = Sums.ordered(fresh.keys)
    movements.keep(work, movements.Movement(before.through, through, names))
    settled = fresh.settled(through)
    keys = Sums.ordered(settled.keys, Sums(before.keys, Sums.none().rows).settled(through).keys)
    for number in parts.numbers(work):
        here = pl.col("account_id").is_between(*parts.accounts_of(number))
        moved = Sums(fresh.keys, fresh.rows.filter(here))
        movements.keep_part(work, through, number, moved.under(names).summed())
        kept = store.of_part(work, before, number).settled(through).under(keys)
        added = Sums(settled.keys, settled.rows.filter(here)).under(keys)
        store.keep_part(work, through, number, Sums(keys, pl.concat([kept.rows, added.rows])).summed())
    return keys


def _reached(before: store.Carried, through: date) -> date:
    """The last business date that was ahead of `before` and is not ahead of `through`."""
    reached = before.owed.filter(pl.col("dated") <= through)["dated"].max()
    return reached if isinstance(reached, date) else date.min


def _settled(owed: pl.DataFrame, through: date) -> pl.DataFrame:
    ahead = pl.col("dated") > through
    named = owed.with_columns(pl.when(ahead).then(name).alias(name) for name in ("dated", "kind"))
    return named.group_by("provider", "dated", "kind", maintain_order=True).agg(pl.col("amount").sum())


def carried_agree(work: UnitOfWork) -> Sequence[Problem]:
    """What was carried forward last is what the ledger holds up to that day, by creditor, service and month; what was
    kept of the days between is what the ledger holds of them, by kind and business date too."""
    kept = store.last(work)
    if kept is None:
        return []
    counts = {kept.through: _sums_that_differ(work, kept)}
    for movement in movements.since(work, store.first(work)):
        counts[movement.through] = counts.get(movement.through, 0) + _movements_that_differ(work, movement)
    return [
        Problem("AIM-B065", {"count": count, "day": day.isoformat()}) for day, count in sorted(counts.items()) if count
    ]


def _sums_that_differ(work: UnitOfWork, kept: store.Carried) -> int:
    said: Counter[tuple[Any, ...]] = Counter()
    for sums in store.all_parts(work, kept):
        for provider, service, origin, *_, amount in sums.totals():
            said[provider, service, origin] += amount
    wanted = store.ledger_by_key(work, kept.through)
    owed = kept.owed_on(date.max)
    wrong = sum(owed[provider] != _owed(wanted, provider) for provider in owed)
    return _differing(said, wanted) + wrong


def _movements_that_differ(work: UnitOfWork, movement: movements.Movement) -> int:
    said: Counter[tuple[Any, ...]] = Counter()
    for number in parts.numbers(work):
        for *key, _, amount in movements.of_part(work, movement, number).totals():
            said[tuple(key)] += amount
    return _differing(said, movements.ledger_by_key(work, movement))


def _differing(said: Counter[tuple[Any, ...]], wanted: dict[tuple[Any, ...], int]) -> int:
    return sum(said[key] != wanted.get(key, 0) for key in {*said, *wanted})


def _owed(sums: dict[tuple[Any, ...], int], provider: str) -> int:
    return sum(amount for key, amount in sums.items() if key[0] == provider)
