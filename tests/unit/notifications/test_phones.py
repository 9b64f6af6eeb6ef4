"""Phones as people write them."""

import pytest
from aimak_notifications.domain.phones import international


@pytest.mark.parametrize(
    "written",
    [
        "+996555123456",
        "996555123456",
        "0555123456",
        "555123456",
        "00996555123456",
        "+996 (555) 12-34-56",
        "0555 12 34 56",
    ],
)
def test_one_form(written: str) -> None:
    """Every way to write a number comes to the same digits."""
    assert international(written, "996") == "996555123456"


@pytest.mark.parametrize(
    "written", [None, "", "-", "no phone", "12345", "+", "5551234567890123", "0555x23456", "٠٥٥٥١٢٣٤٥٦"]
)
def test_no_phone(written: str | None) -> None:
    """What cannot be dialled is no phone."""
    assert international(written, "996") is None


def test_a_foreign_number_stays() -> None:
    """A number with its own country code keeps it."""
    assert international("+7 701 123 45 67", "996") == "77011234567"
