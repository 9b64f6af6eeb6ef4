"""Whole tables: CSV and XLSX through the same declaration."""

import io
from collections.abc import Sequence
from datetime import date

import pytest
import xlsxwriter
from aimak import texts
from aimak.files import BytesSource, Column, Columns, Row, TableReader
from aimak.problems import Refused
from hypothesis import given
from hypothesis import strategies as st

COLUMNS = Columns(
    Column("account", required=True, aliases=("лицевой счёт", "жеке эсеп")),
    Column("date", "date", required=True, aliases=("дата", "күнү")),
    Column("reading", "thousandths", required=True, aliases=("показание", "көрсөткүч")),
    Column("note", aliases=("примечание",)),
)
REGISTRY = Columns(
    Column("txn_id", required=True),
    Column("account", required=True),
    Column("sum", "som", required=True),
    header=False,
    trailer="Total:",
    separator="\t",
)


def csv(text: str, encoding: str = "utf-8", name: str = "list.csv") -> BytesSource:
    """A CSV file."""
    return BytesSource(name, text.encode(encoding))


def xlsx(*rows: Sequence[object], first: int = 0) -> BytesSource:
    """A workbook of one sheet."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    form = book.add_format({"num_format": "dd.mm.yyyy"})
    for line, cells in enumerate(rows, first):
        for column, value in enumerate(cells):
            if isinstance(value, date):
                sheet.write_datetime(line, column, value, form)
            else:
                sheet.write(line, column, value)
    book.close()
    return BytesSource("list.xlsx", buffer.getvalue())


def rows(source: BytesSource, columns: Columns = COLUMNS, size: int = 2) -> tuple[list[Row], list[Row]]:
    """Good and bad rows of a file."""
    good: list[Row] = []
    bad: list[Row] = []
    for block in TableReader(columns).open(source).blocks(size):
        good += block.good
        bad += block.bad
    return good, bad


def codes(source: BytesSource, columns: Columns = COLUMNS) -> list[str]:
    """Codes of the file faults of a refused file."""
    with pytest.raises(Refused) as refused:
        rows(source, columns)
    return [problem.code for problem in refused.value.problems]


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "cp866", "utf-16"])
def test_separator_and_encoding_are_found(separator: str, encoding: str) -> None:
    """Every separator in every encoding gives the same rows."""
    text = "Лицевой счёт;Дата;Показание;Примечание\n1001;31.10.2026;1234.5;слева\n".replace(";", separator)
    good, bad = rows(csv(text, encoding))
    assert not bad
    assert good[0].values == {"account": "1001", "date": date(2026, 10, 31), "reading": 1234500, "note": "слева"}


@pytest.mark.parametrize("word", ["причина", "себеби", "reason"])
def test_our_own_column_of_reasons_is_known(word: str) -> None:
    """Refused rows are brought again with the column that says why, in any language, and nothing is said of it; a
    column that is called alike is."""
    text = f"account;date;reading;{word}\n1;01.10.2026;5;AIM-F105: 32.10.2026\n"
    document = TableReader(COLUMNS).open(csv(text))
    assert document.warnings == () and [row.values["reading"] for block in document.blocks(2) for row in block.good]
    assert [problem.code for problem in TableReader(COLUMNS).open(csv(text.replace(word, word + " 2"))).warnings] == [
        "AIM-F007"
    ]


def test_header_below_a_title() -> None:
    """A title, an empty line and the town's name above the header do no harm, and lines keep their numbers."""
    good, _ = rows(csv("Отчёт за октябрь;;\n\nг. Талас;;\naccount;date;reading\n1;01.10.2026;5\n"))
    assert [row.line for row in good] == [5]


def test_kyrgyz_headers_typed_with_russian_letters() -> None:
    """Көрсөткүч written without ө and ү is the same header."""
    good, _ = rows(csv("ЖЕКЕ_ЭСЕП;КУНУ;Корсоткуч\n1;01.10.2026;5\n"))
    assert good[0].values["reading"] == 5000


def test_quoted_cells_keep_line_numbers() -> None:
    """A cell with a line break in quotes is one cell, and the next row's line is the editor's."""
    good, bad = rows(csv('account;date;reading;note\n1;01.10.2026;5;"a\nb"\n2;01.10.2026;x;\n'))
    assert good[0].values["note"] == "a\nb"
    assert bad[0].line == 4


def test_row_faults_name_the_place_and_the_value() -> None:
    """A bad row says file, line, column and value, every fault of the row at once, and the good rows stand."""
    good, bad = rows(csv("account;date;reading\n1;32.10.2026;12a\n2;01.10.2026;7\n"))
    assert [row.values["account"] for row in good] == ["2"]
    assert [
        (p.code, p.place and p.place.line, p.place and p.place.column, p.fields["value"]) for p in bad[0].problems
    ] == [
        ("AIM-F105", 2, "date", "32.10.2026"),
        ("AIM-F102", 2, "reading", "12a"),
    ]
    assert bad[0].cells == ["1", "32.10.2026", "12a"]


