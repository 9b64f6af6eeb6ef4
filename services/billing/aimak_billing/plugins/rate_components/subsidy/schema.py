"""Parameters of the subsidy."""

from __future__ import annotations

from aimak.plugins.reliefs import ReliefSchema


class SubsidySchema(ReliefSchema):
    """What the budget bears of a price that is justified by its cost."""
