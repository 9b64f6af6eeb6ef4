"""The whole volume at the price of the block that it reaches."""

from __future__ import annotations

from aimak.plugins.blocks import BlockCharge, entered_alone, limits, packs_amount, priced, reached
from aimak.plugins.inputs import Inputs
from aimak.plugins.rate_components import Part

from aimak_billing.plugins.rate_components.reached_block.schema import ReachedBlockSchema


class ReachedBlock(BlockCharge):
    """Price every unit at the one block in which the volume as a whole lies."""

    code = "reached_block"
    interface_version = 1
    names = {"ky": "Жеткен блок боюнча", "ru": "По достигнутому блоку", "en": "By the block reached"}
    schema = ReachedBlockSchema

    def parts(self, inputs: Inputs) -> list[Part]:
        """One part per block, and one for each fixed amount. quantity: the whole volume in the block that it
        reaches, 0 in the others; amount: unrounded."""
        edge, parts = self.parameters["edge"], []
        for each in priced(self.parameters, inputs):
            volume, blocks, chosen = each.volume, each.blocks, each.chosen
            ceilings = limits(blocks, self.parameters, inputs)
            for place, (block, inside) in enumerate(zip(blocks, reached(volume, ceilings, edge), strict=True)):
                parts.append(packs_amount(inside, block))
                if block.get("fixed") is not None:
                    parts.append(entered_alone(volume, ceilings, place, block["fixed"], edge, chosen))
        return parts
