"""A charge that depends on nothing but being connected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from aimak.plugins.inputs import Inputs
from aimak.plugins.numbers import MAX_SCALE, Number
from aimak.plugins.rate_components import Part, RateComponent

from aimak_billing.plugins.rate_components.fixed.schema import FixedSchema


class Fixed(RateComponent):
    """One price for the period, or its share by days."""

    code = "fixed"
    interface_version = 1
    names = {"ky": "Туруктуу төлөм", "ru": "Постоянная плата", "en": "Fixed charge"}
    schema = FixedSchema
    unit_names: ClassVar[Mapping[str, str]] = {}

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        self.by_days = parameters["prorate"] == "days"
        self.needs = ("days", "days_in_period") if self.by_days else ()

    def parts(self, inputs: Inputs) -> list[Part]:
        """One part: quantity 1, amount the price, by days rounded to 10^-9 tyiyn."""
        price = self.parameters["price"]
        amount = price.number.finer(MAX_SCALE)
        if self.by_days:
            amount = amount.portion(inputs["days"], inputs["days_in_period"])
        return [Part(amount, Number.constant(1), price)]
