"""What is beyond a maximum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from aimak.plugins.bounds import bound_and_sum, bound_needs
from aimak.plugins.inputs import Inputs
from aimak.plugins.rate_components import Part, RateComponent

from aimak_billing.plugins.rate_components.maximum.schema import MaximumSchema


class Maximum(RateComponent):
    """Where the lines named come to more than the maximum, the rest is taken off."""

    code = "maximum"
    interface_version = 1
    names = {"ky": "Эң көп төлөмдөн ашканы", "ru": "Снижение до максимума", "en": "Down to the maximum"}
    schema = MaximumSchema
    unit_names: ClassVar[Mapping[str, str]] = {}
    optional = True
    sentences: ClassVar[Mapping[str, str]] = {
        "ky": "эң көп төлөм {bound} болгондуктан {amount}",
        "ru": "не больше {bound}: {amount}",
        "en": "{amount} down to the maximum of {bound}",
    }

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        self.needs = bound_needs(parameters)

    def parts(self, inputs: Inputs) -> list[Part]:
        """One part without a quantity, negative; 0 where the maximum is not reached."""
        bound, charged = bound_and_sum(self.parameters, inputs)
        return [Part((bound - charged).at_most(0))]
