"""Files of others beside the books."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aimak.problems import Refused
from aimak_gateway.cli.brought import rows_of
from aimak_gateway.cli.comparing import _differing, _theirs
from aimak_gateway.cli.write_offs import RELATIVES


class Books:
    """A turnover of two creditors by class."""

    def get(self, path: str, *, by: str, **asked: Any) -> dict[str, Any]:
        """The rows of the sheet, summed by `by`."""
        assert path == "/billing/reports/turnover" and asked == {"period": "2026-10"}
        rows = [("vodokanal", "household", 100), ("vodokanal", "budget", 50), ("tazalyk", "household", 7)]
        names = ("provider", "class")
        sums: dict[tuple[str, ...], int] = {}
        for *key, amount in rows:
            kept = tuple(part for name, part in zip(names, key, strict=True) if name in by.split(","))
            sums[kept] = sums.get(kept, 0) + amount
        heads = [name for name in names if name in by.split(",")]
        return {"rows": [{**dict(zip(heads, key, strict=True)), "charged_tyiyn": sum_} for key, sum_ in sums.items()]}


def differing(tmp_path: Path, text: str) -> list[list[Any]]:
    """What differs between a file and the books."""
    file = tmp_path / "theirs.csv"
    file.write_text(text, encoding="utf-8")
    return _differing(Books(), {"period": "2026-10"}, file, _theirs(file))  # type: ignore[arg-type]


def test_each_row_is_held_against_what_it_names(tmp_path: Path) -> None:
    """By creditor and class, by creditor, or all together: what is equal is silent, what differs is told."""
    assert differing(tmp_path, "provider;class;charged\nvodokanal;household;1.00\nvodokanal;budget;0.50\n") == []
    assert differing(tmp_path, "provider;charged\nvodokanal;1.50\ntazalyk;0.08\n") == [
        ["theirs.csv", "tazalyk", "", "", "charged", 8, 7, 1]
    ]
    assert differing(tmp_path, "charged\n1.57\n") == []


def test_our_own_sheet_comes_back_as_it_was(tmp_path: Path) -> None:
    """Heads in Russian are known; a creditor that the books do not have has nothing there."""
    found = differing(tmp_path, "поставщик;начислено\nvodokanal;1.50\nother;2.00\n")
    assert found == [["theirs.csv", "other", "", "", "charged", 200, 0, 200]]


@pytest.mark.parametrize(("head", "household", "budget", "total"), [
    ("поставщик;группа;код: группа;начислено", "население", "бюджетные", "всего"),
    ("жеткирүүчү;топ;код: топ;чегерилди", "калк", "бюджеттик", "бардыгы"),
])  # fmt: skip
def test_a_sheet_in_words_with_its_total_comes_back(
    tmp_path: Path, head: str, household: str, budget: str, total: str
) -> None:
    """A sheet of ours says classes in words, codes beside them, and ends with a total that is no creditor."""
    rows = [f"vodokanal;{household};household;1.00", f"vodokanal;{budget};budget;0.51", f"{total};;;1.51"]
    assert differing(tmp_path, "\n".join([head, *rows, ""])) == [
        ["theirs.csv", "vodokanal", "", "budget", "charged", 51, 50, 1]
    ]


def test_a_file_without_a_sum_is_refused(tmp_path: Path) -> None:
    """With the columns that are known."""
    with pytest.raises(Refused, match="AIM-G063"):
        differing(tmp_path, "provider;note\nvodokanal;x\n")


def test_every_fault_of_a_brought_file_is_told(tmp_path: Path) -> None:
    """Lines without an account or a name, and a file that is not there."""
    file = tmp_path / "relatives.csv"
    file.write_text("account;of\n17;deputy\n;head\n19;\n", encoding="utf-8")
    with pytest.raises(Refused) as refused:
        rows_of(file, *RELATIVES)
    assert [problem.place.line for problem in refused.value.problems if problem.place] == [3, 4]
    with pytest.raises(Refused, match="AIM-G020"):
        rows_of(tmp_path / "none.csv", *RELATIVES)
