"""The whole volume at the price of the block that it reaches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aimak.plugins.blocks import entered_alone, limit_needs, limits, packs_amount, priced, reached, set_gaps
from aimak.plugins.inputs import Inputs
from aimak.plugins.rate_components import Gap, Part, RateComponent, Told
from aimak.plugins.volumes import changes_quantity, volume_sentences, volume_told

from aimak_billing.plugins.rate_components.reached_block.schema import ReachedBlockSchema


class ReachedBlock(RateComponent):
    """Price every unit at the one block in which the volume as a whole lies."""

    code = "reached_block"
    interface_version = 1
    names = {"ky": "Жеткен блок боюнча", "ru": "По достигнутому блоку", "en": "By the block reached"}
    schema = ReachedBlockSchema

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        self.texts = (parameters["by"],) if parameters.get("by") else ()
        self.needs = ("quantity", *limit_needs(parameters))
        self.keeps_quantity = changes_quantity(parameters)
        self.sentences = volume_sentences(parameters)

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

    def gaps(self, inputs: Inputs) -> list[Gap]:
        """No set of blocks for a connection."""
        return set_gaps(self.parameters, inputs)

    def told(self, inputs: Inputs) -> Mapping[str, Told]:
        """The quantity behind the volume."""
        return volume_told(inputs)
