"""Parameters of the maximum."""

from __future__ import annotations

from aimak.plugins.bounds import BoundSchema


class MaximumSchema(BoundSchema):
    """The most that the lines named cost together."""
