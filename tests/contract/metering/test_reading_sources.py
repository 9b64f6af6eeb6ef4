"""The built-in reading sources keep the contract that every source must keep."""

from collections.abc import Mapping, Sequence
from datetime import date
from importlib import resources
from typing import Any, ClassVar

from aimak.testing.reading_sources import ReadingSourceContract
from aimak_metering.plugins.reading_sources.csv.plugin import CsvReadings
from aimak_metering.plugins.reading_sources.xlsx.plugin import XlsxReadings

FIXTURES = resources.files("aimak_metering") / "plugins" / "reading_sources"
DAY = date(2026, 10, 31)
EXPECTED = (
    {"account": "10040061", "serial": "24100025", "date": DAY, "reading": 1_234_500, "note": "слева"},
    {"account": "10040129", "serial": "22100047", "date": DAY, "reading": 1_204_000, "note": None},
)


def fixture(source: str, name: str) -> bytes:
    """The bytes of a sample that is kept beside its plugin."""
    return (FIXTURES / source / "fixtures" / name).read_bytes()


class CsvContract(ReadingSourceContract):
    """What holds for CSV in every encoding."""

    __test__ = False
    source = CsvReadings
    name = "readings.csv"
    expected: ClassVar[Sequence[Mapping[str, Any]]] = EXPECTED
    faulty = 2
    foreign = fixture("xlsx", "readings.xlsx")


class TestCsvUtf8(CsvContract):
    """UTF-8 with Kyrgyz headers."""

    __test__ = True
    sample = fixture("csv", "readings-utf8.csv")


class TestCsvCp1251(CsvContract):
    """Windows's encoding of Russian."""

    __test__ = True
    sample = fixture("csv", "readings-cp1251.csv")


class TestCsvCp866(CsvContract):
    """The encoding of old programs."""

    __test__ = True
    sample = fixture("csv", "readings-cp866.csv")


class TestXlsx(ReadingSourceContract):
    """A workbook whose readings are on the second sheet."""

    source = XlsxReadings
    name = "readings.xlsx"
    sample = fixture("xlsx", "readings.xlsx")
    expected: ClassVar[Sequence[Mapping[str, Any]]] = EXPECTED
    faulty = 2
    foreign = fixture("csv", "readings-utf8.csv")
