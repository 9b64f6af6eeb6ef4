"""The built-in service types keep the contract that a stranger's must keep."""

import json
from pathlib import Path

import aimak_billing.plugins.service_types as built_in
from aimak.testing.service_types import ServiceTypeContract
from aimak_billing.plugins.service_types.irrigation.plugin import Irrigation
from aimak_billing.plugins.service_types.kindergarten.plugin import Kindergarten
from aimak_billing.plugins.service_types.landscaping.plugin import Landscaping
from aimak_billing.plugins.service_types.leisure.plugin import Leisure
from aimak_billing.plugins.service_types.sewerage.plugin import Sewerage
from aimak_billing.plugins.service_types.street_lighting.plugin import StreetLighting
from aimak_billing.plugins.service_types.supply.plugin import Supply
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
    refused = ({"lamps": "1.5"}, {"lamps": 2, "colour": "white"})


class TestLandscaping(ServiceTypeContract):
    """By area."""

    service = Landscaping
    cases = cases("landscaping")
    refused = ({"area": "wide"}, {"places": "1.5"})


class TestKindergarten(ServiceTypeContract):
    """By days attended."""

    service = Kindergarten
    cases = cases("kindergarten")
    refused = ({"days_attended": 16},)


class TestLeisure(ServiceTypeContract):
    """By visits."""

    service = Leisure
    cases = cases("leisure")
    refused = ({"visits": 3}, {"area": "-1"})


class TestIrrigation(ServiceTypeContract):
    """By meter, or by hectares and waterings."""

    service = Irrigation
    cases = cases("irrigation")
    refused = ({}, {"hectares": "0.25"}, {"metered": False})


class TestSupply(ServiceTypeContract):
    """What the meter shows; attributes are the tariff's affair."""

    service = Supply
    cases = cases("supply")
