"""Earlier periods looked at again: rated by today's knowledge, with the expressions of every run, and compared."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import polars as pl
from aimak.period import Period
from aimak.problems import Refused
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_billing.application.corrections import late
from aimak_billing.application.corrections.rebill import replaced
from aimak_billing.application.kit import Kit
from aimak_billing.application.rating import facts_of
from aimak_billing.application.tariffs import book_ids, book_of
from aimak_billing.domain import chunk as columns
from aimak_billing.domain.corrections.differences import (
    BILLED,
    KEYS,
    covered,
    differences,
    fitting,
    placed,
    reasoned,
)
from aimak_billing.domain.corrections.selection import EVERYBODY
from aimak_billing.domain.rating import Book, Rated, rate, together
from aimak_billing.domain.spans import SPAN_FROM
from aimak_billing.store import accounts, touched

# So many accounts apart are read each for itself; beyond that their whole range is read at once.
READ_APART = 40
_Pairs = set[tuple[int, str]]


def earlier_books(kit: Kit, work: UnitOfWork, through: str) -> dict[str, Any]:
    """Ids of today's tariffs and tax rules for each period up to `through` that is to be looked at again. A period
    whose tariffs contradict one another is left out: what is open there waits."""
    found = {name: _ids(kit, work, name) for name in touched.periods(work, through)}
    return {name: ids for name, ids in found.items() if ids is not None}


def _ids(kit: Kit, work: UnitOfWork, name: str) -> dict[str, list[int]] | None:
    try:
        return book_ids(kit, work, Period.month(name))
    except Refused:
        return None


@dataclass(frozen=True)
class Opened:
    """What is open of a chunk's accounts, and the bills that its run replaces."""

    reasons: touched.Reasons
    replaced: Sequence[int]


def opened(work: UnitOfWork, run: Row[Any], chunk: Row[Any]) -> Opened:
    """What a run is to look at again of a chunk; asked before any fact that it is rated by is read, and held: what
    becomes known while it is rated is not taken for looked at. The tariffs were fixed with the run: whether they are
    still those of today is asked afterwards."""
    old = replaced(work, run, chunk).get_column("bill_id").to_list()
    return Opened(touched.open_reasons(work, chunk.first_account, chunk.last_account, run.period, old), old)


def differing(
    kit: Kit, work: UnitOfWork, run: Row[Any], chunk: Row[Any], open_now: Opened, members: pl.DataFrame, rated: Rated
) -> pl.DataFrame | None:
    """What the bills of a chunk correct of earlier periods, as lines; None where nothing is to be looked at. members:
    account_id of the chunk in order; rated: what the run bills of its own period."""
    bounds, reasons = (chunk.first_account, chunk.last_account), open_now.reasons
    here = set(members.get_column("account_id"))
    if run.scope != EVERYBODY:
        # A run over one creditor's services makes no bill of nothing but another's: that waits for the account's next.
        here &= set(rated.lines.get_column("account_id"))
    pairs = {pair for pair in reasons if pair[0] in here}
    if run.book.get("late") == late.REBILL:
        # Whatever else became known of such a period: its bill is made anew as a whole.
        pairs -= touched.late_pairs(work, *bounds, run.period)
    if not pairs:
        touched.take_in_hand(work, run.id, *bounds, {})
        return None
    found, looked_at = _all_periods(kit, work, run, pairs, open_now.replaced, rated)
    fits = fitting(found, rated.lines)
    whole = found.join(fits, on=["account_id", "origin"], how="semi")
    waiting = set(found.join(fits, on=["account_id", "origin"], how="anti").select("account_id", "origin").iter_rows())
    in_hand = {pair: reasons[pair] for pair in looked_at - waiting}
    touched.take_in_hand(work, run.id, *bounds, in_hand)
    places = members.select("account_id").with_row_index("place").with_columns(pl.col("place").cast(pl.Int64))
    return placed(_classed(work, reasoned(whole, in_hand)), places)


