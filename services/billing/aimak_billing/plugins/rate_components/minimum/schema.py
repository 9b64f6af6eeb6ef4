"""Parameters of the minimum."""

from __future__ import annotations

from aimak.plugins.bounds import BoundSchema


class MinimumSchema(BoundSchema):
    """The least that the lines named cost together."""
