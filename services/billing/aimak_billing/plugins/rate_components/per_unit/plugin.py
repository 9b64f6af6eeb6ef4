"""Quantity × price."""

from __future__ import annotations

from aimak.plugins.inputs import Inputs
from aimak.plugins.rate_components import Part, RateComponent

from aimak_billing.plugins.rate_components.per_unit.schema import PerUnitSchema


class PerUnit(RateComponent):
    """Every unit of the quantity that the service type found at one price."""

    code = "per_unit"
    interface_version = 1
    names = {"ky": "Көлөмү боюнча", "ru": "По объёму", "en": "By volume"}
    schema = PerUnitSchema
    needs = ("quantity",)

    def parts(self, inputs: Inputs) -> list[Part]:
        """One part. quantity: thousandths of the unit; amount: unrounded."""
        quantity, price = inputs["quantity"], self.parameters["price"]
        return [Part(quantity * price.number, quantity, price)]
