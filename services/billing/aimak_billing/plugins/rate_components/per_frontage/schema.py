"""Parameters of the charge metres of street front × price."""

from __future__ import annotations

from aimak.plugins.counted import CountSchema


class PerFrontageSchema(CountSchema):
    """A price for each; `frontage` is what is counted unless `of` names another."""
