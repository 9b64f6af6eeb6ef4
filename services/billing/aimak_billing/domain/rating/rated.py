"""What a frame of connections came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Rated:
    """What a frame came to. `lines` leave out connections that are held and are in no order: place and position make
    that of the bill. `holds` has one row for each of those, with a problem's code and its fields as JSON."""

    lines: pl.DataFrame
    holds: pl.DataFrame


def together(parts: Sequence[Rated]) -> Rated:
    """What the books of one month came to."""
    if len(parts) == 1:
        return parts[0]
    holds = pl.concat([part.holds for part in parts]).unique(
        ["connection_id", "code"], keep="first", maintain_order=True
    )
    return Rated(pl.concat([part.lines for part in parts]), holds)