def _all_periods(
    kit: Kit, work: UnitOfWork, run: Row[Any], pairs: _Pairs, old: Collection[int], rated: Rated
) -> tuple[pl.DataFrame, _Pairs]:
    """The differences of every period, and the pairs that could be looked at."""
    parts, looked_at = [], set(pairs)
    for name, group in groupby(sorted(pairs, key=lambda pair: (pair[1], pair[0])), key=lambda pair: pair[1]):
        ids = [account_id for account_id, _ in group]
        book = _book(kit, work, run, name)
        if book is None:
            looked_at -= {(account_id, name) for account_id in ids}
            continue
        billed = touched.billed(work, ids, name, old)
        now = _today(work, book, ids)
        held = set(now.holds.get_column("account_id")) & set(billed.get_column("account_id"))
        looked_at -= {(account_id, name) for account_id in held}
        lines, billed = (rows.filter(~pl.col("account_id").is_in(list(held))) for rows in (now.lines, billed))
        lines = covered(lines, billed)
        if name == run.period:
            lines = lines.join(rated.lines, on="connection_id", how="anti")
        lines = lines.rename({"tariff_id": "tariff_version", "tax": "tax_code"})
        parts.append(differences(lines, billed, name))
    return pl.concat(parts) if parts else _none(rated), looked_at


def _none(rated: Rated) -> pl.DataFrame:
    empty = rated.lines.clear().rename({"tariff_id": "tariff_version", "tax": "tax_code"})
    billed = pl.DataFrame(schema={**{name: empty.schema[name] for name in KEYS}, **_NUMBERS})
    return differences(empty, billed, "")


_NUMBERS = {name: type_ for name, type_ in BILLED.items() if name not in KEYS}


def _book(kit: Kit, work: UnitOfWork, run: Row[Any], name: str) -> Book | None:
    """The tariffs of a period as they were fixed with the run. None where others are in force by now, which the chunk's
    reasons may tell of already, or none were fixed: what is open there waits for the next preview."""
    ids = run.book.get("earlier", {}).get(name)
    if ids is None or ids != _ids(kit, work, name):
        return None
    book = kit.book(work.tenant, run.id, run.attempt, name)
    if book is None:
        book = book_of(kit, work, ids, Period.month(name))
        kit.keep_book(work.tenant, run.id, run.attempt, book, name)
    return book


def _today(work: UnitOfWork, book: Book, ids: list[int]) -> Rated:
    """Accounts rated for the period of `book` as all is known now, the closed ones too."""
    rated = []
    for each in (book, *book.others):
        frames = [_frame(work, each, first, last, mine) for first, last, mine in _ranges(ids)]
        rated.append(rate(pl.concat(frames).sort("place", "connection_id", SPAN_FROM), each))
    return together(rated)


def _ranges(ids: list[int]) -> Iterator[tuple[int, int, list[int]]]:
    if len(ids) <= READ_APART:
        yield from ((account_id, account_id, [account_id]) for account_id in ids)
    else:
        yield ids[0], ids[-1], ids


def _frame(work: UnitOfWork, book: Book, first: int, last: int, ids: list[int]) -> pl.DataFrame:
    known = facts_of(work, first, last, book)
    mine = pl.col("account_id").is_in(ids)
    opened = known.accounts.filter(mine).with_columns(pl.lit(columns.ACTIVE).alias("status"))
    frame = columns.rating_frame(replace(known, accounts=opened, connections=known.connections.filter(mine)), book)
    # Places of several ranges must not meet.
    return frame.with_columns(pl.col("account_id").alias("place"))


def _classed(work: UnitOfWork, lines: pl.DataFrame) -> pl.DataFrame:
    classes = accounts.classes_of(work, set(lines.get_column("connection_id")))
    known = pl.DataFrame(
        {"connection_id": list(classes), "customer_class": list(classes.values())},
        schema={"connection_id": pl.Int64, "customer_class": pl.String},
    )
    return lines.join(known, on="connection_id", how="left", maintain_order="left")
