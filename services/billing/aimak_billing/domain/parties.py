"""Who a bill is made out to: its id, and the salted digest that stands for the personal facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aimak.entries import salted

# The most versions an account may have; a party's id stays below the floor of derived ids.
VERSIONS_AT_MOST = 1 << 20


@dataclass(frozen=True)
class Person:
    """The personal facts of one version of an account."""

    number: str
    holder: str
    address: str
    phone: str | None

    @classmethod
    def of(cls, told: Mapping[str, str | None]) -> Person:
        """As AccountsDefined tells them."""
        number, holder, address = (told[name] for name in ("number", "holder", "address"))
        assert number is not None and holder is not None and address is not None
        return cls(number, holder, address, told["phone"])


def party_id(account_id: int, version: int) -> int:
    """The id of an account as it is at one of its versions."""
    assert 0 < version < VERSIONS_AT_MOST
    return account_id * VERSIONS_AT_MOST + version


def digest(person: Person, salt: str) -> str:
    """What the ledger keeps instead of the facts: whoever has them and the salt can show that they are the same."""
    return salted(salt, person.number, person.holder, person.address, person.phone or "")
