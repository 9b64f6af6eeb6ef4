"""Parameters of the package."""

from __future__ import annotations

from typing import Any

from aimak.plugins.fields import PriceField, QuantityField, fault
from aimak.plugins.volumes import VolumeSchema
from marshmallow import validates_schema


class PackageSchema(VolumeSchema):
    """Units included, then started packages of a size at a price."""

    included = QuantityField(load_default=0, metadata={"description": "units that cost nothing more"})
    size = QuantityField(required=True, metadata={"description": "units in one package"})
    price = PriceField(required=True, metadata={"description": "som for each started package"})

    @validates_schema
    def holds_something(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse packages of nothing."""
        if data.get("size") == 0:
            raise fault("AIM-T061")
