"""Waste removal."""

from __future__ import annotations

from aimak.plugins.inputs import Inputs
from aimak.plugins.service_types import ServiceType, Way

from aimak_billing.plugins.service_types.waste.schema import WasteFacts, WasteSchema


class Waste(ServiceType):
    """Organisations by agreed volume; households by residents, which is a matter of the rate component."""

    code = "waste"
    interface_version = 1
    names = {"ky": "Катуу таштандыларды чыгаруу", "ru": "Вывоз ТБО", "en": "Waste removal"}
    unit = "m3"
    unit_names = {"ky": "м³", "ru": "м³", "en": "m³"}
    decimals = 1
    metered = False
    attributes = WasteSchema
    facts = WasteFacts
    indicators = ("collections_made",)

    def ways(self, inputs: Inputs) -> list[Way]:
        """The agreed volume."""
        return [Way("volume", inputs["volume"])]
