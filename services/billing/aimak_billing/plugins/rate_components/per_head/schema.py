"""Parameters of the charge head of cattle × price."""

from __future__ import annotations

from aimak.plugins.counted import CountSchema


class PerHeadSchema(CountSchema):
    """A price for each; `cattle` is what is counted unless `of` names another."""
