"""Parameters of the charge places × price."""

from __future__ import annotations

from aimak.plugins.counted import CountSchema


class PerPlaceSchema(CountSchema):
    """A price for each; `places` is what is counted unless `of` names another."""
