"""Parameters of the charge for each of what a tariff counts."""

from __future__ import annotations

from aimak.plugins.counted import CountSchema
from aimak.plugins.fields import CodeField, NamesField


class PerCountSchema(CountSchema):
    """What is counted, and how its unit is written."""

    of = CodeField(required=True, metadata={"description": "the attribute or fact that is counted"})
    unit = NamesField(required=True, metadata={"description": "how the unit is written"})
