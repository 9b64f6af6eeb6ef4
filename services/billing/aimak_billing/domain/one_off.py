"""A service that is asked for once: the item of a price list that is meant, and what it comes to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from aimak.problems import Problem, Refused

from aimak_billing.domain.chunk import LINE
from aimak_billing.domain.rating import Book, Plugins, quote
from aimak_billing.domain.tariff import ONCE, PUBLISHED, TariffVersion, TaxRule, spans

# What a connection is held for that no price list is for.
_NOT_FOR_IT = "AIM-T020"
_TAX = "tax"


@dataclass(frozen=True)
class Item:
    """An item of the price list that holds for an account, with its lines (columns LINE, place 0) and their sums in
    tyiyn; `taxes` are the rules that its taxes go by."""

    version: TariffVersion
    lines: pl.DataFrame
    taxes: tuple[TaxRule, ...]

    @property
    def net(self) -> int:
        """What is charged without tax."""
        return self._sum("charge")

    @property
    def tax(self) -> int:
        """The taxes on it."""
        return self._sum(_TAX)

    def _sum(self, kind: str) -> int:
        return int(self.lines.filter(pl.col("kind") == kind).get_column("amount").cast(pl.Int128).sum())


def lists_on(versions: Iterable[TariffVersion], day: date, code: str | None = None) -> list[TariffVersion]:
    """The price lists in force on a day: all, or that of a code."""
    published = [version for version in versions if version.status == PUBLISHED]
    kept = spans(published)
    return [
        version
        for version in published
        if version.frequency == ONCE and day in kept[version.id] and code in (None, version.code)
    ]


def priced_item(
    lists: Sequence[TariffVersion],
    taxes: Sequence[TaxRule],
    plugins: Plugins,
    day: date,
    item: str,
    connections: Mapping[int, Mapping[str, Any]],
) -> Item:
    """The item by the one list that has it and is for the account. `connections`: version id → the account as a
    connection of that list's service, with the quantity asked for as its usage. Raises Refused: no list or several
    have it, or it cannot be rated."""
    found, held = list[Item](), list[Problem]()
    for version in lists:
        if not any(one.code == item and one.kind != _TAX for one in version.components):
            continue
        book = Book.of_item(version, taxes, plugins, day, item)
        rated = quote(connections[version.id], book)
        holds = [Problem(hold["code"], json.loads(hold["fields"])) for hold in rated.holds.iter_rows(named=True)]
        held += [problem for problem in holds if problem.code != _NOT_FOR_IT]
        if not holds:
            found.append(Item(version, _as_lines(rated.lines), book.taxes))
    if not found:
        known = sorted({one.code for version in lists for one in version.components if one.kind != _TAX})
        raise Refused(*held or [Problem("AIM-B180", {"item": item, "known": ", ".join(known) or "-"})])
    if len(found) > 1:
        codes = ", ".join(sorted(one.version.code for one in found))
        raise Refused(Problem("AIM-B181", {"item": item, "tariffs": codes}))
    return found[0]


def _as_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """Rated lines as a bill has them."""
    named = lines.sort("position").rename({"tariff_id": "tariff_version", "tax": "tax_code", "position": "line"})
    return named.with_columns(pl.lit(None, dtype=pl.String).alias("origin")).select(LINE)
