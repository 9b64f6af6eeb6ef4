"""Street lighting."""

from __future__ import annotations

from aimak.plugins.inputs import Inputs
from aimak.plugins.service_types import ServiceType, Way

from aimak_billing.plugins.service_types.street_lighting.schema import StreetLightingFacts, StreetLightingSchema


class StreetLighting(ServiceType):
    """By lamps. The budget pays; residents see what it costs and how many lamps burn."""

    code = "street_lighting"
    interface_version = 1
    names = {"ky": "Көчө жарыгы", "ru": "Уличное освещение", "en": "Street lighting"}
    unit = "lamp"
    unit_names = {"ky": "чырак", "ru": "свет.", "en": "lamps"}
    decimals = 0
    metered = False
    attributes = StreetLightingSchema
    facts = StreetLightingFacts
    indicators = ("lamps_burning",)
    budget_pays = True

    def ways(self, inputs: Inputs) -> list[Way]:
        """The number of lamps."""
        return [Way("lamps", inputs["lamps"])]
