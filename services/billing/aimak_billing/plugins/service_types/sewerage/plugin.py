"""Sewerage."""

from __future__ import annotations

from aimak.plugins.inputs import Inputs
from aimak.plugins.service_types import ServiceType, Way

from aimak_billing.plugins.service_types.sewerage.schema import SewerageFacts, SewerageSchema


class Sewerage(ServiceType):
    """As much as the account's water, unless the connection has a volume or a norm of its own."""

    code = "sewerage"
    interface_version = 1
    names = {"ky": "Саркынды сууларды чыгаруу", "ru": "Водоотведение", "en": "Sewerage"}
    unit = "m3"
    unit_names = {"ky": "м³", "ru": "м³", "en": "m³"}
    decimals = 3
    metered = False
    attributes = SewerageSchema
    facts = SewerageFacts
    follows = "water"
    indicators = ("blockages_cleared",)

    def ways(self, inputs: Inputs) -> list[Way]:
        """Agreed, norm, winter average, as water."""
        return [
            Way("agreed", inputs["agreed_volume"], inputs.has("agreed_volume")),
            Way("norm", inputs.by_norm(), inputs.has("norm")),
            Way("winter_average", inputs["winter_average"], inputs.has("winter_average")),
            Way("as_water", inputs["followed"]),
        ]
