"""What a leisure connection carries, and what is told of it anew for each period."""

from __future__ import annotations

from aimak.plugins.fields import Parameters, QuantityField, TextField, WholeField


class LeisureSchema(Parameters):
    """What is used: places, hired area, kind of ticket."""

    places = WholeField(metadata={"description": "places hired: boats, courts, lockers"})
    area = QuantityField(metadata={"description": "m² hired"})
    ticket = TextField(metadata={"description": "kind of ticket, as in the tariff"})
    benefit = TextField(metadata={"description": "category of the benefit, as in the tariff"})


class LeisureFacts(Parameters):
    """What happened in a period."""

    visits = WholeField(metadata={"description": "visits of the pool, the park, the club"})
    hours = QuantityField(metadata={"description": "hours of hire"})
