"""Parameters of the charge by attendance."""

from __future__ import annotations

from aimak.plugins.fields import ChoiceField, Parameters, PriceField


class AttendanceSchema(Parameters):
    """A price for a day attended, or for the period of which the days attended are a share."""

    price = PriceField(required=True, metadata={"description": "som"})
    per = ChoiceField(("day", "period"), load_default="day", metadata={"description": "what the price is for"})
