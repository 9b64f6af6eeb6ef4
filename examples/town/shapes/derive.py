"""Derive water_use.csv, the town's table of shapes, from the monthly water usages of Santa Monica.

Needs the corpora folder (AIMAK_CORPORA); the town itself reads only the table this writes:

    python examples/town/shapes/derive.py > examples/town/shapes/water_use.csv
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import polars as pl

SOURCE = "consumption/santamonica/santamonica.csv.gz"
CLASSES = {
    "RESIDENTIAL_SINGLE": "house",
    "RESIDENTIAL_MULTI": "flat",
    "INSTITUTIONAL": "budget",
    "COMMERCIAL": "other",
}
LEAST_BILLS = 6
LARGEST_CCF = 20_000
LEVEL_POINTS = [point * 25 for point in range(41)]
SWING_POINTS = [point * 50 for point in range(21)]
TRIM = (10, 990)


def usages(corpora: Path) -> pl.DataFrame:
    """Positive monthly usages of customers seen often enough: columns customer, month, shape, usage."""
    raw = pl.read_csv(corpora / SOURCE, infer_schema_length=None)
    kept = raw.filter(
        pl.col("cust_class").is_in(list(CLASSES)), pl.col("usage_ccf") > 0, pl.col("usage_ccf") < LARGEST_CCF
    ).select(
        pl.col("cust_id").alias("customer"),
        pl.col("usage_month").alias("month"),
        pl.col("cust_class").replace_strict(CLASSES).alias("shape"),
        pl.col("usage_ccf").alias("usage"),
    )
    often = pl.len().over("customer", "shape") >= LEAST_BILLS
    return kept.filter(often).with_columns(mean=pl.col("usage").mean().over("customer", "shape"))


def _trimmed(point: int) -> float:
    return min(max(point, TRIM[0]), TRIM[1]) / 1000


def _points(values: pl.Series, points: list[int]) -> list[int]:
    whole = values.mean()
    assert isinstance(whole, float)
    return [round(1000 * float(values.quantile(_trimmed(point), "linear") or 0) / whole) for point in points]


def _smoothed(season: pl.DataFrame) -> pl.DataFrame:
    """Many customers are billed every other month: (before + 2 × month + after) / 4 takes that zigzag out."""
    values = season["ratio"].to_list()
    around = [(values[at - 1] + 2 * values[at] + values[(at + 1) % 12]) / 4 for at in range(12)]
    return season.with_columns(pl.Series("ratio", around))


def rows(frame: pl.DataFrame) -> list[tuple[str, str, int, int]]:
    """(shape, kind, key, thousandths): season by month, level and swing by per mille of the customers."""
    table: list[tuple[str, str, int, int]] = []
    for shape in CLASSES.values():
        part = frame.filter(pl.col("shape") == shape).with_columns(ratio=pl.col("usage") / pl.col("mean"))
        season = _smoothed(part.group_by("month").agg(pl.col("ratio").mean()).sort("month"))
        middle = season["ratio"].mean()
        assert isinstance(middle, float)
        table += [(shape, "season", month, round(1000 * ratio / middle)) for month, ratio in season.iter_rows()]
        means = part.group_by("customer").agg(pl.col("mean").first())["mean"]
        table += [(shape, "level", *pair) for pair in zip(LEVEL_POINTS, _points(means, LEVEL_POINTS), strict=True)]
        swing = part.join(season.rename({"ratio": "index"}), on="month").select(
            value=pl.col("ratio") / pl.col("index")
        )["value"]
        table += [(shape, "swing", *pair) for pair in zip(SWING_POINTS, _points(swing, SWING_POINTS), strict=True)]
    return table


def text(corpora: Path) -> str:
    """The whole table as CSV."""
    lines = ["shape;kind;key;thousandths"]
    lines += [";".join(map(str, row)) for row in rows(usages(corpora))]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text(Path(os.environ["AIMAK_CORPORA"])))
