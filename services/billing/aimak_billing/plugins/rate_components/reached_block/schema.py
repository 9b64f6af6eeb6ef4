"""Parameters of the block reached."""

from __future__ import annotations

from aimak.plugins.blocks import LimitedBlocksSchema


class ReachedBlockSchema(LimitedBlocksSchema):
    """The same as of `block`: what differs is which block prices a unit."""
