"""Connections of which nothing changes inside the period: kind by kind their version, then version by version."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aimak_billing.domain.rating import lines as line_columns
from aimak_billing.domain.rating.attributes import with_attributes
from aimak_billing.domain.rating.book import Book
from aimak_billing.domain.rating.determinants import GIVEN_COLUMNS
from aimak_billing.domain.rating.followed import ACCOUNT, OfAccounts
from aimak_billing.domain.rating.holds import HOLDS, NO_TARIFF, held, told
from aimak_billing.domain.rating.kinds import NO_VERSION, ROW, VERSION
from aimak_billing.domain.rating.rated import Rated
from aimak_billing.domain.rating.steps import AT
from aimak_billing.domain.rating.stretches import net_of

_IDS = ("account_id", "place", "connection_id")


def rate_whole(frame: pl.DataFrame, book: Book) -> Rated:
    """Rate rows that are a connection over the whole period each."""
    kinds, facts = book.kinds.found(frame)
    quantities = OfAccounts(book.prepared, frame.height)
    holds, lines = [HOLDS], [line_columns.EMPTY]
    for number, rows in _by_version(frame, kinds, book):
        if number == NO_VERSION:
            nobody = with_attributes(frame[rows.get_column(ROW)], book.selecting, ())
            holds.append(held(book.left_out(nobody), [NO_TARIFF], book.day))
            quantities.unknown(nobody.hstack(rows.select(ACCOUNT)))
            continue
        steps = book.steps[number]
        known = steps.calculated(quantities.beside(steps.with_facts(rows, facts[number]), steps.one))
        if steps.followed:
            quantities.found(steps.one.version.service, known)
        if steps.one.version.service in quantities.charged:
            quantities.billed(steps.one.version.service, known, net_of(steps.one))
        if steps.leaves_unknown(known):
            wrong = known.filter(steps.unknown())
            holds.append(told(_as_given(wrong, frame, facts[number]), steps.one, book.day))
            known = known.filter(~steps.unknown())
        lines += steps.billed(known)
    return Rated(pl.concat(lines), pl.concat(holds).sort("place", "connection_id"))


def _by_version(frame: pl.DataFrame, kinds: pl.DataFrame, book: Book) -> Iterator[tuple[int, pl.DataFrame]]:
    """The rows of each version, as far as it has any, in the order of calculation; those of no version first."""
    ordered = kinds.select(VERSION, AT, ROW).sort(VERSION)
    places = ordered.select(AT, ROW).explode(ROW)
    given = line_columns.slotted(frame, book.number).select_seq(
        *_IDS, line_columns.SLOT, pl.col("place").rle_id().alias(ACCOUNT), "usage", "days", *GIVEN_COLUMNS
    )
    rows = given[places.get_column(ROW)].hstack(places)
    first = 0
    sizes = ordered.group_by(VERSION, maintain_order=True).agg(pl.col(ROW).list.len().sum())
    for number, size in sizes.iter_rows():
        yield number, rows.slice(first, size)
        first += size


def _as_given(wrong: pl.DataFrame, frame: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Rows that are held, with all that is known of them."""
    for more in (frame[wrong.get_column(ROW)], facts[wrong.get_column(AT)]):
        wrong = wrong.hstack(more.select(name for name in more.columns if name not in wrong.columns))
    return wrong
