"""A partner's registry as a file: what is read, what makes the whole file faulty."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from aimak_payments.domain.registries import (
    MATCHED,
    MISMATCH,
    MISSING_ONLINE,
    Known,
    compare,
    faults,
)
from aimak_payments.plugins.payment_partners.osmp.registry import read
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.payments.conftest import registry

ZONE = ZoneInfo("Asia/Bishkek")
LINE = ("1234567890123", "23.11.2026", "09:15:02", "0001234567", "245.50")
OTHER = ("1234567890124", "23.11.2026", "09:15:40", "0001234568", "1000.00")


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_any_line_end_is_read(end: str) -> None:
    """CRLF, LF and bare CR are the same file."""
    file = read(registry(LINE, OTHER, end=end), ZONE)
    assert faults(file) == []
    assert [line.amount_tyiyn for line in file.lines] == [24_550, 100_000]
    assert [line.line for line in file.lines] == [1, 2]


@pytest.mark.parametrize("day", ["23.11.2026", "2026-11-23", "20261123"])
@pytest.mark.parametrize(("time", "second"), [("09:15:02", 2), ("09:15", 0), ("091502", 2)])
def test_dates_are_read_in_the_partners_zone(day: str, time: str, second: int) -> None:
    """Each agreed form of date and time is the same instant."""
    (line,) = read(registry((LINE[0], day, time, *LINE[3:])), ZONE).lines
    assert line.paid_at == datetime(2026, 11, 23, 3, 15, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "AIM-P031"),
        (b"\r\n \n", "AIM-P031"),
        (b"\t".join(cell.encode() for cell in LINE), "AIM-P032"),
        (registry(LINE, total="Total:\tone\t245.50"), "AIM-P033"),
        (registry(LINE, total="Total:\t1"), "AIM-P033"),
        (registry(LINE, total="Total:\t2\t245.50"), "AIM-P039"),
        (registry(LINE, total="Total:\t1\t245.51"), "AIM-P040"),
        (registry(LINE, (LINE[0], *OTHER[1:])), "AIM-P041"),
        (b"1\t2\t3\nTotal:\t1\t1.00", "AIM-P034"),
        (registry(("x1", *LINE[1:])), "AIM-P035"),
        (registry((*LINE[:3], "", LINE[4])), "AIM-P035"),
        (registry((*LINE[:4], "0.00")), "AIM-P036"),
        (registry((*LINE[:4], "245.505"), total="Total:\t1\t245.50"), "AIM-P036"),
        (b"1\t23.11.2026\t09:15:02\t7\t245,50\nTotal:\t1\t245.50", "AIM-P036"),
        (registry((LINE[0], "31.11.2026", *LINE[2:])), "AIM-P037"),
        (registry((LINE[0], LINE[1], "25:00:00", *LINE[3:])), "AIM-P037"),
    ],
)
def test_faulty_file_names_its_fault(content: bytes, code: str) -> None:
    """Each fault has its code; one is enough for nothing to be taken."""
    assert code in [problem.code for problem in faults(read(content, ZONE))]


def test_file_without_payments_is_sound() -> None:
    """A day on which nobody paid is a registry too."""
    file = read(b"Total:\t0\t0.00\r\n", ZONE)
    assert faults(file) == [] and file.lines == ()


def test_account_in_cp1251_is_read() -> None:
    """An account with letters written in cp1251 is no fault."""
    (line,) = read("1\t23.11.2026\t09:15\tЛ-7\t1.00\nTotal:\t1\t1.00".encode("cp1251"), ZONE).lines
    assert line.account == "Л-7"


def test_wrong_kind_of_file_is_not_listed_without_end() -> None:
    """A file that is something else has some problems, not a million."""
    assert len(read(b"a;b\n" * 10_000 + b"Total:\t1\t1.00", ZONE).problems) <= 100


AMOUNTS = st.lists(st.integers(1, 10**9), max_size=30)


@given(AMOUNTS, st.sampled_from(["\r\n", "\n", "\r"]))
def test_totals_always_hold_for_a_whole_file(amounts: list[int], end: str) -> None:
    """What is written is read, to the tyiyn."""
    lines = [
        (str(place), "2026-11-23", "09:15:02", "7", f"{amount // 100}.{amount % 100:02d}")
        for place, amount in enumerate(amounts)
    ]
    file = read(registry(*lines, end=end), ZONE)
    assert faults(file) == []
    assert [line.amount_tyiyn for line in file.lines] == amounts


@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=20), st.data())
def test_cut_file_is_always_refused(amounts: list[int], data: st.DataObject) -> None:
    """Wherever a file is cut before its total is complete, nothing of it is taken."""
    lines = [
        (str(place), "2026-11-23", "09:15:02", "7", f"{amount // 100}.{amount % 100:02d}")
        for place, amount in enumerate(amounts)
    ]
    whole = registry(*lines)
    total_begins = whole.index(b"Total:")
    cut = data.draw(st.integers(0, total_begins + len("Total:\t1\t")))
    assert faults(read(whole[:cut], ZONE))


KNOWN = st.none() | st.builds(
    Known, st.sampled_from("ABC"), st.none() | st.integers(1, 3), st.integers(1, 3), st.booleans()
)


@given(st.sampled_from("ABC"), st.none() | st.integers(1, 3), st.integers(1, 3), KNOWN)
def test_every_line_is_one_of_three(account: str, account_id: int | None, amount: int, known: Known | None) -> None:
    """A line is missing online only when nothing is known, matched only when account and sum agree."""
    match, reason = compare(account, account_id, amount, known)
    assert (match == MISSING_ONLINE) == (known is None)
    assert (match == MISMATCH) == (reason is not None)
    if match == MATCHED:
        assert known is not None and known.accepted and known.amount_tyiyn == amount
        assert known.account == account or known.account_id == account_id
