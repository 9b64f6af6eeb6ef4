"""Parameters of the seasonal charge."""

from __future__ import annotations

from typing import Any

from aimak.plugins.fields import ChoiceField, Parameters, PriceField, WholeField, fault
from aimak.plugins.volumes import VolumeSchema
from marshmallow import fields, validate, validates_schema

MONTHS = list(range(1, 13))


class SeasonSchema(Parameters):
    """Months, 1 to 12, and their price."""

    months = fields.List(WholeField(), required=True, validate=validate.Length(min=1))
    price = PriceField(required=True, metadata={"description": "som per unit, or for the period"})


class SeasonalSchema(VolumeSchema):
    """Seasons that together are the year."""

    seasons = fields.List(fields.Nested(SeasonSchema), required=True, validate=validate.Length(min=1, max=12))
    per = ChoiceField(("unit", "period"), load_default="unit", metadata={"description": "what a price is for"})

    @validates_schema
    def each_month_once(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a month that is missing or comes twice."""
        months = [month for season in data.get("seasons", []) for month in season.get("months", [])]
        if sorted(months) != MONTHS:
            raise fault("AIM-T065")
