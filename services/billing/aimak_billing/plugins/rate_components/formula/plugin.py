"""What a formula comes to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from aimak.plugins.formulas import Compiler
from aimak.plugins.formulas.compile import gaps_of, priced, tyiyn
from aimak.plugins.inputs import Inputs
from aimak.plugins.rate_components import Gap, Part, RateComponent

from aimak_billing.plugins.rate_components.formula.schema import FormulaSchema


class Formula(RateComponent):
    """A formula over named determinants and other components: a charge, or a value that others name."""

    code = "formula"
    interface_version = 1
    names = {"ky": "Формула боюнча", "ru": "По формуле", "en": "By formula"}
    schema = FormulaSchema
    unit_names: ClassVar[Mapping[str, str] | None] = None

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        self.kind = parameters["gives"]
        self.formula = parameters["formula"]
        self.needs = self.formula.uses.numbers
        self.texts = (*self.formula.uses.texts, *self.formula.uses.flags)

    def parts(self, inputs: Inputs) -> list[Part]:
        """A charge of `quantity × …` or `blocks(quantity, …)` shows quantity and price; any other one part without."""
        compiler = Compiler(inputs)
        if self.kind == "value":
            return [Part(compiler.number(self.formula.tree))]
        return [
            Part(tyiyn(amount), quantity, None if price is None else tyiyn(price))
            for amount, quantity, price in priced(compiler, self.formula.tree)
        ]

    def gaps(self, inputs: Inputs) -> list[Gap]:
        """An attribute that is missing, a division by zero."""
        return gaps_of([self.formula], inputs)
