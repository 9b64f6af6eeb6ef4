"""Which installed source takes a file."""

from typing import ClassVar

import pytest
from aimak.files import BytesSource
from aimak.plugins.reading_sources import GROUP, INTERFACE_VERSION, Document, Fit, ReadingSource, Source
from aimak.plugins.registry import Registry
from aimak.problems import Refused
from aimak_metering.application.sources import AnySource
from aimak_metering.plugins.reading_sources.csv.plugin import CsvReadings


class Radio(ReadingSource):
    """A stranger's format: lines that begin with a mark."""

    code: ClassVar[str] = "radio"
    interface_version: ClassVar[int] = INTERFACE_VERSION
    names: ClassVar[dict[str, str]] = {"ky": "Радио", "ru": "Радио", "en": "Radio"}

    def recognises(self, name: str, head: bytes) -> Fit:
        """Certain by its mark."""
        return Fit.CERTAIN if head.startswith(b"#radio") else Fit.NO

    def open(self, source: Source) -> Document:
        """Says that it was asked."""
        raise NotImplementedError("radio was chosen")


def registry(*plugins: type[ReadingSource]) -> Registry[ReadingSource]:
    """A registry of these plugins."""
    return Registry(GROUP, INTERFACE_VERSION, {plugin.code: plugin for plugin in plugins})


def test_the_surest_takes_the_file() -> None:
    """A stranger who knows the file goes before the table that would try any text."""
    sources = AnySource(registry(CsvReadings, Radio))
    with pytest.raises(NotImplementedError, match="radio was chosen"):
        sources.open(BytesSource("x.txt", b"#radio 1"))
    document = sources.open(BytesSource("x.csv", b"account;serial;date;reading\n1;S1;2026-10-01;5\n"))
    assert document.count() == 1


def test_nobody_knows_the_file() -> None:
    """What no source recognises is refused, naming those that there are."""
    with pytest.raises(Refused) as refused:
        AnySource(registry(Radio)).open(BytesSource("x.csv", b"a;b\n"))
    (problem,) = refused.value.problems
    assert (problem.code, problem.fields["sources"]) == ("AIM-M501", "radio")
