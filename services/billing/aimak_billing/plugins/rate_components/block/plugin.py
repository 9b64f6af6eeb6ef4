"""Blocks of volume, each part at its own block's price."""

from __future__ import annotations

from aimak.plugins.blocks import BlockCharge, entered, limits, packs_amount, priced
from aimak.plugins.choices import smaller
from aimak.plugins.inputs import Inputs
from aimak.plugins.numbers import Number
from aimak.plugins.rate_components import Part

from aimak_billing.plugins.rate_components.block.schema import BlocksSchema


class Block(BlockCharge):
    """Price each part of a volume at the price of the block in which that part lies."""

    code = "block"
    interface_version = 1
    names = {"ky": "Блоктор боюнча", "ru": "По блокам", "en": "By blocks"}
    schema = BlocksSchema

    def parts(self, inputs: Inputs) -> list[Part]:
        """One part per block, and one for each fixed amount. quantity: the thousandths that lie in the block;
        amount: unrounded."""
        parts = []
        for each in priced(self.parameters, inputs):
            volume, blocks, chosen = each.volume, each.blocks, each.chosen
            floor, below = None, Number.constant(0, 3)
            for block, ceiling in zip(blocks, limits(blocks, self.parameters, inputs), strict=True):
                reached = volume if ceiling is None else smaller(volume, ceiling)
                inside = reached - below
                # Limits rise, so nothing lies below nothing.
                inside = Number(inside.expr, 0, max(reached.high, 0), inside.scale, inside.names)
                parts.append(packs_amount(inside, block))
                if block.get("fixed") is not None:
                    parts.append(entered(volume, floor, block["fixed"], self.parameters["edge"], chosen))
                floor, below = ceiling, reached
        return parts
