"""A credit for days without supply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from aimak.plugins.choices import smaller
from aimak.plugins.inputs import Inputs
from aimak.plugins.numbers import MAX_SCALE, SHARE_SCALE, Number, total
from aimak.plugins.rate_components import Part, RateComponent, Told

from aimak_billing.plugins.rate_components.outage_credit.schema import OutageCreditSchema

# Days without supply, and the days that they are of.
_HERE = ("days_without_supply", "days_here")
_IN_PERIOD = ("days_without_supply_in_period", "days_in_period")


class OutageCredit(RateComponent):
    """The lines named × days without supply ÷ days, as a negative line: of the days that the connection has; of what is
    owed whole for the period, of all its days, whoever supplied the account on those without supply."""

    code = "outage_credit"
    interface_version = 1
    names = {"ky": "Үзгүлтүк үчүн кайтаруу", "ru": "Возврат за перерывы", "en": "Credit for outages"}
    schema = OutageCreditSchema
    unit_names: ClassVar[Mapping[str, str]] = {}
    optional = True
    sentences: ClassVar[Mapping[str, str]] = {
        "ky": "{of_days} күндүн {without} күнү кызмат болгон жок: {amount}",
        "ru": "{without} из {of_days} дн. без услуги: {amount}",
        "en": "{without} of {of_days} days without supply: {amount}",
    }

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        self.of = tuple(dict.fromkeys(parameters["of"]))
        self.needs = (*self.of, *_HERE, *_IN_PERIOD)

    def parts(self, inputs: Inputs) -> list[Part]:
        """One part without a quantity, negative; amount: unrounded, never more than the lines."""
        whole = [name for name in self.of if name in inputs.whole]
        by_days = [name for name in self.of if name not in inputs.whole]
        sums = [self._due(inputs, *named) for named in ((by_days, _HERE), (whole, _IN_PERIOD))]
        credit = total(sums) * Number.constant(self.parameters["percent"], SHARE_SCALE)
        return [Part(Number.constant(0) - credit)]

    def told(self, inputs: Inputs) -> Mapping[str, Told]:
        """How many days were without supply, and of how many: those of the first line named."""
        without, days = _IN_PERIOD if self.of[0] in inputs.whole else _HERE
        return {"without": Told(inputs[without], "number"), "of_days": Told(inputs[days], "number")}

    def _due(self, inputs: Inputs, of: Sequence[str], counted: tuple[str, str]) -> Number:
        base = total([Number.constant(0), *(inputs[name] for name in of)]).finer(MAX_SCALE)
        days = inputs[counted[1]].finer(3)
        free = Number.constant(self.parameters["free_days"] * 1_000, 3)
        return base.portion(smaller((inputs[counted[0]] - free).at_least(0), days), days)
