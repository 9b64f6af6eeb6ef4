"""A tax on other lines, rounded or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from aimak.plugins.inputs import UNROUNDED, Inputs
from aimak.plugins.numbers import total
from aimak.plugins.rate_components import Part, RateComponent

from aimak_billing.plugins.rate_components.tax.schema import TaxSchema


class Tax(RateComponent):
    """The sum of lines × the rate that the rules have for service, class, regime and date."""

    code = "tax"
    interface_version = 1
    names = {"ky": "Салык", "ru": "Налог", "en": "Tax"}
    schema = TaxSchema
    kind = "tax"
    unit_names: ClassVar[Mapping[str, str]] = {}

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        self.tax = parameters["tax"]
        before = UNROUNDED if parameters["on"] == "unrounded" else ""
        self.taxed = tuple(f"{before}{code}" for code in parameters.get("of") or ("charges",))
        self.needs = (*self.taxed, f"tax.{self.tax}")

    def parts(self, inputs: Inputs) -> list[Part]:
        """One part without a quantity; its price is the rate, in millionths."""
        rate = inputs[f"tax.{self.tax}"]
        taxed = total([inputs[name] for name in self.taxed])
        return [Part(taxed * rate, None, rate)]
