"""Parameters of the charge households × price."""

from __future__ import annotations

from aimak.plugins.counted import CountSchema


class PerHouseholdSchema(CountSchema):
    """A price for each; `households` is what is counted unless `of` names another."""
