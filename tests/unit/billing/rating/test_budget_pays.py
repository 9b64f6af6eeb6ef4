"""Lighting, parks and leisure: the budget pays, unless the council decides that somebody else does."""

import pytest
from aimak_billing.domain.rating import quote
from aimak_billing.tariff_file import dump, load

from tests.unit.billing.rating.conftest import HEAD, tariff
from tests.unit.billing.rating.test_rate import held

LAMPS = "- {code: lamps, kind: per_unit, price: 90}"
FOUR = {"service": "street_lighting", "provider": "p", "attributes": {"lamps": 4}}


def test_who_is_not_named_does_not_pay(made):
    """A tariff for street lighting that names no class charges budget bodies; a resident falls under none."""
    book = made(tariff(LAMPS, "street_lighting"))
    assert quote({**FOUR, "customer_class": "budget"}, book).lines["amount"].to_list() == [360_00]
    for other in ("household", "other"):
        rated = quote({**FOUR, "customer_class": other}, book)
        assert rated.lines.is_empty() and held(rated) == ["AIM-T020"]


def test_who_is_named_pays(made):
    """The council decides that households pay for their lamps: then they do, and the budget does not."""
    book = made(tariff(LAMPS, "street_lighting", extra="applies_to: {class: household}"))
    assert quote({**FOUR, "customer_class": "household"}, book).lines["amount"].to_list() == [360_00]
    assert held(quote({**FOUR, "customer_class": "budget"}, book)) == ["AIM-T020"]


@pytest.mark.parametrize(
    ("service", "applies"),
    [("street_lighting", "budget"), ("landscaping", "budget"), ("leisure", "budget"), ("water", None), ("waste", None)],
)
def test_which_services_the_budget_pays(plugins, service, applies):
    """What the file leaves open stands in the version, and in the file that is written of it."""
    fixed = "- {code: fee, kind: fixed, price: 90}"
    loaded = load(HEAD + "tariffs:" + tariff(fixed, service), "naryn", plugins)
    assert loaded.problems == ()
    assert loaded.versions[0].applies_to == ({"class": (applies,)} if applies else {})
    assert load(dump(loaded.versions, plugins), "naryn", plugins).versions == loaded.versions
    assert (f"class: {applies}" in dump(loaded.versions, plugins)) == bool(applies)
