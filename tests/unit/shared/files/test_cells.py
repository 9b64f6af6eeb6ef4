"""Values of cells by the kind of their column."""

from datetime import date

import pytest
from aimak.files import Column
from aimak.files.cells import converter
from aimak.files.faults import CellFault
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "thousandths"),
    [
        ("1234,5", 1234500),
        ("1234.5", 1234500),
        ("1 234,50", 1234500),
        ("1\u00a0234,50", 1234500),
        ("1\u202f234", 1234000),
        ("0", 0),
        ("007", 7000),
        ("1,2340", 1234),
        (" 12 ", 12000),
        ("0,001", 1),
    ],
)
def test_quantities_as_people_write_them(text: str, thousandths: int) -> None:
    """A comma or a dot, spaces of three kinds between thousands, zeros at either end."""
    assert converter(Column("q", "thousandths"))(text) == thousandths


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("12a", "AIM-F102"),
        ("1,234.50", "AIM-F102"),
        ("12 34", "AIM-F102"),
        ("1e3", "AIM-F102"),
        ("٣", "AIM-F102"),
        ("nan", "AIM-F102"),
        ("1.2345", "AIM-F103"),
        ("-1", "AIM-F104"),
        ("1000000000", "AIM-F104"),
        ("9" * 30, "AIM-F104"),
        ("--1", "AIM-F102"),
        (",5", "AIM-F102"),
    ],
)
def test_what_is_no_quantity(text: str, code: str) -> None:
    """Text in a number, ambiguous grouping, too many decimals and out of bounds each have their code."""
    with pytest.raises(CellFault) as fault:
        converter(Column("q", "thousandths"))(text)
    assert fault.value.code == code


@given(st.integers(0, 10**12 - 1))
def test_every_quantity_survives_being_written(thousandths: int) -> None:
    """A quantity written with comma or dot is read back exactly: no float is on the way."""
    whole, rest = divmod(thousandths, 1000)
    convert = converter(Column("q", "thousandths"))
    assert convert(f"{whole},{rest:03d}") == convert(f"{whole}.{rest:03d}") == thousandths


@pytest.mark.parametrize("text", ["31.10.2026", "2026-10-31", "31/10/2026", "2026-10-31 00:00:00", "31.10.2026 "])
def test_dates(text: str) -> None:
    """The local form, ISO, and what a workbook holds."""
    assert converter(Column("d", "date"))(text) == date(2026, 10, 31)


@pytest.mark.parametrize("text", ["31.02.2026", "10.31.2026", "2026-1-1", "31.10.26", "46326", "2026-10-31 10:00:00"])
def test_what_is_no_date(text: str) -> None:
    """No such day, the American order, a year of two digits, a workbook's serial number."""
    with pytest.raises(CellFault) as fault:
        converter(Column("d", "date"))(text)
    assert fault.value.code == "AIM-F105"


@given(st.text(max_size=12))
def test_any_text_is_a_value_or_a_fault(text: str) -> None:
    """Nothing that a cell may hold raises anything but a cell fault."""
    for kind in ("text", "int", "thousandths", "som", "date", "month", "bool", "json", "choice"):
        try:
            converter(Column("x", kind, choices=("a",)))(text)  # type: ignore[arg-type]
        except CellFault as fault:
            assert fault.code.startswith("AIM-F1")


def test_money_flags_months_choices_and_json() -> None:
    """The other kinds, in the words that people use."""
    assert converter(Column("m", "som"))("-1 234,56") == -123456
    assert converter(Column("b", "bool"))("Да") is True
    assert converter(Column("b", "bool"))("жок") is False
    for written in ("07.2023", "7.2023", "2023-07", "2023-07-01 00:00:00"):
        assert converter(Column("p", "month"))(written) == "2023-07"
    assert converter(Column("k", "choice", choices={"flat": ("квартира", "батир")}))("Квартира") == "flat"
    assert converter(Column("j", "json"))('{"metered":true}') == {"metered": True}


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("som", "10.455", "AIM-F103"),
        ("som", "12,450", "AIM-F103"),
        ("som", "99999999999999", "AIM-F104"),
        ("som", "-99 999 999 999 999,00", "AIM-F104"),
        ("som", "1,234.50", "AIM-F102"),
        ("som", "+5", "AIM-F102"),
        ("bool", "может", "AIM-F108"),
        ("month", "2023-13", "AIM-F111"),
        ("month", "2023-07-15 00:00:00", "AIM-F111"),
        ("choice", "дом", "AIM-F106"),
        ("json", "[1]", "AIM-F109"),
        ("json", '{"a":NaN}', "AIM-F109"),
        ("text", "x" * 201, "AIM-F107"),
        ("text", "a\x07b", "AIM-F112"),
        ("int", "1.5", "AIM-F113"),
    ],
)
def test_faults_of_the_other_kinds(kind: str, text: str, code: str) -> None:
    """Each kind refuses what is not its own."""
    with pytest.raises(CellFault) as fault:
        converter(Column("x", kind, choices=("flat",)))(text)  # type: ignore[arg-type]
    assert fault.value.code == code


def test_an_empty_cell_is_nothing_or_a_fault() -> None:
    """An empty cell is None; where a value is required it is a fault."""
    assert converter(Column("x"))(" \u00a0") is None
    with pytest.raises(CellFault) as fault:
        converter(Column("x", required=True))("  ")
    assert fault.value.code == "AIM-F101"
