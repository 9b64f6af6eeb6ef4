"""A tariff has a period of its own, billed with the run of that period's first or last month."""

from datetime import date

import pytest
from aimak.period import Period
from aimak.problems import Refused
from aimak_billing.domain.rating import Book, explain, quote, rate
from aimak_billing.tariff_file import dump, load
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.billing.rating.conftest import HEAD, TAXES, frame, tariff
from tests.unit.billing.rating.test_rate import held

GARDEN = {"service": "street_lighting", "attributes": '{"lamps":4}'}
BY_LAMP = "- {code: lamps, kind: per_unit, price: 90}"
WATER = tariff("- {code: volume, kind: per_unit, price: 10}")


def garden(extra):
    """A tariff by lamps, which residents pay."""
    return tariff(BY_LAMP, "street_lighting", "garden", f"applies_to: {{class: household}}\n{extra}").replace(
        "2026-06-01", "2026-01-01", 1
    )


def billed(book, *rows):
    """What each of the month's books comes to, as the run puts it on one bill."""
    parts = [rate(frame(*rows), each) for each in (book, *book.others)]
    assert all(part.holds.is_empty() for part in parts)
    return [line for part in parts for line in part.lines.sort("position").to_dicts()]


@pytest.mark.parametrize(
    ("extra", "months"),
    [
        ("frequency: month", {9: 9, 10: 10, 11: 11, 12: 12}),
        ("frequency: two_months", {10: 9, 12: 11}),
        ("frequency: quarter", {9: 7, 12: 10}),
        ("frequency: quarter\nbilled: start", {10: 10}),
        ("frequency: half_year", {12: 7}),
        ("frequency: season\nseason: may..october", {10: 5}),
        ("frequency: season\nseason: october..march\nbilled: start", {10: 10}),
        ("frequency: year", {12: 1}),
    ],
)
def test_each_period_is_billed_once_with_its_first_or_last_month(made, extra, months):
    """Month of the run → first month of what it bills; in all other runs it is neither billed nor held."""
    found = {}
    for month in (9, 10, 11, 12):
        book = made(WATER, garden(extra), period=f"2026-{month:02d}")
        lines = billed(book, {"account_id": 1, "usage": 2000}, {"account_id": 1, **GARDEN})
        water, others = ([line for line in lines if (line["service"] == "water") is same] for same in (True, False))
        assert [line["amount"] for line in water] == [2000]
        assert [line["amount"] for line in others] in ([], [36000])
        assert len({line["position"] for line in lines}) == len(lines)
        if others:
            (due,) = [each for each in (book, *book.others) if "garden" in [one.version.code for one in each.prepared]]
            found[month] = due.period.start.month
    assert found == months


def test_a_norm_per_month_counts_for_each_month_of_the_period(made):
    """Three months of 6 m³ a person, and the price is for what that comes to."""
    norms = "norms: {per: month, table: [{quantity: 6}]}\nfrequency: quarter"
    book = made(tariff("- {code: volume, kind: per_unit, price: 10}", extra=norms), period="2026-12")
    connection = {"service": "water", "provider": "p", "attributes": {"metered": False}, "residents": 2}
    assert quote(connection, book).lines.select("quantity", "amount").rows() == [(36_000, 36000)]


def test_days_are_those_of_the_tariffs_own_period(made):
    """A fixed charge by days over a quarter of which 31 days are gone: 61 of 92."""
    fee = tariff("- {code: fee, kind: fixed, price: 92, prorate: days}", extra="frequency: quarter")
    book = made(fee, period="2026-12")
    (quarter,) = book.others
    assert (quarter.period.name, quarter.period.days) == ("2026-Q4", 92)
    row = {"days": 61, "days_in_period": 92, "span_from": date(2026, 11, 1)}
    assert rate(frame(row), quarter).lines["amount"].to_list() == [6100]


def test_the_sentence_tells_the_days_of_the_period(made):
    """The bill of December tells a quarter's charge by the quarter's days."""
    book = made(garden("frequency: quarter"), period="2026-12")
    lines = quote({"provider": "p", **GARDEN}, book).lines.to_dicts()
    told = explain(lines, book.versions[lines[0]["tariff_id"]], book.plugins, book.taxes, "en").replace("\u00a0", " ")
    assert told.startswith("1 October 2026 – 31 December 2026: 4 lamps × 90.00 som = 360.00 som; ")


def test_two_frequencies_for_the_same_connection_are_refused(made, plugins):
    """A monthly and a yearly tariff that one connection could fall under clash as two monthly ones do."""
    yearly = garden("frequency: year").replace("code: garden", "code: yearly")
    loaded = load(HEAD + "tariffs:" + garden("frequency: month") + yearly + TAXES, "naryn", plugins)
    assert [problem.code for problem in loaded.problems] == ["AIM-T009"]


