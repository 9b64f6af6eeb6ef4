"""Addresses: streets, houses and flats are objects of their own, each with its name of the day."""

from __future__ import annotations

from datetime import date

from aimak.ids import derived_id

# The name with which an object was first entered holds since ever.
EARLIEST = date(1900, 1, 1)
STREET, HOUSE, FLAT = "street", "house", "flat"


def object_ids(tenant: str, street: str, house: str, flat: str) -> tuple[int | None, int | None, int | None]:
    """Ids of street, house and flat as they were first named; None for what is not given. The same name in another
    spelling of case is the same object."""
    if not street:
        return None, None, None
    street_id = derived_id(STREET, tenant, street.casefold())
    house_id = derived_id(HOUSE, street_id, house.casefold()) if house else None
    flat_id = derived_id(FLAT, house_id, flat.casefold()) if house_id and flat else None
    return street_id, house_id, flat_id


def address_text(street: str | None, house: str | None, flat: str | None) -> str:
    """The address in one line, without words of any language: "Токтогул 12-5"."""
    line = " ".join(part for part in (street, house) if part)
    return f"{line}-{flat}" if flat else line
