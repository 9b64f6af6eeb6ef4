"""Connections of which nothing changes inside the period: kind by kind their version, then version by version."""

from __future__ import annotations

import polars as pl

from aimak_billing.domain.rating import lines as line_columns
from aimak_billing.domain.rating.attributes import with_attributes
from aimak_billing.domain.rating.book import Book
from aimak_billing.domain.rating.determinants import GIVEN_COLUMNS
from aimak_billing.domain.rating.followed import OfAccounts
from aimak_billing.domain.rating.holds import HOLDS, NO_TARIFF, held, told
from aimak_billing.domain.rating.kinds import NO_VERSION
from aimak_billing.domain.rating.rated import Rated
from aimak_billing.domain.rating.steps import AT, ROW
from aimak_billing.domain.rating.stretches import net_of


def rate_whole(frame: pl.DataFrame, book: Book) -> Rated:
    """Rate rows that are a connection over the whole period each."""
    found = book.kinds.found(frame)
    given = line_columns.slotted(frame, book.number).with_columns_seq(GIVEN_COLUMNS)
    quantities = OfAccounts(book.prepared, frame.height)
    holds, lines = [HOLDS], [line_columns.EMPTY]
    for number, places in found.by_version():
        if number == NO_VERSION:
            nobody = with_attributes(given[places.get_column(ROW)], book.selecting, ())
            holds.append(held(book.left_out(nobody), [NO_TARIFF], book.day))
            quantities.unknown(nobody)
            continue
        steps, facts = book.steps[number], found.facts[number]
        rows = steps.rows(places, given, facts, quantities.keys_of(steps.one))
        known = steps.calculated(quantities.beside(rows, steps.one))
        if steps.followed:
            quantities.found(steps.one.version.service, known)
        if steps.one.version.service in quantities.charged:
            quantities.billed(steps.one.version.service, known, net_of(steps.one))
        if steps.leaves_unknown(known):
            wrong = known.filter(steps.unknown())
            holds.append(told(_as_given(wrong, given, facts), steps.one, book.day))
            known = known.filter(~steps.unknown())
        lines += steps.billed(known)
    return Rated(pl.concat(lines), pl.concat(holds).sort("place", "connection_id") if len(holds) > 1 else HOLDS)


def _as_given(wrong: pl.DataFrame, given: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Rows that are held, with all that is known of them."""
    for more in (given[wrong.get_column(ROW)], facts[wrong.get_column(AT)]):
        wrong = wrong.hstack(more.select(name for name in more.columns if name not in wrong.columns))
    return wrong
