"""A percentage of other lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from aimak.plugins.inputs import CHARGE, UNROUNDED, Inputs
from aimak.plugins.numbers import SHARE_SCALE, Number, total
from aimak.plugins.rate_components import Part, RateComponent, Told

from aimak_billing.plugins.rate_components.percentage.schema import PercentageSchema


class Percentage(RateComponent):
    """A share of the sum of the lines named, or of what the account is charged for another service: sewerage as half of
    the water charge, a levy upon it."""

    code = "percentage"
    interface_version = 1
    names = {"ky": "Пайыз", "ru": "Процент", "en": "Percentage"}
    schema = PercentageSchema
    unit_names: ClassVar[Mapping[str, str]] = {}
    sentences: ClassVar[Mapping[str, str]] = {
        "ky": "{base} суммасынан {percent} = {amount}",
        "ru": "{percent} от {base} = {amount}",
        "en": "{percent} of {base} = {amount}",
    }

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        prefix = UNROUNDED if parameters["before_rounding"] else ""
        lines = tuple(f"{prefix}{name}" for name in dict.fromkeys(parameters["of"] or ()))
        service = parameters["of_service"]
        self.needs = (f"{CHARGE}{service}",) if service else lines

    def parts(self, inputs: Inputs) -> list[Part]:
        """One part without a quantity; amount: unrounded."""
        return [Part(self._base(inputs) * Number.constant(self.parameters["percent"], SHARE_SCALE))]

    def told(self, inputs: Inputs) -> Mapping[str, Told]:
        """What it is a percentage of."""
        return {"base": Told(self._base(inputs), "som")}

    def _base(self, inputs: Inputs) -> Number:
        return total([inputs[name] for name in self.needs])
