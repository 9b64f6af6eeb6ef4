"""The hash that is published is printed as the verifier reads it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aimak_gateway.cli import ledger
from aimak_gateway.cli.app import app
from typer.testing import CliRunner


class Closed:
    """Two services that closed a day."""

    def get(self, path: str, **asked: Any) -> Any:
        """The record of a service."""
        service = path.split("/")[1]
        return {"service": service, "days": [{"day": "2026-11-08", "hash": service[0] * 64, "tables": []}]}


def test_the_hash_is_printed_in_lines_that_can_be_held_against_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """SERVICE DAY HASH, one service a line, and nothing else: no head, no rule."""

    @contextmanager
    def connected(_: Any) -> Iterator[Closed]:
        yield Closed()

    monkeypatch.setattr(ledger, "connected", connected)
    printed = CliRunner().invoke(app, ["ledger", "hash"]).output.splitlines()
    assert printed == [f"billing 2026-11-08 {'b' * 64}", f"payments 2026-11-08 {'p' * 64}"]
