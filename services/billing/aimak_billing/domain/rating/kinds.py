"""Kinds of connections: what many have alike and what chooses their tariff. Each is looked at once for a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from aimak_billing.domain.rating.attributes import with_attributes
from aimak_billing.domain.rating.steps import AT, Steps

OF_KIND = ("service", "provider", "regime", "customer_class", "attributes")
VERSION, ROW = "_version", "_row"
NO_VERSION = -1
MOST_KNOWN = 20_000
"""Kinds that are kept for the chunks to come; beyond that they are many because each connection is its own."""


def placed(kinds: pl.DataFrame, steps: Sequence[Steps], waiting: frozenset[int]) -> pl.DataFrame:
    """With the number of the version that each falls under, null where none is; one that is in force before one that
    waits."""
    version = pl.lit(None, dtype=pl.Int32)
    order = sorted(range(len(steps)), key=lambda number: (number in waiting, number))
    for number in reversed(order):
        version = pl.when(steps[number].applies).then(pl.lit(number, dtype=pl.Int32)).otherwise(version)
    return kinds.with_columns(version.alias(VERSION))


@dataclass(frozen=True)
class Known:
    """Kinds with the version that each falls under and its place in `facts`, which have, version by version, what
    follows from the kind alone: attributes, norm, taxes."""

    kinds: pl.DataFrame
    facts: tuple[pl.DataFrame, ...]


class Kinds:
    """The kinds that one book has met."""

    def __init__(self, steps: Sequence[Steps], waiting: frozenset[int], selecting: frozenset[str]) -> None:
        """`selecting`: the attributes by which tariffs are chosen."""
        self._steps, self._waiting, self._selecting = steps, waiting, selecting
        # Replaced as a whole, never changed: several threads may rate by one book.
        self._known = self._with(None, pl.DataFrame(schema=dict.fromkeys(OF_KIND, pl.String)))

    def found(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, tuple[pl.DataFrame, ...]]:
        """The kinds of a frame's rows with the rows of each (a list), its version and its place in the version's
        facts; and these facts."""
        rows = frame.select(OF_KIND).with_row_index(ROW).group_by(OF_KIND).agg(ROW)
        known = self._known
        joined = _beside(rows, known)
        new = joined.filter(pl.col(VERSION).is_null()).select(OF_KIND)
        if new.height:
            many = known.kinds.height + new.height > MOST_KNOWN
            known = self._with(None, rows.select(OF_KIND)) if many else self._with(known, new)
            joined = _beside(rows, known)
            if not many:
                self._known = known
        return joined, known.facts

    def _with(self, known: Known | None, new: pl.DataFrame) -> Known:
        """What is known, and what is found of the new kinds."""
        chosen = placed(with_attributes(new, self._selecting, ()), self._steps, self._waiting)
        chosen = chosen.with_columns(pl.col(VERSION).fill_null(NO_VERSION))
        kinds = [] if known is None else [known.kinds]
        kinds.append(_numbered(chosen.filter(pl.col(VERSION) == NO_VERSION), 0))
        facts = []
        for number, steps in enumerate(self._steps):
            mine = chosen.filter(pl.col(VERSION) == number)
            earlier = [] if known is None else [known.facts[number]]
            kinds.append(_numbered(mine, sum(each.height for each in earlier)))
            facts.append(pl.concat([*earlier, steps.facts(mine)], rechunk=True))
        return Known(pl.concat(kinds, rechunk=True), tuple(facts))


def _numbered(kinds: pl.DataFrame, first: int) -> pl.DataFrame:
    place = pl.int_range(first, pl.len() + first, dtype=pl.UInt32).alias(AT)
    return kinds.select(*OF_KIND, VERSION, place)


def _beside(rows: pl.DataFrame, known: Known) -> pl.DataFrame:
    return rows.join(known.kinds, on=OF_KIND, how="left", nulls_equal=True)
