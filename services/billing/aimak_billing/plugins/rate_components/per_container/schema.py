"""Parameters of the charge containers lifted × price."""

from __future__ import annotations

from aimak.plugins.counted import CountSchema


class PerContainerSchema(CountSchema):
    """A price for each; `containers` is what is counted unless `of` names another."""
