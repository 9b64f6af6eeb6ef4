"""What a gateway's plugin remembers between calls."""

from __future__ import annotations

import pytest
from aimak_notifications.application.remembering import MAX_KEYS, Remembered

from .conftest import TENANT, House, ToldGateway, bills


def test_gateway_remembers_from_one_batch_to_the_next(house: House) -> None:
    """The gateway is opened anew for each job and still counts on from where it was."""
    house.settle()
    house.use("counting")
    for accounts in ((1, 2), (3,)):
        house.hear(bills(*accounts))
        house.run()
    assert len(ToldGateway.got) == 3
    assert Remembered(house.service, TENANT, "counting").get("sent") == 3


def test_memory_is_of_one_tenant_and_one_gateway(house: House) -> None:
    """What one plugin remembers for one town, no other plugin and no other town sees; None forgets it."""
    mine = Remembered(house.service, TENANT, "counting")
    mine.put("token", {"value": "Ω", "until": 5})
    assert mine.get("token") == {"value": "Ω", "until": 5}
    for other in (Remembered(house.service, TENANT, "told"), Remembered(house.service, "osh", "counting")):
        assert other.get("token") is None
        other.put("token", 1)
    assert mine.get("token") == {"value": "Ω", "until": 5}
    mine.put("token", None)
    assert mine.get("token") is None


def test_memory_is_small(house: House) -> None:
    """A key or value that is too long, or one key too many, is refused, and what was there stays."""
    memory = Remembered(house.service, TENANT, "counting")
    for number in range(MAX_KEYS):
        memory.put(f"k{number}", number)
    for key, value in (("", 1), ("x" * 65, 1), ("k0", "y" * 8_000), ("one-more", 1)):
        with pytest.raises(ValueError, match=r"at most"):
            memory.put(key, value)
    memory.put("k0", "changed")
    assert memory.get("k0") == "changed"
