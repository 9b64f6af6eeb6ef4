"""Tariffs of one service and creditor that would work a connection's winter average out in different ways."""

import pytest
from aimak.problems import Refused

from tests.unit.billing.rating.conftest import tariff

WINTER = "winter_average: {months: december..february, at_least: AT_LEAST, fallback: followed}"


def sewer(at_least, code, customer_class):
    """A sewerage tariff of one class that takes the average of the winter."""
    extra = f"applies_to: {{class: {customer_class}}}\n" + WINTER.replace("AT_LEAST", str(at_least))
    return tariff("- {code: volume, kind: per_unit, price: 10}", "sewerage", code, extra)


def test_two_winters_of_one_creditor_are_refused(made):
    """A connection has one average, whatever class it is of: with another number of months the book is refused."""
    assert made(sewer(2, "a", "household"), sewer(2, "b", "other")).prepared
    with pytest.raises(Refused) as refused:
        made(sewer(2, "a", "household"), sewer(3, "b", "other"))
    found = [(problem.code, dict(problem.fields)) for problem in refused.value.problems]
    assert found == [("AIM-T245", {"service": "sewerage", "provider": "p"})]


def test_another_creditors_winter_is_its_own(made):
    """The same two settings of two creditors stand beside each other."""
    assert made(sewer(2, "a", "household"), sewer(3, "b", "other").replace("provider: p", "provider: q")).prepared
