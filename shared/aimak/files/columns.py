"""What a file's columns are to hold, declared once for all formats."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "int", "thousandths", "som", "date", "month", "bool", "json", "choice"]

# Bounds where a column names none: quantities below 10^12 thousandths, money below 10^15 tyiyn.
DEFAULT_BOUNDS: Mapping[str, tuple[int, int]] = {
    "int": (-(10**12), 10**12),
    "thousandths": (0, 10**12 - 1),
    "som": (-(10**15), 10**15),
}

_BETWEEN_WORDS = re.compile(r"[\s_.\-/№#:]+")
_SAME_LETTERS = str.maketrans("ёңөү", "еноу")


@dataclass(frozen=True)
class Column:
    """One column. `kind` decides the Python type of its values:

    text, month ("2026-10"), choice → str; int → int; thousandths → int (thousandths of the unit); som → int (tyiyn);
    date → datetime.date; bool → bool; json → dict. An empty cell is None, or a fault where `required`.
    `aliases` are other headers; `choices` are the allowed values, with other words for each.
    `minimum` and `maximum` are in the units of the value.
    """

    name: str
    kind: Kind = "text"
    required: bool = False
    aliases: tuple[str, ...] = ()
    max_length: int = 200
    minimum: int | None = None
    maximum: int | None = None
    choices: Mapping[str, tuple[str, ...]] | tuple[str, ...] = ()

    def bounds(self) -> tuple[int, int]:
        """The least and the greatest value of a number."""
        low, high = DEFAULT_BOUNDS[self.kind]
        return (low if self.minimum is None else self.minimum, high if self.maximum is None else self.maximum)


@dataclass(frozen=True, init=False)
class Columns:
    """The columns of one kind of file, in the order they have where the file has no header.

    `header=False`: the file starts with data. `trailer`: the first cell of its last line, which is then kept as
    cells (totals) and must be there. `separator`: the only one allowed.
    """

    columns: tuple[Column, ...]
    header: bool
    trailer: str | None
    separator: str | None
    names: Mapping[str, str] = field(repr=False)

    def __init__(
        self, *columns: Column, header: bool = True, trailer: str | None = None, separator: str | None = None
    ) -> None:
        names: dict[str, str] = {}
        for column in columns:
            for alias in (column.name, *column.aliases):
                folded = fold_header(alias)
                assert names.setdefault(folded, column.name) == column.name, f"two columns are called {alias}"
        for name, value in (
            ("columns", columns),
            ("header", header),
            ("trailer", trailer),
            ("separator", separator),
            ("names", names),
        ):
            object.__setattr__(self, name, value)

    def known(self, header: str) -> str | None:
        """The name of the column that a header cell stands for."""
        return self.names.get(fold_header(header))


def fold_header(text: str) -> str:
    """A header cell without what people vary: case, spaces, underscores, dots, ё, Kyrgyz letters typed as Russian."""
    folded = _BETWEEN_WORDS.sub(" ", text.strip().casefold()).strip()
    return folded.translate(_SAME_LETTERS)
