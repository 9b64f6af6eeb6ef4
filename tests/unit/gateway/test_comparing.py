"""Files of others beside the books."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from aimak.problems import Refused
from aimak_gateway.cli.brought import rows_of
from aimak_gateway.cli.comparing import ALWAYS, SUMS, TURNOVER, _differing, _theirs
from aimak_gateway.cli.write_offs import RELATIVES

# Two creditors by service, class and street, an advance that is of no service, a flat that is on no street.
BOOKS = [
    {"provider": "vodokanal", "service": "water", "class": "household", "street": "Манас", "charged": 100},
    {"provider": "vodokanal", "service": "water", "class": "budget", "street": None, "charged": 50},
    {"provider": "tazalyk", "service": "waste", "class": "household", "street": "Манас", "charged": 7},
    {"provider": "tazalyk", "service": None, "class": "household", "street": "Ленина", "charged": 0, "paid": 62},
]


class Books:
    """What the service answers: no more than so many rows, and the rest in a file."""

    def __init__(self, answered: int = 100) -> None:
        self.answered = answered

    def get(self, path: str, *, by: str, **asked: Any) -> dict[str, Any]:
        """The rows of the sheet, summed by `by`."""
        assert path == "/billing/reports/turnover" and asked == {"period": "2026-10"}
        names = by.split(",")
        sums: dict[tuple[Any, ...], dict[str, int]] = {}
        for row in BOOKS:
            one = sums.setdefault(tuple(row[name] for name in names), {f"{name}_tyiyn": 0 for name in SUMS})
            for name in SUMS:
                one[f"{name}_tyiyn"] += int(row.get(name) or 0)
        rows = [{**dict(zip(names, key, strict=True)), **one} for key, one in sums.items()]
        totals = {f"{name}_tyiyn": sum(row[f"{name}_tyiyn"] for row in rows) for name in SUMS}
        shown = rows[: self.answered]
        return {"columns": [*names, *SUMS], "rows": shown, "totals": totals, "left_out": len(rows) - len(shown)}

    def raw(self, path: str, **asked: Any) -> bytes:
        """All rows as a file of the service has them: codes, no total."""
        assert asked.pop("format") == "csv"
        answer = Books().get(path, **asked)
        cells = [[*(row[name] or "" for name in asked["by"].split(",")), *som(row)] for row in answer["rows"]]
        return "\r\n".join(";".join(row) for row in [answer["columns"], *cells]).encode("utf-8-sig")


def som(row: dict[str, Any]) -> list[str]:
    """The sums of a row as a file has them."""
    return [f"{row[f'{name}_tyiyn'] // 100}.{row[f'{name}_tyiyn'] % 100:02d}" for name in SUMS]


def differing(tmp_path: Path, text: str, books: Books | None = None) -> list[list[Any]]:
    """What differs between a file and the books."""
    file = tmp_path / "theirs.csv"
    file.write_text(text, encoding="utf-8")
    return _differing(books or Books(), {"period": "2026-10"}, _theirs(file, "ru"), ALWAYS)  # type: ignore[arg-type]


@pytest.mark.parametrize("answered", [100, 1])
@pytest.mark.parametrize(
    "by", [by for size in range(1, 5) for by in combinations(("provider", "service", "class", "street"), size)]
)
def test_our_own_file_equals_the_books_by_whatever_it_is_broken_down(
    tmp_path: Path, by: tuple[str, ...], answered: int
) -> None:
    """An empty cell is what has none: the advance is of no service, and does not stand for all services. Neither a
    row of it nor of another may be another sum."""
    rows = [
        line.split(";")
        for line in Books()
        .raw(TURNOVER, by=",".join(by), period="2026-10", format="csv")
        .decode("utf-8-sig")
        .splitlines()
    ]
    text = "\n".join(";".join(row) for row in rows)
    assert differing(tmp_path, text, Books(answered)) == []
    for row in rows[1:]:
        row[-1] = "9.99"
    found = differing(tmp_path, "\n".join(";".join(row) for row in rows), Books(answered))
    assert [row[-4:] for row in found] == [["tax", 999, 0, 999]] * (len(rows) - 1)


def test_a_row_that_goes_less_far_than_others_stands_for_all_there_is(tmp_path: Path) -> None:
    """A file of 1C may give one creditor by service and another as a whole, or sum up below; rows of the same are
    added."""
    head = "provider;service;charged\n"
    assert differing(tmp_path, f"{head}vodokanal;water;1.00\nvodokanal;water;0.50\ntazalyk;;0.07\n;;1.57\n") == []
    assert differing(tmp_path, f"{head}vodokanal;water;1.50\nvodokanal;;1.49\n") == [
        ["theirs.csv", "vodokanal", "", "", "charged", 149, 150, -1]
    ]


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


@pytest.mark.parametrize(
    ("lang", "head"), [("en", "opening balance"), ("ru", "сальдо начальное"), ("ky", "башталгыч сальдо")]
)
def test_a_file_without_a_sum_is_refused(tmp_path: Path, lang: str, head: str) -> None:
    """With the columns that are known, by the words of the sheet too; every one that is told is taken."""
    file = tmp_path / "theirs.csv"
    file.write_text("provider;note\nvodokanal;x\n", encoding="utf-8")
    with pytest.raises(Refused, match="AIM-G063") as refused:
        _theirs(file, lang)
    known = str(refused.value.problems[0].fields["known"])
    assert f"opening ({head}), charged" in known and "written off" not in known
    for column in re.split(r", (?=[a-z_]+(?: \(|,|$))", known):
        for called in filter(None, re.split(r" \(|\)$", column)):
            file.write_text(f"provider;{called}\nvodokanal;1.00\n", encoding="utf-8")
            assert list(_theirs(file, lang).rows.values()) == [{column.split(" ")[0]: 100}]


def test_every_fault_of_a_brought_file_is_told(tmp_path: Path) -> None:
    """Lines without an account or a name, and a file that is not there."""
    file = tmp_path / "relatives.csv"
    file.write_text("account;of\n17;deputy\n;head\n19;\n", encoding="utf-8")
    with pytest.raises(Refused) as refused:
        rows_of(file, *RELATIVES)
    assert [problem.place.line for problem in refused.value.problems if problem.place] == [3, 4]
    with pytest.raises(Refused, match="AIM-G020"):
        rows_of(tmp_path / "none.csv", *RELATIVES)
