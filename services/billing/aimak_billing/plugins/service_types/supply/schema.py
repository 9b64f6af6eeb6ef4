"""What a connection of a supply carries: whatever its tariff asks for."""

from __future__ import annotations

from collections.abc import Iterable

from aimak.plugins.fields import Parameters, QuantityField, TextField


class SupplySchema(Parameters):
    """No attribute of its own; any other is taken as it is."""

    class Meta:
        """What a tariff will ask for is not known here."""

        unknown = "include"


def schema_of(numbers: Iterable[str], texts: Iterable[str]) -> type[SupplySchema]:
    """The same with attributes of these names."""
    fields = {**{name: TextField() for name in texts}, **{name: QuantityField() for name in numbers}}
    made = SupplySchema.from_dict(fields, name="NamedSupplySchema")
    assert issubclass(made, SupplySchema)
    return made
