"""Irrigation."""

from __future__ import annotations

from aimak.plugins.choices import product
from aimak.plugins.inputs import Inputs
from aimak.plugins.numbers import MAX_QUANTITY
from aimak.plugins.service_types import ServiceType, Way

from aimak_billing.plugins.service_types.irrigation.schema import IrrigationFacts, IrrigationSchema


class Irrigation(ServiceType):
    """By meter; without one by hectares × the norm of one watering × waterings."""

    code = "irrigation"
    interface_version = 1
    names = {"ky": "Сугат суу", "ru": "Поливная вода", "en": "Irrigation water"}
    unit = "m3"
    unit_names = {"ky": "м³", "ru": "м³", "en": "m³"}
    decimals = 0
    metered = True
    attributes = IrrigationSchema
    facts = IrrigationFacts
    indicators = ("waterings_made", "canal_metres_cleaned")

    def ways(self, inputs: Inputs) -> list[Way]:
        """Metered, by the norm of a hectare."""
        by_norm = product([inputs["norm"], inputs["hectares"], inputs["waterings"]], MAX_QUANTITY - 1)
        return [Way("metered", inputs["usage"], inputs.flag("metered")), Way("by_hectares", by_norm)]
