"""Landscaping: streets swept, parks tended."""

from __future__ import annotations

from aimak.plugins.inputs import Inputs
from aimak.plugins.service_types import ServiceType, Way

from aimak_billing.plugins.service_types.landscaping.schema import LandscapingSchema


class Landscaping(ServiceType):
    """By the area tended. The budget pays; residents see what it costs and what was done."""

    code = "landscaping"
    interface_version = 1
    names = {"ky": "Көрктөндүрүү", "ru": "Благоустройство", "en": "Landscaping"}
    unit = "m2"
    unit_names = {"ky": "м²", "ru": "м²", "en": "m²"}
    decimals = 1
    metered = False
    attributes = LandscapingSchema
    indicators = ("area_tended", "trees_planted")
    budget_pays = True

    def ways(self, inputs: Inputs) -> list[Way]:
        """The area."""
        return [Way("area", inputs["area"])]
