"""The built-in service types keep the contract that a stranger's must keep."""

import json
from pathlib import Path

import aimak_billing.plugins.service_types as built_in
from aimak.testing.service_types import ServiceTypeContract
from aimak_billing.plugins.service_types.sewerage.plugin import Sewerage
from aimak_billing.plugins.service_types.street_lighting.plugin import StreetLighting
from aimak_billing.plugins.service_types.waste.plugin import Waste
from aimak_billing.plugins.service_types.water.plugin import Water


def cases(code):
    """The worked cases in a plugin's own folder."""
    return json.loads((Path(built_in.__file__).parent / code / "fixtures" / "cases.json").read_text())


class TestWater(ServiceTypeContract):
    """Metered, agreed, by norm."""

    service = Water
    cases = cases("water")
    refused = (
        {},
        {"metered": "perhaps"},
        {"metered": True, "agreed_volume": "much"},
        {"metered": True, "colour": "blue"},
    )


class TestSewerage(ServiceTypeContract):
    """As water, or by a volume of its own."""

    service = Sewerage
    cases = cases("sewerage")
    refused = ({"metered": True},)


class TestWaste(ServiceTypeContract):
    """By agreed volume."""

    service = Waste
    cases = cases("waste")
    refused = ({"volume": "-1"}, {"volume": 0.5})


class TestStreetLighting(ServiceTypeContract):
    """By lamps."""

    service = StreetLighting
    cases = cases("street_lighting")
    refused = ({}, {"lamps": "1.5"})
