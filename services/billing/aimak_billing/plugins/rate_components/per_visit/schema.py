"""Parameters of the charge visits × price."""

from __future__ import annotations

from aimak.plugins.counted import CountSchema


class PerVisitSchema(CountSchema):
    """A price for each; `visits` is what is counted unless `of` names another."""
