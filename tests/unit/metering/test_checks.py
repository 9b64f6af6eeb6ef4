"""The checks of readings: what is believed, what is held, what is a faulty row."""

from datetime import date, timedelta

import pytest
from aimak_metering.domain import checks
from aimak_metering.domain.checks import judge, release, row_fault
from aimak_metering.domain.meters import REMEMBERED, Meter, Track, Use
from hypothesis import assume, given
from hypothesis import strategies as st

START = date(2026, 1, 1)
METER = Meter(dials=5, size=15, installed_on=START)
STEADY = Track(date(2026, 10, 1), 1_200_000, tuple(Use(30, 10_000) for _ in range(6)))

meters = st.builds(
    Meter,
    dials=st.integers(4, 8),
    size=st.sampled_from([15, 20, 25, 40, 50, 80, 100]),
    installed_on=st.just(START),
    verified_until=st.none() | st.dates(START, date(2030, 1, 1)),
)


@st.composite
def tracks(draw: st.DrawFn, meter: Meter, held: bool = False) -> Track:
    """A meter's past that its register can show."""
    uses = draw(st.lists(st.builds(Use, st.integers(1, 100), st.integers(0, 500_000)), max_size=REMEMBERED))
    value = draw(st.integers(0, meter.capacity - 1))
    return Track(START + timedelta(days=draw(st.integers(0, 300))), value, tuple(uses), held)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Meter, Track, date, int]:
    """Any meter, any past, any later reading that fits the register."""
    meter = draw(meters)
    track = draw(tracks(meter))
    return meter, track, track.day + timedelta(days=draw(st.integers(1, 400))), draw(st.integers(0, meter.capacity - 1))


def held_for(track: Track, value: int, meter: Meter = METER, days: int = 30) -> str | None:
    """The code for which a reading is held; None when it is accepted."""
    verdict = judge(meter, track, track.day + timedelta(days=days), value)
    return verdict.findings[0].code if verdict.held else None


@pytest.mark.parametrize(
    ("use", "code"),
    [
        (10_000, None),
        (2_500, None),
        (400, checks.TOO_LOW),
        (0, None),
        (40_000, None),
        (45_000, None),
        (45_001, checks.TOO_HIGH),
        (100_000, checks.TOO_HIGH),
        (2_160_001, checks.BEYOND_METER),
        (-1, checks.BELOW_LAST),
    ],
)
def test_a_reading_beside_the_meters_own_history(use: int, code: str | None) -> None:
    """With 10 m³ a month, a quarter to four times that (and some room) is believed; zero is noted, not held."""
    assert held_for(STEADY, STEADY.value + use) == code


def test_the_span_counts_not_the_number_of_readings() -> None:
    """Three months' use in one reading is usual when three months have passed."""
    assert held_for(STEADY, STEADY.value + 60_000) == checks.TOO_HIGH
    assert held_for(STEADY, STEADY.value + 60_000, days=91) is None


def test_without_history_the_size_is_the_limit() -> None:
    """A new meter is believed up to what a customer draws by one of its size."""
    new = Track(START, 0)
    assert held_for(new, 500_000) is None
    assert held_for(new, 541_000) == checks.UNKNOWN_USER
    assert held_for(new, 541_000, Meter(5, 40, START)) is None


def test_a_roll_over_is_explained() -> None:
    """From 99990 to 5 is 15 m³ for a register in its last tenth; from its middle it is a reading below the last."""
    near = Track(STEADY.day, 99_990_000, STEADY.uses)
    verdict = judge(METER, near, date(2026, 10, 31), 5_000)
    assert (verdict.held, verdict.quantity, verdict.method) == (False, 15_000, "rollover")
    assert [finding.code for finding in verdict.findings] == [checks.ROLLED_OVER]
    assert held_for(Track(STEADY.day, 50_000_000, STEADY.uses), 5_000) == checks.BELOW_LAST
    assert held_for(near, 300_000) == checks.BELOW_LAST


