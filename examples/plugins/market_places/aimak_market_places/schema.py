"""What a market place carries."""

from __future__ import annotations

from aimak.plugins.fields import Parameters, WholeField


class MarketPlacesSchema(Parameters):
    """How many pitches a trader has, and on how many days of the period the market was open to them."""

    pitches = WholeField(required=True)
    trading_days = WholeField(required=True)
