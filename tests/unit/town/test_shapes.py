"""The table of shapes."""

from __future__ import annotations

import os
import runpy
from pathlib import Path

import pytest
from town_build import shapes
from town_build.dice import Dice


def test_every_class_has_its_three_curves(town_folder: Path) -> None:
    """Season has twelve months around 1, level and swing rise and average to about 1."""
    table = shapes.load()
    assert set(table) == {"flat", "house", "budget", "other"}
    for shape in table.values():
        assert sorted(shape.season) == list(range(1, 13))
        assert abs(sum(shape.season.values()) - 12_000) < 20
        for curve in (shape.level, shape.swing):
            assert curve == sorted(curve)
            assert curve[0] < 700 < 1300 < curve[-1]


def test_draw_stays_on_the_curve() -> None:
    """A drawn value lies between the curve's ends and the draws spread over it."""
    dice = Dice("test")
    drawn = [shapes.draw([100, 200, 1000], dice) for _ in range(2000)]
    assert 100 <= min(drawn) < 120 and 950 < max(drawn) <= 1000
    assert 900 < sum(value < 200 for value in drawn) < 1100


@pytest.mark.corpora
def test_table_is_what_derive_makes_of_the_corpus(town_folder: Path) -> None:
    """The committed table has the bytes that derive.py writes."""
    corpora = os.environ.get("AIMAK_CORPORA")
    if not corpora:
        pytest.skip("AIMAK_CORPORA names no folder")
    derive = runpy.run_path(str(town_folder / "shapes" / "derive.py"))
    table = (town_folder / "shapes" / "water_use.csv").read_text(encoding="utf-8")
    assert derive["text"](Path(corpora)) == table
