"""What is told of a period is owed once, whoever came, left or saw the tariff change within it."""

import pytest
from aimak_billing.domain.chunk import rating_frame
from aimak_billing.domain.rating import rate

from tests.unit.billing.rating.conftest import tariff
from tests.unit.billing.rating.test_stretches import OCTOBER, day, town

MEALS = "- {code: meals, kind: attendance, price: 120}"
CHILD = {"connection_id": 7, "service": "kindergarten", "attributes": '{"group":"senior"}'}


def told(attended, opened):
    """The attendance sheet of October."""
    whole = {"connection_id": 7, "from_date": OCTOBER.start, "to_date": OCTOBER.end}
    return [
        {**whole, "name": "days_attended", "value_thousandths": attended * 1000},
        {**whole, "name": "days_open", "value_thousandths": opened * 1000},
    ]


@pytest.mark.parametrize(
    "stay",
    [
        {},
        {"valid_to": day(16)},
        {"valid_from": day(10)},
        {"valid_from": day(5), "valid_to": day(20)},
    ],
)
def test_the_days_attended_are_owed_also_by_who_came_or_left(made, stay):
    """9 days × 120 som, neither a part of it nor nothing."""
    book = made(tariff(MEALS, service="kindergarten"))
    rated = rate(rating_frame(town([{**CHILD, **stay}], told=told(9, 11)), book), book)
    assert rated.lines.select("component", "amount", "quantity").rows() == [("meals", 108_000, 9_000)]
    assert rated.holds.is_empty()


def test_they_are_owed_once_where_the_tariff_changes(made):
    """Two prices within the month: the whole sheet by the later one, not both."""
    later = tariff(MEALS.replace("120", "130"), service="kindergarten")
    later = later.replace("2026-06-01", "2026-10-16").replace("    components", "    change: by_days\n    components")
    book = made(tariff(MEALS, service="kindergarten"), later)
    rated = rate(rating_frame(town([CHILD], told=told(9, 11)), book), book)
    assert rated.lines["amount"].to_list() == [9 * 13_000]


def test_who_left_without_a_sheet_is_held(made):
    """Nothing known is no bill of nothing."""
    book = made(tariff(MEALS, service="kindergarten"))
    rated = rate(rating_frame(town([{**CHILD, "valid_to": day(16)}]), book), book)
    assert rated.lines.is_empty() and rated.holds["code"].to_list() == ["AIM-T024"]
