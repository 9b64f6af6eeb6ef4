"""Blocks of volume, each part at its own block's price."""

from __future__ import annotations

from aimak.plugins.inputs import Inputs
from aimak.plugins.numbers import MAX_QUANTITY, Number
from aimak.plugins.rate_components import Part, RateComponent

from aimak_billing.plugins.rate_components.block.schema import BlocksSchema


class Block(RateComponent):
    """Price each part of a volume at the price of the block in which that part lies."""

    code = "block"
    interface_version = 1
    names = {"ky": "Блоктор боюнча", "ru": "По блокам", "en": "By blocks"}
    schema = BlocksSchema
    needs = ("quantity",)

    def parts(self, inputs: Inputs) -> list[Part]:
        """One part per block. quantity: the thousandths that lie in it; amount: unrounded."""
        quantity, floor, parts = inputs["quantity"], 0, []
        for block in self.parameters["blocks"]:
            ceiling = block.get("up_to", MAX_QUANTITY)
            inside = quantity.at_least(floor).at_most(ceiling) - Number.constant(floor, 3)
            parts.append(Part(inside * block["price"].number, inside, block["price"]))
            floor = ceiling
        return parts
