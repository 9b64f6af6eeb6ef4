"""A coefficient upon other lines: 1 to 3 for large users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from aimak.plugins.choices import where
from aimak.plugins.inputs import Inputs
from aimak.plugins.numbers import Number, total
from aimak.plugins.rate_components import Part, RateComponent, Told

from aimak_billing.plugins.rate_components.coefficient.schema import CoefficientSchema

ONE = 1_000


class Coefficient(RateComponent):
    """What the coefficient adds to the lines named: their sum × (coefficient - 1)."""

    code = "coefficient"
    interface_version = 1
    names = {"ky": "Коэффициент", "ru": "Коэффициент", "en": "Coefficient"}
    schema = CoefficientSchema
    unit_names: ClassVar[Mapping[str, str]] = {}
    optional = True
    keeps_quantity = True
    sentences: ClassVar[Mapping[str, str]] = {
        "ky": "{coefficient} коэффициенти, {base} суммасына {amount}",
        "ru": "коэффициент {coefficient} к {base}: {amount}",
        "en": "coefficient {coefficient} on {base}: {amount}",
    }

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        self.of = tuple(dict.fromkeys(parameters["of"]))
        self.steps = tuple((step["above"], step["coefficient"]) for step in parameters.get("steps") or ())
        self.needs = (*self.of, *(("quantity",) if self.steps else ()))

    def parts(self, inputs: Inputs) -> list[Part]:
        """One part without a quantity; amount: unrounded, negative below 1."""
        base = total([inputs[name] for name in self.of])
        return [Part(base * (self.value(inputs) - Number.constant(ONE, 3)))]

    def value(self, inputs: Inputs) -> Number:
        """The coefficient in thousandths."""
        if not self.steps:
            return Number.constant(self.parameters["coefficient"], 3)
        value, before, quantity = Number.constant(ONE, 3), ONE, inputs["quantity"]
        for above, coefficient in self.steps:
            more = Number.constant(coefficient - before, 3)
            value = value + where(quantity.expr > Number.constant(above, 3).expr, more, quantity)
            before = coefficient
        return value

    def told(self, inputs: Inputs) -> Mapping[str, Told]:
        """The coefficient, and what it stands on."""
        base = total([inputs[name] for name in self.of])
        return {"base": Told(base, "som"), "coefficient": Told(self.value(inputs), "number")}
