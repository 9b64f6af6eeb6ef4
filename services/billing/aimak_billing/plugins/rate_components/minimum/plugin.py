"""What is missing to a minimum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from aimak.plugins.bounds import bound_and_sum, bound_needs
from aimak.plugins.inputs import Inputs
from aimak.plugins.rate_components import Part, RateComponent

from aimak_billing.plugins.rate_components.minimum.schema import MinimumSchema


class Minimum(RateComponent):
    """Where the lines named come to less than the minimum, the rest of it."""

    code = "minimum"
    interface_version = 1
    names = {"ky": "Эң аз төлөмгө чейин", "ru": "Доначисление до минимума", "en": "Up to the minimum"}
    schema = MinimumSchema
    unit_names: ClassVar[Mapping[str, str]] = {}
    optional = True
    sentences: ClassVar[Mapping[str, str]] = {
        "ky": "эң аз төлөм {bound} жеткенге чейин {amount}",
        "ru": "до минимума {bound} ещё {amount}",
        "en": "{amount} up to the minimum of {bound}",
    }

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        self.needs = bound_needs(parameters)

    def parts(self, inputs: Inputs) -> list[Part]:
        """One part without a quantity; 0 where the minimum is reached."""
        bound, charged = bound_and_sum(self.parameters, inputs)
        return [Part((bound - charged).at_least(0))]
