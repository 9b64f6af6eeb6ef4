"""What a child's place in a kindergarten carries, and what is told of it anew for each period."""

from __future__ import annotations

from aimak.plugins.fields import Parameters, TextField, WholeField


class KindergartenSchema(Parameters):
    """Group and benefit; the child is the customer's."""

    group = TextField(metadata={"description": "group, as the tariff names it: nursery, senior"})
    benefit = TextField(metadata={"description": "category of the benefit, as in the tariff"})


class KindergartenFacts(Parameters):
    """The attendance sheet of a period."""

    days_attended = WholeField(metadata={"description": "days on which the child was there"})
    days_open = WholeField(metadata={"description": "days on which the kindergarten was open"})
