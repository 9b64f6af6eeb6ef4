"""Residents × price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aimak.plugins.inputs import MAX_PERSONS, Inputs
from aimak.plugins.numbers import MAX_PRICE, MAX_PRICE_SCALE, MAX_SCALE, SHARE_SCALE, Number, Price
from aimak.plugins.rate_components import Part, RateComponent

from aimak_billing.plugins.rate_components.per_person.schema import PerPersonSchema


class PerPerson(RateComponent):
    """Every resident at one price; where the tariff says so, pensioners at a share of it."""

    code = "per_person"
    interface_version = 1
    names = {"ky": "Жашаган адамдардын саны боюнча", "ru": "По числу проживающих", "en": "By residents"}
    schema = PerPersonSchema
    unit_names = {"ky": "адам", "ru": "чел.", "en": "pers."}
    decimals = 0

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        self.share = parameters.get("pensioners_pay")
        self.by_days = parameters["prorate"] == "days"
        self.needs = (
            "residents",
            *(("pensioners",) if self.share is not None else ()),
            *(("days", "days_in_period") if self.by_days else ()),
        )

    def parts(self, inputs: Inputs) -> list[Part]:
        """Those who pay in full and, where there is a share, pensioners. quantity: thousandths of a person."""
        price, residents = self.parameters["price"], inputs["residents"]
        if self.share is None:
            return [Part(self._amount(residents * price.number, inputs), residents, price)]
        pensioners = inputs["pensioners"]
        full = (residents - pensioners).within(0, MAX_PERSONS)
        reduced = pensioners * price.number * Number.constant(self.share, SHARE_SCALE)
        return [
            Part(self._amount(full * price.number, inputs), full, price),
            Part(self._amount(reduced, inputs), pensioners, _share_of(price, self.share)),
        ]

    def _amount(self, whole: Number, inputs: Inputs) -> Number:
        if not self.by_days:
            return whole
        return whole.finer(MAX_SCALE).portion(inputs["days"], inputs["days_in_period"])


def _share_of(price: Price, share: int) -> Price | None:
    """The price that a share makes, where it can be written as a price; only shown, never reckoned with."""
    units, scale = price.units * share, price.scale + SHARE_SCALE
    while scale and units % 10 == 0:
        units, scale = units // 10, scale - 1
    return Price(units, scale) if units < MAX_PRICE and scale <= MAX_PRICE_SCALE else None
