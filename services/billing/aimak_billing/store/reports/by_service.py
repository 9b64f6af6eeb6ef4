"""The turnover sheet by service where the oldest debt is paid first: what stood and stands of each service's debts, and
what moved them, from sums and movements of closed days and from what was posted since. Nothing that was allocated is
kept: it follows anew from sums, so that entries of any day and other rules leave nothing behind that is no longer
so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
from aimak.storage.work import UnitOfWork

from aimak_billing.domain.carried import KEY, ROW, Sums
from aimak_billing.domain.oldest_first import Cells, keys_of, left
from aimak_billing.domain.turnover import PLACES, Columns
from aimak_billing.store.reports import carried, movements, parts, turnover
from aimak_billing.store.reports.moves import Books
from aimak_billing.store.reports.owners import Owners

MOVED = ("charged", "recalculated", "written_off", "tax")
STANDING = ("opening", "closing")
_PAIR = ["provider", "service"]
_OPENING, _LEFT_OUT = PLACES.index("opening"), len(PLACES)
# What of the columns' places is in each of `MOVED`.
_IN = {
    "charged": ("charged", "charged_tax"),
    "recalculated": ("recalculated", "recalculated_tax"),
    "written_off": ("written_off",),
    "tax": ("charged_tax", "recalculated_tax"),
}
_CELLS_AT_ONCE = 8_000_000


@dataclass(frozen=True)
class _Part:
    """Rows of some accounts (columns `carried.ROW`, below zero where the debt falls): `opening` and `moved` by the
    number of `keys`, `columns` by that of `pairs` and of `MOVED`."""

    keys: pl.DataFrame
    pairs: pl.DataFrame
    opening: list[pl.DataFrame]
    moved: list[pl.DataFrame]
    columns: list[pl.DataFrame]


def sums(
    work: UnitOfWork, books: Books, since: date, keys: Sequence[str], priorities: tuple[Sequence[str], Sequence[str]]
) -> pl.DataFrame:
    """`keys` (provider, service, class, street_id, account_id) with `STANDING` and `MOVED` in tyiyn. `priorities`: the
    services that are paid first within a month, on the day before `since` and on the last of `books`."""
    owners, found = Owners(work, keys), []
    for number, part in _parts(work, books, since):
        for block in _blocks(part, priorities):
            owned = owners.of(block, number)
            rows = owned if owners.alone else owned.group_by("owner").agg(pl.exclude("account_id").sum())
            found.append(_long(rows, part.pairs))
    names = [name for name in keys if name not in ("account_id", "class", "street_id")]
    schema = {"owner": pl.Int64, **dict.fromkeys(names, pl.String), **dict.fromkeys((*STANDING, *MOVED), pl.Int64)}
    every = pl.concat([pl.DataFrame(schema=schema), *(rows.select(list(schema)) for rows in found)])
    added = every.group_by("owner", *names).agg(pl.col(*STANDING, *MOVED).sum())
    return owners.named(added).select(*keys, *STANDING, *MOVED)


def _parts(work: UnitOfWork, books: Books, since: date) -> Iterator[tuple[int, _Part]]:
    """Every part of the accounts, with its number."""
    named = ["account_id", *KEY]
    early = turnover.before(work, books, since)
    between = movements.since(work, early.through, books.as_of) if early else []
    span = Columns(since, books.through, turnover.issued_days(work, books, since))
    after = between[-1].through if between else early.through if early else None
    later = turnover.posted(work, books, since, named, after) if early else None
    for number in parts.numbers(work):
        here = parts.accounts_of(number)
        kept = [carried.of_part(work, early, number)] if early else []
        kept += [movements.of_part(work, one, number) for one in between]
        # Where nothing was kept the ledger is read a part at a time: it may be long.
        fresh = (
            turnover.posted(work, books, since, named, None, here)
            if later is None
            else later.filter(pl.col("account_id").is_between(*here))
        )
        yield number, _part(span, kept, fresh)


def _part(span: Columns, kept: Sequence[Sums], fresh: pl.DataFrame) -> _Part:
    keys = keys_of([*(one.keys for one in kept), fresh])
    none = pl.lit(None, dtype=pl.String).alias("service")
    pairs = pl.concat([keys.select(_PAIR), keys.select("provider", none)]).unique(maintain_order=True)
    part = _Part(keys, pairs, [], [], [])
    for one in kept:
        place, number, pair = span.places(one.keys), _numbers(one.keys, keys), _numbers(one.keys, pairs)
        part.opening.append(_under(one, number, place == _OPENING))
        part.moved.append(_under(one, number, (place != _OPENING) & (place != _LEFT_OUT)))
        for at, name in enumerate(MOVED):
            wanted = place.is_in([PLACES.index(said) for said in _IN[name]])
            part.columns.append(_under(one, pair * len(MOVED) + at, wanted))
    number, pair = _numbers(fresh, keys), _numbers(fresh, pairs)
    effects = fresh.select("account_id", "opening", "charged", "recalculated", "tax", -pl.col("written_off"), "paid")
    moved = effects["charged"] + effects["recalculated"] + effects["written_off"] - effects["paid"]
    part.opening.append(_rows(effects["account_id"], number, effects["opening"]))
    part.moved.append(_rows(effects["account_id"], number, moved))
    for at, name in enumerate(MOVED):
        part.columns.append(_rows(effects["account_id"], pair * len(MOVED) + at, effects[name]))
    return part


def _numbers(said: pl.DataFrame, keys: pl.DataFrame) -> pl.Series:
    """The row of `keys` that says the same."""
    numbered = keys.with_row_index("number").cast({"number": pl.Int64})
    return said.join(numbered, on=keys.columns, how="left", nulls_equal=True, maintain_order="left")["number"]


def _under(sums: Sums, number: pl.Series, wanted: pl.Series) -> pl.DataFrame:
    """Rows of the keys that are wanted, by another number of each."""
    if not wanted.any():
        return pl.DataFrame(schema=ROW)
    rows = sums.rows if wanted.all() else sums.rows.filter(wanted.gather(sums.rows["key"]))
    if number.filter(wanted).is_unique().all() or rows.is_empty():
        return _rows(rows["account_id"], number.gather(rows["key"]), rows["amount"])
    return Sums(sums.keys, rows).grouped(number)


def _rows(account: pl.Series, key: pl.Series, amount: pl.Series) -> pl.DataFrame:
    return pl.DataFrame([account.alias("account_id"), key.alias("key"), amount.alias("amount")])


def _blocks(part: _Part, priorities: tuple[Sequence[str], Sequence[str]]) -> Iterator[pl.DataFrame]:
    """account_id, and for the number of each pair its `STANDING` and `MOVED`: so many accounts at a time that the
    columns stay small."""
    there = pl.concat([rows["account_id"] for rows in (*part.opening, *part.moved)])
    low, high = there.min(), there.max()
    if not isinstance(low, int) or not isinstance(high, int):
        return
    step = max(_CELLS_AT_ONCE // max(part.keys.height, part.pairs.height * len(MOVED)), 1)
    for first in range(low, high + 1, step):
        none = Cells.none(first, min(step, high + 1 - first), part.keys.height)
        opening = _filled(none, part.opening)
        closing = _filled(opening, part.moved)
        stands = [_standing(cells, part, first) for cells, first in zip((opening, closing), priorities, strict=True)]
        moved = _filled(Cells.none(first, none.accounts, part.pairs.height * len(MOVED)), part.columns)
        ids = pl.int_range(first, first + none.accounts, dtype=pl.Int64, eager=True).alias("account_id")
        named = {f"{name} {pair}": column for name, said in zip(STANDING, stands, strict=True) for pair, column in said}
        for at, name in enumerate(MOVED):
            for pair in range(part.pairs.height):
                column = moved.column(pair * len(MOVED) + at)
                named[f"{name} {pair}"] = -column if name == "written_off" else column
        yield pl.DataFrame({"account_id": ids, **named})


def _filled(cells: Cells, rows: Sequence[pl.DataFrame]) -> Cells:
    span = cells.first, cells.first + cells.accounts - 1
    for one in rows:
        inside = one.is_empty() or one["account_id"].is_between(*span).all()
        cells = cells.plus(one if inside else one.filter(pl.col("account_id").is_between(*span)))
    return cells


def _standing(cells: Cells, part: _Part, priority: Sequence[str]) -> list[tuple[int, pl.Series]]:
    """What is owed for each pair, by its number; money in advance is below zero and has no service."""
    numbers = {pair: number for number, pair in enumerate(part.pairs.select(_PAIR).iter_rows())}
    owed = {number: pl.zeros(cells.accounts, dtype=pl.Int64, eager=True) for number in numbers.values()}
    for (provider, _, service), column in left(cells, part.keys, priority):
        owed[numbers[provider, service]] += column
    return list(owed.items())


def _long(rows: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """owner, provider, service, `STANDING` and `MOVED`, where anything is to be said."""
    names = (*STANDING, *MOVED)
    found = []
    for number, (provider, service) in enumerate(pairs.select(_PAIR).iter_rows()):
        said = [pl.col(f"{name} {number}").alias(name) for name in names]
        texts = [
            pl.lit(text, dtype=pl.String).alias(name) for name, text in zip(_PAIR, (provider, service), strict=True)
        ]
        found.append(rows.select("owner", *texts, *said).filter(pl.any_horizontal(pl.col(*names) != 0)))
    return pl.concat(found)
