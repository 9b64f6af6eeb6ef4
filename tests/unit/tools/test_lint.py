"""The house's own checks find what they are there for, and nothing else."""

from pathlib import Path

import pytest

from tools.lint import numbers, sizes
from tools.lint.__main__ import SIZED, WHOLE_NUMBERS, main

HERE = Path("x.py")


@pytest.mark.parametrize(
    "source",
    [
        "share = 0.5",
        "def f(amount: float) -> int: ...",
        "total = pl.col('a') / pl.col('b')",
        "total /= 3",
        "import polars as pl\nkind = pl.Float64",
        "from polars import Float64 as F",
        "from operator import truediv",
        "pl.sum_horizontal('a', 'b')",
        "pl.sum_horizontal('a', 'b', ignore_nulls=True)",
    ],
)
def test_what_makes_a_fraction_is_found(source: str) -> None:
    """A float, a division that makes one, and a sum that hides a null are each reported."""
    assert len(numbers.check(HERE, source)) == 1


def test_whole_numbers_pass() -> None:
    """Floor division, ints, and a sum that keeps nulls are allowed."""
    source = "total = (a * 3) // 2\nboth = pl.sum_horizontal('a', ignore_nulls=False)\nhalf = '0.5'"
    assert numbers.check(HERE, source) == []


def test_a_finding_names_its_place() -> None:
    """The line in the report is the line of the fault."""
    assert [str(found) for found in numbers.check(HERE, "a = 1\nb = a / 2\n")] == [
        "x.py:2: `/` gives a float; use // or aimak.money.half_up"
    ]


@pytest.mark.parametrize("pattern", [*WHOLE_NUMBERS, *SIZED])
def test_every_pattern_names_files_that_are_there(pattern: str) -> None:
    """A module that became a folder does not fall out of the check unseen."""
    assert any(Path(__file__).parents[3].glob(pattern))


@pytest.mark.parametrize(("lines", "faults"), [(400, 0), (401, 1)])
def test_a_long_module_is_found(lines: int, faults: int) -> None:
    """A module of 400 lines passes, one of 401 does not."""
    assert len(sizes.check(HERE, "a = 1\n" * lines)) == faults


@pytest.mark.parametrize(("lines", "faults"), [(49, 0), (50, 1)])
def test_a_long_function_is_found(lines: int, faults: int) -> None:
    """A function of 50 lines with its head passes, one of 51 does not."""
    assert len(sizes.check(HERE, "def f():\n" + "    a = 1\n" * lines)) == faults


def test_the_tree_is_searched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A fault deep in a service's domain ends the check with 1 and is printed."""
    rules = tmp_path / "services/x/aimak_x/domain/deep"
    rules.mkdir(parents=True)
    (rules / "price.py").write_text("price = 0.1\n", encoding="utf-8")
    assert main(tmp_path) == 1
    assert "services/x/aimak_x/domain/deep/price.py:1" in capsys.readouterr().out
    (rules / "price.py").write_text("price = 1\n", encoding="utf-8")
    assert main(tmp_path) == 0
