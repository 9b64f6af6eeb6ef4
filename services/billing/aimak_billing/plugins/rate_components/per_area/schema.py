"""Parameters of the charge square metres × price."""

from __future__ import annotations

from aimak.plugins.counted import CountSchema


class PerAreaSchema(CountSchema):
    """A price for each; `area` is what is counted unless `of` names another."""
