"""Norm × residents × days × price, whatever the meter says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aimak.plugins.inputs import Inputs
from aimak.plugins.numbers import MAX_SCALE, Number
from aimak.plugins.rate_components import Part, RateComponent

from aimak_billing.plugins.rate_components.norm.schema import NormSchema

MONTHS_OF_A_YEAR = 12


class Norm(RateComponent):
    """What the norm gives every resident, priced without rounding the volume first."""

    code = "norm"
    interface_version = 1
    names = {"ky": "Норма боюнча", "ru": "По норме", "en": "By norm"}
    schema = NormSchema

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        self.norms_for = parameters["norms_for"]
        self.sentences = _SENTENCES[self.norms_for]
        self.needs = ("norm", "residents", "days", *(() if self.norms_for == "day" else ("days_in_period",)))

    def parts(self, inputs: Inputs) -> list[Part]:
        """One part. quantity: thousandths of the unit, rounded to be shown; amount: unrounded."""
        price = self.parameters["price"]
        volume = inputs["norm"] * inputs["residents"]
        if self.norms_for == "day":
            volume = volume * inputs["days"]
        else:
            months = Number.constant(MONTHS_OF_A_YEAR if self.norms_for == "year" else 1)
            volume = volume.finer(MAX_SCALE).portion(inputs["days"], inputs["days_in_period"] * months)
        return [Part(volume * price.number, volume.rounded(3), price)]


_SENTENCES: Mapping[str, Mapping[str, str]] = {
    "day": {
        "ky": "{residents} адам × {norm} {unit} × {days} күн: {products} = {amount}",
        "ru": "{residents} чел. × {norm} {unit} × {days} дн.: {products} = {amount}",
        "en": "{residents} pers. × {norm} {unit} × {days} days: {products} = {amount}",
    },
    "month": {
        "ky": "{residents} адам × айына {norm} {unit}, {days_in_period} күндүн {days} күнү: {products} = {amount}",
        "ru": "{residents} чел. × {norm} {unit} в месяц, {days} из {days_in_period} дн.: {products} = {amount}",
        "en": "{residents} pers. × {norm} {unit} a month, {days} of {days_in_period} days: {products} = {amount}",
    },
    "year": {
        "ky": "{residents} адам × жылына {norm} {unit} ÷ 12, {days_in_period} күндүн {days}: {products} = {amount}",
        "ru": "{residents} чел. × {norm} {unit} в год ÷ 12, {days} из {days_in_period} дн.: {products} = {amount}",
        "en": "{residents} pers. × {norm} {unit} a year ÷ 12, {days} of {days_in_period} days: {products} = {amount}",
    },
}