def test_notes_do_not_hold() -> None:
    """Zero after use, an early reading, a late one and a past verification are noted on an accepted reading."""
    stale = Meter(5, 15, START, verified_until=date(2026, 9, 1))
    zero = judge(stale, STEADY, STEADY.day + timedelta(days=2), STEADY.value)
    assert not zero.held
    assert [finding.code for finding in zero.findings] == [checks.ZERO, checks.TOO_SOON, checks.VERIFICATION_OVER]
    late = judge(METER, STEADY, STEADY.day + timedelta(days=80), STEADY.value + 20_000)
    assert [finding.code for finding in late.findings] == [checks.TOO_LATE]


def test_behind_a_held_reading_everything_waits() -> None:
    """However plausible, a reading after a held one is not believed before that is decided."""
    behind = Track(STEADY.day, STEADY.value, STEADY.uses, held=True)
    assert held_for(behind, STEADY.value + 10_000) == checks.WAITS


@pytest.mark.parametrize(
    ("day", "value", "code"),
    [
        (date(2026, 11, 3), 1_000, checks.FUTURE),
        (date(2026, 11, 2), 1_000, None),
        (date(2026, 10, 31), 100_000_000, checks.TOO_MANY_DIGITS),
        (date(2025, 12, 31), 1_000, checks.BEFORE_INSTALLATION),
        (date(2026, 9, 30), 1_000, checks.BEFORE_LAST),
    ],
)
def test_rows_that_cannot_be_kept(day: date, value: int, code: str | None) -> None:
    """A date in the future, before the installation or before the last reading, and too many digits."""
    fault = row_fault(METER, STEADY, date(2026, 10, 1), day, value, today=date(2026, 11, 2))
    assert (fault and fault.code) == code


@given(cases())
def test_accepted_use_is_what_went_through(case: tuple[Meter, Track, date, int]) -> None:
    """Accepted use is never negative nor beyond the meter, and moves the register from the last value to this."""
    meter, track, day, value = case
    verdict = judge(meter, track, day, value)
    if verdict.held:
        assert verdict.quantity is None and verdict.findings
        return
    assert verdict.quantity is not None
    assert 0 <= verdict.quantity <= meter.greatest_flow * 24 * (day - track.day).days
    assert (track.value + verdict.quantity) % meter.capacity == value
    assert (verdict.method == "rollover") == (value < track.value)


@given(cases())
def test_a_word_given_for_a_reading_changes_the_verdict_only(case: tuple[Meter, Track, date, int]) -> None:
    """Released, a reading gives the use that its values say; where it would have been accepted, the same one."""
    meter, track, day, value = case
    verdict, vouched = judge(meter, track, day, value), release(meter, track, day, value)
    if not verdict.held:
        assert vouched == verdict
    elif vouched is not None:
        assert vouched.quantity is not None and vouched.quantity >= 0
        assert (track.value + vouched.quantity) % meter.capacity == value
    else:
        assert value < track.value


@given(meters, st.data())
def test_uses_add_up(meter: Meter, data: st.DataObject) -> None:
    """Whatever comes, the accepted uses between two accepted readings add up to the difference of their values."""
    track = data.draw(tracks(meter))
    first, total = track.value, 0
    for step in data.draw(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 200_000)), max_size=8)):
        day, value = track.day + timedelta(days=step[0]), (track.value + step[1]) % meter.capacity
        verdict = judge(meter, track, day, value)
        if not verdict.held:
            assert verdict.quantity is not None
            total += verdict.quantity
            track = track.after(day, value, verdict.quantity)
    assert (first + total) % meter.capacity == track.value
    assert len(track.uses) <= REMEMBERED


@given(cases(), st.integers(1, 1_000_000))
def test_more_is_never_more_believable(case: tuple[Meter, Track, date, int], more: int) -> None:
    """Once a use is held for being too high, a higher one is not accepted."""
    meter, track, day, value = case
    assume(value >= track.value and value + more < meter.capacity)
    verdict = judge(meter, track, day, value)
    if verdict.held and verdict.findings[0].code in (checks.TOO_HIGH, checks.UNKNOWN_USER, checks.BEYOND_METER):
        assert judge(meter, track, day, value + more).held


@given(st.integers(0, 10**12))
def test_quantities_are_shown_exactly(thousandths: int) -> None:
    """What is shown is the value, without needless zeros."""
    text = checks.shown(thousandths)
    whole, _, rest = text.partition(".")
    assert int(whole) * 1000 + int((rest or "0").ljust(3, "0")) == thousandths
    assert not (rest and text.endswith("0"))
