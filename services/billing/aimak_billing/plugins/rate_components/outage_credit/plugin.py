"""A credit for days without supply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from aimak.plugins.choices import smaller
from aimak.plugins.inputs import Inputs
from aimak.plugins.numbers import MAX_SCALE, SHARE_SCALE, Number, total
from aimak.plugins.rate_components import Part, RateComponent

from aimak_billing.plugins.rate_components.outage_credit.schema import OutageCreditSchema


class OutageCredit(RateComponent):
    """The lines named × days without supply ÷ days of the period that the connection has, as a negative line."""

    code = "outage_credit"
    interface_version = 1
    names = {"ky": "Үзгүлтүк үчүн кайтаруу", "ru": "Возврат за перерывы", "en": "Credit for outages"}
    schema = OutageCreditSchema
    unit_names: ClassVar[Mapping[str, str]] = {}
    optional = True
    sentences: ClassVar[Mapping[str, str]] = {
        "ky": "{days_here} күндүн {days_without_supply} күнү кызмат болгон жок: {amount}",
        "ru": "{days_without_supply} из {days_here} дн. без услуги: {amount}",
        "en": "{days_without_supply} of {days_here} days without supply: {amount}",
    }

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        self.of = tuple(dict.fromkeys(parameters["of"]))
        self.needs = (*self.of, "days_without_supply", "days_here")

    def parts(self, inputs: Inputs) -> list[Part]:
        """One part without a quantity, negative; amount: unrounded, never more than the lines."""
        base = total([inputs[name] for name in self.of]).finer(MAX_SCALE)
        days = inputs["days_here"].finer(3)
        free = Number.constant(self.parameters["free_days"] * 1_000, 3)
        without = smaller((inputs["days_without_supply"] - free).at_least(0), days)
        credit = base.portion(without, days) * Number.constant(self.parameters["percent"], SHARE_SCALE)
        return [Part(Number.constant(0) - credit)]
