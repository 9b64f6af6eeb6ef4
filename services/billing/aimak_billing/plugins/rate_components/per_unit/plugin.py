"""Quantity × price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aimak.plugins.inputs import Inputs
from aimak.plugins.rate_components import Part, RateComponent, Told
from aimak.plugins.volumes import changes_quantity, charged_volume, volume_sentences, volume_told

from aimak_billing.plugins.rate_components.per_unit.schema import PerUnitSchema


class PerUnit(RateComponent):
    """Every unit of the quantity that the service type found at one price."""

    code = "per_unit"
    interface_version = 1
    names = {"ky": "Көлөмү боюнча", "ru": "По объёму", "en": "By volume"}
    schema = PerUnitSchema
    needs = ("quantity",)

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        self.keeps_quantity = changes_quantity(parameters)
        self.sentences = volume_sentences(parameters)

    def parts(self, inputs: Inputs) -> list[Part]:
        """One part. quantity: thousandths of the unit; amount: unrounded."""
        volume, price = charged_volume(self.parameters, inputs), self.parameters["price"]
        return [Part(volume * price.number, volume, price)]

    def told(self, inputs: Inputs) -> Mapping[str, Told]:
        """The quantity behind the volume."""
        return volume_told(inputs)
