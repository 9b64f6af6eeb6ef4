"""Prices by months."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from aimak.plugins.choices import where
from aimak.plugins.inputs import Inputs
from aimak.plugins.numbers import Number
from aimak.plugins.rate_components import Part, RateComponent
from aimak.plugins.volumes import charged_volume

from aimak_billing.plugins.rate_components.seasonal.schema import SeasonalSchema


class Seasonal(RateComponent):
    """Every unit, or the period, at the price of the season in which its first day lies."""

    code = "seasonal"
    interface_version = 1
    names = {"ky": "Мезгил боюнча", "ru": "По сезону", "en": "By season"}
    schema = SeasonalSchema

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        self.per_unit = parameters["per"] == "unit"
        self.needs = ("month", *(("quantity",) if self.per_unit else ()))
        if not self.per_unit:
            self.unit_names = {}

    def parts(self, inputs: Inputs) -> list[Part]:
        """One part per season. quantity: everything in the season that it is, nothing in the others."""
        month = inputs["month"]
        volume = charged_volume(self.parameters, inputs) if self.per_unit else Number.constant(1_000, 3)
        parts = []
        for season in self.parameters["seasons"]:
            now = month.expr.is_in(pl.Series(season["months"], dtype=pl.Int128).implode())
            charged = where(now, volume, month)
            parts.append(Part(charged * season["price"].number, charged, season["price"]))
        return parts
