"""Parameters of the block charge."""

from __future__ import annotations

from aimak.plugins.blocks import LimitedBlocksSchema


class BlocksSchema(LimitedBlocksSchema):
    """Blocks in rising order, the last one open; how their limits are meant; what of the quantity is charged."""
