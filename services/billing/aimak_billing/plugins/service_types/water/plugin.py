"""Drinking water."""

from __future__ import annotations

from aimak.plugins.inputs import Inputs
from aimak.plugins.service_types import ServiceType, Way

from aimak_billing.plugins.service_types.water.schema import WaterFacts, WaterSchema


class Water(ServiceType):
    """By meter; without one by the agreed volume, else by residents and norm."""

    code = "water"
    interface_version = 1
    names = {"ky": "Таза суу", "ru": "Питьевая вода", "en": "Drinking water"}
    unit = "m3"
    unit_names = {"ky": "м³", "ru": "м³", "en": "m³"}
    decimals = 3
    metered = True
    attributes = WaterSchema
    facts = WaterFacts
    indicators = ("supply_hours", "lab_tests_passed")

    def ways(self, inputs: Inputs) -> list[Way]:
        """Metered, agreed, norm."""
        return [
            Way("metered", inputs["usage"], inputs.flag("metered")),
            Way("agreed", inputs["agreed_volume"], inputs.has("agreed_volume")),
            Way("norm", inputs.by_norm()),
        ]
