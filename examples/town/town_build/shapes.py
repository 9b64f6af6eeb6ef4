"""The shapes that water use takes, in thousandths: season, level between customers, swing of one customer."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

from town_build.dice import Dice

TABLE = Path(__file__).parent.parent / "shapes" / "water_use.csv"


@dataclass
class Shape:
    """One class's curves: season by month (1..12), level and swing as points at even distances."""

    season: dict[int, int] = field(default_factory=dict)
    level: list[int] = field(default_factory=list)
    swing: list[int] = field(default_factory=list)


def load(path: Path = TABLE) -> dict[str, Shape]:
    """Shapes by class (flat, house, budget, other)."""
    shapes: dict[str, Shape] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            shape = shapes.setdefault(row["shape"], Shape())
            value = int(row["thousandths"])
            if row["kind"] == "season":
                shape.season[int(row["key"])] = value
            elif row["kind"] == "level":
                shape.level.append(value)
            else:
                shape.swing.append(value)
    # A block of flats is one customer there: between flats, the spread is that of homes.
    shapes["flat"].level = shapes["house"].level
    # Institutions are billed there for one month and two by turns, which is no swing of their use.
    shapes["budget"].swing = shapes["other"].swing
    return shapes


def draw(curve: list[int], dice: Dice) -> int:
    """A value of the curve at a random height, straight between its points."""
    steps = len(curve) - 1
    place, rest = divmod(dice.below(steps * 1000), 1000)
    return (curve[place] * (1000 - rest) + curve[place + 1] * rest) // 1000