def test_a_quotation_is_by_the_period_that_holds_the_day(plugins):
    """Whether or not its run is due: the year's fee in March."""
    loaded = load(HEAD + "tariffs:" + garden("frequency: year") + TAXES, "naryn", plugins)
    book = Book.of(loaded.versions, loaded.taxes, plugins, Period.month("2026-03"), due=False)
    assert quote({"provider": "p", **GARDEN}, book).lines["amount"].to_list() == [36000]
    assert held(quote({"provider": "p", "service": "water"}, book)) == ["AIM-T020"]


def test_a_run_makes_the_same_book_of_what_it_keeps(made, plugins):
    """The versions and rules that a run notes are enough for each of its books."""
    yearly = garden("frequency: year").replace("garden", "park").replace("street_lighting", "landscaping")
    book = made(WATER, garden("frequency: quarter\nbilled: start"), yearly)
    again = Book.of(book.every_version, book.every_tax, plugins, Period.month("2026-10"))
    assert len(book.others) == 1 and len(book.elsewhere) == 2
    for made_again, first in zip((again, *again.others), (book, *book.others), strict=True):
        assert made_again.versions.keys() == first.versions.keys()
    assert again.elsewhere == book.elsewhere


LIST = """
- {code: call, kind: per_unit, price: 250}
- {code: seal, kind: per_unit, price: 80.50, name: {ky: а, ru: б, en: seal}}
- {code: sales_tax, kind: tax, tax: sales_tax}
- {code: levy, kind: tax, tax: sales_tax, of: [call]}
"""


def test_a_price_list_is_quoted_by_item_and_quantity(made, plugins):
    """Two seals cost 161 and their tax; the run of a month knows nothing of the list."""
    loaded = load(HEAD + "tariffs:" + tariff(LIST, extra="frequency: once") + TAXES, "naryn", plugins)
    (version,) = loaded.versions
    book = Book.of_item(version, loaded.taxes, plugins, date(2026, 10, 7), "seal")
    rated = quote({"service": "water", "provider": "p", "usage": 2000}, book)
    assert rated.lines.select("component", "quantity", "amount").rows() == [
        ("seal", 2000, 16100),
        ("sales_tax", None, 483),
    ]
    called = Book.of_item(version, loaded.taxes, plugins, date(2026, 10, 7), "call")
    assert quote({"service": "water", "provider": "p", "usage": 1000}, called).lines["amount"].to_list() == [
        25000,
        750,
        750,
    ]
    with pytest.raises(Refused) as refused:
        Book.of_item(version, loaded.taxes, plugins, date(2026, 10, 7), "lamp")
    assert refused.value.problems[0].code == "AIM-T242"
    month = Book.of(loaded.versions, loaded.taxes, plugins, Period.month("2026-10"))
    assert held(quote({"service": "water", "provider": "p", "usage": 1}, month)) == ["AIM-T020"]


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ("frequency: season", "AIM-T240"),
        ("season: may..june", "AIM-T240"),
        ("frequency: season\nseason: spring", "AIM-T241"),
        ("frequency: weekly", "AIM-T013"),
    ],
)
def test_a_season_needs_its_months(plugins, extra, code):
    """And no other frequency has any."""
    loaded = load(HEAD + "tariffs:" + tariff(BY_LAMP, extra=extra), "naryn", plugins)
    assert code in [problem.code for problem in loaded.problems]


def test_frequency_reads_back_as_it_was_written(plugins):
    """Frequency, season, and when it is billed."""
    extra = "frequency: season\nseason: november..march\nbilled: start\nchange: by_days"
    loaded = load(HEAD + "tariffs:" + tariff(BY_LAMP, "street_lighting", extra=extra), "naryn", plugins)
    assert loaded.versions[0].season == (11, 3) and loaded.versions[0].months == 5
    assert load(dump(loaded.versions, plugins), "naryn", plugins) == loaded


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(1, 12), st.integers(1, 12))
def test_periods_of_a_kind_follow_one_another(day, first, last):
    """Each holds its day, begins and ends with a month, and the next begins where it ends."""
    for made in (Period.two_months_of, Period.quarter_of, Period.half_year_of, Period.year_of):
        period = made(day)
        assert day in period and made(period.last_day) == period and made(period.end).start == period.end
    season = Period.season_of(day, first, last)
    months = (last - first) % 12 + 1
    assert (season is None) == ((day.month - first) % 12 >= months)
    if season is not None:
        assert day in season and Period.season_of(season.last_day, first, last) == season
        assert (season.start.month, season.last_day.month, season.start.day) == (first, last, 1)
