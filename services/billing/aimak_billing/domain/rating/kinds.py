"""Kinds of connections: what many have alike and what chooses their tariff. Each is looked at once for a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from aimak_billing.domain.rating.alike import kinds_of
from aimak_billing.domain.rating.attributes import with_attributes
from aimak_billing.domain.rating.steps import AT, ROW, Steps

OF_KIND = ("service", "provider", "regime", "customer_class", "attributes")
VERSION = "_version"
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


@dataclass(frozen=True)
class Found:
    """The rows of a frame by kind: the number of each row's kind; the kinds with the version that each falls under and
    its place in the version's facts; and these facts."""

    numbers: pl.Series
    kinds: pl.DataFrame
    facts: tuple[pl.DataFrame, ...]

    def by_version(self) -> Iterator[tuple[int, pl.DataFrame]]:
        """The places of the rows of each version (ROW, AT), as far as it has any, in the order of calculation; those of
        no version first."""
        of_kind = self.kinds.get_column(VERSION)
        version, at = of_kind[self.numbers], self.kinds.get_column(AT)[self.numbers]
        row = pl.int_range(version.len(), dtype=pl.UInt32, eager=True).alias(ROW)
        for number in sorted(set(of_kind)):
            mine = version == number
            yield number, pl.DataFrame([row.filter(mine), at.filter(mine)])


class Kinds:
    """The kinds that one book has met."""

    def __init__(self, steps: Sequence[Steps], waiting: frozenset[int], selecting: frozenset[str]) -> None:
        """`selecting`: the attributes by which tariffs are chosen."""
        self._steps, self._waiting, self._selecting = steps, waiting, selecting
        # Replaced as a whole, never changed: several threads may rate by one book.
        self._known = self._with(None, pl.DataFrame(schema=dict.fromkeys(OF_KIND, pl.String)))

    def found(self, frame: pl.DataFrame) -> Found:
        """Version and facts of a frame's rows."""
        numbers, kinds = kinds_of(frame.select(OF_KIND))
        known = self._known
        joined = _beside(kinds, known)
        if joined.get_column(VERSION).null_count():
            new = joined.filter(pl.col(VERSION).is_null()).select(OF_KIND)
            many = known.kinds.height + new.height > MOST_KNOWN
            known = self._with(None, kinds) if many else self._with(known, new)
            joined = _beside(kinds, known)
            if not many:
                self._known = known
        return Found(numbers, joined, known.facts)

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
    return rows.join(known.kinds, on=OF_KIND, how="left", nulls_equal=True, maintain_order="left")
