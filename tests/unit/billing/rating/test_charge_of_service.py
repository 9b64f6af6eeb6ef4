"""A share of what an account is charged for another service, by that service's own tariff and creditor."""

from datetime import date

import pytest
from aimak_billing.domain.rating import explain, rate
from aimak_billing.tariff_file import dump, load

from tests.unit.billing.rating.conftest import HEAD, TAXES, frame, tariff
from tests.unit.billing.rating.test_rate import held

WATER = tariff(
    "- {code: volume, kind: per_unit, price: 10.45}\n- {code: standing, kind: fixed, price: 5}\n"
    "- {code: t, kind: tax, tax: sales_tax}"
)
SEWER = tariff(
    "- {code: share, kind: percentage, percent: 60 %, of_service: water}\n- {code: t, kind: tax, tax: sales_tax}",
    "sewerage",
    "sewer",
)
OTHER_CREDITOR = SEWER.replace("provider: p", "provider: q")


def amounts(rated, service="sewerage"):
    """Component and amount of a service's lines, in the order of the bill."""
    return [
        (row["component"], row["amount"])
        for row in rated.lines.sort("place", "position").to_dicts()
        if row["service"] == service
    ]


def rows(usage, **sewer):
    """Two water connections of one account and its sewerage, which another firm gives."""
    return (
        {"account_id": 1, "usage": usage},
        {"account_id": 1, "usage": 2_000},
        {"account_id": 1, "service": "sewerage", "provider": "q", "attributes": "{}", **sewer},
    )


@pytest.mark.parametrize("order", [(WATER, OTHER_CREDITOR), (OTHER_CREDITOR, WATER)])
def test_all_water_of_the_account_counts_without_tax(made, order):
    """(12.3 m³ × 10.45 + 5.00) + (2 m³ × 10.45 + 5.00) = 159.44; 60 % of it 95.66, and tax 2.87."""
    rated = rate(frame(*rows(12_300)), made(*order))
    assert rated.holds.is_empty()
    assert amounts(rated) == [("share", 9_566), ("t", 287)]


def test_it_is_told(made):
    """What it is a share of stands in the sentence."""
    book = made(WATER, OTHER_CREDITOR)
    lines = [
        row
        for row in rate(frame(*rows(12_300)), book).lines.sort("position").to_dicts()
        if row["service"] == "sewerage"
    ]
    told = explain(lines, book.versions[lines[0]["tariff_id"]], book.plugins, book.taxes, "en").replace("\u00a0", " ")
    assert told.startswith("60 % of 159.44 som = 95.66 som; sales tax 3 % 2.87 som")


def test_it_is_held_where_the_other_is_not_known(made):
    """No reading of one of the two meters, or no water at all: held, and never a share of less."""
    book = made(WATER, OTHER_CREDITOR)
    assert held(rate(frame(*rows(None)), book)) == ["AIM-T023", "AIM-T036"]
    assert held(rate(frame(rows(1)[2]), book)) == ["AIM-T036"]


def test_what_is_charged_for_one_service_is_not_taken_for_another(made):
    """Water is known and landscaping is not: a share of landscaping is held, it is no share of the water."""
    share = "- {code: share, kind: percentage, percent: 10 %, of_service: landscaping}"
    book = made(WATER, OTHER_CREDITOR, tariff(share, "waste", "cleaning"))
    rated = rate(frame(*rows(12_300), {"account_id": 1, "service": "waste", "attributes": "{}"}), book)
    assert held(rated) == ["AIM-T036"]
    assert amounts(rated, "waste") == [] and amounts(rated) == [("share", 9_566), ("t", 287)]


@pytest.mark.parametrize("rounding", ["", "rounding: {of: total}"])
def test_over_parts_of_a_period_it_comes_to_the_same(made, rounding):
    """Two spans of days on which nothing really differs give the lines of the whole period, however water rounds."""
    water = tariff(
        "- {code: volume, kind: per_unit, price: 10.45}\n- {code: standing, kind: fixed, price: 5}", extra=rounding
    )
    book = made(water, OTHER_CREDITOR)
    whole = rate(frame(*rows(12_300)), book)
    parts = []
    for connection, row in enumerate(rows(12_300)):
        for start, days in ((date(2026, 10, 1), 10), (date(2026, 10, 11), 21)):
            usage = None if row.get("usage") is None else row["usage"] * days // 31
            if days == 21 and row.get("usage"):
                usage = row["usage"] - row["usage"] * 10 // 31
            parts.append({**row, "usage": usage, "connection_id": connection, "span_from": start, "days": days})
    assert amounts(rate(frame(*parts), book)) == amounts(whole) == [("share", 9_566), ("t", 287)]


def test_sewerage_that_begins_later_has_its_days_part(made):
    """Connected for the last 21 of 31 days: a share of what the water of those days costs."""
    book = made(tariff("- {code: volume, kind: per_unit, price: 10}"), SEWER.replace("60 %", "50 %"))
    spans = ((date(2026, 10, 1), 10, 10_000), (date(2026, 10, 11), 21, 21_000))
    water = [
        {"account_id": 1, "connection_id": 1, "usage": usage, "span_from": start, "days": days}
        for start, days, usage in spans
    ]
    sewer = {"account_id": 1, "connection_id": 2, "service": "sewerage", "attributes": "{}"}
    rated = rate(frame(*water, {**sewer, "span_from": spans[1][0], "days": 21}), book)
    assert amounts(rated)[0] == ("share", 10_500)


def refused(plugins, *tariffs):
    """Codes of what is wrong with a file."""
    return [problem.code for problem in load(HEAD + "tariffs:" + "".join(tariffs) + TAXES, "naryn", plugins).problems]


def test_what_cannot_be_is_refused_when_it_is_entered(plugins):
    """Both or neither of lines and service, the service itself, one that is not there."""
    assert refused(plugins, SEWER.replace("of_service: water", "of_service: water, of: [x]")) == ["AIM-T243"]
    assert refused(plugins, SEWER.replace(", of_service: water", "")) == ["AIM-T243"]
    assert refused(plugins, SEWER.replace("of_service: water", "of_service: sewerage")) == ["AIM-T010"]
    assert refused(plugins, SEWER.replace("of_service: water", "of_service: moonlight")) == ["AIM-T006"]
    loaded = load(HEAD + "tariffs:" + SEWER + TAXES, "naryn", plugins)
    assert load(dump(loaded.versions, plugins, loaded.taxes), "naryn", plugins) == loaded


def test_what_several_come_to_beyond_the_bounds_is_held(made):
    """Two waters whose charges, or quantities, together are more than any may be: held, never a number."""
    most = 10**12 - 1
    both = (rows(most)[0], rows(most)[0] | {"connection_id": 9}, rows(1)[2])
    assert held(rate(frame(*both), made(WATER.replace("10.45", "9999"), OTHER_CREDITOR))) == ["AIM-T036"]
    as_water = tariff("- {code: volume, kind: per_unit, price: 1}", "sewerage", "sewer").replace(
        "provider: p", "provider: q"
    )
    assert held(rate(frame(*both), made(WATER, as_water))) == ["AIM-T026"]
    assert held(rate(frame(both[0], both[2]), made(WATER, as_water))) == []
