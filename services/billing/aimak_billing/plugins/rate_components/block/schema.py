"""Parameters of the block charge."""

from __future__ import annotations

from typing import Any

from aimak.plugins.fields import Parameters, PriceField, QuantityField, fault
from marshmallow import fields, validate, validates_schema

MAX_BLOCKS = 20


class BlockSchema(Parameters):
    """One block: what lies above the block before and up to `up_to`, the limit itself included."""

    up_to = QuantityField(metadata={"description": "upper limit in units; missing in the last block"})
    price = PriceField(required=True, metadata={"description": "som per unit within this block"})


class BlocksSchema(Parameters):
    """Blocks in rising order; the last one is open."""

    blocks = fields.List(fields.Nested(BlockSchema), required=True, validate=validate.Length(min=1, max=MAX_BLOCKS))

    @validates_schema
    def limits_rise(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse limits that do not rise, a limit on the last block, none on another."""
        limits = [block.get("up_to") for block in data.get("blocks", [])]
        *inner, last = limits or [None]
        rising = all(limit is not None for limit in inner) and inner == sorted(set(inner)) and 0 not in inner
        if last is not None or not rising:
            raise fault("AIM-T018")