def test_decimal_comma_in_a_comma_file_is_a_row_fault() -> None:
    """Where a comma separates, 12,5 makes a cell too many: the row is refused instead of read as 12."""
    _, bad = rows(csv("account,date,reading\n1,01.10.2026,12,5\n"))
    assert [problem.code for problem in bad[0].problems] == ["AIM-F110"]


def test_file_faults_of_the_header() -> None:
    """Missing and doubled columns are all named; a file without any known column is told what was expected."""
    with pytest.raises(Refused) as refused:
        TableReader(COLUMNS).open(csv("account;date\n1;01.10.2026\n"))
    (missing,) = refused.value.problems
    assert missing.code == "AIM-F004"
    assert texts.hint(missing, "ru") == (
        "Добавьте колонку или исправьте её имя в заголовке; она может называться: reading, показание, көрсөткүч"
    )
    assert codes(csv("account;date;reading;Показание\n")) == ["AIM-F005"]
    assert codes(csv("a;b;c\n1;2;3\n")) == ["AIM-F006"]
    assert codes(csv("")) == ["AIM-F001"]


def test_unknown_column_is_a_warning() -> None:
    """A column nobody asked for is named and left out."""
    document = TableReader(COLUMNS).open(csv("account;date;reading;colour\n"))
    assert [(problem.code, problem.severity) for problem in document.warnings] == [("AIM-F007", "warning")]


@pytest.mark.parametrize("tail", ['2;"open;01.10.2026;7\n', '2;"open"x;01.10.2026;7\n'])
def test_broken_quotes_refuse_the_file(tail: str) -> None:
    """With a quote that is never closed nobody knows where rows end: the file is refused at that line."""
    with pytest.raises(Refused) as refused:
        rows(csv("account;date;reading\n1;01.10.2026;5\n" + tail))
    (problem,) = refused.value.problems
    assert problem.code == "AIM-F011" and problem.place is not None and problem.place.line == 3


def test_a_registry_without_header_with_totals() -> None:
    """A file that starts with data and ends with totals gives both; without the totals it has been cut off."""
    body = "7\t1001\t10.45\n8\t1002\t5\n"
    document = TableReader(REGISTRY).open(csv(body + "Total:\t2\t15.45\n"))
    assert sum(block.count for block in document.blocks()) == 2
    assert document.trailer == ("Total:", "2", "15.45")
    assert codes(csv(body), REGISTRY) == ["AIM-F014"]


def test_a_workbook_is_read_as_it_shows() -> None:
    """Numbers, dates and texts of a workbook come out as of a CSV; line numbers are Excel's."""
    good, bad = rows(
        xlsx(
            ["Отчёт"],
            [],
            ["account", "date", "reading"],
            ["00123", date(2026, 10, 31), 1234.5],
            [1002, "31.10.2026", "12,5"],
            [1003, 46326, "x"],
            first=1,
        )
    )
    assert [(row.line, row.values["account"], row.values["reading"]) for row in good] == [
        (5, "00123", 1234500),
        (6, "1002", 12500),
    ]
    assert [(row.line, len(row.problems)) for row in bad] == [(7, 2)]


def test_damaged_workbooks_are_file_faults() -> None:
    """A truncated workbook, at whatever byte, is refused as damaged and never read in part."""
    whole = xlsx(["account", "date", "reading"], ["1", "01.10.2026", "5"]).body
    for length in (4, 30, len(whole) // 2, len(whole) - 1, len(whole) - 30):
        assert codes(BytesSource("list.xlsx", whole[:length])) == ["AIM-F008"]


@pytest.mark.parametrize("body", [b"\x00\xff\x9b" * 300, "показания".encode("cp1251") + b"\x98", b"account;date\n"])
def test_a_file_named_as_a_workbook_that_is_none(body: bytes) -> None:
    """It is said to be no sound workbook, whatever its bytes; nobody is told about encodings of lines. An empty one is
    empty, and of another name the bytes decide."""
    assert codes(BytesSource("LIST.XLSX", body)) == ["AIM-F008"]
    assert codes(BytesSource("list.xlsx", b"")) == ["AIM-F001"]
    assert "AIM-F008" not in codes(BytesSource("list.csv", body))


def test_old_and_huge_workbooks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The old binary format and a workbook beyond the limit are named as such."""
    assert codes(BytesSource("list.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) == ["AIM-F012"]
    monkeypatch.setattr("aimak.files.workbook.MAX_BYTES", 100)
    assert codes(xlsx(["account", "date", "reading"])) == ["AIM-F009"]


@given(st.integers(0, 25), st.integers(1, 7), st.integers(0, 30))
def test_blocks_and_skips_lose_nothing(count: int, size: int, skip: int) -> None:
    """However a file is cut into blocks and wherever reading starts again, the same rows come in the same order."""
    document = TableReader(COLUMNS).open(
        csv("account;date;reading\n" + "".join(f"{n};01.10.2026;{'x' if n % 3 else n}\n" for n in range(count)))
    )
    whole = sorted(row.line for block in document.blocks(1000) for row in (*block.good, *block.bad))
    rest = [sorted(row.line for row in (*block.good, *block.bad)) for block in document.blocks(size, skip)]
    assert [line for block in rest for line in block] == whole[skip:]
    assert all(len(block) == size for block in rest[:-1])
