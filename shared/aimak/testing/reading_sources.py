"""The contract of reading sources as tests: an author inherits `ReadingSourceContract` and names the samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

import pytest
from aimak.files.source import BytesSource
from aimak.plugins.checks import broken_contract
from aimak.plugins.reading_sources import HEAD_BYTES, INTERFACE_VERSION, READINGS, Fit, ReadingSource, Row
from aimak.problems import Refused

_NAMES = {column.name for column in READINGS.columns}
_RUBBISH = (b"", b"\x00", b"PK\x03\x04", b"\xff" * 100, b"{}", b'"', b"\xd0\xcf\x11\xe0", "показания".encode("cp1251"))


class ReadingSourceContract:
    """What every reading source must keep.

    `name` and `sample` are a file with good rows and at least one faulty one; `expected` are the good rows' values
    (the keys you care for); `faulty` is how many rows are at fault; `foreign` is a file of another format.
    """

    source: ClassVar[type[ReadingSource]]
    name: ClassVar[str]
    sample: ClassVar[bytes]
    expected: ClassVar[Sequence[Mapping[str, Any]]]
    faulty: ClassVar[int]
    foreign: ClassVar[bytes]

    def rows(self, size: int = 1_000, skip: int = 0) -> tuple[list[Row], list[Row]]:
        """Good and faulty rows of the sample."""
        blocks = list(self.source().open(BytesSource(self.name, self.sample)).blocks(size, skip))
        return [row for block in blocks for row in block.good], [row for block in blocks for row in block.bad]

    def test_it_keeps_the_interface(self) -> None:
        """The class is what the host's registry accepts."""
        assert broken_contract(self.name, self.source, ReadingSource, INTERFACE_VERSION) is None

    def test_good_rows_have_the_expected_values(self) -> None:
        """Every good row holds every declared column, with the types that the interface promises."""
        good, _ = self.rows()
        assert len(good) == len(self.expected)
        for row, wanted in zip(good, self.expected, strict=True):
            assert row.values.keys() == _NAMES
            assert {key: row.values[key] for key in wanted} == dict(wanted)
            assert isinstance(row.values["account"], str) and isinstance(row.values["serial"], str)
            assert type(row.values["date"]) is date and type(row.values["reading"]) is int

    def test_faulty_rows_are_named(self) -> None:
        """A row that cannot be read is given with its line, what stood there, and a problem."""
        _, bad = self.rows()
        assert len(bad) == self.faulty
        for row in bad:
            assert row.problems and row.line > 0 and row.cells
            assert all(problem.place is not None and problem.place.line == row.line for problem in row.problems)

    def test_reading_again_gives_the_same(self) -> None:
        """The same rows come in the same order, in blocks of any size and from any row on."""
        lines = sorted(row.line for rows in self.rows() for row in rows)
        for size in (1, 2, 3):
            for skip in range(len(lines) + 1):
                assert sorted(row.line for rows in self.rows(size, skip) for row in rows) == lines[skip:]
        assert self.source().open(BytesSource(self.name, self.sample)).count() == len(lines)

    def test_it_knows_its_own(self) -> None:
        """Its own file is recognised; one of another format is not taken for certain."""
        assert self.source().recognises(self.name, self.sample[:HEAD_BYTES]) > Fit.NO
        assert self.source().recognises("other", self.foreign[:HEAD_BYTES]) < Fit.CERTAIN

    @pytest.mark.parametrize("body", _RUBBISH)
    def test_rubbish_is_refused_with_a_problem(self, body: bytes) -> None:
        """Whatever the bytes, recognising does not raise, and opening gives a document or a refusal with its reason."""
        assert self.source().recognises("rubbish", body) in Fit
        try:
            document = self.source().open(BytesSource("rubbish", body))
            list(document.blocks())
        except Refused as refused:
            assert refused.problems

    def test_a_file_that_was_cut_off_gives_no_invented_rows(self) -> None:
        """Wherever the file ends, all rows but the last are rows of the whole file, or it is refused."""
        good, _ = self.rows()
        known = [row.values for row in good]
        for length in range(0, len(self.sample), max(1, len(self.sample) // 40)):
            try:
                document = self.source().open(BytesSource(self.name, self.sample[:length]))
                rows = [row.values for block in document.blocks() for row in block.good]
            except Refused:
                continue
            assert rows[:-1] == known[: max(len(rows) - 1, 0)]
