"""Blocks of volume, each part at its own block's price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aimak.plugins.blocks import entered, limit_needs, limits, packs_amount, priced, set_gaps
from aimak.plugins.choices import smaller
from aimak.plugins.inputs import Inputs
from aimak.plugins.numbers import Number
from aimak.plugins.rate_components import Gap, Part, RateComponent, Told
from aimak.plugins.volumes import changes_quantity, volume_sentences, volume_told

from aimak_billing.plugins.rate_components.block.schema import BlocksSchema


class Block(RateComponent):
    """Price each part of a volume at the price of the block in which that part lies."""

    code = "block"
    interface_version = 1
    names = {"ky": "Блоктор боюнча", "ru": "По блокам", "en": "By blocks"}
    schema = BlocksSchema

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        self.texts = (parameters["by"],) if parameters.get("by") else ()
        self.needs = ("quantity", *limit_needs(parameters))
        self.keeps_quantity = changes_quantity(parameters)
        self.sentences = volume_sentences(parameters)

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

    def gaps(self, inputs: Inputs) -> list[Gap]:
        """No set of blocks for a connection."""
        return set_gaps(self.parameters, inputs)

    def told(self, inputs: Inputs) -> Mapping[str, Told]:
        """The quantity behind the volume."""
        return volume_told(inputs)
