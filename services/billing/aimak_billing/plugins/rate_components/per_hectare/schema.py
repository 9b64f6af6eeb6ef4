"""Parameters of the charge hectares × price."""

from __future__ import annotations

from aimak.plugins.counted import CountSchema


class PerHectareSchema(CountSchema):
    """A price for each; `hectares` is what is counted unless `of` names another."""
