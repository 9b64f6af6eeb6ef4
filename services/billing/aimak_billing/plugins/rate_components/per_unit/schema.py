"""Parameters of the charge per unit."""

from __future__ import annotations

from aimak.plugins.fields import PriceField
from aimak.plugins.volumes import VolumeSchema


class PerUnitSchema(VolumeSchema):
    """One price for every unit."""

    price = PriceField(required=True, metadata={"description": "som per unit of the service"})
