"""Correcting from the command line: entered by one person, approved by another."""

from __future__ import annotations

import pytest
from aimak.problems import Refused
from aimak_gateway.cli.corrections import tyiyn


@pytest.mark.parametrize(("text", "amount"), [("12.50", 1_250), ("-12,5", -1_250), ("40", 4_000)])
def test_amounts_are_read_as_people_write_them(text: str, amount: int) -> None:
    """With a point or a comma, and below zero."""
    assert tyiyn(text) == amount


@pytest.mark.parametrize("text", ["", "12.505", "many"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    """With a code, not a trace."""
    with pytest.raises(Refused, match="AIM-G035"):
        tyiyn(text)
